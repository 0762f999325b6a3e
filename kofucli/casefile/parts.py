"""The XML parts of a workbook: which sheets there are, and how a sheet is laid out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import NoReturn

from msgspec import Struct, field

from kofucli.casefile.columns import MOST_COLUMNS
from kofucli.casefile.letters import read_column
from kofucli.casefile.merged import Area, Place, read_area
from kofucli.casefile.package import damaged, local, parse_part
from kofucli.casefile.rows import broken
from kofucli.casefile.struck import ELEMENTS, Runs, is_half_struck, is_on, read_runs
from kofucli.errors import Phrase
from kofucli.text import abbreviate

_MOST_CELLS = 1_000_000
_MOST_MERGED = 200_000
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_GENERAL = "General"
_DAY, _CLOCK, _SECONDS = "yyyy/m/d", "h:mm", "h:mm:ss"
_BUILT_IN = {
    **{str(at): _DAY for at in (*range(14, 18), *range(27, 32), *range(34, 37), *range(50, 59))},
    **{str(at): _CLOCK for at in (18, 20, 32)},
    **{str(at): _SECONDS for at in (19, 21, 33, 45, 47)},
    "22": f"{_DAY} {_CLOCK}",
    "0": _GENERAL,
    "1": "0",
    "49": "@",
}
"""The formats without a code in the file that show a moment (in Japan), or every digit."""
_NO_WORKBOOK = Phrase("it is no Excel workbook (.xlsx); save it as .xlsx or as CSV (UTF-8)")
_NO_RESULT = Phrase("its formula has no result; open the file in Excel and save it")
_ERROR = Phrase("it holds an error such as #REF! or #N/A")


class Sheet(Struct, frozen=True):
    """A sheet: its name, its part, whether it is shown."""

    name: str
    part: str
    visible: bool


class Book(Struct, frozen=True):
    """A workbook: its worksheets and shared parts, whether its days count from 1904."""

    sheets: tuple[Sheet, ...]
    from_1904: bool
    styles: str | None
    strings: str | None


class Styles(Struct):
    """What cell styles say, by their place in the list: format codes, which are struck through.

    A code "" is one that does not show every digit.
    """

    codes: dict[str, str] = field(default_factory=dict)
    struck: set[str] = field(default_factory=set)


class Layout(Struct):
    """What a sheet says of its cells: formats, hidden rows, why one has no value, merged ones.

    ``half_struck`` are cells of which a part is struck through.
    """

    formats: dict[Place, str] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    lacks: dict[Place, Phrase] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)
    half_struck: set[Place] = field(default_factory=set)


def find_book(parts: Mapping[str, bytes]) -> Book:
    """Return what a package holds as a workbook. Raises InputError where it is none."""
    kinds = dict(_relations(parts, "").values()) if "_rels/.rels" in parts else {}
    main = kinds.get("officeDocument", "xl/workbook.xml")
    if main not in parts:
        raise broken(Phrase("file"), _NO_WORKBOOK)
    relations = _relations(parts, main)
    sheets: list[Sheet] = []
    dates: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        tag = local(tag)
        if tag == "workbookPr":
            dates.append(attributes.get("date1904", ""))
        elif tag == "sheet":
            key = next((value for name, value in attributes.items() if local(name) == "id"), "")
            kind, part = relations.get(key, ("", ""))
            if kind == "worksheet":
                visible = attributes.get("state", "visible") == "visible"
                sheets.append(Sheet(attributes.get("name", ""), part, visible))

    parse_part(parts, main, start)
    if not sheets:
        raise broken(Phrase("file"), _NO_WORKBOOK)
    shared = {"styles": "xl/styles.xml", "sharedStrings": "xl/sharedstrings.xml"}
    shared |= dict(relations.values())
    from_1904 = any(date in ("1", "true") for date in dates)
    styles, strings = (
        shared[kind] if shared[kind] in parts else None for kind in ("styles", "sharedStrings")
    )
    return Book(tuple(sheets), from_1904, styles, strings)


def _relations(parts: Mapping[str, bytes], source: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the part of each relation of a part, by its id."""
    folder, name = posixpath.split(source)
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "Relationship":
            target = posixpath.join("/", folder, attributes.get("Target", "").replace("\\", "/"))
            kind = attributes.get("Type", "").rpartition("/")[2]
            part = posixpath.normpath(target).lstrip("/").lower()
            found[attributes.get("Id", "")] = (kind, part)

    parse_part(parts, posixpath.join(folder, "_rels", f"{name}.rels"), start)
    return found


