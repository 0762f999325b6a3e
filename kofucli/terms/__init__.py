"""The terms of use as texts: the program's own in three forms, or the office's own file.

A line of the program's texts is a heading, a paragraph or an item. ``{name}`` stands for what the
configuration says; a line that names something it does not say is left out.
"""

from __future__ import annotations

import os
import re
import stat

from msgspec import Struct

from kofucli.base.errors import InputError, Phrase, Problem, reason_of
from kofucli.settings import Settings

LARGEST = 1_000_000
"""The bytes that the office's own text may have."""

_FOLDER = os.path.dirname(__file__)
_FIELD = re.compile(r"\{([a-z_]+)\}")
_CONDITIONS = ("unofficial", "contact")
"""What may stand at the beginning of a line without being shown there: whether it applies."""


class Terms(Struct, frozen=True):
    """The terms in force: ``language`` is ``ja``, ``en``, ``ja-easy``, None in the office's own."""

    version: str
    language: str | None
    text: str


def read_terms(settings: Settings, folder: str, language: str) -> Terms:
    """Return the terms of use in a language (terms 6); the office's own text has only one.

    ``folder`` is what ``[terms] path`` is relative to. Raises InputError where the office's own
    text cannot be read.
    """
    terms = settings.terms
    if terms.path:
        return Terms(terms.version, None, _read_own(os.path.join(folder, terms.path)))
    with open(os.path.join(_FOLDER, f"{language}.txt"), encoding="utf-8") as file:
        return Terms(terms.version, language, _fill(file.read(), _values(settings, language)))


def _values(settings: Settings, language: str) -> dict[str, object]:
    """Return what the texts name; what is empty is not said by the configuration."""
    office, conduct = settings.office, settings.conduct
    room = {"ja": "（{room}番）", "en": " (room {room})", "ja-easy": "（{room}番（ばん））"}[
        language
    ]
    contact = office.phone + room.format(room=office.room) if office.room else office.phone
    return {
        "version": settings.terms.version,
        "office": office.name,
        "unofficial": not office.official,
        "contact": contact if office.phone else "",
        "retention": settings.retention.months,
        "months_back": conduct.months_back,
        "no_shows": conduct.no_shows,
        "late_cancels": conduct.late_cancels,
        "suspend_months": conduct.suspend_months,
    }


def _fill(text: str, values: dict[str, object]) -> str:
    """Return the text with its fields filled, without the lines that do not apply."""
    lines = []
    for line in text.splitlines():
        if all(values[name] for name in _FIELD.findall(line)):
            shown = line
            for condition in _CONDITIONS:
                shown = shown.removeprefix(f"{{{condition}}}")
            lines.append(_FIELD.sub(lambda found: str(values[found[1]]), shown))
    return "\n".join(lines) + "\n"


def _read_own(path: str) -> str:
    """Return the office's own text. Raises InputError; only a plain file is opened."""
    try:
        flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, os.O_RDONLY | flags)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _unreadable(path, Phrase("it is no plain file"))
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise _unreadable(
                path, Phrase("it has more than {limit} bytes, the most that is read", limit=LARGEST)
            )
        return data.decode("utf-8-sig")
    except OSError as error:
        raise _unreadable(path, reason_of(error)) from None
    except UnicodeDecodeError:
        raise _unreadable(path, Phrase("its bytes are no UTF-8")) from None


def _unreadable(path: str, why: Phrase) -> InputError:
    return InputError(
        Phrase("The office's own terms of use cannot be shown."),
        [
            Problem(
                Phrase("[terms] path"),
                Phrase(
                    "{path} is not readable: {detail}; name a UTF-8 text file, or nothing",
                    path=path,
                    detail=why,
                ),
            )
        ],
    )
