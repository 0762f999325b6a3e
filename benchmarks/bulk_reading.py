"""The case file as the programs read it that bulk.py compares kofucli with: the csv module, NFKC.

English and Japanese words, full and half width mean the same; what cannot be understood is told of
every row.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

_TWELVE = re.compile(r"(?<![0-9])([0-9]{4})[ -]?([0-9]{4})[ -]?([0-9]{4})(?![0-9])")
_AGENT = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}")
_HOUR = re.compile(r"([0-9]{1,2})(?::([0-9]{2})|時)?")
_KINDS = {
    "変更": "change",
    "更新": "extension",
    "永住": "permanent",
    "取得": "acquisition",
    "資格外": "activity",
    "就労": "work-certificate",
    "再入国": "reentry",
    "認定": "coe",
    "その他": "other",
}
_WORDS = {
    "kind": _KINDS
    | {kind: kind for kind in _KINDS.values()}
    | {kind: kind for kind in ("card-change", "card-renewal", "card-reissue")},
    "recipient": {
        "ア": "self",
        "イ": "colleague",
        "ウ": "staff",
        "エ": "professional",
        **{word: word for word in ("self", "colleague", "staff", "professional")},
    },
    "birth": {"はい": "yes", "yes": "yes", "いいえ": "no", "no": "no"},
    "filed": {"窓口": "window", "window": "window", "オンライン": "online", "online": "online"},
    "review": {"済": "done", "done": "done", "未": "pending", "pending": "pending"},
}
_COLUMNS = {"main": "with", "start": "hour"}
_DEFAULTS = {"recipient": "self", "birth": "no", "filed": "window", "review": "done"}


class Row(NamedTuple):
    """One row of the file, its words understood."""

    row: int
    number: str
    kind: str
    recipient: str
    birth: str
    main: str
    filed: str
    office: str
    review: str
    counter: str
    agent: str
    date: str
    start: str


class Office(NamedTuple):
    """The settings of the office."""

    id: str
    counter: str
    kinds: list[str]
    default_kind: str
    capacity: int
    starts: list[str]
    frames: int
    cases: int
    rules: str
    now: str
    shown: list[str]

    @property
    def today(self) -> str:
        """The day on which it acts."""
        return self.now[:10]


def load_office(path: str) -> tuple[Office, dict[str, Any]]:
    """Return the settings of office.json, and all of it."""
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    return Office(**{key: found[key] for key in Office._fields}), found


def fold(text: str) -> str:
    """Return a cell in half width, trimmed."""
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()


def normalise(text: str) -> str:
    """Return a case number in its one spelling."""
    folded = fold(text).upper()
    if folded.isascii():
        return folded
    return "".join(
        "-" if char in "\u2212\u02d7\u2796" or unicodedata.category(char) == "Pd" else char
        for char in unicodedata.normalize("NFKC", folded)
    )


def is_number(number: str) -> bool:
    """Tell whether a normalised number can be a case's, and is no My Number."""
    if not 1 <= len(number) <= 32:
        return False
    if not all(char.isalpha() or char in "0123456789-〇" for char in number):
        return False
    for found in _TWELVE.finditer(number):
        digits = [int(digit) for digit in "".join(found.groups())]
        rest = sum(d * w for d, w in zip(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=False))
        if digits[11] == (0 if rest % 11 <= 1 else 11 - rest % 11):
            return False
    return True


def read_rows(
    path: str, office: Office, knows: Callable[[str], bool]
) -> tuple[list[Row], dict[int, list[str]]]:
    """Return the rows of a file, and by row the columns that cannot be understood."""
    rows: list[Row] = []
    wrong: dict[int, list[str]] = {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        heading = next(reader)
        for at, cells in enumerate(reader, 1):
            row = read_row(at, dict(zip(heading, cells, strict=True)), office)
            faults = [_COLUMNS.get(key, key) for key in row._fields if getattr(row, key) is None]
            if row.agent is not None and not knows(row.agent):
                faults.append("agent")
            if faults:
                wrong[at] = faults
            rows.append(row)
    return rows, wrong


def read_row(at: int, cells: dict[str, str], office: Office) -> Row:
    """Return a row; what cannot be understood in it is None."""
    words = {}
    for key, known in _WORDS.items():
        raw = cells[key]
        default = office.default_kind if key == "kind" else _DEFAULTS.get(key)
        words[key] = (known.get(raw) or known.get(fold(raw).lower())) if raw else default
    number, main = normalise(cells["number"]), cells["with"] and normalise(cells["with"])
    agent, day = fold(cells["agent"]), fold(cells["date"]).replace("/", "-")
    hour = _HOUR.fullmatch(fold(cells["hour"]))
    start = f"{int(hour[1]):02d}:{hour[2] or '00'}" if hour else "99"
    return Row(
        row=at,
        number=number if is_number(number) else None,
        main=main if not main or is_number(main) else None,
        office=fold(cells["office"]).upper() or office.id,
        counter=fold(cells["counter"]) or office.counter,
        agent=agent if _AGENT.fullmatch(agent) else None,
        date=day if _is_day(day) else None,
        start=start if start < "24:00" else None,
        **words,
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
