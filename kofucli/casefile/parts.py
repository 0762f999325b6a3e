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
from kofucli.errors import Phrase
from kofucli.text import abbreviate

__all__ = [
    "Book",
    "Layout",
    "Sheet",
    "find_book",
    "read_codes",
    "read_layout",
]

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


class Layout(Struct):
    """What a sheet says of its cells: formats, hidden rows, why one has no value, merged ones."""

    formats: dict[Place, str] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    lacks: dict[Place, Phrase] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)


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


def read_codes(parts: Mapping[str, bytes], book: Book) -> dict[str, str]:
    """Return the format code of each cell style by its place in the list of styles.

    A code "" is one that does not show every digit.
    """
    codes = dict(_BUILT_IN)
    styles: dict[str, str] = {}
    inside = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        tag = local(tag)
        if tag in ("numFmts", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            inside = tag
        elif tag == "numFmt" and inside == "numFmts":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif tag == "xf" and inside == "cellXfs":
            styles[str(len(styles))] = codes.get(attributes.get("numFmtId", "0"), "")

    if book.styles is not None:
        parse_part(parts, book.styles, start)
    return styles


def read_layout(parts: Mapping[str, bytes], sheet: Sheet, codes: Mapping[str, str]) -> Layout:
    """Return how a sheet is laid out. Raises InputError where it is too large to be read."""
    scan = _Scan(sheet, codes)
    parse_part(parts, sheet.part, scan.start, last="sheetData", then=scan.take_merged)
    scan.check_size()
    return scan.layout


class _Scan:
    """Goes through the elements of a sheet; cells and rows may leave out where they are."""

    def __init__(self, sheet: Sheet, codes: Mapping[str, str]) -> None:
        self.layout = Layout()
        self._sheet = sheet
        self._codes = codes
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
        elif tag in ("v", "is"):
            self._take_value()
        elif tag == "f":
            self.layout.lacks[self._row, self._column] = _NO_RESULT
        elif tag == "row":
            self._row = self._read_row(attributes.get("r"))
            self._column = -1
            self.check_size()
            if attributes.get("hidden") in ("1", "true"):
                self.layout.hidden.add(self._row)

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
            code = self._codes.get(self._cell.get("s", "0"), _GENERAL)
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
