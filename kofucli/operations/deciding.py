"""Deciding on a request: what becomes of each wish, for booking as for planning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from kofucli.errors import Phrase
from kofucli.holidays import note_on_years
from kofucli.model import MINUTE, Agent, Case, Frame
from kofucli.operations.context import Context
from kofucli.operations.judging import Judge, Watch, watch_nothing
from kofucli.operations.wishes import (
    NO_PREFERENCES,
    BookRequest,
    OpenWish,
    Preferences,
    Row,
    Wish,
    make_row,
)
from kofucli.rules.eligibility import check_collect_by
from kofucli.rules.refusal import Verdict
from kofucli.rules.wording import describe


class Decided(Struct, frozen=True):
    """What becomes of each wish, in their order, and notes."""

    rows: tuple[Row, ...]
    notes: tuple[Phrase, ...] = ()


def decide(
    context: Context,
    agents: Mapping[str, Agent],
    request: BookRequest,
    service: Sequence[Verdict],
    preferences: Preferences = NO_PREFERENCES,
    watch: Watch = watch_nothing,
) -> Decided:
    """Return what becomes of each wish: what is there already, what rules say, what is placed.

    Wishes that name a frame are judged first, and stand as they are; the planner then places the
    open ones on what is left. What is accepted is ``booked`` here.
    """
    judge = Judge(context, agents, service)
    if request.from_file:
        return _decide_file(judge, request, preferences, watch)
    fixed = [wish for wish in request.wishes if isinstance(wish, Wish)]
    verdicts = judge.judge(fixed, request.best_effort)
    return Decided(tuple(make_row(wish, verdicts[wish.row], request.explain) for wish in fixed))


def _decide_file(
    judge: Judge, request: BookRequest, preferences: Preferences, watch: Watch
) -> Decided:
    # One frame has no history to ask for, no companions, and needs no planner.
    from kofucli.operations.companions import describe_ties, find_ties, naming_of
    from kofucli.operations.history import sort_out
    from kofucli.operations.permits import describe_permits
    from kofucli.operations.remarks import describe_ended

    rows = sort_out(judge.context, request, preferences.pool)
    naming = naming_of(list(rows.values()))
    unsettled = [wish for wish in request.wishes if wish.row not in rows]
    judge, fixed, waiting = _judge_fixed(judge, unsettled, request, watch)
    rows.update((row.wish.row, row) for row in fixed)
    notes: tuple[Phrase, ...] = ()
    if waiting:
        from kofucli.operations.placing import place

        placed = place(judge, waiting, request, preferences, naming, watch)
        rows.update((row.wish.row, row) for row in placed.rows)
        notes = placed.notes
    found = tuple(rows[wish.row] for wish in request.wishes)
    ties = list(find_ties(found, judge.holdings, preferences))
    kinds = judge.context.settings.cases.kinds
    permits = describe_permits(found, ties, judge.holdings, kinds, request.best_effort)
    return Decided(found, (*describe_ended(found), *notes, *describe_ties(ties), *permits))


def _judge_fixed(
    judge: Judge, wishes: Sequence[Wish | OpenWish], request: BookRequest, watch: Watch
) -> tuple[Judge, list[Row], list[OpenWish]]:
    """Return the judge, the rows of the wishes that have a frame, and the open wishes.

    Who would follow to a frame without room goes alone. With ``best_effort`` a wish that is refused
    leads nobody: who would follow it is asked again, without it.
    """
    from kofucli.operations.companions import follow  # as above

    leave: set[int] = set()
    alone: set[int] = set()
    while True:
        followed = follow(wishes, leave, alone)
        verdicts = judge.judge(followed.fixed, request.best_effort, watch)
        rows = [make_row(w, verdicts[w.row], request.explain) for w in followed.fixed]
        failed = {row.wish.row for row in rows if row.refusals}
        leaders = {row: leader for row, leader in followed.leaders.items() if row != leader}
        refused = failed & set(leaders.values()) if request.best_effort else set()
        crowded = {row.wish.row for row in rows if row.wish.row in leaders and _has_no_room(row)}
        crowded -= {row for row, leader in leaders.items() if leader in failed}
        if not refused and not crowded:
            return judge, rows, followed.waiting
        leave |= refused
        alone |= crowded
        judge = judge.afresh()


def _has_no_room(row: Row) -> bool:
    """Tell whether a row was refused for the room in its frame, and for nothing else."""
    codes = {verdict.code for verdict in row.refusals}
    return bool(codes) and codes <= {"quota.cases", "frame.full"}


def describe_visits(context: Context, rows: Sequence[Row]) -> Iterator[Phrase]:
    """Yield what an agent should know of what is booked, or would be.

    That a visit can no longer be changed, that it is too late for a case, that nobody vouches for
    the holidays of its year.
    """
    visits: dict[tuple[str, Frame], list[Case]] = {}
    for row in rows:
        if row.outcome == "booked" and row.frame is not None:
            visits.setdefault((row.wish.agent, row.frame), []).append(row.wish.case)
    office = context.settings.office
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
        for case in cases:
            verdict = check_collect_by(case, frame.date)
            if not verdict.holds:
                yield describe(verdict)
    yield from note_on_years(frame.date for _, frame in visits)
