"""XLSX: what is struck through, whole or in part, and the totals rows of tables."""

from __future__ import annotations

from datetime import date

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table, TableColumn

from tests.casefile.support import (
    HEAD,
    faults,
    make_book,
    make_merged,
    make_package,
    make_parts,
    make_workbook,
    notes,
    read,
    rows,
    save,
)

HALF = "a part of it is struck through; delete what does not count"
STRUCK, PLAIN, BOLD = "<rPr><strike/></rPr>", "<rPr><b/></rPr>", ""
FONTS = '<fonts><font/><font><strike/></font><font><strike val="0"/></font></fonts>'
STYLES = FONTS + '<cellXfs><xf fontId="0"/><xf fontId="1"/><xf fontId="2"/></cellXfs>'


def runs(*given: str) -> str:
    """Return rich text of runs, each with its properties and a text behind a bar."""
    parts = [run.partition("|") for run in given]
    return "".join(
        f'<r>{properties}<t xml:space="preserve">{text}</t></r>' for properties, _, text in parts
    )


def make_rich(rich: str, style: int = 0, key: str = "number", shared: bool = True) -> bytes:
    """Return a workbook with a cell of rich text under a heading, and a number beside."""
    head = f'<row><c t="str"><v>{key}</v></c><c t="str"><v>number</v></c></row>'
    if key == "number":
        head = head.replace("<v>number</v></c></row>", "<v>x</v></c></row>")
    cell = f'<c s="{style}" t="s"><v>1</v></c>'
    if not shared:
        cell = f'<c s="{style}" t="inlineStr"><is>{rich}</is></c>'
    strings = f"<sst><si><t>0</t></si><si>{rich}</si></sst>"
    after = '<c t="str"><v>9</v></c>'
    return make_workbook(f"{head}<row>{cell}{after}</row>", STYLES, strings)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("style", "rich"),
    [
        (0, (f"{STRUCK}|123", f"{PLAIN}|456")),
        (0, (f"{STRUCK}|123", "|456")),  # no properties: as the cell is
        (0, ("|123", f"{STRUCK}|456")),
        (1, ("|123", f"{PLAIN}|456")),  # the cell is struck, the second run is not
        (2, ("|123", "<rPr><strike val='true'/></rPr>|456")),
        (1, ("|123", "<rPr><strike val='0'/></rPr>|456")),
        (0, (f"{PLAIN}|1", f"{STRUCK}|2", f"{PLAIN}|3")),
    ],
)
def test_a_number_that_is_half_struck(shared: bool, style: int, rich: tuple[str, ...]) -> None:
    """A number of which a part is struck through is bad input."""
    data = make_rich(runs(*rich), style, shared=shared)
    assert [f"row 2, column number: {HALF}"] == faults(data)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("style", "rich"),
    [
        (0, (f"{PLAIN}|123", "|456")),
        (0, ("|123", "|456")),
        (0, (f"{STRUCK}| ", f"{PLAIN}|123456", f"{STRUCK}|\u3000")),  # blanks show nothing
        (0, ("<rPr><strike val='0'/></rPr>|123", f"{PLAIN}|456")),
        (2, ("|123456", f"{PLAIN}|")),
        (1, (f"{PLAIN}|123", f"{PLAIN}|456")),  # the cell is struck, none of its runs
    ],
)
def test_a_number_in_several_fonts(shared: bool, style: int, rich: tuple[str, ...]) -> None:
    """A number in several fonts, none of them struck, is read whole."""
    ((_, draft),) = rows(make_rich(runs(*rich), style, shared=shared))
    assert "123456" == draft["number"].strip()


def test_reading_aids_are_no_text() -> None:
    """Kana beside a text are no part of it: where it is struck, nothing is left."""
    aid = '<rPh sb="0" eb="1"><t>よこ</t></rPh>'
    assert [(1, {"number": "横1"})] == rows(make_rich(runs(f"{PLAIN}|横1") + aid))
    assert [] == rows(make_rich(runs(f"{STRUCK}|横1") + aid))


@pytest.mark.parametrize("key", ["date", "hour", "kind", "agent", "with", "collect_by"])
def test_other_columns_half_struck(key: str) -> None:
    """A day, an hour or any other deciding value that is half struck is bad input."""
    data = make_rich(runs(f"{STRUCK}|1", "|0"), key=key)
    assert [f"row 2, column {key}: {HALF}"] == faults(data)


def test_columns_that_decide_nothing() -> None:
    """A note is what is left of it; a column that is not known is not looked at."""
    rich = runs(f"{STRUCK}|1", "|0")
    assert [(1, {"note": "0", "number": "9"})] == rows(make_rich(rich, key="note"))
    assert [(1, {"number": "9"})] == rows(make_rich(rich, key="氏名"))


