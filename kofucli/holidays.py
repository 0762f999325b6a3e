"""National holidays; the only importer of jpholiday."""

from __future__ import annotations

from datetime import date
from functools import cache

from jpholiday import JPHoliday

from kofucli.model import Predicate

__all__ = ["LAST_YEAR", "national_holidays"]

LAST_YEAR = 2027
"""The last year for which the holidays were compared with the Cabinet Office's published list."""


@cache
def national_holidays() -> Predicate:
    """Return what tells national holidays, substitute and sandwiched ones included.

    Source: Act on National Holidays (1948, No. 178), art. 2 and 3, as jpholiday computes it. The
    library answers beyond the years that are published, too, without a word.
    """
    table = JPHoliday()

    def is_holiday(day: date) -> bool:
        return bool(table.is_holiday(day))

    return is_holiday
