"""Undoing steps at the desk: every one of them, with its mark (notice 6(4))."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import OfficeInFolder

DAY = "2026-11-25"
OVER = f"{DAY}T16:00:00"
NOON = "2026-11-24T12:00:00"
A1 = ("--agent", "A-1")
CALL = ("--reason", "電話")
CLOSE = ("desk", "close-day", "--all-no-show", "-y")


def undo(office: OfficeInFolder, number: str, now: str = OVER) -> Any:
    """Undo the last step and return the document."""
    return office.json("desk", "undo", number, "--reason", "mistake", now=now)


STEPS = {
    "arrive": [(("desk", "arrive"), f"{DAY}T10:05:00")],
    "late": [(("desk", "arrive", "--late"), f"{DAY}T11:05:00")],
    "late-notice": [(("desk", "late-notice"), f"{DAY}T09:05:00")],
    "late-cancel": [(("desk", "late-cancel", *CALL), f"{DAY}T09:05:00")],
    "no-show": [(CLOSE, OVER)],
    "collect": [
        (("desk", "arrive"), f"{DAY}T10:05:00"),
        (("desk", "collect", "--not-handed", "X-2=papers"), f"{DAY}T10:15:00"),
    ],
}


@pytest.mark.parametrize("step", STEPS)
def test_after_undoing_a_reservation_is_as_before_the_step(
    office: OfficeInFolder, number: str, step: str
) -> None:
    for command, now in STEPS[step][:-1]:
        office.json(*command, number, now=now)
    before = office.json("show", number, now=OVER)["reservation"]
    command, now = STEPS[step][-1]
    named = () if step == "no-show" else (number,)
    assert office.json(*command, *named, now=now)["changed"] is True
    assert before != office.json("show", number, now=OVER)["reservation"]
    document = undo(office, number)
    assert (True, step) == (document["changed"], document["undone"])
    assert before == document["reservation"]


@pytest.mark.parametrize(("no_shows", "ends"), [(1, False), (2, True)])
def test_an_automatic_suspension_goes_with_its_mark(
    office: OfficeInFolder, number: str, no_shows: int, ends: bool
) -> None:
    office.set("conduct", "mode", '"auto"')
    office.set("conduct", "no_shows", str(no_shows))
    other = office.book(DAY, "11", "X-3")["number"]
    office.json(*CLOSE, now=OVER)
    assert office.json("agent", "show", "A-1")["agent"]["suspension"]["author"] == "auto"
    (advice,) = undo(office, number)["advice"]
    assert (ends, 1) == (advice["reinstated_now"], advice["no_show"])
    assert ends is (office.json("agent", "show", "A-1")["agent"]["suspension"] is None)
    assert undo(office, other)["advice"][0]["reinstated_now"] is not ends
    assert office.json("agent", "show", "A-1")["agent"]["suspension"] is None


def test_a_visit_is_recorded_once_its_mark_is_undone(office: OfficeInFolder, number: str) -> None:
    """What was booked since stands in no way; closing the day again marks nobody."""
    office.json(*CLOSE, now=OVER)
    office.json("book", "2026-11-27", "9", "--case", "X-2", *A1, now=OVER)
    document = undo(office, number)
    assert ("active", 1) == (document["reservation"]["status"], len(document["marks"]))
    assert any("desk arrive" in warning for warning in document["warnings"])
    office.json("desk", "arrive", number, "--at", "10:30", now=OVER)
    office.json("desk", "collect", number, now=OVER)
    closed = office.json("desk", "close-day", now=OVER)
    assert (False, [], []) == (closed["changed"], closed["marks"], closed["days"])


@pytest.mark.parametrize("key", ["capacity", "closed"])
def test_a_day_that_is_over_needs_no_room(office: OfficeInFolder, number: str, key: str) -> None:
    office.json("desk", "late-cancel", number, *CALL, now=NOON)
    if key == "capacity":
        office.set("frames", "capacity", "1")
        office.set("quota", "cases", "1")
    else:
        office.json("office", "close", DAY, "10", "--reason", "点検", "-y", now=NOON)
    assert undo(office, number, "2026-11-26T09:00:00")["changed"] is True


def test_on_a_closed_day_what_ends_the_visit_is_named(office: OfficeInFolder, number: str) -> None:
    """The mark goes, and the visit ends without another one."""
    close = ("office", "close", DAY, "--reason", "台風", "-y")
    office.json("desk", "late-cancel", number, *CALL, now=NOON)
    office.json(*close, now=NOON)
    told = " ".join(undo(office, number, NOON)["warnings"])
    assert [f"office close {DAY}"] == [
        found[: len(f"office close {DAY}")] for found in re.findall("'kofucli ([^']*)'", told)
    ]
    ended = office.json(*close, now=NOON)
    assert [number] == [r["number"] for r in ended["ended"]]


def test_a_step_before_the_end_is_not_undone(office: OfficeInFolder, number: str) -> None:
    office.json("desk", "late-notice", number, now="2026-11-24T11:00:00")
    office.json("cancel", number, "--office", now="2026-11-24T11:30:00")
    options = ("desk", "undo", number, "--reason", "mistake")
    assert ["reservation.ended"] == office.refused(*options, now="2026-11-24T11:40:00")


def test_a_reason_is_asked_for_and_kept_in_the_ledger(office: OfficeInFolder, number: str) -> None:
    office.json("desk", "arrive", number, now=f"{DAY}T10:00:00")
    assert 2 == office.run("desk", "undo", number).status
    assert 5 == office.run("desk", "undo", number, "--reason", " ").status
    office.json("desk", "undo", number, "--reason", "wrong person", now=f"{DAY}T10:01:00")
    last = office.ledger()[-1].decode()
    assert '"op":"desk undo"' in last
    assert "wrong person" in last
