"""XLSX: the sheet that is read; damaged and hostile workbooks, and files that are none."""

from __future__ import annotations

import json
import struct
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kofucli.base import InputError, Phrase
from tests.casefile.support import (
    HEAD,
    SHEET,
    faults,
    line,
    make_book,
    make_package,
    make_parts,
    make_workbook,
    notes,
    read,
    rows,
    save,
    show_phrase,
)
from tests.reliability.hostile.fuzzing import change

ONE = line("1")


def make_sheets(*first: list[object]) -> bytes:
    """Return a workbook of a chart and four sheets, the first hidden; ``first`` are 11月's rows."""
    book = make_book(["number"], ["0"], name="古い")
    book.active.sheet_state = "hidden"
    for place, name in enumerate(["11月", "12月", "A & B"], 1):
        sheet = book.create_sheet(name)
        for cells in first if first and place == 1 else (["number"], [place]):
            sheet.append(cells)
    book.create_chartsheet("図", 0)
    book.active = 2
    return save(book)


def test_the_sheet_that_is_named_is_read() -> None:
    """--sheet names any sheet, hidden ones too; then there is nothing to note."""
    for wanted, number in {"11月": "1", "12月": "2", "A & B": "3", "古い": "0"}.items():
        assert [(1, {"number": number})] == rows(make_sheets(), wanted)
        assert [] == notes(make_sheets(), wanted)


def test_the_first_visible_sheet_is_read() -> None:
    """A note names the other visible ones, where it is refused, too."""
    said = "Sheet 11月 was read, not: 12月, A & B. Name another one with --sheet."
    assert [(1, {"number": "1"})] == rows(make_sheets())
    assert [said] == notes(make_sheets())
    missing, other = faults(make_sheets(["x"]))
    assert missing.startswith("heading: column 'number' is missing")
    assert f"file: {said}" == other
    expected = ["sheet 11月: expected a line with column names", f"file: {said}"]
    assert expected == faults(make_sheets([]))


def test_an_unknown_sheet_is_refused_with_the_names_there_are() -> None:
    """Sheets without cells are not offered."""
    names = "古い, 11月, 12月, A & B"
    assert [f"--sheet: there is no sheet 'x'; there are: {names}"] == faults(make_sheets(), "x")
    near = f"--sheet: there is no sheet '11月 '; did you mean '11月'? There are: {names}"
    assert [near] == faults(make_sheets(), "11月 ")


def test_a_workbook_that_shows_no_sheet_is_read_where_one_is_named() -> None:
    parts = make_parts(HEAD + ONE)
    hidden = str(parts["xl/workbook.xml"]).replace("<sheet ", '<sheet state="hidden" ')
    data = make_package({**parts, "xl/workbook.xml": hidden})
    assert ["--sheet: the workbook shows no sheet; name one: 表"] == faults(data)
    assert [(1, {"number": "1"})] == rows(data, "表")


def set_size(data: bytes, size: int) -> bytes:
    """Return a zip whose last member declares another size."""
    lying = bytearray(data)
    place = lying.rindex(b"PK\x01\x02")
    (header,) = struct.unpack_from("<L", lying, place + 42)
    struct.pack_into("<L", lying, place + 24, size)
    struct.pack_into("<L", lying, header + 22, size)
    return bytes(lying)


WHOLE = make_workbook(HEAD)
CENTRAL = WHOLE.index(b"PK\x01\x02")
"""Where the zip begins to tell of its members."""
BAD_CELLS = (
    *('<row r="0"/>', '<row r="1048577"/>', '<row><c r="A2"><v>1</v></c></row>'),
    *('<row><c r="XFE1"><v>1</v></c></row>', "<row><c><v>7</c></row>"),
    *('<row><c t="s"><v>7</v></c></row>', '<row><c t="x"><v>7</v></c></row>'),
    '<row><c t="n"><v>x</v></c></row>',
    # Levels and names without end would fill memory.
    *(f"{'<a>' * 100}{'</a>' * 100}", "".join(f"<a{name}/>" for name in range(1_001))),
    *("".join(f'<a b{name}=""/>' for name in range(1_001)), f'<a b="{">" * (2 << 20)}"/>'),
)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04\x00\x00", "the workbook is damaged (zip); open it in Excel"),
        (b"PK\x05\x06" + bytes(18), "it is not an Excel workbook (.xlsx)"),
        (make_package({"a.csv": "number\n1\n"}), "it is a packed archive"),
        (make_package({"mimetype": "x", "content.xml": "<x/>"}), "it is an OpenDocument file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "without a password"),
        *((WHOLE[:end], "the workbook is damaged (zip)") for end in (-30, 200)),
        (set_size(WHOLE, 10), "damaged"),
        (WHOLE[: CENTRAL + 16] + bytes(4) + WHOLE[CENTRAL + 20 :], "damaged"),  # the checksum
        # Programs differ in which part of one name they read; entities are looked for in bytes.
        (make_package({**make_parts(HEAD), SHEET.upper(): "<worksheet/>"}), "damaged"),
        (make_package({**make_parts(HEAD), SHEET: "<worksheet/>".encode("utf-16")}), "damaged"),
        (make_package({str(n): "" for n in range(1_001)}), "more than 1000 parts"),
        (
            make_package({"xl/workbook.xml": "<document/>", "xl/_rels/workbook.xml.rels": "<x/>"}),
            "not an Excel",
        ),
        (make_workbook('<row r="x"/>'), "the workbook is damaged (xl/worksheets/sheet1.xml)"),
        *((make_workbook(cells), "damaged") for cells in BAD_CELLS),
    ],
)
def test_what_is_no_whole_workbook_is_named_with_what_to_do(data: bytes, said: str) -> None:
    (fault,) = faults(data)
    assert fault.startswith("file: ")
    assert said in fault


