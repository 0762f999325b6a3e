"""A history of many processes, compared with a model that does one operation at a time.

The ledger tells in which order changes were made. An operation that changed nothing (a refusal, a
list, a change that was made already) must agree with the state after some line that was written
while it was under way.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

Operation = dict[str, Any]

MOST_FRAMES, MOST_CASES = 3, 10


@dataclass(frozen=True)
class Booking:
    """A reservation of the model: each case with whether it is still in it."""

    agent: str
    hour: str
    cases: dict[str, bool]
    cancelled: bool = False

    @property
    def active(self) -> list[str]:
        """The cases that are left in it; none once it is cancelled."""
        return [] if self.cancelled else [case for case, kept in self.cases.items() if kept]


@dataclass(frozen=True)
class State:
    """All reservations of the day by number; ``capacity`` is that of each frame."""

    capacity: int
    bookings: dict[str, Booking] = field(default_factory=dict)

    def with_one(self, number: str, booking: Booking) -> State:
        return State(self.capacity, self.bookings | {number: booking})

    def answer(self, asked: Operation) -> tuple[State, dict[str, Any]]:
        """Return the state after an operation, and the answer that it should give."""
        return getattr(self, "_" + asked["kind"])(asked)

    def _list(self, _: Operation) -> tuple[State, dict[str, Any]]:
        return self, {
            "status": 0,
            "active": {n: one.active for n, one in self.bookings.items() if not one.cancelled},
        }

    def _book(self, asked: Operation) -> tuple[State, dict[str, Any]]:
        standing = [one for one in self.bookings.values() if not one.cancelled]
        mine = [one for one in standing if one.agent == asked["agent"]]
        here = [one for one in standing if one.hour == asked["hour"]]
        count = len(asked["cases"])
        codes = set()
        if any(case in one.active for one in standing for case in asked["cases"]):
            codes.add("case.duplicate")
        if len({one.hour for one in mine} | {asked["hour"]}) > MOST_FRAMES:
            codes.add("quota.frames")
        if sum(len(one.active) for one in mine if one in here) + count > MOST_CASES:
            codes.add("quota.cases")
        if sum(len(one.active) for one in here) + count > self.capacity:
            codes.add("frame.full")
        if codes:
            return self, {"status": 3, "codes": sorted(codes)}
        made = Booking(asked["agent"], asked["hour"], dict.fromkeys(asked["cases"], True))
        return self.with_one(asked["number"], made), {"status": 0, "changed": True}

    def _cancel(self, asked: Operation) -> tuple[State, dict[str, Any]]:
        before = self.bookings[asked["number"]]
        after = Booking(before.agent, before.hour, before.cases, cancelled=True)
        changed = not before.cancelled
        return self.with_one(asked["number"], after), {"status": 0, "changed": changed}

    def _amend(self, asked: Operation) -> tuple[State, dict[str, Any]]:
        before = self.bookings[asked["number"]]
        if not before.cases[asked["case"]]:
            return self, {"status": 0, "changed": False}
        if before.cancelled:
            return self, {"status": 3, "codes": ["reservation.ended"]}
        if len(before.active) == 1:
            return self, {"status": 3, "codes": ["amend.empty"]}
        after = Booking(before.agent, before.hour, before.cases | {asked["case"]: False})
        return self.with_one(asked["number"], after), {"status": 0, "changed": True}


def check_history(operations: list[Operation], order: list[Operation], capacity: int) -> None:
    """Assert that a history is linearizable.

    ``order`` are the operations that changed something as the ledger has them.

    1. Each change is what the model does when changes are made one at a time in the ledger's order.
    2. A change that had ended before another one began comes before it in the ledger.
    3. Everything else said what the model says at some point of that order, while it was under way
       and not before what had ended by then.
    """
    states = [State(capacity)]
    for change in order:
        after, said = states[-1].answer(change)
        assert _agrees(change, said), (change, said)
        states.append(after)
    latest = 0.0
    for change in reversed(order):
        assert not latest or change["start"] <= latest, ("later in the ledger, earlier", change)
        latest = min(latest or change["end"], change["end"])
    _place_others(operations, order, states)


def _place_others(operations: list[Operation], order: list[Operation], states: list[State]) -> None:
    """Find for each operation that changed nothing the first state that explains it."""
    ends = sorted((change["end"], place) for place, change in enumerate(order, 1))
    placed: list[tuple[float, int]] = []
    changing = {id(change) for change in order}
    for asked in sorted(operations, key=lambda one: one["start"]):
        if id(asked) in changing:
            continue
        ended = [place for end, place in ends[: bisect_left(ends, (asked["start"], 0))]]
        ended += [place for end, place in placed if end < asked["start"]]
        under_way = [n for n, one in enumerate(order, 1) if one["start"] < asked["end"]]
        first, last = max(ended, default=0), max(under_way, default=0)
        points = range(first, max(first, last) + 1)
        found = next((n for n in points if _fits(asked, states[n])), None)
        assert found is not None, ("no state explains it", asked, first, last)
        placed.append((asked["end"], found))


def _fits(asked: Operation, state: State) -> bool:
    if asked["kind"] in ("cancel", "amend") and asked["number"] not in state.bookings:
        return False
    after, said = state.answer({"number": "", **asked})
    return _agrees(asked, said) and after.bookings.keys() == state.bookings.keys()


def _agrees(asked: Operation, said: dict[str, Any]) -> bool:
    return all(asked.get(key) == value for key, value in said.items())
