"""Scenarios in the tests: written to a file, run by the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conftest import Outcome, run_command

HEAD = """
now = "2026-11-24T10:00:00"

[[agent]]
id = "A-1"
"""
"""An office with one agent, on a Tuesday; what follows are its steps."""
BOOK = 'run = "book +1 10:00 --agent A-1 --case X-1"'
REFUSED = 'run = "book 2026-11-23 10:00 --agent A-1 --case X-1"'


def step(*lines: str) -> str:
    return "\n".join(["", "[[step]]", *lines, ""])


def write(folder: Path, text: str, name: str = "case.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def play(folder: Path, text: str, *options: str, env: dict[str, str] | None = None) -> Outcome:
    return run_command("scenario", "run", str(write(folder, text)), *options, env=env)


def played(folder: Path, text: str) -> list[Any]:
    """Run a scenario by its text, and return its steps as the document has them."""
    outcome = play(folder, text, "-f", "json")
    assert outcome.status in (0, 3), outcome.err
    (scenario,) = outcome.json["scenarios"]
    steps: list[Any] = scenario["steps"]
    assert outcome.json["ok"] == scenario["ok"] == (outcome.status == 0)
    return steps
