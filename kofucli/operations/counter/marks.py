"""The marks of agents, and what they lead to: advice, or a suspension (notice 6(4))."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from kofucli.model.records import Agent, Mark, MarkKind, Reservation, Suspension
from kofucli.operations.context import Context
from kofucli.rules.conduct import Advice, count_marks, suspension_end, threshold_reached
from kofucli.store import Transaction

AUTO = "auto"
"""The author of automatic suspensions."""


class Marked(Struct, frozen=True):
    """A mark, and the id of its agent."""

    agent: str
    mark: Mark


def make_mark(kind: MarkKind, reservation: Reservation) -> Marked:
    """Return the mark for a reservation, dated on the day of the visit."""
    return Marked(reservation.agent, Mark(kind, reservation.date, reservation.number))


def add_marks(
    transaction: Transaction, context: Context, marks: Sequence[Marked]
) -> tuple[Advice, ...]:
    """Give agents their marks; return the advice about each, by id.

    With ``conduct.mode = "auto"``, an agent whose marks of such a kind now reach the threshold is
    suspended from today on, unless it is suspended already. An agent that the store no longer has
    gets no mark.
    """
    found = []
    for agent_id in sorted({marked.agent for marked in marks}):
        agent = transaction.agent(agent_id)
        if agent is None:
            continue
        new = tuple(marked.mark for marked in marks if marked.agent == agent_id)
        # A reinstatement concerned the marks before: the office decides about the new one anew.
        after = replace(agent, marks=(*agent.marks, *new), reinstated=None)
        kinds = {mark.kind for mark in new}
        reached = _reached(after.marks, kinds, context, context.today)
        is_automatic = context.settings.conduct.mode == "auto"
        suspends = reached and is_automatic and _suspended_until(after, context) is None
        if suspends:
            after = replace(after, suspension=_suspend(after.marks, kinds, context))
        transaction.put_agent(after)
        found.append(_advise(after, context, reached, suspended=suspends))
    return tuple(found)


def remove_mark(
    transaction: Transaction, context: Context, reservation: Reservation
) -> tuple[tuple[Marked, ...], tuple[Advice, ...]]:
    """Take a reservation's mark off its agent, and the automatic suspension that it led to.

    The suspension ends where its reason names the reservation and the other marks alone would not
    have led to it. Returns the marks taken off, and the advice about the agent.
    """
    agent = transaction.agent(reservation.agent)
    gone = tuple(m for m in agent.marks if m.reservation == reservation.number) if agent else ()
    if agent is None or not gone:
        return (), ()
    after = replace(agent, marks=tuple(mark for mark in agent.marks if mark not in gone))
    kinds = {mark.kind for mark in gone}
    held = after.suspension
    ends = (
        held is not None
        and held.author == AUTO
        and reservation.number in held.reason
        and not _reached(after.marks, kinds, context, held.since)
    )
    if ends:
        after = replace(after, suspension=None)
    transaction.put_agent(after)
    reached = _reached(after.marks, kinds, context, context.today)
    advice = _advise(after, context, reached, reinstated=ends)
    return tuple(Marked(agent.id, mark) for mark in gone), (advice,)


def _reached(marks: Sequence[Mark], kinds: Iterable[str], context: Context, today: date) -> bool:
    """Tell whether the marks of one of these kinds reach their threshold on the day ``today``."""
    rules = context.settings.conduct
    counts = count_marks([m for m in marks if m.kind in kinds], today, rules.months_back)
    return threshold_reached(counts, rules.no_shows, rules.late_cancels)


def _suspend(marks: Sequence[Mark], kinds: Iterable[str], context: Context) -> Suspension:
    """Return the suspension that marks lead to; its reason names their reservations.

    ``remove_mark`` looks for the reservation's number in that reason.
    """
    rules, today = context.settings.conduct, context.today
    named = [
        f"{mark.kind} {mark.reservation}"
        for mark in marks
        if mark.kind in kinds and any(count_marks([mark], today, rules.months_back).values())
    ]
    until = suspension_end(today, rules.suspend_months)
    return Suspension(today, until, f"6(4): {', '.join(named)}", AUTO)


def _suspended_until(agent: Agent, context: Context) -> date | None:
    held = agent.suspension
    return held.until if held is not None and context.today < held.until else None


def _advise(
    agent: Agent, context: Context, reached: bool, suspended: bool = False, reinstated: bool = False
) -> Advice:
    counts = count_marks(agent.marks, context.today, context.settings.conduct.months_back)
    until = _suspended_until(agent, context)
    return Advice(agent.id, counts, reached, until, suspended, reinstated)
