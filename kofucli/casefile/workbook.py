"""XLSX: one sheet of a workbook, its cells as they show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from kofucli.casefile.cells import Value, show_cell
from kofucli.casefile.columns import ECHOED, EXACT, Columns
from kofucli.casefile.heading import Heading, Line, name_bare, note_bare, read_heading
from kofucli.casefile.merged import Area, Place, find_covered
from kofucli.casefile.package import damaged, open_package, write_package
from kofucli.casefile.parts import (
    Book,
    Layout,
    Sheet,
    find_book,
    find_totals,
    read_layout,
)
from kofucli.casefile.rows import MOST_PROBLEMS, FileRows, at_cell, broken, check_length, refusal
from kofucli.casefile.strays import Strays
from kofucli.casespec import Draft
from kofucli.errors import InputError, Phrase, Problem
from kofucli.text import abbreviate, nearest

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HALF_STRUCK = Phrase("a part of it is struck through; delete what does not count")
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


class _Grid(Struct, frozen=True):
    """The cells of a sheet from its first used one on, which is at ``top``, ``left``.

    ``totals`` are the totals rows of its tables.
    """

    top: int
    left: int
    lines: Sequence[Sequence[Value]]
    layout: Layout
    totals: Sequence[Area] = ()


def read_workbook(data: bytes, columns: Columns, wanted: str | None) -> FileRows:
    """Read a sheet of a workbook. Raises InputError."""
    parts = open_package(data)
    book = find_book(parts)
    sheet, notes = _choose(book, wanted)
    layout = read_layout(parts, book, sheet)
    top, left, lines = _read_values(parts, book, sheet)
    if lines:  # cells that lack a value lie outside of what is used
        bottom = max((row for row, _ in layout.lacks), default=0)
        lines += [[""] * len(lines[0])] * (bottom - top - len(lines) + 1)
    try:
        if not lines:
            message = Phrase("expected a line with column names")
            raise broken(Phrase("sheet {name}", name=abbreviate(sheet.name)), message)
        grid = _Grid(top, left, lines, layout, find_totals(parts, sheet))
        return _read_grid(grid, columns, notes, sheet)
    except InputError as error:
        # Perhaps it is another sheet that was meant.
        said = _as_hints(notes)
        raise refusal([*error.problems[: MOST_PROBLEMS - len(said)], *said]) from None


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
    most = 20
    return [abbreviate(name) for name in names[:most]] + ["..."] * (len(names) > most)


def _read_values(
    parts: Mapping[str, bytes], book: Book, sheet: Sheet
) -> tuple[int, int, list[list[Value]]]:
    """Return where a sheet's first used cell is, and all cells from there on."""
    from python_calamine import load_workbook

    try:
        found = load_workbook(write_package(_pick(parts, book, sheet))).get_sheet_by_index(0)
        lines = found.to_python()
    except BaseException as error:
        # A panic in the reader is no Exception, and no fault of ours either.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise damaged(sheet.part) from None
        raise
    top, left = found.start or (0, 0)
    return top, left, lines


def _pick(parts: Mapping[str, bytes], book: Book, sheet: Sheet) -> dict[str, bytes]:
    """Return a workbook of one sheet, made of the parts that were looked at, and of no others."""
    kinds = {"worksheet": sheet.part, "styles": book.styles, "sharedStrings": book.strings}
    names = {
        "worksheet": "worksheets/sheet1.xml",
        "styles": "styles.xml",
        "sharedStrings": "sharedStrings.xml",
    }
    relations = "".join(
        f'<Relationship Id="{kind}" Type="{_DOCUMENT}/{kind}" Target="{name}"/>'
        for kind, name in names.items()
    )
    made = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="book" '
        f'Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{relations}'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><workbookPr '
        f'date1904="{int(book.from_1904)}"/><sheets><sheet name="1" sheetId="1" '
        'r:id="worksheet"/></sheets></workbook>',
    }
    picked = {name: text.encode() for name, text in made.items()}
    for kind, part in kinds.items():
        if part is not None:
            picked[f"xl/{names[kind]}"] = _without_counts(parts[part])
    return picked


def _without_counts(part: bytes) -> bytes:
    """Return a part without the counts of shared strings.

    The reader reserves memory for as many as are said to be there, and ends the process where it
    gets none.
    """
    import re

    return re.sub(rb"<((?:[^\s<>/:]+:)?sst)\b[^>]*?(/?)>", rb"<\1\2>", part)


def _read_grid(grid: _Grid, columns: Columns, notes: tuple[Phrase, ...], sheet: Sheet) -> FileRows:
    heading = read_heading(columns, _show_lines(grid))
    check_length(len(grid.lines) - 1)
    grid, left_out = _leave_out_totals(grid, heading.keys.index(columns.needed))
    notes += left_out
    covered = _find_covered(grid, heading)
    if covered is None:
        raise damaged(sheet.part)
    rows: list[tuple[int, Draft]] = []
    problems: list[Problem] = []
    merged: dict[Area, None] = {}
    for number in range(1, len(grid.lines)):
        cells = list(_read_line(grid, number, heading.keys, covered))
        if not any(cell.counts and cell.area is None for cell in cells):
            continue  # an empty row, or one that shows what others hold and nothing of its own
        faults = [Problem(at_cell(number, heading.names[c.key]), c.fault) for c in cells if c.fault]
        if not faults:
            rows.append((number, {cell.key: cell.text for cell in cells}))
        problems += faults
        merged |= {cell.area: None for cell in cells if cell.area is not None and cell.counts}
        if len(problems) >= MOST_PROBLEMS:
            break
    notes += tuple(_note_merged(merged))
    strays = _look_at_unknown(grid, heading.keys)
    more = (*_find_notes(grid, rows, heading.keys), *strays.notes(columns, heading.keys))
    return FileRows(
        tuple(rows),
        heading.ignored,
        (*notes, *more),
        tuple(problems),
        tuple(_as_hints(notes)),
        heading.names,
        strays.days(columns, (draft for _, draft in rows)),
    )


