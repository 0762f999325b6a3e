"""Booking the rows of a file: what becomes of each, all or nothing, run again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import (
    book_rows,
    end_at_counter,
    outcomes,
    statuses,
    write_rows,
)
from tests.store.support import process_environment

A1 = ("--agent", "A-1")
BEST = (*A1, "--best-effort")


def test_rows_become_reservations(office: OfficeInFolder) -> None:
    """One reservation per agent, day and hour; the rows say in which, the counts add up."""
    outcome = book_rows(
        office,
        *("X-1,2026-11-25,10", "X-2,2026-11-26,11:00", "X-3,2026-11-25,10:00"),
    )
    document = outcome.json
    assert outcome.status == 0
    assert [["X-1", "X-3"], ["X-2"]] == [
        [case["number"] for case in reservation["cases"]]
        for reservation in document["reservations"]
    ]
    first, second = (reservation["number"] for reservation in document["reservations"])
    assert [(1, "booked", first), (2, "booked", second), (3, "booked", first)] == [
        (row["row"], row["outcome"], row["reservation"]) for row in document["rows"]
    ]
    assert (2, 3) == (document["visits"], document["counts"]["booked"])


@pytest.mark.parametrize(
    ("status", "case_status", "expected"),
    [
        ("collected", "collected", "ended"),
        ("late-cancelled", "active", "ended"),
        ("not-handed", "not-handed", "booked"),
        ("no-show", "active", "booked"),
        ("late", "active", "booked"),
        ("office-closed", "active", "booked"),
    ],
)
def test_rows_of_a_visit_that_ended_at_the_counter(
    office: OfficeInFolder, status: str, case_status: str, expected: str
) -> None:
    """Collected or cancelled is over; not handed over, missed or closed may be booked again."""
    number = office.book("2026-11-25", "9", "X-1")["number"]
    office.now = "2026-11-25T16:00:00"
    end_at_counter(office, number, status, case_status)
    outcome = book_rows(office, "X-1,2026-11-26,9")
    assert [expected] == outcomes(outcome.json)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (["amend", "X-1", "--drop", "X-1"], "booked"),
        (["amend", "X-1", "--replace", "X-1=X-9"], "booked"),
        (["amend", "X-1", "--replace", "X-1=X-2", "--replace", "X-2=X-1"], "already"),
    ],
    ids=["dropped", "corrected", "exchanged"],
)
def test_what_was_changed_on_purpose_is_not_undone(
    office: OfficeInFolder, change: list[str], again: str
) -> None:
    """The same file again: what was dropped or corrected is ended; --again books the number."""
    rows = ["X-1,2026-11-25,9", "X-2,2026-11-25,9"]
    assert ["booked"] * 2 == outcomes(book_rows(office, *rows).json)
    office.json(*change, *A1)
    before = office.bytes()
    done = book_rows(office, *rows)
    ended = "already" if again == "already" else "ended"
    assert (0, ended) == (done.status, outcomes(done.json)[0])
    assert before == office.bytes()
    assert again == outcomes(book_rows(office, *rows, options=(*A1, "--again")).json)[0]


def test_a_number_that_came_back_is_booked_already(office: OfficeInFolder) -> None:
    """A correction that was taken back: the number of between has ended, the first one stands."""
    book_rows(office, "X-1,2026-11-25,9")
    office.json("amend", "X-1", "--replace", "X-1=X-9", *A1)
    changed = office.json("amend", "X-9", "--replace", "X-9=X-1", *A1)
    assert changed["reservation"]["former"] == ["X-1", "X-9"]
    done = book_rows(office, "X-1,2026-11-25,9", "X-9,2026-11-25,9")
    assert ["already", "ended"] == outcomes(done.json)


@pytest.mark.parametrize("how", ["cancelled", "collected"])
def test_rows_of_a_visit_that_ended_on_an_earlier_day(office: OfficeInFolder, how: str) -> None:
    """Dropped, cancelled or collected before: on another day too, and named for a later visit."""
    number = office.book("2026-11-25", "9", "X-1")["number"]
    if how == "cancelled":
        office.json("cancel", number, *A1)
    else:
        end_at_counter(office, number, "collected", "collected")
    office.now = "2026-11-26T09:00:00"
    outcome = book_rows(office, "X-1,2026-11-27,9")
    assert ["ended"] == outcomes(outcome.json)


def test_best_effort_judges_rows_in_their_order(office: OfficeInFolder) -> None:
    """--best-effort: the earlier row wins: room, quota and numbers go to it."""
    office.set("frames", "capacity", "2")
    rows = [
        "X-1,2026-11-25,9",
        "X-2,2026-11-25,9",
        "X-3,2026-11-25,9",  # no room
        "X-1,2026-11-25,10",  # stands in the first row
        "X-4,2026-11-25,10",
        "X-5,2026-11-25,11",
        "X-6,2026-11-25,13",  # a fourth frame
        "X-7,2026-11-25,11",
    ]
    document = book_rows(office, *rows, options=BEST).json
    expected = [
        *("booked", "booked", "refused", "refused", "booked", "booked", "refused", "booked"),
    ]
    assert expected == outcomes(document)
    assert [["frame.full"], ["case.duplicate"], ["quota.frames"]] == [
        [refusal["code"] for refusal in row["refusals"]]
        for row in document["rows"]
        if row["refusals"]
    ]


def test_best_effort_refused_rows_take_nothing(office: OfficeInFolder) -> None:
    """--best-effort: a refused row takes no room, quota or number from later rows."""
    office.set("quota", "cases", "1")
    office.set("quota", "frames", "1")
    outcome = book_rows(
        office,
        *("X-1,2026-11-25,9,coe", "X-1,2026-11-25,10,change", "X-2,2026-11-25,10,change"),
        head="number,date,hour,kind",
        options=BEST,
    )
    assert ["refused", "booked", "refused"] == outcomes(outcome.json)


def test_best_effort_where_nothing_is_allowed(office: OfficeInFolder) -> None:
    """--best-effort: nothing booked is exit 3 and a document, and no byte changes."""
    before = office.bytes()
    outcome = book_rows(office, "X-1,2026-11-28,10", options=BEST)
    assert (3, "", ["refused"]) == (outcome.status, outcome.err, outcomes(outcome.json))
    assert outcome.json["reservations"] == []
    assert before == office.bytes()


def test_the_refusals_of_every_agent_are_told(office: OfficeInFolder) -> None:
    """3(2): all refusals of a request are told: two agents exceed their cases in one frame."""
    office.add_agent("B-2")
    office.set("quota", "cases", "1")
    rows = [f"{agent[0]}{n},2026-11-25,10,{agent}" for agent in ("A-1", "B-2") for n in (1, 2)]
    outcome = book_rows(office, *rows, head="number,date,hour,agent", options=("--office",))
    assert ["quota.cases", "quota.cases"] == outcome.codes


@pytest.mark.parametrize(
    ("row", "options"),
    [
        ("X-1,2026-11-25,10,B-2", A1),  # another agent's row
        ("X-1,2026-11-25,10,C-3", ("--office",)),  # an unknown agent's
        ("X-1,2026-11-25,10,", ("--office",)),  # nobody's
    ],
)
def test_rows_of_another_agent_are_bad_input(
    office: OfficeInFolder, row: str, options: tuple[str, ...]
) -> None:
    """A row of another agent than the acting one, or of an unknown one, is bad input (5)."""
    office.add_agent("B-2")
    outcome = book_rows(office, row, head="number,date,hour,agent", options=options)
    assert (5, ["row 2, column agent"]) == (
        outcome.status,
        [problem["where"] for problem in outcome.error["problems"]],
    )


def test_text_shortens_a_file_full_of_refusals(office: OfficeInFolder) -> None:
    """As text a refused file tells 20 reasons and 20 rows, and how many more; in JSON all."""
    rows = [f"X-{n},2026-11-25,10,coe" for n in range(25)]
    path = write_rows(office, *rows, head="number,date,hour,kind")
    command = ("book", "--from", path, *A1)
    lines = office.run(*command).err.splitlines()
    error = office.run(*command, "-f", "json").error
    left = len(error["refusals"]) - 20
    assert (20, 20) == (
        sum(line.startswith("  [") for line in lines),
        sum(line.startswith("  row ") for line in lines),
    )
    assert [f"  and {count} more" for count in (left, 5)] == [
        " ".join(["  and", *line.split()[1:3]]) for line in lines if line.startswith("  and ")
    ]
    assert 25 == len(error["rows"])


def test_best_effort_is_named_only_where_it_would_book(office: OfficeInFolder) -> None:
    """--best-effort is named where it would book something, and only there."""
    good, bad = "X-1,2026-11-25,10", "X-2,2026-11-28,10"
    assert "--best-effort" in book_rows(office, good, bad).error["message"]
    assert "--best-effort" not in book_rows(office, bad).error["message"]


@pytest.mark.parametrize(("dry", "expected"), [((), (7, True)), (("-n",), (0, False))])
def test_a_booking_that_nobody_reads_is_said_on_stderr(
    office: OfficeInFolder, dry: tuple[str, ...], expected: tuple[int, bool]
) -> None:
    """7: where nobody reads what was booked stderr says that it is booked, and what shows it.

    A dry run changed nothing, so there it is nobody's loss.
    """
    path = write_rows(office, "X-1,2026-11-25,9")
    command = ["book", "--from", path, *A1, *dry, "--config", str(office.config)]
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-m", "kofucli", *command, "--now", office.now],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=process_environment(),
    )
    os.close(writer)
    said = "The change itself is done" in ended.stderr and "'kofucli list'" in ended.stderr
    assert expected == (ended.returncode, said)
    assert bool(dry) == (statuses(office) == {})


def test_the_csv_of_list_is_read(office: OfficeInFolder) -> None:
    """A list that is fed back: what stands is ``already``, what has ended is not booked again."""
    office.add_agent("B-2")
    office.book("2026-11-25", "10:00", "X-1", "X-2")
    office.book("2026-11-26", "10:00", "X-3,kind=change")
    office.book("2026-11-26", "11:00", "Y-1", agent="B-2")
    office.json("amend", "X-2", "--drop", "X-2", *A1)
    office.json("cancel", "X-3", *A1)
    office.book("2026-11-26", "13:00", "X-3,kind=change")
    office.run("office", "close", "2026-11-26", "11:00", "--reason", "点検", "-y")
    path = str(Path(office.folder) / "list.csv")
    assert 0 == office.run("list", "--all", "-f", "csv", "-o", path).status
    before = office.bytes()
    done = office.run("book", "--from", path, "--office", "-f", "json")
    assert 0 == done.status, done
    found = {(r["case"], r["start"]): r["outcome"] for r in done.json["rows"]}
    assert found == {
        ("X-1", "10:00"): "already",
        ("X-2", "10:00"): "ended",
        ("X-3", "10:00"): "ended",
        ("Y-1", "11:00"): "ended",
        ("X-3", "13:00"): "already",
    }
    assert ["--again" in warning for warning in done.json["warnings"]] == [True]
    assert before == office.bytes()
    again = office.run("book", "--from", path, "--office", "--again", "-f", "json")
    assert 3 == again.status


def test_a_stale_list_does_not_book_again(office: OfficeInFolder) -> None:
    """What a list calls active and was cancelled since has ended."""
    office.book("2026-11-26", "10:00", "X-3")
    path = str(Path(office.folder) / "list.csv")
    office.run("list", "-f", "csv", "-o", path)
    office.json("cancel", "X-3", *A1)
    done = office.json("book", "--from", path, *A1)
    assert (["ended"], False) == (outcomes(done), done["changed"])


@pytest.mark.parametrize(
    ("rows", "share"),
    [
        (("X-1,2026-11-25,10", "X-2,2026-11-25,10"), "all"),
        (("X-1,2026-11-25,10", "X-0,2026-11-26,10"), "all"),
        (("X-1,2026-11-25,10", "X-2,2026-11-28,10"), "some"),
        (("X-2,2026-11-28,10",), "none"),
        (("X-0,2026-11-26,10",), "none"),
        (("X-1,2026-11-25,10", "123456789018,2026-11-25,10"), "some"),
        (("X-0,2026-11-26,10", "X-2,2026-11-28,10"), "none"),
        ((), "none"),
    ],
)
def test_a_script_tells_some_from_none(
    office: OfficeInFolder, rows: tuple[str, ...], share: str
) -> None:
    """``booked`` and the beginning of the line of counts say all, some or none."""
    office.book("2026-11-26", "10:00", "X-0")
    said = {
        "all": "Booked now: all.",
        "some": "Booked now: some only.",
        "none": "Booked now: none.",
    }
    path = write_rows(office, *rows)
    run = office.run("book", "--from", path, *BEST, "-n")
    lines = [line for line in run.out.splitlines() if "Rows: " in line]
    assert [True] == [line.startswith(f"{said[share]} Rows: {len(rows)}"[:20]) for line in lines]
    japanese = office.run("book", "--from", path, *BEST, "-n", "--lang", "ja").out
    word = {"all": "すべて", "some": "一部のみ", "none": "なし"}[share]
    assert f"\n今回の予約: {word}。" in japanese
    assert share == book_rows(office, *rows, options=BEST).json["booked"]


def test_a_refused_file_booked_none(office: OfficeInFolder) -> None:
    """The error document says ``none``."""
    refused = book_rows(office, "X-1,2026-11-25,10", "X-2,2026-11-28,10")
    assert (3, "none") == (refused.status, refused.error["booked"])


def test_nothing_placed_is_said(office: OfficeInFolder) -> None:
    """``plan --split`` with nothing placed writes no file and says so."""
    path = write_rows(office, "X-1,2026-11-28,10")
    folder = Path(office.folder) / "shares"
    found = office.json("plan", path, *A1, "--split", str(folder))
    assert ([], "none") == (found["files"], found["placed"])
    assert "Nothing was placed, so no case file was written." in found["warnings"]
    assert not folder.exists()
    assert "\nPlaced: none. Rows: 1" in office.run("plan", path, *A1).out
