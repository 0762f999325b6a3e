"""After booking: changing (notice 4), coming, marks and suspension (6), maintenance (terms 1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from kofucli.base import Phrase
from kofucli.base.text import N_
from kofucli.model import MINUTE, Agent, Frame, Maintenance, Mark, Predicate, Reservation
from kofucli.rules import Verdict, ask
from kofucli.rules.availability import open_day_before


def closing_instant(
    visit: date, is_open: Predicate, last_minute: str, open_days_before: int
) -> datetime:
    """Return the first instant at which a visit's reservation can no longer change (notice 4(1)).

    1. It lies on the ``open_days_before``-th open day before the visit.
    2. It is the end of the ``last_minute`` (``HH:MM``), in all of which changes are possible.
    """
    day = open_day_before(visit, is_open, open_days_before)
    return datetime.fromisoformat(f"{day.isoformat()}T{last_minute}:00+09:00") + MINUTE


def check_not_ended(reservation: Reservation) -> Verdict:
    """Ask whether a reservation can still change at all.

    1. It is active, or its agent has arrived and the counter has not finished with it.
    """
    holds = reservation.status in ("active", "arrived")
    return ask("reservation.ended", holds, reservation.number, status=reservation.status)


def is_changeable(reservation: Reservation, now: datetime) -> bool:
    """Tell whether a reservation can be changed or cancelled online now (notice 4(1))."""
    return reservation.status == "active" and now < reservation.closes


def check_deadline(reservation: Reservation, now: datetime, phone: str, room: str) -> Verdict:
    """Ask whether change and cancellation are still open (notice 4(1)).

    ``phone`` and ``room`` are told to who is too late and has to call (notice 4(2)).

    1. ``now`` is before ``closes``, which was fixed when the reservation was made.
    """
    return ask(
        "deadline.passed",
        now < reservation.closes,
        reservation.number,
        limit=reservation.closes,
        deadline=reservation.deadline,
        phone=phone or None,
        room=room or None,
    )


def check_booking_deadline(visit: date, closes: datetime, now: datetime) -> Verdict:
    """Ask whether a visit can be booked before its own deadline (a reading of notice 4(1)).

    1. ``now`` is before ``closes``, the first instant at which it could no longer change.
    """
    subject, last = visit.isoformat(), closes - MINUTE
    return ask("deadline.booking", now < closes, subject, limit=closes, deadline=last, now=now)


def check_late_cancel(reservation: Reservation, now: datetime) -> Verdict:
    """Ask whether the office may still enter a late cancellation (notice 4(2)).

    1. ``now`` is before the start of the frame.
    """
    starts = reservation.starts_at
    return ask("cancel.too-late", now < starts, reservation.number, limit=starts)


def check_amendment(
    reservation: Reservation, remaining: int, added: int, reading: str
) -> Iterator[Verdict]:
    """Ask whether a change stays within the reservation as first booked (notice 4(3)).

    ``remaining`` is how many cases are active afterwards, ``added`` how many of them are new.

    1. At least one case remains.
    2. Reading ``listed``: no case is added.
    3. Reading ``cap``: there are no more cases than when it was first booked.
    """
    number = reservation.number
    yield ask("amend.empty", remaining > 0, number, remaining=remaining)
    if reading == "listed":
        yield ask("amend.adds", added == 0, number, limit=0, asked=added, reading=reading)
    else:
        limit = reservation.first_count
        yield ask(
            "amend.exceeds",
            remaining <= limit,
            number,
            limit=limit,
            asked=remaining,
            reading=reading,
        )


_MARKS = {"no-show": N_("no-show"), "late-cancel": N_("late-cancel")}
_MARK = rf"({'|'.join(_MARKS)}) (\S+)"
_AUTOMATIC = rf"6\(4\): {_MARK}(?:, {_MARK})*"
"""The reason that an automatic suspension has: its marks, with their reservations."""
Timing = Literal["another-day", "early", "on-time", "queued", "over"]


class Advice(Struct, frozen=True):
    """How an agent stands after a mark was given or taken back.

    ``counts`` are the marks that count today, by kind. ``reached`` is whether a kind that changed
    reaches its threshold. ``suspended`` and ``reinstated`` tell what was done about that at once.
    ``until`` is the first day after the suspension, None without one.
    """

    agent: str
    counts: dict[str, int]
    reached: bool
    until: date | None
    suspended: bool = False
    reinstated: bool = False


def time_arrival(reservation: Reservation, came: datetime, now: datetime) -> Timing:
    """Tell how an arrival at ``came``, entered at ``now``, fits the frame ``[start, end)`` (6(3)).

    1. On a day before the visit it is ``another-day``, and no arrival.
    2. Before the start it is ``early``: the agent waits.
    3. From the start on, and before the end, it is ``on-time``.
    4. If 2 or 3 is only entered from the end on, it is ``queued``.
    5. From the end on it is ``over``: a person decides what becomes of a late agent.
    """
    if came.date() < reservation.date:
        return "another-day"
    if came >= reservation.ends_at:
        return "over"
    if now >= reservation.ends_at:
        return "queued"
    return "early" if came < reservation.starts_at else "on-time"


def day_ends_at(day: date, starts: Sequence[str], reservations: Iterable[Reservation]) -> datetime:
    """Return the first instant after a day's last frame (6(4)).

    1. The office's last frame counts, even if nobody booked it.
    2. A later frame that somebody booked counts, too: the hours may have changed since.
    """
    last = Frame(day, max(starts)).starts_at + timedelta(hours=1)
    return max([last, *(reservation.ends_at for reservation in reservations)])


def look_back(today: date, months_back: int) -> date:
    """Return the first day whose marks still count today (notice 6(4)).

    1. It is the same day ``months_back`` calendar months ago, or the last day of that month if it
       has no such day.
    """
    return _add_months(today, -months_back)


def count_marks(marks: Sequence[Mark], today: date, months_back: int) -> dict[str, int]:
    """Return how many marks of each kind count today: ``no-show`` and ``late-cancel`` (6(4)).

    1. A mark has the day of the visit; it counts from ``look_back`` on, that day included.
    2. A late cancellation of a visit still to come counts at once.
    """
    since = look_back(today, months_back)
    counts = {"no-show": 0, "late-cancel": 0}
    for mark in marks:
        if mark.date >= since:
            counts[mark.kind] += 1
    return counts


def threshold_reached(counts: Mapping[str, int], no_shows: int, late_cancels: int) -> bool:
    """Tell whether there are so many marks that the agent is to be suspended (notice 6(4)).

    1. There are ``no_shows`` missed visits or more, or ``late_cancels`` late cancellations or more.
    """
    return counts["no-show"] >= no_shows or counts["late-cancel"] >= late_cancels


def suspension_end(since: date, months: int) -> date:
    """Return the first day after a suspension of whole calendar months (notice 6(4))."""
    return _add_months(since, months)


def _add_months(day: date, months: int) -> date:
    from dateutil.relativedelta import relativedelta  # costs start-up, and no booking needs it

    return day + relativedelta(months=months)


def say_reason(reason: str) -> str | Phrase:
    """Return the reason of a suspension to be shown; an automatic one in the user's language."""
    if re.fullmatch(_AUTOMATIC, reason) is None:
        return reason
    marks = [
        Phrase("{mark} {number}", mark=Phrase(_MARKS[kind]), number=number.rstrip(","))
        for kind, number in re.findall(_MARK, reason)
    ]
    return Phrase("6(4): {marks}", marks=marks)


