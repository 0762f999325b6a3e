"""The planner: as good as trying everything, and its objective in the order it states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from random import Random

import pytest

from kofucli.model import Frame
from kofucli.planner import Bundle, Slot, split
from kofucli.planner.pool import Plan, make_plan
from tests.planner.naive import HOURS, Task, best_value, count_plans, list_slots, value_of

DAYS = [date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30)]
FRAMES = [Frame(day, hour) for day in DAYS for hour in HOURS]
A, B = "A-1", "B-2"
MOST_PLANS = 1_500
"""Plans that are all tried for one task."""


def singles(count: int, slots: Sequence[Slot], filer: str | None = None) -> list[Bundle]:
    """Return single cases that suit everywhere."""
    return [Bundle(1, frozenset(range(len(slots))), filer) for _ in range(count)]


def plan_best(task: Task) -> tuple[int | None, ...]:
    """Return the plan of a task, once it was compared with every other plan."""
    plan = make_plan(*task)
    assert best_value(task) == value_of(task, plan.places)
    assert plan.proven or len(task.left) > 1
    return plan.places


def draw_task(rnd: Random) -> Task:
    """Return a small task of any kind: held frames, capacity, bundles, several agents."""
    agents = [f"A-{n}" for n in range(rnd.choice([1, 1, 2, 2, 3]))]
    days, hours = DAYS[: rnd.randint(1, 3)], HOURS[: rnd.randint(1, 3)]
    frames = [Frame(day, hour) for day in days for hour in hours]
    twins = len(agents) * len(frames) <= 8 and rnd.random() < 0.5
    shape = rnd.choice(["same room", "any room"])
    slots = [
        Slot(
            agent,
            frame,
            rank,
            3 if twins or shape == "same room" else rnd.randint(0, 4),
            not twins and rnd.random() < 0.15,
        )
        for agent in agents
        for rank, frame in enumerate(frames)
        if twins or rnd.random() < 0.9
    ]
    rnd.shuffle(slots)
    del slots[8:]
    limited = rnd.choice([0, 0.5])
    bundles = []
    for _ in range(rnd.randint(1, 5)):
        suits = draw_suitable(rnd, slots, days)
        if rnd.random() < 0.3:
            those = rnd.sample(agents, rnd.randint(1, len(agents)))
            suits = {number for number in suits if slots[number].agent in those}
        size = rnd.choice([1, 1, 1, 2, 3])
        bundles.append(Bundle(size, frozenset(suits), rnd.choice([None, *agents])))
    left = {agent: rnd.choice([0, 1, 1, 2, 2, 3]) for agent in agents}
    task = Task(
        bundles,
        slots,
        dict.fromkeys(agents, rnd.choice([1, 2])) if twins else left,
        {frame: rnd.randint(0, 5) for frame in frames if rnd.random() < limited},
    )
    return _shorten(task)


def draw_competing_task(rnd: Random) -> Task:
    """Return a task of agents who compete: up to twelve slots, seven bundles of a few kinds."""
    agents = [f"A-{n}" for n in range(rnd.choice([2, 3, 3]))]
    days, hours = DAYS[: rnd.randint(1, 3)], HOURS[: rnd.randint(2, 3)]
    frames = [Frame(day, hour) for day in days for hour in hours]
    alike = rnd.random() < 0.6
    rooms = [3] if alike else [1, 2, 3, 4]
    slots = [
        Slot(agent, frame, rank, rnd.choice(rooms), not alike and rnd.random() < 0.1)
        for rank, frame in enumerate(frames)
        for agent in agents
    ]
    del slots[12:]
    kinds = [(1, draw_suitable(rnd, slots, days)) for _ in range(rnd.randint(1, 3))]
    kinds += [(rnd.choice([2, 2, 3]), kinds[0][1])] * rnd.choice([0, 0, 1])
    counts = [0] * len(kinds)
    for _ in range(7):
        counts[rnd.randrange(len(kinds))] += 1
    left = rnd.choice([1, 2])
    limited = rnd.choice([0.3, 0.8, 1])
    task = Task(
        [
            Bundle(size, frozenset(suits), rnd.choice(agents))
            for (size, suits), count in zip(kinds, counts, strict=True)
            for _ in range(count)
        ],
        slots,
        {agent: left if alike else rnd.choice([0, 1, 2, 3]) for agent in agents},
        {frame: rnd.randint(1, 4) for frame in frames if rnd.random() < limited},
    )
    return _shorten(task)


def _shorten(task: Task) -> Task:
    """Return a task without the last bundles that make for too many plans."""
    while count_plans(task) > MOST_PLANS:
        task.bundles.pop()
    return task


def draw_suitable(rnd: Random, slots: Sequence[Slot], days: Sequence[date]) -> set[int]:
    """Return the slots that suit a case: all, those until a day, some frames, or any."""
    kind = rnd.choice(["all", "until a day", "frames", "any"])
    last = rnd.choice(days)
    ranks = {slot.rank for slot in slots if rnd.random() < 0.6}
    return {
        number
        for number, slot in enumerate(slots)
        if kind == "all"
        or (kind == "until a day" and slot.frame.date <= last)
        or (kind == "frames" and slot.rank in ranks)
        or (kind == "any" and rnd.random() < 0.5)
    }


def blocks(quick: int, size: int, count: int) -> pytest.MarkDecorator:
    """Let a test take the numbers of some tasks; in the deep tier those of ``count`` blocks."""
    deep = [range(size * block, size * block + size) for block in range(count)]
    return pytest.mark.parametrize(
        "numbers",
        [
            pytest.param(range(quick), id="few"),
            *(
                pytest.param(block, id=f"{n}", marks=pytest.mark.deep)
                for n, block in enumerate(deep)
            ),
        ],
    )


@blocks(100, 400, 5)
@pytest.mark.parametrize("draw", [draw_task, draw_competing_task])
def test_small_tasks_beside_every_plan(draw: Callable[[Random], Task], numbers: range) -> None:
    """One agent's plan is the best and proven; a pool's leaves out no more, and is seldom worse."""
    missed = 0
    for number in numbers:
        task = draw(Random(f"{draw.__name__} {number}"))
        plan, best = make_plan(*task), best_value(task)
        value = value_of(task, plan.places)
        assert value is not None, number
        assert value == best or (value > best and not plan.proven), number
        assert value[0] == best[0], number
        if len({slot.agent for slot in task.slots}) == 1:
            assert plan.proven, number
        missed += value > best
    assert missed <= len(numbers) // 20


def test_of_equal_plans_each_filer_collects_its_own_cases() -> None:
    slots = list_slots([Frame(DAYS[0], "09:00")], [A, B], room=2)
    both = frozenset({0, 1})
    bundles = [Bundle(1, both, filer) for filer in (B, A, B, A)]
    assert (1, 0, 1, 0) == plan_best(Task(bundles, slots, {A: 1, B: 1}, {}))


@pytest.mark.parametrize("filer", [A, B])
@pytest.mark.parametrize("agents", [[A, B], [B, A]])
def test_of_two_agents_who_could_come_the_filer_does(filer: str, agents: list[str]) -> None:
    slots = list_slots([Frame(day, "09:00") for day in DAYS[:2]], agents)
    places = plan_best(Task(singles(2, slots, filer), slots, {A: 2, B: 2}, {}))
    assert [filer] * 2 == [slots[place].agent for place in places if place is not None]


def test_exchanging_cases_for_their_filers_splits_no_bundle() -> None:
    slots = list_slots([Frame(DAYS[0], "09:00")], [A, B], room=3)
    both = frozenset({0, 1})
    bundles = [Bundle(2, both, B), Bundle(2, both, A), Bundle(1, both, B), Bundle(1, both, A)]
    assert (1, 0, 1, 0) == plan_best(Task(bundles, slots, {A: 1, B: 1}, {}))


def test_of_equal_cases_those_named_first_are_placed() -> None:
    slots = list_slots([Frame(DAYS[0], hour) for hour in HOURS[:2]], room=2)
    places = plan_best(Task(singles(5, slots), slots, {A: 2}, {}))
    assert (0, 0, 1, 1, None) == places


def test_a_task_without_cases_or_slots_has_a_plan() -> None:
    slots = list_slots([Frame(DAYS[0], "09:00")])
    assert Plan(()) == make_plan([], slots, {A: 3}, {})
    assert Plan((None,)) == make_plan([Bundle(1, frozenset())], slots, {A: 3}, {})
    assert Plan((None,)) == make_plan([Bundle(1, frozenset())], [], {}, {})
    assert Plan((None,)) == make_plan(singles(1, slots), slots, {}, {})


def test_the_order_of_mappings_and_sets_changes_no_plan() -> None:
    for number in range(150):
        task = draw_task(Random(f"task {number}"))
        again = Task(
            [Bundle(b.size, frozenset(sorted(b.slots)[::-1]), b.filer) for b in task.bundles],
            task.slots,
            dict(reversed(task.left.items())),
            dict(reversed(task.capacity.items())),
        )
        assert make_plan(*task) == make_plan(*again), number


def test_the_order_of_cases_and_slots_changes_no_value() -> None:
    for number in range(150):
        rnd = Random(f"task {number}")
        task = draw_task(rnd)
        bundles = rnd.sample(task.bundles, len(task.bundles))
        order = rnd.sample(range(len(task.slots)), len(task.slots))
        moved = {old: new for new, old in enumerate(order)}
        other = Task(
            [Bundle(b.size, frozenset(moved[n] for n in b.slots), b.filer) for b in bundles],
            [task.slots[old] for old in order],
            task.left,
            task.capacity,
        )
        first = value_of(task, make_plan(*task).places)
        assert first == value_of(other, make_plan(*other).places), number


def test_more_cases_alike_than_there_are_places_are_not_looked_at() -> None:
    """The first ones get the places; the task is as large as the room, not as the file."""
    slots, bundles = list_slots(FRAMES[:2]), [Bundle(1, frozenset({0, 1})) for _ in range(5_000)]
    (problem,) = split(bundles, slots, {A: 1}, {})
    assert problem.cases == 20
    places = make_plan(bundles, slots, {A: 1}, {}).places
    assert places[:10] == (0,) * 10
    assert set(places[10:]) == {None}
