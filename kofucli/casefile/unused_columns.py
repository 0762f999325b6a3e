"""Ignored columns that may have been meant: they hold dates, and no column of ours has such."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator
from datetime import date

from kofucli.base.clock import parse_hour, parse_written_date
from kofucli.base.errors import Phrase
from kofucli.base.text import abbreviate
from kofucli.casefile.case_spec import Draft
from kofucli.casefile.columns import MAYBE_COLLECT_BY, Columns, gives_day
from kofucli.casefile.notes import Day

_OTHER_DATES = re.compile(
    "期限|期日|満了|満期|有効|生年月日|誕生|締切|締め切り|〆切|納期|起算|タイムスタンプ"
    "|(在留|雇用|契約|特例)期間|(最終|次回)(更新|申請|確認|連絡)|(葉書|はがき|ハガキ|通知書?)$"
    "|(受付|受理|提出|申請|届出?|報告|許可|認定|証明|発行|発給|発送|送付|返送|郵送|投函|受信|通知|到着"
    "|作成|記入|入力|登録|印刷|出力|起票|起案|決裁|処分|審査(完了|終了)|結果|補正|追完|取消し?|取下げ?|失効"
    "|更新|変更|入金|支払|納付|納品|請求|見積|契約|受任|依頼|相談|連絡|確認|処理|着手|完了|面談|作業|リマインド"
    "|入国|出国|上陸|渡航|出発|来日|帰国|入社|退社|採用|就職|退職|異動|赴任|着任|配属|入学|卒業|資格取得"
    "|出生|死亡|結婚|婚姻|離婚|転入|転出|転居|引っ?越し?|(契約|雇用|就労|就業|勤務|在留)(開始|終了)"
    "|(証明書|旅券|パスポート)交付|(はがき|ハガキ|葉書|通知書?)受領)(予定)?(年月)?日"
    "|birth|born|^dob$|expir|valid|deadline|^due|due_date|until|appl|filed|filing|submit|submission"
    "|issue|created|updated|modified|timestamp|received|paid|payment|invoice|contract|entry"
    "|(hire|permit|notice|postcard|renewal|flight|travel|departure)[ _-]?date|hired|joined"
    "|employment|graduation|wedding|renewed|reminder|^end"
    "|(枚|部|件|人|回)数|割合|比率|進捗|頁|ページ|^pages?$|ratio|progress"
)
"""Headings of what is certainly not the day of a visit: of other dates, and of 1/2 and the like."""
_DAY = re.compile(
    "(?:([0-9]{4})[/.年-]|(?:令和|[Rr])([0-9]{1,2})[/.年-]|(?=[0-9]+[/月]))"
    "([0-9]{1,2})[/.月-]([0-9]{1,2})日?(?![^ T(])"
)
"""A day as it begins a cell; its weekday, and a time of day, may stand behind it."""
_OF_CLOCK = re.compile("[:時]")
"""What an hour has and a mere number has not."""
_BEFORE_REIWA, _LEAP_YEAR = 2018, 2024
_LONGEST = 50
"""The characters of a cell that are looked at: no date has more."""


def _is_date(text: str) -> bool:
    return parse_written_date(text) is not None


def _read_day(text: str) -> Day | None:
    found = _DAY.match(text)
    if found is None:
        return None
    year, era_year, month, day = (int(part) if part else None for part in found.groups())
    if year is None:
        year = _BEFORE_REIWA + era_year if era_year else _LEAP_YEAR
    try:
        read = date(year, month or 0, day or 0)
    except ValueError:
        return None
    return read if found[1] or found[2] else (read.month, read.day)


def _is_day(text: str) -> bool:
    return _read_day(text) is not None


def _is_hour(text: str) -> bool:
    return _OF_CLOCK.search(text) is not None and parse_hour(text) is not None


_KINDS: dict[str, Callable[[str], bool]] = {
    "date": _is_day,
    "hour": _is_hour,
    "collect_by": _is_date,
}


def _find_kinds(heading: str) -> tuple[str, ...]:
    """Return what a column may have been meant for, going by its heading."""
    name = unicodedata.normalize("NFKC", heading).strip().lower()
    kinds = () if _OTHER_DATES.search(name) else ("date", "hour")
    return (*kinds, "collect_by") if name in MAYBE_COLLECT_BY else kinds


class UnusedColumns:
    """Looks at the cells of columns that mean nothing here, as long as they may mean something."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[str, ...]] = {}
        self._days: dict[str, set[Day]] = {}

    def look(self, heading: str, cell: str) -> bool:
        """Take in a cell of an ignored column; tell whether its other cells still matter."""
        kinds = self._kinds.get(heading)
        if kinds is None:
            kinds = _find_kinds(heading)
        text = unicodedata.normalize("NFKC", cell[:_LONGEST]).strip() if kinds else ""
        if text:
            kinds = tuple(kind for kind in kinds if _KINDS[kind](text))
            self._kinds[heading] = kinds
            day = _read_day(text) if "date" in kinds else None
            if day is not None:
                self._days.setdefault(heading, set()).add(day)
        return bool(kinds)

    def days(self, columns: Columns, drafts: Iterable[Draft]) -> dict[str, set[Day]]:
        """Return the days of each ignored column that holds nothing but days.

        There are none where a column gives the day in any row. Where a sure one is there and is
        empty, only a usual one may have been meant.
        """
        if any(draft.get("date", "").strip() for draft in drafts):
            return {}
        is_given = columns.is_given("date")
        return {
            heading: days
            for heading, days in self._days.items()
            if "date" in self._kinds[heading] and (gives_day(heading) or not is_given)
        }

    def notes(self, columns: Columns, found: Container[str | None]) -> Iterator[Phrase]:
        """Yield which columns may have been meant for those of ours that were not ``found``."""
        missing = columns.find_missing(found)
        dates, hours, deadlines = (
            [
                abbreviate(heading)
                for heading, kinds in self._kinds.items()
                if kind in kinds and kind in missing
            ]
            for kind in _KINDS
        )
        if dates:
            yield Phrase(
                "No column gives the day of the visit, and ignored ones hold dates only: {names}. "
                "Call the one that is meant 'date' (予約日).",
                names=dates,
            )
        if hours:
            yield Phrase(
                "No column gives the hour of the visit, and ignored ones hold hours only: {names}. "
                "Call the one that is meant 'hour' (時刻).",
                names=hours,
            )
        if deadlines:
            yield Phrase(
                "No column gives the last day to collect a result, and ignored ones may: {names}. "
                "Call the one that is meant 'collect_by' (受領期限).",
                names=deadlines,
            )
