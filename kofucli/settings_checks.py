"""What each key of a configuration allows but the whole does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from kofucli.errors import Phrase

if TYPE_CHECKING:
    from kofucli.settings import Settings

Contradiction = tuple[str, str, Phrase]
"""A table, a key of it, and what is wrong there."""

_HOUR_MINUTES = 60
_FRAMES_OF_NOTE = 3


def find_contradictions(settings: Settings) -> list[Contradiction]:
    """Return what each key allows but the whole does not: order, distances, readings, sender."""
    found: list[Contradiction] = []
    starts = [int(s[:2]) * _HOUR_MINUTES + int(s[3:]) for s in settings.frames.starts]
    if any(later - earlier < _HOUR_MINUTES for earlier, later in pairwise(starts)):
        found.append(
            ("frames", "starts", Phrase("the starts must rise and be at least an hour apart"))
        )
    for exception in settings.frames.exceptions:
        if exception.capacity < 0:
            found.append(("frames", "exceptions", Phrase("a capacity is 0 or more")))
        if exception.start is not None and exception.start not in settings.frames.starts:
            message = Phrase("{start} is none of [frames] starts", start=exception.start)
            found.append(("frames", "exceptions", message))
    if settings.quota.reading == "note" and settings.quota.frames != _FRAMES_OF_NOTE:
        message = Phrase('reading = "note" is defined only with frames = 3')
        found.append(("quota", "reading", message))
    found.extend(_find_contradictions_of_cases(settings))
    found.extend(_find_contradictions_of_mail(settings))
    for table, path in (("store", settings.store.path), ("terms", settings.terms.path)):
        if "\0" in path:
            found.append((table, "path", Phrase("a path holds no NUL character")))
    return found


def _find_contradictions_of_mail(settings: Settings) -> Iterator[Contradiction]:
    mail = settings.mail
    domain = mail.sender.rpartition("@")[2].lower().rstrip(".")
    if not settings.office.official and (domain == "go.jp" or domain.endswith(".go.jp")):
        message = Phrase("a sender under go.jp needs [office] official = true")
        yield ("mail", "sender", message)
    if re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", mail.sender, re.ASCII) is None:
        yield ("mail", "sender", Phrase("expected an address such as name@example.jp"))
    if mail.transport == "smtp" and not mail.host:
        yield ("mail", "transport", Phrase('"smtp" needs the name of a server in [mail] host'))
    if mail.user and not mail.password_env:
        message = Phrase("a user needs [mail] password_env, the variable with the password")
        yield ("mail", "user", message)


def _find_contradictions_of_cases(settings: Settings) -> Iterator[Contradiction]:
    eligible = {"change", "extension", "permanent", "acquisition", "activity", "work-certificate"}
    wrong = [kind for kind in settings.cases.kinds if kind not in eligible]
    if wrong:
        message = Phrase("{kinds} can never be reserved", kinds=wrong)
        yield ("cases", "kinds", message)
    try:
        re.compile(settings.cases.pattern)
    except (re.error, OverflowError, RecursionError) as error:
        message = Phrase("it is no regular expression: {detail}", detail=str(error))
        yield ("cases", "pattern", message)
