"""The use cases, a module each: the only place where the rules and the store meet.

The office as one command sees it stands here: a ``Context``, and ``changing`` for what is written.
A use case that changes something looks like this:

    with changing(store, settings, "office close", stamp) as (transaction, context):
        refuse_if_any(...)                # ask the rules; RefusedError ends the transaction
        transaction.put_office(notice)    # committed, as one ledger line, when the block ends
    return Announced(...)

One that only reads takes a ``Context`` of one state of the store. ``booking`` is what agents do,
``counter`` what happens at the desk, ``agents`` the register.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any, Protocol, cast

from msgspec.structs import replace

from kofucli.base import NotFoundError, Phrase
from kofucli.model import (
    Agent,
    DayNotice,
    Frame,
    Maintenance,
    Predicate,
    Purged,
    RecordedSettings,
    Reservation,
    Sequences,
    Stamp,
)
from kofucli.model.holidays import national_holidays
from kofucli.rules import Inquiry, RefusedError, Verdict, refusals
from kofucli.rules.availability import (
    Holdings,
    capacity_of,
    check_cases,
    check_frame,
    check_frames,
    check_full,
    find_shown_days,
    frames_left,
    open_day_predicate,
)
from kofucli.rules.conduct import (
    check_booking_deadline,
    check_deadline,
    check_service,
    closing_instant,
    day_ends_at,
    in_maintenance,
)
from kofucli.rules.eligibility import CasePolicy, check_agent
from kofucli.rules.wording import describe_warnings
from kofucli.settings import Settings, rule_tables
from kofucli.store import Store
from kofucli.store.view import Transaction, View


class Progress(Protocol):
    """Yields the items that it is given, and may show how many are done."""

    def __call__(self, items: Sequence[Any], step: int | None = None, /) -> Iterable[Any]:
        """Yield the items; the clock is looked at after each ``step``, seldom without one."""


def no_progress(items: Sequence[Any], step: int | None = None, /) -> Iterable[Any]:
    """Return the items, showing nothing."""
    return items


class Context:
    """The office as one command sees it: ``view`` under ``settings``, at the instant ``now``."""

    def __init__(self, settings: Settings, view: View, now: datetime) -> None:
        self.settings = settings
        self.view = view
        self.now = now
        self.today = now.date()
        self.notes: list[Phrase] = []

    @cached_property
    def notices(self) -> dict[date, DayNotice]:
        """What the office decided about days, by day."""
        records = self.view.office().values()
        return {date.fromisoformat(r.key): r for r in records if isinstance(r, DayNotice)}

    @cached_property
    def maintenance(self) -> Maintenance | None:
        """The maintenance announced last, even if it is over."""
        return cast("Maintenance | None", self.view.office().get("maintenance"))

    @property
    def running_maintenance(self) -> Maintenance | None:
        """The maintenance that runs now."""
        return self.maintenance if in_maintenance(self.maintenance, self.now) else None

    def sequence_floor(self, day: date) -> int:
        """Return the highest sequence that a new number of a day may not have.

        It is over 0 after a backup was restored, and on days whose reservations were purged: then
        the store does not know which numbers were given.
        """
        restored, purged = map(self.view.office().get, ("sequences", "purged"))
        floor = restored.floor if isinstance(restored, Sequences) else 0
        if isinstance(purged, Purged) and day < purged.before:
            floor = max(floor, purged.highest)
        return floor

    @cached_property
    def is_holiday(self) -> Predicate:
        """Tells national holidays."""
        return national_holidays()

    @cached_property
    def is_open(self) -> Predicate:
        """Tells open days from others."""
        calendar, notices = self.settings.calendar, self.notices
        closed = {c.date for c in calendar.closures}
        opened = {o.date for o in calendar.openings}
        closed.update(day for day, notice in notices.items() if notice.state == "closed")
        opened.update(day for day, notice in notices.items() if notice.state == "open")
        return open_day_predicate(self.is_holiday, closed, opened)

    @cached_property
    def shown(self) -> tuple[date, ...]:
        """The days that can be booked now."""
        return self.shown_on(self.today)

    def shown_on(self, day: date) -> tuple[date, ...]:
        """Return the days that can be booked on a day."""
        calendar = self.settings.calendar
        return find_shown_days(day, self.is_open, calendar.first_open_day, calendar.shown_days)

    @cached_property
    def shown_frames(self) -> list[Frame]:
        """The frames of the days that can be booked now, also those that have begun."""
        return [Frame(day, start) for day in self.shown for start in self.settings.frames.starts]

    @cached_property
    def policy(self) -> CasePolicy:
        """Which cases the office accepts."""
        cases, office = self.settings.cases, self.settings.office
        return CasePolicy(
            cases.kinds, office.id, cases.counter, cases.collect_only, cases.kind_marks, office.name
        )

    def capacity(self, frame: Frame) -> int | None:
        """Return how many cases a frame takes over all agents; None where there is no limit."""
        limits, hours = self.settings.frames, self.closed_hours(frame.date)
        return capacity_of(frame, limits.capacity, limits.exceptions, hours)

    def closed_hours(self, day: date) -> tuple[str, ...]:
        """Return the single hours of a day that the office closed."""
        notice = self.notices.get(day)
        return notice.closed_hours if notice is not None else ()

    def why_closed(self, frame: Frame) -> str | None:
        """Return the reason for which the office closed a single hour; None where it did not."""
        notice = self.notices.get(frame.date)
        return notice.reason if notice and frame.start in notice.closed_hours else None

    def is_closed(self, frame: Frame) -> bool:
        """Tell whether the office is closed in a frame: on its day, or in its hour."""
        return not self.is_open(frame.date) or frame.start in self.closed_hours(frame.date)

    def ends(self, day: date, reservations: Iterable[Reservation]) -> datetime:
        """Return the first instant after a day's last hour."""
        return day_ends_at(day, self.settings.frames.starts, reservations)

    @cached_property
    def closes(self) -> Callable[[date], datetime]:
        """Gives the first instant at which the reservation of a visit can no longer change."""
        minute, days = self.settings.deadline.last_minute, self.settings.deadline.open_days_before
        return cache(lambda visit: closing_instant(visit, self.is_open, minute, days))

    def reservations(self, since: date | None, until: date | None = None) -> Iterator[Reservation]:
        """Yield the reservations of the days in ``[since, until]``, by day and order of booking."""
        for day in self.view.days(since, until):
            yield from self.view.day(day).values()

    def holdings(self) -> Holdings:
        """Return what reservations from today on hold; it is counted anew by each call."""
        return Holdings(self.reservations(self.today), self.shown)

    def check_room(
        self, agent: str, frame: Frame, asked: int, before: Holdings, holdings: Holdings
    ) -> Iterator[Verdict]:
        """Ask whether there are quota and room for cases that had ended (notice 3(2)).

        ``asked`` is how many they are. ``before`` is what was held when the command began, which
        decides how many frames the agent has left.
        """
        limits = self.settings.quota
        if frame.date in self.shown:
            held = before.frames(agent)
            left = frames_left(len(held), limits.frames, limits.reading)
            new = len((holdings.frames(agent) | {frame}) - held)
            yield check_frames(agent, len(held), left, new, limits.frames, limits.reading)
        yield check_cases(agent, frame, holdings.cases(agent, frame), asked, limits.cases)
        yield check_full(frame, holdings.booked(frame), asked, self.capacity(frame))

    def check_agent(self, agent: Agent, visit: date | None) -> list[Verdict]:
        """Ask whether an agent may book today (notice 1, 2, 6(4); terms 6), for a day if given."""
        return list(check_agent(agent, visit, self.today, self.settings.verification.required))

    def check_frame(self, frame: Frame, day_is_good: bool = True) -> Iterator[Verdict]:
        """Ask whether a frame exists, is open and is to come (notice 3)."""
        starts, closed = self.settings.frames.starts, self.why_closed(frame)
        return check_frame(frame, self.now, starts, day_is_good, closed)

    def check_deadline(self, reservation: Reservation) -> Verdict:
        """Ask whether a reservation may still change."""
        office = self.settings.office
        return check_deadline(reservation, self.now, office.phone, office.room)

    def check_booking_deadline(self, visit: date, moment: datetime) -> list[Verdict]:
        """Ask whether a visit's deadline lets it be booked; nothing where the office asks none."""
        if self.settings.deadline.booking_after == "allow":
            return []
        return [check_booking_deadline(visit, self.closes(visit), moment)]

    def check_service(self, stamp: Stamp) -> list[Verdict]:
        """Ask whether the service takes changes now; nothing is asked about the office's own."""
        return [] if stamp.actor.is_office else [check_service(self.maintenance, self.now)]


