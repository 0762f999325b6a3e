"""Exchanges: plans that differ from a given one in what a single agent opens."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from kofucli.planner.filling import fill
from kofucli.planner.grid import Grid
from kofucli.planner.openings import Opening

__all__ = ["list_exchanges"]

_MOST = 40
"""Openings tried for one agent, of those that would take the most cases."""


def list_exchanges(
    grid: Grid, openings: Sequence[Sequence[Opening]], opened: Collection[int]
) -> Iterator[set[int]]:
    """Yield sets of slots in which one agent has another opening, the likely ones first.

    ``openings`` are those of each agent, ``opened`` the slots of the plan as it is.
    """
    for agent, own in zip(grid.agents, openings, strict=True):
        kept = [slot for slot in opened if grid.slots[slot].agent != agent]
        held = [slot for slot in grid.held if grid.slots[slot].agent != agent]
        gain, waiting = _find_gains(grid, [*held, *kept])
        ranked = sorted(
            (-min(waiting, sum(gain[slot] for slot in slots)), days, len(slots), slots)
            for slots, days in own
        )
        for _, _, _, slots in ranked[:_MOST]:
            yield {*kept, *slots}


def _find_gains(grid: Grid, slots: Sequence[int]) -> tuple[list[int], int]:
    """Return how many more cases each slot could take beside these, and how many wait."""
    supply = [group.cases for group in grid.groups]
    filled = fill(grid, supply, slots, grid.room)
    taken: dict[int, int] = {}
    for number, flow in enumerate(filled.flow):
        supply[number] -= sum(flow.values())
        for slot, count in flow.items():
            rank = grid.slots[slot].rank
            taken[rank] = taken.get(rank, 0) + count
    gain = [
        min(
            grid.room[index],
            grid.capacity[index] - taken.get(slot.rank, 0),
            sum(supply[number] for number in grid.suits[index]),
        )
        for index, slot in enumerate(grid.slots)
    ]
    return gain, sum(supply)
