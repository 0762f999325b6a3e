"""A connection to a server, and the tables of an office there.

Each statement is answered in time, and each failure named. A connection keeps no state between two
transactions, prepares nothing on the server, and sets what it needs for one transaction only: so it
works through PgBouncer in transaction mode.

Numbered migrations make the tables; one never changes once released. All names are qualified, and
every key begins with the office: an engine that divides tables among machines can do it by office.
"""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kofucli.base import KofuError, Phrase, StoreError, WrongUsageError
from kofucli.base.text import N_
from kofucli.store.documents import TOLD, damaged
from kofucli.store.header import still_locked

try:
    import psycopg2
    from psycopg2 import extensions
except ImportError as error:
    raise StoreError(
        "unreachable",
        Phrase(
            "A store on PostgreSQL needs the driver: run pip install '.[postgres]' in the clone of "
            "kofucli ({detail}).",
            detail=str(error),
        ),
    ) from None

Row = tuple[Any, ...]

_OWN_FILES = ("PGPASSFILE", "PGPASSWORD", "PGSERVICEFILE", "PGSYSCONFDIR")
"""The variables of libpq that count: they give a password, and lead to no other store."""
_SAID = {
    "missing": re.compile(r"database .* does not exist|no such database"),
    "busy": re.compile(r"too many (clients|connections)|connection slots|max_client_conn"),
    "denied": re.compile(r"authentication|pg_hba|password|role .* does not exist|permission"),
}
"""What servers say before they let somebody in, by the reason that is told of it."""
_REASONS = {
    "28": "denied",
    "42501": "denied",
    "25006": "read-only",
    "53100": "full",
    "53": "busy",
    "3D000": "missing",
    "3F000": "missing",
    "42P01": "missing",
    "42P06": "exists",
}
_TOLD = TOLD | {
    "unreachable": N_("The server of {path} cannot be reached ({detail}). Nothing was changed."),
    "denied": N_("The server of {path} denies access ({detail}). Nothing was changed."),
    "busy": N_(
        "The server of {path} has too many connections ({detail}). Nothing was changed: try again."
    ),
}
_ABSENT = ("08", "25P", "40", "57")
"""Codes of a server that has gone, or has ended what it was asked."""


class LostError(StoreError):
    """A connection that had been made was lost: the server does not say what came of it."""


class Timing:
    """How long anything may take, in seconds: a lock, an answer of the server, a pause of ours."""

    def __init__(self, lock_seconds: float) -> None:
        self.asked = lock_seconds
        self.lock = max(lock_seconds, 0.001)  # 0 would wait for ever
        self.pause = max(lock_seconds, 1.0)
        self.statement = self.pause + 1.0
        self.answer = self.statement + 1.0

    def settings(self, pause: float | None = None) -> str:
        """Return the statements that set these times for one transaction."""
        values = {
            "lock_timeout": self.lock,
            "statement_timeout": self.statement,
            "idle_in_transaction_session_timeout": pause or self.pause,
            "tcp_user_timeout": self.pause,
        }
        told = "".join(f"SET LOCAL {k} = {round(s * 1000)}; " for k, s in values.items())
        if pause is not None:  # a client's machine that has gone is found out long before that
            told += f"SET LOCAL tcp_keepalives_idle = {round(self.pause)}; "
            told += "SET LOCAL tcp_keepalives_interval = 1; SET LOCAL tcp_keepalives_count = 3; "
        return told


