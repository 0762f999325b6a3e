"""Calls to the counter (notice 4(2)); marks, the advice or suspension they lead to; undoing (6(4)).

A step that is undone takes its mark along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kofucli.base import InputError, Phrase, Problem
from kofucli.model import Agent, Mark, MarkKind, Reservation, Stamp, Step, Suspension
from kofucli.operations import Context, changing, refuse_if_any
from kofucli.operations.agents import refuse_named
from kofucli.operations.counter import (
    LEADS_TO,
    DeskDone,
    DeskRefusedError,
    Marked,
    add_step,
    check_not_future,
    find_at_desk,
    refuse_arrived,
    refuse_ended,
)
from kofucli.operations.lookup import refuse_part
from kofucli.rules import Verdict, ask
from kofucli.rules.availability import check_duplicate, check_hour
from kofucli.rules.conduct import (
    Advice,
    check_late_cancel,
    count_marks,
    suspension_end,
    threshold_reached,
)
from kofucli.settings import Settings
from kofucli.store import Store
from kofucli.store.view import Transaction

if TYPE_CHECKING:
    from kofucli.operations.mail import NewsKind


def late_notice(
    store: Store, settings: Settings, number: str, at: datetime | None, stamp: Stamp
) -> DeskDone:
    """Record a call, ``at`` or now, that an agent comes late (notice 4(2)); the first counts."""
    check_not_future(at, stamp.now)
    with changing(store, settings, "desk late-notice", stamp) as (transaction, context):
        before = find_at_desk(context, number)
        if before.status == "active" and before.late_notice is not None:
            return DeskDone(before, False, dry_run=stamp.dry_run)
        called = at or context.now
        _refuse_call(before, called, context.now)
        if context.now >= before.starts_at:
            message = Phrase(
                "{number}: the hour began at {start}, too late to announce anything. When the "
                "agent comes: kofucli desk arrive {number}",
                number=before.number,
                start=before.start,
            )
            raise DeskRefusedError(message, context.now)
        after = add_step(before, "late-notice", context.now, late_notice=called)
        transaction.put_reservation(after)
    return DeskDone(after, True, dry_run=stamp.dry_run)


def late_cancel(
    store: Store, settings: Settings, number: str, call: tuple[datetime | None, str], stamp: Stamp
) -> DeskDone:
    """Cancel by telephone, after the deadline and before the start (notice 4(2)).

    ``call`` is when the agent called (None for now), and who called and why. The first one gives
    the agent a mark. Raises RefusedError, and WrongUsageError for one of several cases.
    """
    at, reason = call
    check_not_future(at, stamp.now)
    with changing(store, settings, "desk late-cancel", stamp) as (transaction, context):
        before = find_at_desk(context, number)
        ways = Phrase(
            "'kofucli desk late-cancel {number} --reason ...' cancels all; that a single case is "
            "not collected is entered at the visit, with 'kofucli desk collect {number} "
            "--not-handed'.",
            number=before.number,
        )
        refuse_part(before, number, ways)
        if before.status in ("cancelled", "late-cancelled"):
            return DeskDone(before, False, marks=(), dry_run=stamp.dry_run)
        called = at or context.now
        _refuse_call(before, called, context.now)
        refuse_named(transaction, before.agent, reason)
        refuse_if_any([check_late_cancel(before, context.now)])
        if called < before.closes:
            # The call was in time: it is an ordinary cancellation, at the instant of the call.
            instant = "" if context.now < before.closes else f" --now {called:%Y-%m-%dT%H:%M:%S}"
            message = Phrase(
                "{number} can be cancelled in the ordinary way until {deadline}, without a mark: "
                "kofucli cancel {number} --office{instant}",
                number=before.number,
                deadline=before.deadline,
                instant=instant,
            )
            raise DeskRefusedError(message, context.now)
        ended = {"status": "late-cancelled", "ended_at": called, "reason": reason}
        after = add_step(before, "late-cancel", context.now, **ended)
        transaction.put_reservation(after)
        marks = (make_mark("late-cancel", after),)
        advice = add_marks(transaction, context, marks)
    return DeskDone(
        after, True, marks=marks, news="late-cancelled", advice=advice, dry_run=stamp.dry_run
    )


def _refuse_call(before: Reservation, called: datetime, now: datetime) -> None:
    """Raise an error for a call about an ended or arrived visit, or from before the booking."""
    refuse_ended(before)
    refuse_arrived(before, now)
    if called < before.booked_at:
        booked = Phrase(
            "{number} was booked at {booked}", number=before.number, booked=before.booked_at
        )
        raise InputError(
            Phrase("The call cannot be recorded; nothing was changed."),
            [Problem(Phrase("--at {at}", at=called), booked)],
        )


_AUTO = "auto"
"""The author of automatic suspensions."""


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


def _remove_mark(
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
        and held.author == _AUTO
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
    """Return the suspension for marks; in its reason ``_remove_mark`` looks for their visits."""
    rules, today = context.settings.conduct, context.today
    named = [
        f"{mark.kind} {mark.reservation}"
        for mark in marks
        if mark.kind in kinds and any(count_marks([mark], today, rules.months_back).values())
    ]
    until = suspension_end(today, rules.suspend_months)
    return Suspension(today, until, f"6(4): {', '.join(named)}", _AUTO)


def _suspended_until(agent: Agent, context: Context) -> date | None:
    held = agent.suspension
    return held.until if held is not None and context.today < held.until else None


def _advise(
    agent: Agent, context: Context, reached: bool, suspended: bool = False, reinstated: bool = False
) -> Advice:
    counts = count_marks(agent.marks, context.today, context.settings.conduct.months_back)
    until = _suspended_until(agent, context)
    return Advice(agent.id, counts, reached, until, suspended, reinstated)


def undo(store: Store, settings: Settings, number: str, reason: str, stamp: Stamp) -> DeskDone:
    """Take back the last step at the desk: the reservation is as it was, with ``reason`` kept.

    The step's mark goes too, and the automatic suspension that it led to. Raises RefusedError where
    there is no step, where the reservation changed after it, and where somebody has meanwhile taken
    the number, the frame or the room that the step set free.
    """
    with changing(store, settings, "desk undo", stamp) as (transaction, context):
        before = find_at_desk(context, number)
        if not before.steps:
            message = Phrase(
                "At the desk nothing was done yet with {number}: there is nothing to undo.",
                number=before.number,
            )
            raise DeskRefusedError(message, context.now)
        step = before.steps[-1]
        if before.status not in LEADS_TO[step.op]:
            refuse_if_any([ask("reservation.ended", False, before.number, status=before.status)])
        refuse_named(transaction, before.agent, reason)
        refuse_if_any(_ask_revival(before, step, context))
        cases = before.cases
        if step.op == "collect":  # they are in their order: an ended reservation is never amended
            pairs = zip(cases, step.cases, strict=True)
            cases = tuple(replace(case, status=status, not_handed=None) for case, status in pairs)
        after = replace(
            before,
            status=step.status,
            cases=cases,
            arrived_at=step.arrived_at,
            ended_at=step.ended_at,
            late_notice=step.late_notice,
            reason=reason,
            steps=before.steps[:-1],
        )
        transaction.put_reservation(after)
        marks, advice = _remove_mark(transaction, context, before)
    news: NewsKind | None = "mark-lifted" if marks else None
    note = None
    if step.op == "no-show":
        note = Phrase(
            "Now record what happened (kofucli desk arrive {number} --at ...): else closing "
            "the day makes it a no-show again.",
            number=after.number,
        )
    elif step.op == "late-cancel" and context.now >= after.ends_at:
        news = "undone"
    elif step.op == "late-cancel" and context.is_open(after.date):
        news = "revived"  # a visit in a closed hour is not (``frame.closed``)
    elif step.op == "late-cancel":
        news = "undone-closed"
        note = Phrase(
            "The office is closed on {day}: 'kofucli office close {day} --reason ...' ends the "
            "reservation, without a mark.",
            day=after.date,
        )
    notes = () if note is None else (note,)
    told = DeskDone(after, True, undone=step.op, news=news, marks=marks, advice=advice, notes=notes)
    return replace(told, dry_run=stamp.dry_run)


def _ask_revival(before: Reservation, step: Step, context: Context) -> Iterator[Verdict]:
    """Ask whether an ended reservation can have back what it set free (notice 3(2)).

    1. Its case numbers, unless the hour of the visit is over.
    2. After a late cancellation, frame and room too: no other step frees them. A day that is over
       has no quota, so nothing is asked there; nor is there room in an hour that was closed since.
    """
    if step.op in ("arrive", "late-notice"):
        return
    holdings = context.holdings()
    frame, agent = before.frame, before.agent
    pairs = zip(before.cases, step.cases, strict=True)
    revived = [case for case, status in pairs if status == "active"]
    for case in revived if context.now < before.ends_at else ():
        other = holdings.standing(case.number)
        if other is not None and other.number != before.number:
            yield check_duplicate(case.number, other, agent, False)
    if step.op == "late-cancel" and frame.date >= context.today:
        hour = check_hour(frame, context.why_closed(frame))
        yield hour
        if not hour.holds:
            return
        yield from context.check_room(agent, frame, len(revived), holdings, holdings)
