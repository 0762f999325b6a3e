"""XLSX: what is struck through, whole or in part, and the totals rows of tables."""

from __future__ import annotations

from datetime import date

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table, TableColumn

from tests.casefile.support import (
    HEAD,
    drafts,
    faults,
    line,
    make_book,
    make_merged,
    make_package,
    make_parts,
    make_workbook,
    notes,
    rows,
    save,
)

# By a condition.


@pytest.mark.parametrize(("font", "is_told"), [(Font(strike=True), True), (Font(b=True), False)])
def test_a_sheet_that_strikes_by_a_condition_is_told(font: Font, is_told: bool) -> None:
    """Its rows are read: only Excel knows for which of them the condition holds."""
    book = make_book(["number", "note"], ["X-1", "取消"])
    other = FormulaRule(formula=["FALSE"], font=Font(b=True))
    book.active.conditional_formatting.add("A2:B2", other)
    book.active.conditional_formatting.add("A2:B2", FormulaRule(formula=['$B2="取消"'], font=font))
    said = notes(save(book))
    assert [is_told] == ["by conditional formatting" in " ".join(said)]
    assert ["X-1"] == [draft["number"] for draft in drafts(save(book))]


# In part.

HALF = "a part of it is struck through; delete what does not count"
STRUCK, PLAIN = "<rPr><strike/></rPr>", "<rPr><b/></rPr>"
YES, NO = "<rPr><strike val='true'/></rPr>", "<rPr><strike val='0'/></rPr>"
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
    head = line(key, "x" if key == "number" else "number")
    cell = f'<c s="{style}" t="s"><v>1</v></c>'
    if not shared:
        cell = f'<c s="{style}" t="inlineStr"><is>{rich}</is></c>'
    strings = f"<sst><si><t>0</t></si><si>{rich}</si></sst>"
    return make_workbook(head + line(cell, "9"), STYLES, strings)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("is_half", "style", "rich"),
    [
        (True, 0, (f"{STRUCK}|123", f"{PLAIN}|456")),
        (True, 0, (f"{STRUCK}|123", "|456")),  # no properties: as the cell is
        (True, 0, ("|123", f"{STRUCK}|456")),
        (True, 1, ("|123", f"{PLAIN}|456")),  # the cell is struck, the second run is not
        (True, 2, ("|123", f"{YES}|456")),
        (True, 1, ("|123", f"{NO}|456")),
        (True, 0, (f"{PLAIN}|1", f"{STRUCK}|2", f"{PLAIN}|3")),
        (False, 0, (f"{PLAIN}|123", "|456")),
        (False, 0, ("|123", "|456")),
        (False, 0, (f"{STRUCK}| ", f"{PLAIN}|123456", f"{STRUCK}|\u3000")),  # blanks show nothing
        (False, 0, (f"{NO}|123", f"{PLAIN}|456")),
        (False, 2, ("|123456", f"{PLAIN}|")),
        (False, 1, (f"{PLAIN}|123", f"{PLAIN}|456")),  # the cell is struck, none of its runs
    ],
)
def test_a_number_that_is_half_struck_is_refused(
    shared: bool, is_half: bool, style: int, rich: tuple[str, ...]
) -> None:
    """A number in several fonts, none of them struck, is read whole."""
    data = make_rich(runs(*rich), style, shared=shared)
    if is_half:
        assert [f"row 2, column number: {HALF}"] == faults(data)
    else:
        assert ["123456"] == [draft["number"].strip() for draft in drafts(data)]


def test_reading_aids_are_no_text() -> None:
    """Kana beside a text are no part of it: where it is struck, nothing is left."""
    aid = '<rPh sb="0" eb="1"><t>よこ</t></rPh>'
    assert [{"number": "横1"}] == drafts(make_rich(runs(f"{PLAIN}|横1") + aid))
    assert [] == rows(make_rich(runs(f"{STRUCK}|横1") + aid))


def test_only_what_decides_may_not_be_half_struck() -> None:
    """A note is what is left of it; a column that is not known is not looked at."""
    rich = runs(f"{STRUCK}|1", "|0")
    for key in ("date", "hour", "kind", "agent", "with", "collect_by"):
        assert [f"row 2, column {key}: {HALF}"] == faults(make_rich(rich, key=key))
    assert [{"note": "0", "number": "9"}] == drafts(make_rich(rich, key="note"))
    assert [{"number": "9"}] == drafts(make_rich(rich, key="氏名"))


def test_cells_end_where_they_end() -> None:
    """Formulas and blanks between elements belong to their own cell, what stands behind to none."""
    half = f'<c t="inlineStr"><is>{runs(STRUCK + "|1", "|2")}</is></c>'
    for cell in ('<c t="str">\n <f>A1</f>\n <v>9</v>\n </c>', "<c>\n <v>9</v></c>"):
        written = f"{line('note', 'number')}<row>\n {half}\n {cell}\n </row>"
        assert [{"note": "2", "number": "9"}] == drafts(make_workbook(written, STYLES))
    footer = "</sheetData><headerFooter><oddFooter>x</oddFooter></headerFooter><sheetData>"
    written = line("number") + line('<c t="s"><v>0</v></c>') + footer
    strings = f"<sst><si>{runs(PLAIN + '|1')}</si></sst>"
    assert [{"number": "1"}] == drafts(make_workbook(written, "", strings))


