"""Coming to the counter, marks and suspension (notice 6); maintenance (terms 1)."""

from __future__ import annotations

from typing import Any

import pytest

from kofucli.base import Phrase
from kofucli.model import Maintenance, Mark, Suspension
from kofucli.rules.conduct import (
    check_service,
    check_suspension,
    count_marks,
    day_ends_at,
    in_maintenance,
    look_back,
    say_reason,
    suspension_end,
    threshold_reached,
    time_arrival,
)
from tests.rules.samples import day, jst, make_agent, make_reservation

STARTS = ("09:00", "10:00", "15:00")


@pytest.mark.parametrize(
    ("came", "now", "expected"),
    [
        ("2026-11-24T23:59:59", "2026-11-24T23:59:59", "another-day"),
        ("2026-11-25T00:00:00", "2026-11-25T00:00:00", "early"),
        ("2026-11-25T09:59:59", "2026-11-25T09:59:59", "early"),
        ("2026-11-25T10:00:00", "2026-11-25T10:00:00", "on-time"),
        ("2026-11-25T10:59:59", "2026-11-25T10:59:59", "on-time"),
        ("2026-11-25T11:00:00", "2026-11-25T11:00:00", "over"),
        ("2026-11-25T10:50:00", "2026-11-25T10:59:59", "on-time"),
        ("2026-11-25T10:50:00", "2026-11-25T11:00:00", "queued"),
        ("2026-11-25T09:50:00", "2026-11-25T11:00:00", "queued"),
        ("2026-11-25T10:59:59", "2026-11-26T09:00:00", "queued"),
        ("2026-11-25T11:00:00", "2026-11-25T11:30:00", "over"),
        ("2026-11-26T10:30:00", "2026-11-26T10:30:00", "over"),
    ],
)
def test_an_arrival_is_early_or_on_time_or_over(came: str, now: str, expected: str) -> None:
    assert expected == time_arrival(make_reservation("X-1"), jst(came), jst(now))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (None, "2026-11-25T16:00:00"),
        ("10:00", "2026-11-25T16:00:00"),
        ("17:30", "2026-11-25T18:30:00"),  # booked before the office's hours changed
    ],
)
def test_a_day_ends_with_its_last_frame(start: str | None, expected: str) -> None:
    visits = [make_reservation("X-1", start=start)] if start else []
    assert jst(expected) == day_ends_at(day("2026-11-25"), STARTS, visits)


SUSPENDED = make_agent(
    suspension=Suspension(day("2026-11-25"), day("2026-12-01"), "three late cancellations", "me")
)
BEGUN = jst("2026-11-24T10:00:00")
ENDS = jst("2026-11-24T12:00:00")


@pytest.mark.parametrize(
    ("today", "holds"),
    [
        ("2026-11-24", True),  # the day before
        ("2026-11-25", False),  # its first day
        ("2026-11-30", False),  # its last day
        ("2026-12-01", True),  # the first day after
    ],
)
def test_a_suspension_refuses_on_its_days(today: str, holds: bool) -> None:
    verdict = check_suspension(SUSPENDED, day(today))
    assert ("agent.suspended", holds) == (verdict.code, verdict.holds)


@pytest.mark.parametrize(
    ("since", "months", "expected"),
    [
        ("2026-11-25", 3, "2027-02-25"),
        ("2026-11-30", 3, "2027-02-28"),  # there is no 30 February
        ("2026-12-01", 1, "2027-01-01"),
        ("2027-11-29", 3, "2028-02-29"),  # a leap year
    ],
)
def test_suspended_months_end_on_the_same_day(since: str, months: int, expected: str) -> None:
    assert day(expected) == suspension_end(day(since), months)


