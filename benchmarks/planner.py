"""Measure the planner alone: a hundred cases, by one agent or several, under all kinds of limits.

With --hard: twenty random pools who compete for hours, days and small frames, each planned once.
Each task is planned in this process, several times, each time right after a yardstick: a plain loop
of additions, so that a busy machine shows. See benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterable
from datetime import date
from statistics import median
from time import perf_counter
from typing import NamedTuple

from kofucli.model.records import Frame
from kofucli.planner import make_plan
from kofucli.planner.problem import Bundle, Slot

MOST_MILLISECONDS = 50
CASES = 100
DAYS = [date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30)]
DAYS.append(date(2026, 12, 1))
HOURS = ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00"]
FRAMES = [Frame(day, hour) for day in DAYS for hour in HOURS]


class Task(NamedTuple):
    """What the planner is given, and whether a budget holds for it."""

    name: str
    bundles: list[Bundle]
    slots: list[Slot]
    left: dict[str, int]
    capacity: dict[Frame, int]
    hard: bool = False


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
        many = count > 2
        who = f"{count} agent" + "s" * (count > 1)
        tasks += [
            Task(f"{who}, alike", make_bundles(slots, anywhere), slots, left, {}, many),
            Task(f"{who}, deadlines", make_bundles(slots, by_some_day), slots, left, {}, many),
            Task(f"{who}, deadlines and pairs", pairs, slots, left, {}, many),
            Task(
                f"{who}, one frame held",
                make_bundles(slots_held, by_some_day),
                slots_held,
                left_held,
                {},
                many,
            ),
            Task(
                f"{who}, hours",
                make_bundles(slots, at_some_hour),
                slots,
                left,
                {},
                many,
            ),
            Task(
                f"{who}, frames of 29 to 40",
                make_bundles(slots, anywhere),
                slots,
                left,
                half_booked,
                many,
            ),
            Task(
                f"{who}, frames of 5 to 8",
                make_bundles(slots, anywhere),
                slots,
                left,
                nearly_full,
                hard=count > 1,
            ),
        ]
        if count > 1:
            some = make_bundles(slots_held, by_some_agents)
            name = f"{who}, not all may collect"
            tasks.append(Task(name, some, slots_held, left_held, {}, hard=True))
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
        tasks.append(Task(name, bundles, slots, left, capacity, hard=True))
    return tasks


def spin() -> float:
    """Return how long the yardstick takes, in seconds."""
    began = perf_counter()
    total = 0
    for number in range(200_000):
        total += number
    return perf_counter() - began


def measure(task: Task, runs: int) -> dict[str, object]:
    """Return what planning a task took, and what came of it."""
    times, ratios = [], []
    for _ in range(runs):
        yardstick = spin()
        began = perf_counter()
        plan = make_plan(task.bundles, task.slots, task.left, task.capacity)
        times.append(perf_counter() - began)
        ratios.append(times[-1] / yardstick)
    placed = [
        (bundle.size, task.slots[place])
        for bundle, place in zip(task.bundles, plan.places, strict=True)
        if place is not None
    ]
    return {
        "task": task.name,
        "milliseconds": round(1000 * median(times), 1),
        "yardsticks": round(median(ratios), 2),
        "placed": sum(size for size, _ in placed),
        "left_out": sum(bundle.size for bundle in task.bundles) - sum(size for size, _ in placed),
        "visits": len({(slot.agent, slot.frame) for _, slot in placed}),
        "days": len({(slot.agent, slot.frame.date) for _, slot in placed}),
        "proven": plan.proven,
        "budget": None if task.hard else MOST_MILLISECONDS,
    }


def main() -> int:
    """Measure every task; with --strict fail where a budget is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--hard", action="store_true", help="twenty hard pools, one run each")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a budget is missed")
    options = parser.parse_args()
    if options.hard:
        found = [measure(task, 1) for task in make_hard_tasks()]
    else:
        found = [measure(task, options.runs) for task in make_tasks()]
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        columns = f"{'left out':>10}{'visits':>8}{'days':>6}  proven"
        print(f"{'':34}{'ms':>9}{'yardsticks':>12}{'placed':>8}{columns}")
        for row in found:
            print(
                f"{row['task']:34}{row['milliseconds']:9}{row['yardsticks']:12}{row['placed']:8}"
                f"{row['left_out']:10}{row['visits']:8}{row['days']:6}"
                f"  {'yes' if row['proven'] else 'no'}{'' if row['budget'] else '  (no budget)'}"
            )
    missed = [
        row
        for row in found
        if row["budget"] and (float(str(row["milliseconds"])) > MOST_MILLISECONDS)
    ]
    return 1 if options.strict and missed else 0


if __name__ == "__main__":
    sys.exit(main())
