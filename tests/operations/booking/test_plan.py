"""Planning: where the cases of a file would go, and why some have no place; nothing is booked."""

from __future__ import annotations

import csv
import errno
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kofucli.operations.booking.judge import Judge
from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import outcomes, write_rows
from tests.store.support import forbid_writing

A1 = ("--agent", "A-1")
POOL = ("--agent", "A-1", "--agent", "B-2")
STAFF = {"occupation": "host-organization", "organization": "甲府商事"}
D25, D26, D27, D30, D01 = "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01"
Places = list[tuple[str, str | None, str | None]]


def run_plan(
    office: OfficeInFolder,
    *rows: str,
    options: tuple[str, ...] = A1,
    head: str = "number",
    now: str | None = None,
) -> Outcome:
    """Plan the rows of a case file."""
    path = write_rows(office, *rows, head=head)
    return office.run("plan", path, *options, "-f", "json", now=now)


def plan_rows(
    office: OfficeInFolder, *rows: str, options: tuple[str, ...] = A1, head: str = "number"
) -> Any:
    """Plan the rows of a case file and return the document."""
    outcome = run_plan(office, *rows, options=options, head=head)
    assert outcome.status == 0, outcome
    return outcome.json


def number_rows(count: int, more: str = "") -> list[str]:
    """Return so many rows of different cases."""
    return [f"N-{number}{more}" for number in range(count)]


def places(document: Any) -> Places:
    """Return who collects each row, on which day and at what hour."""
    return [(row["agent"], row["date"], row["start"]) for row in document["rows"]]


def count_frames(document: Any) -> dict[tuple[str, str], int]:
    """Return how many cases were placed in each frame."""
    return Counter(
        (row["date"], row["start"]) for row in document["rows"] if row["outcome"] == "placed"
    )


def codes(row: Any) -> list[str]:
    """Return the codes of a row's refusals."""
    return [refusal["code"] for refusal in row["refusals"]]


def fill_frames(office: OfficeInFolder, *frames: tuple[str, str], agent: str = "A-1") -> None:
    """Book ten cases in each of these frames."""
    for day, hour in frames:
        office.book(day, hour, *(f"F{day[5:]}-{hour[:2]}-{n}" for n in range(10)), agent=agent)


def read_plan(office: OfficeInFolder, path: str, *options: str) -> list[dict[str, str]]:
    """Return the plan of a file as CSV, row by row."""
    outcome = office.run("plan", path, *options, "-f", "csv")
    assert outcome.status == 0, outcome
    return list(csv.DictReader(StringIO(outcome.out, newline="")))


# --- frames, cases, room ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cases", "frames"),
    [
        (3, {"09:00": 3}),
        (11, {"09:00": 10, "10:00": 1}),
        (31, {"09:00": 10, "10:00": 10, "11:00": 10}),
    ],
)
def test_as_few_frames_as_possible(
    office: OfficeInFolder, cases: int, frames: dict[str, int]
) -> None:
    """3(2): ten cases a frame, three frames, the earliest first; the thirty-first has no place."""
    document = plan_rows(office, *number_rows(cases))
    assert {(D25, hour): count for hour, count in frames.items()} == count_frames(document)
    assert ([], len(frames)) == (document["reservations"], document["visits"])
    left = [row for row in document["rows"] if row["outcome"] != "placed"]
    assert [("not-placed", None, None)] * (cases - sum(frames.values())) == [
        (row["outcome"], row["date"], row["start"]) for row in left
    ]
    assert all({"quota.frames", "quota.cases"} == set(codes(row)) for row in left)


@pytest.mark.parametrize(
    ("reading", "held", "room"),
    [
        *(("main", 1, 29), ("main", 2, 28), ("main", 3, 27)),
        *(("note", 1, 29), ("note", 2, 38), ("note", 3, 27)),
    ],
)
def test_what_is_left_of_the_quota(
    office: OfficeInFolder, reading: str, held: int, room: int
) -> None:
    """3(2): frames held count; under the note's reading an agent with two adds two more."""
    office.set("quota", "reading", f'"{reading}"')
    for day in (D26, D27, D30)[:held]:
        office.book(day, "15", f"H-{day}")
    document = plan_rows(office, *number_rows(40))
    assert (room, 40 - room) == (document["counts"]["placed"], document["counts"]["not_placed"])
    assert [9] * held == [count_frames(document)[day, "15:00"] for day in (D26, D27, D30)[:held]]


def test_held_frames_first(office: OfficeInFolder) -> None:
    """An agent comes anyway: the frame that it holds is filled first, though it is the last."""
    office.book(D01, "15", *(f"H-{n}" for n in range(8)))
    assert {(D01, "15:00"): 2} == count_frames(plan_rows(office, "X-1", "X-2"))
    document = plan_rows(office, "X-1", "X-2", "X-3")
    # The third needs another frame: on the day of the one that is held, and both of those earlier.
    assert {(D01, "09:00"): 3} == count_frames(document)


def test_capacity_is_shared_with_other_agents(office: OfficeInFolder) -> None:
    """What other agents booked leaves less room; the frame that takes all is preferred."""
    office.add_agent("B-2")
    office.set("frames", "capacity", "4")
    office.book(D25, "9", "B-1", "B-2", agent="B-2")
    office.book(D25, "10", "B-3", agent="B-2")
    assert {(D25, "10:00"): 3} == count_frames(plan_rows(office, *number_rows(3)))
    assert {(D25, "09:00"): 2} == count_frames(plan_rows(office, *number_rows(2)))


def test_capacity_is_shared_within_a_plan(office: OfficeInFolder) -> None:
    """Agents of one file share the frames: the one whose row comes first has the earlier hour."""
    office.add_agent("B-2")
    office.set("frames", "capacity", "1")
    document = plan_rows(office, "X-1,B-2", "X-2,A-1", head="number,agent", options=("--office",))
    assert [("B-2", D25, "09:00"), ("A-1", D25, "10:00")] == places(document)


