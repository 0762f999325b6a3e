"""The reports on load, quota and conduct: the same figures as JSON, table and CSV."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import asdict

from kofucli.base.language import Translate
from kofucli.output.booking.obstacles import obstacle_codes, obstacle_lines
from kofucli.output.documents import Document, instant
from kofucli.output.tables import Cell, Sheet, count_rest, table_text
from kofucli.output.words import FIGURE_NAMES, YES_NO, bracket, day_cell
from kofucli.reports.agents import Conduct, HeldFrame, Quota
from kofucli.reports.load import Figures, Load

_ALWAYS = ("capacity", "booked")
_MOST_REASONS = 20
"""Reasons against booking that the text names; the JSON document names all."""


def _figures(figures: Figures) -> dict[str, int | None]:
    values = asdict(figures)
    return {name: values[name] for name in FIGURE_NAMES}


def load_document(load: Load) -> Document:
    """Return the load as a document."""
    return {
        "since": load.since.isoformat(),
        "until": load.until.isoformat(),
        "frames": [
            {"date": row.date.isoformat(), "start": row.start, **_figures(row)}
            for row in load.frames
        ],
        "totals": _figures(load.totals),
    }


def load_sheet(load: Load) -> Sheet:
    """Return the load for CSV, a frame a row."""
    names = ["date", "start", *FIGURE_NAMES]
    rows = [[row.date.isoformat(), row.start, *_figures(row).values()] for row in load.frames]
    return Sheet(names, rows)


def load_text(load: Load, everything: bool, _: Translate) -> str:
    """Return the load as a table, and its totals.

    Hours and figures of nothing but zeros are left out unless ``everything`` is asked for, but for
    capacity and booked cases.
    """
    totals = _figures(load.totals)
    shown = [name for name in totals if everything or name in _ALWAYS or totals[name]]
    frames = [row for row in load.frames if everything or row.reservations]
    headings = [_("Day"), _("Hour"), *(_(FIGURE_NAMES[name]) for name in shown)]
    rows: list[list[Cell]] = [
        [day_cell(row.date, _), row.start, *(_figures(row)[name] for name in shown)]
        for row in frames
    ]
    rows.append([_("Total"), "", *(totals[name] for name in shown)])
    note = _(
        "Capacity, booked, collected and not handed over are cases, the rest reservations and "
        "agents; an empty capacity means no limit."
    )
    left_out = len(load.frames) - len(frames)
    if left_out:
        note += "\n" + _("Hours without any reservation: {count}. --all shows them.").format(
            count=left_out
        )
    return f"{table_text(headings, rows)}\n{note}\n"


def quota_document(quota: Quota, now: datetime) -> Document:
    """Return the quota as a document."""
    return {
        "now": instant(now),
        "shown": [day.isoformat() for day in quota.shown],
        "agents": [
            {
                "id": row.id,
                "frames_held": row.frames_held,
                "frames_left": row.frames_left,
                "cases": row.cases,
                "frames": [
                    {"date": frame.date.isoformat(), "start": frame.start, "cases": frame.cases}
                    for frame in row.frames
                ],
                "blocked": obstacle_codes(row.blocked),
            }
            for row in quota.agents
        ],
        "blocked": obstacle_codes(quota.blocked),
        "totals": {"agents": quota.holding, "frames_held": quota.frames_held, "cases": quota.cases},
    }


def quota_sheet(quota: Quota) -> Sheet:
    """Return the quota for CSV, an agent a row."""
    names = ["id", "frames_held", "frames_left", "cases", "frames", "blocked"]
    rows = _quota_rows(quota, " ", lambda frame: f"{frame.date.isoformat()}T{frame.start}")
    for cells, row in zip(rows, quota.agents, strict=True):
        cells.append(" ".join(obstacle_codes(row.blocked)))
    return Sheet(names, rows)


def quota_text(quota: Quota, _: Translate) -> str:
    """Return the quota as a table, and its totals."""
    headings = [_("Agent"), _("Frames held"), _("Frames left"), _("Cases"), _("Frames")]
    rows = _quota_rows(quota, ", ", lambda f: bracket(f"{f.date:%m-%d} {f.start}", f.cases, _))
    rows.append([_("Total"), quota.frames_held, None, quota.cases, ""])
    note = _("Frames on the shown days, with their cases in brackets.")
    text = f"{table_text(headings, rows)}\n{note}\n"
    blocked = [*quota.blocked, *(verdict for row in quota.agents for verdict in row.blocked)]
    if blocked:
        lines = [*obstacle_lines(blocked[:_MOST_REASONS], _)]
        lines += count_rest(blocked, _MOST_REASONS, _("and {count} more reasons; -f json has all"))
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
        "since": conduct.since.isoformat(),
        "until": None if conduct.until is None else conduct.until.isoformat(),
        "agents": [
            {
                "id": row.id,
                "no_show": row.no_show,
                "late_cancel": row.late_cancel,
                "threshold_reached": row.threshold_reached,
                "suspended_until": row.suspended_until and row.suspended_until.isoformat(),
            }
            for row in conduct.agents
        ],
        "totals": {"no_show": conduct.no_show, "late_cancel": conduct.late_cancel},
    }


def conduct_sheet(conduct: Conduct) -> Sheet:
    """Return the conduct for CSV, an agent a row."""
    names = ["id", "no_show", "late_cancel", "threshold_reached", "suspended_until"]
    return Sheet(names, _conduct_rows(conduct, str))


def conduct_text(conduct: Conduct, _: Translate) -> str:
    """Return the conduct as a table, and its totals."""
    headings = [
        _("Agent"),
        _("Did not come"),
        _("Cancelled late"),
        _("Threshold reached"),
        _("Suspended until"),
    ]
    rows = _conduct_rows(conduct, _)
    rows.append([_("Total"), conduct.no_show, conduct.late_cancel, "", ""])
    note = _("Marks dated from {since} on; the end of a suspension is the first free day.")
    if conduct.until is not None:
        note = _("Marks dated {since} to {until}; the end of a suspension is the first free day.")
    said = note.format(since=conduct.since, until=conduct.until)
    return f"{table_text(headings, rows)}\n{said}\n"


def _conduct_rows(conduct: Conduct, translate: Callable[[str], str]) -> list[list[Cell]]:
    return [
        [translate(YES_NO[cell]) if isinstance(cell, bool) else cell for cell in agent.values()]
        for agent in conduct_document(conduct)["agents"]
    ]
