"""Where things stand in a scenario's text: tables, their ends, comments; strings are no text."""

from __future__ import annotations

import re
from itertools import takewhile

_OPAQUE = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3,5}'
    r"|'''[^']*(?:'(?!'')[^']*)*'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|(#[^\n]*)",
    re.DOTALL,
)
"""Strings of all four kinds, and comments."""
_HEADING = re.compile(r"\s*\[\[?\s*([A-Za-z][\w.\" -]*?)\s*\]\]?\s*")


def strip_strings(text: str) -> str:
    """Return TOML with quotes only in place of strings, without comments; lines stay lines."""
    return _OPAQUE.sub(
        lambda found: "" if found[1] is not None else re.sub(r"[^\n]", '"', found[0]), text
    )


def find_comments(text: str) -> list[str]:
    """Return the comments, each with its ``#``."""
    return [found[1].rstrip() for found in _OPAQUE.finditer(text) if found[1] is not None]


def find_lines(text: str, name: str) -> list[int]:
    """Return the lines on which the tables ``[[name]]`` begin, counted from 1."""
    heading = re.compile(rf"\s*\[\[\s*{name}\s*\]\]")
    lines = strip_strings(text).split("\n")
    return [at for at, line in enumerate(lines, 1) if heading.match(line)]


def find_passages(text: str, name: str) -> list[range]:
    """Return the lines, counted from 0, of each ``[[name]]`` with the tables in it.

    What is said behind it, in comments, is about the table that follows, and no part of it.
    """
    lines = strip_strings(text).split("\n")
    found = [(at, _HEADING.fullmatch(line)) for at, line in enumerate(lines)]
    headings = [(at, heading[1]) for at, heading in found if heading is not None]
    passages = []
    for at in (line - 1 for line in find_lines(text, name)):
        ends = (e for e, other in headings if e > at and not other.startswith(f"{name}."))
        end = next(ends, len(lines))
        end -= len(list(takewhile(lambda line: not line.strip(), reversed(lines[at:end]))))
        passages.append(range(at, end))
    return passages
