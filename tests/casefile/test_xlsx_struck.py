"""XLSX: text that is struck through in part, and the totals rows of tables."""

from __future__ import annotations

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table, TableColumn

from tests.casefile.support import (
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
    ],
)
def test_a_number_in_several_fonts(shared: bool, style: int, rich: tuple[str, ...]) -> None:
    """A number in several fonts, none of them struck, is read whole."""
    ((_, draft),) = rows(make_rich(runs(*rich), style, shared=shared))
    assert "123456" == draft["number"].strip()


def test_reading_aids_are_no_text() -> None:
    """Kana beside a text are not struck through with it, and do not count."""
    rich = runs(f"{STRUCK}|横1") + '<rPh sb="0" eb="1"><t>よこ</t></rPh>'
    assert [(1, {"number": "横1"})] == rows(make_rich(rich))


@pytest.mark.parametrize("key", ["date", "hour", "kind", "agent", "with", "collect_by"])
def test_other_columns_half_struck(key: str) -> None:
    """A day, an hour or any other deciding value that is half struck is bad input."""
    data = make_rich(runs(f"{STRUCK}|1", "|0"), key=key)
    assert [f"row 2, column {key}: {HALF}"] == faults(data)


def test_columns_that_decide_nothing() -> None:
    """A note comes back as it stands; a column that is not known is not looked at."""
    rich = runs(f"{STRUCK}|1", "|0")
    assert [(1, {"note": "10", "number": "9"})] == rows(make_rich(rich, key="note"))
    assert [(1, {"number": "9"})] == rows(make_rich(rich, key="氏名"))


def test_a_footer_is_no_cell() -> None:
    """What stands behind the cells belongs to none of them."""
    cells = '<row><c t="str"><v>number</v></c></row><row><c t="s"><v>0</v></c></row>'
    footer = "</sheetData><headerFooter><oddFooter>x</oddFooter></headerFooter><sheetData>"
    strings = f"<sst><si>{runs(STRUCK + '|1')}</si></sst>"
    data = make_workbook(cells + footer, "", strings)
    assert [(1, {"number": "1"})] == rows(data)


def test_cells_beside_one_that_is_half_struck() -> None:
    """A formula, and blanks between elements, belong to their own cell."""
    head = '<row><c t="str"><v>note</v></c><c t="str"><v>number</v></c></row>'
    half = f'<c t="inlineStr"><is>{runs(STRUCK + "|1", "|2")}</is></c>'
    for cell in ('<c t="str">\n <f>A1</f>\n <v>9</v>\n </c>', "<c>\n <v>9</v></c>"):
        data = make_workbook(f"{head}<row>\n {half}\n {cell}\n </row>", STYLES)
        assert [(1, {"note": "12", "number": "9"})] == rows(data)


def test_as_another_program_writes_it() -> None:
    """Rich text as openpyxl has it."""
    book = make_book(["申請番号", "備考"])
    struck = TextBlock(InlineFont(strike=True), "横支更1")
    book.active["A2"] = CellRichText(struck, "横支更2")
    book.active["A3"] = CellRichText(TextBlock(InlineFont(b=True), "横"), "支更3")
    book.active["A4"] = "横支更4"
    book.active["A4"].font = Font(strike=True)
    assert [f"row 2, column number (申請番号): {HALF}"] == faults(save(book))
    book.active.delete_rows(2)
    assert ["横支更3", "横支更4"] == [draft["number"] for _, draft in rows(save(book))]


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


HEAD: list[object] = ["申請番号", "予約日"]
CASE: list[object] = ["横支更1", "2026-11-25"]


@pytest.mark.parametrize(
    "totals", [["合計", 1], ["集計2026", None], [None, "=SUBTOTAL(103,B2:B2)"], [2, "#N/A"]]
)
def test_a_totals_row_is_left_out(totals: list[object]) -> None:
    """The totals row of a table is left out, whatever it holds, and a note says so."""
    data = make_table(HEAD, CASE, totals, ref="A1:B3")
    assert [(1, {"number": "横支更1", "date": "2026-11-25"})] == rows(data)
    assert ["The totals of a table were left out: rows 3."] == notes(data)


def test_rows_below_a_totals_row() -> None:
    """What stands below the table keeps its row."""
    data = make_table(HEAD, CASE, ["計3", None], ["横支更2", "2026-11-26"], ref="A1:B3")
    assert [1, 3] == [row for row, _ in rows(data)]


@pytest.mark.parametrize(("ref", "count"), [("A1:B3", 0), ("A1:B3", None), ("A1:B2", 0)])
def test_a_table_without_totals(ref: str, count: int | None) -> None:
    """A table that shows no totals has only rows."""
    data = make_table(HEAD, CASE, ["横支更2", "2026-11-26"], ref=ref, count=count)
    assert ([1, 2], []) == ([row for row, _ in rows(data)], notes(data))


def test_the_totals_of_another_table() -> None:
    """The totals row of a table beside the cases leaves out no case."""
    lines = [[*HEAD, None, "料金"], [*CASE, None, 4000], ["横支更2", None, None, 4000]]
    data = make_table(*lines, ref="D1:D3")
    assert ([1, 2], []) == ([row for row, _ in read(data).rows], notes(data))


def test_a_table_that_is_missing() -> None:
    """A part that a sheet names and the package lacks says nothing."""
    parts = make_parts('<row><c t="str"><v>number</v></c></row><row><c t="str"><v>1</v></c></row>')
    relation = '<Relationship Id="t" Type="x/table" Target="../tables/none.xml"/>'
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = f"<Relationships>{relation}</Relationships>"
    assert [(1, {"number": "1"})] == rows(make_package(parts))
