"""What the office does: making a store, closing and reopening days, announcing maintenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base import InputError, Phrase, Problem
from kofucli.model import DayNotice, Frame, Maintenance, RecordedSettings, Reservation, Stamp
from kofucli.operations import Context, changing, refuse_if_any
from kofucli.rules import Verdict, ask, availability, conduct, eligibility, refusals
from kofucli.rules.availability import Holdings
from kofucli.settings import Settings, rule_tables
from kofucli.store import Store
from kofucli.store.header import FORMAT, Header
from kofucli.store.place import Place, create_store
from kofucli.store.view import Transaction, View


class CloseRequest(Struct, frozen=True):
    """A day, or all up to ``until``, to close, or single ``hours`` (``HH:MM``), and the reason."""

    day: date
    hours: tuple[str, ...] = ()
    reason: str = ""
    until: date | None = None

    @property
    def days(self) -> list[date]:
        """The days, in order."""
        count = ((self.until or self.day) - self.day).days + 1
        return [self.day + timedelta(days=n) for n in range(count)]


class Announced(Struct, frozen=True):
    """An announcement, and the reservations that it ``ended``, ``restored`` or did not restore.

    ``day`` is None for a maintenance; ``until`` is the last of several days that were closed.
    ``moved`` are reservations that got a later deadline.
    """

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
    until: date | None = None


def find_affected(view: View, request: CloseRequest) -> tuple[Reservation, ...]:
    """Return the reservations that a closure would end: the active ones, not those arrived."""
    return tuple(
        r
        for day in view.days(request.day, request.days[-1])
        for r in view.day(day).values()
        if r.status == "active" and (not request.hours or r.start in request.hours)
    )


def close_day(store: Store, settings: Settings, request: CloseRequest, stamp: Stamp) -> Announced:
    """Close days, or hours of them: reservations end as ``office-closed``, without a mark.

    No deadline moves, and what is closed stays so. Raises RefusedError for a past day and for an
    hour that is no frame.
    """
    with changing(store, settings, "office close", stamp) as (transaction, context):
        refuse_if_any(_ask_time(context, request.day, request.hours))
        ended = tuple(
            replace(r, status="office-closed", ended_at=context.now, reason=request.reason)
            for r in find_affected(transaction, request)
        )
        affected = {reservation.date for reservation in ended}
        for day in request.days:
            if day in affected or not _is_closed(context, request, day):
                notice = _notice(context, day)
                hours = tuple(sorted({*notice.closed_hours, *request.hours}))
                state = notice.state if request.hours else "closed"
                transaction.put_office(
                    replace(notice, state=state, closed_hours=hours, reason=request.reason)
                )
        for reservation in ended:
            transaction.put_reservation(reservation)
        changed = transaction.changed
    notes, until = tuple(context.notes), request.until
    return Announced(request.day, changed, request.hours, ended=ended, notes=notes, until=until)


def _is_closed(context: Context, request: CloseRequest, day: date) -> bool:
    """Tell whether a day, or the hours named, are closed already; of several days either."""
    day_is_closed = not context.is_open(day)
    if not request.hours or (day_is_closed and request.until is not None):
        return day_is_closed
    return set(request.hours) <= set(_notice(context, day).closed_hours)


class ClockTrusted(Struct, frozen=True):
    """What the machine's clock says, and what it said ``before``, at the last line."""

    clock: datetime
    before: datetime
    changed: bool


def trust_clock(store: Store, settings: Settings, clock: datetime, stamp: Stamp) -> ClockTrusted:
    """Record that the clock is right, where the last line came from one ahead of it."""
    stamp = replace(stamp, by_machine=False)
    with changing(store, settings, "office clock", stamp) as (transaction, _):
        before = transaction.clock
        if clock < before:
            transaction.put_office(RecordedSettings("settings", rule_tables(settings)))
    return ClockTrusted(clock, before, clock < before)


def _ask_time(context: Context, day: date, hours: Iterable[str] = ()) -> Iterator[Verdict]:
    yield ask("day.past", day >= context.today, day.isoformat(), limit=context.today)
    starts = context.settings.frames.starts
    for hour in hours:
        yield ask("frame.unknown", hour in starts, str(Frame(day, hour)), limit=list(starts))


def _notice(context: Context, day: date) -> DayNotice:
    return context.notices.get(day) or DayNotice(day.isoformat())


def reopen_day(
    store: Store, settings: Settings, day: date, restore: bool, stamp: Stamp
) -> Announced:
    """Open a day, with all of its hours.

    A deadline that the new open day affects moves, but only to later. With ``restore`` the
    reservations that the closure ended become active again where the rules still allow it. Raises
    InputError where the configuration closes the day, RefusedError for a past day.
    """
    if any(closure.date == day for closure in settings.calendar.closures):
        message = Phrase("the configuration closes {day}: take it out there", day=day)
        raise InputError(
            Phrase("{day} stays closed; nothing was changed.", day=day),
            [Problem(Phrase("[calendar] closures"), message)],
        )
    with changing(store, settings, "office reopen", stamp) as (transaction, context):
        refuse_if_any(_ask_time(context, day))
        was_open, notice = context.is_open(day), _notice(context, day)
        state = "calendar" if _opens_by_itself(context, day) else "open"
        opened = replace(notice, state=state, closed_hours=(), reason="")
        if (not was_open or notice.closed_hours) and opened != notice:
            transaction.put_office(opened)
        after = Context(settings, transaction, stamp.now)
        moved = [] if was_open else list(_move_deadlines(context, after, day))
        for reservation in moved:
            transaction.put_reservation(reservation)
        restored, failed = _restore(transaction, after, day) if restore else ([], [])
        changed = transaction.changed
        notes = tuple(_reopening_notes(context, day, changed, restore))
    return Announced(
        day,
        changed,
        opens=True,
        restored=tuple(restored),
        moved=tuple(moved),
        not_restored=tuple(failed),
        notes=(*context.notes, *notes),
    )


