"""The store as files: a transaction under one lock, and what a killed process left behind.

1. Lock. 2. Read the ledger's tail; cut off an unfinished line; put the last line into its
documents where they do not have it. 3. Read what is asked for. 4. Decide. 5. Append the line,
durable: the commit point. 6. Write the documents. 7. Unlock. A failure before 5 changed nothing;
after it the change stands, and the next writer finishes the documents.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import msgspec

from kofucli.clock import machine_now
from kofucli.errors import InputError, Phrase, StoreError, UnknownOutcomeError
from kofucli.model import Agent, OfficeRecord, Personal, Reservation, Stamp
from kofucli.store import disk, documents
from kofucli.store.documents import Codec
from kofucli.store.ledger import GENESIS, Ledger, Line, Tail, digest
from kofucli.store.lock import Holder, hold
from kofucli.store.seal import BLANK
from kofucli.store.view import FileView, MovedError, personal_path

if TYPE_CHECKING:
    from kofucli.store.check import CheckResult

__all__ = [
    "FileStore",
    "FileTransaction",
    "Header",
    "account_name",
    "create",
    "ensure_vacant",
]

T = TypeVar("T")
FORMAT = 1
_FOLDERS = ("days", "agents", "private", "ledger", "outbox")
_NAME_LENGTH = 32
_CHECKS_WITHOUT_LOCK = 3
_PERSONAL = re.compile(r"[0-9a-f]{32}\.json(\.tmp)?")


class Header(msgspec.Struct, frozen=True):
    """``store.json``: what the store is."""

    format: int
    office: str
    codec: Codec


def account_name() -> str:
    """Return the operating system's account under which this process runs."""
    try:
        import pwd  # there is none on Windows

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return os.environ.get("USERNAME") or f"uid {getattr(os, 'getuid', int)()}"


class FileTransaction(FileView):
    """A view that also takes changes, until they are committed as one line."""

    def __init__(self, root: str, codec: Codec, tail: Tail) -> None:
        super().__init__(root, codec, tail)
        self._puts: dict[str, dict[str, msgspec.Struct]] = {}
        self._personal: list[tuple[str, bytes]] = []

    @property
    def changed(self) -> bool:
        """Whether anything was put."""
        return bool(self._puts)

    def _put(self, name: str, key: str, record: msgspec.Struct) -> None:
        self.records(name)[key] = record
        self._puts.setdefault(name, {})[key] = record

    def put_reservation(self, reservation: Reservation) -> None:
        """Store a reservation as it is afterwards."""
        self._put(documents.day_name(reservation.date), reservation.number, reservation)

    def put_agent(self, agent: Agent) -> None:
        """Store an agent as it is afterwards."""
        self._put(f"agents/{agent.id}", agent.id, agent)

    def put_office(self, record: OfficeRecord) -> None:
        """Store a record of the office."""
        self._put("office", record.key, record)

    def put_personal(self, agent_id: str, personal: Personal) -> str:
        """Store personal values and return the name by which the agent's record names them."""
        data = msgspec.json.encode(personal)
        name = digest(data)[:_NAME_LENGTH]
        self._personal.append((personal_path(self._root, agent_id, name), data))
        return name

    def commit(self, op: str, stamp: Stamp, ledger: Ledger) -> Iterator[str]:
        """Make the changes one durable line, then write the documents.

        Yields the path of each document that could not be written; the line stands all the same.
        """
        for path, data in self._personal:
            try:
                disk.replace_file(path, data)
            except OSError as error:
                self._forget_personal()
                raise disk.failure(error, path) from None
        try:
            self._tail = ledger.append(self._line(op, stamp), self._tail)
        except StoreError:  # nothing was changed; after anything else the line may stand
            self._forget_personal()
            raise
        for name in self._puts:
            path = os.path.join(self._root, documents.path_of(name, self._codec))
            try:
                self.write_document(name)
            except (OSError, StoreError):
                yield path
        self._remove_replaced_personal()

    def _remove_replaced_personal(self) -> None:
        """Remove the personal values that new ones have replaced: no more is kept than needed."""
        for path, _ in self._personal:
            folder, name = os.path.split(path)
            beginning = name[: -len(".json") - _NAME_LENGTH]
            with suppress(OSError):  # what stays behind goes with the next change
                for other in os.listdir(folder):
                    rest = other.removeprefix(beginning)
                    if other not in (name, rest) and _PERSONAL.fullmatch(rest):
                        disk.remove(os.path.join(folder, other))

    def _forget_personal(self) -> None:
        with suppress(OSError):  # what stays behind is named by no line
            for path, _ in self._personal:
                disk.remove(path + ".tmp")
                disk.remove(path)

    def _line(self, op: str, stamp: Stamp) -> Line:
        before = self._tail.line
        n = before.n + 1
        today = documents.day_name(stamp.now.date())
        live = {name: at for name, at in before.live.items() if name == "office" or name >= today}
        live.update(
            (name, n)
            for name in self._puts
            if name == "office" or (name.startswith("days/") and name >= today)
        )
        days = [
            r.date
            for records in self._puts.values()
            for r in records.values()
            if isinstance(r, Reservation)
        ]
        if before.last_day is not None:
            days.append(before.last_day)
        actor = {"by": stamp.actor.by}
        if stamp.actor.agent is not None:
            actor["agent"] = stamp.actor.agent
        return Line(
            sum=BLANK,
            n=n,
            at=stamp.now,
            clock=machine_now(),
            op=op,
            actor=actor,
            account=account_name(),
            prev=digest(self._tail.raw),
            live=dict(sorted(live.items())),
            put={
                name: [msgspec.Raw(msgspec.json.encode(record)) for record in records.values()]
                for name, records in self._puts.items()
            },
            base={name: self._included[name] for name in self._puts},
            last_day=max(days, default=None),
        )

    def write_document(self, name: str) -> None:
        """Write a document as this transaction's tail leaves it."""
        path = os.path.join(self._root, documents.path_of(name, self._codec))
        folder = os.path.dirname(path)
        if folder != self._root:
            disk.make_folder(folder)
        records = self.records(name).values()
        disk.replace_file(path, documents.encode(self._tail.line.n, records, self._codec))

    def recover(self, ledger: Ledger) -> None:
        """Finish what a killed process began: cut off its unfinished line, or write its documents.

        Its line may be complete and not yet durable, so that is made sure first.
        """
        line = self._tail.line
        try:
            ledger.cut_unfinished(self._tail)
            behind = [name for name in line.put if self._is_behind(name)]
            if behind:
                ledger.sync(self._tail)
            for name in behind:
                self.write_document(name)
        except OSError as error:
            raise disk.failure(error, self._root) from None

    def _is_behind(self, name: str) -> bool:
        """Tell whether a document of the tail is still as it was before; else it is damaged."""
        path = os.path.join(self._root, documents.path_of(name, self._codec))
        line = self._tail.line
        base = line.base.get(name, 0)
        data = disk.read_bytes(path)
        try:
            n = documents.included(data, name, self._codec) if data is not None else 0
        except documents.DocumentError as error:
            raise disk.damaged(path, Phrase("{detail}", detail=str(error))) from None
        if n not in (base, line.n):
            raise disk.damaged(
                path,
                Phrase("it includes line {n}, the ledger says {expected}", n=n, expected=line.n),
            )
        return n != line.n


