"""XLSX: cells as they show, sheets, hidden rows; and workbooks that are out to do harm."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date, datetime, time, timedelta
from functools import cache
from time import process_time
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.casefile.support import (
    SHEET,
    faults,
    make_book,
    make_package,
    make_parts,
    make_workbook,
    notes,
    read,
    rows,
    save,
)

MOMENT = datetime.fromisoformat("2026-11-25T10:00")
HEAD = '<row><c t="str"><v>number</v></c><c t="str"><v>note</v></c></row>'


def show(value: object, code: str = "General", key: str = "note") -> str:
    """Return what is read of a cell with this value and number format."""
    book = make_book(["number", "備考"], ["1", "x"])
    cell = book.active["A2" if key == "number" else "B2"]
    cell.value, cell.number_format = value, code
    ((_, draft),) = read(save(book)).rows
    return draft[key]


def refuse(value: object, code: str = "General", key: str = "number") -> str:
    """Return why a cell with this value and number format is refused."""
    book = make_book([key, "x"])
    cell = book.active["A2"]
    cell.value, cell.number_format = value, code
    if key != "number":
        book.active["B1"], book.active["B2"] = "number", "1"
    (fault,) = faults(save(book))
    return fault


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        (date(2026, 11, 25), "yyyy/m/d", "2026-11-25"),
        (date(2026, 11, 25), '[$-411]ggge"年"m"月"d"日"', "2026-11-25"),
        (datetime.fromisoformat("2026-11-25"), "yyyy-mm-dd h:mm", "2026-11-25"),
        (datetime.fromisoformat("2026-11-25T10:00"), "yyyy-mm-dd h:mm", "2026-11-25 10:00"),
        (datetime.fromisoformat("2026-11-25T10:00:05"), "yyyy-mm-dd h:mm", "2026-11-25 10:00:05"),
        (MOMENT, "h:mm", "10:00"),
        (MOMENT, "h:mm;@", "10:00"),
        (MOMENT, "[$-F400]h:mm:ss AM/PM", "10:00"),
        (MOMENT, 'h"時"mm"分"', "10:00"),
        (MOMENT, "yyyy/m/d", "2026-11-25"),
        (MOMENT, "m/d(aaa)", "2026-11-25"),
        (MOMENT, '[$-411]ggge"年"m"月"d"日";@', "2026-11-25"),
        (MOMENT, "[$-F800]dddd, mmmm dd, yyyy", "2026-11-25"),
        (MOMENT, '"day "d', "2026-11-25"),
        (MOMENT, "mm/dd hh:mm", "2026-11-25 10:00"),
        (MOMENT, "mm:ss", "10:00"),
        (MOMENT, "mmm", "2026-11-25"),
        (MOMENT + timedelta(seconds=5), "h:mm", "10:00"),
        (MOMENT + timedelta(seconds=5), "h:mm:ss", "10:00:05"),
        (MOMENT - timedelta(microseconds=400), "h:mm", "10:00"),
        (date(2026, 11, 25), "h:mm", "00:00"),
        (time(10), "yyyy/m/d", "10:00"),
        (time(10), "h:mm", "10:00"),
        (time(9, 30), 'h"時"mm"分"', "09:30"),
        (10 / 24, "h:mm", "10:00"),
        (-0.5, "h:mm", "-0.5"),
        (timedelta(hours=10), "[h]:mm", "10:00"),
        (timedelta(hours=34, seconds=1), "[h]:mm:ss", "34:00:01"),
        (True, "General", "yes"),
        (False, "General", "no"),
        (10, "General", "10"),
        (10.0, "0.00", "10"),
        (0.1, "General", "0.1"),
        (1e-7, "General", "0.0000001"),
        (-3, "General", "-3"),
        (1234567, "#,##0", "1234567"),
        (123456789012, "General", "123456789012"),
        (" 髙 ①\n", "General", " 髙 ①\n"),
        ("'=x", "@", "'=x"),
    ],
)
def test_cells_are_what_they_show(value: object, code: str, expected: str) -> None:
    """Dates, times, truth and numbers become the text that is expected of them."""
    assert expected == show(value, code)


@pytest.mark.parametrize(
    ("format_id", "expected"),
    [
        *(
            (at, "2026-11-25")
            for at in (14, 15, 16, 17, 27, 28, 29, 30, 31, 34, 35, 36, 50, 57, 58)
        ),
        *((at, "10:00") for at in (18, 19, 20, 21, 32, 33, 45, 47)),
        (22, "2026-11-25 10:00"),
    ],
)
@pytest.mark.parametrize("value", ["46351.416666666664", "2026-11-25T10:00:00"])
def test_dates_in_the_formats_of_excel_itself(format_id: int, expected: str, value: str) -> None:
    """Formats that have a number and no code, those of a Japanese Excel too, are known."""
    styles = f'<cellXfs><xf numFmtId="0"/><xf numFmtId="{format_id}"/></cellXfs>'
    kind = "d" if "T" in value else "n"
    line = f'<row><c><v>1</v></c><c s="1" t="{kind}"><v>{value}</v></c></row>'
    assert [(1, {"number": "1", "note": expected})] == rows(make_workbook(HEAD + line, styles))


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        (123, "0000000000", "0000000123"),
        (123456, "000-000", "123-456"),
        (12, "000-000", "000-012"),
        (12345678, "000-000", "12345-678"),
        (42, '"YK"000000', "YK000042"),
        (42, "\\Y\\K000000", "YK000042"),
        (42, '"第"000"号"', "第042号"),
        (42, "0", "42"),
        (42, "@", "42"),
        (42, "####", "42"),
        (42, "0###", "0042"),
        (1234, "###-####", "-1234"),
        (42, "0_ ", "42"),
        (42, "0_);[Red]\\(0\\)", "42"),
        (42, "[$-411]000", "042"),
        (42, "[Red]000", "042"),
        (0, "000", "000"),
        (12345678901, "General", "12345678901"),
        (123456789012345, "0", "123456789012345"),
        ("0012", "General", "0012"),
        (42.0, "000000", "000042"),
    ],
)
def test_a_case_number_keeps_its_zeros(value: object, code: str, expected: str) -> None:
    """A number in a column of identifiers is read with the zeros and text of its format."""
    assert expected == show(value, code, "number")


@pytest.mark.parametrize("key", ["number", "with", "agent"])
@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        (1234567, "#,##0", "every digit of its number (1234567); format the column as text"),
        (1234567, "0.00", "format the column as text"),
        (1234567, "0.00E+00", "format the column as text"),
        (12.5, "General", "format the column as text"),
        (-5, "0000", "format the column as text"),
        (0, "0;-0;;@", "format the column as text"),
        (5, '"x"', "format the column as text"),
        (5, ";;;", "format the column as text"),
        (5, "0%", "format the column as text"),
        (5, "# ?/?", "format the column as text"),
        (5, "[DBNum1]0", "format the column as text"),
        (123456789012, "General", "format the column as text"),
        (123456789012, "@", "format the column as text"),
        (123456789018, "General", "every digit of its number (************); format"),
        (10**15, "0", "format the column as text"),
        (True, "General", "found true or false, expected text"),
        (date(2026, 11, 25), "yyyy/m/d", "found the date or time 2026-11-25, expected text"),
        (time(10), "h:mm", "found the date or time 10:00, expected text"),
    ],
)
def test_an_identifier_that_does_not_show_is_refused(
    value: object, code: str, said: str, key: str
) -> None:
    """What a cell does not show digit by digit is no identifier: it says how to make it one."""
    fault = refuse(value, code, key)
    assert fault.startswith(f"row 1, column {key}: ")
    assert said in fault


LACKING = [
    ('t="e"><v>#REF!</v>', "it holds an error such as #REF!"),
    ('t="e"><f>1/0</f><v>#DIV/0!</v>', "it holds an error such as #REF!"),
    ("><f>A1</f>", "its formula has no result"),
    ("><f>A1</f><v></v>", "its formula has no result"),
]
"""Cells without a value, and how that is said."""
UNREADABLE = [
    ("><v>NaN</v>", "it holds no number that can be shown"),
    (f't="str"><v>{"x" * 10_001}</v>', "a cell has more than 10000 characters"),
]


@pytest.mark.parametrize(
    ("column", "key", "cell", "said"),
    [
        *(("A", "number", *each) for each in LACKING + UNREADABLE),
        ("A", "number", 't="e"><v>#SPILL!</v>', "it holds an error such as #REF!"),
        *(("B", "note", *each) for each in UNREADABLE),
        *(("C", "date", *each) for each in LACKING + UNREADABLE),
    ],
)
def test_cells_without_a_value_are_refused(column: str, key: str, cell: str, said: str) -> None:
    """A cell that is booked by and holds an error, or nothing calculated, is no empty one."""
    head = HEAD.replace("</row>", '<c t="str"><v>date</v></c></row>')
    data = make_workbook(f'{head}<row r="4"><c r="{column}4" {cell}</c></row>')
    (fault,) = faults(data)
    assert fault.startswith(f"row 3, column {key}: {said}")


def test_a_note_without_a_value_hinders_nobody() -> None:
    """What is only echoed is left empty where it could not be calculated, and that is said."""
    lines = "".join(
        f"<row><c><v>{at}</v></c><c {cell}</c></row>" for at, (cell, _) in enumerate(LACKING)
    )
    data = make_workbook(f"{HEAD}<row><c><v>X</v></c><c><v>1</v></c></row>{lines}")
    expected = [{"number": "X", "note": "1"}, *({"number": str(at)} for at in range(4))]
    assert list(enumerate(expected, 1)) == rows(data)
    said = "Notes were left empty where the cell holds an error or a formula without a result: "
    assert [f"{said}rows 2, 3, 4, 5."] == notes(data)
    only = make_workbook(HEAD + lines + f"<row><c/><c {LACKING[0][0]}</c></row>")
    assert "rows 1, 2, 3, 4." in notes(only)[0]


def test_dates_that_are_written_as_text() -> None:
    """ISO's strict form of a workbook writes a date as a date."""
    cells = "".join(
        f'<row><c><v>1</v></c><c t="d"><v>{written}</v></c></row>'
        for written in ("2026-11-25", "2026-11-25T00:00:00", "2026-11-25T10:00:00")
    )
    assert ["2026-11-25", "2026-11-25", "2026-11-25 10:00"] == [
        draft["note"] for _, draft in rows(make_workbook(HEAD + cells))
    ]


