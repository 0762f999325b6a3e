"""The sweeps of this folder, side by side in processes of their own; left out without strace."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.crash.commands import make_busy
from tests.crash.striking import Report
from tests.crash.tracing import find_obstacle

_MEMORY = "/dev/shm"
"""Where copies of stores are made fastest: hundreds of them, a few files each."""
_ROOM = 64 << 20
_REPORTS = pytest.StashKey[list[tuple[str, Report]]]()


def _in_ci() -> bool:
    return os.environ.get("CI") == "true"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without strace leave one test that needs it, skipped: one line says why."""
    needing = [item for item in items if "sweeps" in getattr(item, "fixturenames", ())]
    obstacle = find_obstacle() if needing and not _in_ci() else None
    if obstacle is None:
        return
    for item in needing[:1]:
        item.add_marker(pytest.mark.skip(f"{len(needing)} tests: {obstacle}"))
    items[:] = [item for item in items if item not in needing[1:]]
    config.hook.pytest_deselected(items=needing[1:])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how much was struck, by kind of sweep."""
    kinds: dict[str, list[Report]] = {}
    for kind, report in config.stash.get(_REPORTS, []):
        kinds.setdefault(kind, []).append(report)
    for kind, reports in kinds.items():
        terminalreporter.write_line(
            f"{kind}: {len(reports)} commands, {sum(r.runs for r in reports)} points, "
            f"{sum(r.states for r in reports)} states, {sum(r.seconds for r in reports):.0f} s"
        )


class Sweeps:
    """The sweeps of all tests that were chosen, begun together; each is fetched by its test."""

    def __init__(self, pool: ProcessPoolExecutor, folder: Path, config: pytest.Config) -> None:
        self._pool = pool
        self._folder = folder
        self._begun: dict[str, Future[Report]] = {}
        self._reports = config.stash.setdefault(_REPORTS, [])

    def begin(self, item: pytest.Item) -> None:
        """Begin the sweep of a test: its module's ``SWEEP`` on its parameter ``name``."""
        name = getattr(item, "callspec").params["name"]  # noqa: B009 (pytest gives it no type)
        sweep = getattr(item, "module").SWEEP  # noqa: B009
        self._begun[item.nodeid] = self._pool.submit(
            sweep, self._folder / "busy", self._folder, name
        )

    def report(self, request: pytest.FixtureRequest) -> Report:
        """Return what the sweep of a test found."""
        report = self._begun[request.node.nodeid].result()
        self._reports.append((request.function.__name__, report))
        return report


@pytest.fixture(scope="session")
def sweeps(request: pytest.FixtureRequest) -> Iterator[Sweeps]:
    """Return the sweeps of all chosen tests. In CI a missing strace is a failure."""
    obstacle = find_obstacle()
    if obstacle is not None:
        pytest.fail(obstacle)
    room = shutil.disk_usage(_MEMORY).free if os.access(_MEMORY, os.W_OK) else 0
    folder = Path(tempfile.mkdtemp(prefix="kofucli-", dir=_MEMORY if room > _ROOM else None))
    workers = max(2, len(os.sched_getaffinity(0)))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            make_busy(folder / "busy")
            begun = Sweeps(pool, folder, request.config)
            for item in request.session.items:
                if "sweeps" in getattr(item, "fixturenames", ()):
                    begun.begin(item)
            yield begun
        finally:
            pool.shutdown(cancel_futures=True)
            shutil.rmtree(folder, ignore_errors=True)
