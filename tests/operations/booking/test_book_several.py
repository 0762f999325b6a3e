"""``book --from A --from B``: several files are one request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import outcomes, statuses

A1 = ("--agent", "A-1")
HEAD = "申請番号,予約日,時刻"


def write(office: OfficeInFolder, name: str, *rows: str, head: str = HEAD) -> str:
    """Write a case file beside the store."""
    path = office.config.parent / name
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return str(path)


def book(office: OfficeInFolder, *paths: str, options: tuple[str, ...] = A1) -> Outcome:
    """Book the rows of files."""
    words = [word for path in paths for word in ("--from", path)]
    return office.run("book", *words, *options, "-f", "json")


def test_rows_of_two_files_are_booked_in_one_transaction(office: OfficeInFolder) -> None:
    """Rows are read in the order of the files, and say in which they stand; one transaction."""
    a = write(office, "a.csv", "X-1,2026-11-25,10", "X-2,2026-11-25,10")
    b = write(office, "b.csv", "X-3,2026-11-25,10", "X-4,,")
    before = len(office.json("store", "log")["entries"])
    document = book(office, a, b).json
    places = [(row["file"], row["row"], row["case"]) for row in document["rows"]]
    assert [(a, 1, "X-1"), (a, 2, "X-2"), (b, 1, "X-3"), (b, 2, "X-4")] == places
    assert ["booked"] * 4 == outcomes(document)
    assert [["X-1", "X-2", "X-3", "X-4"]] == [
        [case["number"] for case in r["cases"]] for r in document["reservations"]
    ]
    assert before + 1 == len(office.json("store", "log")["entries"])
    assert ["already"] * 4 == outcomes(book(office, a, b).json)
    assert ["already"] * 4 == outcomes(book(office, b, a).json)


def test_one_file_is_not_named_in_its_rows(office: OfficeInFolder) -> None:
    """The document of one file has no key more."""
    document = book(office, write(office, "a.csv", "X-1,,")).json
    assert ("row", False) == (next(iter(document["rows"][0])), "file" in document["rows"][0])


@pytest.mark.parametrize("options", [(), ("--best-effort",)])
def test_the_earlier_file_has_the_case(office: OfficeInFolder, options: tuple[str, ...]) -> None:
    """A case in two files is booked for the earlier file, as for the earlier of two rows."""
    a = write(office, "a.csv", "X-1,2026-11-25,10")
    b = write(office, "b.csv", "x-1,2026-11-26,10", "X-2,2026-11-26,10")
    outcome = book(office, a, b, options=(*A1, *options))
    rows = (outcome.json if options else outcome.error)["rows"]
    expected = ["booked", "refused", "booked"] if options else ["not-booked", "refused"] * 2
    assert (3, expected[:3] if options else ["not-booked", "refused", "not-booked"]) == (
        outcome.status,
        [row["outcome"] for row in rows],
    )
    assert ["case.duplicate"] == [each["code"] for each in rows[1]["refusals"]]
    assert (b, 1) == (rows[1]["file"], rows[1]["row"])
    shown = office.run("book", "--from", a, "--from", b, *A1, "-n", *options)
    assert f"{b}:2" in shown.out + shown.err


def test_a_permit_goes_with_its_main_case_of_the_other_file(office: OfficeInFolder) -> None:
    """A re-entry permit of one file goes with its main case of the other."""
    a = write(office, "a.csv", "X-2,reentry,X-1", head="number,kind,with")
    b = write(office, "b.csv", "X-1,change", head="number,kind")
    document = book(office, a, b).json
    assert (1, ["booked"] * 2) == (len(document["reservations"]), outcomes(document))


def test_mistakes_of_all_files_are_told_at_once(office: OfficeInFolder) -> None:
    """What is wrong is told of all files at once, each with its file; nothing is booked."""
    a = write(office, "a.csv", "X-1,?,10", "合計,,")
    b = write(office, "b.csv", "X-1", head="番号")
    c = write(office, "c.csv", "X-3,2026-11-25,99")
    before = office.bytes()
    outcome = book(office, a, b, c)
    assert (5, before) == (outcome.status, office.bytes())
    places = [problem["where"] for problem in outcome.error["problems"]]
    assert [
        f"{a}, row 2, column date (予約日)",
        f"{a}, row 3, column number (申請番号)",
        f"{b}, heading",
        f"{c}, row 2, column hour (時刻)",
    ] == places
    assert f"{b}" in office.run("book", "--from", a, "--from", b, *A1, "--lang", "ja").err


def test_rows_keep_their_numbers_behind_blank_rows(office: OfficeInFolder) -> None:
    """Rows behind blank rows keep the numbers that they have in their own file."""
    a = write(office, "a.csv", ",,", "X-1,2026-11-25,10", ",,", ",,")
    b = write(office, "b.csv", "X-2,2026-11-25,10", ",,", "X-3,2026-11-28,10")
    outcome = book(office, a, b, options=(*A1, "--best-effort"))
    rows = [(row["file"], row["row"], row["outcome"]) for row in outcome.json["rows"]]
    assert [(a, 2, "booked"), (b, 1, "booked"), (b, 3, "refused")] == rows


def test_notes_name_the_file(office: OfficeInFolder) -> None:
    """Notes on reading a file, and on its rows, name the file."""
    a = write(office, "a.csv", "X-1,z", head="number,氏名")
    b = write(office, "b.csv", "X-2,staff", head="number,recipient")
    office.add_agent("B-2", occupation="host-organization")
    document = book(office, a, b, options=("--agent", "B-2")).json
    assert any(note.startswith(f"{a}: Columns not known here") for note in document["warnings"])
    assert any(f"rows: {b}:2" in note for note in document["warnings"])


def test_best_effort_leaves_out_the_row_with_a_my_number(office: OfficeInFolder) -> None:
    """--best-effort leaves out the row with a My Number, and books the rows of all files."""
    a, b = write(office, "a.csv", "X-1,,"), write(office, "b.csv", "123456789018,,")
    outcome = book(office, a, b, options=(*A1, "--best-effort"))
    assert (3, ["booked"]) == (outcome.status, outcomes(outcome.json))
    assert [f"{b}, row 2, column number (申請番号)"] == [
        left["where"] for left in outcome.json["left_out"]
    ]


def test_csv_json_and_workbooks_go_together(office: OfficeInFolder, tmp_path: Path) -> None:
    """CSV, JSON and a workbook; --sheet is that of each, so of workbooks only."""
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
    document = book(office, c, c, options=options)
    assert ["not-booked", "refused"] == outcomes(document.error)
    assert 5 == book(office, a, c, options=options).status
    assert 0 == book(office, c, options=options).status
    assert 1 == len(list(folder.iterdir()))


def test_table_and_csv_name_the_file(office: OfficeInFolder) -> None:
    """The table and CSV say the file as well; --explain, too."""
    a, b = write(office, "a.csv", "X-1,,"), write(office, "b.csv", "X-2,,")
    words = ("book", "--from", a, "--from", b, *A1, "-n")
    table = office.run(*words).out
    assert f"{a}:2" in table
    assert f"{b}:2" in table
    lines = office.run(*words, "-f", "csv").out.splitlines()
    assert lines[0].startswith("File,申請番号,")
    assert [f"{a},X-1", f"{b},X-2"] == [",".join(line.split(",")[:2]) for line in lines[1:3]]
    explained = office.json(*words, "--explain")["explain"]
    assert {(a, 1), (b, 1)} == {(entry["file"], entry["row"]) for entry in explained}
    assert 0 == office.run(*words, "--explain").status


def test_a_decision_on_several_files_replays(office: OfficeInFolder, tmp_path: Path) -> None:
    """A decision on several files replays as one."""
    a, b = write(office, "a.csv", "X-1,2026-11-28,10"), write(office, "b.csv", "X-2,,")
    file = str(tmp_path / "a.toml")
    assert 3 == book(office, a, b, options=(*A1, "--scenario", file)).status
    assert 0 == office.run("scenario", "run", file).status


def test_standard_input_is_read_once(office: OfficeInFolder) -> None:
    """- may be one of the files; twice it is wrong usage, and so is writing over one of them."""
    a = write(office, "a.csv", "X-1,,")
    assert 2 == office.run("book", "--from", "-", "--from", "-", *A1).status
    for path in ("a.csv", "b.csv"):
        write(office, path, "X-2,,")
    b = str(office.config.parent / "b.csv")
    outcome = office.run("book", "--from", a, "--from", b, *A1, "-o", b)
    assert (2, {}) == (outcome.status, statuses(office))
    assert 2 == office.run("plan", a, b, *A1).status
