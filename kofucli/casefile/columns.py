"""The columns of case files and agent files: their headings, and which column a heading means."""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterable, Mapping, Sequence

from kofucli.base.errors import InputError, Phrase
from kofucli.base.text import abbreviate, nearest
from kofucli.casefile.case_spec import KEYS, WORDS
from kofucli.casefile.file_rows import Name, broken

MOST_COLUMNS = 1_000
"""The columns that a file may have: looking for near misses among more would take minutes."""
EXACT = frozenset({"number", "new", "reservation", "with", "agent", "id", "certificate", "phone"})
"""The columns of identifiers: with a zero more or less they name something else."""
ECHOED = frozenset({"note"})
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
"""One wrong character of three: a problem only where no other heading gives the column."""
_RESULT = frozenset({"case", "outcome", "reservation"})
"""Headings that only the CSV of ``book`` has."""
_OTHER_WORDS = frozenset(
    {
        *("予約者", "予約名", "予約数", "予約済", "予約先", "予定日"),
        *("来庁者", "来日日", "来社日", "来店日", "取扱者", "取引者", "取得者", "出生日", "取次日"),
        *("受入れ機関番号", "受入機関番号", "受入れ機関コード", "受入れ機関等", "受入れ機関住所"),
    }
)
"""Usual headings of other things that share most of their characters with one of ours."""

USUAL = {
    **dict.fromkeys(("受取日", "来庁予定日", "交付日", "交付予定日", "希望日"), "date"),
    **dict.fromkeys(("予約日時", "来庁日時", "日時"), "date"),
    **dict.fromkeys(("visit", "day", "datetime"), "date"),
    **dict.fromkeys(("希望時間", "希望時刻", "start"), "hour"),
}
"""Usual headings of the day or the hour; our own tables have some of them.

They may mean another day or hour, too, so they count only where no sure heading gives the column.
"""
CASE_COLUMNS: dict[str, str] = {
    **{key: key for key in (*KEYS, "agent", "host", "date", "hour", "note")},
    **WORDS,
    "取次者": "agent",
    **dict.fromkeys(("受入れ機関", "受入機関", "受入れ機関名", "受入機関名"), "host"),
    "予約日": "date",
    "来庁日": "date",
    "日付": "date",
    "時刻": "hour",
    "予約時刻": "hour",
    "予約時間": "hour",
    "時間": "hour",
    "備考": "note",
    **USUAL,  # behind the sure ones: the first heading of a column names it in messages
}
AMEND_COLUMNS: dict[str, str] = {
    **{key: key for key in ("number", "new")},
    "申請番号": "number",
    **dict.fromkeys(("old", "訂正前", "訂正前の申請番号", "訂正前の番号", "修正前"), "number"),
    "訂正後": "new",
    **dict.fromkeys(("訂正後の申請番号", "訂正後の番号", "修正後", "正しい申請番号"), "new"),
}
"""The columns of files of changes; ``cancel --from`` has no ``new``."""
_ONLY_IN_LIST = {"number": "reservation", "case": "number"}
LIST_COLUMNS = {
    **{name: name for name in ("agent", "date", "start", "end", "status", "kind", "recipient")},
    **{name: name for name in ("case_status", "papers", "closes")},
    **_ONLY_IN_LIST,
}
"""The columns of the CSV of ``list``; there a number is that of the reservation."""
AGENT_COLUMNS: dict[str, str] = {
    **{
        key: key
        for key in (
            "id",
            "name",
            "occupation",
            "certificate",
            "valid_until",
            "email",
            "phone",
            "organization",
            "language",
            "accept_terms",
        )
    },
    "取次者": "id",
    "氏名": "name",
    "職種": "occupation",
    "証明書番号": "certificate",
    "有効期限": "valid_until",
    "メール": "email",
    "メールアドレス": "email",
    "電話": "phone",
    "電話番号": "phone",
    "所属": "organization",
    "所属機関": "organization",
    "言語": "language",
    "規約同意": "accept_terms",
}


OCCUPATION_WORDS = {
    "行政書士": "scrivener",
    "弁護士": "attorney",
    "受入れ機関": "host-organization",
    "登録支援機関": "support-organization",
    "公益法人": "public-interest",
    "教育機関": "educational",
}
"""Occupations as Japanese agent files have them."""


