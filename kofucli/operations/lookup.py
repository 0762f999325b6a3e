"""Finding reservations: one by its number or that of a case, many by day and status."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import chain
from zlib import compress, decompress

import msgspec
from msgspec import Struct

from kofucli.base import InputError, NotFoundError, Phrase, WrongUsageError
from kofucli.base.text import abbreviate, looks_like_my_number
from kofucli.model import ACTIVE, Actor, Case, Reservation
from kofucli.model.numbers import find_numbers, normalise_number, parse_number, unframe
from kofucli.operations import Context
from kofucli.rules.eligibility import check_certificate, fault_of_spelling
from kofucli.rules.wording import describe


def is_visible(reservation: Reservation, actor: Actor) -> bool:
    """Tell whether somebody may see a reservation: the office all, an agent its own."""
    return actor.agent is None or reservation.agent == actor.agent


def find_reservation(context: Context, text: str, actor: Actor) -> Reservation:
    """Return the reservation that ``text`` names.

    It is a reservation number, whatever stands in between, or the number of an active case. Raises
    NotFoundError for one that is unknown or somebody else's, InputError for a wrong check character
    or a My Number, WrongUsageError for what is no number at all, or could be two.
    """
    bare = unframe(text)
    parsed = parse_number(bare)
    if parsed is not None:
        return _see(_find_by_number(context, *parsed), parsed[0], actor)
    named, wrong = read_numbers(bare, context.settings.office.id)
    found = [
        each
        for number in named
        if (each := _find_by_number(context, *number)) is not None and is_visible(each, actor)
    ]
    number = normalise_number(bare)
    fault = fault_of_spelling(number)
    if fault is None:
        by_case = _find_by_case(context, number, actor)
        found += [by_case] if by_case is not None else []
    refuse_two(text, found)
    if found:
        return found[0]
    if named:
        return _see(None, named[0][0], actor)
    if wrong is not None:
        raise wrong
    if fault is None and looks_like_my_number(number) and not context.settings.cases.pattern:
        raise InputError(
            Phrase("This looks like a My Number (個人番号), which is never taken here.")
        )
    if fault is not None:
        raise WrongUsageError(
            Phrase(
                "'{value}' is neither a reservation number nor a case number: {fault}.",
                value=abbreviate(text),
                fault=fault,
            )
        )
    return _see(None, number, actor)


def read_numbers(text: str, office: str) -> tuple[list[tuple[str, date | None]], InputError | None]:
    """Return the reservation numbers that a text may mean, or the error of the first wrong one."""
    named, wrong = [], None
    for number in find_numbers(text, office):
        try:
            parsed = parse_number(number)
        except InputError as error:
            wrong = wrong or error
        else:
            named += [parsed] if parsed is not None else []
    return named, None if named else wrong


def _find_by_number(context: Context, number: str, day: date | None) -> Reservation | None:
    return context.view.day(day).get(number) if day is not None else None


def _see(found: Reservation | None, number: str, actor: Actor) -> Reservation:
    """Return what was found. Raises NotFoundError where that is nothing, or somebody else's."""
    if found is None or not is_visible(found, actor):
        raise NotFoundError(
            Phrase(
                "There is no reservation {number} here. 'kofucli list' shows those there are.",
                number=number,
            )
        )
    return found


def refuse_two(text: str, found: Sequence[Reservation]) -> None:
    """Raise WrongUsageError where a text names two reservations: nobody knows which is meant."""
    numbers = list(dict.fromkeys(each.number for each in found))
    if len(numbers) > 1:
        raise WrongUsageError(
            Phrase(
                "'{value}' could mean reservation {first} or reservation {second}; give the whole "
                "number. Nothing was changed.",
                value=abbreviate(text),
                first=numbers[0],
                second=numbers[1],
            )
        )


def _each_day(context: Context) -> Iterator[Iterable[Reservation]]:
    """Yield the reservations from today on, then those of each earlier day, the latest first."""
    yield context.reservations(context.today)
    for _, reservations in context.view.each_day(None, context.today - timedelta(days=1)):
        yield reservations


def _find_by_case(context: Context, number: str, actor: Actor) -> Reservation | None:
    visits = chain.from_iterable(_each_day(context))
    active = (r for r in visits if r.status in ACTIVE and is_visible(r, actor))
    return next((r for r in active if any(c.number == number for c in r.active_cases)), None)


def refuse_part(found: Reservation, text: str, ways: Phrase) -> None:
    """Raise WrongUsageError where ``text`` names one of several active cases; ``ways`` are help."""
    number = normalise_number(unframe(text))
    active = [case.number for case in found.active_cases]
    if number in active and len(active) > 1:
        raise WrongUsageError(
            Phrase(
                "Case {case} is one of {count} cases in reservation {number}, and the others would "
                "be cancelled with it. {ways}",
                case=number,
                count=len(active),
                number=found.number,
                ways=ways,
            )
        )


def read_case_number(text: str) -> str:
    """Return a case number as it is stored. Raises InputError where ``text`` is none."""
    number = normalise_number(text)
    fault = fault_of_spelling(number)
    if fault is not None:
        raise InputError(
            Phrase(
                "'{value}' is not a case number: {fault}. Nothing was changed.",
                value=abbreviate(text),
                fault=fault,
            )
        )
    return number


