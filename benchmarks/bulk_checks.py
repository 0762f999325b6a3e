"""The rules as the programs ask them that bulk.py compares kofucli with, and their common course.

It is what a careful hand-written script would do: the same questions asked of every row as
``kofucli book --office --from`` asks, everything booked in one commit or nothing. What a row needs
to be known is asked of a ``Book``, which is a database's own.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from bulk_reading import Office, Row, load_office, read_rows

_CHECKS = "0123456789ABCDEFGHJKMNPRSTVWXYZ"
STAFF = ("host-organization", "support-organization", "public-interest")
PROFESSIONALS = ("scrivener", "attorney")
RECIPIENTS = {
    "self": (*STAFF, *PROFESSIONALS, "educational"),
    "colleague": STAFF,
    "staff": STAFF,
    "professional": PROFESSIONALS,
}
HOLDING = ("active", "arrived", "collected", "not-handed", "late", "no-show")
ENDED = ("cancelled", "late-cancelled")
ENDED_CASES = ("dropped", "collected")
STANDING = ("active", "arrived", "collected")


class Agent(NamedTuple):
    """What the rules ask of an agent."""

    occupation: str
    valid_until: str
    verified: bool
    terms: str | None
    since: str | None
    until: str | None


class Entry(NamedTuple):
    """A case that the database has, with its reservation."""

    reservation: str
    agent: str
    date: str
    start: str
    status: str
    case_status: str


class Reservation(NamedTuple):
    """Cases of one agent in one frame."""

    number: str
    agent: str
    date: str
    start: str
    closes: str
    cases: list[Row]


class Book(Protocol):
    """What is asked of a database, once or more for every row."""

    def agent(self, name: str) -> Agent | None:
        """Return an agent, None where there is none."""

    def knows(self, name: str) -> bool:
        """Tell whether there is such an agent."""

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

    def last_sequence(self, day: str) -> int:
        """Return the highest sequence of a day's reservation numbers."""

    def open_day_before(self, day: str) -> str:
        """Return the last open day before a day."""

    def save(self, reservations: list[Reservation]) -> None:
        """Store reservations, their cases and a record of who booked, durable; then close."""


Result = tuple[str, list[str], str | None]
"""What became of a row: outcome, codes of the rules that refuse it, its reservation."""


class Judge:
    """Asks every rule about the rows, one after the other; what is asked for counts at once."""

    def __init__(self, office: Office, book: Book) -> None:
        self._office, self._book = office, book
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
        together: dict[tuple[str, str, str], set[str]] = {}
        for row in asked:
            if row.kind in self._office.kinds:
                together.setdefault((row.agent, row.date, row.start), set()).add(row.number)
        for row in asked:
            beside = together.get((row.agent, row.date, row.start), set())
            codes = [
                *self._ask_agent(row),
                *self._ask_place(row),
                *self._ask_case(row, beside),
            ]
            results[row.row] = ("refused" if codes else "booked", codes, None)
        return results

    def _sort_out(self, row: Row) -> Result | None:
        if row.review == "pending":
            return "not-ready", [], None
        mine = [entry for entry in self._book.entries(row.number) if entry.agent == row.agent]
        for entry in mine:
            if entry.status in ("active", "arrived") and entry.case_status == "active":
                same = (entry.date, entry.start) == (row.date, row.start)
                return ("already", [], entry.reservation) if same else None
        for entry in mine:
            if entry.case_status in ENDED_CASES or entry.status in ENDED:
                return "ended", [], entry.reservation
        return None

    def _ask_agent(self, row: Row) -> list[str]:
        office, agent = self._office, self._book.agent(row.agent)
        codes = []
        if agent.occupation == "educational":
            codes.append("agent.educational")
        if agent.valid_until < row.date:
            codes.append("agent.certificate")
        if not agent.verified:
            codes.append("agent.unverified")
        if agent.since is not None and agent.since <= office.today < agent.until:
            codes.append("agent.suspended")
        if agent.terms is None:
            codes.append("agent.terms")
        if agent.occupation not in RECIPIENTS[row.recipient]:
            codes.append("case.recipient")
        return codes

    def _ask_place(self, row: Row) -> list[str]:
        office, place = self._office, []
        if row.date < office.today:
            place.append("day.past")
        elif not self._book.is_open(row.date):
            place.append("day.closed")
        elif row.date not in office.shown:
            place.append("day.not-shown")
        if row.start not in office.starts:
            place.append("frame.unknown")
        return place or self._ask_quota(row)

    def _ask_case(self, row: Row, beside: set[str]) -> list[str]:
        office, codes = self._office, []
        if row.kind == "reentry":
            if row.main not in beside:
                codes.append("case.reentry-alone")
        elif row.kind not in office.kinds:
            codes.append("case.kind")
        elif row.kind == "acquisition" and row.birth != "yes":
            codes.append("case.birth-only")
        if row.filed == "online":
            codes.append("case.filed-online")
        if row.office != office.id:
            codes.append("case.filed-elsewhere")
        if row.counter != office.counter:
            codes.append("case.counter")
        stands = any(
            entry.date >= office.today
            and entry.status in STANDING
            and entry.case_status in ("active", "collected")
            for entry in self._book.entries(row.number)
        )
        if stands or row.number in self._named:
            codes.append("case.duplicate")
        self._named.add(row.number)
        return codes

    def _ask_quota(self, row: Row) -> list[str]:
        office, codes = self._office, []
        frame, mine = (row.date, row.start), (row.agent, row.date, row.start)
        held = self._book.frames(row.agent)
        if frame not in held:
            ranks = self._frames.setdefault(row.agent, {})
            if ranks.setdefault(frame, len(ranks) + 1) > max(0, office.frames - len(held)):
                codes.append("quota.frames")
        self._cases[mine] = self._cases.get(mine, 0) + 1
        self._booked[frame] = self._booked.get(frame, 0) + 1
        if self._book.cases(*mine) + self._cases[mine] > office.cases:
            codes.append("quota.cases")
        if self._book.booked(*frame) + self._booked[frame] > office.capacity:
            codes.append("frame.full")
        return codes


