"""Several refusals at once: which are told, and in which order."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import book_rows

AFTER_DEADLINE = "2026-11-24T12:00:00"


def begin_maintenance(office: OfficeInFolder) -> None:
    office.json("office", "maintenance", "--reason", "new disks")


def suspend(office: OfficeInFolder, agent: str = "A-1") -> None:
    office.json("agent", "suspend", agent, "--until", "2027-02-01", "--reason", "missed a visit")


def test_everything_against_a_booking_at_once(office: OfficeInFolder) -> None:
    """Order: service, agent, day, frame, case in the order given, duplicate; all are told."""
    office.json(
        *("agent", "add", "--id", "B-2", "--name", "B", "--occupation", "educational"),
        *("--certificate", "C-9", "--valid-until", "2026-11-27", "--email", "b@school.example.jp"),
    )
    suspend(office, "B-2")
    begin_maintenance(office)
    expected = [
        "service.maintenance",
        "agent.educational",
        "agent.certificate",
        "agent.unverified",
        "agent.suspended",
        "agent.terms",
        "day.closed",
        "frame.unknown",
        "case.kind",
        "case.filed-online",
        "case.counter",
        "case.under-review",
        "case.duplicate",
    ]
    codes = office.refused(
        *("book", "2026-11-28", "12:00", "--agent", "B-2"),
        *("--case", "X-2,kind=coe,filed=online,counter=5"),
        *("--case", "X-1,review=pending", "--case", "X-2"),
    )
    assert expected == codes


def test_everything_against_the_amount_at_once(office: OfficeInFolder) -> None:
    """Order: case, duplicate, quota.frames, quota.cases, frame.full; on a good day and frame."""
    office.set("quota", "cases", "2")
    office.set("frames", "capacity", "1")
    for hour in ("9", "10", "11"):
        office.book("+1", hour, f"X-{hour}")
    expected = ["case.kind", "case.duplicate", "quota.frames", "quota.cases", "frame.full"]
    codes = office.refused(
        *("book", "+2", "9", "--agent", "A-1"),
        *("--case", "X-9", "--case", "Z-1,kind=coe", "--case", "Z-2"),
    )
    assert expected == codes


def test_everything_against_a_change_at_once(office: OfficeInFolder) -> None:
    """Order: service, agent, case, duplicate, deadline, amend."""
    reservation = office.book("+1", "10", "X-1", "X-2")
    office.book("+1", "11", "X-3")
    office.json("agent", "edit", "A-1", "--valid-until", "2026-11-24")
    suspend(office)
    begin_maintenance(office)
    expected = [
        "service.maintenance",
        "agent.certificate",
        "agent.suspended",
        "case.kind",
        "case.duplicate",
        "deadline.passed",
        "amend.adds",
    ]
    codes = office.refused(
        *("amend", reservation["number"], "--agent", "A-1"),
        *("--replace", "X-1=X-3,kind=coe", "--add", "X-9"),
        now=AFTER_DEADLINE,
    )
    assert expected == codes


def test_everything_against_filling_a_place_at_once(office: OfficeInFolder) -> None:
    """Order: quota.cases, frame.full, deadline, amend; under the reading cap."""
    office.set("amend", "reading", '"cap"')
    office.set("quota", "cases", "2")
    office.set("frames", "capacity", "2")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    expected = ["quota.cases", "frame.full", "deadline.passed", "amend.exceeds"]
    codes = office.refused("amend", number, "--agent", "A-1", "--add", "X-3", now=AFTER_DEADLINE)
    assert expected == codes


def test_everything_against_a_cancellation_at_once(office: OfficeInFolder) -> None:
    """Order: service, deadline."""
    number = office.book("+1", "10", "X-1")["number"]
    begin_maintenance(office)
    expected = ["service.maintenance", "deadline.passed"]
    assert expected == office.refused("cancel", number, "--agent", "A-1", now=AFTER_DEADLINE)


def test_cases_are_told_in_the_order_given(office: OfficeInFolder) -> None:
    """Order: cases in the order given, whatever their numbers and faults."""
    outcome = office.run(
        *("book", "+1", "10", "--agent", "A-1", "-f", "json"),
        *("--case", "X-3,counter=5", "--case", "X-1,kind=coe", "--case", "X-2,filed=online"),
    )
    expected = [
        ("case.counter", "X-3"),
        ("case.kind", "X-1"),
        ("case.filed-online", "X-2"),
    ]
    assert expected == [(r["code"], r["subject"]) for r in outcome.error["refusals"]]


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        ("2026-11-23", "10", ["day.past"]),  # a holiday too, and not shown
        ("2026-11-28", "10", ["day.closed"]),  # a Saturday
        ("2026-12-05", "10", ["day.closed"]),  # a Saturday beyond the shown days
        ("2026-11-24", "10", ["day.not-shown"]),  # today
        ("2026-12-02", "10", ["day.not-shown"]),
        ("2026-12-01", "10", []),
        ("2026-11-25", "12", ["frame.unknown"]),
        ("2026-11-23", "12", ["day.past", "frame.unknown"]),
        ("2026-11-28", "12:30", ["day.closed", "frame.unknown"]),
        ("2026-12-02", "8", ["day.not-shown", "frame.unknown"]),
    ],
)
def test_one_reason_against_a_day_and_one_against_a_frame(
    office: OfficeInFolder, day: str, hour: str, expected: list[str]
) -> None:
    """3(1), 3(2): of the reasons against a day one is told; frame.unknown beside a bad day."""
    outcome = office.run(
        "book", day, hour, "--case", "X-1", "--agent", "A-1", "-f", "json", "--dry-run"
    )
    assert expected == (outcome.codes if outcome.status else [])


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        ("2026-11-28", "10", ["day.closed"]),
        ("2026-12-02", "10", ["day.not-shown"]),
        ("+2", "12", ["frame.unknown"]),
        ("+2", "10", ["quota.frames", "quota.cases", "frame.full"]),
    ],
)
def test_quota_is_not_asked_where_day_or_frame_is_refused(
    office: OfficeInFolder, day: str, hour: str, expected: list[str]
) -> None:
    """3(2): where day or frame is refused, neither quota, of frames or cases, nor room."""
    office.set("quota", "cases", "1")
    for start in ("9", "10", "11"):
        office.book("+1", start, f"X-{start}")
    office.set("frames", "capacity", "0")
    cases = ("--case", "Z-1", "--case", "Z-2")
    assert expected == office.refused("book", day, hour, *cases, "--agent", "A-1")


def test_a_row_on_a_bad_day_asks_for_no_frame(office: OfficeInFolder) -> None:
    """3(2): in a file only the frames on good days count in what is asked for."""
    rows = ["X-1,2026-11-28,9", "X-2,2026-11-25,9", "X-3,2026-11-25,10", "X-4,2026-11-25,11"]
    outcome = book_rows(office, *rows)
    assert ["day.closed"] == outcome.codes


def test_what_has_ended_is_told_alone(office: OfficeInFolder) -> None:
    """4: reservation.ended is told alone, whatever else would speak against the change."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    office.json("cancel", number, "--agent", "A-1")
    suspend(office)
    begin_maintenance(office)
    codes = office.refused(
        *("amend", number, "--agent", "A-1", "--drop", "X-2", "--replace", "X-1=X-9,kind=coe"),
        now=AFTER_DEADLINE,
    )
    assert ["reservation.ended"] == codes


