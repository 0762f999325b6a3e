"""The days to come: which frames will have room, and from when they can be booked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property

from msgspec import Struct

from kofucli.model import Frame
from kofucli.operations.judging import Judge
from kofucli.rules.calendar import find_shown_days
from kofucli.rules.eligibility import check_certificate
from kofucli.rules.quota import Holdings, frames_left

_LOOK_AHEAD = 60
"""Days ahead in which a window is looked for."""

Opening = tuple[date, Frame]


class _Outlook(Struct, frozen=True):
    """An agent's frames, and from when it may add cases to them, and others to them, by visit."""

    held: set[Frame]
    to_held: dict[date, date]
    to_others: dict[date, date]


class Windows:
    """What could be booked on the days to come, if nobody booked or cancelled anything until then.

    What a ``judge`` has counted is taken. What was found is kept: many rows ask for the same.
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._context = judge.context
        self._openings: dict[tuple[tuple[str, ...], int], list[Opening]] = {}
        self._outlooks: dict[str, _Outlook] = {}

    def list_openings(self, agents: tuple[str, ...], cases: int) -> Sequence[Opening]:
        """Return the frames to which one of ``agents`` could add so many cases, the first first.

        With each stands the first day on which that is so, from midnight on.
        """
        key = agents, cases
        if key not in self._openings:
            found = self._find_first(agents, cases)
            openings = [(day, frame) for frame, day in found.items()]
            self._openings[key] = sorted(openings, key=lambda opening: opening[0])
        return self._openings[key]

    def _find_first(self, agents: Sequence[str], cases: int) -> dict[Frame, date]:
        """Return the first day on which one of the agents could add cases, by frame."""
        frames = [frame for frame, most in self._room.items() if most is None or most >= cases]
        first: dict[Frame, date] = {}
        for agent in agents:
            outlook = self._look_out(agent)
            for frame in frames:
                days = outlook.to_held if frame in outlook.held else outlook.to_others
                day, known = days.get(frame.date), first.get(frame)
                if day is None or (known is not None and known <= day):
                    continue
                if self._judge.room(agent, frame) >= cases:
                    first[frame] = day
        return first

    def _look_out(self, agent: str) -> _Outlook:
        """Return from when an agent may add what, room apart; its certificate is valid then."""
        if agent not in self._outlooks:
            limits, record = self._context.settings.quota, self._judge.agents[agent]
            held = self._later.frames(agent) | self._judge.frames(agent)
            valid = {day for day in self._visits if check_certificate(record, day).holds}
            outlook = _Outlook(held, {}, {})
            for today, shown in self._days:
                count = sum(frame.date in shown for frame in held)
                left = frames_left(count, limits.frames, limits.reading)
                for visit in valid.intersection(shown):
                    outlook.to_held.setdefault(visit, today)
                    if left:
                        outlook.to_others.setdefault(visit, today)
            self._outlooks[agent] = outlook
        return self._outlooks[agent]

    @cached_property
    def _days(self) -> list[tuple[date, tuple[date, ...]]]:
        """The days to come, each with the days that are shown then."""
        context = self._context
        calendar = context.settings.calendar
        days = [context.today + timedelta(days=n) for n in range(1, _LOOK_AHEAD + 1)]
        return [
            (
                day,
                find_shown_days(day, context.is_open, calendar.first_open_day, calendar.shown_days),
            )
            for day in days
        ]

    @cached_property
    def _visits(self) -> list[date]:
        """The days that are shown on some day to come, in their order."""
        return sorted({visit for _, shown in self._days for visit in shown})

    @cached_property
    def _room(self) -> dict[Frame, int | None]:
        """The frames that are shown on some day to come, with what is left of their capacity."""
        starts = self._context.settings.frames.starts
        frames = [Frame(visit, start) for visit in self._visits for start in starts]
        return {frame: self._judge.capacity_left(frame) for frame in frames}

    @cached_property
    def _later(self) -> Holdings:
        """What is held on any day to come, shown today or not."""
        context = self._context
        return Holdings(context.reservations(context.today), {*self._visits, *context.shown})
