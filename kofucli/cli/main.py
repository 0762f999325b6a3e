"""The root command, and how a run ends: every error is said once and has an exit status."""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import NoArgsIsHelpError

from kofucli import __version__
from kofucli.base.clock import machine_now
from kofucli.base.errors import AbortedError, KofuError, Phrase, WrongUsageError
from kofucli.base.language import FOLDER
from kofucli.base.text import N_, abbreviate, safe_lines
from kofucli.cli.app import App
from kofucli.cli.files import ReaderGoneError, UnwrittenError
from kofucli.cli.framework import Option, group

if TYPE_CHECKING:
    from kofucli.output.documents import Document

_COMMANDS: dict[str, tuple[str, str]] = {
    "status": ("booking.status", "status"),
    "slots": ("booking.slots", "slots"),
    "book": ("booking.book", "book"),
    "plan": ("booking.plan", "plan"),
    "amend": ("booking.amend", "amend"),
    "cancel": ("booking.cancel", "cancel"),
    "show": ("booking.show", "show"),
    "list": ("booking.show", "list_"),
    "confirmation": ("booking.confirmation", "confirmation"),
    "verify": ("booking.verify", "verify"),
    "notice": ("booking.notice", "notice"),
    "terms": ("booking.terms", "terms"),
    "desk": ("counter.desk", "desk"),
    "agent": ("office.agent", "agent"),
    "office": ("office.office", "office"),
    "mail": ("office.mail", "mail"),
    "report": ("office.report", "report"),
    "init": ("laboratory.init", "init"),
    "demo": ("laboratory.demo", "demo"),
    "rules": ("laboratory.rules", "rules"),
    "scenario": ("laboratory.scenario", "scenario"),
    "store": ("laboratory.store", "store"),
    "completion": ("laboratory.init", "completion"),
}


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"kofucli {__version__}")
        ctx.exit()


root = group(
    "kofucli",
    N_("Reserve an hour at the immigration counter to collect finished residence cards."),
    lazy=_COMMANDS,
)
root.params.insert(
    0,
    Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_show_version,
        help=N_("Show the version and exit."),
    ),
)


def main(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    listener: Callable[[Document], None] | None = None,
) -> int:
    """Run the command line on ``arguments`` and return its exit status.

    Nothing that a user can cause ends in a traceback; a defect shows one only with -v. The
    ``listener`` gets the document of the result or of the error, whatever form is shown.
    """
    app = App(_scan(arguments), environment)
    app.listener = listener
    try:
        if "--version" not in arguments:
            _speak(app)
        _refuse_nul(arguments)
        app.check_variables()
        found = root.main(list(arguments), "kofucli", standalone_mode=False, obj=app)
        return found if isinstance(found, int) else 0
    except KofuError as error:
        return _report(error, app, arguments)
    except click.Abort:
        if listener is not None:
            raise  # a scenario or a test runs this command: the interrupt ends it too
        phrase = Phrase("Interrupted; 'kofucli list' shows whether a change was made.")
        return _report(AbortedError(phrase), app, arguments)
    except click.ClickException as error:
        phrase = Phrase("{message}", message=error.format_message())
        if isinstance(error, NoArgsIsHelpError):  # click's message is the whole help
            phrase = Phrase("Missing command.")
        return _report(WrongUsageError(phrase), app, arguments, error)
    except (ReaderGoneError, UnwrittenError) as error:
        return _end_unread(error, app, arguments)
    except Exception as error:  # a defect of the program
        return _report_defect(error, app, arguments)
    finally:
        app.close()


def _refuse_nul(arguments: Sequence[str]) -> None:
    """Raise WrongUsageError for a NUL: no system passes one, but a scenario's step may hold one."""
    for argument in arguments:
        if "\0" in argument:
            raise WrongUsageError(
                Phrase("'{value}' holds a NUL character.", value=abbreviate(argument))
            )


def _scan(arguments: Sequence[str]) -> dict[str, Any]:
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


def _speak(app: App) -> None:
    """Make click's own messages the user's language: click asks gettext's default domain."""
    os.environ["LANGUAGE"] = app.language
    gettext.bindtextdomain("kofucli", FOLDER)
    gettext.textdomain("kofucli")


def _report(
    error: KofuError, app: App, arguments: Sequence[str], usage: click.ClickException | None = None
) -> int:
    """Say an error once, on stderr, and return its exit status."""
    # Loaded only where something failed.
    from kofucli.output.errors import Occasion, error_document, error_text

    try:
        now = app.now
    except KofuError:
        now = machine_now()
    occasion = Occasion(
        now, _command_of(arguments), app.translate, app.explains, bool(app.options.get("quiet"))
    )
    if app.listener is not None:
        app.listener(error_document(error, occasion))
    if app.format == "json":
        from kofucli.output.documents import encode  # text needs none

        click.echo(encode(error_document(error, occasion)), err=True, nl=False)
    elif isinstance(usage, NoArgsIsHelpError):
        usage.show()
    elif isinstance(usage, click.UsageError):
        shown = click.UsageError(safe_lines(usage.format_message()), usage.ctx)
        shown.show()
    else:
        click.echo(error_text(error, occasion), err=True, nl=False)
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
                "What read standard output has gone, so the result was not shown. The change "
                "itself is done ({changed}); 'kofucli show' and 'kofucli list' show it.",
                changed=app.changes or "-",
            )
        )
    elif not app.failures:
        return 0
    return _report(app.aftermath(*unsaid), app, arguments)


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
    return _report(KofuError(phrase), app, arguments)


def _command_of(arguments: Sequence[str]) -> str:
    """Return the command that the arguments name, as ``agent add``; empty where there is none."""
    for at, argument in enumerate(arguments):
        if argument in _COMMANDS:
            following = next((a for a in arguments[at + 1 :] if a[:1] != "-"), "")
            with suppress(Exception):  # a module that cannot be loaded is the error itself
                found = root.get_command(click.Context(root), argument)
                if isinstance(found, click.Group) and following in found.commands:
                    return f"{argument} {following}"
            return argument
    return ""
