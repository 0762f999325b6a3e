"""The command line: parse, call one operation, hand the result to output.

``kofucli book +1 10:00 --case X-1 --agent A-1`` goes through ``main.main``, which loads
``booking/book.py``; its function ``book(app, ...)`` reads the arguments, calls
``kofucli.operations.booking.book`` and shows the result with ``app.show``. Commands stand by the
groups of the help, in three folders and in ``counter``.

How a command is declared stands here: its options, its place in the help. One that only the office
may run, with ``-f``, ``-o``, ``--office``, ``--by`` and ``-n``::

    @cli.command("reopen", N_("Open a day, and the hours of it that were closed."), office)
    @cli.argument("date")
    @cli.office_options("table", "json", changes=True)
    def _reopen(app: App, date: str) -> None: ...

Shared options are not arguments of the function: they are kept in ``app.options``. Help texts are
English in the source, and are translated when they are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from gettext import gettext
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kofucli.base import Phrase, WrongUsageError
from kofucli.base.text import N_

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from kofucli.cli.app import App

F = TypeVar("F", bound=Callable[..., Any])

_HELP_NAMES = ["-h", "--help"]
_CONTEXT = {"help_option_names": _HELP_NAMES, "max_content_width": 100}

_WITH_WORKBOOK = (
    *("list", "book --from", "plan", "desk sheet", "report load", "report quota"),
    *("report conduct", "agent list"),
)


class _Completed(click.Parameter):
    """A parameter whose values the shell can complete, by the form that the help names."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return what may stand here: the words of a choice, or what the office has."""
        from kofucli.cli.completion import complete_value  # only a completion needs it

        return super().shell_complete(ctx, incomplete) or complete_value(self, ctx, incomplete)


class Argument(_Completed, click.Argument):
    """An argument; its metavar, else its name, is its form."""


