"""Verifying an e-mail address with a link (notice 2).

Links that expire, are replaced or went to a former address play in tests/scenarios/2-verification.
"""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder, read_token


def send(office: OfficeInFolder) -> str:
    return read_token(office.json("verify", "send", "A-1")["outbox"])


@pytest.fixture
def office(bare_office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with an agent, A-1, whose address is not verified."""
    bare_office.add_agent(verify=False)
    return bare_office


def test_a_link_verifies_the_agent_it_was_sent_to(office: OfficeInFolder) -> None:
    """2: one may paste the whole link, and other values may change."""
    office.add_agent("B-2", verify=False)
    token = send(office)
    office.json("verify", "send", "B-2")
    link = f"https://pickup.example.jp/verify/{token}"
    assert office.json("verify", "redeem", link)["agent"]["id"] == "A-1"
    office.json("agent", "edit", "A-1", "--phone", "045-000-0000", "--valid-until", "2031-03-31")
    verified = [office.json("agent", "show", id_)["agent"]["verified"] for id_ in ("A-1", "B-2")]
    assert verified == [True, False]


def test_the_token_stands_in_the_mail_and_nowhere_else(office: OfficeInFolder) -> None:
    token = send(office)
    for _ in range(2):
        holding = [name for name, data in office.bytes().items() if token.encode() in data]
        assert ["outbox"] == [name.partition("/")[0] for name in holding]
        office.json("verify", "redeem", token)


def test_a_link_works_for_the_minutes_set_when_it_was_sent(office: OfficeInFolder) -> None:
    office.set("verification", "valid_minutes", "5")
    token = send(office)
    office.set("verification", "valid_minutes", "60")
    redeem = ("verify", "redeem", token)
    assert ["link.expired"] == office.refused(*redeem, now="2026-11-24T10:05:00")
    office.json(*redeem, now="2026-11-24T10:04:59")
