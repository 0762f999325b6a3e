"""XLSX as we write it: one sheet of texts, numbers, days and hours, the same bytes each time.

What stands in a cell is never a formula, and a text is formatted as text: no zero gets lost where
somebody edits it. ``xlsx_rows`` reads it again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from wcwidth import wcswidth

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
_STAMPS = re.compile(rb"(<dcterms:\w+[^>]*>)[^<]*")


def write_workbook(
    headings: Sequence[str], rows: Sequence[Sequence[Value]], made: datetime
) -> bytes:
    """Return a workbook whose heading stays in sight and has filters; ``made`` is its date."""
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
    if isinstance(value, str):
        return max((wcswidth(line) for line in value.splitlines()), default=0)
    if isinstance(value, (date, time)):
        return len(_FORMATS[type(value)])
    return 0 if value is None else len(str(value))


def _date(written: BytesIO, made: datetime) -> bytes:
    """Return a package that tells ``made`` in place of the machine's clock."""
    stamp = rb"\g<1>" + f"{made:%Y-%m-%dT%H:%M:%SZ}".encode()
    settled = BytesIO()
    with ZipFile(written) as old, ZipFile(settled, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _STAMPS.sub(stamp, part)
            new.writestr(ZipInfo(name), part, ZIP_DEFLATED)
    return settled.getvalue()
