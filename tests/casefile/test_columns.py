"""Headings: those that are known, those that are mistyped, and those that are ignored."""

from __future__ import annotations

import json
from datetime import date

import pytest

from kofucli.base import InputError
from kofucli.base.text import abbreviate
from kofucli.casefile.columns import CASE_COLUMNS, USUAL, Columns
from kofucli.casefile.file_rows import Value
from tests.casefile.support import drafts, faults, line, make_merged, make_sheet, notes, read

FOREIGN = """
氏名 国籍 生年月日 連絡先 在留期限 依頼者 担当 受付日 提出日 手数料 進捗 会社名
電話番号 担当者 No. 管理番号
受付番号 整理番号 在留資格 在留カード番号 申請日 申請者 申請人 許可日 結果 住所 請求額 入金日
フリガナ 性別 所属
予約者 予約者名 来庁者 予定日 来社日 来日日 取扱者 name nationality status fee officer
予約枠 予約件数 来庁日数 同時申請人数 同時申請有無 受付窓口 受付区分 予定時刻 交付窓口担当 country
出生地 出生国 審査官 審査日 取次者名 取次者氏名 申請者番号 申請人番号 予約番号 枚数 電話 No №
来社予定日 受付予定日 visits 希望者
"""
"""Headings of the sheets that scriveners keep, which mean none of our columns."""


def make_csv(*names: str) -> bytes:
    cells = ",".join(["1", *(str(at) for at in range(len(names)))])
    return f"{','.join(['申請番号', *names])}\n{cells}\n".encode()


@pytest.mark.parametrize("name", FOREIGN.split())
def test_a_firms_own_columns_are_ignored(name: str) -> None:
    """Whether or not the known columns are there too."""
    for beside in ([], ["取次者", "時刻"], ["予約日", "時刻", "取次者"]):
        assert (name,) == read(make_csv(name, *beside)).ignored


SURE_WORDS = {
    "note": "備考 備考欄 メモ メモ欄 memo 摘要",
    "collect_by": "受取期限 ハガキ期限 はがきの期限 葉書期限 ﾊｶﾞｷ期限",
    "hour": "来庁時刻 来庁時間 予約時間帯 時間帯 開始時刻",
    "date": "ご希望日 来庁年月日 予約日付 来庁希望日",
    "kind": "申請の種別 申請種類",
    "agent": "取次者ID 取次者　ID AgentID",
    "with": "同時申請番号",
}


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for key, names in SURE_WORDS.items() for name in names.split(" ")]
)
def test_words_that_can_mean_only_one_column_are_known(name: str, key: str) -> None:
    assert [{"number": "1", key: "0"}] == drafts(make_csv(name))


@pytest.mark.parametrize(
    "name",
    [
        *("受付番号", "申請受付番号", "受理番号", "受付№", "申請No.", "申請 番号", "申請番号等"),
        "在留申請番号",
    ],
)
def test_the_number_under_other_words(name: str) -> None:
    """受付番号 and the like are the case's number, unless a surer heading gives it."""
    for data in make_sheet(name, "1"):
        assert [{"number": "1"}] == drafts(data)
    for data in make_sheet(f"{name},申請番号", "7,1") if "受" in name else ():
        assert ([{"number": "1"}], (name,)) == (drafts(data), read(data).ignored)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        *((name, "予約日") for name in ("予約目", "予納日", "約予日")),
        *((name, "取次者") for name in ("取次社", "取り次者")),
        *(("来序日", "来庁日"), ("dat", "date")),
    ],
)
def test_a_known_heading_with_one_wrong_character_is_bad_input(name: str, near: str) -> None:
    said = f"unknown name '{name}'; did you mean '{near}'?"
    assert [f"heading, column 2: {said}"] == faults(make_csv(name))
    document = json.dumps([{"number": "1"}, {"number": "2", name: "x"}]).encode()
    assert any(fault.endswith(said) for fault in faults(document))


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        *(("予約日数", "予約日"), ("予納日", "来庁日"), ("取次社", "取次者")),
        *(("前回予約日", "予約日"), ("申請番号2", "date"), ("旧申請番号", "date")),
        # Two of three letters say little where nothing is lost.
        *(("申請種別コード", "kind"), ("dat", "date"), ("予約目", "来庁日")),
        *(("備考1", "備考"), ("備考2", "date"), ("notes", "date"), ("備考欄2", "date")),
        *(("numbr", "note"), ("申請番后", "note")),
    ],
)
def test_a_near_miss_beside_what_it_resembles_is_ignored(name: str, beside: str) -> None:
    assert (name,) == read(make_csv(name, beside)).ignored
    document = json.dumps([{"number": "1"}, {"number": "2", name: "x", beside: ""}]).encode()
    assert (name,) == read(document).ignored


