"""The way in: the bytes of a case file or an agent file become rows of known columns.

CSV, XLSX, JSON and JSON lines are told apart by their first bytes: standard input has no file name.
CSV is read here: its encoding and delimiter are found out; a quoted cell may hold line ends and
delimiters.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import chain, islice

from msgspec.structs import replace

from kofucli.base import InputError, Phrase, Problem
from kofucli.base.spreadsheets import read_cell
from kofucli.base.text import quote
from kofucli.casefile import Draft
from kofucli.casefile.columns import EXACT, MOST_COLUMNS, Columns, too_many
from kofucli.casefile.file_rows import (
    END_OF_TEXT,
    LONGEST_CELL,
    MOST_FILE_PROBLEMS,
    FileRow,
    FileRows,
    at_cell,
    at_row,
    broken,
    broken_file,
    broken_line,
    check_length,
    fault_of_total,
    name_other_form,
)
from kofucli.casefile.headings import Heading, Line, read_heading, repeats_heading
from kofucli.casefile.unused_columns import UnusedColumns, find_hidden

LARGEST = 20 * 1024 * 1024
"""The most bytes that a file may have; a caller need not read more of it than one byte beyond."""

_SIGN = "[-+\uff0b\uff0d\u2212]?"
_SCIENTIFIC = re.compile(
    rf"\s*{_SIGN}(?:\d*+[.,\uff0e\uff0c][\d.,\uff0e\uff0c]*+[Ee\uff25\uff45]{_SIGN}"
    r"|\d++[Ee\uff25\uff45][+\uff0b])\d+\s*"
)
"""A number as a spreadsheet shortens it: 2.02611E+11, whose other digits are lost.

It always has a plus or a point, which no identifier has; 20261102E5 is as somebody wrote it.
"""
_DAY = re.compile(r"\s*\d{4}([-/])\d{1,2}\1\d{1,2}(?: 0?0:00(?::00)?)?\s*")
"""A day, which a spreadsheet makes of an id such as 11-25, and which may stand above its rows."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def read_rows(
    data: bytes,
    columns: Mapping[str, str],
    own: Mapping[str, str],
    needed: str,
    sheet: str | None = None,
) -> FileRows:
    """Read a file of any of these forms. Raises InputError where it cannot be read at all.

    The result has the problems of single rows beside the rows without one; empty rows are left out.
    ``columns`` maps headings to keys, ``own`` maps a firm's own headings to keys. ``needed`` is the
    key of the column that every file must have. ``sheet`` names the sheet of a workbook; by default
    it is the first visible one.
    """
    if len(data) > LARGEST:
        raise broken_file(
            Phrase("it has {size} bytes, at most {limit} are read", size=len(data), limit=LARGEST)
        )
    known = Columns(columns, own, needed)
    found = _read_any(data, known, sheet)
    again = {row for row, draft in found.rows if repeats_heading(draft.get(needed, ""), known)}
    if not found.rows and not found.problems:
        found = replace(found, notes=(*found.notes, Phrase("The file has no row to read.")))
    message = Phrase("the heading stands here again; take this row out")
    found = _set_aside(found, {row: [Problem(at_row(row), message)] for row in again})
    found = _set_aside(found, _find_lost_digits(found))
    return _set_aside(found, find_hidden(found, known))


def _set_aside(found: FileRows, wrong: Mapping[FileRow, Sequence[Problem]]) -> FileRows:
    """Return rows without those that have problems, which come behind the others."""
    if not wrong:
        return found
    rows = tuple((row, draft) for row, draft in found.rows if row not in wrong)
    problems = (problem for row in sorted(wrong) for problem in wrong[row])
    return replace(found, rows=rows, problems=(*found.problems, *problems))


