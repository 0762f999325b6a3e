"""CSV that this program wrote is read back without loss, with --raw and without."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import tests.support.strategies  # noqa: F401  # whose profile says how examples are drawn
from kofucli.base.text import find_unsafe
from kofucli.output.tables import Sheet, csv_parts
from tests.casefile.support import read

_AWKWARD = "'=+-@\t\r\n\\u05cU0b \",;\x1b\x7f\u200b\u202e\ufeff\U000e0041漢"
texts = st.one_of(
    st.text(st.sampled_from(_AWKWARD), max_size=12),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40),
)
"""What a cell may hold: everything but NUL and half characters, which reading refuses."""


def write(text: str, raw: bool = False) -> str:
    return "".join(csv_parts(Sheet(["number", "note"], [["1", text]]), raw))


def note_of(written: str) -> str:
    ((_, draft),) = read(written.encode()).rows
    return draft.get("note", "")


@pytest.mark.parametrize("raw", [False, True])
@given(texts)
@example("'=1+1")
@example("''=1+1")
@example("'quoted'")
@example("'")
@example("'漢")
@example('="0012"')
@example('=""')
@example('=" ""x""\n"')
@example("+81")
@example("@x")
@example("first\r\nsecond\tthird\rfourth")
@example("\\u001b[31m \x1b[31m \\u005cu001b \\\\u001b \\u00ad \\U000e0041 \\u000a \\ud800")
def test_what_is_written_is_read_back(raw: bool, text: str) -> None:
    """A text that is written to CSV and read again is the same, line ends and apostrophes too.

    A spreadsheet calculates nothing of it without --raw, and a terminal obeys nothing: characters
    that it would obey are written as escapes, but for tabs and line ends.
    """
    shown = write(text, raw)
    assert text == note_of(shown)
    assert not find_unsafe(shown.replace("\t", "").replace("\r", "").replace("\n", ""))
    ((_, note),) = list(csv.reader(StringIO(shown, newline="")))[1:]
    assert raw or not note.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("text", "guarded", "raw"),
    [
        ("plain", "plain", "plain"),
        ("=1+1", "'=1+1", "=1+1"),
        ("'quoted'", "'quoted'", "'quoted'"),
        ("'-5", "''-5", "''-5"),
        ("a\x1b[31m", "a\\u001b[31m", "a\\u001b[31m"),
        ("C:\\users\\u005c", "C:\\users\\u005cu005c", "C:\\users\\u005cu005c"),
    ],
)
def test_how_cells_are_written(text: str, guarded: str, raw: str) -> None:
    """--raw leaves formulas as they are; what looks guarded already is guarded in both forms."""
    assert (f"number,note\r\n1,{guarded}\r\n", f"number,note\r\n1,{raw}\r\n") == (
        write(text),
        write(text, raw=True),
    )


@pytest.mark.parametrize(
    "cell", ["\\u0041", "\\u0000", "\\ud800", "\\u000a", "\\U0000001b", "\\u12"]
)
def test_a_backslash_that_this_program_would_not_have_written_is_no_escape(cell: str) -> None:
    assert cell == note_of(f"number,note\r\n1,{cell}\r\n")