@contextmanager
def changing(
    store: Store, settings: Settings, op: str, stamp: Stamp, accepts_terms: bool = True
) -> Iterator[tuple[Transaction, Context]]:
    """Open a transaction for the operation ``op``, and its context.

    If it changes anything, the same ledger line records rule settings that are new, and, if this
    use ``accepts_terms``, that the acting agent accepts a newer version of the terms (terms 6) and
    is told of a newer notice (notice 6(5)).
    """
    with store.transaction(op, stamp) as transaction, stamp.bounds():
        context = Context(settings, transaction, stamp.now)
        if stamp.observe is not None:
            stamp.observe(context)
        yield transaction, context
        if transaction.changed:
            record = RecordedSettings("settings", rule_tables(settings))
            if transaction.office().get("settings") != record:
                transaction.put_office(record)
            if accepts_terms:
                _accept_newer(transaction, context, stamp)


def _accept_newer(transaction: Transaction, context: Context, stamp: Stamp) -> None:
    """Record the versions in use for the acting agent, and say what is new; no terms stay none."""
    name = stamp.actor.agent
    agent = transaction.agent(name) if name is not None and not stamp.dry_run else None
    if agent is None:
        return
    terms, rules = context.settings.terms.version, context.settings.rules.version
    newer = replace(agent, terms=agent.terms and terms, rules=rules)
    if newer != agent:
        transaction.put_agent(newer)
    if newer.terms != agent.terms:
        context.notes.append(
            Phrase(
                "The terms of use have changed: with this use agent {agent} accepts version "
                "{version}.",
                agent=agent.id,
                version=terms,
            )
        )
    if newer.rules != agent.rules:
        context.notes.append(
            Phrase(
                "The notice has a new version, {version}: please read it ('kofucli notice').",
                version=rules,
            )
        )


