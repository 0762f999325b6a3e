"""The cells of a workbook as text: what somebody sees who has the sheet in front of her."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta

from kofucli.casefile.rows import fault_of
from kofucli.errors import Phrase

__all__ = ["Value", "show_cell"]

Value = bool | int | float | str | datetime | date | time | timedelta
"""What a cell holds."""

_LEAST_SHORTENED = 10**11
"""The first number that the format General shows as 1E+11."""
_LEAST_ROUNDED = 10**15
"""The first number of which a workbook does not keep every digit."""
_LITERAL = r'"[^"]*"|\\.|_.|[-+() ]|\[\$-[^]]+\]|\[[A-Z][a-z]+\]'
"""Text, a space, the language, a colour: what may stand around the digits of a number."""


def show_cell(value: Value, code: str, exact: bool) -> tuple[str, Phrase | None]:
    """Return a cell's text, or why it is none; ``code`` is the format of a number.

    ``exact`` is whether it holds an identifier, of which every digit counts.
    """
    if isinstance(value, str):
        return value, fault_of(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _show_number(value, code, exact)
    if exact:
        found = Phrase("true or false") if isinstance(value, bool) else Phrase("a date or a time")
        message = Phrase(
            "found {found}, expected text; format the column as text and enter it again",
            found=found,
        )
        return "", message
    if isinstance(value, bool):
        return ("yes" if value else "no"), None
    return _show_moment(value), None


def _show_moment(value: datetime | date | time | timedelta) -> str:
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        text = f"{minutes // 60:02d}:{minutes % 60:02d}"
        return f"{text}:{seconds:02d}" if seconds else text
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, (datetime, time)):
        exact = "seconds" if value.second else "minutes"
        return (
            value.isoformat(" ", exact) if isinstance(value, datetime) else value.isoformat(exact)
        )
    return value.isoformat()


def _show_number(value: float, code: str, exact: bool) -> tuple[str, Phrase | None]:
    if not math.isfinite(value):
        return "", Phrase("it holds no number that can be shown")
    shown = _show_digits(value, code)
    if shown is not None:
        return shown, None
    if exact:
        message = Phrase(
            "the cell does not show every digit of its number; format the column as text and "
            "enter it again"
        )
        return "", message
    from decimal import Decimal

    return (str(int(value)) if value == int(value) else f"{Decimal(repr(value)):f}"), None


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
