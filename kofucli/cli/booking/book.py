"""``book``: one frame here, the rows of case files in ``plan``."""

from __future__ import annotations

from kofucli import cli
from kofucli.base import InputError, Phrase, Problem, usage_error
from kofucli.base.text import N_
from kofucli.casefile import build_case, parse_spec
from kofucli.cli.app import App
from kofucli.cli.arguments import read_day, read_hour, split_moment
from kofucli.cli.decision import carry_out, post, show_changed
from kofucli.model import Case, Frame
from kofucli.operations.booking.book import book as book_wishes
from kofucli.operations.booking.requests import BookRequest, Wish
from kofucli.rules.wording_of_requests import RECIPIENTS
from kofucli.settings import Settings


@cli.command("book")
@cli.argument("date", required=False)
@cli.argument("hour", required=False)
@cli.option("--case cases", "SPEC...", N_("A case to be collected; may be repeated."))
@cli.option(
    "--from files",
    "FILE...",
    N_("Book the rows of a file (CSV, XLSX, JSON); - is stdin; may be repeated."),
)
@cli.sheet_option
@cli.flag("--best-effort", N_("With --from: book what the rules allow."))
@cli.flag("--again", N_("With --from: also what was dropped or cancelled."))
@cli.option(
    "--confirmations",
    "DIR",
    N_("With --from: write a confirmation of each reservation into a folder."),
)
@cli.option("--as form", ("text", "html", "ics"), N_("The form of these confirmations."))
@cli.explain_option
@cli.scenario_option
@cli.agent_or_office("table", "json", "csv", "xlsx", changes=True)
def book(
    app: App,
    date: str | None,
    hour: str | None,
    cases: tuple[str, ...],
    files: tuple[str, ...],
    **file_options: object,
) -> int:
    """Book, in one transaction."""
    actor = app.actor()
    if files:
        if date or hour or cases:
            raise usage_error("--from FILE takes no DATE, HOUR or --case beside it.")
        from kofucli.cli.booking.plan import book_files  # one frame needs no file

        return book_files(app, files, file_options, actor)
    if app.format == "xlsx":
        raise usage_error("-f xlsx goes with --from FILE.")
    if any(file_options.values()):
        raise usage_error(
            "--best-effort, --again, --sheet, --confirmations and --as go with --from FILE."
        )
    if date and not hour:
        date, hour = split_moment(date)
    if not date or not hour or not cases:
        raise usage_error("Expected DATE HOUR and at least one --case NUMBER, or --from FILE.")
    agent, start = app.agent_to_serve(), read_hour(hour)
    day = read_day(app, date)
    wishes = tuple(
        Wish(row, agent, Frame(day, start), case)
        for row, case in enumerate(_read_cases(app.settings, cases), 1)
    )
    request = BookRequest(wishes, explain=app.explains)
    booked = carry_out(
        app,
        request,
        app.stamp(actor),
        lambda stamp: book_wishes(app.store, app.settings, request, stamp),
    )
    posted = post(app, "booked", booked.reservations)
    app.inquiries = booked.inquiries
    headline = N_("Would be booked.") if booked.dry_run else N_("Booked.")
    show_changed(app, booked.reservations[0], headline, (*booked.notes, *posted.notes))
    return 0


book.meanings_of = N_("Ways to collect (recipient=)")
book.meanings = tuple(RECIPIENTS.values())


def _read_cases(settings: Settings, specs: tuple[str, ...]) -> list[Case]:
    cases: list[Case] = []
    problems: list[Problem] = []
    for spec in specs:
        try:
            draft = parse_spec(spec)
            case, faults = build_case(draft, settings)
            if case is None:
                from kofucli.operations.booking.amend import case_error  # only for mistakes

                raise case_error(draft, faults)
            cases.append(case)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(Phrase("A case is invalid; nothing was changed."), problems)
    return cases
