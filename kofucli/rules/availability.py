"""What can be booked: open days, shown days, frames (notice 3(1)); how much of them (3(2)).

How much is asked of the frames and cases that an agent holds, of a frame's capacity, and of cases
that are booked already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from kofucli.model import ACTIVE, HOLDING, Case, Frame, FrameException, Predicate, Reservation
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
    frame: Frame, now: datetime, starts: Sequence[str], day_is_good: bool, closed: str | None = None
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


_NOTE = {0: 3, 1: 2, 2: 2}


def frames_left(held: int, limit: int, reading: str) -> int:
    """Return how many frames an agent who holds ``held`` may add (notice 3(2)).

    1. Reading ``main``: ``limit`` less those held, never below 0.
    2. Reading ``note``: 3, 2, 2 with 0, 1, 2 held, and 0 from 3 on.
    """
    if reading == "note":
        return _NOTE.get(held, 0)
    return max(0, limit - held)


def stands(reservation: Reservation, case: Case) -> bool:
    """Tell whether a case keeps its number from being booked again (own rule).

    1. Its reservation is active, arrived or collected.
    2. The case itself is active or collected.
    """
    return (reservation.status in ACTIVE or reservation.status == "collected") and (
        case.status in ("active", "collected")
    )


class Holdings:
    """What the reservations of the days from today on hold: frames, cases, numbers (own index).

    1. An agent holds a frame of a shown day if a reservation of its own has a status of HOLDING.
    2. An agent's cases in a frame are the active ones of all its reservations there.
    3. A frame's booked cases are those of all agents, dropped ones apart, in such reservations.
    4. A number stands in a reservation if ``stands`` says so.
    """

    def __init__(self, reservations: Iterable[Reservation], shown: Collection[date]) -> None:
        self._shown = shown
        # Sums are made when they are asked for: a booking asks about few of the agents and frames.
        self._of_agent: dict[str, list[Reservation]] = {}
        self._in_frame: dict[tuple[date, str], list[Reservation]] = {}
        self._standing: dict[str, Reservation] = {}
        for reservation in reservations:
            if reservation.status in HOLDING:
                self._of_agent.setdefault(reservation.agent, []).append(reservation)
                place = reservation.date, reservation.start
                self._in_frame.setdefault(place, []).append(reservation)
                for case in reservation.cases:
                    if stands(reservation, case):
                        self._standing[case.number] = reservation

    def frames(self, agent: str) -> set[Frame]:
        """Return the distinct frames on shown days that an agent holds."""
        return {held.frame for held in self._of_agent.get(agent, ()) if held.date in self._shown}

    def cases(self, agent: str, frame: Frame) -> int:
        """Return an agent's active cases in a frame."""
        return sum(
            len(held.active_cases)
            for held in self._of_agent.get(agent, ())
            if held.frame == frame and held.status in ACTIVE
        )

    def booked(self, frame: Frame) -> int:
        """Return the cases of all agents that take up a frame's capacity."""
        return sum(held.taken for held in self._in_frame.get(frame, ()))

    def standing(self, number: str) -> Reservation | None:
        """Return the reservation in which a number stands, None where it is free."""
        return self._standing.get(number)

    def numbers(self) -> Collection[str]:
        """Return the numbers that stand in a reservation."""
        return self._standing.keys()


def fits(held: int, asked: int, limit: int | None) -> bool:
    """Tell whether what is asked for fits beside what is held; None is no limit."""
    return limit is None or held + asked <= limit


def is_free(other: Reservation | None, repeated: bool) -> bool:
    """Tell whether a number is free; both as ``check_duplicate`` takes them."""
    return other is None and not repeated


def check_duplicate(number: str, other: Reservation | None, agent: str, repeated: bool) -> Verdict:
    """Ask whether a number is still free (own rule).

    1. It stands in no reservation with a visit today or later; ``other`` is such a reservation.
    2. It was not named before in the same request (``repeated``).

    The other reservation is named only to the agent who has it.
    """
    own = other is not None and other.agent == agent
    details: dict[str, object] = {
        "own": f" ({other.number})" if own and other else "",
        "free": other is None,
    }
    if repeated:
        details["repeated"] = True
    if own and other:
        details["reservation"] = other.number
    return ask("case.duplicate", is_free(other, repeated), number, **details)


def check_frames(agent: str, held: int, left: int, asked: int, limit: int, reading: str) -> Verdict:
    """Ask whether the frames of a request fit the agent's quota (notice 3(2)).

    ``left`` follows from ``held``, ``limit`` and ``reading`` (``frames_left``), which the refusal
    tells. The limit that it names is how many frames the agent could have afterwards: with two held
    that is four under the note.

    1. The new distinct frames ``asked`` for are at most those ``left`` when the command began.
    """
    return ask(
        "quota.frames",
        fits(0, asked, left),
        agent,
        limit=held + left if left else limit,
        held=held,
        left=left,
        asked=asked,
        reading=reading,
    )


def check_cases(agent: str, frame: Frame, held: int, asked: int, limit: int) -> Verdict:
    """Ask whether an agent's cases fit one frame (notice 3(2)).

    1. Those held and those asked for are at most ``limit``.
    """
    holds = fits(held, asked, limit)
    return ask("quota.cases", holds, str(frame), limit=limit, held=held, asked=asked, agent=agent)


def check_full(frame: Frame, booked: int, asked: int, capacity: int | None) -> Verdict:
    """Ask whether a frame has room for the cases asked for (own rule).

    1. Booked and asked-for cases are at most the capacity; None is no limit.
    """
    holds = fits(booked, asked, capacity)
    return ask("frame.full", holds, str(frame), limit=capacity, held=booked, asked=asked)