# --- days and hours --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--day", D27), (D27, "09:00")),
        (("--day", "+2"), (D26, "09:00")),
        (("--hour", "14"), (D25, "14:00")),
        (("--day", D30, "--day", D27, "--hour", "15:00", "--hour", "13"), (D27, "13:00")),
        (("--day", "2026-11-28", "--day", D30), (D30, "09:00")),
        (("--hour", "12", "--hour", "15"), (D25, "15:00")),
    ],
)
def test_days_and_hours_asked_for(
    office: OfficeInFolder, options: tuple[str, ...], expected: tuple[str, str]
) -> None:
    """--day and --hour name where cases may go; repeated, any of them will do.

    What a row names itself comes first.
    """
    assert [("A-1", *expected)] == places(plan_rows(office, "X-1", options=(*A1, *options)))
    own = plan_rows(office, f"X-1,{D01}", head="number,date", options=(*A1, *options))
    assert D01 == own["rows"][0]["date"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--hour", "12"), ["frame.unknown"]),
        (("--day", "2026-11-28"), ["day.closed"]),
        (("--day", "2026-11-24"), ["day.not-shown"]),
        (("--day", "2026-11-20"), ["day.past"]),
        (("--day", "2026-12-25"), ["day.not-shown"]),
        (("--day", "2026-11-28", "--hour", "12"), ["day.closed", "frame.unknown"]),
        (("--day", "2026-11-28", "--day", "2026-11-20"), ["day.past", "day.closed"]),
    ],
)
def test_days_and_hours_that_are_none(
    office: OfficeInFolder, options: tuple[str, ...], expected: list[str]
) -> None:
    """Where what was asked for names no frame, it is told what is wrong with it."""
    document = plan_rows(office, "X-1", options=(*A1, *options))
    (row,) = document["rows"]
    assert ("not-placed", sorted(expected)) == (row["outcome"], sorted(codes(row)))


@pytest.mark.parametrize("option", [("--day", "28.11.2026"), ("--hour", "noon")])
def test_malformed_days_and_hours(office: OfficeInFolder, option: tuple[str, ...]) -> None:
    """A malformed DATE or HOUR is wrong usage (2)."""
    assert 2 == run_plan(office, "X-1", options=(*A1, *option)).status


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"X-1,{D27},", ("placed", D27, "09:00", [])),
        ("X-1,,14", ("placed", D25, "14:00", [])),
        (f"X-1,{D27},14", ("placed", D27, "14:00", [])),
        ("X-1,2026-11-28,", ("not-placed", "2026-11-28", None, ["day.closed"])),
        ("X-1,2026-11-20,", ("not-placed", "2026-11-20", None, ["day.past"])),
        ("X-1,,12", ("not-placed", None, "12:00", ["frame.unknown"])),
        ("X-1,2026-11-28,12", ("refused", "2026-11-28", "12:00", ["day.closed", "frame.unknown"])),
    ],
)
def test_rows_with_only_a_day_or_an_hour(
    office: OfficeInFolder, row: str, expected: tuple[str, str | None, str | None, list[str]]
) -> None:
    """A row that names a day or an hour is placed there; one that names both stands."""
    (found,) = plan_rows(office, row, head="number,date,hour")["rows"]
    assert expected == (found["outcome"], found["date"], found["start"], codes(found))


def test_hours_of_today_that_have_begun(office: OfficeInFolder) -> None:
    """With first_open_day = 0 today counts, from the first hour on that has not begun."""
    office.set("calendar", "first_open_day", "0")
    today = "2026-11-24"
    rows = ["X-1,,", f"X-2,{today},9", "X-3,,9", f"X-4,{today},11"]
    document = plan_rows(office, *rows, head="number,date,hour")
    assert [
        ("placed", today, "11:00", []),
        ("refused", today, "09:00", ["frame.past"]),
        ("placed", D25, "09:00", []),
        ("placed", today, "11:00", []),
    ] == [(row["outcome"], row["date"], row["start"], codes(row)) for row in document["rows"]]
    (row,) = plan_rows(office, f"X-3,{today}", head="number,date", options=(*A1, "--hour", "10"))[
        "rows"
    ]
    assert ("not-placed", ["frame.past"]) == (row["outcome"], codes(row))
    (row,) = plan_rows(office, "X-1", options=(*A1, "--day", "today"))["rows"]
    assert (today, "11:00") == (row["date"], row["start"])


# --- what a case and an agent allow ----------------------------------------------------------


def test_collect_by_is_a_bound(office: OfficeInFolder) -> None:
    """A case is collected by its day, even where a frame that is held would cost nothing."""
    office.book(D27, "9", "H-1")
    document = plan_rows(office, f"X-1,{D26}", f"X-2,{D27}", "X-3,", head="number,collect_by")
    assert [("A-1", D25, "09:00")] * 3 == places(document)
    document = plan_rows(office, f"X-2,{D27}", "X-3,", head="number,collect_by")
    assert [("A-1", D27, "09:00")] * 2 == places(document)


def test_collect_by_that_is_over(office: OfficeInFolder) -> None:
    """A case that had to be collected before the first shown day has no place, now or later."""
    (row,) = plan_rows(office, "X-1,2026-11-24", head="number,collect_by")["rows"]
    assert ("not-placed", ["case.collect-by"], None) == (
        row["outcome"],
        codes(row),
        row["bookable_from"],
    )


def test_cases_that_go_together(office: OfficeInFolder) -> None:
    """with=: such cases stay in one reservation, where single ones would be divided."""
    rows = [*number_rows(9, ",,"), "X-1,change,", "R-1,reentry,X-1"]
    document = plan_rows(office, *rows, head="number,kind,with")
    *_, main, reentry = document["rows"]
    assert ["placed"] * 11 == outcomes(document)
    assert (main["date"], main["start"]) == (reentry["date"], reentry["start"])
    assert {10, 1} == set(count_frames(document).values())


def test_with_another_agents_case(office: OfficeInFolder) -> None:
    """with= naming another agent's case draws nothing along: it is not in that reservation."""
    office.add_agent("B-2")
    rows = ["X-1,A-1,change,", "R-1,B-2,reentry,X-1", "X-2,B-2,change,X-1"]
    document = plan_rows(office, *rows, head="number,agent,kind,with", options=("--office",))
    assert [("placed", []), ("refused", ["case.reentry-alone"]), ("placed", [])] == [
        (row["outcome"], codes(row)) for row in document["rows"]
    ]