def test_the_first_hundred_bad_rows_are_said() -> None:
    """All bad rows are told at once, up to a hundred."""
    found = faults(make_workbook(HEAD + '<row><c t="e"><v>#N/A</v></c></row>' * 500))
    assert 100 == len(found)
    assert found[-1].startswith("row 100, column number")


def test_what_nobody_reads_may_be_wrong() -> None:
    """An error in a column not known here hinders nobody."""
    line = '<row><c><v>1</v></c><c/><c t="e"><v>#REF!</v></c></row>'
    head = HEAD.replace("</row>", '<c t="str"><v>合計</v></c></row>')
    found = read(make_workbook(head + line))
    assert (((1, {"number": "1", "note": ""}),), ("合計",)) == (found.rows, found.ignored)


def test_formulas_have_their_results() -> None:
    """What a formula gave when the file was saved is read: text, number, truth, nothing."""
    line = (
        '<row><c t="str"><f>"a"</f><v>X-1</v></c><c t="b"><f>1=1</f><v>1</v></c></row>'
        '<row><c><f>1+1</f><v>2</v></c><c t="str"><f>""</f><v></v></c></row>'
        "<row><c><v>3</v></c><c><f>1+1</f><v>2</v></c></row>"
    )
    data = make_workbook(HEAD + line)
    found = [{"number": "X-1", "note": "yes"}, {"number": "2"}, {"number": "3", "note": "2"}]
    assert list(enumerate(found, 1)) == rows(data)
    assert [] == notes(data)


