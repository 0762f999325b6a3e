"""Days and hours as people write them: what is read, and why the rest is not."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from kofucli.base.language import render
from kofucli.base.written_times import find_day, read_day, read_hour

DAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    "text",
    [
        *("令和8年11月25日", "R8.11.25", "R8/11/25", "r8-11-25", "令8/11/25", "㋿8年11月25日"),
        *("2026.11.25", "2026-11-25", "2026/11/25(水)", "2026/11/25（水）", "2026/11/25(水曜日)"),
        *("2026/11/25水", "2026/11/25 (Wed)", "Wed 2026-11-25", "Wednesday, 2026-11-25"),
        *("2026年11月25日（水）", "2026/11/25 0:00", "2026-11-25 00:00:00", "2026-11-25T00:00:00"),
        *("２０２６／１１／２５", "令和 8 年 11 月 25 日", "2026 / 11 / 25", "2026−11−25"),
        *("2026/11/25(水) 0:00", "2026/11/25 午前0時", "2026/11/25\n(水)", "2026年㋊㏹"),
        *("2026/11/25[水]", "水 2026・11・25T00:00:00", "2026-11-25T00:00:00+09:00"),
    ],
)
def test_a_day_is_read_in_every_form(text: str) -> None:
    day = date(2026, 11, 26) if text.endswith("㏹") else DAY
    assert read_day(text) == (day, None)
    assert find_day(unicodedata.normalize("NFKC", text).strip()) == day


@pytest.mark.parametrize(
    ("hour", "texts"),
    [
        ("10:00", "10:00 10 10時 10時00分 10:00:00 午前10時 午前10:00 AM10:00 10a.m. １０：００"),
        ("10:00", "10:00-11:00 10:00～11:00 10:00〜11:00 10:00\u201311:00 10時～11時 10-11時"),
        ("10:00", "午前10時～11時 10:00_AM_-_11:00_AM 10:00-11:00_AM 10時から11時まで"),
        ("10:00", "10時00分～11時00分"),
        ("13:00", "午後1時 1:00_PM 1_p.m. 午後1時～2時 1-2_PM 午後1時～14時 PM1:00"),
        ("11:00", "午前11時～午後0時 午前11時～12時 11:00-12:00_PM 11時～正午"),
        ("12:00", "午後0時 正午 12:00_PM 正午～午後1時 午後0時～1時"),
        ("00:00", "午前0時 12:00_AM 0:00"),
        ("10:30", "10時半 午前10時30分 10:30-11:30"),
    ],
)
def test_an_hour_is_read_in_every_form(hour: str, texts: str) -> None:
    for text in texts.replace(" ", "\n").replace("_", " ").split("\n"):
        assert read_hour(text) == (hour, None), text


NO_DAYS = {
    "wrong weekday: 2026-11-25 is a Wednesday": ("2026/11/25(火)", "Tue 2026-11-25"),
    "has no year": ("11月25日", "11/25", "11/25(水)"),
    "a day that does not exist": ("2026/11/31", "2027年2月29日"),
    "an era begins with year 1": ("令和0年1月1日",),
    "令和 began on 2019-05-01": ("令和元年4月30日",),
    "平成 ended on 2019-04-30": ("平成31年5月1日", "平成38年11月25日"),
    "lies outside 2000 to 2099": ("昭和63年1月1日",),
    "could be read in two orders": ("11/25/2026", "25.11.2026"),
    "neither an era nor a year of four digits": ("26/11/25", "8年11月25日"),
    "'①', which is not a digit": ("2026/11/2①",),
    "names an hour beside the day": ("2026/11/25 10:00",),
    "not an hour of the day": ("2026/11/25 24:00",),
    "found '{}', expected": ("2026-11-24T15:00:00Z", "20261125", "10:00", "2026/11-25"),
}
NO_HOURS = {
    "not an hour of the day": ("25時", "24:00", "10:60"),
    "contradicts itself": ("午後13時",),
    "can be noon or midnight": ("午前12時", "午後12時～1時"),
    "the one from 10:00 ends at 11:00": ("10:00-12:00", "10:00-10:00", "午前１０時～12時"),
    "the one from 13:00 ends at 14:00": ("午後1時～3時",),
    "the one from 11:00 ends at 12:00": ("11:00-12:00 AM",),
    "'①', which is not a digit": ("①10:00", "①0時"),
    "found '{}', expected": ("10-11", "10:00～", "10.30", "午前", "2026/11/25", "11時まで"),
}


@pytest.mark.parametrize(
    ("is_day", "text", "why"),
    [
        (table is NO_DAYS, text, why.format(text))
        for table in (NO_DAYS, NO_HOURS)
        for why, texts in table.items()
        for text in texts
    ],
)
def test_what_is_none_says_why_with_the_text_as_typed(is_day: bool, text: str, why: str) -> None:
    value, fault = read_day(text) if is_day else read_hour(text)
    assert value is None
    assert fault is not None
    said = render(fault, str)
    assert why in said
    assert f"'{text}'" in said
    assert ("a date YYYY-MM-DD" if is_day else "an hour such as 10:00") in said
