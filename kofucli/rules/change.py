"""Until when and how a reservation may change (notice 4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from kofucli.model.records import MINUTE, Predicate, Reservation
from kofucli.rules.calendar import open_day_before
from kofucli.rules.refusal import Verdict, ask


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
