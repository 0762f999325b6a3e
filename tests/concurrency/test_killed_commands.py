"""Real command lines, killed at any moment: what was acknowledged is kept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.conftest import OfficeInFolder
from tests.store.support import booking, is_whole, numbers_of, process_environment, run_process

WORKERS, TIMES, ATTEMPTS = 8, 50, 0.5


def _book_and_die(office: OfficeInFolder, worker: int) -> tuple[list[str], int]:
    """Book fifty times, half of them killed somewhere; return what was said, and how many died."""
    chance = Random(worker)
    acknowledged, died = [], 0
    for turn in range(TIMES):
        arguments = ["book", "+1", "10:00", "--case", f"W{worker}-{turn}", "--agent", "A-1"]
        with subprocess.Popen(
            [
                *(sys.executable, "-m", "kofucli", *arguments, "-f", "json"),
                *("--config", str(office.config), "--now", office.now),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=process_environment(),
        ) as process:
            if chance.random() < ATTEMPTS:
                time.sleep(chance.uniform(0.05, 1.2))
                process.kill()
            said = process.communicate()[0]
        # A document that was said whole is an acknowledgement, whatever came after it.
        if said.endswith("}\n") or process.returncode == 0:
            acknowledged.append(json.loads(said)["reservation"]["number"])
        assert process.returncode in (0, -signal.SIGKILL)
        died += process.returncode == -signal.SIGKILL
    return acknowledged, died


def test_acknowledged_is_kept_whoever_is_killed(office: OfficeInFolder) -> None:
    """Of 400 command lines many are killed: every number that was printed is kept, exactly once.

    Each killed one leaves at most its own booking beside, whole; the store is clean, and goes on.
    """
    office.set("quota", "cases", "1000")
    office.set("frames", "capacity", "5000")
    office.set("store", "lock_seconds", "60")
    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(lambda worker: _book_and_die(office, worker), range(WORKERS)))
    acknowledged = [number for numbers, _ in found for number in numbers]
    died = sum(count for _, count in found)
    kept = numbers_of(office)
    assert WORKERS <= died < WORKERS * TIMES
    assert len(set(kept)) == len(kept)
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(kept)
    assert len(kept) <= len(acknowledged) + died
    assert is_whole(office)
    assert run_process(office, *booking("11:00")).status == 0
    assert is_whole(office)
