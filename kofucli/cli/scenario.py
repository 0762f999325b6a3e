"""``scenario``: running scenario files, and writing what they expect."""

from __future__ import annotations

import click

from kofucli.cli.app import App
from kofucli.cli.files import read_input, write_file
from kofucli.cli.framework import (
    acting_options,
    command,
    format_options,
    group,
    option,
    pass_app,
)
from kofucli.errors import (
    AftermathError,
    InputError,
    Phrase,
    RefusedError,
    WrongUsageError,
    reason_of,
)
from kofucli.operations.finding import find_reservation
from kofucli.output import scenario as output
from kofucli.output.documents import FORMAT
from kofucli.scenario.running import Played, run_script
from kofucli.scenario.script import LARGEST, Script, read_script
from kofucli.store.disk import failure
from kofucli.text import N_

__all__ = ["scenario"]


@group("scenario", N_("Run cases of the rules that are written as files."))
def scenario() -> None:
    """Hold the commands."""


@command("run", N_("Run scenario files, each in a throw-away office."), group=scenario)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@option("--update", is_flag=True, help=N_("Write what happened into the files as expected."))
@format_options("table", "json")
@pass_app
def run(app: App, files: tuple[str, ...], update: bool) -> int:
    """Run scenarios; exit status 3 where one does not hold."""
    from kofucli.cli.main import main  # the root loads this module

    if files.count("-") > 1 or (update and "-" in files):
        raise WrongUsageError(
            Phrase("- (standard input) can be named once, and not together with --update.")
        )
    try:
        played = [run_script(script, main) for script in _read_all(files)]
    except OSError as error:
        raise failure(error, str(error.filename or "")) from None
    updated = [p for p in played if update and not p.ok and _update(p)]
    app.show(
        lambda: output.played_document(played, app.translate),
        lambda _: output.played_text(played, _),
        notes=[Phrase("{path} was updated.", path=p.script.path) for p in updated],
    )
    held = all(p.ok or (p in updated and p.complete) for p in played)
    return 0 if held else RefusedError.exit_status


def _read_all(files: tuple[str, ...]) -> list[Script]:
    """Return the scenarios, or every mistake in all of them."""
    scripts: list[Script] = []
    errors: list[InputError] = []
    for path in files:
        try:
            scripts.append(read_script(_read(path), path))
        except InputError as error:
            errors.append(error)
    if errors:
        phrase = (
            errors[0].phrase if len(errors) == 1 else Phrase("Scenarios are wrong; none was run.")
        )
        raise InputError(phrase, [problem for error in errors for problem in error.problems])
    return scripts


def _read(path: str) -> str:
    try:
        return read_input(path, 4 * LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            Phrase("{path} is not readable: its bytes are no UTF-8.", path=path)
        ) from None


def _update(played: Played) -> bool:
    """Write a file anew with what happened as expectation; tell whether there was anything."""
    from kofucli.scenario.updating import update_text  # only --update needs it

    text = update_text(played)
    if text == played.script.text:
        return False
    path = played.script.path
    try:
        write_file(path, text.encode())
    except OSError as error:
        raise AftermathError(
            Phrase("{path} could not be written ({detail}).", path=path, detail=reason_of(error))
        ) from None
    return True


@command("record", N_("Write what became of a reservation as a scenario."), group=scenario)
@click.argument("number")
@acting_options
@format_options("toml", "json")
@pass_app
def record(app: App, number: str) -> None:
    """Record a history."""
    from kofucli.operations.retracing import retrace  # only this command needs them
    from kofucli.scenario.history import sketch_history
    from kofucli.scenario.writing import write_sketch

    actor = app.reader()
    found = app.read(lambda context: find_reservation(context, number, actor))
    past = retrace(app.store, app.settings, found)
    text = write_sketch(sketch_history(past, found, app.settings.office.id))
    app.show(
        lambda: {"format": FORMAT, "reservation": found.number, "scenario": text}, lambda _: text
    )
