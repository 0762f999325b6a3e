"""``rules list``, ``rules show``: every code, its wording, and an example that runs."""

from __future__ import annotations

import io
import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import kofucli
from kofucli.base.language import translator
from kofucli.rules import Reading
from kofucli.rules.wording import RULES
from kofucli.settings import Settings
from tests.conftest import OfficeInFolder, run_command
from tests.support.terminal import columns

EXAMPLES = Path(kofucli.__file__).parent / "examples"


def example_of(code: str, **env: str) -> str:
    outcome = run_command("rules", "show", code, "--example", env=env)
    assert (0, "") == (outcome.status, outcome.err)
    return outcome.out


def steps_of(code: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = tomllib.loads(example_of(code))["step"]
    return [{"expect": {}, **step} for step in steps]


def words_of(text: str) -> str:
    return " ".join(text.split())


def test_every_rule_has_an_example_and_nothing_else_is_one() -> None:
    assert {f"{code}.toml" for code in RULES} == {path.name for path in EXAMPLES.iterdir()}


def test_an_example_goes_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """``rules show CODE --example | scenario run -`` plays it, whatever form is usual here."""
    text = example_of("quota.frames", KOFUCLI_FORMAT="json")
    assert text == example_of("quota.frames")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))
    assert 0 == run_command("scenario", "run", "-").status


@pytest.mark.parametrize("code", RULES)
def test_an_example_holds_and_shows_its_rule(code: str, tmp_path: Path) -> None:
    """Some step is refused by the rule alone (tied cases: beside the other one), or warned."""
    file = tmp_path / "example.toml"
    file.write_text(example_of(code), "utf-8")
    outcome = run_command("scenario", "run", str(file))
    assert 0 == outcome.status, outcome.out + outcome.err
    beside = ["case.filed-online"] if code == "case.together" else []
    expected = [step["expect"] for step in steps_of(code)]
    if RULES[code].severity == "refusal":
        assert [*beside, code] in [each.get("codes") for each in expected]
    elif RULES[code].severity == "input":
        assert 5 in [each.get("exit") for each in expected]
    else:
        assert any("stdout_contains" in each for each in expected)


SWITCHED = [
    pytest.param(code, reading, id=code)
    for code, rule in RULES.items()
    for reading in rule.readings
    if reading.setting
]
"""The readings that a setting chooses, with their rules."""


@pytest.mark.parametrize(("code", "reading"), SWITCHED)
def test_an_example_goes_through_both_readings(code: str, reading: Reading) -> None:
    assert reading.setting in RULES[code].settings
    steps = steps_of(code)
    table, _, key = reading.setting.partition(".")
    turned = [s.get("settings", {}).get(table, {}).get(key) == reading.value for s in steps]
    assert turned.count(True) == 1
    at = turned.index(True)
    assert any(code in step["expect"].get("codes", []) for step in steps[: at + 1])
    assert any("codes" not in step["expect"] for step in steps[at:])


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("code", "reading"), SWITCHED)
def test_the_reading_taken_is_that_of_this_office(
    office: OfficeInFolder, code: str, reading: Reading, language: str
) -> None:
    """Under the other value of a setting the other reading is taken, in text and document."""
    say = translator(language)
    table, _, key = reading.setting.partition(".")
    usual = getattr(getattr(Settings(), table), key)
    texts = [say(reading.usual), say(reading.other)]
    for value, other, wanted in (
        (usual, reading.value, texts),
        (reading.value, usual, texts[::-1]),
    ):
        office.set(table, key, json.dumps(value))
        readings = office.json("rules", "show", code)["rule"]["readings"]
        (found,) = [each for each in readings if each["setting"] == reading.setting]
        assert (value, other) == (found["value"], found["other_value"])
        shown = [found["reading"][language], found["other_reading"][language]]
        lines = office.run("rules", "show", code, "--lang", language).out.splitlines()
        at = lines.index(say("Reading taken:") + f" {reading.setting} = {json.dumps(value)}")
        assert say("The other reading:") in lines[at + 2]
        assert lines[at + 2].endswith(f"{reading.setting} = {json.dumps(other)}")
        assert shown == [lines[at + 1].strip(), lines[at + 3].strip()]
        assert "{" in "".join(wanted) or wanted == shown


def test_neither_value_of_a_setting(office: OfficeInFolder) -> None:
    office.set("calendar", "first_open_day", "2")
    (found,) = office.json("rules", "show", "day.not-shown")["rule"]["readings"]
    assert (2, 0) == (found["value"], found["other_value"])
    assert "number 2" in found["reading"]["en"]


@pytest.mark.parametrize(
    ("code", "setting", "value", "said"),
    [
        ("quota.frames", "quota.frames", "4", "4"),
        ("quota.cases", "quota.cases", "7", "7"),
        ("deadline.passed", "deadline.last_minute", '"15:30"', "15:30"),
        ("deadline.passed", "deadline.open_days_before", "2", "2"),
        ("link.expired", "verification.valid_minutes", "45", "45"),
    ],
)
def test_what_is_demanded_has_the_settings_of_this_office(
    office: OfficeInFolder, code: str, setting: str, value: str, said: str
) -> None:
    office.set(*setting.split("."), value)
    found = office.json("rules", "show", code)["rule"]
    text = office.run("rules", "show", code).out
    assert all(said in demand and demand in text for demand in found["demand"].values())
    assert found in office.json("rules", "list")["rules"]
    for form in ("table", "csv"):
        assert found["demand"]["en"] in words_of(office.run("rules", "list", "-f", form).out)


