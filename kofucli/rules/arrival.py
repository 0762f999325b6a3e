"""Coming to the counter: early, on time, late; when a day is over (notice 6(3), 6(4))."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from kofucli.model import Frame, Reservation
from kofucli.rules.calendar import starts_at

Timing = Literal["another-day", "early", "on-time", "queued", "over"]


def time_arrival(reservation: Reservation, came: datetime, now: datetime) -> Timing:
    """Tell how an arrival at ``came``, entered at ``now``, fits the frame ``[start, end)`` (6(3)).

    1. On a day before that of the visit it is ``another-day``: not an arrival at all.
    2. Before the start it is ``early``: the agent waits.
    3. From the start on, and before the end, it is ``on-time``.
    4. Either of these is ``queued`` where it is entered from the end on.
    5. From the end on it is ``over``: late, and nothing is decided by the clock alone.
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

    1. The office's last frame counts, though nobody is in it.
    2. So does a later frame that somebody is in: the hours may have been changed since.
    """
    last = starts_at(Frame(day, max(starts))) + timedelta(hours=1)
    return max([last, *(reservation.ends_at for reservation in reservations)])
