"""Booking the rows of a file: what becomes of each, and what is said; run again.

Golden documents show whole files; tests/model compares every row of any file that names frames.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import (
    A1,
    BEST,
    D25,
    D26,
    book_rows,
    end_at_counter,
    outcomes,
    write_rows,
)


@pytest.mark.parametrize(
    ("status", "case_status", "now", "expected"),
    [
        ("collected", "collected", f"{D25}T16:00:00", "ended"),
        ("late-cancelled", "active", f"{D25}T16:00:00", "ended"),
        ("not-handed", "not-handed", f"{D25}T16:00:00", "booked"),
        ("no-show", "active", f"{D25}T16:00:00", "booked"),
        ("late", "active", f"{D25}T16:00:00", "booked"),
        ("office-closed", "active", f"{D25}T16:00:00", "booked"),
        ("cancelled", "active", f"{D26}T08:00:00", "ended"),
        ("collected", "collected", f"{D26}T08:00:00", "ended"),
    ],
)
def test_only_what_was_missed_is_booked_again(
    office: OfficeInFolder, status: str, case_status: str, now: str, expected: str
) -> None:
    number = office.book(D25, "9", "X-1")["number"]
    office.now = now
    end_at_counter(office, number, status, case_status)
    assert [expected] == outcomes(book_rows(office, "X-1,2026-11-27,9").json)


def test_a_number_that_came_back_is_booked_already(office: OfficeInFolder) -> None:
    """A correction that was taken back: the number of between has ended, the first one stands."""
    book_rows(office, f"X-1,{D25},9")
    office.json("amend", "X-1", "--replace", "X-1=X-9", *A1)
    changed = office.json("amend", "X-9", "--replace", "X-9=X-1", *A1)
    assert changed["reservation"]["former"] == ["X-1", "X-9"]
    done = book_rows(office, f"X-1,{D25},9", f"X-9,{D25},9")
    assert ["already", "ended"] == outcomes(done.json)


def test_text_shortens_a_file_full_of_refusals(office: OfficeInFolder) -> None:
    path = write_rows(
        office, *(f"X-{n},{D25},10,coe" for n in range(25)), head="number,date,hour,kind"
    )
    command = ("book", "--from", path, *A1)
    lines = office.run(*command).err.splitlines()
    error = office.run(*command, "-f", "json").error
    assert 25 == len(error["rows"])
    for beginning in ("  [", "  row "):
        assert 20 == sum(line.startswith(beginning) for line in lines)
    more = [line.split()[1] for line in lines if line.startswith("  and ")]
    assert [str(len(error["refusals"]) - 20), "5"] == more


def test_best_effort_is_named_only_where_it_would_book(office: OfficeInFolder) -> None:
    good, bad = f"X-1,{D25},10", "X-2,2026-11-28,10"
    assert "--best-effort" in book_rows(office, good, bad).error["message"]
    assert "--best-effort" not in book_rows(office, bad).error["message"]


def test_of_a_list_that_is_fed_back_nothing_is_booked_again(office: OfficeInFolder) -> None:
    office.add_agent("B-2")
    office.book(D25, "10:00", "X-1", "X-2")
    office.book(D26, "10:00", "X-3,kind=change")
    office.book(D26, "11:00", "Y-1", agent="B-2")
    office.json("amend", "X-2", "--drop", "X-2", *A1)
    office.json("cancel", "X-3", *A1)
    office.book(D26, "13:00", "X-3,kind=change")
    office.run("office", "close", D26, "11:00", "--reason", "点検", "-y")
    path = str(Path(office.folder) / "list.csv")
    assert 0 == office.run("list", "--all", "-f", "csv", "-o", path).status
    before = office.bytes()
    done = office.json("book", "--from", path, "--office")
    found = {(r["case"], r["start"]): r["outcome"] for r in done["rows"]}
    assert found == {
        ("X-1", "10:00"): "already",
        ("X-2", "10:00"): "ended",
        ("X-3", "10:00"): "ended",
        ("Y-1", "11:00"): "ended",
        ("X-3", "13:00"): "already",
    }
    assert ["--again" in warning for warning in done["warnings"]] == [True]
    assert before == office.bytes()
    assert 3 == office.run("book", "--from", path, "--office", "--again").status


GOOD, THERE, BAD = f"X-1,{D25},10", f"X-0,{D26},10", "X-2,2026-11-28,10"


@pytest.mark.parametrize(
    ("rows", "share", "english", "japanese"),
    [
        ((GOOD,), "all", "all", "すべて"),
        ((GOOD, THERE), "all", "all", "すべて"),
        ((GOOD, BAD), "some", "some only", "一部のみ"),
        ((GOOD, f"123456789018,{D25},10"), "some", "some only", "一部のみ"),
        ((BAD,), "none", "none", "なし"),
        ((THERE, BAD), "none", "none", "なし"),
        ((), "none", "none", "なし"),
    ],
)
def test_a_script_tells_some_from_none(
    office: OfficeInFolder, rows: tuple[str, ...], share: str, english: str, japanese: str
) -> None:
    office.book(D26, "10:00", "X-0")
    path = write_rows(office, *rows)
    out = office.run("book", "--from", path, *BEST, "-n").out
    assert f"\nBooked now: {english}. Rows: " in f"\n{out}"
    out = office.run("book", "--from", path, *BEST, "-n", "--lang", "ja").out
    assert f"\n今回の予約: {japanese}。" in out
    assert share == book_rows(office, *rows, options=BEST).json["booked"]


OFF = "Their own note says that these rows are off"


def test_rows_whose_own_note_says_that_they_are_off_are_told(office: OfficeInFolder) -> None:
    """A note decides nothing; what will be booked in spite of it is said."""
    off = ("取消", "キャンセル済み", "取り下げ", " × ", "中止", "Cancelled")
    rows = [f"X-{at},{note}" for at, note in enumerate((*off, "取消の相談あり", "急ぎ", ""))]
    for command in (["plan"], ["book", "--from"]):
        path = write_rows(office, *rows, head="申請番号,備考")
        document = office.json(*command, path, "--agent", "A-1")
        (said,) = [note for note in document["warnings"] if note.startswith(OFF)]
        assert said.endswith("rows: 2, 3, 4, 5, 6, 7")
    again = office.json("book", "--from", path, "--agent", "A-1")
    assert not any(note.startswith(OFF) for note in again.get("warnings", []))
