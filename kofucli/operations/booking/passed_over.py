"""Rows of a file that are passed over (booked already, ended, not ready), or are no case at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from kofucli.base.errors import Phrase, Problem
from kofucli.casefile.file_rows import FileRow, at_cell
from kofucli.model.numbers import WithZeros, lacks_zeros
from kofucli.model.records import ACTIVE, Reservation
from kofucli.operations.booking.requests import BookRequest, OpenWish, Preferences, Row, Wish
from kofucli.operations.context import Context

LOOK_BACK = timedelta(days=31)
"""How far back the cases of a file are looked for; what ended since then is not booked again."""


Named = tuple[FileRow, str | Phrase, str]
"""A case number in a row: the row, the key of its column or the place of its cell, the number."""


def find_lost_zeros(
    booked: Collection[str], named: Sequence[Named]
) -> Iterator[tuple[FileRow, Problem]]:
    """Yield the rows with another number without its zeros, as a spreadsheet shows it.

    The other one is among those ``booked``, or in another row.
    """
    rows = {number: row for row, _, number in reversed(named)}
    known = WithZeros((*booked, *rows))
    for row, place, number in named:
        whole = known.find(number)
        if whole is not None:
            said = Phrase("case {number} is booked", number=whole)
            if whole not in booked:
                said = Phrase("{number} is in row {row}", number=whole, row=rows[whole])
            where = _place(row, place) if isinstance(place, str) else place
            yield row, Problem(where, lacks_zeros(number, said))


def _place(row: FileRow, key: str) -> Phrase:
    where = at_cell(row.alone(), key)
    return Phrase("{file}, {where}", file=row.file, where=where) if row.file else where


def name_cases(wishes: Iterable[Wish | OpenWish]) -> list[Named]:
    """Return the case numbers in the rows of a case file, those that they are tied to as well."""
    return [
        (wish.row, key, number)
        for wish in wishes
        for key, number in (("number", wish.case.number), ("with", wish.case.main))
        if number is not None and isinstance(wish.row, FileRow)
    ]


def find_passed_over(
    context: Context, request: BookRequest, preferences: Preferences
) -> dict[int, Row]:
    """Return the rows of a file about which no rule needs to be asked, by row number.

    Agents of the pool may have any of the rows that name no frame.

    1. ``not-ready``: the review of the case is still pending.
    2. ``already``: an active reservation of the agent has the case, in the frame that the row names
       if it names one. Of several rows with one case only the first is ``already``; a row that
       names a frame comes before the others.
    3. ``ended``: the case was dropped, cancelled or collected, or has another number since, or the
       row is one of a list of reservations and says that it has ended; not asked with ``again``.
    """
    pool, shows = preferences.pool, preferences.shows
    agents = {wish.agent for wish in request.wishes}.union(pool)
    days = {wish.frame.date for wish in request.wishes if isinstance(wish, Wish)}
    days.update(wish.day for wish in request.wishes if isinstance(wish, OpenWish) and wish.day)
    active, ended = _find_history(context, agents, days)
    numbers = {number for _, number in (*active, *ended)}
    in_question = [
        wish
        for wish in request.wishes
        if wish.case.number in numbers
        or wish.case.review == "pending"
        or (isinstance(wish, Wish) and wish.ended is not None)
    ]
    found: dict[int, Row] = {}
    told: set[str] = set()
    # As in booking, rows with a frame come first. The rules refuse a second row of a case.
    for wish in sorted(in_question, key=lambda wish: isinstance(wish, OpenWish)):
        is_open = isinstance(wish, OpenWish)
        number = wish.case.number
        keys = [(agent, number) for agent in (wish.agent, *(pool if is_open else ()))]
        standing = [each for key in keys for each in active.get(key, ())]
        over = None if request.again else next((key for key in keys if key in ended), None)
        if wish.case.review == "pending":
            found[wish.row] = Row(wish, "not-ready")
        elif isinstance(wish, Wish) and wish.ended is not None and not request.again:
            shown = wish.ended if shows(wish.agent) else None
            found[wish.row] = Row(wish, "ended", None, shown)
        elif standing:
            row = _find_standing(wish, standing) if number not in told else None
            if row is not None:
                told.add(number)
                is_told = shows(row.wish.agent)
                found[wish.row] = row if is_told else replace(row, reservation=None)
        elif over is not None:
            shown = ended[over] if shows(over[0]) else None
            found[wish.row] = Row(wish, "ended", None, shown)
    return found


def _find_standing(wish: Wish | OpenWish, standing: Sequence[Reservation]) -> Row | None:
    """Return the row of a wish that a reservation meets already, the last one that does.

    The way of receiving the case, and so the papers, are as booked, whatever the row says.
    """
    number = wish.case.number
    for each in reversed(standing):
        booked = next(case for case in each.active_cases if case.number == number)
        case = replace(wish.case, recipient=booked.recipient)
        if isinstance(wish, OpenWish) and wish.suits(each.frame):
            stands = wish.at(each.frame, each.agent, case)
        elif isinstance(wish, Wish) and wish.frame == each.frame:
            stands = replace(wish, case=case)
        else:
            continue
        return Row(stands, "already", each.frame, each.number)
    return None


def _find_history(
    context: Context, agents: Collection[str], days: Iterable[date]
) -> tuple[dict[tuple[str, str], list[Reservation]], dict[tuple[str, str], str]]:
    """Return the active cases and the ended ones, both by agent and case number.

    A case may be active twice: in a visit that is over without an outcome, and in a later one. Days
    looked at are those of LOOK_BACK, all from today on, and those that the rows name (``days``).
    """
    active: dict[tuple[str, str], list[Reservation]] = {}
    ended: dict[tuple[str, str], str] = {}
    since = context.today - LOOK_BACK
    named = sorted(day for day in set(days) if day < since)
    reservations = [r for day in named for r in context.view.day(day).values()]
    reservations.extend(context.reservations(since))
    for reservation in reservations:
        if reservation.agent not in agents:
            continue
        ended |= {(reservation.agent, number): reservation.number for number in reservation.former}
        for case in reservation.cases:
            key = reservation.agent, case.number
            if reservation.status in ACTIVE and case.status == "active":
                active.setdefault(key, []).append(reservation)
            elif case.status in ("dropped", "collected") or reservation.status in (
                "cancelled",
                "late-cancelled",
            ):
                ended[key] = reservation.number
    return active, ended
