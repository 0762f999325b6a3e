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
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from kofucli.store import documents
from kofucli.store.header import decode_header, snapshot_file
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
        self._watcher: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it lets somebody in."""
        self.end(signal.SIGQUIT)
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
        self._watcher = end_after_us(self._process.pid, self.folder)
        wait_for(lambda: self.run("SELECT 1"))

    @property
    def runs(self) -> bool:
        """Whether it has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    def end(self, how: signal.Signals) -> None:
        """End it; with SIGKILL all of its processes at once, as when their machine fails."""
        if self._watcher is not None:
            self._watcher.kill()
            self._watcher.communicate()
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
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def run(
        self,
        sql: str,
        values: Sequence[object] = (),
        database: str = "postgres",
        user: str = "postgres",
    ) -> Any:
        """Run one statement; return its rows."""
        import psycopg2  # other environments of tests have none

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
        return url.partition("?")[0].rpartition("/")[2]

    def drop(self, names: Iterable[str]) -> None:
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
            file = documents.path_of(name, "json") if documents.is_name(name) else name
            found[file] = found.get(file, b"") + bytes(content)
        if (snapshot := found.pop("snapshot", None)) is not None:
            anchor = decode_header(found["store.json"], url).anchor
            assert anchor is not None
            found[snapshot_file(anchor)] = snapshot
        return found

    def put_file(self, url: str, file: str, data: bytes | None) -> None:
        """Put other bytes under the name of a file; None removes them."""
        folder, _, name = file.partition("/")
        database = self.database_of(url)
        if file == "store.json" or name.startswith("anchor-"):
            column = "header" if file == "store.json" else "snapshot"
            self.run(f"UPDATE kofu_y.head SET {column} = %s", (data,), database)
        elif folder == "ledger":
            self._put_month(database, name.removesuffix(".jsonl"), data or b"")
        elif folder == "outbox":
            self._put_row(database, "mails", {"name": name}, data)
        elif folder == "private":
            agent, _, digest = name.removesuffix(".json").rpartition("-")
            self._put_row(database, "personal", {"agent": agent, "name": digest}, data)
        else:
            keys, kept = {"name": documents.name_of(file, "json") or file}, {"n": 0, "share": None}
            self._put_row(database, "documents", keys, data, kept)

    def _put_row(
        self,
        database: str,
        table: str,
        keys: dict[str, str],
        data: bytes | None,
        kept: dict[str, Any] | None = None,
    ) -> None:
        """Put other bytes into a row; ``kept`` are columns that stay, and what a new row has."""
        row: dict[str, Any] = {"office": "Y", **keys}
        condition = " AND ".join(f"{key} = %s" for key in row)
        told = f"DELETE FROM kofu_y.{table} WHERE {condition} RETURNING {', '.join(kept or ['1'])}"
        gone = self.run(told, list(row.values()), database)
        if data is not None:
            row |= dict(zip(kept, gone[0], strict=True)) if kept and gone else kept or {}
            row["content"] = data
            sql = f"INSERT INTO kofu_y.{table} ({', '.join(row)}) VALUES %s"
            self.run(sql, (tuple(row.values()),), database)

    def _put_month(self, database: str, month: str, data: bytes) -> None:
        sql = "DELETE FROM kofu_y.ledger WHERE month = %s RETURNING n"
        first = min(self.run(sql, (month,), database), default=(1,))[0]
        for n, raw in enumerate(data.splitlines(), first):
            row = ("Y", n, month, raw)
            self.run("INSERT INTO kofu_y.ledger VALUES (%s, %s, %s, %s)", row, database)


def end_after_us(pid: int, folder: Path) -> subprocess.Popen[bytes]:
    """End a process, and remove its folder, once this one is gone, however it ended.

    Whoever ends it before kills what is returned first.
    """
    code = 'read line; kill -QUIT $0; while kill -0 $0; do sleep 0.1; done; rm -rf "$1"'
    command = ["sh", "-c", code, str(pid), folder]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True
    )


