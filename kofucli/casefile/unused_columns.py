"""The columns of a table that mean nothing here: which of them may have been meant for ours.

Where none of ours gives the day (or the hour) of the visit, and an ignored one holds nothing but
days (hours), somebody must be told: the cases would go elsewhere. So must it be where one says that
a row is not meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from kofucli.base import Phrase, Problem
from kofucli.base.text import N_, fold_value, quote
from kofucli.base.written_times import find_day, parse_hour, read_day, read_written
from kofucli.casefile import TICKS, Draft
from kofucli.casefile.columns import MAYBE_COLLECT_BY, Columns, fold_heading, is_usual, show_heading
from kofucli.casefile.file_rows import (
    Cell,
    FileRow,
    FileRows,
    Value,
    at_cell,
    at_row,
    name_column,
    shorten,
)
from kofucli.casefile.headings import Heading
from kofucli.rules.eligibility import WITHDRAWN

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
    "|(所要|営業|執務|勤務|就業|労働|残業|休憩|移動|待ち?|終了|終業|始業)(時刻|時間)"
    "|birth|born|^dob$|expir|valid|deadline|^due|duedate|until|appl|filed|filing|submit|submission"
    "|issue|created|updated|modified|timestamp|received|paid|payment|invoice|contract|entry"
    "|(hire|permit|notice|postcard|renewal|flight|travel|departure)date|hired|joined"
    "|employment|graduation|wedding|renewed|reminder|^end"
    "|duration|minutes|opening|closing|^closes"
    "|(枚|部|件|人|回)数|割合|比率|進捗|頁|ページ|^pages?$|ratio|progress"
)
"""Headings of what is certainly not the day or the hour of a visit, and of what is written 1/2."""
_OFF_CELL = f"({WITHDRAWN}|保留|対象外|cancell?ed|withdrawn|deleted)(済み?)?"
"""What a cell says of a row that is not meant any more, whatever its heading is."""
_OFF_HEADING = f"{WITHDRAWN}|除外|無効|保留|^不要$|^対象外(?!国)|cancel|delete|withdr|^void|exclude"
"""The heading of a column that marks such rows; of a day or a price of it, it does not."""
_NOT_OFF_HEADING = "期限|締切?|まで|方法|規定|規約|ポリシー|料|待ち|until|deadline|policy|fee"
_NOT_OFF = {"0", "-", "無", "なし", "いいえ", *(word for word, means in TICKS.items() if not means)}
_PLACEHOLDERS = frozenset(
    {
        *("-", "--", "なし", "無し", "無", "未定", "未決定", "未", "いつでも", "いつでも可"),
        *("希望なし", "指定なし", "特になし", "任意", "不問", "要相談", "調整中", "同上"),
        *("n/a", "tbd", "any"),
    }
)
"""What stands in the place of a day or an hour that is not known."""
_LONGEST = 50
"""The characters of a cell that are looked at: no date has more."""


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
_PARTS = {
    "date": (r"(?:^|\()日\)?$", "日"),
    "hour": (r"(?:^|\()時\)?$|時間|時刻|枠|(?:time|slot|hour)s?$", "時"),
}
"""The heading under which a mere number is a day (an hour), and what may stand behind it."""


def read_heading_itself(heading: str, key: str) -> Value | None:
    """Return the day (the hour) that a heading is itself: its cells are marks, as in a calendar."""
    is_other = re.search(_OTHER_DATES, fold_heading(heading))
    return None if is_other else _KINDS[key](_normalise(heading))


def _read_cell(heading: str, key: str, cell: str) -> Value | None:
    """Return the day (the hour) that a cell gives under its heading, None where it gives none.

    Under 日 (時, 時間枠) a mere number is one; the month stands under another heading.
    """
    value = _KINDS[key](cell)
    if value is None and key in _PARTS:
        value = read_heading_itself(heading, key)
        usual, part = _PARTS[key]
        bare = cell.removesuffix(part)
        if (
            value is None
            and re.search(usual, fold_heading(heading))
            and re.fullmatch("[0-9]{1,2}", bare)
        ):
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


def find_off(found: FileRows) -> dict[str, list[FileRow]]:
    """Return the rows that an ignored column says are not meant, by its heading.

    That is a column such as 取消 with a mark, and any other one where it says 取消 or the like.
    """
    off: dict[str, list[FileRow]] = {}
    ignored = [(at, heading) for at, (heading, key) in enumerate(found.columns) if key is None]
    marks = {at for at, heading in ignored if _marks_off(fold_heading(heading))}

    @cache
    def is_off(cell: Cell, is_mark: bool) -> bool:
        text = fold_value(str(cell)).lower()
        if is_mark and text:
            return text not in _NOT_OFF
        return re.fullmatch(_OFF_CELL, text) is not None

    for row, _ in found.rows if ignored else ():
        cells = found.cells_of(row.number)
        for at, heading in ignored:
            if at < len(cells) and is_off(cells[at], at in marks):
                off.setdefault(heading, []).append(row)
    return off


def _marks_off(name: str) -> bool:
    return bool(re.search(_OFF_HEADING, name)) and not re.search(_NOT_OFF_HEADING, name)


def say_off(heading: str, rows: Sequence[FileRow]) -> Problem:
    """Return the problem of a column that marks rows as if they were not meant like the others."""
    return Problem(
        Phrase("heading {name}", name=show_heading(heading)),
        Phrase(
            "it is not read here, and marks these rows: {rows}. Leave only the rows that are meant "
            "in the file, and take the column out",
            rows=shorten([str(row) for row in rows]),
        ),
    )


def _fault_beside(heading: str) -> Phrase:
    """Return what is wrong with a cell that is empty beside one of a second heading for it."""
    return Phrase(
        "it is empty, and column {name} has a value; put the values into one column",
        name=show_heading(heading),
    )


def find_hidden(found: FileRows, known: Columns) -> dict[FileRow, list[Problem]]:
    """Return the problems of rows whose cell is empty, and stands under a second heading for it.

    Days and hours are looked for by another way, a note decides nothing.
    """
    wrong: dict[FileRow, list[Problem]] = {}
    for at, (heading, _) in enumerate(found.columns):
        key = known.key_beside(heading)
        if key is None or key in ("date", "hour", "note"):
            continue
        for row, draft in found.rows:
            cells = found.cells_of(row.number)[at : at + 1]
            if not draft.get(key, "").strip() and any(str(cell).strip() for cell in cells):
                problem = Problem(found.at_cell(row, key), _fault_beside(heading))
                wrong.setdefault(row, []).append(problem)
    return wrong


class UnusedColumns:
    """The columns that mean nothing here, and which of ours each may have been meant for.

    A column is a candidate for the day as long as each of its cells is a day, or is empty or says
    that none is known; likewise for the hour and for the last day to collect a result. ``ignored``
    are all of them, counted from 0, ``left`` those that are still looked at. ``first`` is the
    number of empty columns before the table in a workbook.
    """

    def __init__(self, columns: Columns, heading: Heading, first: int = 0) -> None:
        self.ignored = {at: heading.cells[at] for at, key in enumerate(heading.keys) if key is None}
        self.left = dict(self.ignored)
        self._columns = columns
        self._heading = heading
        self._first = first
        self._kinds: dict[str, tuple[str, ...]] = {}
        self._values: dict[str, dict[str, set[Value]]] = {kind: {} for kind in _KINDS}
        self._apart: dict[str, dict[FileRow, set[Value]]] = {"date": {}, "hour": {}}
        self._left_out: list[FileRow] = []
        self._problems: list[Problem] = []
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

    def look_at_name(self, name: str) -> None:
        """Take in the name of a sheet, which may be the day of its visits."""
        self._keep(name, name)

    def _keep(self, heading: str, cell: str) -> bool:
        """Take in a cell; tell whether its column is still a candidate."""
        kinds = self._kinds.get(heading)
        if kinds is None:
            kinds = _find_kinds(heading)
        text = _normalise(cell) if kinds else ""
        if text and text.lower() not in _PLACEHOLDERS:
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
        texts = [(self.ignored[at], _normalise(cell)) for at, cell in cells if at in self.ignored]
        used = [(heading, text) for heading, text in texts if text and not text.isdecimal()]
        for heading, text in texts:
            if text and self._columns.key_beside(heading) == self._columns.needed:
                where = at_cell(row, self._columns.needed)
                self._problems.append(Problem(where, _fault_beside(heading)))
        if not used:
            return
        self._left_out.append(row)
        for key, rows in self._apart.items():
            values = {_KINDS[key](text) for name, text in used if key in _find_kinds(name)}
            rows[row] = {value for value in values if value is not None}
        for _, text in used:
            if re.search(_OFF_HEADING, fold_heading(text)):
                message = Phrase(
                    "'{value}' stands here alone, as if above other rows. Leave only the rows that "
                    "are meant in the file, and take this one out",
                    value=quote(text),
                )
                self._problems.append(Problem(at_row(row), message))

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
        apart = {}
        for key, found in self._apart.items():
            named = {row: values for row, values in found.items() if values}
            is_given = not named or self._columns.is_given(key)
            if not is_given and not any(_names(draft, key) for _, draft in rows):
                apart[key] = named
        heading = self._heading
        return FileRows(
            tuple(rows),
            heading.ignored,
            (*notes, *self._note()),
            (*problems, *self._problems),
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
        if self._left_out:
            yield Phrase(
                "Rows with nothing in the columns that are read were left out: {rows}.",
                rows=shorten([str(row) for row in self._left_out]),
            )
        missing = self._columns.find_missing(self._heading.keys)
        for key, text in _CANDIDATES.items():
            names = [name for name, kinds in self._kinds.items() if key in kinds and key in missing]
            if names:
                yield Phrase(text, names=[show_heading(name) for name in names])
