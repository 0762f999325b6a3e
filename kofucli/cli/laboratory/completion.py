"""``completion``: the shell's completion script."""

from __future__ import annotations

import click

from kofucli.base.text import N_
from kofucli.cli.app import App
from kofucli.cli.framework import command


@command("completion", N_("Print the completion script of a shell."))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(app: App, shell: str) -> None:
    """Print a completion script."""
    from click.shell_completion import get_completion_class  # only here

    from kofucli.cli.main import root  # the root loads this module

    found = get_completion_class(shell)
    if found is None:
        raise LookupError(shell)
    click.echo(found(root, {}, "kofucli", "_KOFUCLI_COMPLETE").source())
