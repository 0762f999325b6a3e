"""Booking and planning: one frame or many rows, under the same rules.

``book DATE HOUR`` asks for cases of one agent in one frame. A file asks for cases of any agents, in
frames that its rows name or that the planner finds. ``decide`` says what becomes of each wish;
``book`` writes that in one transaction, ``plan`` only shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import chain, count

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base import InputError, Phrase
from kofucli.model import MINUTE, Actor, Agent, Case, Frame, Reservation, Stamp
from kofucli.model.holidays import note_on_years
from kofucli.model.numbers import make_number, sequence_of
from kofucli.operations import Context, Progress, changing, find_agent, no_progress
from kofucli.operations.booking.judge import Judge
from kofucli.operations.booking.requests import (
    NO_PREFERENCES,
    BookRefusedError,
    BookRequest,
    OpenWish,
    Preferences,
    Row,
    Wish,
    list_inquiries,
    make_row,
)
from kofucli.rules import Inquiry, RefusedError, Verdict, in_order, refusals
from kofucli.rules.eligibility import check_collect_by, check_kind_mark, has_its_mark
from kofucli.rules.wording import describe, describe_warnings
from kofucli.settings import Settings
from kofucli.store import Store
from kofucli.store.view import View

Decided = tuple[tuple[Row, ...], tuple[Phrase, ...]]
"""A row for each wish, in their order, and notes."""


def decide(
    context: Context,
    agents: Mapping[str, Agent],
    request: BookRequest,
    service: Sequence[Verdict],
    preferences: Preferences = NO_PREFERENCES,
    progress: Progress = no_progress,
) -> Decided:
    """Return what becomes of each wish; what is accepted is ``booked``, though nothing is written.

    Wishes that name a frame are judged first. The planner places the open wishes in what is left.
    Raises InputError with every row of a file whose number has lost its zeros.
    """
    judge = Judge(context, agents, service, preferences.reader, request.explain)
    if request.from_file:
        return _decide_file(judge, request, preferences, progress)
    groups = [[wish] for wish in request.wishes if isinstance(wish, Wish)]
    rows = tuple(_judge(judge, groups, request, progress))
    return rows, tuple(_describe_marks(context, rows))


def _judge(
    judge: Judge, groups: Sequence[Sequence[Wish]], request: BookRequest, progress: Progress
) -> Iterator[Row]:
    verdicts = judge.judge(groups, request.best_effort, progress)
    for wish in chain.from_iterable(groups):
        yield make_row(wish, verdicts[wish.row], judge.context.policy, request.explain)


def _decide_file(
    judge: Judge, request: BookRequest, preferences: Preferences, progress: Progress
) -> Decided:
    # A request without a file needs none of these modules.
    from kofucli.operations.booking.groups import (
        Collectors,
        find_lost_zeros,
        find_passed_over,
        make_groups,
        name_cases,
    )
    from kofucli.operations.booking.notes import describe_crossed_out, describe_ended, describe_ties

    named = name_cases(request.wishes)
    problems = [problem for _, problem in find_lost_zeros(judge.holdings.numbers(), named)]
    if problems:
        headline = Phrase("Some rows are invalid; nothing was changed.")
        raise InputError(headline, problems)
    passed_over = find_passed_over(judge.context, request, preferences)
    collectors = Collectors(judge, preferences)
    fixed: list[list[Wish]] = []
    waiting: list[list[Wish | OpenWish]] = []
    for group in make_groups(request.wishes, preferences.share):
        left = [wish for wish in group if wish.row not in passed_over]
        if placed := collectors.place_as_named(left):
            fixed.append(placed)
        elif left:
            waiting.append(group)
    found = [*passed_over.values(), *_judge(judge, fixed, request, progress)]
    notes: list[Phrase] = []
    if waiting:
        from kofucli.operations.booking.placement import place  # the planner

        placed_rows, notes = place(collectors, waiting, passed_over, request, progress)
        found += placed_rows
    by_number = {row.wish.row: row for row in found}
    rows = tuple(by_number[wish.row] for wish in request.wishes)
    kinds = judge.context.settings.cases.kinds
    ties = describe_ties(rows, judge.holdings, preferences, kinds)
    marks = _describe_marks(judge.context, rows)
    return rows, (*describe_ended(rows), *describe_crossed_out(rows), *notes, *ties, *marks)


def _describe_marks(context: Context, rows: Sequence[Row]) -> Iterator[Phrase]:
    """Yield the warnings on rows that were judged, booked or not, whose kind contradicts a mark."""
    judged = (row.wish.case for row in rows if row.outcome in ("booked", "refused", "not-placed"))
    wrong = (case for case in judged if not has_its_mark(case, context.policy))
    asked = (verdict for case in wrong for verdict in check_kind_mark(case, context.policy))
    return describe_warnings(asked)


def _describe_visits(context: Context, rows: Sequence[Row]) -> Iterator[Phrase]:
    """Yield what an agent should know of visits that are booked, or would be."""
    visits, office = _find_visits(rows), context.settings.office
    for (_, frame), cases in visits.items():
        closes = context.closes(frame.date)
        if context.now >= closes:
            yield Phrase(
                "The deadline for the visit on {day} was {deadline}: this reservation can no "
                "longer be changed or cancelled online. Please phone {phone}, room {room}, if you "
                "cannot come.",
                day=frame.date,
                deadline=closes - MINUTE,
                phone=office.phone or None,
                room=office.room or None,
            )
        limited = (case for case in cases if case.collect_by is not None)
        yield from map(describe, refusals(check_collect_by(case, frame.date) for case in limited))
    yield from note_on_years(frame.date for _, frame in visits)


class Booked(Struct, frozen=True):
    """The new reservations, whose numbers are "" in a dry run, every row, and notes."""

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
    """Book what a request asks for, in one transaction.

    Raises NotFoundError, and, unless ``best_effort``, RefusedError (BookRefusedError for a file).
    """
    with changing(store, settings, "book", stamp) as (transaction, context):
        agents = _find_agents(transaction, request)
        service = context.check_service(stamp)
        rows, notes = decide(context, agents, request, service, progress=progress)
        if not request.best_effort and any(row.failed for row in rows):
            found = refusals(verdict for row in rows for verdict in row.refusals)
            inquiries = list_inquiries(request, rows)
            if not request.from_file:
                raise RefusedError(found, inquiries, notes)
            notes = (*request.notes, *notes)
            raise BookRefusedError(found, tuple(_hold_back(rows)), notes, inquiries)
        # An agent who books for itself accepts the terms in force by that (terms 6).
        accepted = {name: agent.terms for name, agent in agents.items()}
        if stamp.actor.agent in accepted:
            accepted[stamp.actor.agent] = settings.terms.version
        made = _make_reservations(context, rows, accepted)
        for reservation in made:
            transaction.put_reservation(reservation)
        # The notes are made before the commit, so an error in them has changed nothing.
        said = [*notes, *_describe_visits(context, rows)]
        if request.from_file:
            from kofucli.operations.booking.notes import describe_papers  # one frame's need none

            said += describe_papers(rows)
    inquiries = list_inquiries(request, rows)
    if stamp.dry_run:
        made = [replace(reservation, number="") for reservation in made]
    else:
        numbers = {(r.agent, r.frame): r.number for r in made}
        rows = tuple(
            replace(row, reservation=numbers[row.wish.agent, row.frame])
            if row.outcome == "booked" and row.frame is not None
            else row
            for row in rows
        )
    notes = tuple(dict.fromkeys((*context.notes, *said)))
    return Booked(tuple(made), rows, notes, stamp.dry_run, inquiries)


def _hold_back(rows: Sequence[Row]) -> Iterable[Row]:
    """Yield the rows of a request of which nothing is booked.

    ``bookable_from`` counted on what other rows take: they take nothing now.
    """
    counted = any(row.outcome in ("booked", "refused") for row in rows)
    for row in rows:
        outcome = "not-booked" if row.outcome == "booked" else row.outcome
        instant = None if counted else row.bookable_from
        yield replace(row, outcome=outcome, bookable_from=instant)


def _find_agents(view: View, request: BookRequest, pool: Sequence[str] = ()) -> dict[str, Agent]:
    """Return the agents of a request by their ids. Raises NotFoundError where there is none."""
    names = dict.fromkeys((*(wish.agent for wish in request.wishes), *pool))
    return {name: find_agent(view, name) for name in names}


def _find_visits(rows: Iterable[Row]) -> dict[tuple[str, Frame], list[Case]]:
    """Return the booked cases by agent and frame, in the order of their first rows."""
    visits: dict[tuple[str, Frame], list[Case]] = {}
    for row in rows:
        if row.outcome == "booked" and row.frame is not None:
            visits.setdefault((row.wish.agent, row.frame), []).append(row.wish.case)
    return visits


def _make_reservations(
    context: Context, rows: Iterable[Row], terms: Mapping[str, str | None]
) -> list[Reservation]:
    """Return one new reservation per agent and frame; ``terms`` are those that agents accepted."""

    @cache
    def sequences(day: date) -> Iterator[int]:
        given = map(sequence_of, context.view.day(day))
        return count(max(context.sequence_floor(day), *given, 0) + 1)

    return [
        Reservation(
            number=make_number(context.settings.office.id, frame.date, next(sequences(frame.date))),
            agent=agent,
            date=frame.date,
            start=frame.start,
            cases=tuple(cases),
            first_count=len(cases),
            booked_at=context.now,
            closes=context.closes(frame.date),
            rules=context.settings.rules.version,
            terms=terms[agent],
        )
        for (agent, frame), cases in _find_visits(rows).items()
    ]


class Planned(Struct, frozen=True):
    """The rows, ``placed`` where they would be booked, and what keeps agents from any booking."""

    rows: tuple[Row, ...]
    notes: tuple[Phrase, ...] = ()
    inquiries: tuple[Inquiry, ...] = ()
    blocked: tuple[Verdict, ...] = ()

    @property
    def visits(self) -> int:
        """How many reservations booking the plan would make."""
        placed = [row for row in self.rows if row.outcome == "placed"]
        return len({(row.wish.agent, row.frame) for row in placed})


def plan(
    context: Context,
    request: BookRequest,
    preferences: Preferences,
    actor: Actor,
    progress: Progress = no_progress,
) -> Planned:
    """Return the best places that the rules allow for the rows of a file.

    It only reads, in a maintenance too (terms 1), which is said to an ``actor`` that it keeps from
    booking. Raises NotFoundError for an unknown agent.
    """
    from kofucli.operations.booking.notes import describe_papers  # one frame's booking needs
    from kofucli.operations.slots import find_allowance  # neither of these

    agents = _find_agents(context.view, request, preferences.pool)
    decided, said = decide(context, agents, request, (), preferences, progress)
    rows = tuple(
        replace(row, outcome="placed") if row.outcome == "booked" else row for row in decided
    )
    service = refusals(context.check_service(Stamp(context.now, actor)))
    visits, papers = _describe_visits(context, decided), describe_papers(decided)
    notes = dict.fromkeys((*map(describe, service), *said, *visits, *papers))
    holdings = context.holdings()
    found = [
        verdict
        for name, agent in agents.items()
        for verdict in find_allowance(context, agent, len(holdings.frames(name)), service).blocked
    ]
    return Planned(rows, tuple(notes), list_inquiries(request, rows), tuple(in_order(found)))