def _leave_out_totals(grid: _Grid, column: int) -> tuple[_Grid, tuple[Phrase, ...]]:
    """Return a sheet without the totals of the table that has this column, and what was left out.

    A totals row is no row of the table, whatever stands in it: a label, a count, nothing.
    """
    lacks = grid.layout.lacks
    lacking = {row - grid.top for row, _ in lacks}
    rows = {
        number
        for area in grid.totals
        if area.left <= grid.left + column <= area.right
        for number in range(
            max(area.top - grid.top, 1), min(area.bottom - grid.top + 1, len(grid.lines))
        )
        if number in lacking or any(value != "" for value in grid.lines[number])
    }
    if not rows:
        return grid, ()
    lines = [[""] * len(line) if number in rows else line for number, line in enumerate(grid.lines)]
    kept = {place: lack for place, lack in lacks.items() if place[0] - grid.top not in rows}
    note = Phrase("The totals of a table were left out: rows {rows}.", rows=sorted(rows))
    return replace(grid, lines=lines, layout=replace(grid.layout, lacks=kept)), (note,)


def _as_hints(notes: Iterable[Phrase]) -> list[Problem]:
    return [Problem(Phrase("file"), note) for note in notes]


def _show_lines(grid: _Grid) -> Iterator[Line]:
    """Yield the lines of a sheet as text, with their numbers in the sheet."""
    for number, line in enumerate(grid.lines, grid.top + 1):
        yield number, [show_cell(value, "General", exact=False)[0] for value in line]


def _find_covered(grid: _Grid, heading: Heading) -> dict[Place, Area] | None:
    """Return the cells below the heading that show what another one holds, None for damage."""
    bottom = grid.top + len(grid.lines) - 1
    extent = Area(grid.top + 1, grid.left, bottom, grid.left + len(heading.keys) - 1)
    known = [grid.left + offset for offset, key in enumerate(heading.keys) if key is not None]
    return find_covered(grid.layout.merged, extent, known)


def _note_merged(areas: Iterable[Area]) -> Iterator[Phrase]:
    """Yield that merged cells were filled, where there are any."""
    names = _shorten([str(area) for area in areas])
    if names:
        yield Phrase(
            "What merged cells show was read for each row that they cover: {areas}.", areas=names
        )


def _look_at_unknown(grid: _Grid, keys: Sequence[str | None]) -> Strays:
    """Return what is in the columns whose headings mean nothing here."""
    strays = Strays()
    for offset, (heading, key) in enumerate(zip(grid.lines[0], keys, strict=True)):
        name = str(heading)
        if key is not None:
            continue
        name = name if name.strip() else name_bare(grid.left + offset)
        for number in range(1, len(grid.lines)):
            value = grid.lines[number][offset]
            code = grid.layout.formats.get((grid.top + number, grid.left + offset), "General")
            if not strays.look(name, show_cell(value, code, exact=False)[0]):
                break
    return strays


def _find_notes(
    grid: _Grid, rows: Sequence[tuple[int, Draft]], keys: Sequence[str | None]
) -> Iterator[Phrase]:
    """Yield what somebody may not expect of the rows that were read."""
    echoed = [grid.left + offset for offset, key in enumerate(keys) if key in ECHOED]
    bare_notes = [
        number
        for number, _ in rows
        if any((grid.top + number, column) in grid.layout.lacks for column in echoed)
    ]
    if bare_notes:
        yield Phrase(
            "Notes were left empty where the cell holds an error or a formula without a result: "
            "rows {rows}.",
            rows=_shorten([str(number) for number in bare_notes]),
        )
    hidden = sum(grid.top + number in grid.layout.hidden for number, _ in rows)
    if hidden:
        yield Phrase(
            "{count} of {total} rows are hidden or filtered out; they were read like the others.",
            count=hidden,
            total=len(rows),
        )
    heading, *lines = grid.lines
    yield from note_bare(
        [
            grid.left + offset
            for offset, cell in enumerate(heading)
            if str(cell).strip() == "" and any(line[offset] != "" for line in lines)
        ]
    )


class _Cell(NamedTuple):
    """A known cell of a row; ``area`` is what it is merged into, but for the first cell of it."""

    key: str
    text: str
    fault: Phrase | None
    area: Area | None

    @property
    def counts(self) -> bool:
        """Whether it is more than an empty cell."""
        return self.fault is not None or bool(self.text.strip())


def _read_line(
    grid: _Grid, number: int, keys: Sequence[str | None], covered: Mapping[Place, Area]
) -> Iterator[_Cell]:
    """Yield the known cells of a row, each with what it shows."""
    for offset, (key, held) in enumerate(zip(keys, grid.lines[number], strict=True)):
        if key is None:
            continue
        value, place = held, (grid.top + number, grid.left + offset)
        area = covered.get(place)
        if area is not None:
            place = area.first
            value = grid.lines[area.top - grid.top][area.left - grid.left]
        if place in grid.layout.half_struck and key not in ECHOED:
            yield _Cell(key, "", _HALF_STRUCK, area)
        elif value == "":
            yield _Cell(key, "", None if key in ECHOED else grid.layout.lacks.get(place), area)
        else:
            code = grid.layout.formats.get(place, "General")
            yield _Cell(key, *show_cell(value, code, key in EXACT), area)
