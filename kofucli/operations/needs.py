"""What needs somebody: for the office's status and the nightly page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from kofucli.model import ACTIVE, Agent, Reservation
from kofucli.operations.context import Context
from kofucli.reports.conduct import AgentConduct, Conduct, ConductLimits, judge_conduct
from kofucli.rules.conduct import day_ends_at, look_back


class UnclosedDay(Struct, frozen=True):
    """A day that is over, and its reservations without an outcome: not arrived, and arrived."""

    date: date
    active: int
    arrived: int


class Expiring(Struct, frozen=True):
    """A visit to come that the agent's certificate does not last until."""

    reservation: str
    agent: str
    visit: date
    valid_until: date


class Needs(Struct, frozen=True):
    """What somebody has to look at; ``since`` is how far back days were asked for.

    ``on_closed`` are the numbers of active reservations to come on days or hours that are closed;
    ``to_decide`` the agents whose marks reach the threshold, and about whom nothing was decided.
    """

    since: date
    unclosed: tuple[UnclosedDay, ...]
    on_closed: tuple[str, ...]
    to_decide: tuple[AgentConduct, ...]
    expiring: tuple[Expiring, ...]


def conduct_limits(context: Context) -> ConductLimits:
    """Return the thresholds of the settings."""
    conduct = context.settings.conduct
    return ConductLimits(conduct.no_shows, conduct.late_cancels, conduct.months_back)


def judge_today(context: Context, agents: Iterable[Agent]) -> Conduct:
    """Return the agents' marks over the months that the office looks back."""
    limits = conduct_limits(context)
    since = look_back(context.today, limits.months_back)
    return judge_conduct(agents, context.today, since, None, limits)


def is_over(context: Context, day: date, reservations: Iterable[Reservation]) -> bool:
    """Tell whether the last hour of a day has ended."""
    return context.now >= day_ends_at(day, context.settings.frames.starts, reservations)


class NeedsFinder:
    """Finds what needs somebody, a day after the other; days before ``since`` are not asked for.

    What lies before the months that the office looks back (``conduct.months_back``) leads to no
    mark any more: that is how far an unclosed day is looked for.
    """

    def __init__(self, context: Context) -> None:
        self.since = look_back(context.today, context.settings.conduct.months_back)
        self._context = context
        self._unclosed: list[UnclosedDay] = []
        self._coming: list[Reservation] = []

    def add_day(self, day: date, reservations: Iterable[Reservation]) -> None:
        """Look at the reservations of a day."""
        if day < self.since:
            return
        left = [r for r in reservations if r.status in ACTIVE]
        if left and is_over(self._context, day, left):
            arrived = sum(r.status == "arrived" for r in left)
            self._unclosed.append(UnclosedDay(day, len(left) - arrived, arrived))
        if day >= self._context.today:
            self._coming += left

    def result(self, conduct: Conduct) -> Needs:
        """Return what was found, with the agents that ``conduct`` leaves to decide on."""
        coming = sorted(self._coming, key=lambda r: r.order)
        expiring = []
        for reservation in coming:
            agent = self._context.view.agent(reservation.agent)
            if agent is not None and agent.valid_until < reservation.date:
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
