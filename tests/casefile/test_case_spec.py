"""A case as it is written: SPECs, places, marks, and characters that nobody sees."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kofucli.base import InputError
from kofucli.base.written_times import read_day, read_hour
from kofucli.casefile import WORDS, build_case, parse_spec
from kofucli.model import Case
from kofucli.model.numbers import normalise_number
from kofucli.settings import Cases, Office, Settings
from tests.casefile.support import drafts, make_sheet, show_phrase


@pytest.mark.parametrize(
    "text",
    [
        "X-2,kind=変更,with=X-1",
        "X-2，kind＝変更，with＝X-1",
        "X-2,種別=変更,同時申請=X-1",
        "X-2、種別＝変更、同時申請＝X-1",
        "X-2, Kind=変更 , ＷＩＴＨ=X-1",
    ],
)
def test_a_spec_has_one_meaning_however_it_is_typed(text: str) -> None:
    """Commas and equals signs of either width, and keys in English or Japanese, mean the same."""
    draft = {key: value.strip() for key, value in parse_spec(text).items()}
    assert {"number": "X-2", "kind": "変更", "with": "X-1"} == draft


def test_what_heads_a_column_of_a_case_file_is_a_key() -> None:
    for word, key in WORDS.items():
        if key != "number":
            assert list(parse_spec(f"X-2,{word}=1")) == ["number", key]


def test_a_key_that_is_unknown_or_twice_is_bad_input() -> None:
    """A key stands once, in whichever language; the number is no key."""
    for text in ("X-2,種別=変更,kind=更新", "X-2,申請番号=X-3", "X-2,種類=変更", "X-2,変更"):
        with pytest.raises(InputError):
            parse_spec(text)


def test_a_japanese_comma_within_a_value_stays() -> None:
    """Without a key behind it 、 is a character like others: an office may be called so."""
    assert parse_spec("X-2,office=東京、品川")["office"] == "東京、品川"


OFFICE = "東京出入国在留管理局横浜支局"


def read_place(key: str, value: str, **settings: Any) -> Any:
    """Return what a place means for an office in Yokohama; None is this office, or its counter."""
    given = Settings(**{"office": Office(name=OFFICE), **settings})
    case, faults = build_case({"number": "X-1", key: value}, given)
    assert faults == []
    return getattr(case, key)


SAME = ("Y", "y", "Ｙ", OFFICE, "東京出入国在留管理局　横浜支局", "横浜支局", " 横浜 支局")
OTHER = ("T", "東京出入国在留管理局", "東京入管", "川崎出張所", "横浜支局川崎出張所", "局", "支局")


@pytest.mark.parametrize("value", [*SAME, "東京入管横浜支局", "東京局横浜支局", *OTHER])
def test_an_office_by_its_short_names(value: str) -> None:
    """1: the office is named by its id, its name, or the short forms that people write.

    The bureau above the branch, and the branches below it, are other offices.
    """
    assert (read_place("office", value) is None) is (value not in OTHER)


def test_an_office_below_a_branch_has_two_short_names() -> None:
    """1: the branch is another office."""
    office = Office(id="K", name=f"{OFFICE}川崎出張所")
    found = {
        name: read_place("office", name, office=office)
        for name in ("川崎出張所", "横浜支局川崎出張所", "横浜支局")
    }
    assert ["横浜支局"] == [name for name, place in found.items() if place == name]
    assert [None, None] == [*found.values()][:2]


@pytest.mark.parametrize(
    "value",
    [
        *("3", "３", "③", "3番", "３番カウンター", "3番窓口", "3 番 窓口", "３番の窓口", "第3窓口"),
        *("③許可・証印", "③「許可・証印」", "「③許可・証印」カウンター", "③許可・証印カウンター"),
        *("3番許可・証印", "３番（許可・証印）", "3番「許可/証印」窓口", "③許可証印", "許可・証印"),
        *("ｶｳﾝﾀｰ3", "Counter 3", "No.3"),
    ],
)
def test_a_counter_by_its_number_and_name(value: str) -> None:
    """1 ※1: the counter as the notice, the postcard and people write it."""
    assert read_place("counter", value) is None
    assert read_place("counter", value, cases=Cases(counter="5")) is not None
    assert read_place("counter", "3", cases=Cases(counter=value)) is None


def test_another_counter_is_another_one() -> None:
    """1 ※1: whatever is not the office's counter stays as it was written."""
    for value in (
        *("5", "⑤", "５番カウンター", "13", "33番", "⑤許可・証印", "許可・証印以外", "番", "窓口"),
        *("カウンター", "3番以外", "1・3番", "3A"),
    ):
        assert read_place("counter", value) is not None, value


# Characters that nobody sees: selectors of glyphs are taken off, others are named.

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
