"""Placing groups that name no frame: the planner finds places, and the judge confirms them.

1. A group is screened: the rules that do not depend on a frame are asked, for each agent who might
   collect it.
2. Where a case of the group is booked already, the group joins it, if there is room.
3. The planner places the other groups.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import cast

from msgspec.structs import replace

from kofucli.base import Phrase
from kofucli.base.text import N_
from kofucli.model import Agent, Case
from kofucli.operations import Progress
from kofucli.operations.booking.groups import Asked, Collectors, Group, find_beside
from kofucli.operations.booking.judge import ask_together
from kofucli.operations.booking.requests import BookRequest, OpenWish, Row, Wish, make_row
from kofucli.operations.booking.unplaced import ReasonFinder, ask_named, find_wanted
from kofucli.planner import Bundle, Slot
from kofucli.planner.pool import make_plan
from kofucli.rules import Verdict, all_hold, refusals
from kofucli.rules.eligibility import check_host, check_kind_mark

_LEFT_OUT = N_(
    "There are too many ways to place these cases to try them all: a plan that places more cases, "
    "or needs fewer or earlier visits, may exist."
)
_ALL_PLACED = N_(
    "There are too many ways to place these cases to try them all: a plan that needs fewer or "
    "earlier visits may exist."
)


def place(
    collectors: Collectors,
    groups: Sequence[Sequence[Asked]],
    passed_over: Mapping[int, Row],
    request: BookRequest,
    progress: Progress,
) -> tuple[list[Row], list[Phrase]]:
    """Return the rows of groups that name no frame, and notes.

    The rows of a group that are ``passed_over`` are not placed again. Agents of a pool are planned
    together. Otherwise one agent is planned after the other, in the order of their first rows.
    """
    placing = _Placing(collectors, request)
    screened = [placing.screen(group, passed_over) for group in groups]
    shares: dict[str, list[Group]] = {}
    for group in screened:
        if group is not None and not placing.join_booked(group):
            share = collectors.preferences.share(group.wishes[0].agent)
            shares.setdefault(share, []).append(group)
    for share in progress(list(shares.values()), 1):  # each may take long
        placing.plan(share)
    placing.explain_unplaced()
    return placing.rows, placing.notes


class _Placing:
    """Groups that name no frame, and the rows and notes that are made of them so far."""

    def __init__(self, collectors: Collectors, request: BookRequest) -> None:
        self._collectors = collectors
        self._judge = collectors.judge
        self._preferences = collectors.preferences
        self._best_effort = request.best_effort
        self._explain = request.explain
        self._places: dict[object, list[Verdict]] = {}
        self._named: set[str] = set()
        # The verdicts of the screening by row, if the request is to be explained.
        self._asked: dict[int, list[Verdict]] = {}
        self._unplaced: dict[object, list[Group]] = defaultdict(list)
        self.rows: list[Row] = []
        self.notes: list[Phrase] = []

    def screen(self, group: Sequence[Asked], passed_over: Mapping[int, Row]) -> Group | None:
        """Ask about a group in any frame, for each agent; None where nobody may collect it."""
        wishes = cast("list[OpenWish]", [wish for wish in group if wish.row not in passed_over])
        cases = {}
        told: list[tuple[Agent, list[list[Verdict]]]] = []
        for agent in self._collectors.list_for(wishes[0].agent):
            handed = tuple([self._collectors.case_for(wish, agent) for wish in wishes])
            verdicts = self._ask_handed(wishes, handed, agent)
            if all(map(all_hold, verdicts)):
                cases[agent.id] = handed
            told.append((agent, verdicts))
        if cases or not self._best_effort:
            self._named.update([wish.case.number for wish in wishes])
        for at, wish in enumerate(wishes) if self._explain else ():
            asked = [v for agent, each in told for v in self._name_agent(each[at], agent)]
            asked += check_kind_mark(wish.case, self._judge.context.policy)
            self._asked[wish.row] = asked
        if cases:
            beside = find_beside(group, passed_over, self._judge.holdings, cases)
            return Group(tuple(wishes), cases, beside)
        for at, wish in enumerate(wishes):
            failed = [v for agent, each in told for v in self._name_recipient(each[at], agent)]
            place = self._ask_place(wish)
            asked = [*self._asked[wish.row], *place] if self._explain else []
            reasons = tuple(refusals([*failed, *place]))
            self.rows.append(Row(wish, "refused", None, None, reasons, asked=tuple(asked)))
        return None

    def _ask_handed(
        self, wishes: Sequence[OpenWish], handed: Sequence[Case], agent: Agent
    ) -> list[list[Verdict]]:
        """Ask about the cases of a group as an agent would collect them."""
        mains = self._judge.find_mains(handed)
        verdicts = []
        for wish, case in zip(wishes, handed, strict=True):
            told = self._judge.ask_case(case, agent, wish.agent, mains, case.number in self._named)
            if case is not wish.case and self._collectors.is_stranger(wish, agent):
                told.append(check_host(case, agent))
            verdicts.append(told)
        if len(wishes) > 1:
            ask_together(handed, verdicts)
        return verdicts

    def _ask_place(self, wish: OpenWish) -> list[Verdict]:
        """Ask about the day and the hour that a wish names, and about the agents on that day."""
        key = wish.agent, wish.day, wish.start
        if key not in self._places:
            alone, context = Group((wish,), {}), self._judge.context
            found: list[Verdict] = []
            if not find_wanted(alone, context, self._preferences):
                found += ask_named(alone, context, self._preferences)
            if wish.day in context.shown:
                found += context.check_booking_deadline(wish.day, context.now)
            if wish.day is not None:
                for agent in self._collectors.list_for(wish.agent):
                    found += self._judge.ask_agent_on(agent.id, wish.day)
            self._places[key] = found
        return self._places[key]

    def _name_agent(self, verdicts: Sequence[Verdict], agent: Agent) -> Iterator[Verdict]:
        """Yield verdicts with the agent of the pool about whom they were asked."""
        for verdict in verdicts:
            details = {**verdict.details, "agent": agent.id}
            yield replace(verdict, details=details) if self._preferences.pool else verdict

    def _name_recipient(self, verdicts: Sequence[Verdict], agent: Agent) -> Iterator[Verdict]:
        """Yield what does not hold; only what is wrong with a recipient differs by agent."""
        for verdict in verdicts:
            if not verdict.holds:
                own = verdict.code == "case.recipient"
                yield from self._name_agent([verdict], agent) if own else [verdict]

    def join_booked(self, group: Group) -> bool:
        """Place a group beside its case that is booked already; tell whether that was possible."""
        if group.beside is None:
            return False
        judge, frame, agent = self._judge, group.beside.frame, group.beside.agent
        size, capacity = len(group.wishes), judge.capacity_left(frame)
        joins = (
            judge.can_book(frame)
            and group.wants(frame, self._preferences)
            and group.is_in_time(frame.date)
            and judge.may_come(agent, frame.date)
            and size <= judge.room(agent, frame)
            and (capacity is None or size <= capacity)
        )
        if joins:
            self._accept([group.at(frame, agent)])
        return joins

    def _accept(self, groups: Sequence[Sequence[Wish]]) -> None:
        """Judge groups that have a frame now, and add their rows."""
        verdicts, policy = self._judge.judge(groups, self._best_effort), self._judge.context.policy
        self.rows += [
            make_row(wish, verdicts[wish.row], policy, self._explain)
            for group in groups
            for wish in group
        ]

    def plan(self, groups: Sequence[Group]) -> None:
        """Plan groups together; judge what was placed, and keep the others for later."""
        slots = list(self._list_slots(groups))
        capacity = {slot.frame: self._judge.capacity_left(slot.frame) for slot in slots}
        keyed = [(group.key, group) for group in groups]
        suiting = self._find_suiting(dict(keyed), slots)
        found = make_plan(
            [Bundle(len(g.wishes), suiting[key], g.wishes[0].agent) for key, g in keyed],
            slots,
            {agent: self._judge.left(agent) for agent in {slot.agent for slot in slots}},
            {frame: cases for frame, cases in capacity.items() if cases is not None},
        )
        placed: list[list[Wish]] = []
        for (key, group), number in zip(keyed, found.places, strict=True):
            if number is None:
                self._unplaced[key].append(group)
            else:
                placed.append(group.at(slots[number].frame, slots[number].agent))
        self._accept(placed)
        if not found.proven:
            self.notes.append(Phrase(_LEFT_OUT if None in found.places else _ALL_PLACED))

    def _find_suiting(
        self, groups: Mapping[object, Group], slots: Sequence[Slot]
    ) -> dict[object, frozenset[int]]:
        """Return the numbers of the slots that suit groups, by their keys, room apart."""
        frames = {slot.frame for slot in slots}
        allowed = [
            (number, slot.agent, slot.frame)
            for number, slot in enumerate(slots)
            if self._judge.may_come(slot.agent, slot.frame.date)
        ]
        found: dict[object, frozenset[int]] = {}
        for key, group in groups.items():
            suits = {
                frame
                for frame in frames
                if group.wants(frame, self._preferences) and group.is_in_time(frame.date)
            }
            found[key] = frozenset(
                n for n, a, frame in allowed if frame in suits and a in group.cases
            )
        return found

    def _list_slots(self, groups: Sequence[Group]) -> Iterator[Slot]:
        """Yield the frames of shown days that have not begun, for each agent who may collect."""
        judge = self._judge
        frames = [(n, f) for n, f in enumerate(judge.context.shown_frames) if judge.can_book(f)]
        for agent in dict.fromkeys(chain.from_iterable(group.cases for group in groups)):
            held = judge.frames(agent)
            for rank, frame in frames:
                yield Slot(agent, frame, rank, judge.room(agent, frame), frame in held)

    def explain_unplaced(self) -> None:
        """Add a row for each wish without a place: why, and from when there may be one."""
        finder = ReasonFinder(self._judge, self._preferences, self._explain)
        for group, reasons in chain.from_iterable(map(finder.explain, self._unplaced.values())):
            told, instant = reasons.refusals, reasons.bookable_from
            for wish in group.wishes:
                asked = [*self._asked[wish.row], *reasons.asked] if self._explain else []
                row = Row(wish, "not-placed", None, None, told, instant, tuple(asked))
                self.rows.append(row)
