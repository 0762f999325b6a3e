"""docs/rulebook.md against the rules as they are."""

from __future__ import annotations

import re
import tomllib

import msgspec

from kofucli.model.records import Kind, Recipient
from kofucli.output.words import KIND_NAMES
from kofucli.rules.eligibility import papers_for
from kofucli.rules.quota import frames_left
from kofucli.rules.refusal import AREAS
from kofucli.rules.wording import RULES
from kofucli.settings import Settings
from tests.docs.pages import code, codes, read_page, read_section, read_table

PAGE = read_page("rulebook")
HEADINGS = ("Code", "Clause", "Group", "Effect", "Mark", "Settings")


def rows_by_code() -> dict[str, list[str]]:
    """Return the table of codes by code."""
    rows = read_table(PAGE, *HEADINGS)
    found = {code(row[0]): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_codes_and_clauses() -> None:
    """The page lists every code with its clause, and no other; own rules have none."""
    listed = {name: None if row[1] == "—" else row[1] for name, row in rows_by_code().items()}
    assert {name: rule.clause for name, rule in RULES.items()} == listed


def test_codes_stand_in_the_order_of_their_groups() -> None:
    """The table is sorted as refusals are."""
    groups = [code(row[2]) for row in rows_by_code().values()]
    assert sorted(groups, key=AREAS.index) == groups


def test_groups_effects_and_settings() -> None:
    """Each code has the group, the effect and the settings that the page gives it."""
    listed = {
        name: (code(row[2]), row[3], tuple(codes(row[5]))) for name, row in rows_by_code().items()
    }
    assert {name: (r.area, r.severity, r.settings) for name, r in RULES.items()} == listed


def test_marks() -> None:
    """A rule is marked own where it has no clause, and reading where one was taken."""
    for name, row in rows_by_code().items():
        rule = RULES[name]
        assert ("own" in row[4]) == (rule.clause is None), name
        assert ("reading" in row[4]) == bool(rule.readings), name


def test_every_rule_is_explained_once() -> None:
    """Every code has one paragraph of its own, which begins with it."""
    explained = re.findall(r"(?m)^- \*\*`([a-z.-]+)`\*\*", PAGE)
    assert sorted(RULES) == sorted(explained)


def test_own_rules_are_marked_where_they_are_explained() -> None:
    """The paragraph of an own rule says (own) at its beginning, others do not."""
    for name, mark in re.findall(r"(?m)^- \*\*`([a-z.-]+)`\*\*( \*\*\(own\)\*\*)?", PAGE):
        assert bool(mark) == (RULES[name].clause is None), name


def test_order_of_groups() -> None:
    """Refusals are listed in the order of the page."""
    section = read_section(PAGE, "Order of refusals")
    assert list(AREAS) == re.findall(r"(?m)^[0-9]+\. `([a-z.]+)`$", section)


def test_readings_with_a_switch() -> None:
    """Each rule with another reading is listed with its setting, default and other value."""
    rows = read_table(
        PAGE, "Code", "Setting", "Default", "Other value", "What the other value does"
    )
    switches = {
        (name, reading.setting): reading
        for name, rule in RULES.items()
        for reading in rule.readings
        if reading.setting
    }
    assert switches.keys() == {(code(row[0]), code(row[1])) for row in rows}
    for row in rows:
        name, setting, default, other = (code(cell) for cell in row[:4])
        table, _, key = setting.partition(".")
        assert setting in RULES[name].settings
        assert getattr(getattr(Settings(), table), key) == tomllib.loads(f"x = {default}")["x"]
        assert switches[name, setting].value == tomllib.loads(f"x = {other}")["x"]
        msgspec.convert({table: {key: switches[name, setting].value}}, Settings)


def test_frames_left_under_both_readings() -> None:
    """The page shows what each reading of 3(2) leaves."""
    rows = read_table(PAGE, "Frames held", "Left under `main`", "Left under `note`")
    assert len(rows) > 3
    for row in rows:
        held, main, note = map(int, row)
        assert frames_left(held, 3, "main") == main
        assert frames_left(held, 3, "note") == note


def test_kinds_and_their_official_names() -> None:
    """Every kind is in the glossary with its official English name."""
    rows = read_table(PAGE, "Kind", "Japanese", "Official English")
    assert {code(row[0]): row[2] for row in rows} == KIND_NAMES
    assert set(KIND_NAMES) == set(Kind.__args__)


def test_recipients_and_their_papers() -> None:
    """Every way of receiving is listed with the papers it needs beside the postcard."""
    from kofucli.model.records import Case

    words = {
        (): "none",
        ("acknowledgement",): "acknowledgement of receipt",
        ("letter-of-request",): "letter of request, signed by the applicant",
    }
    rows = read_table(PAGE, "Recipient", "Notice", "Meaning", "Who", "Papers beside the postcard")
    assert set(Recipient.__args__) == {code(row[0]) for row in rows}
    for row in rows:
        papers = papers_for(Case("X", recipient=code(row[0])))
        assert papers[-1] == "postcard"
        assert words[papers[:-1]] == row[4]


def test_settings_that_are_named_exist() -> None:
    """Every table.key named on the page is one of the configuration."""
    tables = msgspec.structs.fields(Settings)
    known = {
        f"{t.encode_name}.{f.encode_name}"
        for t in tables
        for f in msgspec.structs.fields(getattr(Settings(), t.name))
    }
    names = "|".join(t.encode_name for t in tables)
    named = set(re.findall(rf"`((?:{names})\.[a-z_]+)(?: = [^`]*)?`", PAGE))
    assert named - known <= set(RULES)
    assert len(named) > 20
