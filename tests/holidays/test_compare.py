"""What the comparison with another package says (``python -m tests.holidays.compare``)."""

from __future__ import annotations

from datetime import date, timedelta

from kofucli.model.holidays import national_holidays
from tests.holidays.compare import FIRST, LAST, find_differences


def test_days_that_differ_are_named_with_their_side() -> None:
    is_holiday = national_holidays()
    days = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    theirs = dict.fromkeys(filter(is_holiday, days), "")
    assert [] == list(find_differences(theirs))
    del theirs[date(2050, 11, 23)]
    theirs[date(2027, 6, 1)] = "F"
    expected = ["2027-06-01: a holiday there only (F)", "2050-11-23: a holiday here only"]
    assert expected == list(find_differences(theirs))
