"""XLSX: the rows of one sheet of a workbook, each cell as it shows."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time

from msgspec.structs import replace

from kofucli.base import InputError, Phrase, Problem
from kofucli.base.text import abbreviate, nearest
from kofucli.casefile import Draft
from kofucli.casefile.columns import ECHOED, EXACT, Columns
from kofucli.casefile.file_rows import (
    MOST_FILE_PROBLEMS,
    Cell,
    FileRow,
    FileRows,
    at_cell,
    broken,
    check_length,
    fault_of,
    fault_of_total,
    refusal,
    shorten,
)
from kofucli.casefile.headings import read_heading
from kofucli.casefile.number_formats import show_number, show_truth, shows_day_or_hour
from kofucli.casefile.unused_columns import UnusedColumns
from kofucli.casefile.xlsx_cells import (
    Cells,
    Grid,
    Number,
    RichText,
    Struck,
    Value,
    Whole,
    read_grid,
)
from kofucli.casefile.xlsx_package import (
    Area,
    Book,
    Sheet,
    damaged,
    find_book,
    find_totals,
    open_package,
)

_MONEY = "¥￥$€円 "
"""What stands beside the digits of an amount; other words there make a number a name."""
_HALF_STRUCK = Phrase("a part of it is struck through; delete what does not count")
_STRUCK = Phrase("it is struck through; delete it, or write what counts")


def read_xlsx(data: bytes, columns: Columns, wanted: str | None) -> FileRows:
    """Read the sheet ``wanted``, or the first visible one, of a workbook. Raises InputError."""
    parts = open_package(data)
    book = find_book(parts)
    sheet, notes = _choose(book, wanted)
    grid = read_grid(parts, book, sheet)
    try:
        if grid.right < 0:
            message = Phrase("expected a line with column names")
            raise broken(Phrase("sheet {name}", name=abbreviate(sheet.name)), message)
        return _Reader(grid, sheet, columns).read(notes, find_totals(parts, sheet))
    except InputError as error:
        # The notes say that there are other sheets: the user may have meant one of them.
        said = [Problem(Phrase("file"), note) for note in notes]
        raise refusal([*error.problems[: MOST_FILE_PROBLEMS - len(said)], *said]) from None


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
        message = Phrase("the workbook shows no sheet; name one: {names}", names=shorten(names))
        raise broken(Phrase("--sheet"), message)
    first, *others = shown
    if not others:
        return first, ()
    note = Phrase(
        "Sheet {name} was read, not: {others}. Name another one with --sheet.",
        name=abbreviate(first.name),
        others=shorten([sheet.name for sheet in others]),
    )
    return first, (note,)


def _no_sheet(wanted: str, names: list[str]) -> Phrase:
    known = {"name": abbreviate(wanted), "names": shorten(names)}
    near = nearest(wanted, names)
    if near is None:
        return Phrase("there is no sheet '{name}'; there are: {names}", **known)
    known["near"] = abbreviate(near)
    return Phrase("there is no sheet '{name}'; did you mean '{near}'? There are: {names}", **known)


class _Reader:
    """Reads the rows of a sheet below its heading."""

    def __init__(self, grid: Grid, sheet: Sheet, columns: Columns) -> None:
        self._grid = grid
        self._sheet = sheet
        self._width = range(grid.left, grid.right + 1)
        self._heading = read_heading(columns, self._show_lines())
        check_length(grid.bottom - grid.top)
        keys = zip(self._width, self._heading.keys, strict=True)
        self._known = {column: key for column, key in keys if key is not None}
        self._needed = next(at for at, key in self._known.items() if key == columns.needed)
        # A known heading that is struck would decide nothing.
        top = grid.rows[grid.top]
        problems = [
            Problem(Phrase("heading, column {column}", column=at), _STRUCK)
            for at, column in enumerate(self._width, 1)
            if column in self._known and isinstance(top.get(column), Struck)
        ]
        if problems:
            raise refusal(problems)
        self._unused = UnusedColumns(columns, self._heading, grid.left)
        self._covered: dict[int, dict[int, Area]] = {}
        self._filled: dict[Area, None] = {}
        self._struck: list[str] = []

    def _show_lines(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the lines of the sheet as text, with their numbers in it."""
        for row in range(self._grid.top, self._grid.bottom + 1):
            cells = self._grid.rows.get(row, {})
            values = (cells.get(column, "") for column in self._width)
            yield row + 1, [_show(v.value if isinstance(v, Struck) else v) for v in values]

    def read(self, notes: tuple[Phrase, ...], totals: Sequence[Area]) -> FileRows:
        """Return the rows but for ``totals``, the ``notes`` before others. Raises InputError."""
        notes += tuple(self._leave_out(totals))
        self._find_covered()
        rows: list[tuple[FileRow, Draft]] = []
        problems: list[Problem] = []
        for row in sorted(self._grid.rows.keys() | self._covered.keys()):
            if row <= self._grid.top:
                continue
            draft, faults = self._read_row(row)
            if draft is not None:
                rows.append((self._number(row), draft))
            problems += faults
            if len(problems) >= MOST_FILE_PROBLEMS:
                break
        notes += tuple(self._tell_filled_and_struck())
        more = (*notes, *self._note(rows))
        if rows:
            self._unused.look_at_name(self._sheet.name)
        found = self._unused.gather(rows, problems, self._cells_of, more)
        return replace(found, hints=tuple(Problem(Phrase("file"), note) for note in notes))

    def _tell_filled_and_struck(self) -> Iterator[Phrase]:
        if self._filled:
            yield Phrase(
                "What merged cells show was read for each row that they cover: {areas}.",
                areas=shorten([str(area) for area in self._filled]),
            )
        if self._struck:
            yield Phrase(
                "Rows that are struck through were left out: {count} ({rows}).",
                count=len(self._struck),
                rows=shorten(self._struck),
            )
        if self._grid.may_strike:
            yield Phrase(
                "The sheet strikes cells through by conditional formatting. What that strikes was "
                "read like the rest: take out the rows that do not count."
            )

    def _cells_of(self, number: int) -> list[Cell]:
        """Return what a row shows in all columns; days, hours and other numbers as such."""
        row = self._grid.top + number
        keys = zip(self._width, self._heading.keys, strict=True)
        return [_retrieve(self._value_at(row, column), key or "note") for column, key in keys]

    def _value_at(self, row: int, column: int) -> Value:
        """Return what a cell shows, which in a known column may be what merged cells hold."""
        area = self._covered.get(row, {}).get(column)
        at, beside = (row, column) if area is None else (area.top, area.left)
        return self._grid.rows.get(at, {}).get(beside, "")

    def _number(self, row: int) -> FileRow:
        """Return the row of the file that a row of the grid is."""
        return FileRow(row - self._grid.top, row + 1)

    def _leave_out(self, totals: Sequence[Area]) -> Iterator[Phrase]:
        """Take out the totals of the table with the needed column, whatever they hold; say so."""
        grid = self._grid
        left_out: set[FileRow] = set()
        for area in totals:
            if not area.left <= self._needed <= area.right:
                continue
            for row in range(max(area.top, grid.top + 1), min(area.bottom, grid.bottom) + 1):
                cells = grid.rows.pop(row, {})
                if any(value != "" for value in cells.values()):
                    left_out.add(self._number(row))
        if left_out:
            yield Phrase("The totals of a table were left out: rows {rows}.", rows=sorted(left_out))

    def _find_covered(self) -> None:
        """Find the merged cells below the heading: all of an area show what its first one holds.

        Only areas that begin below the heading are looked at, and of their cells only those in the
        table, in known columns. Raises InputError where areas overlap, which Excel never allows.
        """
        grid = self._grid
        for area in grid.merged:
            within = [column for column in self._known if area.left <= column <= area.right]
            if area.top <= grid.top or area.left < grid.left or not within:
                continue
            for row in range(area.top, min(area.bottom, grid.bottom) + 1):
                covered = self._covered.setdefault(row, {})
                if any(covered.setdefault(column, area) is not area for column in within):
                    raise damaged(self._sheet.part)

    def _read_row(self, row: int) -> tuple[Draft | None, list[Problem]]:
        """Return what a row shows of its own, None where it is empty, struck or has faults."""
        cells, covered = self._grid.rows.get(row, {}), self._covered.get(row, {})
        if self._grid.has_struck and self._is_struck(row, covered):
            if any(isinstance(cells.get(column), Struck) for column in self._known):
                self._struck.append(str(self._number(row)))
            return None, []
        draft: Draft = {}
        faults: list[Problem] = []
        areas: list[Area] = []
        has_own = False
        for column, key in self._known.items():
            area = covered.get(column)
            draft[key], fault = _read_cell(self._value_at(row, column), key)
            if fault is not None:
                where = at_cell(self._number(row), self._heading.names[key])
                faults.append(Problem(where, fault))
            elif not draft[key].strip():
                continue
            if area is None or (area.top, area.left) == (row, column):
                has_own = True
            else:
                areas.append(area)
        if not has_own:
            if all(area.top == row for area in areas):
                self._unused.pass_over(self._number(row), self._show(cells, self._unused.ignored))
            return None, []
        self._unused.look(self._show(cells, self._unused.left))
        total = fault_of_total(draft.get("number", ""), map(_show, cells.values()))
        if total is not None:
            faults = [Problem(at_cell(self._number(row), self._heading.names["number"]), total)]
        self._filled |= dict.fromkeys(areas)
        return None if faults else draft, faults

    def _show(self, cells: Cells, wanted: Container[int]) -> Iterator[tuple[int, str]]:
        """Yield what cells show in some columns, which are counted from that of the table."""
        for column, value in cells.items():
            if column - self._grid.left in wanted:
                yield column - self._grid.left, _show(value)

    def _is_struck(self, row: int, covered: Mapping[int, Area]) -> bool:
        """Tell whether a row is not there: its number is struck, or without one all of it is."""
        values = {column: self._value_at(row, column) for column in {*self._known, *covered}}
        number = values[self._needed]
        found = {isinstance(value, Struck) for value in values.values() if not _is_blank(value)}
        return isinstance(number, Struck) if not _is_blank(number) else found == {True}

    def _note(self, rows: Sequence[tuple[FileRow, Draft]]) -> Iterator[Phrase]:
        """Yield notes on hidden rows, and on cells of a note that could not be read."""
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
                rows=shorten(lacking),
            )
        hidden = sum(grid.top + number in grid.hidden for number, _ in rows)
        if hidden:
            yield Phrase(
                "{count} of {total} rows are hidden or filtered out; they were read like the "
                "others.",
                count=hidden,
                total=len(rows),
            )