def test_rich_text_is_joined_and_readings_are_left_out() -> None:
    """Text of several fonts is one text; the reading above it (furigana) is none of it."""
    strings = (
        "<sst><si><r><t>山</t></r><r><t>田</t></r><rPh><t>ヤマダ</t></rPh></si>"
        "<si><t>X-1</t><phoneticPr/></si></sst>"
    )
    line = '<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row>'
    assert [(1, {"number": "X-1", "note": "山田"})] == rows(make_workbook(HEAD + line, "", strings))
    book = make_book(
        ["number", "note"], ["1", CellRichText("a", TextBlock(InlineFont(b=True), "b"))]
    )
    assert [(1, {"number": "1", "note": "ab"})] == rows(save(book))


def test_dates_since_1904() -> None:
    """A workbook of an old Mac counts its days from another one."""
    book = make_book(["number", "date"], ["1", date(2026, 11, 25)])
    book.epoch = CALENDAR_MAC_1904
    assert [(1, {"number": "1", "date": "2026-11-25"})] == rows(save(book))


def test_rows_are_counted_from_the_heading() -> None:
    """The heading is the first used row, wherever it is; empty rows keep their number."""
    book = Workbook()
    sheet = book.active
    for place, value in {"C3": "number", "D3": "note", "C4": "1", "C7": 7, "D7": "x"}.items():
        sheet[place] = value
    sheet["C7"].number_format = "000"
    sheet["B2"].number_format = "000"
    sheet["C9"] = date(2026, 11, 25)
    assert faults(save(book))[0].startswith("row 6, column number: found the date or time")
    sheet["C9"] = None
    assert [(1, {"number": "1"}), (4, {"number": "007", "note": "x"})] == rows(save(book))