def make_number(office: str, day: str, sequence: int) -> str:
    """Return a reservation's number with its check character."""
    short, digits = day[2:].replace("-", ""), f"{sequence:04d}"
    total = sum(
        (int(char) if char.isdigit() else ord(char) - ord("A")) << at
        for at, char in enumerate(reversed(office + short + digits))
    )
    return f"{office}{short}-{digits}-{_CHECKS[total % len(_CHECKS)]}"


def reserve(
    rows: Iterable[Row], results: dict[int, Result], office: Office, book: Book
) -> list[Reservation]:
    """Return the reservations to be made: none where any row is refused."""
    if any(outcome == "refused" for outcome, _, _ in results.values()):
        return []
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if results[row.row][0] == "booked":
            groups.setdefault((row.agent, row.date, row.start), []).append(row)
    last: dict[str, int] = {}
    closes: dict[str, str] = {}
    made = []
    for (agent, day, start), cases in groups.items():
        if day not in last:
            last[day] = book.last_sequence(day)
            closes[day] = f"{book.open_day_before(day)}T12:00:00+09:00"
        last[day] += 1
        number = make_number(office.id, day, last[day])
        made.append(Reservation(number, agent, day, start, closes[day], cases))
        for row in cases:
            results[row.row] = ("booked", [], number)
    return made


def write_result(
    path: str, rows: Iterable[Row], results: dict[int, Result], wrong: dict[int, list[str]]
) -> None:
    """Write what became of each row as JSON, durable."""
    document = {
        "wrong": wrong,
        "rows": [
            {
                "row": row.row,
                "case": row.number,
                "outcome": results[row.row][0],
                "agent": row.agent,
                "date": row.date,
                "start": row.start,
                "reservation": results[row.row][2],
                "codes": results[row.row][1],
            }
            for row in rows
            if results
        ],
    }
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(document, ensure_ascii=False))
        file.flush()
        os.fsync(file.fileno())


def run(
    open_book: Callable[[str, Office], Book],
    folder: str,
    source: str,
    result: str,
    judge: type[Judge] = Judge,
) -> None:
    """Book the rows of the file ``source``, all of them or none, and write what became of each."""
    gc.disable()  # as kofucli does
    office, _ = load_office(os.path.join(folder, "office.json"))
    book = open_book(folder, office)
    rows, wrong = read_rows(source, office, book.knows)
    results = {} if wrong else judge(office, book).judge(rows)
    book.save(reserve(rows, results, office, book) if results else [])
    write_result(result, rows, results, wrong)
