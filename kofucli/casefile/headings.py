"""The headings of a table: which columns are ours, and which others may have been meant for ours.

A column not known here is ignored. Where none of ours gives the day (or the hour) of the visit, and
an ignored one holds nothing but days (hours), somebody must be told: the cases would go elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from msgspec import Struct

from kofucli.base import Phrase, Problem
from kofucli.base.text import N_, quote
from kofucli.base.written_times import find_day, parse_hour, read_day, read_written
from kofucli.casefile import Draft
from kofucli.casefile.columns import (
    MAYBE_COLLECT_BY,
    RESULT,
    Columns,
    fold_heading,
    is_usual,
    show_heading,
)
from kofucli.casefile.file_rows import (
    Cell,
    FileRow,
    FileRows,
    Name,
    Value,
    name_column,
    refusal,
    shorten,
)

Line = tuple[int, Sequence[str]]
"""The number of a line, as an editor or a spreadsheet shows it, and its cells."""

_LINES_LOOKED_AT = 50
"""The lines in which a heading is looked for: a title above it has a few lines, not a page."""
_MOST_CELLS = 8
_OTHER_DATES = (
    "期限|期日|満了|満期|有効|生年月日|誕生|締切|締め切り|〆切|納期|起算|タイムスタンプ"
    "|(在留|雇用|契約|特例)期間|(最終|次回)(更新|申請|確認|連絡)|(ハガキ|通知書?)$"
    "|(受付|受理|提出|申請|届出?|報告|許可|認定|証明|発行|発給|発送|送付|返送|郵送|投函|受信|通知|到着"
    "|作成|記入|入力|登録|印刷|出力|起票|起案|決裁|処分|審査(完了|終了)|結果|補正|追完|取消し?|取下げ?|失効"
    "|更新|変更|入金|支払|納付|納品|請求|見積|契約|受任|依頼|相談|連絡|確認|処理|着手|完了|面談|作業|リマインド"
    "|入国|出国|上陸|渡航|出発|来日|帰国|入社|退社|採用|就職|退職|異動|赴任|着任|配属|入学|卒業|資格取得"
    "|出生|死亡|結婚|婚姻|離婚|転入|転出|転居|引っ?越し?|(契約|雇用|就労|就業|勤務|在留)(開始|終了)"
    "|(証明書|旅券|パスポート)交付|(ハガキ|通知書?)受領)(予定)?(年月日|日|時)"
    "|(連絡|電話|面談|相談)(希望|可能)(日|時)"
    "|(所要|営業|執務|勤務|就業|労働|休憩|移動|待ち?|終了|終業|始業)(時刻|時間)"
    "|birth|born|^dob$|expir|valid|deadline|^due|duedate|until|appl|filed|filing|submit|submission"
    "|issue|created|updated|modified|timestamp|received|paid|payment|invoice|contract|entry"
    "|(hire|permit|notice|postcard|renewal|flight|travel|departure)date|hired|joined"
    "|employment|graduation|wedding|renewed|reminder|^end"
    "|duration|minutes|opening|closing|^closes"
    "|(枚|部|件|人|回)数|割合|比率|進捗|頁|ページ|^pages?$|ratio|progress"
)
"""Headings of what is certainly not the day or the hour of a visit, and of what is written 1/2."""
_LONGEST = 50
"""The characters of a cell that are looked at: no date has more."""


class Heading(Struct, frozen=True):
    """What a heading says.

    ``cells`` are its texts, ``keys`` those of their columns: None for a heading not known here.
    Such headings are ``ignored``, each once. ``names`` are the names of the columns in a problem.
    """

    cells: Sequence[str]
    keys: Sequence[str | None]
    ignored: tuple[str, ...]
    names: dict[str, Name]


def read_heading(columns: Columns, lines: Iterator[Line]) -> Heading:
    """Return what the first line says.

    Raises InputError where a column is missing, mistyped or there twice. Where the needed column is
    missing, the lines below are searched for one that gives it, which the error then names.
    """
    line = next(lines)
    cells = line[1]
    begins, ends = columns.find_result(cells)
    columns.settle([*cells[:begins], *cells[ends:]])
    matches = [columns.match(cell) for cell in cells]
    matches[begins:ends] = [(key, None) for key in RESULT[: ends - begins]]
    keys = [key for key, _ in matches]
    if columns.needed not in keys:
        for number, others in islice(lines, _LINES_LOOKED_AT):
            if any(columns.match_exactly(cell) == columns.needed for cell in others):
                message = Phrase("it looks like the heading; remove the lines above it")
                below = Problem(Phrase("line {line}", line=number), message)
                raise refusal([_missing(columns, line), below])
    ignored: list[str] = []
    problems: list[Problem] = []
    for at, (cell, (key, near)) in enumerate(zip(cells, matches, strict=True)):
        fault = near.problem if near is not None and near.key not in keys else None
        if key is not None and key in keys[:at]:
            fault = columns.repeated(key, [cells[keys.index(key)], cell])
        if fault is not None:
            problems.append(Problem(Phrase("heading, column {column}", column=at + 1), fault))
        elif key is None and cell.strip():
            ignored.append(show_heading(cell))
    if columns.needed not in keys and not problems:
        problems.append(_missing(columns, line))
    if problems:
        raise refusal(problems)
    names = {
        key: columns.name_in_problem(key, cell)
        for key, cell in zip(keys, cells, strict=True)
        if key
    }
    return Heading(cells, keys, tuple(dict.fromkeys(ignored)), names)


def repeats_heading(cell: str, columns: Columns) -> bool:
    """Tell whether a cell of the needed column is the heading of that column once more."""
    # A number ends with a digit: nearly all cells need no closer look.
    return not cell[-1:].isdigit() and columns.match_exactly(cell) == columns.needed


def _missing(columns: Columns, line: Line) -> Problem:
    """Return the problem of a missing column, with the line that was taken for the heading."""
    number, cells = line
    said = [quote(cell.strip()) for cell in cells if cell.strip()]
    message = Phrase(
        "{missing}; line {line} was taken as the heading: {cells}. If the heading stands further "
        "down, remove the lines above it",
        missing=columns.missing(),
        line=number,
        cells=said[:_MOST_CELLS] + ["..."] * (len(said) > _MOST_CELLS),
    )
    return Problem(Phrase("heading"), message)


def _normalise(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell[:_LONGEST]).strip()


def _find_hour(text: str) -> str | None:
    """Return the hour that a cell is and nothing else; a mere number is none."""
    written = read_written(text)
    return written.start if written.day is None and not written.bare else None


_KINDS: dict[str, Callable[[str], Value | None]] = {
    "date": find_day,
    "hour": _find_hour,
    "collect_by": lambda text: read_day(text)[0],
}
_CANDIDATES = {
    "date": N_(
        "No column gives the day of the visit, and ignored ones hold dates only: {names}. Call the "
        "one that is meant 'date' (予約日)."
    ),
    "hour": N_(
        "No column gives the hour of the visit, and ignored ones hold hours only: {names}. Call "
        "the one that is meant 'hour' (時刻)."
    ),
    "collect_by": N_(
        "No column gives the last day to collect a result, and ignored ones may: {names}. Call the "
        "one that is meant 'collect_by' (受領期限)."
    ),
}
_PARTS = {"date": "日", "hour": "時"}
"""How the column is called in which only a part of a day (an hour) stands."""


def read_heading_itself(heading: str, key: str) -> Value | None:
    """Return the day (the hour) that a heading is itself: its cells are marks, as in a calendar."""
    is_other = re.search(_OTHER_DATES, fold_heading(heading))
    return None if is_other else _KINDS[key](_normalise(heading))


def _read_cell(heading: str, key: str, cell: str) -> Value | None:
    """Return the day (the hour) that a cell gives under its heading, None where it gives none.

    Under 日 (時) a mere number is one; the month stands under another heading.
    """
    value = _KINDS[key](cell)
    if value is None and key in _PARTS:
        value = read_heading_itself(heading, key)
        part = _PARTS[key]
        bare = cell.removesuffix(part)
        is_part = re.search(rf"(?:^|\(){part}\)?$", fold_heading(heading))
        if value is None and is_part and re.fullmatch("[0-9]{1,2}", bare):
            value = (0, int(bare)) if key == "date" else parse_hour(bare)
    return value


def _find_kinds(heading: str) -> tuple[str, ...]:
    """Return the keys that a column may have been meant for, going by its heading."""
    name = fold_heading(heading)
    kinds = () if re.search(_OTHER_DATES, name) else ("date", "hour")
    return (*kinds, "collect_by") if name in MAYBE_COLLECT_BY else kinds


def _names(draft: Draft, key: str) -> bool:
    """Tell whether a row names the day (``date``) or the hour of its visit, in either cell."""
    if draft.get(key, "").strip():
        return True
    if key == "date":
        return read_written(draft.get("hour", "")).day is not None
    return read_written(draft.get("date", "")).start is not None


class UnusedColumns:
    """The columns that mean nothing here, and which of ours each may have been meant for.

    A column is a candidate for the day as long as each of its cells is a day or empty; likewise for
    the hour and for the last day to collect a result. ``ignored`` are all of them, counted from 0,
    ``left`` those that are still looked at. ``first`` is the number of empty columns before the
    table in a workbook.
    """

    def __init__(self, columns: Columns, heading: Heading, first: int = 0) -> None:
        self.ignored = {at: heading.cells[at] for at, key in enumerate(heading.keys) if key is None}
        self.left = dict(self.ignored)
        self._columns = columns
        self._heading = heading
        self._first = first
        self._kinds: dict[str, tuple[str, ...]] = {}
        self._values: dict[str, dict[str, set[Value]]] = {kind: {} for kind in _KINDS}
        self._apart: dict[FileRow, set[Value]] = {}
        self._bare: set[int] = set()

    def look(self, cells: Iterable[tuple[int, str]]) -> None:
        """Take in the cells of a row, with their columns; only columns that are left matter."""
        for at, cell in cells:
            if cell and at in self.left:
                name = self.left[at]
                if not name.strip():
                    name = f"({name_column(self._first + at)})"
                    if cell.strip():
                        self._bare.add(self._first + at)
                if not self._keep(name, cell):
                    del self.left[at]

    def _keep(self, heading: str, cell: str) -> bool:
        """Take in a cell; tell whether its column is still a candidate."""
        kinds = self._kinds.get(heading)
        if kinds is None:
            kinds = _find_kinds(heading)
        text = _normalise(cell) if kinds else ""
        if text:
            values = {kind: _read_cell(heading, kind, text) for kind in kinds}
            for kind, value in values.items():
                if value is not None:
                    self._values[kind].setdefault(heading, set()).add(value)
            kinds = tuple(kind for kind in kinds if values[kind] is not None)
            self._kinds[heading] = kinds
        return bool(kinds)

    def pass_over(self, row: FileRow, cells: Iterable[tuple[int, str]]) -> None:
        """Take in a row that holds nothing in known columns, so that its cells are of no column.

        Where the others are mere digits the row is one of a form that is not filled in.
        """
        others = ((self.ignored[at], cell.strip()) for at, cell in cells if at in self.ignored)
        used = [(heading, text) for heading, text in others if text and not text.isdecimal()]
        if used:
            days = (find_day(_normalise(t)) for name, t in used if "date" in _find_kinds(name))
            self._apart[row] = {day for day in days if day is not None}

    def gather(
        self,
        rows: Sequence[tuple[FileRow, Draft]],
        problems: Sequence[Problem],
        cells_of: Callable[[int], Sequence[Cell]],
        notes: Iterable[Phrase] = (),
    ) -> FileRows:
        """Return the rows of a table, with what these columns tell of it behind the ``notes``."""
        lost = {}
        for key in ("date", "hour"):
            # Beside an empty column with a sure heading only one with a usual heading counts.
            is_given = self._columns.is_given(key)
            candidates = {
                name: values
                for name, values in self._values[key].items()
                if key in self._kinds[name] and (is_usual(name, key) or not is_given)
            }
            if candidates and not any(_names(draft, key) for _, draft in rows):
                lost[key] = candidates
        apart = {row: days for row, days in self._apart.items() if days}
        is_given = not apart or self._columns.is_given("date")
        if is_given or any(_names(draft, "date") for _, draft in rows):
            apart = {}
        heading = self._heading
        return FileRows(
            tuple(rows),
            heading.ignored,
            (*notes, *self._note()),
            tuple(problems),
            names=heading.names,
            lost=lost,
            apart=apart,
            columns=tuple(zip(heading.cells, heading.keys, strict=True)),
            cells_of=cells_of,
        )

    def _note(self) -> Iterator[Phrase]:
        """Yield notes on what was left out, and on the candidates for columns that are missing."""
        if self._bare:
            names = [name_column(column) for column in sorted(self._bare)]
            yield Phrase("Cells without a heading were left out: column {columns}.", columns=names)
        if self._apart:
            yield Phrase(
                "Rows with nothing in the columns that are read were left out: {rows}.",
                rows=shorten([str(row) for row in self._apart]),
            )
        missing = self._columns.find_missing(self._heading.keys)
        for key, text in _CANDIDATES.items():
            names = [name for name, kinds in self._kinds.items() if key in kinds and key in missing]
            if names:
                yield Phrase(text, names=[show_heading(name) for name in names])
