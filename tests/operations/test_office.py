"""The office closes and opens days and hours (notice 4(1), 6; own rules)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import statuses

A1 = ("--agent", "A-1")


def close(office: OfficeInFolder, *what: str, now: str | None = None) -> Any:
    """Close a day or hours of it, and return the document."""
    return office.json("office", "close", *what, "--reason", "moving house", "-y", now=now)


def reopen(office: OfficeInFolder, day: str, *options: str, now: str | None = None) -> Any:
    """Open a day and return the document."""
    return office.json("office", "reopen", day, *options, now=now)


def closes_of(office: OfficeInFolder) -> dict[str, str]:
    """Return until before when each reservation can change, by its first case."""
    return {
        r["cases"][0]["number"]: r["closes"] for r in office.json("list", "--all")["reservations"]
    }


def numbers(found: Any) -> list[str]:
    """Return the numbers of reservations in a document."""
    return [each["number"] for each in found]


def test_what_the_settings_close_is_not_opened(office: OfficeInFolder) -> None:
    """3(1): what the configuration closes stays closed; opening it is bad input."""
    office.set("calendar", "closures", '[{ date = 2026-11-26, reason = "moving" }]')
    assert office.run("office", "reopen", "2026-11-26").status == 5


def test_an_opening_moves_the_deadlines_of_two_days(office: OfficeInFolder) -> None:
    """4(1): with two open days before, an opened Saturday moves Monday's and Tuesday's."""
    office.set("deadline", "open_days_before", "2")
    office.book("2026-11-30", "10", "X-1")
    office.book("2026-12-01", "10", "X-2")
    expected = {"X-1": "2026-11-26T12:00:00+09:00", "X-2": "2026-11-27T12:00:00+09:00"}
    assert expected == closes_of(office)
    reopen(office, "2026-11-28")
    expected = {"X-1": "2026-11-27T12:00:00+09:00", "X-2": "2026-11-28T12:00:00+09:00"}
    assert expected == closes_of(office)


def test_what_has_ended_keeps_its_deadline(office: OfficeInFolder) -> None:
    """4(1): an opening moves nothing of what was cancelled."""
    office.book("2026-11-30", "10", "X-1")
    office.json("cancel", "X-1", *A1)
    assert [] == reopen(office, "2026-11-28")["moved"]
    assert {"X-1": "2026-11-27T12:00:00+09:00"} == closes_of(office)


def test_what_is_restored_gets_the_deadline_of_an_opening_meanwhile(
    office: OfficeInFolder,
) -> None:
    """4(1): an opening affects the deadline of a reservation too that comes back after it."""
    close(office, "2026-11-25")
    office.book("2026-11-26", "10", "X-1")
    close(office, "2026-11-26")
    reopen(office, "2026-11-25")
    reopen(office, "2026-11-26", "--restore")
    assert {"X-1": "2026-11-25T12:00:00+09:00"} == closes_of(office)


@pytest.mark.parametrize(
    ("obstacle", "expected"),
    [
        ("number", "case.duplicate"),
        ("frames", "quota.frames"),
        ("cases", "quota.cases"),
        ("room", "frame.full"),
        ("certificate", "agent.certificate"),
    ],
)
def test_a_visit_comes_back_where_the_rules_hold(
    office: OfficeInFolder, obstacle: str, expected: str
) -> None:
    """6 (own): what closed comes back where the rules still hold; where not, it is told why."""
    number = office.book("2026-11-26", "10", "X-1", "X-2")["number"]
    close(office, "2026-11-26")
    if obstacle == "number":
        office.book("2026-11-27", "10", "X-2")
    elif obstacle == "frames":
        for hour in ("9", "10", "11"):
            office.book("2026-11-27", hour, f"Z-{hour}")
    elif obstacle == "certificate":
        office.json("agent", "edit", "A-1", "--valid-until", "2026-11-25")
    elif obstacle == "room":
        office.set("frames", "capacity", "1")
    else:
        office.set("quota", "cases", "1")
    document = reopen(office, "2026-11-26", "--restore")
    (failed,) = document["not_restored"]
    assert (number, [expected], []) == (
        failed["reservation"]["number"],
        [refusal["code"] for refusal in failed["refusals"]],
        document["restored"],
    )
    assert statuses(office)[number] == "office-closed"


def test_visits_come_back_in_the_order_they_were_booked(office: OfficeInFolder) -> None:
    """6 (own): reservations come back in the order made, until the quota is used up."""
    made = [office.book("2026-11-26", hour, f"X-{hour}")["number"] for hour in ("9", "10", "11")]
    close(office, "2026-11-26")
    office.book("2026-11-27", "9", "Z-1")
    document = reopen(office, "2026-11-26", "--restore")
    assert (made[:2], made[2:]) == (
        numbers(document["restored"]),
        numbers(each["reservation"] for each in document["not_restored"]),
    )


def test_by_the_note_two_frames_are_restored_in_one_command(office: OfficeInFolder) -> None:
    """3(2): left is fixed once per command: who holds two gets two more back at once."""
    office.set("quota", "reading", '"note"')
    for hour in ("9", "10"):
        office.book("2026-11-26", hour, f"X-{hour}")
    close(office, "2026-11-26")
    for hour in ("9", "10"):
        office.book("2026-11-27", hour, f"Z-{hour}")
    document = reopen(office, "2026-11-26", "--restore")
    assert (2, []) == (len(document["restored"]), document["not_restored"])


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("reopen", "yesterday"), ["day.past"]),
        (
            ("close", "yesterday", "12", "--reason", "moving", "-y"),
            ["day.past", "frame.unknown"],
        ),
    ],
)
def test_the_past_is_neither_closed_nor_opened(
    office: OfficeInFolder, command: tuple[str, ...], expected: list[str]
) -> None:
    """6 (own): the past is neither closed nor opened, and an hour closed is one of the frames."""
    assert expected == office.refused("office", *command)


def test_an_announcement_made_twice_changes_nothing(office: OfficeInFolder) -> None:
    """4: what is so already is exit 0, and nothing changes."""
    assert close(office, "2026-11-26")["changed"] is True
    assert close(office, "2026-11-26")["changed"] is False
    assert close(office, "2026-11-27", "9")["changed"] is True
    assert close(office, "2026-11-27", "9")["changed"] is False
    assert reopen(office, "2026-11-26")["changed"] is True
    assert reopen(office, "2026-11-26")["changed"] is False
    assert reopen(office, "2026-11-30")["changed"] is False
    office.json("office", "maintenance", "--reason", "new disks")
    assert office.json("office", "maintenance", "--over")["changed"] is True
    assert office.json("office", "maintenance", "--over")["changed"] is False


def test_a_dry_run_tells_what_a_closure_would_end(office: OfficeInFolder) -> None:
    """A dry run tells what would end, asks nothing, and changes no byte."""
    number = office.book("2026-11-26", "9", "X-1")["number"]
    before = office.bytes()
    document = office.json("office", "close", "2026-11-26", "--reason", "moving", "--dry-run")
    assert [number] == numbers(document["ended"])
    office.json("office", "reopen", "2026-11-28", "--restore", "--dry-run")
    assert before == office.bytes()
