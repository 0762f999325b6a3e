"""Who filed a case collects it, where that costs nothing: every other case needs a letter."""

from __future__ import annotations

from itertools import combinations, permutations

from kofucli.planner.grid import Filling, Grid

__all__ = ["keep_filers"]


def keep_filers(grid: Grid, filling: Filling) -> Filling:
    """Return a filling as good, with bundles exchanged so that more are collected by their filers.

    Bundles of one size change places two by two, and so do agents who can come at the same times,
    as long as that helps; so loads stay as they are.
    """
    if len(grid.agents) == 1:
        return filling
    flow = [dict(slots) for slots in filling.flow]
    while _exchange_one(grid, flow) or _exchange_agents(grid, flow):
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


def _exchange_agents(grid: Grid, flow: list[dict[int, int]]) -> bool:
    """Let two agents change places where that helps; tell whether any did."""
    for one, other in combinations(grid.agents, 2):
        twin = _find_twins(grid, one, other)
        moved = [{twin.get(slot, slot): count for slot, count in each.items()} for each in flow]
        fits = all(slot in grid.groups[n].slots for n, each in enumerate(moved) for slot in each)
        if twin and fits and _count_own(grid, moved) > _count_own(grid, flow):
            flow[:] = moved
            return True
    return False


def _find_twins(grid: Grid, one: str, other: str) -> dict[int, int]:
    """Return each of two agents' slots with the other's slot; nothing where they differ."""
    mine, theirs = (
        {slot.frame: index for index, slot in enumerate(grid.slots) if slot.agent == agent}
        for agent in (one, other)
    )
    pairs = [(mine[frame], theirs[frame]) for frame in mine if frame in theirs]
    alike = len(pairs) == len(mine) == len(theirs) and grid.left[one] == grid.left[other]
    if not alike or any(
        (grid.slots[a].room, grid.slots[a].held) != (grid.slots[b].room, grid.slots[b].held)
        for a, b in pairs
    ):
        return {}
    return dict(pairs) | {there: here for here, there in pairs}


def _count_own(grid: Grid, flow: list[dict[int, int]]) -> int:
    return sum(
        count * _own(grid, number, slot)
        for number, slots in enumerate(flow)
        for slot, count in slots.items()
    )


def _own(grid: Grid, number: int, slot: int) -> bool:
    return grid.groups[number].filer == grid.slots[slot].agent
