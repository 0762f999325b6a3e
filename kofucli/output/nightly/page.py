"""The nightly page: one file to look at rather than to read, and the reports beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from kofucli.base.clock import weekday
from kofucli.base.language import Translate, translator
from kofucli.base.text import N_
from kofucli.operations.reports import Night
from kofucli.output.booking.reservations import day_text, instant_text
from kofucli.output.booking.status import list_needs
from kofucli.output.confirmation.facts import UNOFFICIAL
from kofucli.output.documents import FORMAT, encode
from kofucli.output.nightly.plot import count_weeks, make_plot
from kofucli.output.office import reports
from kofucli.output.tables import csv_text, fill_page
from kofucli.output.words import STATUS_NAMES, WEEKDAY_NAMES
from kofucli.reports.load import FrameLoad
from kofucli.settings import Settings

_BOM = b"\xef\xbb\xbf"
_LEVELS = 4

WORDS = {
    "title": N_("How the counter stands"),
    "made": N_("Made"),
    "stale": N_("Stale from"),
    "needs": N_("Needs somebody"),
    "nothing": N_("Nothing needs anybody."),
    "calm": N_("Nothing to do about:"),
    "hours": N_("Hour by hour"),
    "hour": N_("Hour"),
    "cases": N_("Cases"),
    "room": N_("Cases / capacity"),
    "visits": N_("Visits"),
    "cancelled": N_("Cancelled"),
    "total": N_("Total"),
    "heat": N_("The shown days"),
    "heat_note": N_("Cases booked, and the capacity below; the stronger the colour, the fuller."),
    "full": N_("full"),
    "closed": N_("closed"),
    "no_days": N_("No day is shown."),
    "day": N_("Day"),
    "load": N_("Load per day"),
    "past": N_("Cases of past days"),
    "coming": N_("of days to come"),
    "trend": N_("mean of five open days"),
    "weeks": N_("Weeks"),
    "week": N_("Week from"),
    "days": N_("Open days"),
    "collected": N_("Collected"),
    "no_show": N_("Did not come"),
    "totals": N_("Totals"),
    "quota": N_("Quota on the shown days"),
    "conduct": N_("Marks"),
    "agents": N_("Agents"),
    "frames_held": N_("Frames held"),
    "late_cancel": N_("Cancelled late"),
    "health": N_("Health"),
    "whole": N_("whole"),
    "damaged": N_("damaged"),
    "store": N_("Store"),
    "lines": N_("Ledger lines checked, from this month on"),
    "records": N_("Reservations of the shown days checked"),
    "head": N_("Head of the ledger"),
    "holidays": N_("Holidays are known up to the year"),
    "files": N_("Files"),
}
"""The fixed texts of the page."""


class HourRow(Struct, frozen=True):
    """An hour: cases and capacity (None: no limit), how full it is in percent, visits."""

    hours: str
    booked: int
    capacity: int | None
    percent: int
    visits: int
    cancelled: int


class HourTable(Struct, frozen=True):
    """A day hour by hour, and its sums."""

    title: str
    rows: tuple[HourRow, ...]
    booked: int
    visits: int
    cancelled: int


class HeatCell(Struct, frozen=True):
    """A frame of the heat map; ``level`` is 0 for nothing booked to 4, 5 is full, -1 closed."""

    booked: int
    capacity: int | None
    level: int


class HeatRow(Struct, frozen=True):
    """A day of the heat map; None where the day has no such hour."""

    day: str
    cells: tuple[HeatCell | None, ...]
    booked: int


class Fact(Struct, frozen=True):
    """A number and what it counts; ``name`` is what machines call it."""

    name: str
    label: str
    value: str


def nightly_files(night: Night, settings: Settings, language: str) -> dict[str, bytes]:
    """Return the files of a night by name, ``index.html`` last: they are replaced in this order."""
    documents = {
        "load": reports.load_document(night.load),
        "quota": reports.quota_document(night.quota, night.made),
        "conduct": reports.conduct_document(night.conduct),
    }
    sheets = {
        "load": reports.load_sheet(night.load),
        "quota": reports.quota_sheet(night.quota),
        "conduct": reports.conduct_sheet(night.conduct),
    }
    files: dict[str, bytes] = {}
    for name, document in documents.items():
        files[f"{name}.json"] = encode({"format": FORMAT, **document, "warnings": []}).encode()
        files[f"{name}.csv"] = _BOM + csv_text(sheets[name], raw=False).encode()
    files["index.html"] = nightly_page(night, settings, language, tuple(files)).encode()
    return files


def nightly_page(night: Night, settings: Settings, language: str, files: tuple[str, ...]) -> str:
    """Return the page; ``files`` are the names of those beside it."""
    _ = translator(language)
    health, changes = night.health, night.changes
    words = {name: _(text) for name, text in WORDS.items()}
    starts = tuple(sorted({row.start for _day, rows in night.heat for row in rows}))
    page = {
        "language": language,
        "office": settings.office.name,
        "unofficial": "" if settings.office.official else _(UNOFFICIAL),
        "made": instant_text(night.made, _),
        "stale": instant_text(night.stale, _),
        "needs": list_needs(night, _),
        "hours": tuple(_hour_table(day, rows, night.made.date(), _) for day, rows in night.hours),
        "starts": starts,
        "heat": _heat(night, starts, _),
        "plot": make_plot(night.days, night.made.date(), _),
        "weeks": count_weeks(night.days),
        "changes_title": _("Since {day}").format(day=day_text(changes.since.date(), _)),
        "changes": (
            Fact("booked", _("New reservations"), _number(changes.booked)),
            Fact("cases", _("Cases in them"), _number(changes.cases)),
            *(
                Fact(status, _(STATUS_NAMES[status]), _number(count))
                for status, count in changes.ended.items()
            ),
            Fact("agents", _("Agents registered"), _number(changes.agents)),
        ),
        "totals_title": _("Load from {since} to {until}").format(
            since=day_text(night.load.since, _), until=day_text(night.load.until, _)
        ),
        "totals": _facts(reports.load_document(night.load)["totals"], reports.FIGURE_NAMES, _),
        "quota": _facts(reports.quota_document(night.quota, night.made)["totals"], WORDS, _),
        "conduct": _facts(reports.conduct_document(night.conduct)["totals"], WORDS, _),
        "healthy": not health.problems,
        "health": (
            Fact("lines", words["lines"], _number(health.lines)),
            Fact("records", words["records"], _number(health.records)),
            Fact("holidays", words["holidays"], str(health.holidays_until)),
            Fact("head", words["head"], health.head),
        ),
        "files": files,
    }
    return fill_page("nightly.html", page=page, words=words)


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _facts(values: dict[str, int | None], names: dict[str, str], _: Translate) -> tuple[Fact, ...]:
    return tuple(Fact(name, _(names[name]), _number(value)) for name, value in values.items())


def _visits(row: FrameLoad) -> int:
    """Return the reservations that keep their frame."""
    return row.reservations - row.cancelled - row.late_cancelled - row.office_closed


def _percent(booked: int, capacity: int | None, most: int) -> int:
    """Return how full a frame is; where nothing limits it, beside the fullest one."""
    whole = most if capacity is None else capacity
    return min(100, round(100 * booked / whole)) if whole else 0


def _hour_table(day: date, rows: Sequence[FrameLoad], today: date, _: Translate) -> HourTable:
    title = _("Today, {day}") if day == today else _("Next open day, {day}")
    most = max((row.booked for row in rows), default=0)
    hours = tuple(
        HourRow(
            f"{row.start}-{int(row.start[:2]) + 1:02d}{row.start[2:]}",
            row.booked,
            row.capacity,
            _percent(row.booked, row.capacity, most),
            _visits(row),
            row.reservations - _visits(row),
        )
        for row in rows
    )
    return HourTable(
        title.format(day=day_text(day, _)),
        hours,
        sum(row.booked for row in hours),
        sum(row.visits for row in hours),
        sum(row.cancelled for row in hours),
    )


def _heat(night: Night, starts: Sequence[str], _: Translate) -> tuple[HeatRow, ...]:
    most = max((row.booked for _day, rows in night.heat for row in rows), default=0)
    found = []
    for day, rows in night.heat:
        cells = {row.start: HeatCell(row.booked, row.capacity, _level(row, most)) for row in rows}
        booked = sum(cell.booked for cell in cells.values())
        name = f"{day:%m-%d} ({_(WEEKDAY_NAMES[weekday(day)])})"
        found.append(HeatRow(name, tuple(cells.get(s) for s in starts), booked))
    return tuple(found)


def _level(row: FrameLoad, most: int) -> int:
    if row.capacity == 0 and not row.booked:
        return -1
    if row.capacity is not None and row.booked >= row.capacity:
        return _LEVELS + 1
    percent = _percent(row.booked, row.capacity, most)
    return 0 if not row.booked else min(_LEVELS, 1 + percent * _LEVELS // 100)