def test_a_near_miss_in_an_object_that_lacks_what_it_resembles() -> None:
    """In JSON an object has its own names: what is there in another one does not count."""
    document = [{"number": "1", "date": ""}, {"number": "2", "dat": "x"}, {"numbr": "3"}]
    assert [
        "row 2: unknown name 'dat'; did you mean 'date'?",
        "row 3: unknown name 'numbr'; did you mean 'number'?",
    ] == faults(json.dumps(document).encode())


ORNATE = """
予約日欄 予約日記入欄 予約日等 ご予約日 御予約日 （必須）予約日 予約日（必須） 予約日(任意)
【必須】予約日 予約日必須 ※予約日 予約日※ ＊予約日 予約日＊ 予約日： 1.予約日
１．予約日 (2)予約日 ③予約日 3)予約日 【予約日】 「予約日」 ■予約日 予約日▼ 予約日（西暦）
予約日（例：2026/11/25）
予約日（必須、例2026/11/25） 予約日（yyyy/mm/dd） 予約の日 予約日(半角で入力してください)
予\u200b約日 予\ufe00約日 予約日\u00ad
"""
BLANKS = ["予 約 日", "予\u3000約\u3000日", "予約\n日", "予約日\r\n（必須）"]


@pytest.mark.parametrize("name", [*ORNATE.split(), *BLANKS])
def test_what_makes_no_difference_in_a_heading(name: str) -> None:
    """Blanks, line ends, invisible characters, and what forms write around a heading are passed."""
    for data in make_sheet(["number", name], ["1", "x"]):
        assert ([{"number": "1", "date": "x"}], ()) == (drafts(data), read(data).ignored)


@pytest.mark.parametrize(
    "name", ["予約日（変更前）", "予約日（第2希望）", "第1予約日", "(予約日", "必須", "欄", "※"]
)
def test_a_remark_that_says_which_one_makes_a_difference(name: str) -> None:
    """A bracket that may say which day it is, and what is an ornament only, is no known heading."""
    found = read(make_csv(name, "来庁日"))
    assert "date" not in found.names or (name,) == found.ignored


