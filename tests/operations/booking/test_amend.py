"""Changing a reservation: dropping, correcting, filling a place again (notice 4(3))."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder

A1 = ("--agent", "A-1")


def read_cases(reservation: Any) -> list[tuple[str, str]]:
    """Return number and status of the cases, in their order."""
    return [(case["number"], case["status"]) for case in reservation["cases"]]


def amend(office: OfficeInFolder, number: str, *changes: str) -> Any:
    """Change A-1's reservation and return it."""
    return office.json("amend", number, *changes, *A1)["reservation"]


def test_a_correction_keeps_kind_and_recipient_it_does_not_name(office: OfficeInFolder) -> None:
    """4(3): kind and recipient stay with a corrected number, unless they are corrected too."""
    number = office.book("+1", "10", "X-1,kind=permanent,recipient=professional")["number"]
    (case,) = amend(office, number, "--replace", "X-1=X-2")["cases"]
    assert ("X-2", "permanent", "professional") == (
        case["number"],
        case["kind"],
        case["recipient"],
    )
    (case,) = amend(office, number, "--replace", "X-2=X-2,kind=change")["cases"]
    assert ("X-2", "change", "professional") == (case["number"], case["kind"], case["recipient"])


def test_cases_that_take_the_numbers_of_others_are_told_in_their_order(
    office: OfficeInFolder,
) -> None:
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
    """4(3): a corrected number passes the duplicate rule, on the final state."""
    office.add_agent("B-2")
    office.book("+1", "11", "Z-1", agent="B-2")
    office.book("+1", "11", "X-9")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    assert ["case.duplicate"] == office.refused("amend", number, *changes, *A1)


def test_a_dropped_place_is_not_filled_again(office: OfficeInFolder) -> None:
    """4(3): listed: nothing is added, a dropped place is not filled again; no word of counts."""
    office.set("quota", "cases", "2")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    for changes in (("--add", "X-3"), ("--add", "X-3", "--drop", "X-1")):
        assert ["amend.adds"] == office.refused("amend", number, *changes, *A1)
    amend(office, number, "--drop", "X-1")
    assert ["amend.adds"] == office.refused("amend", number, "--add", "X-3", *A1)


@pytest.mark.parametrize(
    ("table", "key", "code"),
    [("frames", "capacity", "frame.full"), ("quota", "cases", "quota.cases")],
)
def test_a_lowered_bound_refuses_a_filled_place_in_one_change_as_in_two(
    office: OfficeInFolder, table: str, key: str, code: str
) -> None:
    """4(3): cap: where the bound was lowered below what is booked nothing is filled again."""
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


def test_a_filled_place_is_judged_by_what_other_reservations_hold(office: OfficeInFolder) -> None:
    """4(3): cap: the cases of this reservation count as asked, those of others as held."""
    office.add_agent("B-2")
    office.set("amend", "reading", '"cap"')
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    office.book("+1", "10", "Y-1")
    office.book("+1", "10", "Z-1", agent="B-2")
    change = ("--drop", "X-1", "--add", "X-3", *A1, "--explain", "-f", "json")
    asked = {each["code"]: each for each in office.run("amend", number, *change).json["explain"]}
    counts = ("limit", "held", "asked")
    assert [(10, 1, 2), (40, 2, 2)] == [
        tuple(asked[code]["details"][name] for name in counts)
        for code in ("quota.cases", "frame.full")
    ]
    change = ("--replace", "X-2=X-4", *A1, "--explain", "-f", "json")
    asked = {each["code"] for each in office.run("amend", number, *change).json["explain"]}
    assert asked.isdisjoint({"quota.cases", "frame.full"})


def test_all_that_refuses_a_filled_place_is_told_in_order(office: OfficeInFolder) -> None:
    """Order: quota.cases, frame.full, deadline, amend; under the reading cap."""
    office.set("amend", "reading", '"cap"')
    office.set("quota", "cases", "2")
    office.set("frames", "capacity", "2")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    expected = ["quota.cases", "frame.full", "deadline.passed", "amend.exceeds"]
    codes = office.refused(
        "amend", number, "--agent", "A-1", "--add", "X-3", now="2026-11-24T12:00:00"
    )
    assert expected == codes


def test_an_added_case_passes_the_case_rules(office: OfficeInFolder) -> None:
    """4(3): cap: what is added is asked what a booked case is asked, duplicates too."""
    office.set("amend", "reading", '"cap"')
    number = office.book("+1", "10", "X-1", "X-2", "X-3")["number"]
    amend(office, number, "--drop", "X-1", "--drop", "X-2")
    codes = office.refused("amend", number, "--add", "Z-1,kind=coe", "--add", "X-3", *A1)
    assert ["case.kind", "case.duplicate"] == codes


