"""What is there: free frames, reservations, where somebody stands. Nothing changes here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from kofucli.errors import Phrase
from kofucli.model import ACTIVE, Actor, Agent, Frame, Reservation, Stamp
from kofucli.operations.context import Context, find_agent
from kofucli.operations.lookup import is_visible
from kofucli.operations.needs import Needs, NeedsFinder, judge_today
from kofucli.rules.calendar import starts_at
from kofucli.rules.conduct import in_maintenance
from kofucli.rules.eligibility import check_certificate
from kofucli.rules.quota import frames_left
from kofucli.rules.refusal import Verdict, describe, in_order, refusals


class FrameRoom(Struct, frozen=True):
    """A frame: its capacity in cases, what is booked, and what an agent has and may add.

    ``blocked`` is whether the agent may book nothing on that day, whatever room there is.
    """

    frame: Frame
    capacity: int | None
    booked: int
    yours: int
    bookable: int
    blocked: bool = False

    @property
    def remaining(self) -> int | None:
        """Cases that still fit, over all agents; None where there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.booked)


class Slots(Struct, frozen=True):
    """The shown days and their frames; ``held`` and ``left`` count an agent's frames.

    ``blocked`` is what forbids the agent to book on some or all of the days: each rule once.
    """

    days: tuple[tuple[date, tuple[FrameRoom, ...]], ...]
    agent: str | None
    held: int = 0
    left: int = 0
    blocked: tuple[Verdict, ...] = ()


def show_slots(context: Context, agent: Agent | None, actor: Actor) -> Slots:
    """Return what is free on the shown days, and for an agent what ``actor`` could still book."""
    holdings, limits = context.holdings(), context.settings.quota
    held = holdings.frames(agent.id) if agent is not None else set()
    left = frames_left(len(held), limits.frames, limits.reading)
    service = context.check_service(Stamp(context.now, actor))
    days = []
    blocked: dict[str, Verdict] = {}
    for day in context.shown:
        asked = [*service, *context.check_agent(agent, day)] if agent is not None else []
        found = {verdict.code: verdict for verdict in refusals(asked)}
        blocked = found | blocked  # each as of its first day; in the order of the latest one
        rooms = []
        for start in context.settings.frames.starts:
            frame = Frame(day, start)
            capacity, booked = context.capacity(frame), holdings.booked(frame)
            yours = holdings.cases(agent.id, frame) if agent is not None else 0
            started = context.now >= starts_at(frame)
            fits = frame in held or left > 0
            may = limits.cases - yours if fits and not started and not found else 0
            if capacity is not None:
                may = min(may, capacity - booked)
            rooms.append(FrameRoom(frame, capacity, booked, yours, max(0, may), bool(found)))
        days.append((day, tuple(rooms)))
    if agent is None:
        return Slots(tuple(days), None)
    return Slots(tuple(days), agent.id, len(held), left, tuple(in_order(blocked.values())))


def find_expiring(context: Context, reservations: Iterable[Reservation]) -> tuple[Phrase, ...]:
    """Return a warning for each visit to come that the agent's certificate does not last until."""
    found = []
    for reservation in reservations:
        agent = context.view.agent(reservation.agent)
        if agent is None or reservation.status not in ACTIVE or reservation.date < context.today:
            continue
        verdict = check_certificate(agent, reservation.date)
        if not verdict.holds:
            found.append(
                Phrase(
                    "{number}: {warning} The visit stands; please renew the agent's record.",
                    number=reservation.number,
                    warning=describe(verdict),
                )
            )
    return tuple(found)


class ListRequest(Struct, frozen=True):
    """Which reservations to list; what is None does not narrow."""

    agent: str | None = None
    since: date | None = None
    until: date | None = None
    statuses: tuple[str, ...] = ()
    case: str | None = None
    everything: bool = False


def list_reservations(
    context: Context, request: ListRequest, actor: Actor
) -> tuple[Reservation, ...]:
    """Return reservations by date, hour and number.

    Without more they are the active ones from today on; a date replaces "from today", a status
    replaces "active", and ``everything`` lists whatever day and status.
    """
    since, until = request.since, request.until
    if since is None and until is None and not request.everything:
        since = context.today
    statuses = frozenset(request.statuses)
    if not statuses and not request.everything:
        statuses = ACTIVE
    found = [
        r
        for r in context.reservations(since, until)
        if is_visible(r, actor)
        and (request.agent is None or r.agent == request.agent)
        and (not statuses or r.status in statuses)
        and (request.case is None or any(c.number == request.case for c in r.cases))
    ]
    return tuple(sorted(found, key=lambda r: (r.date, r.start, r.number)))


class Standing(Struct, frozen=True):
    """Where somebody stands: visits to come, deadlines of today, what is left, what to do.

    ``unfinished`` and ``needs`` are the office's alone.
    """

    agent: Agent | None
    slots: Slots
    visits: tuple[Reservation, ...]
    closing_today: tuple[Reservation, ...]
    today: tuple[Reservation, ...]
    unfinished: tuple[Reservation, ...]
    open_today: bool
    in_maintenance: bool
    warnings: tuple[Phrase, ...] = ()
    needs: Needs | None = None


def show_status(context: Context, actor: Actor) -> Standing:
    """Return where the agent, or the office, stands now."""
    agent = find_agent(context.view, actor.agent) if actor.agent is not None else None
    visits = list_reservations(context, ListRequest(), actor)
    closing = [r for r in visits if r.closes > context.now and r.closes.date() == context.today]
    unfinished, needs = _find_undone(context) if agent is None else ((), None)
    return Standing(
        agent,
        show_slots(context, agent, actor),
        visits,
        tuple(closing),
        tuple(r for r in visits if r.date == context.today),
        unfinished,
        context.is_open(context.today),
        in_maintenance(context.maintenance, context.now),
        find_expiring(context, visits),
        needs,
    )


def _find_undone(context: Context) -> tuple[tuple[Reservation, ...], Needs]:
    """Return the visits whose hour is over and that have no outcome, and what needs somebody.

    Both as far back as the office looks back for marks: that bounds what is read.
    """
    finder = NeedsFinder(context)
    unfinished: list[Reservation] = []
    for day, reservations in context.view.each_day(finder.since):
        finder.add_day(day, reservations)
        left = (r for r in reservations if r.status in ACTIVE)
        unfinished += (r for r in left if r.ends_at <= context.now)
    unfinished.sort(key=lambda r: (r.date, r.start, r.number))
    return tuple(unfinished), finder.result(judge_today(context, context.view.agents()))
