"""A server of PostgreSQL for tests: an ordinary user's, on a socket in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from kofucli.store import documents

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


class Server:
    """A server whose socket is in ``folder``; ``databases`` are those made here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.databases: set[str] = set()
        self._count = 0

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Return the URL of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def run(
        self,
        sql: str,
        values: Sequence[object] = (),
        database: str = "postgres",
        user: str = "postgres",
    ) -> Any:
        """Run one statement; return its rows."""
        connection = psycopg2.connect(self.url(database, user))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def make_database(self, template: str | None = None) -> str:
        """Make a database, empty or a copy of the one of a URL; return its URL."""
        self._count += 1
        name = f"office_{self._count}"
        source = "template0" if template is None else self.database_of(template)
        # A connection that was closed may take a moment to end.
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
        while self.run(ended, (source,)) != [(0,)]:
            time.sleep(0.01)
        self.run(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
        self.databases.add(name)
        return self.url(name)

    def database_of(self, url: str) -> str:
        """Return the name of the database of a URL."""
        return url.partition("?")[0].rpartition("/")[2]

    def drop(self, names: Iterable[str]) -> None:
        """Remove databases."""
        for name in list(names):
            self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            self.databases.discard(name)

    def read_mail(self, place: str) -> bytes:
        """Return a mail of an outbox, which a command says lies at a place."""
        store, _, name = place.partition("/outbox/")
        return self.read_files(store)[f"outbox/{name}"]

    def read_files(self, url: str) -> dict[str, bytes]:
        """Return the rows of an office's store under the names that files have."""
        database, found = self.database_of(url), dict[str, bytes]()
        for name, content in self.run(_FILES, database=database):
            known = documents.is_name(name)
            file = documents.path_of(name, "json") if known else name
            found[file] = found.get(file, b"") + bytes(content)
        return found

    def put_file(self, url: str, file: str, data: bytes | None) -> None:
        """Put other bytes into a document, a mail or values; None removes them."""
        folder, _, name = file.partition("/")
        condition, keys = "name = %s", (documents.name_of(file, "json") or name,)
        if folder == "private":
            agent, _, name = name.removesuffix(".json").rpartition("-")
            condition, keys = "agent = %s AND name = %s", (agent, name)
        table = {"private": "personal", "outbox": "mails"}.get(folder, "documents")
        sql, database = f"DELETE FROM kofu_y.{table} WHERE {condition}", self.database_of(url)
        if data is None:
            self.run(sql, keys, database)
            return
        known = self.run(f"{sql} RETURNING *", keys, database)
        columns = {
            "personal": "office, agent, name, content",
            "mails": "office, name, content",
            "documents": "office, name, share, n, content",
        }[table]
        row = ("Y", *keys) if not known else known[0][:-1]
        places = ", ".join(["%s"] * (len(row) + 1))
        self.run(
            f"INSERT INTO kofu_y.{table} ({columns}) VALUES ({places})", (*row, data), database
        )


_FILES = """
    SELECT 'store.json', header FROM kofu_y.head
    UNION ALL SELECT name, content FROM kofu_y.documents
    UNION ALL SELECT 'private/' || agent || '-' || name || '.json', content FROM kofu_y.personal
    UNION ALL SELECT 'outbox/' || name, content FROM kofu_y.mails
    UNION ALL SELECT 'ledger/' || month || '.jsonl', line || '\\x0a'::bytea
    FROM (SELECT * FROM kofu_y.ledger ORDER BY n) l
"""


RUNNING: list[Server] = []
"""The servers that run, the last one newest."""


def _as_nobody() -> list[str]:
    """Return how a command is begun that root may not run."""
    if os.getuid() != 0:
        return []
    import pwd  # there is none on Windows

    group = pwd.getpwnam("nobody").pw_gid
    return ["setpriv", "--reuid=nobody", f"--regid={group}", "--clear-groups", "--"]


@contextmanager
def running_server(**settings: object) -> Iterator[Server]:
    """Run a server while the block runs. ``settings`` are added to its configuration."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="kofucli-pg-", dir=memory))
    process = None
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody")
        folder.chmod(0o755)
        binaries, data = _BINARIES[-1], folder / "data"
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(
            [*_as_nobody(), str(binaries / "initdb"), "-D", str(data), *options],
            check=True,
            capture_output=True,
        )
        given = {"listen_addresses": "", "fsync": "off", "max_connections": 200} | settings
        arguments = [x for key, value in given.items() for x in ("-c", f"{key}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*_as_nobody(), str(binaries / "postgres"), "-D", data, "-k", folder, *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        server = Server(folder)
        _wait_for(server)
        RUNNING.append(server)
        yield server
        RUNNING.remove(server)
    finally:
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            server.run("SELECT 1")
            return
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
