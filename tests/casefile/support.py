"""What the tests of case files share: reading bytes, and workbooks written by hand."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from openpyxl import Workbook

from kofucli.base import InputError, Phrase
from kofucli.base.language import render
from kofucli.casefile.columns import CASE_COLUMNS
from kofucli.casefile.reading import FileRows, read_rows

SHEET = "xl/worksheets/sheet1.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def read(data: bytes, sheet: str | None = None, own: Mapping[str, str] | None = None) -> FileRows:
    return read_rows(data, CASE_COLUMNS, own or {}, "number", sheet).complete()


def rows(data: bytes, sheet: str | None = None) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a case file, without empty cells."""
    return [
        (number, {key: value for key, value in draft.items() if value})
        for number, draft in read(data, sheet).rows
    ]


def faults(data: bytes, sheet: str | None = None) -> list[str]:
    """Return what is wrong with a case file, as it is shown."""
    with pytest.raises(InputError) as caught:
        read(data, sheet)
    return [
        f"{show_phrase(each.where)}: {show_phrase(each.message)}" for each in caught.value.problems
    ]


def drafts(data: bytes) -> list[dict[str, str]]:
    """Return what the rows of a case file hold, without empty cells."""
    return [draft for _, draft in rows(data)]


def notes(data: bytes, sheet: str | None = None) -> list[str]:
    """Return the notes on a case file that is read, as they are shown."""
    return [show_phrase(note) for note in read(data, sheet).notes]


def show_phrase(phrase: Phrase) -> str:
    return render(phrase, str)


def line(*cells: str) -> str:
    """Return a row of a sheet in XML; what is no element yet is a text."""
    written = (cell if cell[:1] == "<" else f'<c t="str"><v>{cell}</v></c>' for cell in cells)
    return f"<row>{''.join(written)}</row>"


HEAD = line("number", "note")


def make_package(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return out.getvalue()


def make_parts(cells: str, styles: str = "", strings: str = "") -> dict[str, str | bytes]:
    """Return the parts of a workbook of one sheet; ``cells`` are its rows in XML."""
    kinds = {"worksheet": "worksheets/sheet1", "styles": "styles", "sharedStrings": "sharedStrings"}
    relations = "".join(
        f'<Relationship Id="{kind}" Type="{_DOCUMENT}/{kind}" Target="{name}.xml"/>'
        for kind, name in kinds.items()
    )
    return {
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r" '
        f'Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{relations}'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
        '<sheet name="表" sheetId="1" r:id="worksheet"/></sheets></workbook>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>',
        "xl/sharedStrings.xml": strings or f'<sst xmlns="{_MAIN}"/>',
        SHEET: f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>',
    }


def make_workbook(cells: str, styles: str = "", strings: str = "") -> bytes:
    return make_package(make_parts(cells, styles, strings))


def make_merged(cells: str, areas: list[str], behind: str = "", styles: str = "") -> bytes:
    """Return a workbook of one sheet whose ``areas`` are merged; ``behind`` stands behind them."""
    parts = make_parts(cells, styles)
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    end = f"<mergeCells>{merged}</mergeCells>{behind}</worksheet>"
    parts[SHEET] = str(parts[SHEET]).replace("</worksheet>", end)
    return make_package(parts)


def make_book(*lines: list[Any], name: str = "案件") -> Workbook:
    """Return a workbook of one sheet with these rows, as openpyxl makes it."""
    book = Workbook()
    book.active.title = name
    for line in lines:
        book.active.append(line)
    return book


def save(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def make_sheet(*lines: str | list[Any]) -> list[bytes]:
    """Return a table in each form that is read: CSV, JSON, XLSX."""
    cells = [line.split(",") if isinstance(line, str) else line for line in lines]
    book = make_book(*([None if cell == "" else cell for cell in line] for line in cells))
    objects = [dict(zip(cells[0], line, strict=True)) for line in cells[1:]]
    out = io.StringIO(newline="")
    csv.writer(out).writerows(cells)
    return [out.getvalue().encode(), json.dumps(objects, default=str).encode(), save(book)]
