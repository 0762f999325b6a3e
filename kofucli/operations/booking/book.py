"""Booking: one frame or many rows, under the same rules, in one transaction.

``book DATE HOUR`` asks for cases of one agent in one frame. A file asks for cases of any agents, in
frames that its rows name or that the planner finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base.errors import Phrase
from kofucli.model.numbers import make_number, sequence_of
from kofucli.model.records import Agent, Case, Frame, Reservation, Stamp
from kofucli.operations.booking.decide import Decided, decide, describe_visits
from kofucli.operations.booking.requests import (
    BookRefusedError,
    BookRequest,
    Row,
    Wish,
    list_inquiries,
)
from kofucli.operations.context import (
    Context,
    Progress,
    changing,
    find_agent,
    no_progress,
)
from kofucli.rules.refusal import Inquiry, RefusedError, refusals
from kofucli.settings import Settings
from kofucli.store import Store, View


class Booked(Struct, frozen=True):
    """The new reservations, every row, and notes. In a dry run reservations have the number "".

    ``inquiries`` are empty unless the request is to be explained.
    """

    reservations: tuple[Reservation, ...]
    rows: tuple[Row, ...]
    notes: tuple[Phrase, ...] = ()
    dry_run: bool = False
    inquiries: tuple[Inquiry, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything was booked."""
        return bool(self.reservations)

    @property
    def failed(self) -> bool:
        """Whether any row was refused or found no place."""
        return any(row.failed for row in self.rows)


def book(
    store: Store,
    settings: Settings,
    request: BookRequest,
    stamp: Stamp,
    progress: Progress = no_progress,
) -> Booked:
    """Book what a request asks for, in one transaction; ``progress`` shows how many are judged.

    Raises NotFoundError for an agent that is not registered. Unless ``best_effort`` it raises
    RefusedError with every refusal; for a file that is a BookRefusedError.
    """
    with changing(store, settings, "book", stamp) as (transaction, context):
        agents = find_agents(transaction, request)
        decided = decide(context, agents, request, context.check_service(stamp), progress=progress)
        rows = decided.rows
        if not request.best_effort and any(row.failed for row in rows):
            raise _refuse(request, decided)
        accepted = [r.wish for r in rows if r.outcome == "booked" and isinstance(r.wish, Wish)]
        made = [
            # An agent who books for itself accepts the terms in force by that (terms 6).
            replace(r, terms=settings.terms.version) if r.agent == stamp.actor.agent else r
            for r in _make_reservations(context, accepted, agents)
        ]
        for reservation in made:
            transaction.put_reservation(reservation)
        # The notes are made before the commit, so an error in them has changed nothing.
        said = [*decided.notes, *describe_visits(context, rows)]
        if request.from_file:
            from kofucli.operations.booking.notes import describe_papers  # one frame's need none

            said += describe_papers(rows)
    notes = (*context.notes, *said)
    shown = [replace(r, number="") for r in made] if stamp.dry_run else made
    return Booked(
        tuple(shown),
        tuple(_with_numbers(rows, made, stamp.dry_run)),
        tuple(dict.fromkeys(notes)),
        stamp.dry_run,
        list_inquiries(request, rows),
    )


def _refuse(request: BookRequest, decided: Decided) -> RefusedError:
    """Return the error of a request of which nothing is booked."""
    found = refusals(verdict for row in decided.rows for verdict in row.refusals)
    inquiries = list_inquiries(request, decided.rows)
    if not request.from_file:
        return RefusedError(found, inquiries, decided.notes)
    notes = (*request.notes, *decided.notes)
    return BookRefusedError(found, tuple(_hold_back(decided.rows)), notes, inquiries)


def _hold_back(rows: Sequence[Row]) -> Iterable[Row]:
    """Yield the rows of a request of which nothing is booked.

    ``bookable_from`` is the instant at which there is room beside what other rows take. Where there
    are such rows it is dropped, since they take nothing now.
    """
    counted = any(row.outcome in ("booked", "refused") for row in rows)
    for row in rows:
        outcome = "not-booked" if row.outcome == "booked" else row.outcome
        instant = None if counted else row.bookable_from
        yield replace(row, outcome=outcome, bookable_from=instant)


def find_agents(view: View, request: BookRequest) -> dict[str, Agent]:
    """Return the agents of a request by their ids. Raises NotFoundError where there is none."""
    names = dict.fromkeys(wish.agent for wish in request.wishes)
    return {name: find_agent(view, name) for name in names}


def _make_reservations(
    context: Context, wishes: Sequence[Wish], agents: dict[str, Agent]
) -> list[Reservation]:
    """Return one new reservation per agent and frame, in the order of their first rows."""
    visits: dict[tuple[str, Frame], list[Case]] = {}
    for wish in wishes:
        visits.setdefault((wish.agent, wish.frame), []).append(wish.case)
    sequences: dict[date, int] = {}
    closes = {day: context.closes(day) for day in {wish.frame.date for wish in wishes}}
    made = []
    for (agent, frame), cases in visits.items():
        day = frame.date
        if day not in sequences:
            given = map(sequence_of, context.view.day(day))
            sequences[day] = max(context.sequence_floor(day), *given, 0)
        sequences[day] += 1
        made.append(
            Reservation(
                number=make_number(context.settings.office.id, day, sequences[day]),
                agent=agent,
                date=day,
                start=frame.start,
                cases=tuple(cases),
                first_count=len(cases),
                booked_at=context.now,
                closes=closes[day],
                rules=context.settings.rules.version,
                terms=agents[agent].terms,
            )
        )
    return made


def _with_numbers(rows: Iterable[Row], made: Iterable[Reservation], dry_run: bool) -> Iterable[Row]:
    numbers = {(r.agent, r.frame): r.number for r in made}
    for row in rows:
        if row.outcome == "booked" and row.frame is not None and not dry_run:
            yield replace(row, reservation=numbers[row.wish.agent, row.frame])
        else:
            yield row
