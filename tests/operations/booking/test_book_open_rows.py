"""book --from with rows that name no day or hour: placed, booked, run again, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from kofucli.cli.booking import plan
from tests.conftest import OfficeInFolder
from tests.operations.support import book_rows, codes, outcomes, places, statuses, write_rows

A1 = ("--agent", "A-1")
BEST = (*A1, "--best-effort")
HEAD = "number,date,hour"
D25, D26, D27, D30, D01 = "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01"


def without_numbers(value: Any) -> Any:
    """Return a document without the numbers of reservations, and what only a dry run says."""
    if isinstance(value, dict):
        return {
            key: None if key in ("number", "reservation") and _is_number(item) else item
            for key, item in ((key, without_numbers(item)) for key, item in value.items())
            if key not in ("dry_run", "warnings")
        }
    return [without_numbers(item) for item in value] if isinstance(value, list) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("Y26")


def test_open_rows_are_booked(office: OfficeInFolder) -> None:
    """Rows without a day and an hour are booked together, in one transaction with the others."""
    outcome = book_rows(office, "X-1,,", f"X-2,{D26},10", "X-3,,", f"X-4,{D26},", "X-5,,15")
    document = outcome.json
    assert (0, ["booked"] * 5) == (outcome.status, outcomes(document))
    booked = {r["number"]: (r["date"], r["start"]) for r in document["reservations"]}
    assert places(document) == [booked[row["reservation"]] for row in document["rows"]]
    assert (D26, "10:00") == places(document)[0] == places(document)[3]
    assert (D26, "15:00") == places(document)[4]
    assert len(booked) == document["visits"] == 2


def test_rows_that_name_a_frame_go_first(office: OfficeInFolder) -> None:
    """What names its frame stands as it is; open rows take what room and quota it leaves."""
    office.set("frames", "capacity", "2")
    office.set("quota", "frames", "2")
    rows = ["X-1,,", "X-2,,", f"F-1,{D27},9", f"F-2,{D27},9", f"F-3,{D26},13"]
    document = book_rows(office, *rows, options=BEST).json
    assert ["booked", "not-placed", *["booked"] * 3] == outcomes(document)
    assert (D26, "13:00") == places(document)[0]
    assert {"quota.frames", "frame.full"} == set(codes(document)[1])


def test_the_same_file_again_books_nothing_more(office: OfficeInFolder) -> None:
    """The same file again books nothing more: each row is there already, where it was placed."""
    rows = [*(f"X-{n},," for n in range(12)), f"X-90,{D26},", "X-91,,14", f"X-92,{D26},11"]
    first = book_rows(office, *rows).json
    before = office.bytes()
    again = book_rows(office, *rows)
    assert (0, ["already"] * 15) == (again.status, outcomes(again.json))
    assert ([], False) == (again.json["reservations"], again.json["changed"])
    assert places(first) == places(again.json)
    assert [row["reservation"] for row in first["rows"]] == [
        row["reservation"] for row in again.json["rows"]
    ]
    assert before == office.bytes()


def test_new_rows_are_booked_beside_those_of_an_earlier_run(office: OfficeInFolder) -> None:
    """New rows are booked beside what the file booked before, open ones in its frames."""
    book_rows(office, f"X-1,{D26},10")
    again = book_rows(office, f"X-1,{D26},10", "X-2,,", "X-3,,", f"X-4,{D26},10")
    assert ["already", "booked", "booked", "booked"] == outcomes(again.json)
    assert [(D26, "10:00")] * 4 == places(again.json)
    assert 2 == len(statuses(office))


def test_a_case_booked_on_another_day_is_a_duplicate(office: OfficeInFolder) -> None:
    """A row whose day or hour is not that of its reservation is a duplicate, not moved."""
    number = office.book(D26, "10", "X-1", "X-2", "X-3", "X-4")["number"]
    rows = [f"X-1,{D27},", "X-2,,11", f"X-4,{D26},11", f"X-3,{D26},"]
    document = book_rows(office, *rows, options=BEST).json
    assert ["refused"] * 3 + ["already"] == outcomes(document)
    assert [["case.duplicate"]] * 3 + [[]] == codes(document)
    assert {number: "active"} == statuses(office)


@pytest.mark.parametrize("how", ["dropped", "cancelled"])
def test_ended_cases_are_booked_only_with_again(office: OfficeInFolder, how: str) -> None:
    """What was dropped or cancelled since is not booked again, unless --again; then it is."""
    rows = ["X-1,,", "X-2,,"]
    first = book_rows(office, *rows).json
    number = first["reservations"][0]["number"]
    # Both stand in one reservation, on the first shown day; its deadline is at noon.
    if how == "dropped":
        office.json("amend", number, "--drop", "X-1", *A1)
        expected = ["ended", "already"]
    else:
        office.json("cancel", number, *A1)
        expected = ["ended", "ended"]
    before = office.bytes()
    again = book_rows(office, *rows)
    assert (0, expected) == (again.status, outcomes(again.json))
    assert [number] * 2 == [row["reservation"] for row in again.json["rows"]]
    (note,) = (each for each in again.json["warnings"] if "--again" in each)
    assert note.endswith("rows: 2" if how == "dropped" else "rows: 2, 3")
    assert note in office.json("plan", write_rows(office, *rows), *A1)["warnings"]
    assert before == office.bytes()
    forced = book_rows(office, *rows, options=(*A1, "--again"))
    assert ["booked" if each == "ended" else each for each in expected] == outcomes(forced.json)


@pytest.mark.parametrize("rest", [(), ("--best-effort",)])
def test_a_dry_run_shows_what_happens(office: OfficeInFolder, rest: tuple[str, ...]) -> None:
    """A dry run shows the same document and the same table, but for the numbers."""
    office.book(D26, "10", "X-0")
    rows = ["X-0,,", "X-1,,", f"X-2,{D27},9", "X-3,,14", "X-4,,"]
    if rest:
        rows += ["X-5,2026-11-28,", "X-6,2026-12-02,", f"X-7,{D27},12"]
    path = write_rows(office, *rows, head=HEAD)
    command = ("book", "--from", path, *A1, *rest)
    before = office.bytes()
    dry_text = office.run(*command, "-n")
    assert "dry run" in dry_text.err
    dry = office.run(*command, "-n", "-f", "json")
    assert before == office.bytes()
    assert dry.json["dry_run"] is True
    assert {None} == {row["reservation"] for row in dry.json["rows"] if row["outcome"] == "booked"}
    done = office.run(*command, "-f", "json")
    assert (dry.status, without_numbers(dry.json)) == (done.status, without_numbers(done.json))
    new = {r["number"] for r in done.json["reservations"]}
    assert not any(number in dry_text.out for number in new)
    for row in done.json["rows"]:
        assert row["case"] in dry_text.out


def test_all_or_nothing(office: OfficeInFolder) -> None:
    """One row without a place books nothing: exit 3, and the rows say which one it was.

    From when there is room was found beside rows that are not booked now, so it is not told.
    """
    before = office.bytes()
    outcome = book_rows(office, "X-1,,", f"X-2,{D26},10", "X-3,2026-12-02,")
    assert (3, "") == (outcome.status, outcome.out)
    error = outcome.error
    assert (["not-booked", "not-booked", "not-placed"], ["day.not-shown"]) == (
        outcomes(error),
        outcome.codes,
    )
    assert [None] * 3 == [row["reservation"] for row in error["rows"]]
    assert {"not_booked": 2, "not_placed": 1} == {k: v for k, v in error["counts"].items() if v}
    assert [None] * 4 == [each["bookable_from"] for each in (error, *error["rows"])]
    assert "--best-effort" in error["message"]
    assert before == office.bytes()


def test_best_effort_books_the_others(office: OfficeInFolder) -> None:
    """--best-effort: what has a place is booked, exit 3 and one document for all."""
    outcome = book_rows(office, "X-1,,", "X-3,2026-12-02,", f"X-2,{D26},10", options=BEST)
    assert (3, "") == (outcome.status, outcome.err)
    assert ["booked", "not-placed", "booked"] == outcomes(outcome.json)
    assert {"booked": 2, "not_placed": 1} == {
        key: value for key, value in outcome.json["counts"].items() if value
    }
    assert "2026-11-25T00:00:00+09:00" == outcome.json["bookable_from"]
    assert 1 == len(statuses(office))
    # Run again when there is room, the file is complete.
    office.now = "2026-11-25T00:00:00"
    again = book_rows(office, "X-1,,", "X-3,2026-12-02,", f"X-2,{D26},10", options=BEST)
    assert (0, ["already", "booked", "already"]) == (again.status, outcomes(again.json))


def test_each_agents_rows_go_to_its_own_frames(office: OfficeInFolder) -> None:
    """--office: each agent's rows go to its own frames, the first named one first."""
    office.add_agent("B-2")
    office.set("frames", "capacity", "3")
    office.book(D27, "10", "H-1", agent="B-2")
    rows = [
        *("X-1,A-1,,", "X-2,B-2,,", "X-3,A-1,,", "X-4,B-2,,"),
        *(f"X-5,B-2,{D25},9", "X-6,B-2,,", "X-7,A-1,,"),
    ]
    document = book_rows(office, *rows, head="number,agent,date,hour", options=("--office",)).json
    assert ["booked"] * 7 == outcomes(document)
    first, fixed = (D25, "10:00"), (D25, "09:00")
    # A-1's three cases fit no frame that B-2 is in; B-2's fill its two, the earlier one first.
    assert [first, fixed, first, fixed, fixed, (D27, "10:00"), first] == places(document)
    assert {"A-1": 1, "B-2": 2} == {
        agent: sum(r["agent"] == agent for r in document["reservations"])
        for agent in ("A-1", "B-2")
    }
    again = book_rows(office, *rows, head="number,agent,date,hour", options=("--office",)).json
    assert ["already"] * 7 == outcomes(again)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["X-1,,", "X-1,,", "Ｘ－１,,"], ["booked", "refused", "refused"]),
        (["X-1,,", f"X-1,{D26},", "X-2,,"], ["booked", "refused", "booked"]),
        ([f"X-1,{D26},9", "X-1,,"], ["booked", "refused"]),
    ],
)
def test_duplicates_between_rows(
    office: OfficeInFolder, rows: list[str], expected: list[str]
) -> None:
    """A number is booked once: the earlier row has it, the others are duplicates."""
    document = book_rows(office, *rows, options=BEST).json
    assert expected == outcomes(document)
    for outcome, found in zip(expected, codes(document), strict=True):
        assert (["case.duplicate"] if outcome == "refused" else []) == found
    refused = book_rows(office, *(f"Z{row}" for row in rows))
    assert (3, {"case.duplicate"}) == (refused.status, set(refused.codes))


