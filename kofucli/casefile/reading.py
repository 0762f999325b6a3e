"""The way in: the bytes of a case file or an agent file become rows of known columns.

CSV, XLSX, JSON and JSON lines are told apart by their first bytes: standard
input has no file name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from kofucli.base.errors import Phrase, Problem
from kofucli.base.text import quote
from kofucli.casefile.columns import EXACT, Columns
from kofucli.casefile.file_rows import MOST_FILE_PROBLEMS, FileRow, FileRows, at_row, broken
from kofucli.casefile.headings import repeats_heading
from kofucli.casefile.other_forms import name_other_form

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
"""A day, which a spreadsheet makes of an id such as 11-25."""

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
        message = Phrase(
            "it has {size} bytes, at most {limit} are read", size=len(data), limit=LARGEST
        )
        raise broken(Phrase("file"), message)
    known = Columns(columns, own, needed)
    found = _read_any(data, known, sheet)
    again = {row for row, draft in found.rows if repeats_heading(draft.get(needed, ""), known)}
    if not found.rows and not found.problems:
        found = replace(found, notes=(*found.notes, Phrase("The file has no row to read.")))
    message = Phrase("the heading stands here again; take this row out")
    found = _set_aside(found, {row: [Problem(at_row(row), message)] for row in again})
    return _set_aside(found, _find_lost_digits(found))


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
            is_lost = _SCIENTIFIC.fullmatch(text) or (key == "id" and _DAY.fullmatch(text))
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
        raise broken(Phrase("file"), other)
    if sheet is not None:
        raise broken(Phrase("--sheet"), Phrase("this file is not a workbook (.xlsx) with sheets"))
    if re.match(rb"(?:\xef\xbb\xbf)?\s*[\[{]", data):
        from kofucli.casefile.json import read_json

        return read_json(data, known)
    from kofucli.casefile.csv import read_csv

    return read_csv(data, known)
