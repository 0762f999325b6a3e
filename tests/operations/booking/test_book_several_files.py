"""``book --from A --from B``: several files are one request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import A1, BEST, D25, outcomes, statuses

HEAD = "申請番号,予約日,時刻"


def write(office: OfficeInFolder, name: str, *rows: str, head: str = HEAD) -> str:
    path = office.config.parent / name
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return str(path)


def book(office: OfficeInFolder, *paths: str, options: tuple[str, ...] = A1) -> Outcome:
    words = [word for path in paths for word in ("--from", path)]
    return office.run("book", *words, *options, "-f", "json")


def test_rows_of_two_files_are_booked_in_one_transaction(office: OfficeInFolder) -> None:
    """Rows are read in the order of the files, and say in which they stand."""
    a = write(office, "a.csv", f"X-1,{D25},10", f"X-2,{D25},10")
    b = write(office, "b.csv", f"X-3,{D25},10", "X-4,,")
    before = len(office.ledger())
    document = book(office, a, b).json
    rows = [(row["file"], row["row"], row["case"]) for row in document["rows"]]
    assert [(a, 1, "X-1"), (a, 2, "X-2"), (b, 1, "X-3"), (b, 2, "X-4")] == rows
    (made,) = document["reservations"]
    assert ["X-1", "X-2", "X-3", "X-4"] == [case["number"] for case in made["cases"]]
    assert before + 1 == len(office.ledger())
    for files in ((a, b), (b, a)):
        assert ["already"] * 4 == outcomes(book(office, *files).json)
    # The document of one file has no key more.
    assert "file" not in book(office, a).json["rows"][0]


@pytest.mark.parametrize(
    ("options", "expected"),
    [(A1, ["not-booked", "refused", "not-booked"]), (BEST, ["booked", "refused", "booked"])],
)
def test_a_case_in_two_files_is_booked_for_the_earlier_one(
    office: OfficeInFolder, options: tuple[str, ...], expected: list[str]
) -> None:
    a = write(office, "a.csv", f"X-1,{D25},10")
    b = write(office, "b.csv", "x-1,2026-11-26,10", "X-2,2026-11-26,10")
    outcome = book(office, a, b, options=options)
    document = outcome.json if options == BEST else outcome.error
    assert (3, expected) == (outcome.status, outcomes(document))
    row = document["rows"][1]
    assert (["case.duplicate"], b, 1) == (
        [each["code"] for each in row["refusals"]],
        row["file"],
        row["row"],
    )
    shown = office.run("book", "--from", a, "--from", b, *options, "-n")
    assert f"{b}:2" in shown.out + shown.err


def test_mistakes_of_all_files_are_told_at_once(office: OfficeInFolder) -> None:
    a = write(office, "a.csv", "X-1,?,10", "合計,,")
    b = write(office, "b.csv", "X-1", head="番号")
    c = write(office, "c.csv", f"X-3,{D25},99")
    before = office.bytes()
    outcome = book(office, a, b, c)
    assert (5, before) == (outcome.status, office.bytes())
    assert [
        f"{a}, row 2, column date (予約日)",
        f"{a}, row 3, column number (申請番号)",
        f"{b}, heading",
        f"{c}, row 2, column hour (時刻)",
    ] == [problem["where"] for problem in outcome.error["problems"]]
    assert b in office.run("book", "--from", a, "--from", b, *A1, "--lang", "ja").err


def test_notes_name_the_file(office: OfficeInFolder) -> None:
    a = write(office, "a.csv", "X-1,z", head="number,氏名")
    b = write(office, "b.csv", "X-2,staff", head="number,recipient")
    office.add_agent("B-2", occupation="host-organization")
    notes = book(office, a, b, options=("--agent", "B-2")).json["warnings"]
    assert any(note.startswith(f"{a}: Columns not known here") for note in notes)
    assert any(f"rows: {b}:2" in note for note in notes)


def test_csv_json_and_workbooks_go_together(office: OfficeInFolder, tmp_path: Path) -> None:
    """--sheet is that of each, so of workbooks only."""
    a = write(office, "a.csv", "X-1,,")
    b = office.config.parent / "b.json"
    b.write_text(json.dumps([{"number": "X-2"}]), "utf-8")
    workbook = Workbook()
    workbook.active.append(["number"])
    workbook.create_sheet("2").append(["number"])
    workbook["2"].append(["X-3"])
    c = str(office.config.parent / "c.xlsx")
    workbook.save(c)
    assert 0 == book(office, a, str(b)).status
    folder = tmp_path / "out"
    options = (*A1, "--sheet", "2", "--confirmations", str(folder))
    assert ["not-booked", "refused"] == outcomes(book(office, c, c, options=options).error)
    assert 5 == book(office, a, c, options=options).status
    assert 0 == book(office, c, options=options).status
    assert 1 == len(list(folder.iterdir()))


def test_table_csv_and_explanation_name_the_file(office: OfficeInFolder) -> None:
    a, b = write(office, "a.csv", "X-1,,"), write(office, "b.csv", "X-2,,")
    words = ("book", "--from", a, "--from", b, *A1, "-n")
    table = office.run(*words, "--explain").out
    assert f"{a}:2" in table
    assert f"{b}:2" in table
    lines = office.run(*words, "-f", "csv").out.splitlines()
    assert lines[0].startswith("File,申請番号,")
    assert [f"{a},X-1", f"{b},X-2"] == [",".join(line.split(",")[:2]) for line in lines[1:3]]
    explained = office.json(*words, "--explain")["explain"]
    assert {(a, 1), (b, 1)} == {(entry["file"], entry["row"]) for entry in explained}


def test_a_decision_on_several_files_replays_as_one(office: OfficeInFolder, tmp_path: Path) -> None:
    a, b = write(office, "a.csv", "X-1,2026-11-28,10"), write(office, "b.csv", "X-2,,")
    file = str(tmp_path / "a.toml")
    assert 3 == book(office, a, b, options=(*A1, "--scenario", file)).status
    assert 0 == office.run("scenario", "run", file).status


def test_standard_input_is_read_once_and_no_file_is_written_over(office: OfficeInFolder) -> None:
    a, b = write(office, "a.csv", "X-1,,"), write(office, "b.csv", "X-2,,")
    assert 2 == office.run("book", "--from", "-", "--from", "-", *A1).status
    outcome = office.run("book", "--from", a, "--from", b, *A1, "-o", b)
    assert (2, {}) == (outcome.status, statuses(office))
    assert 2 == office.run("plan", a, b, *A1).status
