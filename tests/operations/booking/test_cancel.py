"""Cancelling before the deadline (notice 4(1), 4(2))."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import statuses

A1 = ("--agent", "A-1")
NOBODYS = "Y261125-0002-8"
"""The number that the second reservation of that day would have."""


def test_cancelling_twice_changes_nothing(office: OfficeInFolder) -> None:
    """4: cancelling again is exit 0, changes nothing and says so, after the deadline too."""
    number = office.book("+1", "10", "X-1")["number"]
    office.json("cancel", number, *A1)
    before = office.bytes()
    document = office.json("cancel", number, *A1, now="2026-11-25T12:00:00")
    assert (False, "cancelled") == (document["changed"], document["reservation"]["status"])
    assert before == office.bytes()


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("cancel", ()),
        ("amend", ("--drop", "X-1")),
        ("show", ()),
        ("confirmation", ()),
    ],
)
def test_somebody_elses_reservation_is_not_found(
    office: OfficeInFolder, command: str, options: tuple[str, ...]
) -> None:
    """4: another's reservation looks like none: exit 4, the same words, whatever its state.

    So does one of several cases in it.
    """
    office.add_agent("B-2")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    assert 4 == office.run(command, "X-1", *options, "--agent", "B-2").status
    theirs = office.run(command, number, *options, "--agent", "B-2", "-f", "json")
    missing = office.run(command, NOBODYS, *options, "--agent", "B-2", "-f", "json")
    assert [(4, "not-found"), (4, "not-found")] == [
        (outcome.status, outcome.error["kind"]) for outcome in (theirs, missing)
    ]
    expected = missing.error["message"].replace(NOBODYS, number)
    assert expected == theirs.error["message"]
    assert statuses(office)[number] == "active"
    office.json("cancel", number, *A1)
    assert office.run(command, number, *options, "--agent", "B-2", "-f", "json") == theirs


def test_the_office_cancels_for_an_agent(office: OfficeInFolder) -> None:
    """4: the office cancels any reservation before its deadline."""
    number = office.book("+1", "10", "X-1")["number"]
    assert office.json("cancel", number, "--office")["changed"] is True


@pytest.mark.parametrize("spelling", ["X-1", "ｘ－１", " x–1 "])
def test_a_reservation_is_named_by_its_last_case(office: OfficeInFolder, spelling: str) -> None:
    """4: a reservation is named by its last case too, in any spelling of its number."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    office.json("amend", number, "--drop", "X-2", *A1)
    assert number == office.json("cancel", spelling, *A1)["reservation"]["number"]


@pytest.mark.parametrize("spelling", ["X-1", "ｘ－１", " x–1 "])
@pytest.mark.parametrize("who", [A1, ("--office",), (*A1, "-n")])
@pytest.mark.parametrize("now", ["2026-11-24T10:00:00", "2026-11-24T12:00:00"])
def test_one_case_of_several_is_wrong_usage(
    office: OfficeInFolder, spelling: str, who: tuple[str, ...], now: str
) -> None:
    """4: the number of one of several cases is wrong usage, which names both ways."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    before = office.bytes()
    outcome = office.run("cancel", spelling, *who, "-f", "json", now=now)
    assert (2, before) == (outcome.status, office.bytes())
    for way in (f"kofucli amend {number} --drop X-1'", f"kofucli cancel {number}'"):
        assert way in outcome.error["message"]
    shown = office.run("cancel", spelling, *who, "--lang", "ja", now=now).err
    assert f"kofucli cancel {number}" in shown


def test_one_case_of_several_writes_no_scenario(office: OfficeInFolder, tmp_path: Path) -> None:
    """Wrong usage writes no scenario; the ways that are named do what they say."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    file = tmp_path / "a.toml"
    assert 2 == office.run("cancel", "X-1", *A1, "--scenario", str(file)).status
    assert not file.exists()
    office.json("amend", number, "--drop", "X-1", *A1)
    assert 4 == office.run("cancel", "X-1", *A1).status
    assert [True, False] == [office.json("cancel", number, *A1)["changed"] for _ in range(2)]


def test_a_wrong_check_character_is_bad_input(office: OfficeInFolder) -> None:
    """A mistyped reservation number is bad input (exit 5), not an unknown reservation."""
    number = office.book("+1", "10", "X-1")["number"]
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert office.run("cancel", wrong, *A1).status == 5
    assert office.run("cancel", number.replace("-0001-", "-0010-"), *A1).status == 5


def test_twelve_digits_may_name_a_case(
    office: OfficeInFolder,
) -> None:
    """1: where the office's pattern allows the form of a My Number, a case may be named by it."""
    office.set("cases", "pattern", '"[0-9]{12}"')
    number = office.book("+1", "10", "123456789018", "111111111111")["number"]
    assert number == office.json("show", "123456789018", *A1)["reservation"]["number"]
    cases = office.json("amend", number, "--drop", "123456789018", *A1)["reservation"]["cases"]
    assert ["active", "dropped"] == [case["status"] for case in cases]
