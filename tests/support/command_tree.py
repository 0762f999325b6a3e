"""All commands of the program, as tests read them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from kofucli.cli.main import root


def _walk(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    if path:
        yield " ".join(path), command
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            assert found is not None
            yield from _walk(found, (*path, name))


EVERYTHING = dict(_walk(root))
"""Every command and group below the root by its path, such as `desk` and `desk arrive`."""

COMMANDS = {path: found for path, found in EVERYTHING.items() if not isinstance(found, click.Group)}
"""The commands alone."""


def options_of(command: click.Command) -> list[click.Option]:
    return [p for p in command.params if isinstance(p, click.Option)]
