"""Files that the program writes and reads again: plans, and case files with their result.

A plan is CSV that a spreadsheet opens and ``book --from`` reads, for each agent with --split.
``book --from F`` as CSV and XLSX gives all of F back, and behind it what came of each row.
"""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kofucli.base.spreadsheets import read_cell
from tests.conftest import OfficeInFolder
from tests.operations.support import A1, outcomes, write_rows
from tests.support.needs import mode_of
from tests.support.terminal import columns

FORMULA = '=HYPERLINK("http://x")'


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline="")))


@pytest.mark.parametrize("command", ["plan", "book --from"])
def test_formulas_are_defused(office: OfficeInFolder, command: str) -> None:
    """CSV is opened by spreadsheets: what looks like a formula gets an apostrophe; --raw: none."""
    quoted = FORMULA.replace('"', '""')
    rows = (f'X-1,"{quoted}"', "-2,+81 55", "X-3,@SUM(A1)", "X-4,plain", "X-5,'quoted'")
    words = (*command.split(), write_rows(office, *rows, head="number,note"), *A1, "-f", "csv")
    for raw, mark in (((), "'"), (("--raw",), "")):
        found = read_csv(office.run(*words, *raw).out)
        notes = [f"{mark}{note}" for note in (FORMULA, "+81 55", "@SUM(A1)")]
        assert [*notes, "plain", "'quoted'"] == [row["note"] for row in found]
        assert ["X-1", f"{mark}-2", "X-3", "X-4", "X-5"] == [row["number"] for row in found]


def test_csv_holds_what_was_placed_and_a_note_counts_the_rest(office: OfficeInFolder) -> None:
    path = write_rows(office, "X-1,", "X-2,2026-11-28", head="number,date")
    outcome = office.run("plan", path, *A1, "-f", "csv")
    assert (0, ["X-1"]) == (outcome.status, [row["number"] for row in read_csv(outcome.out)])
    assert "Rows that are not in the case file, which holds what was placed: 1" in outcome.err
    path = write_rows(office, "X-1,", head="number,date")
    assert "" == office.run("plan", path, *A1, "-f", "csv").err


def test_a_table_is_no_wider_than_it_must_be(office: OfficeInFolder) -> None:
    """A table fits 80 columns: numbers and codes share a column, left out where there are none."""
    path = write_rows(office, "X-1,2026-11-26,10")
    heading = office.run("plan", path, *A1).out.splitlines()[0]
    assert ["Row", "Case", "Outcome", "Agent", "Frame"] == heading.split()
    path = write_rows(office, "横支更20261102345,2026-11-26,10", "X-2,2026-11-28,10")
    command = ("book", "--from", path, *A1, "--best-effort")
    heading, *_, booked, refused = shown = office.run(*command).out.splitlines()[:4]
    assert heading.endswith("Frame             Number / codes")
    assert booked.endswith("2026-11-26 10:00  Y261126-0001-R")
    assert refused.endswith("2026-11-28 10:00  day.closed")
    assert max(map(columns, shown)) <= 80


@pytest.fixture
def pool(office: OfficeInFolder) -> tuple[str, ...]:
    """Return the options of a plan for two agents, whose files go into ``shares``."""
    office.add_agent("B-2")
    return (*A1, "--agent", "B-2", "--split", str(office.folder / "shares"))


def test_split_writes_a_file_for_each_agent(office: OfficeInFolder, pool: tuple[str, ...]) -> None:
    folder = office.folder / "shares"
    path = write_rows(office, *(f"X-{n},=1+{n}" for n in range(35)), head="number,note")
    before = office.bytes()
    planned = office.json("plan", path, *pool)
    assert before == office.bytes()
    assert (["A-1.csv", "B-2.csv"], 0o700) == (names(folder), mode_of(folder))
    assert sorted(planned["files"]) == [str(folder / name) for name in names(folder)]
    found = {}
    for agent in ("A-1", "B-2"):
        share = folder / f"{agent}.csv"
        assert 0o600 == mode_of(share)
        document = office.json("book", "--from", str(share), "--agent", agent)
        assert {"booked"} == set(outcomes(document))
        assert all(row["note"] == f"=1+{row['case'][2:]}" for row in document["rows"])
        found.update({row["case"]: (agent, row["date"], row["start"]) for row in document["rows"]})
    assert found == {
        row["case"]: (row["agent"], row["date"], row["start"]) for row in planned["rows"]
    }


