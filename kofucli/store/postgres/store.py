"""``PostgresStore``: what ``kofucli.store.Store`` asks for, in the schema of an office.

A change is one transaction of the server, in two round trips where it reads the usual documents:

1. BEGIN and its time-outs; lock the head row; in a statement of its own, read what the server is,
   the last line, and the documents that most changes read (``Session.begin``). Another one is a
   round trip more; so are, in the first change of a day, the days that were not past before it.
2. Write the line, the documents and the personal values (``PostgresTransaction.commit``), and
   COMMIT. Where the answer is lost, look on a new connection whether the line stands.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from kofucli.base import LockedError, Phrase, StoreError, UnusableError, reason_after_change
from kofucli.base.clock import JST, machine_now
from kofucli.model import Sequences, Stamp
from kofucli.model.numbers import NUMBER, draw_floor, sequence_of
from kofucli.store import documents
from kofucli.store.documents import day_name, digest, personal_file, seal
from kofucli.store.header import Header, MovedError, encode_header
from kofucli.store.ledger import RawLine, Tail, next_line
from kofucli.store.postgres import connection
from kofucli.store.postgres.connection import LostError
from kofucli.store.postgres.session import FOUND, PUT_DOCUMENT, SLOW, WRITE, Session
from kofucli.store.view import Transaction, View

if TYPE_CHECKING:
    from kofucli.store.postgres.upkeep import PostgresUpkeep

T = TypeVar("T")

_MARK = (
    "SELECT h.header, l.line FROM {s}.head h, LATERAL (SELECT line FROM {s}.ledger "
    "WHERE office = h.office ORDER BY n DESC LIMIT 1) l WHERE h.office = {o}"
)
PUT_LINE = "INSERT INTO {s}.ledger (office, n, month, line) VALUES ({o}, %s, %s, %s)"
PUT_PERSONAL = (
    "INSERT INTO {s}.personal (office, agent, name, content) VALUES ({o}, %s, %s, %s) "
    "ON CONFLICT (office, agent, name) DO NOTHING"
)
_DROP_PERSONAL = "DELETE FROM {s}.personal WHERE office = {o} AND agent = %s AND name <> %s"


class PostgresView(View):
    """A view of the tables."""

    _source: Session

    def check_clock(self, now: datetime) -> None:
        """Raise WrongUsageError where the machine's clock cannot be right."""
        super().check_clock(now)
        self._source.refuse_skew()


class PostgresTransaction(Transaction, PostgresView):
    """A view that also takes changes."""

    def highest_sequence(self) -> int:
        """Return the highest sequence of the days to come, on which new numbers are given."""
        known = self.office().get("sequences")
        days = (name[5:] for name in self.tail.line.live if name.startswith("days/"))
        keys = (key for day in days for key in self.day(date.fromisoformat(day)))
        given = (sequence_of(key) for key in keys if NUMBER.fullmatch(key))
        return max((known.floor if isinstance(known, Sequences) else 0, *given))

    def commit(self, op: str, stamp: Stamp) -> Tail:
        """Write the line, its documents and personal values; return the line."""
        tail, store = self.tail, self._source
        line = next_line(tail.line, tail.raw, self._changes, op, stamp, machine_now())
        raw = seal(msgspec.json.encode(line))
        path = max(os.path.join(store.root, f"ledger/{line.at:%Y-%m}.jsonl"), tail.path)
        month = os.path.basename(path).partition(".")[0]
        batch: list[tuple[str, tuple[object, ...]]] = [(PUT_LINE, (line.n, month, raw))]
        for name in self._changes.puts:
            content = documents.encode(line.n, self.records(name).values(), "json")
            batch.append((PUT_DOCUMENT, store.row_of(name, line.n, content)))
        for agent_id, (name, data) in self._personal.items():
            batch.append((PUT_PERSONAL, (agent_id, name, data)))
            batch.append((_DROP_PERSONAL, (agent_id, name)))
        batch += [(_DROP_PERSONAL, (agent_id, "")) for agent_id in self._erased()]
        store.execute_all(batch)
        self._note_committed()
        return Tail(line, raw, path)


