"""Headings: those that are known, those that are mistyped, and those that are ignored."""

from __future__ import annotations

import json

import pytest

from kofucli.casefile.columns import CASE_COLUMNS, USUAL, Columns
from tests.casefile.support import faults, make_book, notes, read, rows, save

FOREIGN = """
氏名 国籍 生年月日 連絡先 在留期限 依頼者 担当 受付日 提出日 手数料 進捗 会社名
電話番号 担当者 No. 管理番号
受付番号 整理番号 在留資格 在留カード番号 申請日 申請者 申請人 許可日 結果 住所 メモ 請求額 入金日
フリガナ 性別 所属
予約者 予約者名 来庁者 予定日 来社日 来日日 取扱者 name memo nationality status fee
来社予定日 受付予定日 visits 希望者
"""
"""Headings of the sheets that scriveners keep, which mean none of our columns."""


def make_csv(*names: str) -> bytes:
    """Return CSV with a case of the number 1 and these columns beside."""
    cells = ",".join(["1", *(str(at) for at in range(len(names)))])
    return f"{','.join(['申請番号', *names])}\n{cells}\n".encode()


@pytest.mark.parametrize("name", FOREIGN.split())
def test_a_firms_own_columns_are_ignored(name: str) -> None:
    """A heading of a firm's own is ignored, whether or not the known columns are there too."""
    for beside in ([], ["取次者", "時刻"], ["予約日", "時刻", "取次者"]):
        assert (name,) == read(make_csv(name, *beside)).ignored


@pytest.mark.parametrize(("name", "key"), [("備考", "note"), ("受取期限", "collect_by")])
def test_usual_words_are_known(name: str, key: str) -> None:
    """備考, which every sheet has, is a known heading; 受取期限 is as usual as 受領期限."""
    assert [(1, {"number": "1", key: "0"})] == rows(make_csv(name))


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("予約目", "予約日"),
        ("予納日", "予約日"),
        ("約予日", "予約日"),
        ("来序日", "来庁日"),
        ("取次社", "取次者"),
        ("取り次者", "取次者"),
        ("申請番后", "申請番号"),
        ("dat", "date"),
        ("numbr", "number"),
    ],
)
def test_a_mistyped_heading_is_said(name: str, near: str) -> None:
    """A known heading with one wrong character is bad input: its column would be lost."""
    said = f"unknown name '{name}'; did you mean '{near}'?"
    assert [f"heading, column 2: {said}"] == faults(make_csv(name))
    document = json.dumps([{"number": "1"}, {"number": "2", name: "x"}]).encode()
    assert any(fault.endswith(said) for fault in faults(document))


def test_two_of_three_letters_say_little_where_nothing_is_lost() -> None:
    """What shares two of three letters with a column is ignored where that column is there too."""
    assert ("予約目",) == read(make_csv("予約目", "来庁日")).ignored
    document = json.dumps([{"number": "1", "予約目": "x", "来庁日": ""}]).encode()
    assert ("予約目",) == read(document).ignored


def make_sheet(*lines: str) -> list[bytes]:
    """Return a table in each form that is read: CSV, JSON, XLSX."""
    cells = [line.split(",") for line in lines]
    book = make_book(*([cell or None for cell in line] for line in cells))
    objects = [dict(zip(cells[0], line, strict=True)) for line in cells[1:]]
    return ["\n".join(lines).encode(), json.dumps(objects).encode(), save(book)]


@pytest.mark.parametrize("form", [0, 1, 2])
@pytest.mark.parametrize(
    ("name", "key"),
    [
        *((name, "date") for name in ("受取日", "来庁予定日", "交付日", "交付予定日", "希望日")),
        *(("Visit", "date"), ("DAY", "date"), ("希望時間", "hour"), ("希望時刻", "hour")),
        *(("start", "hour"), ("Start", "hour"), ("　受取日", "date")),
    ],
)
def test_usual_headings(form: int, name: str, key: str) -> None:
    """The headings that the program prints, and the offices' ones of day and hour, are read."""
    data = make_sheet(f"number,{name}", "1,2026/11/26", "2,")[form]
    found = [{"number": "1", key: "2026/11/26"}, {"number": "2"}]
    assert (found, []) == ([draft for _, draft in rows(data)], notes(data))
    # Beside a heading that certainly is the day or the hour it is ignored, as before.
    for sure in {"date": ("予約日", "date"), "hour": ("時刻", "hour")}[key]:
        data = make_sheet(f"number,{name},{sure}", "1,1990-01-02,x")[form]
        assert [{"number": "1", key: "x"}] == [draft for _, draft in rows(data)]
        assert (name,) == read(data).ignored


