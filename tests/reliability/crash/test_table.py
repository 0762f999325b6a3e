"""The table of commands is complete: whatever the command line changes is in it."""

from __future__ import annotations

from tests.reliability.crash.commands import COMMANDS as STRUCK
from tests.support.command_tree import COMMANDS, options_of


def test_every_writing_command_is_struck() -> None:
    """But for ``store migrate``: there is no older format that it could change."""
    writing = {
        name
        for name, command in COMMANDS.items()
        if any("--dry-run" in option.opts for option in options_of(command))
    }
    struck = {" ".join(command.line.split()[:n]) for command in STRUCK for n in (1, 2)}
    assert set() == writing - struck - {"store migrate"}
    assert "store backup" in struck