def test_rich_text_as_another_program_writes_it() -> None:
    book = make_book(["申請番号", "備考"])
    sheet = book.active
    sheet["A2"] = CellRichText(TextBlock(InlineFont(strike=True), "横支更1"), "横支更2")
    sheet["A3"] = CellRichText(TextBlock(InlineFont(b=True), "横"), "支更3")
    sheet["A4"] = "横支更4"
    sheet["A4"].font = Font(strike=True)
    assert [
        f"row 2, column number (申請番号): {HALF}",
        "file: Rows that are struck through were left out: 1 (4).",
    ] == faults(save(book))
    sheet.delete_rows(2)
    assert [{"number": "横支更3"}] == drafts(save(book))


# As a whole.

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
def test_a_row_is_left_out_where_its_number_is_struck(cells: str) -> None:
    data = make_struck(cells)
    ((row, draft),) = rows(data)
    assert (1, "横支更1") == (row, draft["number"])
    assert ["Rows that are struck through were left out: 1 (3)."] == notes(data)


def test_a_row_is_left_out_where_all_that_it_has_is_struck() -> None:
    """Those below keep their rows."""
    data = make_struck("B2 C2", [None, "更新", date(2026, 11, 25)], SECOND)
    assert [2] == [row for row, _ in rows(data)]
    assert ["Rows that are struck through were left out: 1 (2)."] == notes(data)


def test_a_deciding_cell_or_heading_that_is_struck_is_refused() -> None:
    """The default would come in its place."""
    assert [f"heading, column 2: {GONE}"] == faults(make_struck("B1"))
    for cell, column in (("B2", "kind (種別)"), ("C2", "date (予約日)")):
        assert [f"row 2, column {column}: {GONE}"] == faults(make_struck(cell))


def test_what_decides_nothing_may_be_struck() -> None:
    """A note is empty then, a number in it too; a column that is not known says nothing."""
    assert [None, None] == [draft.get("note") for draft in drafts(make_struck("D2 D3 E1 E2"))]


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
def test_whatever_is_struck_as_a_number_leaves_its_row_out(cell: str) -> None:
    strings = "<sst><si><t>X-5</t></si></sst>"
    data = make_workbook(HEAD + line(cell) + line("X-6"), STYLES, strings)
    assert [(2, {"number": "X-6"})] == rows(data)


@pytest.mark.parametrize("cell", ['t="str"><v> </v>', 't="inlineStr"><is><t> </t></is>'])
def test_a_blank_that_is_struck_is_nothing(cell: str) -> None:
    data = make_workbook(HEAD + line(f'<c s="1" {cell}</c>') + line("X-3"), STYLES)
    assert ([(2, {"number": "X-3"})], []) == (rows(data), notes(data))


def test_the_default_font_may_strike_through() -> None:
    styles = '<fonts><font><strike/></font><font/></fonts><cellXfs><xf/><xf fontId="1"/></cellXfs>'
    lines = line("<c><v>5</v></c>") + line('<c s="1"><v>6</v></c>')
    head = HEAD.replace("<c ", '<c s="1" ')
    assert [(2, {"number": "6"})] == rows(make_workbook(head + lines, styles))


def test_merged_cells_are_struck_for_each_row() -> None:
    struck = '<c r="A2" t="str"><v>X-1</v></c><c r="B2" s="1" t="str"><v>更新</v></c>'
    lines = f'<row r="2">{struck}</row><row r="3"><c r="A3" t="str"><v>X-2</v></c></row>'
    found = faults(make_merged(line("number", "kind") + lines, ["B2:B3"], styles=STYLES))
    assert [f"row {row}, column kind: {GONE}" for row in (2, 3)] == found[:2]


# Totals rows.


NAMES: list[object] = ["申請番号", "予約日"]
CASE: list[object] = ["横支更1", "2026-11-25"]
OTHER: list[object] = ["横支更2", "2026-11-26"]


def make_table(*lines: list[object], ref: str, count: int | None = 1) -> bytes:
    book = make_book(*lines)
    table = Table(displayName="cases", ref=ref, totalsRowCount=count)
    table._initialise_columns()
    for column, name in zip(table.tableColumns, ("申請番号", "予約日"), strict=False):
        assert isinstance(column, TableColumn)
        column.name = name
    book.active.add_table(table)
    return save(book)


@pytest.mark.parametrize(
    "totals", [["合計", 1], ["集計2026", None], [None, "=SUBTOTAL(103,B2:B2)"], [2, "#N/A"]]
)
def test_the_totals_row_of_a_table_is_left_out(totals: list[object]) -> None:
    """Whatever it holds; a note says so, and what stands below the table keeps its row."""
    data = make_table(NAMES, CASE, totals, OTHER, ref="A1:B3")
    expected = [(1, "横支更1"), (3, "横支更2")]
    assert expected == [(row, draft["number"]) for row, draft in rows(data)]
    assert ["The totals of a table were left out: rows 3."] == notes(data)


@pytest.mark.parametrize(("ref", "count"), [("A1:B3", 0), ("A1:B3", None), ("A1:B2", 0)])
def test_a_table_without_totals_has_only_rows(ref: str, count: int | None) -> None:
    data = make_table(NAMES, CASE, OTHER, ref=ref, count=count)
    assert ([1, 2], []) == ([row for row, _ in rows(data)], notes(data))


def test_the_totals_of_a_table_beside_the_cases_leave_out_no_case() -> None:
    lines = [[*NAMES, None, "料金"], [*CASE, None, 4000], ["横支更2", None, None, 4000]]
    data = make_table(*lines, ref="D1:D3")
    assert ([1, 2], []) == ([row for row, _ in rows(data)], notes(data))


def test_a_table_that_the_package_lacks_says_nothing() -> None:
    parts = make_parts(line("number") + line("1"))
    relation = '<Relationship Id="t" Type="x/table" Target="../tables/none.xml"/>'
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = f"<Relationships>{relation}</Relationships>"
    assert [{"number": "1"}] == drafts(make_package(parts))
