"""Calls to the counter: coming late, and cancelling late (notice 4(2))."""

from __future__ import annotations

from datetime import datetime

from kofucli.base.errors import InputError, Phrase, Problem
from kofucli.model.records import Reservation, Stamp
from kofucli.operations.agents.values import refuse_named
from kofucli.operations.context import changing, refuse_if_any
from kofucli.operations.counter.desk import (
    DeskDone,
    DeskRefusedError,
    check_not_future,
    find_at_desk,
    refuse_arrived,
    take_step,
)
from kofucli.operations.counter.marks import add_marks, make_mark
from kofucli.operations.lookup import refuse_part
from kofucli.rules.change import check_late_cancel, check_not_ended
from kofucli.settings import Settings
from kofucli.store import Store


def late_notice(
    store: Store, settings: Settings, number: str, at: datetime | None, stamp: Stamp
) -> DeskDone:
    """Record that an agent called to say that it comes late, until the start (notice 4(2)).

    ``at`` is when it called, else now. One notice is enough: ``changed`` False where there is one.
    """
    check_not_future(at, stamp.now)
    with changing(store, settings, "desk late-notice", stamp) as (transaction, context):
        before = find_at_desk(context, number)
        if before.status == "active" and before.late_notice is not None:
            return DeskDone(before, False, dry_run=stamp.dry_run)
        refuse_if_any([check_not_ended(before)])
        refuse_arrived(before, context.now)
        called = at or context.now
        _refuse_before_booking(before, called)
        if context.now >= before.starts_at:
            raise DeskRefusedError(
                Phrase(
                    "{number}: the hour began at {start}, too late to announce anything. When the "
                    "agent comes: kofucli desk arrive {number}",
                    number=before.number,
                    start=before.start,
                ),
                context.now,
                before.starts_at,
            )
        after = take_step(before, "late-notice", context.now, late_notice=called)
        transaction.put_reservation(after)
    return DeskDone(after, True, dry_run=stamp.dry_run)


def late_cancel(
    store: Store,
    settings: Settings,
    number: str,
    call: tuple[datetime | None, str],
    stamp: Stamp,
) -> DeskDone:
    """Enter a cancellation by telephone after the deadline, until the start (notice 4(2)).

    ``call`` is when it was told (else now), and who called and why. It frees quota and capacity at
    once, and is a mark of the agent. One that is cancelled stays so, ``changed`` False. Raises
    RefusedError, ``cancel.too-late`` from the start on; WrongUsageError where ``number`` is that of
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
        refuse_if_any([check_not_ended(before)])
        refuse_arrived(before, context.now)
        called = at or context.now
        _refuse_before_booking(before, called)
        refuse_named(transaction, before.agent, reason)
        refuse_if_any([check_late_cancel(before, context.now)])
        if called < before.closes:
            raise _in_time(before, called, context.now)
        after = take_step(
            before,
            "late-cancel",
            context.now,
            status="late-cancelled",
            ended_at=called,
            reason=reason,
        )
        transaction.put_reservation(after)
        marks = (make_mark("late-cancel", after),)
        advice = add_marks(transaction, context, marks)
    return DeskDone(
        after, True, marks=marks, news="late-cancelled", advice=advice, dry_run=stamp.dry_run
    )


def _refuse_before_booking(before: Reservation, called: datetime) -> None:
    """Raise InputError where a call would have been before there was anything to call about."""
    if called < before.booked_at:
        raise InputError(
            Phrase("The call cannot be recorded; nothing was changed."),
            [
                Problem(
                    Phrase("--at {at}", at=called),
                    Phrase(
                        "{number} was booked at {booked}",
                        number=before.number,
                        booked=before.booked_at,
                    ),
                )
            ],
        )


def _in_time(before: Reservation, called: datetime, now: datetime) -> DeskRefusedError:
    """Return the refusal of a late cancellation that was none: it was told in time."""
    instant = "" if now < before.closes else f" --now {called:%Y-%m-%dT%H:%M:%S}"
    return DeskRefusedError(
        Phrase(
            "{number} can be cancelled in the ordinary way until {deadline}, without a mark: "
            "kofucli cancel {number} --office{instant}",
            number=before.number,
            deadline=before.closes,
            instant=instant,
        ),
        now,
        before.closes,
    )
