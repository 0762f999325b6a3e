"""Book a case file into SQLite by whole sets of rows: ``bulk_sqlite_sets.py book DIR FILE RESULT``.

The rows go into a temporary table, and each rule is one query over all of them. The database and
everything else is that of bulk_sqlite.py.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import product

from bulk_checks import RECIPIENTS, Judge, Result, run
from bulk_reading import Office, Row
from bulk_sqlite import HELD, SqliteBook, make

_ASKED = f"""
CREATE TEMP TABLE asked ({", ".join(f"{key} TEXT" for key in Row._fields)});
CREATE TEMP TABLE refused (row INTEGER, code TEXT);
CREATE TEMP TABLE receives (recipient TEXT, occupation TEXT, PRIMARY KEY (recipient, occupation));
CREATE TEMP TABLE kinds (kind TEXT PRIMARY KEY);
CREATE TEMP TABLE starts (start TEXT PRIMARY KEY);
""".replace("row TEXT", "row INTEGER PRIMARY KEY")

_EARLY = """
SELECT row, 'not-ready', NULL FROM asked WHERE review = 'pending'
UNION ALL
SELECT row, CASE WHEN r.date = a.date AND r.start = a.start THEN 'already' END, r.number
FROM asked a JOIN cases c USING (number)
JOIN reservations r ON r.id = c.reservation AND r.agent = a.agent
WHERE review = 'done' AND r.status IN ('active', 'arrived') AND c.status = 'active'
UNION ALL
SELECT row, 'ended', r.number FROM asked a JOIN cases c USING (number)
JOIN reservations r ON r.id = c.reservation AND r.agent = a.agent
WHERE review = 'done' AND (
    c.status IN ('dropped', 'collected') OR r.status IN ('cancelled', 'late-cancelled')
)
"""

_RULES = {
    "agent.educational": "JOIN agents ON id = agent WHERE occupation = 'educational'",
    "agent.certificate": "JOIN agents ON id = agent WHERE valid_until < date",
    "agent.unverified": "JOIN agents ON id = agent WHERE NOT verified",
    "agent.suspended": "JOIN agents ON id = agent WHERE since <= :today AND :today < until",
    "agent.terms": "JOIN agents ON id = agent WHERE terms IS NULL",
    "day.past": "WHERE date < :today",
    "day.closed": "JOIN days USING (date) WHERE date >= :today AND NOT open",
    "day.not-shown": "JOIN days USING (date) WHERE date >= :today AND open AND NOT shown",
    "frame.unknown": "WHERE start NOT IN (SELECT start FROM starts)",
    "case.kind": "WHERE kind <> 'reentry' AND kind NOT IN (SELECT kind FROM kinds)",
    "case.birth-only": "WHERE kind = 'acquisition' AND kind IN (SELECT kind FROM kinds)"
    " AND birth <> 'yes'",
    "case.reentry-alone": """LEFT JOIN (
        SELECT DISTINCT agent, date, start, number AS main FROM asked JOIN kinds USING (kind)
    ) beside USING (agent, date, start, main)
    WHERE kind = 'reentry' AND beside.main IS NULL""",
    "case.filed-online": "WHERE filed = 'online'",
    "case.filed-elsewhere": "WHERE office <> :id",
    "case.counter": "WHERE counter <> :counter",
    "case.recipient": "JOIN agents ON id = agent"
    " WHERE (recipient, occupation) NOT IN (SELECT recipient, occupation FROM receives)",
    "case.duplicate": """WHERE number IN (
        SELECT c.number FROM asked JOIN cases c USING (number)
        JOIN reservations r ON r.id = c.reservation
        WHERE r.date >= :today AND r.status IN ('active', 'arrived', 'collected')
        AND c.status IN ('active', 'collected')
    ) OR row NOT IN (SELECT min(row) FROM asked GROUP BY number)""",
}
"""What follows ``SELECT row FROM asked`` to give the rows that a rule refuses."""

_PLACES = f"""
CREATE TEMP TABLE good AS SELECT row, agent, date, start FROM asked WHERE row NOT IN (
    SELECT row FROM refused WHERE code LIKE 'day.%' OR code LIKE 'frame.%'
);
CREATE TEMP TABLE held AS SELECT DISTINCT agent, r.date AS date, start
FROM reservations r JOIN days USING (date) WHERE shown AND status IN {HELD};
CREATE INDEX temp.by_holder ON held (agent, date, start);
CREATE TEMP TABLE added AS
SELECT agent, date, start, row_number() OVER (PARTITION BY agent ORDER BY min(row)) AS rank
FROM good WHERE (agent, date, start) NOT IN (SELECT agent, date, start FROM held)
GROUP BY agent, date, start;
CREATE INDEX temp.by_adder ON added (agent, date, start);
CREATE TEMP TABLE filled AS
SELECT agent, date, start, sum(r.status IN ('active', 'arrived') AND c.status = 'active') AS active,
    sum(c.status <> 'dropped') AS booked