def test_a_certificate_that_ends(bare_office: OfficeInFolder) -> None:
    """1: the certificate must be valid on the day of the visit: later days are no place."""
    bare_office.add_agent(valid_until=D26)
    bare_office.set("frames", "capacity", "1")
    document = plan_rows(bare_office, "X-1,", f"X-2,{D26}", f"X-3,{D27}", head="number,date")
    assert ["placed", "placed", "not-placed"] == outcomes(document)
    *_, last = document["rows"]
    assert (["agent.certificate"], None) == (codes(last), last["bookable_from"])


def test_agents_who_may_not_book(office: OfficeInFolder) -> None:
    """2, 6(4): rows of agents who are not verified or suspended are refused, exit 0."""
    office.add_agent("B-2", verify=False)
    office.add_agent("C-3")
    suspension = ("--since", "today", "--until", "2026-12-31", "--reason", "6(4)")
    office.json("agent", "suspend", "C-3", *suspension)
    rows = ["X-1,A-1", "X-2,B-2", "X-3,C-3"]
    document = plan_rows(office, *rows, head="number,agent", options=("--office",))
    assert [
        ("placed", []),
        ("refused", ["agent.unverified"]),
        ("refused", ["agent.suspended"]),
    ] == [(row["outcome"], codes(row)) for row in document["rows"]]
    assert [None] * 2 == [row["bookable_from"] for row in document["rows"][1:]]


def test_what_was_booked_before(office: OfficeInFolder) -> None:
    """Already booked, ended, under review: as book --from says it; --again plans what ended."""
    number = office.book(D26, "10", "X-1", "X-2")["number"]
    office.json("amend", number, "--drop", "X-2", *A1)
    rows = ["X-1,done", "X-2,done", "X-3,pending", "X-4,done"]
    document = plan_rows(office, *rows, head="number,review")
    assert ["already", "ended", "not-ready", "placed"] == outcomes(document)
    assert [("A-1", D26, "10:00"), number] == [
        places(document)[0],
        document["rows"][0]["reservation"],
    ]
    again = plan_rows(office, *rows, head="number,review", options=(*A1, "--again"))
    assert ["already", "placed", "not-ready", "placed"] == outcomes(again)


# --- from when there is room -----------------------------------------------------------------

FAR = "2026-12-04"
"""The fifth open day after Friday the 27th."""


@pytest.mark.parametrize(
    ("held", "row", "told", "expected"),
    [
        ([(D25, "9"), (D26, "9"), (D27, "9")], "X-1,,", "quota.frames", "2026-11-25"),
        ([(D26, "9"), (D26, "10"), (D27, "9")], "X-1,,", "quota.frames", "2026-11-26"),
        ([(D25, "9"), (D26, "9"), (D27, "9")], f"X-1,{D01},", "quota.frames", "2026-11-25"),
        ([(D30, "9"), (D30, "10"), (D01, "9")], "X-1,,", "quota.frames", "2026-11-30"),
        ([(D30, "9"), (D30, "10"), (D01, "9")], "X-1,,2026-12-07", "quota.frames", "2026-11-30"),
        ([], f"X-1,{FAR},", "day.not-shown", "2026-11-27"),
        # The window opens, and two days later there is quota too.
        ([(D30, "9"), (D30, "10"), (D01, "9")], f"X-1,{FAR},", "day.not-shown", "2026-11-30"),
    ],
)
def test_from_when_there_is_room(
    office: OfficeInFolder, held: list[tuple[str, str]], row: str, told: str, expected: str
) -> None:
    """bookable_from is exact: a second before the row has no place, at the instant it is booked."""
    fill_frames(office, *held)
    head = "number,date,collect_by"
    document = plan_rows(office, row, head=head)
    instant = f"{expected}T00:00:00+09:00"
    assert (["not-placed"], instant) == (outcomes(document), document["bookable_from"])
    assert instant == document["rows"][0]["bookable_from"]
    assert told in codes(document["rows"][0])
    path = write_rows(office, row, head=head)
    day_before = f"{int(expected[-2:]) - 1:02d}"
    before = f"{expected[:8]}{day_before}T23:59:59"
    early = office.run("book", "--from", path, *A1, "-f", "json", now=before)
    assert (3, ["not-placed"], instant) == (
        early.status,
        outcomes(early.error),
        early.error["rows"][0]["bookable_from"],
    )
    later = office.run("book", "--from", path, *A1, "-f", "json", now=instant)
    assert (0, ["booked"]) == (later.status, outcomes(later.json))


@pytest.mark.parametrize(
    ("bound", "expected"), [("", "2026-11-25"), ("2026-12-02", "2026-11-25"), (D01, None)]
)
def test_room_where_all_is_full(office: OfficeInFolder, bound: str, expected: str | None) -> None:
    """Full frames: the next shown day has room, where collect_by allows it; else null."""
    closed = ", ".join(f"{{date = {day}, capacity = 0}}" for day in (D25, D26, D27, D30, D01))
    office.set("frames", "exceptions", f"[{closed}]")
    document = plan_rows(office, f"X-1,{bound}", head="number,collect_by")
    (row,) = document["rows"]
    instant = f"{expected}T00:00:00+09:00" if expected else None
    assert ("not-placed", ["frame.full"], instant) == (
        row["outcome"],
        codes(row),
        row["bookable_from"],
    )
    if instant:
        path = write_rows(office, f"X-1,{bound}", head="number,collect_by")
        before = "2026-11-24T23:59:59+09:00"
        statuses = [
            office.run("book", "--from", path, *A1, now=t).status for t in (before, instant)
        ]
        assert [3, 0] == statuses


def test_no_room_before_it_must_be_collected(office: OfficeInFolder) -> None:
    """A case without hope is null; the document names the first instant of the others."""
    fill_frames(office, (D26, "9"), (D26, "10"), (D27, "9"))
    rows = [f"X-1,{D25},", f"X-2,{D01},", "X-3,,2026-12-04"]
    document = plan_rows(office, *rows, head="number,collect_by,date")
    assert [None, "2026-11-26T00:00:00+09:00", "2026-11-27T00:00:00+09:00"] == [
        row["bookable_from"] for row in document["rows"]
    ]
    assert "2026-11-26T00:00:00+09:00" == document["bookable_from"]


