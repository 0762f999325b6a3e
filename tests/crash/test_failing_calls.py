"""Every command that writes, on a disk of which each call fails once, in every way."""

from __future__ import annotations

import pytest

from tests.crash.commands import COMMANDS
from tests.crash.conftest import Sweeps
from tests.crash.striking import fail_everywhere

SWEEP = fail_everywhere


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_failing_at_every_call(name: str, sweeps: Sweeps, request: pytest.FixtureRequest) -> None:
    """Whichever call fails (EIO, ENOSPC, EDQUOT), the exit status says what is in the store.

    0 and 7: the change is there; 2 to 6 and 9: it is not; 8 only where the commit itself failed.
    Never a traceback, never 1; the store is whole, and the next command works.
    """
    report = sweeps.report(request)
    assert [] == report.faults
    assert report.statuses.keys() <= {0, 5, 6, 7, 8}
    assert report.runs >= 10
