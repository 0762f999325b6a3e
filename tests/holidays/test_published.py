"""National holidays against the list that the Cabinet Office publishes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from holiday_jp import HolidayJP

from kofucli.model.holidays import LAST_YEAR, national_holidays

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