def check_suspension(agent: Agent, today: date) -> Verdict:
    """Ask whether an agent may book or correct today (notice 6(4)).

    1. Today is not in ``[since, until)`` of its suspension. The day of the visit does not matter.
    """
    held = agent.suspension
    if held is None:
        return ask("agent.suspended", True, agent.id, today=today)
    free = not held.since <= today < held.until
    return ask(
        "agent.suspended",
        free,
        agent.id,
        limit=held.until,
        since=held.since,
        reason=held.reason,
        today=today,
    )


def in_maintenance(maintenance: Maintenance | None, now: datetime) -> bool:
    """Tell whether ``now`` lies in ``[since, end)`` of a maintenance (terms 1)."""
    return (
        maintenance is not None
        and maintenance.since <= now
        and (maintenance.end is None or now < maintenance.end)
    )


def check_service(maintenance: Maintenance | None, now: datetime) -> Verdict:
    """Ask whether the service takes an agent's changes now (terms 1).

    1. ``now`` is not in the maintenance's ``[since, end)``; without an end it lasts.
    """
    if maintenance is None:
        return ask("service.maintenance", True, "service", now=now)
    return ask(
        "service.maintenance",
        not in_maintenance(maintenance, now),
        "service",
        limit=maintenance.end,
        since=maintenance.since,
        reason=maintenance.reason,
        now=now,
    )
