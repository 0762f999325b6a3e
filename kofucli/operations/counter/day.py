"""A day at the counter: the sheet of who comes when, and closing it (notice 6(4))."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from kofucli.base.errors import Phrase
from kofucli.model.records import ACTIVE, HOLDING, Reservation, Stamp
from kofucli.operations.context import Context, changing, find_registered
from kofucli.operations.counter.desk import DeskRefusedError, take_step
from kofucli.operations.counter.marks import Marked, add_marks, make_mark
from kofucli.operations.lookup import find_expiring
from kofucli.rules.conduct import Advice, look_back
from kofucli.settings import Settings
from kofucli.store import Store, Transaction

_CAME = frozenset({"arrived", "collected", "not-handed", "late"})


class Visit(Struct, frozen=True):
    """A visit of a day: the reservation, and the agent's name (empty where it was erased)."""

    reservation: Reservation
    name: str


class DaySheet(Struct, frozen=True):
    """Who comes when on a day, by hour and number; cancelled and closed ones left out."""

    day: date
    is_open: bool
    visits: tuple[Visit, ...]
    warnings: tuple[Phrase, ...] = ()


def make_sheet(context: Context, day: date) -> DaySheet:
    """Return the sheet of a day."""
    found = [r for r in context.view.day(day).values() if r.status in HOLDING]
    found.sort(key=lambda r: (r.start, r.number))
    names: dict[str, str] = {}
    for agent_id in {r.agent for r in found}:
        agent = find_registered(context.view, agent_id)
        names[agent_id] = context.view.personal(agent).name if agent is not None else ""
    visits = tuple(Visit(r, names[r.agent]) for r in found)
    return DaySheet(day, context.is_open(day), visits, find_expiring(context, found))


class CloseDayRequest(Struct, frozen=True):
    """A day to close, None for all that are over.

    ``all_no_show`` says of days on which nobody was scanned that nobody came.
    """

    day: date | None
    all_no_show: bool = False


class ClosedDay(Struct, frozen=True):
    """What closing a day did: no-shows, those ended since the office was closed, and what is open.

    ``unfinished`` has arrived and has no outcome: it is left as it is.
    """

    day: date
    no_shows: tuple[Reservation, ...] = ()
    office_closed: tuple[Reservation, ...] = ()
    unfinished: tuple[Reservation, ...] = ()


class DaysClosed(Struct, frozen=True):
    """What closing days did; ``marks`` came with the no-shows."""

    days: tuple[ClosedDay, ...]
    changed: bool
    marks: tuple[Marked, ...] = ()
    advice: tuple[Advice, ...] = ()
    dry_run: bool = False


def close_days(
    store: Store, settings: Settings, request: CloseDayRequest, stamp: Stamp
) -> DaysClosed:
    """Close a day, or all that are over: who neither came nor cancelled is a no-show (6(4)).

    What the office was closed for ends as ``office-closed``, without a mark. All in one
    transaction; a second time changes nothing. Raises RefusedError for a day that is not over, and
    for one on which nobody was scanned, unless that is said to be so.
    """
    with changing(store, settings, "desk close-day", stamp) as (transaction, context):
        unscanned = find_unscanned(context, request.day)
        if unscanned and not request.all_no_show:
            raise DeskRefusedError(
                Phrase(
                    "Nobody was scanned on {days}: was it forgotten? Record who came (kofucli desk "
                    "arrive NUMBER --at INSTANT), or say with --all-no-show that nobody did.",
                    days=unscanned,
                ),
                context.now,
            )
        days = tuple(_close(transaction, context, day) for day in _find_days(context, request.day))
        marks = tuple(make_mark("no-show", r) for day in days for r in day.no_shows)
        advice = add_marks(transaction, context, marks)
        changed = transaction.changed
    return DaysClosed(days, changed, marks, advice, stamp.dry_run)


def find_unscanned(context: Context, day: date | None) -> tuple[date, ...]:
    """Return the days to be closed with visits to come to an end and not one arrival.

    Raises DeskRefusedError where the day named is not over.
    """
    return tuple(
        each
        for each in _find_days(context, day)
        if context.is_open(each)
        and any(_is_missed(context, r) for r in context.view.day(each).values())
        and not any(r.status in _CAME for r in context.view.day(each).values())
    )


def _find_days(context: Context, day: date | None) -> tuple[date, ...]:
    """Return the day named, or all days that are over and have visits without an outcome.

    All are those that may still matter: kept by ``retention``, or within the look-back of marks;
    so closing costs no more on a store with a long history.
    """
    if day is not None:
        ends = context.ends(day, context.view.day(day).values())
        if context.now < ends:
            raise DeskRefusedError(
                Phrase("{day} is not over: its last hour ends at {ends}.", day=day, ends=ends),
                context.now,
                ends,
            )
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
    """Tell whether nobody came for a visit that the office was there for."""
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
            after = take_step(before, "no-show", now, status=status, ended_at=now)
            transaction.put_reservation(after)
            (missed if is_missed else closed).append(after)
    return ClosedDay(day, tuple(missed), tuple(closed), tuple(unfinished))
