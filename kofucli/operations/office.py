"""The office: a new store, closing and reopening days and hours, announcing maintenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base.errors import InputError, Phrase, Problem
from kofucli.model.records import (
    DayNotice,
    Frame,
    Maintenance,
    Predicate,
    RecordedSettings,
    Reservation,
    Stamp,
)
from kofucli.operations.context import Context, changing, refuse_if_any
from kofucli.rules import calendar, conduct, eligibility, quota
from kofucli.rules.quota import Holdings
from kofucli.rules.refusal import Verdict, ask, refusals
from kofucli.settings import Settings, rule_tables
from kofucli.store import Store, Transaction, View, create_store


class CloseRequest(Struct, frozen=True):
    """A day to close, or single hours of it, and why."""

    day: date
    hours: tuple[str, ...] = ()
    reason: str = ""


class Announced(Struct, frozen=True):
    """What an announcement did: reservations ended, restored, or with a later deadline."""

    day: date | None
    changed: bool
    hours: tuple[str, ...] = ()
    opens: bool = False
    ended: tuple[Reservation, ...] = ()
    restored: tuple[Reservation, ...] = ()
    moved: tuple[Reservation, ...] = ()
    not_restored: tuple[tuple[Reservation, tuple[Verdict, ...]], ...] = ()
    maintenance: Maintenance | None = None
    notes: tuple[Phrase, ...] = ()
    dry_run: bool = False


def find_affected(view: View, request: CloseRequest) -> tuple[Reservation, ...]:
    """Return the reservations that a closure would end; those who arrived stay."""
    return tuple(
        r
        for r in view.day(request.day).values()
        if r.status == "active" and (not request.hours or r.start in request.hours)
    )


def close_day(store: Store, settings: Settings, request: CloseRequest, stamp: Stamp) -> Announced:
    """Close a day, or hours of it: reservations end as ``office-closed``, without a mark.

    Frames and quota are free at once, and no deadline moves. Raises RefusedError for a past day or
    an hour that is no frame.
    """
    with changing(store, settings, "office close", stamp) as (transaction, context):
        refuse_if_any(_ask_time(context, request.day, request.hours))
        before = _notice(transaction, request.day)
        if request.hours:
            hours = tuple(sorted({*before.closed_hours, *request.hours}))
            after = replace(before, closed_hours=hours, reason=request.reason)
        else:
            after = replace(before, state="closed", reason=request.reason)
        was_closed = not context.is_open(request.day)
        already = set(request.hours) <= set(before.closed_hours) if request.hours else was_closed
        ended = [
            replace(r, status="office-closed", ended_at=context.now, reason=request.reason)
            for r in find_affected(transaction, request)
        ]
        if already and not ended:
            return Announced(request.day, False, request.hours, dry_run=stamp.dry_run)
        transaction.put_office(after)
        for reservation in ended:
            transaction.put_reservation(reservation)
    return Announced(
        request.day,
        True,
        request.hours,
        ended=tuple(ended),
        notes=tuple(context.notes),
        dry_run=stamp.dry_run,
    )


def _ask_time(context: Context, day: date, hours: Iterable[str] = ()) -> Iterator[Verdict]:
    yield ask("day.past", day >= context.today, day.isoformat(), limit=context.today)
    starts = context.settings.frames.starts
    for hour in hours:
        yield ask("frame.unknown", hour in starts, str(Frame(day, hour)), limit=list(starts))


def _notice(view: View, day: date) -> DayNotice:
    record = view.office().get(day.isoformat())
    return record if isinstance(record, DayNotice) else DayNotice(day.isoformat())


def reopen_day(
    store: Store, settings: Settings, day: date, restore: bool, stamp: Stamp
) -> Announced:
    """Open a day, hours that were closed with it.

    Deadlines that this affects move, only to later. With ``restore`` the reservations that the
    closure ended come back where the rules still hold. Raises InputError where the configuration
    closes the day, RefusedError for a past day.
    """
    if any(closure.date == day for closure in settings.calendar.closures):
        raise InputError(
            Phrase("{day} stays closed; nothing was changed.", day=day),
            [
                Problem(
                    Phrase("[calendar] closures"),
                    Phrase("the configuration closes {day}: take it out there", day=day),
                )
            ],
        )
    with changing(store, settings, "office reopen", stamp) as (transaction, context):
        refuse_if_any(_ask_time(context, day))
        opened = _open(transaction, context, day)
        after = Context(settings, transaction, stamp.now)
        moved = list(_move_deadlines(context, after, day)) if opened else []
        for reservation in moved:
            transaction.put_reservation(reservation)
        restored, failed = _restore(transaction, after, day) if restore else ([], [])
        changed = transaction.changed
        if changed and not _plain_calendar(context)(day):
            context.notes.append(
                Phrase(
                    "{day} is no open day by the calendar, and is one now; "
                    "'kofucli office close {day}' undoes it.",
                    day=day,
                )
            )
    return Announced(
        day,
        changed,
        opens=True,
        restored=tuple(restored),
        moved=tuple(moved),
        not_restored=tuple(failed),
        notes=tuple(context.notes),
        dry_run=stamp.dry_run,
    )


def _open(transaction: Transaction, context: Context, day: date) -> bool:
    """Put what opens a day; tell whether the day itself was closed."""
    before = _notice(transaction, day)
    was_open = context.is_open(day)
    without = replace(before, state="calendar", closed_hours=(), reason="")
    after = without if _plain_calendar(context)(day) else replace(without, state="open")
    if (not was_open or before.closed_hours) and after != before:
        transaction.put_office(after)
    return not was_open


def _plain_calendar(context: Context) -> Predicate:
    """Return what tells the open days that need no announcement of the office."""
    openings = {opening.date for opening in context.settings.calendar.openings}
    return calendar.open_day_predicate(context.is_holiday, (), openings)


def _move_deadlines(before: Context, after: Context, opened: date) -> Iterator[Reservation]:
    """Yield the reservations whose deadline the opening moves; never to earlier."""
    for reservation in after.reservations(opened):
        if reservation.status == "active" and reservation.date > opened:
            closes = after.closes(reservation.date)
            if before.closes(reservation.date) < closes > reservation.closes:
                yield replace(reservation, closes=closes)


def _restore(
    transaction: Transaction, context: Context, day: date
) -> tuple[list[Reservation], list[tuple[Reservation, tuple[Verdict, ...]]]]:
    """Bring back what a closure ended, in the order it was made, where the rules still hold."""
    restored: list[Reservation] = []
    failed: list[tuple[Reservation, tuple[Verdict, ...]]] = []
    before = context.holdings()
    for reservation in list(transaction.day(day).values()):
        if reservation.status != "office-closed":
            continue
        found = tuple(refusals(_ask_restore(context, before, reservation)))
        if found:
            failed.append((reservation, found))
            continue
        # A day may have been opened meanwhile: that moved the deadline, only to later.
        closes = max(reservation.closes, context.closes(day))
        back = replace(reservation, status="active", closes=closes, ended_at=None, reason=None)
        transaction.put_reservation(back)
        restored.append(back)
    return restored, failed


def _ask_restore(context: Context, before: Holdings, reservation: Reservation) -> Iterator[Verdict]:
    """Ask what may have changed since: the agent, the frame, numbers, quota, room.

    ``before`` is what was held when the command began: the frames left are fixed by that.
    """
    agent = context.view.agent(reservation.agent)
    frame = reservation.frame
    if agent is not None:
        # Nobody would come for an agent that was erased; its address is verified no more.
        yield ask("agent.unverified", agent.erased is None, agent.id)
        yield eligibility.check_certificate(agent, reservation.date)
        yield conduct.check_suspension(agent, context.today)
    good_day = context.is_open(reservation.date)
    starts = context.settings.frames.starts
    yield from calendar.check_frame(frame, context.now, starts, good_day)
    holdings = context.holdings()
    for case in reservation.active_cases:
        yield quota.check_duplicate(
            case.number, holdings.standing(case.number), reservation.agent, False
        )
    asked = len(reservation.active_cases)
    yield from context.check_room(reservation.agent, frame, asked, before, holdings)


def set_maintenance(
    store: Store,
    settings: Settings,
    end: datetime | None,
    reason: str,
    stamp: Stamp,
) -> Announced:
    """Begin a maintenance now: agents change nothing until ``end``, or until it is over.

    Raises InputError where the end is not after now.
    """
    if end is not None and end <= stamp.now:
        raise InputError(
            Phrase("The maintenance would end before it begins; nothing was changed."),
            [
                Problem(
                    Phrase("--end {end}", end=end),
                    Phrase("expected an instant after {now}", now=stamp.now),
                )
            ],
        )
    with changing(store, settings, "office maintenance", stamp) as (transaction, context):
        running = context.maintenance
        since = stamp.now
        if running is not None and conduct.in_maintenance(running, stamp.now):
            since = running.since
        after = Maintenance("maintenance", since, end, reason)
        changed = after != running
        if changed:
            transaction.put_office(after)
    return Announced(None, changed, maintenance=after, dry_run=stamp.dry_run)


def end_maintenance(store: Store, settings: Settings, stamp: Stamp) -> Announced:
    """End the maintenance that runs now; without one nothing changes."""
    with changing(store, settings, "office maintenance", stamp) as (transaction, context):
        running = context.maintenance
        if running is None or not conduct.in_maintenance(running, stamp.now):
            return Announced(None, False, maintenance=running, dry_run=stamp.dry_run)
        after = replace(running, end=stamp.now)
        transaction.put_office(after)
    return Announced(None, True, maintenance=after, dry_run=stamp.dry_run)


def init_store(path: str, settings: Settings, stamp: Stamp) -> Store:
    """Make an empty store at ``path``. Raises StoreError where the path exists already."""
    recorded = RecordedSettings("settings", rule_tables(settings))
    return create_store(path, settings.office.id, settings.store.format, stamp, [recorded])
