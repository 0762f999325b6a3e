"""Deciding on a request: what becomes of each wish, for booking as for planning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct

from kofucli.errors import Phrase
from kofucli.model import Agent
from kofucli.operations.context import Context
from kofucli.operations.judging import Judge, Watch, watch_nothing
from kofucli.operations.wishes import BookRequest, OpenWish, Row, Wish
from kofucli.rules.eligibility import check_collect_by
from kofucli.rules.refusal import Verdict, refusals

__all__ = ["Decided", "Preferences", "decide", "make_row"]


class Preferences(Struct, frozen=True):
    """How open wishes may be placed: on which days, at which hours (None: on any), and by whom.

    What a wish names itself comes first. ``pool`` are agents of whom any may collect; without them
    each collects its own.
    """

    pool: tuple[str, ...] = ()
    days: frozenset[date] | None = None
    hours: frozenset[str] | None = None


NO_PREFERENCES = Preferences()


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
    rows: dict[int, Row] = {}
    if request.from_file:
        from kofucli.operations.history import sort_out  # one frame has no history to ask for

        rows = sort_out(context, request, preferences.pool)
    late = [wish for wish in request.wishes if wish.row not in rows]
    fixed, waiting = _follow(late)
    judge = Judge(context, agents, service)
    verdicts = judge.judge(fixed, request.best_effort, watch)
    rows.update((wish.row, make_row(wish, verdicts[wish.row])) for wish in fixed)
    notes: tuple[Phrase, ...] = ()
    if waiting:
        from kofucli.operations.placing import place  # frames that are named need no planner

        placed = place(judge, waiting, preferences, request.best_effort, watch)
        rows.update((row.wish.row, row) for row in placed.rows)
        notes = placed.notes
    return Decided(tuple(rows[wish.row] for wish in request.wishes), notes)


def make_row(wish: Wish, verdicts: Iterable[Verdict]) -> Row:
    """Return the row of a wish that was judged."""
    refused = tuple(refusals(verdicts))
    return Row(wish, "refused" if refused else "booked", wish.frame, None, refused)


def _follow(wishes: Sequence[Wish | OpenWish]) -> tuple[list[Wish], list[OpenWish]]:
    """Return the wishes that name a frame, and the open ones.

    An open wish that goes with one that names a frame (``with``, either way) goes to that frame,
    where it suits, is the same agent's and is not too late for it: they stay together.
    """
    fixed = [wish for wish in wishes if isinstance(wish, Wish)]
    waiting = [wish for wish in wishes if isinstance(wish, OpenWish)]
    if not fixed or not waiting:
        return fixed, waiting
    moved = True
    while moved:
        moved = False
        leaders = dict(_name_partners(fixed))
        for wish in waiting:
            keys = [(wish.agent, wish.case.number, None), (wish.agent, None, wish.case.main)]
            leader = next((leaders[key] for key in keys if key in leaders), None)
            in_time = leader is None or check_collect_by(wish.case, leader.frame.date).holds
            if leader is not None and in_time and wish.suits(leader.frame):
                fixed.append(wish.at(leader.frame, wish.agent, wish.case))
                moved = True
        taken = {wish.row for wish in fixed}
        waiting = [wish for wish in waiting if wish.row not in taken]
    return sorted(fixed, key=lambda wish: wish.row), waiting


def _name_partners(
    fixed: Sequence[Wish],
) -> Iterator[tuple[tuple[str, str | None, str | None], Wish]]:
    """Yield whom each wish draws along: the case it names, and those that name it."""
    for wish in fixed:
        if wish.case.main is not None:
            yield (wish.agent, wish.case.main, None), wish
        yield (wish.agent, None, wish.case.number), wish
