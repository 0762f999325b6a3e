"""The search for the best plan: what is easy to show first, then value by value."""

from __future__ import annotations

from typing import NamedTuple

from kofucli.planner.bounds import Bounds
from kofucli.planner.descent import Descent, Guide
from kofucli.planner.exchanges import exchange, sample
from kofucli.planner.grid import Filling, Grid
from kofucli.planner.openings import MOST_OPENINGS, Opening, list_all_openings
from kofucli.planner.packing import Budget
from kofucli.planner.record import Record, Value
from kofucli.planner.relaxation import Gait, Goal, Node, Relaxation

MOST_STEPS = 20_000
"""Steps before a search is given up: some tenths of a second.

In a large grid fewer are taken: one counts there as many times as it takes longer.
"""
_MANY = 200
"""Bundles of several cases beyond which packing them is only looked at briefly."""
_SHARE = 2
"""The part of the steps left that one value may take is one of so many."""
_WIDTH = 3
"""Openings of each agent that are tried before all are."""
_SOON = 1_000
"""Steps for a search that may be over at once."""
_FIRST, _SECOND = 2_000, 9_000
"""Steps for a search without prices, at first, and once the best plan is probably known."""
_LISTED = 2_000
"""Openings of an agent for which bounds without prices are worth their while."""
_AT_FIRST = Gait(150, 8, 10), Gait(300, 25, 100)
"""How the prices of all agents move, one way after the other where the first proves nothing."""
_AT_LEAST, _EFFORT = 50, 4_500
"""Steps for these at least, and what more of them may cost."""


class Found(NamedTuple):
    """The best filling, and whether it is shown that there is no better one."""

    filling: Filling
    proven: bool


def search(grid: Grid, most_steps: int = MOST_STEPS) -> Found:
    """Return the best filling of a grid, by branch and bound.

    Where bounds without prices do not prove the best plan soon, one value after the other is
    brought down as far as it goes without making those before it worse.
    """
    found = _Search(grid)
    found.record.begin()
    if found.look(min(_FIRST, most_steps), _LISTED):
        return Found(found.record.best, True)
    # First every packing is looked at briefly: one that is hard to pack must not take all steps.
    bundles = sum(len(group.bundles) for group in grid.groups if group.size > 1)
    if bundles:
        found.go(most_steps)
    if not bundles or (bundles <= _MANY and not found.is_proven):
        found.record.deepen(most_steps)
        found.go(most_steps)
    return Found(found.record.best, found.is_proven)


class _Search:
    """One grid, and the best filling found in it so far.

    ``is_proven`` tells whether everything better was ruled out.
    """

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._budget = Budget(0)
        self.record = Record(grid)
        self._openings: list[list[Opening]] = []
        self._whole = False
        self._bounds: Bounds | None = None
        self.is_proven = False

    def look(self, steps: int, most_openings: int = MOST_OPENINGS) -> bool:
        """Search without prices; tell whether that ruled out everything better.

        Only where no agent has more than so many openings: bounds are worked out for each.
        """
        if not self._has_bounds(most_openings):
            return False
        cut, self.record.cut = self.record.cut, None
        budget = Budget(steps)
        is_over = Descent(self.record, self._openings, self._bounds, budget).go(None)
        self._budget.spent += min(budget.spent, budget.steps)
        self.is_proven = is_over and self.record.is_uncut
        self.record.cut = cut
        return self.is_proven

    def go(self, steps: int) -> None:
        """Bring down each value, with at most so many steps."""
        settled = True
        left = steps
        last = len(self.record.value) - 1
        for stage in range(last + 1):
            # The last value may take all steps that are left, the others a part of them.
            self._budget = Budget(left if stage == last else left // _SHARE, 1)
            settled = self._settle(stage, stage == last) and settled
            left -= min(self._budget.spent, self._budget.steps)
        self.is_proven = self.is_proven or (settled and self.record.is_uncut)

    def _settle(self, stage: int, is_last: bool) -> bool:
        """Bring a value down as far as it goes; tell whether that is certain."""
        if not self.record.value[stage] or (stage == 0 and self.record.is_full()):
            return True
        relaxation = Relaxation(self._grid, self.record.value[0])
        guide = Guide(relaxation, stage, relaxation.start(stage))
        for gait in _AT_FIRST:
            if not self._left:
                return False
            prices = self._approach(relaxation, stage, gait)
            if prices is None:
                return True
            guide = guide._replace(prices=prices)
            if self._is_over(guide, None, _SOON):
                return True
        if is_last and self.look(min(_SECOND, self._left // _SHARE)):
            return True
        # A few openings of each agent first: what is wrong with the first agent's shows late.
        self._has_bounds(MOST_OPENINGS)
        few = self._left // _SHARE
        return self._is_over(guide, _WIDTH, few) or self._is_over(guide, None, self._left)

    @property
    def _left(self) -> int:
        """How many steps are left for this value."""
        return max(0, self._budget.steps - self._budget.spent)

    def _has_bounds(self, most_openings: int) -> bool:
        """Work out bounds where no agent has more openings; tell whether there are any."""
        if not self._openings:
            self._openings, self._whole = list_all_openings(self._grid, most_openings)
            if not self._whole and most_openings < MOST_OPENINGS:
                self._openings = []
        if self._whole and not self._bounds:
            self._bounds = Bounds(self._grid, self._openings)
        return self._whole

    def _is_over(self, guide: Guide, width: int | None, steps: int) -> bool:
        """Search with at most so many openings of each agent; tell whether all were ruled out."""
        if not self._openings:
            self._openings, self._whole = list_all_openings(self._grid)
        budget = Budget(min(steps, self._left))
        is_over = Descent(self.record, self._openings, self._bounds, budget, width).go(guide)
        self._budget.spent += min(budget.spent, budget.steps)
        return is_over and self._whole

    def _approach(self, relaxation: Relaxation, stage: int, gait: Gait) -> list[float] | None:
        """Move the prices of all agents; return the best ones, None if they prove it all.

        What agents choose meanwhile is tried; where it helps they are moved on from there.
        """
        own = gait._replace(steps=max(_AT_LEAST, min(gait.steps, _EFFORT // relaxation.weight)))
        prices = relaxation.start(stage)
        before: Value | None = None
        while before != self.record.value:
            before = self.record.value
            goal = Goal(stage, self.record.value)
            bound, prices, _ = relaxation.improve(goal, Node(), prices, own)
            if bound > goal.limit:
                return None
            sample(self.record, relaxation)
            exchange(self.record, relaxation, self._budget)
        return prices
