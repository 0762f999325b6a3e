"""What a decision was made on: the part of the office that matters, kept to be replayed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import date

from msgspec import Struct

from kofucli.errors import KofuError
from kofucli.model import HOLDING, Actor, Agent, DayNotice, Frame, Maintenance, Reservation
from kofucli.operations.amending import AmendRequest
from kofucli.operations.cancelling import CancelRequest
from kofucli.operations.context import Context
from kofucli.operations.finding import find_reservation
from kofucli.operations.history import LOOK_BACK
from kofucli.operations.wishes import BookRequest, Wish
from kofucli.rules.eligibility import normalise_number

__all__ = ["Request", "Scene", "observe"]


Request = BookRequest | AmendRequest | CancelRequest
"""A change that can be recorded together with what it was decided on."""


class Scene(Struct, frozen=True):
    """The part of an office on which a request is decided, as it was before.

    ``target`` is the reservation that the request names, where there is one that the actor may see.
    ``reservations`` are those that count for it, in the order of their days and as they were made.
    """

    agents: tuple[Agent, ...]
    reservations: tuple[Reservation, ...]
    notices: tuple[DayNotice, ...]
    maintenance: Maintenance | None
    target: Reservation | None = None


def observe(context: Context, request: Request, actor: Actor) -> Scene:
    """Return what ``request`` of ``actor`` is decided on.

    1. Of reservations: the one that is named; the agents' own; where capacity is limited, all that
       take room in the frames asked for; all in which a number that is named stands or stood.
    2. Of agents: those who act or are booked for, and whoever holds such a reservation.
    3. Of announcements: those about days from the look-back of case files on; a maintenance that is
       not over.
    """
    target = _find_target(context, request, actor)
    agents = _name_agents(request, target, actor)
    numbers, frames = _name_numbers(request), _find_frames(context, request, target)
    found = [
        r
        for r in _find_reservations(context, request, target)
        if r.agent in agents
        or (r.frame in frames and r.status in HOLDING)
        or any(case.number in numbers for case in r.cases)
    ]
    if target is not None and target.number not in {r.number for r in found}:
        found.append(target)
    names = sorted({*agents, *(r.agent for r in found)})
    since = min([context.today, *(r.date for r in found)]) - LOOK_BACK
    maintenance = context.maintenance
    over = maintenance is not None and maintenance.end is not None
    return Scene(
        agents=tuple(a for name in names if (a := context.view.agent(name)) is not None),
        reservations=tuple(found),
        notices=tuple(context.notices[day] for day in sorted(context.notices) if day >= since),
        maintenance=None
        if maintenance is None or (over and maintenance.end <= context.now)  # type: ignore[operator]
        else maintenance,
        target=target,
    )


def _find_target(context: Context, request: Request, actor: Actor) -> Reservation | None:
    if isinstance(request, BookRequest):
        return None
    with suppress(KofuError):  # the operation says what is wrong
        return find_reservation(context, request.number, actor)
    return None


def _name_agents(request: Request, target: Reservation | None, actor: Actor) -> set[str]:
    named = {actor.agent} if actor.agent is not None else set()
    if isinstance(request, BookRequest):
        named |= {wish.agent for wish in request.wishes}
    if target is not None:
        named.add(target.agent)
    return named


def _name_numbers(request: Request) -> set[str]:
    """Return the case numbers that a request names."""
    if isinstance(request, BookRequest):
        return {wish.case.number for wish in request.wishes}
    texts = [request.number]
    if isinstance(request, AmendRequest):
        texts += request.drop
        texts += [old for old, _ in request.replace]
        texts += [draft["number"] for _, draft in request.replace]
        texts += [draft["number"] for draft in request.add]
    return set(map(normalise_number, texts))


def _find_frames(
    context: Context, request: Request, target: Reservation | None
) -> Collection[Frame]:
    """Return the frames with a limited capacity in which there must be room."""
    starts = context.settings.frames.starts
    frames: set[Frame] = set()
    if isinstance(request, BookRequest):
        frames = {wish.frame for wish in request.wishes if isinstance(wish, Wish)}
        if len(frames) == 0 or request.from_file:
            frames |= {Frame(day, start) for day in context.shown for start in starts}
    elif target is not None:
        frames = {target.frame}
    return {frame for frame in frames if context.capacity(frame) is not None}


def _find_reservations(
    context: Context, request: Request, target: Reservation | None
) -> Iterable[Reservation]:
    """Yield the reservations of all days that are looked at."""
    since, days = context.today, set[date]()
    if isinstance(request, BookRequest) and request.from_file:
        since -= LOOK_BACK
        for wish in request.wishes:
            day = wish.frame.date if isinstance(wish, Wish) else wish.day
            days |= {day} if day is not None else set()
    if target is not None:
        days.add(target.date)
    for day in sorted(day for day in days if day < since):
        yield from context.view.day(day).values()
    yield from context.reservations(since)
