"""CSV: encodings, delimiters, quoted cells, and what is refused."""

from __future__ import annotations

import csv
import io

import pytest

from kofucli.casefile.reading import LARGEST
from tests.casefile.support import drafts, faults, make_sheet, notes, read, rows

WORDS = ["髙山①", "横浜・ﾊﾝｶｸ～", 'さんが"はい"と', "一行目\n二行目", "a,b;c\td"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_every_encoding_with_every_delimiter(encoding: str, delimiter: str) -> None:
    """Encoding and delimiter are found out; quoted cells hold newlines, quotes, delimiters."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([("申請番号", "備考"), *enumerate(WORDS)])
    expected = [{"number": str(at), "note": word} for at, word in enumerate(WORDS)]
    assert expected == drafts(out.getvalue().encode(encoding))


def test_a_delimiter_inside_a_quoted_heading_is_not_that_of_the_file() -> None:
    for heading in ('"a,b,c,d"', '"a\n,,,,"', '"a"",,,"'):
        data = f"{heading};number;date\nx;1;2\n".encode()
        assert [(1, {"number": "1", "date": "2"})] == rows(data)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(end: str) -> None:
    """Lines end as they do on Unix, Windows and old Macs; empty ones keep their number."""
    data = end.join(["number", "1", "", "  ", "2", ""]).encode()
    assert [(1, {"number": "1"}), (4, {"number": "2"})] == rows(data)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_first_line_that_names_the_delimiter(end: str, delimiter: str) -> None:
    """Excel's own first line, sep=, names the delimiter, whatever the heading has most of."""
    word = "a;b;c" if delimiter == "," else "a,b,c"
    for name in ("sep", "SEP"):
        lines = [f"{name}={delimiter}", f"number{delimiter}{word}", f"1{delimiter}x"]
        found = read(end.join(lines).encode("utf-8-sig"))
        assert (((1, {"number": "1"}),), (word,)) == (found.rows, found.ignored)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_the_sign_that_ends_a_text(encoding: str) -> None:
    """One Ctrl-Z at the end, as programs for DOS write it, is no cell; another one is."""
    for text in ("申請番号\nX-1\n", "申請番号\nX-1"):
        assert [(1, {"number": "X-1"})] == rows((text + "\x1a").encode(encoding))
    assert "\x1a" in rows("number\nX-1\n\x1a\x1a".encode(encoding))[1][1]["number"]


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        *(('="0012"', "0012"), ('"=""0012"""', "0012"), ('="横支更1"', "横支更1"), ('=""', "")),
        *(('="a ""b"""', 'a "b"'), ("=0012", "=0012"), ('="a"&"b"', '="a"&"b"')),
        ('\'="0012"', '="0012"'),
    ],
)
def test_a_text_that_is_written_as_a_formula(cell: str, meaning: str) -> None:
    """What programs write so that a spreadsheet keeps the zeros is that text, in headings too."""
    (draft,) = drafts(f'="申請番号",="備考"\nX-1,{cell}\n'.encode())
    assert ("X-1", meaning) == (draft["number"], draft.get("note", ""))


def test_empty_lines_above_the_heading_are_passed_over() -> None:
    """As in a workbook; rows count from the heading."""
    assert [(1, {"number": "1", "date": "2"})] == rows(b"\n;;\r\nnumber;date\n1;2\n")


@pytest.mark.parametrize(
    ("data", "taken", "found"),
    [
        ("一覧\n\nNo,申請番号\n1,X\n", "line 1 was taken as the heading: 一覧.", "line 3: "),
        ("申請番号一覧\nnumber\nX\n", "line 1 was taken as the heading: 申請番号一覧.", "line 2: "),
        ('"a\nb",c\nnumber,c\nX\n', "line 1 was taken as the heading: a\\u000ab, c.", "line 3: "),
        ("123456789018\nnumber\n", "line 1 was taken as the heading: ************.", "line 2: "),
        ("x,y\n1,2\n", "line 1 was taken as the heading: x, y.", None),
    ],
)
def test_the_error_of_a_title_names_the_line_that_was_taken_as_the_heading(
    data: str, taken: str, found: str | None
) -> None:
    first, *others = faults(data.encode())
    assert first.startswith("heading: column 'number' is missing")
    assert taken in first
    assert first.endswith("remove the lines above it")
    expected = [f"{found}it looks like the heading; remove the lines above it"] if found else []
    assert expected == others


def test_cells_without_a_heading_are_left_out_and_said() -> None:
    data = b"number,,date,\n1,2026-11-25,,\n2,,, \n"
    assert ["Cells without a heading were left out: column B."] == notes(data)
    assert [] == notes(b"number,,date,\n1, ,,\n2\n")