def test_a_refused_open_row_takes_no_number(office: OfficeInFolder) -> None:
    """--best-effort: what is refused counts for nothing behind it, open or not."""
    rows = ["X-1,coe", "X-1,change"]
    document = book_rows(office, *rows, head="number,kind", options=BEST).json
    assert ["refused", "booked"] == outcomes(document)


def test_collect_by_warns_of_a_named_frame_and_bounds_an_open_row(office: OfficeInFolder) -> None:
    """collect_by warns where the row names its frame, and bounds where it does not."""
    head = "number,date,hour,collect_by"
    fixed = book_rows(office, f"X-1,{D27},9,{D26}", head=head)
    assert (0, ["booked"]) == (fixed.status, outcomes(fixed.json))
    assert any("X-1" in warning for warning in fixed.json["warnings"])
    placed = book_rows(office, f"X-2,,,{D26}", f"X-3,,,{D27}", head=head)
    assert (D25, "09:00") == places(placed.json)[0]
    assert not any("X-2" in warning or "X-3" in warning for warning in placed.json["warnings"])


def test_maintenance_refuses_an_agents_file_but_not_the_offices(office: OfficeInFolder) -> None:
    """Terms 1: an agent's file is refused in maintenance, and told once; the office's is booked."""
    office.json("office", "maintenance", "--reason", "new disks")
    outcome = book_rows(office, "X-1,,", f"X-2,{D26},10")
    assert (3, ["service.maintenance"]) == (outcome.status, outcome.codes)
    allowed = book_rows(office, "X-1,,A-1", head="number,date,agent", options=("--office",))
    assert (0, ["booked"]) == (allowed.status, outcomes(allowed.json))


