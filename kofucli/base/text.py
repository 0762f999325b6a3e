"""Text from outside, made safe for a terminal, a message or a record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cache
from typing import Literal

from kofucli.base import Phrase

AGENT_ID = "[A-Z0-9][A-Z0-9-]{0,31}"
"""The pattern of an agent's id."""
LONGEST_ID = 32
# DEL and C1 controls, soft hyphen and zero-width characters, line and paragraph separators,
# every bidirectional control, the byte order mark, interlinear and tag characters, surrogates.
_UNSAFE = (
    "\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff"
)
_C0 = "\x00-\x1f"
_VARIANTS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Selectors, which choose a glyph of the character before."""
_BLANK = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
"""Fillers and joiners: harmless to show, but nobody sees them."""
_PARTS_VALUES = frozenset({"U+0009", "U+000A", "U+000D"})
"""The code points of what stands between two values: a tab, the end of a line."""
_DASH = "\\-\u2010-\u2015\u2212\u30fc"
"""Dashes, and the long vowel mark that a Japanese keyboard types for them."""
_HIRAGANA = "\u3041-\u309f"
_PART = rf"(?:(?![{_HIRAGANA}])[\w{_DASH}])"
"""A character that joins digits to a longer word; hiragana (particles) end a word instead."""
_TWELVE_DIGITS = (
    rf"(?:(?<!{_PART})|(?<=番号)|(?<=ナンバー))"
    rf"([0-9]{{4}})[ {_DASH}]?([0-9]{{4}})[ {_DASH}]?([0-9]{{4}})(?!{_PART})"
)
_MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_DIGITS_OF_MY_NUMBER = 12
_LONGEST_SHOWN = 60
_PIECE = 1000
"""Characters of a text that are normalised together."""
_LAST_OF_FOUR_DIGITS = 0xFFFF


def N_(text: str) -> str:  # noqa: N802 (gettext's own name for a text that is marked only)
    """Mark a text for the catalogue; whoever shows it translates it."""
    return text


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code <= _LAST_OF_FOUR_DIGITS else f"\\U{code:08x}"


@cache
def _class(characters: str) -> re.Pattern[str]:
    """Return the pattern of a character class; most commands never need it compiled."""
    return re.compile(f"[{characters}]")


def safe(text: str) -> str:
    """Return the text with every control and bidirectional character as an escape."""
    return text if text.isprintable() else _class(_C0 + _UNSAFE).sub(_escape, text)


def safe_lines(text: str) -> str:
    """Return a text of several lines with each line made safe."""
    return "\n".join(safe(line.expandtabs(4)) for line in text.split("\n"))


def find_unsafe(text: str) -> bool:
    """Tell whether the text holds a control or bidirectional character."""
    return not text.isprintable() and _class(_C0 + _UNSAFE).search(text) is not None


def drop_variants(text: str) -> str:
    """Return a text without the selectors that choose a glyph of a character: 横󠄀 is 横."""
    return text if text.isascii() else _class(_VARIANTS).sub("", text)


@cache
def _load_normalize() -> Callable[[Literal["NFC", "NFKC"], str], str]:
    from unicodedata import normalize  # --version needs none

    return normalize


def normalise(text: str, form: Literal["NFC", "NFKC"] = "NFKC") -> str:
    """Return a text in NFKC, or NFC; one longer than any value of ours in pieces.

    Marks behind one character take the square of their number: 12 seconds for 64 KiB.
    """
    if text.isascii():
        return text
    normalize = _load_normalize()
    if len(text) <= _PIECE:
        return normalize(form, text)
    return "".join(normalize(form, text[at : at + _PIECE]) for at in range(0, len(text), _PIECE))


def fold_value(text: str) -> str:
    """Return a value in NFKC, trimmed, without selectors of glyphs."""
    return normalise(drop_variants(text)).strip()


def drop_unseen(text: str) -> str:
    """Return a text without characters that nobody sees, but for C0 controls."""
    return text if text.isascii() else _class(_UNSAFE + _BLANK + _VARIANTS).sub("", text)


def find_invisible(text: str) -> str | None:
    """Return the code point of the first character that nobody sees, as ``U+200B``, or None."""
    found = _class(_C0 + _UNSAFE + _BLANK + _VARIANTS).search(text)
    return f"U+{ord(found[0]):04X}" if found is not None else None


def fault_of_unseen(text: str) -> Phrase | None:
    """Return that a text holds a character that nobody sees, None where it holds none."""
    code = find_invisible(text)
    if code is None:
        return None
    if code in _PARTS_VALUES:
        return Phrase("it holds a line end or a tab ({code}); write one value", code=code)
    return Phrase("it holds an invisible character ({code}); delete it", code=code)


def escape_json(document: bytes) -> bytes:
    r"""Return a JSON document with unsafe characters as ``\uXXXX``: the same data, safe to print.

    It has no line feeds yet; in strings the encoder has escaped controls below U+0020 already.
    """

    def escaped(found: re.Match[str]) -> str:
        units = found[0].encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))

    if document.isascii() and b"\x7f" not in document:
        return document  # it may have hundreds of megabytes
    text = document.decode()
    return document if text.isprintable() else _class(_UNSAFE).sub(escaped, text).encode()


def abbreviate(text: str, longest: int = _LONGEST_SHOWN) -> str:
    """Return the text, cut to ``longest`` characters with three dots at the end."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def show(value: object) -> str:
    """Return a value as a message shows it: lists with commas, text made safe, - for None."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}" if value.second else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple, frozenset)):
        return ", ".join(show(item) for item in value)
    if isinstance(value, str):
        return safe(value)
    return "-" if value is None else str(value)


def looks_like_my_number(text: str) -> bool:
    """Tell whether a word of the text is twelve digits with a valid My Number check digit.

    The digits may stand in groups of four. Digits beside letters, digits or a hyphen belong to a
    longer number: otherwise one in ten case numbers like 横支更202600000006 would look like a My
    Number. The check digit is 11 less the weighted sum modulo 11, or 0 where that remainder is 0 or
    1 (ordinance No. 85 of 2014 of the Ministry of Internal Affairs, art. 5).
    """
    if len(text) < _DIGITS_OF_MY_NUMBER:
        return False
    for found in re.finditer(_TWELVE_DIGITS, normalise(text)):
        digits = [int(digit) for digit in found[1] + found[2] + found[3]]
        rest = sum(d * w for d, w in zip(digits[:11], _MY_NUMBER_WEIGHTS, strict=True)) % 11
        if digits[11] == (0 if rest <= 1 else 11 - rest):
            return True
    return False


def quote(text: str) -> str:
    """Return a value as an error may repeat it: abbreviated, and with a My Number hidden."""
    return "*" * _DIGITS_OF_MY_NUMBER if looks_like_my_number(text) else abbreviate(text)


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name most like a mistyped one, if they are alike by ``cutoff`` (0 to 1)."""
    from difflib import get_close_matches  # only mistyped names need it

    found = get_close_matches(name[:_LONGEST_SHOWN], list(known), n=1, cutoff=cutoff)
    return found[0] if found else None
