"""What the office announced: closures, openings, maintenance, and whom it concerns."""

from __future__ import annotations

from datetime import datetime

from kofucli.language import Translate, list_text
from kofucli.operations.closing import Announced
from kofucli.output.documents import (
    Document,
    instant,
    refusal_document,
    reservation_document,
)
from kofucli.output.reservations import day_text, reservations_text
from kofucli.text import safe, show


def announced_document(announced: Announced, now: datetime, translate: Translate) -> Document:
    """Return an announcement and everything it changed."""
    document: Document = {
        "date": announced.day.isoformat() if announced.day is not None else None,
        "changed": announced.changed,
        "ended": [reservation_document(r, now) for r in announced.ended],
        "restored": [reservation_document(r, now) for r in announced.restored],
        "moved": [reservation_document(r, now) for r in announced.moved],
        "not_restored": [
            {
                "reservation": reservation_document(r, now),
                "refusals": [refusal_document(v, now, translate) for v in verdicts],
            }
            for r, verdicts in announced.not_restored
        ],
    }
    if announced.maintenance is not None:
        held = announced.maintenance
        document["maintenance"] = {
            "since": instant(held.since),
            "end": instant(held.end),
            "reason": held.reason,
        }
    return document


def announced_text(announced: Announced, now: datetime, _: Translate) -> str:
    """Return an announcement for people: exactly who is affected."""
    if not announced.changed:
        headline = _("It is so already; nothing was changed.")
    elif announced.dry_run:
        headline = _("This would be done.")
    else:
        headline = _("Done.")
    text = headline + "\n"
    if announced.day is not None:
        hours = list_text(announced.hours, _) or _("all hours")
        state = _("Open") if announced.opens else _("Closed")
        text += f"{state}: {day_text(announced.day, _)}, {hours}\n"
    if announced.maintenance is not None:
        held = announced.maintenance
        end = show(held.end) if held.end is not None else _("unknown")
        said = _("Maintenance from {since} to {end} ({reason})")
        text += said.format(since=show(held.since), end=end, reason=safe(held.reason)) + "\n"
    for title, reservations in (
        (_("Ended by the closure"), announced.ended),
        (_("Restored"), announced.restored),
        (_("With a later deadline"), announced.moved),
        (_("Not restored"), tuple(r for r, _verdicts in announced.not_restored)),
    ):
        if reservations:
            text += f"\n{title}\n{reservations_text(reservations, _)}"
    for reservation, verdicts in announced.not_restored:
        text += f"{reservation.number}: {', '.join(v.code for v in verdicts)}\n"
    return text
