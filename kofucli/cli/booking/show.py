"""``show`` and ``list``: one reservation, or many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, get_args

import click

from kofucli import cli
from kofucli.base import Phrase, usage_error
from kofucli.base.language import Translate, translator
from kofucli.base.text import N_, normalise
from kofucli.cli.app import App
from kofucli.cli.arguments import read_days
from kofucli.model import Reservation, Status
from kofucli.model.numbers import normalise_number
from kofucli.operations import Context, find_agent
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
    from kofucli.output.booking.confirmation import Bearer

    Visit = tuple[Reservation, Bearer]


class _StatusWord(click.Choice[str]):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = normalise(str(value)).strip()
        say = translator("ja")
        meant = {say(STATUS_NAMES[status]): status for status in get_args(Status)}
        return super().convert(meant.get(word, word), param, ctx)


@cli.command("show")
@cli.argument("number")
@cli.agent_or_office("table", "json", "csv")
def show(app: App, number: str) -> None:
    """Show a reservation."""
    actor = app.reader()

    def find(context: Context) -> tuple[Reservation, tuple[Phrase, ...]]:
        found = find_reservation(context, number, actor)
        return found, find_expiring(context, [found])

    reservation, notes = app.read(find)
    app.show(
        reservation,
        lambda _: {"reservation": reservation_document(reservation, app.now), "changed": False},
        lambda _, translate: output.reservation_text(reservation, app.now, translate),
        lambda _: output.reservations_sheet([reservation]),
        notes,
    )


@cli.command("list")
@cli.option("--day", "DATE", N_("Only those of this day."))
@cli.span_options
@cli.option(
    "--status statuses",
    _StatusWord(get_args(Status)),
    N_("Only those of this status; may be repeated."),
    multiple=True,
)
@cli.option("--case", "CASE", N_("Only those with this case."))
@cli.flag("--all everything", N_("All days and statuses."))
@cli.agent_or_office("table", "json", "csv", "xlsx", "ics")
def list_(app: App, statuses: tuple[str, ...], everything: bool, **named: str | None) -> None:
    """List reservations."""
    actor, agent, case = app.reader(), app.agent_id, named["case"]
    day, since, until = read_days(app, named["day"], named["since"], named["until"])
    if day and (since or until):
        raise usage_error("--day goes without --since and --until.")
    request = ListRequest(
        agent=agent,
        since=day or since,
        until=day or until,
        statuses=statuses,
        case=normalise_number(case) if case is not None else None,
        everything=everything,
    )

    def find(context: Context) -> tuple[Listed, list[Visit]]:
        if agent is not None:
            find_agent(context.view, agent, erased_too=True)
        listed = list_reservations(context, request, actor)
        if app.format != "ics":
            return listed, []
        from kofucli.cli.booking.confirmation import with_bearers  # only a calendar names agents

        return listed, with_bearers(context.view, listed)

    found, visits = app.read(find)

    def text(found: Listed, translate: Translate) -> Iterable[str]:
        if app.format != "ics":
            return output.reservations_parts(found, translate)
        from kofucli.output.booking.mail_parts import calendar_text  # loads icalendar

        return [calendar_text(visits, app.settings, app.now, app.store.line)]

    app.show(
        found,
        lambda _: {"reservations": Each(lambda r: reservation_document(r, app.now), found)},
        text,
        output.reservations_sheet,
    )
