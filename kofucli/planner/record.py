"""The best filling found so far, and how fillings are tried."""

from __future__ import annotations

from collections.abc import Collection

from kofucli.planner.filling import fill, find_gains
from kofucli.planner.grid import Filling, Grid
from kofucli.planner.packing import Budget, pack

Value = tuple[int, int, int, int]
"""What is minimised: cases without a place, new days, new frames, lateness."""

_PAIRS = 100
"""Pairs of a group and a slot that make a filling take twice as long."""
_BRIEFLY = 20
"""Steps for each packing when all of them are looked at for the first time."""
_PACKING = 2
"""How much longer a step of a packing takes than a filling."""


class Record:
    """The best filling of a grid so far and its value.

    ``cut`` is the least that may come of packings that were cut short, if any was.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.best = Filling([{} for _ in grid.groups], 0, 0)
        self.value: Value = (grid.cases, 0, 0, 0)
        self.cut: Value | None = None
        self._supply = [group.cases for group in grid.groups]
        self.weight = 1 + len(grid.groups) * len(grid.slots) // _PAIRS
        self._depth = _BRIEFLY
        self._held_days = {(grid.slots[n].agent, grid.slots[n].frame.date) for n in grid.held}
        self._tried: set[frozenset[int]] = set()

    @property
    def is_uncut(self) -> bool:
        """Whether no packing that was cut short could be better than what was found."""
        return self.cut is None or self.value <= self.cut

    def begin(self) -> None:
        """Take a plan at hand: slot by slot the one that takes the most of the cases that wait.

        Nothing that a search gives up leaves out a case for which a frame could still be added.
        """
        grid = self.grid
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
        self.try_briefly(opened)

    def deepen(self, depth: int) -> None:
        """Let each packing take at most ``depth`` steps from now on."""
        self._depth, self.cut = depth, None
        self._tried.clear()

    def is_full(self) -> bool:
        """Tell whether no more cases would have a place were every slot open."""
        full = fill(self.grid, self._supply, range(len(self.grid.slots)), self.grid.room)
        return full.placed == self.grid.cases - self.value[0]

    def try_briefly(self, opened: Collection[int]) -> None:
        """Try some slots, if not tried yet, with as many steps as a short packing of them takes."""
        if (known := frozenset(opened)) not in self._tried:
            self._tried.add(known)
            self.try_slots(opened, Budget(self.weight * (1 + _PACKING * _BRIEFLY)))

    def try_slots(self, opened: Collection[int], budget: Budget, in_passing: bool = True) -> bool:
        """Pack some slots; keep the result, and say so, if it is the best so far.

        ``in_passing`` is false where these slots are not looked at again.
        """
        if not budget.spend(self.weight):
            return False
        slots = sorted((*self.grid.held, *opened))
        relaxed = fill(self.grid, self._supply, slots, self.grid.room)
        least = self._value_of(relaxed, opened)
        if least >= self.value:
            return False
        weight = _PACKING * self.weight
        own = Budget(min(self._depth * weight, budget.steps - budget.spent), weight)
        found = pack(self.grid, slots, relaxed, own)
        # A packing that was cut short at its own depth leaves the search its other steps.
        at_depth = own.steps == self._depth * weight
        budget.spent += min(own.spent, own.steps) if at_depth else own.spent
        if own.is_spent and not in_passing:
            self.cut = least if self.cut is None else min(self.cut, least)
        value = self._value_of(found, {slot for flow in found.flow for slot in flow})
        if value >= self.value:
            return False
        self.best, self.value = found, value
        return True

    def _value_of(self, filling: Filling, opened: Collection[int]) -> Value:
        slots = self.grid.slots
        new = [slots[n] for n in opened if not slots[n].held]
        days = {(slot.agent, slot.frame.date) for slot in new} - self._held_days
        return self.grid.cases - filling.placed, len(days), len(new), filling.lateness
