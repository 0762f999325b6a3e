"""What is in force at the office: closures, openings, maintenance, and settings since when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Literal

import msgspec
from msgspec import Struct

from kofucli.base.clock import JST
from kofucli.model.records import Maintenance, OfficeRecord, RecordedSettings
from kofucli.operations.context import Context
from kofucli.settings import Settings, rule_tables
from kofucli.store import Store
from kofucli.store.log import read_lines


class SpecialDay(Struct, frozen=True):
    """A day to come that is closed or opened against the calendar, or has closed ``hours``.

    ``by`` is who decided it: the ``office`` with a command, or its ``settings``.
    """

    date: date
    hours: tuple[str, ...] = ()
    reason: str = ""
    by: Literal["office", "settings"] = "office"


class InForce(Struct, frozen=True):
    """What is in force now.

    - ``closures``, ``openings``: today's and those to come, by day.
    - ``maintenance``: the one that runs.
    - ``tables``: the settings that decisions depend on; ``since`` has the instant of the ledger
      line from which on each has been so, by its name as ``quota.frames``. It has none of a setting
      that no change was made under yet, nor of one older than the ledger.
    """

    shown: tuple[date, ...]
    open_today: bool
    closures: tuple[SpecialDay, ...]
    openings: tuple[SpecialDay, ...]
    maintenance: Maintenance | None
    tables: dict[str, dict[str, object]]
    since: dict[str, datetime]


def show_in_force(store: Store, context: Context) -> InForce:
    """Return what is in force at the office. Raises StoreError where the ledger is damaged."""
    return InForce(
        context.shown,
        context.is_open(context.today),
        tuple(sorted(_list_closures(context), key=lambda day: day.date)),
        tuple(sorted(_list_openings(context), key=lambda day: day.date)),
        context.running_maintenance,
        rule_tables(context.settings),
        _find_since(store, context.settings),
    )


def _list_closures(context: Context) -> Iterator[SpecialDay]:
    configured = {c.date: c.reason for c in context.settings.calendar.closures}
    for day, reason in configured.items():
        if day >= context.today:
            yield SpecialDay(day, (), reason, "settings")
    for day, notice in context.notices.items():
        if day < context.today or day in configured:
            continue
        if notice.state == "closed":
            yield SpecialDay(day, (), notice.reason)
        elif notice.closed_hours:
            yield SpecialDay(day, notice.closed_hours, notice.reason)


def _list_openings(context: Context) -> Iterator[SpecialDay]:
    opened = {
        o.date: SpecialDay(o.date, (), o.reason, "settings")
        for o in context.settings.calendar.openings
    }
    for day, notice in context.notices.items():
        if notice.state == "open" and day not in opened:
            opened[day] = SpecialDay(day)
    yield from (o for day, o in opened.items() if day >= context.today and context.is_open(day))


def _find_since(store: Store, settings: Settings) -> dict[str, datetime]:
    """Return since which ledger line each setting has had the value that is in force."""
    values: dict[str, object] = {}
    since: dict[str, datetime] = {}
    for at, tables in _list_recorded(store):
        found = name_settings(tables)
        if at is not None:
            changed = {n for n in found if n not in values or values[n] != found[n]}
            since |= dict.fromkeys(changed, at)
        values = found
    now = name_settings(rule_tables(settings))
    return {n: at for n, at in since.items() if n in values and now.get(n) == values[n]}


def _list_recorded(
    store: Store,
) -> Iterator[tuple[datetime | None, dict[str, dict[str, object]]]]:
    """Yield the settings that were recorded, oldest first, and when; None for before a purge."""
    records: list[tuple[datetime | None, Iterable[msgspec.Raw]]] = [
        (None, each.records) for each in store.kept() if each.name == "office"
    ]
    for line in read_lines(store):
        if "office" in line.put:
            records.append((line.at.astimezone(JST), line.put["office"]))
    for at, raws in records:
        for raw in raws:
            record = msgspec.json.decode(raw, type=OfficeRecord)
            if isinstance(record, RecordedSettings):
                yield at, record.tables


def name_settings(tables: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return the settings of all tables by their names, as ``quota.frames``."""
    return {
        f"{name}.{key}": value for name, table in tables.items() for key, value in table.items()
    }
