"""Japan Standard Time, the machine's clock, and how instants are read and written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from kofucli.base.errors import Phrase, WrongUsageError

JST = timezone(timedelta(hours=9), "JST")
YEARS = range(2000, 2099)
"""The years that reservation numbers can name, less one for visits ahead."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""English short names, Monday first; the machine output uses them in every language."""

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
    """Return the machine's clock in JST, in whole seconds (rounded down).

    Every limit of the rulebook lies on a whole second and is exclusive, so rounding down never
    moves an instant across one.
    """
    return datetime.now(UTC).astimezone(JST).replace(microsecond=0)


def parse_instant(text: str) -> datetime:
    """Read an instant such as ``2026-11-24T11:59:59``; JST unless it carries an offset.

    Returns it in JST, in whole seconds (rounded down).
    Raises WrongUsageError where the text is no such instant.
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
    """Read ``YYYY-MM-DD``, and nothing else; None where the text is no such date."""
    if not _DATE.fullmatch(text) or int(text[:4]) not in range(YEARS[0], YEARS[-1] + 2):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_written_date(text: str) -> date | None:
    """Read a date as spreadsheets write it: ``YYYY-MM-DD``, ``YYYY/M/D`` or ``YYYY年M月D日``.

    None where the text is no such date: the year comes first, so no locale decides what is meant.
    """
    found = _WRITTEN_DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups() if part is not None)
    return parse_date(f"{year:04d}-{month:02d}-{day:02d}")


def parse_hour(text: str) -> str | None:
    """Read an hour such as ``10:00`` or ``10``; None where the text is no hour of a day."""
    found = _HOUR.fullmatch(text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    return f"{hour:02d}:{minute:02d}" if hour in range(24) and minute in range(60) else None


def weekday(day: date) -> str:
    """Return the English short name of a day's weekday, as the machine output has it."""
    return WEEKDAYS[day.weekday()]
