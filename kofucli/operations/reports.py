"""Reports on load, quota and conduct, and all of them together for the nightly page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import get_args

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base import Phrase, WrongUsageError
from kofucli.base.clock import JST
from kofucli.model import ACTIVE, Agent, Status
from kofucli.model.holidays import LAST_YEAR
from kofucli.operations import Context
from kofucli.operations.slots import find_allowance
from kofucli.operations.status import Needs, NeedsFinder, conduct_limits, judge_today
from kofucli.reports import Conduct, Quota, count_quota, judge_conduct
from kofucli.reports.load import (
    Changes,
    ChangesCounter,
    DayLoad,
    FrameLoad,
    Load,
    LoadCounter,
    load_by_day,
    stale_from,
)
from kofucli.rules import Verdict, refusals
from kofucli.rules.availability import find_shown_days
from kofucli.rules.conduct import check_service, look_back
from kofucli.settings import Settings
from kofucli.store import Store
from kofucli.store.integrity import Finding
from kofucli.store.integrity.check import Heads, RecentCheck, check_recent
from kofucli.store.ledger import decode_lines
from kofucli.store.view import View

_WEEKS = 8
"""How many whole weeks before this one the nightly page shows."""
_ENDINGS = tuple(status for status in get_args(Status) if status not in ACTIVE)
_ONE_DAY = timedelta(days=1)


class Span(Struct, frozen=True):
    """The days asked for, both included; None leaves an end to the report."""

    since: date | None = None
    until: date | None = None

    def check(self) -> Span:
        """Return the span. Raises WrongUsageError where it ends before it begins."""
        since, until = self.since, self.until
        if since is not None and until is not None and since > until:
            message = Phrase(
                "--since {since} is after --until {until}; expected a day up to it.",
                since=since,
                until=until,
            )
            raise WrongUsageError(message)
        return self

    def has(self, day: date) -> bool:
        """Tell whether a day is asked for."""
        return (self.since or day) <= day <= (self.until or day)


def report_load(context: Context, span: Span) -> Load:
    """Return how full every frame is or was.

    Without a span the report begins today; with ``until`` alone it begins with the first
    reservation, as ``list`` does. Raises WrongUsageError.
    """
    span = span.check()
    until = span.until
    if until is None:
        last = max((context.today, *context.shown))
        later = context.view.each_day(last + _ONE_DAY)
        until = max((last, *(day for day, found in later if found)))
    first = context.today if span.until is None else next(context.view.days(None, until), until)
    since = span.since or first
    until = max(since, until)
    counter = LoadCounter(context.settings.frames.starts, context.capacity)
    for day, reservations in context.view.each_day(since, until):
        counter.add_day(day, reservations)
    return counter.result(since, until, context.is_open)


def report_quota(context: Context, span: Span) -> Quota:
    """Return what agents hold and may add (notice 3(2)); a span narrows only the frames listed."""
    return _count_quota(context, context.view.agents(), span.check())


def _count_quota(context: Context, agents: Iterable[Agent], span: Span) -> Quota:
    registered = {agent.id: agent for agent in agents if agent.erased is None}

    def allow(agent: str, held: int) -> tuple[int, tuple[Verdict, ...]]:
        if agent not in registered:  # it was erased, and nobody books for it
            return 0, ()
        found = find_allowance(context, registered[agent], held)
        return found.left, found.blocked

    counted = count_quota(
        (r for day in context.shown for r in context.view.day(day).values()),
        context.shown,
        registered,
        allow,
        span.has,
    )
    return replace(
        counted, blocked=tuple(refusals([check_service(context.maintenance, context.now)]))
    )


def report_conduct(context: Context, span: Span) -> Conduct:
    """Return the marks of every agent (notice 6(4)).

    Without ``since`` they begin as far back as marks count (``conduct.months_back``); without
    ``until`` they include late cancellations of visits to come. Raises WrongUsageError.
    """
    span = span.check()
    limits = conduct_limits(context)
    since = span.since or look_back(context.today, limits.months_back)
    if span.since is None and span.until is not None:
        since = min(since, span.until)
    return judge_conduct(context.view.agents(), context.today, since, span.until, limits)


class Health(Struct, frozen=True):
    """The result of checking the newest part of the store; the last year of checked holidays."""

    head: str
    problems: tuple[Finding, ...]
    lines: int
    records: int
    holidays_until: int


class Night(Struct, frozen=True):
    """Everything that the nightly page shows; it is stale from ``stale`` on.

    - ``mails``: how many wait in the outbox; ``mails_stuck`` is whether they should not.
    - ``hours``: the frames of today, unless it is over, and of the next open day.
    - ``heat``: the frames of the shown days.
    - ``days``: the load by day, from ``_WEEKS`` weeks ago, or the store's first day, to the last
      reservation.
    """

    made: datetime
    stale: datetime
    needs: Needs
    mails: int
    mails_stuck: bool
    hours: tuple[tuple[date, tuple[FrameLoad, ...]], ...]
    heat: tuple[tuple[date, tuple[FrameLoad, ...]], ...]
    days: tuple[DayLoad, ...]
    changes: Changes
    health: Health
    load: Load
    quota: Quota
    conduct: Conduct


def report_night(
    store: Store, settings: Settings, now: datetime, since: date | None, heads: Heads | None = None
) -> Night:
    """Return what the nightly page shows, from one state of the store.

    ``heads`` are those that were noted elsewhere. ``since`` is the first day of the changes shown,
    None for yesterday. Reservations are read from ``since``, the first week shown, or as far back
    as marks count, whichever is earliest.
    """
    first = since or now.date() - _ONE_DAY

    def days_of(view: View) -> list[date]:
        context = Context(settings, view, now)
        return sorted({context.today, *context.shown})

    check = check_recent(store, now.date(), store.read(days_of), heads)
    mails, begun = len(store.mails()), _find_first_day(store)
    return store.read(
        lambda view: _read_night(Context(settings, view, now), first, begun, mails, check)
    )


def _find_first_day(store: Store) -> date | None:
    """Return the day of the ledger's first line; None where its beginning is lost."""
    first = next(decode_lines(store.lines()), None)
    anchor = store.header.anchor
    if first is None or first.n != (anchor.n if anchor is not None else 0) + 1:
        return None
    return first.at.astimezone(JST).date()


