"""The journal: who did what, when, and to what."""

from __future__ import annotations

from collections.abc import Sequence

from kofucli.language import Translate
from kofucli.operations.journal import Entry
from kofucli.output.documents import FORMAT, Document, instant
from kofucli.output.tables import Cell, Sheet, table_text
from kofucli.text import N_, show

_COLUMNS = {
    "n": N_("Line"),
    "at": N_("Instant"),
    "clock": N_("Machine's clock"),
    "op": N_("What was done"),
    "agent": N_("Agent"),
    "by": N_("By"),
    "account": N_("Account"),
    "reservations": N_("Reservations"),
    "agents": N_("Agents concerned"),
    "days": N_("Days"),
    "office": N_("Office's records"),
}
_SHOWN = ("n", "at", "op", "agent", "by", "account", "reservations", "agents", "office")
_MOST = 3
"""How many names a cell of a table holds; the rest is counted."""


def log_document(entries: Sequence[Entry]) -> Document:
    """Return the entries as a document."""
    return {
        "format": FORMAT,
        "entries": [
            {
                "n": e.n,
                "at": instant(e.at),
                "clock": instant(e.clock),
                "op": e.op,
                "agent": e.actor,
                "by": e.by,
                "account": e.account,
                "reservations": list(e.reservations),
                "agents": list(e.agents),
                "days": list(e.days),
                "office": list(e.office),
            }
            for e in entries
        ],
    }


def log_sheet(entries: Sequence[Entry]) -> Sheet:
    """Return the entries for a spreadsheet; several values in a cell are separated by a space."""
    rows = [
        [
            e.n,
            instant(e.at),
            instant(e.clock),
            e.op,
            e.actor,
            e.by,
            e.account,
            *(" ".join(names) for names in (e.reservations, e.agents, e.days, e.office)),
        ]
        for e in entries
    ]
    return Sheet(tuple(_COLUMNS), (), rows)


def log_text(entries: Sequence[Entry], _: Translate) -> str:
    """Return the entries for people."""
    if not entries:
        return _("No line of the ledger fits.") + "\n"
    rows: list[list[Cell]] = [
        [
            e.n,
            show(e.at),
            e.op,
            e.actor or _("office"),
            e.by,
            e.account,
            *(_shorten(names, _) for names in (e.reservations, e.agents, e.office)),
        ]
        for e in entries
    ]
    return table_text(Sheet((), [_(_COLUMNS[name]) for name in _SHOWN], rows))


def _shorten(names: Sequence[str], _: Translate) -> str:
    shown = " ".join(names[:_MOST])
    if len(names) <= _MOST:
        return shown
    return _("{names} and {count} more").format(names=shown, count=len(names) - _MOST)
