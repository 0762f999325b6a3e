"""XLSX: one sheet of a workbook, its cells as they show.

``<c r="B7" s="3" t="s"><v>12</v></c>`` is a cell: the shared string 12 in a style 3. Without ``t``
the 12 is a number, which the format of the style shows as a number, a day or an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import NoReturn

from msgspec import Struct, field

from kofucli.casefile.columns import ECHOED, EXACT, MOST_COLUMNS, Columns
from kofucli.casefile.header_row import read_heading
from kofucli.casefile.notes import (
    MOST_PROBLEMS,
    FileRows,
    at_cell,
    broken,
    check_length,
    name_bare,
    note_bare,
    refusal,
)
from kofucli.casefile.unused_columns import UnusedColumns
from kofucli.casefile.values import (
    EPOCH,
    YEAR_10000,
    fault_of,
    show_number,
    show_truth,
    shows_day_or_hour,
)
from kofucli.casefile.xlsx_package import (
    GENERAL,
    Area,
    Book,
    ColumnNumbers,
    RichText,
    Sheet,
    Strings,
    damaged,
    find_book,
    find_totals,
    open_package,
    parse_part,
    read_area,
    read_strings,
    read_styles,
    unescape,
)
from kofucli.casespec import Draft
from kofucli.errors import InputError, Phrase, Problem
from kofucli.text import abbreviate, nearest

_MOST_CELLS = 1_000_000
_MOST_MERGED = 200_000
_LAST_ROW = 1_048_576
_WHOLE = 11
"""The digits of a number that the format General shows as they are."""
_DAYS_TO_1904 = 1_462
_MOMENT = "yyyy/m/d h:mm"
_MOST_NAMES = 20
_NO_RESULT = Phrase("its formula has no result; open the file in Excel and save it")
_ERROR = Phrase("it holds an error such as #REF! or #N/A")
_HALF_STRUCK = Phrase("a part of it is struck through; delete what does not count")


class _Number(Struct, frozen=True):
    """A number, with the code of its format."""

    value: float
    code: str


class _HalfStruck(Struct, frozen=True):
    """A text of which a part is struck through."""

    text: str


_Value = str | bool | _Number | _HalfStruck | Phrase
"""What a cell holds; a Phrase says why it holds nothing."""
_Row = dict[int, _Value]
"""The cells of a row, by their columns."""


class _Grid(Struct):
    """The cells of a sheet: used ones by row and column, from 0; hidden rows, merged areas.

    ``top`` is the first row with a value, ``left`` and ``right`` are the outermost such columns.
    """

    rows: dict[int, _Row] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    top: int = _LAST_ROW
    left: int = _LAST_ROW
    right: int = -1
    bottom: int = -1


def read_xlsx(data: bytes, columns: Columns, wanted: str | None) -> FileRows:
    """Read a sheet of a workbook. Raises InputError."""
    parts = open_package(data)
    book = find_book(parts)
    sheet, notes = _choose(book, wanted)
    grid = _Scan(parts, book, sheet).read()
    try:
        if grid.right < 0:
            message = Phrase("expected a line with column names")
            raise broken(Phrase("sheet {name}", name=abbreviate(sheet.name)), message)
        return _Reader(grid, sheet, columns).read(notes, find_totals(parts, sheet))
    except InputError as error:
        # Perhaps it is another sheet that was meant.
        said = _as_hints(notes)
        raise refusal([*error.problems[: MOST_PROBLEMS - len(said)], *said]) from None


def _as_hints(notes: Iterable[Phrase]) -> list[Problem]:
    return [Problem(Phrase("file"), note) for note in notes]


def _choose(book: Book, wanted: str | None) -> tuple[Sheet, tuple[Phrase, ...]]:
    """Return the sheet to read, and a note where it might have been another one."""
    names = [sheet.name for sheet in book.sheets]
    if wanted is not None:
        for sheet in book.sheets:
            if sheet.name == wanted:
                return sheet, ()
        raise broken(Phrase("--sheet"), _no_sheet(wanted, names))
    shown = [sheet for sheet in book.sheets if sheet.visible]
    if not shown:
        message = Phrase("the workbook shows no sheet; name one: {names}", names=_shorten(names))
        raise broken(Phrase("--sheet"), message)
    first, *others = shown
    if not others:
        return first, ()
    note = Phrase(
        "Sheet {name} was read, not: {others}. Name another one with --sheet.",
        name=abbreviate(first.name),
        others=_shorten([sheet.name for sheet in others]),
    )
    return first, (note,)


def _no_sheet(wanted: str, names: list[str]) -> Phrase:
    shown, near = abbreviate(wanted), nearest(wanted, names)
    if near is None:
        return Phrase(
            "there is no sheet '{name}'; there are: {names}", name=shown, names=_shorten(names)
        )
    return Phrase(
        "there is no sheet '{name}'; did you mean '{near}'? There are: {names}",
        name=shown,
        near=abbreviate(near),
        names=_shorten(names),
    )


def _shorten(names: list[str]) -> list[str]:
    return [abbreviate(name) for name in names[:_MOST_NAMES]] + ["..."] * (len(names) > _MOST_NAMES)


class _Scan:
    """Goes through the elements of a sheet; cells and rows may leave out where they are.

    Its handlers are called some five times for each cell: they look up little and make nothing.
    What they raise for damage (LookupError, ValueError) ``parse_part`` turns into an InputError.
    """

    def __init__(self, parts: Mapping[str, bytes], book: Book, sheet: Sheet) -> None:
        self._parts = parts
        self._sheet = sheet
        self._from_1904 = book.from_1904
        self._styles = read_styles(parts, book)
        self._shared = read_strings(parts, book)
        self._strings = Strings()
        self._read: list[str] = self._strings.read
        self._grid = _Grid()
        self._columns = ColumnNumbers()
        self._row = self._column = -1
        self._row_name = ""
        self._row_cells: _Row = {}
        self._cell: dict[str, str] = {}
        self._count = 0
        self._is_behind = False

    def read(self) -> _Grid:
        """Return the cells. Raises InputError where they are too many, or too far apart."""
        parse_part(self._parts, self._sheet.part, self._start, self._end, self._read.append)
        return self._grid

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(" ")[2]  # as local() does: millions of calls would be felt
        self._read.clear()
        if self._is_behind:
            if tag == "mergeCell":
                self._take_merged(attributes.get("ref", ""))
        elif tag == "c":
            self._cell = attributes
            self._count += 1
            place = attributes.get("r")
            if place is None:
                self._column += 1
            else:  # the letters: Excel writes no cell into another row's element
                self._column = self._columns[place.removesuffix(self._row_name)]
        elif tag == "row":
            self._end_row()
            self._begin_row(attributes)
        elif tag == "f":
            self._row_cells[self._column] = _NO_RESULT
        elif tag != "v":
            self._strings.start(tag, attributes)

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(" ")[2]
        if tag == "v":
            text = "".join(self._read)
            kind = self._cell.get("t")
            if text or kind in ("str", "d"):
                self._row_cells[self._column] = self._understand(text, kind)
        elif tag == "t":
            self._strings.end_text()
        elif tag == "is":
            self._row_cells[self._column] = self._look_at_font(self._strings.take())
        elif tag == "sheetData":
            self._end_row()
            self._is_behind = True

    def _begin_row(self, attributes: dict[str, str]) -> None:
        written = attributes.get("r")
        row = self._row + 1 if written is None else int(written) - 1
        if row not in range(_LAST_ROW):
            raise ValueError
        self._row, self._column, self._row_name = row, -1, str(row + 1)
        if attributes.get("hidden") in ("1", "true"):
            self._grid.hidden.add(row)

    def _end_row(self) -> None:
        cells, self._row_cells = self._row_cells, {}
        grid = self._grid
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

    def _take_merged(self, written: str) -> None:
        area = read_area(written)
        if area is not None:
            self._grid.merged.append(area)
        elif ":" in written:  # a cell that is merged with nothing is as it was
            raise ValueError
        if len(self._grid.merged) > _MOST_MERGED:
            self._refuse()

    def _understand(self, text: str, kind: str | None) -> _Value:
        """Return what the text of a cell of this kind means."""
        if kind == "s":
            return self._look_at_font(self._shared[int(text)] if text[0] != "-" else "")
        if kind in (None, "n"):
            return self._read_number(text)
        if kind == "str":
            return unescape(text)
        if kind == "b":
            return text != "0"
        if kind == "e":
            return _ERROR
        if kind == "d":
            return self._read_moment(text)
        raise ValueError

    def _look_at_font(self, text: str | RichText) -> _Value:
        if isinstance(text, str):
            return text
        is_half = text.is_half_struck(self._cell.get("s", "0") in self._styles.struck)
        return _HalfStruck(text.text) if is_half else text.text

    def _read_number(self, text: str) -> _Value:
        code = self._styles.codes.get(self._cell.get("s", "0"), GENERAL)
        if code == GENERAL and len(text) <= _WHOLE and text.isdecimal():
            return str(int(text))
        try:
            value = float(text)
        except ValueError:
            if "t" in self._cell:
                raise
            return text
        if self._from_1904 and 1 <= value < YEAR_10000 and shows_day_or_hour(code):
            value += _DAYS_TO_1904
        return _Number(value, code)

    def _read_moment(self, text: str) -> _Value:
        """Read a moment as ISO's strict form of a workbook has it: 2026-11-25T10:00:00."""
        try:
            if ":" in text[:3]:
                clock = time.fromisoformat(text)
                moment = datetime.combine(EPOCH, clock)
            else:
                moment = datetime.fromisoformat(text)
            days = (moment - EPOCH) / timedelta(days=1)
        except (TypeError, ValueError):
            return text
        code = self._styles.codes.get(self._cell.get("s", "0"), GENERAL)
        return _Number(days, code if shows_day_or_hour(code) else _MOMENT)


