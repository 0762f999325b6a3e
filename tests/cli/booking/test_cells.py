"""Cells as people write them, given to the command line: what they mean, and what is told."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import write_rows

A1 = ("--agent", "A-1")
NUMBER = "横支更20261100001"


def plan(office: OfficeInFolder, data: bytes) -> Outcome:
    """Plan a file."""
    path = Path(office.folder) / "案件.csv"
    path.write_bytes(data)
    return office.run("plan", str(path), *A1, "-f", "json")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("X-1,2026/11/26 10:00,11時", ("'11時'", "'2026/11/26 10:00'", "column hour (時刻)")),
        ("X-1,2026/11/27,2026/11/26 10:00", ("'2026/11/27'", "'2026/11/26 10:00'")),
        ("X-1,2026/11/26(水),10:00", ("is a Thursday", "'2026/11/26(水)'")),
        ("X-1,2026/11/26,①10:00", ("'①10:00'", "an hour such as 10:00")),
    ],
)
def test_a_row_that_is_wrong_says_why(
    office: OfficeInFolder, row: str, told: tuple[str, ...]
) -> None:
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
def test_two_values_in_a_cell_are_not_made_one(
    office: OfficeInFolder, column: str, end: str
) -> None:
    """A line end shows, and is nothing to delete: X-1 and X-2 would become X-1X-2."""
    value = {"date": "2026-11-26", "hour": "10:00", "kind": "変更"}.get(column, "3")
    head, case = ("number", "") if column == "number" else (f"number,{column}", "X-1,")
    path = office.folder / "two.csv"
    path.write_bytes(f'{head}\n{case}"{value}{end}{value}"\n'.encode())
    outcome = office.run("plan", str(path), "--office")
    assert 5 == outcome.status
    assert "delete it" not in outcome.err
    assert f"row 2, column {column}: " in outcome.err


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("word", ["合計", "合　計", "計", "総件数：", "Total", "ＴＯＴＡＬ"])
def test_a_count_beside_the_word_for_it_is_no_case(
    office: OfficeInFolder, form: str, word: str
) -> None:
    """Below a list the count stands under the numbers, and the word under another heading."""
    lines = [["No.", "申請番号", "備考"], ["1", NUMBER, "計"], [word, "1", ""]]
    data = "\n".join(map(",".join, lines)).encode()
    if form == "xlsx":
        book, out = Workbook(), BytesIO()
        for line in lines[:2]:
            book.active.append(line)
        book.active.append([word, 1])
        book.save(out)
        data = out.getvalue()
    outcome = plan(office, data)
    assert 5 == outcome.status
    assert ["row 3, column number (申請番号)"] == [
        problem["where"] for problem in outcome.error["problems"] if "total" in problem["message"]
    ]


@pytest.mark.parametrize("row", ["合計太郎,12", "計器,12", "合計,000123", ",12"])
def test_a_short_number_beside_other_words_is_a_case(office: OfficeInFolder, row: str) -> None:
    outcome = plan(office, f"氏名,申請番号\n{row}\n".encode())
    assert [row.split(",")[1]] == [each["case"] for each in outcome.json["rows"]]
