"""Where somebody stands, as text and as a document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from kofucli.clock import weekday
from kofucli.language import Translate
from kofucli.model import Reservation
from kofucli.operations.status import Needs, Standing
from kofucli.output.documents import FORMAT, Document, instant, reservation_document
from kofucli.output.needs import TITLES, needs_lines, shorten
from kofucli.output.reservations import reservations_text
from kofucli.output.words import WEEKDAY_NAMES
from kofucli.text import safe

_GIB = 1 << 30


class Surroundings(Struct, frozen=True):
    """What a command works with: paths, the instant, and whether that was given.

    For the office also the mails that wait, and the free space of the store's disk in bytes.
    """

    config: str
    store: str
    now: datetime
    now_is_given: bool
    mails: int = 0
    disk_free: int = 0


def status_document(standing: Standing, around: Surroundings) -> Document:
    """Return the status as a document."""

    def listed(reservations: Iterable[Reservation]) -> list[Document]:
        return [reservation_document(r, around.now) for r in reservations]

    document: Document = {
        "format": FORMAT,
        "actor": standing.agent.id if standing.agent is not None else "office",
        "config": around.config,
        "store": around.store,
        "now": instant(around.now),
        "now_is_given": around.now_is_given,
        "open_today": standing.open_today,
        "maintenance": standing.in_maintenance,
        "closing_today": listed(standing.closing_today),
    }
    if standing.agent is not None:
        slots = standing.slots
        document |= {
            "visits": listed(standing.visits),
            "frames_held": slots.held,
            "frames_left": slots.left,
            "suspended_until": _suspended_until(standing, around),
        }
    else:
        document |= {
            "today": listed(standing.today),
            "unfinished": listed(standing.unfinished),
            "disk_free": around.disk_free,
        }
    if standing.needs is not None:
        document["needs"] = _needs_document(standing.needs, around.mails)
    return document


def _needs_document(needs: Needs, mails: int) -> Document:
    return {
        "unclosed": [
            {"date": each.date.isoformat(), "active": each.active, "arrived": each.arrived}
            for each in needs.unclosed
        ],
        "on_closed": list(needs.on_closed),
        "to_decide": [row.id for row in needs.to_decide],
        "expiring": [
            {
                "reservation": each.reservation,
                "agent": each.agent,
                "date": each.visit.isoformat(),
                "valid_until": each.valid_until.isoformat(),
            }
            for each in needs.expiring
        ],
        "outbox": mails,
    }


def _needs_text(needs: Needs, mails: int, _: Translate) -> str:
    """Return what needs somebody, each under its title; nothing where nothing does."""
    text = ""
    for name, lines in needs_lines(needs, _).items():
        if lines:
            text += f"\n{_(TITLES[name])}\n" + "".join(
                f"  {safe(line)}\n" for line in shorten(lines, _)
            )
    if mails:
        title = TITLES["mails"]
        text += f"\n{_(title)}: {mails}\n"
    return text


def status_text(standing: Standing, around: Surroundings, _: Translate) -> str:
    """Return the status for people."""
    actor = _("the office") if standing.agent is None else standing.agent.id
    day = _(WEEKDAY_NAMES[weekday(around.now.date())])
    clock = f"{around.now:%Y-%m-%d} ({day}) {around.now:%H:%M:%S}"
    given = _("given with --now or KOFUCLI_NOW") if around.now_is_given else _("Japan time")
    lines = [
        (_("Acting"), actor),
        (_("Configuration"), around.config),
        (_("Store"), around.store),
        (_("Clock"), f"{clock} ({given})"),
        (_("Open today"), _("yes") if standing.open_today else _("no")),
    ]
    if standing.in_maintenance:
        lines.append((_("Maintenance"), _("yes")))
    if standing.needs is not None:
        free = _("{size} GiB").format(size=f"{around.disk_free / _GIB:,.1f}")
        lines.append((_("Free on the store's disk"), free))
    text = "".join(f"{label}: {safe(value)}\n" for label, value in lines)
    until = _suspended_until(standing, around)
    if until is not None:
        text += _("Suspended: booking works again from {until} on.").format(until=until) + "\n"
    sections: list[tuple[str, tuple[Reservation, ...]]]
    if standing.agent is not None:
        slots = standing.slots
        text += (
            _("Frames held {held}, may be added {left}.").format(held=slots.held, left=slots.left)
            + "\n"
        )
        sections = [
            (_("Next visits"), standing.visits),
            (_("Change and cancel ends today"), standing.closing_today),
        ]
    else:
        sections = [
            (_("Today"), standing.today),
            (_("Past, and without an outcome"), standing.unfinished),
        ]
    for title, reservations in sections:
        if reservations:
            text += f"\n{title}\n{reservations_text(reservations, _)}"
    if standing.needs is not None:
        text += _needs_text(standing.needs, around.mails, _)
    return text


def _suspended_until(standing: Standing, around: Surroundings) -> str | None:
    """Return the first day after a suspension that is in force, None where there is none."""
    held = standing.agent.suspension if standing.agent is not None else None
    if held is None or not held.since <= around.now.date() < held.until:
        return None
    return held.until.isoformat()