class _Reader:
    """Reads the rows of a sheet below its heading."""

    def __init__(self, grid: _Grid, sheet: Sheet, columns: Columns) -> None:
        self._grid = grid
        self._sheet = sheet
        self._columns = columns
        self._width = range(grid.left, grid.right + 1)
        self._heading = read_heading(columns, self._show_lines())
        check_length(grid.bottom - grid.top)
        keys = zip(self._width, self._heading.keys, strict=True)
        self._known = {column: key for column, key in keys if key is not None}
        self._covered: dict[int, dict[int, Area]] = {}
        self._filled: dict[Area, None] = {}

    def _show_lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the lines of the sheet as text, with their numbers in it."""
        for row in range(self._grid.top, self._grid.bottom + 1):
            cells = self._grid.rows.get(row, {})
            yield row + 1, [_show(cells.get(column, "")) for column in self._width]

    def read(self, notes: tuple[Phrase, ...], totals: Sequence[Area]) -> FileRows:
        """Return the rows but for those of ``totals``; ``notes`` go before those on the cells.

        Raises InputError.
        """
        grid, heading = self._grid, self._heading
        notes += tuple(self._leave_out(totals))
        self._find_covered()
        rows: list[tuple[int, Draft]] = []
        problems: list[Problem] = []
        for row in sorted(grid.rows.keys() | self._covered.keys()):
            draft, faults = self._read_row(row) if row > grid.top else (None, [])
            if draft is not None:
                rows.append((row - grid.top, draft))
            problems += faults
            if len(problems) >= MOST_PROBLEMS:
                break
        if self._filled:
            notes += (
                Phrase(
                    "What merged cells show was read for each row that they cover: {areas}.",
                    areas=_shorten([str(area) for area in self._filled]),
                ),
            )
        unused, bare = self._look_at_unknown()
        more = (*self._note(rows), *note_bare(bare), *unused.notes(self._columns, heading.keys))
        return FileRows(
            tuple(rows),
            heading.ignored,
            (*notes, *more),
            tuple(problems),
            tuple(_as_hints(notes)),
            heading.names,
            unused.days(self._columns, (draft for _, draft in rows)),
        )

    def _leave_out(self, totals: Sequence[Area]) -> Iterator[Phrase]:
        """Take out the totals of the table that has the needed column, and say so.

        A totals row is no row of the table, whatever stands in it: a label, a count, nothing.
        """
        grid = self._grid
        needed = next(column for column, key in self._known.items() if key == self._columns.needed)
        left_out = {
            row - grid.top
            for area in totals
            if area.left <= needed <= area.right
            for row in range(max(area.top, grid.top + 1), min(area.bottom, grid.bottom) + 1)
            if any(value != "" for value in grid.rows.pop(row, {}).values())
        }
        if left_out:
            yield Phrase("The totals of a table were left out: rows {rows}.", rows=sorted(left_out))

    def _find_covered(self) -> None:
        """Find the cells below the heading that show what another one holds.

        Only areas that begin below the heading are looked at, and of their cells only those in the
        table, in known columns. Raises InputError where areas lie upon each other, as Excel never
        has them.
        """
        grid = self._grid
        taken: dict[tuple[int, int], Area] = {}
        for area in grid.merged:
            within = [column for column in self._known if area.left <= column <= area.right]
            if area.top <= grid.top or area.left < grid.left or not within:
                continue
            for row in range(area.top, min(area.bottom, grid.bottom) + 1):
                for column in within:
                    if taken.setdefault((row, column), area) is not area:
                        raise damaged(self._sheet.part)
                    if (row, column) != (area.top, area.left):
                        self._covered.setdefault(row, {})[column] = area

    def _read_row(self, row: int) -> tuple[Draft | None, list[Problem]]:
        """Return what a row shows, None where it is empty or has faults.

        A row that shows what others hold, and nothing of its own, is an empty one.
        """
        cells, covered = self._grid.rows.get(row, {}), self._covered.get(row, {})
        draft: Draft = {}
        faults: list[Problem] = []
        areas: list[Area] = []
        has_own = False
        for column, key in self._known.items():
            area = covered.get(column)
            if area is None:
                value = cells.get(column, "")
            else:
                value = self._grid.rows.get(area.top, {}).get(area.left, "")
            draft[key], fault = _read_cell(value, key)
            if fault is not None:
                where = at_cell(row - self._grid.top, self._heading.names[key])
                faults.append(Problem(where, fault))
            elif not draft[key].strip():
                continue
            if area is None:
                has_own = True
            else:
                areas.append(area)
        if not has_own:
            return None, []
        self._filled |= dict.fromkeys(areas)
        return None if faults else draft, faults

    def _look_at_unknown(self) -> tuple[UnusedColumns, list[int]]:
        """Return what is in columns with a heading not known here, and which ones have none."""
        grid = self._grid
        unused, bare = UnusedColumns(), []
        below = [cells for row, cells in sorted(grid.rows.items()) if row > grid.top]
        for column in self._width:
            if column in self._known:
                continue
            name = _show(grid.rows[grid.top].get(column, ""))
            shown = [_show(cells[column]) for cells in below if column in cells]
            if not name.strip():
                name = name_bare(column)
                bare += [column] if any(shown) else []
            for text in shown:
                if not unused.look(name, text):
                    break
        return unused, bare

    def _note(self, rows: Sequence[tuple[int, Draft]]) -> Iterator[Phrase]:
        """Yield what somebody may not expect of the rows that were read."""
        grid = self._grid
        echoed = [column for column, key in self._known.items() if key in ECHOED]
        lacking = [
            str(number)
            for number, _ in rows
            for column in echoed
            if isinstance(grid.rows.get(grid.top + number, {}).get(column), Phrase)
        ]
        if lacking:
            yield Phrase(
                "Notes were left empty where the cell holds an error or a formula without a "
                "result: rows {rows}.",
                rows=_shorten(lacking),
            )
        hidden = sum(grid.top + number in grid.hidden for number, _ in rows)
        if hidden:
            yield Phrase(
                "{count} of {total} rows are hidden or filtered out; they were read like the "
                "others.",
                count=hidden,
                total=len(rows),
            )


def _read_cell(value: _Value, key: str) -> tuple[str, Phrase | None]:
    """Return what a cell shows, or why that cannot be read for this column."""
    if isinstance(value, str):
        return value, fault_of(value)
    if isinstance(value, bool):
        return show_truth(value, key in EXACT)
    if isinstance(value, _Number):
        return show_number(value.value, value.code, key in EXACT)
    if isinstance(value, _HalfStruck) and key in ECHOED:
        return value.text, fault_of(value.text)
    if isinstance(value, _HalfStruck):
        return "", _HALF_STRUCK
    return "", None if key in ECHOED else value


def _show(value: _Value) -> str:
    """Return what a cell shows in a column that decides nothing."""
    return _read_cell(value, "note")[0]
