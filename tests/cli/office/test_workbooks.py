"""-f xlsx: workbooks in the words of the user's language, which the program reads again."""

from __future__ import annotations

import json
from datetime import datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pytest

from kofucli.base.language import translator
from kofucli.casefile import VALUES, read_value, write_case
from kofucli.casefile.columns import STANDING
from kofucli.model import Case, EligibleKind, Occupation
from kofucli.output.tables import Sheet, xlsx_file
from kofucli.output.words import STATUS_NAMES
from kofucli.settings import Settings
from tests.conftest import OfficeInFolder, run_command
from tests.operations.support import A1, write_rows
from tests.support.command_tree import COMMANDS, options_of

DAY = "2026-11-25"
JA = ("--lang", "ja")
ODD = ("=1+1", "+81", "-1", "@x", "#N/A", "0012", "12", "a\x1b\x0bb", "_x0041_", "one\ntwo", " x ")
"""Texts that a spreadsheet, or the package of a workbook, would make something else of."""
MAKING = {
    "list": ["list", "--all"],
    "book": ["book", "--from", "{cases}", *A1],
    "plan": ["plan", "{cases}", *A1],
    "desk sheet": ["desk", "sheet", DAY],
    "report load": ["report", "load"],
    "report quota": ["report", "quota"],
    "report conduct": ["report", "conduct"],
    "agent list": ["agent", "list"],
}


def read(path: Path) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path).active]


def first_of(path: Path) -> dict[str, Any]:
    heading, first, *_ = read(path)
    return dict(zip(heading, first, strict=True))


@pytest.fixture
def busy(office: OfficeInFolder) -> OfficeInFolder:
    office.book(DAY, "10:00", "007", "横支更2,recipient=professional")
    return office


def make(office: OfficeInFolder, tmp_path: Path, name: str, *options: str) -> Path:
    cases = write_rows(office, "X-1,2026-11-26,10", "X-2,,", "007,2026-11-25,10")
    path = tmp_path / f"{name}.xlsx"
    words = [word.format(cases=cases) for word in MAKING[name]]
    outcome = office.run(*words, "-f", "xlsx", "-o", str(path), *options)
    assert (0, "") == (outcome.status, outcome.out)
    return path


@pytest.mark.parametrize("name", MAKING)
def test_workbooks_are_ready_to_use(busy: OfficeInFolder, tmp_path: Path, name: str) -> None:
    """Frozen heading, filter, widths that fit, no formula, one language, the same bytes again."""
    options = (*JA, "-n" if name == "book" else "-q")
    path = make(busy, tmp_path, name, *options)
    page = openpyxl.load_workbook(path).active
    assert ("A2", page.dimensions) == (page.freeze_panes, page.auto_filter.ref)
    assert not any(str(cell.value).isascii() for cell in page[1][3 if name == "book" else 0 :])
    for column in page.columns:
        assert column[0].font.bold
        widest = max(len(str(cell.value or "")) for cell in column if cell.data_type == "s")
        assert page.column_dimensions[column[0].column_letter].width > widest
        assert all(cell.data_type in "snd" for cell in column)
    first = path.read_bytes()
    assert first == make(busy, tmp_path, name, *options).read_bytes()


def test_values_are_words_days_and_hours(busy: OfficeInFolder, tmp_path: Path) -> None:
    assert first_of(make(busy, tmp_path, "list", *JA)) == {
        "予約番号": "Y261125-0001-7",
        "取次者": "A-1",
        "予約日": datetime.fromisoformat("2026-11-25"),
        "時刻": time(10),
        "終了時刻": time(11),
        "状態": "予約済み",
        "申請番号": "007",
        "申請種別": "更新",
        "受領区分": "ア",
        "申請の状態": "予約済み",
        "書類": "ハガキ",
        "変更・取消の期限": datetime.fromisoformat("2026-11-24T11:59"),
    }
    assert "extension" == first_of(make(busy, tmp_path, "list"))["Kind"]
    agent = first_of(make(busy, tmp_path, "agent list", *JA))
    assert ["行政書士", "はい", "いいえ"] == [agent[key] for key in ("職種", "認証済み", "消去")]
    assert ["A-1", 1, 2, 2, "2026-11-25 10:00"] == read(make(busy, tmp_path, "report quota"))[1][:5]


