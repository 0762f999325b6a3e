"""Sweeps run in a process of their own: it forks the commands that are to be killed or to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.reliability.crash.commands import make_busy
from tests.reliability.crash.striking import Report
from tests.reliability.crash.tracing import find_obstacle
from tests.support.needs import lacking

Sweep = Callable[..., Report]


@pytest.fixture(scope="session")
def helper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ProcessPoolExecutor, Path]]:
    """Return the process that runs sweeps, and its folder."""
    obstacle = find_obstacle()
    if obstacle is not None:
        lacking(obstacle)
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
    """Return a function that runs a sweep in the helper, and adds it to the tests' summary."""
    pool, folder = helper

    def run(job: Callable[..., Report], *given: object) -> Report:
        report = pool.submit(job, folder / "busy", folder, *given).result()
        done = {"commands": 1, "points": report.runs, "states": report.states}
        record_property("tally", [request.function.__name__, done])
        return report

    return run
