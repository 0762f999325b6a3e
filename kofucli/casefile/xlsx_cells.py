"""The cells of a sheet, with the strings and styles that its workbook keeps apart.

``<c r="B7" s="3" t="s"><v>12</v></c>`` is a cell: the string 12 of ``xl/sharedStrings.xml`` in the
style 3 of ``xl/styles.xml``. Without ``t`` the 12 is a number, which the format of the style shows
as a number, a day or an hour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import NoReturn

from msgspec import Struct, field

from kofucli.base import Phrase
from kofucli.base.text import abbreviate
from kofucli.casefile.columns import MOST_COLUMNS
from kofucli.casefile.file_rows import LONGEST_CELL, broken
from kofucli.casefile.number_formats import EPOCH, YEAR_10000, show_text, shows_day_or_hour
from kofucli.casefile.xlsx_package import (
    Area,
    Book,
    Sheet,
    list_elements,
    parse_part,
    read_area,
    read_letters,
)

_MOST_CELLS = 1_000_000
_MOST_MERGED = 200_000
_LAST_ROW = 1_048_576
_GENERAL = "General"
_DAY, _CLOCK, _SECONDS = "yyyy/m/d", "h:mm", "h:mm:ss"
_BUILT_IN = {
    **{str(at): _DAY for at in (*range(14, 17), *range(27, 32), *range(35, 37), *range(50, 59))},
    **dict.fromkeys(("17", "34", "52", "55"), "yyyy-mm"),
    **{str(at): _CLOCK for at in (18, 20, 32)},
    **{str(at): _SECONDS for at in (19, 21, 33, 45, 47)},
    "22": f"{_DAY} {_CLOCK}",
    "46": "[h]:mm:ss",
    "0": _GENERAL,
    "1": "0",
    **dict.fromkeys(("3", "37", "38", "41"), "#,##0"),
    "49": "@",
}
"""The formats without a code in the file that show a moment (in Japan), or every digit."""
_LISTED = {"numFmts": "numFmt", "fonts": "font", "cellXfs": "xf", "dxfs": "dxf"}
"""What is read in the lists of styles."""
_LISTS = {*_LISTED, "fills", "cellStyleXfs", "cellStyles"}
_ESCAPED = re.compile("_x(?![Dd][89A-Fa-f])([0-9A-Fa-f]{4})_")
"""A character that XML cannot hold, or would change."""
_WHOLE = 11
"""The digits of a number that the format General shows as they are."""
_DAYS_TO_1904 = 1_462
_MOMENT = "yyyy/m/d h:mm"
_NO_RESULT = Phrase("its formula has no result; open the file in Excel and save it")
_ERROR = Phrase("it holds an error such as #REF! or #N/A")


class Whole(str):
    """A whole number that shows as it is, as nearly all do: a text for most readers."""

    __slots__ = ()


class Number(Struct, frozen=True):
    """A number, with the code of its format."""

    value: float
    code: str


class RichText(Struct, frozen=True):
    """A text in several fonts: its runs, each with whether it is struck through.

    ``<si><r><rPr><strike/></rPr><t>横支更1</t></r><r><t>横支更2</t></r></si>`` has two: the first
    one is struck through (True), the second one is as the font of its cell (None).
    """

    runs: tuple[tuple[bool | None, str], ...]

    @property
    def left(self) -> str:
        """What is left of a text that is struck through in part."""
        return "".join(text for struck, text in self.runs if not struck)


class Struck(Struct, frozen=True):
    """A value that is struck through as a whole: it is not there."""

    value: str | bool | Number | Phrase


_Read = str | bool | Number | RichText | Phrase
Value = _Read | Struck
"""The value of a cell: RichText if a part of it is struck through, a Phrase why there is none."""
Cells = dict[int, Value]
"""The cells of a row, by their columns."""


class Grid(Struct):
    """The cells of a sheet: used ones by row and column, from 0; hidden rows, merged areas.

    ``top`` is the first row with a value, ``left`` and ``right`` are the outermost columns with
    one; ``right`` is -1 where no cell has a value. ``bottom`` is the last row with a used cell.
    ``has_struck`` tells whether any cell is struck through as a whole, ``may_strike`` whether a
    condition may strike some: which ones, only the program that evaluates it knows.
    """

    rows: dict[int, Cells] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    has_struck: bool = False
    may_strike: bool = False
    top: int = _LAST_ROW
    left: int = _LAST_ROW
    right: int = -1
    bottom: int = -1


def read_grid(parts: Mapping[str, bytes], book: Book, sheet: Sheet) -> Grid:
    """Read the cells of a sheet. Raises InputError where they are too many, or too far apart."""
    return _Scan(parts, book, sheet).grid


class _Styles:
    """The styles of cells, by their place in the list: format codes, and which are struck through.

    A code "" is one that does not show every digit. A font, a format and ``xf`` mean something only
    in their own list: a style for a condition has such, too. ``striking`` are such that strike.
    """

    def __init__(self, parts: Mapping[str, bytes], book: Book) -> None:
        self.codes: dict[str, str] = {}
        self.struck: set[str] = set()
        self.striking: set[str] = set()
        formats, fonts = dict(_BUILT_IN), set[str]()
        within, place = "", -1
        tags = {*_LISTS, *_LISTED.values(), "strike"}
        for tag, attributes in list_elements(parts, book.styles, tags) if book.styles else ():
            if tag in _LISTS:
                within, place = tag, -1
            elif tag == _LISTED.get(within):
                place += 1
                if tag == "numFmt":
                    formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
                elif tag == "xf":
                    style = str(len(self.codes))
                    self.codes[style] = formats.get(attributes.get("numFmtId", "0"), "")
                    if attributes.get("fontId", "0") in fonts:
                        self.struck.add(style)
            elif tag == "strike" and within in ("fonts", "dxfs") and _is_on(attributes):
                (fonts if within == "fonts" else self.striking).add(str(place))


def _is_on(attributes: Mapping[str, str]) -> bool:
    """Tell whether an element such as ``strike`` says yes: without a value it does."""
    return attributes.get("val", "1") in ("1", "true", "on")


class _Strings:
    """Reads strings, one after the other: ``si`` of the shared ones, ``is`` in a cell."""

    def __init__(self) -> None:
        self.starts = {
            "t": self._begin_text,
            "rPr": self._begin_properties,
            "strike": self._take_strike,
            "rPh": self._begin_reading_aid,
        }
        self.ends = {"t": self._end_text, "r": self._end_run, "rPh": self._end_reading_aid}
        self._runs: list[tuple[bool | None, str]] = []
        self._length = 0
        self._struck: bool | None = None
        self._is_reading_aid = self._keeps_blanks = False

    def _begin_text(self, attributes: dict[str, str]) -> None:
        self._keeps_blanks = attributes.get("xml:space") == "preserve"

    def _begin_properties(self, _: dict[str, str]) -> None:
        self._struck = False

    def _take_strike(self, attributes: dict[str, str]) -> None:
        self._struck = _is_on(attributes)

    def _begin_reading_aid(self, _: dict[str, str]) -> None:
        self._is_reading_aid = True  # kana, which stand beside the text

    def _end_reading_aid(self, _: str) -> None:
        self._is_reading_aid = False

    def _end_run(self, _: str) -> None:
        self._struck = None

    def _end_text(self, text: str) -> None:
        if not self._is_reading_aid and self._length <= LONGEST_CELL:  # what is longer is no cell
            self._length += len(text)
            shown = text if self._keeps_blanks else text.strip(" \t\r\n")
            self._runs.append((self._struck, _unescape(shown)))

    def take(self) -> str | RichText:
        """Return the string that has ended."""
        runs, self._runs, self._length = self._runs, [], 0
        if all(struck is None for struck, _ in runs):
            return "".join(text for _, text in runs)
        return RichText(tuple(runs))


def _unescape(text: str) -> str:
    """Return a text with the characters that Excel writes as ``_x000D_``."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Scan:
    """Goes through the elements of a sheet; a row or cell without a place is next to the last."""

    def __init__(self, parts: Mapping[str, bytes], book: Book, sheet: Sheet) -> None:
        self.grid = Grid()
        self._book = book
        self._sheet = sheet
        self._styles = _Styles(parts, book)
        self._shared: list[str | RichText] = []
        self._strings = strings = _Strings()
        if book.strings is not None:
            ends = {**strings.ends, "si": lambda _: self._shared.append(strings.take())}
            parse_part(parts, book.strings, strings.starts, ends)
        starts = {
            **strings.starts,
            "row": self._begin_row,
            "c": self._begin_cell,
            "f": self._begin_formula,
            "mergeCell": self._take_merged,
            "cfRule": self._take_condition,
        }
        ends = {
            **strings.ends,
            "v": self._end_value,
            "is": self._end_string,
            "sheetData": self._end_row,
        }
        self._row = self._column = -1
        self._row_name = ""
        self._row_cells: Cells = {}
        self._cell: dict[str, str] = {}
        self._count = 0
        parse_part(parts, sheet.part, starts, ends)

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._count += 1
        place = attributes.get("r")
        if place is None:
            self._column += 1
        else:  # the letters: Excel writes no cell into another row's element
            self._column = read_letters(place.removesuffix(self._row_name))

    def _begin_formula(self, _: dict[str, str]) -> None:
        self._row_cells.setdefault(self._column, _NO_RESULT)

    def _end_value(self, text: str) -> None:
        kind = self._cell.get("t")
        if text or kind in ("str", "d"):
            self._row_cells[self._column] = self._look_at_font(self._understand(text, kind))

    def _end_string(self, _: str) -> None:
        self._row_cells[self._column] = self._look_at_font(self._strings.take())

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._end_row()
        written = attributes.get("r")
        row = self._row + 1 if written is None else int(written) - 1
        if row not in range(_LAST_ROW):
            raise ValueError
        self._row, self._column, self._row_name = row, -1, str(row + 1)
        if attributes.get("hidden") in ("1", "true"):
            self.grid.hidden.add(row)

    def _end_row(self, _: str = "") -> None:
        cells, self._row_cells = self._row_cells, {}
        grid = self.grid
        if cells:
            grid.rows.setdefault(self._row, {}).update(cells)
            grid.bottom = max(grid.bottom, self._row)
            used = [column for column, value in cells.items() if value is not _NO_RESULT]
            if used:
                grid.top = min(grid.top, self._row)
                grid.left = min(grid.left, *used)
                grid.right = max(grid.right, *used)
        wide = grid.right - grid.left + 1
        many = wide > MOST_COLUMNS or wide * (grid.bottom - grid.top + 1) > _MOST_CELLS
        if (grid.right >= 0 and many) or self._count > _MOST_CELLS * 2:
            self._refuse()

    def _refuse(self) -> NoReturn:
        message = Phrase(
            "it has more than {limit} cells or {most} columns; delete what stands far from "
            "the table",
            limit=_MOST_CELLS,
            most=MOST_COLUMNS,
        )
        raise broken(Phrase("sheet {name}", name=abbreviate(self._sheet.name)), message)

    def _take_condition(self, attributes: dict[str, str]) -> None:
        self.grid.may_strike |= attributes.get("dxfId") in self._styles.striking

    def _take_merged(self, attributes: dict[str, str]) -> None:
        written = attributes.get("ref", "")
        area = read_area(written)
        if area is not None:
            self.grid.merged.append(area)
        elif ":" in written:  # a cell that is merged with nothing is as it was
            raise ValueError
        if len(self.grid.merged) > _MOST_MERGED:
            self._refuse()

    def _understand(self, text: str, kind: str | None) -> _Read:
        """Return the value of a cell of this kind (its ``t``) with this text."""
        if kind == "s":
            place = int(text)
            if place < 0:
                raise LookupError
            return self._shared[place]
        if kind in (None, "n"):
            return self._read_number(text)
        if kind == "str":
            return _unescape(text)
        if kind == "b":
            return text != "0"
        if kind == "e":
            return _ERROR
        if kind == "d":
            return self._read_moment(text)
        raise ValueError

    def _look_at_font(self, value: _Read) -> Value:
        """Return a value as it shows: whole, struck through in part or as a whole."""
        struck = self._styles.struck
        is_struck = bool(struck) and self._cell.get("s", "0") in struck
        if isinstance(value, str) and not isinstance(value, Whole) and value:
            code = self._styles.codes.get(self._cell.get("s", "0"), _GENERAL)
            if ";" in code or ("@" in code and code != "@"):
                value = show_text(value, code)
        if isinstance(value, RichText):
            runs = tuple((is_struck if own is None else own, run) for own, run in value.runs)
            found = {own for own, run in runs if run.strip()}
            if found == {True, False}:
                return RichText(runs)
            is_struck, value = True in found, "".join(run for _, run in runs)
        if not is_struck or (isinstance(value, str) and not value.strip()):
            return value
        self.grid.has_struck = True
        return Struck(value)

    def _read_number(self, text: str) -> str | Number:
        code = self._styles.codes.get(self._cell.get("s", "0"), _GENERAL)
        if code == _GENERAL and len(text) <= _WHOLE and text.isdecimal():
            return Whole(int(text))
        try:
            value = float(text)
        except ValueError:
            if "t" in self._cell:
                raise
            return text
        if self._book.from_1904 and 1 <= value < YEAR_10000 and shows_day_or_hour(code):
            value += _DAYS_TO_1904
        return Number(value, code)

    def _read_moment(self, text: str) -> str | Number:
        """Read a moment as ISO's strict form of a workbook has it: 2026-11-25T10:00:00."""
        try:
            if ":" in text[:3]:
                moment = datetime.combine(EPOCH, time.fromisoformat(text))
            else:
                moment = datetime.fromisoformat(text)
            days = (moment - EPOCH) / timedelta(days=1)
        except (TypeError, ValueError):  # none, or one of another time zone
            return text
        code = self._styles.codes.get(self._cell.get("s", "0"), _GENERAL)
        return Number(days, code if shows_day_or_hour(code) else _MOMENT)