def too_many(where: Phrase) -> InputError:
    """Return the error of a line that has too many columns."""
    return broken(where, Phrase("it has more than {limit} columns", limit=MOST_COLUMNS))


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
        names = {**columns, **own}
        self._known = {_fold(name): key for name, key in names.items()}
        firms = set(map(_fold, own))
        self._usual = {_fold(name) for name in USUAL} & self._known.keys() - firms
        self._sure = [name for name in self._known if name not in self._usual]
        self._given: set[str] = set()
        self.needed = needed

    def settle(self, headings: Iterable[str]) -> None:
        """Drop each usual heading whose column a sure one of these ``headings`` gives."""
        names = set(map(_fold, headings))
        if self.needed == "number" and names >= LIST_COLUMNS.keys():
            self._known = {**LIST_COLUMNS, **self._known, **_ONLY_IN_LIST}
        self._given = {self._known[name] for name in self._sure if name in names}
        self._known = {
            name: key
            for name, key in self._known.items()
            if name not in self._usual or key not in self._given
        }

    def is_given(self, key: str) -> bool:
        """Tell whether a sure heading gives a column, even if all of its cells are empty.

        A column that files of this kind never have counts as given: it cannot be missing.
        """
        return key in self._given or key not in self._known.values()

    def match(self, heading: str) -> tuple[str | None, Phrase | None]:
        """Return the key that a heading means, or the problem of a mistyped one; else both None."""
        name = _fold(heading)
        key = self._known.get(name)
        if key is not None or not name or name in MAYBE_COLLECT_BY | _OTHER_WORDS | self._usual:
            return key, None
        near = nearest(name, self._sure, _NEAR if name.isascii() else _NEAR_JAPANESE)
        return None, _mistyped(heading, near) if near is not None else None

    def match_exactly(self, heading: str) -> str | None:
        """Return the key that a heading means, None where it is not known."""
        return self._known.get(_fold(heading))

    def find_missed(self, heading: str, found: Container[str | None]) -> Phrase | None:
        """Return the problem of a short heading that resembles one of a column not ``found``."""
        name = _fold(heading)
        if len(name) != _SHORT or name.isascii() or name in _OTHER_WORDS | self._usual:
            return None
        missing = [
            known
            for known in self._sure
            if len(known) == _SHORT and self._known[known] not in found
        ]
        near = nearest(name, missing, _NEAR_SHORT)
        return _mistyped(heading, near) if near is not None else None

    def find_missing(self, found: Container[str | None]) -> frozenset[str]:
        """Return the keys of the columns that a file does not have."""
        return frozenset(key for key in self._known.values() if key not in found)

    def missing(self, found: Iterable[str]) -> Phrase:
        """Return the problem of a file without the needed column; ``found`` are its headings."""
        if set(map(_fold, found)) >= _RESULT:
            return Phrase(
                "column '{name}' is missing: this is what 'book' has shown, without the kinds of "
                "the cases; give the file that it was made from, or one of 'plan -f csv'",
                name=self.needed,
            )
        usual = next(name for name, key in self._known.items() if key == self.needed != name)
        return Phrase(
            "column '{name}' is missing (in Japanese '{usual}')", name=self.needed, usual=usual
        )

    def repeated(self, key: str, headings: Sequence[str]) -> Phrase:
        """Return the problem of two headings that mean the same column."""
        shown = [abbreviate(heading.strip()) for heading in headings]
        return Phrase("column '{name}' is there twice: {headings}", name=key, headings=shown)

    def name_in_problem(self, key: str, heading: str) -> Name:
        """Return the name of a column: its key, with the heading if that is another word."""
        if _fold(heading) == key:
            return key
        shown = abbreviate(" ".join(heading.split()))
        return Phrase("{key} ({heading})", key=key, heading=shown)


def gives_day(heading: str) -> bool:
    """Tell whether a heading is a usual one of the day of the visit."""
    name = _fold(heading)
    return any(key == "date" and _fold(usual) == name for usual, key in USUAL.items())


def _mistyped(heading: str, near: str) -> Phrase:
    return Phrase(
        "unknown name '{name}'; did you mean '{near}'?", name=abbreviate(heading), near=near
    )


def _fold(heading: str) -> str:
    folded = unicodedata.normalize("NFKC", heading).strip().lower()
    return folded.replace(" ", "_").replace("-", "_")
