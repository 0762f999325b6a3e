"""Case numbers: their one spelling, and what is none (own rule)."""

from __future__ import annotations

import pytest

from kofucli.base.language import render
from kofucli.model.numbers import normalise_number
from kofucli.rules.eligibility import fault_of_mention, fault_of_number, fault_of_spelling


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("YOK26-000123", "YOK26-000123"),
        ("yok26-000123", "YOK26-000123"),
        ("  YOK26-1\t\n", "YOK26-1"),
        ("ＸＹＺ－１", "XYZ-1"),
        ("　ＹＯＫ２６－１　", "YOK26-1"),  # full width, and full-width spaces
        ("ﾖｺﾊﾏ-1", "ヨコハマ-1"),  # half-width kana
        ("横浜第１号", "横浜第1号"),
        ("⽇本１", "日本1"),  # a radical, as texts from a PDF have it
        ("ⅳ-1", "IV-1"),
        ("straße", "STRASSE"),
        ("", ""),
        (" \u3000", ""),
    ],
)
def test_a_number_has_one_spelling(text: str, expected: str) -> None:
    assert expected == normalise_number(text)


DASHES = (
    "-\u2010\u2011\u2012\u2013\u2014\u2015"  # the hyphens, figure, en and em dash, horizontal bar
    "\u2212\u207b\u208b"  # minus, and the raised and lowered one
    "\u2e3a\u2e3b\u301c\u3030"  # two and three em dashes, wave and wavy dash
    "\ufe31\ufe32\ufe58\ufe63\uff0d"  # upright, small and full-width forms
)


@pytest.mark.parametrize("dash", DASHES)
def test_every_dash_and_minus_is_a_hyphen(dash: str) -> None:
    assert normalise_number(f"yok{dash}1") == "YOK-1"


@pytest.mark.parametrize("mark", ["ー", "ｰ"])
def test_the_long_vowel_mark_of_kana_is_a_letter_and_between_ascii_a_hyphen(mark: str) -> None:
    """A Japanese keyboard types it for the hyphen."""
    for written, expected in (
        (f"センタ{mark}1", "センター1"),
        (f"横支更2026{mark}1", "横支更2026-1"),
        (f"ａ{mark}１", "A-1"),
        (f"センタ{mark}A{mark}1", "センターA-1"),
    ):
        assert expected == normalise_number(written)
        assert fault_of_number(expected, "") is None


@pytest.mark.parametrize(
    "number",
    [
        *("1", "A1", "-1", "X-1", "横浜1", "ヨコハマ-1", "センター1", "々1", "二〇二六-1"),
        *("ÄÖÜ1", "東支ｘ1".upper()),
        *("1" + "A" * 31, "1" * 32, "1" + "横" * 31),
    ],
)
def test_letters_digits_and_hyphens_are_a_number(number: str) -> None:
    assert fault_of_number(number, "") is None


@pytest.mark.parametrize(
    "number",
    [
        "",
        *("A" * 33, "A" * 10_000),
        *("A B", "A_1", "A.1", "A/1", "A,1", "A=1", "A#1", "A'1", "(1)", "A+1", "A~1"),
        *("A\x001", "A\x1b[31m", "A\x7f", "A\x85B", "A\u200bB", "A\u202eB", "A\ufeffB", "A\nB"),
        *("٣", "१२", "A\u0301", "😀"),
        *("①②", "①横支更1", "横支更1③", "⑴1", "横支更1²", "A₂1", "½-1", "№1", "横支更1㊞"),
    ],
)
def test_other_signs_and_lengths_are_no_number(number: str) -> None:
    """A sign beside a number is no part of it: 横支更1③ is not 横支更13."""
    for written in (number, normalise_number(number)):
        assert fault_of_number(written, "") is not None


