"""Tasks for the planner: a hundred cases of some agents, and pools that compete hard."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from kofucli.model.records import Frame
from kofucli.planner.problem import Bundle, Slot

CASES = 100
DAYS = [date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30)]
DAYS.append(date(2026, 12, 1))
HOURS = ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00"]
FRAMES = [Frame(day, hour) for day in DAYS for hour in HOURS]


class Task(NamedTuple):
    """What the planner is given."""

    name: str
    bundles: list[Bundle]
    slots: list[Slot]
    left: dict[str, int]
    capacity: dict[Frame, int]


def make_slots(agents: Iterable[str], held: Iterable[tuple[str, int]] = ()) -> list[Slot]:
    """Return every frame for every agent; ``held`` are those some of them hold already."""
    taken = set(held)
    return [
        Slot(agent, frame, rank, 10, (agent, rank) in taken)
        for agent in agents
        for rank, frame in enumerate(FRAMES)
    ]


def make_bundles(
    slots: list[Slot], pick: Callable[[random.Random], Callable[[Slot], bool]], pairs: float = 0
) -> list[Bundle]:
    """Return bundles of a hundred cases together; ``pick`` makes what a bundle asks of a slot."""
    rng = random.Random(17)
    bundles: list[Bundle] = []
    while sum(bundle.size for bundle in bundles) < CASES:
        suits = pick(rng)
        suitable = frozenset(number for number, slot in enumerate(slots) if suits(slot))
        size = 2 if rng.random() < pairs else 1
        bundles.append(Bundle(size, suitable, slots[0].agent))
    return bundles


def anywhere(_: random.Random) -> Callable[[Slot], bool]:
    """Ask nothing."""
    return lambda slot: True


def by_some_day(rng: random.Random) -> Callable[[Slot], bool]:
    """Ask for a visit by one of the shown days."""
    last = rng.choice(DAYS)
    return lambda slot: slot.frame.date <= last


def at_some_hour(rng: random.Random) -> Callable[[Slot], bool]:
    """Ask for an hour, or for none."""
    hour = rng.choice([*HOURS, ""])
    return lambda slot: hour in ("", slot.frame.start)


def by_some_agents(rng: random.Random) -> Callable[[Slot], bool]:
    """Ask for a day, and for one of the first agents."""
    last, most = rng.choice(DAYS), f"A-{rng.randint(1, 4)}"
    return lambda slot: slot.frame.date <= last and slot.agent <= most


def make_tasks() -> list[Task]:
    """Return the tasks, for one, two and four agents."""
    tasks = []
    for count in (1, 2, 4):
        agents = [f"A-{number}" for number in range(1, count + 1)]
        slots, left = make_slots(agents), dict.fromkeys(agents, 3)
        held = [(agent, 7 * number % len(FRAMES)) for number, agent in enumerate(agents, 1)]
        slots_held, left_held = make_slots(agents, held), dict.fromkeys(agents, 2)
        half_booked = {frame: 40 - rank % 12 for rank, frame in enumerate(FRAMES)}
        nearly_full = {frame: 5 + rank * 7 % 4 for rank, frame in enumerate(FRAMES)}
        pairs = make_bundles(slots, by_some_day, 0.3)
        who = f"{count} agent" + "s" * (count > 1)
        tasks += [
            Task(f"{who}, alike", make_bundles(slots, anywhere), slots, left, {}),
            Task(f"{who}, deadlines", make_bundles(slots, by_some_day), slots, left, {}),
            Task(f"{who}, deadlines and pairs", pairs, slots, left, {}),
            Task(
                f"{who}, one frame held",
                make_bundles(slots_held, by_some_day),
                slots_held,
                left_held,
                {},
            ),
            Task(
                f"{who}, hours",
                make_bundles(slots, at_some_hour),
                slots,
                left,
                {},
            ),
            Task(
                f"{who}, frames of 29 to 40",
                make_bundles(slots, anywhere),
                slots,
                left,
                half_booked,
            ),
            Task(
                f"{who}, frames of 5 to 8",
                make_bundles(slots, anywhere),
                slots,
                left,
                nearly_full,
            ),
        ]
        if count > 1:
            some = make_bundles(slots_held, by_some_agents)
            name = f"{who}, not all may collect"
            tasks.append(Task(name, some, slots_held, left_held, {}))
    return tasks


def make_hard_tasks() -> list[Task]:
    """Return twenty pools of three to six agents with 60 to 110 cases, alone or in pairs.

    Each asks for some agents, a last day, and for any hour, one, or the morning; a frame takes six
    to fourteen cases.
    """
    tasks = []
    for seed in range(20):
        rng = random.Random(f"mixed {seed}")
        agents = [f"A-{number}" for number in range(rng.choice([3, 4, 5, 6]))]
        slots = make_slots(agents)
        bundles = []
        for _ in range(rng.randint(60, 110)):
            those = rng.sample(agents, rng.randint(1, len(agents)))
            last = rng.choice(DAYS)
            hours = rng.choice([HOURS, HOURS, [rng.choice(HOURS)], HOURS[:3]])
            size = rng.choice([1, 1, 1, 1, 2])
            suitable = frozenset(
                number
                for number, slot in enumerate(slots)
                if slot.agent in those and slot.frame.date <= last and slot.frame.start in hours
            )
            bundles.append(Bundle(size, suitable, rng.choice(those)))
        capacity = {frame: rng.randint(6, 14) for frame in FRAMES}
        left = dict.fromkeys(agents, 3)
        name = f"hard {seed}, {len(agents)} agents"
        tasks.append(Task(name, bundles, slots, left, capacity))
    return tasks
