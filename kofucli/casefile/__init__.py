"""Case files and agent files: their bytes become rows of known columns, or all mistakes are named.

The way in is ``reading``. A file of the lines ``申請番号,予約日,担当`` and
``横支更1,2026/11/25,山田`` gives one row, ``(1, {"number": "横支更1", "date": "2026/11/25"})``, and
the ignored heading 担当. Values stay as they are written: the caller reads days, hours and kinds.

How users write a case is said here, once for rows and for a SPEC ``NUMBER[,key=value]…``.
``X-2,kind=更新,with=X-1`` is read into ``{"number": "X-2", "kind": "更新", "with": "X-1"}``, which
means ``Case("X-2", kind="extension", main="X-1")``. Values may be English or Japanese, and in full
width.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args

from msgspec.structs import replace

from kofucli.base import InputError, Phrase, Problem
from kofucli.base.text import (
    drop_unseen,
    drop_variants,
    fault_of_unseen,
    find_invisible,
    fold_value,
    looks_like_my_number,
    nearest,
    quote,
)
from kofucli.base.written_times import read_day
from kofucli.model import Case, Kind, Recipient
from kofucli.model.numbers import find_marks, holds_number, normalise_number
from kofucli.rules.eligibility import fault_of_mention, fault_of_number
from kofucli.settings import Cases, Office, Settings

Draft = dict[str, str]
"""A case as written: raw values by key, its number among them."""

Fault = tuple[str, Phrase]
"""A key with a wrong value, and what was expected."""

_LONGEST_VALUE = 200

_Meaning = TypeVar("_Meaning")


def by_word(words: Mapping[_Meaning, str]) -> dict[str, _Meaning]:
    """Return what each word means; all the words of a meaning stand in one text, with commas."""
    return {word: meaning for meaning, text in words.items() for word in text.split(", ")}


TICKS = by_word(
    {
        True: "yes, true, 済, 済み, レ, ○, 〇, ◯, ⭕, ✓, ✔, ☑, ✅",
        False: "no, false, 未, 未済, ☐, ×, ✕, ✖, ✗, ✘, ❌",
    }
)
"""Marks and words for yes and no in the columns of a table."""
_TICKED: dict[str, dict[bool, object]] = {
    "birth": {True: True, False: False},
    "review": {True: "done", False: "pending"},
}
"""What they mean for an attribute."""
VALUES: dict[str, dict[str, object]] = {
    "kind": {
        **{kind: kind for kind in get_args(Kind)},
        **by_word(
            {
                "change": "変更, 在留資格変更, 在留資格変更許可申請",
                "extension": "更新, 在留期間更新, 在留期間更新許可申請",
                "permanent": "永住, 永住許可申請",
                "acquisition": "取得, 在留資格取得許可申請",
                "activity": "資格外, 資格外活動許可申請",
                "work-certificate": "就労, 就労資格証明書交付申請",
                "reentry": "再入国, 再入国許可申請",
                "coe": "認定, 在留資格認定証明書交付申請",
                "other": "その他",
            }
        ),
    },
    "recipient": {
        **{recipient: recipient for recipient in get_args(Recipient)},
        **by_word({"self": "ア", "colleague": "イ", "staff": "ウ", "professional": "エ"}),
    },
    "birth": by_word({True: "yes, はい, 出生", False: "no, いいえ"}),
    "filed": by_word({"window": "window, 窓口", "online": "online, オンライン"}),
    "review": by_word({"done": "done, 済", "pending": "pending, 未"}),
}


def write_case(case: Case) -> dict[str, str | None]:
    """Return the attributes of a case as users write them, None for those that it does not have."""
    return {
        "number": case.number,
        "kind": case.kind,
        "recipient": case.recipient,
        "birth": "yes" if case.birth else "no",
        "with": case.main,
        "filed": case.filed,
        "office": case.office,
        "review": case.review,
        "counter": case.counter,
        "collect_by": case.collect_by.isoformat() if case.collect_by is not None else None,
    }


KEYS = tuple(write_case(Case("X-1")))
"""The attributes of a case that users write, the number first."""
_READ = frozenset(KEYS[1:])
WORDS = by_word(
    {
        "number": "申請番号",
        "kind": "申請種別, 種別",
        "recipient": "受領区分",
        "birth": "出生",
        "with": "同時申請",
        "filed": "申請方法",
        "office": "官署",
        "review": "審査",
        "counter": "交付窓口",
        "collect_by": "受領期限, 受取期限",
    }
)
"""The attributes by their Japanese words: headings of files, keys of a SPEC."""
_COMMA = r"[,\uff0c]|\u3001(?=[^,\uff0c\u3001=\uff1d]*[=\uff1d])"
"""A comma in either width; the Japanese one where a key follows."""


def split_at_equals(text: str) -> tuple[str, str | None]:
    """Return the texts before and behind the first equals sign, in either width; None without."""
    before, *behind = re.split("[=\uff1d]", text, maxsplit=1)
    return before, behind[0] if behind else None


def parse_spec(text: str) -> Draft:
    """Read a SPEC into keys and raw values. Raises InputError for another form or key."""
    number, *rest = re.split(_COMMA, text)
    draft: Draft = {"number": number}
    for part in rest:
        name, value = split_at_equals(part)
        word = fold_value(drop_unseen(name)).lower()
        key = WORDS.get(word, word)
        if value is None:
            message = Phrase(
                "'{part}' is not key=value; expected NUMBER[,key=value]...", part=quote(part)
            )
        elif key == "number" or key not in KEYS:
            message = _unknown_key(word)
        elif key in draft:
            message = Phrase("'{key}' is given twice", key=key)
        else:
            draft[key] = value
            continue
        raise InputError(
            Phrase("A case is invalid; nothing was done."),
            [Problem(Phrase("case {spec}", spec=quote(text)), message)],
        )
    return draft


def _unknown_key(key: str) -> Phrase:
    near = nearest(key, (*KEYS[1:], *(word for word in WORDS if WORDS[word] != "number")))
    if near is not None:
        return Phrase("unknown key '{key}'; did you mean '{near}'?", key=quote(key), near=near)
    usual = {meaning: word for word, meaning in reversed(WORDS.items())}
    known = [f"{name}/{usual[name]}" for name in KEYS[1:]]
    return Phrase("unknown key '{key}'; known are: {known}", key=quote(key), known=known)


def build_case(
    draft: Mapping[str, str],
    settings: Settings,
    base: Case | None = None,
    read: Callable[[str, str], tuple[object, Phrase | None]] | None = None,
) -> tuple[Case | None, list[Fault]]:
    """Return the case that a draft means, or None and every fault of the draft.

    A key that is absent or empty keeps the value of ``base``; without ``base``, the default. The
    kind may be in the number (``_usual_kind``). Keys that are no attribute are passed over.
    ``read`` is ``read_value`` under these settings; one that remembers is quick for a file.
    """
    faults: list[Fault] = []
    pattern = settings.cases.pattern
    number = normalise_number(draft.get("number", ""))
    fault = fault_of_number(number, pattern)
    if holds_number(number, settings.office.id):
        fault = Phrase("it has the form of a reservation number")
    if fault is not None:
        faults.append(("number", _number_fault(draft.get("number", ""), number, fault)))
    changes: dict[str, Any] = {"number": number}
    for key, raw in draft.items():
        if key not in _READ or not raw.strip():
            continue
        value, message = read(key, raw) if read else read_value(key, raw, settings)
        if message is not None:
            faults.append((key, message))
        else:
            changes["main" if key == "with" else key] = value
    if faults:
        return None, faults
    if "kind" not in changes:
        changes["kind"] = _usual_kind(number, settings.cases, base)
    return (Case(**changes) if base is None else replace(base, **changes)), []


def _usual_kind(number: str, cases: Cases, base: Case | None) -> Kind:
    """Return the kind of a case for which none is given: by the marks in its number, if they agree.

    A case that is corrected (``base``) keeps its kind, but for the one that it has by its number.
    """
    kinds = set(find_marks(number, cases.kind_marks).values())
    marked = kinds.pop() if len(kinds) == 1 else None
    if base is None:
        return marked or cases.default_kind
    if marked is None or base.kind != _usual_kind(base.number, cases, None):
        return base.kind
    return marked


def _number_fault(raw: str, number: str, fault: Phrase) -> Phrase:
    """Return the fault of a case number with the text as written, unless that is a My Number."""
    if looks_like_my_number(number):
        return fault
    if find_invisible(number):
        return fault_of_unseen(drop_variants(raw).strip()) or fault
    return Phrase("'{value}' is not a case number: {fault}", value=quote(raw), fault=fault)


def read_value(key: str, raw: str, settings: Settings) -> tuple[object, Phrase | None]:
    """Return the meaning of a value, or None and its fault."""
    if key == "with":
        number = normalise_number(raw)
        fault = fault_of_mention(number, settings.cases.pattern)
        return number, None if fault is None else _number_fault(raw, number, fault)
    text = fold_value(raw)
    if len(text) > _LONGEST_VALUE or find_invisible(text):
        too_long = Phrase("'{value}' is too long", value=quote(text))
        return None, fault_of_unseen(drop_variants(raw).strip()) or too_long
    if key in VALUES:
        return _read_word(key, raw, text.lower())
    if key == "collect_by":
        return read_day(raw)
    if looks_like_my_number(text):
        return None, Phrase("it looks like a My Number (個人番号), which is never collected here")
    if key == "counter":
        own, asked = {_bare_counter(settings.cases.counter)}, _bare_counter(text)
    else:
        own, asked = _names_of(settings.office), _fold(text)
    return (None if asked in own else text), None


def _read_word(key: str, raw: str, word: str) -> tuple[object, Phrase | None]:
    """Return the meaning of a word or a mark, or None and its fault, which quotes it as typed."""
    ticked = _TICKED.get(key, {})
    value = ticked[TICKS[word]] if ticked and word in TICKS else VALUES[key].get(word)
    if value is not None:
        return value, None
    known = VALUES[key].items()
    words = {meaning: f"/{word}" for word, meaning in reversed(known) if not word.isascii()}
    allowed = [word + words.get(meaning, "") for word, meaning in known if word.isascii()]
    message = Phrase(
        "unknown value '{value}'; expected one of: {allowed}",
        value=quote(raw.strip()),
        allowed=allowed,
    )
    return None, message


def _names_of(office: Office) -> set[str]:
    """Return how people name this office: its id, its name, and shorter forms of the name.

    東京出入国在留管理局横浜支局 is also 横浜支局, and 入管 or 局 may stand for 出入国在留管理局.
    """
    name = _fold(office.name)
    shorter = {name.replace("出入国在留管理局", word) for word in ("入管", "局")}
    parts = re.split("(?<=局)(?=.)", name)
    tails = {"".join(parts[at:]) for at in range(1, len(parts))}
    return {_fold(office.id), name, *shorter, *tails} - {""}


def _bare_counter(text: str) -> str:
    """Return the name of a counter alone: ``3`` for 3番, 3番窓口 and ③「許可・証印」カウンター.

    The notice calls that one by its number and 許可・証印; the words alone mean it too.
    """
    plain = re.sub("[「」『』\"'()]", "", _fold(text)).replace("/", "・")
    bare = re.sub("(番の?)?(カウンター?|窓口|COUNTER)$", "", plain)
    bare = re.sub("(?<=.)番?の?許可・?証印$|番$", "", bare)
    bare = re.sub("^(第|NO[.]?|カウンター?|窓口|COUNTER)(?=[0-9])", "", bare)
    return "3" if bare in {"許可・証印", "許可証印"} else bare or plain


def _fold(text: str) -> str:
    """Return a name as it is compared: in one width, upper case, without blanks."""
    return "".join(fold_value(text).upper().split())