@pytest.mark.parametrize("form", [0, 1, 2])
def test_two_usual_headings(form: int) -> None:
    """Two headings of a day are bad input, unless the configuration says which one it is."""
    data = make_sheet("number,希望日,交付日", "1,2026-11-26,2026-11-27")[form]
    assert "is there twice: 希望日, 交付日" in faults(data)[0]
    ((_, draft),) = read(data, own={"交付日": "date"}).rows
    assert "2026-11-27" == draft["date"]
    ((_, draft),) = read(data, own={"交付日": "collect_by"}).rows
    assert ("2026-11-26", "2026-11-27") == (draft["date"], draft["collect_by"])


@pytest.mark.parametrize("form", [0, 1, 2])
@pytest.mark.parametrize("name", ["期限", "引取期限", "交付期限", "受領日", "受け取り期限"])
def test_a_column_that_may_be_a_last_day(form: int, name: str) -> None:
    """A heading that may mean the last day is ignored with a note, unless collect_by is there."""
    said = (
        "No column gives the last day to collect a result, and ignored ones may: "
        f"{name}. Call the one that is meant 'collect_by' (受領期限)."
    )
    data = make_sheet(f"number,{name},予約日", "1,2026-11-26,", "2,,")[form]
    assert ((name,), [said]) == (read(data).ignored, notes(data))
    for lines in (
        (f"number,{name},受領期限,予約日", "1,2026-11-26,,"),
        (f"number,{name},date", "1,済,"),
    ):
        data = make_sheet(*lines)[form]
        assert ((name,), []) == (read(data).ignored, notes(data))


DATES = "ignored ones hold dates only: 引取日."
HOURS = "ignored ones hold hours only: 来る時."


@pytest.mark.parametrize("form", [0, 1, 2])
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("number,引取日", "1,2026-11-26", "2,", "3,2026年11月27日"), [DATES]),
        (("number,来る時", "1,10:00", "2,１３時", "3,"), [HOURS]),
        (("number,引取日,来る時", "1,2026/11/26,10:00", "2,2026/11/26,11:00"), [DATES, HOURS]),
        (("number,引取日", "1,2026-11-26", "2,未定"), []),
        (("number,引取日,予約日", "1,2026-11-26,2026-11-25"), []),
        (("number,引取日,時刻", "1,2026-11-26,10:00"), [DATES]),
        (("number,No.,生年月日,在留期限,メモ", "1,1,1990-01-02,2026-12-31,", "2,2,,,"), []),
        (("number,引取日", "1,", "2,"), []),
    ],
)
def test_an_ignored_column_full_of_dates(
    form: int, lines: tuple[str, ...], said: list[str]
) -> None:
    """A column of dates that is ignored while rows name no day is named in a note."""
    found = notes(make_sheet(*lines)[form])
    assert len(said) == len(found)
    assert all(part in note for part, note in zip(said, found, strict=True))


def test_a_usual_heading_with_capitals_gives_way_to_a_sure_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Usual headings are compared as all headings are, without regard to capitals and dashes."""
    monkeypatch.setitem(USUAL, "Visit-Day", "date")
    names = {**CASE_COLUMNS, "Visit-Day": "date"}
    alone, beside = (Columns(names, {}, "number") for _ in range(2))
    alone.settle(["Visit-Day"])
    beside.settle(["Visit-Day", "予約日"])
    assert (alone.match("Visit-Day")[0], beside.match("Visit-Day")[0]) == ("date", None)
