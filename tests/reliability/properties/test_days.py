"""Properties of days: shown days and deadlines, compared with looking at each day in turn."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kofucli.model.holidays import national_holidays
from kofucli.rules.calendar import find_shown_days, open_day_predicate
from kofucli.rules.conduct import closing_instant

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
DECIDED = st.sets(DAYS, max_size=20)
ONE_DAY = timedelta(days=1)


def list_days(since: date, count: int) -> list[date]:
    return [since + n * ONE_DAY for n in range(count)]


@given(DAYS, DECIDED, DECIDED, st.integers(0, 3), st.integers(1, 6))
def test_shown_days_are_open_days_in_a_row(
    today: date, closed: set[date], opened: set[date], first: int, count: int
) -> None:
    """3(1): shown are the next open days in a row, none left out, none that is closed."""
    is_open = open_day_predicate(national_holidays(), closed, opened)
    begin = today if first == 0 else today + ONE_DAY
    rest = [day for day in list_days(begin, 90) if is_open(day)][max(first - 1, 0) :]
    assert tuple(rest[:count]) == find_shown_days(today, is_open, first, count)


@given(DAYS, DECIDED, DECIDED, st.integers(1, 3))
def test_the_deadline_is_at_noon_of_an_open_day_before(
    visit: date, closed: set[date], opened: set[date], count: int
) -> None:
    """4(1): between the day of the deadline and the visit lie as many open days as are set."""
    is_open = open_day_predicate(national_holidays(), closed, opened)
    closes = closing_instant(visit, is_open, "11:59", count)
    between = list_days(closes.date(), (visit - closes.date()).days)
    assert is_open(closes.date())
    assert count == sum(map(is_open, between))
    assert datetime.fromisoformat(f"{closes.date()}T12:00:00+09:00") == closes


@given(DAYS, st.sets(DAYS, max_size=20), DAYS)
def test_opening_a_day_never_moves_a_deadline_to_earlier(
    visit: date, closed: set[date], opened: date
) -> None:
    """4(1): with one more open day a deadline is the same or later."""
    holidays = national_holidays()
    before = open_day_predicate(holidays, closed, ())
    after = open_day_predicate(holidays, closed - {opened}, {opened})
    assert closing_instant(visit, before, "11:59", 1) <= closing_instant(visit, after, "11:59", 1)
