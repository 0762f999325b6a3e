"""Open days, shown days and frames (notice 3(1), 3(2))."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta

from kofucli.model import Frame, FrameException, Predicate
from kofucli.rules import Verdict, ask

_ONE_DAY = timedelta(days=1)
_WEEKEND = (5, 6)
_FARTHEST = 400
"""Days looked ahead or back for an open one; an office closed for longer shows nothing."""


def is_year_end(day: date) -> bool:
    """Tell whether a day is one of 29 December to 3 January.

    Source: Act on Holidays of Administrative Organs (1988, No. 91), art. 1(1)(iii).
    """
    return (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)


def open_day_predicate(
    is_holiday: Predicate, closed: Collection[date], opened: Collection[date]
) -> Predicate:
    """Return the function that tells whether a day is open (notice 3(1)).

    1. A day that the office closed is closed.
    2. Any other day that the office opened is open.
    3. Any other day is open, unless it is a Saturday, a Sunday, a national holiday, or one of 29
       December to 3 January.
    """

    def is_open(day: date) -> bool:
        if day in closed:
            return False
        if day in opened:
            return True
        return day.weekday() not in _WEEKEND and not is_year_end(day) and not is_holiday(day)

    return is_open


def find_shown_days(today: date, is_open: Predicate, first: int, count: int) -> tuple[date, ...]:
    """Return the open days that can be booked today (notice 3(1)).

    1. They are ``count`` open days in a row.
    2. They begin with the ``first``-th open day after today; 0 begins with today, if it is open.
    """
    found: list[date] = []
    day = today if first == 0 else today + _ONE_DAY
    skipped = max(first - 1, 0)
    for _ in range(_FARTHEST):
        if is_open(day):
            if skipped:
                skipped -= 1
            else:
                found.append(day)
                if len(found) == count:
                    break
        day += _ONE_DAY
    return tuple(found)


def open_day_before(day: date, is_open: Predicate, count: int = 1) -> date:
    """Return the ``count``-th open day before a day (notice 4(1)).

    If the office was closed for over a year before, it is the day itself less ``count`` days.
    """
    found, left = day, count
    for _ in range(_FARTHEST):
        found -= _ONE_DAY
        if is_open(found):
            left -= 1
            if left == 0:
                return found
    return day - count * _ONE_DAY


def capacity_of(
    frame: Frame,
    capacity: int | None,
    exceptions: Sequence[FrameException],
    closed_hours: Collection[str],
) -> int | None:
    """Return how many cases a frame takes over all agents; None where there is no limit.

    1. An hour that the office closed takes no case.
    2. Of the exceptions for the frame the most exact one counts: one for day and hour before one
       for the day, and that before one for the hour. Of equals the last one counts.
    """
    if frame.start in closed_hours:
        return 0
    fitting = [
        ((each.date is not None, each.start is not None), number, each.capacity)
        for number, each in enumerate(exceptions)
        if each.date in (None, frame.date) and each.start in (None, frame.start)
    ]
    return max(fitting)[2] if fitting else capacity


def check_day(
    day: date, today: date, is_open: Predicate, shown: Sequence[date]
) -> Iterator[Verdict]:
    """Ask whether a day can be booked; only the first reason against it is told (notice 3(1)).

    1. It is not past: today or later.
    2. It is an open day.
    3. It is one of the shown days.
    """
    subject = day.isoformat()
    first = shown[0] if shown else None
    yield ask("day.past", day >= today, subject, limit=first, today=today)
    if day < today:
        return
    open_then = is_open(day)
    yield ask("day.closed", open_then, subject, shown=list(shown))
    if open_then:
        limit = shown[-1] if shown else None
        yield ask("day.not-shown", day in shown, subject, limit=limit, shown=list(shown))


def check_frame(
    frame: Frame,
    now: datetime,
    starts: Sequence[str],
    day_is_good: bool,
    closed: str | None = None,
) -> Iterator[Verdict]:
    """Ask whether a frame exists, is open and is still to come (notice 3(2)).

    1. It begins at one of the office's starts; this is asked on a bad day, too.
    2. The office has not closed it (``check_hour``, which has ``closed``), and 3. it has not
       started; both are asked where ``day_is_good``.
    """
    known = frame.start in starts
    yield ask("frame.unknown", known, str(frame), limit=list(starts))
    if known and day_is_good:
        yield check_hour(frame, closed)
        begins = frame.starts_at
        yield ask("frame.past", now < begins, str(frame), limit=begins)


def check_hour(frame: Frame, closed: str | None) -> Verdict:
    """Ask whether the office has left an hour of an open day open (own rule).

    1. It has not closed this hour; ``closed`` is its reason, None where it has not.
    """
    return ask("frame.closed", closed is None, str(frame), reason=closed or "-")
