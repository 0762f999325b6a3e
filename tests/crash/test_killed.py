"""Every command that writes, killed at every one of its system calls on the store."""

from __future__ import annotations

import pytest

from tests.crash.commands import COMMANDS
from tests.crash.conftest import Sweeps
from tests.crash.striking import kill_everywhere

SWEEP = kill_everywhere


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_killed_at_every_call(name: str, sweeps: Sweeps, request: pytest.FixtureRequest) -> None:
    """Killed at any call, a command's change is there whole or not at all.

    What it had said is done is there, nothing earlier is lost, ``store check`` finds nothing, the
    same command can be run again, and the next one works.
    """
    report = sweeps.report(request)
    assert [] == report.faults
    assert {-9: report.runs} == report.statuses
    assert report.runs >= 10
