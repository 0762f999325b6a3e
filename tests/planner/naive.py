"""A deliberately naive planner: tries every place of every bundle, and measures plans anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import comb
from typing import NamedTuple

from kofucli.model import Frame
from kofucli.planner import Bundle, Slot

Value = tuple[int, int, int, int]
"""Unplaced cases, new days, new frames, lateness."""
HOURS = ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00"]


class Task(NamedTuple):
    bundles: list[Bundle]
    slots: list[Slot]
    left: dict[str, int]
    capacity: dict[Frame, int]


def list_slots(
    frames: Sequence[Frame], agents: Sequence[str] = ("A-1",), room: Sequence[int] | int = 10
) -> list[Slot]:
    """Return the slots of each agent in these frames, which are given in the order of time."""
    rooms = [room] * len(frames) if isinstance(room, int) else room
    return [
        Slot(agent, frame, rank, rooms[rank])
        for agent in agents
        for rank, frame in enumerate(frames)
    ]


def value_of(task: Task, places: Sequence[int | None]) -> Value | None:
    """Return the value of a plan, None where the plan is not allowed."""
    cases: Counter[int] = Counter()
    for bundle, place in zip(task.bundles, places, strict=True):
        if place is not None:
            if place not in bundle.slots:
                return None
            cases[place] += bundle.size
    if any(count > task.slots[slot].room for slot, count in cases.items()):
        return None
    in_frame: Counter[Frame] = Counter()
    for slot, count in cases.items():
        in_frame[task.slots[slot].frame] += count
    if any(count > task.capacity.get(frame, count) for frame, count in in_frame.items()):
        return None
    new = [task.slots[slot] for slot in cases if not task.slots[slot].held]
    frames = Counter(slot.agent for slot in new)
    if any(count > task.left.get(agent, 0) for agent, count in frames.items()):
        return None
    held_days = {(slot.agent, slot.frame.date) for slot in task.slots if slot.held}
    days = {(slot.agent, slot.frame.date) for slot in new} - held_days
    lateness = sum(task.slots[slot].rank * count for slot, count in cases.items())
    return _count_unplaced(task, places), len(days), len(new), lateness


def best_value(task: Task) -> Value:
    """Return the best value of all plans, each tried, but those that leave out too many cases."""
    best: Value = (sum(bundle.size for bundle in task.bundles), 0, 0, 0)
    for places in _every_plan(
        task.bundles, {number: slot.room for number, slot in enumerate(task.slots)}
    ):
        if _count_unplaced(task, places) <= best[0]:
            value = value_of(task, places)
            best = best if value is None else min(best, value)
    return best


def _count_unplaced(task: Task, places: Sequence[int | None]) -> int:
    return sum(b.size for b, place in zip(task.bundles, places, strict=True) if place is None)


def _every_plan(
    bundles: Sequence[Bundle], room: Mapping[int, int], least: float = -1
) -> Iterator[tuple[int | None, ...]]:
    """Yield every way to place the bundles that overfills no slot, the first from ``least`` on.

    Two that are alike and stand together would only change places.
    """
    if not bundles:
        yield ()
        return
    first, *rest = bundles
    for place in (*sorted(first.slots), None):
        order = float("inf") if place is None else place
        if order < least or (place is not None and room[place] < first.size):
            continue
        left = room if place is None else {**room, place: room[place] - first.size}
        alike = bool(rest) and (first.size, first.slots) == (rest[0].size, rest[0].slots)
        for others in _every_plan(rest, left, order if alike else -1):
            yield (place, *others)


def count_plans(task: Task) -> int:
    plans = 1
    kinds = Counter((bundle.size, frozenset(bundle.slots)) for bundle in task.bundles)
    for (_, slots), alike in kinds.items():
        plans *= comb(len(slots) + alike, alike)
    return plans
