"""Tables for people and CSV for programs; every value is made safe before it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from io import StringIO

from kofucli.text import safe

__all__ = ["Cell", "Sheet", "csv_text", "table_text"]

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How a cell begins that a spreadsheet takes for a formula, or that looks defused already."""

Cell = str | int | None
"""What may stand in a cell; None is an empty one."""


class Sheet:
    """Rows under headings; the headings of CSV are the contract's names, those of tables words."""

    def __init__(
        self, names: Sequence[str], headings: Sequence[str], rows: Iterable[Sequence[Cell]]
    ) -> None:
        self.names = names
        self.headings = headings
        self.rows = [list(row) for row in rows]


def table_text(sheet: Sheet) -> str:
    """Return a table aligned for Japanese text, one line a row, without border characters."""
    import tabulate  # doubles start-up, and machine output needs none

    rows = [[safe("" if cell is None else str(cell)) for cell in row] for row in sheet.rows]
    numeric = [
        all(isinstance(row[at], int) or row[at] is None for row in sheet.rows)
        for at in range(len(sheet.headings))
    ]
    align = ["right" if number else "left" for number in numeric]
    text = tabulate.tabulate(
        rows,
        headers=list(sheet.headings),
        tablefmt="simple",
        disable_numparse=True,
        colalign=align if rows else None,
    )
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def csv_text(sheet: Sheet, raw: bool) -> str:
    """Return CSV (RFC 4180 quoting, CRLF); what looks like a formula gets an apostrophe.

    ``raw`` leaves such cells as they are, for programs that are no spreadsheet.
    """
    import csv  # only this format needs it

    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(sheet.names)
    for row in sheet.rows:
        writer.writerow([_defuse(cell, raw) for cell in row])
    return out.getvalue()


def _defuse(cell: Cell, raw: bool) -> str:
    text = "" if cell is None else safe(str(cell))
    return "'" + text if not raw and isinstance(cell, str) and _FORMULA.match(text) else text
