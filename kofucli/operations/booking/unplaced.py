"""Groups that found no place: why, and from when there may be one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property
from itertools import product
from operator import itemgetter

from msgspec import Struct

from kofucli.base.clock import JST
from kofucli.model import Frame
from kofucli.operations import Context
from kofucli.operations.booking.groups import Group
from kofucli.operations.booking.judge import Judge
from kofucli.operations.booking.requests import Preferences
from kofucli.rules import Verdict, agent_of, all_hold, refusals
from kofucli.rules.availability import Holdings, check_day, frames_left
from kofucli.rules.eligibility import check_collect_by

_LOOK_AHEAD = 60
"""How many days ahead a place is looked for."""

Opening = tuple[date, Frame]
"""A frame, and the day from which on it can be booked."""


def find_wanted(group: Group, context: Context, preferences: Preferences) -> list[Frame]:
    """Return the frames of shown days that a group asks for."""
    return [frame for frame in context.shown_frames if group.wants(frame, preferences)]


def ask_named(group: Group, context: Context, preferences: Preferences) -> Iterator[Verdict]:
    """Ask about the days and hours that a group asks for, if they are no frame of a shown day."""
    days = group.days(preferences) or frozenset()
    for day in sorted(days):
        yield from check_day(day, context.today, context.is_open, context.shown)
    for hour in sorted(group.hours(preferences) or ()):
        for day in sorted(days) or context.shown[:1]:
            yield from context.check_frame(Frame(day, hour), False)


class Reasons(Struct, frozen=True):
    """Why a group has no place: the ``refusals``, each code once for an agent.

    ``asked`` has every frame and day, if the request is to be explained. ``bookable_from`` is the
    first instant at which there may be a place.
    """

    refusals: tuple[Verdict, ...]
    bookable_from: datetime | None
    asked: tuple[Verdict, ...]


class ReasonFinder:
    """Finds reasons, once for all groups with the same key, after everything was placed."""

    def __init__(self, judge: Judge, preferences: Preferences, explain: bool) -> None:
        self._judge = judge
        self._context = judge.context
        self._preferences = preferences
        self._explain = explain
        self._ask_frame = cache(self._find_refusals)
        self._list_openings = cache(self._find_openings)
        self._outlook = cache(self._look_out)

    def explain(self, alike: Sequence[Group]) -> Iterator[tuple[Group, Reasons]]:
        """Yield groups with the same key, each with why it has no place."""
        first = alike[0]
        found = refusals(self._find_reasons(first))
        shared = Reasons(_tell_once(found), self._find_opening(first), tuple(found))
        if all(wish.case.collect_by is None for wish in first.wishes):
            yield from ((group, shared) for group in alike)
            return
        wanted = find_wanted(first, self._context, self._preferences)
        days = dict.fromkeys(frame.date for frame in wanted)
        for group in alike:  # which of the days are too late for which cases
            late = refusals(check_collect_by(w.case, day) for day in days for w in group.wishes)
            told = _tell_once(refusals((*shared.refusals, *late)))
            asked = refusals((*shared.asked, *late)) if self._explain else ()
            yield group, Reasons(told, shared.bookable_from, tuple(asked))

    def _find_reasons(self, group: Group) -> Iterator[Verdict]:
        """Yield what is wrong with each frame asked for; room only where nothing else is wrong."""
        wanted = find_wanted(group, self._context, self._preferences)
        for agent, frame in product(group.cases, wanted):
            asks_room = group.is_in_time(frame.date)
            yield from self._ask_frame(agent, frame, len(group.wishes), asks_room)
        if not wanted:
            yield from ask_named(group, self._context, self._preferences)
            for agent in group.cases:
                for day in sorted(group.days(self._preferences) or ()):
                    yield from self._judge.ask_agent_on(agent, day)

    def _find_refusals(
        self, agent: str, frame: Frame, cases: int, asks_room: bool
    ) -> list[Verdict]:
        """Return what keeps an agent from adding so many cases to a frame."""
        judge = self._judge
        verdicts = [*judge.ask_frame(frame), *judge.ask_agent_on(agent, frame.date)]
        if asks_room and all_hold(verdicts):
            verdicts = judge.ask_room(agent, frame, cases)
        return [verdict for verdict in verdicts if not verdict.holds]

    def _find_opening(self, group: Group) -> datetime | None:
        """Return midnight of the first day on which some agent could book the group."""
        for day, frame in self._list_openings(tuple(group.cases), len(group.wishes)):
            if group.wants(frame, self._preferences) and group.is_in_time(frame.date):
                return datetime.combine(day, time(), JST)
        return None

    def _find_openings(self, agents: tuple[str, ...], cases: int) -> Sequence[Opening]:
        """Return the frames to which one of some agents could add so many cases, earliest first.

        That is if nobody booked or cancelled until then; what the ``judge`` has counted is taken.
        """
        frames = [frame for frame, most in self._room.items() if most is None or most >= cases]
        first: dict[Frame, date] = {}
        for agent in agents:
            held, to_held, to_others = self._outlook(agent)
            for frame in frames:
                day = (to_held if frame in held else to_others).get(frame.date, date.max)
                if day < first.get(frame, date.max) and self._judge.room(agent, frame) >= cases:
                    first[frame] = day
        return sorted(((day, frame) for frame, day in first.items()), key=itemgetter(0))

    def _look_out(self, agent: str) -> tuple[set[Frame], dict[date, date], dict[date, date]]:
        """Return the frames that an agent holds, and the first days on which it may add, by visit.

        That is to a held frame of that day, and another one, room apart, where it may come at all.
        """
        limits = self._context.settings.quota
        held = self._later.frames(agent) | self._judge.frames(agent)
        allowed = {day for day in self._visits if self._judge.may_come(agent, day)}
        to_held: dict[date, date] = {}
        to_others: dict[date, date] = {}
        for today, shown in self._days:
            count = sum(frame.date in shown for frame in held)
            left = frames_left(count, limits.frames, limits.reading)
            midnight = datetime.combine(today, time(), JST)
            for visit in allowed.intersection(shown):
                if all_hold(self._context.check_booking_deadline(visit, midnight)):
                    to_held.setdefault(visit, today)
                    if left:
                        to_others.setdefault(visit, today)
        return held, to_held, to_others

    @cached_property
    def _days(self) -> list[tuple[date, tuple[date, ...]]]:
        """The days to come, each with the days that are shown then."""
        days = [self._context.today + timedelta(days=n) for n in range(1, _LOOK_AHEAD + 1)]
        return [(day, self._context.shown_on(day)) for day in days]

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


def _tell_once(reasons: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return the first verdict of each code on each agent."""
    first: dict[tuple[str, object], Verdict] = {}
    for verdict in reasons:
        first.setdefault((verdict.code, agent_of(verdict)), verdict)
    return tuple(first.values())
