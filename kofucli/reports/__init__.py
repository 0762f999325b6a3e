"""The reports, as pure functions: records in, rows and totals out.

Here stand the quota of agents (notice 3(2)) and their marks (6(4)), which ``status`` needs, too;
``load`` counts visits and cases.

An active reservation with two cases and a dropped one, and a cancelled one with a case, make two
``reservations`` of their frame, but only ``booked=2``: the cases that take up room are those not
dropped, of reservations that keep their frame (notice 3(2)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from msgspec import Struct

from kofucli.model import HOLDING, Agent, Frame, Predicate, Reservation
from kofucli.rules import Verdict
from kofucli.rules.conduct import count_marks, threshold_reached


class HeldFrame(Struct, frozen=True):
    """A frame that an agent holds, and how many cases it has there."""

    date: date
    start: str
    cases: int


class AgentQuota(Struct, frozen=True):
    """What an agent holds on the shown days, what it may add, and what keeps it from booking."""

    id: str
    frames_held: int
    frames_left: int
    cases: int
    frames: tuple[HeldFrame, ...]
    blocked: tuple[Verdict, ...] = ()


class Quota(Struct, frozen=True):
    """The quota of every agent on the shown days, their sums, and what keeps all from booking."""

    shown: tuple[date, ...]
    agents: tuple[AgentQuota, ...]
    holding: int
    frames_held: int
    cases: int
    blocked: tuple[Verdict, ...] = ()


def count_quota(
    reservations: Iterable[Reservation],
    shown: Sequence[date],
    agents: Iterable[str],
    allowed: Callable[[str, int], tuple[int, tuple[Verdict, ...]]],
    listed: Predicate = lambda day: True,
) -> Quota:
    """Return what agents hold on the shown days (notice 3(2)), by id.

    1. An agent holds a frame that a reservation of it keeps; its cases there are those not dropped.
    2. All of ``agents`` have a row, and every other agent that holds a frame.
    3. ``allowed`` returns how many frames an agent that holds so many may add, and what keeps it
       from booking.
    4. A frame on a day that is not ``listed`` counts as held, but is not shown, nor are its cases.
    """
    held: dict[str, dict[Frame, int]] = {agent: {} for agent in agents}
    for reservation in reservations:
        if reservation.status in HOLDING and reservation.date in shown:
            frames = held.setdefault(reservation.agent, {})
            frame = reservation.frame
            frames[frame] = frames.get(frame, 0) + reservation.taken
    rows = []
    for agent, frames in sorted(held.items()):
        shown_frames = tuple(HeldFrame(*f, n) for f, n in sorted(frames.items()) if listed(f.date))
        cases = sum(frame.cases for frame in shown_frames)
        left, blocked = allowed(agent, len(frames))
        rows.append(AgentQuota(agent, len(frames), left, cases, shown_frames, blocked))
    return Quota(
        tuple(shown),
        tuple(rows),
        sum(row.frames_held > 0 for row in rows),
        sum(row.frames_held for row in rows),
        sum(row.cases for row in rows),
    )


class ConductLimits(Struct, frozen=True):
    """How many marks of each kind reach the threshold, and how many months back they count."""

    no_shows: int
    late_cancels: int
    months_back: int


class AgentConduct(Struct, frozen=True):
    """An agent's marks in the time asked for, and whether somebody has ``decided`` about them."""

    id: str
    no_show: int
    late_cancel: int
    threshold_reached: bool
    suspended_until: date | None
    decided: bool


class Conduct(Struct, frozen=True):
    """The marks of all agents, by id, on the days ``[since, until]``, and their sums."""

    since: date
    until: date | None
    agents: tuple[AgentConduct, ...]
    no_show: int
    late_cancel: int


def judge_conduct(
    agents: Iterable[Agent], today: date, since: date, until: date | None, limits: ConductLimits
) -> Conduct:
    """Return the marks of agents and whether they reach the threshold (notice 6(4)).

    1. Marks are counted by the day of the visit, both ends included.
    2. The threshold is that of today and the months that count, whatever days are asked for.
    3. ``suspended_until`` is the end of a suspension that is not over yet.
    4. An erased agent has a row only with marks in the time asked for.
    """
    rows = []
    for agent in sorted(agents, key=lambda agent: agent.id):
        marks = [mark for mark in agent.marks if mark.date >= since]
        kinds = [mark.kind for mark in marks if until is None or mark.date <= until]
        if agent.erased is not None and not kinds:
            continue
        counts = count_marks(agent.marks, today, limits.months_back)
        reached = threshold_reached(counts, limits.no_shows, limits.late_cancels)
        decided = agent.erased is not None or agent.reinstated is not None
        suspended_until = None
        if (held := agent.suspension) is not None:
            suspended_until = held.until if today < held.until else None
            last = max((mark.date for mark in agent.marks), default=date.min)
            decided = decided or suspended_until is not None or held.since >= last
        no_shows, late_cancels = kinds.count("no-show"), kinds.count("late-cancel")
        rows.append(
            AgentConduct(agent.id, no_shows, late_cancels, reached, suspended_until, decided)
        )
    return Conduct(
        since,
        until,
        tuple(rows),
        sum(row.no_show for row in rows),
        sum(row.late_cancel for row in rows),
    )
