"""One table, written in hundreds of ways, is read as one meaning."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date, time
from io import StringIO
from random import Random
from typing import Any

import pytest
from openpyxl import Workbook

from kofucli.base.written_times import read_written
from kofucli.model.numbers import normalise_number
from tests.casefile.support import read, save

CASES = (
    ("横支更20261102211", date(2026, 11, 25), 10),
    ("東労C4321", date(2026, 11, 26), 13),
    ("横支永2026-1", date(2026, 12, 1), 9),
)
HEADINGS = {
    "number": ["申請番号", "number", "受付番号", "申請受付番号", "申請No.", "受付№", "申請番号等"],
    "date": ["予約日", "来庁日", "日付", "date", "希望日", "来庁予定日", "ご予約日", "予約年月日"],
    "hour": ["時刻", "予約時間", "来庁時刻", "希望時間", "hour", "時間帯", "予約の時刻"],
    "note": ["備考", "備考欄", "メモ", "note", "摘要"],
}
ORNAMENTS = [
    *("{}", "{}欄", "{}（必須）", "※{}", "{}：", "【{}】", "1.{}", "③{}", " {} "),
    *("{}\n(半角)", "{}\u200b"),
]
OTHERS = ["氏名", "国籍", "担当", "No.", "電話", "枚数", "生年\n月日", "予約者", "審査官"]
DAYS: list[Callable[[date], str]] = [
    date.isoformat,
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day.year}.{day.month}.{day.day}",
    lambda day: f"{day.year}年{day.month}月{day.day}日({'月火水木金土日'[day.weekday()]})",
    lambda day: f"令和{day.year - 2018}年{day.month}月{day.day}日",
    lambda day: f"R{day.year - 2018}.{day.month}.{day.day}",
    lambda day: f"{day.year}/{day.month}/{day.day} 0:00",
]
HOURS: list[Callable[[int], str]] = [
    lambda hour: f"{hour}:00",
    lambda hour: f"{hour:02}:00:00",
    lambda hour: f"{hour}時",
    lambda hour: f"{hour}時00分",
    lambda hour: f"{hour}:00～{hour + 1}:00",
    lambda hour: f"{'午前' if hour < 12 else '午後'}{(hour - 1) % 12 + 1}時",
    lambda hour: f"{(hour - 1) % 12 + 1}:00 {'AM' if hour < 12 else 'PM'}",
]
FORMS = ["utf-8", "utf-8-sig", "cp932", "utf-16", "json", "jsonl", "xlsx", "typed"]


def widen(text: str) -> str:
    """Return the text in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def draw_table(lot: Random, form: str) -> list[list[str]]:
    """Return a heading and the rows, each cell in some way of writing; columns in any order."""
    way = lot.choice([str, str, widen])
    names = {}
    for key, words in HEADINGS.items():
        ornament = lot.choice(ORNAMENTS)
        names[key] = lot.choice([str, widen])(ornament.format(lot.choice(words)))
        if form == "cp932":
            names[key] = names[key].replace("\u200b", "")
    day, hour = lot.choice(DAYS), lot.choice(HOURS)
    table = [[*names.values(), *(others := lot.sample(OTHERS, lot.randrange(4)))]]
    for number, on, at in CASES:
        table.append([way(number), way(day(on)), way(hour(at)), "本人", *(["x"] * len(others))])
    order = lot.sample(range(len(table[0])), len(table[0]))
    return [[line[at] for at in order] for line in table]


def write_workbook(lot: Random, table: list[list[str]], typed: bool) -> bytes:
    """Return the table as a workbook, somewhere on its sheet; ``typed``: with days and hours."""
    book, top, left = Workbook(), lot.randrange(1, 4), lot.randrange(1, 4)
    sheet: Any = book.active
    for down, line in enumerate(table):
        for right, text in enumerate(line):
            cell = sheet.cell(top + down, left + right)
            written = read_written(text)
            if typed and down and written.day is not None:
                cell.value = written.day
                cell.number_format = lot.choice(["yyyy-mm-dd", "yyyy/m/d", 'yyyy"年"m"月"d"日"'])
            elif typed and down and written.start is not None:
                cell.value = time.fromisoformat(written.start)
                cell.number_format = lot.choice(["h:mm", "hh:mm:ss", "h:mm AM/PM"])
            else:
                cell.value = text
    return save(book)


def write_table(lot: Random, table: list[list[str]], form: str) -> bytes:
    """Return the table in one of FORMS."""
    if form in ("json", "jsonl"):
        objects = [dict(zip(table[0], line, strict=True)) for line in table[1:]]
        lines = "\n".join(json.dumps(each, ensure_ascii=lot.random() < 0.5) for each in objects)
        return (json.dumps(objects) if form == "json" else lines).encode()
    if form in ("xlsx", "typed"):
        return write_workbook(lot, table, form == "typed")
    out = StringIO(newline="")
    out.write("\r\n" * lot.randrange(3))
    delimiter = lot.choice(",;\t")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=lot.choice(["\n", "\r\n"]))
    writer.writerows(table)
    return out.getvalue().encode(form, "replace")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(25))
def test_one_table_in_many_ways(seed: int, form: str) -> None:
    """Encodings, widths, eras, hours, headings, their order: the cases, days and hours are one."""
    lot = Random(f"{form}{seed}")
    table = draw_table(lot, form)
    found = [
        (
            normalise_number(draft["number"]),
            read_written(draft["date"]).day,
            read_written(draft["hour"]).start,
            draft["note"],
        )
        for _, draft in read(write_table(lot, table, form)).rows
    ]
    assert [(number, day, f"{at:02}:00", "本人") for number, day, at in CASES] == found, table
