"""Results as JSON, with the keys of docs/documents.md: the same result gives the same bytes.

A document holds days, instants and structs as they are; ``encode`` writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from kofucli.base import Problem
from kofucli.base.clock import weekday
from kofucli.base.language import Translate, render
from kofucli.base.text import escape_json, safe, show
from kofucli.model import Case, Reservation
from kofucli.rules import Verdict
from kofucli.rules.conduct import is_changeable
from kofucli.rules.eligibility import papers_for
from kofucli.rules.wording import RULES, describe

if TYPE_CHECKING:
    from kofucli.operations.booking.requests import Row
    from kofucli.operations.slots import Slots

T = TypeVar("T")
FORMAT = 1  # ``format`` of every result's document; what shows the result adds it
Document = dict[str, Any]
_BLOCK = 1000  # the items of a long list that are encoded together
_WORDING = ("own", "name")  # details that only a refusal's wording needs


def instant(moment: datetime) -> str:
    """Return an instant as documents show it: ``2026-11-25T09:00:00+09:00``."""
    return moment.isoformat(timespec="seconds")


def hour_after(start: str) -> str:
    """Return when a frame ends that begins at ``start``, as ``HH:MM``."""
    return f"{int(start[:2]) + 1:02d}{start[2:]}"


def fields_of(result: msgspec.Struct) -> Document:
    """Return what a result holds under the names that its struct gives, but for ``dry_run``."""
    found: Document = msgspec.to_builtins(result)
    found.pop("dry_run", None)
    return found


def problem_documents(problems: Iterable[Problem], translate: Translate) -> list[Document]:
    """Return each problem with its place."""
    return [
        {"where": render(p.where, translate), "message": render(p.message, translate)}
        for p in problems
    ]


class Each(Generic[T]):
    """A list of what is made of things, anew whenever it is read: it may be a very long one."""

    def __init__(self, make: Callable[[Any], T], things: Iterable[object]) -> None:
        self._make, self._things = make, things

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._things)


def encode(document: Document) -> Iterator[bytes]:
    """Yield a document as indented JSON; only control and bidi characters are escaped."""
    start = b"{\n"
    for key, value in document.items():
        yield start
        yield from _encode_list(key, value) if isinstance(value, Each) else [_format(key, value)]
        start = b",\n"
    yield b"\n}\n"


def as_read(document: Document) -> Document:
    """Return a document as a program reads it that gets its JSON."""
    read: Document = msgspec.json.decode(b"".join(encode(document)))
    return read


def _encode_list(key: str, listed: Each[Any]) -> Iterator[bytes]:
    before, behind = _format(key, [0]).split(b"    0")
    start, items = before, iter(listed)
    while block := list(islice(items, _BLOCK)):
        yield start
        yield _format(key, block)[len(before) : -len(behind)]
        start = b",\n"
    yield _format(key, []) if start == before else behind


def _format(key: str, value: object) -> bytes:
    try:
        encoded = msgspec.json.encode({key: value})
    except UnicodeEncodeError:  # a path may hold bytes that are not UTF-8
        # What is encoded already is decoded again.
        plain = msgspec.to_builtins({key: value}, enc_hook=msgspec.json.decode)
        encoded = msgspec.json.encode(_as_text(plain))
    return msgspec.json.format(escape_json(encoded), indent=2)[2:-2]


def _as_text(value: object) -> object:
    """Return plain data in which undecodable bytes are written as escapes."""
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return safe(value) if isinstance(value, str) else value


def _case_document(case: Case, status: str) -> Document:
    known = {"with": case.main, "collect_by": case.collect_by, "not_handed": case.not_handed}
    return {
        "number": case.number,
        "kind": case.kind,
        "recipient": case.recipient,
        "status": status,
        "papers": list(papers_for(case)),
        **{key: value for key, value in known.items() if value is not None},
    }


def reservation_document(reservation: Reservation, now: datetime) -> Document:
    """Return R of docs/documents.md; ``changeable`` is true of the instant ``now``."""
    document: Document = {
        "number": reservation.number or None,
        "agent": reservation.agent,
        "date": reservation.date,
        "start": reservation.start,
        "end": f"{reservation.ends_at:%H:%M}",
        "status": reservation.status,
        "cases": [_case_document(case, reservation.status_of(case)) for case in reservation.cases],
        "first_count": reservation.first_count,
        "booked_at": reservation.booked_at,
        "deadline": reservation.deadline,
        "closes": reservation.closes,
        "changeable": is_changeable(reservation, now),
        "arrived_at": reservation.arrived_at,
    }
    if reservation.late_notice is not None:
        document["late_notice"] = reservation.late_notice
    if reservation.former:
        document["former"] = reservation.former
    return document


def refusal_document(verdict: Verdict, now: datetime, translate: Translate) -> Document:
    """Return a refusal: code, clause, message, subject, and the inputs that decided it."""
    return {
        "code": verdict.code,
        "clause": RULES[verdict.code].clause,
        "message": refusal_text(verdict, now, translate),
        "subject": verdict.subject,
        "details": details_document(verdict),
    }


def details_document(verdict: Verdict) -> Document:
    """Return the inputs that decided a verdict; ``limit`` is the boundary among them."""
    return {key: value for key, value in verdict.details.items() if key not in _WORDING}


def refusal_text(verdict: Verdict, now: datetime, translate: Translate) -> str:
    """Return a refusal's wording, and the instant and the limit where the wording lacks it."""
    said = describe(verdict)
    text = render(said, translate)
    if verdict.code == "case.recipient" and "agent" in verdict.details:
        text = f"{verdict.details['agent']}: {text}"
    limit = verdict.details.get("limit")
    if not limit or any(name in said.text for name in ("{limit}", "{deadline}", "{shown}")):
        return translate("{text} (decided at {now})").format(text=text, now=instant(now))
    return translate("{text} (decided at {now}; limit: {limit})").format(
        text=text, now=instant(now), limit=show(limit)
    )


