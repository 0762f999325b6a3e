"""What is planned: slots, bundles of cases, the parts of a task that do not touch each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import reduce

from msgspec import Struct

from kofucli.model.records import Frame

Value = tuple[int, int, int, int]
"""What is minimised: cases without a place, new days, new frames, lateness."""

Places = dict[int, int]
"""The cases in each slot, as a set of cases."""


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


class Problem:
    """Agents and bundles that depend on each other. A set of cases is an integer, a bit a case.

    The bundles that the fewest slots suit have the lowest bits, so they are placed first among
    equals. ``suits`` are the cases that suit a slot, ``large`` the sizes above one, each with all
    cases in bundles of that size. Slots are numbered in the order of time, ``numbers`` are the
    caller's numbers of them.
    """

    def __init__(
        self,
        bundles: Sequence[tuple[int, Bundle]],
        slots: Sequence[tuple[int, Slot]],
        left: Mapping[str, int],
        capacity: Mapping[Frame, int],
    ) -> None:
        slots = sorted(slots, key=lambda one: (one[1].rank, one[0]))
        self.numbers = [number for number, _ in slots]
        self.slots = [slot for _, slot in slots]
        self.of: dict[str, list[int]] = {}
        for index, slot in enumerate(self.slots):
            self.of.setdefault(slot.agent, []).append(index)
        self.left = {agent: left.get(agent, 0) for agent in self.of}
        self.held_days = {(slot.agent, slot.frame.date) for slot in self.slots if slot.held}
        at = {number: index for index, number in enumerate(self.numbers)}
        self.suits = [0] * len(slots)
        self.large: dict[int, int] = {}
        self.bundles: dict[int, tuple[int, Bundle]] = {}
        self.cases = 0
        for place, bundle in sorted(bundles, key=_choosiest):
            cases = ((1 << bundle.size) - 1) << self.cases
            self.cases += bundle.size
            self.bundles[cases] = place, bundle
            if bundle.size > 1:
                self.large[bundle.size] = self.large.get(bundle.size, 0) | cases
            for number in bundle.slots:
                self.suits[at[number]] |= cases
        self.everything = (1 << self.cases) - 1
        self.capacity = {
            slot.rank: min(capacity.get(slot.frame, self.cases), self.cases) for slot in self.slots
        }

    def value(self, places: Places) -> Value:
        """Return what some places cost."""
        used = [(self.slots[slot], cases.bit_count()) for slot, cases in places.items() if cases]
        new = [slot for slot, _ in used if not slot.held]
        days = {(slot.agent, slot.frame.date) for slot in new} - self.held_days
        return (
            self.cases - sum(count for _, count in used),
            len(days),
            len(new),
            sum(slot.rank * count for slot, count in used),
        )

    def day_of(self, slot: int) -> tuple[str, date]:
        """Return whose slot it is, and on which day."""
        return self.slots[slot].agent, self.slots[slot].frame.date

    def unite(self, slots: Iterable[int]) -> int:
        """Return the cases that suit any of some slots."""
        return reduce(int.__or__, [self.suits[slot] for slot in slots], 0)

    def fit(self, cases: int, room: int) -> int:
        """Return how many cases whole bundles among ``cases`` can make up, at most ``room``."""
        if not self.large:
            return min(cases.bit_count(), room)
        sums = 1  # bit n: some bundles make up n cases
        singles = cases
        for size, those in self.large.items():
            singles &= ~those
            for _ in range(min((cases & those).bit_count() // size, room // size)):
                sums |= sums << size
        sums &= (1 << (room + 1)) - 1
        for _ in range(min(singles.bit_count(), room)):
            sums |= sums << 1
        return (sums & ((1 << (room + 1)) - 1)).bit_length() - 1


def _choosiest(numbered: tuple[int, Bundle]) -> tuple[object, ...]:
    number, bundle = numbered
    return len(bundle.slots), -bundle.size, sorted(bundle.slots), number


def split(
    bundles: Sequence[Bundle],
    slots: Sequence[Slot],
    left: Mapping[str, int],
    capacity: Mapping[Frame, int],
) -> Iterator[Problem]:
    """Yield independent problems: what is best in one changes nothing in another.

    Agents belong together where a bundle could go to either, and where a frame's capacity may not
    be enough for both. Bundles that no slot suits are in none.
    """
    useful = {
        number: min(slot.room, capacity.get(slot.frame, slot.room))
        for number, slot in enumerate(slots)
        if slot.held or left.get(slot.agent, 0) > 0
    }
    suited = [
        (number, Bundle(bundle.size, suiting, bundle.filer))
        for number, bundle in enumerate(bundles)
        if (suiting := frozenset(n for n in bundle.slots if useful.get(n, 0) >= bundle.size))
    ]
    part = {slot.agent: [slot.agent] for slot in slots}
    demand: dict[Frame, dict[str, int]] = {}
    for _, bundle in suited:
        _join(part, dict.fromkeys(slots[number].agent for number in sorted(bundle.slots)))
        for number in bundle.slots:
            slot = slots[number]
            wanted = demand.setdefault(slot.frame, {})
            wanted[slot.agent] = min(slot.room, wanted.get(slot.agent, 0) + bundle.size)
    for frame, wanted in demand.items():
        if sum(wanted.values()) > capacity.get(frame, sum(wanted.values())):
            _join(part, sorted(wanted))
    for agents in {id(agents): agents for agents in part.values()}.values():
        mine = [(n, bundle) for n, bundle in suited if slots[min(bundle.slots)].agent in agents]
        theirs = [(n, slot) for n, slot in enumerate(slots) if slot.agent in agents]
        if mine:
            yield Problem(mine, theirs, left, capacity)


def _join(part: dict[str, list[str]], agents: Iterable[str]) -> None:
    first, *others = agents
    for agent in others:
        if part[agent] is not part[first]:
            moved = part[agent]
            part[first] += moved
            part.update(dict.fromkeys(moved, part[first]))


def fill(
    suits: Sequence[int] | Mapping[int, int],
    frames: Iterable[tuple[int, Sequence[int]]],
    room: Sequence[int] | Mapping[int, int],
    waiting: int,
) -> Places:
    """Place as many waiting cases as possible, as early as possible; bundles may be torn.

    ``frames`` are how many cases each still takes, and its open slots, in the order of time; each
    is filled as far as it goes without taking anything from an earlier one. That is the best there
    is: what can be placed in sets of frames forms a matroid, for which going greedily is optimal.
    """
    places: Places = {}
    mates: dict[int, Sequence[int]] = {}
    for capacity, slots in frames:
        left = capacity
        mates.update(dict.fromkeys(slots, slots))
        for slot in slots:
            places[slot] = take_first(waiting & suits[slot], min(room[slot], left))
            waiting ^= places[slot]
            left -= places[slot].bit_count()
        while left and waiting and (case := _augment(suits, places, room, mates, slots, waiting)):
            waiting ^= case
            left -= 1
    return places


def take_first(cases: int, count: int) -> int:
    """Return so many of some cases, those with the lowest bits."""
    if cases.bit_count() <= count:
        return cases
    rest = cases
    for _ in range(count):
        rest &= rest - 1
    return cases ^ rest


def _augment(
    suits: Sequence[int] | Mapping[int, int],
    places: Places,
    room: Sequence[int] | Mapping[int, int],
    mates: Mapping[int, Sequence[int]],
    targets: Sequence[int],
    waiting: int,
) -> int:
    """Bring one more case into the frame of ``targets``, moving others aside; return the case.

    Breadth first, from slots that could take a case. Where none that waits suits, another slot may
    give one, and takes another case itself, or leaves that to a slot with room in its own frame.
    """
    before: dict[int, tuple[int, int] | None] = {
        slot: None for slot in targets if places[slot].bit_count() < room[slot]
    }
    givers: set[int] = set()
    queue = list(before)
    for slot in queue:
        if found := waiting & suits[slot]:
            case = found & -found
            places[slot] |= case
            step = before[slot]
            while step is not None:
                taker, giver = step
                movable = places[giver] & suits[taker]
                places[giver] ^= movable & -movable
                places[taker] |= movable & -movable
                step = before[taker]
            return case
        for giver, cases in places.items():
            if giver in givers or giver == slot or not cases & suits[slot]:
                continue
            givers.add(giver)
            for taker in mates[giver]:
                has_room = taker == giver or places[taker].bit_count() < room[taker]
                if taker not in before and has_room:
                    before[taker] = slot, giver
                    queue.append(taker)
    return 0
