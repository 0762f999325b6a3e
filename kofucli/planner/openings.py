"""Which frames an agent could add: sets of slots, without those that another set beats anyway."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import NamedTuple

from kofucli.planner.grid import Grid

MOST_OPENINGS = 20_000
"""Sets that are looked at for one agent; the five days of a usual office have a few hundred."""


class Opening(NamedTuple):
    """Frames added by one agent: their slots (rising), and how many new days they are on."""

    slots: tuple[int, ...]
    days: int


def list_all_openings(grid: Grid, most: int = MOST_OPENINGS) -> tuple[list[list[Opening]], bool]:
    """Return the openings of every agent, and whether these are all; so many of each ``most``.

    Agents who are alike have the same openings in the same order, each with its own slots.
    """
    found: list[list[Opening]] = []
    whole = True
    for at, first in enumerate(grid.first_alike):
        if first == at:
            openings, complete = list_openings(grid, grid.agents[at], most)
            whole = whole and complete
        else:
            own = grid.own[at]
            openings = [
                Opening(tuple([own[slot] for slot in slots]), days) for slots, days in found[first]
            ]
        found.append(openings)
    return found, whole


def list_openings(grid: Grid, agent: str, most: int = MOST_OPENINGS) -> tuple[list[Opening], bool]:
    """Return the openings worth a look, the empty one among them, and whether these are all.

    Those with the fewest new days come first, so that of too many the cheapest are known.
    An opening is left out where moving the cases of one of its slots, or of one of its days, to an
    unused one before it is always possible: the result would be earlier and cost no more.
    """
    choice = _Choice(grid, agent)
    every = (one for days in range(choice.most_days + 1) for one in choice.sets(days))
    found = list(islice(every, most + 1))
    return found[:most], len(found) <= most


class _Choice:
    """The new slots of one agent, and which are better than which."""

    def __init__(self, grid: Grid, agent: str) -> None:
        slots = grid.slots
        mine = [index for index, slot in enumerate(slots) if slot.agent == agent]
        self._held_days = {slots[index].frame.date for index in mine if slots[index].held}
        self._new = [i for i in mine if not slots[i].held and grid.room[i] > 0]
        self._left = min(grid.left[agent], len(self._new))
        self._days = {index: slots[index].frame.date for index in self._new}
        self._grid = grid
        self._suits = {index: sum(1 << n for n in grid.suits[index]) for index in self._new}
        self._tight = _find_tight(grid)
        self._better = {
            slot: [other for other in self._new if other < slot and self._beats(other, slot)]
            for slot in self._new
        }
        days = sorted(set(self._days.values()))
        self.most_days = min(self._left, len(set(days) - self._held_days))
        self._better_days = {
            day: [other for other in days if other < day and self._beats_day(other, day)]
            for day in days
        }

    def sets(self, days: int) -> Iterator[Opening]:
        """Yield the openings that are on so many new days."""
        waiting: list[tuple[tuple[int, ...], frozenset[date]]] = [((), frozenset())]
        while waiting:
            opened, visited = waiting.pop()
            new = len(visited - self._held_days)
            if new == days:
                yield Opening(opened, days)
            if len(opened) == self._left:
                continue
            last = opened[-1] if opened else -1
            waiting += [
                ((*opened, slot), visited | {self._days[slot]})
                for slot in reversed(self._new[bisect(self._new, last) :])
                if (
                    new < days or self._days[slot] in visited or self._days[slot] in self._held_days
                )
                and self._is_sensible(slot, opened, visited)
            ]

    def _is_sensible(self, slot: int, opened: tuple[int, ...], days: frozenset[date]) -> bool:
        """Tell whether no unused slot or day before would do better than this slot.

        A better slot costs no new day where its day is visited anyway, or is this slot's own.
        """
        day = self._days[slot]
        visited = days | self._held_days | {day}
        if any(
            other not in opened and self._days[other] in visited for other in self._better[slot]
        ):
            return False
        return day in self._held_days or days.issuperset(self._better_days[day])

    def _beats(self, other: int, slot: int) -> bool:
        """Tell whether whatever may stand in ``slot`` may stand in ``other``."""
        return (
            other not in self._tight
            and not self._suits[slot] & ~self._suits[other]
            and min(self._grid.slots[other].room, self._grid.capacity[other])
            >= min(self._grid.slots[slot].room, self._grid.capacity[slot])
        )

    def _beats_day(self, other: date, day: date) -> bool:
        """Tell whether every slot of ``day`` has its better one, at the same hour, on ``other``."""
        if other in self._held_days:
            return False
        starts = {
            self._grid.slots[slot].frame.start: slot
            for slot in self._new
            if self._days[slot] == other
        }
        return all(
            (twin := starts.get(self._grid.slots[slot].frame.start)) is not None
            and self._beats(twin, slot)
            for slot in self._new
            if self._days[slot] == day
        )


def _find_tight(grid: Grid) -> set[int]:
    """Return the slots whose frame's capacity might not be enough for all agents."""
    wanted: dict[object, int] = {}
    for index, slot in enumerate(grid.slots):
        wanted[slot.frame] = wanted.get(slot.frame, 0) + grid.room[index]
    return {
        index
        for index, slot in enumerate(grid.slots)
        if min(wanted[slot.frame], grid.cases) > grid.capacity[index]
        and wanted[slot.frame] > grid.room[index]
    }
