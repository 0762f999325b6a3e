"""Several agents: one is planned after the other, then some of them anew while the others stay."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import accumulate, pairwise, permutations
from typing import NamedTuple

from msgspec import Struct

from kofucli.model import Frame
from kofucli.planner import Bundle, Places, Problem, Slot, Value, fill, split
from kofucli.planner.one_agent import MOST_FRAMES, Planned, plan_agent

MOST_STEPS = 100_000
"""How many sets of frames, packings and open slots are looked at for the plan of a pool."""
_PAIRS_A_STEP = 50
"""How many pairs of open slots, between which cases may move, count as one step."""


class _Move(NamedTuple):
    """A way to plan some agents anew: how many, and what the first of them may not have.

    It leaves ``fewer`` of its frames unused, adds frames on at most ``most_days`` new days, and
    with ``elsewhere`` gives up one of its frames. That may be worth more to the agents after it.
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


def _plan_pool(problem: Problem, most_steps: int) -> tuple[Places, bool]:
    """Return the best places found, and whether they are certainly the best."""
    alone = [plan_agent(problem, agent, problem.everything, {}) for agent in problem.of]
    if len(alone) == 1 and alone[0].exact:
        return alone[0].places, True
    least = _find_least(problem, alone)
    if len(alone) == 1:
        return alone[0].places, problem.value(alone[0].places) <= least
    pool = _Pool(problem, least, most_steps)
    pool.plan()
    pool.improve()
    return pool.best, pool.value <= pool.least


class _Pool:
    """Agents who compete, the best places found so far, and what these cost."""

    def __init__(self, problem: Problem, least: Value, most_steps: int) -> None:
        self._problem = problem
        self._left = most_steps
        self._agents = list(problem.of)
        self.least = least
        self.best: Places = {}
        self.value: Value = (problem.cases + 1, 0, 0, 0)
        self._strangers = problem.cases  # cases that another agent collects than their filer
        self._filed = dict.fromkeys(problem.of, 0)
        for cases, (_, bundle) in problem.bundles.items():
            if bundle.filer in self._filed:
                self._filed[bundle.filer] |= cases

    @property
    def _is_over(self) -> bool:
        return self.value <= self.least or self._left <= 0

    def plan(self) -> None:
        """Plan one agent after the other, in several orders; first the one who filed most."""
        problem = self._problem
        suiting = {agent: problem.unite(own).bit_count() for agent, own in problem.of.items()}
        given = list(problem.of)
        self._agents.sort(key=lambda agent: -self._filed[agent].bit_count())
        for order in (self._agents, given, sorted(given, key=suiting.__getitem__), given[::-1]):
            self._try(order)
            if self._is_over:
                return

    def improve(self) -> None:
        """Plan some agents anew while the others stay; after a gain from the first way on."""
        at = 0
        while at < len(_MOVES):
            before = self.value
            # The agent who collects least comes first: it has most room for what has no place.
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
        """Return the ranks of the frames in which an agent has cases."""
        return [self._problem.slots[n].rank for n in self._problem.of[agent] if self.best.get(n)]

    def _try(self, agents: Sequence[str], move: _Move = _MOVES[0], avoided: int = -1) -> None:
        """Plan agents anew, the first without rank ``avoided``; keep the places if no worse."""
        slots = self._problem.slots
        places = {n: cases for n, cases in self.best.items() if slots[n].agent not in agents}
        limits = move.fewer, move.most_days
        for agent in agents:
            waiting, used = self._problem.everything, Counter[int]()
            for slot, cases in places.items():
                waiting &= ~cases
                used[slots[slot].rank] += cases.bit_count()
            used[avoided] += self._problem.cases
            planned = plan_agent(self._problem, agent, waiting, used, *limits)
            self._left -= planned.steps
            places |= planned.places
            limits, avoided = (0, MOST_FRAMES), -1  # these are about the first one
        places = self._refill(places)
        value = self._problem.value(places)
        strangers = sum(
            (cases & ~self._filed[slots[n].agent]).bit_count() for n, cases in places.items()
        )
        if (value, strangers) <= (self.value, self._strangers):
            self.best, self.value, self._strangers = places, value, strangers

    def _refill(self, places: Places) -> Places:
        """Place the single cases anew in all open frames; bundles stay where they are."""
        problem = self._problem
        singles = problem.singles
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