def test_hidden_rows_are_read_and_said() -> None:
    """Rows that a filter hides are rows; a note says how many of those with data they were."""
    book = make_book(["number"], ["1"], ["2"], [], ["3"])
    for row in (3, 4, 5):
        book.active.row_dimensions[row].hidden = True
    assert [1, 2, 4] == [number for number, _ in read(save(book)).rows]
    assert ["2 of 3 rows are hidden or filtered out; they were read like the others."] == notes(
        save(book)
    )


def test_cells_without_a_heading_are_said() -> None:
    """What stands beside the table is left out, and a note says where it was."""
    book = make_book(["number"], ["1", None, "x"], ["2"])
    assert ["Cells without a heading were left out: column C."] == notes(save(book))


def make_sheets() -> Workbook:
    """Return a workbook of four sheets, the first hidden."""
    book = make_book(["number"], ["0"], name="古い")
    book.active.sheet_state = "hidden"
    for place, name in enumerate(["11月", "12月", "A & B"], 1):
        sheet = book.create_sheet(name)
        sheet.append(["number"])
        sheet.append([place])
    book.active = 1
    return book


@pytest.mark.parametrize(
    ("wanted", "number"), [("11月", "1"), ("12月", "2"), ("A & B", "3"), ("古い", "0")]
)
def test_the_sheet_that_is_named(wanted: str, number: str) -> None:
    """--sheet names any sheet, hidden ones too; then there is nothing to note."""
    data = save(make_sheets())
    assert [(1, {"number": number})] == rows(data, wanted)
    assert [] == notes(data, wanted)


def test_the_first_visible_sheet() -> None:
    """Without --sheet it is the first that is visible, and a note names the other visible ones."""
    data = save(make_sheets())
    assert [(1, {"number": "1"})] == rows(data)
    said = "Sheet 11月 was read, not: 12月, A & B. Name another one with --sheet."
    assert [said] == notes(data)
    book = make_sheets()
    book["11月"]["A1"] = "x"
    missing, other = faults(save(book))
    assert missing.startswith("heading: column 'number' is missing")
    assert f"file: {said}" == other
    book["11月"].delete_rows(1, 2)
    assert ["sheet 11月: expected a line with column names", f"file: {said}"] == faults(save(book))


def test_an_unknown_sheet() -> None:
    """A name that no sheet has is bad input, with the names there are."""
    data = save(make_sheets())
    names = "古い, 11月, 12月, A & B"
    assert [f"--sheet: there is no sheet 'x'; there are: {names}"] == faults(data, "x")
    near = f"--sheet: there is no sheet '11月 '; did you mean '11月'? There are: {names}"
    assert [near] == faults(data, "11月 ")


def test_no_sheet_is_visible() -> None:
    """A workbook that shows nothing is read where a sheet is named."""
    parts = make_parts(HEAD + "<row><c><v>1</v></c></row>")
    parts["xl/workbook.xml"] = str(parts["xl/workbook.xml"]).replace(
        "<sheet ", '<sheet state="hidden" '
    )
    data = make_package(parts)
    assert ["--sheet: the workbook shows no sheet; name one: 表"] == faults(data)
    assert [(1, {"number": "1"})] == rows(data, "表")


def test_a_chart_is_no_sheet_to_read() -> None:
    """Sheets without cells are not offered."""
    book = make_sheets()
    book.create_chartsheet("図", 0)
    data = save(book)
    assert [(1, {"number": "1"})] == rows(data)
    assert "図" not in faults(data, "図2")[0].partition("there are")[2]


# Merged cells.


