"""Changing a reservation: dropping, correcting, filling a place again (notice 4(3)).

The course of a change plays in tests/scenarios/4-change-and-cancel, any change in tests/model.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import A1


def read_cases(reservation: Any) -> list[tuple[str, str]]:
    """Return number and status of the cases, in their order."""
    return [(case["number"], case["status"]) for case in reservation["cases"]]


def amend(office: OfficeInFolder, number: str, *changes: str) -> Any:
    """Change A-1's reservation and return it."""
    return office.json("amend", number, *changes, *A1)["reservation"]


def test_a_correction_keeps_kind_and_recipient_it_does_not_name(office: OfficeInFolder) -> None:
    number = office.book("+1", "10", "X-1,kind=permanent,recipient=professional")["number"]
    for correction, expected in (
        ("X-1=X-2", ("X-2", "permanent", "professional")),
        ("X-2=X-2,kind=change", ("X-2", "change", "professional")),
    ):
        (case,) = amend(office, number, "--replace", correction)["cases"]
        assert expected == (case["number"], case["kind"], case["recipient"])


def test_numbers_taken_from_other_cases_are_told_in_order(office: OfficeInFolder) -> None:
    """Refusals stand in the order of the cases, though a corrected one is like another then."""
    number = office.book("+1", "10", "X-1", "X-2", "X-3", "X-4")["number"]
    ended = office.run(
        *("amend", number, "--replace", "X-1=X-4", "--replace", "X-2=X-3", *A1, "-f", "json")
    )
    assert ["X-4", "X-3"] == [each["subject"] for each in ended.error["refusals"]]


@pytest.mark.parametrize(
    "changes",
    [
        ("--replace", "X-1=X-2"),  # stays in this reservation
        ("--replace", "X-1=X-9"),  # stands in another of this agent
        ("--replace", "X-1=Z-1"),  # stands in another agent's
        ("--replace", "X-1=W-1", "--replace", "X-2=W-1"),  # twice in this request
    ],
)
def test_a_taken_number_is_refused(office: OfficeInFolder, changes: tuple[str, ...]) -> None:
    office.add_agent("B-2")
    office.book("+1", "11", "Z-1", agent="B-2")
    office.book("+1", "11", "X-9")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    assert ["case.duplicate"] == office.refused("amend", number, *changes, *A1)


@pytest.mark.parametrize(
    ("table", "key", "code"),
    [("frames", "capacity", "frame.full"), ("quota", "cases", "quota.cases")],
)
def test_a_lowered_bound_refuses_a_filled_place_in_one_change_as_in_two(
    office: OfficeInFolder, table: str, key: str, code: str
) -> None:
    office.set("amend", "reading", '"cap"')
    number = office.book("+1", "10", "X-1", "X-2", "X-3")["number"]
    office.set(table, key, "1")
    refill = ("amend", number, "--drop", "X-1", "--add", "X-4", *A1)
    assert [code] == office.refused(*refill)
    assert [code] == office.refused(*refill, "--drop", "X-2")
    corrected = amend(office, number, "--drop", "X-1", "--replace", "X-2=Z-2")
    assert ("Z-2", "active") in read_cases(corrected)
    amend(office, number, "--drop", "X-3")
    assert [code] == office.refused("amend", number, "--add", "X-1", *A1)
    after = amend(office, number, "--drop", "Z-2", "--add", "X-1")
    assert [("X-1", "active")] == [each for each in read_cases(after) if each[1] == "active"]


def test_all_that_refuses_a_filled_place_is_told_in_order(office: OfficeInFolder) -> None:
    office.set("amend", "reading", '"cap"')
    office.set("quota", "cases", "2")
    office.set("frames", "capacity", "2")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    refused = office.refused("amend", number, *A1, "--add", "X-3", now="2026-11-24T12:00:00")
    assert ["quota.cases", "frame.full", "deadline.passed", "amend.exceeds"] == refused


def test_an_empty_with_leaves_with_as_it_is(office: OfficeInFolder) -> None:
    """4(3): what is not named stays, and an empty value names nothing: with= follows as ever."""
    number = office.book("+1", "10", "X-1", "R-1,kind=reentry,with=X-1")["number"]
    after = amend(office, number, "--replace", "X-1=Z-1", "--replace", "R-1=R-2,with=")
    assert [("Z-1", None), ("R-2", "Z-1")] == [
        (case["number"], case.get("with")) for case in after["cases"]
    ]


def test_with_means_the_numbers_after_the_change(office: OfficeInFolder) -> None:
    """4(3): what is named is meant on the final state: with=X-1 is then the second case."""
    number = office.book("+1", "10", "X-1", "X-2", "R-1,kind=reentry,with=X-1")["number"]
    exchange = ("--replace", "X-1=X-2", "--replace", "X-2=X-1")
    after = amend(office, number, *exchange, "--replace", "R-1=R-1,with=X-1")
    assert after["cases"][2]["with"] == "X-1"


@pytest.mark.parametrize(
    "changes", [("--replace", "X-1=X-1"), ("--replace", "x-1=ｘ－１,kind=extension")]
)
def test_correcting_nothing_is_no_change(office: OfficeInFolder, changes: tuple[str, ...]) -> None:
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    before = office.bytes()
    document = office.json("amend", number, *changes, *A1, now="2026-11-24T12:00:00")
    assert document["changed"] is False
    assert before == office.bytes()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (("--replace", "X-1=Z-1", "--drop", "X-1"), 5),  # named twice
        (("--replace", "X-1=Z-1", "--replace", "X-1=Z-2"), 5),
        (("--replace", "X-1=Z-1,kind=visa"), 5),
        (("--replace", "X-1"), 5),
        (("--replace", "X-1=Z_1"), 5),
        (("--add", "Z-1,colour=red"), 5),
        (("--replace", "X-9=Z-9", "--add", "Z-1,kind=visa"), 5),  # before the case is looked for
        (("--drop", "X-9"), 4),  # of another reservation
        (("--replace", "X-9=Z-1"), 4),
        (("--replace", "X-3=Z-1"), 4),  # dropped
        ((), 2),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    office: OfficeInFolder, changes: tuple[str, ...], expected: int
) -> None:
    """A malformed SPEC is bad input, a case that is not there not found; nothing is wrong usage."""
    office.book("+1", "11", "X-9")
    number = office.book("+1", "10", "X-1", "X-2", "X-3")["number"]
    amend(office, number, "--drop", "X-3")
    before = office.bytes()
    assert expected == office.run("amend", number, *changes, *A1).status
    assert before == office.bytes()


@pytest.mark.parametrize("change", ["--replace=X-1=Z-1,kind=visa", "--add=Z-1,kind=visa"])
def test_bad_input_is_told_before_no_such_reservation(office: OfficeInFolder, change: str) -> None:
    assert office.run("amend", "Y261125-0002-8", change, *A1).status == 5
