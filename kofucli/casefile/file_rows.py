"""The result of reading a file: its rows, notes for the user, and problems with their places."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import date, time

from msgspec import Struct, field

from kofucli.base.errors import InputError, Phrase, Problem
from kofucli.base.written_times import Day
from kofucli.casefile import Draft
from kofucli.rules.eligibility import TOTALS

LONGEST_CELL = 10_000
"""The characters that a cell may have."""
MOST_ROWS = 200_000
"""The rows that a file may have: no office has so many visits, and millions would fill memory."""
MOST_FILE_PROBLEMS = 100
"""The problems of a file that are told at once: more of them have a common cause."""

_LONGEST_COUNT, _LONGEST_WORD = 5, 20
"""The characters that a count of rows, and a word for a total with its blanks, have at most."""
END_OF_TEXT = "\x1a"
"""Ctrl-Z, with which programs for DOS end a text."""


Value = Day | str
"""A day, or an hour such as ``10:00``."""
Cell = str | float | bool | date | time
"""A cell as it was read: a text, or what it is in a workbook."""
Name = str | Phrase
"""The name of a column in a problem: its key, with its heading where that is another word."""


class FileRow(int):
    """A row of one file or of several: its place among all rows, from 1 below the heading.

    As text it is what people read: its row in the sheet, as Excel shows it, which for JSON is its
    place; one of several files has the name of its ``file`` before: ``b.csv:3``. ``number`` is its
    place in its own file, as documents have it.
    """

    number: int
    shown: int
    file: str

    def __new__(cls, number: int, shown: int, file: str = "", before: int = 0) -> FileRow:
        """Make a row; ``before`` is how many rows the files before it have."""
        row = int.__new__(cls, before + number)
        row.number, row.shown, row.file = number, shown, file
        return row

    def among(self, file: str, before: int) -> FileRow:
        """Return this row as one of several files."""
        return FileRow(self.number, self.shown, file, before)

    def alone(self) -> FileRow:
        """Return this row as one of its own file."""
        return FileRow(self.number, self.shown)

    def __str__(self) -> str:
        return f"{self.file}:{self.shown}" if self.file else str(self.shown)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


class FileRows(Struct, frozen=True):
    """The rows of a file.

    ``ignored`` are the headings not known here. ``notes`` tell the user what was read or left out
    against expectation. ``problems`` are the cells and rows that could not be read; ``rows`` has
    the other rows. ``hints`` are shown behind problems, if there are any. ``names`` gives the name
    of the column of a key. Where no row has the day (the hour) of its visit, ``lost`` has under
    ``date`` (``hour``) each ignored column that holds nothing but days (hours), with these.

    ``columns`` are all headings as they stand there, each with its key, and ``cells_of`` gives the
    cells below them by the number of a row; the last ones may be missing.
    """

    rows: tuple[tuple[FileRow, Draft], ...]
    ignored: tuple[str, ...]
    notes: tuple[Phrase, ...] = ()
    problems: tuple[Problem, ...] = ()
    hints: tuple[Problem, ...] = ()
    names: Mapping[str, Name] = field(default_factory=dict)
    lost: Mapping[str, Mapping[str, Set[Value]]] = field(default_factory=dict)
    columns: Sequence[tuple[str, str | None]] = ()
    cells_of: Callable[[int], Sequence[Cell]] = lambda _: ()

    def at_cell(self, row: FileRow, key: str) -> Phrase:
        """Return where a cell is."""
        return at_cell(row, self.names.get(key, key))

    def complete(self) -> FileRows:
        """Return these rows if each row of the file could be read. Raises InputError otherwise."""
        if self.problems:
            most = MOST_FILE_PROBLEMS - len(self.hints)
            raise refusal([*self.problems[:most], *self.hints])
        return self


def refusal(problems: Sequence[Problem]) -> InputError:
    """Return the error of a file with these problems."""
    headline = Phrase("The file is invalid; nothing was done.")
    return InputError(headline, problems[:MOST_FILE_PROBLEMS])


def broken(where: Phrase, message: Phrase) -> InputError:
    """Return the error of a file that cannot be read on from here."""
    return refusal([Problem(where, message)])


def check_length(count: int) -> None:
    """Raise InputError where a file has more rows than are read."""
    if count > MOST_ROWS:
        raise broken(Phrase("file"), Phrase("it has more than {limit} rows", limit=MOST_ROWS))


def at_row(row: FileRow) -> Phrase:
    """Return where a row is."""
    return Phrase("row {row}", row=row)


def at_cell(row: FileRow, key: Name) -> Phrase:
    """Return where a cell is."""
    return Phrase("row {row}, column {key}", row=row, key=key)


def row_of(problem: Problem) -> int:
    """Return the row in which a problem is; 0 for a problem of the whole file."""
    where = problem.where.values.get("where", problem.where)
    row = where.values.get("row") if isinstance(where, Phrase) else None
    return row if isinstance(row, int) else 0


def fault_of(text: str) -> Phrase | None:
    """Return why no cell can hold this text, None where it can."""
    if len(text) > LONGEST_CELL:
        return Phrase("a cell has more than {limit} characters", limit=LONGEST_CELL)
    if "\x00" in text:
        return Phrase("it holds a NUL byte")
    try:
        text.encode()
    except UnicodeEncodeError:
        return Phrase("it holds half a character (a lone surrogate)")
    return None


def fault_of_total(number: str, cells: Iterable[str]) -> Phrase | None:
    """Return that the count in a row of these cells is not a case number, None where it may be one.

    Below a list the count stands in the column of the numbers, the word for it in any other one.
    """
    if not number.isdecimal() or len(number) > _LONGEST_COUNT:
        return None
    words = ("".join(unicodedata.normalize("NFKC", cell[:_LONGEST_WORD]).split()) for cell in cells)
    if any(word.upper().rstrip(":") in TOTALS for word in words):
        return Phrase(
            "'{value}' is not a case number: {fault}",
            value=number,
            fault=Phrase("it is a total or a remark"),
        )
    return None


def name_column(column: int) -> str:
    """Return the letters of a column, counted from 0."""
    letters = ""
    while column >= 0:
        column, place = divmod(column, 26)
        letters = chr(ord("A") + place) + letters
        column -= 1
    return letters