@pytest.mark.parametrize("command", [("plan",), ("book", "-n", "--best-effort", "--from")])
def test_when_to_try_again_is_told_of_rows(
    office: OfficeInFolder, command: tuple[str, ...]
) -> None:
    """bookable_from: the text names each instant with its rows, and rows without one apart."""
    fill_frames(office, (D26, "9"), (D26, "10"), (D27, "9"))
    rows = [f"X-1,{D25},", f"X-2,{D01},", "X-3,,2026-12-04", f"X-4,{D01},"]
    path = write_rows(office, *rows, head="number,collect_by,date")
    lines = office.run(*command, path, *A1).out.splitlines()
    told = {
        at: [rows for line, rows in pairwise(lines) if at in line and "[" not in line]
        for at in ("From 2026-11-26 00:00", "From 2026-11-27 00:00", "ordinary counter")
    }
    assert [["  rows: 2, 4"], ["  rows: 3"], ["  rows: 1"]] == list(told.values())


def test_the_codes_of_a_row_fit_a_terminal(office: OfficeInFolder) -> None:
    """Each code stands in a line of its own, so that a row with many is not too wide."""
    fill_frames(office, (D25, "9"), (D26, "9"), (D27, "9"))
    office.json("agent", "edit", "A-1", "--valid-until", D30)
    rows = [f"X-1,{D30}", "X-2,"]
    path = write_rows(office, *rows, head="number,collect_by")
    table = office.run("plan", path, *A1).out.partition("\n\n")[0]
    first = table.splitlines()[2:5]
    assert ["agent.certificate", "case.collect-by", "quota.frames"] == [
        line.split()[-1] for line in first
    ]
    assert max(map(len, table.splitlines())) <= 80


def test_nothing_is_said_of_trying_again_where_all_is_placed(office: OfficeInFolder) -> None:
    """bookable_from: where each row has a place, or is refused whatever the frame, no line."""
    path = write_rows(office, "X-1,extension", "X-2,coe", head="number,kind")
    out = office.run("plan", path, *A1).out
    assert "ordinary counter" not in out
    assert "From" not in out


