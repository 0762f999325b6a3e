"""Escapes in CSV for what a spreadsheet or a terminal would act on.

``=1+1`` is written as ``'=1+1``, the character ESC as ``\\u001b``. Writing and reading are here
together, so that reading takes off what writing has added. Other programs write ``="0012"``, so
that a spreadsheet keeps the zeros: this is read, too.
"""

from __future__ import annotations

import re

from kofucli.base.text import safe

_FORMULA = re.compile(r"[=+\-@\t\r]")
"""The beginning of a cell that a spreadsheet takes for a formula."""
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
"""The beginning of a cell with an apostrophe, which keeps a spreadsheet from calculating."""
_ESCAPE = re.compile(r"\\(?:u(?!000[09ad]|d[89a-f])[0-9a-f]{4}|U000[0-9a-f]{5})")
"""What may be an escape of ours: not of NUL, a tab, a line end or half a character."""
_QUOTED = re.compile('="((?:[^"]|"")*)"')
"""A formula that is nothing but a text."""
_BACKSLASH = "\\u005c"


def write_cell(text: str, raw: bool = False) -> str:
    """Return a text as our CSV has it; tabs and line ends stay, the cell is quoted.

    A formula gets an apostrophe unless ``raw`` is set; one that has an apostrophe already, or that
    is nothing but a text, gets one in either case. Other control and bidirectional characters
    become escapes.
    """
    if "\\" in text:
        text = _ESCAPE.sub(_keep_backslash, text)
    if not text.isprintable():
        text = re.sub(r"[^\t\n\r]+", lambda found: safe(found[0]), text)
    guard = _GUARDED.match(text) or _QUOTED.fullmatch(text) or (not raw and _FORMULA.match(text))
    return f"'{text}" if guard else text


def read_cell(cell: str) -> str:
    """Return the text that a cell of CSV was written for."""
    quoted = _QUOTED.fullmatch(cell) if '="' in cell else None
    if quoted is not None:
        return quoted[1].replace('""', '"')
    if cell.startswith("'") and _GUARDED.match(cell):
        cell = cell[1:]
    return _ESCAPE.sub(lambda found: _meaning(found[0]) or found[0], cell) if "\\" in cell else cell


def _keep_backslash(found: re.Match[str]) -> str:
    return found[0] if _meaning(found[0]) is None else _BACKSLASH + found[0][1:]


def _meaning(escape: str) -> str | None:
    """Return the character that an escape stands for, None where writing makes no such escape."""
    char = chr(int(escape[2:], 16))
    return char if escape == (_BACKSLASH if char == "\\" else safe(char)) else None
