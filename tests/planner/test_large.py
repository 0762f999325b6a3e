"""The planner with many agents, cases, days: plans whose best values are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations
from random import Random

import pytest

from kofucli.model import Frame
from kofucli.planner import make_plan
from kofucli.planner.problem import Bundle, Slot
from tests.planner.naive import Task, Value, value_of

HOURS = ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00"]
SHOWN_DAYS = [date(2026, 11, day) for day in (25, 26, 27, 30)] + [date(2026, 12, 1)]
SHOWN = [Frame(day, hour) for day in SHOWN_DAYS for hour in HOURS]
WEEK = [Frame(date(2026, 11, 23) + timedelta(days=n), hour) for n in range(5) for hour in HOURS]


def list_slots(agents: Sequence[str], frames: Sequence[Frame] = WEEK) -> list[Slot]:
    """Return ten places in each frame for each agent."""
    return [Slot(agent, frame, rank, 10) for agent in agents for rank, frame in enumerate(frames)]


def name_agents(count: int) -> list[str]:
    return [f"A-{number:02d}" for number in range(count)]


def best_by_days(cases: int, capacity: Mapping[Frame, int], agents: int) -> Value:
    """Return the best value where any agent may take any case, and fills any frame alone.

    Day by day: which of its frames are taken, on how many visits of one, two or three frames.
    Visits of two or three need an agent each; those of one fit into what is left of three.
    """
    days: dict[date, list[tuple[int, int]]] = {}
    for rank, frame in enumerate(WEEK):
        days.setdefault(frame.date, []).append((rank, capacity[frame]))
    # Frames, long visits, visits and cases so far: the least lateness.
    found = {(0, 0, 0, 0): 0}
    for frames in days.values():
        following: dict[tuple[int, int, int, int], int] = {}
        for (taken, long, visits, placed), lateness in found.items():
            for chosen in _choose(frames):
                now, late = placed, lateness
                for rank, most in chosen:
                    count = min(most, cases - now)
                    now, late = now + count, late + count * rank
                for longer, more in _split_visits(len(chosen)):
                    state = taken + len(chosen), long + longer, visits + more, now
                    if state[0] <= 3 * agents and state[1] <= agents:
                        following[state] = min(late, following.get(state, late))
        found = following
    return min(
        (cases - placed, visits, taken, late) for (taken, _, visits, placed), late in found.items()
    )


def _choose(frames: Sequence[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], ...]]:
    for count in range(len(frames) + 1):
        yield from combinations(frames, count)


def _split_visits(frames: int) -> set[tuple[int, int]]:
    """Return how many visits of two or three frames, and how many visits, so many frames make."""
    return {
        (twos + threes, frames - twos - 2 * threes)
        for threes in range(frames // 3 + 1)
        for twos in range((frames - 3 * threes) // 2 + 1)
    }


def draw_small_frames(seed: int) -> Task:
    """Return three agents' cases that suit everywhere; one agent alone fills any frame."""
    rng = Random(f"small frames {seed}")
    agents = name_agents(3)
    slots = list_slots(agents)
    capacity = {frame: rng.randint(5, 8) for frame in WEEK}
    everywhere = frozenset(range(len(slots)))
    bundles = [Bundle(1, everywhere, agents[n % 3]) for n in range(rng.randint(35, 60))]
    return Task(bundles, slots, dict.fromkeys(agents, 3), capacity)


@pytest.mark.parametrize("pools", [3, pytest.param(12, marks=pytest.mark.deep)])
def test_agents_who_compete_for_small_frames(pools: int) -> None:
    """Compared with a count by days, plans are only later, by half at most; the proven are best."""
    for seed in range(pools):
        task = draw_small_frames(seed)
        plan = make_plan(*task)
        value = value_of(task, plan.places)
        best = best_by_days(len(task.bundles), task.capacity, 3)
        assert value is not None
        assert value[:3] == best[:3], seed
        assert best[3] <= value[3] <= (best[3] if plan.proven else 1.5 * best[3]), seed


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(1, 6))]
)
def test_a_plan_that_is_called_proven_is_the_best(seed: int) -> None:
    task = draw_small_frames(seed)
    plan = make_plan(*task, most_steps=400)
    value = value_of(task, plan.places)
    best = best_by_days(len(task.bundles), task.capacity, 3)
    assert value is not None
    assert value == best or (value > best and not plan.proven)


@pytest.mark.parametrize(("agents", "each", "free"), [(4, 15, 30), (8, 35, 30)])
def test_agents_who_fill_a_day(agents: int, each: int, free: int) -> None:
    """A frame takes four agents: nothing is better than all frames of the first day."""
    names = name_agents(agents)
    slots = list_slots(names)
    bundles = [
        Bundle(
            1, frozenset(n for n, slot in enumerate(slots) if slot.frame.start == hour), names[0]
        )
        for hour in HOURS
        for _ in range(each)
    ]
    bundles += [Bundle(1, frozenset(range(len(slots))), names[-1])] * free
    task = Task(bundles, slots, dict.fromkeys(names, 3), dict.fromkeys(WEEK, 40))
    plan = make_plan(*task)
    # Each hour's own cases need as many whole frames; the others just fill these up.
    lateness = 5 * agents * sum(range(len(HOURS)))
    assert (0, agents, 3 * agents, lateness) == value_of(task, plan.places)


