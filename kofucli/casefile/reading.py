"""The way in: the bytes of a case file or an agent file become rows of known columns.

CSV, XLSX, JSON and JSON lines are told apart by their first bytes: standard
input has no file name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kofucli.base.errors import Phrase
from kofucli.casefile.columns import Columns
from kofucli.casefile.file_rows import FileRows, broken
from kofucli.casefile.other_forms import name_other_form

LARGEST = 20 * 1024 * 1024
"""The most bytes that a file may have; a caller need not read more of it than one byte beyond."""

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
    if data.startswith(_ZIP):
        from kofucli.casefile.xlsx_rows import read_xlsx

        return read_xlsx(data, known, sheet)
    other = name_other_form(data)
    if other is not None:
        raise broken(Phrase("file"), other)
    if sheet is not None:
        raise broken(Phrase("--sheet"), Phrase("this file is no workbook (.xlsx) with sheets"))
    if re.match(rb"(?:\xef\xbb\xbf)?\s*[\[{]", data):
        from kofucli.casefile.json import read_json

        return read_json(data, known)
    from kofucli.casefile.csv import read_csv

    return read_csv(data, known)
