"""The table of commands is complete: whatever the command line changes is in it."""

from __future__ import annotations

import click

from kofucli.cli.main import root
from tests.crash.commands import COMMANDS


def _commands(group: click.Group, before: tuple[str, ...] = ()) -> dict[str, click.Command]:
    context = click.Context(group)
    found: dict[str, click.Command] = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= _commands(command, (*before, name))
        else:
            found[" ".join((*before, name))] = command
    return found


def test_every_writing_command_is_struck() -> None:
    """But for ``store migrate``: there is no older format that it could change."""
    writing = {
        name
        for name, command in _commands(root).items()
        if any("--dry-run" in option.opts for option in command.params)
    }
    struck = {" ".join(command.line[:length]) for command in COMMANDS for length in (1, 2)}
    assert set() == writing - struck - {"store migrate"}
    assert "store backup" in struck
