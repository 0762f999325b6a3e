"""Real command lines, killed at any moment: every number that was printed is kept."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import (
    booking,
    full_arguments,
    is_whole,
    numbers_of,
    process_environment,
    run_process,
)
from tests.support.needs import STOPPED

pytestmark = pytest.mark.xdist_group("contention")


def _book_and_die(office: OfficeInFolder, worker: int, times: int) -> tuple[list[str], int]:
    """Book, half of the times killed somewhere; return the numbers said and how many died."""
    chance = Random(worker)
    acknowledged, died, lasted = [], 0, 0.0
    for turn in range(times):
        arguments = ["book", "+1", "10:00", "--case", f"W{worker}-{turn}", "--agent", "A-1"]
        began = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "kofucli", *full_arguments(office, *arguments, "-f", "json")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=process_environment(),
        ) as process:
            if lasted and chance.random() < 0.5:
                time.sleep(lasted * chance.uniform(0.3, 1))
                process.kill()
            said = process.communicate()[0]
        assert process.returncode in (0, STOPPED)
        # A document that was said whole is an acknowledgement, whatever came after it.
        if said.endswith("}\n") or process.returncode == 0:
            acknowledged.append(json.loads(said)["reservation"]["number"])
        if process.returncode == 0:
            lasted = time.monotonic() - began
        else:
            died += 1
    return acknowledged, died


@pytest.mark.parametrize(
    ("workers", "times"), [(2, 8), pytest.param(8, 50, marks=pytest.mark.deep)]
)
def test_acknowledged_numbers_are_kept_whichever_process_is_killed(
    office: OfficeInFolder, workers: int, times: int
) -> None:
    """A killed command leaves at most its own booking; the store is whole and goes on."""
    office.set("quota", "cases", "1000")
    office.set("frames", "capacity", "5000")
    office.set("store", "lock_seconds", "60")
    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(lambda n: _book_and_die(office, n, times), range(workers)))
    acknowledged = [number for numbers, _ in found for number in numbers]
    died = sum(count for _, count in found)
    kept = numbers_of(office)
    assert died < workers * times
    assert died >= workers or times < 50
    assert len(set(kept)) == len(kept)
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(kept)
    assert len(kept) <= len(acknowledged) + died
    assert is_whole(office)
    assert run_process(office, *booking("11:00")).status == 0
    assert is_whole(office)