def test_looking_ahead_costs_the_same_for_many_rows(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows without a place share what is looked up about frames, whatever day each must be by."""
    office.set("frames", "capacity", "0")
    looked: list[str] = []
    room = Judge.room
    monkeypatch.setattr(Judge, "room", lambda self, *asked: looked.append("") or room(self, *asked))
    counts = []
    for rows in (5, 25):
        looked.clear()
        dates = [f"X-{n},{FAR[:8]}{n % 25 + 4:02d}" for n in range(rows)]
        document = plan_rows(office, *dates, head="number,collect_by")
        assert {"not-placed"} == set(outcomes(document))
        counts.append(len(looked))
    assert counts[0] == counts[1] < 100


def test_no_room_for_so_many_together(office: OfficeInFolder) -> None:
    """Eleven cases that stay together fit no frame at any time."""
    rows = ["X-0,", *(f"X-{n},X-0" for n in range(1, 11))]
    document = plan_rows(office, *rows, head="number,with")
    assert ({"not-placed"}, None) == (set(outcomes(document)), document["bookable_from"])
    assert {("quota.cases",)} == {tuple(codes(row)) for row in document["rows"]}


def test_room_under_the_reading_of_the_note(office: OfficeInFolder) -> None:
    """3(2), note: with four frames held two must go by before two more may be added."""
    office.set("quota", "reading", '"note"')
    office.book(D25, "9", "H-1")
    office.book(D26, "9", "H-2")
    fill_frames(office, (D27, "9"))
    path = write_rows(office, "X-1,2026-12-02", head="number,date")
    document = office.json("plan", path, *A1)
    assert "2026-11-25T00:00:00+09:00" == document["bookable_from"]
    office.now = "2026-11-25T00:00:00"
    assert 0 == office.run("book", "--from", path, *A1).status


# --- several agents --------------------------------------------------------------------------


@pytest.fixture
def firm(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with a scrivener A-1, staff B-2 and B-3 of one firm, B-4 of another."""
    office.add_agent("B-2", **STAFF)
    office.add_agent("B-3", **STAFF)
    office.add_agent("B-4", occupation="host-organization", organization="石和工業")
    return office


def test_any_of_two_may_collect(firm: OfficeInFolder) -> None:
    """Several --agent are a pool: what is too much for one is collected by the other too."""
    document = plan_rows(firm, *number_rows(31), options=POOL)
    assert ["placed"] * 31 == outcomes(document)
    assert ({"A-1", "B-2"}, 4) == ({row["agent"] for row in document["rows"]}, document["visits"])
    # Twenty at nine, by both of them, and eleven at ten: nobody need wait until eleven.
    assert {(D25, "09:00"): 20, (D25, "10:00"): 11} == count_frames(document)


@pytest.mark.parametrize("filer", ["A-1", "B-2"])
def test_who_filed_collects_where_either_could(firm: OfficeInFolder, filer: str) -> None:
    """Where nobody comes anyway, who filed the case collects it: no letter of request is needed."""
    path = write_rows(firm, f"X-1,{filer}", head="number,agent")
    assert [(filer, "self")] == [
        (row["agent"], row["recipient"]) for row in read_plan(firm, path, *POOL)
    ]


def test_one_agent_of_two_is_enough(firm: OfficeInFolder) -> None:
    """Two come only where one is not enough: the fewest visits over all of the pool."""
    document = plan_rows(firm, *number_rows(8), options=POOL)
    assert 1 == document["visits"] == len(set(places(document)))


def test_an_agent_named_twice_is_no_pool(firm: OfficeInFolder) -> None:
    """The same --agent twice is one agent, and rows of another are bad input."""
    options = (*A1, *A1)
    assert 5 == run_plan(firm, "X-1,B-2", head="number,agent", options=options).status


@pytest.mark.parametrize(
    ("filer", "collector", "recipient", "papers"),
    [
        ("B-2", "B-2", "self", ["postcard"]),
        ("B-2", "B-3", "colleague", ["acknowledgement", "postcard"]),
        ("B-2", "B-4", "staff", ["letter-of-request", "postcard"]),
        ("A-1", "B-2", "staff", ["letter-of-request", "postcard"]),
        ("B-2", "A-1", "professional", ["letter-of-request", "postcard"]),
        ("N-5", "N-6", "staff", ["letter-of-request", "postcard"]),
        ("B-2", "S-7", "staff", ["letter-of-request", "postcard"]),
    ],
)
def test_papers_of_who_did_not_file(
    firm: OfficeInFolder, filer: str, collector: str, recipient: str, papers: list[str]
) -> None:
    """1 ア-エ: who collects what another filed brings the papers of its way of receiving.

    Staff of the same organisation are colleagues; no name of an organisation is no such name.
    """
    firm.add_agent("N-5", occupation="public-interest")
    firm.add_agent("N-6", occupation="public-interest")
    firm.add_agent("S-7", occupation="support-organization", organization="甲府商事")
    firm.book(D26, "10", "H-1", agent=collector)  # comes then anyway
    pool = [part for name in {filer: 0, collector: 0} for part in ("--agent", name)]
    options = tuple(pool) if filer != collector else ("--agent", filer, *A1)
    path = write_rows(firm, f"X-1,{filer}", head="number,agent")
    (row,) = read_plan(firm, path, *options)
    assert (collector, D26, "10:00", recipient) == (
        row["agent"],
        row["date"],
        row["hour"],
        row["recipient"],
    )
    planned = firm.folder / "plan.csv"
    planned.write_text(firm.run("plan", path, *options, "-f", "csv").out, "utf-8")
    booked = firm.json("book", "--from", str(planned), "--agent", collector)
    assert papers == booked["reservations"][0]["cases"][0]["papers"]


def test_a_plan_tells_which_papers_its_collectors_bring(firm: OfficeInFolder) -> None:
    """1 イ-エ: rows name who filed, recipient and papers; notes name rows that need more papers."""
    firm.book(D26, "10", "H-1", agent="B-3")
    firm.book(D26, "10", "H-2", agent="B-4")
    rows = ["X-1,B-2", "X-2,A-1", "X-3,B-3"]
    pool = ("--agent", "B-3", "--agent", "B-4")
    path = write_rows(firm, *rows, head="number,agent")
    document = firm.json("plan", path, *pool)
    letter = ["letter-of-request", "postcard"]
    assert [
        ("B-3", "B-2", "colleague", ["acknowledgement", "postcard"]),
        ("B-3", "A-1", "staff", letter),
        ("B-3", None, "self", ["postcard"]),
    ] == [
        (row["agent"], row["filed_by"], row["recipient"], row["papers"]) for row in document["rows"]
    ]
    table = firm.run("plan", path, *pool)
    for note, number in (("signed by the applicant", 2), ("acknowledgement of receipt", 1)):
        (said,) = (each for each in document["warnings"] if note in each)
        assert said.endswith(f"rows: {number}")
        assert f"Note: {said}" in table.err
    share = firm.folder / "plan.csv"
    share.write_text(firm.run("plan", path, *pool, "-f", "csv").out, "utf-8")
    booked = firm.json("book", "--from", str(share), "--agent", "B-3")
    assert [None] * 3 == [row["filed_by"] for row in booked["rows"]]
    assert any("signed by the applicant" in each for each in booked["warnings"])
    # What is booked already has the way of receiving of its reservation, whatever the file says.
    again = firm.json("plan", path, *pool)
    assert [("B-2", "colleague"), ("A-1", "staff"), (None, "self")] == [
        (row["filed_by"], row["recipient"]) for row in again["rows"]
    ]
    assert not any("signed by the applicant" in each for each in again["warnings"])


def test_papers_of_many_rows_are_told_in_a_line(office: OfficeInFolder) -> None:
    """1 ウ: of very many rows the first are named and the others counted."""
    rows = number_rows(20, ",professional")
    document = plan_rows(office, *rows, head="number,recipient")
    (note,) = (each for each in document["warnings"] if "signed by the applicant" in each)
    assert note.endswith("rows: 1, 2, 3, 4, 5, 6, 7, 8 and 12 more")


def test_who_filed_where_no_agent_is_named(firm: OfficeInFolder) -> None:
    """A row without an agent was filed by the first one named."""
    firm.book(D26, "10", "H-1", agent="B-2")
    path = write_rows(firm, "X-1")
    for first, second, recipient in (("A-1", "B-2", "staff"), ("B-2", "A-1", "self")):
        (row,) = read_plan(firm, path, "--agent", first, "--agent", second)
        assert ("B-2", recipient) == (row["agent"], row["recipient"])


def test_who_filed_need_not_be_in_the_pool(firm: OfficeInFolder) -> None:
    """The file's agent says who filed; only those of the pool collect."""
    (row,) = read_plan(
        firm, write_rows(firm, "X-1,B-4", head="number,agent"), "--agent", "B-2", "--agent", "B-3"
    )
    assert (True, "staff") == (row["agent"] in ("B-2", "B-3"), row["recipient"])


def test_who_filed_outside_of_the_organisation(firm: OfficeInFolder) -> None:
    """A case that somebody else filed (staff) stays so with a colleague of the agent."""
    firm.book(D26, "10", "H-1", agent="B-3")
    path = write_rows(firm, "X-1,B-2,staff", "X-2,B-2,colleague", head="number,agent,recipient")
    rows = read_plan(firm, path, "--agent", "B-2", "--agent", "B-3")
    assert [("B-3", "staff"), ("B-3", "colleague")] == [
        (row["agent"], row["recipient"]) for row in rows
    ]


@pytest.mark.parametrize(
    ("reading", "kind", "expected"),
    [("any", "activity", "C-3"), ("cards", "activity", "A-1"), ("cards", "change", "C-3")],
)
def test_only_cards_for_others(
    firm: OfficeInFolder, reading: str, kind: str, expected: str
) -> None:
    """collect_only = cards: エ is for cards only, so the filer collects another permission."""
    firm.add_agent("C-3")
    firm.set("cases", "collect_only", f'"{reading}"')
    firm.book(D26, "10", "H-1", agent="C-3")
    path = write_rows(firm, f"X-1,{kind}", head="number,kind")
    assert [expected] == [row["agent"] for row in read_plan(firm, path, *A1, "--agent", "C-3")]


def test_an_agent_of_the_pool_who_may_not(firm: OfficeInFolder) -> None:
    """Where one of the pool may not book, others take its cases; where none may, all reasons."""
    firm.add_agent("E-9", occupation="educational")
    firm.add_agent("U-8", verify=False)
    head = "number,agent"
    document = plan_rows(firm, "X-1,E-9", head=head, options=("--agent", "E-9", "--agent", "B-2"))
    assert [("B-2", D25, "09:00")] == places(document)
    document = plan_rows(firm, "X-1,E-9", head=head, options=("--agent", "E-9", "--agent", "U-8"))
    (row,) = document["rows"]
    assert ("refused", {"agent.educational", "agent.unverified"}) == (
        row["outcome"],
        set(codes(row)),
    )


def test_whose_way_of_receiving_is_refused(firm: OfficeInFolder) -> None:
    """1 ア-エ: in a pool a recipient that no row names is told with the agent who would have it."""
    firm.add_agent("C-3")
    firm.set("cases", "collect_only", '"cards"')
    rows = ["X-1,B-2,activity"]
    pool = ("--agent", "B-3", "--agent", "C-3")
    path = write_rows(firm, *rows, head="number,agent,kind")
    refused = {
        each["details"]["agent"]: each
        for each in firm.json("plan", path, *pool)["rows"][0]["refusals"]
    }
    assert {"B-3": "colleague", "C-3": "professional"} == {
        agent: each["details"]["recipient"] for agent, each in refused.items()
    }
    assert all(agent in each["message"] for agent, each in refused.items())
    table = firm.run("plan", path, *pool).out
    assert all(f"[case.recipient] {agent}: Case X-1" in table for agent in refused)


def test_what_is_wrong_with_a_case_is_told_once_in_a_pool(firm: OfficeInFolder) -> None:
    """What does not depend on who collects is one refusal, and names nobody."""
    (row,) = plan_rows(firm, "X-1,coe", head="number,kind", options=POOL)["rows"]
    (refusal,) = row["refusals"]
    assert ("case.kind", False) == (refusal["code"], "agent" in refusal["details"])


def test_cases_that_go_together_in_a_pool(firm: OfficeInFolder) -> None:
    """with=: one agent collects all of them, and it must be one who may collect each."""
    firm.set("cases", "collect_only", '"cards"')
    firm.add_agent("C-3")
    firm.book(D26, "10", "H-1", agent="C-3")
    rows = ["X-1,activity,", "R-1,reentry,X-1"]
    path = write_rows(firm, *rows, head="number,kind,with")
    assert ["A-1", "A-1"] == [row["agent"] for row in read_plan(firm, path, *A1, "--agent", "C-3")]


def test_a_pool_and_what_it_booked_before(firm: OfficeInFolder) -> None:
    """What any agent of the pool has booked is there already; another one's is a duplicate."""
    first = firm.book(D26, "10", "X-1", agent="B-2")["number"]
    firm.book(D26, "10", "X-2", agent="B-4")
    document = plan_rows(firm, "X-1", "X-2", "X-3", options=POOL)
    assert ["already", "refused", "placed"] == outcomes(document)
    assert (first, "B-2") == (
        document["rows"][0]["reservation"],
        document["rows"][0]["agent"],
    )
    assert ["case.duplicate"] == codes(document["rows"][1])


def test_the_quotas_of_a_pool(firm: OfficeInFolder) -> None:
    """3(2): where nobody of the pool has a frame left, it is told of each of them."""
    firm.set("quota", "frames", "1")
    fill_frames(firm, (D25, "9"))
    firm.book(D26, "10", *(f"H-{n}" for n in range(10)), agent="B-2")
    (row,) = plan_rows(firm, "X-1", options=POOL)["rows"]
    told = [each["subject"] for each in row["refusals"] if each["code"] == "quota.frames"]
    assert ["A-1", "B-2"] == told


def test_certificates_of_a_pool(firm: OfficeInFolder) -> None:
    """1: each agent's certificate counts for its own visits: who may come that day collects."""
    firm.json("agent", "edit", "A-1", "--valid-until", D25)
    document = plan_rows(firm, f"X-1,{D27}", head="number,date", options=POOL)
    assert [("B-2", D27, "09:00")] == places(document)


def test_rows_of_several_agents(firm: OfficeInFolder) -> None:
    """Without an agent, or with --office, each agent collects its own: its quota, its frames."""
    firm.book(D27, "10", "H-1", agent="B-2")
    rows = ["X-1,A-1", "X-2,B-2", "X-3,B-3"]
    expected = [("A-1", D25, "09:00"), ("B-2", D27, "10:00"), ("B-3", D25, "09:00")]
    for options in ((), ("--office",), ("--office", *A1)):
        document = plan_rows(firm, *rows, head="number,agent", options=options)
        assert (expected, 3) == (places(document), document["visits"])


@pytest.mark.parametrize(
    ("row", "options", "status"),
    [
        ("X-1,B-2", A1, 5),  # another agent's row
        ("X-1,", (), 5),  # nobody's
        ("X-1,Z-9", ("--office",), 5),  # an unknown agent's
        ("X-1,Z-9", POOL, 5),
        ("X-1,", (*A1, "--agent", "Z-9"), 4),
        ("X-1,", ("--agent", "Z-9"), 4),
        ("X-1,", (*A1, "--agent", "z 9"), 2),
    ],
)
def test_agents_that_are_wrong(
    firm: OfficeInFolder, row: str, options: tuple[str, ...], status: int
) -> None:
    """Rows of somebody else or of nobody are bad input (5), unknown agents not found (4)."""
    outcome = run_plan(firm, row, head="number,agent", options=options)
    assert (status, "") == (outcome.status, outcome.out)


# --- reading only ----------------------------------------------------------------------------


def test_counts_add_up(firm: OfficeInFolder) -> None:
    """The counts are those of the rows; visits are the reservations that booking would make."""
    number = firm.book(D26, "10", "X-1", "X-2")["number"]
    firm.json("amend", number, "--drop", "X-2", *A1)
    rows = [
        *("X-1,,,", "X-2,,,", "X-3,pending,,", "X-4,,coe,", f"X-5,,,{D25}"),
        *(f"X-6,,,{D26}", "X-7,,,2026-11-28"),
    ]
    document = plan_rows(firm, *rows, head="number,review,kind,date")
    expected = {"placed": 2, "already": 1, "ended": 1, "not_ready": 1, "refused": 1}
    assert {**expected, "not_placed": 1} == document["counts"]
    assert len(rows) == len(document["rows"]) == sum(document["counts"].values())
    assert (2, list(range(1, 8))) == (document["visits"], [r["row"] for r in document["rows"]])


def test_nothing_is_written(office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planning writes nothing, and works where nothing can be written."""
    before = office.bytes()
    path = write_rows(office, *number_rows(31))
    expected = office.json("plan", path, *A1)
    assert before == office.bytes()
    (office.store / ".lock").unlink(missing_ok=True)
    forbid_writing(monkeypatch, errno.EROFS)
    assert expected == office.json("plan", path, *A1)


def test_maintenance_does_not_stop_planning(office: OfficeInFolder) -> None:
    """Terms 1: planning is reading, which goes on in maintenance."""
    office.json("office", "maintenance", "--reason", "new disks")
    assert ["placed"] == outcomes(plan_rows(office, "X-1"))


def test_terms_are_not_accepted_by_planning(office: OfficeInFolder) -> None:
    """Terms 6: reading accepts no newer version of the terms."""
    office.set("terms", "version", '"2"')
    plan_rows(office, "X-1")
    assert "1" == office.json("agent", "show", "A-1")["agent"]["terms_version"]


def test_a_plan_tells_what_booking_would_tell(office: OfficeInFolder) -> None:
    """4(1), collect_by: a deadline that has passed and a visit that is too late are told before."""
    office.now = "2026-11-24T12:00:00"
    rows = [f"X-1,,,{D25}", f"X-2,{D27},10,{D26}"]
    path = write_rows(office, *rows, head="number,date,hour,collect_by")
    planned = office.json("plan", path, *A1)["warnings"]
    assert [True, True] == [
        any(part in warning for warning in planned)
        for part in (
            f"The deadline for the visit on {D25} was 2026-11-24 11:59:",
            "Case X-2 must be collected by",
        )
    ]
    booked = office.json("book", "--from", path, *A1)["warnings"]
    assert planned == [warning for warning in booked if "--now" not in warning]


@pytest.mark.parametrize("command", [("plan",), ("book", "--from")])
@pytest.mark.parametrize("row", ["X 1,A-1", "X-1,Z-9"])
def test_what_a_bad_file_changed(
    office: OfficeInFolder, command: tuple[str, ...], row: str
) -> None:
    """Bad rows change nothing, which is what both say; a plan would have booked nothing anyway."""
    path = write_rows(office, row, head="number,agent")
    outcome = office.run(*command, path, "--office", *A1, "-f", "json")
    assert 5 == outcome.status
    assert "nothing was changed" in outcome.error["message"]


# --- what was planned is what can be booked --------------------------------------------------

SMALL_CAPACITY, FEW_CASES = 5, 4
PLANNERS = {"A-1": {}, "B-2": STAFF, "B-3": STAFF}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return an office where room is scarce, with three agents; only for copying."""
    made = OfficeInFolder(tmp_path_factory.mktemp("small"))
    made.set("calendar", "shown_days", "3")
    made.set("frames", "starts", '["09:00", "10:00", "13:00"]')
    made.set("frames", "capacity", str(SMALL_CAPACITY))
    made.set("quota", "cases", str(FEW_CASES))
    made.set("verification", "required", "false")
    for name, values in PLANNERS.items():
        made.add_agent(name, verify=False, **values)
    return made


@pytest.fixture
def copies(
    small: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OfficeInFolder]:
    """Return copies of the small office; nothing waits for the disk."""
    monkeypatch.setattr(os, "fsync", lambda _: None)

    def make() -> Iterator[OfficeInFolder]:
        for number in range(1000):
            folder = tmp_path / str(number)
            shutil.copytree(small.folder, folder)
            yield OfficeInFolder(folder)
            shutil.rmtree(folder)

    return make()


def book_at_random(office: OfficeInFolder, rnd: Random) -> None:
    """Book something for each agent, as far as that goes."""
    for turn in range(rnd.randint(0, 5)):
        agent = rnd.choice(list(PLANNERS))
        specs = [x for n in range(rnd.randint(1, 3)) for x in ("--case", f"H-{turn}-{n}")]
        hour = rnd.choice(["9", "10", "13"])
        office.run("book", f"+{rnd.randint(1, 3)}", hour, *specs, "--agent", agent)


def draw_rows(rnd: Random, agents: list[str], count: int) -> str:
    """Return a case file: open rows and a few that name a day, an hour, or both."""
    lines = ["number,agent,date,hour,kind,with,collect_by,review"]
    places: list[tuple[str, str, str]] = []
    for number in range(count):
        day = rnd.choice([""] * 6 + [D25, D26, D27, "2026-11-28"])
        hour = rnd.choice([""] * 6 + ["9", "10", "13"])
        bound = rnd.choice([""] * 4 + [D25, D26])
        kind, main = rnd.choice([("extension", "")] * 4 + [("activity", ""), ("coe", "")]), ""
        name = rnd.choice(agents)
        if number and rnd.random() < 0.2:
            tied_to = rnd.randrange(number)
            kind, main = rnd.choice(["reentry", "change"]), f"X-{tied_to}"
            # Tied rows that name different frames are bad input.
            name, day, hour = rnd.choice([places[tied_to], (name, "", "")])
        else:
            kind = kind[0]
        places.append((name, day, hour))
        review = rnd.choice(["done"] * 9 + ["pending"])
        lines.append(f"X-{number},{name},{day},{hour},{kind},{main},{bound},{review}")
    return "\n".join(lines) + "\n"


def count_by_hand(office: OfficeInFolder) -> None:
    """Count all reservations by hand: three frames, four cases a frame, five of all agents."""
    frames: dict[str, set[tuple[str, str]]] = {}
    cases: Counter[tuple[str, str, str]] = Counter()
    booked: Counter[tuple[str, str]] = Counter()
    numbers: Counter[str] = Counter()
    for each in office.json("list", "--all")["reservations"]:
        key = each["date"], each["start"]
        frames.setdefault(each["agent"], set()).add(key)
        cases[each["agent"], *key] += len(each["cases"])
        booked[key] += len(each["cases"])
        numbers.update(case["number"] for case in each["cases"])
    assert max(map(len, frames.values()), default=0) <= 3
    assert max(cases.values(), default=0) <= FEW_CASES
    assert max(booked.values(), default=0) <= SMALL_CAPACITY
    assert max(numbers.values(), default=0) <= 1


def count_ties(path: Path, document: Any) -> int:
    """Return how many rows are placed beside a row to which they are tied; none is without it."""
    rows = {row["number"]: row for row in csv.DictReader(StringIO(path.read_text("utf-8")))}
    found = {row["case"]: row for row in document["rows"]}
    kept = 0
    for number, row in rows.items():
        one, main = found[number], found.get(row["with"])
        judged = ("placed", "refused", "not-placed")
        if main is None or not {one["outcome"], main["outcome"]} <= {*judged}:
            continue
        if rows[row["with"]]["agent"] == row["agent"]:
            assert (one["outcome"] == "placed") == (main["outcome"] == "placed"), number
            same = [(each["agent"], each["date"], each["start"]) for each in (one, main)]
            assert one["outcome"] != "placed" or same[0] == same[1], number
            kept += one["outcome"] == "placed"
    return kept


def find_booked(document: Any) -> dict[str, tuple[str, str, str]]:
    """Return where each case is that was placed or booked."""
    return {
        row["case"]: (row["agent"], row["date"], row["start"])
        for row in document["rows"]
        if row["outcome"] in ("placed", "booked")
    }


@pytest.mark.parametrize("block", range(4))
def test_a_plan_is_booked_as_it_is(copies: Iterator[OfficeInFolder], block: int) -> None:
    """The CSV of a plan, fed to book --from by each agent, books just what was planned."""
    placed = several = 0
    for number in range(block * 8, block * 8 + 8):
        rnd, office = Random(f"pool {number}"), next(copies)
        book_at_random(office, rnd)
        pool = rnd.sample(list(PLANNERS), rnd.randint(2, 3))
        path = office.folder / "rows.csv"
        path.write_text(draw_rows(rnd, list(PLANNERS), rnd.randint(1, 25)), "utf-8")
        options = [part for name in pool for part in ("--agent", name)]
        expected = find_booked(office.json("plan", str(path), *options))
        rows = read_plan(office, str(path), *options)
        assert set(expected) == {row["number"] for row in rows}
        found: dict[str, tuple[str, str, str]] = {}
        for name in PLANNERS:
            mine = [row for row in rows if row["agent"] == name]
            out = StringIO()
            writer = csv.DictWriter(out, list(rows[0]) if rows else ["number"])
            writer.writeheader()
            writer.writerows(mine)
            part = office.folder / f"{name}.csv"
            part.write_text(out.getvalue(), "utf-8")
            if mine:
                document = office.json("book", "--from", str(part), "--agent", name)
                found.update(find_booked(document))
                assert {"booked"} == set(outcomes(document))
        assert expected == found, number
        count_by_hand(office)
        placed += len(found)
        several += len({place[0] for place in found.values()}) > 1
    assert placed > 8
    assert several


@pytest.mark.parametrize("block", range(4))
def test_booking_a_file_does_what_its_plan_says(
    copies: Iterator[OfficeInFolder], block: int
) -> None:
    """For a single agent, or each for itself, book --from books what plan shows, row by row.

    As a whole the file is booked where no row of the plan fails, and what explains a row refuses
    what its refusals say. Rows that go together are in one place, or none of them is.
    """
    placed = tied = 0
    for number in range(block * 8, block * 8 + 8):
        rnd, office = Random(f"file {number}"), next(copies)
        book_at_random(office, rnd)
        alone = rnd.random() < 0.6
        agents = ["A-1"] if alone else list(PLANNERS)
        path = office.folder / "rows.csv"
        path.write_text(draw_rows(rnd, agents, rnd.randint(1, 25)), "utf-8")
        options = A1 if alone else ("--office",)
        planned = office.json("plan", str(path), *options, "--explain")
        whole = office.run("book", "--from", str(path), *options, "-n", "-f", "json")
        booked = office.run("book", "--from", str(path), *options, "--best-effort", "-f", "json")
        as_booked = {"placed": "booked"}
        assert [as_booked.get(each, each) for each in outcomes(planned)] == outcomes(booked.json)
        assert [codes(row) for row in planned["rows"]] == [
            codes(row) for row in booked.json["rows"]
        ], number
        assert find_booked(planned) == find_booked(booked.json), number
        tied += count_ties(path, planned)
        assert planned["visits"] == booked.json["visits"]
        assert planned["bookable_from"] == booked.json["bookable_from"]
        failed = planned["counts"]["refused"] + planned["counts"]["not_placed"]
        assert (3 if failed else 0) == booked.status == whole.status, number
        told = {(row["row"], code) for row in planned["rows"] for code in codes(row)}
        assert told == {
            (entry["row"], entry["code"])
            for entry in planned["explain"]
            if not entry["passed"] and entry["severity"] == "refusal"
        }
        count_by_hand(office)
        placed += len(find_booked(planned))
        again = office.run("book", "--from", str(path), *options, "--best-effort", "-f", "json")
        assert [] == again.json["reservations"], number
    assert placed > 8
    assert tied
