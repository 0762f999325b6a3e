"""A day at the counter: the sheet of its visits, and closing it (notice 6(4))."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from kofucli.base import Phrase
from kofucli.model import ACTIVE, HOLDING, CertificateKind, Reservation, Stamp, Suspension
from kofucli.operations import Context, changing, find_registered
from kofucli.operations.counter import DeskRefusedError, Marked, add_step
from kofucli.operations.counter.marks import add_marks, make_mark
from kofucli.operations.lookup import find_expiring
from kofucli.rules.conduct import Advice, look_back
from kofucli.rules.eligibility import certificate_kind
from kofucli.settings import Settings
from kofucli.store import Store
from kofucli.store.view import Transaction

_CAME = frozenset({"arrived", "collected", "not-handed", "late"})


class Visit(Struct, frozen=True):
    """A reservation, and its agent's name and certificate; for an erased agent both are empty."""

    reservation: Reservation
    name: str = ""
    certificate: CertificateKind | None = None
    valid_until: date | None = None

    @property
    def is_certified(self) -> bool:
        """Whether the certificate is valid on the day of the visit."""
        return self.valid_until is not None and self.valid_until >= self.reservation.date


class DaySheet(Struct, frozen=True):
    """The visits of a day by hour and number, without the cancelled and office-closed ones."""

    day: date
    is_open: bool
    visits: tuple[Visit, ...]
    warnings: tuple[Phrase, ...] = ()


def make_sheet(context: Context, day: date) -> DaySheet:
    """Return the sheet of a day."""
    found = [r for r in context.view.day(day).values() if r.status in HOLDING]
    found.sort(key=lambda r: (r.start, r.number))
    names: dict[str, str] = {}
    visits = []
    for reservation in found:
        agent = find_registered(context.view, reservation.agent)
        if agent is None:
            visits.append(Visit(reservation))
            continue
        if agent.id not in names:
            names[agent.id] = context.view.personal(agent).name
        kind = certificate_kind(agent.occupation)
        visits.append(Visit(reservation, names[agent.id], kind, agent.valid_until))
    return DaySheet(day, context.is_open(day), tuple(visits), find_expiring(context, found))


class CloseDayRequest(Struct, frozen=True):
    """A day to close, None for all that are over; whether it is certain that nobody came."""

    day: date | None
    all_no_show: bool = False


class ClosedDay(Struct, frozen=True):
    """The visits that closing a day ended, and the ``unfinished``, which it leaves as they are."""

    day: date
    no_shows: tuple[Reservation, ...] = ()
    office_closed: tuple[Reservation, ...] = ()
    unfinished: tuple[Reservation, ...] = ()


class DaysClosed(Struct, frozen=True):
    """The days closed, the marks for the no-shows, and what they led to, by the ids of agents."""

    days: tuple[ClosedDay, ...]
    changed: bool
    marks: tuple[Marked, ...] = ()
    advice: tuple[Advice, ...] = ()
    suspensions: tuple[tuple[str, Suspension], ...] = ()
    dry_run: bool = False


def close_days(
    store: Store, settings: Settings, request: CloseDayRequest, stamp: Stamp
) -> DaysClosed:
    """Close a day, or all days that are over: a visit that nobody came for is a no-show (6(4)).

    A visit at a time when the office was closed ends as ``office-closed``, without a mark. All days
    are closed in one transaction; closing again changes nothing. Raises RefusedError for a day that
    is not over, and for a day on which nobody was scanned, unless ``all_no_show`` confirms it.
    """
    with changing(store, settings, "desk close-day", stamp) as (transaction, context):
        unscanned = find_unscanned(context, request.day)
        if unscanned and not request.all_no_show:
            message = Phrase(
                "Nobody was scanned on {days}: was it forgotten? Record who came (kofucli desk "
                "arrive NUMBER --at INSTANT), or say with --all-no-show that nobody did.",
                days=unscanned,
            )
            raise DeskRefusedError(message, context.now)
        days = tuple(_close(transaction, context, day) for day in _find_days(context, request.day))
        marks = tuple(make_mark("no-show", r) for day in days for r in day.no_shows)
        advice = add_marks(transaction, context, marks)
        suspended = [transaction.agent(each.agent) for each in advice if each.suspended]
        begun = tuple((a.id, a.suspension) for a in suspended if a and a.suspension)
        changed = transaction.changed
    return DaysClosed(days, changed, marks, advice, begun, stamp.dry_run)


def find_unscanned(context: Context, day: date | None) -> tuple[date, ...]:
    """Return the days to close on which nobody arrived. Raises DeskRefusedError, too early."""
    return tuple(
        each
        for each in _find_days(context, day)
        if context.is_open(each)
        and any(_is_missed(context, r) for r in context.view.day(each).values())
        and not any(r.status in _CAME for r in context.view.day(each).values())
    )


def _find_days(context: Context, day: date | None) -> tuple[date, ...]:
    """Return the day named, or all that are over with open visits, as far back as records count."""
    if day is not None:
        ends = context.ends(day, context.view.day(day).values())
        if context.now < ends:
            message = Phrase("{day} is not over: its last hour ends at {ends}.", day=day, ends=ends)
            raise DeskRefusedError(message, context.now)
        return (day,)
    months = max(context.settings.retention.months, context.settings.conduct.months_back)
    days = context.view.days(look_back(context.today, months), context.today)
    waiting = []
    for each in days:
        found = context.view.day(each).values()
        if any(r.status in ACTIVE for r in found) and context.now >= context.ends(each, found):
            waiting.append(each)
    return tuple(waiting)


def _is_missed(context: Context, reservation: Reservation) -> bool:
    """Tell whether nobody came for a visit although the office was open."""
    return reservation.status == "active" and not context.is_closed(reservation.frame)


def _close(transaction: Transaction, context: Context, day: date) -> ClosedDay:
    missed: list[Reservation] = []
    closed: list[Reservation] = []
    unfinished: list[Reservation] = []
    now = context.now
    for before in list(transaction.day(day).values()):
        if before.status == "arrived":
            unfinished.append(before)
        elif before.status == "active":
            is_missed = _is_missed(context, before)
            status = "no-show" if is_missed else "office-closed"
            after = add_step(before, "no-show", now, status=status, ended_at=now)
            transaction.put_reservation(after)
            (missed if is_missed else closed).append(after)
    return ClosedDay(day, tuple(missed), tuple(closed), tuple(unfinished))
