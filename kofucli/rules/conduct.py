"""Marks and suspension (notice 6(4)) and maintenance (terms 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from kofucli.model import Agent, Maintenance, Mark
from kofucli.rules.refusal import Verdict, ask


def look_back(today: date, months_back: int) -> date:
    """Return the first day whose marks still count today (notice 6(4)).

    1. It is the same day ``months_back`` calendar months ago; where that month has no such day,
       its last one.
    """
    # Imported where it is used: no booking needs it, and it costs start-up.
    from dateutil.relativedelta import relativedelta

    return today - relativedelta(months=months_back)


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
    """Tell whether marks are as many as the office lets pass no longer (notice 6(4)).

    1. ``no_shows`` missed visits or more, or ``late_cancels`` late cancellations or more.
    """
    return counts["no-show"] >= no_shows or counts["late-cancel"] >= late_cancels


def suspension_end(since: date, months: int) -> date:
    """Return the first day after a suspension of whole calendar months (notice 6(4))."""
    # Imported where it is used: no booking needs it, and it costs start-up.
    from dateutil.relativedelta import relativedelta

    return since + relativedelta(months=months)


def check_suspension(agent: Agent, today: date) -> Verdict:
    """Ask whether an agent may book or correct today (notice 6(4)).

    1. Today is not in ``[since, until)`` of its suspension, whatever the day of the visit.
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
