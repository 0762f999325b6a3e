"""Every command that writes, on a disk of which each call fails once, in every way."""

from __future__ import annotations

import pytest

from tests.conftest import BOUNDED
from tests.reliability.crash.commands import COMMANDS
from tests.reliability.crash.conftest import Sweep
from tests.reliability.crash.striking import ERRORS, every_call, first_and_last, strike_everywhere


@pytest.mark.deep
@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_failing_at_every_call(name: str, sweep: Sweep) -> None:
    """Whichever call fails (EIO, ENOSPC, EDQUOT), the exit status says what is in the store.

    0 and 7: the change is there; 5 and 6: it is not; 8 only where the commit itself failed. Never
    another status or a traceback; the store is whole, and the next command works.
    """
    choose = first_and_last if BOUNDED else every_call
    report = sweep(strike_everywhere, name, choose, tuple(ERRORS))
    assert [] == report.faults
    assert report.runs >= 10
