"""Power lost after every call: each state that the disk may be in then, given what was synced."""

from __future__ import annotations

import pytest

from tests.crash.conftest import Sweeps
from tests.crash.powerloss import lose_power_everywhere

SWEEP = lose_power_everywhere
NAMES = (
    "book",
    "book, first of a month",
    "book, first of a year",
    "book --from",
    "cancel",
    "verify send",
    "verify redeem",
    "desk arrive -",
    "agent add",
    "agent edit",
    "agent erase",
    "office close",
    "init",
)


@pytest.mark.parametrize("name", NAMES)
def test_power_lost_after_every_call(
    name: str, sweeps: Sweeps, request: pytest.FixtureRequest
) -> None:
    """Whatever was not synced may be missing, cut or zeros: the store is whole all the same.

    What was said to be done is there, everything else whole or not there, and no command finds a
    damaged store.
    """
    report = sweeps.report(request)
    assert [] == report.faults
    assert report.states >= 10
