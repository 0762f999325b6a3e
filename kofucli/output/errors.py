"""Errors as text and as the error document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from kofucli import __version__
from kofucli.base import InputError, KofuError, StoreError
from kofucli.base.language import Translate, render
from kofucli.operations.booking.requests import (
    BookRefusedError,
    ChangeRow,
    ChangesRefusedError,
    Row,
)
from kofucli.output.booking.rows import change_rows_document, window_lines
from kofucli.output.booking.slots import MOST_REASONS, obstacle_codes
from kofucli.output.documents import (
    Document,
    count_outcomes,
    problem_documents,
    refusal_document,
    refusal_text,
    row_documents,
)
from kofucli.output.tables import count_rest
from kofucli.output.words import OUTCOME_NAMES
from kofucli.rules import RefusedError

T = TypeVar("T")


class Occasion(Struct, frozen=True):
    """What is known of the run that ended with an error: instant, command, and how to tell it."""

    now: datetime
    command: str
    translate: Translate
    explains: bool = False
    quiet: bool = False


def error_text(error: KofuError, occasion: Occasion) -> str:
    """Return an error for people: what was wrong, where, and what was expected."""
    translate = occasion.translate
    lines = [render(error.phrase, translate)]
    if isinstance(error, InputError):
        told = problem_documents(error.problems, translate)
        lines += [f"  {problem['where']}: {problem['message']}" for problem in told]
    if not isinstance(error, RefusedError):
        return "\n".join(lines) + "\n"
    lines += _shorten(
        error.refusals,
        lambda verdict: f"[{verdict.code}] {refusal_text(verdict, occasion.now, translate)}",
        translate("and {count} more reasons; -f json has all"),
    )
    if isinstance(error, (BookRefusedError, ChangesRefusedError)):
        failed = [
            row for row in error.rows if (row.failed if isinstance(row, Row) else row.refusals)
        ]
        more = translate("and {count} more rows; -f json has all")
        lines += _shorten(failed, lambda row: _row_line(row, translate), more)
    if isinstance(error, BookRefusedError):
        unknown = {row.outcome for row in error.rows} & {"not-booked", "refused"}
        lines += [] if unknown else window_lines(error.rows, translate)
    if not occasion.quiet:
        said = (render(note, translate) for note in error.notes)
        lines += [translate("Note: {note}").format(note=note) for note in said]
    text = "\n".join(lines) + "\n"
    if occasion.explains:
        from kofucli.output.rulebook import explanation_text  # only --explain needs it

        text += explanation_text(error.inquiries, occasion.now, translate)
    return text


def _shorten(items: Sequence[T], say: Callable[[T], str], more: str) -> list[str]:
    lines = [*map(say, items[:MOST_REASONS]), *count_rest(items, MOST_REASONS, more)]
    return [f"  {line}" for line in lines]


def _row_line(row: Row | ChangeRow, translate: Translate) -> str:
    codes = ", ".join(obstacle_codes(row.refusals)) or translate(OUTCOME_NAMES[row.outcome])
    said = translate("row {row}, case {case}: {codes}")
    if isinstance(row, ChangeRow):
        return said.format(row=row.row, case=row.case, codes=codes)
    return said.format(row=row.wish.row, case=row.wish.case.number, codes=codes)


def error_document(error: KofuError, occasion: Occasion) -> Document:
    """Return the error document of docs/documents.md."""
    now, translate = occasion.now, occasion.translate
    content: Document = {
        "kind": error.kind,
        "exit": error.exit_status,
        "message": render(error.phrase, translate),
        "now": now,
        "command": occasion.command,
        "version": __version__,
    }
    if isinstance(error, InputError):
        content["problems"] = problem_documents(error.problems, translate) or [
            {"where": occasion.command, "message": content["message"]}
        ]
    if isinstance(error, StoreError):
        content["reason"] = error.reason
    if isinstance(error, RefusedError):
        content |= _refused_document(error, occasion)
    return {"error": content}


def _refused_document(error: RefusedError, occasion: Occasion) -> Document:
    now, translate = occasion.now, occasion.translate
    content: Document = {"refusals": [refusal_document(v, now, translate) for v in error.refusals]}
    if isinstance(error, BookRefusedError):
        content |= {
            "rows": list(row_documents(error.rows, now, translate)),
            "counts": count_outcomes(error.rows),
            "booked": "none",
            # Each row tells when there may be room for it; for the whole file that is not known.
            "bookable_from": None,
        }
    if isinstance(error, ChangesRefusedError):
        content |= change_rows_document(error.rows, now, translate)
    if isinstance(error, (BookRefusedError, ChangesRefusedError)) or error.notes:
        content["warnings"] = [render(note, translate) for note in error.notes]
    if occasion.explains:
        from kofucli.output.rulebook import explanation_document  # else not needed

        content["explain"] = explanation_document(error.inquiries)
    return content
