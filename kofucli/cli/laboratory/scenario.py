"""``scenario``: running scenario files, and writing what they expect.

With ``--scenario FILE`` a decision is written as a scenario that replays it (``record``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from kofucli import cli
from kofucli.base import (
    AftermathError,
    InputError,
    NotFoundError,
    Phrase,
    Problem,
    reason_of,
    usage_error,
)
from kofucli.base.language import render
from kofucli.base.results import refuse_place, write_file
from kofucli.base.text import N_
from kofucli.cli.app import App
from kofucli.cli.files import read_input
from kofucli.model import Actor, Stamp
from kofucli.operations.booking.amend import Changed
from kofucli.operations.booking.book import Booked
from kofucli.operations.lookup import find_reservation
from kofucli.output import scenario as output
from kofucli.rules import RefusedError
from kofucli.scenario import Request, Scene, observe
from kofucli.scenario.decision import Decision, sketch_decision
from kofucli.scenario.reading import LARGEST, Script, read_script
from kofucli.scenario.run import Played, run_script
from kofucli.scenario.sketch import write_sketch
from kofucli.store import disk

T = TypeVar("T")
U = TypeVar("U")
R = TypeVar("R", bound=Booked | Changed)


scenario = cli.Group("scenario")


@cli.command(
    "run", N_("Run scenario files, or those of folders, each in a throw-away office."), scenario
)
@cli.argument("paths", metavar="FILE...", nargs=-1, required=True)
@cli.flag("--update", N_("Write what happened into the files, as what is expected."))
@cli.format_options("table", "json")
def _run(app: App, paths: tuple[str, ...], update: bool) -> int:
    from kofucli.cli.main import main  # the root loads this module

    if paths.count("-") > 1 or (update and "-" in paths):
        raise usage_error("- (standard input) can be named once, and not together with --update.")
    read = _take_all(paths, lambda path: _read_all(app, path, update))
    scripts = [script for each in read for script in each]
    try:
        played = _take_all(scripts, lambda script: run_script(script, main))
    except OSError as error:
        raise disk.failure(error, str(error.filename or "")) from None
    notes: list[Phrase] = []
    updated = [p for p in played if update and not p.ok and _update(app, p, notes)]
    app.show(
        played,
        lambda _: output.played_document(played, updated, app.translate),
        lambda _, translate: output.played_text(played, updated, translate),
        notes=notes,
    )
    held = all(p.ok or (p in updated and p.complete) for p in played)
    return 0 if held else RefusedError.exit_status


def _take_all(given: Sequence[T], work: Callable[[T], U]) -> list[U]:
    results: list[U] = []
    errors: list[InputError] = []
    problems: list[Problem] = []
    for each in given:
        try:
            results.append(work(each))
        except InputError as error:
            errors.append(error)
            # What is wrong with a file or folder as a whole stands in the headline of its error.
            problems += error.problems or [Problem(Phrase("{path}", path=each), error.phrase)]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise InputError(Phrase("Some scenarios are invalid; none was run."), problems)
    return results


def _read_all(app: App, path: str, update: bool) -> list[Script]:
    files = _find_scenarios(path) if os.path.isdir(path) else [path]
    app.inputs += files
    if update:
        app.refuse_output()
        for file in files:
            refuse_place(file)
    return _take_all(files, lambda file: read_script(_read(file), file))


def _find_scenarios(folder: str) -> list[str]:
    """Hidden files, stores and configurations are left out."""
    found: list[str] = []
    errors: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=errors.append):
        is_store = "store.json" in names
        folders[:] = [] if is_store else [name for name in folders if name[0] != "."]
        found += (
            os.path.join(place, name)
            for name in ([] if is_store else names)
            if name.lower().endswith(".toml") and name[0] != "." and name != "kofucli.toml"
        )
    if errors:
        told = {"path": errors[0].filename or folder, "detail": reason_of(errors[0])}
        raise InputError(Phrase("{path} is not readable: {detail}.", **told))
    if not found:
        raise InputError(
            Phrase("{path} holds no scenario: no file *.toml, in no folder of it.", path=folder)
        )
    return sorted(found, key=lambda path: path.split(os.sep))


def _read(path: str) -> str:
    try:
        return read_input(path, 4 * LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            Phrase("{path} is not readable: its bytes are not UTF-8.", path=path)
        ) from None


def _update(app: App, played: Played, notes: list[Phrase]) -> bool:
    """Tell whether that changed anything; ``notes`` get the path, and what was dropped."""
    from kofucli.scenario.update import update  # only --update needs it

    path = played.script.path
    updated = update(played)
    if updated.text == played.script.text:
        return False
    try:
        write_file(path, updated.text.encode())
    except OSError as error:
        raise AftermathError(app.unwritten(path, error)) from None
    notes.append(Phrase("{path} was updated.", path=path))
    notes += [
        Phrase(
            "{path}, step {number}: no longer asked: {keys}", path=path, number=number, keys=keys
        )
        for number, keys in updated.gone.items()
    ]
    return True


@cli.command("record", N_("Write what became of a reservation as a scenario."), scenario)
@cli.argument("number")
@cli.agent_or_office("toml", "json")
def _record(app: App, number: str) -> None:
    from kofucli.operations.history import retrace
    from kofucli.scenario.history import sketch_history

    actor = app.reader()
    found = app.read(lambda context: find_reservation(context, number, actor))
    past = retrace(app.store, app.settings, found)
    text = write_sketch(sketch_history(past, found, app.settings.office.id))
    app.wraps = False
    app.show(found, lambda _: {"reservation": found.number, "scenario": text}, lambda *_: text)


def record(app: App, path: str, request: Request, stamp: Stamp, work: Callable[[Stamp], R]) -> R:
    """Write what ``work`` decides, or that it refuses; bad input decides and writes nothing."""
    _check_path(app, path)
    scenes: list[Scene] = []
    observed = replace(
        stamp, observe=lambda context: scenes.append(observe(context, request, stamp.actor))
    )

    def decision(outcome: R | RefusedError | NotFoundError) -> Decision:
        return Decision(request, stamp.actor, stamp.now, app.settings, scenes[-1], outcome)

    try:
        result = work(observed)
    except (RefusedError, NotFoundError) as error:
        if scenes:
            _write_refusal(app, path, decision(error))
        raise

    def write() -> None:
        try:
            app.notes.append(_write(path, decision(result)))
        except InputError as error:
            if not app.stands:
                raise
            raise AftermathError(
                Phrase(
                    "{problem} The change itself is done; 'kofucli scenario record' writes its "
                    "history.",
                    problem=error.phrase,
                )
            ) from None

    app.attempt(write, None)
    return result


def record_not_found(
    app: App, path: str, request: Request, actor: Actor, error: NotFoundError
) -> None:
    """Write that the agent was not found. Raises WrongUsageError, InputError as ``record`` does."""
    _check_path(app, path)
    scene = app.read(lambda context: observe(context, request, actor))
    decision = Decision(request, actor, app.now, app.settings, scene, error, app.agent_id)
    _write_refusal(app, path, decision)


def _check_path(app: App, path: str) -> None:
    if path == "-":
        raise usage_error("--scenario takes the name of a file; standard output is for the result.")
    app.refuse_result(path)
    output = app.options.get("output")
    if output is not None and os.path.realpath(output) == os.path.realpath(path):
        raise usage_error("--scenario and --output name the same file {path}; name two.", path=path)
    refuse_place(path)
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        detail = Phrase("it is a folder")
    elif not os.path.isdir(folder):
        detail = Phrase("there is no such file or folder")
    elif not os.access(folder, os.W_OK | os.X_OK):
        detail = Phrase("access is not allowed")
    else:
        return
    raise InputError(Phrase("{path} could not be written: {detail}.", path=path, detail=detail))


def _write_refusal(app: App, path: str, decision: Decision) -> None:
    """Say it now: no result follows, only the error."""
    written = _write(path, decision)
    if app.format != "json":
        app.say([render(written, app.translate)])


def _write(path: str, decision: Decision) -> Phrase:
    """Write the file, and return a note that says so. Raises InputError."""
    try:
        write_file(path, write_sketch(sketch_decision(decision)).encode())
    except OSError as error:
        told = {"path": path, "detail": reason_of(error)}
        raise InputError(Phrase("{path} could not be written ({detail}).", **told)) from None
    return Phrase("Scenario written: {path}", path=path)
