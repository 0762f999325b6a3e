"""What the tests of the use cases share: rows of a file, statuses, what the counter did."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from kofucli.model import Actor, Reservation, Stamp
from kofucli.model.numbers import parse_number
from tests.conftest import OfficeInFolder, Outcome


def statuses(office: OfficeInFolder) -> dict[str, str]:
    """Return the status of every reservation by its number."""
    return {r["number"]: r["status"] for r in office.json("list", "--all")["reservations"]}


def write_rows(office: OfficeInFolder, *rows: str, head: str = "number,date,hour") -> str:
    """Write a case file and return its path."""
    path = Path(office.folder) / "cases.csv"
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return str(path)


def book_rows(
    office: OfficeInFolder,
    *rows: str,
    options: tuple[str, ...] = ("--agent", "A-1"),
    head: str = "number,date,hour",
    now: str | None = None,
) -> Outcome:
    """Book the rows of a case file."""
    path = write_rows(office, *rows, head=head)
    return office.run("book", "--from", path, *options, "-f", "json", now=now)


def outcomes(document: Any) -> list[str]:
    """Return what became of the rows, in their order."""
    return [row["outcome"] for row in document["rows"]]


def places(document: Any) -> list[tuple[str | None, str | None]]:
    """Return on which day and at what hour each row is."""
    return [(row["date"], row["start"]) for row in document["rows"]]


def codes(document: Any) -> list[list[str]]:
    """Return the codes of each row's refusals."""
    return [[refusal["code"] for refusal in row["refusals"]] for row in document["rows"]]


def end_at_counter(office: OfficeInFolder, number: str, status: str, case_status: str) -> None:
    """Record how a visit ended: the reservation's status, and that of each active case."""
    stamp = Stamp(datetime.fromisoformat(office.now + "+09:00"), Actor(None, "counter"))
    parsed = parse_number(number)
    assert parsed is not None
    _, day = parsed
    assert day is not None
    store = office.open()
    with store.transaction("desk", stamp) as transaction:
        before: Reservation = transaction.day(day)[number]
        cases = tuple(
            replace(case, status=case_status) if case.status == "active" else case
            for case in before.cases
        )
        transaction.put_reservation(replace(before, status=status, cases=cases))
