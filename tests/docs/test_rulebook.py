"""docs/rulebook.md against the rules as they are."""

from __future__ import annotations

import re
import tomllib

import msgspec

from kofucli.model import Case, Kind, Recipient
from kofucli.output.words import KIND_NAMES
from kofucli.rules import AREAS
from kofucli.rules.availability import frames_left
from kofucli.rules.eligibility import papers_for
from kofucli.rules.wording import RULES
from kofucli.settings import Settings
from tests.docs.pages import by_name, code, codes, read_page, read_section, read_table

PAGE = read_page("rulebook")


def test_the_table_of_codes() -> None:
    """In the order of refusals; an own rule and one with a reading taken are marked so."""
    rows = read_table(PAGE, "Code", "Clause", "Group", "Effect", "Mark", "Settings")
    listed = {
        code(name): (None if clause == "—" else clause, code(group), effect, tuple(codes(named)))
        for name, clause, group, effect, _, named in rows
    }
    assert len(listed) == len(rows)
    assert {n: (r.clause, r.area, r.severity, r.settings) for n, r in RULES.items()} == listed
    assert sorted(listed.values(), key=lambda row: AREAS.index(row[1])) == [*listed.values()]
    for row in rows:
        rule, mark = RULES[code(row[0])], row[4]
        assert ("own" in mark, "reading" in mark) == (rule.clause is None, bool(rule.readings)), row


def test_every_rule_is_explained_once() -> None:
    """Every code has one paragraph, which begins with it, and with (own) for an own rule."""
    told = re.findall(r"(?m)^- \*\*`([a-z.-]+)`\*\*( \*\*\(own\)\*\*)?", PAGE)
    assert sorted((name, rule.clause is None) for name, rule in RULES.items()) == sorted(
        (name, bool(own)) for name, own in told
    )


def test_refusals_are_listed_in_the_order_of_the_page() -> None:
    section = read_section(PAGE, "Order of refusals")
    assert list(AREAS) == re.findall(r"(?m)^[0-9]+\. `([a-z.]+)`$", section)


def test_readings_with_a_switch() -> None:
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
        assert by_name(Settings())[setting] == tomllib.loads(f"x = {default}")["x"]
        assert switches[name, setting].value == tomllib.loads(f"x = {other}")["x"]
        msgspec.convert({table: {key: switches[name, setting].value}}, Settings)


def test_the_page_shows_what_each_reading_leaves() -> None:
    rows = read_table(PAGE, "Frames held", "Left under `main`", "Left under `note`")
    assert len(rows) > 3
    for row in rows:
        held, main, note = map(int, row)
        assert frames_left(held, 3, "main") == main
        assert frames_left(held, 3, "note") == note


def test_every_kind_has_its_official_name() -> None:
    rows = read_table(PAGE, "Kind", "Japanese", "Official English")
    assert {code(row[0]): row[2] for row in rows} == KIND_NAMES
    assert set(KIND_NAMES) == set(Kind.__args__)


def test_every_way_of_receiving_has_its_papers() -> None:
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


def test_every_setting_that_is_named_exists() -> None:
    known = by_name(Settings()).keys()
    names = "|".join({name.partition(".")[0] for name in known})
    named = set(re.findall(rf"`((?:{names})\.[a-z_]+)(?: = [^`]*)?`", PAGE))
    assert named - known <= RULES.keys()
    assert len(named) > 20
