"""``desk arrive -``: arrivals from a scanner, a number a line, each answered at once."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from kofucli.base.clock import read_clock
from kofucli.base.errors import (
    AftermathError,
    InputError,
    KofuError,
    Phrase,
    WrongUsageError,
    reason_of,
)
from kofucli.base.language import render
from kofucli.cli.app import App
from kofucli.cli.files import UnwrittenError, print_message, print_text
from kofucli.model.numbers import unframe
from kofucli.model.records import Actor, Stamp
from kofucli.operations.counter.desk import ArriveRequest, DeskDone, arrive
from kofucli.output.documents import FORMAT, Document
from kofucli.output.errors import Occasion, error_document, error_text
from kofucli.output.office.desk import answer_line, arrival_line, done_document

_LONGEST_LINE = 1000


def arrive_by_lines(app: App, actor: Actor) -> int:
    """Record an arrival for each line of standard input, at the instant it is read.

    A line that fails is told and does not stop the others. Returns the exit status of the first
    failure, else 0. With ``-f json`` the answer to a line is a document on one line.
    """
    if str(app.options.get("output") or "-") != "-":
        raise WrongUsageError(Phrase("-o does not go with -: redirect the output instead."))
    status = 0
    for at, text in _read_lines():
        stamp = app.stamp(actor)
        if not app.now_is_given:
            stamp = replace(stamp, now=read_clock())
        try:
            done = arrive(app.store, app.settings, ArriveRequest(text), stamp)
        except KofuError as error:
            status = status or error.exit_status
            _say_error(app, error, at, stamp)
        else:
            app.changed = app.changed or done.changed
            _say(app, done, at, stamp)
    return status


def _read_lines() -> Iterator[tuple[int, str]]:
    """Yield the lines that hold something, with their numbers. Raises InputError."""
    if sys.stdin is None:
        raise InputError(
            Phrase(
                "{path} is not readable: {detail}.",
                path="-",
                detail=Phrase("standard input is closed"),
            )
        )
    for at, line in enumerate(_split(sys.stdin.buffer), 1):
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = line.decode("cp932", "replace")
        if unframe(text):
            yield at, text.strip()


def _split(stream: Any) -> Iterator[bytes]:
    """Yield the lines of a byte stream, each as soon as its end is read: CR, LF or both.

    A scanner that ends its lines with CR waits for the answer before it sends more, so a CR does
    not wait for the LF that may follow.
    """
    rest, after_cr = b"", False
    while chunk := stream.read1(_LONGEST_LINE):
        rest += chunk[1:] if after_cr and chunk.startswith(b"\n") else chunk
        after_cr = chunk.endswith(b"\r")
        *lines, rest = re.split(rb"\r\n|\r|\n", rest)
        yield from lines
        if len(rest) >= _LONGEST_LINE:
            yield rest
            rest = b""
    yield rest


def _say(app: App, done: DeskDone, at: int, stamp: Stamp) -> None:
    notes = [render(note, app.translate) for note in done.notes]
    if app.format == "json":
        document = {"format": FORMAT, **done_document(done, stamp.now), "warnings": notes}
        _print_document(app, document, at)
        return
    _print(app, arrival_line(done, app.translate))
    app.say(notes)


def _say_error(app: App, error: KofuError, at: int, stamp: Stamp) -> None:
    occasion = Occasion(stamp.now, "desk arrive", app.translate)
    if app.format == "json":
        _print_document(app, error_document(error, occasion), at)
        return
    said = app.translate("line {line}: {text}").format(
        line=at, text=error_text(error, occasion).rstrip("\n")
    )
    print_message(f"{said}\n")


def _print_document(app: App, document: Document, at: int) -> None:
    document["line"] = at
    if app.dry_run:
        document["dry_run"] = True
    _print(app, answer_line(document))


def _print(app: App, text: str) -> None:
    try:
        print_text([text])
    except UnwrittenError as error:
        if not app.stands:
            raise
        raise AftermathError(
            Phrase(
                "The answer could not be written ({detail}); what was scanned so far is recorded: "
                "kofucli desk sheet",
                detail=reason_of(error),
            )
        ) from None