@pytest.mark.parametrize(
    ("end", "now", "holds"),
    [
        (ENDS, "2026-11-24T09:59:59", True),
        (ENDS, "2026-11-24T10:00:00", False),
        (ENDS, "2026-11-24T11:59:59", False),
        (ENDS, "2026-11-24T12:00:00", True),
        (None, "2026-11-24T09:59:59", True),
        (None, "2026-11-24T10:00:00", False),
        (None, "2027-11-24T10:00:00", False),  # without an end it lasts
    ],
)
def test_agents_change_nothing_during_a_maintenance(end: Any, now: str, holds: bool) -> None:
    maintenance = Maintenance("maintenance", BEGUN, end, "new disks")
    assert (check_service(None, jst(now)).holds, in_maintenance(None, jst(now))) == (True, False)
    verdict = check_service(maintenance, jst(now))
    assert ("service.maintenance", holds) == (verdict.code, verdict.holds)
    assert (not holds) is in_maintenance(maintenance, jst(now))


@pytest.mark.parametrize(
    ("today", "months", "expected"),
    [
        ("2026-11-25", 6, "2026-05-25"),
        ("2026-05-31", 3, "2026-02-28"),  # there is no 31 February
        ("2028-05-31", 3, "2028-02-29"),  # a leap year
        ("2028-02-29", 12, "2027-02-28"),
        ("2026-03-31", 1, "2026-02-28"),
        ("2026-03-28", 1, "2026-02-28"),
        ("2027-01-01", 2, "2026-11-01"),
    ],
)
def test_looking_back_counts_calendar_months(today: str, months: int, expected: str) -> None:
    assert day(expected) == look_back(day(today), months)


@pytest.mark.parametrize(
    ("marked", "today", "months", "counted"),
    [
        ("2026-05-24", "2026-11-25", 6, 0),
        ("2026-05-25", "2026-11-25", 6, 1),
        ("2026-11-25", "2026-11-25", 6, 1),
        ("2026-11-26", "2026-11-25", 6, 1),  # a late cancellation of tomorrow's visit
        ("2026-02-27", "2026-05-31", 3, 0),
        ("2026-02-28", "2026-05-31", 3, 1),
        ("2028-02-28", "2028-05-31", 3, 0),
        ("2028-02-29", "2028-05-31", 3, 1),
        ("2028-02-29", "2029-02-28", 12, 1),
        ("2028-02-29", "2029-03-01", 12, 0),
    ],
)
def test_a_mark_counts_for_some_months(marked: str, today: str, months: int, counted: int) -> None:
    marks = [Mark("no-show", day(marked), "Y-1")]
    assert {"no-show": counted, "late-cancel": 0} == count_marks(marks, day(today), months)


def test_marks_count_by_kind() -> None:
    kinds = ("no-show", "late-cancel", "late-cancel")
    marks = [Mark(kind, day("2026-11-20"), f"Y-{n}") for n, kind in enumerate(kinds)]
    assert {"no-show": 1, "late-cancel": 2} == count_marks(marks, day("2026-11-25"), 6)
    assert {"no-show": 0, "late-cancel": 0} == count_marks([], day("2026-11-25"), 6)


@pytest.mark.parametrize(
    ("no_shows", "late_cancels", "expected"),
    [(0, 0, False), (1, 0, False), (2, 0, True), (3, 0, True), (0, 2, False), (0, 3, True)],
)
def test_either_kind_of_marks_reaches_its_threshold_alone(
    no_shows: int, late_cancels: int, expected: bool
) -> None:
    counts = {"no-show": no_shows, "late-cancel": late_cancels}
    assert expected is threshold_reached(counts, 2, 3)
    assert threshold_reached({"no-show": 1, "late-cancel": 2}, 2, 3) is False


@pytest.mark.parametrize("reason", ["rude", "6(4): rude", "6(4): no-show", "see 6(4): no-show Y-1"])
def test_a_reason_that_somebody_wrote_stays(reason: str) -> None:
    assert reason == say_reason(reason)


def test_an_automatic_reason_names_its_marks() -> None:
    """Each mark is a text that is translated, behind it stands its reservation."""
    said = say_reason("6(4): no-show Y261125-0001-7, late-cancel Y261126-0007-R")
    assert said == Phrase(
        "6(4): {marks}",
        marks=[
            Phrase("{mark} {number}", mark=Phrase("no-show"), number="Y261125-0001-7"),
            Phrase("{mark} {number}", mark=Phrase("late-cancel"), number="Y261126-0007-R"),
        ],
    )
