"""JSON and JSON lines: objects whose keys are the columns."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from functools import cache
from io import StringIO
from json import JSONDecodeError, JSONDecoder
from typing import Any

from msgspec.structs import replace

from kofucli.base import Phrase, Problem
from kofucli.base.text import abbreviate, quote
from kofucli.casefile import Draft
from kofucli.casefile.columns import EXACT, MOST_COLUMNS, Columns, show_heading, too_many
from kofucli.casefile.file_rows import (
    END_OF_TEXT,
    MOST_FILE_PROBLEMS,
    FileRow,
    FileRows,
    at_cell,
    at_row,
    broken_file,
    broken_line,
    check_length,
    fault_of,
    refusal,
)
from kofucli.casefile.headings import Heading
from kofucli.casefile.unused_columns import UnusedColumns

_LONGEST_NUMBER = 100
_NO_VALUE = object()
"""The value of a line that is no JSON: it counts as a row, but nothing of it is known."""
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")


class _Written(str):
    """A number, as it is written: a case number may have more digits than a float keeps."""

    __slots__ = ()


def read_json(data: bytes, columns: Columns) -> FileRows:
    """Read a list of objects, an object, or an object a line; UTF-8. Raises InputError."""
    data = data.removeprefix(b"\xef\xbb\xbf").removesuffix(END_OF_TEXT.encode())
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise broken_line(line, Phrase("its bytes are not UTF-8, as JSON must be")) from None
    values, problems = _parse(text)
    check_length(len(values))
    reader = _Reader(columns, values)
    rows = reader.read(values, problems)
    found = reader.keys.values()
    if values and not problems and columns.needed not in found:
        raise broken_file(columns.missing())
    if "new" in found:
        message = Phrase(
            "'{key}' is missing, and other objects have it; '{key}': null drops the case", key="new"
        )
        problems += [Problem(at_row(row), message) for row, draft in rows if "new" not in draft]
    if problems and columns.needed not in found:
        raise refusal(problems)

    def cells_of(number: int) -> list[str]:
        cells = dict(values[number - 1])
        return [_read_value(cells.get(name), "note")[0] for name in reader.keys]

    found_rows = reader.unused.gather(rows, problems, cells_of)
    return replace(found_rows, ignored=reader.list_ignored())


def _parse(text: str) -> tuple[list[Any], list[Problem]]:
    """Return values, objects as tuples of pairs, numbers as written; and lines that are no JSON."""
    keep = cache(_Written)  # a million zeros are one object
    decoder = JSONDecoder(
        object_pairs_hook=tuple, parse_int=keep, parse_float=keep, parse_constant=keep
    )
    try:
        value = decoder.decode(text)
    except JSONDecodeError as error:
        # An object that ends, or breaks, on its first line: there are lines of them.
        if text.lstrip().startswith("[") or "\n" in text[: error.pos].strip():
            raise refusal([_no_json(error, error.lineno)]) from None
    except RecursionError:
        raise broken_file(_nested()) from None
    else:
        return (value if isinstance(value, list) else [value]), []
    return _parse_lines(text, decoder)


def _parse_lines(text: str, decoder: JSONDecoder) -> tuple[list[Any], list[Problem]]:
    values: list[Any] = []
    problems: list[Problem] = []
    for number, line in enumerate(StringIO(text), 1):
        if not line.strip():
            continue
        try:
            value = decoder.decode(line)
        except JSONDecodeError as error:
            value = _NO_VALUE
            problems.append(_no_json(error, number))
        except RecursionError:
            value = _NO_VALUE
            problems.append(Problem(Phrase("line {line}", line=number), _nested()))
        values.append(value)
        check_length(len(values))
        if len(problems) >= MOST_FILE_PROBLEMS:
            break
    return values, problems


def _no_json(error: JSONDecodeError, line: int) -> Problem:
    message = Phrase(
        "it is not JSON at character {place}: {detail}", place=error.colno, detail=error.msg
    )
    return Problem(Phrase("line {line}", line=line), message)


def _nested() -> Phrase:
    return Phrase("it is nested too deeply; expected objects with the columns as keys")


class _Reader:
    """Reads the objects of a file; ``keys`` are those of the columns that their names mean.

    Raises InputError where there are too many names.
    """

    def __init__(self, columns: Columns, values: Sequence[object]) -> None:
        names: dict[str, None] = {}
        for number, value in enumerate(values, 1):
            if isinstance(value, tuple):
                if len(value) > MOST_COLUMNS:
                    raise too_many(at_row(FileRow(number, number)))
                names.update((name, None) for name, _ in value)
                if len(names) > MOST_COLUMNS:
                    raise too_many(Phrase("file"))
        columns.settle(names)
        matches = {name: columns.match(name) for name in names}
        self.keys = {name: key for name, (key, _) in matches.items()}
        self._columns = columns
        self._called = {
            key: columns.name_in_problem(key, name)
            for name, key in reversed(self.keys.items())
            if key is not None
        }
        head = Heading(list(self.keys), list(self.keys.values()), (), self._called)
        self.unused = UnusedColumns(columns, head)
        self._places = {name: at for at, name in enumerate(self.keys)}
        self._near = {name: near for name, (_, near) in matches.items() if near is not None}
        self._mistyped: set[str] = set()

    def read(
        self, values: Sequence[object], problems: list[Problem]
    ) -> list[tuple[FileRow, Draft]]:
        """Return the rows that the values of a file are; what is wrong joins the ``problems``."""
        rows: list[tuple[FileRow, Draft]] = []
        for number, value in enumerate(values, 1):
            if value is _NO_VALUE:
                continue
            row = FileRow(number, number)
            draft, faults = self._read_object(row, value)
            problems += faults
            if any(cell.strip() for cell in draft.values()):
                rows.append((row, draft))
            if len(problems) >= MOST_FILE_PROBLEMS:
                break
        return rows

    def _read_object(self, row: FileRow, pairs: object) -> tuple[Draft, list[Problem]]:
        """Return the cells of an object and its problems; where it has any, it has no cells."""
        where = at_row(row)
        if not isinstance(pairs, tuple):
            return {}, [Problem(where, Phrase("expected an object with the columns as keys"))]
        draft: Draft = {}
        others: list[tuple[int, str]] = []
        problems: list[Problem] = []
        seen: set[str] = set()
        for name, value in pairs:
            key = self.keys[name]
            if name in seen:
                fault = Phrase("'{key}' is given twice", key=abbreviate(name))
                problems.append(Problem(where, fault))
            elif key is None:
                cell = value if isinstance(value, str) else "-" if value else ""
                others += [(self._places[name], cell)] if name.strip() else []
            elif key in draft:
                same = [n for n, means in self.keys.items() if means == key and n in {*seen, name}]
                problems.append(Problem(where, self._columns.repeated(key, same)))
            else:
                draft[key], cell_fault = _read_value(value, key)
                if cell_fault is not None:
                    problems.append(Problem(at_cell(row, self._called[key]), cell_fault))
            seen.add(name)
        problems += [Problem(where, fault) for fault in self._find_mistyped(seen, draft)]
        if problems or any(map(str.strip, draft.values())):
            self.unused.look(others)
        else:
            self.unused.pass_over(row, others)
        is_whole = not problems and self._mistyped.isdisjoint(seen)
        return (draft if is_whole else {}), problems

    def _find_mistyped(self, names: Container[str], draft: Draft) -> list[Phrase]:
        """Return the problems of names that are new, and resemble one that their object lacks."""
        mistyped = [n for n, near in self._near.items() if n in names and near.key not in draft]
        told = [self._near[name].problem for name in mistyped if name not in self._mistyped]
        self._mistyped.update(mistyped)
        return told

    def list_ignored(self) -> tuple[str, ...]:
        """Return the names that mean no column, but for those that were told as mistyped."""
        unknown = (name for name, key in self.keys.items() if key is None and name.strip())
        return tuple(dict.fromkeys(show_heading(n) for n in unknown if n not in self._mistyped))


def _read_value(value: object, key: str) -> tuple[str, Phrase | None]:
    """Return a value as a cell of text, or what is wrong with it."""
    if value is None:
        return "", None
    if isinstance(value, _Written):
        return _read_number(value, key)
    if isinstance(value, str):
        return value, fault_of(value)
    if not isinstance(value, bool):
        return "", Phrase("found a list or an object, expected text or a number")
    if key in EXACT:
        return "", Phrase("found true or false, expected text")
    return ("yes" if value else "no"), None


def _read_number(written: str, key: str) -> tuple[str, Phrase | None]:
    if len(written) > _LONGEST_NUMBER:
        return "", Phrase("a number has more than {limit} digits", limit=_LONGEST_NUMBER)
    whole = re.fullmatch(r"(-?[0-9]+)(?:\.0+)?", written)
    if whole is not None:
        return whole[1], None
    if written in _NO_NUMBERS or key in EXACT:
        shown = quote(written)
        return "", Phrase("found '{value}', expected text or a whole number", value=shown)
    return written, None