def test_a_refusal_carries_what_decided_it(office: OfficeInFolder) -> None:
    """A refusal has code, clause, message, subject, inputs; it ends with instant and limit."""
    for hour in ("9", "10", "11"):
        office.book("+1", hour, f"X-{hour}")
    command = ("book", "+2", "10", "--case", "Z-1", "--agent", "A-1")
    (refusal,) = office.run(*command, "-f", "json").error["refusals"]
    assert ("quota.frames", "3(2)", "A-1") == (
        refusal["code"],
        refusal["clause"],
        refusal["subject"],
    )
    expected = {"limit": 3, "held": 3, "left": 0, "asked": 1, "reading": "main"}
    assert expected == refusal["details"]
    assert refusal["message"].endswith("(decided at 2026-11-24T10:00:00+09:00; limit: 3)")
    assert "[quota.frames]" in office.run(*command).err


def test_rules_of_our_own_have_no_clause(office: OfficeInFolder) -> None:
    """A refusal by a rule of our own has a null clause."""
    office.book("+1", "10", "X-1")
    outcome = office.run("book", "+1", "10", "--case", "X-1", "--agent", "A-1", "-f", "json")
    assert [("case.duplicate", None)] == [
        (refusal["code"], refusal["clause"]) for refusal in outcome.error["refusals"]
    ]