def _find_lost_digits(found: FileRows) -> dict[FileRow, list[Problem]]:
    """Return the problems of rows that have a number in scientific notation as an identifier."""
    exact = sorted(EXACT & found.names.keys())
    lost: dict[FileRow, list[Problem]] = {}
    for row, draft in found.rows:
        for key in exact:
            text = draft.get(key, "")
            if text.isalnum():
                continue
            is_lost = _SCIENTIFIC.fullmatch(text) or (
                key in ("id", "number") and _DAY.fullmatch(text)
            )
            if is_lost and len(lost) < MOST_FILE_PROBLEMS:
                message = Phrase(
                    "'{value}' is what a spreadsheet made of it, and digits are lost; format the "
                    "column as text and enter it again",
                    value=quote(text.strip()),
                )
                lost.setdefault(row, []).append(Problem(found.at_cell(row, key), message))
    return lost


def _read_any(data: bytes, known: Columns, sheet: str | None) -> FileRows:
    """Read a file of the form that its first bytes tell. Raises InputError."""
    if data.startswith(_ZIP):
        from kofucli.casefile.xlsx_rows import read_xlsx

        return read_xlsx(data, known, sheet)
    other = name_other_form(data)
    if other is not None:
        raise broken_file(other)
    if sheet is not None:
        raise broken(Phrase("--sheet"), Phrase("this file is not a workbook (.xlsx) with sheets"))
    if re.match(rb"(?:\xef\xbb\xbf)?\s*[\[{]", data):
        from kofucli.casefile.json import read_json

        return read_json(data, known)
    return read_csv(data, known)


_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_OF_OTHERS = (b"\x1b$B", b"\r\x00\n\x00")
"""Bytes of ISO-2022-JP, and of UTF-16 without its mark."""
_FIRST_JAPANESE = "\u3000"
_DECLARED = r"sep=([^\w\s\"'=]|\t)(?=[\r\n]|$)"
"""A first line that names the delimiter, as Excel reads it; it is no row and no heading."""

_MOST_ABOVE = 100
"""The heading is among this many lines: there may be empty ones above it."""


def read_csv(data: bytes, columns: Columns) -> FileRows:
    """Read CSV in UTF-8, CP932 or UTF-16. Raises InputError where it is none, or has no heading."""
    text = _decode(data).removesuffix(END_OF_TEXT)
    lines = _split(text)
    if any(sign in text for sign in ("'", "\\", '="')):
        lines = ((at, [read_cell(cell) for cell in cells]) for at, cells in lines)
    above = enumerate(islice(lines, _MOST_ABOVE), 1)
    found = next(((at, line) for at, line in above if any(map(str.strip, line[1]))), None)
    if found is None:
        raise broken_line(1, Phrase("expected a line with column names"))
    heading = read_heading(columns, chain((found[1],), lines))
    return _read_lines(columns, heading, lines, found[0])


def _read_lines(columns: Columns, heading: Heading, lines: Iterator[Line], top: int) -> FileRows:
    """Return the rows below a heading in row ``top``."""
    unused = UnusedColumns(columns, heading)
    keys = heading.keys
    known = [(at, key) for at, key in enumerate(keys) if key]
    kept: dict[int, Sequence[str]] = {}
    rows: list[tuple[FileRow, Draft]] = []
    problems: list[Problem] = []
    for number, (_, cells) in enumerate(lines, 1):
        check_length(number)
        row = FileRow(number, top + number)
        if len(cells) > len(keys) and any(map(str.strip, cells[len(keys) :])):
            message = Phrase(
                "it has {count} cells, the heading has {limit}; too many: {cells}",
                count=len(cells),
                limit=len(keys),
                cells=quote(", ".join(cells[len(keys) :])),
            )
            problems.append(Problem(at_row(row), message))
            if len(problems) >= MOST_FILE_PROBLEMS:
                break
            continue
        draft = {key: cells[at] for at, key in known if at < len(cells) and cells[at]}
        if "new" in keys[len(cells) :] and draft:
            message = Phrase(
                "the line ends before column '{key}'; an empty cell drops the case", key="new"
            )
            problems.append(Problem(at_row(row), message))
            continue
        total = fault_of_total(draft.get("number", ""), cells)
        if total is not None:
            problems.append(Problem(at_cell(row, heading.names["number"]), total))
        elif not any(map(str.strip, draft.values())):
            unused.pass_over(row, enumerate(cells))
            continue
        else:
            rows.append((row, draft))
            kept[number] = cells
        if unused.left:
            unused.look(enumerate(cells))
    return unused.gather(rows, problems, kept.__getitem__)


