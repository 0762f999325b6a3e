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
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from kofucli.base import usage_error
from kofucli.base.text import N_

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from kofucli.cli.app import App

F = TypeVar("F", bound=Callable[..., Any])
Form: TypeAlias = "str | tuple[str, ...] | click.ParamType[Any] | None"
"""How a value is written (``ID...`` is repeatable), the words to choose from, None for a flag."""

_HELP_NAMES = ["-h", "--help"]
_CONTEXT = {"help_option_names": _HELP_NAMES, "max_content_width": 100}

_WITH_WORKBOOK = (
    *("list", "book --from", "plan", "desk sheet", "report load", "report quota"),
    *("report conduct", "agent list"),
)


class _Completed(click.Parameter):
    """A parameter whose values the shell can complete, by the form that the help names."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        from kofucli.cli.completion import complete_value  # only a completion needs it

        return super().shell_complete(ctx, incomplete) or complete_value(self, ctx, incomplete)


class Argument(_Completed, click.Argument):
    """An argument; its metavar, else its name, is its form."""


class Option(_Completed, click.Option):
    """An option that refuses two different values, of which click would drop the first in silence.

    With ``last_counts`` the last one is taken, so that a user can overrule an alias.
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
            raise usage_error(
                "{option} is given more than once, with different values; it takes one.",
                option=max(self.opts, key=len),
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


def make_shower(names: list[str], told: str, say: Callable[[click.Context], str]) -> Option:
    """Return an eager flag; click's own translate their help in every run."""

    def show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            click.echo(say(ctx), color=ctx.color)
            ctx.exit()

    return Option(names, is_flag=True, is_eager=True, expose_value=False, callback=show, help=told)


_help_option = make_shower(
    _HELP_NAMES, N_("Show this message and exit."), lambda ctx: ctx.get_help()
)


class Command(click.Command):
    """A command; ``meanings`` (``word: what it means``) follow its help, under ``meanings_of``."""

    meanings_of = ""
    meanings: tuple[str, ...] = ()

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence of the help, whole: the terminal wraps it."""
        return gettext(self.help).partition("\n")[0] if self.help else ""

    def make_parser(self, ctx: click.Context) -> Any:
        """Return click's parser, which finds ``-f`` where it looks first."""
        parser = super().make_parser(ctx)
        # Else it would look for similar long names, make an error of them, and drop it.
        parser._long_opt |= parser._short_opt
        return parser

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return --help. Click's own is translated when it is made, which every run would pay."""
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
        attributes |= {"context_settings": _CONTEXT, "no_args_is_help": True}
        super().__init__(name, params=[*_SHARED], **attributes)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(self.commands)

    def list_sections(self, ctx: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield the one section of the commands."""
        found = self.commands.items()
        yield "Commands", [(name, command.get_short_help_str()) for name, command in found]


def _kind(form: Form) -> dict[str, Any]:
    if isinstance(form, str):
        return {"metavar": form.removesuffix("..."), "multiple": form.endswith("...")}
    if form is None:
        return {"is_flag": True}
    return {"type": click.Choice(form) if isinstance(form, tuple) else form}


def option(names: str, form: Form, told: str, **attributes: Any) -> Callable[[F], F]:
    """Declare an option: ``@option("--case cases", "SPEC...", N_("A case; may be repeated."))``.

    ``names`` may end with that of the function's argument.
    """
    attributes |= _kind(form)
    return click.option(*names.split(), cls=Option, help=told, **attributes)


def flag(names: str, told: str, **attributes: Any) -> Callable[[F], F]:
    """Declare an option without a value."""
    return option(names, None, told, **attributes)


def argument(name: str, **attributes: Any) -> Callable[[F], F]:
    """Return click's argument decorator for our Argument."""
    return click.argument(name, cls=Argument, **attributes)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    if value is not None and value is not False and param.name and ctx.obj is not None:
        ctx.obj.options[param.name] = value
    return value


_KEPT: dict[str, Any] = {"expose_value": False, "callback": _keep}
_SHARED: list[click.Parameter] = [
    Option(names.split(), help=told, last_counts=True, **_KEPT, **_kind(form))
    for names, form, told in (
        ("--config", "PATH", N_("The configuration (kofucli.toml).")),
        ("--store", "PATH", N_("The store: its folder, or the URL of its database.")),
        ("--now", "INSTANT", N_("The instant to act at.")),
        ("--lang", ("ja", "en"), N_("The language of what is shown.")),
        ("-q --quiet", None, N_("Show no notes or warnings.")),
        ("-v --verbose", None, N_("Say more where something fails.")),
        ("--no-color", None, N_("No colours.")),
    )
]


def command(
    name: str, help_text: str = "", group: Group | None = None, runs: bool = True
) -> Callable[[F], Command]:
    """Make a function, whose first argument is the App, a command that ``App.run`` calls.

    Without ``runs`` the function only makes another run, and is called as it is.
    """

    def decorate(function: F) -> Command:
        @wraps(function)
        def run(app: App, *arguments: Any, **named: Any) -> Any:
            return app.run(lambda: function(app, *arguments, **named))

        make = click.command(name, cls=Command, help=help_text, context_settings=_CONTEXT)
        made = make(click.pass_obj(run if runs else function))
        made.params += _SHARED
        if group is not None:
            group.add_command(made)
        return made

    return decorate


office_flag = flag("--office", N_("Act as the office."), **_KEPT)
by_option = option("--by", "NAME", N_("The name that is recorded as who did it."), **_KEPT)
_agent_option = option("--agent", "ID", N_("The agent who acts (or for whom)."), **_KEPT)
_yes_option = flag("-y --yes", N_("Answer questions with yes."), **_KEPT)
dry_run_option = flag("-n --dry-run", N_("Say what would happen; change nothing."), **_KEPT)
output_option = option("-o --output", "FILE", N_("Write the result to a file."), **_KEPT)
_raw_option = flag("--raw", N_("CSV: no apostrophe before what looks like a formula."), **_KEPT)
explain_option = flag(
    "--explain", N_("Show every rule that was asked, its inputs and its boundary."), **_KEPT
)
sheet_option = option("--sheet", "NAME", N_("The sheet of a workbook (default: the first)."))
scenario_option = option(
    "--scenario",
    "FILE",
    N_("Write the decision, a refusal too, as a scenario that replays it."),
    **_KEPT,
)


def office_and_by(function: F) -> F:
    """Add --office and --by."""
    return office_flag(by_option(function))


def office_options(*formats: str, changes: bool = False, asks: bool = False) -> Callable[[F], F]:
    """Add --office, --by and -f; ``changes`` adds -n, ``asks`` -y.

    They refuse nobody: ``App.office_actor`` does.
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
    function = option("--until", "DATE", N_("Up to this day, included."))(function)
    return option("--since", "DATE", N_("From this day on."))(function)


class _Form(click.Choice[str]):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value == "xlsx" and value not in self.choices:
            raise usage_error(
                "This command makes no workbook (-f xlsx); these do: {commands}. Its forms "
                "are: {forms}.",
                commands=_WITH_WORKBOOK,
                forms=list(self.choices),
            )
        return super().convert(value, param, ctx)


def format_options(*formats: str, output: bool = True) -> Callable[[F], F]:
    """Add -f with these formats, -o unless ``output`` is False, --raw where there is CSV."""

    def decorate(function: F) -> F:
        function = _raw_option(function) if "csv" in formats else function
        function = output_option(function) if output else function
        form = _Form(formats)
        told = N_("The form of the result.")
        return option("-f --format", form, told, last_counts=True, **_KEPT)(function)

    return decorate
