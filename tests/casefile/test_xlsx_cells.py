"""XLSX: cells as they show, hidden rows, merged cells."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from time import process_time
from typing import Any

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.casefile.support import (
    HEAD,
    drafts,
    faults,
    line,
    make_book,
    make_merged,
    make_workbook,
    notes,
    read,
    rows,
    save,
)

DAY = date(2026, 11, 25)
MOMENT = datetime.fromisoformat("2026-11-25T10:00")
SECONDS = timedelta(seconds=5)
CLOCKS = ("h:mm", "h:mm;@", "[$-F400]h:mm:ss AM/PM", 'h"時"mm"分"', "mm:ss")
CALENDARS = (
    *("yyyy/m/d", "m/d(aaa)", '[$-411]ggge"年"m"月"d"日";@', "[$-F800]dddd, mmmm dd, yyyy"),
    '"day "d',
)
BOTH = "yyyy-mm-dd h:mm"
NOTES = [
    *((DAY, code, "2026-11-25") for code in ("yyyy/m/d", '[$-411]ggge"年"m"月"d"日"')),
    *((DAY, "h:mm", "00:00"), (datetime.fromisoformat("2026-11-25"), BOTH, "2026-11-25")),
    *((MOMENT, BOTH, "2026-11-25 10:00"), (MOMENT, "mm/dd hh:mm", "2026-11-25 10:00")),
    *((MOMENT + SECONDS, BOTH, "2026-11-25 10:00:05"), (MOMENT + SECONDS, "h:mm", "10:00")),
    *((MOMENT, code, "10:00") for code in CLOCKS),
    *((MOMENT, code, "2026-11-25") for code in CALENDARS),
    *((DAY, code, "2026-11") for code in ("mmm", 'yyyy"年"m"月"', "mmm-yy", "yyyy")),
    *((DAY, 'yyyy/m/d"以降"', "2026-11-25以降"), (time(11), 'h:mm"まで"', "11:00まで")),
    *((DAY, 'm"月末"', "2026-11末"), (time(10), 'h"時台"', "10:00台")),
    (MOMENT + SECONDS, "h:mm:ss", "10:00:05"),
    (MOMENT - timedelta(microseconds=400), "h:mm", "10:00"),
    *((time(10), "yyyy/m/d", "10:00"), (time(10), "h:mm", "10:00")),
    *((time(9, 30), 'h"時"mm"分"', "09:30"), (10 / 24, "h:mm", "10:00"), (-0.5, "h:mm", "-0.5")),
    (timedelta(hours=10), "[h]:mm", "10:00"),
    (timedelta(hours=34, seconds=1), "[h]:mm:ss", "34:00:01"),
    *((True, "General", "yes"), (False, "General", "no"), (10, "General", "10")),
    *((10.0, "0.00", "10"), (0.1, "General", "0.1"), (1e-7, "General", "0.0000001")),
    *((-3, "General", "-3"), (1234567, "#,##0", "1234567")),
    *((123456789012, "General", "123456789012"), ("'=x", "@", "'=x")),
    *((" 髙 ①\n", "General", " 髙 ①\n"), ("甲", '"第"@"号"', "第甲号"), ("甲", ";;;", "")),
    *(("甲", '0;-0;0;"乙"@', "乙甲"), ("甲", "0;-0;;@", "甲"), ("甲", "#,##0;[Red]-#,##0", "甲")),
]
NUMBERS = [
    *(
        (123, "0000000000", "0000000123"),
        (123456, "000-000", "123-456"),
        (12, "000-000", "000-012"),
    ),
    *((12345678, "000-000", "12345-678"), (1234, "###-####", "-1234")),
    *((42, code, "YK000042") for code in ('"YK"000000', "\\Y\\K000000")),
    *((42, '"第"000"号"', "第042号"), (1234567, '#,##0"号"', "1234567号")),
    *((42, code, "42") for code in ("0", "@", "####", "0_ ", "0_);[Red]\\(0\\)", "#,##0")),
    *((42, code, "0042") for code in ("0###", "0,000")),
    *((42, code, "042") for code in ("[$-411]000", "[Red]000")),
    *((1234567, "#,##0_);[Red]\\(#,##0\\)", "1234567"), (20261102345, "#,##0", "20261102345")),
    (1234567, "_ * #,##0_ ;_ * -#,##0_ ;_ * -_ ;_ @_ ", "1234567"),
    *((0, "000", "000"), (42.0, "000000", "000042"), ("0012", "General", "0012")),
    *((12345678901, "General", "12345678901"), (123456789012345, "0", "123456789012345")),
]


def make_cell(value: object, code: str, key: str = "number") -> bytes:
    """Return a workbook of one row with this value and number format under a heading."""
    book = make_book([key, "x" if key == "number" else "number"], [None, "1"])
    cell = book.active["A2"]
    cell.value, cell.number_format = value, code
    return save(book)


@pytest.mark.parametrize(
    ("key", "value", "code", "expected"),
    [*(("note", *row) for row in NOTES), *(("number", *row) for row in NUMBERS)],
)
def test_cells_are_what_they_show(key: str, value: object, code: str, expected: str) -> None:
    """Dates, times, truth and numbers; an identifier has the zeros and the text of its format."""
    ((_, draft),) = read(make_cell(value, code, key)).rows
    assert expected == draft[key]


@pytest.mark.parametrize(
    ("format_id", "expected"),
    [
        *((at, "2026-11-25") for at in (14, 15, 16, *range(27, 32), 35, 36, 50, 57, 58)),
        *((at, "2026-11") for at in (17, 34, 52, 55)),
        *((at, "10:00") for at in (18, 19, 20, 21, 32, 33, 45, 47)),
        *((at, "46351.416666666664") for at in (3, 37, 38, 41)),
        (22, "2026-11-25 10:00"),
    ],
)
def test_the_formats_of_excel_itself(format_id: int, expected: str) -> None:
    """Formats that have a number and no code are known, those of a Japanese Excel too.

    ISO's strict form of a workbook writes a date as a date.
    """
    styles = f'<cellXfs><xf numFmtId="0"/><xf numFmtId="{format_id}"/></cellXfs>'
    cells = '<c s="1" t="{}"><v>{}</v></c>'
    written = [cells.format("n", "46351.416666666664"), cells.format("d", "2026-11-25T10:00:00")]
    if expected.startswith("4"):  # an identifier with commas is read without them
        data = make_workbook(HEAD + line(cells.format("n", "20261102345")), styles)
        assert [{"number": "20261102345"}] == drafts(data)
        return
    for cell in written:
        data = make_workbook(HEAD + line("1", cell), styles)
        assert [{"number": "1", "note": expected}] == drafts(data)


HINT = "format the column as text"


@pytest.mark.parametrize("key", ["number", "with", "agent"])
@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        (1234567, "#,##0,", "every digit of its number (1234567); format the column as text"),
        (123456789018, "General", "every digit of its number (************); format"),
        *((1234567, code, HINT) for code in ("0.00", "#,##0.00", "0.00E+00")),
        *((5, code, HINT) for code in ('"x"', ";;;", "0%", "# ?/?", "[DBNum1]0")),
        *((12.5, "General", HINT), (-5, "0000", HINT), (0, "0;-0;;@", HINT), (10**15, "0", HINT)),
        *((123456789012, code, HINT) for code in ("General", "@")),
        (True, "General", "found true or false, expected text"),
        (DAY, "yyyy/m/d", "found the date or time 2026-11-25, expected text"),
        (time(10), "h:mm", "found the date or time 10:00, expected text"),
    ],
)
def test_an_identifier_that_does_not_show_is_refused(
    value: object, code: str, said: str, key: str
) -> None:
    (fault,) = faults(make_cell(value, code, key))
    assert fault.startswith(f"row 2, column {key}: ")
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
def test_a_deciding_cell_without_a_value_is_refused(
    column: str, key: str, cell: str, said: str
) -> None:
    head = line("number", "note", "date")
    (fault,) = faults(make_workbook(f'{head}<row r="4"><c r="{column}4" {cell}</c></row>'))
    assert fault.startswith(f"row 4, column {key}: {said}")


def test_a_note_without_a_value_hinders_nobody() -> None:
    """A note that could not be calculated is left empty, with a note that says so."""
    lines = "".join(line(str(at), f"<c {cell}</c>") for at, (cell, _) in enumerate(LACKING))
    data = make_workbook(HEAD + line("X", "1") + lines)
    assert [{"number": "X", "note": "1"}, *({"number": str(at)} for at in range(4))] == drafts(data)
    said = "Notes were left empty where the cell holds an error or a formula without a result: "
    assert [f"{said}rows 3, 4, 5, 6."] == notes(data)
    only = make_workbook(HEAD + lines + line("<c/>", f"<c {LACKING[0][0]}</c>"))
    assert "rows 2, 3, 4, 5." in notes(only)[0]


def test_the_first_hundred_bad_rows_are_said() -> None:
    found = faults(make_workbook(HEAD + line('<c t="e"><v>#N/A</v></c>') * 500))
    assert 100 == len(found)
    assert found[-1].startswith("row 101, column number")


def test_what_nobody_reads_may_be_wrong() -> None:
    bad = line("1", "<c/>", '<c t="e"><v>#REF!</v></c>')
    found = read(make_workbook(line("number", "note", "合計") + bad))
    assert (((1, {"number": "1", "note": ""}),), ("合計",)) == (found.rows, found.ignored)


def test_formulas_have_their_results() -> None:
    """What a formula gave when the file was saved is read: text, number, truth, nothing."""
    lines = (
        line('<c t="str"><f>"a"</f><v>X-1</v></c>', '<c t="b"><f>1=1</f><v>1</v></c>'),
        line("<c><f>1+1</f><v>2</v></c>", '<c t="str"><f>""</f><v></v></c>'),
        line("<c><v>3</v></c>", "<c><v>2</v><f>1+1</f></c>"),
        line("<c><v>X-4</v></c>"),  # no kind, and no number: a text
    )
    data = make_workbook(HEAD + "".join(lines))
    found = [{"number": "X-1", "note": "yes"}, {"number": "2"}, {"number": "3", "note": "2"}]
    found.append({"number": "X-4"})
    assert (list(enumerate(found, 1)), []) == (rows(data), notes(data))


def test_dates_may_count_from_1904() -> None:
    book = make_book(["number", "date"], ["1", DAY])
    book.epoch = CALENDAR_MAC_1904
    assert [{"number": "1", "date": "2026-11-25"}] == drafts(save(book))


def test_rows_are_counted_from_the_heading() -> None:
    """The heading is the first used row, wherever it is; empty rows keep their number.

    Problems name the row of the sheet.
    """
    book = make_book()
    sheet = book.active
    for place, value in {"C3": "number", "D3": "note", "C4": "1", "C7": 7, "D7": "x"}.items():
        sheet[place] = value
    sheet["C7"].number_format = sheet["B2"].number_format = "000"
    sheet["C9"] = DAY
    assert faults(save(book))[0].startswith("row 9, column number: found the date or time")
    sheet["C9"] = None
    assert [(1, {"number": "1"}), (4, {"number": "007", "note": "x"})] == rows(save(book))


def test_hidden_rows_and_cells_without_a_heading_are_said() -> None:
    """Rows that a filter hides are rows; cells without a heading are left out."""
    book = make_book(["number"], ["1"], ["2"], [], ["3", None, "x"])
    for row in (3, 4, 5):
        book.active.row_dimensions[row].hidden = True
    assert [1, 2, 4] == [number for number, _ in rows(save(book))]
    assert [
        "Cells without a heading were left out: column C.",
        "2 of 3 rows are hidden or filtered out; they were read like the others.",
    ] == sorted(notes(save(book)), reverse=True)


# Merged cells.


def merge(*areas: str, lines: tuple[list[Any], ...] = ()) -> bytes:
    """Return a workbook with a heading, these lines and merged cells, as openpyxl makes it."""
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
FILLED = "What merged cells show was read for each row that they cover: "


def test_merged_cells_hold_for_each_row_and_column() -> None:
    """A day that is merged over rows is the day of each of them, and a note says so.

    A separator that is merged over columns is in each, and no case number.
    """
    data = merge("B2:B3", "B4:B5", "C2:C3", "A6:D6", lines=(*DAYS, ["12月分"]))
    first, second = {"date": "2026-11-26", "hour": "10:00"}, {"date": "2026-11-24"}
    assert [
        (1, {"number": "1", **first, "note": "a"}),
        (2, {"number": "2", **first, "note": "b"}),
        (3, {"number": "3", **second, "note": "c"}),
        (4, {"number": "4", **second}),
        (5, dict.fromkeys(("number", "date", "hour", "note"), "12月分")),
    ] == rows(data)
    assert [f"{FILLED}B2:B3, C2:C3, B4:B5, A6:D6."] == notes(data)


def test_merged_cells_make_no_rows() -> None:
    data = merge("B2:B9", "D2:D5", lines=(DAYS[0], DAYS[1], [], [], ["5"]))
    assert [1, 2, 5] == [number for number, _ in rows(data)]
    assert {"number": "5", "date": "2026-11-26"} == drafts(data)[2]


def test_merged_headings_and_empty_cells_fill_nothing() -> None:
    """A heading over two rows or columns names one column; merged cells may be empty."""
    data = merge("A1:A2", "D1:E1", "B4:B5", lines=([], *DAYS[:2], ["3"]))
    assert [(2, "1"), (3, "2"), (4, "3")] == [(n, draft["number"]) for n, draft in rows(data)]
    assert [] == notes(data)


def test_an_error_in_a_merged_cell_is_one_in_each_row() -> None:
    data = merge("B2:B3", lines=(["1", "#N/A"], ["2"]))
    said = "column date: it holds an error such as #REF! or #N/A"
    assert [f"row 2, {said}", f"row 3, {said}", f"file: {FILLED}B2:B3."] == faults(data)


@pytest.mark.parametrize(
    ("areas", "said"),
    [
        (["B2:B3", "B3:B4"], "damaged"),
        (["B2:B3", "B2:B3"], "damaged"),
        (["B2:"], "damaged"),
        (["B2:B1048576"] * 200_001, "more than 1000000 cells"),
        (["A1:A1048576"] * 3 + ["B2"], None),
        (["XFD1:XFD1048576"] * 3, None),
        (["B2:B4"], None),
    ],
)
def test_merged_cells_are_not_believed(areas: list[str], said: str | None) -> None:
    """Areas upon each other are damage, as in Excel; nothing beyond the table is unfolded.

    What some programs leave below a merged cell is not what the sheet shows.
    """
    lines = "".join(line(at, at) for at in "123")
    # A rule of a conditional format has formulas of its own, which are no cells.
    data = make_merged(HEAD + lines, areas, "<extLst><ext><f>A1</f></ext></extLst>")
    if said is not None:
        assert said in faults(data)[0]
    else:
        shown = ["1", "1", "1"] if areas == ["B2:B4"] else ["1", "2", "3"]
        assert shown == [draft["note"] for draft in drafts(data)]


def seconds_of_merged(areas: list[str]) -> float:
    """Return the processor time that merged cells beside three thousand rows take."""
    data = make_merged(HEAD + line("1") * 3_000, areas)
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
