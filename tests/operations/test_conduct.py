"""Suspension (notice 6(4)) and maintenance (terms 1): who changes nothing, and what goes on."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder, read_token
from tests.operations.support import statuses

A1 = ("--agent", "A-1")
BOOK = ("book", "+1", "10", "--case", "X-1", *A1)


def suspend(office: OfficeInFolder, since: str = "2026-11-24", until: str = "2027-02-01") -> None:
    office.json(
        *("agent", "suspend", "A-1", "--since", since, "--until", until),
        *("--reason", "three late cancellations"),
    )


def test_a_suspended_agent_books_and_corrects_nothing(office: OfficeInFolder) -> None:
    """6(4): suspension blocks booking and corrections, by the office too, and says why."""
    number = office.book("+1", "11", "Z-1", "Z-2")["number"]
    suspend(office)
    outcome = office.run(*BOOK, "-f", "json")
    assert ["agent.suspended"] == outcome.codes
    assert "three late cancellations" in outcome.error["refusals"][0]["message"]
    assert ["agent.suspended"] == office.refused(*BOOK, "--office")
    correction = ("amend", number, "--replace", "Z-1=Z-9")
    assert ["agent.suspended"] == office.refused(*correction, *A1)
    assert ["agent.suspended"] == office.refused(*correction, "--office")


def test_a_suspended_agent_drops_and_cancels(office: OfficeInFolder) -> None:
    """6(4): earlier reservations stand; dropping and cancelling work."""
    number = office.book("+1", "11", "Z-1", "Z-2")["number"]
    suspend(office)
    assert {number: "active"} == statuses(office)
    assert office.json("amend", number, "--drop", "Z-1", *A1)["changed"] is True
    assert office.json("cancel", number, *A1)["changed"] is True


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-25T23:59:59", []),  # for a visit within the suspension
        ("2026-11-26T00:00:00", ["agent.suspended"]),
        ("2026-11-27T23:59:59", ["agent.suspended"]),
        ("2026-12-08T00:00:00", []),
    ],
)
def test_a_suspension_is_judged_when_booking(
    office: OfficeInFolder, now: str, expected: list[str]
) -> None:
    """6(4): the day of booking decides, in whole days of Japan, not the day of the visit."""
    suspend(office, "2026-11-26", "2026-12-07")
    outcome = office.run(*BOOK, "-f", "json", now=now)
    assert expected == (outcome.codes if outcome.status else [])


def test_a_reinstated_agent_books(office: OfficeInFolder) -> None:
    """6(4): the office may end a suspension; twice is once."""
    suspend(office)
    reinstate = ("agent", "reinstate", "A-1", "--reason", "a mistake")
    document = office.json(*reinstate)
    assert (True, None) == (document["changed"], document["agent"]["suspension"])
    assert office.json(*reinstate)["changed"] is False
    office.json(*BOOK)


def test_in_maintenance_agents_change_nothing(office: OfficeInFolder) -> None:
    """Terms 1: an agent neither books nor changes nor cancels; reading works."""
    number = office.book("+1", "11", "Z-1", "Z-2")["number"]
    office.json("office", "maintenance", "--reason", "new disks", "--end", "2026-11-24T12:00")
    for command in (
        BOOK,
        ("amend", number, "--drop", "Z-1", *A1),
        ("cancel", number, *A1),
    ):
        outcome = office.run(*command, "-f", "json")
        assert ["service.maintenance"] == outcome.codes
        (refusal,) = outcome.error["refusals"]
        assert "2026-11-24T12:00:00+09:00" == refusal["details"]["limit"]
        assert "new disks" in refusal["message"]
    for reading in (("slots",), ("list",), ("show", number), ("confirmation", number)):
        office.json(*reading, *A1)


@pytest.mark.parametrize("command", ["terms accept", "verify send", "verify redeem"])
def test_in_maintenance_agents_change_nothing_about_themselves(
    office: OfficeInFolder, command: str
) -> None:
    """Terms 1: maintenance refuses agents' changes, those of their own record too."""
    office.set("terms", "version", '"2"')
    token = read_token(office.json("verify", "send", "A-1")["outbox"])
    office.set("terms", "version", '"3"')
    office.json("office", "maintenance", "--reason", "new disks")
    arguments = {
        "terms accept": ("terms", "accept", *A1),
        "verify send": ("verify", "send", "A-1"),
        "verify redeem": ("verify", "redeem", token),
    }
    assert ["service.maintenance"] == office.refused(*arguments[command])


def test_in_maintenance_the_office_goes_on(office: OfficeInFolder) -> None:
    """Terms 1: the office's own work goes on."""
    number = office.book("+1", "11", "Z-1", "Z-2")["number"]
    office.json("office", "maintenance", "--reason", "new disks")
    office.json(*BOOK, "--office")
    office.json("amend", number, "--drop", "Z-1", "--office")
    office.json("cancel", number, "--office")
    office.json("office", "close", "+2", "--reason", "moving", "-y")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-24T10:00:00", ["service.maintenance"]),
        ("2026-11-24T11:29:59", ["service.maintenance"]),
        ("2026-11-24T11:30:00", []),
    ],
)
def test_a_maintenance_ends(office: OfficeInFolder, now: str, expected: list[str]) -> None:
    """Terms 1: from its end on the service works again, without anybody saying so."""
    office.json("office", "maintenance", "--reason", "new disks", "--end", "2026-11-24T11:30")
    outcome = office.run(*BOOK, "-f", "json", now=now)
    assert expected == (outcome.codes if outcome.status else [])


def test_a_maintenance_is_over(office: OfficeInFolder) -> None:
    """Terms 1: without a known end it lasts until the office says that it is over."""
    office.json("office", "maintenance", "--reason", "new disks")
    assert ["service.maintenance"] == office.refused(*BOOK, now="2026-12-24T10:00:00")
    assert office.json("office", "maintenance", "--over")["changed"] is True
    assert office.json("office", "maintenance", "--over")["changed"] is False
    office.json(*BOOK)


def test_no_deadline_moves_in_maintenance(office: OfficeInFolder) -> None:
    """Terms 1: a deadline that passes in a maintenance has passed."""
    number = office.book("+1", "11", "Z-1")["number"]
    office.json("office", "maintenance", "--reason", "new disks", "--end", "2026-11-24T13:00")
    late = office.run("cancel", number, *A1, "-f", "json", now="2026-11-24T13:00:00")
    assert ["deadline.passed"] == late.codes


def test_cancelling_twice_in_maintenance(office: OfficeInFolder) -> None:
    """4: a wish that is already true changes nothing, so maintenance does not refuse it."""
    number = office.book("+1", "11", "Z-1")["number"]
    office.json("cancel", number, *A1)
    office.json("office", "maintenance", "--reason", "new disks")
    assert office.json("cancel", number, *A1)["changed"] is False
