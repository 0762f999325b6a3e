"""The rules as a careful small program asks them: the same questions as ``kofucli book --office``.

What a row needs to be known is asked of a ``Book``, which small_office.py keeps in SQLite.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple, Protocol

CHECKS = "0123456789ABCDEFGHJKMNPRSTVWXYZ"
HOLDING = ("active", "arrived", "collected", "not-handed", "late", "no-show")
_STANDING = ("active", "arrived", "collected")
_ENDED = ("cancelled", "late-cancelled")
_STAFF = ("host-organization", "support-organization", "public-interest")
_PROFESSIONALS = ("scrivener", "attorney")
_RECIPIENTS = {
    "self": (*_STAFF, *_PROFESSIONALS, "educational"),
    "colleague": _STAFF,
    "staff": _STAFF,
    "professional": _PROFESSIONALS,
}
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
    "kind": _KINDS | {word: word for word in (*_KINDS.values(), "card-change", "card-renewal")},
    "recipient": dict(zip("アイウエ", _RECIPIENTS, strict=True)) | {w: w for w in _RECIPIENTS},
    "birth": {"はい": "yes", "yes": "yes", "いいえ": "no", "no": "no"},
    "filed": {"窓口": "window", "window": "window", "オンライン": "online", "online": "online"},
    "review": {"済": "done", "done": "done", "未": "pending", "pending": "pending"},
}
_DEFAULTS = {"recipient": "self", "birth": "no", "filed": "window", "review": "done"}
_COLUMNS = {"main": "with", "start": "hour"}


class Row(NamedTuple):
    """One row of a case file; what cannot be understood in it is None."""

    row: int
    number: str
    main: str
    office: str
    counter: str
    agent: str
    date: str
    start: str
    kind: str = "extension"
    recipient: str = "self"
    birth: str = "no"
    filed: str = "window"
    review: str = "done"


class Agent(NamedTuple):
    """What the rules ask of an agent."""

    occupation: str
    valid_until: str
    verified: bool
    terms: str | None
    since: str | None
    until: str | None


class Entry(NamedTuple):
    """A case that is stored, with its reservation."""

    reservation: str
    agent: str
    date: str
    start: str
    status: str
    case_status: str


class Book(Protocol):
    """What is asked of the database, once or more for every row."""

    office: dict[str, Any]

    def agent(self, name: str) -> Agent | None:
        """Return an agent, None where there is none."""

    def is_open(self, day: str) -> bool:
        """Tell whether a day is an open one."""

    def entries(self, number: str) -> list[Entry]:
        """Return what is known of a case number."""

    def frames(self, agent: str) -> set[tuple[str, str]]:
        """Return the frames on shown days that an agent holds."""

    def cases(self, agent: str, day: str, start: str) -> int:
        """Return an agent's active cases in a frame."""

    def booked(self, day: str, start: str) -> int:
        """Return the cases of all agents in a frame."""


Result = tuple[str, list[str], str | None]
"""What became of a row: outcome, codes of the rules that refuse it, its reservation."""


class Judge:
    """Asks every rule about the rows, one after the other; what is asked for counts at once."""

    def __init__(self, book: Book) -> None:
        self._book, self._office, self._today = book, book.office, book.office["now"][:10]
        self._named: set[str] = set()
        self._frames: dict[str, dict[tuple[str, str], int]] = {}
        self._cases: dict[tuple[str, str, str], int] = {}
        self._booked: dict[tuple[str, str], int] = {}

    def judge(self, rows: Iterable[Row]) -> dict[int, Result]:
        """Return what becomes of each row."""
        results: dict[int, Result] = {}
        asked: list[Row] = []
        for row in rows:
            early = self._sort_out(row)
            if early is None:
                asked.append(row)
            else:
                results[row.row] = early
        beside = {(r.agent, r.date, r.start, r.number) for r in asked if self._is_handled(r)}
        for row in asked:
            codes = [*self._ask_agent(row), *self._ask_place(row), *self._ask_case(row, beside)]
            results[row.row] = ("refused" if codes else "booked", codes, None)
        return results

    def _is_handled(self, row: Row) -> bool:
        return row.kind in self._office["kinds"]

    def _sort_out(self, row: Row) -> Result | None:
        if row.review == "pending":
            return "not-ready", [], None
        mine = [entry for entry in self._book.entries(row.number) if entry.agent == row.agent]
        for entry in mine:
            if entry.status in ("active", "arrived") and entry.case_status == "active":
                same = (entry.date, entry.start) == (row.date, row.start)
                return ("already", [], entry.reservation) if same else None
        for entry in mine:
            if entry.case_status in ("dropped", "collected") or entry.status in _ENDED:
                return "ended", [], entry.reservation
        return None

    def _ask_agent(self, row: Row) -> Iterator[str]:
        agent = self._book.agent(row.agent)
        assert agent is not None
        if agent.occupation == "educational":
            yield "agent.educational"
        if agent.valid_until < row.date:
            yield "agent.certificate"
        if not agent.verified:
            yield "agent.unverified"
        if agent.since is not None and agent.since <= self._today < (agent.until or ""):
            yield "agent.suspended"
        if agent.terms is None:
            yield "agent.terms"
        if agent.occupation not in _RECIPIENTS[row.recipient]:
            yield "case.recipient"

    def _ask_place(self, row: Row) -> list[str]:
        place = []
        if row.date < self._today:
            place.append("day.past")
        elif not self._book.is_open(row.date):
            place.append("day.closed")
        elif row.date not in self._office["shown"]:
            place.append("day.not-shown")
        if row.start not in self._office["starts"]:
            place.append("frame.unknown")
        return place or list(self._ask_quota(row))

    def _ask_case(self, row: Row, beside: set[tuple[str, str, str, str]]) -> Iterator[str]:
        if row.kind == "reentry":
            if (row.agent, row.date, row.start, row.main) not in beside:
                yield "case.reentry-alone"
        elif not self._is_handled(row):
            yield "case.kind"
        elif row.kind == "acquisition" and row.birth != "yes":
            yield "case.birth-only"
        if row.filed == "online":
            yield "case.filed-online"
        if row.office != self._office["id"]:
            yield "case.filed-elsewhere"
        if row.counter != self._office["counter"]:
            yield "case.counter"
        stands = any(
            entry.date >= self._today
            and entry.status in _STANDING
            and entry.case_status in ("active", "collected")
            for entry in self._book.entries(row.number)
        )
        if stands or row.number in self._named:
            yield "case.duplicate"
        self._named.add(row.number)

    def _ask_quota(self, row: Row) -> Iterator[str]:
        frame, mine = (row.date, row.start), (row.agent, row.date, row.start)
        held = self._book.frames(row.agent)
        if frame not in held:
            ranks = self._frames.setdefault(row.agent, {})
            rank = ranks.setdefault(frame, len(ranks) + 1)
            if rank > max(0, self._office["frames"] - len(held)):
                yield "quota.frames"
        self._cases[mine] = self._cases.get(mine, 0) + 1
        self._booked[frame] = self._booked.get(frame, 0) + 1
        if self._book.cases(*mine) + self._cases[mine] > self._office["cases"]:
            yield "quota.cases"
        if self._book.booked(*frame) + self._booked[frame] > self._office["capacity"]:
            yield "frame.full"


