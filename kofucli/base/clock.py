"""Japan Standard Time, the machine's clock, and instants as they are written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from kofucli.base import Phrase, WrongUsageError
from kofucli.base.text import normalise

JST = timezone(timedelta(hours=9), "JST")
YEARS = range(2000, 2099)
"""The years that a command may act in: numbers name 2000 to 2099, and visits lie ahead."""

_BEHIND = timedelta(days=1)
"""A clock may be so far behind that of the last change: clocks are corrected, and differ."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""English short names, Monday first; JSON and CSV use them in every language."""

_INSTANT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def machine_now() -> datetime:
    """Return the machine's clock in JST, rounded down to whole seconds.

    Every limit of the rulebook is a whole second and exclusive, so rounding down never crosses one.
    """
    return datetime.now(UTC).astimezone(JST).replace(microsecond=0)


def read_clock() -> datetime:
    """Return ``machine_now()``. Raises WrongUsageError where it lies outside of YEARS."""
    now = machine_now()
    if now.year not in YEARS:
        raise WrongUsageError(
            Phrase(
                "The machine's clock says {now}, and commands act in the years {first} to {last}. "
                "Nothing was changed: set the clock.",
                now=now,
                first=YEARS[0],
                last=YEARS[-1],
            )
        )
    return now


def check_clock(now: datetime, last: datetime) -> None:
    """Raise WrongUsageError where the clock is over a day behind the one of the last change."""
    if last - now > _BEHIND:
        raise WrongUsageError(
            Phrase(
                "The machine's clock says {now}, and at the last change it said {last}. Nothing "
                "was changed: set the clock. If it is right now, and was ahead then, the office "
                "says so once: 'kofucli office clock --office'.",
                now=now,
                last=last,
            )
        )


def parse_instant(text: str, name: str = "INSTANT") -> datetime:
    """Return an instant such as ``2026-11-24T11:59:59`` in JST, rounded down to whole seconds.

    Without an offset the text is JST. Raises WrongUsageError where it is no instant of YEARS; that
    error has the ``name`` of the option.
    """
    stripped = normalise(text).strip()
    if re.fullmatch(_INSTANT, stripped):
        try:
            instant = datetime.fromisoformat(stripped.replace(",", "."))
            if instant.tzinfo is None:
                instant = instant.replace(tzinfo=JST)
            instant = instant.astimezone(JST).replace(microsecond=0)
            if instant.year in YEARS:
                return instant
        except (ValueError, OverflowError):
            pass
    raise WrongUsageError(
        Phrase(
            "{name}: '{value}' is not an instant: expected YYYY-MM-DDTHH:MM[:SS][+09:00], "
            "such as 2026-11-24T11:59:59 (Japan time unless an offset is given), in the years "
            "{first} to {last}.",
            name=name,
            value=text,
            first=YEARS[0],
            last=YEARS[-1],
        )
    )


def weekday(day: date) -> str:
    """Return the weekday of a day, one of WEEKDAYS."""
    return WEEKDAYS[day.weekday()]
