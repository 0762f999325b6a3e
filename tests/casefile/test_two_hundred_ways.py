"""One table, written in two hundred ways that offices know, is read as one meaning.

A way is a choice for each question: which form and encoding, which headings, how a day, an hour, a
number and a yes are written, what else stands in the file. Hypothesis draws the ways; one that is
read otherwise is made smaller until only the choice that matters is left.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.styles import Font

from kofucli.model import Actor, Case, Frame
from kofucli.operations.booking.bulk import CaseFile, Claim, read_wishes
from kofucli.operations.booking.requests import Wish
from kofucli.settings import Settings

_CLAIM = Claim(Actor("S-1", "甲"), "S-1", lambda agent: agent == "S-1", date(2026, 11, 24))


TABLE = [
    (
        Case("横支更20261102211", "extension", collect_by=date(2026, 12, 10)),
        Frame(date(2026, 11, 25), "10:00"),
        "急ぎ",
    ),
    (
        Case("東労C4321", "change", "colleague", collect_by=date(2027, 1, 5)),
        Frame(date(2026, 11, 26), "13:00"),
        "",
    ),
    (
        Case(
            *("00012345", "acquisition", "professional", True),
            review="pending",
            collect_by=date(2026, 12, 1),
        ),
        Frame(date(2026, 11, 27), "15:00"),
        "=1+1",
    ),
]
"""The table as it is meant: cases, where they are booked, notes."""

_WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


def wide(text: str) -> str:
    """Return a text in full width."""
    return text.translate(_WIDE)


def _weekday(day: date) -> str:
    return "月火水木金土日"[day.weekday()]


DAYS: dict[str, Callable[[date], str]] = {
    "iso": date.isoformat,
    "slashes": lambda day: f"{day.year}/{day.month}/{day.day}",
    "dots": lambda day: f"{day.year}.{day.month}.{day.day}",
    "kanji": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "padded kanji": lambda day: f"{day.year}年{day.month:02d}月{day.day:02d}日",
    "weekday": lambda day: f"{day.year}/{day.month}/{day.day}({_weekday(day)})",
    "wide weekday": lambda day: f"{day.year}年{day.month}月{day.day}日（{_weekday(day)}）",
    "era": lambda day: f"令和{day.year - 2018}年{day.month}月{day.day}日",
    "letter of the era": lambda day: f"R{day.year - 2018}.{day.month}.{day.day}",
    "short era": lambda day: f"令{day.year - 2018}/{day.month}/{day.day}",
    "one sign": lambda day: f"㋿{day.year - 2018}年{day.month}月{day.day}日",
    "midnight": lambda day: f"{day.year}/{day.month}/{day.day} 0:00",
    "midnight in full": lambda day: f"{day} 00:00:00",
    "wide": lambda day: wide(f"{day.year}/{day.month}/{day.day}"),
}


def _noon(hour: int) -> str:
    return f"午前{hour}時" if hour < 12 else f"午後{hour - 12}時"


HOURS: dict[str, Callable[[int], str]] = {
    "clock": lambda hour: f"{hour}:00",
    "padded": lambda hour: f"{hour:02d}:00",
    "seconds": lambda hour: f"{hour:02d}:00:00",
    "kanji": lambda hour: f"{hour}時",
    "minutes": lambda hour: f"{hour}時00分",
    "before noon": _noon,
    "am": lambda hour: f"{(hour - 1) % 12 + 1}:00 {'AM' if hour < 12 else 'PM'}",
    "am with seconds": lambda hour: f"{(hour - 1) % 12 + 1}:00:00 {'AM' if hour < 12 else 'PM'}",
    "range": lambda hour: f"{hour}:00-{hour + 1}:00",
    "wave": lambda hour: f"{hour}:00～{hour + 1}:00",
    "kanji range": lambda hour: f"{hour}時～{hour + 1}時",
    "wide": lambda hour: wide(f"{hour}:00"),
}
NUMBERS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "blanks": lambda number: f" {number}　",
    "wide": wide,
    "lower": str.lower,
    "variant of a glyph": lambda number: f"{number[0]}\U000e0100{number[1:]}",
}
HEADINGS: dict[str, tuple[str, ...]] = {
    "number": (
        *("number", "申請番号", "受付番号", "申請受付番号"),
        *("申請 番号", "申請\n番号", "申請番号欄"),
    ),
    "kind": ("kind", "種別", "申請種別", "種 別"),
    "recipient": ("recipient", "受領区分"),
    "birth": ("birth", "出生"),
    "review": ("review", "審査", "審　査"),
    "collect_by": ("collect_by", "受領期限", "受取期限", "ハガキ期限"),
    "date": ("date", "予約日", "予 約 日", "予約\n日", "来庁日"),
    "hour": ("hour", "時刻", "時　刻", "来庁時刻"),
    "note": ("note", "備考", "備考欄", "メモ"),
}
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "kind": {
        "extension": ("extension", "更新", "在留期間更新許可申請"),
        "change": ("change", "変更", "CHANGE"),
        "acquisition": ("acquisition", "取得", "在留資格取得許可申請"),
    },
    "recipient": {
        "self": ("self", "ア"),
        "colleague": ("colleague", "イ", "ｲ"),
        "professional": ("professional", "エ"),
    },
    "birth": {
        "True": ("yes", "はい", "TRUE", "○", "〇"),
        "False": ("no", "いいえ", "FALSE", "×", ""),
    },
    "review": {"done": ("done", "済", "○"), "pending": ("pending", "未", "×")},
}
ORNAMENTS = (
    *("{}", "{}欄", "{}（必須）", "※{}", "{}：", "【{}】", "1.{}", "③{}", " {} "),
    *("{}\n(半角)", "{}\u200b"),
)
OTHERS = ("氏名", "国籍", "担当", "No.", "電話番号", "枚数", "予約者", "審査官")
FORMATS = ("yyyy/m/d", "yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "[$-411]ggge年m月d日", "m/d/yyyy")


WAYS = st.fixed_dictionaries(
    {
        "form": st.sampled_from(["csv", "xlsx", "json", "json lines"]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-be"]),
        "delimiter": st.sampled_from([",", ";", "\t"]),
        "line_end": st.sampled_from(["\n", "\r\n", "\r"]),
        "headings": st.fixed_dictionaries(
            {key: st.sampled_from(names) for key, names in HEADINGS.items()}
        ),
        "order": st.permutations(list(HEADINGS)),
        "day": st.sampled_from(list(DAYS)),
        "hour": st.sampled_from(list(HOURS)),
        "number": st.sampled_from(list(NUMBERS)),
        "word": st.integers(0, 4),
        "others": st.lists(st.sampled_from(OTHERS), unique=True),
        "cells": st.sampled_from(["text", "values", "one cell"]),
        "format": st.sampled_from(FORMATS),
        "above": st.integers(0, 3),
        "quoting": st.sampled_from(["least", "all", "equals"]),
        "ends": st.sampled_from(["", "\x1a", "\n\n", ",,\n"]),
        "ornament": st.sampled_from(ORNAMENTS),
    }
).map(lambda choices: SimpleNamespace(**choices))
"""How the table is written."""


def write_cells(way: Any, case: Case, frame: Frame, note: str) -> dict[str, Any]:
    """Return the cells of a row by key; days and hours are values where the way has such."""
    assert case.collect_by is not None
    begins = int(frame.start[:2])
    day, hour = DAYS[way.day](frame.date), HOURS[way.hour](begins)
    cells: dict[str, Any] = {
        "number": NUMBERS[way.number](case.number),
        "collect_by": DAYS[way.day](case.collect_by),
        "date": day,
        "hour": hour,
        "note": note,
    }
    for key, words in WORDS.items():
        known = words[str(getattr(case, key))]
        cells[key] = known[way.word % len(known)]
    if way.cells == "one cell":
        bare = DAYS[way.day if "midnight" not in way.day else "iso"](frame.date)
        cells |= {"date": f"{bare} {hour}", "hour": ""}
    if way.cells == "values" and way.form != "csv":
        cells["birth"] = case.birth
    if way.cells == "values" and way.form == "xlsx":
        cells |= {"date": frame.date, "hour": time(begins), "collect_by": case.collect_by}
    return cells


def write_lines(way: Any) -> list[list[Any]]:
    """Return the heading and the rows, with the columns in the order of the way."""
    lines = [[way.ornament.format(way.headings[key]) for key in way.order] + way.others]
    for row in TABLE:
        cells = write_cells(way, *row)
        lines.append([cells[key] for key in way.order] + ["他"] * len(way.others))
    return lines


def write_csv(way: Any) -> bytes:
    """Return the table as CSV; what an encoding does not have is written as UTF-8."""
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if way.quoting == "all" or way.line_end == "\r" else csv.QUOTE_MINIMAL
    writer = csv.writer(out, delimiter=way.delimiter, lineterminator=way.line_end, quoting=quoting)
    lines = write_lines(way)
    if way.quoting == "equals":
        at = way.order.index("number")
        for line in lines[1:]:
            line[at] = f'="{line[at]}"'
    writer.writerows(lines)
    text = way.line_end * way.above + out.getvalue() + way.ends.replace(",", way.delimiter)
    try:
        mark = b"\xfe\xff" if way.encoding == "utf-16-be" else b""
        return mark + text.encode(way.encoding)
    except UnicodeEncodeError:
        return text.encode()


def write_xlsx(way: Any) -> bytes:
    """Return the table as a workbook, below empty rows, with a struck row."""
    book = Workbook()
    sheet = book.active
    lines = write_lines(way)
    struck = [str(cell) if cell else "" for cell in lines[1]]
    struck[way.order.index("number")] = "横支更99999999999"
    for _ in range(way.above):
        sheet.append([])
    for line in [*lines, struck]:
        sheet.append(line)
    for cells in sheet.iter_rows(min_row=way.above + 1):
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"
            if isinstance(cell.value, date | datetime):
                cell.number_format = way.format
    for cell in sheet[sheet.max_row]:
        cell.font = Font(strike=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write_objects(way: Any) -> bytes:
    """Return the table as JSON, a list or a line each."""
    heading, *lines = write_lines(way)
    objects = [dict(zip(heading, line, strict=True)) for line in lines]
    if way.form == "json":
        return json.dumps(objects, ensure_ascii=way.word % 2 == 0).encode()
    end = "\r\n" if way.line_end == "\r\n" else "\n"
    return "".join(json.dumps(each) + end for each in objects).encode()


WRITERS = {"csv": write_csv, "xlsx": write_xlsx, "json": write_objects, "json lines": write_objects}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(WAYS)
def test_one_meaning(way: Any) -> None:
    wanted = read_wishes([CaseFile(WRITERS[way.form](way))], Settings(), _CLAIM)
    found = []
    for wish in wanted.wishes:
        assert isinstance(wish, Wish), way
        found.append((wish.case, wish.frame, wish.note))
    assert found == TABLE
