"""Files as offices bring them: each is read as its people mean it, or refused.

Each in ``field`` stands for a kind of file. What is placed has a day and an hour; what is refused
is said with its row, as a spreadsheet counts it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import A1, write_rows
from tests.store.support import full_arguments, process_environment

FIELD = Path(__file__).parent / "field"
NUMBER = "Y261125-0001-7"
TEN, ELEVEN = "10:00", "11:00"
WEDNESDAY, THURSDAY, FRIDAY = "2026-11-25", "2026-11-26", "2026-11-27"


@pytest.fixture(scope="module")
def field_office(tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return an office with three agents and one visit; no test here changes it."""
    office = OfficeInFolder(tmp_path_factory.mktemp("office"))
    for agent in ("S-1", "S-2", "S-3"):
        office.add_agent(agent)
    assert office.book(WEDNESDAY, "10", "X-1", agent="S-1")["number"] == NUMBER
    return office


def plan(office: OfficeInFolder, name: str) -> Any:
    """Return the rows of the plan of a file that can be read."""
    outcome = office.run("plan", str(FIELD / name), "--agent", "S-2", "-f", "json")
    assert outcome.status in (0, 3), outcome
    return outcome.json["rows"]


PLACED = {
    "day-and-hour-in-one.csv": [(WEDNESDAY, TEN)],
    "equals-quoted.csv": [(WEDNESDAY, TEN)],
    "heading-spaced.csv": [(WEDNESDAY, TEN)],
    "heading-two-lines.xlsx": [(WEDNESDAY, TEN)],
    "hour-am-pm.csv": [(WEDNESDAY, TEN), (WEDNESDAY, "13:00")],
    "hour-gozen.csv": [(WEDNESDAY, TEN), (WEDNESDAY, "13:00")],
    "hour-minutes.csv": [(WEDNESDAY, TEN)],
    "hour-range.csv": [(WEDNESDAY, TEN), (WEDNESDAY, TEN)],
    "midnight.csv": [(WEDNESDAY, TEN), (THURSDAY, TEN)],
    "struck-row.xlsx": [(WEDNESDAY, TEN)],
    "thousands.xlsx": [(WEDNESDAY, TEN)],
    "totals-table.xlsx": [(WEDNESDAY, TEN)],
    "true-in-csv.csv": [(WEDNESDAY, TEN)],
    "wareki.csv": [(WEDNESDAY, TEN), (THURSDAY, TEN)],
    "weekday.csv": [(WEDNESDAY, TEN), (THURSDAY, TEN)],
    "wish-columns.csv": [(FRIDAY, ELEVEN)],
}


@pytest.mark.parametrize("name", PLACED)
def test_a_file_is_read_as_it_is_meant(field_office: OfficeInFolder, name: str) -> None:
    rows = plan(field_office, name)
    assert PLACED[name] == [(row["date"], row["start"]) for row in rows]
    assert {row["outcome"] for row in rows} == {"placed"}


