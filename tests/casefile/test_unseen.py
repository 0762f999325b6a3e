"""Characters that nobody sees: selectors of glyphs are taken off, others are named."""

from __future__ import annotations

from datetime import date

import pytest

from kofucli.base.written_times import read_day, read_hour
from kofucli.casefile import build_case, parse_spec
from kofucli.model.numbers import normalise_number
from kofucli.model.records import Case
from kofucli.settings import Settings
from tests.casefile.support import drafts, make_sheet, show_phrase

SELECTORS = ["\ufe00", "\ufe0e", "\ufe0f", "\U000e0100", "\U000e01ef"]
UNSEEN = [
    *("\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202e", "\u2060", "\u2066"),
    *("\ufeff", "\xad", "\u061c", "\u180e", "\u180b", "\u034f", "\u3164", "\u115f", "\uffa0"),
    *("\u2800", "\U000e0041", "\x07", "\x7f", "\x85"),
]
SAID = "it holds an invisible character (U+200B); delete it"


def read(number: str = "X-1", **draft: str) -> Case | list[str]:
    """Return the case that a draft means, or its faults."""
    case, faults = build_case({"number": number, **draft}, Settings())
    return case if case is not None else [f"{key}: {show_phrase(fault)}" for key, fault in faults]


@pytest.mark.parametrize("selector", SELECTORS)
def test_selectors_of_glyphs_are_taken_off(selector: str) -> None:
    """A selector chooses a glyph of the same character: number, id and value are the same."""
    assert read("横支更1") == read(f"横{selector}支更1{selector}")
    assert "S-1" == normalise_number(f"s{selector}-1")
    assert read(review="pending") == read(review=f"未{selector}")
    assert [{"number": "X-1"}] == drafts(f"申{selector}請番号\nX-1".encode())
    assert date(2026, 11, 25) == read_day(f"2026{selector}/11/25")[0]
    assert "10:00" == read_hour(f"10:00{selector}")[0]


@pytest.mark.parametrize("char", UNSEEN)
def test_others_are_named_but_in_a_heading(char: str) -> None:
    """A number with another such character is bad input: never another number.

    In a heading, and in the key of a SPEC, it makes no difference.
    """
    for number in ("横支更2026{}1", "横支更20261{}1", "X{}-1", "{}東労C1a"):
        found = read(number.format(char))
        if isinstance(found, Case):
            assert char.isspace()
            assert found.number == number.format("").upper()
        else:
            (fault,) = found
            assert f"it holds an invisible character (U+{ord(char):04X})" in fault
    if not char.isascii():
        assert [{"number": "X-1"}] == drafts(f"申{char}請番号{char}\nX-1".encode())
        assert {"number": "X-1", "kind": "更新"} == parse_spec(f"X-1,{char}種{char}別=更新")


def test_such_a_character_in_a_value_a_day_or_an_hour_is_named() -> None:
    assert [f"kind: {SAID}"] == read(kind="更新\u200b")
    for fault in (read_day("2026/11/25\u200b")[1], read_hour("10:\u200b00")[1]):
        assert fault is not None
        assert show_phrase(fault) == SAID


@pytest.mark.parametrize(
    ("key", "words"), [("birth", ("yes", "no")), ("review", ("done", "pending"))]
)
def test_marks_for_yes_and_no(key: str, words: tuple[str, str]) -> None:
    for word, marks in zip(words, ("○〇◯⭕✓✔☑✅レﾚ済", "×✕✖✗✘❌☐未"), strict=True):
        for mark in (*marks, *(f"{mark}\ufe0f" for mark in marks)):
            assert read(**{key: word}) == read(**{key: f" {mark} "})


def test_other_columns_have_no_marks_and_are_quoted_as_typed() -> None:
    """A mark says nothing about a kind or a way of filing, and ① is no 1."""
    for key in ("kind", "filed", "recipient"):
        assert f"{key}: unknown value '○'" in str(read(**{key: "○"}))
    assert "unknown value '①更新'" in str(read(kind="①更新"))


@pytest.mark.parametrize("value", [True, False])
def test_truth_values_in_every_form(value: bool) -> None:
    sheets = make_sheet(["number", "birth", "review"], ["X-1", value, value])
    cases = [read(**draft) for data in sheets for draft in drafts(data)]
    assert [read(birth="○×"[not value], review="済未"[not value])] * 3 == cases
    for text in ("TRUE True true ＴＲＵＥ" if value else "FALSE False false ＦＡＬＳＥ").split():
        assert read(birth="yes" if value else "no") == read(birth=text)
