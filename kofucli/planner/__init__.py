"""The planner: finds places for many cases in the frames that are left to agents. Pure.

It knows no rules. Its caller says which slots suit which cases, how many frames each agent has left
and how much room there is. The planner minimises, in this order:

1. the cases without a place,
2. the new days: those on which an agent must come and does not come anyway, over all agents,
3. the new frames: those that an agent does not hold yet, over all agents,
4. the lateness: for each case, how many of the office's frames lie before its own, over all cases.

An example: two cases stay together, a third is alone. The agent has two frames left, and room for
two cases in each. The two go first, since then two cases are early and only one is late.

    nine, ten = Frame(date(2026, 11, 25), "09:00"), Frame(date(2026, 11, 25), "10:00")
    slots = [Slot("A-1", nine, rank=0, room=2), Slot("A-1", ten, rank=1, room=2)]
    bundles = [Bundle(2, frozenset({0, 1})), Bundle(1, frozenset({0, 1}))]
    make_plan(bundles, slots, {"A-1": 2}, {})  # Plan((0, 1), proven=True)

``split`` parts a task into problems with nothing in common. ``one_agent`` plans one agent exactly.
``pool`` plans agents who want the same cases or the same room: first one after the other, then one,
two or three of them anew while the places of the others stay; ``make_plan`` stands there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, reduce

from msgspec import Struct

from kofucli.model import Frame

Value = tuple[int, int, int, int]
"""What a plan costs: cases without a place, new days, new frames, lateness."""

Places = dict[int, int]
"""The set of cases in each slot."""


class Slot(Struct, frozen=True):
    """A frame for one agent.

    ``rank`` is how many of the office's frames lie before it, ``room`` how many cases the agent may
    still add to it, ``held`` whether the agent has the frame already.
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
    """Agents and bundles that are planned together. A set of cases is an integer, a bit a case.

    Slots are numbered in the order of time; ``numbers`` are the caller's numbers. ``of`` lists the
    slots of an agent, ``suits`` are the cases that suit a slot, ``bundles`` maps the cases of each
    bundle to the caller's number and the bundle, ``large`` maps each size above one to the cases in
    bundles of that size; the others are ``singles``. The bundles that the fewest slots suit have
    the lowest bits, since those are placed first among equals.
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
        for place, bundle in sorted(bundles, key=_fewest_slots_first):
            cases = ((1 << bundle.size) - 1) << self.cases
            self.cases += bundle.size
            self.bundles[cases] = place, bundle
            if bundle.size > 1:
                self.large[bundle.size] = self.large.get(bundle.size, 0) | cases
            for number in bundle.slots:
                self.suits[at[number]] |= cases
        self.everything = (1 << self.cases) - 1
        self.singles = self.everything & ~reduce(int.__or__, self.large.values(), 0)
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
        """Return the agent and the day of a slot."""
        return self.slots[slot].agent, self.slots[slot].frame.date

    def unite(self, slots: Iterable[int]) -> int:
        """Return the cases that suit any of some slots."""
        return reduce(int.__or__, [self.suits[slot] for slot in slots], 0)

    def fit(self, cases: int, room: int) -> int:
        """Return how many of some ``cases`` fit into ``room`` at most, in whole bundles."""
        if not self.large:
            return min(cases.bit_count(), room)
        sums = 1  # bit n: some bundles make up n cases
        for size, those in self.large.items():
            for _ in range(min((cases & those).bit_count() // size, room // size)):
                sums |= sums << size
        sums &= (1 << (room + 1)) - 1
        for _ in range(min((cases & self.singles).bit_count(), room)):
            sums |= sums << 1
        return (sums & ((1 << (room + 1)) - 1)).bit_length() - 1


def _fewest_slots_first(numbered: tuple[int, Bundle]) -> tuple[object, ...]:
    number, bundle = numbered
    return len(bundle.slots), -bundle.size, sorted(bundle.slots), number


def split(
    bundles: Sequence[Bundle],
    slots: Sequence[Slot],
    left: Mapping[str, int],
    capacity: Mapping[Frame, int],
) -> Iterator[Problem]:
    """Yield independent problems: no place in one of them changes another one.

    Two agents are in one problem if a bundle suits slots of both, or if the capacity of a frame may
    not be enough for both. Bundles without a slot that suits, or of a kind that fills all its slots
    before them, are in no problem.
    """
    useful = {
        number: min(slot.room, capacity.get(slot.frame, slot.room))
        for number, slot in enumerate(slots)
        if slot.held or left.get(slot.agent, 0) > 0
    }
    suited = list(_drop_hopeless(bundles, useful))
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


def _drop_hopeless(
    bundles: Sequence[Bundle], useful: Mapping[int, int]
) -> Iterator[tuple[int, Bundle]]:
    """Yield the bundles that may find a place, with their numbers and the slots that suit.

    ``useful`` is how many cases each slot takes. Among bundles that are alike the first ones get
    the places (see ``hand_out``), so what comes after as many as all their slots take gets none.
    """
    seen: Counter[tuple[int, frozenset[int]]] = Counter()

    @cache
    def suit(size: int, slots: frozenset[int]) -> tuple[frozenset[int], int]:
        suiting = frozenset(n for n in slots if useful.get(n, 0) >= size)
        return suiting, sum(useful[n] // size for n in suiting)

    for number, bundle in enumerate(bundles):
        suiting, most = suit(bundle.size, bundle.slots)
        seen[bundle.size, suiting] += 1
        if seen[bundle.size, suiting] <= most:
            yield number, Bundle(bundle.size, suiting, bundle.filer)


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
    """Place as many ``waiting`` cases as possible, as early as possible; bundles may be torn.

    ``frames`` are given in the order of time: how many cases each still takes, and its open slots.
    Each is filled as far as it can be without fewer cases in an earlier one. No other filling is
    better: the sets of cases that fit form a matroid, and for a matroid the greedy way is optimal.
    """
    places: Places = {}
    mates: dict[int, Sequence[int]] = {}
    for capacity, slots in frames:
        left = capacity
        mates.update(dict.fromkeys(slots, slots))
        for slot in slots:
            places[slot] = _take_first(waiting & suits[slot], min(room[slot], left))
            waiting ^= places[slot]
            left -= places[slot].bit_count()
        while left and waiting and (case := _augment(suits, places, room, mates, slots, waiting)):
            waiting ^= case
            left -= 1
    return places


def _take_first(cases: int, count: int) -> int:
    """Return the ``count`` cases with the lowest bits, or all where they are fewer."""
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
    """Bring one more waiting case into the frame of the slots ``targets``, and return it, or 0.

    Breadth first, from slots with room: if no waiting case suits a slot, another slot gives it one
    of its cases. That slot, or one with room in the same frame (its ``mates``), takes another case.
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
