"""The offices that the model and the program are compared in: small, and each read differently."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.conftest import OfficeInFolder

STARTS = ["09:00", "10:00", "13:00"]
KINDS = ["change", "extension", "permanent", "acquisition", "activity", "work-certificate"]
USUAL: dict[str, Any] = {
    "office_names": ["Y", "横浜"],
    "shown_days": 5,
    "first_open_day": 1,
    "open_days_before": 1,
    "booking_after": "allow",
    "closures": [],
    "openings": [],
    "starts": STARTS,
    "capacity": 5,
    "exceptions": [],
    "quota_frames": 3,
    "quota_cases": 3,
    "quota_reading": "main",
    "amend_reading": "listed",
    "kinds": KINDS,
    "kind_marks": {"更": "extension", "変": "change", "B": "permanent", "E": "activity"},
    "collect_only": "any",
    "auto": False,
    "no-show": 1,
    "late-cancel": 2,
    "months_back": 6,
    "suspend_months": 3,
}
OFFICES: tuple[dict[str, Any], ...] = (
    USUAL,
    USUAL
    | {
        "first_open_day": 0,
        "quota_reading": "note",
        "amend_reading": "cap",
        "exceptions": [{"start": "13:00", "capacity": 2}],
        "auto": True,
        "suspend_months": 1,
    },
    USUAL
    | {
        "quota_cases": 10,
        "capacity": 12,
        "amend_reading": "cap",
        "collect_only": "cards",
        "kinds": ["extension", "permanent", "activity"],
        "kind_marks": {"永": "permanent", "東": "change", "A": "acquisition"},
        "openings": ["2026-11-28", "2026-12-29"],
        "auto": True,
        "no-show": 2,
        "late-cancel": 1,
        "months_back": 1,
    },
    USUAL
    | {
        "first_open_day": 0,
        "shown_days": 3,
        "quota_frames": 2,
        "kind_marks": {},
        "closures": ["2026-09-24", "2026-11-26", "2026-12-25"],
        "open_days_before": 2,
        "booking_after": "refuse",
        "exceptions": [
            {"date": "2026-11-27", "capacity": 1},
            {"date": "2026-11-27", "start": "10:00", "capacity": 4},
            {"start": "09:00", "capacity": 3},
        ],
    },
)
BEGINNINGS = ("2026-09-17T16:00:00", "2026-11-24T10:00:00", "2026-12-24T11:00:00")
"""Before a week of holidays, an ordinary Tuesday, and before the turn of the year."""
AGENTS: tuple[dict[str, Any], ...] = (
    {"id": "A-1", "occupation": "scrivener", "valid_until": date(2030, 3, 31)},
    {"id": "B-2", "occupation": "host-organization", "valid_until": date(2027, 1, 6)},
    {"id": "C-3", "occupation": "attorney", "valid_until": date(2030, 3, 31), "verified": False},
    {"id": "D-4", "occupation": "educational", "valid_until": date(2030, 3, 31)},
    {"id": "E-5", "occupation": "public-interest", "valid_until": date(2030, 3, 31)},
    {"id": "F-6", "occupation": "attorney", "valid_until": date(2030, 3, 31), "terms": False},
)
_TABLES = {
    "office": {"name": "office_names"},
    "calendar": {name: name for name in ("shown_days", "first_open_day", "closures", "openings")},
    "frames": {name: name for name in ("starts", "capacity", "exceptions")},
    "quota": {name: f"quota_{name}" for name in ("frames", "cases", "reading")},
    "deadline": {name: name for name in ("open_days_before", "booking_after")},
    "amend": {"reading": "amend_reading"},
    "cases": {name: name for name in ("kinds", "collect_only", "kind_marks")},
    "conduct": {
        "mode": "auto",
        "no_shows": "no-show",
        "late_cancels": "late-cancel",
        "months_back": "months_back",
        "suspend_months": "suspend_months",
    },
}


def found_office(folder: Path, settings: dict[str, Any]) -> OfficeInFolder:
    """Return an office with these settings and all agents; tests copy it."""
    office = OfficeInFolder(folder)
    office.now = "2026-09-01T09:00:00"
    for table, keys in _TABLES.items():
        for key, name in keys.items():
            office.set(table, key, _write(name, settings[name]))
    for agent in AGENTS:
        _register(office, agent)
    office.set("mail", "transport", '"none"')
    return office


def known_agents() -> list[dict[str, Any]]:
    """Return the agents as the model knows them."""
    usual = {"verified": True, "terms": True, "suspension": None}
    return [usual | agent for agent in AGENTS]


def _register(office: OfficeInFolder, agent: dict[str, Any]) -> None:
    values = {"occupation": agent["occupation"], "valid_until": str(agent["valid_until"])}
    verified, terms = agent.get("verified", True), agent.get("terms", True)
    office.add_agent(agent["id"], verified, terms, **values)


def _write(name: str, value: Any) -> str:
    """Return a setting in TOML."""
    if name == "office_names":
        return f'"{value[1]}"'
    if name == "auto":
        return '"auto"' if value else '"advise"'
    if name == "kind_marks":
        return "{" + ", ".join(f'"{mark}" = "{kind}"' for mark, kind in value.items()) + "}"
    if name in ("closures", "openings"):
        return "[" + ", ".join(f"{{date = {day}}}" for day in value) + "]"
    if name == "exceptions":
        written = [
            ", ".join(
                f'{key} = "{each}"' if key == "start" else f"{key} = {each}"
                for key, each in one.items()
            )
            for one in value
        ]
        return "[" + ", ".join(f"{{{one}}}" for one in written) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).replace("'", '"')
