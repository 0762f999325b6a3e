"""Packing bundles into open slots: like filling, but what belongs together stays together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kofucli.planner.filling import fill
from kofucli.planner.grid import Filling, Grid


class Budget:
    """How many steps a search may still take; one weighs as much as the grid makes it take long."""

    def __init__(self, steps: int, weight: int = 1) -> None:
        self.steps = steps
        self.weight = weight
        self.spent = 0

    def spend(self, steps: int = 1) -> bool:
        """Take some steps; tell whether there were as many left."""
        self.spent += steps * self.weight
        return not self.is_spent

    @property
    def is_spent(self) -> bool:
        """Whether a step was wanted that was not there."""
        return self.spent > self.steps


def pack(grid: Grid, opened: Sequence[int], relaxed: Filling, budget: Budget) -> Filling:
    """Return the best packing of the ``opened`` slots: most cases, then the least lateness.

    ``relaxed`` is the best filling of these slots, were all cases single ones. Where it
    keeps all bundles whole it is the answer; otherwise each bundle is tried in each slot, as long
    as a filling of the rest promises more than what was found.
    """
    if all(group.size == 1 for group in grid.groups):
        return relaxed
    packing = _Packing(grid, opened, relaxed, budget)
    packing.round_down()
    if not packing.is_best:
        packing.try_bundles()
    return packing.best


class _Packing:
    """Slots as they are filled with whole bundles, the largest first; single cases come last."""

    def __init__(self, grid: Grid, opened: Sequence[int], relaxed: Filling, budget: Budget) -> None:
        self._grid = grid
        self._opened = opened
        self._relaxed = relaxed
        self._budget = budget
        self._room = [min(slot.room, grid.capacity[n]) for n, slot in enumerate(grid.slots)]
        self._taken = [0] * len(grid.slots)
        self._mates = {
            slot: [other for other in opened if grid.slots[other].frame == grid.slots[slot].frame]
            for slot in opened
        }
        self._flow: list[dict[int, int]] = [{} for _ in grid.groups]
        self._lateness = self._placed = 0
        self._supply = [group.cases for group in grid.groups]
        heavy = [n for n, group in enumerate(grid.groups) if group.size > 1]
        heavy.sort(key=lambda n: (-grid.groups[n].size, len(grid.groups[n].slots)))
        self._queue = [n for n in heavy for _ in grid.groups[n].bundles]
        self.best = Filling(self._flow, -1, 0)

    @property
    def is_best(self) -> bool:
        """Whether the best packing found is as good as the best filling."""
        return _value(self.best) == _value(self._relaxed)

    def round_down(self) -> None:
        """Take the whole bundles of the best filling as they stand, the others where they fit."""
        moved = []
        for number in dict.fromkeys(self._queue):
            size, bundles = self._grid.groups[number].size, len(self._grid.groups[number].bundles)
            wanted = [
                slot
                for slot, cases in sorted(self._relaxed.flow[number].items())
                for _ in range(cases // size)
            ]
            wanted += self._grid.groups[number].slots * bundles
            for slot in wanted:
                if bundles and self._fits(number, slot):
                    self._put(number, slot, 1)
                    moved.append((number, slot))
                    bundles -= 1
        self._finish()
        for number, slot in moved:
            self._put(number, slot, -1)

    def try_bundles(self) -> None:
        """Try each bundle in each slot, and without one, as long as more may come of it.

        Those alike go to slots in rising order. The stack is a list: bundles may be thousands.
        """
        tries = [self._try_bundle(0, 0)]
        while tries:
            following = next(tries[-1], None)
            if following is None:
                tries.pop()
            else:
                tries.append(self._try_bundle(*following))

    def _try_bundle(self, at: int, first: int) -> Iterator[tuple[int, int]]:
        """Put the bundle ``at`` into each slot from the ``first`` on, then into none.

        Yield each time which bundle is next, and its first slot; what was put is taken out again.
        """
        if self.is_best or not self._budget.spend():
            return
        if at == len(self._queue):
            self._finish()
            return
        if not self._promises_more():
            return
        number = self._queue[at]
        is_last = at + 1 == len(self._queue) or self._queue[at + 1] != number
        for slot in self._grid.groups[number].slots:
            if slot >= first and self._fits(number, slot):
                self._put(number, slot, 1)
                yield at + 1, 0 if is_last else slot
                self._put(number, slot, -1)
        # Without a place: so are all that are alike and come behind it.
        following = at
        while following < len(self._queue) and self._queue[following] == number:
            following += 1
        left_out, self._supply[number] = self._supply[number], 0
        yield following, 0
        self._supply[number] = left_out

    def _fits(self, number: int, slot: int) -> bool:
        size = self._grid.groups[number].size
        return (
            slot in self._mates
            and size <= self._room[slot]
            and size <= self._grid.capacity[slot] - self._taken[slot]
        )

    def _put(self, number: int, slot: int, sign: int) -> None:
        """Put a bundle of a group into a slot (1), or take it out again (-1)."""
        cases = sign * self._grid.groups[number].size
        self._room[slot] -= cases
        for mate in self._mates[slot]:
            self._taken[mate] += cases
        flow = self._flow[number]
        flow[slot] = flow.get(slot, 0) + cases
        self._supply[number] -= cases
        self._placed += cases
        self._lateness += cases * self._grid.slots[slot].rank

    def _promises_more(self) -> bool:
        """Tell whether the rest, were it all single cases, could beat the best packing."""
        return _value(self._with(self._supply)) < _value(self.best)

    def _finish(self) -> None:
        """Fill in the single cases, and keep the packing if it is the best so far."""
        singles = [
            count if group.size == 1 else 0
            for group, count in zip(self._grid.groups, self._supply, strict=True)
        ]
        found = self._with(singles)
        if _value(found) < _value(self.best):
            self.best = found

    def _with(self, supply: Sequence[int]) -> Filling:
        """Return what is packed, and a filling with the rest."""
        rest = fill(self._grid, supply, self._opened, self._room, self._taken)
        flow = [
            {slot: count for slot, count in {**packed, **more}.items() if count}
            for packed, more in zip(self._flow, rest.flow, strict=True)
        ]
        return Filling(flow, self._placed + rest.placed, self._lateness + rest.lateness)


def _value(filling: Filling) -> tuple[int, int]:
    """Return what is minimised: cases left out, then lateness."""
    return -filling.placed, filling.lateness
