"""``rules list``, ``rules show``: every code, what is said of it, and an example that runs."""

from __future__ import annotations

import io
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import kofucli
from kofucli.rules.refusal import RULES
from tests.conftest import OfficeInFolder, run_command

EXAMPLES = Path(kofucli.__file__).parent / "examples"


def example_of(code: str) -> str:
    """Return the example that the program prints, where there is no office at all."""
    outcome = run_command("rules", "show", code, "--example")
    assert (0, "") == (outcome.status, outcome.err)
    return outcome.out


def steps_of(code: str) -> list[dict[str, Any]]:
    """Return the steps of a rule's example."""
    steps: list[dict[str, Any]] = tomllib.loads(example_of(code))["step"]
    return steps


def test_every_rule_has_an_example_and_nothing_else_is_one() -> None:
    """There is one example for each code."""
    assert {f"{code}.toml" for code in RULES} == {path.name for path in EXAMPLES.iterdir()}


@pytest.mark.parametrize("code", RULES)
def test_an_example_holds(code: str, tmp_path: Path) -> None:
    """What ``rules show CODE --example`` prints is a scenario that runs, and holds."""
    file = tmp_path / "example.toml"
    file.write_text(example_of(code), "utf-8")
    outcome = run_command("scenario", "run", str(file))
    assert 0 == outcome.status, outcome.out + outcome.err


def test_an_example_goes_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """``rules show CODE --example | scenario run -`` plays it, whatever form is usual here."""
    text = run_command("rules", "show", "quota.frames", "--example", env={"KOFUCLI_FORMAT": "json"})
    assert text.out == example_of("quota.frames")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.out.encode()), "utf-8"))
    assert 0 == run_command("scenario", "run", "-").status


@pytest.mark.parametrize("code", RULES)
def test_an_example_shows_its_rule_and_the_rule_kept(code: str) -> None:
    """Some step is refused by the rule alone (a warning is given, bad input told), in words."""
    steps = steps_of(code)
    expected = [step.get("expect", {}) for step in steps]
    if RULES[code].severity == "refusal":
        assert [code] in [each.get("codes") for each in expected]
    elif RULES[code].severity == "input":
        assert 5 in [each.get("exit") for each in expected]
    else:
        assert any("stdout_contains" in each for each in expected)


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if rule.other])
def test_an_example_goes_through_both_readings(code: str) -> None:
    """Where there is another reading, the same wish is judged under it, and otherwise."""
    rule = RULES[code]
    found = re.match(r"([a-z_]+ = \S+):", rule.other)
    assert found is not None
    other = tomllib.loads(found[1])
    (name,) = {setting for setting in rule.settings if setting.rpartition(".")[2] in other}
    steps = steps_of(code)
    table, _, key = name.partition(".")
    turned = [s.get("settings", {}).get(table, {}).get(key) == other[key] for s in steps]
    assert turned.count(True) == 1
    at = turned.index(True)
    assert any(code in step.get("expect", {}).get("codes", []) for step in (*steps[:at], steps[at]))
    assert any("codes" not in step.get("expect", {}) for step in steps[at:])


def test_a_rule_in_full(office: OfficeInFolder) -> None:
    """A rule is shown with clause, both wordings, this office's settings, readings, example."""
    office.set("calendar", "first_open_day", "0")
    text = office.run("rules", "show", "DAY.not-shown").out
    rule = RULES["day.not-shown"]
    for part in (
        "day.not-shown (clause: 3(1))",
        "表示された開庁日",
        rule.demand,
        rule.refusal,
        "calendar.first_open_day = 0",
        rule.reading,
        rule.other,
        'run = "book 2026-12-02 10:00 --agent A-1 --case X-1"',
        "rules show day.not-shown --example | kofucli scenario run -",
    ):
        assert part in text
    found = office.json("rules", "show", "day.not-shown")["rule"]
    assert example_of("day.not-shown") == found["example"]


def test_the_notice_contradicts_itself(office: OfficeInFolder) -> None:
    """3(2): quota.frames shows what either reading leaves; they differ with two frames held."""
    table = re.findall(r"(?m)^ +(\d) +(\d) +(\d)$", office.run("rules", "show", "quota.frames").out)
    assert [("0", "3", "3"), ("1", "2", "2"), ("2", "1", "2"), ("3", "0", "0")] == table[:4]


def test_both_wordings_of_a_duplicate(office: OfficeInFolder) -> None:
    """The rule with two wordings shows both, in both languages."""
    text = office.run("rules", "show", "case.duplicate").out
    assert RULES["case.duplicate"].refusal in text
    assert RULES["case.duplicate"].repeated in text
    assert 2 == len(re.findall(r"(?m)^  .*\{subject\}.*[\u3040-\u30ff].*$", text))


def test_all_rules_are_listed(office: OfficeInFolder) -> None:
    """``rules list`` names every code, in the order in which refusals are told."""
    listed = office.json("rules", "list")["rules"]
    assert list(RULES) == [rule["code"] for rule in listed]
    text = office.run("rules", "list").out
    assert all(code in text for code in RULES)


def test_a_code_that_is_nearly_one(office: OfficeInFolder) -> None:
    """An unknown code is not found, and the one that was meant is named."""
    outcome = office.run("rules", "show", "quota.frame")
    assert 4 == outcome.status
    assert "quota.frames" in outcome.err
