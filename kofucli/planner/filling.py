"""Filling open slots: as many cases as possible, as early as possible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from kofucli.planner.grid import Filling, Grid


def fill(
    grid: Grid,
    supply: Sequence[int],
    opened: Iterable[int],
    room: Sequence[int],
    taken: Sequence[int] | None = None,
) -> Filling:
    """Return the fullest filling of the ``opened`` slots, and of these the earliest.

    Cases count one by one here, whether they stay together or not. ``supply`` is how many there are
    of each group, ``room`` what each slot takes, ``taken`` what of each slot's frame is taken.

    The frames are filled in their order, each as far as it goes without taking anything from an
    earlier one. That is the best there is: what can be placed in sets of frames forms a matroid
    (a gammoid), for which going greedily by cost is optimal.
    """
    network = _Network(grid, supply, room)
    usable = sorted(slot for slot in opened if room[slot] > 0)
    for number, (_, members) in enumerate(groupby(usable, key=lambda s: grid.slots[s].rank)):
        slots = list(members)
        used = taken[slots[0]] if taken is not None else 0
        network.fill_frame(number, slots, grid.capacity[slots[0]] - used)
        if not network.waiting:
            break
    placed = sum(network.load.values())
    lateness = sum(grid.slots[slot].rank * load for slot, load in network.load.items())
    return Filling(network.flow, placed, lateness)


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


class _Network:
    """Groups, slots and frames, and how many cases go from which group to which slot.

    Its nodes are numbered through: groups, then slots, then frames as they are opened. Sets of
    groups and of slots are bits of a number.
    """

    def __init__(self, grid: Grid, supply: Sequence[int], room: Sequence[int]) -> None:
        self._grid = grid
        self._room = room
        self._supply = list(supply)
        self.waiting = sum(supply)
        self.load: dict[int, int] = {}
        self.flow: list[dict[int, int]] = [{} for _ in supply]
        self._slots_at = len(supply)
        self._frames_at = self._slots_at + len(grid.slots)
        self._open = 0
        self._senders = [0] * len(grid.slots)
        self._frame_of: dict[int, int] = {}
        self._members: list[list[int]] = []

    def fill_frame(self, number: int, slots: list[int], capacity: int) -> None:
        """Fill the slots of one more frame up to its capacity; what is placed keeps a place."""
        self._members.append(slots)
        for slot in slots:
            self._open |= 1 << slot
            self._frame_of[slot] = number
            self.load[slot] = 0
        left = capacity
        for slot in slots:
            for group in self._grid.suits[slot]:
                count = min(self._supply[group], self._room[slot] - self.load[slot], left)
                if count > 0:
                    self._supply[group] -= count
                    self._move(group, slot, count)
                    self.load[slot] += count
                    self.waiting -= count
                    left -= count
        while left and self.waiting:
            path = self._find_path(self._frames_at + number)
            if not path:
                return
            left -= self._push(path, left)

    def _move(self, group: int, slot: int, count: int) -> None:
        flow = self.flow[group]
        flow[slot] = flow.get(slot, 0) + count
        if flow[slot]:
            self._senders[slot] |= 1 << group
        else:
            del flow[slot]
            self._senders[slot] &= ~(1 << group)

    def _find_path(self, target: int) -> list[int]:
        """Return a way for a waiting case into a frame, moving others aside; empty if none is.

        Breadth first: from groups that wait to their slots, from there on to the frame, or to a
        group that could leave the slot, or by a frame to another of its slots that could give way.
        """
        queue = [group for group, count in enumerate(self._supply) if count]
        before = dict.fromkeys(queue, -1)
        slots, groups = self._open, ~sum(1 << group for group in queue)
        for node in queue:
            if node < self._slots_at:
                found = self._grid.slot_bits[node] & slots
                slots &= ~found
                following = [self._slots_at + slot for slot in _bits(found)]
            elif node < self._frames_at:
                slot = node - self._slots_at
                found = self._senders[slot] & groups
                groups &= ~found
                following = list(_bits(found))
                frame = self._frames_at + self._frame_of[slot]
                if self.load[slot] < self._room[slot] and frame not in before:
                    following.append(frame)
            else:
                members = self._members[node - self._frames_at]
                givers = [slot for slot in members if self.load[slot] and slots >> slot & 1]
                slots &= ~sum(1 << slot for slot in givers)
                following = [self._slots_at + slot for slot in givers]
            before.update(dict.fromkeys(following, node))
            if target in before:
                return _trace(before, target)
            queue += following
        return []

    def _push(self, path: Sequence[int], most: int) -> int:
        """Move as many cases as possible along a path and return how many."""
        steps = list(pairwise(path))
        count = min([most, self._supply[path[0]], *(self._limit(*step) for step in steps)])
        self._supply[path[0]] -= count
        self.waiting -= count
        for here, there in steps:
            if there >= self._frames_at:
                self.load[here - self._slots_at] += count
            elif here >= self._frames_at:
                self.load[there - self._slots_at] -= count
            elif here < self._slots_at:
                self._move(here, there - self._slots_at, count)
            else:
                self._move(there, here - self._slots_at, -count)
        return count

    def _limit(self, here: int, there: int) -> int:
        """Return how many cases can take one step of a path."""
        if there >= self._frames_at:
            slot = here - self._slots_at
            return self._room[slot] - self.load[slot]
        if here >= self._frames_at:
            return self.load[there - self._slots_at]
        if here < self._slots_at:
            return self.waiting
        return self.flow[there][here - self._slots_at]


def _bits(number: int) -> Iterator[int]:
    """Yield the places of the bits that are set, the lowest first."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def _trace(before: dict[int, int], target: int) -> list[int]:
    path = [target]
    while (node := before[path[-1]]) >= 0:
        path.append(node)
    return path[::-1]
