"""Case files: ``plan`` shows the frames that their cases would get, ``book --from`` books them.

``plan`` is for one agent or several. ``book --from`` can put a confirmation of each reservation
into a folder.
"""

from __future__ import annotations

import os
from collections.abc import Container, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from msgspec.structs import replace

from kofucli import cli
from kofucli.base import AftermathError, InputError, Phrase, Problem, reason_of, usage_error
from kofucli.base.results import check_folder, refuse_place, write_into
from kofucli.base.text import N_, abbreviate
from kofucli.casefile.reading import LARGEST
from kofucli.cli.app import App
from kofucli.cli.arguments import read_day, read_hour
from kofucli.cli.booking.confirmation import render, with_bearers
from kofucli.cli.decision import carry_out, post, recording_not_found
from kofucli.cli.files import print_message, read_input
from kofucli.cli.invocation import check_agent_id
from kofucli.cli.progress import show_progress
from kofucli.model import Actor, Reservation
from kofucli.model.numbers import parse_number
from kofucli.operations import Context, find_agent, find_registered
from kofucli.operations.booking.book import Booked, Planned, book
from kofucli.operations.booking.book import plan as plan_rows
from kofucli.operations.booking.bulk import CaseFile, Claim, Wanted, read_wishes
from kofucli.operations.booking.requests import BookRequest, Preferences
from kofucli.output.booking import rows as output
from kofucli.output.booking.confirmation import Bearer
from kofucli.output.documents import problem_documents
from kofucli.rules import RefusedError

_EXTENSIONS = {"text": ".txt", "html": ".html", "ics": ".ics"}


def _read_case_files(
    app: App,
    paths: Sequence[str],
    sheet: object,
    actor: Actor,
    agents: Sequence[str | None],
    best_effort: bool = False,
) -> Wanted:
    """A row that names no agent is the first of ``agents``; of several any may collect it."""
    if list(paths).count("-") > 1:
        raise usage_error("Standard input (-) can be read once only.")
    app.inputs += paths
    named = sheet if isinstance(sheet, str) else None
    files = [CaseFile(read_input(path, LARGEST), named, path) for path in paths]
    progress = show_progress(app, N_("Reading"))

    agent = agents[0]
    pool = tuple(name for name in agents if name is not None) if len(agents) > 1 else ()

    def read(context: Context) -> Wanted:
        def knows(name: str) -> bool:
            return find_registered(context.view, name) is not None

        if agent is not None:
            find_agent(context.view, agent)
        claim = Claim(actor, agent, knows, context.today, pool)
        return read_wishes(files, app.settings, claim, progress, best_effort)

    return app.read(read)


def book_files(app: App, paths: Sequence[str], options: dict[str, Any], actor: Actor) -> int:
    """Book the rows of case files, show what became of them, and return the exit status."""
    folder, form = options["confirmations"], str(options["form"] or "text")
    if options["form"] and folder is None:
        raise usage_error("--as goes with --confirmations DIR.")
    asked = BookRequest(
        (),
        from_file=True,
        best_effort=bool(options["best_effort"]),
        again=bool(options["again"]),
        explain=app.explains,
    )
    with recording_not_found(app, asked, actor):
        wanted = _read_case_files(
            app, paths, options["sheet"], actor, [app.agent_id], asked.best_effort
        )
    confirms = folder is not None and not app.dry_run
    if confirms:
        app.refuse_in_store(folder)
        check_folder(folder)
        _refuse_planted(app, folder, _EXTENSIONS[form])
    notes, left_out = wanted.notes, wanted.left_out
    request = replace(asked, wishes=wanted.wishes, notes=notes)
    stamp = app.stamp(actor)
    progress = show_progress(app, N_("Booking"))
    booked = carry_out(
        app, request, stamp, lambda stamp: book(app.store, app.settings, request, stamp, progress)
    )
    app.inquiries = booked.inquiries
    sending = show_progress(app, N_("Sending mails"), 1)
    posted = post(app, "booked", booked.reservations, sending)
    written: list[str] = []
    if confirms:
        app.attempt(lambda: _write_confirmations(app, folder, form, booked, written), None)
    if written:
        notes += (
            Phrase("Confirmations written: {count}, in {path}", count=len(written), path=folder),
        )
    app.show(
        booked,
        lambda _: {
            **output.booked_document(booked, app.now, app.translate, len(left_out)),
            **({"left_out": problem_documents(left_out, app.translate)} if left_out else {}),
            **({"confirmations": written} if confirms else {}),
        },
        lambda _, translate: (
            output.booked_text(booked, app.now, translate, len(left_out))
            + output.left_out_text(left_out, translate)
        ),
        lambda _: output.rows_sheet(booked.rows, wanted.files, app.now, app.translate),
        (*notes, *booked.notes, *posted.notes),
        changed=booked.changed,
    )
    if app.format in ("csv", "xlsx"):  # a sheet has no place for them; as a note -q would hide them
        print_message(output.left_out_text(left_out, app.translate))
    return RefusedError.exit_status if booked.failed or left_out else 0


def _refuse_planted(app: App, folder: str, extension: str) -> None:
    """Raise InputError where files of others wait under the number of a booking to come."""
    there = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    numbers: dict[str, tuple[str, date | None]] = {}
    for name in there:
        with suppress(InputError):
            if name.endswith(extension) and (parsed := parse_number(name.removesuffix(extension))):
                numbers[name] = parsed

    def find(context: Context) -> list[str]:
        found = [(name, number, day) for name, (number, day) in numbers.items() if day is not None]
        return [name for name, number, day in found if number not in context.view.day(day)]

    for name in app.read(find) if numbers else ():
        refuse_place(os.path.join(folder, name))