def test_a_footer_is_no_cell() -> None:
    """What stands behind the cells belongs to none of them."""
    cells = '<row><c t="str"><v>number</v></c></row><row><c t="s"><v>0</v></c></row>'
    footer = "</sheetData><headerFooter><oddFooter>x</oddFooter></headerFooter><sheetData>"
    strings = f"<sst><si>{runs(PLAIN + '|1')}</si></sst>"
    data = make_workbook(cells + footer, "", strings)
    assert [(1, {"number": "1"})] == rows(data)


def test_cells_beside_one_that_is_half_struck() -> None:
    """A formula, and blanks between elements, belong to their own cell."""
    head = '<row><c t="str"><v>note</v></c><c t="str"><v>number</v></c></row>'
    half = f'<c t="inlineStr"><is>{runs(STRUCK + "|1", "|2")}</is></c>'
    for cell in ('<c t="str">\n <f>A1</f>\n <v>9</v>\n </c>', "<c>\n <v>9</v></c>"):
        data = make_workbook(f"{head}<row>\n {half}\n {cell}\n </row>", STYLES)
        assert [(1, {"note": "2", "number": "9"})] == rows(data)


def test_as_another_program_writes_it() -> None:
    """Rich text as openpyxl has it."""
    book = make_book(["申請番号", "備考"])
    struck = TextBlock(InlineFont(strike=True), "横支更1")
    book.active["A2"] = CellRichText(struck, "横支更2")
    book.active["A3"] = CellRichText(TextBlock(InlineFont(b=True), "横"), "支更3")
    book.active["A4"] = "横支更4"
    book.active["A4"].font = Font(strike=True)
    assert [
        f"row 2, column number (申請番号): {HALF}",
        "file: Rows that are struck through were left out: 1 (4).",
    ] == faults(save(book))
    book.active.delete_rows(2)
    assert ["横支更3"] == [draft["number"] for _, draft in rows(save(book))]


# --- cells and rows that are struck through as a whole --------------------------------------------

GONE = "it is struck through; delete it, or write what counts"
TABLE_HEAD: list[object] = ["申請番号", "種別", "予約日", "備考", "担当"]
FIRST: list[object] = ["横支更1", "更新", date(2026, 11, 25), "第1便", "山田"]
SECOND: list[object] = ["横支更2", "変更", date(2026, 11, 26), 5, "佐藤"]


def make_struck(cells: str, *lines: list[object]) -> bytes:
    """Return a workbook with a heading and these lines, of which some cells are struck through."""
    book = make_book(TABLE_HEAD, *(lines or (FIRST, SECOND)))
    for cell in cells.split():
        book.active[cell].font = Font(strike=True)
    return save(book)


@pytest.mark.parametrize("cells", ["A3 B3 C3 D3 E3", "A3 B3 C3 D3", "A3"])
def test_a_row_that_is_struck(cells: str) -> None:
    """A row is left out with a note where all of it is struck, or its number."""
    data = make_struck(cells)
    ((row, draft),) = rows(data)
    assert (1, "横支更1") == (row, draft["number"])
    assert ["Rows that are struck through were left out: 1 (3)."] == notes(data)


def test_all_filled_cells_are_struck() -> None:
    """A row without a number of which all is struck is left out; those below keep their rows."""
    data = make_struck("B2 C2", [None, "更新", date(2026, 11, 25)], SECOND)
    assert ([2], ["Rows that are struck through were left out: 1 (2)."]) == (
        [row for row, _ in rows(data)],
        notes(data),
    )


@pytest.mark.parametrize(("cell", "key"), [("B2", "kind (種別)"), ("C2", "date (予約日)")])
def test_a_deciding_cell_that_is_struck(cell: str, key: str) -> None:
    """A kind or a day that is struck is bad input: the default would come in its place."""
    assert [f"row 2, column {key}: {GONE}"] == faults(make_struck(cell))


def test_a_note_that_is_struck() -> None:
    """A note that is struck is empty, a number in it too; so is a column that is not known."""
    found = rows(make_struck("D2 D3 E2"))
    assert [None, None] == [draft.get("note") for _, draft in found]


def test_a_heading_that_is_struck() -> None:
    """A known heading that is struck is bad input, one that is not known says nothing."""
    assert [f"heading, column 2: {GONE}"] == faults(make_struck("B1"))
    assert [1, 2] == [row for row, _ in rows(make_struck("E1"))]


@pytest.mark.parametrize(
    "cell",
    [
        '<c s="1"><v>5</v></c>',
        '<c s="1" t="str"><f>A1</f><v>X-5</v></c>',
        '<c s="1"><f>1+4</f><v>5</v></c>',
        '<c s="1" t="b"><v>1</v></c>',
        '<c s="1" t="e"><v>#N/A</v></c>',
        '<c s="1" t="s"><v>0</v></c>',
        f'<c t="inlineStr"><is>{runs(STRUCK + "|X-", STRUCK + "|5")}</is></c>',
        f'<c s="1" t="inlineStr"><is>{runs("|X-", STRUCK + "|5")}</is></c>',
    ],
)
def test_values_of_every_kind(cell: str) -> None:
    """Texts, numbers, results, errors: whatever is struck as a number leaves its row out."""
    strings = "<sst><si><t>X-5</t></si></sst>"
    more = '<row><c t="str"><v>X-6</v></c></row>'
    data = make_workbook(f"{HEAD}<row>{cell}</row>{more}", STYLES, strings)
    assert [(2, {"number": "X-6"})] == rows(data)


