"""The planner's board: slots in their order, and bundles grouped by what they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from kofucli.model import Frame


class Slot(Struct, frozen=True):
    """A frame as one agent could use it.

    ``rank`` is how many of the office's frames lie before it, ``room`` how many cases the agent may
    still add to it, ``held`` whether the agent comes then anyway.
    """

    agent: str
    frame: Frame
    rank: int
    room: int
    held: bool = False


class Bundle(Struct, frozen=True):
    """Cases that stay together: how many, the numbers of the slots that suit, who filed them."""

    size: int
    slots: frozenset[int]
    filer: str | None = None


class Group(NamedTuple):
    """Bundles that are alike, whoever filed them: their size, suitable slots (rising), numbers."""

    size: int
    slots: tuple[int, ...]
    bundles: tuple[int, ...]

    @property
    def cases(self) -> int:
        """How many cases they are together."""
        return self.size * len(self.bundles)


class Filling(NamedTuple):
    """Cases of each group in each slot, how many have a place, and their lateness."""

    flow: list[dict[int, int]]
    placed: int
    lateness: int


class Grid:
    """Slots and groups that depend on each other; slots are numbered in the order of time.

    ``numbers`` are the slots' numbers as the caller has them; ``room`` is what a slot can take
    at most, by its own room, its frame's capacity and the sizes of the bundles that suit. Agents
    who could change places stand together; ``first_alike`` is of each the first of these, ``own``
    its own slot for each slot of that first one.
    """

    def __init__(
        self,
        slots: Sequence[tuple[int, Slot]],
        groups: Sequence[Group],
        left: Mapping[str, int],
        capacity: Mapping[Frame, int],
    ) -> None:
        self.numbers = [number for number, _ in slots]
        self.slots = [slot for _, slot in slots]
        at = {number: index for index, number in enumerate(self.numbers)}
        self.groups = [
            group._replace(slots=tuple(sorted(at[number] for number in group.slots)))
            for group in groups
        ]
        agents = dict.fromkeys(slot.agent for slot in self.slots)
        self.left = {agent: left.get(agent, 0) for agent in agents}
        self.cases = sum(group.cases for group in self.groups)
        self.suits: list[list[int]] = [[] for _ in self.slots]
        # The choosiest group first: filling in this order seldom needs a second thought.
        for number in sorted(
            range(len(self.groups)), key=lambda n: (self.groups[n].slots[-1], self.groups[n].slots)
        ):
            for slot in self.groups[number].slots:
                self.suits[slot].append(number)
        self.held = [index for index, slot in enumerate(self.slots) if slot.held]
        self.slot_bits = [sum(1 << slot for slot in group.slots) for group in self.groups]
        in_frame: dict[Frame, dict[int, None]] = {}
        for own, suiting in zip(self.slots, self.suits, strict=True):
            in_frame.setdefault(own.frame, {}).update(dict.fromkeys(suiting))
        takes = {
            frame: self._fit(numbers, min(capacity.get(frame, self.cases), self.cases))
            for frame, numbers in in_frame.items()
        }
        self.capacity = [takes[slot.frame] for slot in self.slots]
        self.room = [
            self._fit(self.suits[index], min(slot.room, self.capacity[index]))
            for index, slot in enumerate(self.slots)
        ]
        classes: dict[object, list[str]] = {}
        for agent in agents:
            classes.setdefault(self._profile(agent), []).append(agent)
        self.agents = [agent for alike in classes.values() for agent in alike]
        self.first_alike = [
            self.agents.index(alike[0]) for alike in classes.values() for _ in alike
        ]
        mine: dict[str, list[int]] = {agent: [] for agent in self.agents}
        for index, own in enumerate(self.slots):
            mine[own.agent].append(index)
        self.own = [
            dict(zip(mine[self.agents[first]], mine[agent], strict=True))
            for agent, first in zip(self.agents, self.first_alike, strict=True)
        ]

    def _profile(self, agent: str) -> object:
        """Return all that matters of an agent."""
        return self.left[agent], tuple(
            (slot.frame, slot.room, slot.held, *self.suits[index])
            for index, slot in enumerate(self.slots)
            if slot.agent == agent
        )

    def _fit(self, numbers: Iterable[int], limit: int) -> int:
        """Return the largest number of cases, up to ``limit``, that whole bundles can make up."""
        sums = 1  # bit n: some bundles make up n cases
        mask = (1 << (limit + 1)) - 1
        for number in numbers:
            group = self.groups[number]
            if group.size == 1:
                sums |= _smear(sums, len(group.bundles), limit) & mask
                continue
            for _ in group.bundles[: limit // group.size]:
                sums |= (sums << group.size) & mask
        return sums.bit_length() - 1


def _smear(sums: int, count: int, limit: int) -> int:
    """Return the sums with up to ``count`` single cases added to each."""
    for _ in range(min(count, limit)):
        sums |= sums << 1
    return sums


def make_grids(
    bundles: Sequence[Bundle],
    slots: Sequence[Slot],
    left: Mapping[str, int],
    capacity: Mapping[Frame, int],
) -> list[Grid]:
    """Return independent grids: what is best in one changes nothing in another.

    Agents belong together where a bundle could go to either, and where a frame's capacity may not
    be enough for both. Bundles that no slot suits are in none.
    """
    groups = _group(bundles, slots, left, capacity)
    parts = _Parts()
    demand: dict[Frame, dict[str, int]] = {}
    for group in groups:
        agents = [slots[number].agent for number in group.slots]
        for agent in agents:
            parts.join(agents[0], agent)
        for number in group.slots:
            slot = slots[number]
            wanted = demand.setdefault(slot.frame, {})
            wanted[slot.agent] = min(slot.room, wanted.get(slot.agent, 0) + group.cases)
    for frame, wanted in demand.items():
        if sum(wanted.values()) > capacity.get(frame, sum(wanted.values())):
            first = next(iter(wanted))
            for agent in wanted:
                parts.join(first, agent)
    grids = []
    for agents in parts.sets():
        mine = [group for group in groups if slots[group.slots[0]].agent in agents]
        used = {number for group in mine for number in group.slots}
        held = {n for n, slot in enumerate(slots) if slot.held and slot.agent in agents}
        order = sorted(used | held, key=lambda n: (slots[n].rank, n))
        grids.append(Grid([(n, slots[n]) for n in order], mine, left, capacity))
    return grids


def _group(
    bundles: Sequence[Bundle],
    slots: Sequence[Slot],
    left: Mapping[str, int],
    capacity: Mapping[Frame, int],
) -> list[Group]:
    """Return the bundles that have a place at all, those alike together."""
    useful = frozenset(
        number
        for number, slot in enumerate(slots)
        if slot.room > 0
        and capacity.get(slot.frame, 1) > 0
        and (slot.held or left.get(slot.agent, 0) > 0)
    )
    alike: dict[tuple[int, frozenset[int]], list[int]] = {}
    for number, bundle in enumerate(bundles):
        suitable = frozenset(
            n
            for n in bundle.slots & useful
            if bundle.size <= min(slots[n].room, capacity.get(slots[n].frame, bundle.size))
        )
        if suitable:
            alike.setdefault((bundle.size, suitable), []).append(number)
    return [
        Group(size, tuple(sorted(suitable)), tuple(numbers))
        for (size, suitable), numbers in alike.items()
    ]


class _Parts:
    """Sets of agents that grow together, in the order in which they were first named."""

    def __init__(self) -> None:
        self._part: dict[str, list[str]] = {}

    def join(self, one: str, other: str) -> None:
        first = self._part.setdefault(one, [one])
        second = self._part.setdefault(other, [other])
        if first is not second:
            first += second
            for agent in second:
                self._part[agent] = first

    def sets(self) -> list[list[str]]:
        return list({id(part): part for part in self._part.values()}.values())