@dataclass(frozen=True, order=True)
class Part:
    """A file or folder of a store, or what would be one, with what ``Path`` has of use for tests.

    The store of an office on a server is the one without a name.
    """

    server: Server = field(compare=False)
    url: str
    file: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.url, self.file)))

    def __truediv__(self, name: str) -> Part:
        return replace(self, file="/".join(filter(None, (self.file, str(name)))))

    @property
    def name(self) -> str:
        return self.file.rpartition("/")[2]

    @property
    def stem(self) -> str:
        return PurePosixPath(self.file).stem

    @property
    def parent(self) -> Part:
        return replace(self, file=self.file.rpartition("/")[0])

    def with_name(self, name: str) -> Part:
        return self.parent / name

    def relative_to(self, other: Part) -> PurePosixPath:
        return PurePosixPath(self.file).relative_to(other.file)

    def read_bytes(self) -> bytes:
        found = self.server.read_files(self.url).get(self.file)
        if found is None:
            raise FileNotFoundError(self.file)
        return found

    def read_text(self, encoding: str = "utf-8") -> str:
        return self.read_bytes().decode(encoding)

    def write_bytes(self, data: bytes) -> None:
        self.server.put_file(self.url, self.file, data)

    def write_text(self, text: str, encoding: str = "utf-8") -> None:
        self.write_bytes(text.encode(encoding))

    def unlink(self, missing_ok: bool = False) -> None:
        if self.exists():
            self.server.put_file(self.url, self.file, None)
        elif not missing_ok:
            raise FileNotFoundError(self.file)

    def rename(self, other: Part) -> None:
        other.write_bytes(self.read_bytes())
        self.unlink()

    def exists(self) -> bool:
        return self.is_file() or any(self.rglob("*"))

    def is_file(self) -> bool:
        return self.file in self.server.read_files(self.url)

    def rglob(self, pattern: str) -> Iterator[Part]:
        beginning = f"{self.file}/" if self.file else ""
        for file in sorted(self.server.read_files(self.url)):
            if file.startswith(beginning) and fnmatch(file.rpartition("/")[2], pattern):
                yield replace(self, file=file)

    def glob(self, pattern: str) -> Iterator[Part]:
        for part in self.rglob("*"):
            rest = str(part.relative_to(self))
            if rest.count("/") == pattern.count("/") and fnmatch(rest, pattern):
                yield part

    def iterdir(self) -> Iterator[Part]:
        return self.glob("*")


_FILES = """
    SELECT 'store.json', header FROM kofu_y.head
    UNION ALL SELECT 'snapshot', snapshot FROM kofu_y.head WHERE snapshot IS NOT NULL
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
        lacking("there is no server of PostgreSQL (apt-get install postgresql)")
    return found[-1]


def as_nobody() -> list[str]:
    """Return how a command is begun that root may not run."""
    if os.getuid() != 0:
        return []
    import pwd  # there is none on Windows

    group = pwd.getpwnam("nobody").pw_gid
    return ["setpriv", "--reuid=nobody", f"--regid={group}", "--clear-groups", "--"]


@contextmanager
def running_server(
    place: str | None = None, source: Server | None = None, **settings: object
) -> Iterator[Server]:
    """Run a server in ``place`` while the block runs: a new one, or a standby of another one.

    ``settings`` are added to its own.
    """
    make = ["initdb", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    if source is not None:
        make = ["pg_basebackup", "-h", str(source.folder), "-R", "-c", "fast"]
    program = binaries() / make[0]
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="kofucli-pg-", dir=place or memory))
    server = Server(folder, settings)
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody")
        folder.chmod(0o755)
        command = [*as_nobody(), program, "-U", "postgres", "-D", folder / "data", *make[1:]]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
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
        lacking("there is no PgBouncer (apt-get install pgbouncer)")
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
    watcher = end_after_us(process.pid, folder)
    pooled = Server(folder, {})
    try:
        wait_for(lambda: pooled.run("SELECT 1", database=database))
        yield pooled.url(database)
    finally:
        watcher.kill()
        watcher.communicate()
        process.kill()
        process.wait(60)


def wait_for(work: Callable[[], object]) -> None:
    """Do something on a server that may still be starting."""
    deadline = time.monotonic() + 60
    while True:
        try:
            work()
            return
        except Exception:  # it is starting
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
