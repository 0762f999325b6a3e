"""The forms of a result: tables for people, CSV, HTML pages. Every value is made safe to show."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence, Sized
from functools import lru_cache
from io import StringIO
from itertools import chain, islice
from typing import NamedTuple

from kofucli.base.text import safe

Cell = str | int | None
"""What may stand in a cell; None is an empty cell."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What lets Excel read a CSV file as UTF-8."""
_BLOCK = 2000
_FOLDER = os.path.join(os.path.dirname(__file__), "templates")


class Sheet(NamedTuple):
    """What a CSV file holds: rows, under the names of the columns that the contract gives."""

    names: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def entries_text(entries: Iterable[tuple[str, str]]) -> str:
    """Return labels and their values, one a line."""
    return "".join(f"{label}: {safe(value)}\n" for label, value in entries)


def count_rest(items: Sized, shown: int, more: str) -> list[str]:
    """Return one line that counts the items beyond the first ``shown``; none if there are none.

    ``more`` is the text of the line, with ``{count}``.
    """
    rest = len(items) - shown
    return [more.format(count=rest)] if rest > 0 else []


def table_text(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table aligned for Japanese text, one line a row, without border characters.

    A column of numbers alone is aligned to the right.
    """
    return "".join(table_parts(headings, rows))


def table_parts(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield the parts of such a table; the rows are read twice."""
    widest, right, count = [""] * len(headings), [True] * len(headings), 0
    for block in _blocks(rows):
        count += len(block)
        for at, column in enumerate(zip(*block, strict=True)):
            right[at] = right[at] and all(isinstance(c, int) or c is None for c in column)
            widest[at] = max(widest[at], *map(_show_cell, column), key=_width)
    if count <= _BLOCK:
        yield _align(headings, [[*map(_show_cell, row)] for row in rows], right)
        return
    # tabulate takes 35 microseconds and six kilobytes a row: of a long table it makes the head.
    heading, line, _ = _align(headings, [widest], right).splitlines(keepends=True)
    yield heading + line
    places = [(len(dashes), is_right) for dashes, is_right in zip(line.split(), right, strict=True)]
    for block in _blocks(rows):
        yield "".join(_show_row(row, places) for row in block)


def _blocks(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Sequence[Cell]]]:
    each = iter(rows)
    while block := list(islice(each, _BLOCK)):
        yield block


def _show_row(row: Sequence[Cell], places: Sequence[tuple[int, bool]]) -> str:
    cells = []
    for cell, (width, is_right) in zip(map(_show_cell, row), places, strict=True):
        blank = " " * (width - _width(cell))
        cells.append(blank + cell if is_right else cell + blank)
    return "  ".join(cells).rstrip() + "\n"


def _show_cell(cell: Cell) -> str:
    return "" if cell is None else safe(str(cell))


def _width(cell: str) -> int:
    return len(cell) if cell.isascii() else _width_of_wide(cell)


@lru_cache(1000)
def _width_of_wide(cell: str) -> int:
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


def csv_parts(sheet: Sheet, raw: bool) -> Iterator[str]:
    """Yield CSV (RFC 4180 quoting, CRLF), with an apostrophe before what looks like a formula.

    ``raw`` leaves formulas as they are, for programs that are not spreadsheets.
    """
    import csv  # only this form needs these

    from kofucli.casefile.escapes import write_cell

    for block in _blocks(chain([sheet.names], sheet.rows)):
        out = StringIO()
        csv.writer(out).writerows(
            [write_cell(cell, raw) if isinstance(cell, str) else cell for cell in row]
            for row in block
        )
        yield out.getvalue()


def csv_file(sheet: Sheet) -> bytes:
    """Return the bytes of a CSV file that Excel reads; formulas get an apostrophe."""
    return BYTE_ORDER_MARK + "".join(csv_parts(sheet, raw=False)).encode()


def fill_page(template: str, **values: object) -> str:
    """Return the page that a template of ``templates/`` makes of ``values``.

    A value is escaped unless it is markupsafe's Markup. A missing value is an error.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # only pages need it

    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(values)
