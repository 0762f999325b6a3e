"""``plan``: where the cases of a file would go, by one agent or several; nothing is booked."""

from __future__ import annotations

import os

import click

from kofucli.casefile import LARGEST
from kofucli.cli.app import App, check_agent_id
from kofucli.cli.arguments import read_date, read_hour
from kofucli.cli.bulk import read_case_file
from kofucli.cli.files import BYTE_ORDER_MARK, make_folder, read_input, write_file
from kofucli.cli.framework import command, format_options, office_option, option, pass_app
from kofucli.errors import AftermathError, Phrase, reason_of
from kofucli.model import Actor
from kofucli.operations import planning
from kofucli.operations.bulk import CaseFile
from kofucli.operations.deciding import Preferences
from kofucli.operations.planning import Planned
from kofucli.operations.wishes import BookRequest
from kofucli.output import rows as output
from kofucli.text import N_

__all__ = ["plan"]


@command("plan", N_("Show where the cases of a file would go: book --from without booking."))
@click.argument("file")
@option(
    "--agent",
    "agents",
    multiple=True,
    metavar="ID",
    help=N_("Who collects; repeat it, and a case may go to any of them."),
)
@option("--day", "days", multiple=True, metavar="DATE", help=N_("Only on this day; repeat."))
@option("--hour", "hours", multiple=True, metavar="HOUR", help=N_("Only at this hour; repeat."))
@option("--sheet", metavar="NAME", help=N_("The sheet of a workbook; else the first one."))
@option(
    "--split", "folder", metavar="DIR", help=N_("Write a case file for each agent into a folder.")
)
@option("--again", is_flag=True, help=N_("Also what was dropped or cancelled."))
@office_option
@format_options("table", "json", "csv")
@pass_app
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
    found = app.read(
        lambda context: frozenset(read_date(day, context.today, context) for day in days)
    )
    first = named[0] if named else app.agent_id
    is_pool = len(named) > 1
    # Several agents are nobody's claim to act: planning for them is reading.
    actor = Actor(None if is_pool or app.acts_as_office else first, "")
    sheet = options["sheet"]
    content = CaseFile(read_input(file, LARGEST), sheet if isinstance(sheet, str) else None)
    wishes, notes = read_case_file(app, content, actor, first)
    request = BookRequest(wishes, from_file=True, best_effort=True, again=bool(options["again"]))
    preferences = Preferences(named if is_pool else (), found or None, starts or None)
    planned = app.read(lambda context: planning.plan(context, request, preferences))
    folder = options["folder"]
    files: list[str] = []
    if isinstance(folder, str):
        app.refuse_in_store(folder)
        files = _write_shares(folder, planned)
    left_out = sum(row.outcome != "placed" for row in planned.rows)
    if left_out and (files or app.format == "csv"):
        notes += (
            Phrase(
                "Rows that are not in the case file, which holds what was placed: {count}",
                count=left_out,
            ),
        )
    app.show(
        lambda: {
            **output.planned_document(planned, app.now, app.translate),
            **({"files": files} if folder is not None else {}),
        },
        lambda _: output.planned_text(planned, app.now, _),
        lambda _: output.planned_sheet(planned.rows),
        (
            *notes,
            *(Phrase("Case file written: {path}", path=path) for path in files),
            *planned.notes,
        ),
    )


def _write_shares(folder: str, planned: Planned) -> list[str]:
    """Write what each agent is to book into a case file of its own; return the paths."""
    from kofucli.output.tables import csv_text  # tables and JSON need none

    make_folder(folder)
    paths = []
    for agent in dict.fromkeys(r.wish.agent for r in planned.rows if r.outcome == "placed"):
        path = os.path.join(folder, f"{agent}.csv")
        mine = [row for row in planned.rows if row.wish.agent == agent]
        text = csv_text(output.planned_sheet(mine), raw=False)
        try:
            write_file(path, BYTE_ORDER_MARK + text.encode())
        except OSError as error:
            raise AftermathError(
                Phrase(
                    "{path} could not be written ({detail}).", path=path, detail=reason_of(error)
                )
            ) from None
        paths.append(path)
    return paths
