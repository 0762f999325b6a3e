"""``book --from``: the rows of case files, and a confirmation of each reservation in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from msgspec.structs import replace

from kofucli.base.errors import (
    AftermathError,
    InputError,
    Phrase,
    WrongUsageError,
    reason_of,
)
from kofucli.base.results import check_folder, refuse_place, write_into
from kofucli.base.text import N_
from kofucli.casefile.reading import LARGEST
from kofucli.cli.app import App
from kofucli.cli.booking.confirmation import render, with_bearers
from kofucli.cli.decision import carry_out, post, recording_not_found
from kofucli.cli.files import print_message, read_input
from kofucli.cli.progress import show_progress
from kofucli.model.numbers import parse_number
from kofucli.model.records import Actor, Reservation
from kofucli.operations.booking.book import Booked, book
from kofucli.operations.booking.bulk import CaseFile, Claim, Wanted, read_wishes
from kofucli.operations.booking.requests import BookRequest
from kofucli.operations.context import Context, find_agent, find_registered
from kofucli.output.booking import rows as output
from kofucli.output.confirmation import Bearer
from kofucli.output.documents import problem_documents
from kofucli.rules.refusal import RefusedError

_EXTENSIONS = {"text": ".txt", "html": ".html", "ics": ".ics"}


def read_case_files(
    app: App,
    paths: Sequence[str],
    sheet: object,
    actor: Actor,
    agents: Sequence[str | None],
    best_effort: bool = False,
) -> Wanted:
    """Return what the rows of case files ask for, the files in their order.

    A row that names no agent is the first of ``agents``; if there are several, any of them may
    collect it. Raises WrongUsageError if standard input is named twice, and InputError.
    """
    if list(paths).count("-") > 1:
        raise WrongUsageError(Phrase("Standard input (-) can be read once only."))
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
        raise WrongUsageError(Phrase("--as goes with --confirmations DIR."))
    asked = BookRequest(
        (),
        from_file=True,
        best_effort=bool(options["best_effort"]),
        again=bool(options["again"]),
        explain=app.explains,
    )
    with recording_not_found(app, asked, actor):
        wanted = read_case_files(
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
    """Raise InputError where others wait in a folder under the number of a booking to come.

    Under one that is there already they only keep its confirmation from being written again.
    """
    there = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    numbers: dict[str, tuple[str, date | None]] = {}
    for name in there:
        with suppress(InputError):
            if name.endswith(extension) and (parsed := parse_number(name.removesuffix(extension))):
                numbers[name] = parsed

    def find(context: Context) -> list[str]:
        days = ((name, number, day) for name, (number, day) in numbers.items() if day is not None)
        return [name for name, number, day in days if number not in context.view.day(day)]

    for name in app.read(find) if numbers else ():
        refuse_place(os.path.join(folder, name))


def _write_confirmations(
    app: App, folder: str, form: str, booked: Booked, written: list[str]
) -> None:
    """Write a confirmation of each reservation that holds a case of the files.

    ``written`` gets the paths. Reservations booked before are written too, so that a second run
    completes one that was cut off. Raises AftermathError.
    """
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
        text = render(app, form, reservation, bearer, line)
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
