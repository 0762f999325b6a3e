"""Every command that writes is in the table, and is killed at its system calls on the store."""

from __future__ import annotations

import pytest

from tests.conftest import BOUNDED
from tests.reliability.crash.commands import COMMANDS
from tests.reliability.crash.conftest import Sweep
from tests.reliability.crash.striking import (
    around_commit,
    every_call,
    first_and_last,
    strike_everywhere,
)
from tests.support.command_tree import COMMANDS as EVERY
from tests.support.command_tree import options_of

NAMES = [command.name for command in COMMANDS]


def test_every_writing_command_is_struck() -> None:
    """But for ``store migrate``: there is no older format that it could change."""
    writing = {
        name
        for name, command in EVERY.items()
        if any("--dry-run" in option.opts for option in options_of(command))
    }
    struck = {" ".join(command.line.split()[:n]) for command in COMMANDS for n in (1, 2)}
    assert set() == writing - struck - {"store migrate"}
    assert "store backup" in struck


@pytest.mark.deep
@pytest.mark.parametrize("name", NAMES)
def test_killed_at_every_call(name: str, sweep: Sweep) -> None:
    """Killed at any call, a command's change is there whole or not at all.

    What it had said is done is there, nothing earlier is lost, ``store check`` finds nothing, the
    same command can be run again, and the next one works.
    """
    report = sweep(strike_everywhere, name, first_and_last if BOUNDED else every_call)
    assert [] == report.faults
    assert report.runs >= (5 if BOUNDED else 10)


@pytest.mark.parametrize("name", NAMES)
def test_struck_around_its_commit(name: str, sweep: Sweep) -> None:
    """The same, and what a failing disk must leave, at the commit and the calls next to it."""
    report = sweep(strike_everywhere, name, around_commit)
    assert [] == report.faults
    assert report.runs >= 4
