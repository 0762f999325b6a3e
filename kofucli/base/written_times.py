"""Days and hours as people write them in files and on the command line: all spellings are here.

``read_day("令和8年11月25日(水)")`` gives 25 November 2026, ``read_hour("午前10時～11時")`` gives
``10:00``, and ``read_written("2026/11/25 10:00")`` both. Full width, upper case and blanks between
the parts make no difference. What cannot be read gives no value but a fault: why not, with the text
as it was typed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from kofucli.base import Phrase
from kofucli.base.clock import WEEKDAYS, YEARS
from kofucli.base.text import N_, drop_variants, fault_of_unseen, quote

Day = date | tuple[int, int]
"""A day as a cell has it; only month and day where the year is missing, as in CSV from Excel.

The month is 0 where it is not there, or stands in a column of its own.
"""

DAY_FORMS = Phrase(
    "a date YYYY-MM-DD, or as in 2026/11/25, 2026.11.25, 2026年11月25日, 令和8年11月25日, R8.11.25"
)
HOUR_FORMS = Phrase("an hour such as 10:00, 10時, 午前10時, 10:00 AM or 10:00-11:00")

_LONGEST = 100
"""The characters of a text that is looked at: no day with an hour has more."""
_NOON, _HOURS, _MINUTES = 12, 24, 60
_YEAR_DIGITS = 4
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HOUR = "([0-9]{1,2})(?::([0-9]{2})(?::00)?|時)?"
_ALIKE = str.maketrans(dict.fromkeys("‐‑‒–—―−ー", "-") | {"〜": "~", "、": ","})
"""Strokes that are typed for a hyphen or for "to", which NFKC leaves as they are."""

_ERAS = {
    "令r": ("令和", date(2019, 5, 1), date.max),
    "平h": ("平成", date(1989, 1, 8), date(2019, 4, 30)),
    "昭s": ("昭和", date(1926, 12, 25), date(1989, 1, 7)),
}
_DAY_NAMES = "月火水木金土日"
_LONG_NAMES = (
    *(N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday")),
    *(N_("Saturday"), N_("Sunday")),
)
_DAY_NAME = (
    f"[{_DAY_NAMES}](?:曜日?)?"
    r"|(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r?s(?:day)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)(?![a-z])\.?"
)
# What follows is compiled at the first use: most commands are given +1 and 10:00.
_WRITTEN_DAY = rf"""(?xs)
    (?: [(\[〔【]? \s* (?P<before>{_DAY_NAME}) \s* [)\]〕】]? \s*,?\s* )?
    (?: (?P<era>令和?|平成?|昭和?|[rhs]) \s*\.?\s* )?
    (?P<year>[0-9]{{1,4}}|元) \s*
    (?:年 \s* (?P<m>[0-9]{{1,2}}) \s*月\s* (?P<d>[0-9]{{1,2}}) (?![0-9]) (?: \s*日(?!曜) )?
    | (?P<sep>[-/.・]) \s* (?P<month>[0-9]{{1,2}}) \s*(?P=sep)\s* (?P<day>[0-9]{{1,2}}) (?![0-9]) )
    (?: \s*,?\s* [(\[〔【]? \s* (?P<behind>{_DAY_NAME}) (?:[・,]?祝日?)? \s* [)\]〕】]? )?
    (?P<rest>.*)
    """
_NO_YEAR = (
    r"([0-9]{1,2})(?:\s*月\s*[0-9]{1,2}\s*日?|\s*[-/.]\s*[0-9]{1,2})(?![0-9:時~])"
    r"(?![-/.年][0-9]|-).*"
)
_OTHER_ORDER = r"[0-9]{1,2}\s*([-/.])\s*[0-9]{1,2}\s*\1\s*[0-9]{4}(?![0-9]).*"
_HALF = "午前|午後|[ap]\\.?m\\.?"
_CLOCK = rf"""(?x)
    (?P<half>{_HALF})? \s* (?P<hour>[0-9]{{1,2}}) \s*
    (?P<mark>: \s* (?P<minute>[0-9]{{2}}) (?: :00 (?:\.0+)? )?
    | 時 (?: 半 | \s* (?P<minutes>[0-9]{{1,2}}) \s*分 (?: \s*00?秒 )? )? )?
    \s* (?P<half_behind>{_HALF})?
    """
_TO = r"\s*(?:~|-|から)\s*"
_ANY_DAY = (
    "(?:([0-9]{4})[/.年-]|(?:令和|[Rr])([0-9]{1,2})[/.年-]|(?=[0-9]+[/月]))"
    "([0-9]{1,2})[/.月-]([0-9]{1,2})日?(?![^ T(])"
)
_BEFORE_REIWA, _LEAP_YEAR = 2018, 2024


class Written(NamedTuple):
    """What a text says: a day, the start of an hour (``HH:MM``), both, or why neither.

    All are None where the text is nothing of the kind. ``day`` is there beside a ``fault`` that
    leaves no doubt of what was written, such as a wrong weekday. ``bare`` is what mere numbers say:
    an hour without a sign for it, or two numbers. ``ranges`` is an hour whose end is named, too.
    """

    day: date | None = None
    start: str | None = None
    fault: Phrase | None = None
    bare: bool = False
    ranges: bool = False


class _WrongError(Exception):
    """Why a text that was meant for a day or an hour is none."""

    def __init__(self, fault: Phrase, day: date | None = None) -> None:
        super().__init__(fault.text)
        self.fault = fault
        self.day = day


def parse_date(text: str) -> date | None:
    """Return the date ``YYYY-MM-DD``, None for any other text."""
    if not re.fullmatch(_DATE, text) or int(text[:4]) not in range(YEARS[0], YEARS[-1] + 2):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_hour(text: str) -> str | None:
    """Return an hour such as ``10:00``, ``10`` or ``10時`` as ``HH:MM``, None for other text."""
    found = re.fullmatch(_HOUR, text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    return f"{hour:02d}:{minute:02d}" if hour in range(_HOURS) and minute < _MINUTES else None


@lru_cache(1000)  # the rows of a file name the same few days
def read_day(raw: str) -> tuple[date | None, Phrase | None]:
    """Return the day that a text names, or why it names none; neither for an empty text."""
    written = read_written(raw)
    if written.day is not None and written.start is not None:
        beside = Phrase("'{value}' names an hour beside the day", value=quote(raw.strip()))
        return None, _fault(raw, beside, DAY_FORMS)
    fault = fault_of_day(raw, written)
    return written.day if fault is None else None, fault


def read_hour(raw: str) -> tuple[str | None, Phrase | None]:
    """Return the hour that a text names, or why it names none; neither for an empty text."""
    written = read_written(raw)
    if written.day is not None and written.fault is None:
        return None, _fault(raw, None, HOUR_FORMS)
    return written.start, fault_of_hour(raw, written)


def fault_of_day(raw: str, written: Written) -> Phrase | None:
    """Return why a text names no day, None where it does or is empty."""
    if not raw.strip() or (written.day is not None and written.fault is None):
        return None
    return _fault(raw, written.fault, DAY_FORMS)


def fault_of_hour(raw: str, written: Written) -> Phrase | None:
    """Return why a text names no hour, None where it does or is empty."""
    if not raw.strip() or (written.start is not None and written.fault is None):
        return None
    return _fault(raw, None if written.bare else written.fault, HOUR_FORMS)


def _fault(raw: str, fault: Phrase | None, expected: Phrase) -> Phrase:
    if fault is not None:
        return Phrase("{fault}; expected {expected}", fault=fault, expected=expected)
    unseen = fault_of_unseen(drop_variants(raw).strip())
    if unseen is not None:
        return unseen
    value = quote(raw.strip())
    return Phrase("found '{value}', expected {expected}", value=value, expected=expected)


def read_written(raw: str) -> Written:
    """Return what a text says; 0:00 behind a day does not count, spreadsheets write it there."""
    text = raw.strip()
    day = parse_date(text)
    if day is not None or not text or len(text) > _LONGEST:
        return Written(day)  # the usual spelling is quick: a file has many rows
    start = parse_hour(text) if text.isascii() else None
    if start is not None:
        return Written(None, start, bare=text.isdigit())
    folded = unicodedata.normalize("NFKC", drop_variants(text)).translate(_ALIKE).lower().strip()
    try:
        return _read(folded, text)
    except _WrongError as wrong:
        return Written(wrong.day, None, wrong.fault)


def _read(text: str, raw: str) -> Written:
    """Read a folded text. Raises _WrongError."""
    for sign in raw:
        if unicodedata.category(sign) == "No":  # NFKC makes 110:00 of a 10:00 behind a circled 1
            raise _wrong(raw, N_("'{value}' holds '{sign}', which is not a digit"), sign=sign)
    found = re.fullmatch(_WRITTEN_DAY, text)
    if found is None:
        span = _read_span(text, raw)
        if span is not None:
            return Written(None, span[0], bare=text.isdigit(), ranges=span[1])
        if re.fullmatch(_OTHER_ORDER, text):
            raise _wrong(raw, N_("'{value}' could be read in two orders: begin with the year"))
        if re.fullmatch(_NO_YEAR, text):
            fault = Phrase("'{value}' has no year", value=quote(raw))
            return Written(fault=fault, bare="月" not in text)
        return Written()
    day = _read_year(found, raw)
    for name in filter(None, (found["before"], found["behind"])):
        _check_weekday(day, name, raw)
    rest = re.sub(r"^[\st,]+|\s*\+09:?00$", "", found["rest"])
    if not rest:
        return Written(day)
    span = _read_span(rest, raw)
    if span is None or rest.isdigit():
        return Written()
    return Written(day, None if span == ("00:00", False) else span[0], ranges=span[1])


def _wrong(raw: str, text: str, **values: object) -> _WrongError:
    return _WrongError(Phrase(text, value=quote(raw), **values))


def _read_year(found: re.Match[str], raw: str) -> date:
    """Return the day of a match of ``_WRITTEN_DAY``. Raises _WrongError."""
    year = 1 if found["year"] == "元" else int(found["year"])
    month, day = int(found["month"] or found["m"]), int(found["day"] or found["d"])
    if found["era"] is None:
        if len(found["year"]) != _YEAR_DIGITS:
            raise _wrong(raw, N_("'{value}' has neither an era nor a year of four digits"))
        return _make_day(year, month, day, raw)
    name, first, last = next(era for signs, era in _ERAS.items() if found["era"][0] in signs)
    if year == 0:
        raise _wrong(
            raw, N_("'{value}' is a year that does not exist: an era begins with year 1 (元年)")
        )
    year += first.year - 1
    read = _make_day(year, month, day, raw) if year <= last.year else None
    if read is None or read > last:
        raise _wrong(raw, N_("'{value}' does not exist: {era} ended on {day}"), era=name, day=last)
    if read < first:
        raise _wrong(raw, N_("'{value}' does not exist: {era} began on {day}"), era=name, day=first)
    return read


def _make_day(year: int, month: int, day: int, raw: str) -> date:
    """Return a day of the years that are read. Raises _WrongError."""
    try:
        read = date(year, month, day)
    except ValueError:
        raise _wrong(raw, N_("'{value}' is a day that does not exist")) from None
    if read.year not in range(YEARS[0], YEARS[-1] + 2):
        first, last = YEARS[0], YEARS[-1] + 1
        raise _wrong(raw, N_("'{value}' lies outside {first} to {last}"), first=first, last=last)
    return read


def _check_weekday(day: date, name: str, raw: str) -> None:
    """Raise _WrongError where a day is written with another weekday than its own."""
    at = _DAY_NAMES.find(name[0])
    if (at if at >= 0 else WEEKDAYS.index(name[:3].title())) != day.weekday():
        fault = Phrase(
            "'{value}' has a wrong weekday: {day} is a {weekday}",
            value=quote(raw),
            day=day,
            weekday=Phrase(_LONG_NAMES[day.weekday()]),
        )
        raise _WrongError(fault, day)


def _read_span(text: str, raw: str) -> tuple[str, bool] | None:
    """Return the start of an hour or of a range, and which it is; None for any other text.

    A range is an hour long. Its end takes 午前 or 午後 from the start, its start AM or PM from the
    end, where that makes it so. Raises _WrongError.
    """
    first, *others = re.split(_TO, text.replace("正午", "12:00").strip())
    parts = (first, *(part.removesuffix("まで") for part in others))
    found = [re.fullmatch(_CLOCK, part.strip()) for part in parts]
    start, end = found[0], found[-1]
    if start is None or end is None or len(others) > 1:
        return None
    former, latter = _half_of(start), _half_of(end)
    if not others:
        return _write(_read_clock(start, former, raw)), False
    if start["mark"] is None and end["mark"] is None and not (former or latter):
        return None  # 10-11 may be a day
    halves = [(former, latter)]
    if latter is None:
        halves.append((former, former))
    elif former is None and end["half_behind"]:
        halves.append((latter, latter))
    for of_start, of_end in halves:
        begins = _read_clock(start, of_start, raw)
        if of_end != latter and int(end["hour"]) >= _NOON:
            continue
        ends = _read_clock(end, of_end, raw, last=_HOURS)
        if (ends - begins) % (_HOURS * _MINUTES) == _MINUTES:
            return _write(begins), True
    begins = _read_clock(start, former, raw)
    raise _wrong(
        raw,
        N_("'{value}' is not a frame: the one from {start} ends at {end}"),
        start=_write(begins),
        end=_write(begins + _MINUTES),
    )


def _half_of(found: re.Match[str]) -> str | None:
    """Return the half of the day that an hour names: 午前, 午後, am, pm or None."""
    half = found["half"] or found["half_behind"]
    return None if half is None else half.replace(".", "")


def _read_clock(found: re.Match[str], half: str | None, raw: str, last: int = _HOURS - 1) -> int:
    """Return the minute of the day that an hour means. Raises _WrongError.

    12 AM is midnight, 12 PM noon; 午前12時 and 午後12時 are refused, for people mean either.
    """
    hour = int(found["hour"])
    half_hour = 30 if found["mark"] == "時半" else 0
    minute = int(found["minute"] or found["minutes"] or half_hour)
    if hour > last or minute >= _MINUTES or (hour == _HOURS and minute):
        raise _wrong(raw, N_("'{value}' is not an hour of the day (0:00 to 23:59)"))
    if (found["half"] and found["half_behind"]) or (half is not None and hour > _NOON):
        raise _wrong(
            raw, N_("'{value}' contradicts itself: behind 午前, 午後, AM and PM stands 0 to 12")
        )
    if half is not None and hour == _NOON:
        if half in {"午前", "午後"}:
            raise _wrong(raw, N_("'{value}' can be noon or midnight: write 12:00 or 0:00"))
        hour = 0
    later = half in {"午後", "pm"}
    return (hour + _NOON * later) * _MINUTES + minute


def _write(minute: int) -> str:
    return f"{minute // _MINUTES:02d}:{minute % _MINUTES:02d}"


def find_day(text: str) -> Day | None:
    """Return the day that a cell begins with, None where it begins with none.

    This recognises more than ``read_day`` accepts: days without a year, or with a weekday alone, a
    wrong weekday or any text behind the day.
    """
    found = re.match(_ANY_DAY, text)
    if found is None:
        bare = re.match(rf"([0-9]{{1,2}})日\s*\(?[{_DAY_NAMES}]", text)
        if bare is not None:
            return 0, int(bare[1])
        return read_written(text).day if re.search("[0-9]", text) else None
    year, era_year, month, day = (int(part) if part else None for part in found.groups())
    if year is None:
        year = _LEAP_YEAR if era_year is None else _BEFORE_REIWA + era_year
    try:
        read = date(year, month or 0, day or 0)
    except ValueError:
        return None
    return read if found[1] or found[2] else (read.month, read.day)