@pytest.mark.parametrize("part", ["(例:", "(数字", "例", "1.", "の", "(必須", "【", "必須"])
def test_a_heading_of_nothing_but_ornaments_is_unknown_at_once(part: str) -> None:
    names = [part * count for count in (2, 29, 60, 5_000 // len(part))]
    assert tuple(dict.fromkeys(map(abbreviate, names))) == read(make_csv(*names)).ignored


@pytest.mark.parametrize(
    ("name", "key"),
    [
        *((name, "date") for name in ("受取日", "来庁予定日", "交付日", "交付予定日", "希望日")),
        *((name, "date") for name in ("Visit", "DAY", "　受取日")),
        *((name, "hour") for name in ("希望時間", "希望時刻", "start", "Start")),
    ],
)
def test_usual_headings(name: str, key: str) -> None:
    """The headings that the program prints, and the offices' ones of day and hour, are read.

    Beside a heading that certainly is the day or the hour such a one is ignored.
    """
    for data in make_sheet(f"number,{name}", "1,2026/11/26", "2,"):
        assert [{"number": "1", key: "2026/11/26"}, {"number": "2"}] == drafts(data)
        assert [] == notes(data)
    for sure in {"date": ("予約日", "date"), "hour": ("時刻", "hour")}[key]:
        for data in make_sheet(f"number,{name},{sure}", "1,1990-01-02,x"):
            assert ([{"number": "1", key: "x"}], (name,)) == (drafts(data), read(data).ignored)


def test_two_usual_headings_are_refused_unless_the_configuration_says_which() -> None:
    for data in make_sheet("受付番号,受理番号", "1,2"):
        assert "is there twice: 受付番号, 受理番号" in faults(data)[0]
    for data in make_sheet("number,希望日,交付日", "1,2026-11-26,2026-11-27"):
        assert "is there twice: 希望日, 交付日" in faults(data)[0]
        ((_, draft),) = read(data, own={"交付日": "date"}).rows
        assert "2026-11-27" == draft["date"]
        ((_, draft),) = read(data, own={"交付日": "collect_by"}).rows
        assert ("2026-11-26", "2026-11-27") == (draft["date"], draft["collect_by"])


@pytest.mark.parametrize("name", ["期限", "引取期限", "交付期限", "受領日", "受け取り期限"])
def test_a_heading_that_may_mean_the_last_day_is_noted_unless_one_does(name: str) -> None:
    said = (
        "No column gives the last day to collect a result, and ignored ones may: "
        f"{name}. Call the one that is meant 'collect_by' (受領期限)."
    )
    for lines, told in (
        ((f"number,{name},予約日", "1,2026-11-26,", "2,,"), [said]),
        ((f"number,{name},受領期限,予約日", "1,2026-11-26,,"), []),
        ((f"number,{name},date", "1,済,"), []),
    ):
        for data in make_sheet(*lines):
            assert ((name,), told) == (read(data).ignored, notes(data))


DAYS = {"date": {"11/26": {(11, 26)}, "１１/２７(金)": {(11, 27)}}}
DATES = "ignored ones hold dates only: 引取日."
HOURS = "ignored ones hold hours only: 来る時."


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("number,引取日", "1,2026-11-26", "2,", "3,2026年11月27日"), [DATES]),
        (("number,来る時", "1,10:00", "2,１３時", "3,"), [HOURS]),
        (("number,引取日,来る時", "1,2026/11/26,10:00", "2,2026/11/26,11:00"), [DATES, HOURS]),
        (("number,引取日", "1,2026-11-26", "2,未定"), [DATES]),
        (("number,引取日", "1,2026-11-26", "2,郵送"), []),
        (("number,引取日,予約日", "1,2026-11-26,2026-11-25"), []),
        (("number,引取日,時刻", "1,2026-11-26,10:00"), [DATES]),
        (("number,No.,生年月日,在留期限,メモ", "1,1,1990-01-02,2026-12-31,", "2,2,,,"), []),
        (("number,引取日", "1,", "2,"), []),
    ],
)
def test_an_ignored_column_of_dates_is_noted_while_rows_name_no_day(
    lines: tuple[str, ...], said: list[str]
) -> None:
    for data in make_sheet(*lines):
        found = notes(data)
        assert len(said) == len(found)
        assert all(part in note for part, note in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        (("number,いつ", "1,10:00", "2,", "3,午後1時"), {"hour": {"いつ": {"10:00", "13:00"}}}),
        (("number,いつ,時刻", "1,10:00,"), {}),
        (("number,希望時間,時刻", "1,10:00,"), {"hour": {"希望時間": {"10:00"}}}),
        (("number,いつ,予約日", "1,10:00,2026-11-25 11:00"), {}),
        (("number,いつ,時刻", "1,2026-11-25,2026-11-26 10:00"), {}),
        (("number,いつ", "1,10:00", "2,未定"), {"hour": {"いつ": {"10:00"}}}),
        (("number,いつ", "1,10:00", "2,郵送"), {}),
        (("number,いつ", "1,10"), {}),
        (("number,時間枠", "1,14", "2,9"), {"hour": {"時間枠": {"14:00", "09:00"}}}),
        (("number,pickup time", "1,14"), {"hour": {"pickup time": {"14:00"}}}),
        (("number,残業時間,時間枠,slots used", "1,10,30,10"), {}),
        (("number,時,分", "1,10,0", "2,13時,0"), {"hour": {"時": {"10:00", "13:00"}}}),
        (("number,10:00,11:00", "1,,○"), {"hour": {"11:00": {"11:00"}}}),
        (("number,月,日", "1,11,26", "2,12,1日"), {"date": {"日": {(0, 26), (0, 1)}}}),
        (("number,予約日（月）,予約日（日）", "1,11,26"), {"date": {"予約日（日）": {(0, 26)}}}),
        (("number,11/26,１１/２７(金)", "1,○,", "2,,○"), DAYS),
        (("number,時,時刻,日,予約日", "1,10,,26,2026-11-25 11:00"), {}),
        (("number,曜日,同日,臨時,月日", "1,26,26,10,26"), {}),
        (("number,日", "1,26", "2,土"), {}),
        (("number,いつ", "1,26日（木）10時", "2,27日 金"), {"date": {"いつ": {(0, 26), (0, 27)}}}),
        (("number,いつ", "1,26日間", "2,27日"), {}),
        (("number,所要時間", "1,10:00"), {}),
    ],
)
def test_an_ignored_column_is_told_where_no_row_names_its_day_or_its_hour(
    lines: tuple[str, ...], lost: dict[str, dict[str, set[Value]]]
) -> None:
    """A heading that is one itself with marks below, or the column of a part, holds such, too."""
    for data in make_sheet(*lines):
        assert lost == read(data).lost


LEFT = "Rows with nothing in the columns that are read were left out: "


