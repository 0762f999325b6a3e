"""The forms of a result: tables for people, CSV, XLSX, HTML pages. Values are made safe to show."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from datetime import date, datetime, time, timedelta
from functools import cache
from io import StringIO
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from kofucli.base.language import Translate, list_text
from kofucli.base.text import N_, safe
from kofucli.output import words

if TYPE_CHECKING:
    from jinja2 import Environment

Cell = str | float | bool | date | time | None  # what may stand in a cell; None is an empty cell

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # what lets Excel read a CSV file as UTF-8
_BLOCK = 2000
_FOLDER = os.path.join(os.path.dirname(__file__), "templates")


class Sheet(NamedTuple):
    """Columns by the names of the contract, unless ``is_worded``: then by the user's words."""

    names: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    is_worded: bool = False


_HEADINGS = {
    heading.lower().replace(" ", "_"): heading
    for heading in (
        *(N_("Agent"), N_("Date"), N_("Hour"), N_("End"), N_("Status"), N_("Kind")),
        *(N_("Recipient"), N_("Birth"), N_("With"), N_("Filed"), N_("Office"), N_("Review")),
        *(N_("Collect by"), N_("Note"), N_("Case status"), N_("Papers"), N_("Arrived at")),
        *(N_("Late notice"), N_("Certificate kind"), N_("Certificate valid"), N_("Name")),
        *(N_("Occupation"), N_("Certificate"), N_("Valid until"), N_("Email"), N_("Phone")),
        *(N_("Language"), N_("Verified"), N_("Erased"), N_("Frames held"), N_("Frames left")),
        *(N_("Cases"), N_("Frames"), N_("Threshold reached"), N_("Suspended until")),
    )
} | {
    **words.FIGURE_NAMES,
    "number": N_("Reservation number"),
    "start": N_("Hour"),
    "case": N_("Case number"),
    "counter": N_("Pick-up counter"),
    "closes": N_("Change until"),
    "late_cancel": words.FIGURE_NAMES["late_cancelled"],
    "id": N_("Agent"),
    "organization": N_("Organisation"),
    "terms_version": N_("Terms"),
    "blocked": N_("What keeps it from booking"),
}
"""The headings of workbooks, by the names of the columns in CSV; case files have the same."""


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=None)


_VALUES: dict[str, Callable[[str], Cell]] = {
    **dict.fromkeys(("date", "collect_by", "valid_until", "suspended_until"), date.fromisoformat),
    **dict.fromkeys(("start", "hour", "end"), time.fromisoformat),
    **dict.fromkeys(("arrived_at", "late_notice"), _moment),
    "closes": lambda written: _moment(written) - timedelta(minutes=1),  # people read 11:59
}
_IN_WORDS = {
    *("status", "case_status", "kind", "recipient", "papers", "not_handed", "certificate_kind"),
    *("occupation", "birth", "filed", "review", "verified", "erased"),
    *("threshold_reached", "certificate_valid"),
}
_WORDS = {
    "yes": N_("yes"),
    "no": N_("no"),
    **words.REASON_NAMES,
    **words.STATUS_NAMES,
    **words.SHORT_NAMES,
    **words.OCCUPATION_NAMES,
}


def sheet_of(names: Sequence[str], documents: Iterable[Mapping[str, object]]) -> Sheet:
    """Return documents as rows: days and instants as text, true as yes, lists with spaces."""
    return Sheet(names, ([_plain(document[name]) for name in names] for document in documents))


def _plain(value: object) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    if isinstance(value, date):  # or an instant
        return value.isoformat()
    return value if isinstance(value, (int, float)) or value is None else str(value)


def headings(names: Iterable[str], _: Translate) -> list[str]:
    """Return the words of the user's language for columns of CSV."""
    return [_(_HEADINGS[name]) for name in names]


def entries_text(entries: Iterable[tuple[str, str]]) -> str:
    """Return labels and their values, one a line."""
    return "".join(f"{label}: {safe(value)}\n" for label, value in entries)


def count_rest(items: Sized, shown: int, more: str) -> list[str]:
    """Return the line ``more``, with {count} filled in, if not all items are shown."""
    rest = len(items) - shown
    return [more.format(count=rest)] if rest > 0 else []


