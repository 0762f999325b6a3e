"""What a plan costs at least, were all cases alike: sums of the earliest places there are.

Quick to ask for, and sharp where agents do not compete: what differs among cases is only counted
for each agent alone, and in fillings with every slot that may still be opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, zip_longest
from operator import add
from typing import NamedTuple

from kofucli.model import Frame
from kofucli.planner.filling import fill
from kofucli.planner.grid import Grid, Slot
from kofucli.planner.openings import Opening

_NEVER = 1 << 200
_FEW = 200
"""Openings of one agent that are each filled with the cases there are, for a better bound."""


class _Kind(NamedTuple):
    """Openings that cost the same: their numbers, and the least lateness any of them has."""

    cost: int
    numbers: list[int]
    least: list[int]


class Bounds:
    """The costs of one grid's openings, those of each agent as they are listed.

    A cost is one number: an unplaced case weighs more than all days, a day more than all frames, a
    frame more than all lateness.
    """

    def __init__(self, grid: Grid, openings: Sequence[Sequence[Opening]]) -> None:
        self._grid = grid
        self._supply = [group.cases for group in grid.groups]
        self._collectors = [
            frozenset(grid.slots[slot].agent for slot in group.slots) for group in grid.groups
        ]
        slots = len(grid.slots)
        self._frame_cost = 1 + grid.cases * (1 + max((s.rank for s in grid.slots), default=0))
        self._day_cost = self._frame_cost * (1 + slots)
        self._case_cost = self._day_cost * (1 + slots)
        self._late: list[list[list[int]]] = []
        self._kinds: list[list[_Kind]] = []
        for at, first in enumerate(grid.first_alike):
            if first == at:
                self._late.append(self._measure(at, openings[at]))
                self._kinds.append(self._sort_out(openings[at], self._late[at]))
            else:
                self._late.append(self._late[first])
                self._kinds.append(self._kinds[first])
        self._most = self._count_most()
        self._rest = self._bound_rest()

    def cost(self, left_out: int, days: int, frames: int, lateness: int) -> int:
        """Return values as one number."""
        rest = days * self._day_cost + frames * self._frame_cost + lateness
        return left_out * self._case_cost + rest

    def promise(
        self,
        at: int,
        opened: Sequence[int],
        cost: int,
        below: int,
        among: Iterable[int] | None = None,
    ) -> list[tuple[int, int]]:
        """Return which openings of agent ``at`` might make a plan that costs less than ``below``.

        The agents before it added the slots ``opened``, at ``cost``. Each is returned as its bound
        and its number; those that cost least come first. ``among`` are the only ones of interest.
        """
        agents = self._grid.agents
        before = self._sum_ranks([*self._held_by(agents[:at]), *opened])
        needed = self._count_bound(agents[:at]), self._count_bound(agents[at + 1 :])
        others = _split(before, self._rest[at + 1], self._grid.cases, needed)
        needed = self._count_bound([agents[at]]), self._count_bound(agents[:at] + agents[at + 1 :])
        wanted = None if among is None else set(among)
        found = []
        for kind in self._kinds[at]:
            if self._bound(kind.least, others, cost + kind.cost, needed) >= below:
                continue
            for number in kind.numbers if wanted is None else wanted.intersection(kind.numbers):
                late = self._late[at][number]
                bound = self._bound(late, others, cost + kind.cost, needed)
                if bound < below:
                    found.append((bound, number))
        return found

    def bound_filled(self, at: int, opened: Sequence[int], cost: int) -> int:
        """Return a bound that minds who suits what, with every slot of the agents from ``at``."""
        grid = self._grid
        later = set(grid.agents[at:])
        slots = {*grid.held, *opened}
        slots.update(n for n, slot in enumerate(grid.slots) if slot.agent in later)
        filled = fill(grid, self._supply, slots, grid.room)
        if filled.placed < self._most:
            return (grid.cases - filled.placed) * self._case_cost + cost
        before = self._sum_ranks([*self._held_by(grid.agents[:at]), *opened])
        needed = self._count_bound(grid.agents[:at]), self._count_bound(grid.agents[at:])
        return self._bound(before, self._rest[at], cost, needed)

    def _measure(self, at: int, openings: Sequence[Opening]) -> list[list[int]]:
        """Return of each opening of an agent the lateness of 0, 1, 2 … cases at least."""
        held = self._held_by([self._grid.agents[at]])
        exactly = len(self._grid.agents) > 1 and len(openings) <= _FEW
        late = self._fill_alone if exactly else self._sum_ranks
        return [late([*held, *opening.slots]) for opening in openings]

    def _fill_alone(self, slots: Sequence[int]) -> list[int]:
        """Return the lateness of 0, 1, 2 … cases where nobody else places any."""
        load: dict[int, int] = {}
        for flow in fill(self._grid, self._supply, slots, self._grid.room).flow:
            for slot, count in flow.items():
                rank = self._grid.slots[slot].rank
                load[rank] = load.get(rank, 0) + count
        return list(
            accumulate((rank for rank in sorted(load) for _ in range(load[rank])), initial=0)
        )

    def _sum_ranks(self, slots: Sequence[int]) -> list[int]:
        """Return the lateness of 0, 1, 2 … cases, the earliest places of these slots first."""
        grid = self._grid
        ranks: list[int] = []
        taken: dict[int, int] = {}
        for index in sorted(slots):
            rank = grid.slots[index].rank
            before = taken.get(rank, 0)
            count = min(grid.room[index], grid.capacity[index] - before)
            taken[rank] = before + count
            ranks += [rank] * count
        return list(accumulate(ranks[: grid.cases], initial=0))

    def _sort_out(self, openings: Sequence[Opening], late: Sequence[list[int]]) -> list[_Kind]:
        """Return the openings of an agent by cost, the cheapest first."""
        kinds: dict[int, list[int]] = {}
        for number, (slots, days) in enumerate(openings):
            kinds.setdefault(self.cost(0, days, len(slots), 0), []).append(number)
        return [
            _Kind(cost, numbers, _least([late[number] for number in numbers]))
            for cost, numbers in sorted(kinds.items())
        ]

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

    def _bound_rest(self) -> list[list[int]]:
        """Return what 0, 1, 2 … cases cost at least with the agents from each one on."""
        rest = [[0]]
        agents = self._grid.agents
        for at in reversed(range(len(agents))):
            own = _least([[kind.cost + late for late in kind.least] for kind in self._kinds[at]])
            needed = self._count_bound([agents[at]]), self._count_bound(agents[at + 1 :])
            rest.append(_split(own, rest[-1], self._grid.cases, needed))
        return rest[::-1]

    def _count_bound(self, agents: Sequence[str]) -> int:
        """Return how many cases these agents must take where no more than need be is left out."""
        mine = frozenset(agents)
        bound = sum(
            cases
            for cases, those in zip(self._supply, self._collectors, strict=True)
            if those <= mine
        )
        return max(0, bound - (self._grid.cases - self._most))

    def _count_most(self) -> int:
        """Return a number of cases beyond which no plan can place any.

        Once with every slot open, and once with each agent as a single slot.
        """
        grid = self._grid
        everywhere = fill(grid, self._supply, range(len(grid.slots)), grid.room).placed
        at = {agent: number for number, agent in enumerate(grid.agents)}
        day = grid.slots[0].frame.date
        most = [max(len(kind.least) for kind in kinds) - 1 for kinds in self._kinds]
        whole = [
            (number, Slot(agent, Frame(day, str(number)), number, most[number]))
            for agent, number in at.items()
        ]
        groups = [
            group._replace(slots=tuple({at[grid.slots[slot].agent] for slot in group.slots}))
            for group in grid.groups
        ]
        by_agent = Grid(whole, groups, {}, {})
        room = [slot.room for slot in by_agent.slots]
        return min(everywhere, fill(by_agent, self._supply, range(len(whole)), room).placed)

    def _held_by(self, agents: Sequence[str]) -> list[int]:
        return [index for index in self._grid.held if self._grid.slots[index].agent in agents]


def _least(costs: Sequence[Sequence[int]]) -> list[int]:
    """Return the least cost of each number of cases; shorter ones cannot place so many."""
    return [min(column) for column in zip_longest(*costs, fillvalue=_NEVER)]


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