@pytest.mark.parametrize(
    ("lines", "lost", "said"),
    [
        (("number,来る", ",日付", "1,2026-11-26"), {"date": {"来る": {date(2026, 11, 26)}}}, "2"),
        (("number,氏名,date", "1,甲,2026-11-26", ",乙 X-2,", ",,"), {}, "3"),
        (("No.,number,氏名", "1,1,甲", "2,,", "3,,"), {}, ""),
        (("number,note,氏名", "1,,", " ,,合計 1"), {}, "3"),
    ],
)
def test_a_row_with_nothing_in_known_columns_is_no_row_of_an_ignored_one(
    lines: tuple[str, ...], lost: dict[str, dict[str, set[date]]], said: str
) -> None:
    """It is told, but for a form's rows that are not filled in, and says nothing of a column."""
    for at, data in enumerate(make_sheet(*lines)):
        found = read(data)
        told = f"{LEFT}{int(said) - (at == 1)}." if said else None
        assert (["1"], lost) == ([draft["number"] for _, draft in found.rows], found.lost)
        assert [told] * bool(said) == [each for each in notes(data) if each.startswith(LEFT)]


def test_a_row_of_its_own_may_be_merged() -> None:
    """It is one merged cell over all columns, mostly."""
    cells = line("順", "number") + line("11月26日（木）") + line("1", "X-1")
    assert [{(11, 26)}] == list(read(make_merged(cells, ["A2:B2"])).apart["date"].values())


@pytest.mark.parametrize(
    ("lines", "key", "values"),
    [
        (("No.,number", "11月26日（木）,", "1,1"), "date", {(11, 26)}),
        (("氏名,number", "２０２６/11/26,", "甲,1"), "date", {date(2026, 11, 26)}),
        (("No.,number,date", "11月26日（木）,,", "1,1,2026-11-26"), "date", None),
        (("No.,number,date", "11月26日（木）,,", "1,1,"), "date", None),
        (("No.,number,在留期限", "x,,2026-11-26", "1,1,"), "date", None),
        (("No.,number,date", "10時,,", "1,1,2026-11-26"), "hour", {"10:00"}),
        (("No.,number,時刻", "10時,,", "1,1,11:00"), "hour", None),
        (("No.,number,date", "10,,", "1,1,2026-11-26 11:00"), "hour", None),
    ],
)
def test_a_row_of_its_own_may_have_the_day_or_the_hour_of_those_below(
    lines: tuple[str, ...], key: str, values: set[Value] | None
) -> None:
    for data in make_sheet(*lines):
        found = read(data).apart.get(key, {})
        assert [values] * (values is not None) == list(found.values())


@pytest.mark.parametrize(
    "cell", ["以下取消", "【取消分】", "以下キャンセル", "取下げ済み", "Cancelled", "ｷｬﾝｾﾙ分"]
)
def test_a_row_of_its_own_may_say_that_others_are_not_meant(cell: str) -> None:
    for data in make_sheet("No.,number", "1,1", f"{cell},", "2,2"):
        with pytest.raises(InputError) as refused:
            read(data)
        (problem,) = refused.value.problems
        assert ("row {row}", {"row": 2}) == (problem.where.text, problem.where.values)


@pytest.mark.parametrize(
    ("lines", "column"),
    [
        (("number,種別,申請種類", "1,変更,永住", "2,,永住"), "kind"),
        (("number,受領期限,ハガキ期限", "1,,2026-11-24"), "collect_by"),
        (("number,受領区分,受取区分", "1,,エ"), "recipient"),
        (("申請番号,受付番号", "1,", ",2"), "number"),
    ],
)
def test_a_value_under_a_second_heading_is_never_dropped(
    lines: tuple[str, ...], column: str
) -> None:
    for data in make_sheet(*lines):
        with pytest.raises(InputError) as refused:
            read(data)
        (problem,) = refused.value.problems
        assert column in str(problem.where.values)


def test_a_second_heading_may_differ() -> None:
    for data in make_sheet("number,種別,申請種類", "1,変更,永住", "2,,"):
        assert 2 == len(read(data).rows)


@pytest.mark.parametrize(
    "name", ["生年\n月日", "在 留 期 限", "申請\u3000日", "Date of\nbirth", "due date", "受付 時刻"]
)
def test_days_of_other_things_with_blanks(name: str) -> None:
    """A heading in two lines is shown in one, and is no less that of another day."""
    for cell in ("2026-11-26", "10:00"):
        for found in map(read, make_sheet(["number", name], ["1", cell])):
            assert ((name.replace("\n", " "),), {}, ()) == (found.ignored, found.lost, found.notes)


def test_a_usual_heading_with_capitals_gives_way_to_a_sure_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Usual headings are compared as all headings are, without regard to capitals and dashes."""
    monkeypatch.setitem(USUAL, "Visit-Day", "date")
    names = {**CASE_COLUMNS, "Visit-Day": "date"}
    for headings, meant in ((["Visit-Day"], "date"), (["Visit-Day", "予約日"], None)):
        columns = Columns(names, {}, "number")
        columns.settle(headings)
        assert columns.match("Visit-Day")[0] == meant
