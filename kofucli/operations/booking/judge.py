"""Judging wishes: the only place where booking asks its rules, for one row or ten thousand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cache

from msgspec import Struct

from kofucli.model import Agent, Case, Frame
from kofucli.operations import Context, Progress, no_progress
from kofucli.operations.booking.requests import Wish
from kofucli.rules import Verdict, all_hold, availability, eligibility


class _Room(Struct):
    """How many cases were ``held`` in a frame, by one agent or by all, and how many are ``new``."""

    held: int
    new: int = 0


class _Visit(Struct):
    """An agent in a frame, which it may hold already: the answers, and the room there."""

    answers: list[Verdict]
    can_book: bool
    is_held: bool
    own: _Room
    shared: _Room


class Judge:
    """Asks the rules about wishes, one after the other, and counts their frames and cases.

    Its answers are the verdicts that do not hold; to ``explain``, all of them. A refused wish
    counts too, since a request is judged as a whole; with ``best_effort`` only accepted wishes
    count. How many frames an agent has left is fixed by what it held at first. ``reader`` is the
    one agent to whom numbers of its reservations are told, None: each is told its own.
    """

    def __init__(
        self,
        context: Context,
        agents: Mapping[str, Agent],
        service: Sequence[Verdict],
        reader: str | None = None,
        explain: bool = False,
    ) -> None:
        self.context = context
        self.agents = agents
        self._explain = explain
        self._service = self._choose(service)
        self._reader = reader
        self.holdings = context.holdings()
        self._limits = context.settings.quota
        # Answers are kept: many wishes ask about the same agents, days and frames.
        self.ask_agent_on = cache(lambda name, day: eligibility.check_agent_on(agents[name], day))
        self.ask_frame = cache(self._ask_frame)
        self.left_at_first = cache(self._count_left)
        self._fine: set[tuple[object, ...]] = set()
        self._about = cache(lambda name: self._choose(context.check_agent(agents[name], None)))
        self._visit = cache(self._begin_visit)
        self._own = cache(lambda agent, frame: _Room(self.holdings.cases(agent, frame)))
        self._shared = cache(lambda frame: _Room(self.holdings.booked(frame)))
        self._capacity = cache(context.capacity)
        # The new frames of each agent, numbered from 1 in the order in which they are asked for.
        self._new_frames: dict[str, dict[Frame, int]] = defaultdict(dict)
        self._named: set[str] = set()

    def judge(
        self, groups: Sequence[Sequence[Wish]], best_effort: bool, progress: Progress = no_progress
    ) -> dict[int, list[Verdict]]:
        """Return the answers to every wish, by row; those of a group are in one frame."""
        together: dict[tuple[str, Frame], set[str]] = defaultdict(set)
        if not best_effort:
            for group in groups:
                mains = self.find_mains([wish.case for wish in group])
                together[group[0].agent, group[0].frame] |= mains
        found: dict[int, list[Verdict]] = {}
        for group in progress(groups):
            place = group[0].agent, group[0].frame
            visit, beside = self._visit(*place), together[place]
            mains, unnamed = set[str](), []
            if best_effort:
                mains = self.find_mains([wish.case for wish in group]) - beside
                beside |= mains
                unnamed = [w.case.number for w in group if w.case.number not in self._named]
            for wish in group:
                found[wish.row] = self._ask(wish, visit, beside)
                self._count(wish, visit, 1)
            if len(group) > 1:
                ask_together([wish.case for wish in group], [found[w.row] for w in group])
            if best_effort and not all(all_hold(found[wish.row]) for wish in group):
                beside -= mains
                self._count(group[0], visit, -len(group))
                self._named.difference_update(unnamed)
        return found

    def find_mains(self, cases: Iterable[Case]) -> set[str]:
        """Return the numbers of the cases that a re-entry permit beside them may go with."""
        return eligibility.find_mains(cases, self.context.policy)

    def _ask(self, wish: Wish, visit: _Visit, mains: Collection[str]) -> list[Verdict]:
        agent, frame, number = self.agents[wish.agent], wish.frame, wish.case.number
        answers = [*visit.answers, *self._ask_case(wish.case, agent, mains)]
        if wish.is_stranger:
            answers.append(eligibility.check_host(wish.case, agent))
        answers += self._ask_duplicate(number, agent.id, number in self._named)
        if visit.can_book:
            new = self._new_frames[agent.id]
            rank = 0 if visit.is_held else new.get(frame, len(new) + 1)
            asked = rank if rank <= self.left_at_first(agent.id) else max(rank, len(new))
            answers += self._ask_limits(agent.id, frame, asked, 1)
        return answers

    def _count(self, wish: Wish, visit: _Visit, cases: int) -> None:
        """Count so many cases of a visit; fewer than 0 are counted no more."""
        self._named.add(wish.case.number)
        if not visit.can_book:
            return
        visit.own.new += cases
        visit.shared.new += cases
        new = self._new_frames[wish.agent]
        if not visit.own.new:
            new.pop(wish.frame, None)
        elif not visit.is_held:
            new.setdefault(wish.frame, len(new) + 1)

    def _choose(self, verdicts: Iterable[Verdict]) -> list[Verdict]:
        """Return the verdicts that are answers."""
        return [verdict for verdict in verdicts if self._explain or not verdict.holds]

    def _begin_visit(self, agent: str, frame: Frame) -> _Visit:
        about_agent = self.context.check_agent(self.agents[agent], frame.date)
        answers = [*self._service, *self._choose(about_agent), *self.ask_frame(frame)]
        is_held, own = frame in self.holdings.frames(agent), self._own(agent, frame)
        return _Visit(answers, self.can_book(frame), is_held, own, self._shared(frame))

    def _ask_case(self, case: Case, agent: Agent, mains: Collection[str]) -> list[Verdict]:
        """Ask about a case; what holds is not asked again of a case that is like it."""
        like = eligibility.likeness(case, agent, mains)
        if like in self._fine:
            return []
        answers = self._choose(eligibility.check_case(case, agent, mains, self.context.policy))
        if not answers:
            self._fine.add(like)
        return answers

    def _ask_duplicate(self, number: str, teller: str, repeated: bool) -> list[Verdict]:
        standing = self.holdings.standing(number)
        if availability.is_free(standing, repeated) and not self._explain:
            return []
        return [availability.check_duplicate(number, standing, self._reader or teller, repeated)]

    def _ask_frame(self, frame: Frame) -> list[Verdict]:
        """Ask whether the day and the hour of a frame can be booked now, room apart."""
        context, day = self.context, frame.date
        asked = [*availability.check_day(day, context.today, context.is_open, context.shown)]
        is_good = all_hold(asked)
        asked += context.check_frame(frame, is_good)
        asked += context.check_booking_deadline(day, context.now) if is_good else ()
        return self._choose(asked)

    def can_book(self, frame: Frame) -> bool:
        """Tell whether the day and the hour of a frame can be booked now, room apart."""
        return all_hold(self.ask_frame(frame))

    def may_come(self, agent: str, day: date) -> bool:
        """Tell whether no rule about an agent forbids a visit on that day."""
        return all_hold(self.ask_agent_on(agent, day))

    def _ask_limits(self, agent: str, frame: Frame, frames: int, cases: int) -> list[Verdict]:
        """Ask whether new frames and cases fit, beside what was counted before."""
        own, shared, limits = self._own(agent, frame), self._shared(frame), self._limits
        left, capacity, explain = self.left_at_first(agent), self._capacity(frame), self._explain
        answers = []
        if explain or not availability.fits(0, frames, left):
            held = len(self.holdings.frames(agent)), left, frames
            answers.append(availability.check_frames(agent, *held, limits.frames, limits.reading))
        asked = own.new + cases
        if explain or not availability.fits(own.held, asked, limits.cases):
            answers.append(availability.check_cases(agent, frame, own.held, asked, limits.cases))
        asked = shared.new + cases
        if explain or not availability.fits(shared.held, asked, capacity):
            answers.append(availability.check_full(frame, shared.held, asked, capacity))
        return answers

    def _count_left(self, agent: str) -> int:
        limits, held = self._limits, len(self.holdings.frames(agent))
        return availability.frames_left(held, limits.frames, limits.reading)

    def left(self, agent: str) -> int:
        """Return how many frames an agent may add to those counted so far."""
        return max(0, self.left_at_first(agent) - len(self._new_frames[agent]))

    def frames(self, agent: str) -> set[Frame]:
        """Return the frames that an agent holds, and those counted, as far as its quota reaches."""
        left, new = self.left_at_first(agent), self._new_frames[agent]
        return self.holdings.frames(agent) | {frame for frame, rank in new.items() if rank <= left}

    def room(self, agent: str, frame: Frame) -> int:
        """Return how many cases an agent may add to a frame beside those counted."""
        own = self._own(agent, frame)
        return max(0, self._limits.cases - own.held - own.new)

    def capacity_left(self, frame: Frame) -> int | None:
        """Return how many cases fit a frame beside those counted; None without a limit."""
        capacity, shared = self._capacity(frame), self._shared(frame)
        return None if capacity is None else max(0, capacity - shared.held - shared.new)

    def ask_room(self, agent: str, frame: Frame, cases: int) -> list[Verdict]:
        """Ask whether so many more cases fit a frame of a shown day, beside those counted."""
        new = self._new_frames[agent]
        asked = len(new) + (frame not in new and frame not in self.holdings.frames(agent))
        return self._ask_limits(agent, frame, asked, cases)

    def ask_case(
        self, case: Case, agent: Agent, filer: str, mains: Collection[str], repeated: bool = False
    ) -> list[Verdict]:
        """Ask what does not depend on the frame: service, agent, case. Nothing is counted.

        ``agent`` would collect the ``case``, ``filer`` is the agent that its row names, ``mains``
        are what ``find_mains`` finds in its group. It is ``repeated`` where the request names its
        number before.
        """
        repeated = repeated or case.number in self._named
        return [
            *self._service,
            *self._about(agent.id),
            *self._ask_case(case, agent, mains),
            *self._ask_duplicate(case.number, filer, repeated),
        ]


def ask_together(cases: Sequence[Case], verdicts: Sequence[list[Verdict]]) -> None:
    """Ask about each case of a group whether a case that is tied to it is refused.

    ``verdicts`` has a list for each case, to which the answer is added. It names the first refused
    case of the group, and nothing for a case that is refused itself.
    """
    refused = dict.fromkeys(
        case.number for case, asked in zip(cases, verdicts, strict=True) if not all_hold(asked)
    )
    first = next(iter(refused), None)
    for case, asked in zip(cases, verdicts, strict=True):
        other = first if case.number not in refused else None
        asked.append(eligibility.check_together(case, other))
