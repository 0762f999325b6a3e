"""The rulebook in executable form: every scenario file of this folder holds.

The folders follow the sections of the rulebook, a file shows one rule, its name and title say
which. A failure is looked into with ``kofucli scenario run FILE``.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kofucli.rules.wording import RULES
from tests.conftest import run_command

FOLDER = Path(__file__).parent
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.toml"))
GROUPS = {"desk", "verify", "terms", "office", "agent"}
"""Commands of two words."""


@cache
def read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text("utf-8"))


def command_of(step: dict[str, Any]) -> str:
    """Return the command of a step, without its arguments."""
    words: list[str] = step["run"].split()
    return " ".join(words[: 2 if words[0] in GROUPS else 1])


def refused(step: dict[str, Any]) -> set[str]:
    """Return the codes that a step expects, those of its error document included."""
    expect = step.get("expect", {})
    part = expect.get("json")
    error = part.get("error", {}) if isinstance(part, dict) else {}
    told = {each["code"] for each in error.get("refusals", ()) if "code" in each}
    return told | set(expect.get("codes", ()))


def passes(step: dict[str, Any]) -> bool:
    return not refused(step) and step.get("expect", {}).get("exit", 0) == 0


def readings(table: str) -> Iterator[str]:
    """Yield the readings that scenarios set in a table, at the beginning or in a step."""
    for scenario in map(read, FILES):
        for tables in (scenario, *(step.get("settings", {}) for step in scenario["step"])):
            if "reading" in tables.get(table, {}):
                yield tables[table]["reading"]


@pytest.mark.parametrize("name", FILES)
def test_a_scenario_holds(name: str) -> None:
    outcome = run_command("scenario", "run", str(FOLDER / name), "-f", "json")
    assert outcome.status in (0, 3), outcome.err
    (scenario,) = outcome.json["scenarios"]
    wrong = [
        f"{name}, line {step['line']}: {step['run']} ({step['at']}): {problem['message']}"
        for step in scenario["steps"]
        for problem in step["problems"]
    ]
    assert outcome.status == 0, "\n" + "\n".join(wrong)
    assert scenario["steps"]


def test_there_are_scenarios_for_every_section() -> None:
    sections = Counter(name.split("/")[0].split("-")[0] for name in FILES)
    assert sorted(sections) == list("01234567")
    assert len(FILES) >= 60


@pytest.mark.parametrize("code", sorted(c for c, r in RULES.items() if r.severity == "refusal"))
def test_every_rule_from_both_sides(code: str) -> None:
    """Each code is refused somewhere, and the same command is done there on the other side."""
    files = [name for name in FILES if any(code in refused(step) for step in read(name)["step"])]
    assert files, f"no scenario expects {code}"
    for name in files:
        steps = read(name)["step"]
        commands = {command_of(step) for step in steps if code in refused(step)}
        if any(passes(step) and command_of(step) in commands for step in steps):
            return
    pytest.fail(f"{code} is refused in {files}, and the command done in none of them")


def test_both_readings() -> None:
    assert set(readings("quota")) == {"main", "note"}
    assert set(readings("amend")) == {"listed", "cap"}


def test_titles() -> None:
    titles = [read(name)["title"] for name in FILES]
    assert [title for title, count in Counter(titles).items() if count > 1] == []
    assert [title for title in titles if not title.endswith(".") or title.count(". ")] == []
