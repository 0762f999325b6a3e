"""Deciding on a request: what becomes of each wish, when it is booked and when it is planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from kofucli.base.errors import InputError, Phrase
from kofucli.model.holidays import note_on_years
from kofucli.model.records import MINUTE, Agent, Case, Frame
from kofucli.operations.booking.judge import Judge
from kofucli.operations.booking.requests import (
    NO_PREFERENCES,
    BookRequest,
    OpenWish,
    Preferences,
    Row,
    Wish,
    make_row,
)
from kofucli.operations.context import Context, Progress, no_progress
from kofucli.rules.eligibility import check_collect_by, check_kind_mark, has_its_mark
from kofucli.rules.refusal import Verdict, refusals
from kofucli.rules.wording import describe, describe_warnings


class Decided(Struct, frozen=True):
    """A row for each wish, in their order, and notes."""

    rows: tuple[Row, ...]
    notes: tuple[Phrase, ...] = ()


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
    fixed = [wish for wish in request.wishes if isinstance(wish, Wish)]
    verdicts = judge.judge([[wish] for wish in fixed], request.best_effort)
    policy, explain = context.policy, request.explain
    rows = tuple(make_row(wish, verdicts[wish.row], policy, explain) for wish in fixed)
    return Decided(rows, tuple(_describe_marks(context, rows)))


def _decide_file(
    judge: Judge, request: BookRequest, preferences: Preferences, progress: Progress
) -> Decided:
    # A request without a file needs none of these modules.
    from kofucli.operations.booking.groups import Collectors, make_groups
    from kofucli.operations.booking.notes import describe_ended, describe_ties
    from kofucli.operations.booking.settled import find_lost_zeros, name_cases, sort_out

    named = name_cases(request.wishes)
    problems = [problem for _, problem in find_lost_zeros(judge.holdings.numbers(), named)]
    if problems:
        headline = Phrase("Some rows are invalid; nothing was changed.")
        raise InputError(headline, problems)
    rows = sort_out(judge.context, request, preferences)
    settled = dict(rows)
    collectors = Collectors(judge, preferences)
    fixed: list[list[Wish]] = []
    waiting: list[list[Wish | OpenWish]] = []
    for group in make_groups(request.wishes, preferences.share):
        unsettled = [wish for wish in group if wish.row not in settled]
        if placed := collectors.place_as_named(unsettled):
            fixed.append(placed)
        elif unsettled:
            waiting.append(group)
    verdicts = judge.judge(fixed, request.best_effort, progress)
    for wish in (wish for group in fixed for wish in group):
        rows[wish.row] = make_row(wish, verdicts[wish.row], judge.context.policy, request.explain)
    notes: list[Phrase] = []
    if waiting:
        from kofucli.operations.booking.placement import place  # the planner

        found, notes = place(collectors, waiting, settled, request, progress)
        rows.update((row.wish.row, row) for row in found)
    all_rows = tuple(rows[wish.row] for wish in request.wishes)
    kinds = judge.context.settings.cases.kinds
    ties = describe_ties(all_rows, judge.holdings, preferences, kinds)
    marks = _describe_marks(judge.context, all_rows)
    return Decided(all_rows, (*describe_ended(all_rows), *notes, *ties, *marks))


def _describe_marks(context: Context, rows: Sequence[Row]) -> Iterator[Phrase]:
    """Yield the warnings on rows that were judged, booked or not, whose kind contradicts a mark."""
    judged = (row.wish.case for row in rows if row.outcome in ("booked", "refused", "not-placed"))
    wrong = (case for case in judged if not has_its_mark(case, context.policy))
    asked = (verdict for case in wrong for verdict in check_kind_mark(case, context.policy))
    return describe_warnings(asked)


def describe_visits(context: Context, rows: Sequence[Row]) -> Iterator[Phrase]:
    """Yield what an agent should know of visits that are booked, or would be.

    A visit can no longer be changed, or is too late for a case, or lies in a year whose holidays
    are not known for certain.
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
        limited = (case for case in cases if case.collect_by is not None)
        for verdict in refusals(check_collect_by(case, frame.date) for case in limited):
            yield describe(verdict)
    yield from note_on_years(frame.date for _, frame in visits)
