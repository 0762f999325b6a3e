"""The columns of case files and agent files: their headings, and which column a heading means."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Mapping, Sequence
from typing import NamedTuple

from kofucli.base import InputError, Phrase
from kofucli.base.text import abbreviate, drop_unseen, nearest, normalise
from kofucli.casefile import KEYS, WORDS, by_word
from kofucli.casefile.file_rows import Name, broken

MOST_COLUMNS = 1_000
"""The columns that a file may have: looking for near misses among more would take minutes."""
EXACT = frozenset({"number", "new", "reservation", "with", "agent", "id", "certificate", "phone"})
"""The columns of identifiers: with a zero more or less they name something else."""
RESULT = ("booked", "booked_date", "booked_hour", "outcome", "reason")
"""The columns that ``book --from`` puts behind those of a file."""
ECHOED = frozenset({"note", "outcome", "reason"})
"""The columns that decide nothing: a cell that cannot be read is left empty, with a note."""
MAYBE_COLLECT_BY = frozenset(
    {
        *("期限", "期日", "引取期限", "引取期日", "引き取り期限", "受け取り期限", "受取り期限"),
        *("受取期日", "受領期日", "受領日", "受取日", "交付期限", "deadline"),
    }
)
"""Headings of a day that may be the last one to collect a result, or some other day."""

_NEAR = 0.8
_NEAR_JAPANESE = 0.75
"""One wrong character of four: with less likeness, a firm's other headings would be refused."""
_NEAR_SHORT, _SHORT = 0.66, 3
"""One wrong character of three: a problem only where no other heading gives the column.

Two characters are no word that others could resemble by mistake: 出生地, 審査官.
"""
_RESULT_HEADINGS = (
    ["予約番号", "予約日", "時刻", "結果", "理由"],
    ["reservationnumber", "date", "hour", "outcome", "reason"],
)
_OTHER_WORDS = frozenset(
    {
        *("予約者", "予約済", "予約先", "予約枠", "予約時期", "予定日", "予定時刻", "来日年月日"),
        *("来庁者", "来日日", "来社日", "来店日", "取扱者", "取引者", "取得者", "出生日", "取次日"),
        *("受入れ機関番号", "受入機関番号", "受入れ機関コード", "受入れ機関住所"),
        *("取次者電話", "取次者区分", "取次者種別", "申請者番号", "申請人番号", "同時申請者"),
        *("受付窓口", "受付区分", "受付期限", "受講期限", "取消期限", "変更期限"),
        *("country", "officer", "reviewer", "field", "file"),
    }
)
_OTHER_ENDS = (
    *("数", "人", "名", "印", "料", "費", "額", "順", "表", "外"),
    *("有無", "担当", "状況", "理由", "目的", "詳細", "確認"),
)
"""Usual headings of other things that resemble one of ours, and ends that none of ours has."""
_HINT = (
    "必須|任意|必要|入力|記入|選択|半角|全角|英数字?|数字?|文字列?|西暦|和暦|形式|表記|省略|複数|該当者|のみ|可|項目|自動"
    "|必ず|して|ください|下さい|[でをはにの、,・/]|24時間制?|yyyy.?mm.?dd|yyyy年mm月dd日|hh:mm|required|optional"
)
_REMARK = rf"[(\[【〔](?:{_HINT})*+(?:例:?[^()\[\]【】〔〕]*+)?[)\]】〕]"
"""What forms say about how a column is filled in; a bracket with anything else may say which."""
_ORNAMENT = (
    rf"^(?:[※*☆★●○◎■□◆◇▼▲・:#]|[(\[]?[0-9]{{1,2}}[)\].:、]|{_REMARK}|必須|ご|御)"
    rf"|(?:[※*☆★▼▲:。.、]|{_REMARK}|必須|任意|(?:記入|入力)?欄|等)$"
    r"|^[(\[【〔「]([^()\[\]【】〔〕「」]+)[)\]】〕」]$|の"
)
"""What stands before, behind or around a heading and makes no difference."""
_LONGEST_ORNATE = 60
"""The characters that a heading with ornaments has at most."""

