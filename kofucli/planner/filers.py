"""Who filed a case collects it, where that costs nothing: every other case needs a letter."""

from __future__ import annotations

from itertools import permutations

from kofucli.planner.grid import Filling, Grid

__all__ = ["keep_filers"]


def keep_filers(grid: Grid, filling: Filling) -> Filling:
    """Return a filling as good, with bundles exchanged so that more are collected by their filers.

    Bundles of one size change places two by two as long as that helps; so loads stay as they are.
    """
    if len(grid.agents) == 1:
        return filling
    flow = [dict(slots) for slots in filling.flow]
    while _exchange_one(grid, flow):
        pass
    return filling._replace(flow=flow)


def _exchange_one(grid: Grid, flow: list[dict[int, int]]) -> bool:
    """Make the first exchange that helps; tell whether there was one."""
    used = [(number, slot) for number, slots in enumerate(flow) for slot in slots]
    for (one, here), (other, there) in permutations(used, 2):
        group, twin = grid.groups[one], grid.groups[other]
        if group.size != twin.size or there not in group.slots or here not in twin.slots:
            continue
        gain = _own(grid, one, there) + _own(grid, other, here)
        if gain > _own(grid, one, here) + _own(grid, other, there):
            count = min(flow[one][here], flow[other][there])
            for number, old, new in ((one, here, there), (other, there, here)):
                flow[number][new] = flow[number].get(new, 0) + count
                flow[number][old] -= count
                if not flow[number][old]:
                    del flow[number][old]
            return True
    return False


def _own(grid: Grid, number: int, slot: int) -> bool:
    return grid.groups[number].filer == grid.slots[slot].agent
