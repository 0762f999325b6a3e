"""The root command, and how a run ends: every error is said once and has an exit status."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from gettext import gettext
from importlib import import_module
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import NoArgsIsHelpError

from kofucli import __version__
from kofucli.base import AbortedError, KofuError, Phrase, WrongUsageError
from kofucli.base.clock import machine_now
from kofucli.base.language import speak
from kofucli.base.text import N_, abbreviate, safe_lines
from kofucli.cli import Group, Option
from kofucli.cli.app import App
from kofucli.cli.files import ReaderGoneError, UnwrittenError, print_message

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from kofucli.output.documents import Document

_WHAT = N_("Reserve an hour at the immigration counter to collect finished residence cards.")
_COMMANDS = {
    "status": (
        "booking.slots:status",
        N_("Show who acts, configuration, store and clock, and what needs doing."),
    ),
    "slots": (
        "booking.slots:slots",
        N_("Show what is free on the shown days, and what an agent may still book."),
    ),
    "book": (
        "booking.book:book",
        N_("Book one frame (DATE HOUR), or the rows of a case file (--from)."),
    ),
    "plan": (
        "booking.plan:plan",
        N_("Show where the cases of a file would go: book --from without booking."),
    ),
    "amend": (
        "booking.changes:amend",
        N_("Drop or correct cases of a reservation, until its deadline."),
    ),
    "cancel": ("booking.changes:cancel", N_("Cancel a reservation, until its deadline.")),
    "show": ("booking.show:show", N_("Show a reservation, by its number or that of a case in it.")),
    "list": ("booking.show:list_", N_("List reservations: the active ones from today on.")),
    "confirmation": (
        "booking.confirmation:confirmation",
        N_("Print what is shown at the counter, in Japanese and English."),
    ),
    "verify": ("booking.terms:verify", N_("Verify an agent's e-mail address.")),
    "notice": (
        "booking.terms:notice",
        N_("Show the notice: who can book what, when, and what to bring."),
    ),
    "terms": ("booking.terms:terms", N_("Show the terms of use, and accept them.")),
    "desk": ("counter:desk", N_("The counter: arrivals, handing over, calls, closing the day.")),
    "agent": (
        "office.agent:agent",
        N_("Register agents, correct, show, suspend, reinstate and erase them."),
    ),
    "office": (
        "office.office:office",
        N_("Show what is in force, close and reopen days, announce maintenance."),
    ),
    "mail": ("office.office:mail", N_("Send the mails that wait in the outbox.")),
    "report": (
        "office.report:report",
        N_("Reports: load, quota, conduct, and a page for the night."),
    ),
    "gate": ("office.gate:gate", N_("Run the command that an agent sent by ssh, as that agent.")),
    "init": (
        "laboratory.init:init",
        N_("Write a configuration and an empty store, here or in DIR."),
    ),
    "demo": (
        "laboratory.init:demo",
        N_("Run the main job from start to end in a throw-away store (or --store DIR)."),
    ),
    "rules": ("laboratory.reference:rules", N_("The rules: codes, clauses, wording, readings.")),
    "scenario": (
        "laboratory.scenario:scenario",
        N_("Run cases of the rules that are written as files."),
    ),
    "store": (
        "laboratory.store:store",
        N_("Look after the store: check, journal, backups, retention."),
    ),
    "help": ("laboratory.reference:help_", N_("Show the help of a command, as --help does.")),
    "completion": (
        "laboratory.reference:completion",
        N_("Print the completion script of a shell."),
    ),
}
"""Where each command of the root stands, below ``kofucli.cli``, and what it does."""
_SECTIONS = {
    "booking": N_("Booking"),
    "counter": N_("Counter"),
    "office": N_("Office"),
    "laboratory": N_("Laboratory and store"),
}
"""The groups of the top help, by package; docs/contract.md, Commands, has the same."""


class Root(Group):
    """The root command, whose commands are loaded when they are called, not to be listed."""

    def __init__(self, lazy: Mapping[str, tuple[str, str]]) -> None:
        super().__init__("kofucli", help=_WHAT)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of the contract."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loaded now."""
        if cmd_name not in self.lazy:
            return None
        place, told = self.lazy[cmd_name]
        module, _, name = place.partition(":")
        found: click.Command = getattr(import_module(f"kofucli.cli.{module}"), name)
        found.help = told
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name; the error for a typo names similar ones."""
        named = args[0]  # click may consume the arguments before it raises
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            names = self.list_commands(ctx)
            raise click.NoSuchCommand(named, possibilities=names, ctx=error.ctx) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the commands and options that begin so; no command is loaded for its help."""
        from click.shell_completion import CompletionItem  # only a completion needs it

        begun = {name: told for name, (_, told) in self.lazy.items() if name.startswith(incomplete)}
        named = [CompletionItem(name, help=told) for name, told in begun.items()]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def list_sections(self, ctx: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield the groups of the contract, each with its commands."""
        for package, title in _SECTIONS.items():
            listed = self.lazy.items()
            yield (
                title,
                [(name, gettext(told)) for name, (at, told) in listed if at.startswith(package)],
            )


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"kofucli {__version__}")
        ctx.exit()


_version = Option(
    ["--version"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help=N_("Show the version and exit."),
)
"""Click's own translates its help when it is made, which every run would pay."""
root = Root(_COMMANDS)
root.params.insert(0, _version)  # the help begins with it


def main(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    listener: Callable[[Document], None] | None = None,
) -> int:
    """Run the command line on ``arguments`` and return its exit status.

    Nothing that a user can cause ends in a traceback; a defect shows one only with -v. The
    ``listener`` gets the document of the result or of the error, whatever form is shown.
    """
    app = App(scan(arguments), environment)
    app.tree, app.listener = root, listener
    return run(app, arguments)


def run(app: App, arguments: Sequence[str]) -> int:
    """Run a command of ``app.tree`` and return its exit status."""
    try:
        found = _call(app, arguments)
        return found if isinstance(found, int) else 0
    except KofuError as error:
        return report(error, app, arguments)
    except click.Abort:
        if app.listener is not None:
            raise  # a scenario or a test runs this command: the interrupt ends it too
        return report(AbortedError(app.interrupted), app, arguments)
    except click.ClickException as error:
        phrase = Phrase("{message}", message=error.format_message())
        if isinstance(error, NoArgsIsHelpError):  # click's message is the whole help
            phrase = Phrase("Missing command.")
        return report(WrongUsageError(phrase), app, arguments, error)
    except (ReaderGoneError, UnwrittenError) as error:
        return _end_unread(error, app, arguments)
    except Exception as error:  # a defect of the program
        return _report_defect(error, app, arguments)
    finally:
        app.close()


def _call(app: App, arguments: Sequence[str]) -> object:
    """Return what the command returns that the arguments name. A shell's Tab is answered."""
    completing = app.environment.get("_KOFUCLI_COMPLETE")
    if completing and not arguments:
        from kofucli.cli.completion import complete  # no command needs it

        complete(root, app, completing)
        return 0
    if "--version" not in arguments:
        speak(app.language)
    for argument in arguments:
        if "\0" in argument:  # no system passes one, but a scenario's step may hold one
            raise WrongUsageError(
                Phrase("'{value}' holds a NUL character.", value=abbreviate(argument))
            )
    # Without a variable's name click asks none, so no variable makes a command something else.
    return app.tree.main(
        list(arguments), "kofucli", complete_var="", standalone_mode=False, obj=app
    )


def scan(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the options by which an error is shown: parsing itself may be what fails."""
    names = {"--lang": "lang", "--config": "config", "-f": "format", "--format": "format"}
    found: dict[str, Any] = {}
    for argument, following in pairwise([*arguments, ""]):
        name, sign, value = argument.partition("=")
        if name in names:
            found[names[name]] = value if sign else following
        elif argument.startswith("-f"):
            found["format"] = argument[2:]
    return found


def report(
    error: KofuError, app: App, arguments: Sequence[str], usage: click.ClickException | None = None
) -> int:
    """Say an error once, on stderr, and return its exit status."""
    # Loaded only where something failed.
    from kofucli.output.documents import as_read, encode
    from kofucli.output.errors import Occasion, error_document, error_text

    error = app.tell(error)
    try:
        now = app.now
    except KofuError:
        now = machine_now()
    command, quiet = _command_of(arguments, app.tree), bool(app.options.get("quiet"))
    occasion = Occasion(now, command, app.translate, app.explains, quiet)
    if app.listener is not None:
        app.listener(as_read(error_document(error, occasion)))
    if app.format == "json":
        click.echo(b"".join(encode(error_document(error, occasion))).decode(), err=True, nl=False)
    elif isinstance(usage, NoArgsIsHelpError):
        usage.show()
    elif isinstance(usage, click.UsageError):
        shown = StringIO()
        click.UsageError(safe_lines(usage.format_message()), usage.ctx).show(shown)
        print_message(shown.getvalue())
    else:
        print_message(error_text(error, occasion))
    return error.exit_status


def _end_unread(error: ReaderGoneError | UnwrittenError, app: App, arguments: Sequence[str]) -> int:
    """Return the exit status where standard output cannot be written.

    A reader that has gone (``| head``) is no failure by itself: it wanted to read no more.
    """
    unsaid: list[Phrase] = []
    if isinstance(error, UnwrittenError):
        unsaid.append(app.unwritten("-", error))
    elif app.stands:
        unsaid.append(
            Phrase(
                "The program that read standard output has ended, so the result was not shown. "
                "The change itself is done ({changed}); 'kofucli show' and 'kofucli list' show it.",
                changed=app.changes or "-",
            )
        )
    elif not app.failures:
        return 0
    return report(app.aftermath(*unsaid), app, arguments)


def _report_defect(error: Exception, app: App, arguments: Sequence[str]) -> int:
    if app.options.get("verbose"):
        import traceback  # only where something failed

        click.echo(safe_lines(traceback.format_exc()), err=True)
    with suppress(Exception):
        str(app.language)
    # If the language cannot be found out either, the defect is told in English.
    app.__dict__.setdefault("language", "en")
    phrase = Phrase(
        "A defect of kofucli ({name}); please report it with what -v shows.",
        name=type(error).__name__,
    )
    return report(KofuError(phrase), app, arguments)


def _command_of(arguments: Sequence[str], tree: click.Group) -> str:
    """Return the command that the arguments name, as ``agent add``; empty where there is none."""
    ctx = click.Context(tree)
    names = tree.list_commands(ctx)
    for at, argument in enumerate(arguments):
        if argument in names:
            following = next((a for a in arguments[at + 1 :] if a[:1] != "-"), "")
            with suppress(Exception):  # a module that cannot be loaded is the error itself
                found = tree.get_command(ctx, argument)
                if isinstance(found, click.Group) and following in found.commands:
                    return f"{argument} {following}"
            return argument
    return ""