def test_the_font_of_every_cell() -> None:
    """Where the default font strikes through, cells without a style are struck, too."""
    styles = '<fonts><font><strike/></font><font/></fonts><cellXfs><xf/><xf fontId="1"/></cellXfs>'
    lines = '<row><c><v>5</v></c></row><row><c s="1"><v>6</v></c></row>'
    head = HEAD.replace("<c ", '<c s="1" ')
    assert [(2, {"number": "6"})] == rows(make_workbook(head + lines, styles))


def test_merged_cells_that_are_struck() -> None:
    """What merged cells show is struck for each row that they cover."""
    head = '<row><c t="str"><v>number</v></c><c t="str"><v>kind</v></c></row>'
    struck = (
        '<row r="2"><c r="A2" t="str"><v>X-1</v></c><c r="B2" s="1" t="str"><v>更新</v></c></row>'
    )
    more = '<row r="3"><c r="A3" t="str"><v>X-2</v></c></row>'
    found = faults(make_merged(head + struck + more, ["B2:B3"], styles=STYLES))
    assert [f"row {row}, column kind: {GONE}" for row in (2, 3)] == found[:2]


# --- totals rows -----------------------------------------------------------------------------


def make_table(*lines: list[object], ref: str, count: int | None = 1) -> bytes:
    """Return a workbook with a table."""
    book = make_book(*lines)
    table = Table(displayName="cases", ref=ref, totalsRowCount=count)
    table._initialise_columns()
    for column, name in zip(table.tableColumns, ("申請番号", "予約日"), strict=False):
        assert isinstance(column, TableColumn)
        column.name = name
    book.active.add_table(table)
    return save(book)


NAMES: list[object] = ["申請番号", "予約日"]
CASE: list[object] = ["横支更1", "2026-11-25"]


@pytest.mark.parametrize(
    "totals", [["合計", 1], ["集計2026", None], [None, "=SUBTOTAL(103,B2:B2)"], [2, "#N/A"]]
)
def test_a_totals_row_is_left_out(totals: list[object]) -> None:
    """The totals row of a table is left out, whatever it holds, and a note says so."""
    data = make_table(NAMES, CASE, totals, ref="A1:B3")
    assert [(1, {"number": "横支更1", "date": "2026-11-25"})] == rows(data)
    assert ["The totals of a table were left out: rows 3."] == notes(data)


def test_rows_below_a_totals_row() -> None:
    """What stands below the table keeps its row."""
    data = make_table(NAMES, CASE, ["計3", None], ["横支更2", "2026-11-26"], ref="A1:B3")
    assert [1, 3] == [row for row, _ in rows(data)]


@pytest.mark.parametrize(("ref", "count"), [("A1:B3", 0), ("A1:B3", None), ("A1:B2", 0)])
def test_a_table_without_totals(ref: str, count: int | None) -> None:
    """A table that shows no totals has only rows."""
    data = make_table(NAMES, CASE, ["横支更2", "2026-11-26"], ref=ref, count=count)
    assert ([1, 2], []) == ([row for row, _ in rows(data)], notes(data))


def test_the_totals_of_another_table() -> None:
    """The totals row of a table beside the cases leaves out no case."""
    lines = [[*NAMES, None, "料金"], [*CASE, None, 4000], ["横支更2", None, None, 4000]]
    data = make_table(*lines, ref="D1:D3")
    assert ([1, 2], []) == ([row for row, _ in read(data).rows], notes(data))


def test_a_table_that_is_missing() -> None:
    """A part that a sheet names and the package lacks says nothing."""
    parts = make_parts('<row><c t="str"><v>number</v></c></row><row><c t="str"><v>1</v></c></row>')
    relation = '<Relationship Id="t" Type="x/table" Target="../tables/none.xml"/>'
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = f"<Relationships>{relation}</Relationships>"
    assert [(1, {"number": "1"})] == rows(make_package(parts))


@pytest.mark.parametrize("cell", ['t="str"><v> </v>', 't="inlineStr"><is><t> </t></is>'])
def test_a_blank_that_is_struck_is_nothing(cell: str) -> None:
    """No row is said to be left out where none was."""
    rest = '<row><c t="str"><v>X-3</v></c></row>'
    data = make_workbook(f'{HEAD}<row><c s="1" {cell}</c></row>{rest}', STYLES)
    assert ([(2, {"number": "X-3"})], []) == (rows(data), notes(data))
