"""Several agents: one planned after the other, then improved by planning some of them anew."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import accumulate, pairwise, permutations
from typing import NamedTuple

from kofucli.planner.one_agent import MOST_FRAMES, Planned, plan_agent
from kofucli.planner.problem import Places, Problem, Value, fill

MOST_STEPS = 100_000
"""What may be looked at to improve the plan of a pool: sets of frames, packings, open slots."""
_PAIRS_A_STEP = 50
"""Pairs of open slots that count as much as a set of frames, since cases move between them."""


class _Move(NamedTuple):
    """How to plan anew: so many agents, one after the other, the first with less than it may have.

    It adds ``fewer`` frames, on at most ``most_days`` new days, and with ``elsewhere`` it gives up
    one of its frames. What it leaves may be worth more to the others.
    """

    agents: int
    fewer: int = 0
    most_days: int = MOST_FRAMES
    elsewhere: bool = False


_MOVES = [
    _Move(1),
    _Move(2, elsewhere=True),
    _Move(2, fewer=1),
    _Move(2),
    _Move(2, most_days=1),
    _Move(2, fewer=2),
    _Move(3, fewer=1),
    _Move(3),
    _Move(3, most_days=1),
    _Move(3, fewer=2),
]


def plan_pool(problem: Problem, most_steps: int = MOST_STEPS) -> tuple[Places, bool]:
    """Return the best places found, and whether it is certain that there are no better ones."""
    alone = [plan_agent(problem, agent, problem.everything, {}) for agent in problem.of]
    if len(alone) == 1 and alone[0].exact:
        return alone[0].places, True
    least = find_least(problem, alone)
    if len(alone) == 1:
        return alone[0].places, problem.value(alone[0].places) <= least
    pool = _Pool(problem, least, most_steps)
    pool.plan()
    pool.improve()
    return pool.best, pool.value <= pool.least


class _Pool:
    """Agents who compete, the best places found so far, and what they cost."""

    def __init__(self, problem: Problem, least: Value, most_steps: int) -> None:
        self._problem = problem
        self._left = most_steps
        self._agents = list(problem.of)
        self.least = least
        self.best: Places = {}
        self.value: Value = (problem.cases + 1, 0, 0, 0)
        self._strangers = problem.cases  # those who are not collected by who filed them
        self._filed = dict.fromkeys(problem.of, 0)
        for cases, (_, bundle) in problem.bundles.items():
            if bundle.filer in self._filed:
                self._filed[bundle.filer] |= cases

    @property
    def _is_over(self) -> bool:
        return self.value <= self.least or self._left <= 0

    def plan(self) -> None:
        """Plan one agent after the other, in several orders: who filed most first, and so on."""
        problem = self._problem
        suiting = {agent: problem.unite(own).bit_count() for agent, own in problem.of.items()}
        given = list(problem.of)
        self._agents.sort(key=lambda agent: -self._filed[agent].bit_count())
        for order in (self._agents, given, sorted(given, key=suiting.__getitem__), given[::-1]):
            self._try(order)
            if self._is_over:
                return

    def improve(self) -> None:
        """Plan some agents anew while the others stand, as long as steps are left."""
        at = 0
        while at < len(_MOVES):
            before = self.value
            # Who collects least is the first to be planned anew, and has room for what is left.
            order = sorted(self._agents, key=self._count_collected)
            for agents in permutations(order, _MOVES[at].agents):
                for rank in self._list_ranks(agents[0]) if _MOVES[at].elsewhere else [-1]:
                    if self._is_over:
                        return
                    self._try(agents, _MOVES[at], rank)
            at = at + 1 if self.value == before else 0

    def _count_collected(self, agent: str) -> int:
        return sum(self.best.get(n, 0).bit_count() for n in self._problem.of[agent])

    def _list_ranks(self, agent: str) -> list[int]:
        """Return the ranks of the frames that an agent has in the best plan."""
        return [self._problem.slots[n].rank for n in self._problem.of[agent] if self.best.get(n)]

    def _try(self, agents: Sequence[str], move: _Move = _MOVES[0], avoided: int = -1) -> None:
        """Plan some agents anew, the first without the frame of a rank; keep what is no worse."""
        slots = self._problem.slots
        places = {n: cases for n, cases in self.best.items() if slots[n].agent not in agents}
        waiting = self._problem.everything
        used: Counter[int] = Counter()
        for slot, cases in places.items():
            waiting &= ~cases
            used[slots[slot].rank] += cases.bit_count()
        limits = move.fewer, move.most_days
        taken: Mapping[int, int] = {**used, avoided: self._problem.cases}
        for agent in agents:
            planned = plan_agent(self._problem, agent, waiting, taken, *limits)
            self._left -= planned.steps
            places |= planned.places
            for slot, cases in planned.places.items():
                waiting &= ~cases
                used[slots[slot].rank] += cases.bit_count()
            limits, taken = (0, MOST_FRAMES), used
        places = self._refill(places)
        value = self._problem.value(places)
        strangers = sum(
            (cases & ~self._filed[slots[n].agent]).bit_count() for n, cases in places.items()
        )
        if (value, strangers) <= (self.value, self._strangers):
            self.best, self.value, self._strangers = places, value, strangers

    def _refill(self, places: Places) -> Places:
        """Place the single cases anew in all frames that are open; bundles stand."""
        problem = self._problem
        singles = problem.everything
        for cases in problem.large.values():
            singles &= ~cases
        room: dict[int, int] = {}
        frames: dict[int, list[int]] = {}
        left = dict(problem.capacity)
        for slot in sorted(n for n, cases in places.items() if cases or problem.slots[n].held):
            standing = (places[slot] & ~singles).bit_count()
            rank = problem.slots[slot].rank
            left[rank] -= standing
            room[slot] = problem.slots[slot].room - standing
            frames.setdefault(rank, []).append(slot)
        self._left -= len(room) ** 2 // _PAIRS_A_STEP
        added = fill(problem.suits, [(left[r], s) for r, s in frames.items()], room, singles)
        return {slot: places[slot] & ~singles | added[slot] for slot in room}


def find_least(problem: Problem, alone: Sequence[Planned]) -> Value:
    """Return what any plan costs at least, as far as counting shows.

    Cases without a place: with every slot open, and with each agent as one slot. Days and frames:
    those that could take the most come first. Lateness: as early as with every slot of so few days.
    """
    room = [
        problem.fit(suits, min(slot.room, problem.capacity[slot.rank]))
        for slot, suits in zip(problem.slots, problem.suits, strict=True)
    ]
    frames: dict[int, list[int]] = {}
    for number, slot in enumerate(problem.slots):
        frames.setdefault(slot.rank, []).append(number)
    capacity = {
        rank: problem.fit(problem.unite(slots), problem.capacity[rank])
        for rank, slots in frames.items()
    }
    agents = [_measure(problem, agent, room) for agent in problem.of]
    most = [
        _count(each.places) if each.exact else agent.held + sum(agent.frames)
        for each, agent in zip(alone, agents, strict=True)
    ]
    suits = [problem.unite(slots) for slots in problem.of.values()]
    by_agent = fill(suits, [(problem.cases, range(len(most)))], most, problem.everything)

    def fill_all() -> Places:
        open_slots = [(capacity[rank], slots) for rank, slots in frames.items()]
        return fill(problem.suits, open_slots, room, problem.everything)

    placed = min(_count(fill_all()), _count(by_agent))
    rest = placed - sum(agent.held for agent in agents)
    days = _count_needed(
        [size for agent in agents for size in agent.days], rest - sum(a.free for a in agents)
    )
    added = _count_needed([size for agent in agents for size in agent.frames], rest)
    for rank, slots in frames.items():
        free = {n for n in slots if problem.day_of(n) in problem.held_days}
        reach = sum(room[n] for n in free)
        reach += sum(_take_most([room[n] for n in slots if n not in free], days))
        capacity[rank] = min(capacity[rank], reach)
    earliest: Counter[int] = Counter()
    for number, cases in fill_all().items():
        earliest[problem.slots[number].rank] += cases.bit_count()
    lateness = _count_lateness(problem, room, placed, added, earliest)
    least = problem.cases - placed, days, added, lateness
    values = [problem.value(each.places) for each in alone]
    if all(each.exact for each in alone) and placed == sum(problem.cases - v[0] for v in values):
        # Each agent has to take as many as it can: then no plan costs less than all of them alone.
        sums = [sum(costs) for costs in zip(*values, strict=True)]
        least = max(least, (least[0], sums[1], sums[2], sums[3]))
    return least


def _count_lateness(
    problem: Problem, room: Sequence[int], placed: int, added: int, earliest: Mapping[int, int]
) -> int:
    """Return the least lateness of so many cases with so many new frames.

    Up to each frame lie no more cases than in ``earliest``, and none that suit only later ones:
    these need frames of their own.
    """
    ranks = sorted(problem.capacity)
    lateness = ranks[0] * placed
    count = suiting = 0
    for rank, following in pairwise(ranks):
        count += earliest[rank]
        sizes: dict[tuple[bool, bool], list[int]] = defaultdict(list)
        for number, slot in enumerate(problem.slots):
            sizes[slot.held, slot.rank <= rank].append(room[number])
            if slot.rank == rank:
                suiting |= problem.suits[number]
        later = placed - suiting.bit_count() - sum(sizes[True, False])
        new = added - _count_needed(sizes[False, False], later)
        most = sum(sizes[True, True]) + sum(_take_most(sizes[False, True], max(0, new)))
        lateness += (following - rank) * max(0, placed - min(count, most))
    return lateness


class _Reach(NamedTuple):
    """How many cases an agent can take at most.

    In ``held`` frames, in new ones without a new day (``free``), on each new day beside that, and
    in each new frame; what takes most comes first.
    """

    held: int
    free: int
    days: list[int]
    frames: list[int]


def _measure(problem: Problem, agent: str, room: Sequence[int]) -> _Reach:
    left = problem.left[agent]
    own = problem.of[agent]
    held = [n for n in own if problem.slots[n].held]
    new = [n for n in own if not problem.slots[n].held]

    def count(slots: Sequence[int]) -> int:
        most = sum(_take_most([room[n] for n in slots], left))
        return min(most, problem.unite(slots).bit_count())

    days: dict[date, list[int]] = {}
    for n in new:
        days.setdefault(problem.slots[n].frame.date, []).append(n)
    free = [n for day in list(days) if (agent, day) in problem.held_days for n in days.pop(day)]
    taken = [count(free)]
    for most in sorted([count(slots) for slots in days.values()], reverse=True):
        taken.append(min(count(new), taken[-1] + most))
    return _Reach(
        sum(room[n] for n in held),
        taken[0],
        [now - before for before, now in pairwise(taken)],
        _take_most([room[n] for n in new], left),
    )


def _take_most(sizes: Iterable[int], count: int) -> list[int]:
    return sorted(sizes, reverse=True)[:count]


def _count_needed(sizes: Iterable[int], cases: int) -> int:
    """Return how many of some sizes it takes at least for so many cases."""
    sums = accumulate(sorted(sizes, reverse=True), initial=0)
    return sum(1 for total in sums if total < cases)


def _count(places: Places) -> int:
    return sum(cases.bit_count() for cases in places.values())


def hand_out(problem: Problem, places: Places) -> dict[int, int]:
    """Return the slot of each placed bundle, both as the caller numbers them.

    Of bundles that are alike those named first have a place. Two bundles of one size change places
    where more are collected by who filed them then; of one filer the first goes first.
    """
    bundles = problem.bundles
    place = {
        cases: slot for slot, content in places.items() for cases in bundles if not cases & ~content
    }
    alike = {cases: (bundle.size, bundle.slots) for cases, (_, bundle) in bundles.items()}
    _line_up(place, alike)
    _bring_to_filers(problem, place)
    _line_up(
        place,
        {cases: (alike[cases], bundles[cases][1].filer) for cases in bundles if cases in place},
    )
    return {bundles[cases][0]: problem.numbers[slot] for cases, slot in place.items()}


def _line_up(place: dict[int, int], kinds: Mapping[int, object]) -> None:
    """Let the first of each kind have the earliest slots that any of it has."""
    slots: dict[object, list[int]] = {}
    for cases, slot in sorted(place.items(), key=lambda one: -one[1]):
        slots.setdefault(kinds[cases], []).append(slot)
    place.clear()
    place.update({cases: slots[kind].pop() for cases, kind in kinds.items() if slots.get(kind)})


def _bring_to_filers(problem: Problem, place: dict[int, int]) -> None:
    """Exchange bundles of one size as long as more of them get to the agent who filed them."""
    filer = {cases: problem.bundles[cases][1].filer for cases in place}
    agent = {slot: problem.slots[slot].agent for slot in place.values()}
    moved = True
    while moved:
        moved = False
        strangers: dict[object, list[int]] = {}
        for cases, slot in place.items():
            if filer[cases] != agent[slot]:
                strangers.setdefault((cases.bit_count(), agent[slot]), []).append(cases)
        for cases in [cases for away in strangers.values() for cases in away]:
            for other in strangers.get((cases.bit_count(), filer[cases]), ()):
                here, there = place[cases], place[other]
                suits = not (cases & ~problem.suits[there] or other & ~problem.suits[here])
                if suits and agent[there] == filer[cases] != agent[here]:
                    place[cases], place[other] = there, here
                    moved = True
                    break