class PostgresStore(Session):
    """The store of an office on a server."""

    def read(self, work: Callable[[PostgresView], T]) -> T:
        """Return ``work(view)``; once more on a new connection where the first was lost."""

        def look() -> T:
            try:
                return work(PostgresView(self, self.fetch_usual(None)))
            except MovedError as moved:
                raise moved.otherwise from None

        if self.within:
            return look()
        try:
            with self.reading():
                return look()
        except LostError:
            with self.reading():
                return look()

    @contextmanager
    def transaction(self, op: str, stamp: Stamp) -> Iterator[PostgresTransaction]:
        """Lock, read, decide, commit; a dry run reads only, without the lock."""
        today = min(stamp.now, machine_now()).astimezone(JST).date()
        usual = stamp.actor.agent, day_name(today)
        whole = self.reading() if stamp.dry_run else self._locked(None, usual)
        with whole, self.change(op, stamp) as transaction:
            transaction.committed = self.committed
            yield transaction

    def locked(self, op: str) -> AbstractContextManager[None]:
        """Hold the head row while the block runs; what it changes is committed all at once.

        Only tools ask this, which look at the whole store and may think for long.
        """
        return self._locked(SLOW)

    def _locked(
        self, pause: float | None, usual: tuple[str | None, str] | None = None
    ) -> AbstractContextManager[None]:
        return nullcontext() if self.within else self.changing(pause, True, usual)

    @contextmanager
    def founded(self, header: Header) -> Iterator[None]:
        """Make the schema and its head, and let the block fill it: all of it, or nothing."""
        with self.changing(SLOW):
            self.query(FOUND)
            self._founds = True
            self.execute("CREATE SCHEMA {s}")
            for migration in connection.MIGRATIONS:
                self.execute(migration)
            self.execute(
                "INSERT INTO {s}.head (office, migration, header, lineage) "
                "VALUES ({o}, %s, %s, %s)",
                (len(connection.MIGRATIONS), encode_header(header), self.lineage),
            )
            self._header, self.known_lineage = header, self.lineage
            yield

    @contextmanager
    def change(self, op: str, stamp: Stamp) -> Iterator[PostgresTransaction]:
        """Read, decide, write, under the lock; the line stands when the lock is let go of."""
        transaction = PostgresTransaction(self, self.fetch_usual(stamp.actor.agent))
        if stamp.by_machine:
            transaction.check_clock(stamp.now)
        if self.known_lineage != self.lineage and not stamp.dry_run:
            self._begin_above(transaction)
        try:
            yield transaction
        except MovedError as moved:
            raise moved.otherwise from None
        if transaction.changed and not stamp.dry_run:
            self.warnings += transaction.clock_warnings(stamp)
            self._tail = tail = transaction.commit(op, stamp)
            self.line = tail.line.n
            self.appended = tail.line.n, tail.raw

    def _begin_above(self, transaction: PostgresTransaction) -> None:
        """Let new numbers begin far above: the server may have lost those given last."""
        floor = draw_floor(transaction.highest_sequence())
        transaction.put_office(Sequences("sequences", floor))
        self.execute("UPDATE {s}.head SET lineage = %s WHERE office = {o}", (self.lineage,))
        self.known_lineage = self.lineage
        self.warnings.append(
            Phrase(
                "The server was recovered, or another one took over: new reservation numbers "
                "continue above {floor}, so none is given twice.",
                floor=floor,
            )
        )

    def make_durable(self) -> None:
        """Do nothing: what is visible on the server is durable."""

    # What is read. As a source of views, and for checks and copies.

    def mark(self) -> object:
        """Return something that differs once anybody has changed the store."""
        return [tuple(map(bytes, row)) for row in self.query(_MARK)]

    def lines_from(self, day: date) -> tuple[str, Iterator[RawLine]]:
        """Return the lines from the month of a day on, and the hash of the line before them."""
        after, before = self.find_month(f"{day:%Y-%m}")
        return self.header.start[1] if before is None else digest(before), self.lines(after)

    def personal_files(self, agent_id: str) -> list[str]:
        """Return the names of an agent's personal values, as files have them. Raises OSError."""
        with _os_errors():
            rows = self.query(
                "SELECT name FROM {s}.personal WHERE office = {o} AND agent = %s ORDER BY name",
                (agent_id,),
            )
        return [personal_file(agent_id, name) for (name,) in rows]

    def erase_personal(self, agent_id: str) -> None:
        """Remove an agent's personal values. Raises OSError."""
        with _os_errors():
            self.query("DELETE FROM {s}.personal WHERE office = {o} AND agent = %s", (agent_id,))
        self.warnings.append(
            Phrase(
                "The server keeps what was erased for a while: in dead rows until a vacuum, in its "
                "log, in replicas and dumps."
            )
        )

    def upkeep(self) -> PostgresUpkeep:
        """Return what looks after a store on a server."""
        from kofucli.store.postgres.upkeep import PostgresUpkeep

        return PostgresUpkeep(self)

    def free(self) -> int | None:
        """Return None: a server does not tell."""
        return None

    # Mails.

    def write_mail(self, name: str, content: bytes, durable: bool = True) -> str:
        """Put a mail into the outbox and return its place. Raises OSError."""
        with _os_errors():
            self.query(
                "INSERT INTO {s}.mails (office, name, content) VALUES ({o}, %s, %s) "
                "ON CONFLICT (office, name) DO UPDATE SET content = EXCLUDED.content",
                (name, content),
            )
        return os.path.join(self.root, "outbox", name)

    def mails(self) -> list[str]:
        """Return the names of the mails in the outbox, oldest first."""
        rows = self.query("SELECT name FROM {s}.mails WHERE office = {o} ORDER BY name")
        return [name for (name,) in rows]

    @contextmanager
    def claim_mail(self, name: str) -> Iterator[bytes | None]:
        """Hold a mail's row while the block runs; gives its bytes, None where it is gone."""
        self.begin(WRITE, pause=SLOW)
        try:
            try:
                sql = "SELECT content FROM {s}.mails WHERE office = {o} AND name = %s FOR UPDATE"
                content = self._one(sql, name)
            except LockedError:
                raise LockedError(Phrase("another process is sending it")) from None
            yield content
        finally:
            self.connection.roll_back()

    def remove_mail(self, name: str) -> None:
        """Remove a mail, if it is there, for good. Raises OSError.

        Within ``claim_mail`` this ends the hold.
        """
        with _os_errors():
            self.query("DELETE FROM {s}.mails WHERE office = {o} AND name = %s; COMMIT", (name,))


@contextmanager
def _os_errors() -> Iterator[None]:
    """Raise a failure as OSError, which names the reason."""
    try:
        yield
    except StoreError as error:
        raise UnusableError(reason_after_change(error)) from None
