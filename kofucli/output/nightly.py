"""``report nightly``: the page that shows how the counter stands, and the reports beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from kofucli.base.clock import weekday
from kofucli.base.language import Translate, translator
from kofucli.operations.reports import Night
from kofucli.output import reports
from kofucli.output.booking.confirmation import UNOFFICIAL
from kofucli.output.booking.status import list_needs
from kofucli.output.documents import FORMAT, encode, hour_after
from kofucli.output.tables import csv_file, fill_page, headings
from kofucli.output.words import STATUS_NAMES, WEEKDAY_NAMES, bracket, day_text, instant_text
from kofucli.reports.load import Changes, DayLoad, FrameLoad
from kofucli.settings import Settings

_LEVELS = 4
_STEPS = (1, 2, 5, 10)
_TICKS = 4
_WINDOW = 5
_WIDEST_MARK = 6  # percent of the plot's width that the mark of a week takes on paper
_ONE_DAY = timedelta(days=1)

_View = dict[str, Any]
"""What templates/nightly.html shows of one thing, by the names in the template."""


def nightly_files(night: Night, settings: Settings, language: str) -> dict[str, bytes]:
    """Return the files by name; they are written in this order, the page ``index.html`` last."""
    load, quota, conduct, made = night.load, night.quota, night.conduct, night.made
    files: dict[str, bytes] = {}
    for name, document, sheet in (
        ("load", reports.load_document(load), reports.load_sheet(load)),
        ("quota", reports.quota_document(quota, made), reports.quota_sheet(quota)),
        ("conduct", reports.conduct_document(conduct), reports.conduct_sheet(conduct)),
    ):
        files[f"{name}.json"] = b"".join(encode({"format": FORMAT, **document, "warnings": []}))
        files[f"{name}.csv"] = b"".join(csv_file(sheet))
    files["index.html"] = _nightly_page(night, settings, language, tuple(files)).encode()
    return files


def _nightly_page(night: Night, settings: Settings, language: str, files: tuple[str, ...]) -> str:
    _ = translator(language)
    health = night.health
    starts = tuple(sorted({row.start for _day, rows in night.heat for row in rows}))
    page = {
        "language": language,
        "office": settings.office.name,
        "unofficial": "" if settings.office.official else _(UNOFFICIAL),
        "made": instant_text(night.made, _),
        "stale": instant_text(night.stale, _),
        "needs": list_needs(night, _),
        "hours": [_hour_table(day, rows, night.made.date(), _) for day, rows in night.hours],
        "starts": starts,
        "heat": list(_heat(night, starts, _)),
        "plot": _plot(night.days, night.made.date(), _),
        "weeks": _weeks(night.days),
        "changes_title": _("Since {day}").format(day=day_text(night.changes.since.date(), _)),
        **_changes(night.changes, _),
        "totals_title": _("Load from {since} to {until}").format(
            since=day_text(night.load.since, _), until=day_text(night.load.until, _)
        ),
        "totals": _facts(reports.load_document(night.load)["totals"], _),
        "quota": _facts(reports.quota_document(night.quota, night.made)["totals"], _),
        "conduct": _facts(reports.conduct_document(night.conduct)["totals"], _),
        "healthy": not health.problems,
        "health": (
            _fact("lines", _("Ledger lines checked, from this month on"), health.lines),
            _fact("records", _("Reservations of the shown days checked"), health.records),
            _fact("mails", _("Mails in the outbox"), night.mails),
            _fact("holidays", _("Holidays are known up to the year"), str(health.holidays_until)),
            _fact("head", _("Head of the ledger"), health.head),
        ),
        "files": files,
    }
    return fill_page("nightly.html", page=page, _=_)


def _changes(changes: Changes, _: Translate) -> _View:
    facts = (
        _fact("booked", _("New reservations"), changes.booked),
        _fact("cases", _("Cases in them"), changes.cases),
        *(_fact(name, _(STATUS_NAMES[name]), count) for name, count in changes.ended.items()),
        _fact("suspended", _("Agents suspended"), len(changes.suspended)),
        _fact("agents", _("Agents registered"), changes.agents),
    )
    suspended = _("{agent}: suspended from {since} on, books again from {until} on")
    return {
        "changes": [fact for fact in facts if fact["value"] != "0"],
        "unchanged": [fact for fact in facts if fact["value"] == "0"],
        "suspended": [
            suspended.format(agent=agent, since=day_text(since, _), until=until)
            for agent, since, until in changes.suspended
        ],
    }


def _fact(name: str, label: str, value: int | str | None) -> _View:
    """Return a number and what it counts; ``name`` is the page's ``data-name`` for programs."""
    said = f"{value:,}" if isinstance(value, int) else "-" if value is None else value
    return {"name": name, "label": label, "value": said}


def _facts(values: dict[str, int | None], _: Translate) -> list[_View]:
    labels = headings(values, _)
    return [
        _fact(name, label, value)
        for (name, value), label in zip(values.items(), labels, strict=True)
    ]


