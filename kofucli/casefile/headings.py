"""The heading of a table: which columns are ours, by what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Struct

from kofucli.base import Phrase, Problem
from kofucli.base.text import quote
from kofucli.casefile.columns import RESULT, Columns, show_heading
from kofucli.casefile.file_rows import Name, refusal

Line = tuple[int, Sequence[str]]
"""The number of a line, as an editor or a spreadsheet shows it, and its cells."""

_LINES_LOOKED_AT = 50
"""The lines in which a heading is looked for: a title above it has a few lines, not a page."""
_MOST_CELLS = 8


class Heading(Struct, frozen=True):
    """What a heading says.

    ``cells`` are its texts, ``keys`` those of their columns: None for a heading not known here.
    Such headings are ``ignored``, each once. ``names`` are the names of the columns in a problem.
    """

    cells: Sequence[str]
    keys: Sequence[str | None]
    ignored: tuple[str, ...]
    names: dict[str, Name]


def read_heading(columns: Columns, lines: Iterator[Line]) -> Heading:
    """Return what the first line says.

    Raises InputError where a column is missing, mistyped or there twice. Where the needed column is
    missing, the lines below are searched for one that gives it, which the error then names.
    """
    line = next(lines)
    cells = line[1]
    begins, ends = columns.find_result(cells)
    columns.settle([*cells[:begins], *cells[ends:]])
    matches = [columns.match(cell) for cell in cells]
    matches[begins:ends] = [(key, None) for key in RESULT[: ends - begins]]
    keys = [key for key, _ in matches]
    if columns.needed not in keys:
        for number, others in islice(lines, _LINES_LOOKED_AT):
            if any(columns.match_exactly(cell) == columns.needed for cell in others):
                message = Phrase("it looks like the heading; remove the lines above it")
                below = Problem(Phrase("line {line}", line=number), message)
                raise refusal([_missing(columns, line), below])
    ignored: list[str] = []
    problems: list[Problem] = []
    for at, (cell, (key, near)) in enumerate(zip(cells, matches, strict=True)):
        fault = near.problem if near is not None and near.key not in keys else None
        if key is not None and key in keys[:at]:
            fault = columns.repeated(key, [cells[keys.index(key)], cell])
        if fault is not None:
            problems.append(Problem(Phrase("heading, column {column}", column=at + 1), fault))
        elif key is None and cell.strip():
            ignored.append(show_heading(cell))
    if columns.needed not in keys and not problems:
        problems.append(_missing(columns, line))
    if problems:
        raise refusal(problems)
    names = {
        key: columns.name_in_problem(key, cell)
        for key, cell in zip(keys, cells, strict=True)
        if key
    }
    return Heading(cells, keys, tuple(dict.fromkeys(ignored)), names)


def repeats_heading(cell: str, columns: Columns) -> bool:
    """Tell whether a cell of the needed column is the heading of that column once more."""
    # A number ends with a digit: nearly all cells need no closer look.
    return not cell[-1:].isdigit() and columns.match_exactly(cell) == columns.needed


def _missing(columns: Columns, line: Line) -> Problem:
    """Return the problem of a missing column, with the line that was taken for the heading."""
    number, cells = line
    said = [quote(cell.strip()) for cell in cells if cell.strip()]
    message = Phrase(
        "{missing}; line {line} was taken as the heading: {cells}. If the heading stands further "
        "down, remove the lines above it",
        missing=columns.missing(),
        line=number,
        cells=said[:_MOST_CELLS] + ["..."] * (len(said) > _MOST_CELLS),
    )
    return Problem(Phrase("heading"), message)