_USUAL_NUMBERS = (
    "受付番号, 申請受付番号, 受理番号, 申請受理番号, 在留申請番号, 申請No, 受付No, case number"
)
USUAL = by_word(
    {
        "number": _USUAL_NUMBERS,
        "kind": "申請種類",
        "recipient": "受取区分, 受領者区分",
        "with": "同時申請番号",
        "filed": "申請方式",
        "office": "官署名",
        "counter": "交付窓口名, pick-up counter",
        "collect_by": "ハガキ期限, ハガキ受領期限, ハガキ受取期限, 通知書期限, 受領期限日, "
        "受取期限日",
        "agent": "取次者ID, agent id",
        "date": "受取日, 来庁予定日, 交付日, 交付予定日, 希望日, 来庁希望日, 予約希望日, "
        "受取希望日, 受取予定日, 予約年月日, 来庁年月日, "
        "予約日付, 予約日時, 来庁日時, 来庁予定日時, "
        "受取日時, 希望日時, 日時, visit, day, datetime",
        "hour": "来庁時刻, 来庁時間, 来庁予定時刻, 来庁予定時間, 受取時刻, 受取時間, 来庁時間帯, "
        "希望時間, 希望時刻, 来庁希望時刻, 来庁希望時間, 予約時間帯, 希望時間帯, 時間帯, 開始時刻, "
        "開始時間, start",
        "note": "メモ, memo, 摘要",
    }
)
"""Usual headings of a column, under which another thing may stand, too.

They count only where no sure heading gives the column, and nothing is a mistyped one of them. Our
own tables have some.
"""
_USUAL_OF_CHANGES = by_word(
    {"number": f"{_USUAL_NUMBERS}, 旧申請番号, 旧番号, 誤った申請番号", "new": "新申請番号, 新番号"}
)
_USUAL_OF_AGENTS = by_word({"id": "取次者ID", "name": "取次者氏名, 取次者名"})
CASE_COLUMNS: dict[str, str] = {
    **{key: key for key in (*KEYS, "agent", "host", "date", "hour", "note")},
    **WORDS,
    **by_word(
        {
            "agent": "取次者",
            "host": "受入れ機関, 受入機関, 受入れ機関名, 受入機関名",
            "date": "予約日, 来庁日, 日付",
            "hour": "時刻, 予約時刻, 予約時間, 時間",
            "note": "備考",
        }
    ),
    **USUAL,  # behind the sure ones: the first heading of a column names it in messages
}
AMEND_COLUMNS: dict[str, str] = {
    **by_word(
        {
            "number": "number, 申請番号, old, 訂正前, 訂正前の申請番号, 訂正前の番号, 修正前",
            "new": "new, 訂正後, 訂正後の申請番号, 訂正後の番号, 修正後, 正しい申請番号",
        }
    ),
    **_USUAL_OF_CHANGES,
}
"""The columns of files of changes; ``cancel --from`` has no ``new``."""
_LIST = ("reservation", "status", "case_status", "end", "papers", "closes")
"""What a list of reservations has beside the columns of case files."""
_LISTS = (
    ("number", "status", "case_status", "end", "papers", "closes"),
    ("reservation number", "status", "case status", "end", "papers", "change until"),
    ("予約番号", "状態", "申請の状態", "終了時刻", "書類", "変更・取消の期限"),
)
"""Their headings in the CSV of ``list``, where ``case`` is the case, and in its workbooks."""
STANDING = frozenset({"active", "arrived", "予約済み", "来庁済み"})
"""The statuses there of what has not ended."""
AGENT_COLUMNS: dict[str, str] = {
    **by_word(
        {
            "id": "id, 取次者, agent",
            "name": "name, 氏名",
            "occupation": "occupation, 職種",
            "certificate": "certificate, 証明書番号",
            "valid_until": "valid_until, 有効期限",
            "email": "email, メール, メールアドレス",
            "phone": "phone, 電話, 電話番号",
            "organization": "organization, 所属, 所属機関, organisation",
            "language": "language, 言語",
            "accept_terms": "accept_terms, 規約同意",
        }
    ),
    **_USUAL_OF_AGENTS,
}
OCCUPATION_WORDS = by_word(
    {
        "scrivener": "行政書士, administrative scrivener",
        "attorney": "弁護士",
        "host-organization": "受入れ機関, 受入れ機関の職員, staff of a host organisation",
        "support-organization": "登録支援機関, 登録支援機関の職員, staff of a support organisation",
        "public-interest": "公益法人, 公益法人の職員, staff of a public-interest corporation",
        "educational": "教育機関, 教育機関の職員, staff of an educational institution",
    }
)
"""Occupations as Japanese agent files and our own workbooks have them."""