def test_a_group_has_the_frame_that_one_of_its_rows_names(office: OfficeInFolder) -> None:
    """collect_by warns of a frame that is named, by whichever row of the group."""
    rows = [f"X-1,extension,,,,{D25}", f"R-1,reentry,X-1,{D27},10,"]
    document = book_rows(office, *rows, head="number,kind,with,date,hour,collect_by").json
    assert [(D27, "10:00")] * 2 == places(document)
    assert any("X-1" in warning for warning in document["warnings"])


def test_bookable_from_is_told_where_all_rows_lack_a_place(office: OfficeInFolder) -> None:
    """bookable_from of a row is told where nothing but rows without a place is in the way."""
    outcome = book_rows(office, "X-1,2026-12-02,", "X-2,2026-12-03,")
    instants = ["2026-11-25T00:00:00+09:00", "2026-11-26T00:00:00+09:00"]
    assert instants == [row["bookable_from"] for row in outcome.error["rows"]]
    assert outcome.error["bookable_from"] is None
    path = write_rows(office, "X-1,2026-12-02,", "X-2,2026-12-03,")
    text = office.run("book", "--from", path, *A1).err
    assert "From 2026-11-25 00:00" in text
    assert "From 2026-11-26 00:00" in text
    # Beside reservations that are not made nobody can say it.
    path = write_rows(office, "X-1,2026-12-02,", "X-2,,")
    text = office.run("book", "--from", path, *A1).err
    assert "From" not in text
    assert "ordinary counter" not in text


