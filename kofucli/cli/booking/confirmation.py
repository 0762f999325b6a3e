"""``confirmation``: as text, page, JSON or calendar event, and by mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kofucli import cli
from kofucli.base import Phrase, usage_error
from kofucli.base.text import N_
from kofucli.cli.app import App
from kofucli.cli.files import can_print
from kofucli.model import Reservation
from kofucli.operations import Context, find_agent
from kofucli.operations.lookup import find_expiring, find_reservation
from kofucli.output.booking import confirmation as output

if TYPE_CHECKING:
    from kofucli.operations.mail import Posted
    from kofucli.store.view import View


@cli.command("confirmation")
@cli.argument("number")
@cli.flag("--send", N_("Mail it to its agent, too."))
@cli.flag("--qr with_code", N_("Draw the QR code in the text, too."))
@cli.agent_or_office("text", "html", "json", "ics", changes=True)
def confirmation(app: App, number: str, send: bool, with_code: bool) -> None:
    """Print the confirmation of a reservation, and mail it where that is asked for."""
    if with_code and app.format in ("json", "ics"):
        raise usage_error(
            "--qr goes with -f text; -f html always has the code, the other forms never."
        )
    actor = app.actor() if send else app.reader()

    def find(context: Context) -> tuple[Reservation, output.Bearer, tuple[Phrase, ...]]:
        found = find_reservation(context, number, actor)
        ((_, bearer),) = with_bearers(context.view, [found])
        return found, bearer, find_expiring(context, [found])

    reservation, bearer, notes = app.read(find)
    line = app.store.line
    if not app.dry_run:
        app.store.make_durable()
    posted = None
    sent: tuple[Phrase, ...] = ()
    if send:
        from kofucli.cli.decision import courier  # only --send needs it
        from kofucli.operations.mail import send_confirmation

        stamp = app.stamp(actor)
        posted = send_confirmation(app.store, app.settings, reservation.number, stamp, courier(app))
        sent = _find_notes(app, reservation, posted)
    is_text = with_code and app.format != "html"
    if is_text and app.is_printed and not can_print("".join(output.HALVES.values())):
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
            **output.confirmation_document(reservation, bearer, app.settings, app.now),
            **({"outbox": posted.kept[0] if posted.kept else None} if posted else {}),
        },
        lambda *_: render(app, app.format, (reservation, bearer), line, with_code, app.columns()),
        notes=(*notes, *sent),
    )


def with_bearers(
    view: View, reservations: Iterable[Reservation]
) -> list[tuple[Reservation, output.Bearer]]:
    """Return reservations with the names of their agents; an erased one has none."""
    found = list(reservations)
    agents = {name: find_agent(view, name, erased_too=True) for name in {r.agent for r in found}}
    bearers = {
        name: output.Bearer(name, view.personal(agent).name) for name, agent in agents.items()
    }
    return [(reservation, bearers[reservation.agent]) for reservation in found]


def render(
    app: App,
    form: str,
    found: tuple[Reservation, output.Bearer],
    line: int,
    code: bool = False,
    columns: int = output.COLUMNS,
) -> str:
    """``line`` is the ledger's line as of which the reservation was read."""
    if form == "html":
        return output.confirmation_page(*found, app.settings)
    if form == "ics":
        from kofucli.output.booking.mail_parts import calendar_text  # loads icalendar

        return calendar_text([found], app.settings, app.now, line)
    drawn: list[str] = []
    if code:
        drawn = output.draw_in_text(found[0].number, coloured=app.is_printed and app.has_colours)
    return output.confirmation_text(*found, app.settings, drawn, columns)


def _find_notes(app: App, reservation: Reservation, posted: Posted) -> tuple[Phrase, ...]:
    """Return where the mail lies, or that it was sent; a failure goes to those of the run."""
    if posted.failure is not None:
        app.failures.append(posted.failure)
    if posted.failure is not None or app.dry_run:
        return ()
    if posted.kept:
        return (Phrase("The mail with it lies in the outbox: {path}", path=posted.kept[0]),)
    return (Phrase("It was mailed to agent {id}.", id=reservation.agent),)
