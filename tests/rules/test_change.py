"""Until when and how a reservation may change (notice 4)."""

from __future__ import annotations

from typing import get_args

import pytest

from kofucli.model import Predicate, Status
from kofucli.model.holidays import national_holidays
from kofucli.rules.availability import open_day_predicate
from kofucli.rules.conduct import (
    check_amendment,
    check_deadline,
    check_late_cancel,
    check_not_ended,
    closing_instant,
    is_changeable,
)
from tests.rules.samples import day, days, jst, make_reservation, refused


def calendar(closed: tuple[str, ...] = (), opened: tuple[str, ...] = ()) -> Predicate:
    return open_day_predicate(national_holidays(), days(*closed), days(*opened))


@pytest.mark.parametrize(
    ("closes", "now", "holds"),
    [
        ("2026-11-24T12:00:00", "2026-11-23T00:00:00", True),
        ("2026-11-24T12:00:00", "2026-11-24T11:59:59", True),
        ("2026-11-24T12:00:00", "2026-11-24T12:00:00", False),
        ("2026-11-24T12:00:00", "2026-11-25T09:00:00", False),
        ("2026-11-20T12:00:00", "2026-11-20T11:59:59", True),  # fixed when it was booked
        ("2026-11-20T12:00:00", "2026-11-20T12:00:00", False),
    ],
)
def test_the_last_minute_counts_whole(closes: str, now: str, holds: bool) -> None:
    verdict = check_deadline(make_reservation("X-1", closes=jst(closes)), jst(now), "", "10")
    assert ("deadline.passed", holds) == (verdict.code, verdict.holds)


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        ("2026-11-25", "2026-11-24T12:00:00"),  # Wednesday: Tuesday
        ("2026-11-30", "2026-11-27T12:00:00"),  # Monday: Friday
        ("2026-11-24", "2026-11-20T12:00:00"),  # Tuesday after a Monday holiday: Friday
        ("2026-05-07", "2026-05-01T12:00:00"),  # after Golden Week
        ("2026-09-24", "2026-09-18T12:00:00"),  # after a day between two holidays
        ("2026-12-28", "2026-12-25T12:00:00"),  # before the turn of the year, and after it
        ("2027-01-04", "2026-12-28T12:00:00"),
    ],
)
def test_the_deadline_is_on_the_open_day_before_the_visit(visit: str, expected: str) -> None:
    assert jst(expected) == closing_instant(day(visit), calendar(), "11:59", 1)


def test_what_the_office_decides_about_days_moves_new_deadlines() -> None:
    closed = calendar(closed=("2026-11-24",))
    assert jst("2026-11-20T12:00:00") == closing_instant(day("2026-11-25"), closed, "11:59", 1)
    opened = calendar(opened=("2026-11-28",))
    assert jst("2026-11-28T12:00:00") == closing_instant(day("2026-11-30"), opened, "11:59", 1)


@pytest.mark.parametrize(
    ("last_minute", "count", "expected"),
    [
        ("11:59", 2, "2026-11-20T12:00:00"),
        ("11:59", 3, "2026-11-19T12:00:00"),
        ("16:29", 1, "2026-11-24T16:30:00"),
        ("23:59", 1, "2026-11-25T00:00:00"),
        ("00:00", 1, "2026-11-24T00:01:00"),
    ],
)
def test_the_settings_name_the_last_minute_and_the_days_before(
    last_minute: str, count: int, expected: str
) -> None:
    found = closing_instant(day("2026-11-25"), calendar(), last_minute, count)
    assert jst(expected) == found


@pytest.mark.parametrize(
    ("status", "now", "expected"),
    [
        ("active", "2026-11-24T11:59:59", True),
        ("active", "2026-11-24T12:00:00", False),
        ("arrived", "2026-11-24T11:59:59", False),
        ("cancelled", "2026-11-24T11:59:59", False),
    ],
)
def test_a_visit_is_changeable_until_it_closes(status: str, now: str, expected: bool) -> None:
    reservation = make_reservation("X-1", status=status)
    assert expected is is_changeable(reservation, jst(now))


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        ("2026-11-24T12:00:00", True),
        ("2026-11-25T09:59:59", True),
        ("2026-11-25T10:00:00", False),
        ("2026-11-25T11:00:00", False),
    ],
)
def test_a_late_cancellation_is_entered_until_the_frame_starts(now: str, holds: bool) -> None:
    verdict = check_late_cancel(make_reservation("X-1"), jst(now))
    assert ("cancel.too-late", holds) == (verdict.code, verdict.holds)
    assert jst("2026-11-25T10:00:00") == verdict.details["limit"]


@pytest.mark.parametrize("status", get_args(Status))
def test_an_ended_reservation_changes_no_more(status: Status) -> None:
    verdict = check_not_ended(make_reservation("X-1", status=status))
    expected = ("reservation.ended", status in ("active", "arrived"), "Y261125-0001-7")
    assert expected == (verdict.code, verdict.holds, verdict.subject)


OF_THREE = make_reservation("X-1", "X-2", "X-3")


@pytest.mark.parametrize(
    ("reading", "remaining", "added", "expected"),
    [
        ("listed", 3, 0, []),  # numbers corrected
        ("listed", 1, 0, []),  # all but one dropped
        ("listed", 0, 0, ["amend.empty"]),
        ("listed", 3, 1, ["amend.adds"]),  # a dropped place would be filled again
        ("listed", 4, 1, ["amend.adds"]),  # nothing about counts
        ("cap", 3, 0, []),
        ("cap", 3, 2, []),  # dropped places filled again, up to the first count
        ("cap", 4, 1, ["amend.exceeds"]),
        ("cap", 4, 2, ["amend.exceeds"]),
        ("cap", 0, 0, ["amend.empty"]),
    ],
)
def test_one_case_remains_and_the_reading_limits_what_is_added(
    reading: str, remaining: int, added: int, expected: list[str]
) -> None:
    assert expected == refused(check_amendment(OF_THREE, remaining, added, reading))