def too_many(where: Phrase) -> InputError:
    """Return the error of a line that has too many columns."""
    return broken(where, Phrase("it has more than {limit} columns", limit=MOST_COLUMNS))


_CORRECTED = (
    "(?:新しい|新|(?:変更|訂正|修正)後|正しい)(.+)|(.+)[(\\[](?:新|(?:変更|訂正|修正)後)[)\\]]"
)
"""The headings of a value as it is after a change, beside that from before."""


def is_corrected(heading: str) -> bool:
    """Tell whether a heading is a Japanese one of what is true after a correction."""
    known = _fold_all(AMEND_COLUMNS)
    name = _name(heading, known)
    found = re.fullmatch(_CORRECTED, name)
    base = _fold_all(CASE_COLUMNS).get((found[1] or found[2]).replace("の", "")) if found else None
    is_new = name == "変更後" or (name != "new" and known.get(name) == "new")
    return is_new or base in ("number", "date", "hour")


def say_corrections(heading: Name) -> Phrase:
    """Return the problem of a file of corrections that is given to another command."""
    return Phrase(
        "there is a column '{name}', so these are corrections: give the file to 'kofucli amend "
        "--from', or take the column out",
        name=heading,
    )


class Near(NamedTuple):
    """The column that a heading resembles: a problem where nothing else gives it."""

    key: str
    problem: Phrase


