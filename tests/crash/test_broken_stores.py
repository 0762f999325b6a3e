"""The sweeps find bugs: each one planted here is reported."""

from __future__ import annotations

import pytest

from tests.crash.broken import BUGS, sweep_broken
from tests.crash.conftest import Sweeps

SWEEP = sweep_broken


@pytest.mark.parametrize("name", BUGS)
def test_planted_bug_is_found(name: str, sweeps: Sweeps, request: pytest.FixtureRequest) -> None:
    """A store that leaves out one step of the protocol does not pass."""
    report = sweeps.report(request)
    assert any(BUGS[name][-1] in fault for fault in report.faults), report.faults
