"""What is kept about a person, and what is left after erasing it."""

from __future__ import annotations

from datetime import datetime

from kofucli.language import Translate
from kofucli.operations.personal_data import Disclosure, Erased
from kofucli.output.agents import agent_text
from kofucli.output.documents import (
    FORMAT,
    Document,
    agent_document,
    instant,
    reservation_document,
)
from kofucli.output.reservations import reservations_text
from kofucli.output.tables import Cell, Sheet, table_text
from kofucli.output.words import STATUS_NAMES
from kofucli.text import safe, show

_MARK_NAMES = {
    "no-show": STATUS_NAMES["no-show"],
    "late-cancel": STATUS_NAMES["late-cancelled"],
}


def disclosure_document(found: Disclosure, now: datetime) -> Document:
    """Return everything that is kept about an agent as a document."""
    agent = found.registered.agent
    return {
        "format": FORMAT,
        "agent": agent_document(found.registered),
        "registered_at": instant(agent.registered_at),
        "marks": [
            {"kind": mark.kind, "date": mark.date.isoformat(), "reservation": mark.reservation}
            for mark in agent.marks
        ],
        "reinstated": agent.reinstated,
        "reservations": [reservation_document(r, now) for r in found.reservations],
        "reasons": {r.number: r.reason for r in found.reservations if r.reason is not None},
        "ledger": [{"n": e.n, "at": instant(e.at), "op": e.op} for e in found.entries],
        "mails": list(found.mails),
    }


def disclosure_text(found: Disclosure, _: Translate) -> str:
    """Return everything that is kept about an agent for people."""
    agent = found.registered.agent
    marks: list[list[Cell]] = [
        [_(_MARK_NAMES[m.kind]), m.date.isoformat(), m.reservation] for m in agent.marks
    ]
    entries: list[list[Cell]] = [[e.n, show(e.at), e.op] for e in found.entries]
    heads = [_("Mark"), _("Day"), _("Number")], [_("Line"), _("Instant"), _("What was done")]
    nothing = _("none") + "\n"
    parts = [
        (_("Registered"), f"{show(agent.registered_at)}\n"),
        (_("Marks"), table_text(Sheet((), heads[0], marks)) if marks else nothing),
        (
            _("Reservations of all time"),
            reservations_text(found.reservations, _) if found.reservations else nothing,
        ),
        (_("Lines of the ledger"), table_text(Sheet((), heads[1], entries))),
        (
            _("Mails that wait in the outbox"),
            "".join(f"{safe(name)}\n" for name in found.mails) or nothing,
        ),
    ]
    return agent_text(found.registered, _) + "".join(f"\n{head}\n{body}" for head, body in parts)


def erased_document(erased: Erased) -> Document:
    """Return what an erasure left and removed as a document."""
    return {
        "format": FORMAT,
        "agent": agent_document(erased.registered),
        "mails": list(erased.mails),
        "changed": erased.changed,
    }


def erased_text(erased: Erased, _: Translate) -> str:
    """Return what an erasure left and removed for people."""
    if not erased.changed:
        headline = _("Erased already.")
    elif erased.dry_run:
        headline = _("Would be erased.")
    else:
        headline = _("Erased.")
    lines = [
        headline,
        _("Gone: name, certificate number, addresses, organisation, link, suspension."),
        _("Mails removed from the outbox: {count}").format(count=len(erased.mails)),
        _("Kept under the id: visits, marks, and the ledger, with the reasons that were given."),
        _("Copies made before, such as backups and exports, still hold them: delete those too."),
    ]
    return "\n".join(lines) + "\n\n" + agent_text(erased.registered, _)
