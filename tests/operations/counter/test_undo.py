"""Undoing steps at the desk: every one of them, with its mark (notice 6(4))."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import statuses

DAY = "2026-11-25"
OVER = f"{DAY}T16:00:00"
A1 = ("--agent", "A-1")
CALL = ("--reason", "電話")


def undo(office: OfficeInFolder, number: str, now: str = OVER) -> Any:
    """Undo the last step and return the document."""
    return office.json("desk", "undo", number, "--reason", "mistake", now=now)


STEPS = {
    "arrive": [(("desk", "arrive"), f"{DAY}T10:05:00")],
    "late": [(("desk", "arrive", "--late"), f"{DAY}T11:05:00")],
    "late-notice": [(("desk", "late-notice"), f"{DAY}T09:05:00")],
    "late-cancel": [(("desk", "late-cancel", *CALL), f"{DAY}T09:05:00")],
    "no-show": [(("desk", "close-day", "--all-no-show", "-y"), OVER)],
    "collect": [
        (("desk", "arrive"), f"{DAY}T10:05:00"),
        (("desk", "collect", "--not-handed", "X-2=papers"), f"{DAY}T10:15:00"),
    ],
}


@pytest.mark.parametrize("step", STEPS)
def test_every_step_can_be_undone(office: OfficeInFolder, number: str, step: str) -> None:
    """6(4): after undoing a reservation is as it was before the step."""
    for command, now in STEPS[step][:-1]:
        office.json(*command, number, now=now)
    before = office.json("show", number, now=OVER)["reservation"]
    command, now = STEPS[step][-1]
    named = () if step == "no-show" else (number,)
    assert office.json(*command, *named, now=now)["changed"] is True
    assert before != office.json("show", number, now=OVER)["reservation"]
    document = undo(office, number)
    assert (True, step, before) == (
        document["changed"],
        document["undone"],
        document["reservation"],
    )


@pytest.mark.parametrize(("no_shows", "ends"), [(1, False), (2, True)])
def test_an_automatic_suspension_goes_with_its_mark(
    office: OfficeInFolder, number: str, no_shows: int, ends: bool
) -> None:
    """6(4): it ends where the marks that are left would not have led to it."""
    office.set("conduct", "mode", '"auto"')
    office.set("conduct", "no_shows", str(no_shows))
    other = office.book(DAY, "11", "X-3")["number"]
    office.json("desk", "close-day", "--all-no-show", "-y", now=OVER)
    assert office.json("agent", "show", "A-1")["agent"]["suspension"]["author"] == "auto"
    (advice,) = undo(office, number)["advice"]
    assert (ends, 1) == (advice["reinstated_now"], advice["no_show"])
    assert ends is (office.json("agent", "show", "A-1")["agent"]["suspension"] is None)
    assert undo(office, other)["advice"][0]["reinstated_now"] is not ends
    assert office.json("agent", "show", "A-1")["agent"]["suspension"] is None


def test_a_suspension_by_the_office_stays(office: OfficeInFolder, number: str) -> None:
    """6(4): what the office decided is not undone with a step at the desk."""
    office.json("desk", "close-day", "--all-no-show", "-y", now=OVER)
    office.json("agent", "suspend", "A-1", "--reason", number, now=OVER)
    undo(office, number)
    assert office.json("agent", "show", "A-1")["agent"]["suspension"] is not None


def test_a_visit_is_recorded_once_its_mark_is_undone(office: OfficeInFolder, number: str) -> None:
    """6(4): after undoing, what happened is recorded, and closing again marks nobody."""
    office.json("desk", "close-day", "--all-no-show", "-y", now=OVER)
    document = undo(office, number)
    assert any("desk arrive" in warning for warning in document["warnings"])
    office.json("desk", "arrive", number, "--at", "10:30", now=OVER)
    office.json("desk", "collect", number, now=OVER)
    closed = office.json("desk", "close-day", now=OVER)
    assert (False, [], []) == (closed["changed"], closed["marks"], closed["days"])


def test_undoing_a_late_cancellation_asks_the_quota(office: OfficeInFolder, number: str) -> None:
    """3(2): what a late cancellation set free may be taken: quota and numbers stand in the way."""
    office.json("desk", "late-cancel", number, *CALL, now="2026-11-24T12:00:00")
    for at, case in enumerate(("X-1", "Y-2", "Y-3")):
        office.json("book", "+2", f"{9 + at}", "--case", case, *A1, now="2026-11-24T12:01:00")
    options = ("desk", "undo", number, "--reason", "mistake")
    codes = office.refused(*options, now="2026-11-24T12:02:00")
    assert ["case.duplicate", "quota.frames"] == codes
    assert "late-cancelled" == statuses(office)[number]


@pytest.mark.parametrize("key", ["capacity", "closed"])
def test_no_room_is_needed_on_a_day_that_is_over(
    office: OfficeInFolder, number: str, key: str
) -> None:
    """6(4): undoing a mark on a day that is over asks for no room."""
    office.json("desk", "late-cancel", number, *CALL, now="2026-11-24T12:00:00")
    if key == "capacity":
        office.set("frames", "capacity", "1")
        office.set("quota", "cases", "1")
    else:
        office.json(
            "office", "close", DAY, "10", "--reason", "点検", "-y", now="2026-11-24T12:01:00"
        )
    assert undo(office, number, "2026-11-26T09:00:00")["changed"] is True


def test_undoing_on_a_closed_day_names_a_command(office: OfficeInFolder, number: str) -> None:
    """6(4): the mark goes, and the counter is told how the visit ends without another one."""
    office.json("desk", "late-cancel", number, *CALL, now="2026-11-24T12:00:00")
    office.json("office", "close", DAY, "--reason", "台風", "-y", now="2026-11-24T12:01:00")
    assert ["office", "close", DAY] == _named_command(undo(office, number, "2026-11-24T12:02:00"))
    ended = office.json("office", "close", DAY, "--reason", "台風", "-y", now="2026-11-24T12:03:00")
    assert [number] == [r["number"] for r in ended["ended"]]


def _named_command(document: Any) -> list[str]:
    """Return the first words of the command that a warning of a document names."""
    (found,) = re.findall("'kofucli ([^']*)'", " ".join(document["warnings"]))
    return str(found).split()[:3]


def test_undoing_a_missed_visit_ignores_new_bookings(office: OfficeInFolder, number: str) -> None:
    """6(4): a missed visit can be undone whatever was booked since."""
    office.json("desk", "close-day", "--all-no-show", "-y", now=OVER)
    office.json("book", "2026-11-27", "9", "--case", "X-2", *A1, now=OVER)
    undone = office.json("desk", "undo", number, "--reason", "mistake", now=OVER)
    assert ("active", 1) == (undone["reservation"]["status"], len(undone["marks"]))


def test_a_step_before_the_end_is_not_undone(office: OfficeInFolder, number: str) -> None:
    """4: a step is not undone where something else has ended the reservation since."""
    office.json("desk", "late-notice", number, now="2026-11-24T11:00:00")
    office.json("cancel", number, "--office", now="2026-11-24T11:30:00")
    options = ("desk", "undo", number, "--reason", "mistake")
    assert ["reservation.ended"] == office.refused(*options, now="2026-11-24T11:40:00")


def test_undoing_needs_a_reason(office: OfficeInFolder, number: str) -> None:
    """6(4): a reason is asked for, and kept in the ledger."""
    office.json("desk", "arrive", number, now=f"{DAY}T10:00:00")
    assert 2 == office.run("desk", "undo", number).status
    assert 5 == office.run("desk", "undo", number, "--reason", " ").status
    office.json("desk", "undo", number, "--reason", "wrong person", now=f"{DAY}T10:01:00")
    last = office.ledger()[-1].decode()
    assert '"op":"desk undo"' in last
    assert "wrong person" in last
