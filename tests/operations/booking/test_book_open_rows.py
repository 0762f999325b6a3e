"""book --from with rows that name no day or hour: placed, booked, run again, all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import (
    A1,
    BEST,
    D25,
    D26,
    D27,
    book_rows,
    codes,
    outcomes,
    places,
    plan_rows,
    statuses,
    write_rows,
)


def test_a_case_booked_on_another_day_is_a_duplicate(office: OfficeInFolder) -> None:
    number = office.book(D26, "10", "X-1", "X-2", "X-3", "X-4")["number"]
    rows = [f"X-1,{D27},", "X-2,,11", f"X-4,{D26},11", f"X-3,{D26},"]
    document = book_rows(office, *rows, options=BEST).json
    assert ["refused"] * 3 + ["already"] == outcomes(document)
    assert [["case.duplicate"]] * 3 + [[]] == codes(document)
    assert {number: "active"} == statuses(office)


@pytest.mark.parametrize(
    ("change", "expected", "rows_told"),
    [
        pytest.param(("amend", "--drop=X-1"), ["ended", "already"], "2", id="dropped"),
        pytest.param(("cancel",), ["ended", "ended"], "2, 3", id="cancelled"),
    ],
)
def test_ended_cases_are_booked_only_with_again(
    office: OfficeInFolder, change: tuple[str, ...], expected: list[str], rows_told: str
) -> None:
    rows = ["X-1,,", "X-2,,"]
    number = book_rows(office, *rows).json["reservations"][0]["number"]
    office.json(change[0], number, *change[1:], *A1)
    before = office.bytes()
    again = book_rows(office, *rows)
    assert (0, expected) == (again.status, outcomes(again.json))
    assert [number] * 2 == [row["reservation"] for row in again.json["rows"]]
    (note,) = (each for each in again.json["warnings"] if "--again" in each)
    assert note.endswith(f"rows: {rows_told}")
    assert note in plan_rows(office, *rows, head="number,date,hour")["warnings"]
    assert before == office.bytes()
    forced = book_rows(office, *rows, options=(*A1, "--again"))
    assert ["booked" if each == "ended" else each for each in expected] == outcomes(forced.json)


@pytest.mark.parametrize("best", [(), ("--best-effort",)])
def test_a_dry_run_shows_what_happens(office: OfficeInFolder, best: tuple[str, ...]) -> None:
    def without_numbers(document: Any) -> Any:
        return [
            [row | {"reservation": None} for row in document["rows"]],
            [each | {"number": None} for each in document["reservations"]],
            {k: document[k] for k in ("counts", "visits", "bookable_from", "changed", "booked")},
        ]

    office.book(D26, "10", "X-0")
    rows = ["X-0,,", "X-1,,", f"X-2,{D27},9", "X-3,,14", "X-4,,"]
    rows += ["X-5,2026-11-28,", "X-6,2026-12-02,", f"X-7,{D27},12"] if best else []
    command = ("book", "--from", write_rows(office, *rows), *A1, *best)
    before = office.bytes()
    text = office.run(*command, "-n")
    dry = office.run(*command, "-n", "-f", "json")
    assert before == office.bytes()
    assert ("dry run" in text.err, dry.json["dry_run"]) == (True, True)
    assert {None} == {row["reservation"] for row in dry.json["rows"] if row["outcome"] == "booked"}
    done = office.run(*command, "-f", "json")
    assert (dry.status, without_numbers(dry.json)) == (done.status, without_numbers(done.json))
    assert not any(r["number"] in text.out for r in done.json["reservations"][1:])
    assert all(row["case"] in text.out for row in done.json["rows"])


def test_one_row_without_a_place_books_nothing(office: OfficeInFolder) -> None:
    """From when there is room was found beside rows that are not booked now: it is not told."""
    before = office.bytes()
    outcome = book_rows(office, "X-1,,", f"X-2,{D26},10", "X-3,2026-12-02,")
    error = outcome.error
    assert (3, "", ["day.not-shown"]) == (outcome.status, outcome.out, outcome.codes)
    assert ["not-booked", "not-booked", "not-placed"] == outcomes(error)
    assert [None] * 3 == [row["reservation"] for row in error["rows"]]
    assert {"not_booked": 2, "not_placed": 1} == {k: v for k, v in error["counts"].items() if v}
    assert [None] * 4 == [each["bookable_from"] for each in (error, *error["rows"])]
    assert "--best-effort" in error["message"]
    assert before == office.bytes()


def test_collect_by_warns_of_a_frame_that_another_row_names(office: OfficeInFolder) -> None:
    rows = [f"X-1,extension,,,,{D25}", f"R-1,reentry,X-1,{D27},10,"]
    document = book_rows(office, *rows, head="number,kind,with,date,hour,collect_by").json
    assert [(D27, "10:00")] * 2 == places(document)
    assert any("X-1" in warning for warning in document["warnings"])


def test_bookable_from_is_told_where_no_row_has_a_place(office: OfficeInFolder) -> None:
    outcome = book_rows(office, "X-1,2026-12-02,", "X-2,2026-12-03,")
    instants = [f"{D25}T00:00:00+09:00", f"{D26}T00:00:00+09:00"]
    assert instants == [row["bookable_from"] for row in outcome.error["rows"]]
    assert outcome.error["bookable_from"] is None
    path = write_rows(office, "X-1,2026-12-02,", "X-2,2026-12-03,")
    text = office.run("book", "--from", path, *A1).err
    assert f"From {D25} 00:00" in text
    assert f"From {D26} 00:00" in text
    # Beside reservations that are not made nobody can say it.
    path = write_rows(office, "X-1,2026-12-02,", "X-2,,")
    text = office.run("book", "--from", path, *A1).err
    assert "From" not in text
    assert "ordinary counter" not in text


# --- rows that name a day or an hour, not both: it is asked whatever else is wrong -----------

SATURDAY, LATER = "2026-11-28", "2026-12-02"
OF_B2 = ("--agent", "B-2")


@pytest.mark.parametrize("command", [("plan",), ("book", "--best-effort", "--from")])
def test_a_day_or_an_hour_is_asked_though_the_agent_is_refused(
    office: OfficeInFolder, command: tuple[str, ...]
) -> None:
    office.add_agent("B-2", verify=False)
    beside = {
        f"X1,{SATURDAY},": ["day.closed"],
        "Z1,,09:30": ["frame.unknown"],
        f"L1,{LATER},": ["day.not-shown"],
        f"P1,{D26},10:30": ["frame.unknown"],
        f"G1,{D26},": [],
        "O1,,": [],
    }
    outcome = office.run(*command, write_rows(office, *beside), *OF_B2, "--explain", "-f", "json")
    assert [["agent.unverified", *more] for more in beside.values()] == codes(outcome.json)
    (told,) = [r for r in outcome.json["rows"][1]["refusals"] if r["code"] == "frame.unknown"]
    assert f"{D25} 09:30" == told["subject"]
    asked = [(each["code"], each["passed"]) for each in outcome.json["explain"]]
    assert ("day.closed", False) in asked


def test_a_bad_day_is_told_beside_what_else_is_refused(office: OfficeInFolder) -> None:
    """1: a row's day and hour, and the certificate on that day, are asked whatever the case is."""
    office.json("agent", "edit", "A-1", "--valid-until", D25)
    rows = (f"X1,{SATURDAY},,", f"X2,{D26},,coe", f"X3,{D25},,coe", "X4,,,coe", "X5,,09:30,coe")
    assert [
        ["agent.certificate", "day.closed"],
        ["agent.certificate", "case.kind"],
        ["case.kind"],
        ["case.kind"],
        ["frame.unknown", "case.kind"],
    ] == codes(plan_rows(office, *rows, head="number,date,hour,kind"))


def test_days_given_to_a_plan_are_asked_like_a_rows(office: OfficeInFolder) -> None:
    office.add_agent("B-2", verify=False)
    bad = plan_rows(office, "X1", options=(*OF_B2, "--day", SATURDAY))
    assert [["agent.unverified", "day.closed"]] == codes(bad)
    good = plan_rows(office, "X1", options=(*OF_B2, "--day", SATURDAY, "--day", D26))
    assert [["agent.unverified"]] == codes(good)
