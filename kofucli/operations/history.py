"""What the ledger tells beyond the documents.

``read_log`` is the journal: who did what, when, and to what. ``retrace`` says what became of a
reservation: every line that matters for it, in order. ``show_in_force`` says what is in force at
the office, and since when each setting is as it is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime
from itertools import chain
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.json import Decoder

from kofucli.base.clock import JST
from kofucli.model import Agent, DayNotice, Maintenance, OfficeRecord, RecordedSettings, Reservation
from kofucli.operations import Context
from kofucli.settings import Settings, rule_tables
from kofucli.store import Store
from kofucli.store.ledger import Chain, Line


class LogRequest(Struct, frozen=True):
    """Which lines to show: those that match all that is not None, the newest ``limit`` of them.

    ``op`` is an operation or its first word. ``agent`` is who acted, or whom a record is about.
    """

    since: date | None = None
    until: date | None = None
    agent: str | None = None
    by: str | None = None
    op: str | None = None
    reservation: str | None = None
    limit: int | None = None


class Entry(Struct, frozen=True, rename={"actor": "agent"}):
    """A line of the ledger as the journal shows it.

    ``actor`` is the agent that acted, None for the office; ``via`` and ``key`` as ``Actor`` has
    them. ``reservations``, ``agents`` and ``days`` are those that the line changed, ``office`` the
    keys of the office's records.
    """

    n: int
    at: datetime
    clock: datetime
    op: str
    actor: str | None
    by: str
    account: str
    via: str | None
    key: str | None
    reservations: tuple[str, ...]
    agents: tuple[str, ...]
    days: tuple[str, ...]
    office: tuple[str, ...]


class _Record(Struct):
    """The fields by which a record of a day, or of the office, is named."""

    number: str = ""
    agent: str = ""
    key: str = ""


_decoder = Decoder(_Record)


def read_lines(store: Store) -> Iterator[Line]:
    """Yield the ledger's lines, oldest first, while others may write.

    Raises StoreError at a line that does not continue the one before it, and where documents
    include lines that the ledger has lost.
    """
    with ExitStack() as stack:
        held = store.read(lambda view: store.upkeep().hold(view, stack))
        chain = Chain(*store.header.start)
        for path, number, raw in held.lines():
            yield chain.follow(raw, path, number)


def read_log(store: Store, request: LogRequest) -> list[Entry]:
    """Return the lines that are asked for, oldest first; see ``read_lines`` for what it raises."""
    found = (
        entry
        for entry in (_entry(line) for line in read_lines(store) if _is_wanted(line, request))
        if request.agent in (None, entry.actor, *entry.agents)
        and request.reservation in (None, *entry.reservations)
    )
    return list(found if request.limit is None else deque(found, request.limit))


def _is_wanted(line: Line, request: LogRequest) -> bool:
    """Tell whether a line is asked for, without decoding its records."""
    day = line.at.date()
    return (
        (request.since or day) <= day <= (request.until or day)
        and request.by in (None, line.actor.get("by"))
        and request.op in (None, line.op, line.op.partition(" ")[0])
    )


def _entry(line: Line) -> Entry:
    reservations, agents, days, office = [], [], [], []
    for name, raws in line.put.items():
        folder, _, rest = name.partition("/")
        if folder == "agents":
            agents.append(rest)
            continue
        records = [_decoder.decode(raw) for raw in raws]
        if folder == "days":
            days.append(rest)
            reservations += [record.number for record in records]
            agents += [record.agent for record in records]
        else:
            office += [record.key for record in records]
    return Entry(
        line.n,
        line.at,
        line.clock,
        line.op,
        line.actor.get("agent"),
        line.actor.get("by", ""),
        line.account,
        line.actor.get("via"),
        line.actor.get("key"),
        tuple(reservations),
        tuple(dict.fromkeys(agents)),
        tuple(days),
        tuple(office),
    )


Tables = dict[str, dict[str, Any]]

_DESK = ("arrive", "collect", "late-notice", "late-cancel", "close-day", "undo")
_REPLAYED = {"book", "amend", "cancel", "office close", "office reopen"} | {
    f"desk {step}" for step in _DESK
}
"""Operations that a replay repeats. After any other one it takes the reservation as it is."""


class Event(Struct, frozen=True):
    """One line of the ledger, as far as it matters for a reservation.

    ``actor`` is the agent that acted, None for the office; ``tables`` are the rule settings then.
    ``before`` and ``after`` are the reservation. They are the same if the line changed something
    else: the ``agent`` (as it is afterwards), or ``notices`` (each before and afterwards).
    """

    at: datetime
    op: str
    actor: str | None
    tables: Tables
    agent: Agent | None
    before: Reservation | None
    after: Reservation | None
    notices: tuple[tuple[DayNotice, DayNotice], ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it changed the reservation."""
        return self.before != self.after


