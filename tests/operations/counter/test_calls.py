"""Calls to the counter: coming late, cancelling late, marks and what follows (notice 4(2), 6(4)).

The ordinary course plays in tests/scenarios/6-counter, any order of steps in tests/model.
"""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder, read_token
from tests.operations.support import statuses

DAY = "2026-11-25"
A1 = ("--agent", "A-1")
CALL = ("--reason", "山手様から電話")
AFTERNOON = "2026-11-24T15:00:00"
"""After the deadline of tomorrow's visits."""


@pytest.mark.parametrize(
    ("now", "at", "status"),
    [
        (f"{DAY}T09:59:59", "09:10", 0),
        (f"{DAY}T10:20:00", "09:59", 3),
        (f"{DAY}T09:20:00", "09:21", 5),
        (f"{DAY}T09:20:00", "2026-11-20T09:00", 5),
    ],
)
def test_a_late_notice_is_entered_before_the_hour_whenever_it_came(
    office: OfficeInFolder, number: str, now: str, at: str, status: int
) -> None:
    assert status == office.run("desk", "late-notice", number, "--at", at, now=now).status
    reservation = office.json("show", number)["reservation"]
    assert (status == 0) is ("late_notice" in reservation)
    assert "active" == reservation["status"]


def test_a_second_late_notice_keeps_the_first(office: OfficeInFolder, number: str) -> None:
    office.json("desk", "late-notice", number, now=f"{DAY}T09:00:00")
    again = office.json("desk", "late-notice", number, now=f"{DAY}T09:30:00")
    first = f"{DAY}T09:00:00+09:00"
    assert (False, first) == (again["changed"], again["reservation"]["late_notice"])


def test_who_has_arrived_does_not_call(office: OfficeInFolder, number: str) -> None:
    office.json("desk", "arrive", number, now=f"{DAY}T09:00:00")
    for call in (("late-notice", number), ("late-cancel", number, *CALL)):
        assert 3 == office.run("desk", *call, now=f"{DAY}T09:30:00").status
    assert {number: "arrived"} == statuses(office)


@pytest.mark.parametrize(
    ("now", "options"), [("2026-11-24T11:59:59", ()), ("2026-11-24T13:00:00", ("--at", "11:59"))]
)
def test_told_before_the_deadline_it_is_no_late_cancellation(
    office: OfficeInFolder, number: str, now: str, options: tuple[str, ...]
) -> None:
    outcome = office.run("desk", "late-cancel", number, *CALL, *options, "-f", "json", now=now)
    assert (3, []) == (outcome.status, outcome.error["refusals"])
    command = outcome.error["message"].partition("kofucli ")[2].partition(" (")[0].split()
    if "--now" in command:
        now, command = command[-1], command[:-2]
    assert office.json(*command, now=now)["reservation"]["status"] == "cancelled"
    assert office.json("desk", "close-day", DAY, now=f"{DAY}T16:00:00")["marks"] == []


def test_one_case_of_several_ends_no_visit(office: OfficeInFolder, number: str) -> None:
    before = office.bytes()
    words = ("desk", "late-cancel", "X-1", *CALL)
    outcome = office.run(*words, "-f", "json", now=f"{DAY}T09:00:00")
    assert (2, before) == (outcome.status, office.bytes())
    assert f"kofucli desk late-cancel {number} --reason ...'" in outcome.error["message"]


# --- what follows from marks -----------------------------------------------------------------


def test_a_reinstated_agent_is_free_until_its_next_mark(office: OfficeInFolder) -> None:
    def to_decide(now: str) -> list[str]:
        found: list[str] = office.json("status", now=now)["needs"]["to_decide"]
        return found

    office.book(DAY, "10", "X-1")
    over = f"{DAY}T16:00:00"
    office.json("desk", "close-day", "--all-no-show", "-y", now=over)
    assert ["A-1"] == to_decide(over)
    office.json("agent", "suspend", "A-1", "--reason", "6(4)", now=over)
    office.json("agent", "reinstate", "A-1", "--reason", "heard", now=over)
    assert [] == to_decide(over)
    office.json("book", "2026-11-27", "10", "--case", "X-2", *A1, now=over)
    over = "2026-11-27T16:00:00"
    office.json("desk", "close-day", "--all-no-show", "-y", now=over)
    assert ["A-1"] == to_decide(over)


@pytest.mark.parametrize(
    "reason",
    ["代理 A-1 様より電話", "代理Ａ－１", "wrote from A-1@OFFICE.example.jp", "holds c-a-1"],
)
def test_a_reason_holds_neither_name_nor_address_nor_certificate(
    office: OfficeInFolder, number: str, reason: str
) -> None:
    before = office.bytes()
    for command in (("desk", "late-cancel", number), ("agent", "suspend", "A-1")):
        outcome = office.run(*command, "--reason", reason, "-f", "json", now=AFTERNOON)
        assert (5, "--reason") == (outcome.status, outcome.error["problems"][0]["where"])
        assert reason not in outcome.err
    assert before == office.bytes()
    office.json("desk", "late-cancel", number, "--reason", "A-1 called", now=AFTERNOON)


def test_in_a_maintenance_no_address_is_verified(office: OfficeInFolder) -> None:
    token = read_token(office.json("verify", "send", "A-1")["outbox"])
    office.json("office", "maintenance", "--reason", "new disks")
    for command in (("send", "A-1"), ("redeem", token)):
        assert ["service.maintenance"] == office.refused("verify", *command)
