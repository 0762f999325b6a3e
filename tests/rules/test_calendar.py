"""Open days, shown days, frames and their capacity (notice 3(1), 3(2))."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kofucli.model import Frame, FrameException, Predicate
from kofucli.model.holidays import national_holidays
from kofucli.rules.availability import (
    capacity_of,
    check_day,
    check_frame,
    find_shown_days,
    is_year_end,
    open_day_before,
    open_day_predicate,
)
from tests.rules.samples import TUESDAY, day, days, jst, open_on, refused

STARTS = ("09:00", "10:00", "11:00", "13:00", "14:00", "15:00")
SHOWN = days("2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01")
AT_TEN = Frame(date(2026, 11, 25), "10:00")


@pytest.fixture(scope="module")
def calendar() -> Predicate:
    """Return what tells open days where the office has decided nothing itself."""
    return open_day_predicate(national_holidays(), (), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2022-12-28", False),  # a Wednesday
        ("2022-12-29", True),  # a Thursday
        ("2024-12-31", True),  # a Tuesday
        ("2025-01-01", True),  # a Wednesday
        ("2025-01-02", True),  # a Thursday
        ("2023-01-03", True),  # a Tuesday
        ("2023-01-04", False),  # a Wednesday
        ("2026-07-01", False),
    ],
)
def test_the_turn_of_the_year_is_closed(text: str, expected: bool) -> None:
    assert expected is is_year_end(day(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-25", False),  # a Wednesday that is closed and opened
        ("2026-11-26", False),  # a Thursday that is closed
        ("2026-11-28", True),  # a Saturday that is opened
        ("2026-11-23", True),  # a holiday that is opened
        ("2026-12-29", True),  # of the turn of the year, opened
        ("2026-11-29", False),  # a Sunday about which nothing was decided
        ("2026-11-27", True),  # a Friday about which nothing was decided
    ],
)
def test_closures_before_openings_before_the_calendar(text: str, expected: bool) -> None:
    is_open = open_day_predicate(
        national_holidays(),
        days("2026-11-25", "2026-11-26"),
        days("2026-11-25", "2026-11-28", "2026-11-23", "2026-12-29"),
    )
    assert expected is is_open(day(text))


@pytest.mark.parametrize(
    ("today", "first", "expected"),
    [
        ("2026-11-24", 0, ("2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30")),
        ("2026-11-24", 1, ("2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01")),
        ("2026-11-24", 2, ("2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01", "2026-12-02")),
        # Saturday: today is not open, so it is none of the five.
        ("2026-11-28", 0, ("2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04")),
        ("2026-11-28", 1, ("2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04")),
        ("2026-11-28", 2, ("2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-07")),
        # A holiday Monday, Golden Week, five days without an open one, the turn of the year.
        ("2026-11-23", 1, ("2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30")),
        ("2026-05-02", 1, ("2026-05-07", "2026-05-08", "2026-05-11", "2026-05-12", "2026-05-13")),
        ("2026-09-18", 1, ("2026-09-24", "2026-09-25", "2026-09-28", "2026-09-29", "2026-09-30")),
        ("2026-12-28", 1, ("2027-01-04", "2027-01-05", "2027-01-06", "2027-01-07", "2027-01-08")),
    ],
)
def test_five_open_days_are_shown(
    calendar: Predicate, today: str, first: int, expected: tuple[str, ...]
) -> None:
    """From the first, second ... open day after today; 0: from today on."""
    assert days(*expected) == find_shown_days(day(today), calendar, first, 5)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_as_many_days_are_shown_as_are_set(calendar: Predicate, count: int) -> None:
    assert SHOWN[:count] == find_shown_days(TUESDAY, calendar, 1, count)


def test_an_office_that_is_closed_for_years_shows_nothing() -> None:
    """No endless search; an open day is not shown then."""
    never = open_on()
    assert find_shown_days(TUESDAY, never, 1, 5) == ()
    assert day("2026-11-23") == open_day_before(TUESDAY, never)
    only = open_on("2026-11-24")
    assert ["day.not-shown"] == refused(check_day(TUESDAY, TUESDAY, only, ()))
    assert ["day.past"] == refused(check_day(day("2026-11-20"), TUESDAY, only, ()))


@pytest.mark.parametrize(("away", "seen"), [(1, True), (400, True), (401, False)])
def test_an_open_day_is_looked_for_within_400_days(away: int, seen: bool) -> None:
    """3(1), 4(1): a day further away is not shown, and no deadline lies on it."""
    ahead, back = TUESDAY + timedelta(days=away), TUESDAY - timedelta(days=away)
    found = find_shown_days(TUESDAY, open_on(ahead.isoformat()), 1, 5)
    assert ((ahead,) if seen else ()) == found
    expected = back if seen else day("2026-11-23")
    assert expected == open_day_before(TUESDAY, open_on(back.isoformat()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23", ["day.past"]),  # yesterday, and a holiday: past is told first
        ("2026-11-24", ["day.not-shown"]),  # today, open
        ("2026-11-25", []),  # the first shown day
        ("2026-11-28", ["day.closed"]),  # a Saturday among the shown days
        ("2026-12-01", []),  # the last shown day
        ("2026-12-02", ["day.not-shown"]),  # the open day after it
        ("2026-12-05", ["day.closed"]),  # a Saturday beyond: closed is told, not not-shown
        ("2027-01-01", ["day.closed"]),
    ],
)
def test_of_three_reasons_against_a_day_the_first_is_told(
    calendar: Predicate, text: str, expected: list[str]
) -> None:
    """3(1): day.past, day.closed, day.not-shown: of these the first that applies, one only."""
    assert expected == refused(check_day(day(text), TUESDAY, calendar, SHOWN))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        *((start, []) for start in STARTS),
        ("12:00", ["frame.unknown"]),  # between the starts
        ("10:30", ["frame.unknown"]),  # within a frame
        ("08:00", ["frame.unknown"]),
        ("16:00", ["frame.unknown"]),
    ],
)
def test_a_frame_begins_at_one_of_the_starts(start: str, expected: list[str]) -> None:
    frame = Frame(day("2026-11-25"), start)
    assert expected == refused(check_frame(frame, jst("2026-11-24T10:00:00"), STARTS, True))


@pytest.mark.parametrize(("start", "expected"), [("12:00", ["frame.unknown"]), ("09:00", [])])
def test_only_an_unknown_frame_is_told_beside_a_bad_day(start: str, expected: list[str]) -> None:
    frame = Frame(day("2026-11-20"), start)
    assert expected == refused(check_frame(frame, jst("2026-11-24T10:00:00"), STARTS, False))


def test_a_closed_hour_is_told_with_its_reason() -> None:
    begun = jst("2026-11-25T10:00:00")
    good = list(check_frame(AT_TEN, begun, STARTS, True, "a drill"))
    assert ["frame.closed", "frame.past"] == refused(good)
    assert {"reason": "a drill"} == good[1].details
    assert [] == refused(check_frame(AT_TEN, begun, STARTS, False, "a drill"))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-25T09:59:59", []),
        ("2026-11-25T10:00:00", ["frame.past"]),
        ("2026-11-25T10:59:59", ["frame.past"]),
        ("2026-11-24T23:00:00", []),
    ],
)
def test_a_frame_of_today_is_booked_until_it_starts(now: str, expected: list[str]) -> None:
    assert expected == refused(check_frame(AT_TEN, jst(now), STARTS, True))


OF_ALL = FrameException(8)
OF_HOUR = FrameException(7, start="10:00")
OF_DAY = FrameException(6, date=date(2026, 11, 25))
OF_FRAME = FrameException(5, date=date(2026, 11, 25), start="10:00")
ELSEWHERE = (
    FrameException(1, date=date(2026, 11, 26)),
    FrameException(2, start="11:00"),
    FrameException(3, date=date(2026, 11, 25), start="11:00"),
    FrameException(4, date=date(2026, 11, 26), start="10:00"),
)


@pytest.mark.parametrize(
    ("exceptions", "expected"),
    [
        ((), 40),
        (ELSEWHERE, 40),
        ((OF_ALL,), 8),
        ((OF_HOUR, OF_ALL), 7),
        ((OF_DAY, OF_HOUR, OF_ALL), 6),
        ((OF_FRAME, OF_DAY, OF_HOUR, OF_ALL), 5),
        ((OF_ALL, OF_HOUR, OF_DAY, OF_FRAME), 5),
        ((OF_FRAME, *ELSEWHERE), 5),
        ((*ELSEWHERE, OF_FRAME), 5),
        ((FrameException(9, start="10:00"), OF_HOUR), 7),
        ((OF_HOUR, FrameException(9, start="10:00")), 9),
        ((FrameException(0, date=date(2026, 11, 25)), OF_HOUR), 0),
    ],
)
def test_the_most_exact_exception_sets_the_capacity(
    exceptions: tuple[FrameException, ...], expected: int
) -> None:
    assert expected == capacity_of(AT_TEN, 40, exceptions, ("09:00", "11:00"))
    unlimited = None if expected == 40 else expected
    assert unlimited == capacity_of(AT_TEN, None, exceptions, ())
    assert [0, 0] == [capacity_of(AT_TEN, most, exceptions, ("10:00",)) for most in (40, None)]
