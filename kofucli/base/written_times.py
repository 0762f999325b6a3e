"""Days and hours as people write them in files and on the command line: all spellings are here.

``parse_written_date("2026年11月25日")`` gives 25 November 2026, ``parse_hour("10時")`` gives
``10:00``. Callers pass text in half width (NFKC) without blanks around it. The result for any other
text is None: the caller says what was expected, and where.
"""

from __future__ import annotations

import re
from datetime import date

from kofucli.base.clock import YEARS

Day = date | tuple[int, int]
"""A day as a cell has it; only month and day where the year is missing, as in CSV from Excel."""

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_WRITTEN_DATE = (
    "([0-9]{4})(?:-([0-9]{2})-([0-9]{2})|/([0-9]{1,2})/([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)"
)
_ANY_DAY = (
    "(?:([0-9]{4})[/.年-]|(?:令和|[Rr])([0-9]{1,2})[/.年-]|(?=[0-9]+[/月]))"
    "([0-9]{1,2})[/.月-]([0-9]{1,2})日?(?![^ T(])"
)
_HOUR = "([0-9]{1,2})(?::([0-9]{2})(?::00)?|時)?"
_BEFORE_REIWA, _LEAP_YEAR = 2018, 2024


def parse_date(text: str) -> date | None:
    """Return the date ``YYYY-MM-DD``, None for any other text."""
    if not re.fullmatch(_DATE, text) or int(text[:4]) not in range(YEARS[0], YEARS[-1] + 2):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_written_date(text: str) -> date | None:
    """Return a date ``YYYY-MM-DD``, ``YYYY/M/D`` or ``YYYY年M月D日``, None for any other text.

    Other forms that spreadsheets write are ambiguous: they do not begin with the year.
    """
    found = re.fullmatch(_WRITTEN_DATE, text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups() if part is not None)
    return parse_date(f"{year:04d}-{month:02d}-{day:02d}")


def find_day(text: str) -> Day | None:
    """Return the day that a cell begins with, None where it begins with none.

    This recognises more than ``parse_written_date`` accepts: years of Reiwa, days without a year, a
    weekday or a time of day behind the day.
    """
    found = re.match(_ANY_DAY, text)
    if found is None:
        return None
    year, era_year, month, day = (int(part) if part else None for part in found.groups())
    if year is None:
        year = _BEFORE_REIWA + era_year if era_year else _LEAP_YEAR
    try:
        read = date(year, month or 0, day or 0)
    except ValueError:
        return None
    return read if found[1] or found[2] else (read.month, read.day)


def parse_hour(text: str) -> str | None:
    """Return an hour such as ``10:00``, ``10`` or ``10時`` as ``HH:MM``, None for other text."""
    found = re.fullmatch(_HOUR, text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    return f"{hour:02d}:{minute:02d}" if hour in range(24) and minute in range(60) else None