def _reopening_notes(context: Context, day: date, changed: bool, restore: bool) -> Iterator[Phrase]:
    if changed and not _opens_by_itself(context, day):
        yield Phrase(
            "{day} is not an open day by the calendar, and is one now; "
            "'kofucli office close {day} --reason ...' undoes it.",
            day=day,
        )
    ended = sum(r.status == "office-closed" for r in context.reservations(day))
    if ended and not restore:
        yield Phrase(
            "Reservations that the closure ended stay ended ({count}); 'kofucli office reopen "
            "{day} --restore' brings back those that the rules still allow.",
            count=ended,
            day=day,
        )


def _opens_by_itself(context: Context, day: date) -> bool:
    """Tell whether a day is open by calendar and configuration, without an announcement."""
    openings = {opening.date for opening in context.settings.calendar.openings}
    return availability.open_day_predicate(context.is_holiday, (), openings)(day)


def _move_deadlines(before: Context, after: Context, opened: date) -> Iterator[Reservation]:
    """Yield the reservations with the later deadlines that an opened day gives them."""
    for reservation in after.reservations(opened):
        if reservation.status == "active" and reservation.date > opened:
            closes = after.closes(reservation.date)
            if before.closes(reservation.date) < closes > reservation.closes:
                yield replace(reservation, closes=closes)


def _restore(
    transaction: Transaction, context: Context, day: date
) -> tuple[list[Reservation], list[tuple[Reservation, tuple[Verdict, ...]]]]:
    """Restore what a closure ended, in the order made; return that, and what is refused now."""
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
        # A day opened meanwhile may have moved the deadline; it never moves to earlier.
        closes = max(reservation.closes, context.closes(day))
        back = replace(reservation, status="active", closes=closes, ended_at=None, reason=None)
        transaction.put_reservation(back)
        restored.append(back)
    return restored, failed


def _ask_restore(context: Context, before: Holdings, reservation: Reservation) -> Iterator[Verdict]:
    """Ask what may have changed since the closure; ``before`` is what agents held at first."""
    agent = context.view.agent(reservation.agent)
    if agent is not None:
        # An erased agent no longer has a verified address, and nobody would come.
        yield ask("agent.unverified", agent.erased is None, agent.id)
        yield from eligibility.check_agent_on(agent, reservation.date)
        yield conduct.check_suspension(agent, context.today)
    frame, cases = reservation.frame, reservation.active_cases
    yield from context.check_frame(frame, context.is_open(frame.date))
    holdings = context.holdings()
    for case in cases:
        standing = holdings.standing(case.number)
        yield availability.check_duplicate(case.number, standing, reservation.agent, False)
    yield from context.check_room(reservation.agent, frame, len(cases), before, holdings)


def set_maintenance(
    store: Store, settings: Settings, end: datetime | None, reason: str, stamp: Stamp
) -> Announced:
    """Begin a maintenance now, or change the one that runs; agents change nothing until ``end``.

    ``end`` None lasts until ``end_maintenance``. Raises InputError where ``end`` is not after now.
    """
    if end is not None and end <= stamp.now:
        message = Phrase("expected an instant after {now}", now=stamp.now)
        raise InputError(
            Phrase("The maintenance would end before it begins; nothing was changed."),
            [Problem(Phrase("--end {end}", end=end), message)],
        )
    with changing(store, settings, "office maintenance", stamp) as (transaction, context):
        running = context.running_maintenance
        since = stamp.now if running is None else running.since
        after = Maintenance("maintenance", since, end, reason)
        changed = after != context.maintenance
        if changed:
            transaction.put_office(after)
    return Announced(None, changed, maintenance=after)


def end_maintenance(store: Store, settings: Settings, stamp: Stamp) -> Announced:
    """End the maintenance that runs now; without one nothing changes."""
    with changing(store, settings, "office maintenance", stamp) as (transaction, context):
        if context.running_maintenance is None:
            return Announced(None, False, maintenance=context.maintenance)
        after = replace(context.running_maintenance, end=stamp.now)
        transaction.put_office(after)
    return Announced(None, True, maintenance=after)


def init_store(place: Place, settings: Settings, stamp: Stamp) -> None:
    """Make an empty store at a place. Raises StoreError where something is there already."""
    recorded = RecordedSettings("settings", rule_tables(settings))
    header = Header(FORMAT, settings.office.id, place.codec or settings.store.format)
    create_store(place, header, [recorded], stamp, settings.store.lock_seconds)
