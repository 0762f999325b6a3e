"""What can be replayed: what a request is decided on, and what became of a reservation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from kofucli.base.clock import JST
from kofucli.base.errors import KofuError
from kofucli.model.numbers import normalise_number
from kofucli.model.records import (
    Actor,
    Agent,
    DayNotice,
    Frame,
    Maintenance,
    OfficeRecord,
    RecordedSettings,
    Reservation,
)
from kofucli.operations.booking.amend import AmendRequest
from kofucli.operations.booking.cancel import CancelRequest
from kofucli.operations.booking.history import LOOK_BACK
from kofucli.operations.booking.requests import BookRequest, OpenWish, Wish
from kofucli.operations.context import Context
from kofucli.operations.lookup import find_reservation
from kofucli.rules.conduct import in_maintenance
from kofucli.rules.quota import Holdings
from kofucli.settings import Settings, rule_tables
from kofucli.store import Store
from kofucli.store.ledger import Line, decode_lines

Request = BookRequest | AmendRequest | CancelRequest
"""A request that can be recorded together with what it is decided on."""


class Scene(Struct, frozen=True):
    """The part of an office on which a request is decided, as it was before.

    ``agents`` are those who act or are booked for, ``reservations`` are theirs, by day and in the
    order in which they were made. ``target`` is the reservation that the request names, if the
    actor may see it. Of other agents only two things are kept: how many of their cases are
    ``booked`` in frames that must have room, and which of the numbers asked for are ``taken``.
    ``beyond`` is a day after all that the request is about.
    """

    agents: tuple[Agent, ...]
    reservations: tuple[Reservation, ...]
    notices: tuple[DayNotice, ...]
    maintenance: Maintenance | None
    beyond: date
    booked: dict[Frame, int] = {}
    taken: tuple[str, ...] = ()
    target: Reservation | None = None


def observe(context: Context, request: Request, actor: Actor) -> Scene:
    """Return what ``request`` of ``actor`` is decided on.

    The notices are those from the look-back of case files on; a maintenance counts while it lasts.
    """
    target = _find_target(context, request, actor)
    names = _name_agents(request, target, actor)
    own = [r for r in _find_reservations(context, request, target) if r.agent in names]
    since = min([context.today, *(r.date for r in own)]) - LOOK_BACK
    maintenance = context.maintenance
    return Scene(
        agents=tuple(a for name in sorted(names) if (a := context.view.agent(name)) is not None),
        reservations=tuple(own),
        notices=tuple(context.notices[day] for day in sorted(context.notices) if day >= since),
        maintenance=maintenance if in_maintenance(maintenance, context.now) else None,
        beyond=max([context.today, *context.shown, *(r.date for r in own)]) + timedelta(days=1),
        booked=_count_booked(context, _find_frames(context, request, target), names),
        taken=_find_taken(context, request, names),
        target=target,
    )


def _count_booked(
    context: Context, frames: Collection[Frame], names: Collection[str]
) -> dict[Frame, int]:
    """Return how many cases of agents but ``names`` take room in each of the frames."""
    others = (r for r in context.reservations(context.today) if r.agent not in names)
    holdings = Holdings(others, context.shown)
    return {frame: cases for frame in sorted(frames) if (cases := holdings.booked(frame))}


def _find_taken(context: Context, request: Request, names: Collection[str]) -> tuple[str, ...]:
    """Return the numbers asked for that stand in reservations of agents but ``names``."""
    holdings = context.holdings()
    found = ((number, holdings.standing(number)) for number in sorted(_name_numbers(request)))
    return tuple(number for number, r in found if r is not None and r.agent not in names)


def _find_target(context: Context, request: Request, actor: Actor) -> Reservation | None:
    if isinstance(request, BookRequest):
        return None
    with suppress(KofuError):  # the operation itself says what is wrong
        return find_reservation(context, request.number, actor)
    return None


def _name_agents(request: Request, target: Reservation | None, actor: Actor) -> set[str]:
    named = {actor.agent} if actor.agent is not None else set()
    if isinstance(request, BookRequest):
        named |= {wish.agent for wish in request.wishes}
    if target is not None:
        named.add(target.agent)
    return named


def _name_numbers(request: Request) -> set[str]:
    """Return the case numbers that must be free for a request."""
    if isinstance(request, BookRequest):
        return {wish.case.number for wish in request.wishes}
    if isinstance(request, CancelRequest):
        return set()
    drafts = [*(draft for _, draft in request.replace), *request.add]
    return {normalise_number(draft["number"]) for draft in drafts}


def _find_frames(
    context: Context, request: Request, target: Reservation | None
) -> Collection[Frame]:
    """Return the frames of limited capacity in which a request needs room."""
    frames: set[Frame] = set()
    if isinstance(request, BookRequest):
        frames = {wish.frame for wish in request.wishes if isinstance(wish, Wish)}
        if any(isinstance(wish, OpenWish) for wish in request.wishes):
            frames |= set(context.shown_frames)
        frames = {frame for frame in frames if frame.date in context.shown}
    elif isinstance(request, AmendRequest) and request.add and target is not None:
        frames = {target.frame}
    return {frame for frame in frames if context.capacity(frame) is not None}


def _find_reservations(
    context: Context, request: Request, target: Reservation | None
) -> Iterable[Reservation]:
    """Yield the reservations of all days that decide a request."""
    since, days = context.today, set[date]()
    if isinstance(request, BookRequest) and request.from_file:
        since -= LOOK_BACK
        for wish in request.wishes:
            day = wish.frame.date if isinstance(wish, Wish) else wish.day
            days |= {day} if day is not None else set()
    if target is not None:
        days.add(target.date)
    for day in sorted(day for day in days if day < since):
        yield from context.view.day(day).values()
    yield from context.reservations(since)


Tables = dict[str, dict[str, Any]]

_REPLAYED = frozenset(
    {
        "book",
        "amend",
        "cancel",
        "desk arrive",
        "desk collect",
        "desk late-notice",
        "desk late-cancel",
        "desk close-day",
        "desk undo",
        "office close",
        "office reopen",
    }
)
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
    events = list(_Reader(settings, reservation).read(decode_lines(store.lines())))
    changes = [at for at, event in enumerate(events) if event.changes]
    taken = [at for at in changes if events[at].op not in _REPLAYED]
    known: Reservation | None = None
    if taken:
        start, known = taken[-1] + 1, events[taken[-1]].after
    elif changes and events[changes[0]].op == "book":
        start = changes[0]
    elif changes:
        start, known = changes[0] + 1, events[changes[0]].after
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


class _Reader:
    """Reads the ledger line by line, and knows how everything was after each line."""

    def __init__(self, settings: Settings, reservation: Reservation) -> None:
        self._number = reservation.number
        self._agent_name = f"agents/{reservation.agent}"
        self._day = f"days/{reservation.date.isoformat()}"
        self._tables = rule_tables(settings)
        self._notices: dict[str, DayNotice] = {}
        self._agent: Agent | None = None
        self._reservation: Reservation | None = None

    def read(self, lines: Iterable[Line]) -> Iterator[Event]:
        """Yield an event for each line that matters for the reservation."""
        for line in lines:
            before, agent = self._reservation, self._agent
            notices = tuple(self._read_office(line.put.get("office", ())))
            for raw in line.put.get(self._agent_name, ()):
                self._agent = msgspec.json.decode(raw, type=Agent)
            for raw in line.put.get(self._day, ()):
                found = msgspec.json.decode(raw, type=Reservation)
                if found.number == self._number:
                    self._reservation = found
            if notices or (before, agent) != (self._reservation, self._agent):
                yield Event(
                    at=line.at.astimezone(JST),
                    op=line.op,
                    actor=line.actor.get("agent"),
                    tables=self._tables,
                    agent=self._agent,
                    before=before,
                    after=self._reservation,
                    notices=notices,
                )

    def _read_office(self, records: Iterable[msgspec.Raw]) -> Iterator[tuple[DayNotice, DayNotice]]:
        for raw in records:
            record = msgspec.json.decode(raw, type=OfficeRecord)
            if isinstance(record, RecordedSettings):
                self._tables = record.tables
            elif isinstance(record, DayNotice):
                yield self._notices.get(record.key, DayNotice(record.key)), record
                self._notices[record.key] = record
