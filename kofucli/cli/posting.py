"""Mails about what a command changed: made after the commit, said after the result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kofucli.cli.app import App
from kofucli.operations.mail import Courier, News, NewsKind, Posted, mail_news
from kofucli.operations.progress import Watch, watch_nothing

if TYPE_CHECKING:
    from kofucli.model.records import Reservation


def courier(app: App, watch: Watch = watch_nothing) -> Courier:
    """Return how this run makes and sends mails; ``watch`` sees how far sending has come."""
    from kofucli.output.mail_texts import compose  # only who makes mails needs it

    return Courier(compose, app.environment, watch)


def post(
    app: App,
    kind: NewsKind,
    reservations: Iterable[Reservation],
    watch: Watch = watch_nothing,
) -> Posted:
    """Mail the agents of reservations what became of them; nothing in a dry run."""
    return post_each(app, [News(kind, reservation) for reservation in reservations], watch)


def post_each(app: App, news: Sequence[News], watch: Watch = watch_nothing) -> Posted:
    """Mail agents what became of reservations, each its own; nothing in a dry run.

    What fails is noted: the change stands.
    """
    if app.dry_run or not news:
        return Posted()
    posted = app.attempt(
        lambda: mail_news(app.store, app.settings, news, app.now, courier(app, watch)), Posted()
    )
    if posted.failure is not None:
        app.failures.append(posted.failure)
    return posted
