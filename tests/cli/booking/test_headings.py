"""Headings as offices write them, and files without rows, through the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.booking.test_mistakes import problems
from tests.conftest import OfficeInFolder
from tests.operations.support import outcomes, write_rows

A1 = ("--agent", "A-1")
CASE = "横支更20261100001"


@pytest.mark.parametrize("command", [("plan",), ("-q", "book", "--from"), ("cancel", "--from")])
@pytest.mark.parametrize("again", ["申請番号,備考", "申請 番号,", "number,", "【申請番号】,備考欄"])
def test_the_heading_once_more(
    office: OfficeInFolder, command: tuple[str, ...], again: str
) -> None:
    """A heading that stands between the rows, as where files were joined, is named as one."""
    path = write_rows(office, f"{CASE},", again, "横支更20261100002,", head="申請番号,備考")
    outcome = office.run(*command, path, *A1, "-f", "json")
    assert ["row 3"] == problems(outcome)
    assert "heading stands here again" in outcome.error["problems"][0]["message"]


@pytest.mark.parametrize("name", ["ご案内", "pickup time", "いつ", "枠", ""])
@pytest.mark.parametrize(
    "hours", [("10:00", "", "１３時"), ("午前10時", "", "1:00 PM"), ("10:00-11:00", "", "9時")]
)
@pytest.mark.parametrize("command", [("plan",), ("-q", "book", "--from")])
def test_hours_under_an_unknown_heading_stop_the_file(
    office: OfficeInFolder, name: str, hours: tuple[str, ...], command: tuple[str, ...]
) -> None:
    """Hours of frames under an unknown heading decide where cases go, so they are no note."""
    before = office.bytes()
    rows = [f"X{at},2026-11-25,{hour}" for at, hour in enumerate(hours)]
    path = write_rows(office, *rows, head=f"申請番号,予約日,{name}")
    outcome = office.run(*command, path, *A1, "-f", "json")
    assert [f"heading {name or '(C)'}"] == problems(outcome)[:1]
    told = outcome.error["problems"][0]["message"]
    assert (before, bool(name)) == (office.bytes(), f'{{"{name}" = "hour"}}' in told)
    assert "時刻" in office.run(*command, path, *A1, "--lang", "ja").err


def test_columns_that_are_none_of_ours(office: OfficeInFolder) -> None:
    """A sheet with all its columns is read: one note names those that are ignored."""
    own = "No.,氏名,国籍,担当,電話,枚数,取次者氏名,審査官,予約日数,備考2"
    path = write_rows(
        office,
        f"1,山田,中国,佐藤,045-000-0000,3,甲,乙,2,丙,{CASE},2026/11/25,10:00,本人同行",
        head=f"{own},申請番号,予約日,時刻,備考",
    )
    outcome = office.run("plan", path, *A1, "-f", "json")
    assert ["placed"] == outcomes(outcome.json)
    ignored = own.replace(",", ", ")
    assert [f"Columns not known here were ignored: {ignored}"] == outcome.json["warnings"]


NO_ROW = "The file has no row to read."


@pytest.mark.parametrize(
    "content", ["申請番号,予約日,時刻\n", "申請番号,予約日\n\n,,\n", "[]", '[{"number": ""}]']
)
def test_a_file_without_rows_says_so(office: OfficeInFolder, content: str) -> None:
    """A file that has a heading only changes nothing, and a note says so."""
    path = Path(office.folder) / "cases"
    path.write_text(content, "utf-8")
    before = office.bytes()
    for command in (("plan",), ("book", "--from"), ("cancel", "--from"), ("amend", "--from")):
        outcome = office.run(*command, str(path), *A1, "-f", "json")
        assert (0, []) == (outcome.status, outcome.json["rows"])
        assert NO_ROW in outcome.json["warnings"]
        assert NO_ROW in office.run(*command, str(path), *A1).err
    assert before == office.bytes()


@pytest.mark.parametrize("content", ["取次者,氏名\n", "[]"])
def test_an_agent_file_without_rows_says_so(office: OfficeInFolder, content: str) -> None:
    """So does ``agent import``."""
    path = Path(office.folder) / "agents"
    path.write_text(content, "utf-8")
    before = office.bytes()
    outcome = office.run("agent", "import", str(path), "--office", "-f", "json")
    assert (0, [], False) == (outcome.status, outcome.json["agents"], outcome.json["changed"])
    assert [NO_ROW] == outcome.json["warnings"]
    assert before == office.bytes()


# --- rows as people see them -------------------------------------------------------------------


def test_rows_of_the_sheet_for_people_and_counted_ones_for_programs(office: OfficeInFolder) -> None:
    """Table, reasons, notes, --explain and Japanese name the sheet's row; JSON counts."""
    lines = ["X-1,,professional", "", "X-2,2026-11-25,professional", "X-3,2030-01-01,self"]
    path = write_rows(office, "", *lines, head="\nnumber,date,recipient")
    command = ("book", "-n", "--best-effort", "--from", path, *A1)
    shown = office.run(*command)
    assert ["4", "6", "7"] == [line.split()[0] for line in shown.out.splitlines()[2:5]]
    assert "rows: 7" in shown.out
    assert "rows: 4, 6" in shown.err
    document = office.run(*command, "-f", "json").json
    assert [2, 4, 5] == [row["row"] for row in document["rows"]]
    explained = office.run(*command, "--explain").out.partition("Rules asked")[2]
    assert ["row 4", "row 6", "row 7"] == re.findall("row .", explained)
    whole = ("book", "-n", "--from", path, *A1)
    assert "row 7, case X-3" in office.run(*whole).err
    assert "7行目、申請番号 X-3" in office.run(*whole, "--lang", "ja").err
    bad = write_rows(office, "X-1,?", head="\n\nnumber,date")
    assert "  4行目、列 date: " in office.run("plan", bad, *A1, "--lang", "ja").err