def row_place(row: int) -> Document:
    """Return the number of a row, and the file that it stands in if there are several."""
    # The row of a file is a FileRow; that module is not loaded for this alone.
    number, file = getattr(row, "number", row), getattr(row, "file", "")
    return {"row": number, "file": file} if file else {"row": number}


def row_documents(rows: Iterable[Row], now: datetime, translate: Translate) -> Each[Document]:
    """Return what became of the rows of a case file; many may share their verdicts."""
    told: dict[int, msgspec.Raw] = {}
    last: tuple[tuple[Verdict, ...], msgspec.Raw] = (), msgspec.Raw(b"[]")

    def tell(verdict: Verdict) -> msgspec.Raw:
        if id(verdict) not in told:
            document = refusal_document(verdict, now, translate)
            told[id(verdict)] = msgspec.Raw(msgspec.json.encode(document))
        return told[id(verdict)]

    def tell_all(refusals: tuple[Verdict, ...]) -> msgspec.Raw:
        nonlocal last
        if refusals is not last[0]:  # rows that are alike mostly follow each other
            last = refusals, msgspec.Raw(msgspec.json.encode([*map(tell, refusals)]))
        return last[1]

    def make(row: Row) -> Document:
        wish, case = row.wish, row.wish.case
        return {
            **row_place(wish.row),
            "case": case.number,
            "outcome": row.outcome,
            "agent": wish.agent,
            "filed_by": row.filer,
            "recipient": case.recipient,
            "papers": papers_for(case),
            "date": row.day,
            "start": row.start,
            "reservation": row.reservation,
            "refusals": tell_all(row.refusals),
            "bookable_from": row.bookable_from,
            "note": wish.note or None,
        }

    return Each(make, rows)


def count_outcomes(rows: Iterable[Row], accepted: str = "booked") -> dict[str, int]:
    """Count the rows by outcome; ``accepted`` is ``booked``, in a plan ``placed``."""
    names = [accepted, "already", "ended", "not-ready", "refused", "not-placed"]
    if accepted == "booked":
        names.append("not-booked")
    counts = Counter(row.outcome for row in rows)
    return {name.replace("-", "_"): counts[name] for name in names}


def find_window(rows: Iterable[Row]) -> datetime | None:
    """Return the first instant at which a row that was not placed may be; None for never."""
    instants = {row.bookable_from for row in rows}
    return min((instant for instant in instants if instant is not None), default=None)


def slots_document(slots: Slots, office: str, now: datetime) -> Document:
    """Return the shown days and their frames."""
    agent = slots.agent and {
        "id": slots.agent,
        "frames_held": slots.held,
        "frames_left": slots.left,
        "blocked": [verdict.code for verdict in slots.blocked],
    }
    return {"office": office, "now": now, "days": day_documents(slots), "agent": agent}


def day_documents(slots: Slots) -> list[Document]:
    """Return the shown days with their frames; those of an agent have its own cases, too."""
    return [
        {
            "date": day,
            "weekday": weekday(day),
            "frames": [
                {
                    "start": room.frame.start,
                    "end": hour_after(room.frame.start),
                    "capacity": room.capacity,
                    "booked": room.booked,
                    "remaining": room.remaining,
                    "closed": room.closed,
                    **({"yours": room.yours, "bookable": room.bookable} if slots.agent else {}),
                }
                for room in rooms
            ],
        }
        for day, rooms in slots.days
    ]
