"""The version of the notice: who is told of a new one, and where it stands (notice 6(5))."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import OfficeInFolder

A1 = ("--agent", "A-1")


def is_told(document: Any) -> bool:
    """Tell whether a document says that there is a new version of the notice."""
    return any("new version, 2027-01" in warning for warning in document["warnings"])


@pytest.fixture
def newer(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with a visit of A-1, whose notice has changed since."""
    office.book("+1", "11", "Z-1", "Z-2")
    office.set("rules", "version", '"2027-01"')
    return office


@pytest.mark.parametrize(
    "command",
    [
        ("book", "+1", "10", "--case", "X-1"),
        ("amend", "Z-1", "--drop", "Z-2"),
        ("cancel", "Y261125-0001-7"),
    ],
)
def test_a_raised_version_is_said_once(newer: OfficeInFolder, command: tuple[str, ...]) -> None:
    """6(5): the agent's next change says that there is a new version; the one after it does not."""
    assert is_told(newer.json(*command, "-n", *A1)) is False
    assert is_told(newer.json(*command, *A1)) is True
    assert is_told(newer.json("book", "+2", "10", "--case", "X-9", *A1)) is False


def test_accepting_terms_says_it_too(newer: OfficeInFolder) -> None:
    """6(5): accepting new terms is a change of the agent's like any other."""
    newer.set("terms", "version", '"2"')
    assert is_told(newer.json("terms", "accept", *A1)) is True
    assert is_told(newer.json("cancel", "Y261125-0001-7", *A1)) is False


def test_nothing_is_said_while_it_is_the_same(office: OfficeInFolder) -> None:
    """6(5): an agent who was registered under this version is told of none."""
    assert "notice" not in office.run("book", "+1", "10", "--case", "X-1", *A1).err


def test_the_offices_own_work_tells_nobody(newer: OfficeInFolder) -> None:
    """6(5): what the office books for an agent is no use by the agent."""
    book = ("book", "+1", "10", "--case", "X-1", *A1, "--office")
    assert is_told(newer.json(*book)) is False
    assert is_told(newer.json("cancel", "X-1", *A1)) is True


def test_agents_of_an_older_store_are_told(newer: OfficeInFolder) -> None:
    """6(5): records that older programs wrote name no version; the next change names it once."""
    from msgspec.structs import replace

    from kofucli.base.clock import parse_instant
    from kofucli.model.records import Actor, Stamp

    stamp = Stamp(parse_instant(newer.now), Actor(None, "test"))
    with newer.open().transaction("agent edit", stamp) as transaction:
        agent = transaction.agent("A-1")
        assert agent is not None
        transaction.put_agent(replace(agent, rules=None))
    assert is_told(newer.json("book", "+1", "10", "--case", "X-1", *A1)) is True
    assert is_told(newer.json("cancel", "X-1", *A1)) is False


def versions(office: OfficeInFolder) -> Iterator[object]:
    """Yield the version as every document that has it names it."""
    yield office.json("status")["notice_version"]
    yield office.json("status", *A1)["notice_version"]
    yield office.json("rules", "list")["notice_version"]
    yield office.json("notice")["version"]
    office.json("cancel", "Y261125-0001-7", *A1)  # tells the agent
    yield office.json("agent", "export", "A-1")["notice_version"]


def test_where_the_version_stands(newer: OfficeInFolder) -> None:
    """6(5): status, the list of rules and the notice name the version in force."""
    assert set(versions(newer)) == {"2027-01"}
    for command in (("status",), ("rules", "list"), ("notice",)):
        assert "2027-01" in newer.run(*command).out


@pytest.mark.parametrize("form", ["text", "html", "json", "ics"])
def test_a_confirmation_names_the_version_it_was_booked_under(
    newer: OfficeInFolder, form: str
) -> None:
    """6(5): a confirmation keeps the version of the notice under which it was booked."""
    newer.json("book", "+1", "10", "--case", "X-1", *A1)
    told = [newer.run("confirmation", case, "-f", form).out for case in ("X-1", "Z-1")]
    # A calendar goes on in the next line, behind a space.
    assert ["2027-01" in text.replace("\n ", "") for text in told] == [True, False]
