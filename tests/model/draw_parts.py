"""What commands are made of, drawn so that most of it is there."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from tests.model.bulk import Model
from tests.model.days import at

Entry = dict[str, Any]

BUSY = ("A-1", "A-1", "B-2", "B-2", "E-5")
ODD = ("C-3", "D-4", "F-6", "Z-9")
MARKED = ("更", "変", "永", "更変", "横", "東", "横更A", "ヨ")
"""What may stand before a number so that it tells a kind, or two, or none."""


def draw_number(choice: Random, agent: str) -> str:
    """Return a case number, mostly one that only this agent uses; some tell a kind."""
    owner = agent if choice.random() < 0.9 else choice.choice(BUSY)
    before = choice.choice(MARKED) if choice.random() < 0.25 else ""
    return f"{before}{owner[0]}{choice.randint(1, 40)}"


def draw_agent(choice: Random) -> str:
    """Return an agent, mostly one that may book."""
    return choice.choice(BUSY if choice.random() < 0.92 else ODD)


def draw_day(choice: Random, model: Model, past: int = -2) -> date:
    """Return a day, mostly one that is shown."""
    if choice.random() < 0.92:
        return choice.choice(model.days.shown(model.today))
    return model.today + timedelta(days=choice.randint(past, 16))


def draw_hour(choice: Random, model: Model) -> str:
    """Return an hour, mostly that of a frame."""
    return choice.choice([*model.settings["starts"] * 8, "12:00"])


def draw_visit(choice: Random, model: Model, *wanted: str) -> Entry | None:
    """Return a reservation, mostly one with one of the wanted statuses, of today if there is."""
    if model.reservations and choice.random() < 0.08:
        return choice.choice(model.reservations)
    likely = [each for each in model.reservations if each["status"] in wanted]
    today = [each for each in likely if each["date"] == model.today]
    if today and choice.random() < 0.8:
        return choice.choice(today)
    if likely and choice.random() < 0.4:
        return choice.choice(likely)
    return None


def draw_name(choice: Random, visit: Entry) -> str:
    """Return what somebody calls a reservation: its number, or that of one of its cases."""
    by_case = choice.random() < 0.15 and visit["cases"]
    return str(choice.choice(visit["cases"])["number"] if by_case else visit["number"])


def find_late(model: Model) -> list[Entry]:
    """Return the visits to come that can only be cancelled by telephone now."""
    active = [each for each in model.reservations if each["status"] == "active"]
    late = [each for each in active if each["closes"] <= model.now]
    return [each for each in late if model.now < at(each["date"], each["start"])]
