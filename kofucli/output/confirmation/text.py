"""The confirmation as text of at most COLUMNS columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from kofucli.model import Reservation
from kofucli.output.confirmation.facts import Bearer, Facts, Pair, find_facts
from kofucli.settings import Settings

COLUMNS = 60
"""Columns of the text, where a wide character takes two; a narrow terminal shows it whole."""

_NEVER_FIRST = "、。」』)）ー・"


def width(text: str) -> int:
    """Return how many columns a text takes; wide, full-width and ambiguous characters take two."""
    return len(text) if text.isascii() else sum(map(_width_of, text))


@cache
def _width_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 1 + (unicodedata.east_asian_width(char) in "WFA")


@lru_cache(1000)  # a file's confirmations are made of the same sentences
def _wrap(text: str, indent: str = "", first: str | None = None) -> tuple[str, ...]:
    """Return the text in lines of at most COLUMNS, broken at spaces or between wide characters."""
    lines, line = [], indent if first is None else first
    used = width(line)
    if used + width(text) <= COLUMNS:
        return ((line + (text if line.strip() else text.lstrip())).rstrip(),)
    for word in _words(text):
        rest = word
        if used + width(rest.rstrip()) > COLUMNS and line.strip():
            lines.append(line.rstrip())
            line, used = indent, width(indent)
        while used + width(rest.rstrip()) > COLUMNS:
            cut = 1
            while used + width(rest[: cut + 1]) <= COLUMNS:
                cut += 1
            lines.append(line + rest[:cut])
            line, rest, used = indent, rest[cut:], width(indent)
        added = rest if line.strip() else rest.lstrip()
        line += added
        used += width(added)
    return (*lines, line.rstrip())


def _words(text: str) -> list[str]:
    """Split into words with their space behind, and single wide characters.

    What may not begin a line stays with the character before it.
    """
    words: list[str] = []
    current = ""
    for char in text:
        if char in _NEVER_FIRST and words and not current:
            words[-1] += char
        elif unicodedata.east_asian_width(char) in "WF" and char not in _NEVER_FIRST:
            words += [current, char] if current else [char]
            current = ""
        else:
            current += char
            if char == " ":
                words.append(current)
                current = ""
    return [*words, current] if current else words


def confirmation_text(
    reservation: Reservation, bearer: Bearer, settings: Settings, with_code: bool = False
) -> str:
    """Return the confirmation as text; ``with_code`` draws the QR code of a valid one."""
    facts, bar = find_facts(reservation, bearer, settings), "=" * COLUMNS
    lines = [bar, f"  {facts.title.ja}", f"  {facts.title.en}", bar]
    if not facts.valid:
        lines += [f"*** {facts.not_valid.ja} ***", f"*** {facts.not_valid.en} ***", bar]
    elif with_code:
        from kofucli.output.confirmation.code import draw_in_text  # loads segno

        lines += draw_in_text(facts.number)
    lines += _fact_lines(facts)
    lines.append("-" * COLUMNS)
    for notice in (*facts.notices, *([facts.unofficial] if facts.unofficial else [])):
        lines += _wrap(notice.ja, "  ", "* ")
        lines += _wrap(notice.en, "  ", "  ")
    lines.append(bar)
    return "\n".join(lines) + "\n"


def _fact_lines(facts: Facts) -> Iterator[str]:
    """Yield the lines between the title and the warnings."""
    labels = facts.labels
    yield from _entry(labels.number, Pair(facts.number, facts.number))
    yield from _entry(labels.agent, Pair(facts.agent, facts.agent))
    day, hours = facts.day, facts.hours
    yield from _entry(labels.visit, Pair(f"{day.ja} {hours}", f"{day.en} {hours}"))
    if facts.status is not None:
        yield from _entry(labels.status, facts.status)
    if facts.office:
        yield from _entry(labels.office, Pair(facts.office, facts.office))
    if facts.place:
        yield from _entry(labels.place, Pair(facts.place, facts.place))
    yield from _case_lines(facts)
    last, until = facts.deadline, facts.until
    yield from _entry(labels.deadline, Pair(f"{last.ja} {until}", f"{last.en} {until}"))
    if facts.phone is not None:
        yield from _entry(labels.phone, facts.phone)


def _entry(label: Pair, value: Pair) -> Iterator[str]:
    """Yield the lines of one fact; a value that is the same in both languages stands once."""
    yield from _wrap(f"{label.ja} / {label.en}", "  ", "")
    yield from _wrap(value.ja, "    ")
    if value.en != value.ja:
        yield from _wrap(value.en, "    ")


def _case_lines(facts: Facts) -> Iterator[str]:
    """Yield the lines of the cases: number, kind, what became of it, and a box for each paper."""
    yield from _wrap(f"{facts.labels.cases.ja} / {facts.labels.cases.en}")
    for place, case in enumerate(facts.cases, 1):
        yield from _wrap(case.number, "      ", f"  {place:2d}. ")
        yield from _wrap(case.kind.ja, "      ")
        yield from _wrap(case.kind.en, "      ")
        if case.outcome is not None:
            yield from _wrap(f"{case.outcome.ja} / {case.outcome.en}", "      ")
        for paper in case.papers:
            yield from _wrap(f"[ ] {paper.ja} / {paper.en}", "          ", "      ")
