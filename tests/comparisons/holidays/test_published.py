"""National holidays against the list of the Cabinet Office, and against a second package."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from holiday_jp import HolidayJP

from kofucli.model.holidays import LAST_YEAR, national_holidays
from tests.comparisons.holidays.compare import FIRST, LAST, find_differences

YEARS = range(2020, LAST_YEAR + 1)


@pytest.mark.parametrize("year", YEARS)
def test_every_day_is_as_published(year: int) -> None:
    """3(1): a day is a national holiday where the list has it, substitute holidays included."""
    published = {date(h.year, h.month, h.date) for h in HolidayJP().get(year=year)}
    is_holiday = national_holidays()
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    found = {day for day in days if day.year == year and is_holiday(day)}
    assert published == found
    assert len(published) >= 16  # as many as art. 2 names


def test_days_that_differ_are_named_with_their_side() -> None:
    is_holiday = national_holidays()
    days = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    theirs = dict.fromkeys(filter(is_holiday, days), "")
    assert [] == list(find_differences(theirs))
    del theirs[date(2050, 11, 23)]
    theirs[date(2027, 6, 1)] = "F"
    expected = ["2027-06-01: a holiday there only (F)", "2050-11-23: a holiday here only"]
    assert expected == list(find_differences(theirs))
