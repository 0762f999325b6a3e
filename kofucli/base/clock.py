"""Japan Standard Time, the machine's clock, and reading instants, dates and hours."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from kofucli.base.errors import Phrase, WrongUsageError

JST = timezone(timedelta(hours=9), "JST")
YEARS = range(2000, 2099)
"""The years that a command may act in: numbers name 2000 to 2099, and visits lie ahead."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""English short names, Monday first; JSON and CSV use them in every language."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WRITTEN_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})-([0-9]{2})|/([0-9]{1,2})/([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)"
)
_HOUR = re.compile(r"([0-9]{1,2})(?::([0-9]{2})(?::00)?|時)?")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def machine_now() -> datetime:
    """Return the machine's clock in JST, rounded down to whole seconds.

    Every limit of the rulebook is a whole second and exclusive, so rounding down never crosses one.
    """
    return datetime.now(UTC).astimezone(JST).replace(microsecond=0)


def parse_instant(text: str) -> datetime:
    """Return an instant such as ``2026-11-24T11:59:59`` in JST, rounded down to whole seconds.

    Without an offset the text is JST. Raises WrongUsageError where it is no instant of YEARS.
    """
    stripped = text.strip()
    if _INSTANT.fullmatch(stripped):
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
            "'{value}' is no instant: expected YYYY-MM-DDTHH:MM[:SS][+09:00], "
            "such as 2026-11-24T11:59:59 (Japan time unless an offset is given), in the years "
            "{first} to {last}.",
            value=text,
            first=YEARS[0],
            last=YEARS[-1],
        )
    )


def parse_date(text: str) -> date | None:
    """Return the date ``YYYY-MM-DD``, None for any other text."""
    if not _DATE.fullmatch(text) or int(text[:4]) not in range(YEARS[0], YEARS[-1] + 2):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_written_date(text: str) -> date | None:
    """Return a date ``YYYY-MM-DD``, ``YYYY/M/D`` or ``YYYY年M月D日``, None for any other text.

    Other forms that spreadsheets write are ambiguous: they do not begin with the year.
    """
    found = _WRITTEN_DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups() if part is not None)
    return parse_date(f"{year:04d}-{month:02d}-{day:02d}")


def parse_hour(text: str) -> str | None:
    """Return an hour such as ``10:00``, ``10`` or ``10時`` as ``HH:MM``, None for other text."""
    found = _HOUR.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    return f"{hour:02d}:{minute:02d}" if hour in range(24) and minute in range(60) else None


def weekday(day: date) -> str:
    """Return the weekday of a day, one of WEEKDAYS."""
    return WEEKDAYS[day.weekday()]
