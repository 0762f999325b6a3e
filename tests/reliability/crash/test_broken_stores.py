"""The sweeps find bugs: each one planted here is reported."""

from __future__ import annotations

import pytest

from tests.reliability.crash.broken import BUGS, sweep_broken
from tests.reliability.crash.conftest import Sweep

_QUICK = "documents are written in place"


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.deep] if name != _QUICK else []) for name in BUGS],
)
def test_planted_bug_is_found(name: str, sweep: Sweep) -> None:
    report = sweep(sweep_broken, name)
    assert any(BUGS[name][-1] in fault for fault in report.faults), report.faults
