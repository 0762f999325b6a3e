"""Cancelling before the deadline (notice 4(1), 4(2))."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import end_at_counter, statuses

A1 = ("--agent", "A-1")
NOBODYS = "Y261125-0002-8"
"""The number that the second reservation of that day would have."""


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-24T11:58:59", []),
        ("2026-11-24T11:59:00", []),
        ("2026-11-24T11:59:59", []),
        ("2026-11-24T11:59:59.999999", []),
        ("2026-11-24T12:00:00", ["deadline.passed"]),
        ("2026-11-24T02:59:59Z", []),  # 11:59:59 in Japan
        ("2026-11-24T03:00:00Z", ["deadline.passed"]),
        ("2026-11-25T09:00:00", ["deadline.passed"]),
    ],
)
@pytest.mark.parametrize("who", [A1, ("--office",)])
def test_until_the_last_minute_of_the_open_day_before(
    office: OfficeInFolder, who: tuple[str, ...], now: str, expected: list[str]
) -> None:
    """4(1): cancelled until 11:59 of the open day before, whole; the office too."""
    number = office.book("+1", "10", "X-1")["number"]
    outcome = office.run("cancel", number, *who, "-f", "json", now=now)
    assert expected == (outcome.codes if outcome.status else [])
    assert {number: "active" if expected else "cancelled"} == statuses(office)


def test_a_tuesday_after_a_holiday_monday(office: OfficeInFolder) -> None:
    """4(1): a visit on Tuesday 24 November 2026 can be cancelled until Friday 20, 11:59."""
    office.now = "2026-11-19T10:00:00"
    number = office.book("2026-11-24", "10", "X-1")["number"]
    late = office.run("cancel", number, *A1, "-f", "json", now="2026-11-20T12:00:00")
    assert ["deadline.passed"] == late.codes
    office.json("cancel", number, *A1, now="2026-11-20T11:59:59")


def test_after_the_deadline_one_phones(office: OfficeInFolder) -> None:
    """4(2): the refusal names number and room of the office, and the instant it closed."""
    number = office.book("+1", "10", "X-1")["number"]
    outcome = office.run("cancel", number, *A1, "-f", "json", now="2026-11-24T12:00:00")
    (refusal,) = outcome.error["refusals"]
    expected = {
        "limit": "2026-11-24T12:00:00+09:00",
        "deadline": "2026-11-24T11:59:00+09:00",
        "phone": "0570-045259",
        "room": "10",
    }
    assert expected == refusal["details"]
    assert "0570-045259" in refusal["message"]


def test_a_cancellation_frees_frame_and_room(office: OfficeInFolder) -> None:
    """4(1): what was booked is as free as before, and a cancellation leaves no mark."""
    before = office.json("slots", *A1)
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    document = office.json("cancel", number, *A1)
    assert (True, "cancelled", False) == (
        document["changed"],
        document["reservation"]["status"],
        document["reservation"]["changeable"],
    )
    assert before == office.json("slots", *A1)


def test_cancelling_twice(office: OfficeInFolder) -> None:
    """4: a wish that is already true is exit 0, changes nothing and says so, even later."""
    number = office.book("+1", "10", "X-1")["number"]
    office.json("cancel", number, *A1)
    before = office.bytes()
    document = office.json("cancel", number, *A1, now="2026-11-25T12:00:00")
    assert (False, "cancelled") == (document["changed"], document["reservation"]["status"])
    assert before == office.bytes()


@pytest.mark.parametrize(
    ("status", "case_status"),
    [
        ("collected", "collected"),
        ("not-handed", "not-handed"),
        ("late", "active"),
        ("no-show", "active"),
        ("office-closed", "active"),
    ],
)
def test_what_has_ended_changes_no_more(
    office: OfficeInFolder, status: str, case_status: str
) -> None:
    """4: what has ended is neither cancelled nor amended."""
    number = office.book("+1", "10", "X-1")["number"]
    end_at_counter(office, number, status, case_status)
    assert ["reservation.ended"] == office.refused("cancel", number, *A1)
    assert ["reservation.ended"] == office.refused("amend", number, "--add", "X-3", *A1)


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
def test_by_the_number_of_a_case(office: OfficeInFolder, spelling: str) -> None:
    """4: a reservation is named by its last case too, in any spelling of its number."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    office.json("amend", number, "--drop", "X-2", *A1)
    assert number == office.json("cancel", spelling, *A1)["reservation"]["number"]


@pytest.mark.parametrize("spelling", ["X-1", "ｘ－１", " x–1 "])
@pytest.mark.parametrize("who", [A1, ("--office",), (*A1, "-n")])
@pytest.mark.parametrize("now", ["2026-11-24T10:00:00", "2026-11-24T12:00:00"])
def test_one_case_of_several(
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


def test_one_case_of_several_is_no_decision(office: OfficeInFolder, tmp_path: Path) -> None:
    """Wrong usage writes no scenario; the ways that are named do what they say."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    file = tmp_path / "a.toml"
    assert 2 == office.run("cancel", "X-1", *A1, "--scenario", str(file)).status
    assert not file.exists()
    office.json("amend", number, "--drop", "X-1", *A1)
    assert 4 == office.run("cancel", "X-1", *A1).status
    assert [True, False] == [office.json("cancel", number, *A1)["changed"] for _ in range(2)]


def test_a_wrong_check_character(office: OfficeInFolder) -> None:
    """A mistyped reservation number is bad input (exit 5), not an unknown reservation."""
    number = office.book("+1", "10", "X-1")["number"]
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert office.run("cancel", wrong, *A1).status == 5
    assert office.run("cancel", number.replace("-0001-", "-0010-"), *A1).status == 5


def test_case_numbers_with_twelve_digits(office: OfficeInFolder) -> None:
    """1: where the office's pattern allows the form of a My Number, a case may be named by it."""
    office.set("cases", "pattern", '"[0-9]{12}"')
    number = office.book("+1", "10", "123456789018", "111111111111")["number"]
    assert number == office.json("show", "123456789018", *A1)["reservation"]["number"]
    cases = office.json("amend", number, "--drop", "123456789018", *A1)["reservation"]["cases"]
    assert ["active", "dropped"] == [case["status"] for case in cases]
