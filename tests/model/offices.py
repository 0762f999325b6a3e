"""The offices that the model and the program are compared in: small, and each read differently."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from tests.conftest import OfficeInFolder

CARDS = ("change", "extension", "permanent", "acquisition")
USUAL: dict[str, Any] = {
    "office.name": "横浜",
    "calendar.shown_days": 5,
    "calendar.first_open_day": 1,
    "calendar.closures": [],
    "calendar.openings": [],
    "frames.starts": ["09:00", "10:00", "13:00"],
    "frames.capacity": 5,
    "frames.exceptions": [],
    "quota.frames": 3,
    "quota.cases": 3,
    "quota.reading": "main",
    "deadline.open_days_before": 1,
    "deadline.booking_after": "allow",
    "amend.reading": "listed",
    "cases.kinds": [*CARDS, "activity", "work-certificate"],
    "cases.kind_marks": {"更": "extension", "変": "change", "B": "permanent", "E": "activity"},
    "cases.collect_only": "any",
    "conduct.mode": "advise",
    "conduct.no_shows": 1,
    "conduct.late_cancels": 2,
    "conduct.months_back": 6,
    "conduct.suspend_months": 3,
}
OFFICES: tuple[dict[str, Any], ...] = (
    USUAL,
    USUAL
    | {
        "calendar.first_open_day": 0,
        "quota.reading": "note",
        "amend.reading": "cap",
        "frames.exceptions": [{"start": "13:00", "capacity": 2}],
        "conduct.mode": "auto",
        "conduct.suspend_months": 1,
    },
    USUAL
    | {
        "quota.cases": 10,
        "frames.capacity": 12,
        "amend.reading": "cap",
        "cases.collect_only": "cards",
        "cases.kinds": ["extension", "permanent", "activity"],
        "cases.kind_marks": {"永": "permanent", "東": "change", "A": "acquisition"},
        "calendar.openings": [{"date": date(2026, 11, 28)}, {"date": date(2026, 12, 29)}],
        "conduct.mode": "auto",
        "conduct.no_shows": 2,
        "conduct.late_cancels": 1,
        "conduct.months_back": 1,
    },
    USUAL
    | {
        "calendar.first_open_day": 0,
        "calendar.shown_days": 3,
        "calendar.closures": [{"date": date(2026, *day)} for day in ((9, 24), (11, 26), (12, 25))],
        "quota.frames": 2,
        "cases.kind_marks": {},
        "deadline.open_days_before": 2,
        "deadline.booking_after": "refuse",
        "frames.exceptions": [
            {"date": date(2026, 11, 27), "capacity": 1},
            {"date": date(2026, 11, 27), "start": "10:00", "capacity": 4},
            {"start": "09:00", "capacity": 3},
        ],
    },
)
BEGINNINGS = ("2026-09-17T16:00:00", "2026-11-24T10:00:00", "2026-12-24T11:00:00")
"""Before a week of holidays, an ordinary Tuesday, and before the turn of the year."""
LONG, KNOWN = date(2030, 3, 31), {"verified": True, "terms": True, "suspension": None}
AGENTS: tuple[dict[str, Any], ...] = (
    KNOWN | {"id": "A-1", "occupation": "scrivener", "valid_until": LONG},
    KNOWN | {"id": "B-2", "occupation": "host-organization", "valid_until": date(2027, 1, 6)},
    KNOWN | {"id": "C-3", "occupation": "attorney", "valid_until": LONG, "verified": False},
    KNOWN | {"id": "D-4", "occupation": "educational", "valid_until": LONG},
    KNOWN | {"id": "E-5", "occupation": "public-interest", "valid_until": LONG},
    KNOWN | {"id": "F-6", "occupation": "attorney", "valid_until": LONG, "terms": False},
)
"""The agents as the model knows them."""


def found_office(folder: Path, settings: dict[str, Any]) -> OfficeInFolder:
    """Return an office with these settings and all agents; tests copy it."""
    office = OfficeInFolder(folder)
    office.now = "2026-09-01T09:00:00"
    for name, value in settings.items():
        office.set(*name.split("."), _write(value))
    for agent in AGENTS:
        values = {"occupation": agent["occupation"], "valid_until": str(agent["valid_until"])}
        office.add_agent(agent["id"], agent["verified"], agent["terms"], **values)
    office.set("mail", "transport", '"none"')
    return office


def _write(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_write(each)}' for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_write, value)) + "]"
    return str(value) if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
