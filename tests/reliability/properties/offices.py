"""A small office for the property tests, and what is true of it, counted by brute force."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from tests.conftest import OfficeInFolder
from tests.support.strategies import AGENTS

LEFT = {"main": (2, 1, 0), "note": (3, 2, 2, 0)}
"""Frames an agent may add who holds none, one, two ...: with a quota of two, and of three."""
_HOLDING = ("active", "arrived", "collected", "not-handed", "late", "no-show")


def frames_left(reading: str, held: int) -> int:
    return (*LEFT[reading], *[0] * held)[held]


def found_office(folder: Path, reading: str = "main") -> OfficeInFolder:
    """Return an office with two agents, two frames a day and small numbers everywhere.

    ``reading`` is that of the quota: ``main`` with places that may be filled again, ``note`` with
    visits of the same day.
    """
    office = OfficeInFolder(folder)
    office.set("calendar", "shown_days", "3")
    office.set("frames", "starts", '["09:00", "10:00"]')
    office.set("frames", "capacity", "4")
    office.set("quota", "cases", "3")
    office.set("verification", "required", "false")
    if reading == "main":
        office.set("quota", "frames", "2")
        office.set("amend", "reading", '"cap"')
    else:
        office.set("quota", "reading", '"note"')
        office.set("calendar", "first_open_day", "0")
    for agent in AGENTS:
        office.add_agent(agent, verify=False)
    return office


class Count:
    """What a list of reservations adds up to, counted without the program's help."""

    def __init__(self, reservations: list[Any]) -> None:
        self.frames: dict[str, set[tuple[str, str]]] = {agent: set() for agent in AGENTS}
        self.cases: Counter[tuple[str, str, str]] = Counter()
        self.booked: Counter[tuple[str, str]] = Counter()
        for each in reservations:
            frame = each["date"], each["start"]
            states = [case["status"] for case in each["cases"]]
            if each["status"] in _HOLDING:
                self.frames[each["agent"]].add(frame)
                self.booked[frame] += len(states) - states.count("dropped")
            if each["status"] == "active":
                self.cases[each["agent"], *frame] += states.count("active")

    def compare_slots(self, document: Any) -> None:
        agent = document["agent"]["id"]
        shown = [day["date"] for day in document["days"]]
        held = sum(day in shown for day, _ in self.frames[agent])
        assert held == document["agent"]["frames_held"]
        for day in document["days"]:
            for frame in day["frames"]:
                key = day["date"], frame["start"]
                assert self.booked[key] == frame["booked"]
                assert self.cases[agent, *key] == frame["yours"]
                assert max(0, frame["capacity"] - frame["booked"]) == frame["remaining"]
