"""Decisions that may be written as scenarios (``--scenario``): without the option, just taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from kofucli.base.errors import NotFoundError
from kofucli.cli.app import App
from kofucli.model.records import Actor, Stamp

if TYPE_CHECKING:
    from kofucli.operations.booking.amend import AmendRequest, Changed
    from kofucli.operations.booking.book import Booked
    from kofucli.operations.booking.cancel import CancelRequest
    from kofucli.operations.booking.requests import BookRequest

R = TypeVar("R", bound="Booked | Changed")


def take(
    app: App,
    request: BookRequest | AmendRequest | CancelRequest,
    stamp: Stamp,
    work: Callable[[Stamp], R],
) -> R:
    """Return the result of ``work``, which decides on a request under the stamp it is given.

    With --scenario the decision is written to a file, a refusal too.
    """
    path = app.options.get("scenario")
    if path is None:
        return work(stamp)
    from kofucli.cli.recording import record  # only --scenario needs it

    return record(app, path, request, stamp, work)


@contextmanager
def noting_the_missing(app: App, request: BookRequest, actor: Actor) -> Iterator[None]:
    """Write with --scenario too that an agent is not found before there is anything to decide.

    ``request`` is what is known of it then.
    """
    try:
        yield
    except NotFoundError as error:
        path = app.options.get("scenario")
        if path is not None:
            from kofucli.cli.recording import record_missing  # as above

            record_missing(app, path, request, actor, error)
        raise
