"""The tables of an office, and what a view reads of them, as ``Source`` asks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby

from kofucli.base import Phrase, StoreError
from kofucli.store import documents
from kofucli.store.documents import damaged
from kofucli.store.header import refuse_other_office
from kofucli.store.ledger import SHARES, RawLine, Tail, decode_line, share_of
from kofucli.store.postgres.connection import Connection, Row, Timing, schema_of

_FIRST_DAY, AFTER_DAYS = "days/", "days0"
_BATCH = 1000
USUAL = (
    "name, n, share, CASE WHEN share IS NULL OR name = ANY(%s) THEN content END "
    "FROM {s}.documents WHERE office = {o} AND "
    "(name = ANY(%s) OR share = %s OR (name >= %s AND name < %s))"
)
"""What most commands read: the office, the days to come, who acts."""
_OFFICES = (
    "SELECT upper(substr(nspname, 6)) FROM pg_namespace WHERE nspname ~ '^kofu_[a-z]{1,4}$' "
    "ORDER BY 1"
)


class Tables:
    """The tables of office ``office`` on the server of ``url``; ``root`` names the store.

    In a transaction, what was fetched before it is asked for is not fetched again.
    """

    def __init__(self, url: str, root: str, office: str, lock_seconds: float) -> None:
        self.root = root
        self.office = office
        self.schema = schema_of(office)
        self.timing = Timing(lock_seconds)
        self.within = False  # whether a transaction goes on
        self._url = url
        self._connection: Connection | None = None
        self._unsent: list[bytes] = []
        self.forget()

    @property
    def connection(self) -> Connection:
        """The connection, made when it is needed; one that was lost ends its transaction."""
        found = self._connection
        if found is None or (found.closed and not self.within):
            found = self._connection = Connection(self._url, self.root, self.timing)
        return found

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Run a statement; return the rows. ``{s}`` in it is the schema, ``{o}`` the office.

        It belongs to the transaction that goes on, or stands by itself.
        """
        self.send()
        try:
            return self.connection.run(self.spell(sql), values)
        except StoreError as error:
            if error.reason == "missing":
                self._refuse_other_office()
            raise

    def spell(self, sql: str) -> str:
        """Return a statement with the schema and the office, which are letters, in it."""
        return sql.replace("{s}", self.schema).replace("{o}", f"'{self.office}'")

    def _refuse_other_office(self) -> None:
        """Raise InputError where only other offices are in the database."""
        found = self._connection
        if found is not None and not found.closed:
            found.roll_back()
            theirs = [office for (office,) in found.run(_OFFICES)]
            if theirs and self.office not in theirs:
                refuse_other_office(self.root, ", ".join(theirs), self.office)

    def send(self) -> None:
        """Send what was to go with COMMIT, since something else is asked before."""
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            self.connection.run(b"; ".join(unsent))

    def forget(self) -> None:
        """Forget what was fetched."""
        self._fetched: dict[str, bytes] = {}
        self._shares: dict[int, dict[str, int]] = {}
        self._since = AFTER_DAYS

    def usual(self, agent: str | None, since: str) -> Sequence[object]:
        """Return the values of ``USUAL``."""
        names = ["office", f"agents/{agent}"]
        share = None if agent is None else share_of(names[1])
        return names, names, share, since, AFTER_DAYS

    def keep(self, rows: Iterable[Row], agent: str | None, since: str) -> None:
        """Keep the rows of ``USUAL``."""
        rows = list(rows)
        self._fetched |= {name: bytes(content) for name, *_, content in rows if content is not None}
        if agent is not None:
            share = share_of(f"agents/{agent}")
            self._shares[share] = {name: n for name, n, its, _ in rows if its == share}
        self._since = min(self._since, since)

    def fetch(self, agent: str | None, since: str = AFTER_DAYS) -> None:
        """Fetch an agent, the lines of all agents of its share, the office, all days ``since``."""
        if since < self._since or (agent and share_of(f"agents/{agent}") not in self._shares):
            self.keep(self.query(f"SELECT {USUAL}", self.usual(agent, since)), agent, since)

    def document(self, name: str) -> bytes | None:
        """Return a document's bytes, None for none."""
        folder, _, rest = name.partition("/")
        if self.within and folder == "agents" and share_of(name) not in self._shares:
            self.fetch(rest)
        if name in self._fetched or self._since <= name < AFTER_DAYS:
            return self._fetched.get(name)
        return self._one("SELECT content FROM {s}.documents WHERE office = {o} AND name = %s", name)

    def names(self, folder: str, after: str = "") -> list[str]:
        """Return the documents of a folder; who asks for all agents is to read them next."""
        if folder == "agents" and self.within:
            rows = self.query(
                "SELECT name, n, share, content FROM {s}.documents "
                "WHERE office = {o} AND share IS NOT NULL"
            )
            self._shares = {share: {} for share in range(SHARES)}
            for name, n, share, content in rows:
                self._shares[share][name] = n
                self._fetched[name] = bytes(content)
            return [name for name, *_ in rows]
        if self._since <= after < AFTER_DAYS:
            return sorted(name for name in self._fetched if after < name < AFTER_DAYS)
        return list(self._select(max(f"{folder}/", after), f"{folder}0"))

    def share(self, share: int) -> dict[str, int]:
        """Return the agents' documents of a share, each with its line."""
        if share in self._shares:
            return self._shares[share]
        sql = "SELECT name, n FROM {s}.documents WHERE office = {o} AND share = %s"
        return dict(self.query(sql, (share,)))

    def past(self, before: str) -> dict[str, int]:
        """Return the documents of days before the one with a name, each with its line."""
        return self._select(_FIRST_DAY, before)

    def _select(self, after: str, before: str) -> dict[str, int]:
        sql = (
            "SELECT name, n FROM {s}.documents WHERE office = {o} AND name > %s AND name < %s "
            "ORDER BY name"
        )
        return dict(self.query(sql, (after, before)))

    def personal_bytes(self, agent_id: str, name: str) -> bytes | None:
        """Return an agent's personal values, None for none."""
        sql = "SELECT content FROM {s}.personal WHERE office = {o} AND agent = %s AND name = %s"
        return self._one(sql, agent_id, name)

    def _one(self, sql: str, *values: object) -> bytes | None:
        """Return the only value of the only row, None for none."""
        rows = self.query(sql, values)
        return bytes(rows[0][0]) if rows and rows[0][0] is not None else None

    def lines(self, after: int = 0) -> Iterator[RawLine]:
        """Yield the ledger's lines after line ``after``, the last one of its month, in batches."""
        for month, rows in groupby(self._rows(after), key=lambda row: str(row[1])):
            path = self._ledger_path(month)
            for number, (*_, line) in enumerate(rows, 1):
                yield path, number, bytes(line)

    def _rows(self, after: int) -> Iterator[Row]:
        while rows := self.query(
            "SELECT n, month, line FROM {s}.ledger WHERE office = {o} AND n > %s "
            f"ORDER BY n LIMIT {_BATCH}",
            (after,),
        ):
            yield from rows
            after = rows[-1][0]

    def find_month(self, month: str) -> tuple[int, bytes | None]:
        """Return the number and the bytes of the last line before a month.

        Where no line is of that month or later, before the month of the last line.
        """
        ((first,),) = self.query(
            "SELECT n FROM {s}.ledger WHERE office = {o} AND month >= "
            "least(%s, (SELECT max(month) FROM {s}.ledger WHERE office = {o})) "
            "ORDER BY month, n LIMIT 1",
            (month,),
        ) or [(1,)]
        before = self._one(
            "SELECT line FROM {s}.ledger WHERE office = {o} AND n < %s ORDER BY n DESC LIMIT 1",
            first,
        )
        return first - 1, before

    def _ledger_path(self, month: str) -> str:
        return os.path.join(self.root, f"ledger/{month}.jsonl")

    def read_tail(self, month: str, line: bytes | None) -> Tail:
        """Return the last line, of a month. Raises StoreError where there is none."""
        if line is None:
            raise damaged(os.path.join(self.root, "ledger"), Phrase("it has no line"))
        path, raw = self._ledger_path(month), bytes(line)
        return Tail(decode_line(raw, path), raw, path)

    def snapshot(self) -> bytes | None:
        """Return a purge's snapshot, None for none."""
        return self._one("SELECT snapshot FROM {s}.head WHERE office = {o}")


def share_in(name: str) -> int | None:
    """Return the share of an agent's document, None for any other one."""
    return share_of(name) if name.startswith("agents/") else None


def included(name: str, content: bytes) -> int:
    """Return the line that a document says it includes, 0 where it does not say."""
    with suppress(documents.DocumentError):
        return documents.included(content, name, "json")
    return 0
