"""What the tests of the use cases share: rows of a file, statuses, what the counter did."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from kofucli.model import Actor, Reservation, Stamp
from tests.conftest import OfficeInFolder, Outcome

A1 = ("--agent", "A-1")
BEST = (*A1, "--best-effort")
POOL = ("--agent", "A-1", "--agent", "B-2")
STAFF = {"occupation": "host-organization", "organization": "甲府商事"}
HOST = STAFF["organization"]
"""What rows have in the column host, where staff of it may collect what A-1 filed."""
D25, D26, D27, D30, D01 = "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01"
"""The shown days."""
FRAME = "number,date,hour"


def statuses(office: OfficeInFolder) -> dict[str, str]:
    return {r["number"]: r["status"] for r in office.json("list", "--all")["reservations"]}


def write_rows(office: OfficeInFolder, *rows: str, head: str = FRAME) -> str:
    path = Path(office.folder) / "cases.csv"
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return str(path)


def book_rows(
    office: OfficeInFolder,
    *rows: str,
    options: tuple[str, ...] = A1,
    head: str = FRAME,
    now: str | None = None,
) -> Outcome:
    path = write_rows(office, *rows, head=head)
    return office.run("book", "--from", path, *options, "-f", "json", now=now)


def plan_rows(
    office: OfficeInFolder, *rows: str, options: tuple[str, ...] = A1, head: str = "number"
) -> Any:
    return office.json("plan", write_rows(office, *rows, head=head), *options)


def number_rows(count: int, more: str = "") -> list[str]:
    """Return so many rows of different cases."""
    return [f"N-{number}{more}" for number in range(count)]


def fill_frames(office: OfficeInFolder, *frames: tuple[str, str], agent: str = "A-1") -> None:
    """Book ten cases in each of these frames."""
    for day, hour in frames:
        office.book(day, hour, *(f"F{day[5:]}-{hour[:2]}-{n}" for n in range(10)), agent=agent)


def outcomes(document: Any) -> list[str]:
    """Return what became of the rows, in their order."""
    return [row["outcome"] for row in document["rows"]]


def places(document: Any) -> list[tuple[str | None, str | None]]:
    """Return on which day and at what hour each row is."""
    return [(row["date"], row["start"]) for row in document["rows"]]


def collectors(document: Any) -> list[str]:
    return [row["agent"] for row in document["rows"]]


def codes_of(row: Any) -> list[str]:
    return [refusal["code"] for refusal in row["refusals"]]


def codes(document: Any) -> list[list[str]]:
    return [codes_of(row) for row in document["rows"]]


def count_frames(document: Any) -> dict[tuple[str, str], int]:
    return Counter(
        (row["date"], row["start"]) for row in document["rows"] if row["outcome"] == "placed"
    )


def end_at_counter(office: OfficeInFolder, number: str, status: str, case_status: str) -> None:
    """Record how a visit ended: the reservation's status, and that of each active case."""
    stamp = Stamp(datetime.fromisoformat(office.now + "+09:00"), Actor(None, "counter"))
    day = date.fromisoformat(f"20{number[1:7]}")
    with office.open().transaction("desk", stamp) as transaction:
        before: Reservation = transaction.day(day)[number]
        cases = tuple(
            replace(case, status=case_status) if case.status == "active" else case
            for case in before.cases
        )
        transaction.put_reservation(replace(before, status=status, cases=cases))