def table_text(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table aligned for Japanese text; columns of numbers stand to the right."""
    return "".join(table_parts(headings, rows))


def table_parts(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield the parts of such a table; the rows are read twice."""
    widest, right, count = [0] * len(headings), [True] * len(headings), 0
    for block in _blocks(rows):
        count += len(block)
        for at, column in enumerate(zip(*block, strict=True)):
            right[at] = right[at] and all(isinstance(c, int) or c is None for c in column)
            widest[at] = max(widest[at], *map(_width, {*_show_column(column)}))
    right = [is_number and width > 0 for is_number, width in zip(right, widest, strict=True)]
    if count <= _BLOCK:
        columns = map(_show_column, zip(*rows, strict=True))
        yield _tabulate(headings, [*zip(*columns, strict=True)], right)
        return
    # tabulate takes 35 microseconds and six kilobytes a row: of a long table it makes the head.
    heading, line, _ = _tabulate(headings, [["x" * width for width in widest]], right).splitlines(
        keepends=True
    )
    yield heading + line
    widest = [*map(len, line.split())]
    for block in _blocks(rows):
        aligned = map(_align, zip(*block, strict=True), widest, right)
        yield "".join(f"{'  '.join(cells).rstrip()}\n" for cells in zip(*aligned, strict=True))


def _tabulate(headings: Sequence[str], rows: Sequence[Sequence[str]], right: list[bool]) -> str:
    import tabulate  # doubles start-up, and JSON needs none

    text = tabulate.tabulate(
        rows,
        headers=list(headings),
        tablefmt="simple",
        disable_numparse=True,
        colalign=["right" if number else "left" for number in right] if rows else None,
    )
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _align(column: Sequence[Cell], width: int, right: bool) -> Iterator[str]:
    """Return the cells of a column as text of one width; each text is made once."""
    cells = _show_column(column)
    blanks = {cell: " " * (width - _width(cell)) for cell in {*cells}}
    aligned = {cell: blank + cell if right else cell + blank for cell, blank in blanks.items()}
    return map(aligned.__getitem__, cells)


def _show_column(column: Sequence[Cell]) -> list[str]:
    cells = ["" if cell is None else str(cell) for cell in column]
    return cells if "".join(cells).isprintable() else [*map(safe, cells)]


def _width(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    from wcwidth import wcswidth  # JSON needs none

    return max(0, int(wcswidth(cell)))


def _blocks(rows: Iterable[Sequence[Cell]]) -> Iterator[list[Sequence[Cell]]]:
    each = iter(rows)
    while block := list(islice(each, _BLOCK)):
        yield block


def xlsx_file(sheet: Sheet, made: datetime, _: Translate) -> bytes:
    """Return a workbook: texts, numbers, days and hours, under headings in the user's language."""
    from kofucli.base.spreadsheets import write_workbook  # only this form needs it

    if sheet.is_worded:
        return write_workbook(sheet.names, list(sheet.rows), made)
    names = sheet.names
    if "case" not in names:
        names = ["case" if name == "number" else name for name in names]
    rows = [[_value(*cell, _) for cell in zip(sheet.names, row, strict=True)] for row in sheet.rows]
    return write_workbook(headings(names, _), rows, made)


def _value(name: str, cell: Cell, _: Translate) -> Cell:
    """Return what a workbook has for a value of CSV in the column ``name``."""
    if not isinstance(cell, str) or not cell:
        return None if cell == "" else cell
    if name in _IN_WORDS:
        return list_text((_(_WORDS.get(word, word)) for word in cell.split(" ")), _)
    if name == "frames":
        return list_text((frame.replace("T", " ") for frame in cell.split(" ")), _)
    return _VALUES.get(name, str)(cell)


def csv_parts(sheet: Sheet, raw: bool) -> Iterator[str]:
    """Yield CSV (RFC 4180, CRLF); unless ``raw`` an apostrophe stands before formulas."""
    import csv  # only this form needs these

    from kofucli.base.spreadsheets import write_cell

    def plain(cell: Cell) -> Cell:
        if isinstance(cell, str):
            return write_cell(cell, raw)
        if isinstance(cell, bool):
            return str(cell).upper()
        if isinstance(cell, datetime):
            return f"{cell:%Y-%m-%d %H:%M}"
        return cell.isoformat("minutes") if isinstance(cell, time) else cell

    for block in _blocks(chain([sheet.names], sheet.rows)):
        out = StringIO()
        csv.writer(out).writerows([plain(cell) for cell in row] for row in block)
        yield out.getvalue()


def csv_file(sheet: Sheet, raw: bool = False) -> Iterator[bytes]:
    """Yield the bytes of a CSV file that Excel reads; see ``csv_parts``."""
    yield _BYTE_ORDER_MARK
    yield from (part.encode() for part in csv_parts(sheet, raw))


def fill_page(template: str, **values: object) -> str:
    """Fill a template of ``templates/``; values are escaped, a missing one is an error."""
    return _templates().get_template(template).render(values)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # only pages need it

    return Environment(
        autoescape=True,
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