def make_number(office: str, day: str, sequence: int) -> str:
    """Return a reservation's number with its check character."""
    short, digits = day[2:].replace("-", ""), f"{sequence:04d}"
    total = sum(
        (int(char) if char.isdigit() else ord(char) - ord("A")) << at
        for at, char in enumerate(reversed(office + short + digits))
    )
    return f"{office}{short}-{digits}-{CHECKS[total % len(CHECKS)]}"


def read_rows(path: str, book: Book) -> tuple[list[Row], dict[int, list[str]]]:
    """Return the rows of a case file, and by row the columns that cannot be understood."""
    rows: list[Row] = []
    wrong: dict[int, list[str]] = {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        for at, cells in enumerate(csv.DictReader(file), 1):
            row = read_row(at, cells, book.office)
            faults = [_COLUMNS.get(key, key) for key in row._fields if getattr(row, key) is None]
            if row.agent is not None and book.agent(row.agent) is None:
                faults.append("agent")
            if faults:
                wrong[at] = faults
            rows.append(row)
    return rows, wrong


def read_row(at: int, cells: dict[str, str], office: dict[str, Any]) -> Row:
    """Return a row; English and Japanese words, full and half width mean the same."""
    defaults = _DEFAULTS | {"kind": office["default_kind"]}
    words: dict[str, Any] = {
        key: (known.get(cells[key]) or known.get(_fold(cells[key]).lower()))
        if cells[key]
        else defaults[key]
        for key, known in _WORDS.items()
    }
    number, main = _spell(cells["number"]), cells["with"] and _spell(cells["with"])
    agent, day = _fold(cells["agent"]), _fold(cells["date"]).replace("/", "-")
    hour = _HOUR.fullmatch(_fold(cells["hour"]))
    start = f"{int(hour[1]):02d}:{hour[2] or '00'}" if hour else "99"
    places: tuple[Any, ...] = (
        number if _is_number(number) else None,
        main if not main or _is_number(main) else None,
        _fold(cells["office"]).upper() or office["id"],
        _fold(cells["counter"]) or office["counter"],
        agent if _AGENT.fullmatch(agent) else None,
        day if _is_day(day) else None,
        start if start < "24:00" else None,
    )
    return Row(at, *places, **words)


def _fold(text: str) -> str:
    return (text if text.isascii() else unicodedata.normalize("NFKC", text)).strip()


def _spell(text: str) -> str:
    """Return a case number in its one spelling."""
    folded = _fold(text).upper()
    if folded.isascii():
        return folded
    return "".join("-" if unicodedata.category(c) == "Pd" or c == "−" else c for c in folded)


def _is_number(number: str) -> bool:
    """Tell whether a number can be a case's: letters, digits, hyphens, and no My Number."""
    if not 1 <= len(number) <= 32 or not any(char.isdigit() for char in number):
        return False
    if not all(char.isalpha() or char in "0123456789-〇" for char in number):
        return False
    for found in _TWELVE.finditer(number):
        digits = [int(digit) for digit in "".join(found.groups())]
        rest = sum(d * w for d, w in zip(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=False))
        if digits[11] == (0 if rest % 11 <= 1 else 11 - rest % 11):
            return False
    return True


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
