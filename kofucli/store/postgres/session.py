"""Transactions on a server: begun with time-outs, held, committed, their outcome found out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from typing import Any

from msgspec import UNSET

from kofucli.base import KofuError, Phrase, StoreError, UnknownOutcomeError, WrongUsageError
from kofucli.base.text import N_
from kofucli.store.disk import Stages, unseen
from kofucli.store.documents import damaged, day_name, refusal
from kofucli.store.header import (
    Header,
    Kept,
    decode_header,
    decode_kept,
    encode_header,
    refuse_other_office,
    snapshot_file,
    wrong_format,
)
from kofucli.store.ledger import Tail
from kofucli.store.postgres import connection
from kofucli.store.postgres.connection import LostError, Row
from kofucli.store.postgres.reading import USUAL, Tables, share_in

_BATCH = 1000
_MOST_SKEW = 2.0
SLOW = 600.0
"""For so many seconds a reader may pause, or a mail be sent, which hold up no change."""
_FACTS = (
    "now(), clock_timestamp(), pg_is_in_recovery(), "
    "current_setting('synchronous_commit'), CASE WHEN NOT pg_is_in_recovery() THEN "
    "(SELECT system_identifier FROM pg_control_system()) || '/' || "
    "left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END"
)
"""The server's clock at BEGIN and now, whether it is a standby, whether it keeps what it confirms,
its lineage.

The lineage is another one after a recovery to an earlier point, and on a server that took over.
"""
PUT_DOCUMENT = (
    "INSERT INTO {s}.documents (office, name, share, n, content) VALUES ({o}, %s, %s, %s, %s) "
    "ON CONFLICT (office, name) DO UPDATE SET n = EXCLUDED.n, content = EXCLUDED.content, "
    "share = EXCLUDED.share"
)
READ, WRITE = "REPEATABLE READ READ ONLY", "READ COMMITTED"
LOCK = "SELECT 1 FROM {s}.head WHERE office = {o} FOR NO KEY UPDATE"
FOUND = "SELECT pg_advisory_xact_lock(hashtext({o}))"
"""Who makes a store holds this, since there is no head yet."""
_SIGN = (
    "UPDATE {s}.head SET lineage = lineage WHERE office = {o} RETURNING pg_current_xact_id()::text"
)
_SIGNED = (
    "SELECT (SELECT xmin = %s::xid8::xid FROM {s}.head WHERE office = {o}), "
    "pg_xact_status(%s::xid8)"
)
"""Whether the head is as a transaction left it, and what the server knows of one with that id.

