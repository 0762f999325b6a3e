"""The terms of use: the program's own text in three forms, or the office's own file.

``read_own_text`` reads such a file; the office's own notice is another one.

In the program's text, ``{name}`` stands for a value of the configuration. A line with a value that
is empty there is left out: ``{contact}- Phone: {contact}`` becomes ``- Phone: 045-...``, or is left
out without ``[office] phone``; at the beginning of a line, ``{contact}`` itself is not shown.
"""

from __future__ import annotations

import os
import re
import stat

from msgspec import Struct

from kofucli.base import InputError, Phrase, Problem, UnusableError, reason_of
from kofucli.settings import Settings

LARGEST = 1_000_000
"""How many bytes the office's own text may have."""

_FOLDER = os.path.dirname(__file__)
_FIELD = re.compile(r"\{([a-z_]+)\}")
_CONDITIONS = r"^(?:\{unofficial\})?(?:\{contact\})?"
"""Names at the beginning of a line that only decide whether it applies, and are not shown."""


class Terms(Struct, frozen=True):
    """The terms in force; ``language`` is ``ja``, ``en`` or ``ja-easy``, None for an own text."""

    version: str
    language: str | None
    text: str


def read_terms(settings: Settings, folder: str, language: str) -> Terms:
    """Return the terms of use (terms 6) in a language, or the office's own text.

    ``[terms] path`` is relative to ``folder``. Raises InputError where that file cannot be read.
    """
    terms = settings.terms
    if terms.path:
        headline = Phrase("The office's own terms of use cannot be shown.")
        own = read_own_text(os.path.join(folder, terms.path), Phrase("[terms] path"), headline)
        return Terms(terms.version, None, own)
    with open(os.path.join(_FOLDER, f"{language}.txt"), encoding="utf-8") as file:
        return Terms(terms.version, language, _fill(file.read(), _values(settings, language)))


def _values(settings: Settings, language: str) -> dict[str, object]:
    office, conduct = settings.office, settings.conduct
    rooms = {
        "ja": "（部屋番号{room}）",
        "en": " (room {room})",
        "ja-easy": "（部屋番号（へやばんごう）{room}）",
    }
    contact = office.phone
    if office.room:
        contact += rooms[language].format(room=office.room)
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
        "retention_time": _months(settings.retention.months),
        "time_back": _months(conduct.months_back),
        "suspend_time": _months(conduct.suspend_months),
    }


def _months(count: int) -> str:
    """Return months in English: ``1 month``, ``12 months``."""
    return "1 month" if count == 1 else f"{count} months"


def _fill(text: str, values: dict[str, object]) -> str:
    """Return the text with its values, without the lines that do not apply."""
    lines = text.splitlines()
    applying = (line for line in lines if all(values[name] for name in _FIELD.findall(line)))
    shown = "".join(re.sub(_CONDITIONS, "", line) + "\n" for line in applying)
    return _FIELD.sub(lambda found: str(values[found[1]]), shown)


def read_own_text(path: str, key: Phrase, headline: Phrase) -> str:
    """Return the text that a ``key`` names. Raises InputError with the ``headline``."""
    try:
        flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, os.O_RDONLY | flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnusableError(Phrase("it is not a plain file"))
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            message = Phrase("it has more than {limit} bytes, the most that is read", limit=LARGEST)
            raise UnusableError(message)
        return data.decode("utf-8-sig")
    except OSError as error:
        detail = reason_of(error)
    except UnicodeDecodeError:
        detail = Phrase("its bytes are not UTF-8")
    message = Phrase(
        "{path} is not readable: {detail}; name a UTF-8 text file, or nothing",
        path=path,
        detail=detail,
    )
    raise InputError(headline, [Problem(key, message)])
