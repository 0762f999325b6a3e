"""``confirmation``: as text, page, JSON or calendar event, and by mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kofucli import cli
from kofucli.base import Phrase, WrongUsageError
from kofucli.base.text import N_
from kofucli.cli.app import App
from kofucli.cli.files import can_print
from kofucli.model import Actor, Reservation
from kofucli.operations import Context, find_agent
from kofucli.operations.lookup import find_expiring, find_reservation
from kofucli.output.booking.confirmation import (
    COLUMNS,
    HALVES,
    Bearer,
    confirmation_document,
    confirmation_page,
    confirmation_text,
    draw_in_text,
)

if TYPE_CHECKING:
    from kofucli.operations.mail import Posted
    from kofucli.store.view import View


@cli.command("confirmation")
@cli.argument("number")
@cli.option("--send", is_flag=True, help=N_("Mail it to its agent, too."))
@cli.option("--qr", "with_code", is_flag=True, help=N_("Draw the QR code in the text, too."))
@cli.agent_or_office("text", "html", "json", "ics", changes=True)
def confirmation(app: App, number: str, send: bool, with_code: bool) -> None:
    """Print the confirmation of a reservation, and mail it where that is asked for."""
    if with_code and app.format in ("json", "ics"):
        raise WrongUsageError(
            Phrase("--qr goes with -f text; -f html always has the code, the other forms never.")
        )
    actor = app.actor() if send else app.reader()

    def find(context: Context) -> tuple[Reservation, Bearer, tuple[Phrase, ...]]:
        found = find_reservation(context, number, actor)
        ((_, bearer),) = with_bearers(context.view, [found])
        return found, bearer, find_expiring(context, [found])

    reservation, bearer, notes = app.read(find)
    line = app.store.line
    if not app.dry_run:
        app.store.make_durable()
    posted = _send(app, reservation, actor) if send else None
    if posted is not None and posted.failure is not None:
        app.failures.append(posted.failure)
    if with_code and app.format != "html" and not _can_draw(app):
        with_code = False
        notes += (
            Phrase(
                "The QR code is left out: this terminal's encoding has no characters to draw it. "
                "-f html has it."
            ),
        )
    app.show(
        reservation,
        lambda _: {
            **confirmation_document(reservation, bearer, app.settings, app.now),
            **({"outbox": posted.kept[0] if posted.kept else None} if posted else {}),
        },
        lambda *_: render(app, app.format, (reservation, bearer), line, with_code, app.columns()),
        notes=(*notes, *(_find_notes(app, reservation, posted) if posted else ())),
    )


def with_bearers(
    view: View, reservations: Iterable[Reservation]
) -> list[tuple[Reservation, Bearer]]:
    """Return reservations with the names of their agents; an erased one has none."""
    found = list(reservations)
    agents = {name: find_agent(view, name, erased_too=True) for name in {r.agent for r in found}}
    bearers = {name: Bearer(name, view.personal(agent).name) for name, agent in agents.items()}
    return [(reservation, bearers[reservation.agent]) for reservation in found]


def render(
    app: App,
    form: str,
    found: tuple[Reservation, Bearer],
    line: int,
    code: bool = False,
    columns: int = COLUMNS,
) -> str:
    """Return a confirmation as text (with its QR code), page or calendar event.

    ``line`` is the ledger's line as of which the reservation was read.
    """
    if form == "html":
        return confirmation_page(*found, app.settings)
    if form == "ics":
        from kofucli.output.booking.mail_parts import calendar_text  # loads icalendar

        return calendar_text([found], app.settings, app.now, line)
    drawn: list[str] = []
    if code:
        drawn = draw_in_text(found[0].number, coloured=app.is_printed and app.has_colours)
    return confirmation_text(*found, app.settings, drawn, columns)


def _can_draw(app: App) -> bool:
    return not app.is_printed or can_print("".join(HALVES.values()))


def _send(app: App, reservation: Reservation, actor: Actor) -> Posted:
    from kofucli.cli.decision import courier  # only --send needs it
    from kofucli.operations.mail import send_confirmation

    stamp = app.stamp(actor)
    return send_confirmation(app.store, app.settings, reservation.number, stamp, courier(app))


def _find_notes(app: App, reservation: Reservation, posted: Posted) -> tuple[Phrase, ...]:
    """Return the notes on the mail: where it lies, or that it was sent."""
    if posted.failure is not None or app.dry_run:
        return ()
    if posted.kept:
        return (Phrase("The mail with it lies in the outbox: {path}", path=posted.kept[0]),)
    return (Phrase("It was mailed to agent {id}.", id=reservation.agent),)
