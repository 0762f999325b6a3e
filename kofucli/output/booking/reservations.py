"""Reservations: one in full, many as a table, and as CSV with a row a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from kofucli.base.language import Translate, list_text
from kofucli.base.text import N_, safe
from kofucli.model import Case, Reservation
from kofucli.operations.lookup import Listed
from kofucli.output.documents import Each, instant
from kofucli.output.tables import Cell, Sheet, entries_text, table_parts
from kofucli.output.words import SHORT_NAMES, STATUS_NAMES, day_cell, day_text, instant_text
from kofucli.rules.conduct import is_changeable
from kofucli.rules.eligibility import papers_for


def reservation_text(reservation: Reservation, now: datetime, _: Translate) -> str:
    """Return one reservation in full."""
    lines = [
        (_("Number"), reservation.number or _("(given when booked)")),
        (_("Agent"), reservation.agent),
        (_("Day and hour"), f"{day_text(reservation.date, _)} {reservation.hours}"),
        (_("Status"), _(STATUS_NAMES[reservation.status])),
        (_("Change and cancel until"), instant_text(reservation.deadline, _)),
    ]
    now_or_not = N_("Changeable now: yes"), N_("Changeable now: no")
    text = entries_text(lines) + _(now_or_not[not is_changeable(reservation, now)]) + "\n"
    text += _("Cases: {count}").format(count=reservation.taken) + "\n"
    for case in reservation.cases:
        # A case that is still active has ended if its reservation has.
        status = reservation.status if case.status == "active" else case.status
        words = [
            _(SHORT_NAMES[case.kind]),
            _(SHORT_NAMES[case.recipient]),
            _(STATUS_NAMES[status]),
            " + ".join(_(SHORT_NAMES[paper]) for paper in papers_for(case)),
        ]
        said = _("  {case}  ({words})\n")
        text += said.format(case=safe(case.number), words=list_text(words, _))
    return text


def reservations_text(reservations: Sequence[Reservation], _: Translate) -> str:
    """Return reservations as a table, one a line, and how many there are."""
    return "".join(reservations_parts(reservations, _))


def reservations_parts(found: Sequence[Reservation] | Listed, _: Translate) -> Iterator[str]:
    """Yield the parts of that text."""

    def cells(r: Reservation) -> list[Cell]:
        return [
            r.number or "-",
            day_cell(r.date, _),
            r.start,
            r.agent,
            _(STATUS_NAMES[r.status]),
            r.taken,
        ]

    headings = [_("Number"), _("Visit"), _("Hour"), _("Agent"), _("Status"), _("Cases")]
    yield from table_parts(headings, Each(cells, found))
    yield "\n" + _("Reservations: {count}").format(count=len(found)) + "\n"


_COLUMNS: dict[str, Callable[[Reservation, Case], Cell]] = {
    "number": lambda r, case: r.number,
    "agent": lambda r, case: r.agent,
    "date": lambda r, case: r.date.isoformat(),
    "start": lambda r, case: r.start,
    "end": lambda r, case: f"{r.ends_at:%H:%M}",
    "status": lambda r, case: r.status,
    "case": lambda r, case: case.number,
    "kind": lambda r, case: case.kind,
    "recipient": lambda r, case: case.recipient,
    "case_status": lambda r, case: r.status_of(case),
    "papers": lambda r, case: " ".join(papers_for(case)),
    "closes": lambda r, case: instant(r.closes),
}


def reservations_sheet(reservations: Iterable[Reservation]) -> Sheet:
    """Return reservations for CSV, a case a row."""
    return Sheet(
        tuple(_COLUMNS),
        ([find(r, case) for find in _COLUMNS.values()] for r in reservations for case in r.cases),
    )
