"""Book a case file into SQLite: ``python benchmarks/bulk_sqlite.py book DIR FILE RESULT``.

``init DIR`` makes the database of DIR/office.json. Write-ahead log, ``synchronous = FULL``, one
transaction; every row's questions are queries of their own, on indexed columns.
"""

from __future__ import annotations

import getpass
import os
import sqlite3
import sys

from bulk_checks import HOLDING, Agent, Entry, Reservation, run
from bulk_reading import Office, load_office

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
    account TEXT NOT NULL, reservations INTEGER NOT NULL, cases INTEGER NOT NULL
);
"""
HELD = f"({', '.join(map(repr, HOLDING))})"


class SqliteBook:
    """The office's database, open for one transaction."""

    def __init__(self, folder: str, office: Office) -> None:
        path = os.path.join(folder, "office.db")
        self._office = office
        self.database = sqlite3.connect(path, isolation_level=None, cached_statements=128)
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.execute("BEGIN IMMEDIATE")
        self._ask = self.database.execute

    def agent(self, name: str) -> Agent | None:
        """Return an agent, None where there is none."""
        found = self._ask(
            "SELECT occupation, valid_until, verified, terms, since, until FROM agents"
            " WHERE id = ?",
            (name,),
        ).fetchone()
        return found and Agent._make(found)

    def knows(self, name: str) -> bool:
        """Tell whether there is such an agent."""
        return self._ask("SELECT 1 FROM agents WHERE id = ?", (name,)).fetchone() is not None

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
                f" WHERE agent = ? AND shown AND status IN {HELD}",
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
            f" WHERE date = ? AND start = ? AND r.status IN {HELD} AND c.status <> 'dropped'",
            (day, start),
        ).fetchone()[0]

    def last_sequence(self, day: str) -> int:
        """Return the highest sequence of a day's reservation numbers."""
        found = self._ask("SELECT number FROM reservations WHERE date = ?", (day,))
        return max((int(number.split("-")[1]) for (number,) in found), default=0)

    def open_day_before(self, day: str) -> str:
        """Return the last open day before a day."""
        return self._ask("SELECT max(date) FROM days WHERE open AND date < ?", (day,)).fetchone()[0]

    def save(self, reservations: list[Reservation]) -> None:
        """Store reservations, their cases and a record of who booked, durable; then close."""
        office, cases = self._office, []
        for made in reservations:
            key = self._ask(
                "INSERT INTO reservations VALUES (NULL, ?, ?, ?, ?, 'active', ?, ?, ?, ?,"
                " (SELECT terms FROM agents WHERE id = ?))",
                (*made[:4], len(made.cases), office.now, made.closes, office.rules, made.agent),
            ).lastrowid
            cases += [(key, r.number, r.kind, r.recipient, r.birth, r.main) for r in made.cases]
        if reservations:
            self.database.executemany(
                "INSERT INTO cases VALUES (NULL, ?, ?, ?, ?, ?, ?, 'active')", cases
            )
            self._ask(
                "INSERT INTO audit VALUES (NULL, ?, 'book', 'office', ?, ?, ?)",
                (office.now, getpass.getuser(), len(reservations), len(cases)),
            )
        self._ask("COMMIT")
        self.database.close()


def make(folder: str) -> None:
    """Make the database of an office that has agents and days, and no reservation."""
    office, found = load_office(os.path.join(folder, "office.json"))
    database = sqlite3.connect(os.path.join(folder, "office.db"))
    database.executescript(_SCHEMA)
    database.executemany(
        "INSERT INTO agents VALUES (:id, :occupation, :valid_until, :verified, :terms, :since,"
        " :until)",
        found["agents"],
    )
    database.executemany(
        "INSERT INTO days VALUES (?, ?, ?)",
        [(day, is_open, day in office.shown) for day, is_open in found["days"]],
    )
    database.commit()
    database.close()


if __name__ == "__main__":
    if sys.argv[1] == "init":
        make(sys.argv[2])
    else:
        run(SqliteBook, *sys.argv[2:])
