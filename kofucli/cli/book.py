"""``book``: one frame, or the rows of a file."""

from __future__ import annotations

import click

from kofucli.casespec import build_case, parse_spec
from kofucli.cli.app import App
from kofucli.cli.arguments import read_date, read_hour
from kofucli.cli.files import read_input
from kofucli.cli.framework import (
    acting_options,
    command,
    dry_run_option,
    format_options,
    option,
    pass_app,
)
from kofucli.errors import InputError, Phrase, Problem, RefusedError, WrongUsageError
from kofucli.model import Actor, Case, Frame
from kofucli.operations.amending import case_error
from kofucli.operations.booking import Booked, BookRequest, Wish
from kofucli.operations.booking import book as book_wishes
from kofucli.operations.context import Context, find_agent
from kofucli.output import reservations as output
from kofucli.output.documents import FORMAT, reservation_document
from kofucli.settings import Settings
from kofucli.text import N_

__all__ = ["book"]


@command("book", N_("Book one frame (DATE HOUR), or the rows of a case file (--from)."))
@click.argument("date", required=False)
@click.argument("hour", required=False)
@option("--case", "cases", multiple=True, metavar="SPEC", help=N_("NUMBER[,key=value]...; repeat."))
@option("--from", "file", metavar="FILE", help=N_("Book the rows of a CSV file; - is stdin."))
@option("--best-effort", is_flag=True, help=N_("With --from: book what the rules allow."))
@option("--again", is_flag=True, help=N_("With --from: also what was dropped or cancelled."))
@acting_options
@dry_run_option
@format_options("table", "json", "csv")
@pass_app
def book(
    app: App,
    date: str | None,
    hour: str | None,
    cases: tuple[str, ...],
    **file_options: object,
) -> int:
    """Book, in one transaction."""
    actor = app.agent_or_office()
    agent = app.agent_id
    file = file_options["file"]
    if isinstance(file, str):
        if date or hour or cases:
            raise WrongUsageError(Phrase("--from FILE takes no DATE, HOUR or --case beside it."))
        return _book_file(app, file, file_options, actor)
    if file_options["best_effort"] or file_options["again"]:
        raise WrongUsageError(Phrase("--best-effort and --again go with --from FILE."))
    if not date or not hour or not cases:
        raise WrongUsageError(
            Phrase("Expected DATE HOUR and at least one --case NUMBER, or --from FILE.")
        )
    if agent is None:
        raise WrongUsageError(Phrase("For whom? Add --agent ID to --office."))
    start = read_hour(hour)
    day = app.read(lambda context: read_date(date, context.today, context))
    wishes = tuple(
        Wish(row, agent, Frame(day, start), case)
        for row, case in enumerate(_read_cases(app.settings, cases), 1)
    )
    booked = book_wishes(app.store, app.settings, BookRequest(wishes), app.stamp(actor))
    _show_booked(app, booked)
    return 0


def _read_cases(settings: Settings, specs: tuple[str, ...]) -> list[Case]:
    """Return the cases of --case, or every mistake in all of them."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for spec in specs:
        try:
            draft = parse_spec(spec)
            case, faults = build_case(draft, settings)
            if case is None:
                raise case_error(draft, faults)
            cases.append(case)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(Phrase("A case is not as it should be; nothing was changed."), problems)
    return cases


def _show_booked(app: App, booked: Booked) -> None:
    (reservation,) = booked.reservations
    headline = N_("Would be booked.") if booked.dry_run else N_("Booked.")
    app.show(
        lambda: {
            "format": FORMAT,
            "reservation": reservation_document(reservation, app.now),
            "changed": True,
        },
        lambda _: output.change_text(reservation, _(headline), app.now, _),
        lambda _: output.reservations_sheet([reservation]),
        booked.notes,
        changed=True,
    )


def _book_file(app: App, file: str, options: dict[str, object], actor: Actor) -> int:
    from kofucli.operations.bulk import Claim, read_wishes  # one frame needs no file

    data, agent = read_input(file), app.agent_id

    def read(context: Context) -> tuple[tuple[Wish, ...], tuple[Phrase, ...]]:
        if agent is not None:
            find_agent(context.view, agent)
        claim = Claim(actor, agent, lambda name: context.view.agent(name) is not None)
        return read_wishes(data, app.settings, claim)

    wishes, notes = app.read(read)
    request = BookRequest(
        wishes,
        from_file=True,
        best_effort=bool(options["best_effort"]),
        again=bool(options["again"]),
    )
    booked = book_wishes(app.store, app.settings, request, app.stamp(actor))
    app.show(
        lambda: output.booked_document(booked, app.now, app.translate),
        lambda _: output.rows_text(booked, _),
        lambda _: output.rows_sheet(booked.rows),
        (*notes, *booked.notes),
        changed=booked.changed,
    )
    return RefusedError.exit_status if booked.refused else 0
