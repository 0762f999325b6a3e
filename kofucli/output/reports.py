"""The reports on load, quota and conduct, and ``office show``: JSON, tables and CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec
from msgspec.structs import asdict

from kofucli.base.language import Translate, list_text
from kofucli.base.text import abbreviate, show
from kofucli.operations.history import InForce, SpecialDay, name_settings
from kofucli.output.booking.slots import MOST_REASONS, obstacle_codes, obstacle_lines
from kofucli.output.documents import Document
from kofucli.output.tables import (
    Cell,
    Sheet,
    count_rest,
    entries_text,
    headings,
    sheet_of,
    table_text,
)
from kofucli.output.words import FIGURE_NAMES, YES_NO, bracket, day_cell, day_text, maintenance_text
from kofucli.reports import Conduct, HeldFrame, Quota
from kofucli.reports.load import Figures, Load
from kofucli.settings import Settings

_ALWAYS = ("capacity", "booked")
_QUOTA = ("id", "frames_held", "frames_left", "cases", "frames")
_CONDUCT = ("id", "no_show", "late_cancel", "threshold_reached", "suspended_until")
_WIDEST = 32  # characters of a value in the table of settings; JSON has the whole


def _figures(figures: Figures) -> dict[str, int | None]:
    values = asdict(figures)
    return {name: values[name] for name in FIGURE_NAMES}


def load_document(load: Load) -> Document:
    """Return the load as a document."""
    return {
        "since": load.since,
        "until": load.until,
        "frames": [{"date": row.date, "start": row.start, **_figures(row)} for row in load.frames],
        "totals": _figures(load.totals),
    }


def load_sheet(load: Load) -> Sheet:
    """Return the load for CSV, a frame a row."""
    return sheet_of(["date", "start", *FIGURE_NAMES], load_document(load)["frames"])


def load_text(load: Load, everything: bool, _: Translate) -> str:
    """Return the load as a table; but for ``everything`` without hours and figures of 0."""
    totals = _figures(load.totals)
    shown = [name for name in totals if everything or name in _ALWAYS or totals[name]]
    frames = [row for row in load.frames if everything or row.reservations]
    rows: list[list[Cell]] = [
        [day_cell(row.date, _), row.start, *(_figures(row)[name] for name in shown)]
        for row in frames
    ]
    rows.append([_("Total"), "", *(totals[name] for name in shown)])
    note = _(
        "Capacity, booked, collected and not handed over are cases, the rest reservations and "
        "agents; an empty capacity means no limit."
    )
    if left_out := len(load.frames) - len(frames):
        said = _("Hours without any reservation: {count}. --all shows them.")
        note += "\n" + said.format(count=left_out)
    table = table_text([_("Day"), _("Hour"), *headings(shown, _)], rows)
    return f"{table}\n{note}\n"


def quota_document(quota: Quota, now: datetime) -> Document:
    """Return the quota as a document."""
    return {
        "now": now,
        "shown": quota.shown,
        "agents": [asdict(row) | {"blocked": obstacle_codes(row.blocked)} for row in quota.agents],
        "blocked": obstacle_codes(quota.blocked),
        "totals": {"agents": quota.holding, "frames_held": quota.frames_held, "cases": quota.cases},
    }


def quota_sheet(quota: Quota) -> Sheet:
    """Return the quota for CSV, an agent a row."""
    rows = _quota_rows(quota, " ", lambda frame: f"{frame.date.isoformat()}T{frame.start}")
    for cells, row in zip(rows, quota.agents, strict=True):
        cells.append(" ".join(obstacle_codes(row.blocked)))
    return Sheet([*_QUOTA, "blocked"], rows)


def quota_text(quota: Quota, _: Translate) -> str:
    """Return the quota as a table, and its totals."""
    rows = _quota_rows(quota, ", ", lambda f: bracket(f"{f.date:%m-%d} {f.start}", f.cases, _))
    rows.append([_("Total"), quota.frames_held, None, quota.cases, ""])
    note = _("Frames on the shown days, with their cases in brackets.")
    text = f"{table_text(headings(_QUOTA, _), rows)}\n{note}\n"
    blocked = [*quota.blocked, *(verdict for row in quota.agents for verdict in row.blocked)]
    if blocked:
        lines = [*obstacle_lines(blocked[:MOST_REASONS], _)]
        lines += count_rest(blocked, MOST_REASONS, _("and {count} more reasons; -f json has all"))
        text += "".join(f"{line}\n" for line in ("", _("What keeps agents from booking:"), *lines))
    return text


def _quota_rows(quota: Quota, between: str, say: Callable[[HeldFrame], str]) -> list[list[Cell]]:
    return [
        [row.id, row.frames_held, row.frames_left, row.cases, between.join(map(say, row.frames))]
        for row in quota.agents
    ]


def conduct_document(conduct: Conduct) -> Document:
    """Return the conduct as a document."""
    return {
        "since": conduct.since,
        "until": conduct.until,
        "agents": [{name: getattr(row, name) for name in _CONDUCT} for row in conduct.agents],
        "totals": {"no_show": conduct.no_show, "late_cancel": conduct.late_cancel},
    }


def conduct_sheet(conduct: Conduct) -> Sheet:
    """Return the conduct for CSV, an agent a row."""
    return sheet_of(_CONDUCT, conduct_document(conduct)["agents"])


def conduct_text(conduct: Conduct, _: Translate) -> str:
    """Return the conduct as a table, and its totals."""
    rows: list[list[Cell]] = [
        [_(YES_NO[cell]) if isinstance(cell, bool) else cell for cell in row.values()]
        for row in conduct_document(conduct)["agents"]
    ]
    rows.append([_("Total"), conduct.no_show, conduct.late_cancel, "", ""])
    note = _("Marks dated from {since} on; the end of a suspension is the first free day.")
    if conduct.until is not None:
        note = _("Marks dated {since} to {until}; the end of a suspension is the first free day.")
    said = note.format(since=conduct.since, until=conduct.until)
    return f"{table_text(headings(_CONDUCT, _), rows)}\n{said}\n"


def in_force_document(found: InForce, settings: Settings, now: datetime) -> Document:
    """Return what is in force as a document."""
    held = found.maintenance
    return {
        "now": now,
        "office": settings.office.id,
        "name": settings.office.name,
        "open_today": found.open_today,
        "shown": found.shown,
        "hours": settings.frames.starts,
        "closures": found.closures,
        "openings": found.openings,
        "maintenance": held and {"since": held.since, "end": held.end, "reason": held.reason},
        "rules_version": settings.rules.version,
        "terms_version": settings.terms.version,
        "settings": [
            {"name": name, "value": value, "since": found.since.get(name)}
            for name, value in name_settings(found.tables).items()
        ],
    }


def in_force_text(found: InForce, settings: Settings, _: Translate) -> str:
    """Return what is in force for people."""
    no = _("none")
    held = found.maintenance
    text = entries_text(
        [
            (_("Office"), bracket(settings.office.name, settings.office.id, _)),
            (_("Open today"), _(YES_NO[found.open_today])),
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
    rows: list[list[Cell]] = []
    for name, value in name_settings(found.tables).items():
        written = abbreviate(msgspec.json.encode(value).decode(), _WIDEST)
        rows.append([name, written, show(found.since.get(name))])
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
