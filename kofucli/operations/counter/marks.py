"""Marks of agents, and what follows them: advice, or a suspension (notice 6(4))."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from kofucli.model.records import Agent, Mark, Reservation, Suspension
from kofucli.operations.context import Context
from kofucli.rules.conduct import Advice, count_marks, suspension_end, threshold_reached
from kofucli.store import Transaction

AUTO = "auto"
"""The author of suspensions that follow from marks by themselves."""


class Marked(Struct, frozen=True):
    """A mark, and whose it is."""

    agent: str
    mark: Mark


def make_mark(kind: str, reservation: Reservation) -> Marked:
    """Return the mark of a reservation, dated on the day of the visit."""
    mark = Mark(
        "no-show" if kind == "no-show" else "late-cancel", reservation.date, reservation.number
    )
    return Marked(reservation.agent, mark)


def add_marks(
    transaction: Transaction, context: Context, marks: Sequence[Marked]
) -> tuple[Advice, ...]:
    """Put marks on their agents, and return how each agent stands then, by id.

    With ``conduct.mode = "auto"`` an agent whose marks of a kind reach the threshold by this is
    suspended from today on, unless a suspension is there already. An agent who is not kept any
    more gets none.
    """
    found = []
    for agent_id in sorted({marked.agent for marked in marks}):
        agent = transaction.agent(agent_id)
        if agent is None:
            continue
        new = tuple(marked.mark for marked in marks if marked.agent == agent_id)
        # A new mark is decided about anew.
        after = replace(agent, marks=(*agent.marks, *new), reinstated=None)
        touched = {mark.kind for mark in new}
        reached = _reached(after.marks, touched, context, context.today)
        suspends = (
            reached
            and context.settings.conduct.mode == "auto"
            and _suspended_until(after, context) is None
        )
        if suspends:
            after = replace(after, suspension=_suspend(after.marks, touched, context))
        transaction.put_agent(after)
        found.append(_advise(after, context, reached, suspended=suspends))
    return tuple(found)


def remove_mark(
    transaction: Transaction, context: Context, reservation: Reservation
) -> tuple[tuple[Marked, ...], tuple[Advice, ...]]:
    """Take a reservation's mark off its agent, and the automatic suspension that it led to.

    That suspension goes where it names the reservation and the marks left would not have led to
    it. Returns the marks taken off, and how the agent stands then.
    """
    agent = transaction.agent(reservation.agent)
    gone = tuple(m for m in agent.marks if m.reservation == reservation.number) if agent else ()
    if agent is None or not gone:
        return (), ()
    after = replace(agent, marks=tuple(mark for mark in agent.marks if mark not in gone))
    touched = {mark.kind for mark in gone}
    held = after.suspension
    ends = (
        held is not None
        and held.author == AUTO
        and reservation.number in held.reason
        and not _reached(after.marks, touched, context, held.since)
    )
    if ends:
        after = replace(after, suspension=None)
    transaction.put_agent(after)
    reached = _reached(after.marks, touched, context, context.today)
    advice = _advise(after, context, reached, reinstated=ends)
    return tuple(Marked(agent.id, mark) for mark in gone), (advice,)


def _reached(marks: Sequence[Mark], kinds: Iterable[str], context: Context, today: date) -> bool:
    """Tell whether marks of one of these kinds reach their threshold on a day."""
    rules = context.settings.conduct
    touched = [mark for mark in marks if mark.kind in kinds]
    counts = count_marks(touched, today, rules.months_back)
    return threshold_reached(counts, rules.no_shows, rules.late_cancels)


def _suspend(marks: Sequence[Mark], kinds: Iterable[str], context: Context) -> Suspension:
    """Return the suspension that marks lead to; its reason names their reservations."""
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
