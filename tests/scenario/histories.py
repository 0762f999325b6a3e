"""Random days at an office: bookings, the counter, closures, changed settings."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tests.conftest import OfficeInFolder
from tests.scenario.offices import AGENTS, HOURS, NUMBERS, random_case, random_change

_FIRST = datetime.fromisoformat("2026-11-24T09:00")
_REASONS = ("papers", "period", "other")


def live(office: OfficeInFolder, choice: Random, steps: int) -> Counter[str]:
    """Let an office do something every few hours; return how often each command was done."""
    done: Counter[str] = Counter()
    now = _FIRST
    for _ in range(steps):
        now += timedelta(minutes=choice.choice([0, 5, 20, 60, 180, 600]))
        instant = now.isoformat()
        if choice.random() < 0.05:
            change_settings(office, choice)
        known = office.json("list", "--all", "--office", now=instant)["reservations"]
        line = choose(choice, known, now)
        outcome = office.run(*line, "-f", "json", now=instant)
        assert outcome.status in (0, 2, 3, 4, 5), (line, outcome)
        if outcome.status == 0 and outcome.json.get("changed"):
            done[" ".join(line[:2]) if line[0] in ("desk", "office", "agent") else line[0]] += 1
    return done


def change_settings(office: OfficeInFolder, choice: Random) -> None:
    """Change a setting, as an office does from time to time."""
    table, key, values = choice.choice(
        [
            ("frames", "capacity", ["5", "40"]),
            ("quota", "cases", ["3", "10"]),
            ("cases", "collect_only", ['"any"', '"cards"']),
            ("cases", "default_kind", ['"extension"', '"permanent"']),
            ("conduct", "mode", ['"auto"', '"advise"']),
            ("deadline", "last_minute", ['"11:59"', '"16:59"']),
            ("amend", "reading", ['"listed"', '"cap"']),
        ]
    )
    office.set(table, key, choice.choice(values))


def choose(choice: Random, known: list[Any], now: datetime) -> list[str]:
    """Return a command that may well be possible now."""
    agent = choice.choice(AGENTS[:3])
    standing = [r for r in known if r["status"] in ("active", "arrived")]
    if not standing or choice.random() < 0.3:
        cases = [random_case(choice) for _ in range(choice.choice([1, 2, 3]))]
        specs = [part for case in cases for part in ("--case", case)]
        who = ["--office"] if choice.random() < 0.3 else []
        return [
            "book",
            choice.choice(["+1", "+2", "+2"]),
            choice.choice(HOURS),
            *specs,
            *who,
            "--agent",
            agent,
        ]
    if choice.random() < 0.2:
        return surround(choice, agent, now.date())
    if choice.random() < 0.25 and len(known) > len(standing):
        return ["desk", "undo", choice.choice(known)["number"], "--reason", "a slip of Yamate"]
    due = [r for r in standing if r["date"] <= now.date().isoformat()]
    chosen = choice.choice(due) if due and choice.random() < 0.6 else choice.choice(standing)
    return at_the_counter(choice, chosen, now) if chosen in due else change(choice, chosen)


def change(choice: Random, chosen: Any) -> list[str]:
    """Return a change or a cancellation."""
    number = chosen["number"]
    who = choice.choice([["--agent", chosen["agent"]], ["--office"]])
    if choice.random() < 0.15:
        return ["cancel", number, *who]
    if choice.random() < 0.15:
        return ["desk", "late-notice", number]
    if choice.random() < 0.15:
        return ["desk", "late-cancel", number, "--reason", "Yamate called"]
    case = choice.choice([c["number"] for c in chosen["cases"]] + [choice.choice(NUMBERS)])
    changes = [random_change(choice, case) for _ in range(choice.choice([1, 1, 2]))]
    return ["amend", number, *(part for each in changes for part in each), *who]


def at_the_counter(choice: Random, chosen: Any, now: datetime) -> list[str]:
    """Return a step at the counter."""
    number, today = chosen["number"], now.date().isoformat()
    if chosen["status"] == "arrived":
        missing = [f"{c['number']}={choice.choice(_REASONS)}" for c in chosen["cases"]]
        given = [m for m in missing if choice.random() < 0.4]
        return ["desk", "collect", number, *(p for m in given for p in ("--not-handed", m))]
    told = f"{chosen['date']}T{chosen['start']}:30"
    return choice.choice(
        [
            ["desk", "arrive", number],
            ["desk", "arrive", number],
            ["desk", "arrive", number, "--at", told],
            ["desk", "arrive", number, "--accept-late"],
            ["desk", "arrive", number, "--late"],
            ["desk", "late-notice", number],
            ["desk", "late-cancel", number, "--reason", "Yamate called"],
            ["desk", "close-day", choice.choice([chosen["date"], today]), "--all-no-show", "-y"],
        ]
    )


def surround(choice: Random, agent: str, today: date) -> list[str]:
    """Return something that the office does, about a day or an agent."""
    day = (today + timedelta(days=choice.randint(0, 4))).isoformat()
    return choice.choice(
        [
            ["office", "close", day, "--reason", "Yamate is ill", "-y"],
            ["office", "close", day, choice.choice(HOURS[:6]), "--reason", "Yamate is ill", "-y"],
            ["office", "reopen", day],
            ["office", "reopen", day, "--restore"],
            ["agent", "edit", agent, "--valid-until", "2031-03-31"],
            ["agent", "edit", agent, "--occupation", choice.choice(["attorney", "scrivener"])],
            ["agent", "reinstate", agent, "--reason", "sorry"],
        ]
    )