def _decode(data: bytes) -> str:
    if data.startswith(_UTF_16_MARKS):
        return _decode_as(data, "utf-16", Phrase("its bytes are not UTF-16; save it as UTF-8"))
    neither = Phrase("the bytes are neither UTF-8 nor CP932 (Shift_JIS); save the file as UTF-8")
    if any(sign in data for sign in _OF_OTHERS):
        raise _broken_at(data, 0, neither)
    if b"\x00" in data:
        raise _broken_at(data, data.index(b"\x00"), Phrase("it holds a NUL byte"))
    if data.startswith(_UTF_8_MARK):
        rest = data.removeprefix(_UTF_8_MARK)
        return _decode_as(rest, "utf-8", Phrase("its bytes are not UTF-8"))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        at = error.start
    # A whole line of Japanese in UTF-8: the file, or a value, was cut off, or two were joined.
    for line in data.decode(errors="replace").splitlines():
        if "\ufffd" not in line and not line.isascii() and max(line) >= _FIRST_JAPANESE:
            raise _broken_at(data, at, neither)
    return _decode_as(data, "cp932", neither)


def _decode_as(data: bytes, encoding: str, message: Phrase) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _broken_at(data, error.start, message) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise broken_line(line, Phrase("it holds a NUL byte"))
    return text


def _broken_at(data: bytes, at: int, message: Phrase) -> InputError:
    line = data.count(b"\n", 0, at) + 1
    return broken_line(line, message)


def _split(text: str) -> Iterator[Line]:
    """Yield the lines of CSV, but for one that names the delimiter."""
    declared = re.match(_DECLARED, text, re.IGNORECASE)
    delimiter = declared[1] if declared else _find_delimiter(text.lstrip("\r\n"))
    lines: Iterable[str] = StringIO(text, newline="")
    if max(map(len, text.split("\n"))) >= MOST_COLUMNS:
        lines = _limit_columns(lines, delimiter)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    too_long = Phrase("a cell has more than {limit} characters", limit=LONGEST_CELL)
    begins = 1
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                raise too_many(Phrase("line {line}", line=reader.line_num))
            if cells and max(map(len, cells)) > LONGEST_CELL:
                raise broken_line(reader.line_num, too_long)
            if begins > 1 or declared is None:
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        message = Phrase("it is not a CSV file: {detail}", detail=str(error))
        if "field limit" in str(error):  # the module's own, which is greater than ours
            message = too_long
        raise broken_line(reader.line_num, message) from None


def _find_delimiter(text: str) -> str:
    """Return the delimiter that the heading has most often outside of quoted cells."""
    heading = re.match(r'(?:[^"\r\n]++|"[^"]*+"?+)*+', text)
    bare = re.sub(r'"[^"]*"?', "", heading[0]) if heading else ""
    return max(",;\t", key=bare.count)


def _limit_columns(lines: Iterable[str], delimiter: str) -> Iterator[str]:
    """Yield the lines. Raises InputError at one of too many columns: splitting it costs memory."""
    quoted = False
    for number, line in enumerate(lines, 1):
        if line.count(delimiter) >= MOST_COLUMNS:
            bare = line.split('"')[quoted::2]
            if sum(part.count(delimiter) for part in bare) >= MOST_COLUMNS:
                raise too_many(Phrase("line {line}", line=number))
        quoted ^= line.count('"') % 2 == 1
        yield line