@pytest.mark.parametrize("agents", [6, 8])
def test_a_pool_with_deadlines_is_placed_on_the_first_day(agents: int) -> None:
    rng = Random(f"deadlines {agents}")
    names = name_agents(agents)
    slots = list_slots(names)
    bundles = []
    for number in range(30 * agents):
        last = rng.choice([*range(5), 4, 4, 4, 4])
        suits = frozenset(n for n, slot in enumerate(slots) if slot.rank < 6 * (last + 1))
        bundles.append(Bundle(1, suits, names[number % agents]))
    task = Task(bundles, slots, dict.fromkeys(names, 3), dict.fromkeys(WEEK, 40))
    plan = make_plan(*task)
    ranks = sorted(list(range(6)) * 4)[: 3 * agents]
    assert ((0, agents, 3 * agents, 10 * sum(ranks)), True) == (
        value_of(task, plan.places),
        plan.proven,
    )


def test_two_thousand_bundles() -> None:
    """However many bundles there are they are packed, and no call is nested too deeply."""
    slots = [Slot("A", frame, rank, 199) for rank, frame in enumerate(WEEK)]
    bundles = [Bundle(2, frozenset(range(30)))] * 2_000
    plan = make_plan(bundles, slots, {"A": 20}, {})
    # Ninety-nine bundles in each of twenty frames.
    assert (20, True) == (plan.places.count(None), plan.proven)


def test_thousands_of_bundles_of_two_sizes() -> None:
    """Where packing them cannot be tried to the end a plan is given all the same."""
    slots = [Slot("A", frame, rank, 199) for rank, frame in enumerate(WEEK)]
    sizes = [5] * 500 + [3] * 700 + [2] * 400
    bundles = [Bundle(size, frozenset(range(30))) for size in sizes]
    task = Task(bundles, slots, {"A": 20}, {})
    value = value_of(task, make_plan(*task).places)
    assert value is not None
    assert sum(sizes) - 20 * 199 <= value[0] < sum(sizes) - 20 * 195


def test_the_one_day_that_suits_all_is_found_among_sixty() -> None:
    days = [date(2026, 11, 23) + timedelta(days=n) for n in range(60)]
    frames = [Frame(day, f"{hour:02d}:00") for day in days for hour in range(8, 18)]
    slots = list_slots(["A"], frames)
    best = days[50]
    bundles = []
    for case in range(30):
        # Each suits another hour of every day, and every hour of the best day.
        suits = frozenset(
            n
            for n, slot in enumerate(slots)
            if slot.frame.date == best or (slot.frame.date < best and (slot.rank + case) % 10 == 3)
        )
        bundles.append(Bundle(1, suits))
    task = Task(bundles, slots, {"A": 3}, {})
    plan = make_plan(*task)
    lateness = 10 * (500 + 501 + 502)
    assert ((0, 1, 3, lateness), True) == (value_of(task, plan.places), plan.proven)


def test_thirty_agents_collect_what_they_filed() -> None:
    agents = name_agents(30)
    slots = list_slots(agents, WEEK[:6])
    rng = Random(30)
    filers = [agent for agent in agents for _ in range(10)]
    rng.shuffle(filers)
    bundles = [Bundle(1, frozenset(range(len(slots))), filer) for filer in filers]
    plan = make_plan(bundles, slots, dict.fromkeys(agents, 1), {})
    assert filers == [slots[place].agent for place in plan.places if place is not None]


@pytest.mark.parametrize(
    ("agents", "cases"),
    [(8, 150), *(pytest.param(*more, marks=pytest.mark.deep) for more in [(12, 250), (20, 400)])],
)
def test_a_large_pool_leaves_nothing_out_that_fits(agents: int, cases: int) -> None:
    rng = Random(1)
    names = name_agents(agents)
    slots = list_slots(names)
    bundles = []
    for number in range(cases):
        last = WEEK[6 * rng.randrange(5)].date if rng.random() < 0.3 else date.max
        fits = frozenset(n for n, slot in enumerate(slots) if slot.frame.date <= last)
        bundles.append(Bundle(1, fits, names[number % agents]))
    plan = make_plan(bundles, slots, dict.fromkeys(names, 3), dict.fromkeys(WEEK, 40))
    assert None not in plan.places


@pytest.mark.parametrize(("size", "capacity", "count"), [(2, 9, 20), (2, 11, 20), (3, 10, 14)])
def test_bundles_of_two_agents_in_tight_frames(size: int, capacity: int, count: int) -> None:
    """A frame's capacity takes whole bundles only, and that is enough to prove the best plan."""
    slots = list_slots("AB")
    bundles = [Bundle(size, frozenset(range(len(slots))))] * count
    plan = make_plan(bundles, slots, {"A": 3, "B": 3}, dict.fromkeys(WEEK, capacity))
    assert (True, 0) == (plan.proven, plan.places.count(None))


LEFT_OUT_OF_HARD_POOLS = [1, 28, 3, 35, 6, 4, 9, 0, 3, 0, 9, 4, 17, 0, 0, 22, 0, 2, 0, 0]


@pytest.mark.parametrize(
    "number",
    [1, *(pytest.param(n, marks=pytest.mark.deep) for n in range(20) if n != 1)],
)
def test_no_more_is_left_out_of_hard_pools_than_before(number: int) -> None:
    task = draw_hard_pool(number)
    places = make_plan(*task).places
    left_out = sum(b.size for b, place in zip(task.bundles, places, strict=True) if place is None)
    assert left_out <= LEFT_OUT_OF_HARD_POOLS[number]


def draw_hard_pool(seed: int) -> Task:
    """Return a pool of three to six agents with 60 to 110 cases, alone or in pairs.

    Each asks for some agents, a last day, and for any hour, one, or the morning; a frame takes six
    to fourteen cases.
    """
    rng = Random(f"mixed {seed}")
    agents = [f"A-{number}" for number in range(rng.choice([3, 4, 5, 6]))]
    slots = list_slots(agents, SHOWN)
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
