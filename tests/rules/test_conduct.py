"""Suspension (notice 6(4)) and maintenance (terms 1)."""

from __future__ import annotations

from typing import Any

import pytest

from kofucli.model import Maintenance, Suspension
from kofucli.rules.conduct import check_service, check_suspension, in_maintenance, suspension_end
from tests.rules.samples import day, jst, make_agent

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
def test_the_days_of_a_suspension(today: str, holds: bool) -> None:
    """6(4): a suspension refuses on its days, from <= now < until, judged when booking."""
    verdict = check_suspension(SUSPENDED, day(today))
    assert ("agent.suspended", holds) == (verdict.code, verdict.holds)


def test_a_suspension_is_explained() -> None:
    """6(4): the refusal names the days and the reason of the suspension."""
    expected = {
        "limit": day("2026-12-01"),
        "since": day("2026-11-25"),
        "reason": "three late cancellations",
    }
    assert expected == check_suspension(SUSPENDED, day("2026-11-25")).details


def test_an_agent_without_a_suspension() -> None:
    """6(4): who was never suspended, or was reinstated, may book."""
    assert check_suspension(make_agent(), day("2026-11-25")).holds is True


@pytest.mark.parametrize(
    ("since", "months", "expected"),
    [
        ("2026-11-25", 3, "2027-02-25"),
        ("2026-11-30", 3, "2027-02-28"),  # there is no 30 February
        ("2026-12-01", 1, "2027-01-01"),
        ("2027-11-29", 3, "2028-02-29"),  # a leap year
    ],
)
def test_a_suspension_of_whole_months(since: str, months: int, expected: str) -> None:
    """6(4): a suspension of months ends on the same day of the month, or that month's last."""
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
def test_maintenance(end: Any, now: str, holds: bool) -> None:
    """Terms 1: in [since, end) of a maintenance agents change nothing; no end: it lasts."""
    maintenance = Maintenance("maintenance", BEGUN, end, "new disks")
    verdict = check_service(maintenance, jst(now))
    assert ("service.maintenance", holds) == (verdict.code, verdict.holds)
    assert (not holds) is in_maintenance(maintenance, jst(now))


def test_no_maintenance() -> None:
    """Terms 1: the service works around the clock where no maintenance was announced."""
    assert check_service(None, BEGUN).holds is True
    assert in_maintenance(None, BEGUN) is False


def test_a_maintenance_is_explained() -> None:
    """Terms 1: the refusal names since when, why, and the end where it is known."""
    maintenance = Maintenance("maintenance", BEGUN, ENDS, "new disks")
    expected = {"limit": ENDS, "since": BEGUN, "reason": "new disks"}
    assert expected == check_service(maintenance, BEGUN).details
