"""The terms of use for people, in lines that suit a terminal, and as a document."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from kofucli.output.confirmation.text import width
from kofucli.output.documents import FORMAT, Document
from kofucli.terms import Terms
from kofucli.text import safe

COLUMNS = 72
"""Columns of a line, where a wide character takes two."""

_OPENING = "（「『【〈《([{"
_CLOSING = "）」』】〉》)]}、。，．,.・：；！？!?ー々"
_READING = re.compile(r"[一-鿿々]{1,20}（[ぁ-ゖー]{1,40}）")
_ITEM = re.compile(r"\s*(?:[-*・] ?|[0-9]+[.)] )?")


def terms_document(terms: Terms) -> Document:
    """Return the terms as a document; the text is as written, a line a paragraph."""
    return {
        "format": FORMAT,
        "version": terms.version,
        "language": terms.language,
        "text": terms.text,
    }


def terms_text(terms: Terms) -> str:
    """Return the terms in lines of at most COLUMNS columns, made safe to show."""
    lines = terms.text.expandtabs(4).splitlines()
    return "\n".join(shown for line in lines for shown in wrap_line(safe(line.rstrip()))) + "\n"


def wrap_line(line: str, columns: int = COLUMNS) -> list[str]:
    """Return a line in parts of at most so many ``columns``, at least 2.

    What follows an item's mark is indented like its text.
    """
    mark = _ITEM.match(line)
    first = mark[0] if mark is not None else ""
    start = min(width(first), columns // 2)
    found, current, used = [], first, width(first)
    for word in _words(line[len(first) :]):
        if used > start and used + width(word.rstrip()) > columns:
            found.append(current.rstrip())
            current, used = " " * start, start
        rest = word
        while used + width(rest.rstrip()) > columns:
            cut = _fitting(rest, columns - used)
            found.append(current + rest[:cut])
            current, used, rest = " " * start, start, rest[cut:]
        current, used = current + rest, used + width(rest)
    return [*found, current.rstrip()]


def _fitting(text: str, room: int) -> int:
    """Return how many characters at the beginning fit into ``room`` columns, at least one."""
    cut = 1
    while width(text[: cut + 1]) <= room:
        cut += 1
    return cut


def _words(text: str) -> Iterator[str]:
    """Yield what is not broken: words with their space, kanji with their reading, characters.

    What closes stays with what is before it, what opens with what follows.
    """
    current = ""
    for piece in _pieces(text):
        joins = piece[0] in _CLOSING or current[-1:] in _OPENING
        if current and not (joins and len(current) < COLUMNS):
            yield current
            current = ""
        current += piece
    if current:
        yield current


def _pieces(text: str) -> Iterator[str]:
    """Yield kanji with their reading, single wide characters, and runs of others up to a space."""
    at = 0
    while at < len(text):
        reading = _READING.match(text, at)
        end = reading.end() if reading is not None else at + 1
        if reading is None and not _is_wide(text[at]):
            most = min(len(text), at + COLUMNS)
            while end < most and text[end - 1] != " " and not _is_wide(text[end]):
                end += 1
        yield text[at:end]
        at = end


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
