"""Errors as text and as the error document."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from kofucli.errors import InputError, KofuError, RefusedError, StoreError
from kofucli.language import Translate, render
from kofucli.operations.booking import FAILED, BookRefusedError
from kofucli.output.documents import (
    Document,
    count_outcomes,
    find_window,
    instant,
    refusal_document,
    refusal_text,
    row_document,
)
from kofucli.output.words import OUTCOME_NAMES

__all__ = ["Occasion", "error_document", "error_text"]


class Occasion(Struct, frozen=True):
    """When and where an error happened, and the language to say it in."""

    now: datetime
    command: str
    version: str
    translate: Translate


def error_text(error: KofuError, occasion: Occasion) -> str:
    """Return an error for people: what was wrong, where, what was expected."""
    translate = occasion.translate
    lines = [render(error.phrase, translate)]
    if isinstance(error, InputError):
        for problem in error.problems:
            where, message = (render(p, translate) for p in (problem.where, problem.message))
            lines.append(f"  {where}: {message}")
    if isinstance(error, RefusedError):
        for verdict in error.refusals:
            lines.append(f"  [{verdict.code}] {refusal_text(verdict, occasion.now, translate)}")
    if isinstance(error, BookRefusedError):
        lines += [
            "  "
            + translate("row {row}, case {case}: {codes}").format(
                row=row.wish.row,
                case=row.wish.case.number,
                codes=", ".join(dict.fromkeys(v.code for v in row.refusals))
                or translate(OUTCOME_NAMES[row.outcome]),
            )
            for row in error.rows
            if row.outcome in FAILED
        ]
    return "\n".join(lines) + "\n"


def error_document(error: KofuError, occasion: Occasion) -> Document:
    """Return the error document of docs/contract.md."""
    now, translate = occasion.now, occasion.translate
    content: Document = {
        "kind": error.kind,
        "exit": error.exit_status,
        "message": render(error.phrase, translate),
        "now": instant(now),
        "command": occasion.command,
        "version": occasion.version,
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
        content["rows"] = [row_document(row, now, translate) for row in error.rows]
        content["counts"] = count_outcomes(error.rows)
        content["bookable_from"] = instant(find_window(error.rows))
    return {"error": content}