COLUMNS, NO_CSV = "it has more than 1000 columns", "it is not a CSV file: "
LONG = "a cell has more than 10000 characters"
NEITHER = "line 2: the bytes are neither UTF-8 nor CP932"
FEW = "it has 2 cells, the heading has 1"
MARKED = "number\n横".encode("utf-8-sig")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        *((data, "line 1: expected a line with column names") for data in (b"", b"sep=;\n")),
        (
            b"\n1\n",
            "heading: column 'number' is missing (in Japanese '申請番号'); line 2 was taken",
        ),
        (b"sep=;\nnumber;date\n1;2;3\n", "row 2: it has 3 cells, the heading has 2; too many: 3"),
        (b'sep=;\nnumber\n"1', f"line 3: {NO_CSV}unexpected end of data"),
        (b"number,dat\n", "heading, column 2: unknown name 'dat'; did you mean 'date'?"),
        ("number,申請番号\n".encode(), "column 'number' is there"),
        (b"number\n1\n2,3\n", f"row 3: {FEW}"),
        (b"number\n\x00\n", "line 2: it holds a NUL byte"),
        ("number\n\x00\n".encode("utf-16"), "line 2: it holds a NUL byte"),
        ("number\n横".encode("utf-16")[:-1], "line 2: its bytes are not UTF-16"),
        *(("番号\n横浜\n".encode(encoding)[:-2], NEITHER) for encoding in ("utf-8", "cp932")),
        ("番号,note\n1,".encode() + "横浜".encode()[:-1] + b",\n2,\n", NEITHER),  # cut to a length
        (b"number,note\n1," + "横浜\n".encode("cp932") + "2,横浜\n".encode(), NEITHER),
        *(
            ("番号\r\n1\r\n".encode(code), f"line 1: {NEITHER[8:]}")
            for code in ("utf-16-le", "iso2022_jp")
        ),
        *((data, "line 2: its bytes are not UTF-8") for data in (MARKED[:-1], MARKED + b"\xff")),
        (b'number\n"1', f"line 2: {NO_CSV}unexpected end of data"),
        (b'number\n"1"2\n', f"line 2: {NO_CSV}"),
        *((b"number\n" + b"9" * count, f"line 2: {LONG}") for count in (10_001, 1_000_000)),
        (b'number\n"' + b"\n" * 50_000 + b'"', LONG),
        (b"number" + b"," * 1_000_000, f"line 1: {COLUMNS}"),
        (b"numbr," * 2_000, f"line 1: {COLUMNS}"),
        (b"number\n1\n" + b"," * 1_000_000, f"line 3: {COLUMNS}"),
        (b'number\na"' + b"," * 1_000_000, f"line 2: {COLUMNS}"),
        (b"number\n" + b"\n" * 300_000, "file: it has more than 200000 rows"),
    ],
)
def test_each_fault_is_named_with_its_place(data: bytes, expected: str) -> None:
    assert expected in faults(data)[0]


def test_a_file_that_is_too_large_is_refused_before_it_is_parsed() -> None:
    size = 50 * 1024 * 1024
    expected = f"file: it has {size} bytes, at most {LARGEST} are read"
    assert [expected] == faults(b"number\n" + b"9" * (size - 7))


def test_many_delimiters_in_one_quoted_cell_are_no_columns() -> None:
    cell = "a\n" + "," * 2_000
    assert [(1, {"number": "1", "note": cell})] == rows(f'number,note\n1,"{cell}"\n'.encode())


def test_the_first_hundred_bad_rows_are_said() -> None:
    found = faults(b"number\n" + b"1,2\n" * 1_000)
    assert 100 == len(found)
    assert f"row 101: {FEW}; too many: 2" == found[-1]


def test_a_firms_own_heading_needs_a_known_column() -> None:
    with pytest.raises(Exception, match="is invalid"):
        read(b"number\n1\n", own={"x": "nothing"})


def test_only_a_workbook_has_sheets() -> None:
    assert ["--sheet: this file is not a workbook (.xlsx) with sheets"] == faults(b"number\n", "a")


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"number\n1\n\n2\n", ["2", "4"]),
        (b"\n,\nnumber\n1\n2\n", ["4", "5"]),
        (b'number,"no\nte"\n1,"a\nb\n\nc"\n2,\n', ["2", "3"]),  # a cell of two lines is one row
        (b"sep=;\nnumber;note\n1;\n2;\n", ["2", "3"]),  # Excel does not show this line
        (b"sep=;\n\nnumber;note\n1;\n2;\n", ["3", "4"]),
        (b'[{"number": 1}, {}, {"number": 2}]', ["1", "3"]),
    ],
)
def test_rows_are_named_as_excel_shows_them(data: bytes, shown: list[str]) -> None:
    """As text a row is that of the sheet; its number is counted from 1 below the heading."""
    found = [row for row, _ in read(data).rows]
    assert shown == [str(row) for row in found]
    assert [1, 3 if b"\n\n2" in data or b"{}" in data else 2] == found


@pytest.mark.parametrize("word", ["合計", "合　計", "計", "総件数：", "Total", "ＴＯＴＡＬ"])
def test_a_count_beside_its_word_is_no_case(word: str) -> None:
    """Below a list the count stands under the numbers, and the word under another heading."""
    table, _, book = make_sheet("No.,申請番号,備考", "1,横支更1,計", f"{word},1,")
    for data in (table, book):
        (fault,) = faults(data)
        assert fault.startswith("row 3, column number (申請番号): '1' is not a case number")


@pytest.mark.parametrize("row", ["合計太郎,12", "計器,12", "合計,000123", ",12"])
def test_a_short_number_beside_other_words_is_a_case(row: str) -> None:
    assert [{"number": row.split(",")[1]}] == drafts(f"氏名,申請番号\n{row}\n".encode())
