"""The rows of ``cancel --from`` and ``amend --from``: a table, JSON and CSV."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from kofucli.base.language import Translate, list_text
from kofucli.operations.booking.requests import ChangeRow
from kofucli.output.documents import (
    Document,
    refusal_document,
    reservation_document,
    row_place,
)
from kofucli.output.tables import Cell, Sheet, table_text
from kofucli.output.words import CHANGE_NAMES

if TYPE_CHECKING:  # an error loads this module too
    from kofucli.operations.booking.changes import ChangedMany


def changed_document(changed: ChangedMany, now: datetime, translate: Translate) -> Document:
    """Return the document of a file of changes."""
    return {
        "reservations": [reservation_document(r, now) for r in changed.reservations],
        **change_rows_document(changed.rows, now, translate),
        "changed": changed.changed,
    }


def change_rows_document(
    rows: Iterable[ChangeRow], now: datetime, translate: Translate
) -> Document:
    """Return the rows of a file of changes and their counts."""
    rows = tuple(rows)
    counts = {name.replace("-", "_"): 0 for name in CHANGE_NAMES}
    for row in rows:
        counts[row.outcome.replace("-", "_")] += 1
    return {"rows": [_row_document(row, now, translate) for row in rows], "counts": counts}


def _row_document(row: ChangeRow, now: datetime, translate: Translate) -> Document:
    reservation = row.reservation
    return {
        **row_place(row.row),
        "case": row.case,
        "new": row.new or None,
        "outcome": row.outcome,
        "agent": reservation.agent,
        "date": reservation.date.isoformat(),
        "start": reservation.start,
        "reservation": reservation.number,
        "refusals": [refusal_document(verdict, now, translate) for verdict in row.refusals],
    }


def changed_text(changed: ChangedMany, _: Translate) -> str:
    """Return the rows of a file of changes as a table, and their counts."""
    headings = [_("Row"), _("Case"), _("Outcome"), _("Agent"), _("Frame"), _("Number")]
    content: list[list[Cell]] = [
        [
            row.row,
            row.case if not row.new or row.new == row.case else f"{row.case} > {row.new}",
            _(CHANGE_NAMES[row.outcome]),
            row.reservation.agent,
            f"{row.reservation.date} {row.reservation.start}",
            row.reservation.number,
        ]
        for row in changed.rows
    ]
    counts: dict[str, int] = {}
    for row in changed.rows:
        name = _(CHANGE_NAMES[row.outcome])
        counts[name] = counts.get(name, 0) + 1
    total = _("Rows: {count} ({parts}); reservations changed: {visits}").format(
        count=len(changed.rows),
        parts=list_text([f"{name} {count}" for name, count in counts.items()], _) or "-",
        visits=len(changed.reservations),
    )
    return f"{table_text(headings, content)}\n{total}\n"


def changed_sheet(rows: Iterable[ChangeRow]) -> Sheet:
    """Return the rows of a file of changes for CSV."""
    names = ["row", "case", "new", "outcome", "agent", "date", "start", "reservation"]
    content: list[list[Cell]] = [
        [
            *row_place(row.row).values(),
            row.case,
            row.new,
            row.outcome,
            row.reservation.agent,
            row.reservation.date.isoformat(),
            row.reservation.start,
            row.reservation.number,
        ]
        for row in rows
    ]
    return Sheet(names, content)
