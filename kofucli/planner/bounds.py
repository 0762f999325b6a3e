"""What a plan costs at least: bounds that let the search leave most openings aside.

They forget that cases differ: they ask for as many cases that suit everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate
from operator import add
from typing import NamedTuple

from kofucli.model import Frame
from kofucli.planner.filling import fill
from kofucli.planner.grid import Filling, Grid, Slot
from kofucli.planner.openings import Opening, list_openings

__all__ = ["Bounds"]

_NEVER = 1 << 200
_FEW = 200
"""Openings of one agent that are each filled with the cases there are, for a better bound."""


class _Kind(NamedTuple):
    """Openings that cost the same: their numbers, and the least lateness any of them has."""

    cost: int
    numbers: list[int]
    least: list[int]


class Bounds:
    """One grid's openings with their costs.

    A cost is one number: an unplaced case weighs more than all days, a day more than all frames, a
    frame more than all lateness. ``openings`` are those of each agent, ``complete`` tells whether
    all of them could be listed.
    """

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        slots = len(grid.slots)
        self._frame_cost = 1 + grid.cases * (1 + max((s.rank for s in grid.slots), default=0))
        self._day_cost = self._frame_cost * (1 + slots)
        self._case_cost = self._day_cost * (1 + slots)
        self.worst = _NEVER
        self.complete = True
        self._alike = [
            at > 0 and self._is_alike(grid.agents[at - 1], agent)
            for at, agent in enumerate(grid.agents)
        ]
        self.openings: list[list[Opening]] = []
        self._late: list[list[list[int]]] = []
        self._kinds: list[list[_Kind]] = []
        for at in range(len(grid.agents)):
            self._add_agent(at)
        self._most = self._count_most()
        self._rest = self._bound_rest()

    def _add_agent(self, at: int) -> None:
        """List the openings of an agent, and how late they are; those alike share the figures."""
        agent = self._grid.agents[at]
        if self._alike[at]:
            own = dict(zip(self._slots_of(at - 1), self._slots_of(at), strict=True))
            self.openings.append(
                [
                    opening._replace(slots=tuple(own[slot] for slot in opening.slots))
                    for opening in self.openings[-1]
                ]
            )
            self._late.append(self._late[-1])
            self._kinds.append(self._kinds[-1])
            return
        openings, complete = list_openings(self._grid, agent)
        self.complete = self.complete and complete
        held = self._held_by([agent])
        exactly = len(self._grid.agents) > 1 and len(openings) <= _FEW
        late = self._fill_alone if exactly else self._sum_ranks
        self.openings.append(openings)
        self._late.append([late([*held, *opening.slots]) for opening in openings])
        self._kinds.append(list(self._sort_out(at)))

    def _slots_of(self, at: int) -> list[int]:
        agent = self._grid.agents[at]
        return [index for index, slot in enumerate(self._grid.slots) if slot.agent == agent]

    def _fill_alone(self, slots: Sequence[int]) -> list[int]:
        """Return the lateness of 0, 1, 2 … cases where nobody else places any."""
        filled = fill(
            self._grid, [group.cases for group in self._grid.groups], slots, self._grid.room
        )
        load: dict[int, int] = {}
        for flow in filled.flow:
            for slot, count in flow.items():
                rank = self._grid.slots[slot].rank
                load[rank] = load.get(rank, 0) + count
        return list(
            accumulate((rank for rank in sorted(load) for _ in range(load[rank])), initial=0)
        )

    def cost(self, opening: Opening) -> int:
        """Return what an opening costs, its lateness apart."""
        return opening.days * self._day_cost + len(opening.slots) * self._frame_cost

    def cost_of_slots(self, opened: Collection[int]) -> int:
        """Return what the new slots and their new days cost."""
        slots = self._grid.slots
        held = {(slots[n].agent, slots[n].frame.date) for n in self._grid.held}
        days = {(slots[n].agent, slots[n].frame.date) for n in opened} - held
        return len(days) * self._day_cost + len(opened) * self._frame_cost

    def cost_of(self, filling: Filling, cost: int) -> int:
        """Return what a filling costs whose openings cost ``cost``."""
        return (self._grid.cases - filling.placed) * self._case_cost + cost + filling.lateness

    def is_like_the_one_before(self, at: int) -> bool:
        """Tell whether agent ``at`` and the one before could change places."""
        return self._alike[at]

    def promise(
        self, at: int, opened: Sequence[int], cost: int, below: int
    ) -> list[tuple[int, int, Opening]]:
        """Return the openings of agent ``at`` with which a plan might cost less than ``below``.

        Each with that bound and its number, the lowest bound first; of equals what adds more, so
        that the first agents named do the work.
        """
        before = self._sum_ranks([*self._held_by(self._grid.agents[:at]), *opened])
        agents = self._grid.agents
        needed = self._count_bound(agents[:at]), self._count_bound(agents[at + 1 :])
        others = _split(before, self._rest[at + 1], self._grid.cases, needed)
        needed = self._count_bound([agents[at]]), self._count_bound(agents[:at] + agents[at + 1 :])
        found = []
        for kind in self._kinds[at]:
            if self._bound(kind.least, others, cost + kind.cost, needed) >= below:
                continue
            for number in kind.numbers:
                late = self._late[at][number]
                bound = self._bound(late, others, cost + kind.cost, needed)
                if bound < below:
                    found.append((bound, number, self.openings[at][number]))
        return sorted(found, key=lambda one: (one[0], -len(one[2].slots), one[1]))

    def bound_filled(self, at: int, opened: Sequence[int], cost: int) -> int:
        """Return a bound that minds who suits what, with every slot of the agents from ``at``."""
        grid = self._grid
        later = set(grid.agents[at:])
        slots = {*grid.held, *opened}
        slots.update(n for n, slot in enumerate(grid.slots) if slot.agent in later)
        filled = fill(grid, [group.cases for group in grid.groups], slots, grid.room)
        if filled.placed < self._most:
            return (grid.cases - filled.placed) * self._case_cost + cost
        before = self._sum_ranks([*self._held_by(grid.agents[:at]), *opened])
        needed = self._count_bound(grid.agents[:at]), self._count_bound(grid.agents[at:])
        return self._bound(before, self._rest[at], cost, needed)

    def _bound(
        self, some: Sequence[int], others: Sequence[int], cost: int, needed: tuple[int, int]
    ) -> int:
        """Return the least cost of placing as many cases as possible, ``needed`` on each side.

        A plan that leaves out one more costs more than any other difference.
        """
        count = min(self._most, len(some) + len(others) - 2)
        least = _least_split(some, others, count, needed) if count == self._most else 0
        left_out = self._grid.cases - count + (least >= self._case_cost)
        return left_out * self._case_cost + cost + (least if least < self._case_cost else 0)

    def _count_bound(self, agents: Sequence[str]) -> int:
        """Return how many cases these agents must take where no more than need be is left out."""
        grid = self._grid
        mine = set(agents)
        bound = sum(
            group.cases
            for group in grid.groups
            if mine.issuperset(grid.slots[slot].agent for slot in group.slots)
        )
        return max(0, bound - (grid.cases - self._most))

    def _held_by(self, agents: Sequence[str]) -> list[int]:
        return [index for index in self._grid.held if self._grid.slots[index].agent in agents]

    def _sum_ranks(self, slots: Sequence[int]) -> list[int]:
        """Return the lateness of 0, 1, 2 … cases, the earliest places of these slots first."""
        grid = self._grid
        sums = [0]
        taken: dict[int, int] = {}
        for index in sorted(slots):
            rank = grid.slots[index].rank
            before = taken.get(rank, 0)
            count = min(grid.room[index], grid.capacity[index] - before)
            taken[rank] = before + count
            last = sums[-1]
            count = min(count, grid.cases + 1 - len(sums))
            sums += [last + rank * n for n in range(1, count + 1)]
        return sums

    def _sort_out(self, at: int) -> Iterator[_Kind]:
        """Yield the openings of an agent by cost, the cheapest first."""
        kinds: dict[int, list[int]] = {}
        for number, opening in enumerate(self.openings[at]):
            kinds.setdefault(self.cost(opening), []).append(number)
        for cost, numbers in sorted(kinds.items()):
            yield _Kind(cost, numbers, _least([self._late[at][number] for number in numbers]))

    def _bound_rest(self) -> list[list[int]]:
        """Return what 0, 1, 2 … cases cost at least with the agents from each one on."""
        rest = [[0]]
        for at in reversed(range(len(self.openings))):
            own = _least([[kind.cost + late for late in kind.least] for kind in self._kinds[at]])
            agents = self._grid.agents
            needed = self._count_bound([agents[at]]), self._count_bound(agents[at + 1 :])
            rest.append(_split(own, rest[-1], self._grid.cases, needed))
        return rest[::-1]

    def _count_most(self) -> int:
        """Return a number of cases beyond which no plan can place any.

        Once with every slot open, and once with each agent as a single slot.
        """
        grid = self._grid
        supply = [group.cases for group in grid.groups]
        everywhere = fill(grid, supply, range(len(grid.slots)), grid.room).placed
        at = {agent: number for number, agent in enumerate(grid.agents)}
        whole = [
            (
                number,
                Slot(agent, Frame(grid.slots[0].frame.date, str(number)), number, len(own) - 1),
            )
            for number, (agent, own) in enumerate(
                zip(grid.agents, (_least(late) for late in self._late), strict=True)
            )
        ]
        groups = [
            group._replace(slots=tuple({at[grid.slots[slot].agent] for slot in group.slots}))
            for group in grid.groups
        ]
        by_agent = Grid(whole, groups, {}, {})
        room = [slot.room for slot in by_agent.slots]
        return min(everywhere, fill(by_agent, supply, range(len(whole)), room).placed)

    def _is_alike(self, one: str, other: str) -> bool:
        grid = self._grid
        return grid.left[one] == grid.left[other] and self._profile(one) == self._profile(other)

    def _profile(self, agent: str) -> list[object]:
        grid = self._grid
        return [
            (slot.frame, slot.room, slot.held, grid.suits[index])
            for index, slot in enumerate(grid.slots)
            if slot.agent == agent
        ]


def _least(costs: Sequence[Sequence[int]]) -> list[int]:
    """Return the least cost of each number of cases; shorter ones cannot place so many."""
    longest = max(map(len, costs))
    return [min(cost[n] for cost in costs if n < len(cost)) for n in range(longest)]


def _split(
    some: Sequence[int], others: Sequence[int], most: int, needed: tuple[int, int]
) -> list[int]:
    """Return the least cost of each number of cases, split between the two in the best way."""
    counts = range(min(most, len(some) + len(others) - 2) + 1)
    return [_least_split(some, others, count, needed) for count in counts]


def _least_split(
    some: Sequence[int], others: Sequence[int], count: int, needed: tuple[int, int]
) -> int:
    """Return the least cost of ``count`` cases, of which each side takes those it needs to."""
    first = max(needed[0], count - len(others) + 1)
    last = min(count - needed[1], len(some) - 1)
    if first > last:
        return _NEVER
    theirs = others[count - last : count - first + 1]
    least: int = min(map(add, some[first : last + 1], reversed(theirs)))
    return least
