"""Calls to the counter (notice 4(2)): coming late, cancelling late, and the marks of 6(4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import statuses

DAY = "2026-11-25"
A1 = ("--agent", "A-1")
CALL = ("--reason", "山手様から電話")


def late_cancel(office: OfficeInFolder, number: str, now: str, *options: str) -> Any:
    """Enter a late cancellation and return the document."""
    return office.json("desk", "late-cancel", number, *CALL, *options, now=now)


@pytest.mark.parametrize(
    ("now", "options", "status"),
    [
        (f"{DAY}T09:59:59", (), 0),
        (f"{DAY}T10:00:00", (), 3),
        (f"{DAY}T09:59:59", ("--at", "09:10"), 0),
        (f"{DAY}T10:20:00", ("--at", "09:59"), 3),
        (f"{DAY}T09:20:00", ("--at", "09:21"), 5),
        (f"{DAY}T09:20:00", ("--at", "2026-11-20T09:00"), 5),
        ("2026-11-24T10:00:00", (), 0),
    ],
)
def test_a_late_notice_is_entered_until_the_hour_begins(
    office: OfficeInFolder, number: str, now: str, options: tuple[str, ...], status: int
) -> None:
    """4(2): it is entered before the hour begins, whenever the agent phoned after booking."""
    assert status == office.run("desk", "late-notice", number, *options, now=now).status
    reservation = office.json("show", number)["reservation"]
    assert (status == 0) is ("late_notice" in reservation)
    assert "active" == reservation["status"]


def test_a_second_late_notice_changes_nothing(office: OfficeInFolder, number: str) -> None:
    """4: one notice is enough; the first stays."""
    office.json("desk", "late-notice", number, now=f"{DAY}T09:00:00")
    again = office.json("desk", "late-notice", number, now=f"{DAY}T09:30:00")
    assert (False, f"{DAY}T09:00:00+09:00") == (
        again["changed"],
        again["reservation"]["late_notice"],
    )


def test_who_has_arrived_gives_no_late_notice(office: OfficeInFolder, number: str) -> None:
    """4(2): a late notice of an agent who has arrived is refused."""
    office.json("desk", "arrive", number, now=f"{DAY}T09:00:00")
    assert 3 == office.run("desk", "late-notice", number, now=f"{DAY}T09:30:00").status


@pytest.mark.parametrize(
    ("now", "options"),
    [("2026-11-24T11:59:59", ()), ("2026-11-24T13:00:00", ("--at", "11:59"))],
)
def test_before_the_deadline_it_is_an_ordinary_cancellation(
    office: OfficeInFolder, number: str, now: str, options: tuple[str, ...]
) -> None:
    """4(1): told before the deadline it is no mark; the message has the command that does it."""
    outcome = office.run("desk", "late-cancel", number, *CALL, *options, "-f", "json", now=now)
    assert (3, []) == (outcome.status, outcome.error["refusals"])
    command = outcome.error["message"].partition("kofucli ")[2].partition(" (")[0].split()
    if "--now" in command:
        now, command = command[-1], command[:-2]
    assert office.json(*command, now=now)["reservation"]["status"] == "cancelled"
    assert office.json("desk", "close-day", DAY, now=f"{DAY}T16:00:00")["marks"] == []


def test_a_second_late_cancellation_makes_no_mark(office: OfficeInFolder, number: str) -> None:
    """4: calling off a cancelled visit again changes nothing and makes no second mark."""
    late_cancel(office, number, "2026-11-24T12:00:00")
    again = late_cancel(office, number, f"{DAY}T12:00:00")
    assert (False, [], "late-cancelled") == (
        again["changed"],
        again["marks"],
        again["reservation"]["status"],
    )
    other = office.book("+2", "10", "Z-1")["number"]
    office.json("cancel", other, "--office")
    assert late_cancel(office, other, office.now)["changed"] is False


def test_who_has_arrived_does_not_cancel(office: OfficeInFolder, number: str) -> None:
    """6(4): a late cancellation of an agent who has arrived is refused."""
    office.json("desk", "arrive", number, now=f"{DAY}T09:30:00")
    outcome = office.run("desk", "late-cancel", number, *CALL, now=f"{DAY}T09:40:00")
    assert 3 == outcome.status
    assert {number: "arrived"} == statuses(office)


def cancel_late(office: OfficeInFolder, count: int) -> list[Any]:
    """Cancel so many visits of tomorrow late, and return how the agent stood after each."""
    found = []
    for n in range(count):
        made = office.book("+1", f"{9 + n}", f"L-{n}")["number"]
        found.append((made, late_cancel(office, made, "2026-11-24T15:00:00")["advice"][0]))
    return found


def test_the_command_that_suspends_is_named_at_the_threshold(office: OfficeInFolder) -> None:
    """6(4): by default nothing follows by itself: the counter is told what it may do."""
    cancel_late(office, 2)
    number = office.book("+1", "13", "L-9")["number"]
    outcome = office.run("desk", "late-cancel", number, *CALL, now="2026-11-24T15:00:00")
    assert "kofucli agent suspend A-1" in outcome.out


def test_the_mark_at_the_threshold_suspends_where_set(office: OfficeInFolder) -> None:
    """6(4): with mode auto the mark that reaches the threshold suspends from today on."""
    office.set("conduct", "mode", '"auto"')
    stands = cancel_late(office, 3)
    assert [False, False, True] == [advice["suspended_now"] for _, advice in stands]
    suspension = office.json("agent", "show", "A-1")["agent"]["suspension"]
    assert ("2026-11-24", "2027-02-24", "auto") == (
        suspension["since"],
        suspension["until"],
        suspension["author"],
    )
    for number, _ in stands:
        assert number in suspension["reason"]
    assert ["agent.suspended"] == office.refused("book", "+2", "9", "--case", "X-7", *A1)


def test_an_automatic_suspension_replaces_none_by_the_office(office: OfficeInFolder) -> None:
    """6(4): an automatic suspension does not replace what the office decided."""
    office.set("conduct", "mode", '"auto"')
    numbers = [office.book("+1", f"{9 + n}", f"L-{n}")["number"] for n in range(3)]
    office.json("agent", "suspend", "A-1", "--reason", "by hand", "--until", "2026-12-01")
    stands = [late_cancel(office, number, "2026-11-24T15:00:00")["advice"][0] for number in numbers]
    assert (True, False, "2026-12-01") == (
        stands[-1]["threshold_reached"],
        stands[-1]["suspended_now"],
        stands[-1]["suspended_until"],
    )
    assert "by hand" == office.json("agent", "show", "A-1")["agent"]["suspension"]["reason"]


def test_an_old_missed_visit_does_not_suspend_again(office: OfficeInFolder) -> None:
    """6(4): a mark suspends by its own kind: a late cancellation is not a second missed visit."""
    office.set("conduct", "mode", '"auto"')
    office.book(DAY, "9", "X-1")
    office.json("desk", "close-day", "--all-no-show", "-y", now=f"{DAY}T16:00:00")
    office.json("agent", "reinstate", "A-1", "--reason", "explained", now=f"{DAY}T16:10:00")
    office.now = "2026-11-26T10:00:00"
    number = office.book("+1", "9", "X-2")["number"]
    (advice,) = late_cancel(office, number, "2026-11-26T15:00:00")["advice"]
    assert (1, 1, False, None) == (
        advice["no_show"],
        advice["late_cancel"],
        advice["threshold_reached"],
        advice["suspended_until"],
    )


def test_one_case_of_several_is_not_called_off(office: OfficeInFolder, number: str) -> None:
    """4(2): the number of one of several cases is wrong usage: no visit ends, no mark is made."""
    before = office.bytes()
    words = ("desk", "late-cancel", "X-1", *CALL)
    outcome = office.run(*words, "-f", "json", now=f"{DAY}T09:00:00")
    assert (2, before) == (outcome.status, office.bytes())
    assert f"kofucli desk late-cancel {number}'" in outcome.error["message"]
    office.json("amend", number, "--drop", "X-2", *A1)
    assert 0 == office.run(*words, now=f"{DAY}T09:00:00").status


@pytest.mark.parametrize(
    "reason",
    ["代理 A-1 様より電話", "代理Ａ－１", "wrote from A-1@OFFICE.example.jp", "holds c-a-1"],
)
def test_a_reason_names_nobody(office: OfficeInFolder, reason: str) -> None:
    """5(1): a reason, which the ledger keeps, is refused with a name, address or certificate."""
    number = office.book(DAY, "10", "X-1")["number"]
    before = office.bytes()
    for command in (
        ("desk", "late-cancel", number),
        ("agent", "suspend", "A-1"),
    ):
        outcome = office.run(*command, "--reason", reason, "-f", "json", now="2026-11-24T13:00:00")
        assert (5, "--reason") == (outcome.status, outcome.error["problems"][0]["where"])
        assert reason not in outcome.err
    assert before == office.bytes()
    office.json("desk", "late-cancel", number, "--reason", "A-1 called", now="2026-11-24T13:00:00")