def _read_night(
    context: Context, since: date, begun: date | None, mails: int, check: RecentCheck
) -> Night:
    today = context.today
    monday = today - (today.weekday() + 7 * _WEEKS) * _ONE_DAY
    earliest = min(begun or monday, today)
    needs = NeedsFinder(context)
    changes = ChangesCounter(datetime(since.year, since.month, since.day, tzinfo=JST), _ENDINGS)
    counter = LoadCounter(context.settings.frames.starts, context.capacity)
    last = max((today, *context.shown))
    for day, reservations in context.view.each_day(min(needs.since, since, monday)):
        needs.add_day(day, reservations)
        changes.add(reservations)
        if reservations and day >= monday:
            counter.add_day(day, reservations)
            last, earliest = max(last, day), min(earliest, day)
    load = counter.result(max(monday, earliest), last, context.is_open)
    agents = list(context.view.agents())
    conduct = judge_today(context, agents)
    return Night(
        context.now,
        stale_from(context.now),
        needs.result(conduct),
        mails,
        mails > 0 and context.settings.mail.transport == "smtp",
        tuple((day, load.of_day(day)) for day in _next_days(context)),
        tuple((day, load.of_day(day)) for day in context.shown),
        load_by_day(load, context.is_open),
        changes.result(agents, today),
        Health(check.head, check.problems, check.lines, check.records, LAST_YEAR),
        load,
        _count_quota(context, agents, Span()),
        conduct,
    )


def _next_days(context: Context) -> Iterator[date]:
    """Yield today, where it is open and not over, and the next open day."""
    today = context.today
    if context.is_open(today) and context.now < context.ends(
        today, context.view.day(today).values()
    ):
        yield today
    yield from find_shown_days(today, context.is_open, 1, 1)
