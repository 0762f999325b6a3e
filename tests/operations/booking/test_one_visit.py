"""One visit, booked, changed and cancelled: what is told, what is kept to oneself (notice 3, 4).

The rules are asked in tests/rules and play in tests/scenarios, any change in tests/model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import A1, D26, book_rows, statuses, write_rows

NOBODYS = "Y261125-0002-8"
"""The number that the second reservation of that day would have."""


def test_a_refusal_counts_all_frames_that_were_asked_for(office: OfficeInFolder) -> None:
    """3(2): in whatever order the rows name them."""
    for hour in ("9", "10"):
        office.book("+1", hour, f"H-{hour}")
    rows = [f"X-{n},{D26},{hour}" for n, hour in enumerate(("9", "10", "11", "10"))]
    (refusal,) = book_rows(office, *rows).error["refusals"]
    assert {"limit": 3, "held": 2, "left": 1, "asked": 3, "reading": "main"} == refusal["details"]
    assert refusal["message"].endswith("(decided at 2026-11-24T10:00:00+09:00; limit: 3)")


def test_a_visit_stands_though_its_certificate_expires(office: OfficeInFolder) -> None:
    """1: showing it warns; it can still be dropped from and cancelled."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    office.json("agent", "edit", "A-1", "--valid-until", "2026-11-24")
    document = office.json("show", number, *A1)
    assert document["reservation"]["status"] == "active"
    assert any("2026-11-25" in warning for warning in document["warnings"])
    office.json("amend", number, "--drop", "X-1", *A1)
    office.json("cancel", number, *A1)


@pytest.mark.parametrize("written", ["a-1", "Ａ－１", "Ａー１"])
def test_an_agents_id_is_read_in_any_case_and_width(office: OfficeInFolder, written: str) -> None:
    made = office.json("book", "+1", "10", "--case", "X-1", "--agent", written)
    assert made["reservation"]["agent"] == "A-1"
    path = write_rows(office, f"X-2,{written},変更", head="申請番号,取次者,種別")
    assert ["A-1"] == [row["agent"] for row in office.json("plan", path, "--office")["rows"]]
    assert office.run("agent", "show", written, "--office").status == 0


@pytest.mark.parametrize(
    "command", [("cancel",), ("amend", "--drop", "X-1"), ("show",), ("confirmation",)]
)
def test_anothers_reservation_looks_like_none(
    office: OfficeInFolder, command: tuple[str, ...]
) -> None:
    """4: the same words, whatever its state, and so does one of several cases in it."""
    office.add_agent("B-2")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    name, *options = command
    b2 = (*options, "--agent", "B-2", "-f", "json")
    assert 4 == office.run(name, "X-1", *b2).status
    theirs, missing = office.run(name, number, *b2), office.run(name, NOBODYS, *b2)
    assert (4, "not-found") == (missing.status, missing.error["kind"])
    expected = missing.error["message"].replace(NOBODYS, number)
    assert (4, expected) == (theirs.status, theirs.error["message"])
    assert statuses(office)[number] == "active"
    office.json("cancel", number, *A1)
    assert office.run(name, number, *b2) == theirs


@pytest.mark.parametrize("who", [A1, ("--office",), (*A1, "-n")])
@pytest.mark.parametrize("now", ["2026-11-24T10:00:00", "2026-11-24T12:00:00"])
def test_one_case_of_several_cancels_nothing(
    office: OfficeInFolder, who: tuple[str, ...], now: str, tmp_path: Path
) -> None:
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    before = office.bytes()
    file = tmp_path / "a.toml"
    outcome = office.run("cancel", "ｘ－１", *who, "-f", "json", "--scenario", str(file), now=now)
    assert (2, before, False) == (outcome.status, office.bytes(), file.exists())
    for way in (f"kofucli amend {number} --drop X-1'", f"kofucli cancel {number}'"):
        assert way in outcome.error["message"]
    assert f"kofucli cancel {number}" in office.run("cancel", "X-1", *who, "--lang", "ja").err


def test_twelve_digits_may_name_a_case_where_they_are_numbers(office: OfficeInFolder) -> None:
    office.set("cases", "pattern", '"[0-9]{12}"')
    number = office.book("+1", "10", "123456789018", "111111111111")["number"]
    assert number == office.json("show", "123456789018", *A1)["reservation"]["number"]
    cases = office.json("amend", number, "--drop", "123456789018", *A1)["reservation"]["cases"]
    assert ["active", "dropped"] == [case["status"] for case in cases]


# --- changing: dropping, correcting, filling a place again (notice 4(3)) -----------------------


def read_cases(reservation: Any) -> list[tuple[str, str]]:
    return [(case["number"], case["status"]) for case in reservation["cases"]]


def amend(office: OfficeInFolder, number: str, *changes: str) -> Any:
    return office.json("amend", number, *changes, *A1)["reservation"]


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


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # What is named is meant on the final state: with=X-1 is then the second case.
        (("X-1=X-2", "X-2=X-1", "R-1=R-1,with=X-1"), "X-1"),
        (("X-1=Z-1", "R-1=R-2,with="), "Z-1"),  # an empty value names nothing
    ],
)
def test_with_means_the_numbers_after_the_change(
    office: OfficeInFolder, changes: tuple[str, ...], expected: str
) -> None:
    """4(3): what is not named follows, as ever."""
    number = office.book("+1", "10", "X-1", "X-2", "R-1,kind=reentry,with=X-1")["number"]
    after = amend(office, number, *(f"--replace={change}" for change in changes))
    assert after["cases"][2]["with"] == expected


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
