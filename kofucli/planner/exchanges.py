"""Exchanges: plans that differ from a given one in what one or two agents open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

from kofucli.planner.filling import fill
from kofucli.planner.grid import Grid
from kofucli.planner.openings import Opening

__all__ = ["find_gains", "list_exchanges"]

_MOST = {1: 40, 2: 8}
"""Openings tried for an agent, of those that would take the most cases, by how many change."""


def list_exchanges(
    grid: Grid, openings: Sequence[Sequence[Opening]], opened: Collection[int], together: int
) -> Iterator[set[int]]:
    """Yield sets of slots in which one agent, or two ``together``, have other openings.

    ``openings`` are those of each agent, ``opened`` the slots of the plan as it is; of each agent
    the openings that would take the most cases come first.
    """
    for changing in combinations(range(len(grid.agents)), together):
        agents = {grid.agents[at] for at in changing}
        kept = [slot for slot in opened if grid.slots[slot].agent not in agents]
        held = [slot for slot in grid.held if grid.slots[slot].agent not in agents]
        yield from _reopen(grid, [openings[at] for at in changing], kept, held)


def _reopen(
    grid: Grid, openings: Sequence[Sequence[Opening]], kept: list[int], held: list[int]
) -> Iterator[set[int]]:
    """Yield ``kept`` with an opening of each agent added, one agent after the other."""
    if not openings:
        yield set(kept)
        return
    gain, waiting = find_gains(grid, [*held, *kept])
    ranked = sorted(
        (-min(waiting, sum(gain[slot] for slot in slots)), days, len(slots), slots)
        for slots, days in openings[0]
    )
    for _, _, _, slots in ranked[: _MOST[len(openings)]]:
        yield from _reopen(grid, openings[1:], [*kept, *slots], held)


def find_gains(grid: Grid, slots: Sequence[int]) -> tuple[list[int], int]:
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