class Past(Struct, frozen=True):
    """What became of a reservation: agent, notices and settings at first, then the events.

    The first event books it. If the ledger has no such line (it was purged, or the reservation was
    taken over from elsewhere), ``known`` is the reservation before the first event.
    """

    agent: Agent | None
    notices: tuple[DayNotice, ...]
    tables: Tables
    begins: datetime
    known: Reservation | None
    events: tuple[Event, ...]


def retrace(store: Store, settings: Settings, reservation: Reservation) -> Past:
    """Return what became of a reservation. Raises StoreError where the ledger is damaged."""
    events = list(_read_events(store, settings, reservation))
    changes = [at for at, event in enumerate(events) if event.changes]
    # What cannot be replayed, or is not the booking, is where the replay begins.
    copied = [at for at in changes if events[at].op not in _REPLAYED]
    if not copied and changes and events[changes[0]].op != "book":
        copied = changes[:1]
    known: Reservation | None = None
    if copied:
        start, known = copied[-1] + 1, events[copied[-1]].after
    elif changes:
        start = changes[0]
    else:
        start, known = len(events), reservation
    until = changes[-1] + 1 if changes else 0
    told = {after.key for event in events for _, after in event.notices}
    agent, notices = store.read(
        lambda view: (
            view.agent(reservation.agent),
            {k: r for k, r in view.office().items() if isinstance(r, DayNotice) and k not in told},
        )
    )
    earlier = events[:start]
    notices |= {after.key: after for event in earlier for _, after in event.notices}
    # The settings are those of the booking, else of the event before it, else those in force.
    booking = [event for event in events[start : start + 1] if event.op == "book"]
    since = next(iter(booking or earlier[-1:]), None)
    return Past(
        agent=next((e.agent for e in reversed(earlier) if e.agent is not None), agent),
        notices=tuple(notices[key] for key in sorted(notices)),
        tables=since.tables if since is not None else rule_tables(settings),
        begins=since.at if since is not None else reservation.booked_at,
        known=known,
        events=tuple(events[start:until]),
    )


def _read_events(store: Store, settings: Settings, reservation: Reservation) -> Iterator[Event]:
    """Yield an event for each line of the ledger that matters for a reservation."""
    tables: Tables = rule_tables(settings)
    known: dict[str, DayNotice] = {}
    after: Reservation | None = None
    agent: Agent | None = None
    for line in read_lines(store):
        before, notices = (after, agent), []
        for raw in line.put.get("office", ()):
            record = msgspec.json.decode(raw, type=OfficeRecord)
            if isinstance(record, RecordedSettings):
                tables = record.tables
            elif isinstance(record, DayNotice):
                notices.append((known.get(record.key, DayNotice(record.key)), record))
                known[record.key] = record
        for raw in line.put.get(f"agents/{reservation.agent}", ()):
            agent = msgspec.json.decode(raw, type=Agent)
        for raw in line.put.get(f"days/{reservation.date.isoformat()}", ()):
            found = msgspec.json.decode(raw, type=Reservation)
            if found.number == reservation.number:
                after = found
        if notices or before != (after, agent):
            at, actor = line.at.astimezone(JST), line.actor.get("agent")
            yield Event(at, line.op, actor, tables, agent, before[0], after, tuple(notices))


class SpecialDay(Struct, frozen=True):
    """A day to come that the office or its settings close or open, or that has closed ``hours``."""

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
        if notice.state == "closed" or notice.closed_hours:
            hours = () if notice.state == "closed" else notice.closed_hours
            yield SpecialDay(day, hours, notice.reason)


def _list_openings(context: Context) -> Iterator[SpecialDay]:
    opened = {day: SpecialDay(day) for day, each in context.notices.items() if each.state == "open"}
    for each in context.settings.calendar.openings:
        opened[each.date] = SpecialDay(each.date, (), each.reason, "settings")
    yield from (o for day, o in opened.items() if day >= context.today and context.is_open(day))


def _find_since(store: Store, settings: Settings) -> dict[str, datetime]:
    """Return since which ledger line each setting has had the value that is in force."""
    values: dict[str, object] = {}
    since: dict[str, datetime] = {}
    # What a purge kept is older than every line: nobody knows since when it is so.
    kept = ((None, each.records) for each in store.kept() if each.name == "office")
    later = ((line.at.astimezone(JST), line.put.get("office", ())) for line in read_lines(store))
    for at, raw in ((at, raw) for at, raws in chain(kept, later) for raw in raws):
        record = msgspec.json.decode(raw, type=OfficeRecord)
        if isinstance(record, RecordedSettings):
            before, values = values, name_settings(record.tables)
            if at is not None:
                changed = {n for n in values if n not in before or before[n] != values[n]}
                since |= dict.fromkeys(changed, at)
    now = name_settings(rule_tables(settings))
    return {n: at for n, at in since.items() if n in values and now.get(n) == values[n]}


def name_settings(tables: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return the settings of all tables by their names, as ``quota.frames``."""
    return {
        f"{name}.{key}": value for name, table in tables.items() for key, value in table.items()
    }