class Columns:
    """The columns that a file may have, by every heading; ``needed`` is the one it must have."""

    def __init__(self, columns: Mapping[str, str], own: Mapping[str, str], needed: str) -> None:
        unknown = sorted(set(own.values()) - set(columns.values()))
        if unknown:
            message = Phrase(
                "unknown value '{value}'; expected one of: {allowed}",
                value=abbreviate(unknown[0]),
                allowed=sorted(set(columns.values())),
            )
            raise broken(Phrase("[files] columns"), message)
        self._written = {fold_heading(name): name for name in (*columns, *own)}
        self._known = _fold_all({**columns, **own})
        firms = set(map(fold_heading, own))
        usual = {fold_heading(name) for name in (*USUAL, *_USUAL_OF_CHANGES, *_USUAL_OF_AGENTS)}
        self._usual = usual & self._known.keys() - firms
        self._sure = [name for name in self._known if name not in self._usual]
        self._given: set[str] = set()
        self._dropped: dict[str, str] = {}
        self._found: set[str] = set()
        self.needed = needed

    def settle(self, headings: Collection[str]) -> None:
        """Drop each usual heading whose column a sure one of these ``headings`` gives."""
        names = {_name(heading, self._known) for heading in headings}
        for listed in _LISTS:
            columns = dict(zip(map(fold_heading, listed), _LIST, strict=True))
            if self.needed == "number" and columns.keys() <= set(map(fold_heading, headings)):
                # Files of changes do not have the other columns of a list.
                self._known = {
                    **_fold_all(CASE_COLUMNS),
                    **self._known,
                    **columns,
                    "case": "number",
                }
        self._given = {self._known[name] for name in self._sure if name in names}
        self._dropped = {name: self._known[name] for name in self._usual}
        self._dropped = {name: key for name, key in self._dropped.items() if key in self._given}
        self._known = {n: key for n, key in self._known.items() if n not in self._dropped}
        self._found = {self._known[name] for name in names if name in self._known}

    def find_result(self, headings: Sequence[str]) -> tuple[int, int]:
        """Return where the columns of RESULT begin and end among these; nowhere is (0, 0)."""
        names = [fold_heading(heading) for heading in headings]
        for end in range(len(names) if "date" in self._known.values() else 0, 0, -1):
            if names[max(end - len(RESULT), 0) : end] in _RESULT_HEADINGS:
                return end - len(RESULT), end
        return 0, 0

    def is_given(self, key: str) -> bool:
        """Tell whether a sure heading gives a column, even if all of its cells are empty.

        A column that files of this kind never have counts as given: it cannot be missing.
        """
        return key in self._given or key not in self._known.values()

    def key_beside(self, heading: str) -> str | None:
        """Return the key that a heading would mean if no sure heading gave its column."""
        return self._dropped.get(_name(heading, self._dropped))

    def match(self, heading: str) -> tuple[str | None, Near | None]:
        """Return the key that a heading means, or what it may be a mistyped one of; else None."""
        name = _name(heading, self._known)
        key = self._known.get(name)
        others = MAYBE_COLLECT_BY | _OTHER_WORDS | self._usual
        if key is not None or not name or name in others or name.endswith(_OTHER_ENDS):
            return key, None
        near = self._find_near(name)
        if near is None or self._known[near] in ECHOED:
            return None, None
        problem = Phrase(
            "unknown name '{name}'; did you mean '{near}'?",
            name=show_heading(heading),
            near=self._written[near],
        )
        return None, Near(self._known[near], problem)

    def match_exactly(self, heading: str) -> str | None:
        """Return the key that a heading means, None where it is not known."""
        return self._known.get(_name(heading, self._known))

    def _find_near(self, name: str) -> str | None:
        """Return the known heading that a name resembles, None where there is none."""
        if name.isascii():
            return nearest(name, filter(str.isascii, self._sure), _NEAR)
        words = [known for known in self._sure if len(known) >= _SHORT]
        near = nearest(name, words, _NEAR_JAPANESE)
        if near is None and len(name) == _SHORT:
            short = [w for w in words if len(w) == _SHORT and self._known[w] not in self._found]
            near = nearest(name, short, _NEAR_SHORT)
        return near

    def find_missing(self, found: Container[str | None]) -> frozenset[str]:
        """Return the keys of the columns that a file does not have."""
        return frozenset(key for key in self._known.values() if key not in found)

    def missing(self) -> Phrase:
        """Return the problem of a file without the needed column."""
        usual = next(
            self._written[name] for name, key in self._known.items() if key == self.needed != name
        )
        return Phrase(
            "column '{name}' is missing (in Japanese '{usual}')", name=self.needed, usual=usual
        )

    def repeated(self, key: str, headings: Sequence[str]) -> Phrase:
        """Return the problem of two headings that mean the same column."""
        shown = [show_heading(heading.strip()) for heading in headings]
        return Phrase("column '{name}' is there twice: {headings}", name=key, headings=shown)

    def name_in_problem(self, key: str, heading: str) -> Name:
        """Return the name of a column: its key, with the heading if that is another word."""
        if fold_heading(heading) == fold_heading(key):
            return key
        shown = abbreviate(" ".join(heading.split()))
        return Phrase("{key} ({heading})", key=key, heading=shown)


def is_usual(heading: str, key: str) -> bool:
    """Tell whether a heading is a usual one of a column."""
    usual = _fold_all(USUAL)
    return usual.get(_name(heading, usual)) == key


def show_heading(heading: str) -> str:
    """Return a heading as messages show it: in one line, and not too long."""
    return abbreviate(" ".join(heading.splitlines()))


def _fold_all(columns: Mapping[str, str]) -> dict[str, str]:
    return {fold_heading(name): key for name, key in columns.items()}


def fold_heading(heading: str) -> str:
    """Return a heading without width, case, blanks and dashes; はがき and 葉書 are ハガキ."""
    folded = normalise(drop_unseen(heading)).lower()
    folded = re.sub(r"[\s_-]", "", folded)
    return folded.replace("はがき", "ハガキ").replace("葉書", "ハガキ")


def _name(heading: str, known: Container[str]) -> str:
    """Return the name that a heading has among those ``known``: whole, or without ornaments."""
    whole = fold_heading(heading)
    if whole in known or len(whole) > _LONGEST_ORNATE:
        return whole
    name, bare = "", fold_heading(re.sub("^[\\s①-⑳]+", "", heading))
    while bare and bare != name:
        name, bare = bare, re.sub(_ORNAMENT, r"\1", bare, count=1)
        if name in known:
            break
    return name or whole
