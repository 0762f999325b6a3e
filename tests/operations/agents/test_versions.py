"""Newer versions of the notice and the terms: told and accepted once (notice 6(5); terms 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from kofucli.base.clock import parse_instant
from kofucli.model import Actor, Stamp
from kofucli.store.ledger import decode_lines
from tests.conftest import OfficeInFolder
from tests.operations.support import A1

BOOK = ("book", "+1", "10", "--case", "X-1", *A1)
CANCEL = ("cancel", "Y261125-0001-7", *A1)
AMEND = ("amend", "Z-1", "--drop", "Z-2", *A1)


@pytest.fixture
def newer(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with a visit of A-1, whose notice and terms have changed since."""
    office.book("+1", "11", "Z-1", "Z-2")
    office.set("rules", "version", '"2027-01"')
    office.set("terms", "version", '"2026-12"')
    return office


def told(document: Any) -> tuple[bool, bool]:
    """Tell whether a document says that there is a new notice, that newer terms are accepted."""
    said = " ".join(document["warnings"])
    return "new version, 2027-01" in said, "accepts version 2026-12" in said


def accepted(office: OfficeInFolder) -> str | None:
    version: str | None = office.json("agent", "show", "A-1")["agent"]["terms_version"]
    return version


@pytest.mark.parametrize("command", [BOOK, AMEND, CANCEL, ("terms", "accept", *A1)])
def test_newer_versions_are_said_once(newer: OfficeInFolder, command: tuple[str, ...]) -> None:
    """The next change is told of both, and accepts; who accepts by command need not be told."""
    assert told(newer.json(*command, "-n")) == (False, False)
    assert told(newer.json(*command)) == (True, command[0] != "terms")
    assert told(newer.json("book", "+2", "10", "--case", "X-9", *A1)) == (False, False)
    assert accepted(newer) == "2026-12"


def test_sending_a_link_says_what_it_accepts(newer: OfficeInFolder) -> None:
    said = told(newer.json("verify", "send", "A-1"))[1]
    assert said is (accepted(newer) == "2026-12")


def test_agents_of_an_older_store_are_told_once(newer: OfficeInFolder) -> None:
    """Records that older programs wrote name no version."""
    stamp = Stamp(parse_instant(newer.now), Actor(None, "test"))
    with newer.open().transaction("agent edit", stamp) as transaction:
        agent = transaction.agent("A-1")
        assert agent is not None
        transaction.put_agent(replace(agent, rules=None))
    for command, first in ((BOOK, True), (("cancel", "X-1", *A1), False)):
        assert told(newer.json(*command))[0] is first


def test_where_the_version_stands(newer: OfficeInFolder) -> None:
    """6(5): status, the list of rules and the notice name the version in force."""
    newer.json(*BOOK)  # tells the agent
    for key, command in (
        ("notice_version", ("status",)),
        ("notice_version", ("status", *A1)),
        ("notice_version", ("rules", "list")),
        ("version", ("notice",)),
        ("notice_version", ("agent", "export", "A-1")),
    ):
        assert newer.json(*command)[key] == "2027-01"
    for command in (("status",), ("rules", "list"), ("notice",)):
        assert "2027-01" in newer.run(*command).out


@pytest.mark.parametrize("form", ["text", "html", "json", "ics"])
def test_a_confirmation_keeps_the_version_of_its_booking(newer: OfficeInFolder, form: str) -> None:
    newer.json(*BOOK)
    texts = [newer.run("confirmation", case, "-f", form).out for case in ("X-1", "Z-1")]
    # A calendar goes on in the next line, behind a space.
    assert ["2027-01" in text.replace("\n ", "") for text in texts] == [True, False]


def test_newer_terms_are_accepted_in_the_line_of_the_change(newer: OfficeInFolder) -> None:
    before = len(newer.ledger())
    number = newer.json(*BOOK)["reservation"]["number"]
    newer.book("+1", "13", "X-2")
    store = newer.open()
    line, second = list(decode_lines(store.lines()))[before:]
    assert ("book", True, False) == (line.op, "agents/A-1" in line.put, "agents/A-1" in second.put)
    assert b'"terms":"2026-12"' in bytes(line.put["agents/A-1"][0])
    visit = store.read(lambda view: view.day(date(2026, 11, 25))[number])
    assert visit.terms == "2026-12"