REFUSED = {
    "circled-digit.csv": ("row 2", "①10:00"),
    "invisible.csv": ("row 2", "U+200B"),
    "closing-line.csv": ("row 3", "以上", "no digit"),
    "heading-again.csv": ("row 3", "heading"),
    "no-such-day.csv": ("row 2", "2026/11/31", "does not exist"),
    "no-year.csv": ("row 2", "11月25日", "no year"),
    "own-number.csv": ("row 2", NUMBER, "reservation number"),
    "page.xls": ("web page",),
    "placeholder.csv": ("row 3", "no digit"),
    "scientific.csv": ("row 2", "2.02611E+11", "digits"),
    "totals-row.csv": ("row 3", "合計", "no digit"),
    "weekday-wrong.csv": ("row 2", "Wednesday"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_meant_so_is_refused(field_office: OfficeInFolder, name: str) -> None:
    """Nothing is placed, and the message says where, what stands there and what is wrong."""
    outcome = field_office.run("plan", str(FIELD / name), "--agent", "S-2", LANG="C.UTF-8")
    assert outcome.status == 5, outcome
    said = outcome.err.splitlines()
    assert any(all(word in line for word in REFUSED[name]) for line in said), outcome.err


def test_every_file_is_asked_for() -> None:
    own = {"scanner-cr.txt", "scanner-ime.txt", "variation-selector.csv", "vowel-mark.csv"}
    own |= {"wareki-agent.csv", "wareki-collect-by.csv"}
    assert {path.name for path in FIELD.iterdir()} == {*PLACED, *REFUSED, *own}


@pytest.mark.parametrize("name", ["variation-selector.csv", "equals-quoted.csv"])
def test_what_is_unseen_makes_no_other_case(field_office: OfficeInFolder, name: str) -> None:
    assert ["横支更20261100001"] == [row["case"] for row in plan(field_office, name)]


def test_a_vowel_mark_is_a_hyphen(field_office: OfficeInFolder) -> None:
    first, second = plan(field_office, "vowel-mark.csv")
    assert ("placed", "refused") == (first["outcome"], second["outcome"])
    assert ["case.duplicate"] == [refusal["code"] for refusal in second["refusals"]]


def test_days_of_an_era_in_other_columns(field_office: OfficeInFolder, tmp_path: Path) -> None:
    registered = field_office.json(
        "agent", "import", str(FIELD / "wareki-agent.csv"), "-n", "--office"
    )
    assert [agent["valid_until"] for agent in registered["agents"]] == ["2029-03-31"]
    office = field_office.copy(tmp_path)
    office.json("book", "--from", str(FIELD / "wareki-collect-by.csv"), "--agent", "S-2")
    (made,) = office.json("list", "--agent", "S-2")["reservations"]
    assert [case["collect_by"] for case in made["cases"]] == ["2026-12-10"]


@pytest.mark.parametrize(("name", "answers"), [("scanner-ime.txt", 1), ("scanner-cr.txt", 2)])
def test_what_a_scanner_sends(field_office: OfficeInFolder, name: str, answers: int) -> None:
    """A real pipe: each line is answered."""
    line = full_arguments(field_office, "desk", "arrive", "-", "--office", "-n", "-f", "json")
    line[line.index("--now") + 1] = f"{WEDNESDAY}T10:00:00"
    done = subprocess.run(
        [sys.executable, "-m", "kofucli", *line],
        input=(FIELD / name).read_bytes(),
        capture_output=True,
        env=process_environment(),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(each) for each in done.stdout.splitlines()]
    assert [NUMBER] * answers == [each["reservation"]["number"] for each in found]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("X-1,2026/11/26 10:00,11時", ("'11時'", "'2026/11/26 10:00'", "column hour (時刻)")),
        ("X-1,2026/11/27,2026/11/26 10:00", ("'2026/11/27'", "'2026/11/26 10:00'")),
        ("X-1,2026/11/26(水),10:00", ("is a Thursday", "'2026/11/26(水)'")),
        ("X-1,2026/11/26,①10:00", ("'①10:00'", "an hour such as 10:00")),
    ],
)
def test_a_wrong_row_says_why(office: OfficeInFolder, row: str, told: tuple[str, ...]) -> None:
    path = write_rows(office, row, head="申請番号,予約日,時刻")
    outcome = office.run("plan", path, *A1)
    assert 5 == outcome.status
    assert all(text in outcome.err for text in told)


@pytest.mark.parametrize(
    "frame", [("令和8年11月26日(木)", "午前10時～11時"), ("2026/11/26 10:00",)]
)
def test_book_takes_a_frame_in_any_form(office: OfficeInFolder, frame: tuple[str, ...]) -> None:
    made = office.json("book", *frame, "--case", "X-1", *A1, "-n")["reservation"]
    assert ("2026-11-26", "10:00") == (made["date"], made["start"])


@pytest.mark.parametrize("column", ["number", "with", "kind", "counter", "date", "hour", "agent"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\t"])
def test_two_values_in_a_cell_stay_two(office: OfficeInFolder, column: str, end: str) -> None:
    """A line end shows, and is nothing to delete: X-1 and X-2 would become X-1X-2."""
    value = {"date": "2026-11-26", "hour": "10:00", "kind": "変更"}.get(column, "3")
    head, case = ("number", "") if column == "number" else (f"number,{column}", "X-1,")
    path = office.folder / "two.csv"
    path.write_bytes(f'{head}\n{case}"{value}{end}{value}"\n'.encode())
    outcome = office.run("plan", str(path), "--office")
    assert 5 == outcome.status
    assert "delete it" not in outcome.err
    assert f"row 2, column {column}: " in outcome.err
