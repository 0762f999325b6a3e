"""Characters that nobody sees: selectors of glyphs are taken off, others are named."""

from __future__ import annotations

from datetime import date

import pytest

from kofucli.base.written_times import read_day, read_hour
from kofucli.casefile import build_case, parse_spec
from kofucli.model.numbers import normalise_number
from kofucli.model.records import Case
from kofucli.settings import Settings
from tests.casefile.support import make_sheet, rows, show_phrase

SELECTORS = ["\ufe00", "\ufe0e", "\ufe0f", "\U000e0100", "\U000e01ef"]
UNSEEN = [
    *("\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202e", "\u2060", "\u2066"),
    *("\ufeff", "\xad", "\u061c", "\u180e", "\u180b", "\u034f", "\u3164", "\u115f", "\uffa0"),
    *("\u2800", "\U000e0041", "\x07", "\x7f", "\x85"),
]


def read(**draft: str) -> Case | list[str]:
    """Return the case that a draft means, or its faults."""
    case, faults = build_case(draft, Settings())
    return case if case is not None else [f"{key}: {show_phrase(fault)}" for key, fault in faults]


@pytest.mark.parametrize("selector", SELECTORS)
def test_selectors_of_glyphs(selector: str) -> None:
    """A selector chooses a glyph of the same character: number, id and value are the same."""
    assert read(number="横支更1") == read(number=f"横{selector}支更1{selector}")
    assert "S-1" == normalise_number(f"s{selector}-1")
    assert read(number="X-1", review="pending") == read(number="X-1", review=f"未{selector}")
    assert [(1, {"number": "X-1"})] == rows(f"申{selector}請番号\nX-1".encode())


@pytest.mark.parametrize("char", UNSEEN)
@pytest.mark.parametrize("number", ["横支更2026{}1", "横支更20261{}1", "X{}-1", "{}東労C1a"])
def test_other_characters_nobody_sees(char: str, number: str) -> None:
    """A number with another such character is bad input, which names it: never another number."""
    found = read(number=number.format(char))
    if isinstance(found, Case):
        assert char.isspace()
        assert found.number == number.format("").upper()
    else:
        (fault,) = found
        assert f"it holds an invisible character (U+{ord(char):04X})" in fault


def test_such_a_character_in_a_value() -> None:
    """A value with such a character is bad input, which names it."""
    assert ["kind: it holds an invisible character (U+200B); delete it"] == read(
        number="X-1", kind="更新\u200b"
    )


@pytest.mark.parametrize("char", [char for char in UNSEEN if not char.isascii()])
def test_such_a_character_in_a_heading(char: str) -> None:
    """In a heading, and in the key of a SPEC, they make no difference."""
    assert [(1, {"number": "X-1"})] == rows(f"申{char}請番号{char}\nX-1".encode())
    assert {"number": "X-1", "kind": "更新"} == parse_spec(f"X-1,{char}種{char}別=更新")


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("birth", {"yes": "○〇◯⭕✓✔☑✅レﾚ済", "no": "×✕✖✗✘❌☐未"}),
        ("review", {"done": "○〇◯⭕✓✔☑✅レﾚ済", "pending": "×✕✖✗✘❌☐未"}),
    ],
)
def test_marks_for_yes_and_no(key: str, values: dict[str, str]) -> None:
    """Marks mean yes and no, and that a review is done or pending."""
    for word, marks in values.items():
        for mark in (*marks, *(f"{mark}\ufe0f" for mark in marks)):
            assert read(number="X-1", **{key: word}) == read(number="X-1", **{key: f" {mark} "})


@pytest.mark.parametrize(
    ("yes", "no"),
    [("TRUE", "FALSE"), ("True", "False"), ("true", "false"), ("ＴＲＵＥ", "ＦＡＬＳＥ")],
)
def test_truth_values_as_text(yes: str, no: str) -> None:
    """TRUE in CSV is what the truth value of a workbook is."""
    assert read(number="X-1", birth="yes") == read(number="X-1", birth=yes)
    assert read(number="X-1", birth="no") == read(number="X-1", birth=no)


def test_marks_of_other_columns() -> None:
    """A mark says nothing about a kind or a way of filing."""
    for key in ("kind", "filed", "recipient"):
        assert f"{key}: unknown value '○'" in str(read(number="X-1", **{key: "○"}))


def test_a_value_is_quoted_as_it_is_typed() -> None:
    """An error quotes what was typed, not what it becomes: ① is no 1."""
    assert "unknown value '①更新'" in str(read(number="X-1", kind="①更新"))


def test_such_a_character_in_a_day_or_an_hour() -> None:
    """A day and an hour take selectors of glyphs off and name any other such character."""
    assert date(2026, 11, 25) == read_day("2026\ufe0f/11/25")[0]
    assert "10:00" == read_hour("10:00\ufe0f")[0]
    for fault in (read_day("2026/11/25\u200b")[1], read_hour("10:\u200b00")[1]):
        assert fault is not None
        assert "it holds an invisible character (U+200B); delete it" == show_phrase(fault)


@pytest.mark.parametrize("value", [True, False])
def test_truth_values_in_every_form(value: bool) -> None:
    """A truth value says the same in CSV, JSON and a workbook: of a birth and of a review."""
    sheets = make_sheet(["number", "birth", "review"], ["X-1", value, value])
    cases = [read(**draft) for data in sheets for _, draft in rows(data)]
    assert [read(number="X-1", birth="○×"[not value], review="済未"[not value])] * 3 == cases
