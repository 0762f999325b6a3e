"""Tables for people and CSV for programs; every value is made safe before it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO

from kofucli.text import safe

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

    ``raw`` leaves formulas as they are, for programs that are no spreadsheet.
    """
    import csv  # only this format needs these

    from kofucli.casefile.escapes import write_cell

    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(sheet.names)
    for row in sheet.rows:
        writer.writerow([write_cell(cell, raw) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()
