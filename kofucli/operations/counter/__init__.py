"""The counter: arrivals and handing over (notice 6(1) to 6(3)), calls, marks, the end of a day.

A step changes one reservation. A visit at 10:00 is ``active``; ``arrive`` makes it ``arrived``,
``collect`` makes it ``collected``. Each keeps the state before as a ``Step``, so ``marks.undo``
takes back the last one. A visit still ``active`` when ``day.close_days`` runs becomes a no-show,
and ``marks.add_marks`` gives its agent a mark.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base import InputError, KofuError, NotFoundError, Phrase, Problem
from kofucli.model import Actor, Mark, NotHanded, Reservation, Stamp, Step, StepName
from kofucli.model.numbers import LAST_PART, make_number, normalise_number, read_last_part, unframe
from kofucli.operations import Context, changing, find_agent, refuse_if_any
from kofucli.operations.lookup import (
    find_expiring,
    find_number_in,
    find_reservation,
    refuse_twice,
    refuse_two,
)
from kofucli.rules import RefusedError
from kofucli.rules.conduct import Advice, check_not_ended, time_arrival
from kofucli.rules.eligibility import check_certificate
from kofucli.settings import Settings
from kofucli.store import Store

if TYPE_CHECKING:
    from kofucli.operations.mail import NewsKind

REASONS: tuple[str, ...] = get_args(NotHanded)
_COUNTER = Actor(None, "")
LEADS_TO = {
    "arrive": ("arrived",),
    "late": ("late",),
    "collect": ("collected", "not-handed"),
    "late-notice": ("active",),
    "late-cancel": ("late-cancelled",),
    "no-show": ("no-show", "office-closed"),
}
"""The statuses that each step leads to; any other status means that the step was not the last."""


class DeskRefusedError(RefusedError):
    """The counter cannot take this step now; the message says which command to use instead.

    ``refusals`` is empty: none of these refusals is a rule of the rulebook, so none has a code.
    """

    def __init__(self, phrase: Phrase, now: datetime) -> None:
        super().__init__(())
        self.phrase = Phrase("{message} (decided at {now})", message=phrase, now=now)


class Marked(Struct, frozen=True):
    """A mark, and the id of its agent."""

    agent: str
    mark: Mark


class DeskDone(Struct, frozen=True):
    """A reservation after a step at the desk; ``changed`` is False where the step was done before.

    - ``timing``, of an arrival: ``early``, ``on-time``, ``queued``, ``accepted-late``, ``late``.
    - ``undone``, of an undoing: the step that was undone.
    - ``marks``: the marks that the step added or took away; None for a step that concerns no marks.
    - ``news``: the kind of mail that the agent gets; None where it was present and needs no mail.
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


def add_step(before: Reservation, op: StepName, now: datetime, **changes: Any) -> Reservation:
    """Return the reservation with ``changes`` made, and its state before kept in ``steps``."""
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
    """Return the reservation that ``text`` names: by its number, or by an active case.

    The last part of the number (``0041-Z``) is enough on the day of the visit, whatever stands
    between. Raises NotFoundError, InputError, WrongUsageError where it could mean two.
    """
    part = read_last_part(unframe(text))
    if part is None:
        return find_reservation(context, text, _COUNTER)
    visits = context.view.day(context.today)
    found = [each for number, each in visits.items() if number.partition("-")[2] == part]
    unknown: KofuError | None = None
    try:  # a case number may look like the last part of a number
        found.append(find_reservation(context, text, _COUNTER))
    except KofuError as error:
        unknown = error
    refuse_two(text, found)
    if found:
        return found[0]
    if make_number(context.settings.office.id, context.today, int(part.split("-")[0])) in visits:
        raise InputError(
            Phrase(
                "{part}: the last character is wrong for today; please compare it with the "
                "confirmation. Nothing was recorded.",
                part=part,
            ),
            [Problem(Phrase("number {number}", number=part), Phrase("a character is wrong"))],
        )
    if unknown is not None and re.fullmatch(LAST_PART, normalise_number(unframe(text))) is None:
        raise unknown
    raise NotFoundError(
        Phrase(
            "No reservation of today ends in {part}. For another day give the whole number; "
            "'kofucli desk sheet' shows today's.",
            part=part,
        )
    )


def check_not_future(at: datetime | None, now: datetime) -> None:
    """Raise InputError where the instant given with --at lies after ``now``."""
    if at is not None and at > now:
        raise InputError(
            Phrase("What is to come cannot be recorded yet; nothing was changed."),
            [Problem(Phrase("--at {at}", at=at), Phrase("expected {now} or earlier", now=now))],
        )


def refuse_ended(before: Reservation) -> None:
    """Raise RefusedError where a visit has ended; a note says how to undo a step that ended it."""
    verdict = check_not_ended(before)
    if verdict.holds:
        return
    undone = before.steps and before.status in LEADS_TO[before.steps[-1].op]
    way = Phrase(
        "If that is wrong, first: kofucli desk undo {number} --reason ...", number=before.number
    )
    raise RefusedError([verdict], notes=[way] if undone else [])


def refuse_arrived(before: Reservation, now: datetime) -> None:
    """Raise DeskRefusedError where the agent has arrived: undoing the arrival comes first."""
    if before.status == "arrived":
        message = Phrase(
            "{number} has arrived already ({at}). If that is wrong, first: kofucli desk undo "
            "{number} --reason ...",
            number=before.number,
            at=before.arrived_at,
        )
        raise DeskRefusedError(message, now)


