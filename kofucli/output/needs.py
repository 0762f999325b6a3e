"""What needs somebody, for the nightly page and the office's status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from kofucli.language import Translate, render
from kofucli.operations.needs import Needs
from kofucli.output.reservations import day_text
from kofucli.output.wrap import count_rest
from kofucli.text import N_, safe

if TYPE_CHECKING:
    from kofucli.operations.reporting import Night

_MOST = 8
"""Lines of one need that are shown; the rest is counted."""

TITLES = {
    "damaged": N_("Parts of the store that are damaged"),
    "unclosed": N_("Days that are not closed"),
    "mails": N_("Mails that wait in the outbox"),
    "on_closed": N_("Reservations on closed days or hours"),
    "to_decide": N_("Agents to decide on"),
    "expiring": N_("Certificates that end before the visit"),
    "holidays": N_("Shown days in years whose holidays are not known yet"),
}


class Need(Struct, frozen=True):
    """One thing that may need somebody: how often, each case as a line, and the way out."""

    name: str
    title: str
    count: int
    lines: tuple[str, ...] = ()
    remedy: str = ""


def needs_lines(needs: Needs, _: Translate) -> dict[str, list[str]]:
    """Return what needs somebody, a line each, by the names of TITLES."""
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


_REMEDIES = {
    "damaged": "kofucli store check",
    "unclosed": "kofucli desk close-day; kofucli desk collect NUMBER",
    "mails": "kofucli mail send",
    "on_closed": "kofucli office close DATE --reason TEXT",
    "to_decide": "kofucli agent suspend ID --reason TEXT",
    "expiring": "kofucli agent edit ID --valid-until DATE",
    "holidays": "",
}


def list_needs(night: Night, _: Translate) -> tuple[Need, ...]:
    """Return everything that may need somebody, what does first, in the order of TITLES."""
    year = night.health.holidays_until
    lines: dict[str, list[str]] = {
        "mails": [],
        "damaged": [
            f"{safe(p.file)}{'' if p.line is None else f':{p.line}'}: {render(p.message, _)}"
            for p in night.health.problems
        ],
        **needs_lines(night.needs, _),
        "holidays": [day_text(day, _) for day, _rows in night.heat if day.year > year],
    }
    counts = {name: len(found) for name, found in lines.items()} | {"mails": night.mails}
    needs = [
        Need(name, _(title), counts[name], shorten(lines[name], _), _REMEDIES[name])
        for name, title in TITLES.items()
    ]
    return tuple(sorted(needs, key=lambda need: need.count == 0))


def shorten(lines: Sequence[str], _: Translate) -> tuple[str, ...]:
    """Return the first lines, and how many more there are: never one, which is shown itself."""
    shown = len(lines) if len(lines) <= _MOST else _MOST - 1
    return (*lines[:shown], *count_rest(lines, shown, _("and {count} more")))
