"""Many processes at once: nothing is lost, nothing is over, and what was acknowledged is kept."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.needs import STOPPED
from tests.store.support import (
    booking,
    is_whole,
    numbers_of,
    process_environment,
    run_process,
)

AGENTS = ("A-1", "B-2", "C-3", "D-4")

BOOKING_ON = Path(__file__).with_name("booking_on.py")

pytestmark = pytest.mark.xdist_group("contention")


@pytest.fixture
def wide_office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office in which four agents may book a frame as often as it has room."""
    for agent in AGENTS[1:]:
        office.add_agent(agent)
    office.set("quota", "cases", "1000")
    office.set("store", "lock_seconds", "60")
    return office


def _book_again_and_again(office: OfficeInFolder, worker: int, times: int) -> list[tuple[int, str]]:
    found = []
    for turn in range(times):
        outcome = run_process(
            office,
            *("book", "+1", "10:00", "--case", f"W{worker}-{turn}", "-f", "json"),
            *("--agent", AGENTS[worker % len(AGENTS)]),
        )
        assert outcome.status in (0, 3, 9), outcome
        if outcome.status == 3:
            assert outcome.codes == ["frame.full"]
        number = outcome.json["reservation"]["number"] if outcome.status == 0 else ""
        found.append((outcome.status, number))
    return found


@pytest.mark.parametrize(
    ("workers", "times", "capacity"), [(3, 4, 8), pytest.param(8, 25, 40, marks=pytest.mark.deep)]
)
def test_last_places_under_contention(
    wide_office: OfficeInFolder, workers: int, times: int, capacity: int
) -> None:
    """Processes book the last places of a frame again and again: these succeed, no more."""
    wide_office.set("frames", "capacity", str(capacity))
    with ThreadPoolExecutor(workers) as pool:
        found = [
            result
            for results in pool.map(
                lambda worker: _book_again_and_again(wide_office, worker, times), range(workers)
            )
            for result in results
        ]
    statuses = Counter(status for status, _ in found)
    assert statuses[0] + statuses[3] + statuses[9] == workers * times
    assert statuses[0] == capacity
    acknowledged = [number for status, number in found if status == 0]
    assert len(set(acknowledged)) == capacity
    assert sorted(acknowledged) == sorted(numbers_of(wide_office))
    (frame,) = [f for f in wide_office.json("slots")["days"][0]["frames"] if f["start"] == "10:00"]
    assert (frame["booked"], frame["remaining"]) == (capacity, 0)
    assert is_whole(wide_office)


def _kill_again_and_again(office: OfficeInFolder, worker: int, times: int) -> list[str]:
    """Let processes book until they are killed at some moment; return what they acknowledged."""
    chance, acknowledged = random.Random(worker), []
    for turn in range(times):
        with subprocess.Popen(
            [
                *(sys.executable, str(BOOKING_ON), str(office.config), office.now),
                *(AGENTS[worker], f"W{worker}-{turn}"),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env=process_environment(),
        ) as process:
            assert process.stdout is not None
            for _ in range(chance.randint(1, 8)):
                acknowledged.append(process.stdout.readline().strip())
            time.sleep(chance.uniform(0, 0.01))
            process.kill()
            acknowledged += process.stdout.read().split()
        assert process.returncode == STOPPED
    return acknowledged


@pytest.mark.parametrize(("workers", "times"), [(2, 2), pytest.param(3, 5, marks=pytest.mark.deep)])
def test_killed_writers_lose_nothing_acknowledged(
    wide_office: OfficeInFolder, workers: int, times: int
) -> None:
    """Processes that are killed while they book lose nothing that they had acknowledged.

    Of each killed process at most one booking more is kept: the one under way.
    """
    wide_office.set("frames", "capacity", "5000")
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda w: _kill_again_and_again(wide_office, w, times), range(workers))
        acknowledged = [number for found in results for number in found]
    assert is_whole(wide_office)
    kept = numbers_of(wide_office)
    assert "" not in acknowledged
    assert len(set(kept)) == len(kept)
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(kept)
    assert len(kept) - len(acknowledged) <= workers * times
    assert run_process(wide_office, *booking("11:00")).status == 0
    assert is_whole(wide_office)