def test_with_follows_a_corrected_number(office: OfficeInFolder) -> None:
    """1, 4(3): with= follows the number of its main case, exchanged ones too."""
    number = office.book("+1", "10", "X-1", "X-2", "R-1,kind=reentry,with=X-1")["number"]
    after = amend(office, number, "--replace", "X-1=Z-1")
    assert ("R-1", "Z-1") == (after["cases"][2]["number"], after["cases"][2]["with"])
    after = amend(office, number, "--replace", "Z-1=X-2", "--replace", "X-2=Z-1")
    assert after["cases"][2]["with"] == "X-2"


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


def test_a_permit_is_refused_when_its_main_case_becomes_ineligible(office: OfficeInFolder) -> None:
    """1: a main case corrected to a kind outside the system takes its re-entry permit along."""
    number = office.book("+1", "10", "X-1", "X-2", "R-1,kind=reentry,with=X-1")["number"]
    codes = office.refused("amend", number, "--replace", "X-1=X-1,kind=coe", *A1)
    assert ["case.kind", "case.reentry-alone"] == codes


def test_the_office_changes_nothing_after_the_deadline_either(office: OfficeInFolder) -> None:
    """4(1): no change exists after the deadline, whoever asks for it."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    amend_late = ("amend", number, "--drop", "X-1", "--office")
    assert ["deadline.passed"] == office.refused(*amend_late, now="2026-11-24T12:00:00")
    office.json(*amend_late, now="2026-11-24T11:59:59")


@pytest.mark.parametrize(
    "changes", [("--replace", "X-1=X-1"), ("--replace", "x-1=ｘ－１,kind=extension")]
)
def test_correcting_nothing_is_no_change(office: OfficeInFolder, changes: tuple[str, ...]) -> None:
    """4: a correction that changes nothing is exit 0 and no change, after the deadline too."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    before = office.bytes()
    document = office.json("amend", number, *changes, *A1, now="2026-11-24T12:00:00")
    assert document["changed"] is False
    assert before == office.bytes()


def test_a_case_that_is_not_in_the_reservation_is_not_found(office: OfficeInFolder) -> None:
    """4(3): a case of no or of another reservation, or dropped, is not found (exit 4)."""
    office.book("+1", "11", "X-9")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    amend(office, number, "--drop", "X-1")
    for change in (("--drop", "X-9"), ("--replace", "X-9=Z-1"), ("--replace", "X-1=Z-1")):
        assert office.run("amend", number, *change, *A1).status == 4


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (("--replace", "X-1=Z-1", "--drop", "X-1"), 5),  # named twice
        (("--replace", "X-1=Z-1", "--replace", "X-1=Z-2"), 5),
        (("--replace", "X-1=Z-1,kind=visa"), 5),
        (("--replace", "X-1"), 5),
        (("--replace", "X-1=Z_1"), 5),
        (("--add", "Z-1,colour=red"), 5),
        ((), 2),
    ],
)
def test_malformed_changes_are_bad_input(
    office: OfficeInFolder, changes: tuple[str, ...], expected: int
) -> None:
    """A malformed SPEC is bad input (exit 5), nothing to change wrong usage (exit 2)."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    before = office.bytes()
    assert expected == office.run("amend", number, *changes, *A1).status
    assert before == office.bytes()


@pytest.mark.parametrize(
    "changes",
    [
        ("Y261125-0002-8", "--replace", "X-1=Z-1,kind=visa"),  # no such reservation
        ("Y261125-0002-8", "--add", "Z-1,kind=visa"),
        ("X-1", "--replace", "X-9=Z-9", "--add", "Z-1,kind=visa"),  # no such case
    ],
)
def test_bad_input_before_not_found(office: OfficeInFolder, changes: tuple[str, ...]) -> None:
    """Precedence: input (5) is told before not found (4)."""
    office.book("+1", "10", "X-1", "X-2")
    assert office.run("amend", *changes, *A1).status == 5


def test_a_dry_run_shows_the_changed_reservation(office: OfficeInFolder) -> None:
    """A dry run shows the reservation as it would be; no byte of the store changes."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    before = office.bytes()
    document = office.json("amend", number, "--drop", "X-1", *A1, "--dry-run")
    assert [("X-2", "active"), ("X-1", "dropped")] == read_cases(document["reservation"])
    assert before == office.bytes()
