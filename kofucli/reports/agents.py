"""What agents hold and may still book (notice 3(2)); their marks, and how they stand (6(4))."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from msgspec import Struct

from kofucli.model.records import HOLDING, Agent, Frame, Predicate, Reservation
from kofucli.rules.conduct import count_marks, threshold_reached


class HeldFrame(Struct, frozen=True):
    """A frame that an agent holds, and its cases there."""

    date: date
    start: str
    cases: int


class AgentQuota(Struct, frozen=True):
    """How many frames of the shown days an agent holds and may add, and its cases in them."""

    id: str
    frames_held: int
    frames_left: int
    cases: int
    frames: tuple[HeldFrame, ...]


class Quota(Struct, frozen=True):
    """The quota of every agent on the shown days; ``holding`` is how many hold a frame."""

    shown: tuple[date, ...]
    agents: tuple[AgentQuota, ...]
    holding: int
    frames_held: int
    cases: int


def count_quota(
    reservations: Iterable[Reservation],
    shown: Sequence[date],
    agents: Iterable[str],
    left: Callable[[int], int],
    listed: Predicate = lambda day: True,
) -> Quota:
    """Return what agents hold on the shown days (notice 3(2)), by id.

    1. A frame is held where a reservation of the agent keeps it; its cases are those not dropped.
    2. ``agents`` are in it whether they hold something or not; ``left`` tells what the quota
       leaves who holds so many.
    3. The frames of days that are not ``listed`` are counted as held, and not shown.
    """
    held: dict[str, dict[Frame, int]] = {agent: {} for agent in agents}
    for reservation in reservations:
        if reservation.status in HOLDING and reservation.date in shown:
            frames = held.setdefault(reservation.agent, {})
            frame = reservation.frame
            frames[frame] = frames.get(frame, 0) + reservation.taken
    rows = []
    for agent, frames in sorted(held.items()):
        rooms = tuple(HeldFrame(*f, n) for f, n in sorted(frames.items()) if listed(f.date))
        cases = sum(room.cases for room in rooms)
        rows.append(AgentQuota(agent, len(frames), left(len(frames)), cases, rooms))
    return Quota(
        tuple(shown),
        tuple(rows),
        sum(row.frames_held > 0 for row in rows),
        sum(row.frames_held for row in rows),
        sum(row.cases for row in rows),
    )


class ConductLimits(Struct, frozen=True):
    """How many marks of each kind, over how many calendar months back, are too many."""

    no_shows: int
    late_cancels: int
    months_back: int


class AgentConduct(Struct, frozen=True):
    """An agent's marks in the time asked for, and how it stands today.

    ``decided`` tells that a suspension is in force, began after the last mark, or was ended since.
    """

    id: str
    no_show: int
    late_cancel: int
    threshold_reached: bool
    suspended_until: date | None
    decided: bool


class Conduct(Struct, frozen=True):
    """The marks of every agent dated from ``since`` (to ``until``), by id, and their sums."""

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
    2. The threshold is asked today, over the months that the office looks back, whatever the time
       asked for.
    3. ``suspended_until`` is the end of a suspension that is not over yet.
    """
    rows = []
    for agent in sorted(agents, key=lambda agent: agent.id):
        marks = [mark for mark in agent.marks if mark.date >= since]
        kinds = [mark.kind for mark in marks if until is None or mark.date <= until]
        if agent.erased is not None and not kinds:
            continue
        counts = count_marks(agent.marks, today, limits.months_back)
        reached = threshold_reached(counts, limits.no_shows, limits.late_cancels)
        held = agent.suspension
        last = max((mark.date for mark in agent.marks), default=date.min)
        lasts = held is not None and today < held.until
        rows.append(
            AgentConduct(
                agent.id,
                kinds.count("no-show"),
                kinds.count("late-cancel"),
                reached,
                held.until if held is not None and lasts else None,
                lasts
                or agent.erased is not None
                or agent.reinstated is not None
                or (held is not None and held.since >= last),
            )
        )
    return Conduct(
        since,
        until,
        tuple(rows),
        sum(row.no_show for row in rows),
        sum(row.late_cancel for row in rows),
    )
