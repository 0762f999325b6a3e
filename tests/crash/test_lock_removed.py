"""The lock's file deleted while a command waits, inside the kernel, to write its line."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.crash.commands import make_busy
from tests.crash.tracing import find_obstacle, run_alone
from tests.needs import lacking
from tests.store.support import CopiedOffice, full_arguments, is_whole, numbers_of, run_process

_DELAY = 2_500_000
"""Microseconds for which the write is held up."""
_PATIENCE = 60
_A = ("book", "+1", "13:00", "--case", "N-1", "--agent", "A-1", "-f", "json")
_B = ("book", "+1", "13:00", "--case", "N-2", "--agent", "B-2", "-f", "json")


@pytest.mark.deep
def test_two_writers_never_give_one_number(tmp_path: Path) -> None:
    """The second writer waits for the first one, though it locked another file of that name."""
    obstacle = find_obstacle()
    if obstacle is not None:
        lacking(obstacle)
    for name in ("busy", "work"):
        (tmp_path / name).mkdir()
    busy = make_busy(tmp_path / "busy")
    office, tried = (CopiedOffice(tmp_path / name, busy) for name in ("office", "tried"))
    calls = run_alone(full_arguments(tried, *_A), tmp_path / "work").calls
    (number,) = [c.number for c in calls if c.name == "write" and "/ledger/" in c.path]
    inject = f"write:delay_enter={_DELAY}:when={number}"
    lock = office.store / ".lock"
    lock.write_bytes(b"")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(run_alone, full_arguments(office, *_A), tmp_path / "work", inject=inject)
        deadline = time.monotonic() + _PATIENCE
        while not lock.stat().st_size and time.monotonic() < deadline:
            time.sleep(0.01)
        lock.unlink()
        second = run_process(office, *_B)
        first = slow.result(_PATIENCE)
    assert (first.status, second.status) == (0, 0), (first, second)
    numbers = numbers_of(office)
    assert len(numbers) == len(set(numbers)) == len(numbers_of(tried)) + 1
    assert is_whole(office)