def _find_least(problem: Problem, alone: Sequence[Planned]) -> Value:
    """Return what any plan costs at least; ``alone`` are the plans of each agent by itself.

    1. No more cases are placed than fit with every slot open, or than the agents can take alone.
    2. These need as many new days and frames as if only the largest ones were taken.
    3. They are as late as with so many frames, and so many agents in each, at any hour.
    """
    room = [
        problem.fit(suits, min(slot.room, problem.capacity[slot.rank]))
        for slot, suits in zip(problem.slots, problem.suits, strict=True)
    ]
    reaches = [_measure(problem, agent, room) for agent in problem.of]
    most = [
        _count(each.places) if each.exact else reach.held + sum(reach.frames)
        for each, reach in zip(alone, reaches, strict=True)
    ]
    suits = [problem.unite(slots) for slots in problem.of.values()]
    by_agent = fill(suits, [(problem.cases, range(len(most)))], most, problem.everything)
    placed = min(_count(_fill_all(problem, room, len(problem.of))), _count(by_agent))
    rest = placed - sum(reach.held for reach in reaches)
    on_new_days = rest - sum(reach.free for reach in reaches)
    days = _count_needed([size for reach in reaches for size in reach.days], on_new_days)
    added = _count_needed([size for reach in reaches for size in reach.frames], rest)
    lateness = _count_lateness(problem, room, placed, added, _fill_all(problem, room, days))
    least = problem.cases - placed, days, added, lateness
    values = [problem.value(each.places) for each in alone]
    if all(each.exact for each in alone) and placed == sum(problem.cases - v[0] for v in values):
        # Each agent has to take as many as it can: then no plan costs less than all of them alone.
        sums = [sum(costs) for costs in zip(*values, strict=True)]
        least = max(least, (least[0], sums[1], sums[2], sums[3]))
    return least


def _fill_all(problem: Problem, room: Sequence[int], visits: int) -> Places:
    """Fill frames as any plan could at best, with ``visits`` agents who come for that day."""
    frames: dict[int, list[int]] = {}
    for number, slot in enumerate(problem.slots):
        frames.setdefault(slot.rank, []).append(number)
    open_frames = []
    for rank, slots in frames.items():
        free = [room[n] for n in slots if problem.day_of(n) in problem.held_days]
        others = [room[n] for n in slots if problem.day_of(n) not in problem.held_days]
        capacity = problem.fit(problem.unite(slots), problem.capacity[rank])
        open_frames.append((min(capacity, sum(free) + sum(_take_most(others, visits))), slots))
    return fill(problem.suits, open_frames, room, problem.everything)


def _count_lateness(
    problem: Problem, room: Sequence[int], placed: int, added: int, earliest: Places
) -> int:
    """Return the least lateness of ``placed`` cases in ``added`` new frames.

    Up to each rank lie no more cases than in the ``earliest`` filling, and no more than the frames
    take that are not needed later: cases that suit only later frames need some of the new ones.
    """
    ranks = sorted(problem.capacity)
    lateness = ranks[0] * placed
    count = suiting = 0
    for rank, following in pairwise(ranks):
        sizes: dict[tuple[bool, bool], list[int]] = defaultdict(list)
        for number, slot in enumerate(problem.slots):
            sizes[slot.held, slot.rank <= rank].append(room[number])
            if slot.rank == rank:
                suiting |= problem.suits[number]
                count += earliest[number].bit_count()
        later = placed - suiting.bit_count() - sum(sizes[True, False])
        new = added - _count_needed(sizes[False, False], later)
        most = sum(sizes[True, True]) + sum(_take_most(sizes[False, True], max(0, new)))
        lateness += (following - rank) * max(0, placed - min(count, most))
    return lateness


