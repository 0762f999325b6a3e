"""JSON and JSON lines: objects whose keys are the columns."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Any

from kofucli.casefile.columns import EXACT, MOST_COLUMNS, Columns, too_many
from kofucli.casefile.rows import (
    MOST_PROBLEMS,
    FileRows,
    at_cell,
    broken,
    check_length,
    fault_of,
    refusal,
)
from kofucli.casefile.strays import Strays
from kofucli.casespec import Draft
from kofucli.errors import Phrase, Problem
from kofucli.text import abbreviate

if TYPE_CHECKING:
    from json import JSONDecodeError, JSONDecoder

__all__ = ["read_records"]

_LONGEST_NUMBER = 100
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")


class _Written(str):
    """A number, as it is written: a case number may have more digits than a float keeps."""

    __slots__ = ()


class _Numbers(dict[str, _Written]):
    """Numbers by how they are written: a million zeros are one object."""

    def __missing__(self, written: str) -> _Written:
        self[written] = number = _Written(written)
        return number


def read_records(data: bytes, columns: Columns) -> FileRows:
    """Read a list of objects, an object, or an object a line; UTF-8. Raises InputError."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = Phrase("its bytes are no UTF-8, as JSON must be")
        raise broken(Phrase("line {line}", line=line), message) from None
    names = _Names(columns)
    rows: list[tuple[int, Draft]] = []
    problems: list[Problem] = []
    values = _parse(text)
    check_length(len(values))
    for number, value in enumerate(values, 1):
        draft, faults = names.read_object(number, value)
        problems += faults
        if any(cell.strip() for cell in draft.values()):
            rows.append((number, draft))
        if len(problems) >= MOST_PROBLEMS:
            break
    if values and not problems:
        problems = names.find_missed()
    if problems:
        raise refusal(problems)
    notes = names.strays.notes(columns.find_missing(names.keys.values()))
    return FileRows(tuple(rows), tuple(dict.fromkeys(names.ignored)), tuple(notes))


def _parse(text: str) -> list[Any]:
    """Return the values of a file: objects are tuples of pairs, numbers as they are written."""
    from json import JSONDecodeError, JSONDecoder  # only files of this form need it

    keep = _Numbers().__getitem__
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
        raise broken(Phrase("file"), _nested()) from None
    else:
        return value if isinstance(value, list) else [value]
    return _parse_lines(text, decoder)


def _parse_lines(text: str, decoder: JSONDecoder) -> list[Any]:
    from json import JSONDecodeError

    values: list[Any] = []
    problems: list[Problem] = []
    for number, line in enumerate(StringIO(text), 1):
        if not line.strip():
            continue
        try:
            values.append(decoder.decode(line))
            check_length(len(values))
        except JSONDecodeError as error:
            problems.append(_no_json(error, number))
        except RecursionError:
            problems.append(Problem(Phrase("line {line}", line=number), _nested()))
        if len(problems) >= MOST_PROBLEMS:
            break
    if problems:
        raise refusal(problems)
    return values


def _no_json(error: JSONDecodeError, line: int) -> Problem:
    message = Phrase(
        "it is no JSON at character {place}: {detail}", place=error.colno, detail=error.msg
    )
    return Problem(Phrase("line {line}", line=line), message)


def _nested() -> Phrase:
    return Phrase("it is nested too deeply; expected objects with the columns as keys")


class _Names:
    """The keys that the objects of a file have, each looked at once."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.keys: dict[str, str | None] = {}
        self.ignored: list[str] = []
        self.strays = Strays()

    def read_object(self, row: int, pairs: object) -> tuple[Draft, list[Problem]]:
        """Return the cells of an object, and everything that is wrong in it.

        Raises InputError where there are too many keys to go on.
        """
        where = Phrase("row {row}", row=row)
        if not isinstance(pairs, tuple):
            message = Phrase("expected an object with the columns as keys")
            return {}, [Problem(where, message)]
        if len(pairs) > MOST_COLUMNS:
            raise too_many(where)
        draft: Draft = {}
        problems: list[Problem] = []
        seen: set[str] = set()
        for name, value in pairs:
            fault = self._learn(name)
            if name in seen:
                fault = Phrase("'{key}' is given twice", key=abbreviate(name))
            seen.add(name)
            key = self.keys[name]
            if key is not None and fault is None:
                if key in draft:
                    fault = Phrase("column '{name}' is there twice", name=key)
                else:
                    draft[key], cell_fault = _read_value(value, key)
                    if cell_fault is not None:
                        problems.append(Problem(at_cell(row, key), cell_fault))
            if fault is not None:
                problems.append(Problem(where, fault))
            elif key is None and name.strip():
                self.strays.look(name, value if isinstance(value, str) else "-" if value else "")
        return draft, problems

    def find_missed(self) -> list[Problem]:
        """Return that a column is missing, or that a name is nearly one that is."""
        found = self.keys.values()
        faults = [self._columns.find_missed(name, found) for name in self.ignored]
        if self._columns.needed not in found:
            faults.append(self._columns.missing())
        return [Problem(Phrase("file"), fault) for fault in faults if fault is not None]

    def _learn(self, name: str) -> Phrase | None:
        """Find out what a key means that was not met before, or that it is nearly one."""
        if name in self.keys:
            return None
        if len(self.keys) >= MOST_COLUMNS:
            raise too_many(Phrase("file"))
        self.keys[name], fault = self._columns.match(name)
        if self.keys[name] is None and fault is None and name.strip():
            self.ignored.append(abbreviate(name))
        return fault


def _read_value(value: object, key: str) -> tuple[str, Phrase | None]:
    """Return a value as a cell of text, or what is wrong with it."""
    if value is None:
        return "", None
    if isinstance(value, bool) and key not in EXACT:
        return ("yes" if value else "no"), None
    if isinstance(value, _Written):
        return _read_number(value, key)
    if isinstance(value, str):
        return value, fault_of(value)
    if isinstance(value, bool):
        return "", Phrase("found true or false, expected text")
    return "", Phrase("found a list or an object, expected text or a number")


def _read_number(written: str, key: str) -> tuple[str, Phrase | None]:
    if len(written) > _LONGEST_NUMBER:
        return "", Phrase("a number has more than {limit} digits", limit=_LONGEST_NUMBER)
    whole = re.fullmatch(r"(-?[0-9]+)(?:\.0+)?", written)
    if whole is not None:
        return whole[1], None
    if written in _NO_NUMBERS or key in EXACT:
        shown = abbreviate(written)
        return "", Phrase("found '{value}', expected text or a whole number", value=shown)
    return written, None