class FileStore:
    """A store in folder ``root``; ``lock_seconds`` is how long a change waits for another one."""

    def __init__(self, root: str, header: Header, lock_seconds: float) -> None:
        self.root = root
        self.header = header
        self.ledger = Ledger(root)
        self.warnings: list[Phrase] = []
        self._lock_seconds = lock_seconds

    @classmethod
    def open(cls, path: str, office: str, lock_seconds: float) -> FileStore:
        """Open an existing store; see ``kofucli.store.open_store``."""
        root = os.path.abspath(path)
        try:
            disk.refuse_link(root)
            for folder in _FOLDERS:
                disk.refuse_link(os.path.join(root, folder))
        except FileNotFoundError:
            if not os.path.lexists(os.path.join(root, "store.json")):
                raise _missing(root) from None
            raise disk.damaged(root, Phrase("a folder is missing")) from None
        except OSError as error:
            raise disk.failure(error, root) from None
        header = _read_header(root)
        if header.office != office:
            raise InputError(
                Phrase(
                    "The store {path} belongs to office {theirs}, the configuration describes "
                    "office {ours}: check --config and --store.",
                    path=root,
                    theirs=header.office,
                    ours=office,
                )
            )
        return cls(root, header, lock_seconds)

    def read(self, work: Callable[[FileView], T]) -> T:
        """Return what ``work`` makes of a consistent state; no lock, ``work`` may run again."""
        last = -1
        while True:
            tail = self.ledger.read_tail()
            try:
                return work(FileView(self.root, self.header.codec, tail))
            except MovedError as moved:
                if tail.line.n == last:
                    raise moved.otherwise from None
                last = tail.line.n

    @contextmanager
    def transaction(self, op: str, stamp: Stamp) -> Iterator[FileTransaction]:
        """Lock, read, decide, commit; see ``kofucli.store.Store.transaction``."""
        holder = Holder(os.getpid(), account_name(), op, time.time())
        with self._locked(holder):
            tail = self.ledger.read_tail()
            transaction = FileTransaction(self.root, self.header.codec, tail)
            if not stamp.dry_run:
                transaction.recover(self.ledger)
            try:
                yield transaction
            except MovedError as moved:
                raise moved.otherwise from None
            if transaction.changed and not stamp.dry_run:
                if stamp.now < tail.line.at:
                    self.warnings.append(
                        Phrase(
                            "The clock of this command ({now}) is earlier than that of the last "
                            "change ({last}).",
                            now=stamp.now,
                            last=tail.line.at,
                        )
                    )
                for path in transaction.commit(op, stamp, self.ledger):
                    self.warnings.append(
                        Phrase(
                            "The change is recorded; the document {path} could not be written "
                            "yet, the next change completes it.",
                            path=path,
                        )
                    )

    @contextmanager
    def _locked(self, holder: Holder) -> Iterator[None]:
        path = os.path.join(self.root, ".lock")
        try:
            descriptor = disk.open_file(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise disk.failure(error, path) from None
        try:
            with hold(descriptor, self._lock_seconds, holder):
                yield
        finally:
            os.close(descriptor)

    def check(self) -> CheckResult:
        """Replay the ledger and compare every document with it, byte for byte."""
        from kofucli.store.check import check  # only this command needs it

        for _ in range(_CHECKS_WITHOUT_LOCK):
            before = self._last_n()
            found = check(self.root, self.header.codec, self.ledger)
            if found.ok or self._last_n() == before:
                return found
        # Others write all the time: what looks wrong may be what they were writing.
        with self._locked(Holder(os.getpid(), account_name(), "store check", time.time())):
            return check(self.root, self.header.codec, self.ledger)

    def _last_n(self) -> int | None:
        try:
            return self.ledger.read_tail().line.n
        except StoreError:
            return None

    def write_mail(self, name: str, content: bytes) -> str:
        """Keep a mail in the outbox and return its absolute path. Raises OSError."""
        path = os.path.join(self.root, "outbox", name)
        disk.replace_file(path, content)
        return path


def _missing(root: str) -> StoreError:
    return StoreError(
        "missing",
        Phrase(
            "There is no store at {path}. Run 'kofucli init' to make one, or name another with "
            "--store.",
            path=root,
        ),
    )


def _read_header(root: str) -> Header:
    path = os.path.join(root, "store.json")
    data = disk.read_bytes(path)
    if data is None and os.path.lexists(os.path.join(root, "ledger")):
        raise disk.damaged(path, Phrase("it is missing"))
    if data is None:
        raise _missing(root)
    try:
        found = msgspec.json.decode(data, type=dict[str, object])
        version = found.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise StoreError(
                "newer",
                Phrase(
                    "The store {path} has format {version}; this program knows formats up to "
                    "{known}. Install a newer kofucli.",
                    path=root,
                    version=version,
                    known=FORMAT,
                ),
            )
        if version != FORMAT:
            raise disk.damaged(path, Phrase("its format is {version}", version=str(version)))
        return msgspec.convert(found, Header)
    except (ValueError, RecursionError) as error:
        raise disk.damaged(path, Phrase("{detail}", detail=str(error))) from None


def ensure_vacant(path: str) -> None:
    """Raise StoreError where anything but an empty folder is at ``path``: no store is touched."""
    if os.path.lexists(path) and not (os.path.isdir(path) and not os.listdir(path)):
        raise _occupied(path)


def _occupied(path: str) -> StoreError:
    return StoreError(
        "exists",
        Phrase(
            "There is something at {path} already; it was not touched. Use it with --store, "
            "or name another folder.",
            path=path,
        ),
    )


def create(path: str, header: Header, records: Sequence[OfficeRecord], stamp: Stamp) -> FileStore:
    """Make a store that holds ``records`` of the office; nothing is there, or all of it.

    It is built beside its place and renamed. Raises StoreError where something is there already.
    """
    root = os.path.abspath(path)
    building = f"{root}.{os.getpid()}.new"
    try:
        ensure_vacant(root)
        os.makedirs(os.path.dirname(root), exist_ok=True)
        _remove_folder(building)
        _build(building, header, records, stamp)
        os.rename(building, root)
        disk.sync_folder(os.path.dirname(root))
    except (OSError, StoreError, UnknownOutcomeError) as error:
        _remove_folder(building)
        if not isinstance(error, OSError):
            raise
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise _occupied(root) from None
        raise disk.failure(error, root) from None
    return FileStore(root, header, 10)


def _build(root: str, header: Header, records: Sequence[OfficeRecord], stamp: Stamp) -> None:
    disk.make_folder(root)
    for folder in _FOLDERS:
        disk.make_folder(os.path.join(root, folder))
    for year in (stamp.now.year, stamp.now.year + 1):
        disk.make_folder(os.path.join(root, "days", f"{year}"))
    first = Line(
        sum=BLANK,
        n=1,
        at=stamp.now,
        clock=machine_now(),
        op="init",
        actor={"by": stamp.actor.by},
        account=account_name(),
        prev=GENESIS,
        live={},
        put={},
        base={},
    )
    Ledger(root).append(first, None)
    disk.replace_file(os.path.join(root, "store.json"), msgspec.json.encode(header) + b"\n")
    with FileStore(root, header, 0).transaction("init", stamp) as transaction:
        for record in records:
            transaction.put_office(record)


def _remove_folder(path: str) -> None:
    """Remove what a creation that failed or was killed has left."""
    if os.path.lexists(path):
        from shutil import rmtree  # a creation that goes well needs none

        rmtree(path, ignore_errors=True)
