"""Branch and bound: agent by agent each opening is tried, the one that promises most first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kofucli.planner.bounds import Bounds
from kofucli.planner.exchanges import exchange
from kofucli.planner.openings import Opening
from kofucli.planner.packing import Budget
from kofucli.planner.record import Record
from kofucli.planner.relaxation import Gait, Goal, Node, Relaxation

_EASY = 40
"""Openings that are looked through as fast as a step."""
_LATER = Gait(20, 15, 100)
"""How prices move again when one more agent has decided."""


class Guide(NamedTuple):
    """Prices that tell what openings promise, for one value, and how to move them."""

    relaxation: Relaxation
    stage: int
    prices: list[float]


class Descent:
    """One way through all openings.

    ``bounds`` are of the same openings, None where there are too many of them. ``width`` is how
    many openings of each agent are tried, None for all. ``is_truncated`` tells whether anything
    was left aside that might be better than what was found.
    """

    def __init__(
        self,
        record: Record,
        openings: Sequence[Sequence[Opening]],
        bounds: Bounds | None,
        budget: Budget,
        width: int | None = None,
    ) -> None:
        self._record = record
        self._openings = openings
        self._bounds = bounds
        self._budget = budget
        self._width = width
        self.is_truncated = False

    def go(self, guide: Guide | None) -> bool:
        """Try openings, led by prices where there are any; tell whether all were ruled out."""
        self._descend(guide, Node(), 0)
        self.is_truncated = self.is_truncated or self._budget.is_spent
        return not self.is_truncated

    def _descend(self, guide: Guide | None, node: Node, last: int) -> None:
        """Try the openings of agent ``node.at`` and of those behind, where they promise more."""
        grid = self._record.grid
        if node.at == len(grid.agents):
            if self._record.try_slots(node.opened, self._budget, in_passing=False) and guide:
                exchange(self._record, guide.relaxation, self._budget)
            return
        if node.at:
            promises, guide = self._look_ahead(guide, node)
            if not promises:
                return
        openings = self._openings[node.at]
        # Of two agents who could change places the first one gets the opening listed later.
        most = len(openings) if grid.first_alike[node.at] == node.at else last
        for bound, number in self._list_promising(guide, node):
            if self._budget.is_spent:
                return
            if number <= most and bound <= self._limit(guide):
                opened, days = openings[number]
                following = Node(node.at + 1, node.opened + opened, node.days + days)
                self._descend(guide, following, number)

    def _look_ahead(self, guide: Guide | None, node: Node) -> tuple[bool, Guide | None]:
        """Tell whether more may come of what some agents added; move prices to what it leaves."""
        if self._bounds:
            self._budget.spend(self._record.weight)
            cost = self._bounds.cost(0, node.days, len(node.opened), 0)
            least = self._bounds.bound_filled(node.at, node.opened, cost)
            if least >= self._bounds.cost(*self._record.value):
                return False, guide
        if not guide:
            return True, None
        goal = Goal(guide.stage, self._record.value)
        bound, prices, taken = guide.relaxation.improve(goal, node, guide.prices, _LATER)
        self._budget.spend(taken * guide.relaxation.weight)
        return bound <= goal.limit, guide._replace(prices=prices)

    def _limit(self, guide: Guide | None) -> float:
        """Return the highest bound of what would still be better."""
        if guide:
            return Goal(guide.stage, self._record.value).limit
        return self._bounds.cost(*self._record.value) - 1 if self._bounds else 0

    def _list_promising(self, guide: Guide | None, node: Node) -> list[tuple[float, int]]:
        """Return as many openings as are tried of those that promise more, the best first."""
        count = len(self._openings[node.at])
        self._budget.spend(1 + count // _EASY)
        led = None
        if guide:
            goal = Goal(guide.stage, self._record.value)
            first = self._record.grid.first_alike[node.at]
            led = guide.relaxation.promise(goal, node, guide.prices, self._openings[first])
        promising = self._bound(self._bounds, node, led) if self._bounds else led or []
        width = count if self._width is None else self._width
        self.is_truncated = self.is_truncated or len(promising) > width
        return promising[:width]

    def _bound(
        self, bounds: Bounds, node: Node, led: list[tuple[float, int]] | None
    ) -> list[tuple[float, int]]:
        """Return what bounds without prices leave of openings, in the order of these if any led.

        Else the lowest bound first; of equals what adds more, so that the first agents named do
        the work.
        """
        cost = bounds.cost(0, node.days, len(node.opened), 0)
        below = bounds.cost(*self._record.value)
        among = None if led is None else [number for _, number in led]
        found = bounds.promise(node.at, node.opened, cost, below, among)
        if led is not None:
            kept = {number for _, number in found}
            return [one for one in led if one[1] in kept]
        openings = self._openings[node.at]
        found.sort(key=lambda one: (one[0], -len(openings[one[1]].slots), one[1]))
        return list(found)
