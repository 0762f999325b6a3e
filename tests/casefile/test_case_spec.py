"""A case as a SPEC: full width, Japanese keys."""

from __future__ import annotations

import pytest

from kofucli.base.errors import InputError
from kofucli.casefile.case_spec import WORDS, parse_spec


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
