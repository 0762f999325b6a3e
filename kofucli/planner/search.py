"""The search for the best plan: value by value, and which frames each agent adds."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product
from typing import NamedTuple

from kofucli.planner.filling import fill, find_gains
from kofucli.planner.grid import Filling, Grid
from kofucli.planner.openings import Opening, list_openings
from kofucli.planner.packing import Budget, pack
from kofucli.planner.relaxation import Gait, Goal, Node, Relaxation, Value

__all__ = ["MOST_STEPS", "Found", "search"]

MOST_STEPS = 20_000
"""Steps before a search is given up: some tenths of a second.

In a large grid fewer are taken: one counts there as many times as it takes longer.
"""
_PAIRS = 100
"""Pairs of a group and a slot that make a filling take twice as long."""
_BRIEFLY = 20
"""Steps for each packing when all of them are looked at for the first time."""
_MANY = 200
"""Bundles of several cases beyond which packing them is only looked at briefly."""
_PACKING = 2
"""How much longer a step of a packing takes than a filling."""
_SHARE = 2
"""The part of the steps left that one value may take is one of so many."""
_SAMPLES = 20
_WIDTH = 3
"""Openings of each agent that are tried before all are."""
_SOON = 1_000
"""Steps for a search that may be over at once."""
_EASY = 40
"""Openings that are looked through as fast as a step."""
_CHOICES = 30
"""Choices of an agent that are tried in exchange for what it has."""
_AT_FIRST = Gait(150, 8, 10), Gait(300, 25, 100)
"""How the prices of all agents move, one way after the other where the first proves nothing."""
_AT_LEAST, _EFFORT = 50, 4_500
"""Steps for these at least, and what more of them may cost."""
_LATER = Gait(20, 15, 100)
"""How prices move again when one more agent has decided."""


class Found(NamedTuple):
    """The best filling, and whether it is shown that there is no better one."""

    filling: Filling
    proven: bool


def search(grid: Grid, most_steps: int = MOST_STEPS) -> Found:
    """Return the best filling of a grid, by branch and bound.

    One value after the other is brought down as far as it goes without making those before it
    worse. Agent by agent each opening is tried, in the order of the least that comes of it.
    """
    found = _Search(grid, most_steps)
    found.begin()
    # First every packing is looked at briefly: one that is hard to pack must not take all steps.
    depths = [_BRIEFLY, most_steps]
    bundles = [len(group.bundles) for group in grid.groups if group.size > 1]
    if not bundles:
        depths = depths[1:]
    elif sum(bundles) > _MANY:
        depths = depths[:1]
    for depth in depths:
        found.go(depth)
        if found.is_proven or found.is_given_up:
            break
    return Found(found.best, found.is_proven)


class _Search:
    """One grid, and the best filling found in it so far."""

    def __init__(self, grid: Grid, most_steps: int) -> None:
        self._grid = grid
        self._supply = [group.cases for group in grid.groups]
        self._most_steps = most_steps
        self._weight = 1 + len(grid.groups) * len(grid.slots) // _PAIRS
        self._depth = _BRIEFLY
        self._budget = Budget(most_steps, 1)
        self._held_days = {(grid.slots[n].agent, grid.slots[n].frame.date) for n in grid.held}
        self.best = Filling([{} for _ in grid.groups], 0, 0)
        self._value: Value = (grid.cases, 0, 0, 0)
        self._openings: dict[int, list[Opening]] = {}
        # The slots of the first of agents alike, and those of each.
        self._own = [
            dict(zip(grid.slots_of(first), grid.slots_of(at), strict=True))
            for at, first in enumerate(grid.first_alike)
        ]
        self._complete = True
        self.is_given_up = self._truncated = False
        self._width: int | None = None
        self._cut: Value | None = None

    @property
    def is_proven(self) -> bool:
        """Whether everything better was ruled out."""
        return not self.is_given_up and (self._cut is None or self._value <= self._cut)

    def begin(self) -> None:
        """Take a plan at hand: slot by slot the one that takes the most of the cases that wait.

        Nothing that the search gives up leaves out a case for which a frame could still be added.
        """
        grid = self._grid
        slots = grid.slots
        opened: list[int] = []
        left = dict(grid.left)
        visited = set(self._held_days)
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
        self._try(opened, Budget(self._weight * (1 + _PACKING * _BRIEFLY), 1))

    def go(self, depth: int) -> None:
        """Bring down each value, with at most ``depth`` steps for each packing."""
        self._depth = depth
        self._cut, self.is_given_up = None, False
        left = self._most_steps
        for stage in range(len(self._value)):
            # The last value may take all steps that are left, the others a part of them.
            last = stage + 1 == len(self._value)
            self._budget = Budget(left if last else left // _SHARE, 1)
            self._settle(stage)
            left -= min(self._budget.spent, self._budget.steps)

    def _settle(self, stage: int) -> None:
        """Bring a value down as far as it goes."""
        if not self._value[stage] or (stage == 0 and self._is_full()):
            return
        relaxation = Relaxation(self._grid, self._value[0])
        prices = relaxation.start(stage)
        for gait in _AT_FIRST:
            found = self._approach(relaxation, stage, gait)
            if found is None or self._is_over(relaxation, stage, found, None, _SOON):
                return
            prices = found
        # A few openings of each agent first: what is wrong with the first agent's shows late.
        left = self._budget
        steps = (left.steps - left.spent) // _SHARE
        if self._is_over(relaxation, stage, prices, _WIDTH, steps):
            return
        if not self._is_over(relaxation, stage, prices, None, left.steps - left.spent):
            self.is_given_up = True

    def _is_over(
        self,
        relaxation: Relaxation,
        stage: int,
        prices: list[float],
        width: int | None,
        steps: int,
    ) -> bool:
        """Search with at most so many openings of each agent; tell whether all were ruled out."""
        left = self._budget
        self._budget = Budget(steps, 1)
        self._width, self._truncated = width, False
        self._descend(relaxation, stage, Node(), prices, 0)
        left.spent += min(self._budget.spent, self._budget.steps)
        self._truncated = self._truncated or self._budget.is_spent
        self._budget = left
        return not self._truncated

    def _approach(self, relaxation: Relaxation, stage: int, gait: Gait) -> list[float] | None:
        """Move the prices of all agents; return the best ones, None if they prove it all.

        What agents choose meanwhile is tried; where it helps they are moved on from there.
        """
        own = gait._replace(steps=max(_AT_LEAST, min(gait.steps, _EFFORT // relaxation.weight)))
        prices = relaxation.start(stage)
        before: Value | None = None
        while before != self._value:
            before = self._value
            goal = Goal(stage, self._value)
            bound, prices, _ = relaxation.improve(goal, Node(), prices, own)
            if bound > goal.limit:
                return None
            self._sample(relaxation)
            self._exchange(relaxation)
        return prices

    def _is_full(self) -> bool:
        """Tell whether no more cases would have a place were every slot open."""
        full = fill(self._grid, self._supply, range(len(self._grid.slots)), self._grid.room)
        return full.placed == self._grid.cases - self._value[0]

    def _sample(self, relaxation: Relaxation) -> None:
        """Try together what all agents chose at about the same prices.

        Those alike chose the same at each time: they get what was chosen one after the other.
        """
        grid = self._grid
        alike = len(set(grid.first_alike)) < len(grid.agents)
        for ago, apart in product(range(_SAMPLES), (1, 3) if alike else (1,)):
            opened: list[int] = []
            for at, first in enumerate(grid.first_alike):
                choices = relaxation.choices[first]
                chosen = choices[-1 - (ago + apart * (at - first)) % len(choices)]
                opened += [self._own[at][slot] for slot in chosen]
            self._try(opened, Budget(self._weight * (1 + _PACKING * _BRIEFLY), 1))

    def _exchange(self, relaxation: Relaxation) -> None:
        """Give one agent after the other what it chose at some prices, as long as that helps."""
        budget = Budget(self._budget.steps // 2, 1)
        budget.spent = self._budget.spent
        tried = 0
        at = 0
        while tried < len(self._grid.agents) and not budget.is_spent:
            tried = 0 if self._exchange_of(relaxation, at, budget) else tried + 1
            at = (at + 1) % len(self._grid.agents)
        self._budget.spent = max(self._budget.spent, min(budget.spent, budget.steps))

    def _exchange_of(self, relaxation: Relaxation, at: int, budget: Budget) -> bool:
        """Try what an agent chose at some prices, the latest first; tell whether it helped."""
        grid = self._grid
        own = self._own[at]
        opened = {slot for flow in self.best.flow for slot in flow if not grid.slots[slot].held}
        others = [slot for slot in opened if grid.slots[slot].agent != grid.agents[at]]
        better = False
        choices = relaxation.choices[grid.first_alike[at]]
        for chosen in list(dict.fromkeys(reversed(choices)))[:_CHOICES]:
            if budget.is_spent:
                break
            better = self._try([*others, *(own[slot] for slot in chosen)], budget) or better
        return better

    def _descend(
        self, relaxation: Relaxation, stage: int, node: Node, prices: list[float], last: int
    ) -> None:
        """Try the openings of agent ``node.at`` and of those behind, where they promise more."""
        if node.at == len(self._grid.agents):
            if self._try(node.opened, self._budget, in_passing=False):
                self._exchange(relaxation)
            return
        if node.at:
            goal = Goal(stage, self._value)
            bound, prices, taken = relaxation.improve(goal, node, prices, _LATER)
            self._budget.spend(taken * relaxation.weight)
            if bound > goal.limit:
                return
        goal = Goal(stage, self._value)
        openings = self._list_openings(node.at)
        # Of two agents who could change places the first one gets the opening listed later.
        most = len(openings) if self._grid.first_alike[node.at] == node.at else last
        promising = relaxation.promise(goal, node, prices, openings)
        self._budget.spend(1 + len(openings) // _EASY)
        if self._width is not None and len(promising) > self._width:
            promising = promising[: self._width]
            self._truncated = True
        for bound, number in promising:
            if self._budget.is_spent:
                self._truncated = True
                return
            if number <= most and bound <= Goal(stage, self._value).limit:
                slots = tuple([self._own[node.at][slot] for slot in openings[number].slots])
                days = node.days + openings[number].days
                following = Node(node.at + 1, node.opened + slots, days)
                self._descend(relaxation, stage, following, prices, number)
        if not self._complete:
            self._truncated = True

    def _list_openings(self, at: int) -> list[Opening]:
        """Return the openings of an agent, in the slots of the first of those alike."""
        first = self._grid.first_alike[at]
        if first not in self._openings:
            openings, complete = list_openings(self._grid, self._grid.agents[first])
            self._openings[first] = openings
            self._complete = self._complete and complete
        return self._openings[first]

    def _try(self, opened: Collection[int], budget: Budget, in_passing: bool = True) -> bool:
        """Pack some slots; keep the result, and say so, if it is the best so far.

        ``in_passing`` is false where these slots are not looked at again.
        """
        if not budget.spend(self._weight):
            return False
        slots = sorted((*self._grid.held, *opened))
        relaxed = fill(self._grid, self._supply, slots, self._grid.room)
        least = self._value_of(relaxed, opened)
        if least >= self._value:
            return False
        weight = _PACKING * self._weight
        own = Budget(min(self._depth * weight, budget.steps - budget.spent), weight)
        found = pack(self._grid, slots, relaxed, own)
        # A packing that was cut short at its own depth leaves the search its other steps.
        at_depth = own.steps == self._depth * weight
        budget.spent += min(own.spent, own.steps) if at_depth else own.spent
        if own.is_spent and not in_passing:
            self._cut = least if self._cut is None else min(self._cut, least)
        value = self._value_of(found, {slot for flow in found.flow for slot in flow})
        if value >= self._value:
            return False
        self.best, self._value = found, value
        return True

    def _value_of(self, filling: Filling, opened: Collection[int]) -> Value:
        slots = self._grid.slots
        new = [slots[n] for n in opened if not slots[n].held]
        days = {(slot.agent, slot.frame.date) for slot in new} - self._held_days
        return self._grid.cases - filling.placed, len(days), len(new), filling.lateness
