"""Text broken into lines: Japanese between characters, English at spaces.

``wrap("日本語の文です。", 6)`` gives ``("日本語", "の文", "です。")``: a wide character takes two
columns, and a closing bracket or full stop never begins a line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise, zip_longest

from kofucli.base.text import safe

_OPENING = "（「『【〈《([{"
_CLOSING = "）」』】〉》)]}、。，．,.・：；:;！？!?ー々"
_READING = re.compile(r"(?:(?![\0-\x7fぁ-ヿ])\w){1,20}（[ぁ-ゖー]{1,40}）")
_ITEM = r"\s*(?:[-*] |[-*](?=[^\0-\x7f（])|・ ?|[0-9]+[.)] )?"
_RULE = re.compile(r"-+(?: {2}-+)+")
_LONGEST_WORD = 72  # characters of a word that is kept whole; nothing longer would fit a line
_WHOLE_CELLS = ((8, "  "), (8, " "), (4, " "), (0, " "), (4, "  "))
"""Columns up to which a cell stays whole, and the gap: the first that fit, else the last."""


def width(text: str) -> int:
    """Return how many columns a text takes; wide, full-width and ambiguous characters take two."""
    return len(text) if text.isascii() else sum(map(_width_of, text))


@cache
def _width_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 1 + (unicodedata.east_asian_width(char) in "WFA")


def fit(text: str, columns: int) -> str:
    """Break sentences, and tables (known by their rule of dashes), at ``columns``."""
    lines: list[str] = []
    table: list[str] = []
    for line in (*text.split("\n"), ""):
        if table and _cells_of(line, table[1]):
            table.append(line)
            continue
        lines += _narrow(table, columns) if max(map(width, table), default=0) > columns else table
        table = []
        if lines and _RULE.fullmatch(line) and _cells_of(lines[-1], line):
            table = [lines.pop(), line]
        elif width(line) <= columns or re.search(r"\S {2,}\S", line):
            lines.append(line)
        else:
            lines += wrap_item(line, columns, cuts=False)
    return "\n".join(lines[:-1])


def _narrow(table: list[str], columns: int) -> Iterator[str]:
    rows = [_cells_of(line, table[1]) for line in (table[0], *table[2:])]
    spread = [*zip(*rows, strict=True)]
    cells = [[cell.strip() for cell in column] for column in spread]
    places, gaps = [max(map(width, texts)) for texts in cells], len(cells) - 1
    is_right = [any(c[:1] == " " and c.strip() for c in column[1:]) for column in spread]
    ways = [([_least(texts, whole) for texts in cells], gap) for whole, gap in _WHOLE_CELLS]
    fitting = (way for way in ways if sum(way[0]) + len(way[1]) * gaps <= columns)
    least, gap = next(fitting, ways[-1])
    while sum(places) + len(gap) * gaps > columns and places != least:
        places[max(range(len(places)), key=lambda at: (places[at] > least[at], places[at]))] -= 1
    rows.insert(1, ["-" * place for place in places])
    for row in rows:
        broken = [wrap(c.strip(), place, cuts=False) for c, place in zip(row, places, strict=True)]
        for line in zip_longest(*broken, fillvalue=""):
            blanks = [" " * (place - width(c)) for c, place in zip(line, places, strict=True)]
            shown = [
                blank + cell if right else cell + blank
                for blank, cell, right in zip(blanks, line, is_right, strict=True)
            ]
            yield gap.join(shown).rstrip()


def _least(texts: list[str], whole: int) -> int:
    parts = ([text] if width(text) <= whole else _words(text) for text in texts)
    return max((width(part.strip()) for each in parts for part in each), default=0)


def _cells_of(line: str, rule: str) -> list[str]:
    """Return the cells of a table's line with their blanks; none where it is no row of it."""
    spread = "".join(char + "\0" * (_width_of(char) - 1) for char in line)
    spans = [found.span() for found in re.finditer("-+", rule)]
    between = "".join(spread[end:start] for (_, end), (start, _) in pairwise(spans))
    if not line or between.strip() or len(spread) > len(rule):
        return []
    return [spread[start:end].replace("\0", "") for start, end in spans]


def wrap_item(line: str, columns: int, cuts: bool = True) -> tuple[str, ...]:
    """Break a line; further lines are indented like the text behind its mark (``- ``, ``1. ``)."""
    mark = re.match(_ITEM, line)
    first = mark[0] if mark is not None else ""
    return wrap(line[len(first) :], columns, " " * min(width(first), columns // 2), first, cuts)


def wrap_own(text: str, columns: int) -> str:
    """Return an office's own text, line by line, safe to show."""
    lines = [safe(line.rstrip()) for line in text.expandtabs(4).splitlines()]
    return "".join(f"{part}\n" for each in lines for part in wrap_item(each, columns, cuts=False))


@lru_cache(1000)  # all confirmations hold the same sentences
def wrap(
    text: str, columns: int, indent: str = "", first: str | None = None, cuts: bool = True
) -> tuple[str, ...]:
    """Break a text; a longer word is cut, or with ``cuts`` False stands alone."""
    line = indent if first is None else first
    used, start = width(line), width(indent)
    if used + width(text) <= columns:
        return ((line + text).rstrip(),)
    lines, is_empty = [], True
    for word in _words(text):
        rest = word
        if not is_empty and used + width(rest.rstrip()) > columns:
            lines.append(line.rstrip())
            line, used = indent, start
        while cuts and used + width(rest.rstrip()) > columns:
            cut = 1
            while used + width(rest[: cut + 1]) <= columns:
                cut += 1
            lines.append(line + rest[:cut])
            line, used, rest = indent, start, rest[cut:]
        line, used, is_empty = line + rest, used + width(rest), False
    return (*lines, line.rstrip())


def _words(text: str) -> Iterator[str]:
    """Yield what is kept whole: words with their space and marks, kanji with their reading."""
    current = ""
    for piece in _pieces(text):
        joins = piece[0] in _CLOSING or current[-1:] in _OPENING
        if current and not (joins and len(current) < _LONGEST_WORD):
            yield current
            current = ""
        current += piece
    if current:
        yield current


def _pieces(text: str) -> Iterator[str]:
    """Yield kanji with their reading, single wide characters, and runs up to a space."""
    at = 0
    while at < len(text):
        reading = _READING.match(text, at)
        end = reading.end() if reading is not None else at + 1
        if reading is None and not _is_wide(text[at]):
            most = min(len(text), at + _LONGEST_WORD)
            while end < most and text[end - 1] != " " and not _is_wide(text[end]):
                end += 1
        yield text[at:end]
        at = end


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
