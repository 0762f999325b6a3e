"""A small click program over SQLite that books as kofucli does: what the store is compared with.

Write-ahead log, ``synchronous = FULL``, one transaction; every question is a query of its own, on
indexed columns. It lies in the folder of an office that offices.py made.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from typing import Any

import click
from small_rules import HOLDING, Agent, Entry, Judge, Result, Row, make_number, read_rows

_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE agents (
    id TEXT PRIMARY KEY, occupation TEXT NOT NULL, valid_until TEXT NOT NULL,
    verified INTEGER NOT NULL, terms TEXT, since TEXT, until TEXT
) WITHOUT ROWID;
CREATE TABLE days (date TEXT PRIMARY KEY, open INTEGER NOT NULL, shown INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE reservations (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, agent TEXT NOT NULL REFERENCES agents,
    date TEXT NOT NULL, start TEXT NOT NULL, status TEXT NOT NULL, first_count INTEGER NOT NULL,
    booked_at TEXT NOT NULL, closes TEXT NOT NULL, rules TEXT NOT NULL, terms TEXT
);
CREATE INDEX by_agent ON reservations (agent, date, start);
CREATE INDEX by_frame ON reservations (date, start);
CREATE TABLE cases (
    id INTEGER PRIMARY KEY, reservation INTEGER NOT NULL REFERENCES reservations,
    number TEXT NOT NULL, kind TEXT NOT NULL, recipient TEXT NOT NULL, birth TEXT NOT NULL,
    main TEXT NOT NULL, status TEXT NOT NULL
);
CREATE INDEX by_number ON cases (number);
CREATE INDEX by_reservation ON cases (reservation);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, op TEXT NOT NULL, actor TEXT NOT NULL,
    reservations INTEGER NOT NULL, cases INTEGER NOT NULL
);
"""
_HELD = f"({', '.join(map(repr, HOLDING))})"


def make(
    office: dict[str, Any], agents: Iterable[tuple], days: Iterable[tuple], stored: Iterable[Any]
) -> None:
    """Make office.json and office.db here, with the reservations that kofucli's store has."""
    with open("office.json", "w", encoding="utf-8") as file:
        json.dump(office, file)
    database = sqlite3.connect("office.db")
    database.executescript(_SCHEMA)
    database.executemany("INSERT INTO agents VALUES (?, ?, ?, ?, ?, ?, ?)", agents)
    database.executemany("INSERT INTO days VALUES (?, ?, ?)", days)
    for key, r in enumerate(stored, 1):
        database.execute(
            "INSERT INTO reservations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(key, r.number, r.agent, f"{r.date}", r.start, r.status, r.first_count),
                *(f"{r.booked_at}", f"{r.closes}", r.rules, r.terms),
            ),
        )
        database.executemany(
            "INSERT INTO cases VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
            [(key, c.number, c.kind, "self", "no", "", c.status) for c in r.cases],
        )
    database.commit()


