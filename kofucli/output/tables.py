"""The forms of a result: tables for people, CSV, HTML pages. Every value is made safe to show."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence, Sized
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from kofucli.base.text import safe

if TYPE_CHECKING:
    from jinja2 import Environment

Cell = str | int | None
"""What may stand in a cell; None is an empty cell."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What lets Excel read a CSV file as UTF-8."""
_BLOCK = 2000
_FOLDER = os.path.join(os.path.dirname(__file__), "templates")


class Sheet(NamedTuple):
    """What a CSV file holds: rows, under the names of the columns that the contract gives."""

    names: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def entries_text(entries: Iterable[tuple[str, str]]) -> str:
    """Return labels and their values, one a line."""
    return "".join(f"{label}: {safe(value)}\n" for label, value in entries)


def count_rest(items: Sized, shown: int, more: str) -> list[str]:
    """Return one line that counts the items beyond the first ``shown``; none if there are none.

    ``more`` is the text of the line, with ``{count}``.
    """
    rest = len(items) - shown
    return [more.format(count=rest)] if rest > 0 else []


def table_text(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return a table aligned for Japanese text, one line a row, without border characters.

    A column of numbers alone is aligned to the right.
    """
    if not rows:
        return _align(headings, [], [])
    columns = range(len(headings))
    right = [all(isinstance(row[at], int) or row[at] is None for row in rows) for at in columns]
    if len(rows) <= _BLOCK:
        return _align(headings, [_show(row) for row in rows], right)
    # tabulate takes a kilobyte a cell: a long table is made in parts, each as wide as the whole.
    widest = [max((_show_cell(row[at]) for row in rows), key=_width) for at in columns]
    parts = []
    for at in range(0, len(rows), _BLOCK):
        part = [widest, *map(_show, rows[at : at + _BLOCK])]
        heading, line, _, *lines = _align(headings, part, right).splitlines(keepends=True)
        parts.append("".join(lines if at else [heading, line, *lines]))
    return "".join(parts)


def _show(row: Sequence[Cell]) -> list[str]:
    return [_show_cell(cell) for cell in row]


def _show_cell(cell: Cell) -> str:
    return "" if cell is None else safe(str(cell))


def _width(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    from wcwidth import wcswidth  # only long tables need it here

    return int(wcswidth(cell))


def _align(headings: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool]) -> str:
    import tabulate  # doubles start-up, and JSON needs none

    text = tabulate.tabulate(
        cells,
        headers=list(headings),
        tablefmt="simple",
        disable_numparse=True,
        colalign=["right" if number else "left" for number in right] if cells else None,
    )
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def csv_text(sheet: Sheet, raw: bool) -> str:
    """Return CSV (RFC 4180 quoting, CRLF), with an apostrophe before what looks like a formula.

    ``raw`` leaves formulas as they are, for programs that are not spreadsheets.
    """
    import csv  # only this form needs these

    from kofucli.casefile.escapes import write_cell

    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(sheet.names)
    for row in sheet.rows:
        writer.writerow([write_cell(cell, raw) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()


def csv_file(sheet: Sheet) -> bytes:
    """Return the bytes of a CSV file that Excel reads; formulas get an apostrophe."""
    return BYTE_ORDER_MARK + csv_text(sheet, raw=False).encode()


def fill_page(template: str, **values: object) -> str:
    """Return the page that a template of ``templates/`` makes of ``values``.

    A value is escaped unless it is markupsafe's Markup. A missing value is an error.
    """
    return _templates().get_template(template).render(values)


@cache
def _templates() -> Environment:
    """Return the folder of templates; each is compiled once, though many pages are made."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # only pages need it

    return Environment(
        autoescape=True,
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