def make_merged(*areas: str, lines: tuple[list[Any], ...] = ()) -> bytes:
    """Return a workbook with a heading, four cases and merged cells."""
    book = make_book(["number", "date", "hour", "note"], *lines)
    for area in areas:
        book.active.merge_cells(area)
    return save(book)


DAYS = (
    ["1", date(2026, 11, 26), time(10), "a"],
    ["2", None, None, "b"],
    ["3", date(2026, 11, 24), None, "c"],
    ["4", None, None, None],
)
DAY, OTHER = {"date": "2026-11-26"}, {"date": "2026-11-24"}
FILLED = "What merged cells show was read for each row that they cover: "


def test_merged_cells_hold_for_each_row() -> None:
    """A day that is merged over rows is the day of each of them, and a note says so."""
    data = make_merged("B2:B3", "B4:B5", "C2:C3", lines=DAYS)
    hour = {"hour": "10:00"}
    assert [
        (1, {"number": "1", **DAY, **hour, "note": "a"}),
        (2, {"number": "2", **DAY, **hour, "note": "b"}),
        (3, {"number": "3", **OTHER, "note": "c"}),
        (4, {"number": "4", **OTHER}),
    ] == rows(data)
    assert [f"{FILLED}B2:B3, C2:C3, B4:B5."] == notes(data)


def test_merged_cells_hold_for_each_column() -> None:
    """What is merged over columns is in each: a separator between the rows is no case number."""
    data = make_merged("A4:D4", lines=(*DAYS[:2], ["12月分"], ["4"]))
    between = dict.fromkeys(("number", "date", "hour", "note"), "12月分")
    assert (3, between) == rows(data)[2]


def test_merged_cells_make_no_rows() -> None:
    """Rows that only show what others hold are empty ones: nobody is asked for their number."""
    data = make_merged("B2:B9", "D2:D5", lines=(DAYS[0], DAYS[1], [], [], ["5"]))
    assert [1, 2, 5] == [number for number, _ in rows(data)]
    assert {"number": "5", **DAY} == rows(data)[2][1]


def test_merged_headings_and_empty_cells_fill_nothing() -> None:
    """A heading over two rows or columns names one column; merged cells may be empty."""
    data = make_merged("A1:A2", "D1:E1", "B4:B5", lines=([], *DAYS[:2], ["3"]))
    assert [(2, "1"), (3, "2"), (4, "3")] == [(n, draft["number"]) for n, draft in rows(data)]
    assert [] == notes(data)


def test_what_a_merged_cell_covers_does_not_show() -> None:
    """What some programs leave below a merged cell is not what the sheet shows."""
    lines = "".join(f"<row><c><v>{at}</v></c><c><v>{at}</v></c></row>" for at in (1, 2))
    parts = make_parts(HEAD + lines)
    parts[SHEET] = str(parts[SHEET]).replace(
        "</worksheet>", '<mergeCells><mergeCell ref="B2:B3"/></mergeCells></worksheet>'
    )
    assert ["1", "1"] == [draft["note"] for _, draft in rows(make_package(parts))]


def test_an_error_in_a_merged_cell() -> None:
    """Merged cells that hold an error lack their value in each row."""
    data = make_merged("B2:B3", lines=(["1", "#N/A"], ["2"]))
    said = "column date: it holds an error such as #REF! or #N/A"
    assert [f"row 1, {said}", f"row 2, {said}", f"file: {FILLED}B2:B3."] == faults(data)


@pytest.mark.parametrize(
    ("areas", "said"),
    [
        (["B2:B3", "B3:B4"], "damaged"),
        (["B2:B3", "B2:B3"], "damaged"),
        (["B2:"], "damaged"),
        (["B2:B1048576"] * 200_001, "more than 1000000 cells"),
        (["A1:A1048576"] * 3 + ["B2"], None),
        (["XFD1:XFD1048576"] * 3, None),
    ],
)
def test_merged_cells_are_not_believed(areas: list[str], said: str | None) -> None:
    """Areas upon each other are damage, as in Excel; nothing beyond the table is unfolded."""
    lines = "".join(f"<row><c><v>{at}</v></c><c><v>{at}</v></c></row>" for at in (1, 2, 3))
    parts = make_parts(HEAD + lines)
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    # A rule of a conditional format has formulas of its own, which are no cells.
    merged = f"<mergeCells>{merged}</mergeCells><extLst><ext><f>A1</f></ext></extLst></worksheet>"
    parts[SHEET] = str(parts[SHEET]).replace("</worksheet>", merged)
    data = make_package(parts)
    if said is None:
        assert 3 == len(rows(data))
    else:
        assert said in faults(data)[0]


