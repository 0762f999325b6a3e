"""Which bundle goes where: to who filed it, where that costs nothing; else a letter is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from kofucli.planner.grid import Bundle, Filling, Grid, Group


class _Part(NamedTuple):
    """Bundles of a group that one agent filed, and how many of them go to which slot."""

    group: Group
    filer: str | None
    bundles: list[int]
    flow: dict[int, int]


def assign(grid: Grid, filling: Filling, bundles: Sequence[Bundle]) -> Iterator[tuple[int, int]]:
    """Yield each placed bundle with its slot, both as the caller numbers them.

    Of a group those named first have a place. Bundles of one size change places two by two, and so
    do agents who can come at the same times, as long as more are collected by who filed them.
    """
    parts = [
        part
        for group, flow in zip(grid.groups, filling.flow, strict=True)
        for part in _split(grid, group, flow, bundles)
    ]
    if len(grid.agents) > 1:
        while _exchange(grid, parts) or _exchange_agents(grid, parts):
            pass
    for part in parts:
        waiting = iter(part.bundles)
        for slot in sorted(part.flow):
            for _ in range(part.flow[slot]):
                yield next(waiting), grid.numbers[slot]


def _split(
    grid: Grid, group: Group, flow: dict[int, int], bundles: Sequence[Bundle]
) -> Iterable[_Part]:
    """Return the parts of a group, each in its filer's slots first."""
    places = {slot: cases // group.size for slot, cases in sorted(flow.items())}
    parts: dict[str | None, _Part] = {}
    for number in group.bundles[: sum(places.values())]:
        filer = bundles[number].filer
        parts.setdefault(filer, _Part(group, filer, [], {})).bundles.append(number)
    waiting = {filer: len(part.bundles) for filer, part in parts.items()}
    for only_own in (True, False):
        for slot, free in list(places.items()):
            agent = grid.slots[slot].agent
            left = free
            for filer, part in parts.items():
                count = min(left, waiting[filer])
                if count and (filer == agent or not only_own):
                    part.flow[slot] = part.flow.get(slot, 0) + count
                    waiting[filer] -= count
                    left -= count
            places[slot] = left
    return parts.values()


def _exchange(grid: Grid, parts: Sequence[_Part]) -> bool:
    """Bring parts to their filers, in exchange for what others filed; tell whether any came."""
    strangers: dict[tuple[int, str], list[tuple[_Part, int]]] = {}
    for part in parts:
        for slot in part.flow:
            agent = grid.slots[slot].agent
            if part.filer != agent:
                strangers.setdefault((part.group.size, agent), []).append((part, slot))
    moved = False
    for away in list(strangers.values()):
        for part, here in away:
            for other, there in strangers.get((part.group.size, part.filer or ""), ()):
                count = min(part.flow.get(here, 0), other.flow.get(there, 0))
                if count and there in part.group.slots and here in other.group.slots:
                    _move(part, here, there, count)
                    _move(other, there, here, count)
                    moved = True
    return moved


def _move(part: _Part, old: int, new: int, count: int) -> None:
    part.flow[new] = part.flow.get(new, 0) + count
    part.flow[old] -= count
    if not part.flow[old]:
        del part.flow[old]


def _exchange_agents(grid: Grid, parts: Sequence[_Part]) -> bool:
    """Let two agents change places where that helps; tell whether any did."""
    own: dict[tuple[str | None, str], int] = {}
    for part in parts:
        for slot, count in part.flow.items():
            pair = part.filer, grid.slots[slot].agent
            own[pair] = own.get(pair, 0) + count * part.group.size
    for one, other in combinations(grid.agents, 2):
        if own.get((one, other), 0) + own.get((other, one), 0) <= (
            own.get((one, one), 0) + own.get((other, other), 0)
        ):
            continue
        twin = _find_twins(grid, one, other)
        moved = [{twin.get(slot, slot): n for slot, n in part.flow.items()} for part in parts]
        if twin and all(
            flow.keys() <= set(part.group.slots) for part, flow in zip(parts, moved, strict=True)
        ):
            for part, flow in zip(parts, moved, strict=True):
                part.flow.clear()
                part.flow.update(flow)
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