class SqliteBook:
    """The office's database, open for one transaction."""

    def __init__(self, begin: str) -> None:
        with open("office.json", encoding="utf-8") as file:
            self.office = json.load(file)
        self._database = sqlite3.connect("office.db", isolation_level=None, cached_statements=128)
        self._ask = self._database.execute
        self._ask("PRAGMA synchronous = FULL")
        self._ask(begin)

    def agent(self, name: str) -> Agent | None:
        """Return an agent, None where there is none."""
        found = self._ask(
            "SELECT occupation, valid_until, verified, terms, since, until FROM agents"
            " WHERE id = ?",
            (name,),
        ).fetchone()
        return found and Agent._make(found)

    def is_open(self, day: str) -> bool:
        """Tell whether a day is an open one."""
        return bool(self._ask("SELECT open FROM days WHERE date = ?", (day,)).fetchone()[0])

    def entries(self, number: str) -> list[Entry]:
        """Return what is known of a case number."""
        found = self._ask(
            "SELECT r.number, agent, date, start, r.status, c.status FROM cases c"
            " JOIN reservations r ON r.id = c.reservation WHERE c.number = ?",
            (number,),
        )
        return list(map(Entry._make, found))

    def frames(self, agent: str) -> set[tuple[str, str]]:
        """Return the frames on shown days that an agent holds."""
        return set(
            self._ask(
                "SELECT DISTINCT r.date, start FROM reservations r JOIN days USING (date)"
                f" WHERE agent = ? AND shown AND status IN {_HELD}",
                (agent,),
            )
        )

    def cases(self, agent: str, day: str, start: str) -> int:
        """Return an agent's active cases in a frame."""
        return self._ask(
            "SELECT count(*) FROM reservations r JOIN cases c ON c.reservation = r.id"
            " WHERE agent = ? AND date = ? AND start = ?"
            " AND r.status IN ('active', 'arrived') AND c.status = 'active'",
            (agent, day, start),
        ).fetchone()[0]

    def booked(self, day: str, start: str) -> int:
        """Return the cases of all agents in a frame."""
        return self._ask(
            "SELECT count(*) FROM reservations r JOIN cases c ON c.reservation = r.id"
            f" WHERE date = ? AND start = ? AND r.status IN {_HELD} AND c.status <> 'dropped'",
            (day, start),
        ).fetchone()[0]

    def _last_sequence(self, day: str) -> int:
        found = self._ask("SELECT number FROM reservations WHERE date = ?", (day,))
        return max((int(number.split("-")[1]) for (number,) in found), default=0)

    def _close(self, day: str) -> str:
        found = self._ask("SELECT max(date) FROM days WHERE open AND date < ?", (day,)).fetchone()
        return f"{found[0]}T12:00:00+09:00"

    def save(self, rows: Iterable[Row], results: dict[int, Result]) -> None:
        """Store the booked rows and a record of who booked, durable; none where one is refused."""
        groups: dict[tuple[str, str, str], list[Row]] = {}
        if all(outcome != "refused" for outcome, _, _ in results.values()):
            for row in rows:
                if results[row.row][0] == "booked":
                    groups.setdefault((row.date, row.start, row.agent), []).append(row)
        office, last, closes, cases = self.office, {}, {}, []
        for (day, start, agent), members in groups.items():
            if day not in last:
                last[day], closes[day] = self._last_sequence(day), self._close(day)
            last[day] += 1
            number = make_number(office["id"], day, last[day])
            key = self._ask(
                "INSERT INTO reservations VALUES (NULL, ?, ?, ?, ?, 'active', ?, ?, ?, ?,"
                " (SELECT terms FROM agents WHERE id = ?))",
                (
                    *(number, agent, day, start, len(members)),
                    *(office["now"], closes[day], office["rules"], agent),
                ),
            ).lastrowid
            for r in members:
                cases.append((key, r.number, r.kind, r.recipient, r.birth, r.main))
                results[r.row] = ("booked", [], number)
        if groups:
            self._database.executemany(
                "INSERT INTO cases VALUES (NULL, ?, ?, ?, ?, ?, ?, 'active')", cases
            )
            self._ask(
                "INSERT INTO audit VALUES (NULL, ?, 'book', 'office', ?, ?)",
                (office["now"], len(groups), len(cases)),
            )
        self._ask("COMMIT")


@click.group()
def main() -> None:
    """Book visits at an office."""


@main.command()
def slots() -> None:
    """Show what is left in every frame of the shown days."""
    office = SqliteBook("BEGIN")
    for day in office.office["shown"]:
        left = (
            office.office["capacity"] - office.booked(day, start)
            for start in office.office["starts"]
        )
        click.echo(f"{day}  " + "  ".join(f"{n:3}" for n in left))


@main.command()
@click.argument("day")
@click.argument("hour")
@click.option("--case", required=True)
@click.option("--agent", required=True)
def book(day: str, hour: str, case: str, agent: str) -> None:
    """Book a case."""
    office = SqliteBook("BEGIN IMMEDIATE")
    row = Row(1, case, "", office.office["id"], office.office["counter"], agent, day, hour)
    results = Judge(office).judge([row])
    office.save([row], results)
    outcome, codes, number = results[1]
    if codes:
        raise click.ClickException(", ".join(codes))
    click.echo(f"{outcome} {number}")


@main.command()
@click.argument("source")
@click.argument("result")
def book_file(source: str, result: str) -> None:
    """Book a case file, all of it or nothing, and write what became of each row."""
    import gc

    gc.disable()  # as kofucli does
    office = SqliteBook("BEGIN IMMEDIATE")
    rows, wrong = read_rows(source, office)
    results = {} if wrong else Judge(office).judge(rows)
    office.save(rows if results else [], results)
    document = {
        "wrong": wrong,
        "rows": [
            {
                "row": row.row,
                "case": row.number,
                "agent": row.agent,
                "date": row.date,
                "start": row.start,
                "outcome": results[row.row][0],
                "codes": results[row.row][1],
                "reservation": results[row.row][2],
            }
            for row in rows
            if results
        ],
    }
    with open(result, "w", encoding="utf-8") as file:
        file.write(json.dumps(document, ensure_ascii=False))
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    main()
