"""The cells of a workbook as text: what somebody sees who has the sheet in front of her."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import cache

from kofucli.casefile.rows import fault_of
from kofucli.errors import Phrase
from kofucli.text import quote

Value = bool | int | float | str | datetime | date | time | timedelta
"""What a cell holds."""

_LEAST_SHORTENED = 10**11
"""The first number that the format General shows as 1E+11."""
_LEAST_ROUNDED = 10**15
"""The first number of which a workbook does not keep every digit."""
_LITERAL = r'"[^"]*"|\\.|_.|[-+() ]|\[\$-[^]]+\]|\[[A-Z][a-z]+\]'
"""Text, a space, the language, a colour: what may stand around the digits of a number."""
_BESIDE_MOMENTS = r'"[^"]*"|[\\_*].|\[(?!(?:h+|m+|s+)\])[^]]*\]|am/pm|a/p'
"""Text, the language, a colour, morning or afternoon: what may stand between day and hour."""


def show_cell(value: Value, code: str, exact: bool) -> tuple[str, Phrase | None]:
    """Return a cell's text, or why it is none; ``code`` is the format of a number or a moment.

    ``exact`` is whether it holds an identifier, of which every digit counts.
    """
    if isinstance(value, str):
        return value, fault_of(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _show_number(value, code, exact)
    if exact:
        found = Phrase("true or false")
        if not isinstance(value, bool):
            found = Phrase("the date or time {value}", value=_show_moment(value, code))
        message = Phrase(
            "found {found}, expected text; format the column as text and enter it again",
            found=found,
        )
        return "", message
    if isinstance(value, bool):
        return ("yes" if value else "no"), None
    return _show_moment(value, code), None


def _show_moment(value: datetime | date | time | timedelta, code: str) -> str:
    """Return a day, a time or both, as far as the format shows them."""
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        text = f"{minutes // 60:02d}:{minutes % 60:02d}"
        return f"{text}:{seconds:02d}" if seconds else text
    day, clock = _split_moment(value)
    shown = _find_shown(code)
    if shown and "d" not in shown:
        return clock.isoformat("seconds" if clock.second and "s" in shown else "minutes")
    if day is not None and (clock == time() or set(shown) == {"d"}):
        return day.isoformat()
    text = clock.isoformat("seconds" if clock.second else "minutes")
    return text if day is None else f"{day.isoformat()} {text}"


def _split_moment(value: datetime | date | time) -> tuple[date | None, time]:
    """Return day and time to the nearest second, which a sum of fractions of a day may miss."""
    if isinstance(value, time):
        return None, _split_moment(datetime.combine(date.min, value))[1]
    if not isinstance(value, datetime):
        return value, time()
    with suppress(OverflowError):  # the last second there is
        value += timedelta(milliseconds=500)
    return value.date(), value.time().replace(microsecond=0)


@cache
def _find_shown(code: str) -> str:
    """Return what a format shows: ``d`` of the day, ``h`` of hour and minute, ``s`` of seconds."""
    if code.lower() == "general":
        return ""
    first_section = re.sub(_BESIDE_MOMENTS, "", code.lower()).partition(";")[0]
    letters = [run[0] for run in re.findall("aaa+|b+|d+|e+|g+|h+|m+|s+|y+", first_section)]
    shown = ""
    for at, letter in enumerate(letters):
        # Minutes stand beside hours or seconds; other such letters are months.
        is_minute = letters[at - 1 : at] == ["h"] or letters[at + 1 : at + 2] == ["s"]
        shown += "h" if letter == "m" and is_minute else letter if letter in "hs" else "d"
    return shown


def _show_number(value: float, code: str, exact: bool) -> tuple[str, Phrase | None]:
    if not math.isfinite(value):
        return "", Phrase("it holds no number that can be shown")
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
    section, *others = code.split(";")
    tokens = re.findall(f"[0#]|{_LITERAL}", section)
    if "".join(tokens) != section or (others and not number):
        return None
    return _fill_in(tokens, number)


def _fill_in(tokens: list[str], number: int) -> str | None:
    """Put the digits of a number in the place of its format's ``0`` and ``#``."""
    holes = [token for token in tokens if token in "0#"]
    if not holes:
        return None
    least = len(holes) - holes.index("0") if "0" in holes else 0
    digits = (str(number) if number else "").zfill(least)
    spare = len(digits) - len(holes)
    text = ""
    for token in tokens:
        if token not in "0#":
            text += _show_literal(token)
            continue
        # The first hole takes the digits that are too many, the first ones may stay empty.
        count = spare + 1 if spare > 0 else int(spare == 0)
        text, digits = text + digits[:count], digits[count:]
        spare = min(spare + 1, 0) if spare < 0 else 0
    return text.strip()


def _show_literal(token: str) -> str:
    if token.startswith('"'):
        return token[1:-1]
    if token.startswith("\\"):
        return token[1:]
    return "" if token[0] in "_[" else token
