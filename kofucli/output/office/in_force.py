"""``office show``: what is in force, as a document and for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from kofucli.base.language import Translate, list_text
from kofucli.base.text import show
from kofucli.operations.history import InForce, SpecialDay, name_settings
from kofucli.output.documents import Document, instant
from kofucli.output.tables import Cell, entries_text, table_text
from kofucli.output.words import bracket, day_text, maintenance_text
from kofucli.settings import Settings

_WIDEST = 32
"""Characters of a value in the table of settings; JSON has the whole."""


def in_force_document(found: InForce, settings: Settings, now: datetime) -> Document:
    """Return what is in force as a document."""
    held = found.maintenance
    return {
        "now": instant(now),
        "office": settings.office.id,
        "name": settings.office.name,
        "open_today": found.open_today,
        "shown": [day.isoformat() for day in found.shown],
        "hours": list(settings.frames.starts),
        "closures": _days_document(found.closures),
        "openings": _days_document(found.openings),
        "maintenance": held
        and {"since": instant(held.since), "end": instant(held.end), "reason": held.reason},
        "rules_version": settings.rules.version,
        "terms_version": settings.terms.version,
        "settings": [
            {"name": name, "value": value, "since": instant(found.since.get(name))}
            for name, value in name_settings(found.tables).items()
        ],
    }


def _days_document(days: Iterable[SpecialDay]) -> list[Document]:
    return [
        {"date": d.date.isoformat(), "hours": list(d.hours), "reason": d.reason, "by": d.by}
        for d in days
    ]


def in_force_text(found: InForce, settings: Settings, _: Translate) -> str:
    """Return what is in force for people."""
    no = _("none")
    held = found.maintenance
    text = entries_text(
        [
            (_("Office"), bracket(settings.office.name, settings.office.id, _)),
            (_("Open today"), _("yes") if found.open_today else _("no")),
            (_("Shown days"), list_text([day_text(day, _) for day in found.shown], _) or no),
            (_("Hours"), list_text(settings.frames.starts, _)),
            (_("Maintenance"), no if held is None else maintenance_text(held, _)),
            (_("Version of the notice"), settings.rules.version),
            (_("Version of the terms"), settings.terms.version),
        ]
    )
    for title, days in (
        (_("Closed, from today on"), found.closures),
        (_("Open against the calendar, from today on"), found.openings),
    ):
        text += f"\n{title}\n{_days_text(days, _)}" if days else f"\n{title}: {no}\n"
    rows: list[list[Cell]] = [
        [name, _shorten(value), show(found.since.get(name))]
        for name, value in name_settings(found.tables).items()
    ]
    text += "\n" + table_text([_("Setting"), _("Value"), _("In force since")], rows)
    if any(row[-1] == "-" for row in rows):
        note = _("-: no change was made under this value yet, or the ledger begins later.")
        text += f"{note}\n"
    return text


def _days_text(days: Iterable[SpecialDay], _: Translate) -> str:
    by = {"office": _("the office"), "settings": _("the configuration")}
    rows: list[list[Cell]] = [
        [day_text(d.date, _), list_text(d.hours, _) or _("all hours"), d.reason, by[d.by]]
        for d in days
    ]
    return table_text([_("Day"), _("Hours"), _("Reason"), _("Decided by")], rows)


def _shorten(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."
