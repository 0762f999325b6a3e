"""Calls to the counter: that an agent will be late, or does not come (notice 4(2))."""

from __future__ import annotations

from datetime import datetime

from kofucli.base.errors import InputError, Phrase, Problem
from kofucli.model.records import Reservation, Stamp
from kofucli.operations.agents.values import refuse_named
from kofucli.operations.context import changing, refuse_if_any
from kofucli.operations.counter.desk import (
    DeskDone,
    DeskRefusedError,
    add_step,
    check_not_future,
    find_at_desk,
    refuse_arrived,
)
from kofucli.operations.counter.marks import add_marks, make_mark
from kofucli.operations.lookup import refuse_part
from kofucli.rules.change import check_late_cancel, check_not_ended
from kofucli.settings import Settings
from kofucli.store import Store


def late_notice(
    store: Store, settings: Settings, number: str, at: datetime | None, stamp: Stamp
) -> DeskDone:
    """Record that an agent called before the start to say that it will be late (notice 4(2)).

    ``at`` is when the agent called, None for now. A second notice changes nothing.
    """
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
    store: Store,
    settings: Settings,
    number: str,
    call: tuple[datetime | None, str],
    stamp: Stamp,
) -> DeskDone:
    """Cancel by telephone, after the deadline and before the start (notice 4(2)).

    ``call`` is when the agent called (None for now), and who called and why. The cancellation frees
    quota and capacity at once, and gives the agent a mark. A second one changes nothing. Raises
    RefusedError, from the start on with ``cancel.too-late``; WrongUsageError where ``number`` names
    one of several cases.
    """
    at, reason = call
    check_not_future(at, stamp.now)
    with changing(store, settings, "desk late-cancel", stamp) as (transaction, context):
        before = find_at_desk(context, number)
        ways = Phrase(
            "'kofucli desk late-cancel {number}' cancels all; that a single case is not collected "
            "is entered at the visit, with 'kofucli desk collect {number} --not-handed'.",
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
    refuse_if_any([check_not_ended(before)])
    refuse_arrived(before, now)
    if called < before.booked_at:
        booked = Phrase(
            "{number} was booked at {booked}", number=before.number, booked=before.booked_at
        )
        raise InputError(
            Phrase("The call cannot be recorded; nothing was changed."),
            [Problem(Phrase("--at {at}", at=called), booked)],
        )
