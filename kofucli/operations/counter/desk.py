"""The counter: who has come, what was handed over (notice 6(1) to 6(3)), what all steps share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base.errors import InputError, NotFoundError, Phrase, Problem
from kofucli.model.numbers import make_number, normalise_number
from kofucli.model.records import Actor, Case, Reservation, Stamp, Step, StepName
from kofucli.operations.context import Context, changing, find_agent, refuse_if_any
from kofucli.operations.counter.marks import Marked
from kofucli.operations.lookup import find_expiring, find_number_in, find_reservation
from kofucli.rules.change import check_not_ended
from kofucli.rules.conduct import Advice, time_arrival
from kofucli.rules.eligibility import check_certificate
from kofucli.rules.refusal import RefusedError
from kofucli.settings import Settings
from kofucli.store import Store

if TYPE_CHECKING:
    from kofucli.operations.mail import NewsKind


REASONS = ("papers", "period", "other")
"""Why a case was not handed over: papers missing, not the time to collect it, something else."""
_LAST_PART = re.compile(r"([0-9]{4,12})-[0-9A-Z]")
_COUNTER = Actor(None, "")


class DeskRefusedError(RefusedError):
    """The counter cannot do this now; the sentence says what can be done instead.

    These are no rules of the rulebook's table, so there is no code, and ``refusals`` is empty.
    """

    def __init__(self, phrase: Phrase, now: datetime, limit: datetime | None = None) -> None:
        super().__init__(())
        if limit is None:
            self.phrase = Phrase("{message} (decided at {now})", message=phrase, now=now)
        else:
            self.phrase = Phrase(
                "{message} (decided at {now}; limit: {limit})", message=phrase, now=now, limit=limit
            )


class DeskDone(Struct, frozen=True):
    """A reservation after a step at the desk, and whether anything changed.

    ``timing`` is there for arrivals: ``early``, ``on-time``, ``queued``, ``accepted-late`` or
    ``late``; ``undone`` for an undoing: which step was undone. ``marks`` came with the step, or
    went; None where it has to do with none. ``news`` is what the agent is mailed about it, None
    for nothing: it knows of what was done before its eyes.
    """

    reservation: Reservation
    changed: bool
    timing: str | None = None
    undone: str | None = None
    marks: tuple[Marked, ...] | None = None
    news: NewsKind | None = None
    advice: tuple[Advice, ...] = ()
    notes: tuple[Phrase, ...] = ()
    dry_run: bool = False


def take_step(before: Reservation, op: StepName, now: datetime, **changes: Any) -> Reservation:
    """Return a reservation after a step at the desk, with what undoing it needs."""
    step = Step(
        op,
        now,
        before.status,
        tuple(case.status for case in before.cases),
        before.arrived_at,
        before.ended_at,
        before.reason,
        before.late_notice,
    )
    return replace(before, steps=(*before.steps, step), **changes)


def find_at_desk(context: Context, text: str) -> Reservation:
    """Return the reservation that somebody names at the counter.

    By its number, the last part of it (``0041-K``) on the day of the visit, or an active case; a
    QR code holds the number. Raises NotFoundError, InputError, WrongUsageError.
    """
    part = normalise_number(text)
    found = _LAST_PART.fullmatch(part)
    if found is None:
        return find_reservation(context, text, _COUNTER)
    for reservation in context.view.day(context.today).values():
        if reservation.number.partition("-")[2] == part:
            return reservation
    with suppress(NotFoundError):
        return find_reservation(context, text, _COUNTER)
    right = make_number(context.settings.office.id, context.today, int(found[1]))
    if right in context.view.day(context.today):
        raise InputError(
            Phrase(
                "{part}: the last character is wrong for today; please compare it with the "
                "confirmation. Nothing was recorded.",
                part=part,
            ),
            [Problem(Phrase("number {number}", number=part), Phrase("a character is wrong"))],
        )
    raise NotFoundError(
        Phrase(
            "No reservation of today ends in {part}. For another day give the whole number; "
            "'kofucli desk sheet' shows today's.",
            part=part,
        )
    )


def check_not_future(at: datetime | None, now: datetime) -> None:
    """Raise InputError where an instant that is told lies after ``now``."""
    if at is not None and at > now:
        raise InputError(
            Phrase("What is to come cannot be recorded yet; nothing was changed."),
            [Problem(Phrase("--at {at}", at=at), Phrase("expected {now} or earlier", now=now))],
        )


def refuse_arrived(before: Reservation, now: datetime) -> None:
    """Raise DeskRefusedError where the agent has arrived: that would have to be undone first."""
    if before.status == "arrived":
        raise DeskRefusedError(
            Phrase(
                "{number} has arrived already ({at}). If that is wrong, first: kofucli desk undo "
                "{number} --reason ...",
                number=before.number,
                at=before.arrived_at,
            ),
            now,
        )


class ArriveRequest(Struct, frozen=True):
    """An arrival: when the agent came (else now), or what is decided about a late one."""

    number: str
    at: datetime | None = None
    late: Literal["accept", "refer"] | None = None


def arrive(store: Store, settings: Settings, request: ArriveRequest, stamp: Stamp) -> DeskDone:
    """Record that an agent has come (notice 6(3)).

    In ``[start, end)`` it is on time, before that it waits. From the end on nothing is decided
    silently: it queued in time (``at``), is taken as announced (``accept``), or goes to the
    ordinary counter (``refer``), which ends the reservation without a mark. Once arrived it stays
    so, ``changed`` False. Raises RefusedError, NotFoundError, InputError.
    """
    check_not_future(request.at, stamp.now)
    with changing(store, settings, "desk arrive", stamp) as (transaction, context):
        before = find_at_desk(context, request.number)
        if before.status == ("late" if request.late == "refer" else "arrived"):
            return DeskDone(before, False, _recorded_timing(before), dry_run=stamp.dry_run)
        refuse_if_any([check_not_ended(before)])
        timing = _decide(before, request, context)
        now = context.now
        if timing == "late":
            after = take_step(before, "late", now, status="late", arrived_at=now, ended_at=now)
        else:
            came = request.at or now
            after = take_step(before, "arrive", now, status="arrived", arrived_at=came)
        transaction.put_reservation(after)
        notes = find_expiring(context, [after])
    return DeskDone(after, True, timing, notes=notes, dry_run=stamp.dry_run)


def _recorded_timing(reservation: Reservation) -> str:
    """Return the timing of an arrival that was recorded before."""
    came = reservation.arrived_at
    if reservation.status == "late" or came is None:
        return "late"
    if came >= reservation.ends_at:
        return "accepted-late"
    return "early" if came < reservation.starts_at else "on-time"


def _decide(before: Reservation, request: ArriveRequest, context: Context) -> str:
    """Return how an arrival is taken; raises DeskRefusedError where somebody has to decide."""
    now, ends = context.now, before.ends_at
    refuse_arrived(before, now)
    timing = time_arrival(before, request.at or now, now)
    if timing == "another-day":
        raise DeskRefusedError(
            Phrase(
                "{number} is for {day} {start}, not for today. Nothing was recorded.",
                number=before.number,
                day=before.date,
                start=before.start,
            ),
            now,
            before.starts_at,
        )
    if timing != "over" and request.late == "refer":
        raise DeskRefusedError(
            Phrase(
                "{number} is not late: its hour ends at {end}. Leave out --late.",
                number=before.number,
                end=f"{ends:%H:%M}",
            ),
            now,
            ends,
        )
    if timing != "over":
        return timing
    if request.late == "refer":
        return "late"
    is_today = now.date() == before.date
    announced = Phrase("nobody announced it, so this is not possible")
    if before.late_notice is not None:
        if is_today and request.late == "accept":
            return "accepted-late"
        announced = Phrase("only on the day of the visit")
        if is_today:
            announced = Phrase("announced at {at}", at=before.late_notice)
    raise DeskRefusedError(
        Phrase(
            "{number}: the hour {start}-{end} is over; nothing was recorded. Which is it? "
            "--at {at}: queued in time. --accept-late: taken as announced ({announced}). "
            "--late: to the ordinary counter.",
            number=before.number,
            at="HH:MM" if is_today else f"{before.date}THH:MM",
            start=before.start,
            end=f"{ends:%H:%M}",
            announced=announced,
        ),
        now,
        ends,
    )


def collect(
    store: Store,
    settings: Settings,
    number: str,
    not_handed: Sequence[tuple[str, str]],
    stamp: Stamp,
) -> DeskDone:
    """End a reservation: its active cases are collected but those of ``not_handed`` (6(1), 6(2)).

    ``not_handed`` are pairs of case and reason, one of REASONS. It ends as ``collected`` where at
    least one case was handed over, else as ``not-handed``; neither is a mark. Handing over asks
    the agent's certificate again. The same outcome twice is ``changed`` False.
    """
    with changing(store, settings, "desk collect", stamp) as (transaction, context):
        before = find_at_desk(context, number)
        reasons = _read_reasons(before, not_handed)
        cases = tuple(_end_case(case, reasons) for case in before.cases)
        handed = any(case.status == "collected" for case in cases)
        status = "collected" if handed else "not-handed"
        if (before.status, before.cases) == (status, cases):
            return DeskDone(before, False, dry_run=stamp.dry_run)
        refuse_if_any([check_not_ended(before)])
        if before.status != "arrived":
            raise DeskRefusedError(
                Phrase(
                    "{number} has not arrived yet. First: kofucli desk arrive {number}",
                    number=before.number,
                ),
                context.now,
            )
        if handed:
            agent = find_agent(transaction, before.agent, erased_too=True)
            refuse_if_any([check_certificate(agent, max(before.date, context.today))])
        now = context.now
        after = take_step(before, "collect", now, status=status, cases=cases, ended_at=now)
        transaction.put_reservation(after)
    return DeskDone(after, True, dry_run=stamp.dry_run)


def _read_reasons(before: Reservation, given: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the reasons by case number. Raises NotFoundError, InputError."""
    reasons: dict[str, str] = {}
    dropped = {case.number for case in before.cases if case.status == "dropped"}
    for text, reason in given:
        number = find_number_in(before, text)
        if number in reasons:
            raise InputError(
                Phrase("Case {number} is named twice. Nothing was changed.", number=number)
            )
        if number in dropped:
            raise NotFoundError(
                Phrase(
                    "Case {number} is no longer in reservation {reservation}: it was dropped. "
                    "Nothing was changed.",
                    number=number,
                    reservation=before.number,
                )
            )
        reasons[number] = reason
    return reasons


def _end_case(case: Case, reasons: dict[str, str]) -> Case:
    """Return a case as it ended; what was dropped stays so."""
    if case.status == "dropped":
        return case
    reason = reasons.get(case.number)
    if reason is None:
        return replace(case, status="collected", not_handed=None)
    return replace(case, status="not-handed", not_handed=reason)