def _percent(booked: int, capacity: int | None, most: int) -> int:
    """Return how full a frame is; without a capacity, compared with ``most``, the fullest one."""
    whole = most if capacity is None else capacity
    return min(100, round(100 * booked / whole)) if whole else 0


def _hour_table(day: date, rows: Sequence[FrameLoad], today: date, _: Translate) -> _View:
    title = _("Today, {day}") if day == today else _("Next open day, {day}")
    most = max((row.booked for row in rows), default=0)
    shown: list[_View] = [
        {
            "hours": f"{row.start}-{hour_after(row.start)}",
            "booked": row.booked,
            "capacity": row.capacity,
            "percent": _percent(row.booked, row.capacity, most),
            # These keep their frame.
            "visits": row.reservations - row.cancelled - row.late_cancelled - row.office_closed,
            "cancelled": row.cancelled + row.late_cancelled,
            "office_closed": row.office_closed,
        }
        for row in rows
    ]
    summed = "booked", "visits", "cancelled", "office_closed"
    sums = {name: sum(row[name] for row in shown) for name in summed}
    return {"title": title.format(day=day_text(day, _)), "rows": shown, **sums}


def _heat(night: Night, starts: Sequence[str], _: Translate) -> Iterator[_View]:
    most = max((row.booked for _day, rows in night.heat for row in rows), default=0)
    for day, rows in night.heat:
        cells = {
            row.start: {"booked": row.booked, "capacity": row.capacity, "level": _level(row, most)}
            for row in rows
        }
        yield {
            "day": bracket(f"{day:%m-%d}", _(WEEKDAY_NAMES[weekday(day)]), _),
            "cells": [cells.get(start) for start in starts],
            "booked": sum(row.booked for row in rows),
        }


def _level(row: FrameLoad, most: int) -> int:
    """Return the colour of a cell: -1 closed, 0 nothing booked, 1 to 4 the fuller, 5 full."""
    if row.capacity == 0:
        return -1
    if row.capacity is not None and row.booked >= row.capacity:
        return _LEVELS + 1
    percent = _percent(row.booked, row.capacity, most)
    return 0 if not row.booked else min(_LEVELS, 1 + percent * _LEVELS // 100)


def _plot(days: Sequence[DayLoad], today: date, _: Translate) -> _View:
    """Places and sizes are in percent, so that the plot fits a telephone and paper."""
    step = _step(max((day.booked for day in days), default=0))
    most = step * max(1, -(-max((day.booked for day in days), default=0) // step))
    width = 100 / max(1, len(days))
    past = [day for day in days if day.date < today and not day.closed]
    words = ""  # for fewer days
    if len(past) >= 2 * _WINDOW:
        said = _("Cases a day: {now} in the last five open days, {before} in the five before.")
        now, before = past[-1].mean, past[-1 - _WINDOW].mean
        words = said.format(now=f"{now:,.1f}", before=f"{before:,.1f}")
    points = [
        f"{round((at + 0.5) * width, 2)},{round(100 - 100 * day.mean / most, 2)}"
        for at, day in enumerate(days)
        if day.date < today and not day.closed
    ]
    return {
        "bars": [
            {
                "left": round(at * width, 2),
                "height": round(100 * day.booked / most, 2),
                "kind": "shut" if day.closed else "coming" if day.date >= today else "bar",
                "label": f"{day_text(day.date, _)}: {day.booked}",
            }
            for at, day in enumerate(days)
        ],
        "width": round(width, 2),
        "shut": any(day.closed for day in days),
        "trend": " ".join(points),
        "scale": [
            {"at": round(100 * value / most, 2), "text": f"{value:,}"}
            for value in range(0, most + 1, step)
        ],
        "weeks": _week_marks(days, width),
        "trend_words": words,
    }


def _step(most: int) -> int:
    """Return the distance of at most four marks: 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * _TICKS >= most:
                return step * power
        power *= 10


def _week_marks(days: Sequence[DayLoad], width: float) -> list[_View]:
    """A mark at the first day of each week that has room; near the right edge before its place."""
    marks: list[_View] = []
    week, free = None, 0.0
    for at, day in enumerate(days):
        place, is_first = at * width, day.date.isocalendar()[:2] != week
        week = day.date.isocalendar()[:2]
        edge = place > 100 - _WIDEST_MARK
        if is_first and place - _WIDEST_MARK * edge >= free:
            text = f"{day.date.month}/{day.date.day}"
            marks.append({"at": round(place, 2), "text": text, "edge": edge})
            free = place + _WIDEST_MARK
    return marks


def _weeks(days: Sequence[DayLoad]) -> list[_View]:
    weeks: dict[date, list[DayLoad]] = {}
    for day in days:
        weeks.setdefault(day.date - day.date.weekday() * _ONE_DAY, []).append(day)
    return [
        {
            "monday": monday.isoformat(),
            "days": sum(not day.closed for day in found),
            "booked": sum(day.booked for day in found),
            "collected": sum(day.collected for day in found),
            "no_show": sum(day.no_show for day in found),
        }
        for monday, found in weeks.items()
    ]
