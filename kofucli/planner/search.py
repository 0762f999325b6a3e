"""The search for the best plan: which frames each agent adds; the cheapest promise comes first."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from kofucli.planner.bounds import Bounds
from kofucli.planner.exchanges import find_gains, list_exchanges
from kofucli.planner.filers import keep_filers
from kofucli.planner.filling import fill
from kofucli.planner.grid import Filling, Grid
from kofucli.planner.packing import Budget, pack

__all__ = ["MOST_STEPS", "Found", "search"]

MOST_STEPS = 20_000
"""Fillings that are tried before a search is given up: a second or two.

In a large grid fewer are: one counts there as many times as it takes longer.
"""
_PAIRS = 100
"""Pairs of a group and a slot that make a filling take twice as long."""


_BRIEFLY = 20
"""Steps for each packing when all of them are looked at for the first time."""

_SOON = 200
"""Fillings after which it pays to look for a better plan than the first one at hand."""


class Found(NamedTuple):
    """The best filling, and whether it is shown that there is no better one."""

    filling: Filling
    proven: bool


def search(grid: Grid, most_steps: int = MOST_STEPS) -> Found:
    """Return the best filling of a grid, by branch and bound.

    Agent by agent each opening is tried, in the order of the least that a plan with it can cost.
    """
    weight = 1 + len(grid.groups) * len(grid.slots) // _PAIRS
    found = _Search(grid, most_steps, weight)
    found.begin()
    # First every packing is looked at briefly: one that is hard to pack must not take all steps.
    for depth in (_BRIEFLY, most_steps) if found.needs_packing else (most_steps,):
        found.go(depth)
        if found.is_proven:
            break
    return Found(keep_filers(grid, found.best), found.is_proven)


class _State(NamedTuple):
    """The slots added so far, what they cost, and the number of the last opening."""

    opened: tuple[int, ...]
    cost: int
    last: int


class _Search:
    """One grid, and the best filling found in it so far."""

    def __init__(self, grid: Grid, most_steps: int, weight: int) -> None:
        self._grid = grid
        self._most_steps, self._weight = most_steps, weight
        self._depth = _BRIEFLY
        self._budget = Budget(most_steps, weight)
        self._improved = False
        self.needs_packing = any(group.size > 1 for group in grid.groups)
        self._bounds = Bounds(grid)
        self.best = Filling([{} for _ in grid.groups], 0, 0)
        self._best_cost = self._bounds.worst
        self._best_opened: set[int] = set()
        self._cut = self._bounds.worst

    def begin(self) -> None:
        """Take a plan at hand: slot by slot the one that takes the most of the cases that wait.

        Nothing that the search gives up leaves out a case for which a frame could still be added.
        """
        grid = self._grid
        slots = grid.slots
        opened: list[int] = []
        left = dict(grid.left)
        visited = {(slots[n].agent, slots[n].frame.date) for n in grid.held}
        while True:
            gain = find_gains(grid, [*grid.held, *opened])[0]
            taken = {*grid.held, *opened}
            free = [n for n, slot in enumerate(slots) if n not in taken and left[slot.agent] > 0]
            best = min(
                (n for n in free if gain[n] > 0),
                key=lambda n: (-gain[n], (slots[n].agent, slots[n].frame.date) not in visited, n),
                default=None,
            )
            if best is None:
                break
            opened.append(best)
            left[slots[best].agent] -= 1
            visited.add((slots[best].agent, slots[best].frame.date))
        self._try(opened, Budget(_BRIEFLY * self._weight, self._weight))

    def go(self, depth: int) -> None:
        """Search, with at most ``depth`` steps for each packing."""
        self._budget, self._depth = Budget(self._most_steps, self._weight), depth
        self._cut = self._bounds.worst
        self._improved = False
        self.try_agent(0, _State((), 0, 0))

    @property
    def is_proven(self) -> bool:
        """Whether everything better was ruled out."""
        whole = self._bounds.complete and not self._budget.is_spent
        return whole and self._best_cost <= self._cut

    def try_agent(self, at: int, state: _State) -> None:
        """Try the openings of agent ``at`` and of those behind it, the most promising first."""
        if at == len(self._grid.agents):
            self._try_opened(state)
            return
        promises = self._bounds.promise(at, state.opened, state.cost, self._best_cost)
        # Of two agents who could change places the first one gets the opening listed later.
        last = state.last if self._bounds.is_like_the_one_before(at) else None
        for bound, number, opening in promises:
            if self._budget.is_spent:
                return
            self._improve()
            if bound >= self._best_cost or (last is not None and number > last):
                continue
            following = _State(
                (*state.opened, *opening.slots), state.cost + self._bounds.cost(opening), number
            )
            if self._still_promises(at + 1, following):
                self.try_agent(at + 1, following)

    def _try_opened(self, state: _State) -> None:
        """Pack the open slots, and keep the result if it is the best so far."""
        if not self._budget.spend():
            return
        self._try(state.opened, self._budget)

    def _try(self, opened: Collection[int], budget: Budget) -> bool:
        """Pack some slots; keep the result, and say so, if it is the best so far."""
        slots = sorted((*self._grid.held, *opened))
        opening_cost = self._bounds.cost_of_slots(opened)
        own = Budget(min(self._depth * self._weight, budget.steps - budget.spent), self._weight)
        found = pack(self._grid, slots, own)
        # A packing that was cut short at its own depth leaves the search its other steps.
        at_depth = own.steps == self._depth * self._weight
        budget.spent += min(own.spent, own.steps) if at_depth else own.spent
        if own.is_spent:
            # What it would cost at least, had it been packed to the end.
            relaxed = fill(self._grid, [g.cases for g in self._grid.groups], slots, self._grid.room)
            self._cut = min(self._cut, self._bounds.cost_of(relaxed, opening_cost))
        cost = self._bounds.cost_of(found, opening_cost)
        if cost >= self._best_cost:
            return False
        self.best, self._best_cost = found, cost
        self._best_opened = set(opened)
        return True

    def _improve(self) -> None:
        """Exchange openings as long as it helps: a good plan early rules out more.

        Once, and only where the search is not over soon.
        """
        if (
            self._improved
            or self._budget.spent < _SOON * self._budget.weight
            or not self._best_opened
        ):
            return
        self._improved = True
        budget = Budget(self._budget.steps // 2, self._budget.weight)
        while any(
            budget.spend() and self._try(opened, budget)
            for together in (1, 2)
            for opened in list_exchanges(
                self._grid, self._bounds.openings, self._best_opened, together
            )
        ):
            pass

    def _still_promises(self, at: int, state: _State) -> bool:
        """Tell whether the cases, as different as they are, still fit well enough."""
        if at == len(self._grid.agents):
            return True
        if not self._budget.spend():
            return False
        bound = self._bounds.bound_filled(at, state.opened, state.cost)
        return bound < self._best_cost
