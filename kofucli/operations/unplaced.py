"""What found no place: why, and from when the next window would take it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time

from msgspec import Struct

from kofucli.clock import JST
from kofucli.model import Agent, Case, Frame
from kofucli.operations.context import Context
from kofucli.operations.judging import Judge
from kofucli.operations.windows import Windows
from kofucli.operations.wishes import OpenWish, Preferences, Wish
from kofucli.rules.calendar import check_day, check_frame
from kofucli.rules.eligibility import check_certificate, check_collect_by
from kofucli.rules.refusal import Verdict, agent_of, refusals


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

    def is_in_time(self, day: date) -> bool:
        """Tell whether a day is early enough for all of its cases."""
        return all(check_collect_by(wish.case, day).holds for wish in self.wishes)

    def suits(
        self, agents: Mapping[str, Agent], agent: str, frame: Frame, preferences: Preferences
    ) -> bool:
        """Tell whether an agent may collect it in a frame, were there room."""
        return (
            agent in self.cases
            and self.wants(frame, preferences)
            and self.is_in_time(frame.date)
            and check_certificate(agents[agent], frame.date).holds
        )

    def at(self, frame: Frame, agent: str) -> list[Wish]:
        """Return its wishes for a frame, as the agent collects them."""
        return [
            wish.at(frame, agent, case)
            for wish, case in zip(self.wishes, self.cases[agent], strict=True)
        ]


def find_wanted(party: Party, context: Context, preferences: Preferences) -> list[Frame]:
    """Return the frames of shown days that a party asks for."""
    starts = context.settings.frames.starts
    frames = [Frame(day, start) for day in context.shown for start in starts]
    return [frame for frame in frames if party.wants(frame, preferences)]


def ask_named(party: Party, context: Context, preferences: Preferences) -> Iterator[Verdict]:
    """Yield what is wrong with the days and hours asked for, where they name no frame."""
    starts = context.settings.frames.starts
    days = party.days(preferences) or frozenset()
    for day in sorted(days):
        yield from check_day(day, context.today, context.is_open, context.shown)
    for hour in sorted(party.hours(preferences) or ()):
        for day in sorted(days) or context.shown[:1]:
            yield from check_frame(Frame(day, hour), context.now, starts, False)


class Reasons(Struct, frozen=True):
    """Why a party has no place, and from when it may find one.

    ``asked`` names each frame and day, where that is to be explained.
    """

    refusals: tuple[Verdict, ...]
    bookable_from: datetime | None
    asked: tuple[Verdict, ...]


class Waiting:
    """Looks for reasons and windows, after everything was placed that could be.

    Parties that suit the same frames share what is found: very many may have no place.
    """

    def __init__(self, judge: Judge, preferences: Preferences, explain: bool) -> None:
        self._judge = judge
        self._context = judge.context
        self._preferences = preferences
        self._explain = explain
        self._shared: dict[object, Reasons] = {}
        self._failed: dict[tuple[str, Frame, int, bool], list[Verdict]] = {}
        self._windows = Windows(judge)

    def explain(self, party: Party) -> Reasons:
        """Return why a party has no place, and the first instant at which it may find one.

        Each code is told once for an agent; what was ``asked`` keeps every frame and day.
        """
        key = party.key, len(party.wishes)
        if key not in self._shared:
            found = refusals(self._find_reasons(party))
            self._shared[key] = Reasons(_tell_once(found), self._find_window(party), tuple(found))
        shared, late = self._shared[key], self._ask_late(party)
        told = _tell_once(refusals((*party.refused, *shared.refusals, *late)))
        asked = refusals((*party.refused, *shared.asked, *late)) if self._explain else ()
        return Reasons(told, shared.bookable_from, tuple(asked))

    def _ask_late(self, party: Party) -> list[Verdict]:
        """Return which of the days asked for are too late for which of its cases."""
        if party.collect_by is None or not party.agents:
            return []
        wanted = find_wanted(party, self._context, self._preferences)
        days = dict.fromkeys(frame.date for frame in wanted)
        return refusals(check_collect_by(w.case, day) for day in days for w in party.wishes)

    def _find_reasons(self, party: Party) -> Iterator[Verdict]:
        """Yield what speaks against each frame asked for, but for cases it would be too late for.

        Room is asked where nothing else is wrong.
        """
        wanted = find_wanted(party, self._context, self._preferences)
        in_time = [party.is_in_time(frame.date) for frame in wanted]
        for agent in party.agents:
            for frame, asks_room in zip(wanted, in_time, strict=True):
                yield from self._ask_frame(agent, frame, len(party.wishes), asks_room)
        if not wanted:
            yield from ask_named(party, self._context, self._preferences)
            for agent in party.agents:
                for day in sorted(party.days(self._preferences) or ()):
                    yield check_certificate(self._judge.agents[agent], day)

    def _ask_frame(self, agent: str, frame: Frame, cases: int, asks_room: bool) -> list[Verdict]:
        """Return what keeps an agent from adding so many cases to a frame."""
        key = agent, frame, cases, asks_room
        if key not in self._failed:
            context = self._context
            verdicts = [
                *check_frame(frame, context.now, context.settings.frames.starts, True),
                check_certificate(self._judge.agents[agent], frame.date),
            ]
            if asks_room and all(verdict.holds for verdict in verdicts):
                verdicts = self._judge.ask_room(agent, frame, cases)
            self._failed[key] = [verdict for verdict in verdicts if not verdict.holds]
        return self._failed[key]

    def _find_window(self, party: Party) -> datetime | None:
        """Return midnight of the first day on which some agent could book the party."""
        for day, frame in self._windows.list_openings(party.agents, len(party.wishes)):
            if party.wants(frame, self._preferences) and party.is_in_time(frame.date):
                return datetime.combine(day, time(), JST)
        return None


def _tell_once(reasons: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Return of each code the first verdict on each agent."""
    first: dict[tuple[str, object], Verdict] = {}
    for verdict in reasons:
        first.setdefault((verdict.code, agent_of(verdict)), verdict)
    return tuple(first.values())