def _write_confirmations(
    app: App, folder: str, form: str, booked: Booked, written: list[str]
) -> None:
    """Write those booked before too, so that a second run completes one that was cut off."""
    visits = {
        row.reservation: row.day for row in booked.rows if row.outcome in ("booked", "already")
    }

    def find(context: Context) -> list[tuple[Reservation, Bearer]]:
        found = [context.view.day(day)[number] for number, day in visits.items() if number and day]
        return with_bearers(context.view, found)

    found = app.read(find)
    line = app.store.line
    for reservation, bearer in found:
        name = f"{reservation.number}{_EXTENSIONS[form]}"
        text = render(app, form, (reservation, bearer), line)
        try:
            written.append(write_into(folder, name, text.encode()))
        except OSError as error:
            raise AftermathError(
                Phrase(
                    "{path} could not be written ({detail}). What is booked stays booked; run the "
                    "same command again, and the confirmations are written.",
                    path=os.path.join(folder, name),
                    detail=reason_of(error),
                )
            ) from None


_MOST_NAMED = 20


@cli.command("plan")
@cli.argument("file")
@cli.option(
    "--agent agents", "ID...", N_("Who collects; repeat it, and a case may go to any of them.")
)
@cli.option("--day days", "DATE...", N_("Only on this day; may be repeated."))
@cli.option("--hour hours", "HOUR...", N_("Only at this hour; may be repeated."))
@cli.sheet_option
@cli.option("--split folder", "DIR", N_("Write a case file for each agent into a folder."))
@cli.flag("--again", N_("Also what was dropped or cancelled."))
@cli.explain_option
@cli.office_options("table", "json", "csv", "xlsx")
def plan(
    app: App,
    file: str,
    agents: tuple[str, ...],
    days: tuple[str, ...],
    hours: tuple[str, ...],
    **options: object,
) -> None:
    """Show a plan."""
    named = tuple(dict.fromkeys(check_agent_id(agent) for agent in agents))
    starts = frozenset(read_hour(hour) for hour in hours)
    found = frozenset(read_day(app, day) for day in days)
    first = named[0] if named else app.agent_id
    is_pool = len(named) > 1
    # Only one agent can act for itself; a plan for several is read as the office reads.
    actor = Actor(None if is_pool or app.acts_as_office else first, "")
    wanted = _read_case_files(app, [file], options["sheet"], actor, named or [first])
    wishes, notes = wanted.wishes, wanted.notes
    del wanted  # the cells of a great file, which no plan shows
    request = BookRequest(
        wishes, from_file=True, best_effort=True, again=bool(options["again"]), explain=app.explains
    )
    reader = app.agent_id if is_pool and not app.acts_as_office else None
    preferences = Preferences(named if is_pool else (), found or None, starts or None, reader)
    progress = show_progress(app, N_("Planning"))
    planned = app.read(lambda context: plan_rows(context, request, preferences, actor, progress))
    app.inquiries = planned.inquiries
    folder = options["folder"]
    files: list[str] = []
    if isinstance(folder, str):
        app.refuse_in_store(folder)
        files = _write_shares(app, folder, planned)
        if not files:
            notes += (Phrase("Nothing was placed, so no case file was written."),)
    left_out = sum(row.outcome != "placed" for row in planned.rows)
    if left_out and (files or app.format in ("csv", "xlsx")):
        notes += (
            Phrase(
                "Rows that are not in the case file, which holds what was placed: {count}",
                count=left_out,
            ),
        )
    app.show(
        planned,
        lambda _: {
            **output.planned_document(planned, app.now, app.translate),
            **({"files": files} if folder is not None else {}),
        },
        lambda _, translate: output.planned_text(planned, app.now, translate),
        lambda _: output.planned_sheet(planned.rows),
        (
            *notes,
            *(Phrase("Case file written: {path}", path=path) for path in files),
            *planned.notes,
        ),
    )


def _write_shares(app: App, folder: str, planned: Planned) -> list[str]:
    from kofucli.output.tables import csv_file  # tables and JSON need none

    agents = dict.fromkeys(r.wish.agent for r in planned.rows if r.outcome == "placed")
    shares = {f"{agent}.csv": agent for agent in agents}
    check_folder(folder)
    _refuse_others(folder, shares)
    for name in shares:
        refuse_place(os.path.join(folder, name))
    paths = []
    for name, agent in shares.items():
        mine = [row for row in planned.rows if row.wish.agent == agent]
        try:
            paths.append(write_into(folder, name, b"".join(csv_file(output.planned_sheet(mine)))))
        except OSError as error:
            raise AftermathError(app.unwritten(os.path.join(folder, name), error)) from None
    return paths


def _refuse_others(folder: str, shares: Container[str]) -> None:
    """Whoever books every file of the folder would book an earlier plan, too."""
    there = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    others = [name for name in there if name.lower().endswith(".csv") and name not in shares]
    if others:
        named = [abbreviate(name) for name in others[:_MOST_NAMED]]
        message = Phrase(
            "there are files that this plan does not write: {names}; remove them, or name another "
            "folder, so that whoever books every file there books this plan",
            names=named + ["..."] * (len(others) > _MOST_NAMED),
        )
        raise InputError(
            Phrase("The folder is invalid; nothing was written."),
            [Problem(Phrase("folder {path}", path=folder), message)],
        )
