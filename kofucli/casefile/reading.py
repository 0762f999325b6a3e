"""The way in: the bytes of a case file or an agent file become rows of known columns.

CSV, XLSX, JSON and JSON lines are told apart by their first bytes: standard
input has no file name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from kofucli.base.errors import Phrase, Problem
from kofucli.casefile.columns import Columns
from kofucli.casefile.file_rows import FileRows, at_row, broken
from kofucli.casefile.headings import repeats_heading

LARGEST = 20 * 1024 * 1024
"""The most bytes that a file may have; a caller need not read more of it than one byte beyond."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
"""A compound file: .xls, and .xlsx with a password."""


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
    if again:
        message = Phrase("the heading stands here again; take this row out")
        problems = [Problem(at_row(row), message) for row in sorted(again)]
        rows = tuple(each for each in found.rows if each[0] not in again)
        return replace(found, rows=rows, problems=(*found.problems, *problems))
    if not found.rows and not found.problems:
        return replace(found, notes=(*found.notes, Phrase("The file has no row to read.")))
    return found


def _read_any(data: bytes, known: Columns, sheet: str | None) -> FileRows:
    """Read a file of the form that its first bytes tell. Raises InputError."""
    if data.startswith(_ZIP):
        from kofucli.casefile.xlsx_rows import read_xlsx

        return read_xlsx(data, known, sheet)
    if data.startswith(_OLD_WORKBOOK):
        message = Phrase(
            "it is an old Excel file (.xls) or has a password; save it as .xlsx without a password"
        )
        raise broken(Phrase("file"), message)
    if sheet is not None:
        raise broken(Phrase("--sheet"), Phrase("this file is no workbook (.xlsx) with sheets"))
    if re.match(rb"(?:\xef\xbb\xbf)?\s*[\[{]", data):
        from kofucli.casefile.json import read_json

        return read_json(data, known)
    from kofucli.casefile.csv import read_csv

    return read_csv(data, known)