A server that was killed, or another one that took over, gives ids of lost transactions once more.
"""
_UNKNOWN = N_(
    "The connection to the server of {path} was lost while the change was committed: it may be "
    "kept or lost. Before you repeat it, see with 'kofucli store check' whether line n={n} is "
    "there, and with 'kofucli list --all' whether the change is."
)
_UNKNOWN_OF_TOOLS = N_(
    "The connection to the server of {path} was lost while the change was committed: it may be "
    "kept or lost. Before you repeat it, see with 'kofucli store check' what stands."
)
_HEAD = "h.migration, h.header, h.lineage, l.month, l.line"
_OF_HEAD = (
    "FROM {s}.head h "
    "LEFT JOIN LATERAL (SELECT month, line FROM {s}.ledger WHERE office = h.office "
    "ORDER BY n DESC LIMIT 1) l ON true "
    "WHERE h.office = {o}"
)


class Session(Tables):
    """The tables of an office, and the transaction that goes on."""

    def __init__(self, url: str, root: str, office: str, lock_seconds: float) -> None:
        super().__init__(url, root, office, lock_seconds)
        self.warnings: list[Phrase] = []
        self.committed: list[str] = []
        self.stages: Stages = unseen
        self.line = 0
        self.appended: tuple[int, bytes] | None = None
        """The number and the bytes of the line by which to tell whether a COMMIT was done."""
        self._id = ""  # the server's, of the transaction that signed the head for want of a line
        self.unfinished: object = None  # a transaction that ends with this
        self._header: Header | None = None
        self._tail: Tail | None = None
        self._last: list[Any] = []
        self._skew = 0.0
        self.lineage = self.known_lineage = ""
        self._end()

    def hold(self, stack: ExitStack) -> Session:
        """Return a store that keeps the transaction of a read, until ``stack`` closes it.

        Under the lock it is this one.
        """
        if self._is_locked:
            return self
        held = Session(self._url, self.root, self.office, self.timing.asked)
        held._connection, held._header, held.within = self._connection, self._header, True
        self._is_held = True

        def release() -> None:
            if held._connection is self._connection:  # the read goes on, and ends it
                self._is_held = False
            else:
                held.close()

        stack.callback(release)
        return held

    def execute(self, sql: str, values: Sequence[object] = ()) -> None:
        """Run a statement that changes something, under the lock."""
        self._is_dirty = True
        self.query(sql, values)
        self.forget()

    def execute_all(self, statements: Iterable[tuple[str, Sequence[object]]]) -> None:
        """Run statements that change something, many in a round trip, under the lock.

        The last ones go with COMMIT: a round trip less in which others wait.
        """
        self._is_dirty = True
        filled = (self.connection.fill(self.spell(sql), values) for sql, values in statements)
        while batch := list(islice(filled, _BATCH)):
            self.send()
            self._unsent = batch
        self.forget()

    def row_of(self, name: str, n: int, content: bytes) -> tuple[object, ...]:
        """Return the values of ``PUT_DOCUMENT``."""
        return name, share_in(name), n, content

    def begin(
        self,
        level: str,
        head: bool = False,
        pause: float | None = None,
        usual: tuple[str | None, str] | None = None,
    ) -> list[Row]:
        """Begin a transaction, and refuse a server that cannot be trusted.

        With ``head`` its row is returned, which is locked where the transaction may write. With
        ``usual`` comes along what ``fetch`` is to fetch of an agent, and since a day.
        """
        asked = f"SELECT {_FACTS}"
        if head:
            filling = ", NULL::text, NULL::bigint, NULL::smallint, NULL::bytea" if usual else ""
            asked += f", {_HEAD}{filling} {_OF_HEAD}"
            asked = f"{LOCK}; {asked}" if level == WRITE else asked
        if usual:
            asked += f" UNION ALL SELECT {'NULL, ' * 10}{USUAL}"
        connection, before = self.connection, _machine_time()
        try:
            begin = f"BEGIN ISOLATION LEVEL {level}; {self.timing.settings(pause)}"
            rows = self.query(begin + asked, self.usual(*usual) if usual else ())
            after = _machine_time()
            heads = [row for row in rows if row[0] is not None]
            for begun, asked_at, is_standby, durability, self.lineage, *_ in heads:
                early, late = after - asked_at.timestamp(), before - begun.timestamp()
                self._skew = min(0.0, early) + max(0.0, late)
                if is_standby or durability == "off":
                    raise _untrusted(self.root, bool(is_standby))
        except KofuError:
            connection.roll_back()
            raise
        self.forget()
        if usual:
            self.keep((row[10:] for row in rows if row[0] is None), *usual)
        return [row[5:10] for row in heads]

    def refuse_skew(self) -> None:
        """Raise WrongUsageError where the machine's clock and the server's differ."""
        if abs(self._skew) > _MOST_SKEW:
            raise WrongUsageError(
                Phrase(
                    "The machine's clock is {seconds} s away from that of the server of {path}; "
                    "at most {limit} s are allowed. Nothing was changed: set the clock (NTP).",
                    seconds=f"{self._skew:+.1f}",
                    path=self.root,
                    limit=f"{_MOST_SKEW:g}",
                )
            )

    def take_head(self, rows: Sequence[Row]) -> None:
        """Take a row of the head, with month and bytes of the last line, as what stands now."""
        if not rows:
            raise _headless(self.root)
        migration, header, self.known_lineage, *self._last = rows[0]
        if migration > len(connection.MIGRATIONS):
            raise wrong_format("newer", self.root, migration)
        if migration < len(connection.MIGRATIONS):
            raise StoreError(
                "older",
                Phrase(
                    "The tables of {path} are those of an earlier kofucli. Nothing was changed: "
                    "the owner brings them up to date with 'kofucli store migrate'.",
                    path=self.root,
                ),
            )
        self._header = decode_header(bytes(header), self.root)
        refuse_other_office(self.root, self._header.office, self.office)
        self._tail = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Let everything that is read in the block be of one state, without a lock."""
        rows = self.begin(READ, True, SLOW)
        try:
            self.within = True
            self.take_head(rows)
            yield
        finally:
            if self._is_held:
                self._connection = None
            self._roll_back()
            self._end()

    def _roll_back(self) -> None:
        if self._connection is not None and not self._connection.closed:
            self._connection.roll_back()

    def _end(self) -> None:
        self.within = self._is_locked = self._is_held = self._is_dirty = self._founds = False
        self._tail = self.appended = None
        self._last, self._unsent = [], []
        self.forget()

    @contextmanager
    def changing(
        self,
        pause: float | None = None,
        head: bool = False,
        usual: tuple[str | None, str] | None = None,
    ) -> Iterator[None]:
        """Let the block change something: all of it is committed at its end, or nothing.

        It may pause for ``pause`` seconds between two statements, else for as long as others wait.
        The rest is as ``begin`` takes it.
        """
        rows = self.begin(WRITE, head, pause, usual)
        done = len(self.committed)
        try:
            self.within = self._is_locked = True
            self.refuse_skew()
            if head:
                self.take_head(rows)
            yield
            self._commit()
        except BaseException:
            del self.committed[done:]
            self._header = None
            self._roll_back()
            raise
        finally:
            self._end()

    def migrate(self, dry_run: bool, keep: Callable[[], None]) -> bool:
        """Run the migrations that the tables lack; tell whether there were any.

        Earlier tables are not read: ``keep`` reads them as they are going to be, before COMMIT.
        """
        with self.changing(SLOW):
            rows = self.query(f"{LOCK}; SELECT migration FROM {{s}}.head")
            if not rows:
                raise _headless(self.root)
            lacking = connection.MIGRATIONS[rows[0][0] :]
            if lacking and not dry_run:
                for migration in lacking:
                    self.execute(migration)
                done = "UPDATE {s}.head SET migration = %s WHERE office = {o}"
                self.execute(done, (len(connection.MIGRATIONS),))
                self._read_head()
                keep()
        return bool(lacking)

    def _commit(self) -> None:
        """Commit what was changed. Raises StoreError, LostError, UnknownOutcomeError."""
        if not self._is_dirty:
            self.connection.roll_back()
            return
        if self.appended is None:  # a tool's change, which has no line to be known by
            ((self._id,),) = self.query(_SIGN)
        unsent, self._unsent = self._unsent, []
        try:
            is_done = self.connection.commit(unsent)
        except LostError as lost:
            is_done = self._find_outcome(lost)
        if not is_done:
            raise StoreError(
                "unreachable",
                Phrase(
                    "The server of {path} did not take the change ({detail}). Nothing was changed.",
                    path=self.root,
                    detail=Phrase("its transaction was ended"),
                ),
            )

    def _find_outcome(self, lost: LostError) -> bool:
        """Tell whether a COMMIT without an answer was done, on a new connection.

        Its line stands then, or the head is signed by it. The lock is waited for: until then the
        server may still be at it. Raises UnknownOutcomeError.
        """
        appended, lock = self.appended, FOUND if self._founds else LOCK
        deadline = time.monotonic() + self.timing.answer
        self.within = False  # a new connection may be made
        while time.monotonic() < deadline:
            with suppress(KofuError):
                self.begin(WRITE)
                known = f"{lock}; SELECT 1 FROM pg_namespace WHERE nspname = %s"
                if not self.query(known, (self.schema,)):
                    return False
                if appended is None:
                    ((is_signed, status),) = self.query(_SIGNED, (self._id, self._id))
                    done = is_signed or (False if status == "aborted" else None)
                else:
                    line = "SELECT line FROM {s}.ledger WHERE office = {o} AND n = %s"
                    rows = self.query(line, (appended[0],))
                    done = any(bytes(row[0]) == appended[1] for row in rows)
                self.connection.roll_back()
                if done is not None:
                    return done
            time.sleep(0.1)
        text, n = (_UNKNOWN, appended[0]) if appended else (_UNKNOWN_OF_TOOLS, 0)
        raise UnknownOutcomeError(Phrase(text, path=self.root, n=n)) from lost

    def fetch_usual(self, agent: str | None) -> Tail:
        """Fetch what most commands read, unless that was done; return the last line."""
        if self._tail is None and not self._last:
            self._read_head()
        self._tail = tail = self._tail or self.read_tail(*self._last)
        self.line, line = tail.line.n, tail.line
        known = [name for name in line.live if name != "office"]
        days = [line.last_day, *([] if line.sums is UNSET else [line.sums.before])]
        self.fetch(agent, min([*known, *map(day_name, filter(None, days))], default="days/"))
        return tail

    @property
    def header(self) -> Header:
        """The header that was read last."""
        if self._header is None:
            self.refresh()
        assert self._header is not None
        return self._header

    def write_header(self, header: Header) -> None:
        """Write a header, under the lock."""
        self.execute("UPDATE {s}.head SET header = %s WHERE office = {o}", (encode_header(header),))
        self._header = header

    def refresh(self) -> None:
        """Read the header again. Within a transaction nobody changes it."""
        if not self.within:
            self._read_head()
            self._last = []

    def _read_head(self) -> None:
        self.take_head(self.query(f"SELECT {_HEAD} {_OF_HEAD}"))

    def kept(self, header: Header | None = None) -> Iterator[Kept]:
        """Yield the documents of a purge's snapshot, none without a purge."""
        anchor = (header or self.header).anchor
        if anchor is not None:
            path = os.path.join(self.root, snapshot_file(anchor))
            yield from decode_kept(self.snapshot(), path, anchor)

    def has_moved(self, tail: Tail) -> bool:
        """Tell that nobody came between: all that is read is of one state."""
        return False


def _headless(root: str) -> StoreError:
    return damaged(os.path.join(root, "store.json"), Phrase("it is missing"))


def _machine_time() -> float:
    return time.time()


def _untrusted(root: str, is_standby: bool) -> StoreError:
    forgets = Phrase("synchronous_commit is off: it may forget what it has confirmed")
    detail = Phrase("it is a standby: name the primary server") if is_standby else forgets
    return refusal("read-only", root, detail=detail)
