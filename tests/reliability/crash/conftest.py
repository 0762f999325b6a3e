"""The sweeps of this folder, in a process beside the tests that forks what it strikes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.reliability.crash.commands import make_busy
from tests.reliability.crash.striking import Report
from tests.reliability.crash.tracing import find_obstacle

Sweep = Callable[..., Report]


@pytest.fixture(scope="session")
def helper(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[ProcessPoolExecutor, Path]]:
    """Return a process that sweeps, and its folder. In CI a missing strace is a failure."""
    obstacle = find_obstacle()
    if obstacle is not None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(obstacle)
    folder = tmp_path_factory.mktemp("sweeps")
    make_busy(folder / "busy")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool, folder


@pytest.fixture
def sweep(
    helper: tuple[ProcessPoolExecutor, Path],
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> Sweep:
    """Return what runs a sweep in the helper, and tells the summary of the tests about it."""
    pool, folder = helper

    def run(job: Callable[..., Report], *given: object) -> Report:
        report = pool.submit(job, folder / "busy", folder, *given).result()
        done = {"commands": 1, "points": report.runs, "states": report.states}
        record_property("tally", [request.function.__name__, done])
        return report

    return run
