"""``confirmation``: as text, page, JSON or calendar event, and by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kofucli.base.errors import Phrase, WrongUsageError
from kofucli.base.text import N_
from kofucli.cli.app import App
from kofucli.cli.framework import agent_or_office, argument, command, option
from kofucli.model.records import Actor, Reservation
from kofucli.operations.context import Context, find_agent
from kofucli.operations.lookup import find_expiring, find_reservation
from kofucli.output.confirmation import Bearer, confirmation_document, confirmation_text

if TYPE_CHECKING:
    from kofucli.operations.mail import Posted


@command("confirmation")
@argument("number")
@option("--send", is_flag=True, help=N_("Mail it to its agent, too."))
@option("--qr", "with_code", is_flag=True, help=N_("Draw the QR code in the text, too."))
@agent_or_office("text", "html", "json", "ics", changes=True)
def confirmation(app: App, number: str, send: bool, with_code: bool) -> None:
    """Print the confirmation of a reservation, and mail it where that is asked for."""
    if with_code and app.format in ("json", "ics"):
        raise WrongUsageError(
            Phrase("--qr goes with -f text; -f html always has the code, the other forms never.")
        )
    actor = app.actor() if send else app.reader()

    def find(context: Context) -> tuple[Reservation, Bearer, tuple[Phrase, ...]]:
        found = find_reservation(context, number, actor)
        agent = find_agent(context.view, found.agent, erased_too=True)
        bearer = Bearer(agent.id, context.view.personal(agent).name)
        return found, bearer, find_expiring(context, [found])

    reservation, bearer, notes = app.read(find)
    if not app.dry_run:
        app.store.make_durable()
    posted = _send(app, reservation, actor) if send else None
    if posted is not None and posted.failure is not None:
        app.failures.append(posted.failure)
    app.show(
        lambda: {
            **confirmation_document(reservation, bearer, app.settings, app.now),
            **({"outbox": posted.kept[0] if posted.kept else None} if posted else {}),
        },
        lambda _: _render(app, reservation, bearer, with_code),
        notes=(*notes, *(_find_notes(app, reservation, posted) if posted else ())),
    )


def _render(app: App, reservation: Reservation, bearer: Bearer, with_code: bool) -> str:
    """Return the confirmation as text, page or calendar event; JSON is made elsewhere."""
    if app.format == "html":
        from kofucli.output.confirmation_forms import confirmation_page  # loads jinja2, segno

        return confirmation_page(reservation, bearer, app.settings)
    if app.format == "ics":
        from kofucli.output.confirmation_forms import confirmation_event  # loads icalendar

        return confirmation_event(reservation, bearer, app.settings, app.now)
    code: list[str] = []
    if with_code:
        from kofucli.output.confirmation_forms import draw_in_text  # loads segno

        code = draw_in_text(reservation.number)
    return confirmation_text(reservation, bearer, app.settings, code)


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
