"""Files as offices bring them, given to the command line: cells count as what they show."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tests.conftest import OfficeInFolder, Outcome

HEAD = "申請番号,予約日,時刻"
NUMBER = "横支更20261100001"
DAY = "2026/11/25,10:00"


def plan(office: OfficeInFolder, data: bytes, name: str = "案件.csv") -> Outcome:
    """Plan a file that has a name."""
    path = Path(office.folder) / name
    path.write_bytes(data)
    return office.run("plan", str(path), "--agent", "A-1", "-f", "json")


def planned(outcome: Outcome) -> list[Any]:
    """Return the cases that were placed, each with its day and hour."""
    assert outcome.status == 0, outcome
    return [(row["case"], row["date"], row["start"]) for row in outcome.json["rows"]]


def refused(outcome: Outcome) -> list[str]:
    """Return the problems of a file that was refused as bad input."""
    assert outcome.status == 5, outcome
    return [f"{each['where']}: {each['message']}" for each in outcome.error["problems"]]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"2.02611E+11,{DAY}", "'2.02611E+11' is what a spreadsheet made of it"),
        (f"{NUMBER}\u200b,{DAY}", "it holds an invisible character (U+200B)"),
        (f"横\u3164支更1,{DAY}", "it holds an invisible character (U+3164)"),
    ],
)
def test_what_is_told(office: OfficeInFolder, row: str, said: str) -> None:
    """Lost digits and characters that nobody sees are bad input, with row and column."""
    (fault,) = refused(plan(office, f"{HEAD}\r\n{row}\r\n".encode()))
    assert fault.startswith("row 2, column number (申請番号): ")
    assert said in fault


@pytest.mark.parametrize(
    ("head", "values", "fails"),
    [
        ("出生", "TRUE はい ○ 済 ✓", []),
        ("出生", "FALSE × 未", ["case.birth-only"]),
        ("審査", "○ 済 レ", ["case.birth-only"]),
    ],
)
def test_marks(office: OfficeInFolder, head: str, values: str, fails: list[str]) -> None:
    """Marks and truth values mean yes and no: an acquisition is one by birth, or is not."""
    for value in values.split():
        found = plan(office, f"{HEAD},種別,{head}\n{NUMBER},{DAY},取得,{value}\n".encode())
        (row,) = found.json["rows"]
        assert fails == [refusal["code"] for refusal in row["refusals"]]


def test_a_review_that_is_pending(office: OfficeInFolder) -> None:
    """A cross under 審査 is a review that is pending."""
    found = plan(office, f"{HEAD},審査\n{NUMBER},{DAY},×\nX-2,{DAY},未\n".encode())
    assert ["not-ready"] * 2 == [row["outcome"] for row in found.json["rows"]]


def test_agents_accept_terms_by_a_mark(office: OfficeInFolder) -> None:
    """In an agent file a circle accepts the terms, a cross does not."""
    head = "取次者,氏名,職種,証明書番号,有効期限,メール,規約同意"
    lines = [
        f"T-{at},山田,行政書士,第{at}号,2029-03-31,t{at}@example.jp,{mark}"
        for at, mark in enumerate("○×済未")
    ]
    path = Path(office.folder) / "agents.csv"
    path.write_text("\n".join([head, *lines]))
    agents = office.json("agent", "import", str(path))["agents"]
    assert [True, False, True, False] == [agent["terms_version"] is not None for agent in agents]


@pytest.mark.parametrize("column", ["number", "with", "kind", "counter", "date", "hour", "agent"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\t"])
def test_two_values_in_a_cell_are_not_made_one(
    office: OfficeInFolder, column: str, end: str
) -> None:
    """A line end shows, and is nothing to delete: X-1 and X-2 would become X-1X-2."""
    value = {"date": "2026-11-26", "hour": "10:00", "kind": "変更"}.get(column, "3")
    head = column if column == "number" else f"number,{column}"
    cells = f'"{value}{end}{value}"' if column == "number" else f'X-1,"{value}{end}{value}"'
    path = office.folder / "two.csv"
    path.write_bytes(f"{head}\n{cells}\n".encode())
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
    data = "\n".join(",".join(line) for line in lines).encode()
    if form == "xlsx":
        book, out = Workbook(), BytesIO()
        assert book.active is not None
        for number, case, note in lines:
            book.active.append([number, int(case) if case == "1" else case, note])
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
