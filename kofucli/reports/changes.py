"""What happened from an instant on, and how long a page about it holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from kofucli.model import Agent, Reservation

_ONE_DAY = timedelta(days=1)


class Changes(Struct, frozen=True):
    """What happened from the instant ``since`` on.

    ``booked`` and ``cases`` are the reservations made and their cases then; ``ended`` counts the
    reservations that ended, by status; ``agents`` are those registered.
    """

    since: datetime
    booked: int
    cases: int
    ended: dict[str, int]
    agents: int


class ChangesCounter:
    """Counts what happened from ``since`` on, by the instants that stand in the records."""

    def __init__(self, since: datetime, endings: Collection[str]) -> None:
        self._since = since
        self._booked = self._cases = 0
        self._ended = dict.fromkeys(endings, 0)

    def add(self, reservations: Iterable[Reservation]) -> None:
        """Count reservations."""
        since = self._since
        for reservation in reservations:
            if reservation.booked_at >= since:
                self._booked += 1
                self._cases += reservation.first_count
            ended = reservation.ended_at
            if ended is not None and ended >= since and reservation.status in self._ended:
                self._ended[reservation.status] += 1

    def result(self, agents: Iterable[Agent]) -> Changes:
        """Return what was counted, and how many of the agents were registered since."""
        registered = sum(agent.registered_at >= self._since for agent in agents)
        return Changes(self._since, self._booked, self._cases, self._ended, registered)


def stale_from(now: datetime) -> datetime:
    """Return from when a page made at ``now`` no longer tells how things stand.

    It is the first midnight at least twelve hours later: what the evening's run makes holds for the
    day that follows, what one after midnight makes holds for its own.
    """
    later = now + timedelta(hours=12, seconds=-1)
    return (later + _ONE_DAY).replace(hour=0, minute=0, second=0)
