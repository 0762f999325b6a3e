"""Power lost after every call: each state that the disk may be in then, given what was synced."""

from __future__ import annotations

import pytest

from tests.reliability.crash.conftest import Sweep
from tests.reliability.crash.powerloss import lose_power_everywhere

_QUICK = ("cancel", "verify redeem")
NAMES = (
    *("book", "book, first of a month", "book, first of a year", "book --from", "cancel"),
    *("verify send", "verify redeem", "desk arrive -", "agent add", "agent edit", "agent erase"),
    *("office close", "init", "store restore", "store import", "store purge"),
    "store check --repair",
)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.deep] if name not in _QUICK else []) for name in NAMES],
)
def test_power_lost_after_every_call(name: str, sweep: Sweep) -> None:
    """What was said to be done is there, all else whole or absent; no command finds damage."""
    report = sweep(lose_power_everywhere, name)
    assert [] == report.faults
    assert report.states >= 10