NO_NUMBERS = (
    *("合計", "小計", "総計", "計", "以上", "取下げ", "取下", "なし", "無", "未定", "同上", "済"),
    *("申請番号", "備考", "番号は未着", "該当なし", "キャンセル", "センター", "二〇二六", "A" * 32),
    *("-", "--", "－", "ー", "ｰ", "―", "−", "〃", "々", "〇", "×", "○", "ditto", "N/A", "n-a"),
    *("TOTAL", "Ｔｏｔａｌ", "null", "None", "TRUE", "False", "#N/A", "#REF!", "#VALUE!", "nan"),
    *("（取下げ）", "[合計]", "「以上」", "合　計", " 計 ", "※", "...", "・"),
)
"""What offices have in the column of numbers that is no number, and has no digit."""
WITH_A_COUNT = (
    *("合計3", "合計3件", "計3", "計３件", "小計-12", "総計10", "合計3名", "全3件", "以上3件"),
    *("3件", "total3", "ＴＯＴＡＬ－３", "subtotal12", "取下げ1", "11月20日取下げ"),
    *("20261120取下", "未定1", "2件取下げ", "12月1日", "他2件", "ほか２件", "合計3件分", "3名分"),
    *("4人分", "5枚", "6通", "7頁", "令和8年11月25日", "11月24日現在", "10時", "11月分"),
    *("2026年11月度", "1件目", "2ページ"),
    *(
        "横支更1取消",
        "横支更１取消し済み",
        "X-1取下げ",
        "X-1取り下げ済",
        "横支更1キャンセル",
        "X-1済",
    ),
    *("横支更1中止", "横支更1削除", "横支更1不要", "横支更1取止め", "横支更1受領済", "横支更1完了"),
    *("横支更1審査中", "横支更1辞退", "横支更1対象外", "横支更1欠番", "取消横支更1", "欠横支更1"),
    *(
        "11月26日木",
        "11月27日金曜日",
        "26日木",
        "29日日",
        "10時台",
        "10時枠",
        "10時の部",
        "令和8年度",
    ),
    *("TEL045-123-4567", "作成2026-11-24", "11月24日作成", "計3件です"),
    *("横支更100から105", "100と101", "横支更1または2", "100及び101", "横支更1or2"),
    *("横支更100〜105", "横支更100～105", "横支更100 〜 105", "横支更１〰２"),
)
"""The same with a count or a day in it."""
WORDS = (
    *("合計", "小計", "総計", "累計", "総合計", "集計", "計", "全", "総数", "件数", "総件数"),
    *("合計件数", "残", "残り", "TOTAL", "SUBTOTAL", "GRANDTOTAL", "SUM", "COUNT", "以上"),
    *("以下余白", "同上", "取下げ", "取下", "取り下げ", "取下げ済", "取下げ済み", "取消"),
    *("取消し", "キャンセル", "なし", "無し", "未定", "未着", "保留", "完了", "欠番", "別紙"),
    *("注", "備考", "例", "記入例", "サンプル"),
)
"""What is none even with a bare digit behind it."""
OWN_NUMBERS = (
    *("Y261125-0001-7", "y261125-0001-7", "Ｙ２６１１２５－０００１－７", "Y261125–0001−7"),
    *("Y261125ー0001ー7", " Y261125-0001-7\t", "Y261125-48273001-K", "YOKO261125-0001-7"),
    "Y261125-0001-8",  # with a wrong check character too: a command would take it for one
)


@pytest.mark.parametrize(
    "written", [*NO_NUMBERS, *WITH_A_COUNT, *OWN_NUMBERS, *(f"{word}3" for word in WORDS)]
)
@pytest.mark.parametrize("pattern", ["", ".*"])
def test_totals_remarks_and_own_numbers_are_no_case_number(written: str, pattern: str) -> None:
    assert fault_of_number(normalise_number(written), pattern) is not None


@pytest.mark.parametrize("number", ["なし", "-", "X-L", "Y261125-0001-7", "合計"])
def test_a_mentioned_number_needs_right_characters_only(number: str) -> None:
    """What was booked can be named, whatever the pattern says now."""
    assert fault_of_spelling(number) is None
    assert fault_of_mention(number, "") is None
    assert fault_of_mention(number, "[A-Z]+[0-9]") is not None


