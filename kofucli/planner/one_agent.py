"""The best places of one agent: which frames it adds, and which cases go into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import accumulate, groupby, islice
from typing import NamedTuple

from kofucli.planner import Places, Problem, Value, fill

MOST_FRAMES = 3
"""How many frames are chosen at a time; an agent that may add more chooses again and again."""
_MOST_SETS = 20_000
"""How many sets of frames are looked at; five days of an office have some four thousand."""
_MOST_PACKINGS = 400
"""How many steps are taken to pack bundles of several cases into one set of frames."""
_FEW_CASES = 200
"""With each so many cases of a task a step is slower, so that fewer steps are taken."""
_MOST_CUTS = 64
"""How many cuts are kept when cases are counted."""


class Planned(NamedTuple):
    """The places of an agent, whether they are certainly the best, and the steps that it took."""

    places: Places
    exact: bool
    steps: int


def plan_agent(
    problem: Problem,
    agent: str,
    waiting: int,
    used: Mapping[int, int],
    fewer: int = 0,
    most_days: int = MOST_FRAMES,
) -> Planned:
    """Return the best places of an agent for ``waiting`` cases, beside other agents' places.

    ``used`` is how many cases the others have in a frame, by its rank. The agent leaves ``fewer``
    of its frames unused, and adds frames on at most ``most_days`` new days at a time.
    """
    taken = {slot for slot in problem.of[agent] if problem.slots[slot].held}
    left = max(0, problem.left[agent] - fewer)
    exact = left <= MOST_FRAMES
    steps = 0
    while True:
        choice = _Choice(problem, agent, waiting, used, taken)
        places = choice.best(min(left, MOST_FRAMES), most_days)
        steps += choice.steps + len(problem.of[agent])
        new = {slot for slot, cases in places.items() if cases} - taken
        left -= len(new)
        taken |= new
        if not new or left <= 0:
            return Planned(places, exact and choice.exact, steps)


class _Way(NamedTuple):
    """Places that cost at ``least`` so much; the next bundle is ``at``, from slot ``first`` on."""

    least: Value
    places: Places
    at: int
    first: int = 0


class _Choice:
    """The choice among the slots of one agent; those ``taken`` before are open and cost nothing.

    ``exact`` is false once anything was left out that might have been better.
    """

    def __init__(
        self, problem: Problem, agent: str, waiting: int, used: Mapping[int, int], taken: set[int]
    ) -> None:
        self._problem = problem
        self._waiting = waiting
        self._cases: dict[int, int] = {}
        self._room: dict[int, int] = {}
        for index in problem.of[agent]:
            slot = problem.slots[index]
            room = min(slot.room, problem.capacity[slot.rank] - used.get(slot.rank, 0))
            cases = problem.suits[index] & waiting
            for size, those in problem.large.items():
                if size > room:
                    cases &= ~those
            if cases and room > 0 and (room := problem.fit(cases, room)):
                self._cases[index], self._room[index] = cases, room
        self._days = {slot: problem.slots[slot].frame.date for slot in {*self._cases, *taken}}
        self._free_days = {self._days[slot] for slot in taken}
        self._taken = [slot for slot in self._cases if slot in taken]
        self._new = [slot for slot in self._cases if slot not in taken]
        self._at = {slot: at for at, slot in enumerate(self._new)}
        self._visited = sum(1 << slot for slot in self._new if self._days[slot] in self._free_days)
        self._better: dict[int, int] = {}
        self._better_days: dict[int, int] = {}
        self._on_day: dict[int, int] = {}
        self._compare()
        most = accumulate((self._room[slot] for slot in reversed(self._new)), max, initial=0)
        self._most_after = list(most)[::-1]
        self._most_packings = _MOST_PACKINGS // (1 + problem.cases // _FEW_CASES)
        self.exact = True
        self.steps = 0

    def best(self, left: int, most_days: int) -> Places:
        """Return the best places with at most ``left`` new frames, on at most ``most_days`` days.

        Sets of frames on fewer new days come first; sets on more days must place more cases. Of
        equally many days the sets that could cost least are packed first.
        """
        best: Places = {}
        value: Value = (self._waiting.bit_count() + 1, 0, 0, 0)
        for days in range(min(left, most_days) + 1):
            needed = self._waiting.bit_count() - value[0] + 1
            sets = list(islice(self._list_sets(days, left, needed), _MOST_SETS + 1))
            self.exact = self.exact and len(sets) <= _MOST_SETS
            self.steps += len(sets)
            for bound, opened in sorted((self._bound(new, days), new) for new in sets[:_MOST_SETS]):
                if bound >= value:
                    break
                places = self._pack(sorted((*self._taken, *opened)), bound)
                found = self._value(places)
                if found < value:
                    best, value = places, found
        return best

    def _list_sets(self, days: int, left: int, needed: int) -> Iterator[tuple[int, ...]]:
        """Yield sets of new slots on so many new ``days`` that might take the cases ``needed``.

        A set is left out if all cases of one of its slots, or of one of its days, could be in an
        earlier one that is unused (see _compare): that set is better. The earlier slot must be on a
        day of the set, or on one that is visited anyway, so that it costs no new day.
        """
        room = sum(self._room[slot] for slot in self._taken)
        # The set, its slots as bits, the slots on days that are visited, the days, the room.
        stack: list[tuple[tuple[int, ...], int, int, int, int]]
        stack = [((), 0, self._visited, 0, room)]
        while stack:
            opened, bits, visited, new, room = stack.pop()
            more = left - len(opened)
            if new == days and room >= needed:
                yield opened
            if new + more < days or not more:
                continue
            for at in range(len(self._new) - 1, self._at[opened[-1]] if opened else -1, -1):
                slot = self._new[at]
                is_new_day = not visited >> slot & 1
                most = room + self._room[slot]
                if is_new_day and new == days:
                    continue
                if most + (more - 1) * self._most_after[at + 1] < needed:
                    continue
                following = visited | self._on_day[slot]
                if self._better[slot] & following & ~bits or self._better_days[slot] & ~following:
                    continue
                stack.append(((*opened, slot), bits | 1 << slot, following, new + is_new_day, most))

    def _compare(self) -> None:
        """Find for each new slot the earlier slots, and the earlier days, that are always better.

        A better slot suits all of its cases and has as much room. A better day has a better slot,
        at the same hour, for each slot of its day.
        """
        slots = self._problem.slots
        days: dict[date, dict[str, int]] = {}
        for at, slot in enumerate(self._new):
            cases, room = self._cases[slot], self._room[slot]
            self._better[slot] = sum(
                1 << other
                for other in self._new[:at]
                if not cases & ~self._cases[other] and room <= self._room[other]
            )
            frame = slots[slot].frame
            days.setdefault(frame.date, {})[frame.start] = slot
        for day, mine in days.items():
            better = sum(
                sum(1 << slot for slot in theirs.values())
                for other, theirs in days.items()
                if other < day
                and not self._visited >> max(theirs.values()) & 1
                and all(
                    start in theirs and self._better[slot] >> theirs[start] & 1
                    for start, slot in mine.items()
                )
            )
            own = sum(1 << slot for slot in mine.values())
            for slot in mine.values():
                self._on_day[slot] = own
                self._better_days[slot] = 0 if self._visited & own else better

    def _bound(self, new: Sequence[int], days: int) -> Value:
        """Return what some new slots cost at least; exactly that, if all cases are single."""
        opened = sorted((*self._taken, *new))
        placed, lateness = self._count(opened, self._room, self._waiting)
        return self._waiting.bit_count() - placed, days, len(new), lateness

    def _count(
        self, opened: Sequence[int], room: Mapping[int, int], waiting: int
    ) -> tuple[int, int]:
        """Return how many waiting cases fit into slots at most, and their lateness.

        A cut splits the slots in two: no more cases fit than the first ones have room for, plus all
        that suit any of the others. By the theorem of König the least cut is exact. Of very many
        cuts the least are kept.
        """
        cuts = [(0, 0)]
        placed = lateness = 0
        for slot in opened:
            own, suiting = room[slot], self._cases[slot] & waiting
            cuts = [(rooms + own, cases) for rooms, cases in cuts] + [
                (rooms, cases | suiting) for rooms, cases in cuts
            ]
            if len(cuts) > _MOST_CUTS:
                cuts = sorted(set(cuts), key=lambda cut: cut[0] + cut[1].bit_count())[:_MOST_CUTS]
            now = min([rooms + cases.bit_count() for rooms, cases in cuts])
            lateness += (now - placed) * self._problem.slots[slot].rank
            placed = now
        return placed, lateness

    def _value(self, places: Places) -> Value:
        """Return what places cost beside the slots that are taken."""
        used = [(slot, cases.bit_count()) for slot, cases in places.items() if cases]
        new = [slot for slot, _ in used if slot not in self._taken]
        return (
            self._waiting.bit_count() - sum(count for _, count in used),
            len({self._days[slot] for slot in new} - self._free_days),
            len(new),
            sum(self._problem.slots[slot].rank * count for slot, count in used),
        )

    def _pack(self, opened: Sequence[int], bound: Value) -> Places:
        """Return the best places in some slots for whole bundles.

        First all cases are filled in as if they were single. If that keeps the bundles whole it is
        the answer. Otherwise the torn bundles are placed anew, and, if that costs more than the
        bound, all bundles.
        """
        room = self._room
        frames = [(room[slot], (slot,)) for slot in opened]
        torn = fill(self._cases, frames, room, self._waiting)
        bundles = [
            cases
            for cases in self._problem.bundles
            if cases & (cases - 1) and any(not cases & ~self._cases[slot] for slot in opened)
        ]
        bundles.sort(key=int.bit_count, reverse=True)
        whole = dict.fromkeys(opened, 0)
        others = []
        for cases in bundles:
            slot = next((slot for slot in opened if not cases & ~torn[slot]), None)
            if slot is None:
                others.append(cases)
            else:
                whole[slot] |= cases
        if not any(cases & content for cases in others for content in torn.values()):
            return torn
        places, _ = self._place_bundles(others, whole, bound)
        if self._value(places) > bound and len(bundles) > self._most_packings:
            self.exact = False
        elif self._value(places) > bound:
            again, complete = self._place_bundles(bundles, dict.fromkeys(opened, 0), bound)
            self.exact = self.exact and complete
            places = min(places, again, key=self._value)
        return places

    def _place_bundles(
        self, bundles: Sequence[int], places: Places, bound: Value
    ) -> tuple[Places, bool]:
        """Place bundles beside what is placed, then single cases; tell whether nothing is better.

        Depth first: each bundle goes where the rest, were it all single cases, loses least. Bundles
        that are alike go into slots in their order, and stay out together.
        """
        singles = self._waiting & self._problem.singles
        rest = list(accumulate(reversed(bundles), int.__or__, initial=singles))[::-1]
        next_kind = self._find_next_kinds(bundles)
        best = self._add_singles(places, singles)
        value = self._value(best)
        ways = [_Way(bound, places, 0)]
        steps = 0
        while ways and value > bound:
            way = ways.pop()
            if way.least >= value:
                continue
            if steps > self._most_packings:
                return best, False
            if way.at == len(bundles):
                best = min(best, self._add_singles(way.places, singles), key=self._value)
                value = self._value(best)
                continue
            at, other, bundle = way.at + 1, next_kind[way.at], bundles[way.at]
            with_it = []
            for slot, cases in way.places.items():
                room = 0 if slot < way.first or bundle & ~self._cases[slot] else self._room[slot]
                if (cases | bundle).bit_count() <= room:
                    added = {**way.places, slot: cases | bundle}
                    least = self._bound_rest(added, rest[at], bound)
                    with_it.append(_Way(least, added, at, slot if at < other else 0))
            steps += len(with_it)
            ways.append(_Way(self._bound_rest(way.places, rest[other], bound), way.places, other))
            ways += sorted(with_it, key=lambda one: one.least, reverse=True)
        self.steps += steps
        return best, True

    def _find_next_kinds(self, bundles: Sequence[int]) -> list[int]:
        """Return for each bundle where those begin that are not like it."""
        bundle_of = self._problem.bundles
        found: list[int] = []
        for _, alike in groupby(bundles, lambda b: (b.bit_count(), bundle_of[b][1].slots)):
            count = len(list(alike))
            found += [len(found) + count] * count
        return found

    def _bound_rest(self, places: Places, rest: int, bound: Value) -> Value:
        """Return what places cost at least once the ``rest`` is placed beside them."""
        room = {slot: self._room[slot] - cases.bit_count() for slot, cases in places.items()}
        placed, late = self._count(list(places), room, rest)
        placed += sum(cases.bit_count() for cases in places.values())
        late += sum(self._problem.slots[s].rank * c.bit_count() for s, c in places.items())
        return self._waiting.bit_count() - placed, bound[1], bound[2], late

    def _add_singles(self, places: Places, singles: int) -> Places:
        room = {slot: self._room[slot] - cases.bit_count() for slot, cases in places.items()}
        frames = [(room[slot], (slot,)) for slot in places]
        added = fill(self._cases, frames, room, singles)
        return {slot: cases | added[slot] for slot, cases in places.items()}
