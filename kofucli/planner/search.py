"""The search for the best plan: which frames each agent adds; the cheapest promise comes first."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from kofucli.planner.bounds import Bounds
from kofucli.planner.exchanges import list_exchanges
from kofucli.planner.filers import keep_filers
from kofucli.planner.grid import Filling, Grid
from kofucli.planner.packing import Budget, pack

__all__ = ["MOST_STEPS", "Found", "search"]

MOST_STEPS = 20_000
"""Fillings that are tried before a search is given up: a second or two.

In a large grid fewer are: one counts there as many times as it takes longer.
"""
_PAIRS = 100
"""Pairs of a group and a slot that make a filling take twice as long."""


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
    found = _Search(grid, Budget(most_steps, weight))
    found.try_agent(0, _State((), 0, 0))
    return Found(keep_filers(grid, found.best), found.is_proven)


class _State(NamedTuple):
    """The slots added so far, what they cost, and the number of the last opening."""

    opened: tuple[int, ...]
    cost: int
    last: int


class _Search:
    """One grid, and the best filling found in it so far."""

    def __init__(self, grid: Grid, budget: Budget) -> None:
        self._grid = grid
        self._budget = budget
        self._bounds = Bounds(grid)
        self.best = Filling([{} for _ in grid.groups], 0, 0)
        self._best_cost = self._bounds.worst
        self._best_opened: set[int] = set()
        self._improved = False

    @property
    def is_proven(self) -> bool:
        """Whether everything better was ruled out."""
        return self._bounds.complete and not self._budget.is_spent

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
        found = pack(self._grid, sorted((*self._grid.held, *opened)), budget)
        cost = self._bounds.cost_of(found, self._bounds.cost_of_slots(opened))
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
