"""Open days, shown days, frames and their capacity (notice 3(1), 3(2))."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kofucli.model import Frame, FrameException, Predicate
from kofucli.model.holidays import national_holidays
from kofucli.rules.calendar import (
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
    """3(1): 29 December to 3 January are closed for themselves, whatever the day of the week."""
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
    """3(1): of what is decided about a day a closure comes first, then an opening."""
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
        # The Sunday after, and the holiday Monday of 23 November.
        ("2026-11-29", 1, ("2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04")),
        ("2026-11-23", 1, ("2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30")),
        # Before and in Golden Week.
        ("2026-04-28", 1, ("2026-04-30", "2026-05-01", "2026-05-07", "2026-05-08", "2026-05-11")),
        ("2026-05-02", 1, ("2026-05-07", "2026-05-08", "2026-05-11", "2026-05-12", "2026-05-13")),
        ("2027-04-28", 1, ("2027-04-30", "2027-05-06", "2027-05-07", "2027-05-10", "2027-05-11")),
        # The five days without an open one in September 2026.
        ("2026-09-17", 1, ("2026-09-18", "2026-09-24", "2026-09-25", "2026-09-28", "2026-09-29")),
        ("2026-09-18", 1, ("2026-09-24", "2026-09-25", "2026-09-28", "2026-09-29", "2026-09-30")),
        # The turn of the year.
        ("2026-12-25", 1, ("2026-12-28", "2027-01-04", "2027-01-05", "2027-01-06", "2027-01-07")),
        ("2026-12-28", 1, ("2027-01-04", "2027-01-05", "2027-01-06", "2027-01-07", "2027-01-08")),
        ("2026-12-31", 0, ("2027-01-04", "2027-01-05", "2027-01-06", "2027-01-07", "2027-01-08")),
    ],
)
def test_five_open_days_are_shown(
    calendar: Predicate, today: str, first: int, expected: tuple[str, ...]
) -> None:
    """3(1): five open days from the first, second ... open day after today; 0: from today on."""
    assert days(*expected) == find_shown_days(day(today), calendar, first, 5)


def test_as_many_days_are_shown_as_are_set(calendar: Predicate) -> None:
    """3(1): the setting ``shown_days`` says how many open days are shown."""
    found = [find_shown_days(TUESDAY, calendar, 1, count) for count in (1, 2, 5)]
    assert [SHOWN[:1], SHOWN[:2], SHOWN[:]] == found


def test_shown_days_move_on_at_midnight(calendar: Predicate) -> None:
    """3(1), 0: with the turn of the day the shown days move on by one open day."""
    expected = {
        "2026-11-24T23:59:59": SHOWN,
        "2026-11-25T00:00:00": (*SHOWN[1:], day("2026-12-02")),
    }
    found = {now: find_shown_days(jst(now).date(), calendar, 1, 5) for now in expected}
    assert expected == found


def test_an_office_that_is_closed_for_years_shows_nothing() -> None:
    """3(1): where no open day comes there is nothing to show, and no endless search."""
    never = open_on()
    assert find_shown_days(TUESDAY, never, 1, 5) == ()
    assert day("2026-11-23") == open_day_before(TUESDAY, never)


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


def test_an_open_day_is_refused_when_nothing_is_shown() -> None:
    """3(1): an open day is refused as not shown where no day is shown at all."""
    expected = {"2026-11-20": ["day.past"], "2026-11-24": ["day.not-shown"]}
    only = open_on("2026-11-24")
    found = {text: refused(check_day(day(text), TUESDAY, only, ())) for text in expected}
    assert expected == found


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
    """3(2): a frame is one hour from one of the office's starts."""
    frame = Frame(day("2026-11-25"), start)
    assert expected == refused(check_frame(frame, jst("2026-11-24T10:00:00"), STARTS, True))


def test_an_unknown_frame_is_told_beside_a_bad_day() -> None:
    """3(2): frame.unknown is told beside a bad day, frame.past only on a good one."""
    now = jst("2026-11-24T10:00:00")
    expected = {"12:00": ["frame.unknown"], "09:00": []}
    found = {
        start: refused(check_frame(Frame(day("2026-11-20"), start), now, STARTS, False))
        for start in expected
    }
    assert expected == found


def test_a_closed_hour_is_no_full_one() -> None:
    """Own: frame.closed has the office's reason; it is asked on a good day only, as frame.past."""
    frame = Frame(day("2026-11-25"), "09:00")
    begun = jst("2026-11-25T09:00:00")
    good = list(check_frame(frame, begun, STARTS, True, "a drill"))
    assert ["frame.closed", "frame.past"] == refused(good)
    assert {"reason": "a drill"} == good[1].details
    assert [] == refused(check_frame(frame, begun, STARTS, False, "a drill"))


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
    """3(1): a frame of today can be booked until the instant at which it starts."""
    assert expected == refused(check_frame(AT_TEN, jst(now), STARTS, True))


def test_a_frame_starts_in_japan() -> None:
    """0: the start of a frame is an instant of Japan Standard Time."""
    assert jst("2026-11-25T10:00:00") == AT_TEN.starts_at


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
    """Own rule: frame before day before hour before none; of equally exact ones the last.

    An absent capacity is no limit, unless one of them sets it. An hour that the office closed takes
    no case, whatever they say.
    """
    assert expected == capacity_of(AT_TEN, 40, exceptions, ("09:00", "11:00"))
    unlimited = None if expected == 40 else expected
    assert unlimited == capacity_of(AT_TEN, None, exceptions, ())
    assert [0, 0] == [capacity_of(AT_TEN, most, exceptions, ("10:00",)) for most in (40, None)]
