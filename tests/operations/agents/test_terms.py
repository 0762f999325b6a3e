"""The terms of use: accepted once, and anew with the next change (terms 6)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kofucli.store.ledger import decode_lines
from tests.conftest import OfficeInFolder

A1 = ("--agent", "A-1")
BOOK = ("book", "+1", "10", "--case", "X-1", *A1)


@pytest.fixture
def newer(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office whose terms have changed since A-1 accepted them."""
    office.set("terms", "version", '"2026-12"')
    return office


def accepted(office: OfficeInFolder) -> str | None:
    """Return the version of the terms that A-1 accepted."""
    version: str | None = office.json("agent", "show", "A-1")["agent"]["terms_version"]
    return version


def is_told(document: Any) -> bool:
    """Tell whether a document says that newer terms are accepted."""
    return any("2026-12" in warning for warning in document["warnings"])


def test_newer_terms_are_accepted_with_the_next_change(newer: OfficeInFolder) -> None:
    """Terms 6: the agent's next change accepts a newer version, and says so once."""
    assert "accepts version 2026-12" in newer.run(*BOOK).err
    assert is_told(newer.json("cancel", "X-1", *A1)) is False
    assert accepted(newer) == "2026-12"


@pytest.mark.parametrize(
    "command", [("cancel", "Y261125-0001-7"), ("amend", "Z-1", "--drop", "Z-2")]
)
def test_every_change_of_an_agent_accepts(office: OfficeInFolder, command: tuple[str, ...]) -> None:
    """Terms 6: changing and cancelling are uses of the system like booking."""
    office.book("+1", "11", "Z-1", "Z-2")
    office.set("terms", "version", '"2026-12"')
    assert is_told(office.json(*command, *A1)) is True
    assert accepted(office) == "2026-12"


def test_accepting_is_said_where_it_happens(newer: OfficeInFolder) -> None:
    """Terms 6: every change that accepts newer terms says so, sending a link too."""
    told = is_told(newer.json("verify", "send", "A-1"))
    assert told is (accepted(newer) == "2026-12")


def test_a_reservation_records_the_terms_it_was_made_under(newer: OfficeInFolder) -> None:
    """6(5): the booking that accepts newer terms is made under them."""
    number = newer.json(*BOOK)["reservation"]["number"]
    visit = date(2026, 11, 25)
    made = newer.open().read(lambda view: view.day(visit)[number])
    assert made.terms == "2026-12"


def read_lines(office: OfficeInFolder) -> list[Any]:
    """Return the lines of the ledger."""
    return list(decode_lines(office.open().lines()))


def test_newer_terms_are_accepted_in_the_line_of_the_change(office: OfficeInFolder) -> None:
    """Terms 6: the ledger line of the change holds the acceptance; there is no line beside it."""
    office.set("terms", "version", '"2026-12"')
    before = len(read_lines(office))
    office.book("+1", "10", "X-1")
    (line,) = read_lines(office)[before:]
    assert ("book", True) == (line.op, "agents/A-1" in line.put)
    assert b'"terms":"2026-12"' in bytes(line.put["agents/A-1"][0])
    office.book("+1", "11", "X-2")
    (line,) = read_lines(office)[before + 1 :]
    assert "agents/A-1" not in line.put
