"""``plan``: the frames that the cases of a file would get, for one agent or several."""

from __future__ import annotations

import os
from collections.abc import Container

from kofucli.base.errors import AftermathError, InputError, Phrase, Problem
from kofucli.base.results import check_folder, refuse_place, write_into
from kofucli.base.text import N_, abbreviate
from kofucli.cli import framework as cli
from kofucli.cli.app import App
from kofucli.cli.arguments import read_day, read_hour
from kofucli.cli.booking.bulk import read_case_files
from kofucli.cli.invocation import check_agent_id
from kofucli.cli.progress import show_progress
from kofucli.model.records import Actor
from kofucli.operations.booking.book import Planned
from kofucli.operations.booking.book import plan as plan_rows
from kofucli.operations.booking.requests import BookRequest, Preferences
from kofucli.output.booking import rows as output

_MOST_NAMED = 20


@cli.command("plan")
@cli.argument("file")
@cli.option(
    "--agent",
    "agents",
    multiple=True,
    metavar="ID",
    help=N_("Who collects; repeat it, and a case may go to any of them."),
)
@cli.option(
    "--day", "days", multiple=True, metavar="DATE", help=N_("Only on this day; may be repeated.")
)
@cli.option(
    "--hour", "hours", multiple=True, metavar="HOUR", help=N_("Only at this hour; may be repeated.")
)
@cli.sheet_option
@cli.option(
    "--split", "folder", metavar="DIR", help=N_("Write a case file for each agent into a folder.")
)
@cli.option("--again", is_flag=True, help=N_("Also what was dropped or cancelled."))
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
    wanted = read_case_files(app, [file], options["sheet"], actor, named or [first])
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
    """Write a case file for each agent, with the rows it is to book; return the paths."""
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
    """Raise InputError if a folder holds other CSV files, as an earlier plan's.

    A user who books every file of the folder would book both plans.
    """
    there = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    others = [name for name in there if name.lower().endswith(".csv") and name not in shares]
    if others:
        named = [abbreviate(name) for name in others[:_MOST_NAMED]]
        message = Phrase(
            "there are files that this plan does not write: {names}; remove them, or name another "
            "folder, so that who books every file there books this plan",
            names=named + ["..."] * (len(others) > _MOST_NAMED),
        )
        raise InputError(
            Phrase("The folder is invalid; nothing was written."),
            [Problem(Phrase("folder {path}", path=folder), message)],
        )
