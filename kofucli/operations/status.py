"""The status of an agent or the office, and what needs attention."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from kofucli.base import Phrase
from kofucli.model import ACTIVE, Actor, Agent, Maintenance, Reservation
from kofucli.operations import Context, find_agent
from kofucli.operations.lookup import ListRequest, find_expiring, list_reservations
from kofucli.operations.slots import Slots, show_slots
from kofucli.reports import AgentConduct, Conduct, ConductLimits, judge_conduct
from kofucli.rules.conduct import look_back
from kofucli.rules.eligibility import check_certificate


class UnclosedDay(Struct, frozen=True):
    """A day that is over, and how many of its reservations are still active, or arrived."""

    date: date
    active: int
    arrived: int


class Expiring(Struct, frozen=True, rename={"visit": "date"}):
    """A visit to come for which the agent's certificate expires too early."""

    reservation: str
    agent: str
    visit: date
    valid_until: date


class Needs(Struct, frozen=True):
    """What needs somebody's attention; ``since`` is the first day that was looked at.

    - ``unclosed``: days to close, or arrivals without an outcome.
    - ``on_closed``: the numbers of active reservations to come in closed days or hours.
    - ``to_decide``: agents whose marks reach the threshold, and about whom nobody has decided.
    """

    since: date
    unclosed: tuple[UnclosedDay, ...]
    on_closed: tuple[str, ...]
    to_decide: tuple[AgentConduct, ...]
    expiring: tuple[Expiring, ...]


def conduct_limits(context: Context) -> ConductLimits:
    """Return the limits of marks from the settings."""
    conduct = context.settings.conduct
    return ConductLimits(conduct.no_shows, conduct.late_cancels, conduct.months_back)


def judge_today(context: Context, agents: Iterable[Agent]) -> Conduct:
    """Return the agents' marks that count today."""
    limits = conduct_limits(context)
    since = look_back(context.today, limits.months_back)
    return judge_conduct(agents, context.today, since, None, limits)


class NeedsFinder:
    """Finds what needs attention, fed with one day after another; marks count from ``since`` on."""

    def __init__(self, context: Context) -> None:
        self.since = look_back(context.today, context.settings.conduct.months_back)
        self._context = context
        self._unclosed: list[UnclosedDay] = []
        self._coming: list[Reservation] = []

    def add_day(self, day: date, reservations: Iterable[Reservation]) -> None:
        """Look at the reservations of one day."""
        if day < self.since:
            return
        left = [r for r in reservations if r.status in ACTIVE]
        if left and self._context.now >= self._context.ends(day, left):
            arrived = sum(r.status == "arrived" for r in left)
            self._unclosed.append(UnclosedDay(day, len(left) - arrived, arrived))
        if day >= self._context.today:
            self._coming += left

    def result(self, conduct: Conduct) -> Needs:
        """Return what was found; ``conduct`` has the agents that somebody must decide about."""
        coming = sorted(self._coming, key=lambda r: r.order)
        expiring = []
        for reservation in coming:
            agent = self._context.view.agent(reservation.agent)
            if agent is not None and not check_certificate(agent, reservation.date).holds:
                expiring.append(
                    Expiring(reservation.number, agent.id, reservation.date, agent.valid_until)
                )
        return Needs(
            self.since,
            tuple(sorted(self._unclosed, key=lambda day: day.date)),
            tuple(r.number for r in coming if self._context.is_closed(r.frame)),
            tuple(row for row in conduct.agents if row.threshold_reached and not row.decided),
            tuple(expiring),
        )


class Standing(Struct, frozen=True):
    """The status of an agent, or of the office, for which ``agent`` is None.

    - ``visits``: active reservations from today on; ``today`` those of today.
    - ``closing_today``: visits whose deadline is still to come today.
    - ``maintenance``: the one that runs now.
    - ``unfinished``, ``needs``: only of the office; its visits that are over without an outcome.
    """

    agent: Agent | None
    slots: Slots
    visits: tuple[Reservation, ...]
    closing_today: tuple[Reservation, ...]
    today: tuple[Reservation, ...]
    unfinished: tuple[Reservation, ...]
    open_today: bool
    maintenance: Maintenance | None
    warnings: tuple[Phrase, ...] = ()
    needs: Needs | None = None


def show_status(context: Context, actor: Actor) -> Standing:
    """Return the status of the agent, or of the office, now."""
    agent = find_agent(context.view, actor.agent) if actor.agent is not None else None
    visits = tuple(list_reservations(context, ListRequest(), actor))
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
        context.running_maintenance,
        find_expiring(context, visits),
        needs,
    )


def _find_undone(context: Context) -> tuple[tuple[Reservation, ...], Needs]:
    """Return visits that are over without an outcome, and what needs attention."""
    finder = NeedsFinder(context)
    unfinished: list[Reservation] = []
    for day, reservations in context.view.each_day(finder.since):
        finder.add_day(day, reservations)
        left = (r for r in reservations if r.status in ACTIVE)
        unfinished += (r for r in left if r.ends_at <= context.now)
    unfinished.sort(key=lambda r: r.order)
    return tuple(unfinished), finder.result(judge_today(context, context.view.agents()))
