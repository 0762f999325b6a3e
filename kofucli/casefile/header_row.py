"""The heading of a table: which column means what, and where it may be if it is not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from kofucli.base.errors import Phrase, Problem
from kofucli.base.text import abbreviate, quote
from kofucli.casefile.columns import Columns
from kofucli.casefile.notes import Name, refusal

Line = tuple[int, Sequence[str]]
"""The number of a line, as an editor or a spreadsheet shows it, and its cells."""

_LINES_LOOKED_AT = 50
"""How far down a heading is looked for: a title has a few lines, not a page."""
_MOST_CELLS = 8


class Heading(Struct, frozen=True):
    """What a heading says: the key of each column, headings not known here, names for problems."""

    keys: list[str | None]
    ignored: tuple[str, ...]
    names: dict[str, Name]


def read_heading(columns: Columns, lines: Iterator[Line]) -> Heading:
    """Return what the first line says; the others are looked at only where it is no heading.

    Raises InputError where a column is missing, mistyped or there twice.
    """
    line = next(lines)
    cells = line[1]
    columns.settle(cells)
    matches = [columns.match(cell) for cell in cells]
    keys = [key for key, _ in matches]
    if columns.needed not in keys:
        below = _find_below(columns, lines)
        if below is not None:
            raise refusal([_missing(columns, line), below])
    ignored: list[str] = []
    problems: list[Problem] = []
    for at, (cell, (key, near)) in enumerate(zip(cells, matches, strict=True)):
        fault = near
        if key is not None and key in keys[:at]:
            fault = columns.repeated(key, [cells[keys.index(key)], cell])
        elif key is None and near is None:
            fault = columns.find_missed(cell, keys)
        if fault is not None:
            problems.append(Problem(Phrase("heading, column {column}", column=at + 1), fault))
        elif key is None and cell.strip():
            ignored.append(abbreviate(cell))
    if columns.needed not in keys and not problems:
        problems.append(_missing(columns, line))
    if problems:
        raise refusal(problems)
    names = {key: columns.call(key, cell) for key, cell in zip(keys, cells, strict=True) if key}
    return Heading(keys, tuple(dict.fromkeys(ignored)), names)


def _find_below(columns: Columns, lines: Iterator[Line]) -> Problem | None:
    """Return that a line further down looks like the heading, None where none does."""
    for number, cells in islice(lines, _LINES_LOOKED_AT):
        if any(columns.match_exactly(cell) == columns.needed for cell in cells):
            message = Phrase("it looks like the heading; remove the lines above it")
            return Problem(Phrase("line {line}", line=number), message)
    return None


def _missing(columns: Columns, line: Line) -> Problem:
    """Return that the needed column is not there, and what was taken for the heading."""
    number, cells = line
    said = [quote(cell.strip()) for cell in cells if cell.strip()]
    message = Phrase(
        "{missing}; line {line} was taken as the heading: {cells}. If the heading stands further "
        "down, remove the lines above it",
        missing=columns.missing([cell for cell in cells if cell]),
        line=number,
        cells=said[:_MOST_CELLS] + ["..."] * (len(said) > _MOST_CELLS),
    )
    return Problem(Phrase("heading"), message)
