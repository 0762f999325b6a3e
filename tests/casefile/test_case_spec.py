"""A case as a SPEC: full width, Japanese keys."""

from __future__ import annotations

from typing import Any

import pytest

from kofucli.base.errors import InputError
from kofucli.casefile import WORDS, build_case, parse_spec
from kofucli.settings import Cases, Office, Settings


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


def test_each_word_of_a_column_is_a_key() -> None:
    """What heads a column of a case file is a key of a SPEC."""
    for word, key in WORDS.items():
        if key != "number":
            assert list(parse_spec(f"X-2,{word}=1")) == ["number", key]


@pytest.mark.parametrize(
    "text", ["X-2,種別=変更,kind=更新", "X-2,申請番号=X-3", "X-2,種類=変更", "X-2,変更"]
)
def test_a_key_that_is_unknown_or_twice_is_bad_input(text: str) -> None:
    """A key stands once, in whichever language; the number is no key."""
    with pytest.raises(InputError):
        parse_spec(text)


def test_a_japanese_comma_within_a_value_stays() -> None:
    """Without a key behind it 、 is a character like others: an office may be called so."""
    assert parse_spec("X-2,office=東京、品川")["office"] == "東京、品川"


def read_place(key: str, value: str, **settings: Any) -> Any:
    """Return what a place means for an office in Yokohama; None is this office, or its counter."""
    office = Office(name="東京出入国在留管理局横浜支局")
    case, faults = build_case({"number": "X-1", key: value}, Settings(office=office, **settings))
    assert faults == []
    return getattr(case, key)


@pytest.mark.parametrize(
    "value",
    [
        *("Y", "y", "Ｙ", "東京出入国在留管理局横浜支局", "東京出入国在留管理局　横浜支局"),
        *("横浜支局", " 横浜 支局", "東京入管横浜支局", "東京局横浜支局"),
    ],
)
def test_an_office_by_its_short_name(value: str) -> None:
    """1: the office is named by its id, its name, or the short forms that people write."""
    assert read_place("office", value) is None


@pytest.mark.parametrize(
    "value",
    ["T", "東京出入国在留管理局", "東京入管", "川崎出張所", "横浜支局川崎出張所", "局", "支局"],
)
def test_another_office_is_another_one(value: str) -> None:
    """1: the bureau above the branch, and the branches below it, are other offices."""
    assert read_place("office", value) is not None


def test_an_office_below_a_branch() -> None:
    """1: an office below a branch has two short names, and the branch is another office."""
    office = Office(id="K", name="東京出入国在留管理局横浜支局川崎出張所")
    found = [
        build_case({"number": "1", "office": name}, Settings(office=office))[0]
        for name in ("川崎出張所", "横浜支局川崎出張所", "横浜支局")
    ]
    assert [None, None, "横浜支局"] == [case.office for case in found if case is not None]


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


@pytest.mark.parametrize(
    "value",
    [
        *("5", "⑤", "５番カウンター", "13", "33番", "⑤許可・証印", "許可・証印以外", "番", "窓口"),
        *("カウンター", "3番以外", "1・3番", "3A"),
    ],
)
def test_another_counter_is_another_one(value: str) -> None:
    """1 ※1: whatever is not the office's counter stays as it was written."""
    assert read_place("counter", value) is not None
