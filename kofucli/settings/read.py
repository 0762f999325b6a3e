"""Reading ``kofucli.toml``: its tables become settings unless they contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import get_args

import tomli
from msgspec import ValidationError, convert

from kofucli.base import Phrase
from kofucli.base.text import abbreviate
from kofucli.model import EligibleKind
from kofucli.model.numbers import is_mark
from kofucli.settings import Settings

_LONGEST_TEXT = 1 << 18
_LONGEST_FAULT = 200
_MOST_DOTS = 50
_HOUR_MINUTES = 60
_FRAMES_OF_NOTE = 3
"""The rulebook defines the reading ``note`` for this quota only."""

Contradiction = tuple[str, str, Phrase]
"""A table, a key in it, and what is wrong there."""


def parse_settings(text: str, path: str) -> Settings:
    """Read a configuration. Raises InputError with all mistakes, their keys and lines."""
    try:
        raw = parse_toml(text)
    except (ValueError, RecursionError) as error:
        from kofucli.settings import faults  # only where something is wrong

        raise faults.explain_unreadable(path, describe_fault(error), str(error)) from None
    return read_tables(raw, text, path)


def read_tables(raw: dict[str, object], text: str, path: str) -> Settings:
    """Return the settings of tables read from ``text``. Raises InputError as ``parse_settings``."""
    try:
        settings = convert(raw, Settings)
        contradictions = list(find_contradictions(settings))
        if not contradictions:
            return settings
    except ValidationError:
        contradictions = []
    from kofucli.settings import faults  # only where something is wrong

    raise faults.explain(raw, contradictions, text, path)


class TooMuchError(ValueError):
    """A TOML text is larger or deeper than is read; ``phrase`` says so."""

    def __init__(self, phrase: Phrase, where: str = "") -> None:
        super().__init__(where)
        self.phrase = phrase


def describe_fault(error: Exception) -> Phrase:
    """Return why ``parse_toml`` could not read a text; what the library says is not translated."""
    said = abbreviate(str(error), _LONGEST_FAULT)
    detail = error.phrase if isinstance(error, TooMuchError) else said
    return Phrase("it is not readable as TOML: {detail}", detail=detail)


def parse_toml(text: str, longest: int = _LONGEST_TEXT) -> dict[str, object]:
    """Read a TOML text of unknown origin, of at most ``longest`` characters.

    Part of a line between two ``=`` may have 50 dots at most: the time and memory that tomli
    takes for a key grow with the square of its depth. Raises ValueError, RecursionError (see
    ``describe_fault``).
    """
    if len(text) > longest:
        raise TooMuchError(Phrase("more than {limit} characters", limit=longest))
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > _MOST_DOTS and max(p.count(".") for p in line.split("=")) > _MOST_DOTS:
            dots = Phrase("more than {limit} dots", limit=_MOST_DOTS)
            raise TooMuchError(dots, f"at line {number}")
    return tomli.loads(text)


def find_contradictions(settings: Settings) -> Iterator[Contradiction]:
    """Yield values that are right by themselves, but contradict another key or a rule."""
    starts = [int(s[:2]) * _HOUR_MINUTES + int(s[3:]) for s in settings.frames.starts]
    if any(later - earlier < _HOUR_MINUTES for earlier, later in pairwise(starts)):
        yield "frames", "starts", Phrase("the starts must rise and be at least an hour apart")
    for exception in settings.frames.exceptions:
        if exception.capacity < 0:
            yield "frames", "exceptions", Phrase("a capacity is 0 or more")
        if exception.start is not None and exception.start not in settings.frames.starts:
            message = Phrase("{start} is not one of [frames] starts", start=exception.start)
            yield "frames", "exceptions", message
    if settings.quota.reading == "note" and settings.quota.frames != _FRAMES_OF_NOTE:
        yield "quota", "reading", Phrase('reading = "note" is defined only with frames = 3')
    yield from _find_contradictions_of_cases(settings)
    yield from _find_contradictions_of_mail(settings)
    for table in ("store", "terms", "rules"):
        if "\0" in getattr(settings, table).path:
            yield table, "path", Phrase("a path holds no NUL character")
    if settings.store.url and settings.store.path != Settings().store.path:
        yield "store", "url", Phrase("a store has a path or a url, not both")


def _find_contradictions_of_cases(settings: Settings) -> Iterator[Contradiction]:
    wrong = [kind for kind in settings.cases.kinds if kind not in get_args(EligibleKind)]
    if wrong:
        yield "cases", "kinds", Phrase("{kinds} can never be reserved", kinds=wrong)
    for mark in settings.cases.kind_marks:
        if not is_mark(mark):
            message = Phrase(
                "'{value}' is not a mark: a mark is one kanji or one letter A-Z", value=mark
            )
            yield "cases", "kind_marks", message
    try:
        re.compile(settings.cases.pattern)
    except (re.error, OverflowError, RecursionError) as error:
        message = Phrase("it is not a regular expression: {detail}", detail=str(error))
        yield "cases", "pattern", message


def _find_contradictions_of_mail(settings: Settings) -> Iterator[Contradiction]:
    mail = settings.mail
    domain = mail.sender.rpartition("@")[2].lower().rstrip(".")
    if not settings.office.official and (domain == "go.jp" or domain.endswith(".go.jp")):
        yield "mail", "sender", Phrase("a sender under go.jp needs [office] official = true")
    if re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", mail.sender, re.ASCII) is None:
        yield "mail", "sender", Phrase("expected an address such as name@example.jp")
    if mail.transport == "smtp" and not mail.host:
        yield "mail", "transport", Phrase('"smtp" needs the name of a server in [mail] host')
    if mail.tls is not None and mail.starttls is not None:
        yield "mail", "starttls", Phrase("[mail] tls says it already; one of the two is enough")
    if mail.user and not mail.password_env:
        message = Phrase("a user needs [mail] password_env, the variable with the password")
        yield "mail", "user", message
