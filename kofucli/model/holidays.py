"""National holidays; the only importer of jpholiday."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from jpholiday import JPHoliday

from kofucli.base import Phrase
from kofucli.model import Predicate

LAST_YEAR = 2027
"""The last year whose computed holidays were compared with the Cabinet Office's list.

The list of a year is published in February of the year before; raise this after comparing.
"""


@cache
def national_holidays() -> Predicate:
    """Return the predicate of national holidays, substitute and sandwiched ones included.

    Source: Act on National Holidays (1948, No. 178), art. 2 and 3, as jpholiday computes it. It
    answers for years after LAST_YEAR too; ``note_on_years`` warns of them.
    """
    table = JPHoliday()

    def is_holiday(day: date) -> bool:
        return bool(table.is_holiday(day))

    return is_holiday


def note_on_years(days: Iterable[date]) -> tuple[Phrase, ...]:
    """Return one note where any of the days lies in a year after LAST_YEAR, else none.

    The holidays computed for such a year are right unless the Diet moves one (as for 2019 to 2021)
    or an equinox falls on another day than computed.
    """
    years = sorted({day.year for day in days if day.year > LAST_YEAR})
    note = Phrase(
        "The holidays of {years} are computed, not published: they were compared with the "
        "Cabinet Office's list up to {limit}. Set what differs in [calendar] closures and "
        "openings.",
        years=years,
        limit=LAST_YEAR,
    )
    return (note,) if years else ()
