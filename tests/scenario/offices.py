"""Random offices and random requests, which between them are refused by every rule."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

from tests.conftest import OfficeInFolder

AGENTS = ("A-9", "B-2", "C-1", "QX-4", "T-5")
OCCUPATIONS = ("scrivener", "host-organization", "attorney", "educational")
KINDS = ("change", "extension", "permanent", "acquisition", "activity", "reentry", "coe", "other")
NUMBERS = tuple(f"横{mark}{at:03d}" for at, mark in enumerate("更更更更更更再再変永CP"))
DAYS = ("+1", "+1", "+2", "+2", "2026-11-24", "2026-11-21", "2026-11-23", "2026-12-25")
HOURS = ("09:00", "09:00", "10:00", "10:00", "11:00", "11:00", "12:30")
INSTANTS = (
    *["2026-11-24T08:30:00", "2026-11-24T10:00:00", "2026-11-24T10:00:00"],
    *["2026-11-24T12:00:00", "2026-11-25T09:00:00"],
)


def found_random_office(folder: Path, choice: Random) -> OfficeInFolder:
    """Return an office with few frames, tight limits and agents of every sort."""
    folder.mkdir()
    office = OfficeInFolder(folder)
    office.set("calendar", "shown_days", str(choice.choice([2, 3, 5])))
    office.set("calendar", "first_open_day", str(choice.choice([0, 1, 1])))
    office.set("calendar", "closures", '[{date = 2026-11-26, reason = "secret of Yamate"}]')
    office.set("frames", "starts", '["09:00", "10:00", "11:00"]')
    office.set("frames", "capacity", str(choice.choice([3, 4, 40])))
    if choice.random() < 0.5:
        office.set("quota", "frames", "2")
        office.set("amend", "reading", '"cap"')
    else:
        office.set("quota", "reading", choice.choice(['"note"', '"main"']))
    office.set("quota", "cases", str(choice.choice([3, 4])))
    office.set("cases", "default_kind", choice.choice(['"extension"', '"change"']))
    office.set("cases", "pattern", '"横.*"')
    office.set("cases", "collect_only", choice.choice(['"any"', '"cards"']))
    for agent, occupation in zip(AGENTS, OCCUPATIONS, strict=False):
        until = choice.choice(["2030-03-31", "2030-03-31", "2026-11-26"])
        verify = choice.random() < 0.9
        office.add_agent(agent, verify, occupation=occupation, valid_until=until, name="山手花子")
    values = "--name 山手 --occupation attorney --certificate X --valid-until 2030-03-31"
    office.json("agent", "add", "--id", "T-5", *values.split(), "--email", "t@office.example.jp")
    return office


def random_case(choice: Random) -> str:
    """Return a case that is mostly all right."""
    spec = choice.choice(NUMBERS)
    odd = [
        f"kind={choice.choice(KINDS)}",
        f"recipient={choice.choice(['self', 'colleague', 'staff', 'professional'])}",
        "birth=yes",
        f"with={choice.choice(NUMBERS)}",
        "filed=online",
        "office=新宿",
        "review=pending",
        "counter=5",
        "collect_by=2026-11-25",
    ]
    rare = choice.random() < 0.2
    keys = choice.sample(odd, choice.choice([1, 1, 2, 3])) if rare else []
    return ",".join([spec, *keys])


def random_surrounding(choice: Random) -> list[str]:
    """Return a command of the office that changes what decisions are made on."""
    agent = choice.choice(AGENTS)
    day = choice.choice(["2026-11-25", "2026-11-27", "2026-11-30"])
    return choice.choice(
        [
            ["office", "close", day, *choice.choice([[], ["10:00"]]), "--reason", "Yamate", "-y"],
            ["office", "reopen", day, *choice.choice([[], ["--restore"]])],
            ["agent", "suspend", agent, "--since", "2026-11-24", "--reason", "rude"],
            ["agent", "reinstate", agent, "--reason", "sorry"],
            ["office", "maintenance", "--end", "2026-11-24T11:00:00", "--reason", "update"],
            ["office", "maintenance", "--over"],
        ]
    )


def random_request(choice: Random, folder: Path, standing: list[tuple[str, str]]) -> list[str]:
    """Return a booking, a change or a cancellation; ``standing`` are pairs of agent and number."""
    agent = choice.choice(AGENTS[:2] if choice.random() < 0.85 else AGENTS)
    number = choice.choice(NUMBERS)
    what = choice.random()
    if what >= 0.6 and standing and choice.random() < 0.85:
        agent, number = choice.choice(standing)
    acting = ["--agent", agent]
    acting += ["--office"] if choice.random() < 0.3 else []
    if what < 0.45:
        cases = [random_case(choice) for _ in range(choice.choice([1, 1, 2, 3, 5]))]
        specs = [part for case in cases for part in ("--case", case)]
        return ["book", choice.choice(DAYS), choice.choice(HOURS), *specs, *acting]
    if what < 0.6:
        options = [o for o in ("--best-effort", "--again") if choice.random() < 0.5]
        return ["book", "--from", str(_write_rows(choice, folder, agent)), *options, *acting]
    if what < 0.75:
        return ["cancel", number, *acting]
    changes = [random_change(choice, number) for _ in range(choice.choice([1, 1, 2]))]
    return ["amend", number, *(part for change in changes for part in change), *acting]


def random_change(choice: Random, number: str) -> list[str]:
    """Return one change of a reservation."""
    return choice.choice(
        [
            ["--drop", number],
            ["--drop", choice.choice(NUMBERS)],
            ["--replace", f"{number}={random_case(choice)}"],
            ["--replace", f"{number}={number},{choice.choice(['kind=permanent', 'office=y'])}"],
            ["--add", random_case(choice)],
        ]
    )


def _write_rows(choice: Random, folder: Path, agent: str) -> Path:
    path = folder / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        keys = ("number", "kind", "review", "collect_by", "agent", "date", "hour", "note")
        writer.writerow(keys)
        for _ in range(choice.randint(1, 6)):
            placed = choice.random() < 0.5
            writer.writerow(
                [
                    choice.choice(NUMBERS),
                    choice.choice(["", "", "", "permanent", "coe"]),
                    choice.choice(["", "", "", "pending"]),
                    choice.choice(["", "", "", "2026-11-25"]),
                    agent,
                    choice.choice(["2026-11-25", "2026-11-27", "2026-11-23"]) if placed else "",
                    choice.choice(HOURS) if placed else "",
                    "of Yamate",
                ]
            )
    return path
