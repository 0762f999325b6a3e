"""What the desk records and says: reasons name nobody, agents are told, decisions are final."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder

DAY = "2026-11-25"
AFTER = "2026-11-24T13:00:00"


@pytest.mark.parametrize(
    "reason",
    ["代理 A-1 様より電話", "代理Ａ－１", "wrote from A-1@OFFICE.example.jp", "holds c-a-1"],
)
def test_a_reason_names_nobody(office: OfficeInFolder, reason: str) -> None:
    """5(1): what would stay in the ledger for good holds no name, address or certificate."""
    number = office.book(DAY, "10", "X-1")["number"]
    before = office.bytes()
    for command in (
        ("desk", "late-cancel", number),
        ("agent", "suspend", "A-1"),
    ):
        outcome = office.run(*command, "--reason", reason, "-f", "json", now=AFTER)
        assert (5, "--reason") == (outcome.status, outcome.error["problems"][0]["where"])
        assert reason not in outcome.err
    assert before == office.bytes()
    office.json("desk", "late-cancel", number, "--reason", "A-1 called", now=AFTER)


def test_a_my_number_is_not_repeated(office: OfficeInFolder) -> None:
    """1: twelve digits with a valid check digit are refused and not shown."""
    outcome = office.run("desk", "arrive", "123456789018")
    assert 5 == outcome.status
    assert "123456789018" not in outcome.out + outcome.err


def test_who_comes_on_another_day_is_not_taken_as_announced(office: OfficeInFolder) -> None:
    """6(3): an announcement is for the day of the visit."""
    number = office.book(DAY, "10", "X-1")["number"]
    office.json("desk", "late-notice", number, now=f"{DAY}T09:30:00")
    late = ("desk", "arrive", number, "--accept-late")
    assert 3 == office.run(*late, now="2026-11-26T10:00:00").status
    assert office.json(*late, now=f"{DAY}T11:30:00")["changed"]


def test_a_reinstated_agent_is_decided_about(office: OfficeInFolder) -> None:
    """6(4): what was decided is not asked again, until the next mark."""

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