class Connection:
    """One connection; ``path`` names the store in errors. Raises StoreError, LockedError."""

    def __init__(self, url: str, path: str, timing: Timing) -> None:
        self._path = path
        self._timing = timing
        self._status = ""
        self._connection: Any = None
        self._cursor: Any = None
        with self._errors(), _variables_hidden():
            self._connection = psycopg2.connect(
                url,
                async_=True,
                application_name="kofucli",
                client_encoding="UTF8",
                tcp_user_timeout=round(timing.answer * 1000),
            )
            self._wait()
        self._cursor = self._connection.cursor()

    def run(self, sql: str | bytes, values: Sequence[object] = ()) -> list[Row]:
        """Run statements in one round trip; return the rows of the last one.

        After a failure in a transaction the server takes nothing but a rollback.
        """
        with self._errors():
            self._cursor.execute(sql, values or None)
            self._wait()
            self._status = self._cursor.statusmessage or ""
            return self._cursor.fetchall() if self._cursor.description else []

    def commit(self, before: Sequence[bytes] = ()) -> bool:
        """Run the last statements and commit, in one round trip; tell whether it was done.

        An aborted transaction answers without an error. Raises LostError where nobody can tell.
        """
        try:
            self.run(b"; ".join([*before, b"COMMIT"]))
        except StoreError as error:
            if not self.closed:  # a statement failed, and the server says so
                raise
            raise LostError(error.reason, error.phrase) from None
        return self._status == "COMMIT"

    def roll_back(self) -> None:
        """End a transaction in which nothing is to stand; where that fails, the connection."""
        try:
            self.run("ROLLBACK")
        except KofuError:
            self.close()

    def fill(self, sql: str, values: Sequence[object]) -> bytes:
        """Return a statement with its values in it, to be run together with others."""
        filled: bytes = self._cursor.mogrify(sql, values)
        return filled

    @property
    def closed(self) -> bool:
        """Whether it cannot be used any more."""
        return bool(self._connection.closed)

    def close(self) -> None:
        """Close it; the server ends what was begun."""
        if self._connection is not None:
            self._connection.close()

    def _wait(self) -> None:
        """Wait for an answer. Raises StoreError where there is none in time."""
        deadline = time.monotonic() + self._timing.answer
        while (state := self._connection.poll()) != extensions.POLL_OK:
            descriptor = [self._connection.fileno()]
            reads = descriptor if state == extensions.POLL_READ else []
            left = max(0.0, deadline - time.monotonic())
            if not any(select.select(reads, [] if reads else descriptor, [], left)):
                self.close()
                detail = Phrase("no answer in {seconds} s", seconds=f"{self._timing.answer:g}")
                raise _refusal("unreachable", self._path, detail)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise what a failure of the driver means for the user.

        Where the wait is interrupted, the connection is closed: an answer would still come.
        """
        try:
            yield
        except KeyboardInterrupt:
            self.close()
            raise
        except psycopg2.Error as error:
            found = self._failure(error)
            if isinstance(found, LostError):
                self.close()
            raise found from None

    def _failure(self, error: psycopg2.Error) -> KofuError:
        code, text = error.pgcode or "", str(error).strip()
        detail = Phrase("{detail}", detail=text.partition("\n")[0])
        if code in ("55P03", "23505"):  # another program has written the line in spite of the lock
            return still_locked(self._timing.asked)
        reason = _REASONS.get(code) or _REASONS.get(code[:2])
        if not code:  # the driver gives none for what the server says before it lets one in
            reason = next((r for r, said in _SAID.items() if said.search(text)), None)
        if reason is not None:
            return _refusal(reason, self._path, detail)
        if code and not code.startswith(_ABSENT) and not self.closed:
            return damaged(self._path, detail)
        lost = _refusal("unreachable", self._path, detail)
        return lost if self._cursor is None else LostError(lost.reason, lost.phrase)


def _refusal(reason: str, path: str, detail: Phrase) -> StoreError:
    told = _TOLD[reason]
    values = {"detail": detail} if "{detail}" in told else {}
    return StoreError(reason, Phrase(told, path=path, **values))


@contextmanager
def _variables_hidden() -> Iterator[None]:
    """Hide the variables of libpq, by which a store would be sought elsewhere."""
    names = [name for name in os.environ if name.startswith("PG") and name not in _OWN_FILES]
    hidden = {name: os.environ.pop(name) for name in names}
    try:
        yield
    finally:
        os.environ.update(hidden)


def refuse_strange(url: str) -> None:
    """Raise WrongUsageError, which does not show it, where a URL is none of libpq's."""
    try:
        extensions.parse_dsn(url)
    except psycopg2.Error:
        raise WrongUsageError(
            Phrase("The URL of the store is not one that PostgreSQL knows.")
        ) from None


MIGRATIONS = (
    """
    CREATE TABLE {s}.head (
        office text COLLATE "C" PRIMARY KEY,
        migration int NOT NULL,
        header bytea NOT NULL,
        snapshot bytea,
        lineage text COLLATE "C" NOT NULL DEFAULT ''
    );
    CREATE TABLE {s}.ledger (
        office text COLLATE "C" NOT NULL,
        n bigint NOT NULL,
        month text COLLATE "C" NOT NULL,
        line bytea NOT NULL,
        PRIMARY KEY (office, n)
    );
    CREATE INDEX ledger_month ON {s}.ledger (office, month, n);
    CREATE TABLE {s}.documents (
        office text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        share smallint,
        n bigint NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (office, name)
    );
    CREATE INDEX documents_share ON {s}.documents (office, share) WHERE share IS NOT NULL;
    CREATE TABLE {s}.personal (
        office text COLLATE "C" NOT NULL,
        agent text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (office, agent, name)
    );
    CREATE TABLE {s}.mails (
        office text COLLATE "C" NOT NULL,
        name text COLLATE "C" NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (office, name)
    );
    """,
)


def schema_of(office: str) -> str:
    """Return the schema of an office, 1 to 4 letters A-Z."""
    return f"kofu_{office.lower()}"
