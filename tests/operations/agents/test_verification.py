"""Verifying an e-mail address with a link (notice 2)."""

from __future__ import annotations

import re

import pytest

from tests.conftest import OfficeInFolder, read_mail, read_token
from tests.mail.reading import read_mail as parse_mail
from tests.mail.reading import text_of


def send(office: OfficeInFolder, now: str | None = None) -> str:
    """Send A-1 a link and return its token."""
    return read_token(office.json("verify", "send", "A-1", now=now)["outbox"])


@pytest.fixture
def office(bare_office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with an agent, A-1, whose address is not verified."""
    bare_office.add_agent(verify=False)
    return bare_office


def is_verified(office: OfficeInFolder) -> bool:
    """Tell whether A-1's address is verified."""
    return bool(office.json("agent", "show", "A-1")["agent"]["verified"])


def test_other_values_leave_the_address_verified(office: OfficeInFolder) -> None:
    """2 (own): changing anything but the address leaves it verified."""
    office.json("verify", "redeem", send(office))
    office.json("agent", "edit", "A-1", "--phone", "045-000-0000", "--valid-until", "2031-03-31")
    assert is_verified(office) is True


def test_a_link_verifies_the_agent_it_was_sent_to(office: OfficeInFolder) -> None:
    """2: a link verifies its own agent and no other."""
    office.add_agent("B-2", verify=False)
    token = send(office)
    read_token(office.json("verify", "send", "B-2")["outbox"])
    assert office.json("verify", "redeem", token)["agent"]["id"] == "A-1"
    assert office.json("agent", "show", "B-2")["agent"]["verified"] is False


def test_a_whole_link_works_too(office: OfficeInFolder) -> None:
    """2: one may paste the link instead of its token."""
    token = send(office)
    link = f"https://pickup.example.jp/verify/{token}"
    assert office.json("verify", "redeem", link)["changed"] is True


def test_only_a_hash_of_the_token_is_stored(office: OfficeInFolder) -> None:
    """2: the token stands in the mail and nowhere else in the store, used or not."""
    token = send(office)
    for _ in range(2):
        holding = [name for name, data in office.bytes().items() if token.encode() in data]
        assert ["outbox"] == [name.partition("/")[0] for name in holding]
        office.json("verify", "redeem", token)


def test_the_mail_names_sender_and_domain(office: OfficeInFolder) -> None:
    """2(2), 2(3): the mail names sender and domain, so that a filter can let them in."""
    document = office.json("verify", "send", "A-1")
    text = text_of(parse_mail(read_mail(document["outbox"])))
    assert "pickup@pickup.example.jp" in text
    assert re.search(r"(?<!pickup)@pickup.example.jp", text)


def test_a_link_works_for_the_minutes_set_when_it_was_sent(office: OfficeInFolder) -> None:
    """2(1): the settings may give a link less or more time; it counts when sent."""
    office.set("verification", "valid_minutes", "5")
    token = send(office)
    office.set("verification", "valid_minutes", "60")
    late = office.run("verify", "redeem", token, "-f", "json", now="2026-11-24T10:05:00")
    assert ["link.expired"] == late.codes
    office.json("verify", "redeem", token, now="2026-11-24T10:04:59")


def test_dry_runs_send_and_verify_nothing(office: OfficeInFolder) -> None:
    """A dry run sends no mail, voids no link and verifies nothing."""
    token = send(office)
    before = office.bytes()
    assert office.json("verify", "send", "A-1", "--dry-run")["outbox"] is None
    document = office.json("verify", "redeem", token, "--dry-run")
    assert document["dry_run"] is True
    assert before == office.bytes()
    assert office.json("verify", "redeem", token)["changed"] is True
