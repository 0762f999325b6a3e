"""How full every frame is or was, the load of a day, and the changes since an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from msgspec import Struct

from kofucli.model import HOLDING, Agent, Frame, Predicate, Reservation

_ONE_DAY = timedelta(days=1)
_COUNTED = {
    "late": "late",
    "no-show": "no_show",
    "cancelled": "cancelled",
    "late-cancelled": "late_cancelled",
    "office-closed": "office_closed",
}
"""The statuses of reservations that have a figure of their own."""
_OUTCOMES = {"collected": "collected", "not-handed": "not_handed"}
"""The statuses of cases that have a figure of their own."""
_ADDED = ("booked", "reservations", *_OUTCOMES.values(), *_COUNTED.values())
"""The figures that can be added up; agents cannot, for one may hold several frames."""


class Figures(Struct, frozen=True, kw_only=True):
    """The figures of one frame, or of several together.

    - ``capacity``, ``booked``, ``collected``, ``not_handed`` are cases; capacity None is no limit.
    - ``reservations`` are all, with any status; ``agents`` are the different agents who have them.
    - The others are the reservations that ended with this status.
    """

    capacity: int | None
    booked: int
    reservations: int
    agents: int
    collected: int
    not_handed: int
    late: int
    no_show: int
    cancelled: int
    late_cancelled: int
    office_closed: int


class FrameLoad(Figures, frozen=True, kw_only=True):
    """The figures of one frame."""

    date: date
    start: str


class Load(Struct, frozen=True):
    """The figures of every frame in ``[since, until]``, by day and hour, and their totals."""

    since: date
    until: date
    frames: tuple[FrameLoad, ...]
    totals: Figures

    def of_day(self, day: date) -> tuple[FrameLoad, ...]:
        """Return the frames of one day."""
        return tuple(row for row in self.frames if row.date == day)


class _Tally:
    """The figures of a frame while they are counted; ``agents`` are ids."""

    def __init__(self) -> None:
        self.agents: set[str] = set()
        self.numbers = dict.fromkeys(_ADDED, 0)

    def add(self, reservation: Reservation) -> None:
        numbers, status = self.numbers, reservation.status
        numbers["reservations"] += 1
        self.agents.add(reservation.agent)
        if status in _COUNTED:
            numbers[_COUNTED[status]] += 1
        for case in reservation.cases:
            if case.status in _OUTCOMES:
                numbers[_OUTCOMES[case.status]] += 1
        if status in HOLDING:
            numbers["booked"] += reservation.taken


class LoadCounter:
    """Counts the load of frames, fed with one day after another, in any order."""

    def __init__(self, starts: Sequence[str], capacity: Callable[[Frame], int | None]) -> None:
        self._starts = starts
        self._capacity = capacity
        self._days: dict[date, dict[str, _Tally]] = {}
        self._agents: set[str] = set()

    def add_day(self, day: date, reservations: Iterable[Reservation]) -> None:
        """Count the reservations of a day."""
        tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
        for reservation in reservations:
            tallies[reservation.start].add(reservation)
        if tallies:
            self._days[day] = tallies
            self._agents.update(*(tally.agents for tally in tallies.values()))

    def result(self, since: date, until: date, is_open: Predicate) -> Load:
        """Return the load of ``[since, until]``; only days in it may have been counted.

        1. Every hour of an open day has a row, whether or not anybody booked it.
        2. On a closed day only a frame with a reservation has a row; its capacity is 0.
        """
        rows = []
        for n in range((until - since).days + 1):
            day = since + n * _ONE_DAY
            tallies, opened = self._days.get(day, {}), is_open(day)
            for start in sorted({*tallies, *(self._starts if opened else ())}):
                found = tallies.get(start) or _Tally()
                capacity = self._capacity(Frame(day, start)) if opened else 0
                agents = len(found.agents)
                row = FrameLoad(
                    date=day, start=start, capacity=capacity, agents=agents, **found.numbers
                )
                rows.append(row)
        limits = [row.capacity for row in rows if row.capacity is not None]
        totals = Figures(
            capacity=sum(limits) if len(limits) == len(rows) else None,
            agents=len(self._agents),
            **{name: sum(getattr(row, name) for row in rows) for name in _ADDED},
        )
        return Load(since, until, tuple(rows), totals)


class DayLoad(Struct, frozen=True):
    """The load of a day: cases booked and collected, and reservations that nobody came for.

    ``mean`` is the mean of the cases booked on this day and the four open days before it; on a day
    that is ``closed`` it is that of the open day before.
    """

    date: date
    booked: int
    collected: int
    no_show: int
    mean: float
    closed: bool = False


def load_by_day(load: Load, is_open: Predicate, window: int = 5) -> tuple[DayLoad, ...]:
    """Return the load of open days, and others with any; the mean is over ``window`` open ones."""
    found: list[DayLoad] = []
    last: list[int] = []
    for day, frames in groupby(load.frames, key=lambda row: row.date):
        figures = ((row.booked, row.collected, row.no_show) for row in frames)
        booked, collected, no_show = map(sum, zip(*figures, strict=True))
        opened = is_open(day)
        last = [*last, booked][-window:] if opened else last
        if booked or collected or no_show or opened:
            mean = sum(last) / max(1, len(last))
            found.append(DayLoad(day, booked, collected, no_show, mean, not opened))
    return tuple(found)


class Changes(Struct, frozen=True):
    """What changed from the instant ``since`` on.

    - ``booked``, ``cases``: the reservations made, and their cases when first booked.
    - ``ended``: the reservations that ended, by status.
    - ``agents``: the agents registered.
    - ``suspended``: the suspensions that began, up to today: agent, first day, first free day.
    """

    since: datetime
    booked: int
    cases: int
    ended: dict[str, int]
    agents: int
    suspended: tuple[tuple[str, date, date], ...] = ()


class ChangesCounter:
    """Counts what changed from ``since`` on, by the instants in the records."""

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

    def result(self, agents: Sequence[Agent], today: date) -> Changes:
        """Return what was counted; ``agents`` are all agents, registered whenever."""
        registered = sum(agent.registered_at >= self._since for agent in agents)
        suspended = tuple(
            (agent.id, held.since, held.until)
            for agent in agents
            if (held := agent.suspension) and self._since.date() <= held.since <= today
        )
        return Changes(self._since, self._booked, self._cases, self._ended, registered, suspended)


def stale_from(now: datetime) -> datetime:
    """Return the first midnight at least twelve hours after ``now``: then a page is out of date."""
    later = now + timedelta(hours=12, seconds=-1)
    return (later + _ONE_DAY).replace(hour=0, minute=0, second=0)