def read_styles(parts: Mapping[str, bytes], book: Book) -> Styles:
    """Return what the styles of a workbook say of cells."""
    codes = dict(_BUILT_IN)
    struck_fonts: set[str] = set()
    found = Styles()
    inside, fonts = "", 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside, fonts
        tag = local(tag)
        if tag in ("numFmts", "fonts", "fills", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            inside = tag
        elif tag == "numFmt" and inside == "numFmts":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "font" and inside == "fonts":
            fonts += 1
        elif tag == "strike" and inside == "fonts" and is_on(attributes):
            struck_fonts.add(str(fonts - 1))
        elif tag == "xf" and inside == "cellXfs":
            style = str(len(found.codes))
            found.codes[style] = codes.get(attributes.get("numFmtId", "0"), "")
            if attributes.get("fontId", "0") in struck_fonts:
                found.struck.add(style)

    if book.styles is not None:
        parse_part(parts, book.styles, start)
    return found


def find_totals(parts: Mapping[str, bytes], sheet: Sheet) -> list[Area]:
    """Return the totals rows of the tables that a sheet has."""
    folder, name = posixpath.split(sheet.part)
    if posixpath.join(folder, "_rels", f"{name}.rels") not in parts:
        return []
    totals: list[Area] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        area = read_area(attributes.get("ref", "")) if local(tag) == "table" else None
        count = attributes.get("totalsRowCount", "0")
        if area is not None and re.fullmatch("[1-9][0-9]{0,6}", count):
            top = max(area.top, area.bottom - int(count) + 1)
            totals.append(Area(top, area.left, area.bottom, area.right))

    for kind, part in _relations(parts, sheet.part).values():
        if kind == "table" and part in parts:
            parse_part(parts, part, start)
    return totals


def read_layout(parts: Mapping[str, bytes], book: Book, sheet: Sheet) -> Layout:
    """Return how a sheet is laid out. Raises InputError where it is too large to be read."""
    styles = read_styles(parts, book)
    strings = read_runs(parts, book.strings, bool(styles.struck))
    scan = _Scan(sheet, styles, strings)
    has_runs = strings or b"rPr" in parts.get(sheet.part, b"")
    parse_part(
        parts,
        sheet.part,
        scan.start,
        last="sheetData",
        then=scan.take_merged,
        text=scan.text if has_runs else None,
    )
    scan.check_size()
    return scan.layout


class _Scan:
    """Goes through the elements of a sheet; cells and rows may leave out where they are."""

    def __init__(
        self, sheet: Sheet, styles: Styles, strings: Mapping[str, set[bool | None]]
    ) -> None:
        self.layout = Layout()
        self._sheet = sheet
        self._styles = styles
        self._strings = strings
        self._runs = Runs()
        self._in_value = False
        self._row = self._column = -1
        self._count = 0
        self._cell: dict[str, str] = {}
        self._first: Place = (_LAST_ROW, _LAST_COLUMN)
        self._last: Place = (-1, -1)

    def check_size(self) -> None:
        """Raise InputError where the cells are too many, or too far from each other."""
        (top, left), (bottom, right) = self._first, self._last
        rows, columns = bottom - top + 1, right - left + 1
        wide = columns > MOST_COLUMNS or rows * columns > _MOST_CELLS
        if (bottom >= 0 and wide) or self._count > _MOST_CELLS * 2:
            self._refuse()

    def _refuse(self) -> NoReturn:
        message = Phrase(
            "it has more than {limit} cells or {most} columns; delete what stands far from "
            "the table",
            limit=_MOST_CELLS,
            most=MOST_COLUMNS,
        )
        raise broken(Phrase("sheet {name}", name=abbreviate(self._sheet.name)), message)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take in an element."""
        tag = tag.rpartition(" ")[2]  # as local() does: millions of calls would be felt
        if tag == "c":
            self._cell = attributes
            self._count += 1
            self._column = self._read_column(attributes.get("r"))
            self._in_value = False
            if self._runs.found:
                self._runs.start("is", attributes)
        elif tag in ("v", "is"):
            self._take_value()
            self._in_value = tag == "v"
            if tag == "is":
                self._runs.start(tag, attributes)
        elif tag == "f":
            self.layout.lacks[self._row, self._column] = _NO_RESULT
        elif tag == "row":
            self._row = self._read_row(attributes.get("r"))
            self._column = -1
            self.check_size()
            if attributes.get("hidden") in ("1", "true"):
                self.layout.hidden.add(self._row)
        elif tag in ELEMENTS:
            self._runs.start(tag, attributes)

    def text(self, text: str) -> None:
        """Take in what stands in an element."""
        found = self._runs.found
        if not self._in_value:
            self._runs.text(text)
        elif self._cell.get("t") == "s":
            found = self._strings.get(text.strip(), set())
        if is_half_struck(found, self._cell.get("s", "0") in self._styles.struck):
            self.layout.half_struck.add((self._row, self._column))

    def take_merged(self, tag: str, attributes: dict[str, str]) -> None:
        """Take in an element behind the cells."""
        if local(tag) != "mergeCell":
            return
        written = attributes.get("ref", "")
        area = read_area(written)
        if area is not None:
            self.layout.merged.append(area)
        elif ":" in written:  # a cell that is merged with nothing is as it was
            raise damaged(self._sheet.part)
        if len(self.layout.merged) > _MOST_MERGED:
            self._refuse()

    def _take_value(self) -> None:
        row, column = place = self._row, self._column
        self._first = min(self._first[0], row), min(self._first[1], column)
        self._last = max(self._last[0], row), max(self._last[1], column)
        kind = self._cell.get("t", "n")
        if kind == "e":
            self.layout.lacks[place] = _ERROR
        elif kind not in ("n", "d"):
            self.layout.lacks.pop(place, None)
        else:
            code = self._styles.codes.get(self._cell.get("s", "0"), _GENERAL)
            if code != _GENERAL:
                self.layout.formats[place] = code

    def _read_row(self, written: str | None) -> int:
        row = self._row + 1
        if written is not None:
            row = int(written) - 1 if re.fullmatch("[0-9]{1,7}", written) else -1
        if row not in range(_LAST_ROW):
            raise damaged(self._sheet.part)
        return row

    def _read_column(self, reference: str | None) -> int:
        column = self._column + 1
        if reference is not None:
            found = re.fullmatch("([A-Za-z]{1,3})([0-9]{1,7})", reference)
            # Excel writes no cell into another row's element; who reads on would follow the cell.
            if found is None or int(found[2]) != self._row + 1:
                raise damaged(self._sheet.part)
            column = read_column(found[1])
        if column not in range(_LAST_COLUMN):
            raise damaged(self._sheet.part)
        return column
