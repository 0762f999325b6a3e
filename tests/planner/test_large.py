"""The planner with many agents, cases, days: plans whose best values are known, and hard pools."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from kofucli.model import Frame
from kofucli.planner import Bundle, Slot
from kofucli.planner.pool import MOST_STEPS, make_plan
from tests.planner.naive import HOURS, Task, Value, list_slots, value_of

SHOWN_DAYS = [date(2026, 11, day) for day in (25, 26, 27, 30)] + [date(2026, 12, 1)]
SHOWN = [Frame(day, hour) for day in SHOWN_DAYS for hour in HOURS]
WEEK = [Frame(date(2026, 11, 23) + timedelta(days=n), hour) for n in range(5) for hour in HOURS]


def name_agents(count: int) -> list[str]:
    return [f"A-{number:02d}" for number in range(count)]


def measure(task: Task, most_steps: int = MOST_STEPS) -> tuple[Value, bool]:
    """Return the value of a task's plan, and whether it is called proven."""
    plan = make_plan(*task, most_steps=most_steps)
    value = value_of(task, plan.places)
    assert value is not None
    return value, plan.proven


# --- many cases, whose best value is seen at once --------------------------------------------


@pytest.mark.parametrize("agents", [6, 8])
def test_a_pool_with_deadlines_is_placed_on_the_first_day(agents: int) -> None:
    rng = Random(f"deadlines {agents}")
    names = name_agents(agents)
    slots = list_slots(WEEK, names)
    bundles = []
    for number in range(30 * agents):
        last = rng.choice([*range(5), 4, 4, 4, 4])
        suits = frozenset(n for n, slot in enumerate(slots) if slot.rank < 6 * (last + 1))
        bundles.append(Bundle(1, suits, names[number % agents]))
    task = Task(bundles, slots, dict.fromkeys(names, 3), dict.fromkeys(WEEK, 40))
    ranks = sorted(list(range(6)) * 4)[: 3 * agents]
    assert ((0, agents, 3 * agents, 10 * sum(ranks)), True) == measure(task)


def test_two_thousand_bundles() -> None:
    """However many bundles there are they are packed, and no call is nested too deeply."""
    bundles = [Bundle(2, frozenset(range(30)))] * 2_000
    plan = make_plan(bundles, list_slots(WEEK, room=199), {"A-1": 20}, {})
    # Ninety-nine bundles in each of twenty frames.
    assert (20, True) == (plan.places.count(None), plan.proven)


def test_thousands_of_bundles_of_two_sizes() -> None:
    """Where packing them cannot be tried to the end a plan is given all the same."""
    sizes = [5] * 500 + [3] * 700 + [2] * 400
    bundles = [Bundle(size, frozenset(range(30))) for size in sizes]
    (left_out, *_), _ = measure(Task(bundles, list_slots(WEEK, room=199), {"A-1": 20}, {}))
    assert sum(sizes) - 20 * 199 <= left_out < sum(sizes) - 20 * 195


def test_the_one_day_that_suits_all_is_found_among_sixty() -> None:
    """Each case suits another hour of every day, and every hour of the best day."""
    days = [date(2026, 11, 23) + timedelta(days=n) for n in range(60)]
    slots = list_slots([Frame(day, f"{hour:02d}:00") for day in days for hour in range(8, 18)])
    best = days[50]

    def suits(case: int, slot: Slot) -> bool:
        day = slot.frame.date
        return day == best or (day < best and (slot.rank + case) % 10 == 3)

    bundles = [
        Bundle(1, frozenset(n for n, slot in enumerate(slots) if suits(case, slot)))
        for case in range(30)
    ]
    lateness = 10 * (500 + 501 + 502)
    assert ((0, 1, 3, lateness), True) == measure(Task(bundles, slots, {"A-1": 3}, {}))


def test_thirty_agents_collect_what_they_filed() -> None:
    agents = name_agents(30)
    slots = list_slots(WEEK[:6], agents)
    filers = agents * 10
    Random(30).shuffle(filers)
    bundles = [Bundle(1, frozenset(range(len(slots))), filer) for filer in filers]
    plan = make_plan(bundles, slots, dict.fromkeys(agents, 1), {})
    assert filers == [slots[place].agent for place in plan.places if place is not None]


@pytest.mark.parametrize(("size", "capacity", "count"), [(2, 9, 20), (2, 11, 20), (3, 10, 14)])
def test_bundles_of_two_agents_in_tight_frames(size: int, capacity: int, count: int) -> None:
    """A frame's capacity takes whole bundles only, and that is enough to prove the best plan."""
    slots = list_slots(WEEK, "AB")
    bundles = [Bundle(size, frozenset(range(len(slots))))] * count
    plan = make_plan(bundles, slots, {"A": 3, "B": 3}, dict.fromkeys(WEEK, capacity))
    assert (True, 0) == (plan.proven, plan.places.count(None))


# --- pools whose best value nobody knows -----------------------------------------------------


def draw_hard_pool(seed: int) -> Task:
    """Return three to six agents with 60 to 110 cases, alone or in pairs, in scarce frames."""
    rng = Random(f"mixed {seed}")
    agents = [f"A-{number}" for number in range(rng.choice([3, 4, 5, 6]))]
    slots = list_slots(SHOWN, agents)
    bundles = []
    for _ in range(rng.randint(60, 110)):
        those = rng.sample(agents, rng.randint(1, len(agents)))
        last = rng.choice(SHOWN_DAYS)
        hours = rng.choice([HOURS, HOURS, [rng.choice(HOURS)], HOURS[:3]])
        size = rng.choice([1, 1, 1, 1, 2])
        suitable = frozenset(
            number
            for number, slot in enumerate(slots)
            if slot.agent in those and slot.frame.date <= last and slot.frame.start in hours
        )
        bundles.append(Bundle(size, suitable, rng.choice(those)))
    capacity = {frame: rng.randint(6, 14) for frame in SHOWN}
    return Task(bundles, slots, dict.fromkeys(agents, 3), capacity)


LEFT_OUT_OF_HARD_POOLS = [1, 28, 3, 35, 6, 4, 9, 0, 3, 0, 9, 4, 17, 0, 0, 22, 0, 2, 0, 0]


@pytest.mark.parametrize(
    "number", [1, *(pytest.param(n, marks=pytest.mark.deep) for n in range(20) if n != 1)]
)
def test_hard_pools_leave_out_no_more_than_before(number: int) -> None:
    task = draw_hard_pool(number)
    value, _ = measure(task)
    assert value[0] <= LEFT_OUT_OF_HARD_POOLS[number]
    places: list[int | None] = [None] * len(task.bundles)
    capacity = dict(task.capacity)
    for agent in task.left:
        bundles = [
            Bundle(b.size, frozenset(n for n in b.slots if task.slots[n].agent == agent))
            if place is None
            else Bundle(b.size, frozenset())
            for b, place in zip(task.bundles, places, strict=True)
        ]
        for at, place in enumerate(make_plan(bundles, task.slots, task.left, capacity).places):
            if place is not None:
                places[at] = place
                capacity[task.slots[place].frame] -= bundles[at].size
    sequential = value_of(task, places)
    assert sequential is not None
    assert value <= sequential


@pytest.mark.parametrize("most", [200, pytest.param(MOST_STEPS, marks=pytest.mark.deep)])
def test_a_search_that_is_given_up_is_not_proven(most: int) -> None:
    task = draw_hard_pool(5)
    better, _ = measure(task, most)
    for steps in (1, 5, 20):
        value, proven = measure(task, steps)
        assert not proven
        assert value >= better