@pytest.mark.parametrize("lost", make_parts(HEAD))
def test_only_strings_and_styles_may_be_missing(lost: str) -> None:
    parts = make_parts(HEAD + ONE)
    del parts[lost]
    if lost in ("_rels/.rels", "xl/styles.xml", "xl/sharedStrings.xml"):
        assert [(1, {"number": "1"})] == rows(make_package(parts))
    else:
        assert "workbook" in faults(make_package(parts))[0]


@cache
def make_bomb() -> bytes:
    return make_package({**make_parts(HEAD), "xl/media/a.png": bytes(65 << 20)})


LARGE = "the workbook has more than 67108864 bytes when it is unpacked"


@pytest.mark.parametrize(
    ("declared", "said"), [(None, LARGE), (2**31, LARGE), (0, "damaged"), (100, "damaged")]
)
def test_a_bomb_does_not_go_off(declared: int | None, said: str) -> None:
    """A part that inflates to more than 64 MiB is refused, and is not inflated beyond its size."""
    data = make_bomb() if declared is None else set_size(make_bomb(), declared)
    assert said in faults(data)[0]


def test_members_in_one_another_are_refused() -> None:
    """They are more than the bytes of the zip."""
    data, place = bytearray(WHOLE), -1
    while (place := data.find(b"PK\x01\x02", place + 1)) >= 0:
        struct.pack_into("<L", data, place + 20, len(data))
    assert "damaged (zip)" in faults(bytes(data))[0]


def test_encrypted_members_are_refused() -> None:
    data = bytearray(WHOLE)
    data[CENTRAL + 8] |= 1
    said = "file: the workbook is encrypted; save it as .xlsx without a password"
    assert [said] == faults(bytes(data))


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "x/y.rels"])
def test_entities_are_refused(part: str) -> None:
    """No part defines anything of its own: a billion laughs begin so."""
    parts = make_parts(HEAD)
    parts[part] = '<!DOCTYPE x [<!ENTITY a "b">]>' + str(parts.get(part, "<x/>"))
    assert "DOCTYPE" in faults(make_package(parts))[0]


@pytest.mark.parametrize(
    "cells",
    [
        f'{HEAD}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="ALM1"><v>1</v></c></row>',
        f'{HEAD}<row r="500001"><c r="A500001"><v>1</v></c></row>',
        pytest.param(f"<row>{'<c/>' * 16_000}</row>" * 126, marks=pytest.mark.deep, id="cells3"),
    ],
)
def test_a_sheet_of_too_many_cells_or_columns_is_refused(cells: str) -> None:
    (fault,) = faults(make_workbook(cells))
    assert fault.startswith("sheet 表: it has more than 1000000 cells or 1000 columns; delete")


def test_far_cells_that_hold_nothing_are_no_cells() -> None:
    """Whole columns are often painted."""
    far = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    assert [(1, {"number": "1"})] == rows(make_workbook(HEAD + ONE + far))


@pytest.mark.parametrize("tag", ["sst", "x:sst", "sst a='>'", "sst\n"])
def test_a_count_of_strings_is_not_believed(tag: str) -> None:
    strings = f'<{tag} count="99999999999" uniqueCount="99999999999"><si><t>X-1</t></si>'
    strings = f"{strings}</{'x:sst' if ':' in tag else 'sst'}>".replace(
        "<x:sst", '<x:sst xmlns:x="x"'
    )
    cells = line('<c t="s"><v>0</v></c>')
    assert [(1, {"number": "X-1"})] == rows(make_workbook(HEAD + cells, "", strings))


# Any bytes. Of other forms tests/reliability/hostile/fuzzing.py asks the same.


def try_to_read(data: bytes, sheet: str | None = None) -> None:
    """Read bytes as a case file; assert that the result, or what is wrong, can be shown."""
    try:
        found = read(data, sheet)
    except InputError as error:
        shown = [phrase for each in error.problems for phrase in (each.where, each.message)]
    else:
        json.dumps([draft for _, draft in found.rows], ensure_ascii=False).encode()
        shown = [*found.notes, Phrase("{names}", names=found.ignored)]
    for phrase in shown:
        show_phrase(phrase).encode()


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


@given(changes, st.sampled_from(sorted(PARTS)), st.sampled_from([None, "表"]))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_damaged_workbook_is_read_or_refused(
    edits: list[tuple[float, bytes, int]], name: str, sheet: str | None
) -> None:
    """One of which bytes were changed, and one whose zip is whole, but a part of it is not."""
    try_to_read(change(saved(), edits))
    part = PARTS[name]
    changed = change(part.encode() if isinstance(part, str) else part, edits)
    try_to_read(make_package({**PARTS, name: changed}), sheet)
