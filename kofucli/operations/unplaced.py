"""What found no place: why, and from when the next window would take it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property

from msgspec import Struct

from kofucli.clock import JST
from kofucli.model import Agent, Case, Frame
from kofucli.operations.judging import Judge
from kofucli.operations.wishes import OpenWish, Preferences, Wish
from kofucli.rules.calendar import check_day, check_frame, find_shown_days
from kofucli.rules.eligibility import check_certificate, check_collect_by
from kofucli.rules.quota import Holdings, frames_left
from kofucli.rules.refusal import Verdict, agent_of, refusals

__all__ = ["Party", "Reasons", "Waiting"]

_LOOK_AHEAD = 60
"""Days ahead in which a window is looked for."""


class Party(Struct, frozen=True):
    """Open wishes that stay together.

    ``cases`` are theirs as each agent would collect them who may collect all; where there is no
    such agent, ``refused`` says why.
    """

    wishes: tuple[OpenWish, ...]
    cases: dict[str, tuple[Case, ...]]
    refused: tuple[Verdict, ...] = ()

    @property
    def agents(self) -> tuple[str, ...]:
        """The agents who may collect all of it."""
        return tuple(self.cases)

    @property
    def collect_by(self) -> date | None:
        """The first day by which one of its cases must be collected."""
        days = [wish.case.collect_by for wish in self.wishes]
        return min((day for day in days if day is not None), default=None)

    @property
    def key(self) -> object:
        """What decides which frames suit: parties with the same key suit the same ones."""
        return self.agents, self.collect_by, frozenset((w.day, w.start) for w in self.wishes)

    def days(self, preferences: Preferences) -> frozenset[date] | None:
        """Return the days on which it may be: those its wishes name, else those preferred."""
        named = frozenset(wish.day for wish in self.wishes if wish.day is not None)
        return named or preferences.days

    def hours(self, preferences: Preferences) -> frozenset[str] | None:
        """Return the hours at which it may be: those its wishes name, else those preferred."""
        named = frozenset(wish.start for wish in self.wishes if wish.start is not None)
        return named or preferences.hours

    def wants(self, frame: Frame, preferences: Preferences) -> bool:
        """Tell whether a frame is on the days and at the hours asked for."""
        days, hours = self.days(preferences), self.hours(preferences)
        return (
            (days is None or frame.date in days)
            and (hours is None or frame.start in hours)
            and all(wish.suits(frame) for wish in self.wishes)
        )

    def ask_visit(self, agent: Agent, day: date) -> list[Verdict]:
        """Ask whether an agent may come on a day, and whether that is early enough."""
        late = [check_collect_by(wish.case, day) for wish in self.wishes]
        return [check_certificate(agent, day), *late]

    def suits(
        self, agents: Mapping[str, Agent], agent: str, frame: Frame, preferences: Preferences
    ) -> bool:
        """Tell whether an agent may collect it in a frame, were there room."""
        return (
            agent in self.cases
            and self.wants(frame, preferences)
            and all(verdict.holds for verdict in self.ask_visit(agents[agent], frame.date))
        )

    def at(self, frame: Frame, agent: str) -> list[Wish]:
        """Return its wishes for a frame, as the agent collects them."""
        return [
            wish.at(frame, agent, case)
            for wish, case in zip(self.wishes, self.cases[agent], strict=True)
        ]


class Reasons(Struct, frozen=True):
    """Why a party has no place, and from when it may find one; ``asked`` names each frame."""

    refusals: tuple[Verdict, ...]
    bookable_from: datetime | None
    asked: tuple[Verdict, ...]


class Waiting:
    """Looks for reasons and windows, after everything was placed that could be."""

    def __init__(self, judge: Judge, preferences: Preferences) -> None:
        self._judge = judge
        self._context = judge.context
        self._preferences = preferences
        self._known: dict[object, Reasons] = {}
        self._instants: dict[object, datetime | None] = {}

    def explain(self, party: Party) -> Reasons:
        """Return why a party has no place, and the first instant at which it may find one.

        Each code is told once for an agent; what was ``asked`` keeps every frame and day.
        """
        names_case = party.collect_by is not None or bool(party.refused)
        key = (party.wishes[0].row,) if names_case else (party.key, len(party.wishes))
        if key not in self._known:
            reasons = refusals((*party.refused, *self._find_reasons(party)))
            first: dict[tuple[str, object], Verdict] = {}
            for verdict in reasons:
                first.setdefault((verdict.code, agent_of(verdict)), verdict)
            window = party.key, len(party.wishes)
            if window not in self._instants:
                self._instants[window] = self._find_window(party)
            told = tuple(first.values())
            self._known[key] = Reasons(told, self._instants[window], tuple(reasons))
        return self._known[key]

    def _find_reasons(self, party: Party) -> Iterator[Verdict]:
        """Yield what rules say to each frame that was asked for."""
        context, size = self._context, len(party.wishes)
        starts = context.settings.frames.starts
        frames = [Frame(day, start) for day in context.shown for start in starts]
        wanted = [frame for frame in frames if party.wants(frame, self._preferences)]
        for agent in party.agents:
            for frame in wanted:
                verdicts = [
                    *check_frame(frame, context.now, starts, True),
                    *party.ask_visit(self._judge.agents[agent], frame.date),
                ]
                if all(verdict.holds for verdict in verdicts):
                    verdicts = self._judge.ask_room(agent, frame, size)
                yield from verdicts
        if not wanted:
            yield from self._ask_preferences(party)

    def _ask_preferences(self, party: Party) -> Iterator[Verdict]:
        """Yield what is wrong with the days and hours asked for, where they name no frame."""
        context = self._context
        starts = context.settings.frames.starts
        days = party.days(self._preferences) or frozenset()
        for day in sorted(days):
            yield from check_day(day, context.today, context.is_open, context.shown)
        for hour in sorted(party.hours(self._preferences) or ()):
            for day in sorted(days) or context.shown[:1]:
                yield from check_frame(Frame(day, hour), context.now, starts, False)

    def _find_window(self, party: Party) -> datetime | None:
        """Return midnight of the first day on which some agent could book the party."""
        for today, shown in self._windows:
            if any(self._has_room(party, agent, shown) for agent in party.agents):
                return datetime.combine(today, time(), JST)
        return None

    def _has_room(self, party: Party, agent: str, shown: tuple[date, ...]) -> bool:
        """Tell whether an agent could add the party to a frame, were these days shown."""
        judge, limits = self._judge, self._context.settings.quota
        held = self._later.frames(agent) | judge.frames(agent)
        left = frames_left(sum(f.date in shown for f in held), limits.frames, limits.reading)
        for day in shown:
            for start in self._context.settings.frames.starts:
                frame = Frame(day, start)
                if not (frame in held or left):
                    continue
                room, capacity = judge.room(agent, frame), judge.capacity_left(frame)
                room = room if capacity is None else min(room, capacity)
                if room >= len(party.wishes) and party.suits(
                    judge.agents, agent, frame, self._preferences
                ):
                    return True
        return False

    @cached_property
    def _windows(self) -> list[tuple[date, tuple[date, ...]]]:
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
    def _later(self) -> Holdings:
        """What is held on any day to come, shown today or not."""
        context = self._context
        days = {day for _, shown in self._windows for day in shown}
        return Holdings(context.reservations(context.today), days.union(context.shown))