def test_split_refuses_files_of_another_plan(office: OfficeInFolder, pool: tuple[str, ...]) -> None:
    """plan --split refuses a folder with other case files (5): it holds the files of one plan."""
    folder = office.folder / "shares"
    many = write_rows(office, *(f"X-{n}" for n in range(35)), head="number")
    assert 0 == office.run("plan", many, *pool).status
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    few = write_rows(office, "Y-1", head="number")
    for options in (pool, (*A1, "--split", str(folder))):
        outcome = office.run("plan", few, *options, "-f", "json")
        assert (5, "") == (outcome.status, outcome.out)
        assert "B-2.csv" in outcome.error["problems"][0]["message"]
        assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "B-2.csv").rename(folder / "OLD.CSV")
    assert "OLD.CSV" in office.run("plan", few, *pool).err
    (folder / "OLD.CSV").rename(folder / "notes.txt")
    assert 0 == office.run("plan", few, *pool).status
    assert ["A-1.csv", "notes.txt"] == names(folder)
    assert b"Y-1" in (folder / "A-1.csv").read_bytes()


def test_split_makes_no_folder_for_nothing(office: OfficeInFolder, tmp_path: Path) -> None:
    """A plan that places nothing makes no folder; a share that is there stays; a file is none."""
    folder = tmp_path / "shares"
    words = ("plan", write_rows(office, "X-1,2026-11-28,10"), *A1, "--split", str(folder))
    assert 0 == office.run(*words).status
    assert not folder.exists()
    folder.mkdir()
    (folder / "A-1.csv").write_text("number\n", "utf-8")
    assert 5 == office.run(*words).status
    assert 5 == office.run(*words[:-1], str(folder / "A-1.csv")).status


RESULT = {
    "ja": ["予約番号", "予約日", "時刻", "結果", "理由"],
    "en": ["Reservation number", "Date", "Hour", "Outcome", "Reason"],
}
DAY, SATURDAY = "2026-11-26", "2026-11-28"
HEADING = ["依頼人", "申請番号", "", "予約日", "時刻", "手数料", "依頼人", "生年月日", "=注"]
ROWS = [
    ["山田 花子", "X-1", "a", DAY, "10", "4000", "甲", "1990-01-02", "=1+1"],
    ["佐藤", "0012", "", SATURDAY, "10", "", "", "", "長い\n注"],
    ["鈴木", "X-3", "b", "", "", "12.5", "丙", "", ""],
]


