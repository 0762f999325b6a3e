"""``status`` of an agent or the office, and what needs doing, which the nightly page shows too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from kofucli.base.clock import weekday
from kofucli.base.language import Translate, render
from kofucli.base.text import N_, safe
from kofucli.model import Reservation
from kofucli.operations.status import Needs, Standing
from kofucli.output.booking.reservations import reservations_text
from kofucli.output.booking.slots import obstacle_codes, obstacle_lines
from kofucli.output.documents import Document, reservation_document
from kofucli.output.tables import count_rest, entries_text
from kofucli.output.words import WEEKDAY_NAMES, YES_NO, bracket, day_text, maintenance_text
from kofucli.rules.conduct import check_suspension

if TYPE_CHECKING:
    from kofucli.operations.reports import Night

_GIB = 1 << 30
_MOST = 8  # lines that are shown of one need; further ones are counted

_TITLES = {
    "damaged": N_("Parts of the store that are damaged"),
    "unclosed": N_("Days that are not closed"),
    "mails": N_("Mails that wait in the outbox"),
    "on_closed": N_("Reservations on closed days or hours"),
    "to_decide": N_("Agents to decide on"),
    "expiring": N_("Certificates that end before the visit"),
    "holidays": N_("Shown days in years whose holidays are not known yet"),
}
_REMEDIES = {
    "damaged": "kofucli store check",
    "unclosed": "kofucli desk close-day; kofucli desk collect NUMBER",
    "mails": "kofucli mail send",
    "on_closed": "kofucli office close DATE --reason TEXT",
    "to_decide": "kofucli agent suspend ID --reason TEXT",
    "expiring": "kofucli agent edit ID --valid-until DATE",
    "holidays": "",
}


class RunFacts(Struct, frozen=True):
    """What only the run knows; mails and the disk's free bytes are for the office."""

    config: str | None
    store: str | None
    notice: str
    now: datetime
    now_is_given: bool
    mails: int = 0
    disk_free: int | None = None


def status_document(standing: Standing, run: RunFacts) -> Document:
    """Return the status as a document."""

    def listed(reservations: Iterable[Reservation]) -> list[Document]:
        return [reservation_document(r, run.now) for r in reservations]

    document: Document = {
        "actor": standing.agent.id if standing.agent is not None else "office",
        "config": run.config,
        "store": run.store,
        "notice_version": run.notice,
        "now": run.now,
        "now_is_given": run.now_is_given,
        "open_today": standing.open_today,
        "maintenance": standing.maintenance is not None,
        "closing_today": listed(standing.closing_today),
    }
    if standing.agent is not None:
        slots = standing.slots
        suspension = check_suspension(standing.agent, run.now.date())
        document |= {
            "visits": listed(standing.visits),
            "frames_held": slots.held,
            "frames_left": slots.left,
            "suspended_until": None if suspension.holds else suspension.details["limit"],
            "blocked": obstacle_codes(slots.blocked),
        }
    else:
        document |= {
            "today": listed(standing.today),
            "unfinished": listed(standing.unfinished),
            "disk_free": run.disk_free,
        }
    if (needs := standing.needs) is not None:
        document["needs"] = {
            "unclosed": needs.unclosed,
            "on_closed": needs.on_closed,
            "to_decide": [row.id for row in needs.to_decide],
            "expiring": needs.expiring,
            "outbox": run.mails,
        }
    return document


def _needs_text(needs: Needs, mails: int, _: Translate) -> str:
    text = ""
    for name, lines in _needs_lines(needs, _).items():
        if lines:
            told = "".join(f"  {safe(line)}\n" for line in _shorten(lines, _))
            text += f"\n{_(_TITLES[name])}\n{told}"
    return text + (f"\n{_(_TITLES['mails'])}: {mails}\n" if mails else "")


def status_text(standing: Standing, run: RunFacts, _: Translate) -> str:
    """Return the status for people."""
    actor = _("the office") if standing.agent is None else standing.agent.id
    day = _(WEEKDAY_NAMES[weekday(run.now.date())])
    clock = bracket(f"{run.now:%Y-%m-%d}", day, _) + f" {run.now:%H:%M:%S}"
    given = _("given with --now or KOFUCLI_NOW") if run.now_is_given else _("Japan time")
    lines = [
        (_("Acting"), actor),
        (_("Configuration"), run.config),
        (_("Store"), run.store),
        (_("Version of the notice"), run.notice),
        (_("Clock"), bracket(clock, given, _)),
        (_("Open today"), _(YES_NO[standing.open_today])),
    ]
    if standing.maintenance is not None:
        lines.append((_("Maintenance"), maintenance_text(standing.maintenance, _)))
    if run.disk_free is not None:
        free = _("{size} GiB").format(size=f"{run.disk_free / _GIB:,.1f}")
        lines.append((_("Free on the store's disk"), free))
    text = entries_text([(label, told) for label, told in lines if told is not None])
    sections: list[tuple[str, tuple[Reservation, ...]]]
    if standing.agent is not None:
        slots = standing.slots
        said = _("Frames held {held}, may be added {left}.")
        text += said.format(held=slots.held, left=slots.left) + "\n"
        if slots.blocked:
            title = _("What keeps agent {agent} from booking:").format(agent=actor)
            text += "".join(f"{line}\n" for line in (title, *obstacle_lines(slots.blocked, _)))
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
        text += _needs_text(standing.needs, run.mails, _)
    return text


def _needs_lines(needs: Needs, _: Translate) -> dict[str, list[str]]:
    unclosed = _("{day}: without an outcome {active}, arrived {arrived}")
    to_decide = _("{agent}: did not come {no_show}, cancelled late {late_cancel}")
    expiring = _("{agent}: certificate until {until}, visit {number} on {day}")
    return {
        "unclosed": [
            unclosed.format(day=day_text(each.date, _), active=each.active, arrived=each.arrived)
            for each in needs.unclosed
        ],
        "on_closed": list(needs.on_closed),
        "to_decide": [
            to_decide.format(agent=row.id, no_show=row.no_show, late_cancel=row.late_cancel)
            for row in needs.to_decide
        ],
        "expiring": [
            expiring.format(
                agent=each.agent,
                until=each.valid_until,
                number=each.reservation,
                day=day_text(each.visit, _),
            )
            for each in needs.expiring
        ],
    }


def list_needs(night: Night, _: Translate) -> list[Document]:
    """Return every kind of _TITLES, those that need doing first."""
    year = night.health.holidays_until
    lines: dict[str, list[str]] = {
        "mails": [],
        "damaged": [
            f"{safe(p.file)}{'' if p.line is None else f':{p.line}'}: {render(p.message, _)}"
            for p in night.health.problems
        ],
        **_needs_lines(night.needs, _),
        "holidays": [day_text(day, _) for day, _rows in night.heat if day.year > year],
    }
    counts = {name: len(found) for name, found in lines.items()}
    counts["mails"] = night.mails if night.mails_stuck else 0
    needs = [
        {
            "name": name,
            "title": _(title),
            "count": counts[name],
            "lines": _shorten(lines[name], _),
            "remedy": _REMEDIES[name],
        }
        for name, title in _TITLES.items()
    ]
    return sorted(needs, key=lambda need: need["count"] == 0)


def _shorten(lines: Sequence[str], _: Translate) -> tuple[str, ...]:
    """Return the first lines, and how many more there are, at least two."""
    shown = len(lines) if len(lines) <= _MOST else _MOST - 1
    return (*lines[:shown], *count_rest(lines, shown, _("and {count} more")))
