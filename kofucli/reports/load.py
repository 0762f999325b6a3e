"""How full every frame is or was, what a day adds up to, and what changed since an instant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from kofucli.model.records import HOLDING, Agent, Frame, Predicate, Reservation

_ONE_DAY = timedelta(days=1)
_COUNTED = {
    "late": "late",
    "no-show": "no_show",
    "cancelled": "cancelled",
    "late-cancelled": "late_cancelled",
    "office-closed": "office_closed",
}
"""The statuses that have a column of their own; they count reservations."""
_OUTCOMES = {"collected": "collected", "not-handed": "not_handed"}
"""The statuses of cases that have a column of their own."""
_ADDED = ("booked", "reservations", *_OUTCOMES.values(), *_COUNTED.values())
"""The figures that can be added up."""


class Figures(Struct, frozen=True, kw_only=True):
    """What is counted of a frame, or over several.

    ``capacity`` and ``booked`` are cases (None: no limit), ``collected`` and ``not_handed`` too;
    ``reservations`` are all, whatever became of them, ``agents`` those who made them; the rest
    count reservations that ended so.
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
    """The figures of every frame in ``[since, until]``, by day and hour, and over all of them."""

    since: date
    until: date
    frames: tuple[FrameLoad, ...]
    totals: Figures

    def of_day(self, day: date) -> tuple[FrameLoad, ...]:
        """Return the rows of one day."""
        return tuple(row for row in self.frames if row.date == day)


class _Tally:
    """The figures of a frame while they are counted; ``agents`` are their ids."""

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
    """Counts the load of frames, a day after the other in any order, and keeps no reservation.

    ``starts`` are the office's hours, ``capacity`` tells how many cases a frame takes.
    """

    def __init__(self, starts: Sequence[str], capacity: Callable[[Frame], int | None]) -> None:
        self._starts = starts
        self._capacity = capacity
        self._days: dict[date, dict[str, _Tally]] = {}
        self._agents: set[str] = set()

    def add_day(self, day: date, reservations: Iterable[Reservation]) -> None:
        """Count the reservations of a day."""
        tallies: dict[str, _Tally] = {}
        for reservation in reservations:
            tally = tallies.get(reservation.start)
            if tally is None:
                tally = tallies[reservation.start] = _Tally()
            tally.add(reservation)
        if tallies:
            self._days[day] = tallies
            self._agents.update(*(tally.agents for tally in tallies.values()))

    def result(self, since: date, until: date, is_open: Predicate) -> Load:
        """Return what was counted in ``[since, until]``; every other day must be left out.

        1. Every hour of an open day has its row, whether anybody booked it or not.
        2. Elsewhere a frame has one where a reservation stands in it; its capacity is 0.
        """
        rows = []
        for n in range((until - since).days + 1):
            day = since + n * _ONE_DAY
            tallies = self._days.get(day, {})
            opened = is_open(day)
            starts = {*tallies, *self._starts} if opened else set(tallies)
            rows += [self._row(day, start, tallies.get(start), opened) for start in sorted(starts)]
        return Load(since, until, tuple(rows), _add_up(rows, len(self._agents)))

    def _row(self, day: date, start: str, tally: _Tally | None, opened: bool) -> FrameLoad:
        found = tally or _Tally()
        capacity = self._capacity(Frame(day, start)) if opened else 0
        agents = len(found.agents)
        return FrameLoad(date=day, start=start, capacity=capacity, agents=agents, **found.numbers)


def _add_up(rows: Sequence[FrameLoad], agents: int) -> Figures:
    """Return the sum of rows; their capacity is None where one of them has no limit."""
    capacities = [row.capacity for row in rows]
    return Figures(
        capacity=None if None in capacities else sum(c for c in capacities if c is not None),
        agents=agents,
        **{name: sum(getattr(row, name) for row in rows) for name in _ADDED},
    )


class DayLoad(Struct, frozen=True):
    """The load of a day: cases booked and handed over, reservations nobody came for.

    ``mean`` is the mean of what was booked on it and the open days before it, five in all.
    """

    date: date
    booked: int
    collected: int
    no_show: int
    mean: float


def load_by_day(load: Load, is_open: Predicate, window: int = 5) -> tuple[DayLoad, ...]:
    """Return the load of every open day, and its trend over ``window`` of them.

    A closed day is there only where somebody was served on it.
    """
    days: dict[date, list[int]] = {}
    for row in load.frames:
        sums = days.setdefault(row.date, [0, 0, 0])
        for at, value in enumerate((row.booked, row.collected, row.no_show)):
            sums[at] += value
    days = {day: sums for day, sums in days.items() if any(sums) or is_open(day)}
    booked = [sums[0] for sums in days.values()]
    found = []
    for at, (day, sums) in enumerate(days.items()):
        last = booked[max(0, at + 1 - window) : at + 1]
        found.append(DayLoad(day, sums[0], sums[1], sums[2], sum(last) / len(last)))
    return tuple(found)


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