class ArriveRequest(Struct, frozen=True):
    """An arrival: when the agent came (else now), or what the counter decides about a late one."""

    number: str
    at: datetime | None = None
    late: Literal["accept", "refer"] | None = None


def arrive(store: Store, settings: Settings, request: ArriveRequest, stamp: Stamp) -> DeskDone:
    """Record that an agent has come (notice 6(3)).

    In ``[start, end)`` the agent is on time; before the start it waits. From the end on the counter
    must say which it is: the agent queued in time (``at``), is served as announced (``accept``), or
    goes to the ordinary counter (``refer``), which ends the reservation without a mark. A second
    arrival changes nothing. Raises RefusedError, NotFoundError, InputError.
    """
    check_not_future(request.at, stamp.now)
    with changing(store, settings, "desk arrive", stamp) as (transaction, context):
        before, now = find_at_desk(context, request.number), context.now
        if before.status == ("late" if request.late == "refer" else "arrived"):
            return DeskDone(before, False, _recorded_timing(before), dry_run=stamp.dry_run)
        refuse_ended(before)
        timing = _judge_arrival(before, request, context)
        if timing == "late":
            after = add_step(before, "late", now, status="late", arrived_at=now, ended_at=now)
        else:
            after = add_step(before, "arrive", now, status="arrived", arrived_at=request.at or now)
        transaction.put_reservation(after)
        notes = find_expiring(context, [after])
    return DeskDone(after, True, timing, notes=notes, dry_run=stamp.dry_run)


def _recorded_timing(reservation: Reservation) -> str:
    came = reservation.arrived_at
    if reservation.status == "late" or came is None:
        return "late"
    if came >= reservation.ends_at:
        return "accepted-late"
    return "early" if came < reservation.starts_at else "on-time"


def _judge_arrival(before: Reservation, request: ArriveRequest, context: Context) -> str:
    """Return the timing of an arrival; raises DeskRefusedError where the counter must decide."""
    now, ends = context.now, before.ends_at
    refuse_arrived(before, now)
    timing = time_arrival(before, request.at or now, now)
    if timing == "another-day":
        message = Phrase(
            "{number} is for {day} {start}, not for today. Nothing was recorded.",
            number=before.number,
            day=before.date,
            start=before.start,
        )
        raise DeskRefusedError(message, now)
    if timing != "over":
        if request.late != "refer":
            return timing
        message = Phrase(
            "{number} is not late: its hour ends at {end}. Leave out --late.",
            number=before.number,
            end=f"{ends:%H:%M}",
        )
        raise DeskRefusedError(message, now)
    if request.late == "refer":
        return "late"
    is_today = now.date() == before.date
    if before.late_notice is None:
        announced = Phrase("nobody announced it, so this is not possible")
    elif not is_today:
        announced = Phrase("only on the day of the visit")
    elif request.late == "accept":
        return "accepted-late"
    else:
        announced = Phrase("announced at {at}", at=before.late_notice)
    message = Phrase(
        "{number}: the hour {start}-{end} is over; nothing was recorded. Which is it? "
        "--at {at}: queued in time. --accept-late: taken as announced ({announced}). "
        "--late: to the ordinary counter.",
        number=before.number,
        at="HH:MM" if is_today else f"{before.date}THH:MM",
        start=before.start,
        end=f"{ends:%H:%M}",
        announced=announced,
    )
    raise DeskRefusedError(message, now)


def collect(
    store: Store,
    settings: Settings,
    number: str,
    not_handed: Sequence[tuple[str, str]],
    stamp: Stamp,
) -> DeskDone:
    """End a reservation: its active cases are collected, except ``not_handed`` (6(1), 6(2)).

    ``not_handed`` are pairs of case number and reason, one of REASONS. The reservation ends as
    ``collected`` where at least one case was handed over, else as ``not-handed``; neither is a
    mark. Handing over needs a certificate that is still valid. The same outcome a second time
    changes nothing.
    """
    with changing(store, settings, "desk collect", stamp) as (transaction, context):
        before = find_at_desk(context, number)
        reasons = _read_reasons(before, not_handed)
        cases = tuple(
            case
            if case.status == "dropped"
            else replace(
                case,
                status="not-handed" if case.number in reasons else "collected",
                not_handed=reasons.get(case.number),
            )
            for case in before.cases
        )
        handed = any(case.status == "collected" for case in cases)
        status = "collected" if handed else "not-handed"
        if (before.status, before.cases) == (status, cases):
            return DeskDone(before, False, dry_run=stamp.dry_run)
        refuse_ended(before)
        if before.status != "arrived":
            message = Phrase(
                "{number} has not arrived yet. First: kofucli desk arrive {number}",
                number=before.number,
            )
            raise DeskRefusedError(message, context.now)
        if handed:
            agent = find_agent(transaction, before.agent, erased_too=True)
            refuse_if_any([check_certificate(agent, max(before.date, context.today))])
        now = context.now
        after = add_step(before, "collect", now, status=status, cases=cases, ended_at=now)
        transaction.put_reservation(after)
    return DeskDone(after, True, dry_run=stamp.dry_run)


def _read_reasons(before: Reservation, given: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the reasons by case number. Raises NotFoundError, InputError for a wrong case."""
    reasons: dict[str, str] = {}
    # A dropped case may be in the reservation again, under the same number.
    kept = {case.number for case in before.kept_cases}
    for text, reason in given:
        number = find_number_in(before, text)
        refuse_twice(number, reasons)
        if number not in kept:
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
