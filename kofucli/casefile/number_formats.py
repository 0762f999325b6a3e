"""Number formats: a number, a moment or a truth value of a workbook as text, as its cell shows it.

A workbook has numbers, and a format that says how one shows: 46351.4375 is ``2026-11-25`` where the
format is ``yyyy/m/d``, ``10:30`` where it is ``h:mm``; 42 is ``YK000042`` where it is
``"YK"000000``.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from functools import cache, lru_cache

from kofucli.base import Phrase
from kofucli.base.text import quote

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (a cell knows no time zone)
"""The day 0 of a workbook; but its first 59 days are one day later: it knows a 29 February 1900."""
YEAR_10000 = 2_958_466
"""The first day that no calendar here has."""
_AFTER_LEAP_DAY = 60
_MINUTE, _HOUR, _DAY = 60, 60 * 60, 24 * 60 * 60
_LAST_SECOND = YEAR_10000 * _DAY - 1
_ELAPSED = "elapsed"
_LEAST_SHORTENED = 10**11
"""The first number that the format General shows as 1E+11."""
_LEAST_ROUNDED = 10**15
"""The first number of which a workbook does not keep every digit."""
_LITERAL = r'"[^"]*"|\\.|[_*].|[-+() ]|\[\$-[^]]+\]|\[[A-Z][a-z]+\]'
"""Text, a space, the language, a colour: what may stand around the digits of a number."""
_UNQUOTED = r'"(.*)"|\\(.)|[_*].|\[.*'
"""A part of such text, with what shows of it; anything else shows as it is."""
_SEPARATORS = r"(?<=[0#]),(?=[0#])"
"""The commas that part thousands; behind the digits a comma divides by a thousand."""
_BESIDE_MOMENTS = r'"[^"]*"|[\\_*].|\[(?!(?:h+|m+|s+)\])[^]]*\]|am/pm|a/p'
"""Text, the language, a colour, morning or afternoon: what may stand between day and hour."""


def show_truth(value: bool, exact: bool) -> tuple[str, Phrase | None]:
    """Return ``yes`` or ``no``, or why it is no text; ``exact`` as in ``show_number``."""
    if exact:
        return "", _no_text(Phrase("true or false"))
    return "yes" if value else "no", None


@lru_cache(4096)
def show_number(value: float, code: str, exact: bool) -> tuple[str, Phrase | None]:
    """Return the text of a number or moment, or why it has none; ``exact`` is for identifiers."""
    if not math.isfinite(value):
        return "", Phrase("it holds no number that can be shown")
    moment = _show_moment(value, code)
    if moment is not None:
        if exact:
            return "", _no_text(Phrase("the date or time {value}", value=moment))
        return moment, None
    shown = _show_digits(value, code)
    if shown is not None:
        return shown, None
    if exact:
        message = Phrase(
            "the cell does not show every digit of its number ({value}); format the column as text "
            "and enter it again",
            value=quote(_write_number(value)),
        )
        return "", message
    return _write_number(value), None


def _no_text(found: Phrase) -> Phrase:
    return Phrase(
        "found {found}, expected text; format the column as text and enter it again", found=found
    )


def _show_moment(value: float, code: str) -> str | None:
    """Return the day, the time or both that a format shows, to the second; None for a number."""
    shown = _find_shown(code)
    if not shown or not -YEAR_10000 < value < YEAR_10000:
        return None
    seconds = math.floor(value * _DAY + 0.5)
    if shown == _ELAPSED:
        hours, left = divmod(seconds, _HOUR)
        text = f"{hours:02d}:{left // _MINUTE:02d}"
        return f"{text}:{left % _MINUTE:02d}" if left % _MINUTE else text
    if value < 0:
        return None
    moment = EPOCH + timedelta(value < _AFTER_LEAP_DAY, min(seconds, _LAST_SECOND))
    has_day, has_hour = value >= 1, seconds % _DAY != 0 and set(shown) != {"d"}
    if "d" in shown and has_day and not has_hour:
        day = moment.date().isoformat()
        return (day if _shows_day(code) else day[: len("2026-11")]) + _find_limit(code)
    has_seconds = moment.second and ("s" in shown or "d" in shown)
    clock = moment.time().isoformat("seconds" if has_seconds else "minutes")
    text = f"{moment.date()} {clock}" if "d" in shown and has_day else clock
    return text + _find_limit(code)


@cache
def _shows_day(code: str) -> bool:
    """Tell whether a format shows a day or a weekday, and not only month and year."""
    return (
        re.search("[da]", re.sub(_BESIDE_MOMENTS, "", code.lower()).partition(";")[0]) is not None
    )


@cache
def _find_limit(code: str) -> str:
    """Return what the words of a format make of a moment: 以降 of ``yyyy/m/d"以降"``."""
    words = "".join(re.findall(r'"([^"]*)"', code.partition(";")[0]))
    found = re.search("以[降前後]|まで|迄|から|[前後]$|頃|ごろ|未満|[上中下]旬|末|台", words)
    return found[0] if found else ""


def show_text(text: str, code: str) -> str:
    """Return a text as its format shows it: ``"横支永"@`` puts a word before, ``;;;`` hides it.

    Of four sections the last one is for texts, of fewer the one with ``@``.
    """
    sections = re.findall(r'(?:"[^"]*"|\\.|[^";])+|(?<=;)(?=;|$)|^(?=;)', code)
    of_texts = sections[3:] or [section for section in sections if "@" in section]
    tokens = re.findall(f"@|{_LITERAL}|.", of_texts[0] if of_texts else "@")
    return "".join(text if token == "@" else re.sub(_UNQUOTED, r"\1\2", token) for token in tokens)


def shows_day_or_hour(code: str) -> bool:
    """Tell whether a format shows a moment: a day, an hour, or both."""
    return _find_shown(code) not in ("", _ELAPSED)


@cache
def _find_shown(code: str) -> str:
    """Return what a format shows: ``d`` of the day, ``h`` of hour and minute, ``s`` of seconds.

    It is _ELAPSED for hours that are counted on beyond a day, "" for a number.
    """
    bare = re.sub(_BESIDE_MOMENTS, "", code.lower()).partition(";")[0]
    first = re.search(r"\[(?:h+|m+|s+)\]|[dhmsy]", bare)
    if first is None:
        return ""
    if first[0].startswith("["):
        return _ELAPSED
    letters = [run[0] for run in re.findall("aaa+|b+|d+|e+|g+|h+|m+|s+|y+", bare)]
    shown = ""
    for at, letter in enumerate(letters):
        # Minutes stand beside hours or seconds; other such letters are months.
        is_minute = letters[at - 1 : at] == ["h"] or letters[at + 1 : at + 2] == ["s"]
        shown += "h" if letter == "m" and is_minute else letter if letter in "hs" else "d"
    return shown


def _write_number(value: float) -> str:
    """Return a finite number with every digit that is known of it, without an exponent."""
    from decimal import Decimal

    return str(int(value)) if value == int(value) else f"{Decimal(repr(value)):f}"


def _show_digits(value: float, code: str) -> str | None:
    """Return a whole number as its format shows it, None where that is not every digit."""
    if value != int(value) or not 0 <= value < _LEAST_ROUNDED:
        return None
    number = int(value)
    if code.lower() in ("general", "@"):
        return str(number) if number < _LEAST_SHORTENED else None
    tokens = _read_digits_format(code)
    if tokens is None or (";" in code and not number):
        return None
    return _fill_in(tokens, number)


@cache
def _read_digits_format(code: str) -> list[str] | None:
    """Return the digits' places and what is around them, without commas; None for others."""
    section = re.sub(_SEPARATORS, "", code.partition(";")[0])
    tokens = re.findall(f"[0#]|{_LITERAL}", section)
    return tokens if "".join(tokens) == section else None


def _fill_in(tokens: list[str], number: int) -> str | None:
    """Put the digits of a number in the place of its format's ``0`` and ``#``."""
    holes = "".join(token for token in tokens if token in "0#")
    if not holes:
        return None
    digits = (str(number) if number else "").zfill(len(holes.lstrip("#")))
    spare = max(len(digits) - len(holes), 0)
    # The first hole takes the digits that are too many, the first ones may stay empty.
    empty = [""] * (len(holes) - len(digits))
    filled = iter([*empty, digits[: spare + 1], *digits[spare + 1 :]])
    shown = (
        next(filled) if token in "0#" else re.sub(_UNQUOTED, r"\1\2", token) for token in tokens
    )
    return "".join(shown).strip()