def write(path: Path, *, typed: bool = False) -> str:
    """Write the rows as CSV, or as a workbook with days, hours and numbers as such."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADING, *ROWS])
        return str(path)
    book = openpyxl.Workbook()
    for row in [HEADING, *ROWS]:
        book.active.append([_typed(cell) if typed and row is not HEADING else cell for cell in row])
    for cell in (c for line in book.active.iter_rows() for c in line if c.data_type == "f"):
        cell.data_type = "s"
    if typed:
        noon = datetime.fromisoformat("2026-12-01T15:30")
        for place, value in {"B4": 3, "H4": noon, "G4": True}.items():
            book.active[place].value = value
        forms = {"B3": (12, "0000"), "F3": (1200, '"¥"#,##0'), "A3": (42, '"第"0')}
        for place, (value, form) in forms.items():
            book.active[place].value, book.active[place].number_format = value, form
    book.save(path)
    return str(path)


def _typed(cell: str) -> Any:
    if cell.count("-") == 2:
        return date.fromisoformat(cell)
    return {"10": time(10), "4000": 4000, "12.5": 12.5, "": None}.get(cell, cell)


def give_back(office: OfficeInFolder, out: Path, *files: str, options: tuple[str, ...] = ()) -> int:
    sources = [word for file in files for word in ("--from", file)]
    form = out.suffix[1:]
    words = ("book", *sources, "--best-effort", "-f", form, "-o", str(out), *options)
    return office.run(*words, *(() if "--office" in options else A1)).status


def read(path: Path) -> list[list[Any]]:
    """Return the cells of a result; empty ones are None."""
    if path.suffix == ".csv":
        lines = csv.reader(StringIO(path.read_text("utf-8-sig"), newline=""))
        return [[read_cell(cell) or None for cell in line] for line in lines]
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path).active]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("source", ["f.csv", "f.xlsx"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_all_columns_come_back(
    office: OfficeInFolder, tmp_path: Path, source: str, form: str, language: str
) -> None:
    """Each column, unknown ones and those of one name too, and then the five of the result."""
    out = tmp_path / f"out.{form}"
    status = give_back(office, out, write(tmp_path / source), options=("--lang", language))
    heading, *rows = read(out)
    assert (3, [cell or None for cell in HEADING] + RESULT[language]) == (status, heading)
    assert [[cell or None for cell in row] for row in ROWS] == [row[:9] for row in rows]
    words = {"ja": ["新規予約", "受付不可"], "en": ["booked", "refused"]}[language]
    assert [words[0], words[1], words[0]] == [row[12] for row in rows]
    assert ["Y261126-0001-R", None] == [row[9] for row in rows[:2]]
    place = [DAY, "10:00"] if form == "csv" else [datetime.fromisoformat(DAY), time(10)]
    assert (place, [None, None]) == (rows[0][10:12], rows[1][10:12])
    assert rows[1][13].startswith("[day.closed] ")


def test_workbooks_keep_days_hours_and_numbers(office: OfficeInFolder, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    give_back(office, out, write(tmp_path / "f.xlsx", typed=True))
    first, third = read(out)[1], read(out)[3]
    day = [datetime.fromisoformat(text) for text in ("2026-11-26", "1990-01-02")]
    assert [*day, time(10), 4000, 12.5] == [first[3], first[7], first[4], first[5], third[5]]
    assert ["=1+1", "0012", "3"] == [first[8], read(out)[2][1], third[1]]
    assert [1200, "第42"] == [read(out)[2][at] for at in (5, 0)]
    assert third[7] == datetime.fromisoformat("2026-12-01T15:30")
    assert third[6] is True
    give_back(office, out.with_suffix(".csv"), str(out))
    assert ["TRUE", "2026-12-01 15:30"] == read(out.with_suffix(".csv"))[3][6:8]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_results_can_be_read(
    office: OfficeInFolder, tmp_path: Path, form: str, language: str
) -> None:
    """Fed back it changes nothing, keeps its columns, and books what was corrected in it."""
    first, second = tmp_path / f"1.{form}", tmp_path / f"2.{form}"
    lang = ("--lang", language)
    give_back(office, first, write(tmp_path / "f.csv"), options=lang)
    assert ["already", "refused", "already"] == outcomes(office.json("plan", str(first), *A1))
    assert 3 == give_back(office, second, str(first), options=lang)
    assert [row[:12] for row in read(first)] == [row[:12] for row in read(second)]
    assert 3 == give_back(office, first, str(second), options=lang)
    assert second.read_bytes() == first.read_bytes()
    rows = [
        {"申請番号": number, "予約日": day or "", "時刻": hour or ""}
        for _, number, _, day, hour, *_ in read(first)[1:]
    ]
    path = tmp_path / "c.json"
    path.write_text(json.dumps(rows).replace(SATURDAY, "2026-11-27"), "utf-8")
    booked = office.json("book", "--from", str(path), *A1)
    assert ["already", "booked", "already"] == outcomes(booked)


@pytest.mark.parametrize(
    ("cells", "outcome"),
    [
        ("X-1,,,Y261126-0001-R,2026-11-26,10:00,booked,", ("already", DAY, "10:00")),
        ("X-1,,,Y261126-0001-R,2026-11-27,9:00,booked,", ("already", DAY, "10:00")),
        ("X-2,,,,2026-11-27,9:00,,", ("placed", "2026-11-27", "09:00")),
        ("X-2,2026-11-27,,,,9:00,,", ("placed", "2026-11-27", "09:00")),
        ("X-2,2026-11-27,9,,,,refused,[x] y", ("placed", "2026-11-27", "09:00")),
        ("X-2,2026-11-27,9,,2026-11-26,,,", "booked_date (Date)"),
        ("X-2,2026-11-27,9,,,10,,", "booked_hour (Hour)"),
        ("X-2,,,,?,,,", "booked_date (Date)"),
    ],
)
def test_days_and_hours_of_a_result(
    office: OfficeInFolder, tmp_path: Path, cells: str, outcome: tuple[str, ...] | str
) -> None:
    """They count in rows without a number, where somebody wrote them; then they must agree."""
    office.book(DAY, "10:00", "X-1")
    path = tmp_path / "f.csv"
    path.write_text(f"number,date,hour,{','.join(RESULT['en'])}\n{cells}\n", "utf-8")
    done = office.run("plan", str(path), *A1, "-f", "json")
    if isinstance(outcome, str):
        assert [f"row 2, column {outcome}"] == done.places
    else:
        row = done.json["rows"][0]
        assert outcome == (row["outcome"], row["date"], row["start"])
        assert [] == done.json["warnings"]


def test_usual_headings_still_count_beside_a_result(office: OfficeInFolder, tmp_path: Path) -> None:
    """希望日 is the day of the file although 予約日 stands in the result."""
    for at, head in enumerate(("申請番号,希望日,希望時間", "申請番号,x,y")):
        path, out = tmp_path / "f.csv", tmp_path / "out.csv"
        path.write_text(f"{head}\nX-{at},{['2026-11-27,11', ','][at]}\n", "utf-8")
        assert 0 == give_back(office, out, str(path), options=("--lang", "ja"))
        assert ["already"] == outcomes(office.json("plan", str(out), *A1))


def test_several_files_are_one_table(office: OfficeInFolder, tmp_path: Path) -> None:
    """Columns with one meaning, or one heading, are one; each row names its file."""
    a, b, out = tmp_path / "a.csv", tmp_path / "b.json", tmp_path / "out.csv"
    a.write_text("申請番号,予約日,依頼人\nX-1,2026-11-26,山田\n", "utf-8")
    b.write_text(json.dumps([{"依頼人": "佐藤", "number": "X-2", "x": 7, "来庁日": DAY}]), "utf-8")
    assert 0 == give_back(office, out, str(a), str(b), options=("--lang", "ja"))
    heading, *rows = read(out)
    assert heading == ["ファイル", "申請番号", "予約日", "依頼人", "x", *RESULT["ja"]]
    assert [[str(a), "X-1", DAY, "山田", None], [str(b), "X-2", DAY, "佐藤", "7"]] == [
        row[:5] for row in rows
    ]
    assert ["already", "already"] == outcomes(office.json("plan", str(out), *A1))


def test_what_nobody_needs_is_stored_nowhere(office: OfficeInFolder, tmp_path: Path) -> None:
    """Unknown columns are in the result alone: not in the store, mails, scenarios or JSON."""
    scenario = tmp_path / "s.toml"
    path = write(tmp_path / "f.csv")
    give_back(office, tmp_path / "out.csv", path, options=("--scenario", str(scenario)))
    told = office.run("book", "--from", path, "--best-effort", *A1, "-f", "json").out
    assert "山田".encode() not in b"".join(office.bytes().values()) + scenario.read_bytes()
    assert "山田" not in told
    assert "山田" in (tmp_path / "out.csv").read_text("utf-8")
