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
from kofucli.base import AbortedError, KofuError, Phrase, WrongUsageError, usage_error
from kofucli.base.clock import machine_now
from kofucli.base.language import speak
from kofucli.base.text import N_, abbreviate, safe_lines
from kofucli.cli import Group, make_shower
from kofucli.cli.app import App
from kofucli.cli.files import ReaderGoneError, UnwrittenError, print_message

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from kofucli.output.documents import Document

_WHAT = N_("Reserve an hour at the immigration counter to collect finished residence cards.")
_MODULES = {
    "booking.slots": "status slots",
    "booking.book": "book",
    "booking.plan": "plan",
    "booking.changes": "amend cancel",
    "booking.show": "show list_",
    "booking.confirmation": "confirmation",
    "booking.terms": "verify notice terms",
    "counter": "desk",
    "office.agent": "agent",
    "office.office": "office mail",
    "office.report": "report",
    "office.gate": "gate",
    "laboratory.init": "init demo",
    "laboratory.reference": "rules help_ completion",
    "laboratory.scenario": "scenario",
    "laboratory.store": "store",
}
"""The functions of the root's commands by their modules, below ``kofucli.cli``."""
_PLACES = {
    name.rstrip("_"): (module, name) for module, names in _MODULES.items() for name in names.split()
}
_TOLD = {
    "status": N_("Show who acts, configuration, store and clock, and what needs doing."),
    "slots": N_("Show what is free on the shown days, and what an agent may still book."),
    "book": N_("Book one frame (DATE HOUR), or the rows of a case file (--from)."),
    "plan": N_("Show where the cases of a file would go: book --from without booking."),
    "amend": N_("Drop or correct cases of a reservation, until its deadline."),
    "cancel": N_("Cancel a reservation, until its deadline."),
    "show": N_("Show a reservation, by its number or that of a case in it."),
    "list": N_("List reservations: the active ones from today on."),
    "confirmation": N_("Print what is shown at the counter, in Japanese and English."),
    "verify": N_("Verify an agent's e-mail address."),
    "notice": N_("Show the notice: who can book what, when, and what to bring."),
    "terms": N_("Show the terms of use, and accept them."),
    "desk": N_("The counter: arrivals, handing over, calls, closing the day."),
    "agent": N_("Register agents, correct, show, suspend, reinstate and erase them."),
    "office": N_("Show what is in force, close and reopen days, announce maintenance."),
    "mail": N_("Send the mails that wait in the outbox."),
    "report": N_("Reports: load, quota, conduct, and a page for the night."),
    "gate": N_("Run the command that an agent sent by ssh, as that agent."),
    "init": N_("Write a configuration and an empty store, here or in DIR."),
    "demo": N_("Run the main job from start to end in a throw-away store (or --store DIR)."),
    "rules": N_("The rules: codes, clauses, wording, readings."),
    "scenario": N_("Run cases of the rules that are written as files."),
    "store": N_("Look after the store: check, journal, backups, retention."),
    "help": N_("Show the help of a command, as --help does."),
    "completion": N_("Print the completion script of a shell."),
}
"""What each of them does, in the order of the contract."""
_SECTIONS = {
    "booking": N_("Booking"),
    "counter": N_("Counter"),
    "office": N_("Office"),
    "laboratory": N_("Laboratory and store"),
}
"""The groups of the top help, by package; docs/contract.md, Commands, has the same."""


class Root(Group):
    """The root command, whose commands are loaded when they are called, not to be listed."""

    def __init__(self, told: Mapping[str, str]) -> None:
        super().__init__("kofucli", help=_WHAT)
        self.told = told

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of the contract."""
        return list(self.told)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loaded now."""
        if cmd_name not in self.told:
            return None
        module, name = _PLACES[cmd_name]
        found: click.Command = getattr(import_module(f"kofucli.cli.{module}"), name)
        found.help = self.told[cmd_name]
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

        begun = [each for each in self.told.items() if each[0].startswith(incomplete)]
        named = [CompletionItem(name, help=told) for name, told in begun]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def list_sections(self, ctx: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield the groups of the contract, each with its commands."""
        for package, title in _SECTIONS.items():
            names = [name for name in self.told if _PLACES[name][0].startswith(package)]
            yield title, [(name, gettext(self.told[name])) for name in names]


root = Root(_TOLD)
_version = N_("Show the version and exit.")  # the help begins with it
root.params.insert(0, make_shower(["--version"], _version, lambda _: f"kofucli {__version__}"))


def main(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    listener: Callable[[Document], None] | None = None,
) -> int:
    """Run the command line; ``listener`` gets the document of the result or of the error."""
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
    completing = app.environment.get("_KOFUCLI_COMPLETE")
    if completing and not arguments:
        from kofucli.cli.completion import complete  # no command needs it

        complete(root, app, completing)
        return 0
    if "--version" not in arguments:
        speak(app.language)
    for argument in arguments:
        if "\0" in argument:  # no system passes one, but a scenario's step may hold one
            raise usage_error("'{value}' holds a NUL character.", value=abbreviate(argument))
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
    """A reader that has gone (``| head``) is no failure: it wanted to read no more."""
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
