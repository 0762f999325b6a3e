"""A change from decision to mail: decided, written as a scenario where asked, then mailed.

With ``--scenario FILE`` ``carry_out`` writes the decision to the file, a refusal too. A mail that
fails changes nothing: the change stands, the result is shown, and the run ends with exit status 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from kofucli.base import NotFoundError, Phrase
from kofucli.cli.app import App
from kofucli.model import Actor, Reservation, Stamp
from kofucli.operations import Progress, no_progress
from kofucli.operations.mail import Courier, News, NewsKind, Posted, StandingNews, mail_news
from kofucli.operations.outbox import Carrier
from kofucli.output.booking import reservations as output
from kofucli.output.documents import reservation_document
from kofucli.output.words import choose_headline
from kofucli.rules import Inquiry

if TYPE_CHECKING:
    from kofucli.operations.booking.amend import AmendRequest, CancelRequest, Changed
    from kofucli.operations.booking.book import Booked
    from kofucli.operations.booking.requests import BookRequest
    from kofucli.settings import Settings

R = TypeVar("R", bound="Booked | Changed")


def carry_out(
    app: App,
    request: BookRequest | AmendRequest | CancelRequest,
    stamp: Stamp,
    work: Callable[[Stamp], R],
) -> R:
    """Return the result of ``work``, which decides on ``request`` under the stamp it is given."""
    path = app.options.get("scenario")
    if path is None:
        return work(stamp)
    from kofucli.cli.laboratory.scenario import record  # only --scenario needs it

    return record(app, path, request, stamp, work)


@contextmanager
def recording_not_found(app: App, request: BookRequest, actor: Actor) -> Iterator[None]:
    """Write with --scenario that reading the rows found no such agent; raise it again."""
    try:
        yield
    except NotFoundError as error:
        path = app.options.get("scenario")
        if path is not None:
            from kofucli.cli.laboratory.scenario import record_not_found  # only --scenario needs it

            record_not_found(app, path, request, actor, error)
        raise


def show_changed(
    app: App, reservation: Reservation, headline: str, notes: Iterable[Phrase], changed: bool = True
) -> None:
    """Show a reservation below a headline that says what was done to it, or would be."""
    app.show(
        reservation,
        lambda _: {"reservation": reservation_document(reservation, app.now), "changed": changed},
        lambda _, say: f"{say(headline)}\n\n{output.reservation_text(reservation, app.now, say)}",
        lambda _: output.reservations_sheet([reservation]),
        notes,
        changed,
    )


def mail_and_show(
    app: App, changed: Changed, kind: NewsKind, headlines: tuple[str, str, str]
) -> None:
    """Mail the agent and show the reservation; ``headlines`` as ``choose_headline`` takes them."""
    posted = post(app, kind, [changed.reservation] if changed.changed else [])
    app.inquiries = [Inquiry(changed.asked)]
    headline = choose_headline(changed.changed, changed.dry_run, headlines)
    notes = (*changed.notes, *posted.notes)
    show_changed(app, changed.reservation, headline, notes, changed.changed)


def courier(app: App, progress: Progress = no_progress) -> Courier:
    """Return how this run makes and sends mails; ``progress`` shows how many are sent."""
    from kofucli.output.booking.mail_texts import compose  # only mails need it

    return Courier(compose, carrier(app, progress))


def carrier(app: App, progress: Progress) -> Carrier:
    """Return how this run sends mails; ``progress`` shows how many are sent."""
    return Carrier(_complete, app.environment, progress)


def _complete(settings: Settings, content: bytes) -> bytes:
    from kofucli.output.booking.mail_parts import complete  # only what is sent has parts

    return complete(settings, content)


def post(
    app: App, kind: NewsKind, reservations: Iterable[Reservation], progress: Progress = no_progress
) -> Posted:
    """Mail the agents of reservations the same news; nothing in a dry run."""
    return post_each(app, [News(kind, reservation) for reservation in reservations], progress)


def post_each(
    app: App, news: Sequence[News | StandingNews], progress: Progress = no_progress
) -> Posted:
    """Mail each agent its news; nothing in a dry run. A failure is noted in ``app.failures``."""
    if app.dry_run or not news:
        return Posted()
    posted = app.attempt(
        lambda: mail_news(app.store, app.settings, news, app.now, courier(app, progress)), Posted()
    )
    if posted.failure is not None:
        app.failures.append(posted.failure)
    return posted