def seconds_of_merged(areas: list[str]) -> float:
    """Return the processor time that merged cells beside three thousand rows take."""
    parts = make_parts(HEAD + "<row><c><v>1</v></c></row>" * 3_000)
    merged = "".join(f'<mergeCell ref="{area}"/>' for area in areas)
    parts[SHEET] = str(parts[SHEET]).replace(
        "</worksheet>", f"<mergeCells>{merged}</mergeCells></worksheet>"
    )
    data = make_package(parts)
    began = process_time()
    assert 3_000 == len(rows(data))
    return process_time() - began


def test_merged_cells_beside_the_table_take_no_time() -> None:
    """Areas upon each other in columns that nobody reads are not gone through row by row.

    They cost about what small areas do that are apart: row by row it would be thousands of times.
    """
    small = [f"E{row}:F{row}" for row in range(1, 50_001)]
    large = ["E1:E1048576", "E2:E1048576"] * 25_000
    # Other work may slow one of the two measures: not each time.
    assert any(seconds_of_merged(large) < 5 * seconds_of_merged(small) for _ in range(3))


# Workbooks that are damaged, no workbooks, or out to do harm.


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04\x00\x00", "the workbook is damaged (zip); open it in Excel"),
        (b"PK\x05\x06" + bytes(18), "it is no Excel workbook (.xlsx)"),
        (make_package({"a.csv": "number\n1\n"}), "it is no Excel workbook (.xlsx)"),
        (make_package({"mimetype": "x", "content.xml": "<x/>"}), "it is no Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "without a password"),
        (make_workbook(HEAD)[:-30], "the workbook is damaged (zip)"),
        (make_workbook(HEAD)[:200], "the workbook is damaged (zip)"),
        (make_package({str(n): "" for n in range(1_001)}), "more than 1000 parts"),
        (
            make_package({"xl/workbook.xml": "<document/>", "xl/_rels/workbook.xml.rels": "<x/>"}),
            "no Excel",
        ),
        (make_workbook('<row r="x"/>'), "the workbook is damaged (xl/worksheets/sheet1.xml)"),
        (make_workbook('<row r="0"/>'), "damaged"),
        (make_workbook('<row r="1048577"/>'), "damaged"),
        (make_workbook('<row><c r="A2"><v>1</v></c></row>'), "damaged"),
        (make_workbook('<row><c r="XFE1"><v>1</v></c></row>'), "damaged"),
        (make_workbook('<row><c t="s"><v>7</v></c></row>'), "damaged"),
        (make_workbook('<row><c t="x"><v>7</v></c></row>'), "damaged"),
        (make_workbook("<row><c><v>7</c></row>"), "damaged"),
    ],
)
def test_what_is_no_workbook(data: bytes, said: str) -> None:
    """A zip of other things and a workbook that was cut are named, with what to do."""
    (fault,) = faults(data)
    assert fault.startswith("file: ")
    assert said in fault


@pytest.mark.parametrize("lost", ["xl/_rels/workbook.xml.rels", SHEET, "xl/workbook.xml"])
def test_a_part_that_is_missing(lost: str) -> None:
    """A workbook without one of its parts is refused."""
    parts = make_parts(HEAD)
    del parts[lost]
    assert "workbook" in faults(make_package(parts))[0]


@pytest.mark.parametrize("lost", ["_rels/.rels", "xl/styles.xml", "xl/sharedStrings.xml"])
def test_a_part_that_may_be_missing(lost: str) -> None:
    """A workbook without strings and styles is one."""
    parts = make_parts(HEAD + "<row><c><v>1</v></c></row>")
    del parts[lost]
    assert [(1, {"number": "1"})] == rows(make_package(parts))


def set_size(data: bytes, size: int) -> bytes:
    """Return a zip whose last member declares another size."""
    lying = bytearray(data)
    place = lying.rindex(b"PK\x01\x02")
    (header,) = struct.unpack_from("<L", lying, place + 42)
    struct.pack_into("<L", lying, place + 24, size)
    struct.pack_into("<L", lying, header + 22, size)
    return bytes(lying)