class Option(_Completed, click.Option):
    """An option with translated help, which refuses to be given twice with different values.

    Click would drop the first value silently. With ``last_counts`` the last value is taken, so that
    a user can overrule an option that stands in an alias. Flags and repeatable options are free.
    """

    def __init__(self, *args: Any, last_counts: bool = False, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._last_counts = last_counts

    @property
    def _is_single(self) -> bool:
        return not (self.multiple or self.is_flag or self.count)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser keep every value that is given; a hidden option it does not know."""
        if self.hidden:
            return
        if self._is_single:
            parser.add_option(self, self.opts, self.name, "append", self.nargs)
        else:
            super().add_to_parser(parser, ctx)

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return the value and its source. Raises WrongUsageError for two different values."""
        value, source = super().consume_value(ctx, opts)
        if not self._is_single or not isinstance(value, list):
            return value, source
        if len(set(value)) > 1 and not self._last_counts and not ctx.resilient_parsing:
            raise WrongUsageError(
                Phrase(
                    "{option} is given more than once, with different values; it takes one.",
                    option=max(self.opts, key=len),
                )
            )
        return value[-1], source

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the two columns of the help."""
        original = self.help
        self.help = gettext(original) if original else original
        try:
            return super().get_help_record(ctx)
        finally:
            self.help = original


def _show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


_help_option = Option(
    _HELP_NAMES,
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_help,
    help=N_("Show this message and exit."),
)


class Command(click.Command):
    """A command with translated help, and below it ``meanings`` of words: ``word: what it means``.

    They stand under the title ``meanings_of``.
    """

    meanings_of = ""
    meanings: tuple[str, ...] = ()

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence of the help, whole: the terminal wraps it."""
        return gettext(self.help).partition("\n")[0] if self.help else ""

    def make_parser(self, ctx: click.Context) -> Any:
        """Return click's parser. It looks for ``-f`` among long names first, so it is there too.

        Else click would make an error that proposes similar names, and drop it.
        """
        parser = super().make_parser(ctx)
        parser._long_opt |= parser._short_opt
        return parser

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return --help; click's own is translated when it is made, which every run would pay."""
        return _help_option

    def get_help(self, ctx: click.Context) -> str:
        """Return the help."""
        from kofucli.cli.help import help_text  # only a help needs it

        return help_text(self, ctx)

    def list_sections(self, ctx: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield the sections of the help, each with its commands and what they do."""
        yield from ()


class Group(Command, click.Group):
    """A group with the shared options; its commands stand as they were declared."""

    def __init__(self, name: str, **attributes: Any) -> None:
        super().__init__(
            name,
            params=_shared_options(),
            context_settings=_CONTEXT,
            no_args_is_help=True,
            **attributes,
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(self.commands)

    def list_sections(self, ctx: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield the one section of the commands."""
        found = self.commands.items()
        yield "Commands", [(name, command.get_short_help_str()) for name, command in found]


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """Return click's option decorator for our Option."""
    return click.option(*names, cls=Option, **attributes)


def argument(name: str, **attributes: Any) -> Callable[[F], F]:
    """Return click's argument decorator for our Argument."""
    return click.argument(name, cls=Argument, **attributes)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Keep a shared option in ``app.options``; the last value given counts."""
    if value is not None and value is not False and param.name and ctx.obj is not None:
        ctx.obj.options[param.name] = value
    return value


def _shared_options() -> list[click.Parameter]:
    language = click.Choice(["ja", "en"])
    given: list[tuple[list[str], dict[str, Any]]] = [
        (["--config"], {"metavar": "PATH", "help": N_("The configuration (kofucli.toml).")}),
        (
            ["--store"],
            {"metavar": "PATH", "help": N_("The store: its folder, or the URL of its database.")},
        ),
        (["--now"], {"metavar": "INSTANT", "help": N_("The instant to act at.")}),
        (["--lang"], {"type": language, "help": N_("The language of what is shown.")}),
        (["-q", "--quiet"], {"is_flag": True, "help": N_("Show no notes or warnings.")}),
        (["-v", "--verbose"], {"is_flag": True, "help": N_("Say more where something fails.")}),
        (["--no-color"], {"is_flag": True, "help": N_("No colours.")}),
    ]
    return [
        Option(names, expose_value=False, callback=_keep, last_counts=True, **attributes)
        for names, attributes in given
    ]


def command(
    name: str, help_text: str = "", group: Group | None = None, runs: bool = True
) -> Callable[[F], Command]:
    """Make a function a command with the shared options, in ``group`` if that is given.

    The help of a command of the root stands in ``kofucli.cli.main``.

    The function's first argument is the App of this run; ``App.run`` calls the function, unless it
    only makes another run (``runs``).
    """

    def decorate(function: F) -> Command:
        @wraps(function)
        def run(app: App, *arguments: Any, **named: Any) -> Any:
            return app.run(lambda: function(app, *arguments, **named))

        make = click.command(name, cls=Command, help=help_text, context_settings=_CONTEXT)
        made = make(click.pass_obj(run if runs else function))
        made.params += _shared_options()
        if group is not None:
            group.add_command(made)
        return made

    return decorate


def _stored(*flags: str, **attributes: Any) -> Callable[[F], F]:
    return option(*flags, expose_value=False, callback=_keep, **attributes)


office_flag = _stored("--office", is_flag=True, help=N_("Act as the office."))
by_option = _stored("--by", metavar="NAME", help=N_("The name that is recorded as who did it."))
_agent_option = _stored("--agent", metavar="ID", help=N_("The agent who acts (or for whom)."))
_yes_option = _stored("-y", "--yes", is_flag=True, help=N_("Answer questions with yes."))
dry_run_option = _stored(
    "-n", "--dry-run", is_flag=True, help=N_("Say what would happen; change nothing.")
)
output_option = _stored("-o", "--output", metavar="FILE", help=N_("Write the result to a file."))
explain_option = _stored(
    "--explain",
    is_flag=True,
    help=N_("Show every rule that was asked, its inputs and its boundary."),
)
sheet_option = option(
    "--sheet", metavar="NAME", help=N_("The sheet of a workbook (default: the first).")
)
scenario_option = _stored(
    "--scenario",
    metavar="FILE",
    help=N_("Write the decision, a refusal too, as a scenario that replays it."),
)


def office_and_by(function: F) -> F:
    """Add --office and --by."""
    return office_flag(by_option(function))


def office_options(*formats: str, changes: bool = False, asks: bool = False) -> Callable[[F], F]:
    """Add --office, --by, and the form of the result, one of ``formats``.

    They refuse nobody: ``App.office_actor`` does. An agent may run ``plan``, and ``store check``
    without a repair. ``changes`` adds -n; ``asks``, for commands that ask before they change
    something, adds -y.
    """

    def decorate(function: F) -> F:
        function = format_options(*formats)(function)
        function = dry_run_option(function) if changes else function
        return office_and_by(_yes_option(function) if asks else function)

    return decorate


def agent_or_office(*formats: str, changes: bool = False) -> Callable[[F], F]:
    """Add --agent and the options of ``office_options``: agents and the office may run it."""
    return lambda function: _agent_option(office_options(*formats, changes=changes)(function))


def span_options(function: F) -> F:
    """Add --since and --until, days as DATE."""
    function = option("--until", metavar="DATE", help=N_("Up to this day, included."))(function)
    return option("--since", metavar="DATE", help=N_("From this day on."))(function)


class _Form(click.Choice[str]):
    """The forms of a command's result."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the form. Raises WrongUsageError for a workbook where there is none."""
        if value == "xlsx" and value not in self.choices:
            raise WrongUsageError(
                Phrase(
                    "This command makes no workbook (-f xlsx); these do: {commands}. Its forms "
                    "are: {forms}.",
                    commands=_WITH_WORKBOOK,
                    forms=list(self.choices),
                )
            )
        return super().convert(value, param, ctx)


def format_options(*formats: str, output: bool = True) -> Callable[[F], F]:
    """Add -f with these formats, -o unless ``output`` is False, --raw where there is CSV."""

    def decorate(function: F) -> F:
        if "csv" in formats:
            function = _stored(
                "--raw",
                is_flag=True,
                help=N_("CSV: no apostrophe before what looks like a formula."),
            )(function)
        if output:
            function = output_option(function)
        return _stored(
            "-f",
            "--format",
            type=_Form(formats),
            last_counts=True,
            help=N_("The form of the result."),
        )(function)

    return decorate
