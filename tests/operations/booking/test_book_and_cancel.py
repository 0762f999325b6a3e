"""One visit, booked and cancelled: what is told, and what is kept to oneself (notice 3, 4).

The rules themselves are asked in tests/rules, and play in tests/scenarios.
"""

from __future__ import annotations

from pathlib import Path

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
