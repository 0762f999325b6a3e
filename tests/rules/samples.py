"""What the tests of the rules are made of: agents, cases and reservations as records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from kofucli.model import Agent, Case, Reservation
from kofucli.rules import Verdict

TUESDAY = date(2026, 11, 24)


def day(text: str) -> date:
    return date.fromisoformat(text)


def days(*texts: str) -> tuple[date, ...]:
    return tuple(map(day, texts))


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text + "+09:00")


def open_on(*texts: str) -> Callable[[date], bool]:
    """Return a predicate: the office is open on exactly these days."""
    opened = frozenset(days(*texts))
    return lambda each: each in opened


def refused(verdicts: Iterable[Verdict]) -> list[str]:
    """Return the codes of the verdicts that do not hold, in the order they were given."""
    return [verdict.code for verdict in verdicts if not verdict.holds]


def make_agent(agent_id: str = "A-1", **values: Any) -> Agent:
    """Return an agent who may book everything, with ``values`` changed."""
    plain: dict[str, Any] = {
        "occupation": "scrivener",
        "valid_until": date(2030, 3, 31),
        "personal": "0" * 32,
        "registered_at": jst("2026-11-01T09:00:00"),
        "verified": True,
        "terms": "1",
    }
    return Agent(agent_id, **(plain | values))


def make_reservation(*cases: Case | str, **values: Any) -> Reservation:
    """Return A-1's active reservation of Wednesday 25 November 2026 at ten."""
    made = tuple(Case(case) if isinstance(case, str) else case for case in cases)
    plain: dict[str, Any] = {
        "number": "Y261125-0001-7",
        "agent": "A-1",
        "date": date(2026, 11, 25),
        "start": "10:00",
        "cases": made,
        "first_count": len(made),
        "booked_at": jst("2026-11-20T09:00:00"),
        "closes": jst("2026-11-24T12:00:00"),
        "rules": "1",
    }
    return Reservation(**(plain | values))