def _is_blank(value: Value) -> bool:
    return isinstance(value, str) and not value.strip()


def _read_cell(value: Value, key: str) -> tuple[str, Phrase | None]:
    """Return what a cell shows, or why that cannot be read for this column."""
    if isinstance(value, str):
        return value, fault_of(value)
    if isinstance(value, bool):
        return show_truth(value, key in EXACT)
    if isinstance(value, Number):
        return show_number(value.value, value.code, key in EXACT)
    if isinstance(value, RichText) and key in ECHOED:
        return value.left, fault_of(value.left)
    if isinstance(value, (RichText, Struck)):
        fault = _STRUCK if isinstance(value, Struck) else _HALF_STRUCK
        return "", None if key in ECHOED else fault
    return "", None if key in ECHOED else value


def _retrieve(value: Value, key: str) -> Cell:
    """Return what a cell shows, as the day, the hour or the number that it is."""
    text = _read_cell(value, key)[0]
    if isinstance(value, Whole) and key not in EXACT:
        return int(value)
    if isinstance(value, bool) and key not in EXACT:
        return value
    if not isinstance(value, Number) or key in EXACT:
        return text
    if not shows_day_or_hour(value.code):
        number = int(value.value) if value.value == int(value.value) else value.value
        return number if text.strip(_MONEY) == str(number) else text
    for kind in (date, datetime, time):
        with suppress(ValueError):
            moment: date | time = kind.fromisoformat(text)
            return text if getattr(moment, "second", 0) else moment
    return text


def _show(value: Value) -> str:
    """Return what a cell shows in a column that decides nothing."""
    return _read_cell(value, "note")[0]
