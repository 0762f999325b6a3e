"""Errors as text and as the error document."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from kofucli import __version__
from kofucli.base.errors import InputError, KofuError, StoreError
from kofucli.base.language import Translate, render
from kofucli.operations.booking.requests import BookRefusedError, ChangesRefusedError
from kofucli.output.booking.rows import MOST_REASONS, window_lines
from kofucli.output.documents import (
    Document,
    count_outcomes,
    instant,
    refusal_document,
    refusal_text,
    row_documents,
)
from kofucli.output.tables import count_rest
from kofucli.output.words import OUTCOME_NAMES
from kofucli.rules.refusal import RefusedError


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
        for problem in error.problems:
            where, message = (render(p, translate) for p in (problem.where, problem.message))
            lines.append(f"  {where}: {message}")
    if isinstance(error, RefusedError):
        lines += _refusal_lines(error, occasion)
    if isinstance(error, BookRefusedError):
        lines += _row_lines(error, translate)
    if isinstance(error, ChangesRefusedError):
        lines += _change_lines(error, translate)
    if isinstance(error, RefusedError) and not occasion.quiet:
        said = (render(note, translate) for note in error.notes)
        lines += [translate("Note: {note}").format(note=note) for note in said]
    text = "\n".join(lines) + "\n"
    if isinstance(error, RefusedError) and occasion.explains:
        from kofucli.output.booking.explanation import explanation_text  # only --explain needs it

        text += explanation_text(error.inquiries, occasion.now, translate)
    return text


def _refusal_lines(error: RefusedError, occasion: Occasion) -> Iterator[str]:
    """Yield the first refusals, in the rulebook's order, and how many more there are."""
    translate = occasion.translate
    for verdict in error.refusals[:MOST_REASONS]:
        yield f"  [{verdict.code}] {refusal_text(verdict, occasion.now, translate)}"
    more = translate("and {count} more reasons; -f json has all")
    yield from (f"  {line}" for line in count_rest(error.refusals, MOST_REASONS, more))


def _row_lines(error: BookRefusedError, translate: Translate) -> Iterator[str]:
    """Yield the first rows that failed, how many more, and when there may be room for them."""
    failed = [row for row in error.rows if row.failed]
    for row in failed[:MOST_REASONS]:
        codes = ", ".join(dict.fromkeys(v.code for v in row.refusals))
        yield "  " + translate("row {row}, case {case}: {codes}").format(
            row=row.wish.row,
            case=row.wish.case.number,
            codes=codes or translate(OUTCOME_NAMES[row.outcome]),
        )
    more = translate("and {count} more rows; -f json has all")
    yield from (f"  {line}" for line in count_rest(failed, MOST_REASONS, more))
    if all(row.outcome not in ("not-booked", "refused") for row in error.rows):
        yield from window_lines(error.rows, translate)  # other failures make this unknown


def _change_lines(error: ChangesRefusedError, translate: Translate) -> Iterator[str]:
    """Yield the first rows of a file of changes that were refused, and how many more."""
    refused = [row for row in error.rows if row.refusals]
    for row in refused[:MOST_REASONS]:
        codes = ", ".join(dict.fromkeys(verdict.code for verdict in row.refusals))
        said = translate("row {row}, case {case}: {codes}")
        yield "  " + said.format(row=row.row, case=row.case, codes=codes)
    more = translate("and {count} more rows; -f json has all")
    yield from (f"  {line}" for line in count_rest(refused, MOST_REASONS, more))


def error_document(error: KofuError, occasion: Occasion) -> Document:
    """Return the error document of docs/documents.md."""
    now, translate = occasion.now, occasion.translate
    content: Document = {
        "kind": error.kind,
        "exit": error.exit_status,
        "message": render(error.phrase, translate),
        "now": instant(now),
        "command": occasion.command,
        "version": __version__,
    }
    if isinstance(error, InputError):
        content["problems"] = [
            {"where": render(p.where, translate), "message": render(p.message, translate)}
            for p in error.problems
        ] or [{"where": occasion.command, "message": content["message"]}]
    if isinstance(error, StoreError):
        content["reason"] = error.reason
    if isinstance(error, RefusedError):
        content["refusals"] = [refusal_document(v, now, translate) for v in error.refusals]
    if isinstance(error, BookRefusedError):
        content["rows"] = list(row_documents(error.rows, now, translate))
        content["counts"] = count_outcomes(error.rows)
        content["booked"] = "none"
        # Each row tells when there may be room for it; for the whole file that is not known.
        content["bookable_from"] = None
    if isinstance(error, ChangesRefusedError):
        from kofucli.output.booking.changes import change_rows_document  # most errors have none

        content |= change_rows_document(error.rows, now, translate)
    if isinstance(error, (BookRefusedError, ChangesRefusedError)) or (
        isinstance(error, RefusedError) and error.notes
    ):
        content["warnings"] = [render(note, translate) for note in error.notes]
    if isinstance(error, RefusedError) and occasion.explains:
        from kofucli.output.booking.explanation import (
            explanation_document,  # only --explain needs it
        )

        content["explain"] = explanation_document(error.inquiries)
    return {"error": content}
