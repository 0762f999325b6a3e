"""``--scenario FILE``: writing a decision as a scenario that replays it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from kofucli.base.errors import (
    AftermathError,
    InputError,
    NotFoundError,
    Phrase,
    WrongUsageError,
    reason_of,
)
from kofucli.base.language import render
from kofucli.base.results import refuse_place, write_file
from kofucli.cli.app import App
from kofucli.model.records import Actor, Stamp
from kofucli.operations.booking.amend import Changed
from kofucli.operations.booking.book import Booked
from kofucli.operations.booking.observation import Request, Scene, observe
from kofucli.rules import RefusedError
from kofucli.scenario.decision import Decision, sketch_decision
from kofucli.scenario.sketch import write_sketch

R = TypeVar("R", bound=Booked | Changed)


def record(app: App, path: str, request: Request, stamp: Stamp, work: Callable[[Stamp], R]) -> R:
    """Return the result of ``work``, and write what it decided, or that it refused, to ``path``.

    Bad input writes nothing, for then nothing was decided. Raises WrongUsageError or InputError
    before anything is decided if ``path`` cannot be written.
    """
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
    app.attempt(lambda: _write_result(app, path, decision(result)), None)
    return result


def _write_result(app: App, path: str, decision: Decision) -> None:
    """Write a decision that may have changed something. Raises InputError, AftermathError."""
    failure = _write(path, decision)
    if failure is None:
        app.notes.append(_written(path))
    elif not app.stands:
        raise InputError(failure)
    else:
        raise AftermathError(
            Phrase(
                "{problem} The change itself is done; 'kofucli scenario record' writes its "
                "history.",
                problem=failure,
            )
        )


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
        raise WrongUsageError(
            Phrase("--scenario takes the name of a file; standard output is for the result.")
        )
    app.refuse_result(path)
    output = app.options.get("output")
    if output is not None and os.path.realpath(output) == os.path.realpath(path):
        raise WrongUsageError(
            Phrase("--scenario and --output name the same file {path}; name two.", path=path)
        )
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
    """Write a decision that changed nothing, and say so now: no result follows, only its error.

    Raises InputError.
    """
    failure = _write(path, decision)
    if failure is not None:
        raise InputError(failure)
    if app.format != "json":
        app.say([render(_written(path), app.translate)])


def _written(path: str) -> Phrase:
    return Phrase("Scenario written: {path}", path=path)


def _write(path: str, decision: Decision) -> Phrase | None:
    """Write the file; return why that failed, None if it did not."""
    try:
        write_file(path, write_sketch(sketch_decision(decision)).encode())
    except OSError as error:
        return Phrase("{path} could not be written ({detail}).", path=path, detail=reason_of(error))
    return None