FROM reservations r JOIN cases c ON c.reservation = r.id WHERE r.status IN {HELD}
GROUP BY agent, date, start;
CREATE INDEX temp.by_place ON filled (date, start, agent);
"""

_QUOTAS = {
    "quota.frames": """
        SELECT row FROM good JOIN added USING (agent, date, start)
        WHERE rank > max(0, :frames - (SELECT count(*) FROM held h WHERE h.agent = good.agent))""",
    "quota.cases": """
        SELECT row FROM (
            SELECT *, row_number() OVER (PARTITION BY agent, date, start ORDER BY row) AS asks
            FROM good
        ) LEFT JOIN filled USING (agent, date, start) WHERE asks + ifnull(active, 0) > :cases""",
    "frame.full": """
        SELECT row FROM (
            SELECT *, row_number() OVER (PARTITION BY date, start ORDER BY row) AS asks FROM good
        ) LEFT JOIN (
            SELECT date, start, sum(booked) AS booked FROM filled GROUP BY date, start
        ) USING (date, start) WHERE asks + ifnull(booked, 0) > :capacity""",
}


class SetBook(SqliteBook):
    """The office's database, with the ids of its agents read once."""

    def __init__(self, folder: str, office: Office) -> None:
        super().__init__(folder, office)
        self._ids = {name for (name,) in self.database.execute("SELECT id FROM agents")}

    def knows(self, name: str) -> bool:
        """Tell whether there is such an agent."""
        return name in self._ids


class SetJudge(Judge):
    """Asks every rule about all rows at once."""

    def judge(self, rows: Iterable[Row]) -> dict[int, Result]:
        """Return what becomes of each row."""
        database, office = self._book.database, self._office
        settings = {
            key: value for key, value in office._asdict().items() if not isinstance(value, list)
        } | {"today": office.today}
        for statement in _ASKED.strip().split(";\n"):
            database.execute(statement)
        marks = ", ".join("?" * len(Row._fields))
        database.executemany(f"INSERT INTO asked VALUES ({marks})", rows)
        pairs = [pair for word, who in RECIPIENTS.items() for pair in product([word], who)]
        database.executemany("INSERT INTO receives VALUES (?, ?)", pairs)
        database.executemany("INSERT INTO kinds VALUES (?)", [(kind,) for kind in office.kinds])
        database.executemany("INSERT INTO starts VALUES (?)", [(at,) for at in office.starts])
        results: dict[int, Result] = {}
        for row, outcome, reservation in database.execute(_EARLY).fetchall():
            results.setdefault(row, (outcome, [], reservation))
        results = {row: result for row, result in results.items() if result[0] is not None}
        database.executemany("DELETE FROM asked WHERE row = ?", [(row,) for row in results])
        refuse = "INSERT INTO refused SELECT row, '{}' FROM"
        for code, rest in _RULES.items():
            database.execute(f"{refuse.format(code)} asked {rest}", settings)
        for statement in _PLACES.strip().split(";\n"):
            database.execute(statement)
        for code, query in _QUOTAS.items():
            database.execute(f"{refuse.format(code)} ({query})", settings)
        codes: dict[int, list[str]] = {}
        for row, code in database.execute("SELECT row, code FROM refused"):
            codes.setdefault(row, []).append(code)
        for (row,) in database.execute("SELECT row FROM asked"):
            found = codes.get(row, [])
            results[row] = ("refused" if found else "booked", found, None)
        return results


if __name__ == "__main__":
    if sys.argv[1] == "init":
        make(sys.argv[2])
    else:
        run(SetBook, *sys.argv[2:], SetJudge)
