"""A server of PostgreSQL for tests: an ordinary user's, on a socket in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg2

from kofucli.store import documents
from tests.support.needs import lacking

POOLER = "/usr/sbin/pgbouncer"


class Server:
    """A server whose socket is in ``folder``; ``databases`` are those made here."""

    def __init__(self, folder: Path, settings: dict[str, object]) -> None:
        self.folder = folder
        self.databases: set[str] = set()
        self._settings = settings
        self._count = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it lets somebody in."""
        given = {"listen_addresses": "", "fsync": "off", "max_connections": 200} | self._settings
        arguments = [x for key, value in given.items() for x in ("-c", f"{key}={value}")]
        where = ["-D", self.folder / "data", "-k", self.folder]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*as_nobody(), binaries() / "postgres", *where, *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(lambda: self.run("SELECT 1"))

    @property
    def runs(self) -> bool:
        """Whether it has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    def end(self, how: signal.Signals) -> None:
        """End it; with SIGKILL all of its processes at once, as when their machine fails."""
        if self._process is None or not self.runs:
            return
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        self._process.send_signal(how)
        for child in children if how == signal.SIGKILL else ():
            with suppress(ProcessLookupError):
                os.kill(int(child), how)
        self._process.wait(60)
        self._process = None
        while any(Path("/proc", child).exists() for child in children):
            time.sleep(0.01)  # they hold the memory that the next one needs

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
        self.end_sessions(source)
        self.run(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
        self.databases.add(name)
        return self.url(name)

    def end_sessions(self, database: str) -> None:
        """Wait until nobody uses a database: a connection that was closed may take a moment."""
        ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
        while self.run(ended, (database,)) != [(0,)]:
            time.sleep(0.01)

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
        new = ("Y", *keys, None, 0) if table == "documents" else ("Y", *keys)
        row = known[0][:-1] if known else new
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


def binaries() -> Path:
    """Return the folder of the server's programs; skip this test where there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        lacking("install a server of PostgreSQL (Debian: postgresql)")
    return found[-1]


def as_nobody() -> list[str]:
    """Return how a command is begun that root may not run."""
    if os.getuid() != 0:
        return []
    import pwd  # there is none on Windows

    group = pwd.getpwnam("nobody").pw_gid
    return ["setpriv", "--reuid=nobody", f"--regid={group}", "--clear-groups", "--"]


@contextmanager
def running_server(place: str | None = None, **settings: object) -> Iterator[Server]:
    """Run a server in ``place`` while the block runs; ``settings`` are added to its own."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="kofucli-pg-", dir=place or memory))
    server = Server(folder, settings)
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody")
        folder.chmod(0o755)
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        initdb = str(binaries() / "initdb")
        subprocess.run(
            [*as_nobody(), initdb, "-D", str(folder / "data"), *options],
            check=True,
            capture_output=True,
        )
        server.start()
        RUNNING.append(server)
        yield server
        RUNNING.remove(server)
    finally:
        server.end(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_pooler(server: Server, database: str, **settings: object) -> Iterator[str]:
    """Run PgBouncer in transaction mode before a database; give the URL of the database there."""
    if not os.access(POOLER, os.X_OK):
        lacking("install PgBouncer (Debian: pgbouncer)")
    folder = server.folder / f"pooler-{database}"
    folder.mkdir()
    if os.getuid() == 0:
        shutil.chown(folder, "nobody")
    given = {
        "listen_addr": "",
        "unix_socket_dir": folder,
        "auth_type": "any",
        "pool_mode": "transaction",
        "ignore_startup_parameters": "extra_float_digits",
    } | settings
    lines = [f"{key} = {value}\n" for key, value in given.items()]
    where = f"{database} = host={server.folder} user=postgres\n"
    text = f"[databases]\n{where}[pgbouncer]\nlisten_port = 5432\n{''.join(lines)}"
    (folder / "ini").write_text(text, "utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*as_nobody(), POOLER, folder / "ini"], stdout=log, stderr=log, start_new_session=True
        )
    pooled = Server(folder, {})
    try:
        wait_for(lambda: pooled.run("SELECT 1", database=database))
        yield pooled.url(database)
    finally:
        process.kill()
        process.wait(60)


def wait_for(work: Callable[[], object]) -> None:
    """Do something on a server that may still be starting."""
    deadline = time.monotonic() + 60
    while True:
        try:
            work()
            return
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