def test_a_my_number_can_be_named_and_not_be_mentioned() -> None:
    assert fault_of_spelling("123456789018") is None
    assert fault_of_mention("123456789018", "") is not None
    wrong = fault_of_spelling("A B")
    assert wrong is not None
    assert wrong == fault_of_mention("A B", "")


@pytest.mark.parametrize(
    "number",
    [
        *("横支更202600000006", "横支取20260001", "東労C4321", "未来1", "計画1", "全日本1"),
        "無限-2",
        *("総合1", "Y26112500017", "Y261125-0001", "26112-0001-7", "Y261125-001-7", "総計課12"),
        *("令和8年第12号", "注文1", "10時1A", "残高1", "日1", "分1"),
        *("横支更1号", "受領第1号", "1とA", "横支年1", "未定年金1", "年1", "OR1", "1ORA2"),
        *("件1A", "TOTALS1", "NA12", "TRUE1", "第1号", "2026-11-25", "取1", "月1A", "合計X1"),
    ],
)
def test_a_number_may_begin_like_a_remark(number: str) -> None:
    """Own rule: a word that is part of another one, or of a longer number, says nothing."""
    assert fault_of_number(number, "") is None


@pytest.mark.parametrize(
    ("number", "pattern", "expected"),
    [
        ("", "", "it is empty"),
        ("A" * 33, "", "it has 33 characters, at most 32 are allowed"),
        ("A" * 10_000, "", "it has 10000 characters, at most 32 are allowed"),
        ("A_1", "", "only letters, digits and hyphens are allowed"),
        ("合計", "", "it has no digit"),
        ("合計3件", "", "it is a total or a remark"),
        ("Y261125-0001-7", "", "it has the form of a reservation number"),
        ("A-1", "B-[0-9]", "this office's numbers have the form B-[0-9]"),
        ("123456789018", "", "it looks like a My Number (個人番号), which is never collected here"),
    ],
)
def test_a_fault_says_what_is_wrong(number: str, pattern: str, expected: str) -> None:
    fault = fault_of_number(number, pattern)
    assert fault is not None
    assert expected == render(fault, str)


@pytest.mark.parametrize(
    "number",
    [
        "123456789018",  # 1*6 2*5 3*4 4*3 5*2 6*7 7*6 8*5 9*4 0*3 1*2 = 212 = 19 * 11 + 3: 8
        "100000000005",  # 1*6 = 6: 5
        "200000000000",  # 2*6 = 12, remainder 1: 0
        "010000000200",  # 1*5 + 2*3 = 11, remainder 0: 0
        *("1234-5678-9018", "1234-56789018"),
    ],
)
def test_a_my_number_is_refused(number: str) -> None:
    fault = fault_of_number(number, "")
    assert fault is not None
    assert "My Number" in fault.text


@pytest.mark.parametrize(
    "number",
    [
        *("123456789010", "123456789011", "123456789017", "123456789019"),  # the digit is 8
        *("100000000000", "200000000001", "010000000201"),
        *("12345678901", "1234567890180", "0123456789018"),  # not twelve digits
        *("横支更202600000006", "A123456789018", "123456789018A"),  # part of a longer number
        *("A-123456789018", "123456789018-1", "1-1234-5678-9018"),
    ],
)
def test_a_number_may_resemble_a_my_number(number: str) -> None:
    assert fault_of_number(number, "") is None


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        (  # it fits as a whole
            "YOK[0-9]{2}-[0-9]{6}",
            ["YOK26-000123"],
            ["YOK26-00012", "YOK26-0001234", "XYOK26-000123", "横浜1"],
        ),
        ("[0-9]{12}", ["123456789018"], []),  # the form of a My Number
        (".*", [], ["A" * 33, "A B"]),  # length and characters stay as they are
    ],
)
def test_the_pattern_of_an_office(pattern: str, right: list[str], wrong: list[str]) -> None:
    assert [fault_of_number(number, pattern) for number in right] == [None] * len(right)
    assert all(fault_of_number(number, pattern) for number in wrong)


def test_a_character_that_nobody_sees_is_named() -> None:
    fault = fault_of_spelling("A\u200b1")
    assert fault is not None
    assert fault.values == {"code": "U+200B"}