def test_progress_counts_agents(office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Placing one agent's rows may take long: the clock is looked at after each of them."""
    seen: list[tuple[int, int | None]] = []

    def record(items: Sequence[Any], step: int | None = None) -> Iterable[Any]:
        seen.append((len(items), step))
        return items

    monkeypatch.setattr(plan, "show_progress", lambda *_: record)
    office.add_agent("B-2")
    rows = ["X-1,A-1", "X-2,B-2", "X-3,A-1"]
    assert 0 == book_rows(office, *rows, head="number,agent", options=("--office",)).status
    assert (2, 1) in seen


# --- rows that name a day or an hour, not both: it is asked whatever else is wrong -----------

SATURDAY, LATER = "2026-11-28", "2026-12-02"
OF_B2 = ("--agent", "B-2")
ROWS = (f"X1,{SATURDAY},", "Z1,,09:30", f"L1,{LATER},", f"P1,{D26},10:30", f"G1,{D26},", "O1,,")
BESIDE = ["day.closed", "frame.unknown", "day.not-shown", "frame.unknown", None, None]
"""What is told of each row beside what is told of its agent."""


@pytest.mark.parametrize("command", [("plan",), ("book", "--best-effort", "--from")])
def test_a_day_or_an_hour_is_asked_though_the_agent_is_refused(
    office: OfficeInFolder, command: tuple[str, ...]
) -> None:
    """All refusals are collected: a bad day and an unknown hour beside what the agent lacks."""
    office.add_agent("B-2", verify=False)
    path = write_rows(office, *ROWS)
    outcome = office.run(*command, path, *OF_B2, "-f", "json")
    expected = [["agent.unverified", *([code] if code else [])] for code in BESIDE]
    assert expected == codes(outcome.json)
    (told,) = [r for r in outcome.json["rows"][1]["refusals"] if r["code"] == "frame.unknown"]
    assert f"{D25} 09:30" == told["subject"]


def test_a_bad_day_is_told_beside_what_else_is_refused(office: OfficeInFolder) -> None:
    """1: a row's day and hour, and the certificate on that day, are asked whatever the case is."""
    office.json("agent", "edit", "A-1", "--valid-until", D25)
    rows = (f"X1,{SATURDAY},,", f"X2,{D26},,coe", f"X3,{D25},,coe", "X4,,,coe", "X5,,09:30,coe")
    path = write_rows(office, *rows, head="number,date,hour,kind")
    assert [
        ["agent.certificate", "day.closed"],
        ["agent.certificate", "case.kind"],
        ["case.kind"],
        ["case.kind"],
        ["frame.unknown", "case.kind"],
    ] == codes(office.json("plan", path, *A1))


def test_days_given_to_a_plan_are_asked_like_those_of_a_row(office: OfficeInFolder) -> None:
    """--day and --hour of a plan are asked like those of a row, where none of them is a frame."""
    office.add_agent("B-2", verify=False)
    path = write_rows(office, "X1", head="number")
    bad = office.run("plan", path, *OF_B2, "--day", SATURDAY, "-f", "json").json
    assert [["agent.unverified", "day.closed"]] == codes(bad)
    good = office.run("plan", path, *OF_B2, "--day", SATURDAY, "--day", D26, "-f", "json").json
    assert [["agent.unverified"]] == codes(good)


def test_explain_shows_the_day_of_a_refused_row(office: OfficeInFolder) -> None:
    """What was asked of a refused row shows its day and hour."""
    office.add_agent("B-2", verify=False)
    path = write_rows(office, f"X1,{SATURDAY},")
    outcome = office.run("plan", path, *OF_B2, "--explain", "-f", "json")
    found = {each["code"]: each["passed"] for each in outcome.json["explain"]}
    assert (True, False, False) == (
        found["day.past"],
        found["day.closed"],
        found["agent.unverified"],
    )
