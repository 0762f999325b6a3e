"""Any bytes are read as rows or refused as bad input; none crashes the program."""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kofucli.base import InputError, Phrase
from kofucli.base.language import render
from kofucli.casefile.columns import AGENT_COLUMNS, CASE_COLUMNS
from kofucli.casefile.reading import read_rows
from tests.casefile.support import make_book, make_package, make_parts, save
from tests.reliability.hostile.fuzzing import change


def try_to_read(data: bytes, sheet: str | None = None) -> None:
    """Read bytes as a case file and as an agent file; assert that the result can be shown."""
    for columns, needed in ((CASE_COLUMNS, "number"), (AGENT_COLUMNS, "id")):
        try:
            found = read_rows(data, columns, {}, needed, sheet).complete()
        except InputError as error:
            shown = [part for each in error.problems for part in (each.where, each.message)]
        else:
            assert all(set(draft) <= set(columns.values()) for _, draft in found.rows)
            json.dumps([draft for _, draft in found.rows], ensure_ascii=False).encode()
            shown = [*found.notes, Phrase("{names}", names=found.ignored)]
        for phrase in shown:
            render(phrase, str).encode()


@cache
def saved() -> bytes:
    """Return a workbook as another program writes it."""
    book = make_book(["number", "date", "hour"], ["X-1", "2026-11-25", 10])
    book.create_sheet("b")
    return save(book)


PARTS = make_parts(
    '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="str"><v>note</v></c></row>'
    '<row r="2"><c r="A2" s="1"><v>7</v></c><c r="B2" t="s"><v>0</v></c></row>'
    '<row hidden="1"><c t="inlineStr"><is><t>X</t></is></c><c s="2"><v>46351.5</v></c></row>',
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="000000"/></numFmts>'
    '<cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="22"/></cellXfs>',
    '<sst count="2" uniqueCount="2"><si><t>a</t></si><si><t>number</t></si></sst>',
)
"""The parts of a workbook that has something of everything."""

changes = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6), st.integers(0, 8)), max_size=4)
starts = st.sampled_from([b"", b"PK\x03\x04", b"[{", b"{", b"\xff\xfe"])
texts = st.text(st.sampled_from("number,;\t\n\r\"'=申請番号{}[]:1"), max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["number", "申請番号", "note", "id", "x", ""]), inner)
    ),
    max_leaves=8,
)
often = settings(max_examples=300, deadline=None, derandomize=True)


@given(starts, st.binary(max_size=300), texts, st.lists(json_values, max_size=4))
@often
def test_any_bytes_text_and_json(
    start: bytes, data: bytes, text: str, values: list[object]
) -> None:
    """Random bytes behind the first ones of any form, text in any encoding, values in JSON."""
    try_to_read(start + data)
    for encoding in ("utf-8", "utf-8-sig", "cp932", "utf-16"):
        try_to_read(f"number,note\n{text}".encode(encoding))
        try_to_read(text.encode(encoding))
    try_to_read(json.dumps(values).encode())
    try_to_read("\n".join(map(json.dumps, values)).encode())


@given(changes, st.sampled_from(sorted(PARTS)), st.sampled_from([None, "表"]))
@often
def test_a_damaged_workbook(
    edits: list[tuple[float, bytes, int]], name: str, sheet: str | None
) -> None:
    """One of which bytes were changed, and one whose zip is whole, but a part of it is not."""
    try_to_read(change(saved(), edits))
    part = PARTS[name]
    changed = change(part.encode() if isinstance(part, str) else part, edits)
    try_to_read(make_package({**PARTS, name: changed}), sheet)


@pytest.mark.parametrize("length", range(0, 700, 7))
def test_a_workbook_that_was_cut_is_refused(length: int) -> None:
    with pytest.raises(InputError):
        read_rows(saved()[: length or 4], CASE_COLUMNS, {}, "number").complete()
