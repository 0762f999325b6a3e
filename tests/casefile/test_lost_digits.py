"""Digits that a spreadsheet took off: scientific notation is told in files of every form."""

from __future__ import annotations

import pytest

from kofucli.base import InputError
from kofucli.casefile.columns import AGENT_COLUMNS, AMEND_COLUMNS, CASE_COLUMNS
from kofucli.casefile.reading import read_rows
from tests.casefile.support import drafts, faults, make_sheet, show_phrase

LOST = [
    *("2.02611E+11", "2.02611e+11", "2.02611E11", "20261102E+5", "1E+02", "-2.5E+10", ".5E+3"),
    *("2,02611E+11", "２．０２６１１Ｅ＋１１", "２０Ｅ＋５", " 2.0E+10 ", "1E+999999", "2.E+10"),
]


def said(value: str) -> str:
    return (
        f"'{value.strip()}' is what a spreadsheet made of it, and digits are lost; format the "
        "column as text and enter it again"
    )


@pytest.mark.parametrize("value", LOST)
def test_an_identifier_in_scientific_notation_is_refused(value: str) -> None:
    for row, data in zip((2, 1, 2), make_sheet(["number", "agent"], ["X-1", value]), strict=True):
        assert [f"row {row}, column agent: {said(value)}"] == faults(data)


@pytest.mark.parametrize(
    ("columns", "needed", "key"),
    [
        *((CASE_COLUMNS, "number", key) for key in ("number", "with", "agent")),
        *((AMEND_COLUMNS, "number", key) for key in ("number", "new")),
        *((AGENT_COLUMNS, "id", key) for key in ("id", "certificate", "phone")),
    ],
)
def test_every_column_of_identifiers_is_looked_at(
    columns: dict[str, str], needed: str, key: str
) -> None:
    """In every kind of file; the other rows are read."""
    data = f"{needed},{key}\n1E5,X1\nX2,2.0E+5\n" if key != needed else f"{key}\n1E5\n2.0E+5\n"
    found = read_rows(data.encode(), columns, {}, needed)
    assert [1] == [number for number, _ in found.rows]
    assert [f"row 3, column {key}"] == [show_phrase(each.where) for each in found.problems]


WRITTEN = [
    *("横支E20", "東労E4321", "E20", "E5", "1E", "1EX2", "X1E5", "12E5-1", "1F5", "1E5E5", "1E5"),
    *("20261102E5", "2026E-5"),
]


def test_what_only_looks_so_is_read() -> None:
    """Only an identifier counts, and only where it is such a number as a whole."""
    for value in WRITTEN:
        assert [{"number": "X-1", "with": value}] == drafts(f"number,with\nX-1,{value}".encode())
    for key in ("note", "氏名", "office"):
        assert ["X-1"] == [d["number"] for d in drafts(f"number,{key}\nX-1,1E+5".encode())]


@pytest.mark.parametrize("value", ["2026-11-25", "2026/1/2", "2026/11/25 0:00"])
@pytest.mark.parametrize(("columns", "key"), [(AGENT_COLUMNS, "id"), (CASE_COLUMNS, "number")])
def test_a_day_is_no_identifier(columns: dict[str, str], key: str, value: str) -> None:
    """A spreadsheet makes one of 11-25; a form has one above the rows of that day."""
    with pytest.raises(InputError):
        read_rows(f"{key}\n{value}\n".encode(), columns, {}, key).complete()


def test_long_cells_take_no_time() -> None:
    text = "number\n" + f"{'1' * 9_999}x\n" * 1_500
    assert 1_500 == len(drafts(text.encode()))