@cache
def make_bomb() -> bytes:
    """Return a workbook that inflates to 65 MiB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in make_parts(HEAD).items():
            package.writestr(name, part)
        with package.open("xl/media/a.png", "w") as member:
            for _ in range(65):
                member.write(bytes(1024 * 1024))
    return out.getvalue()


LARGE = "the workbook has more than 67108864 bytes when it is unpacked"


@pytest.mark.parametrize(
    ("declared", "said"), [(None, LARGE), (2**31, LARGE), (0, "damaged"), (100, "damaged")]
)
def test_a_bomb_does_not_go_off(declared: int | None, said: str) -> None:
    """What inflates to more than 64 MiB is refused; no more is inflated than is declared."""
    data = make_bomb() if declared is None else set_size(make_bomb(), declared)
    assert said in faults(data)[0]


def test_a_wrong_size_is_damage() -> None:
    """A part that is not what its zip says of it was tampered with or damaged."""
    data = make_workbook(HEAD)
    assert "damaged" in faults(set_size(data, 10))[0]
    at = data.index(b"PK\x01\x02")
    assert "damaged" in faults(data[: at + 16] + b"\0\0\0\0" + data[at + 20 :])[0]


def test_members_of_one_name_are_refused() -> None:
    """Two parts of one name: nobody could say which is read."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, part in make_parts(HEAD).items():
            package.writestr(name, part)
        package.writestr(SHEET.upper(), "<worksheet/>")
    assert "damaged" in faults(out.getvalue())[0]


def test_members_in_one_another_are_refused() -> None:
    """A zip whose members are more than its bytes has them in one another."""
    data = bytearray(make_workbook(HEAD))
    place = -1
    while (place := data.find(b"PK\x01\x02", place + 1)) >= 0:
        struct.pack_into("<L", data, place + 20, len(data))
    assert "damaged (zip)" in faults(bytes(data))[0]


def test_encrypted_members_are_refused() -> None:
    """A zip with a password is refused, with what to do."""
    data = bytearray(make_workbook(HEAD))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert ["file: the workbook is encrypted; save it as .xlsx without a password"] == faults(
        bytes(data)
    )


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "x/y.rels"])
def test_entities_are_refused(part: str) -> None:
    """No part defines anything of its own: a billion laughs begin so."""
    parts = make_parts(HEAD)
    parts[part] = '<!DOCTYPE x [<!ENTITY a "b">]>' + str(parts.get(part, "<x/>"))
    assert "DOCTYPE" in faults(make_package(parts))[0]


def test_a_part_in_utf_16_is_refused() -> None:
    """What cannot be looked through byte by byte is not read."""
    parts = make_parts(HEAD)
    parts[SHEET] = str(parts[SHEET]).encode("utf-16")
    assert "damaged" in faults(make_package(parts))[0]


@pytest.mark.parametrize(
    "cells",
    [
        f'{HEAD}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="ALM1"><v>1</v></c></row>',
        f'{HEAD}<row r="500001"><c r="A500001"><v>1</v></c></row>',
        pytest.param(f"<row>{'<c/>' * 16_000}</row>" * 126, marks=pytest.mark.deep, id="cells3"),
    ],
)
def test_a_far_cell_is_refused(cells: str) -> None:
    """What would fill more than a million cells, or a thousand columns, is not unfolded."""
    (fault,) = faults(make_workbook(cells))
    assert fault.startswith("sheet 表: it has more than 1000000 cells or 1000 columns; delete")


def test_far_cells_that_hold_nothing_are_no_cells() -> None:
    """A cell that only has a style fills nothing: whole columns are often painted."""
    cells = HEAD + '<row><c><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="0"/></row>'
    assert [(1, {"number": "1"})] == rows(make_workbook(cells))


@pytest.mark.parametrize("tag", ["sst", "x:sst", "sst a='>'", "sst\n"])
def test_a_count_of_strings_is_not_believed(tag: str) -> None:
    """Memory is not reserved for as many strings as a workbook says that it has."""
    strings = f'<{tag} count="99999999999" uniqueCount="99999999999"><si><t>X-1</t></si>'
    strings = f"{strings}</{'x:sst' if ':' in tag else 'sst'}>".replace(
        "<x:sst", '<x:sst xmlns:x="x"'
    )
    line = '<row><c t="s"><v>0</v></c></row>'
    assert [(1, {"number": "X-1"})] == rows(make_workbook(HEAD + line, "", strings))
