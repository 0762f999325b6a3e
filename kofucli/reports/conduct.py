"""The marks of agents, and how they stand (notice 6(4))."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from kofucli.model import Agent
from kofucli.rules.conduct import count_marks, threshold_reached


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