def test_every_rule_is_listed_with_nothing_left_to_fill_in(office: OfficeInFolder) -> None:
    """Every code in the order of refusals, without placeholders or usual numbers."""
    listed = office.json("rules", "list")["rules"]
    assert list(RULES) == [rule["code"] for rule in listed]
    text = office.run("rules", "list").out
    assert all(code in text for code in RULES)
    for rule in listed:
        texts = [rule["demand"], rule["reading"], rule["other_reading"]]
        texts += [each[key] for each in rule["readings"] for key in ("reading", "other_reading")]
        assert not any("{" in text for each in texts if each for text in each.values())
    fixed = "three|ten cases|11:59|3,600|one hour from sending"
    for own in RULES.values():
        assert all(reading.usual and reading.other for reading in own.readings)
        texts = [own.demand, *(each.usual for each in own.readings)]
        assert not any(re.search(fixed, text) for text in texts)


@pytest.mark.parametrize(
    ("code", "setting", "value"),
    [
        ("amend.adds", "amend.reading", '"cap"'),
        ("amend.exceeds", "amend.reading", '"listed"'),
        ("agent.unverified", "verification.required", "false"),
    ],
)
def test_a_rule_that_this_office_does_not_ask(
    office: OfficeInFolder, code: str, setting: str, value: str
) -> None:
    office.set(*setting.split("."), value)
    assert office.json("rules", "show", code)["rule"]["asked"] is False
    said = f"Not asked in this office: {setting} = {value}"
    assert said in office.run("rules", "show", code).out
    assert f"{RULES[code].demand} ({said})" in words_of(office.run("rules", "list").out)
    assert office.json("rules", "show", "day.past")["rule"]["asked"] is True


def test_a_rule_in_full(office: OfficeInFolder) -> None:
    office.set("calendar", "first_open_day", "0")
    text = office.run("rules", "show", "DAY.not-shown").out
    rule = RULES["day.not-shown"]
    for part in (
        "day.not-shown (clause: 3(1))",
        "表示された開庁日",
        rule.demand,
        rule.refusal,
        "calendar.first_open_day = 0",
        "Today is shown too, where it is open.",
        "Shown days begin with the next open day.",
        'run = "book 2026-12-02 10:00 --agent A-1 --case X-1"',
        "rules show day.not-shown --example | kofucli scenario run -",
    ):
        assert part in text
    found = office.json("rules", "show", "day.not-shown")["rule"]
    assert example_of("day.not-shown") == found["example"]
    duplicate = RULES["case.duplicate"]
    text = office.run("rules", "show", "case.duplicate").out
    assert {duplicate.refusal, duplicate.variant[1]} <= {line.strip() for line in text.splitlines()}
    assert 2 == len(re.findall(r"(?m)^  .*\{subject\}.*[\u3040-\u30ff].*$", text))


def test_the_note_knows_three_frames_only(office: OfficeInFolder) -> None:
    """3(2): with another number of frames the note's reading is no choice, and is not compared."""
    office.set("quota", "frames", "2")
    found = office.json("rules", "show", "quota.frames")["rule"]["frames_left"]
    assert found == [{"held": held, "main": max(2 - held, 0)} for held in range(4)]
    text = office.run("rules", "show", "quota.frames").out
    assert re.search(r"(?m)^ *Frames held +main\n.*\n? +0 +2\n +1 +1\n +2 +0$", text)


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize("command", ["rules list", "rules show quota.frames", "notice"])
def test_without_a_configuration(
    command: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no office yet they are shown as they are by default, which is said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    words = (*command.split(), "-f", form if command != "notice" else "json")
    outcome = run_command(*words)
    said = " ".join(outcome.json["warnings"]) if "json" in words else outcome.err
    assert (0, True) == (outcome.status, "no configuration" in said)
    assert run_command(*words, "--config", "no-such.toml").status == 5
    assert "kofucli init" in run_command("slots", "-f", "json").error["message"]
    (tmp_path / "kofucli.toml").write_text("[quota]\nframes = 7\n", "utf-8")
    outcome = run_command(*words)
    assert (0, "", True) == (outcome.status, outcome.err, "t most 7" in outcome.out)


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_list_fits_the_terminal(
    office: OfficeInFolder, language: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = office.run("rules", "list", "--lang", language).out.splitlines()
    assert width - 20 < max(map(columns, lines)) <= width
    demands = "".join(line[line.find(" ") :] if line[0] != " " else line for line in lines)
    demand = translator(language)(RULES["day.closed"].demand)
    assert "".join(demand.split()) in "".join(demands.split())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "applicantincluded acknowledgementofreceipt colleague professional"),
        ("ja", "ア（self） イ（colleague） ウ（staff） エ（professional） 本人の申請を含む"),
    ],
)
def test_ways_of_receiving_are_explained(office: OfficeInFolder, language: str, words: str) -> None:
    """1 ア-エ: the help of book and the rule say what each way means, and the paper it needs."""
    for command in ("book --help", "rules show case.recipient"):
        text = "".join(office.run(*command.split(), "--lang", language).out.split())
        assert all(word in text for word in words.split())
    document = office.json("rules", "show", "case.recipient")["rule"]
    assert ["self", "colleague", "staff", "professional"] == list(document["recipients"])
