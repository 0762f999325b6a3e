"""National holidays; the only importer of jpholiday."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from jpholiday import JPHoliday

from kofucli.base.errors import Phrase
from kofucli.model.records import Predicate

LAST_YEAR = 2027
"""The last year for which the holidays were compared with the Cabinet Office's published list.

The list of a year is published in February of the year before; raise this after comparing.
"""


@cache
def national_holidays() -> Predicate:
    """Return what tells national holidays, substitute and sandwiched ones included.

    Source: Act on National Holidays (1948, No. 178), art. 2 and 3, as jpholiday computes it. The
    library answers beyond the years that are published, too, without a word: see note_on_years.
    """
    table = JPHoliday()

    def is_holiday(day: date) -> bool:
        return bool(table.is_holiday(day))

    return is_holiday


def note_on_years(days: Iterable[date]) -> tuple[Phrase, ...]:
    """Return a note where days lie in years after LAST_YEAR; one for all of them, or none.

    What is computed for such a year is right unless the Diet moves a holiday (as for 2019 to 2021),
    or the equinoxes are announced for other days.
    """
    years = sorted({day.year for day in days if day.year > LAST_YEAR})
    if not years:
        return ()
    return (
        Phrase(
            "The holidays of {years} are computed, not published: they were compared with the "
            "Cabinet Office's list up to {limit}. Set what differs in [calendar] closures and "
            "openings.",
            years=years,
            limit=LAST_YEAR,
        ),
    )
