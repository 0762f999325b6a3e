"""``show`` and ``list``: one reservation, or many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from kofucli.base.errors import Phrase, WrongUsageError
from kofucli.base.language import translator
from kofucli.base.text import N_, normalise
from kofucli.cli.app import App
from kofucli.cli.arguments import read_date
from kofucli.cli.framework import agent_or_office, argument, command, option, span_options
from kofucli.model.numbers import normalise_number
from kofucli.model.records import Reservation, Status
from kofucli.operations.context import Context, find_agent
from kofucli.operations.lookup import (
    Listed,
    ListRequest,
    find_expiring,
    find_reservation,
    list_reservations,
)
from kofucli.output.booking import reservations as output
from kofucli.output.documents import Each, reservation_document
from kofucli.output.words import STATUS_NAMES

if TYPE_CHECKING:
    from kofucli.output.confirmation import Bearer

    Visit = tuple[Reservation, Bearer]


class StatusWord(click.Choice[str]):
    """A reservation's status, as documents or as tables in Japanese have it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the status that a word means. Fails as ``click.Choice`` does."""
        word = normalise(str(value)).strip()
        say = translator("ja")
        meant = {say(STATUS_NAMES[status]): status for status in get_args(Status)}
        return super().convert(meant.get(word, word), param, ctx)


@command("show")
@argument("number")
@agent_or_office("table", "json", "csv")
def show(app: App, number: str) -> None:
    """Show a reservation."""
    actor = app.reader()

    def find(context: Context) -> tuple[Reservation, tuple[Phrase, ...]]:
        found = find_reservation(context, number, actor)
        return found, find_expiring(context, [found])

    reservation, notes = app.read(find)
    app.show(
        lambda: {"reservation": reservation_document(reservation, app.now), "changed": False},
        lambda _: output.reservation_text(reservation, app.now, _),
        lambda: output.reservations_sheet([reservation]),
        notes,
    )


@command("list")
@option("--day", metavar="DATE", help=N_("Only those of this day."))
@span_options
@option(
    "--status",
    "statuses",
    multiple=True,
    type=StatusWord(get_args(Status)),
    help=N_("Only those of this status; repeat."),
)
@option("--case", metavar="CASE", help=N_("Only those with this case."))
@option("--all", "everything", is_flag=True, help=N_("All days and statuses."))
@agent_or_office("table", "json", "csv", "xlsx", "ics")
def list_(app: App, statuses: tuple[str, ...], everything: bool, **named: str | None) -> None:
    """List reservations."""
    actor = app.reader()
    agent = app.agent_id

    def find(context: Context) -> tuple[Listed, list[Visit]]:
        days = {
            name: read_date(value, context.today, context)
            for name in ("day", "since", "until")
            if (value := named[name]) is not None
        }
        if "day" in days and len(days) > 1:
            raise WrongUsageError(Phrase("--day goes without --since and --until."))
        if agent is not None:
            find_agent(context.view, agent, erased_too=True)
        case = named["case"]
        request = ListRequest(
            agent=agent,
            since=days.get("day", days.get("since")),
            until=days.get("day", days.get("until")),
            statuses=statuses,
            case=normalise_number(case) if case is not None else None,
            everything=everything,
        )
        listed = list_reservations(context, request, actor)
        if app.format != "ics":
            return listed, []
        from kofucli.cli.booking.confirmation import with_bearers  # only a calendar names agents

        return listed, with_bearers(context.view, listed)

    found, visits = app.read(find)
    app.show(
        lambda: {"reservations": Each(lambda r: reservation_document(r, app.now), found)},
        lambda _: (
            (_calendar(app, visits),)
            if app.format == "ics"
            else output.reservations_parts(found, _)
        ),
        lambda: output.reservations_sheet(found),
    )


def _calendar(app: App, visits: list[Visit]) -> str:
    from kofucli.output.booking.mail_parts import calendar_text  # loads icalendar

    return calendar_text(visits, app.settings, app.now, app.store.line)
