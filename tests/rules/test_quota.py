"""Frames, cases and room (notice 3(2)), and numbers that are taken (own rule)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kofucli.model import Case, Frame
from kofucli.rules.availability import (
    Holdings,
    check_cases,
    check_frames,
    check_full,
    frames_left,
    stands,
)
from tests.rules.samples import days, make_reservation

SHOWN = days("2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01")
AT_TEN = Frame(date(2026, 11, 25), "10:00")
AT_ELEVEN = Frame(date(2026, 11, 25), "11:00")
NEXT_DAY = Frame(date(2026, 11, 26), "10:00")
BEYOND = date(2026, 12, 2)


@pytest.mark.parametrize(
    ("reading", "limit", "expected"),
    [
        ("main", 3, [3, 2, 1, 0, 0]),
        ("note", 3, [3, 2, 2, 0, 0]),
        ("main", 1, [1, 0, 0, 0, 0]),
        ("main", 5, [5, 4, 3, 2, 1]),
    ],
)
def test_frames_left_follow_from_those_held(reading: str, limit: int, expected: list[int]) -> None:
    assert expected == [frames_left(held, limit, reading) for held in range(5)]


@pytest.mark.parametrize(
    ("reading", "held", "most", "limit"),
    [
        *(("main", 0, 3, 3), ("main", 1, 2, 3), ("main", 2, 1, 3), ("main", 3, 0, 3)),
        *(("note", 0, 3, 3), ("note", 1, 2, 3), ("note", 2, 2, 4), ("note", 3, 0, 3)),
        *(("main", 4, 0, 3), ("note", 4, 0, 3)),
    ],
)
def test_a_request_adds_the_frames_left(reading: str, held: int, most: int, limit: int) -> None:
    left = frames_left(held, 3, reading)
    verdicts = [check_frames("A-1", held, left, asked, 3, reading) for asked in range(5)]
    assert [asked <= most for asked in range(5)] == [verdict.holds for verdict in verdicts]
    assert {limit} == {verdict.details["limit"] for verdict in verdicts}
    assert all(v.holds == (held + v.details["asked"] <= limit) for v in verdicts if held <= limit)


@pytest.mark.parametrize(
    ("held", "asked", "holds"),
    [
        *((0, 1, True), (0, 10, True), (0, 11, False)),
        *((9, 1, True), (9, 2, False), (10, 0, True), (10, 1, False)),
        *((6, 4, True), (6, 5, False)),
    ],
)
def test_an_agent_has_ten_cases_in_a_frame_at_most(held: int, asked: int, holds: bool) -> None:
    verdict = check_cases("A-1", AT_TEN, held, asked, 10)
    assert ("quota.cases", holds) == (verdict.code, verdict.holds)
    expected = {"limit": 10, "held": held, "asked": asked, "agent": "A-1"}
    assert expected == verdict.details


@pytest.mark.parametrize(
    ("booked", "asked", "capacity", "holds"),
    [
        (1000, 10, None, True),  # no limit
        (0, 1, 0, False),  # this frame is closed
        (0, 0, 0, True),
        (39, 1, 40, True),  # exactly full
        (40, 0, 40, True),
        (39, 2, 40, False),
        (40, 1, 40, False),
        (45, 1, 40, False),  # the capacity was lowered below what is booked
    ],
)
def test_a_frame_takes_its_capacity_over_all_agents(
    booked: int, asked: int, capacity: int | None, holds: bool
) -> None:
    verdict = check_full(AT_TEN, booked, asked, capacity)
    assert ("frame.full", holds) == (verdict.code, verdict.holds)
    expected = {"limit": capacity, "held": booked, "asked": asked}
    assert expected == verdict.details


@pytest.mark.parametrize(
    ("status", "frames", "cases", "booked", "number_stands"),
    [
        ("active", {AT_TEN}, 2, 2, True),
        ("arrived", {AT_TEN}, 2, 2, True),
        ("collected", {AT_TEN}, 0, 2, True),
        *((status, {AT_TEN}, 0, 2, False) for status in ("not-handed", "late", "no-show")),
        *((status, set(), 0, 0, False) for status in ("cancelled", "late-cancelled")),
        ("office-closed", set(), 0, 0, False),
    ],
)
def test_a_reservation_holds_its_frame_until_it_is_cancelled(
    status: str, frames: set[Frame], cases: int, booked: int, number_stands: bool
) -> None:
    holdings = Holdings([make_reservation("X-1", "X-2", status=status)], SHOWN)
    assert (frames, cases, booked, number_stands) == (
        holdings.frames("A-1"),
        holdings.cases("A-1", AT_TEN),
        holdings.booked(AT_TEN),
        holdings.standing("X-1") is not None,
    )


def test_several_reservations_in_one_frame_hold_it_once() -> None:
    holdings = Holdings(
        [
            make_reservation("X-1", "X-2", "X-3"),
            make_reservation("X-4", "X-5", number="Y261125-0002-8"),
            make_reservation("X-6", number="Y261125-0003-9", start="11:00"),
            make_reservation("X-7", number="Y261126-0001-R", date=NEXT_DAY.date),
        ],
        SHOWN,
    )
    assert {AT_TEN, AT_ELEVEN, NEXT_DAY} == holdings.frames("A-1")
    assert [5, 1, 1] == [holdings.cases("A-1", f) for f in (AT_TEN, AT_ELEVEN, NEXT_DAY)]


def test_frames_beyond_the_shown_days_are_not_held() -> None:
    beyond = Frame(BEYOND, "10:00")
    holdings = Holdings([make_reservation("X-1", date=BEYOND)], SHOWN)
    assert (set(), 1, 1) == (
        holdings.frames("A-1"),
        holdings.cases("A-1", beyond),
        holdings.booked(beyond),
    )


def test_agents_share_the_room_but_not_the_quota() -> None:
    holdings = Holdings(
        [
            make_reservation("X-1", "X-2"),
            make_reservation("Z-1", agent="B-2", number="Y261125-0002-8"),
        ],
        SHOWN,
    )
    expected = {"A-1": (2, {AT_TEN}), "B-2": (1, {AT_TEN}), "C-3": (0, set())}
    found = {agent: (holdings.cases(agent, AT_TEN), holdings.frames(agent)) for agent in expected}
    assert expected == found
    assert holdings.booked(AT_TEN) == 3


def test_a_dropped_case_frees_its_place() -> None:
    reservation = make_reservation(
        "X-1", Case("X-2", status="dropped"), Case("X-3", status="not-handed")
    )
    holdings = Holdings([reservation], SHOWN)
    assert (1, 2) == (holdings.cases("A-1", AT_TEN), holdings.booked(AT_TEN))


@pytest.mark.parametrize(
    ("reservation_status", "case_status", "expected"),
    [
        *((status, "active", True) for status in ("active", "arrived")),
        ("active", "dropped", False),
        ("collected", "collected", True),
        *(("collected", status, False) for status in ("not-handed", "dropped")),
        ("not-handed", "not-handed", False),
        *((status, "active", False) for status in ("late", "no-show", "office-closed")),
        *((status, "active", False) for status in ("cancelled", "late-cancelled")),
    ],
)
def test_a_number_stands_while_active_or_collected(
    reservation_status: str, case_status: Any, expected: bool
) -> None:
    case = Case("X-1", status=case_status)
    assert expected is stands(make_reservation(case, status=reservation_status), case)