def refuse_if_any(verdicts: Iterable[Verdict], warnings: Sequence[Verdict] = ()) -> None:
    """Raise RefusedError with every verdict that does not hold; ``warnings`` are told beside."""
    asked = tuple(verdicts)
    found = refusals(asked)
    if found:
        notes = tuple(describe_warnings(warnings))
        raise RefusedError(found, [Inquiry((*asked, *warnings))], notes)


def find_registered(view: View, agent_id: str) -> Agent | None:
    """Return an agent's record; None for an agent that is unknown or was erased."""
    agent = view.agent(agent_id)
    return agent if agent is not None and agent.erased is None else None


def find_agent(view: View, agent_id: str, erased_too: bool = False) -> Agent:
    """Return an agent's record, an erased one only if ``erased_too``. Raises NotFoundError."""
    agent = view.agent(agent_id)
    if agent is not None and agent.erased is not None and not erased_too:
        raise NotFoundError(
            Phrase(
                "Agent {id} was erased: nobody acts under this id any more. 'kofucli agent show "
                "{id}' shows what is left.",
                id=agent_id,
            )
        )
    if agent is None:
        raise NotFoundError(
            Phrase(
                "There is no agent {id}. 'kofucli agent list' shows those there are, "
                "'kofucli agent add' registers one.",
                id=agent_id,
            )
        )
    return agent