class _Reach(NamedTuple):
    """How many cases an agent can take at most.

    ``held``: in the frames it holds; ``free``: in new frames on days when it comes anyway;
    ``days``: on each other day; ``frames``: in each new frame that it may add.
    """

    held: int
    free: int
    days: list[int]
    frames: list[int]


def _measure(problem: Problem, agent: str, room: Sequence[int]) -> _Reach:
    left = problem.left[agent]
    held = [n for n in problem.of[agent] if problem.slots[n].held]
    new = [n for n in problem.of[agent] if not problem.slots[n].held]
    days: dict[tuple[str, date], list[int]] = {}
    for n in new:
        days.setdefault(problem.day_of(n), []).append(n)
    free = [n for day in problem.held_days for n in days.pop(day, [])]

    def count(slots: Sequence[int]) -> int:
        most = sum(_take_most([room[n] for n in slots], left))
        return min(most, problem.unite(slots).bit_count())

    return _Reach(
        sum(room[n] for n in held),
        count(free),
        [count(slots) for slots in days.values()],
        _take_most([room[n] for n in new], left),
    )


def _take_most(sizes: Iterable[int], count: int) -> list[int]:
    return sorted(sizes, reverse=True)[:count]


def _count_needed(sizes: Iterable[int], cases: int) -> int:
    """Return how many of the largest sizes make up so many cases."""
    sums = accumulate(sorted(sizes, reverse=True), initial=0)
    return sum(1 for total in sums if total < cases)


def _count(places: Places) -> int:
    return sum(cases.bit_count() for cases in places.values())


def hand_out(problem: Problem, places: Places) -> dict[int, int]:
    """Return the slot of each placed bundle, both by the caller's numbers.

    Among bundles that are alike the first ones get the places. Bundles of one size then change
    places, if that brings more of them to their filers. Of one filer the first bundle goes first.
    """
    bundles = problem.bundles
    place = {
        cases: slot for slot, content in places.items() for cases in bundles if not cases & ~content
    }
    _line_up(place, {cases: (each.size, each.slots) for cases, (_, each) in bundles.items()})
    _bring_to_filers(problem, place)
    placed = ((cases, bundle) for cases, (_, bundle) in bundles.items() if cases in place)
    _line_up(place, {cases: (each.size, each.slots, each.filer) for cases, each in placed})
    return {bundles[cases][0]: problem.numbers[slot] for cases, slot in place.items()}


def _line_up(place: dict[int, int], kinds: Mapping[int, object]) -> None:
    """Give the slots of each kind of bundles to the first bundles of that kind, in order."""
    slots: dict[object, list[int]] = {}
    for cases, slot in sorted(place.items(), key=lambda one: -one[1]):
        slots.setdefault(kinds[cases], []).append(slot)
    place.clear()
    place.update({cases: slots[kind].pop() for cases, kind in kinds.items() if slots.get(kind)})


def _bring_to_filers(problem: Problem, place: dict[int, int]) -> None:
    """Exchange bundles of one size, as long as that brings more of them to their filers."""
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


class Plan(Struct, frozen=True):
    """The number of the slot of each bundle, None for no place; whether it is the best for sure."""

    places: tuple[int | None, ...]
    proven: bool = True


def make_plan(
    bundles: Sequence[Bundle],
    slots: Sequence[Slot],
    left: Mapping[str, int],
    capacity: Mapping[Frame, int],
    most_steps: int = MOST_STEPS,
) -> Plan:
    """Return the best places for bundles of cases in slots.

    ``left`` is how many frames each agent may add, 0 for an agent that is missing. ``capacity`` is
    how many cases a frame still takes over all agents; a frame that is missing has no limit.
    ``most_steps`` limits the improvement of plans of several agents. The same arguments give the
    same plan.
    """
    places: dict[int, int] = {}
    proven = True
    for problem in split(bundles, slots, left, capacity):
        found, is_best = _plan_pool(problem, most_steps)
        proven = proven and is_best
        places |= hand_out(problem, found)
    return Plan(tuple(map(places.get, range(len(bundles)))), proven)
