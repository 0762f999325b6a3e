"""What a request is decided on: the part of the office that a recorded scenario needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import date, timedelta

from msgspec import Struct

from kofucli.base.errors import KofuError
from kofucli.model.numbers import normalise_number
from kofucli.model.records import (
    Actor,
    Agent,
    DayNotice,
    Frame,
    Maintenance,
    Reservation,
)
from kofucli.operations.booking.amend import AmendRequest, CancelRequest
from kofucli.operations.booking.groups import LOOK_BACK
from kofucli.operations.booking.requests import BookRequest, OpenWish, Wish
from kofucli.operations.context import Context
from kofucli.operations.lookup import find_reservation
from kofucli.rules.quota import Holdings

Request = BookRequest | AmendRequest | CancelRequest
"""A request that can be recorded together with what it is decided on."""


class Scene(Struct, frozen=True):
    """The part of an office on which a request is decided, as it was before.

    ``agents`` are those who act or are booked for, ``reservations`` are theirs, by day and in the
    order in which they were made. ``target`` is the reservation that the request names, if the
    actor may see it. Of other agents only two things are kept: how many of their cases are
    ``booked`` in frames that must have room, and which of the numbers asked for are ``taken``.
    ``beyond`` is a day after all that the request is about.
    """

    agents: tuple[Agent, ...]
    reservations: tuple[Reservation, ...]
    notices: tuple[DayNotice, ...]
    maintenance: Maintenance | None
    beyond: date
    booked: dict[Frame, int] = {}
    taken: tuple[str, ...] = ()
    target: Reservation | None = None


def observe(context: Context, request: Request, actor: Actor) -> Scene:
    """Return what ``request`` of ``actor`` is decided on.

    The notices are those from the look-back of case files on; a maintenance counts while it lasts.
    """
    wishes = request.wishes if isinstance(request, BookRequest) else ()
    names = {wish.agent for wish in wishes} | ({actor.agent} if actor.agent is not None else set())
    numbers = {wish.case.number for wish in wishes}
    target = None
    if not isinstance(request, BookRequest):
        with suppress(KofuError):  # the operation itself says what is wrong
            target = find_reservation(context, request.number, actor)
            names.add(target.agent)
    if isinstance(request, AmendRequest):
        drafts = [*(draft for _, draft in request.replace), *request.add]
        numbers = {normalise_number(draft["number"]) for draft in drafts}
    own = [r for r in _find_reservations(context, request, target) if r.agent in names]
    since = min([context.today, *(r.date for r in own)]) - LOOK_BACK
    others = [r for r in context.reservations(context.today) if r.agent not in names]
    held, frames = Holdings(others, context.shown), _find_frames(context, request, target)
    return Scene(
        agents=tuple(a for name in sorted(names) if (a := context.view.agent(name)) is not None),
        reservations=tuple(own),
        notices=tuple(context.notices[day] for day in sorted(context.notices) if day >= since),
        maintenance=context.running_maintenance,
        beyond=max([context.today, *context.shown, *(r.date for r in own)]) + timedelta(days=1),
        booked={frame: cases for frame in sorted(frames) if (cases := held.booked(frame))},
        taken=tuple(number for number in sorted(numbers) if held.standing(number) is not None),
        target=target,
    )


def _find_frames(
    context: Context, request: Request, target: Reservation | None
) -> Collection[Frame]:
    """Return the frames of limited capacity in which a request needs room."""
    frames: set[Frame] = set()
    if isinstance(request, BookRequest):
        frames = {wish.frame for wish in request.wishes if isinstance(wish, Wish)}
        if any(isinstance(wish, OpenWish) for wish in request.wishes):
            frames |= set(context.shown_frames)
        frames = {frame for frame in frames if frame.date in context.shown}
    elif isinstance(request, AmendRequest) and request.add and target is not None:
        frames = {target.frame}
    return {frame for frame in frames if context.capacity(frame) is not None}


def _find_reservations(
    context: Context, request: Request, target: Reservation | None
) -> Iterable[Reservation]:
    """Yield the reservations of all days that decide a request."""
    since, days = context.today, {target.date} if target is not None else set[date]()
    if isinstance(request, BookRequest) and request.from_file:
        since -= LOOK_BACK
        days |= {wish.day for wish in request.wishes if wish.day is not None}
    for day in sorted(day for day in days if day < since):
        yield from context.view.day(day).values()
    yield from context.reservations(since)
