"""Suspension (notice 6(4)) and maintenance (terms 1)."""

from __future__ import annotations

from datetime import date, datetime

from kofucli.model import Agent, Maintenance
from kofucli.rules.refusal import Verdict, ask

__all__ = ["check_service", "check_suspension", "suspension_end"]


def suspension_end(since: date, months: int) -> date:
    """Return the first day after a suspension of whole calendar months (notice 6(4))."""
    # Imported where it is used: no booking needs it, and it costs start-up.
    from dateutil.relativedelta import relativedelta  # noqa: PLC0415

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


def check_service(maintenance: Maintenance | None, now: datetime) -> Verdict:
    """Ask whether the service takes an agent's changes now (terms 1).

    1. ``now`` is not in the maintenance's ``[since, end)``; without an end it lasts.
    """
    if maintenance is None or now < maintenance.since:
        return ask("service.maintenance", True, "service")
    end = maintenance.end
    return ask(
        "service.maintenance",
        end is not None and now >= end,
        "service",
        limit=end,
        since=maintenance.since,
        reason=maintenance.reason,
    )
