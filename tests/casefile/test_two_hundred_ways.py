"""One table, written in two hundred ways that offices know, is read as one meaning.

A way is a choice for each question: which form and encoding, which headings, how a day, an hour, a
number and a yes are written, what else stands in the file. Hypothesis draws the ways; one that is
read otherwise is made smaller until only the choice that matters is left.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kofucli.model import Actor, Case, Frame
from kofucli.operations.booking.bulk import CaseFile, Claim, read_wishes
from kofucli.operations.booking.requests import Wish
from kofucli.settings import Settings
from tests.casefile.support import make_sheet

CLAIM = Claim(Actor("S-1", "甲"), "S-1", lambda agent: agent == "S-1", date(2026, 11, 24))
CASES = (
    Case("横支更20261102211", "extension", collect_by=date(2026, 12, 10)),
    Case("東労C4321", "change", "colleague", collect_by=date(2027, 1, 5)),
    Case("00012345", "acquisition", "professional", True, review="pending"),
)
TABLE = [
    (CASES[0], Frame(date(2026, 11, 25), "10:00"), "急ぎ"),
    (CASES[1], Frame(date(2026, 11, 26), "13:00"), ""),
    (CASES[2], Frame(date(2026, 11, 27), "15:00"), "+81"),
]
"""The table as it is meant: cases, where they are booked, notes."""

WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
DAYS = """
{0}|{0:%Y/%m/%d}|{0.year}/{0.month}/{0.day}|{0.year}.{0.month}.{0.day}|{0:%Y年%m月%d日}
{0.year}年{0.month}月{0.day}日|{0.year}年{0.month}月{0.day}日（{1}）|{0:%Y/%m/%d}({1})
令和{2}年{0.month}月{0.day}日|R{2}.{0.month}.{0.day}|令{2}/{0.month}/{0.day}
㋿{2}年{0.month}月{0.day}日|{0:%Y/%m/%d} 0:00|{0} 00:00:00
"""
"""How a day is written of itself, its weekday, and its year of the era."""
HOURS = """
{0}:00|{0:02d}:00|{0:02d}:00:00|{0}時|{0}時00分|{2}{3}時|{3}:00 {4}|{3}:00:00 {4}
{0}:00-{1}:00|{0}:00～{1}:00|{0}時～{1}時
"""
"""How an hour is written of itself, the next one, and its half of the day."""
NUMBERS: tuple[Callable[[str], str], ...] = (
    *(str, " {}　".format, str.lower),
    lambda number: f"{number[0]}\U000e0100{number[1:]}",  # a variant of a glyph
)
HEADINGS = {
    "number": "number|申請番号|受付番号|申請受付番号|申請 番号|申請\n番号|申請番号欄",
    "kind": "kind|種別|申請種別|種 別",
    "recipient": "recipient|受領区分",
    "birth": "birth|出生",
    "review": "review|審査|審　査",
    "collect_by": "collect_by|受領期限|受取期限|ハガキ期限",
    "date": "date|予約日|予 約 日|予約\n日|来庁日",
    "hour": "hour|時刻|時　刻|来庁時刻",
    "note": "note|備考|備考欄|メモ",
}
WORDS = {
    "kind": {
        "extension": "extension|更新|在留期間更新許可申請",
        "change": "change|変更|CHANGE",
        "acquisition": "acquisition|取得|在留資格取得許可申請",
    },
    "recipient": {"self": "self|ア", "colleague": "イ|ｲ", "professional": "professional|エ"},
    "birth": {"True": "yes|はい|TRUE|○|〇", "False": "no|いいえ|FALSE|×|"},
    "review": {"done": "done|済|○", "pending": "pending|未|×"},
}
ORNAMENTS = "{}|{}欄|{}（必須）|※{}|{}：|【{}】|1.{}|③{}| {} |{}\n(半角)|{}\u200b"
OTHERS = ("氏名", "国籍", "担当", "No.", "電話番号", "枚数", "予約者", "審査官")
CSV, JSON, XLSX = range(3)


def sampled(forms: str) -> st.SearchStrategy[str]:
    return st.sampled_from(
        [form for row in forms.strip("\n").split("\n") for form in row.split("|")]
    )


WAYS = st.fixed_dictionaries(
    {
        "form": st.sampled_from([CSV, JSON, XLSX]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "cp932", "utf-16"]),
        "headings": st.fixed_dictionaries(
            {key: st.sampled_from(names.split("|")) for key, names in HEADINGS.items()}
        ),
        "order": st.permutations(list(HEADINGS)),
        "day": sampled(DAYS),
        "hour": sampled(HOURS),
        "number": st.sampled_from(NUMBERS),
        "wide": st.booleans(),
        "word": st.integers(0, 4),
        "others": st.lists(st.sampled_from(OTHERS), unique=True),
        "cells": st.sampled_from(["text", "values", "one cell"]),
        "ornament": st.sampled_from(ORNAMENTS.split("|")),
    }
).map(lambda choices: SimpleNamespace(**choices))
"""How the table is written."""


def write_day(form: str, day: date | None) -> str:
    return "" if day is None else form.format(day, "月火水木金土日"[day.weekday()], day.year - 2018)


def write_hour(form: str, hour: int) -> str:
    half = ("午前", hour, "AM") if hour < 12 else ("午後", hour - 12, "PM")
    return form.format(hour, hour + 1, *half)


def write_cells(way: Any, case: Case, frame: Frame, note: str) -> dict[str, Any]:
    """Return the cells of a row by key; days and hours are values where the way has such."""
    begins = int(frame.start[:2])
    cells: dict[str, Any] = {
        "number": way.number(case.number),
        "collect_by": write_day(way.day, case.collect_by),
        "date": write_day(way.day, frame.date),
        "hour": write_hour(way.hour, begins),
    }
    if way.cells == "one cell":
        bare = write_day("{0}" if "00" in way.day else way.day, frame.date)
        cells |= {"date": f"{bare} {cells['hour']}", "hour": ""}
    if way.wide:
        cells = {key: text.translate(WIDE) for key, text in cells.items()}
    cells["note"] = note
    for key, words in WORDS.items():
        known = words[str(getattr(case, key))].split("|")
        cells[key] = known[way.word % len(known)]
    if way.cells == "values" and way.form != CSV:
        cells["birth"] = case.birth
    if way.cells == "values" and way.form == XLSX:
        cells |= {"date": frame.date, "hour": time(begins), "collect_by": case.collect_by}
    return cells


def write_file(way: Any) -> bytes:
    """Return the table, with the columns in the order of the way.

    What an encoding of CSV does not have is written as UTF-8.
    """
    lines = [[way.ornament.format(way.headings[key]) for key in way.order] + way.others]
    for row in TABLE:
        cells = write_cells(way, *row)
        lines.append([cells[key] for key in way.order] + ["他"] * len(way.others))
    data = make_sheet(*lines)[way.form]
    try:
        return data.decode().encode(way.encoding) if way.form == CSV else data
    except UnicodeEncodeError:
        return data


@settings(max_examples=200, deadline=None, derandomize=True)
@given(WAYS)
def test_one_meaning(way: Any) -> None:
    wanted = read_wishes([CaseFile(write_file(way))], Settings(), CLAIM)
    found = []
    for wish in wanted.wishes:
        assert isinstance(wish, Wish), way
        found.append((wish.case, wish.frame, wish.note))
    assert found == TABLE