def find_number_in(reservation: Reservation, text: str) -> str:
    """Return the number of a case, active or not. Raises NotFoundError, InputError."""
    number = read_case_number(text)
    if all(case.number != number for case in reservation.cases):
        raise NotFoundError(
            Phrase(
                "Reservation {reservation} has no case {number}. Nothing was changed.",
                reservation=reservation.number,
                number=number,
            )
        )
    return number


def refuse_twice(number: str, named: Collection[str]) -> None:
    """Raise InputError where the number of a case was ``named`` before."""
    if number in named:
        message = Phrase("Case {number} is named twice. Nothing was changed.", number=number)
        raise InputError(message)


class Standing(Struct, frozen=True):
    """Where a case stands, or stood last."""

    reservation: Reservation
    case: Case

    @property
    def is_active(self) -> bool:
        """Whether the case is still to be collected there."""
        return self.reservation.status in ACTIVE and self.case.status == "active"

    @property
    def is_gone(self) -> bool:
        """Whether somebody took the case out before: it was dropped, or its visit cancelled."""
        over = self.reservation.status in ("cancelled", "late-cancelled")
        return over or self.case.status == "dropped"


_Wanted = tuple[str, str | None]
"""A case number, and the number of the reservation in which to look; None for any."""


def find_standings(
    context: Context, wanted: Sequence[_Wanted], actor: Actor
) -> dict[_Wanted, Standing]:
    """Return where cases stand, or stood last; those found in no visit that the actor sees are out.

    Any visit means those from today on, then earlier ones, the latest first. Where a case is active
    it is looked for no further. One that is not in its reservation may stand in another.
    """
    found: dict[_Wanted, Standing] = {}
    left = {number for number, _ in wanted}
    for reservations in _each_day(context):
        standing = _find_in(reservations, left, actor)
        found |= {(number, None): each for number, each in standing.items()}
        left -= standing.keys()
        if not left:
            break
    for number, reservation in wanted:
        parsed = parse_number(reservation) if reservation is not None else None
        each = _find_by_number(context, *parsed) if parsed is not None else None
        if each is not None and (named := _find_in([each], {number}, actor)):
            found[number, reservation] = named[number]
    return found


def _find_in(
    reservations: Iterable[Reservation], wanted: set[str], actor: Actor
) -> dict[str, Standing]:
    """Return where wanted cases stand in these reservations; the last one counts, if active."""
    found: dict[str, Standing] = {}
    for reservation in (r for r in reservations if is_visible(r, actor)):
        for case in (case for case in reservation.cases if case.number in wanted):
            before, each = found.get(case.number), Standing(reservation, case)
            if before is None or each.is_active or not before.is_active:
                found[case.number] = each
    return found


class ListRequest(Struct, frozen=True):
    """Which reservations to list; what is None or empty does not narrow the list."""

    agent: str | None = None
    since: date | None = None
    until: date | None = None
    statuses: tuple[str, ...] = ()
    case: str | None = None
    everything: bool = False


class Listed:
    """Reservations in the order of date, hour and number, packed by day: they may be very many."""

    def __init__(self) -> None:
        self._days: list[bytes] = []  # the latest first, as they are read
        self._count = 0

    def add_day(self, reservations: Iterable[Reservation]) -> None:
        """Add the reservations of a day before those that were added."""
        found = sorted(reservations, key=lambda r: r.order)
        if found:
            self._days.append(compress(msgspec.json.encode(found), 1))
            self._count += len(found)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Reservation]:
        for day in reversed(self._days):
            yield from msgspec.json.decode(decompress(day), type=list[Reservation])


def list_reservations(context: Context, request: ListRequest, actor: Actor) -> Listed:
    """Return reservations.

    An empty request lists the active ones from today on. A date replaces "from today on", a status
    replaces "active", and ``everything`` replaces both.
    """
    since, until = request.since, request.until
    if since is None and until is None and not request.everything:
        since = context.today
    statuses = frozenset(request.statuses)
    if not statuses and not request.everything:
        statuses = ACTIVE
    listed = Listed()
    for _, reservations in context.view.each_day(since, until):
        listed.add_day(
            r
            for r in reservations
            if is_visible(r, actor)
            and (request.agent is None or r.agent == request.agent)
            and (not statuses or r.status in statuses)
            and (request.case is None or any(c.number == request.case for c in r.cases))
        )
    return listed


def find_expiring(context: Context, reservations: Iterable[Reservation]) -> tuple[Phrase, ...]:
    """Return a warning for each visit to come before which the agent's certificate ends."""
    coming = [r for r in reservations if r.status in ACTIVE and r.date >= context.today]
    return tuple(
        Phrase(
            "{number}: {warning} The visit stands; please renew the agent's record.",
            number=reservation.number,
            warning=describe(verdict),
        )
        for reservation in coming
        if (agent := context.view.agent(reservation.agent)) is not None
        and not (verdict := check_certificate(agent, reservation.date)).holds
    )
