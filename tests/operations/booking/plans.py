"""Plans in the tests: a case file is planned, and what the document says of its rows."""

from __future__ import annotations

import csv
from collections import Counter
from io import StringIO
from typing import Any

from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import write_rows

A1 = ("--agent", "A-1")
POOL = ("--agent", "A-1", "--agent", "B-2")
STAFF = {"occupation": "host-organization", "organization": "甲府商事"}
D25, D26, D27, D30, D01 = "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30", "2026-12-01"
"""The shown days."""
HOST = STAFF["organization"]
"""What rows have in the column host, where B-2 and B-3 may collect what A-1 filed."""
Places = list[tuple[str, str | None, str | None]]


def run_plan(
    office: OfficeInFolder,
    *rows: str,
    options: tuple[str, ...] = A1,
    head: str = "number",
    now: str | None = None,
) -> Outcome:
    """Plan the rows of a case file."""
    path = write_rows(office, *rows, head=head)
    return office.run("plan", path, *options, "-f", "json", now=now)


def plan_rows(
    office: OfficeInFolder, *rows: str, options: tuple[str, ...] = A1, head: str = "number"
) -> Any:
    """Plan the rows of a case file and return the document."""
    outcome = run_plan(office, *rows, options=options, head=head)
    assert outcome.status == 0, outcome
    return outcome.json


def number_rows(count: int, more: str = "") -> list[str]:
    """Return so many rows of different cases."""
    return [f"N-{number}{more}" for number in range(count)]


def places(document: Any) -> Places:
    """Return who collects each row, on which day and at what hour."""
    return [(row["agent"], row["date"], row["start"]) for row in document["rows"]]


def count_frames(document: Any) -> dict[tuple[str, str], int]:
    """Return how many cases were placed in each frame."""
    return Counter(
        (row["date"], row["start"]) for row in document["rows"] if row["outcome"] == "placed"
    )


def codes(row: Any) -> list[str]:
    """Return the codes of a row's refusals."""
    return [refusal["code"] for refusal in row["refusals"]]


def fill_frames(office: OfficeInFolder, *frames: tuple[str, str], agent: str = "A-1") -> None:
    """Book ten cases in each of these frames."""
    for day, hour in frames:
        office.book(day, hour, *(f"F{day[5:]}-{hour[:2]}-{n}" for n in range(10)), agent=agent)


def read_plan(office: OfficeInFolder, path: str, *options: str) -> list[dict[str, str]]:
    """Return the plan of a file as CSV, row by row."""
    outcome = office.run("plan", path, *options, "-f", "csv")
    assert outcome.status == 0, outcome
    return list(csv.DictReader(StringIO(outcome.out, newline="")))
