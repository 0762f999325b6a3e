"""Suspension (notice 6(4)) and maintenance (terms 1): which changes they refuse."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder, read_token

A1 = ("--agent", "A-1")
DAY = "2026-11-25"
BOOK = ("book", "+1", "10", "--case", "X-1", *A1)


def suspend(office: OfficeInFolder, since: str = "2026-11-24", until: str = "2027-02-01") -> None:
    office.json(
        *("agent", "suspend", "A-1", "--since", since, "--until", until),
        *("--reason", "three late cancellations"),
    )


def test_the_office_books_for_no_suspended_agent(office: OfficeInFolder) -> None:
    """6(4): suspension blocks booking and corrections by the office too, and says why."""
    number = office.book("+1", "11", "Z-1", "Z-2")["number"]
    suspend(office)
    outcome = office.run(*BOOK, "--office", "-f", "json")
    assert ["agent.suspended"] == outcome.codes
    assert "three late cancellations" in outcome.error["refusals"][0]["message"]
    correction = ("amend", number, "--replace", "Z-1=Z-9", "--office")
    assert ["agent.suspended"] == office.refused(*correction)


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


def test_cancelling_twice_in_maintenance(office: OfficeInFolder) -> None:
    """4: cancelling again changes nothing, so maintenance does not refuse it."""
    number = office.book("+1", "11", "Z-1")["number"]
    office.json("cancel", number, *A1)
    office.json("office", "maintenance", "--reason", "new disks")
    assert office.json("cancel", number, *A1)["changed"] is False


def test_a_reinstated_agent_is_not_decided_about_again(office: OfficeInFolder) -> None:
    """6(4): a reinstated agent needs no decision until its next mark."""

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
    office.json("book", "2026-11-27", "10", "--case", "X-2", "--agent", "A-1", now=over)
    over = "2026-11-27T16:00:00"
    office.json("desk", "close-day", "--all-no-show", "-y", now=over)
    assert ["A-1"] == to_decide(over)
