"""Cells as we write them for spreadsheets: what is in them stays as it is, and is never calculated.

In CSV ``=1+1`` is written as ``'=1+1``, the character ESC as ``\\u001b``. Writing and reading are
here together, so that reading takes off what writing has added. Other programs write ``="0012"``,
so that a spreadsheet keeps the zeros: this is read, too.

A workbook has one sheet of texts, numbers, days and hours, and the same bytes each time. A text is
formatted as text: no zero gets lost where somebody edits it. ``casefile.xlsx_rows`` reads it again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import TYPE_CHECKING

from kofucli.base.text import safe

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell

_FORMULA = re.compile(r"[=+\-@\t\r]")
"""The beginning of a cell that a spreadsheet takes for a formula."""
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
"""The beginning of a cell with an apostrophe, which keeps a spreadsheet from calculating."""
_ESCAPE = re.compile(r"\\(?:u(?!000[09ad]|d[89a-f])[0-9a-f]{4}|U000[0-9a-f]{5})")
"""What may be an escape of ours: not of NUL, a tab, a line end or half a character."""
_QUOTED = re.compile('="((?:[^"]|"")*)"')
"""A formula that is nothing but a text."""
_BACKSLASH = "\\u005c"

Value = str | float | bool | date | time | datetime | None
"""What a cell may hold; a datetime is in the office's time and has no zone."""

_NAME = "kofucli"
_FORMATS = {
    str: "@",
    bool: "General",
    int: "General",
    float: "General",
    date: "yyyy-mm-dd",
    time: "hh:mm",
    datetime: "yyyy-mm-dd hh:mm",
}
_NARROWEST, _WIDEST = 6, 60
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""What XML cannot hold, or would change, and what reads as the escape of such a character."""
_STAMPS = rb"(<dcterms:\w+[^>]*>)[^<]*"


def write_cell(text: str, raw: bool = False) -> str:
    """Return a text as our CSV has it; tabs and line ends stay, the cell is quoted.

    A formula gets an apostrophe unless ``raw`` is set; one that has an apostrophe already, or that
    is nothing but a text, gets one in either case. Other control and bidirectional characters
    become escapes.
    """
    if "\\" in text:
        text = _ESCAPE.sub(_keep_backslash, text)
    if not text.isprintable():
        text = re.sub(r"[^\t\n\r]+", lambda found: safe(found[0]), text)
    guard = _GUARDED.match(text) or _QUOTED.fullmatch(text) or (not raw and _FORMULA.match(text))
    return f"'{text}" if guard else text


def read_cell(cell: str) -> str:
    """Return the text that a cell of CSV was written for."""
    quoted = _QUOTED.fullmatch(cell) if '="' in cell else None
    if quoted is not None:
        return quoted[1].replace('""', '"')
    if cell.startswith("'") and _GUARDED.match(cell):
        cell = cell[1:]
    return _ESCAPE.sub(lambda found: _meaning(found[0]) or found[0], cell) if "\\" in cell else cell


def _keep_backslash(found: re.Match[str]) -> str:
    return found[0] if _meaning(found[0]) is None else _BACKSLASH + found[0][1:]


def _meaning(escape: str) -> str | None:
    """Return the character that an escape stands for, None where writing makes no such escape."""
    char = chr(int(escape[2:], 16))
    return char if escape == (_BACKSLASH if char == "\\" else safe(char)) else None


def write_workbook(
    headings: Sequence[str], rows: Sequence[Sequence[Value]], made: datetime
) -> bytes:
    """Return a workbook whose heading stays in sight and has filters; ``made`` is its date."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    book.properties.creator = _NAME
    page = book.create_sheet(_NAME)
    page.freeze_panes = "A2"
    letters = [get_column_letter(at) for at in range(1, len(headings) + 1)]
    for at, letter in enumerate(letters):
        widest = max(_width(text) for text in (headings[at], *(row[at] for row in rows)))
        page.column_dimensions[letter].width = min(max(widest + 3, _NARROWEST), _WIDEST)
    title = WriteOnlyCell(page)
    title.font, title.number_format = Font(bold=True), "@"
    page.append(_fill(title, heading) for heading in headings)
    # Each row is written at once: one cell of a kind is enough for all.
    cells: dict[object, WriteOnlyCell] = {kind: WriteOnlyCell(page) for kind in _FORMATS}
    for kind, form in _FORMATS.items():
        cells[kind].number_format = form
    for row in rows:
        page.append(_fill(cells.get(type(value), cells[str]), value) for value in row)
    page.auto_filter.ref = f"A1:{letters[-1]}{len(rows) + 1}"
    data = BytesIO()
    book.save(data)
    return _date(data, made)


def _fill(cell: WriteOnlyCell, value: Value) -> WriteOnlyCell | None:
    """Put a value into a cell, if there is any; a text is one, whatever it looks like."""
    if value in (None, ""):
        return None
    if isinstance(value, str):
        cell.value = _UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
        cell.data_type = "s"
    else:
        cell.value = value
    return cell


def _width(value: Value) -> int:
    """Return the columns that a value takes; of several lines those of the longest one."""
    from wcwidth import wcswidth

    if isinstance(value, str):
        return max((wcswidth(line) for line in value.splitlines()), default=0)
    if isinstance(value, (date, time)):
        return len(_FORMATS[type(value)])
    return 0 if value is None else len(str(value))


def _date(written: BytesIO, made: datetime) -> bytes:
    """Return a package that tells ``made`` in place of the machine's clock."""
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    stamp = rb"\g<1>" + f"{made:%Y-%m-%dT%H:%M:%SZ}".encode()
    settled = BytesIO()
    with ZipFile(written) as old, ZipFile(settled, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(_STAMPS, stamp, part)
            new.writestr(ZipInfo(name), part, ZIP_DEFLATED)
    return settled.getvalue()
