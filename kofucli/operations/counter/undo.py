"""Undoing the last step at the desk, together with its mark (notice 6(4))."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from kofucli.base.errors import Phrase
from kofucli.model.records import Reservation, Stamp, Step
from kofucli.operations.agents.values import refuse_named
from kofucli.operations.context import Context, changing, refuse_if_any
from kofucli.operations.counter.desk import DeskDone, DeskRefusedError, find_at_desk
from kofucli.operations.counter.marks import remove_mark
from kofucli.rules.calendar import check_hour
from kofucli.rules.quota import check_duplicate
from kofucli.rules.refusal import Verdict, ask
from kofucli.settings import Settings
from kofucli.store import Store

if TYPE_CHECKING:
    from kofucli.operations.mail import NewsKind

_LEADS_TO = {
    "arrive": ("arrived",),
    "late": ("late",),
    "collect": ("collected", "not-handed"),
    "late-notice": ("active",),
    "late-cancel": ("late-cancelled",),
    "no-show": ("no-show", "office-closed"),
}
"""The statuses that each step leads to; any other status means that the step was not the last."""


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
        if before.status not in _LEADS_TO[step.op]:
            refuse_if_any([ask("reservation.ended", False, before.number, status=before.status)])
        refuse_named(transaction, before.agent, reason)
        refuse_if_any(_ask_revival(before, step, context))
        after = _restore(before, step, reason)
        transaction.put_reservation(after)
        marks, advice = remove_mark(transaction, context, before)
    news: NewsKind | None = "mark-lifted" if marks else None
    if step.op == "late-cancel":
        # A visit in a closed hour is not revived (``frame.closed``).
        news = "revived" if context.is_open(after.date) else "undone-closed"
        if context.now >= after.ends_at:
            news = "undone"
    return DeskDone(
        after,
        True,
        undone=step.op,
        news=news,
        marks=marks,
        advice=advice,
        notes=tuple(_note_what_to_do(after, step, news)),
        dry_run=stamp.dry_run,
    )


def _note_what_to_do(after: Reservation, step: Step, news: NewsKind | None) -> Iterator[Phrase]:
    if step.op == "no-show":
        yield Phrase(
            "Now record what happened (kofucli desk arrive {number} --at ...): else closing "
            "the day makes it a no-show again.",
            number=after.number,
        )
    if news == "undone-closed":
        yield Phrase(
            "The office is closed on {day}: 'kofucli office close {day} --reason ...' ends the "
            "reservation, without a mark.",
            day=after.date,
        )


def _restore(before: Reservation, step: Step, reason: str) -> Reservation:
    """Return the reservation as it was before the step.

    The cases of a ``Step`` are in the reservation's order: an ended reservation is never amended.
    """
    cases = before.cases
    if step.op == "collect":
        cases = tuple(
            replace(case, status=status, not_handed=None)
            for case, status in zip(cases, step.cases, strict=True)
        )
    return replace(
        before,
        status=step.status,
        cases=cases,
        arrived_at=step.arrived_at,
        ended_at=step.ended_at,
        late_notice=step.late_notice,
        reason=reason,
        steps=before.steps[:-1],
    )


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
    revived = [
        case for case, status in zip(before.cases, step.cases, strict=True) if status == "active"
    ]
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
