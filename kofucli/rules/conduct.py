"""Suspension (notice 6(4)) and maintenance (terms 1)."""

from __future__ import annotations

from datetime import date, datetime

from kofucli.model import Agent, Maintenance
from kofucli.rules.refusal import Verdict, ask

__all__ = ["check_service", "check_suspension", "in_maintenance", "suspension_end"]


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
    if held is None or not held.since <= today < held.until:
        return ask("agent.suspended", True, agent.id)
    return ask(
        "agent.suspended", False, agent.id, limit=held.until, since=held.since, reason=held.reason
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
    if maintenance is None or not in_maintenance(maintenance, now):
        return ask("service.maintenance", True, "service")
    return ask(
        "service.maintenance",
        False,
        "service",
        limit=maintenance.end,
        since=maintenance.since,
        reason=maintenance.reason,
    )
