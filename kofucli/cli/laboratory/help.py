"""``help`` and ``completion``: the help of a command, the completion script of a shell."""

from __future__ import annotations

import click

from kofucli.base.errors import Phrase, WrongUsageError
from kofucli.cli.app import App
from kofucli.cli.files import print_text
from kofucli.cli.framework import argument, command


@command("help")
@argument("names", metavar="[COMMAND]...", nargs=-1)
def help_(app: App, names: tuple[str, ...]) -> None:
    """Print what ``kofucli COMMAND --help`` prints; without a name the help of the program."""
    ctx = click.get_current_context().find_root()
    for name in names:
        if not isinstance(ctx.command, click.Group):
            raise WrongUsageError(
                Phrase("'{command}' has no commands of its own.", command=ctx.command_path)
            )
        _, found, _ = ctx.command.resolve_command(ctx, [name])
        assert found is not None  # click raises for what there is not
        ctx = click.Context(found, parent=ctx, info_name=name)
    print_text(ctx.get_help() + "\n")


@command("completion")
@argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(app: App, shell: str) -> None:
    """Print a completion script."""
    from kofucli.cli.completion import SHELLS  # only here

    root = click.get_current_context().find_root().command
    print_text(SHELLS[shell](root, {}, "kofucli", "_KOFUCLI_COMPLETE").source())