@pytest.mark.parametrize(
    ("key", "meaning"),
    [
        (key, meaning)
        for key, words in VALUES.items()
        for meaning in dict.fromkeys(words.values())
        if key != "kind" or meaning in (*get_args(EligibleKind), "reentry")  # others are refused
    ],
)
def test_every_value_of_a_case_has_a_japanese_word_that_is_read(key: str, meaning: Any) -> None:
    written = write_case(Case("X-1", **{key: meaning}))[key]
    book = xlsx_file(Sheet([key], [[written]]), datetime.fromisoformat(DAY), translator("ja"))
    cell = openpyxl.load_workbook(BytesIO(book)).active["A2"].value
    assert not cell.isascii()
    assert (meaning, None) == read_value(key, cell, Settings())


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", ["list", "plan"])
def test_what_is_made_is_read(
    busy: OfficeInFolder, tmp_path: Path, name: str, language: str
) -> None:
    """Rows of a list are booked already or have ended; those of a plan are booked as planned."""
    busy.book("2026-11-27", "9", "E-1")
    busy.run("amend", "Y261125-0001-7", *A1, "--drop", "横支更2")
    busy.run("cancel", "E-1", *A1)
    path = make(busy, tmp_path, name, "--lang", language)
    planned, booked = (
        busy.json(*words, str(path), *A1) for words in (("plan",), ("book", "--from"))
    )
    expected = {
        "list": {"007": "already", "横支更2": "ended", "E-1": "ended"},
        "plan": {"X-1": "booked", "X-2": "booked"},
    }[name]
    assert expected == {row["case"]: row["outcome"] for row in booked["rows"]}
    assert [*expected.values()] == [
        row["outcome"].replace("placed", "booked") for row in planned["rows"]
    ]
    assert not any("ignored" in note for note in planned["warnings"])


def test_the_statuses_of_what_stands_are_those_of_the_catalog() -> None:
    both = [STATUS_NAMES[status] for status in ("active", "arrived")]
    assert STANDING == {translator(lang)(name) for lang in ("en", "ja") for name in both}


@pytest.mark.parametrize(("form", "language"), [("csv", "en"), ("xlsx", "ja"), ("xlsx", "en")])
def test_attributes_come_back(
    office: OfficeInFolder, tmp_path: Path, form: str, language: str
) -> None:
    """A plan as a file says of its cases what the file said, whatever the form and language."""
    rows = [
        "0012,change,professional,no,,window,done,2026-11-30,'=x",
        "X-2,acquisition,self,yes,,window,,,",
        "R-3,reentry,self,no,0012,,,,a b",
        "X-4,work-certificate,self,no,,,,,",
    ]
    head = "number,kind,recipient,birth,with,filed,review,collect_by,note"
    source = write_rows(office, *rows, head=head)
    path = tmp_path / f"plan.{form}"
    office.run("plan", source, *A1, "-f", form, "-o", str(path), "--lang", language)
    first, second = (office.json("book", "--from", file, *A1, "-n") for file in (source, str(path)))
    assert first["reservations"] == second["reservations"]
    assert first["counts"] == second["counts"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_agents_come_back(office: OfficeInFolder, tmp_path: Path, language: str) -> None:
    for at, occupation in enumerate(get_args(Occupation)):
        office.add_agent(f"B-{at}", occupation=occupation, organization="甲", phone="045-1")
    path = str(tmp_path / "agents.xlsx")
    office.run("agent", "list", "-f", "xlsx", "-o", path, "--lang", language)
    outcomes = office.json("agent", "import", path, "--accept-terms")["outcomes"]
    assert outcomes == ["already"] * (1 + len(get_args(Occupation)))


def test_texts_stay_texts(office: OfficeInFolder, tmp_path: Path) -> None:
    """Nothing is calculated, shortened or lost; control characters come back, too."""
    source, path = tmp_path / "notes.json", tmp_path / "plan.xlsx"
    source.write_text(json.dumps([{"number": f"00{at}", "note": n} for at, n in enumerate(ODD)]))
    office.run("plan", str(source), *A1, "-f", "xlsx", "-o", str(path))
    cells = [row[-1] for row in openpyxl.load_workbook(path).active.iter_rows(min_row=2)]
    assert {("s", "@")} == {(cell.data_type, cell.number_format) for cell in cells}
    rows = office.json("book", "--from", str(path), *A1, "-n")["rows"]
    assert {f"00{at}": note for at, note in enumerate(ODD)} == {r["case"]: r["note"] for r in rows}


def test_forms_and_names_agree(busy: OfficeInFolder, tmp_path: Path) -> None:
    """-f xlsx needs -o, which ends in .xlsx or in no other form; nothing is changed else."""
    path, other = (str(tmp_path / name) for name in ("new.XLSX", "new.Csv"))
    cases = write_rows(busy, "X-1,2026-11-26,10")
    book = ("book", "--from", cases, *A1)
    for words in [
        (*book, "-f", "xlsx"),
        (*book, "-f", "xlsx", "-o", "-"),
        (*book, "-f", "xlsx", "-o", other),
        (*book, "-o", path),
        (*book, "-f", "csv", "-o", path),
        ("book", "2026-11-26", "10", "--case", "X-1", *A1, "-f", "xlsx", "-o", path),
        ("show", "007", "-o", path),
        ("store", "export", "-o", path),
    ]:
        assert 2 == busy.run(*words).status
    assert not Path(path).exists()
    assert not Path(other).exists()
    assert 1 == len(busy.json("list", "--all")["reservations"])


def test_the_others_say_which_have_it() -> None:
    making = {
        path
        for path, command in COMMANDS.items()
        for option in options_of(command)
        if option.name == "format" and "xlsx" in getattr(option.type, "choices", ())
    }
    outcome = run_command("slots", "-f", "xlsx")
    assert 2 == outcome.status
    said = outcome.err.partition("these do: ")[2].partition(". Its")[0].split(", ")
    assert sorted(making) == sorted(name.removesuffix(" --from") for name in said)
    assert sorted(MAKING) == sorted(making)
