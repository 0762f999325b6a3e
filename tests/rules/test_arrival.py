"""Coming early, on time, late; when a day is over (notice 6(3), 6(4))."""

from __future__ import annotations

import pytest

from kofucli.rules.arrival import day_ends_at, time_arrival
from tests.rules.samples import day, jst, make_reservation

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
def test_arrivals_in_a_frame_from_ten(came: str, now: str, expected: str) -> None:
    """6(3): in [start, end) it is on time, before that it waits, from the end on it is over."""
    assert expected == time_arrival(make_reservation("X-1"), jst(came), jst(now))


def test_a_day_ends_with_its_last_frame() -> None:
    """6(4): a day is over when its last frame has ended, whether somebody is in it or not."""
    reservation = make_reservation("X-1")
    assert jst("2026-11-25T16:00:00") == day_ends_at(day("2026-11-25"), STARTS, [reservation])
    assert jst("2026-11-25T16:00:00") == day_ends_at(day("2026-11-25"), STARTS, [])


def test_a_day_with_a_frame_that_the_office_no_longer_has() -> None:
    """6(4): a reservation of a later hour, made before the hours changed, still counts."""
    reservation = make_reservation("X-1", start="17:30")
    assert jst("2026-11-25T18:30:00") == day_ends_at(day("2026-11-25"), STARTS, [reservation])
