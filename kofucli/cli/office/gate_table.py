"""What is open to an agent at the gate: a table of commands and parameters, closed until listed.

The gate runs click's own commands, in which a parameter that is closed is unknown to the parser. So
what is not open does not exist, however it is written, and no second parser can read otherwise.
"""

from __future__ import annotations

import copy
from typing import Any

import click

from kofucli.base.errors import Phrase, WrongUsageError
from kofucli.base.text import N_
from kofucli.cli.framework import Group
from kofucli.cli.main import root

TABLE = {
    "*": "lang quiet no_color format output raw dry_run explain sheet"
    " -config -store -now -verbose -agent -office -by -scenario",
    "": "version",
    "status": "",
    "slots": "",
    "book": "date hour cases files best_effort again -confirmations -form",
    "plan": "file days hours again -agents -folder",
    "amend": "number drop replace add file",
    "cancel": "number file",
    "show": "number",
    "list": "day since until statuses case everything",
    "confirmation": "number with_code -send",
    "verify": "",
    "verify redeem": "token",
    "notice": "",
    "terms": "",
    "terms show": "easy",
    "terms accept": "",
    "agent": "",
    "agent export": "agent_id",
    "rules": "",
    "rules list": "",
    "rules show": "code example",
    "help": "names",
    "completion": "shell",
}
"""The open commands and groups, with their parameters; a closed one has a minus.

The first line is of the parameters that many have.
"""

CLOSED = frozenset(
    {
        *("verify send", "agent add", "agent edit", "agent show", "agent list", "agent import"),
        *("agent suspend", "agent reinstate", "agent erase"),
        *("desk", "office", "mail", "report", "gate", "init", "demo", "scenario", "store"),
    }
)
"""The commands and groups that are the office's."""

STREAMS = frozenset({"file", "files", "output"})
"""The parameters that name a file: only standard input and output can be named."""


class _Stream(click.ParamType[str]):
    """``-``, and no other file."""

    name = "-"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value. Raises WrongUsageError."""
        if value != "-":
            raise WrongUsageError(
                Phrase("Files of this machine are not open here: - is standard input or output.")
            )
        return value


def _open_parameter(found: click.Parameter, path: str) -> click.Parameter:
    made = copy.copy(found)
    if found.name not in f"{TABLE['*']} {TABLE[path]}".split():
        made.hidden = True  # type: ignore[attr-defined]  # only options are ever closed
    elif found.name in STREAMS:
        made.type, made.metavar = _Stream(), "-"
    return made


def _open_command(found: click.Command, path: str) -> click.Command:
    made = copy.copy(found)
    made.params = [_open_parameter(each, path) for each in found.params]
    if isinstance(made, click.Group):
        names = {name: f"{path} {name}" for name in made.commands}
        made.commands = {
            name: _open_command(made.commands[name], below)
            for name, below in names.items()
            if below in TABLE
        }
    return made


class _OpenRoot(Group):
    """The root command with what is open; its commands are loaded when they are called."""

    has_examples = False
    """The examples of the help are of the whole program."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return an open command, loaded now."""
        found = root.get_command(ctx, cmd_name) if cmd_name in self.lazy else None
        if found is None:
            return None
        made = _open_command(found, cmd_name)
        made.help = self.texts[cmd_name]
        return made


def open_root() -> Group:
    """Return the root command as an agent has it."""
    return _OpenRoot(
        root.name,
        help=root.help,
        params=[_open_parameter(each, "") for each in root.params],
        context_settings=root.context_settings,
        lazy={name: place for name, place in root.lazy.items() if name in TABLE},
        texts=root.texts | {"agent": N_("Show everything that is kept about an agent.")},
        no_args_is_help=True,
    )
