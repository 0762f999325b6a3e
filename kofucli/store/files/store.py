"""The store of files: ``FileStore`` is what ``kofucli.store.Store`` asks for, in a folder.

docs/architecture.md lists the six steps of a transaction ("A transaction"). They are taken here:

1. and 6. ``FileStore.locked`` takes the lock, and lets go of it.
2. ``FileTransaction.recover`` finishes what a killed process began.
3. The block of ``FileStore.change`` reads and decides; ``FileView`` reads.
4. ``FileTransaction.commit`` appends the line; ``Ledger.append`` makes it durable.
5. ``FileTransaction.write_documents`` writes the documents.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from kofucli.base import LockedError, Phrase, StoreError
from kofucli.model import Stamp
from kofucli.store import disk
from kofucli.store.disk import Stages, unseen
from kofucli.store.documents import damaged, refusal
from kofucli.store.files.lock import Holder, hold, wait_for
from kofucli.store.files.view import (
    FOLDERS,
    FileSource,
    FileTransaction,
    FileView,
    personal_files,
    read_header,
)
from kofucli.store.header import Expected, Header, MovedError, refuse_other_office
from kofucli.store.ledger import RawLine, account_name

if TYPE_CHECKING:
    from kofucli.store.files.upkeep import FileUpkeep

T = TypeVar("T")
_MAIL = ".eml"
_UNFINISHED_MAIL = ".eml.tmp"


class FileStore(FileSource):
    """A store in folder ``root``; ``lock_seconds`` is how long a change waits for another one."""

    def __init__(self, root: str, header: Header, lock_seconds: float) -> None:
        super().__init__(root, header)
        self.lock_seconds = lock_seconds
        self.stages: Stages = unseen
        self.warnings: list[Phrase] = []
        self.committed: list[str] = []
        self.line = 0

    def use_header(self, header: Header) -> None:
        """Take a header as what ``store.json`` says now."""
        self._header_stat = self._stat_header()
        self._expected: Expected | None = None
        super().use_header(header)

    @classmethod
    def open(cls, root: str, office: str, lock_seconds: float) -> FileStore:
        """Open an existing store."""
        with disk.errors_at(root):
            try:
                for folder in (root, *(os.path.join(root, name) for name in FOLDERS)):
                    disk.refuse_link(folder)
            except FileNotFoundError:
                if not os.path.lexists(os.path.join(root, "store.json")):
                    raise refusal("missing", root) from None
                raise damaged(root, Phrase("a folder is missing")) from None
        seen = _stamp_of(os.path.join(root, "store.json"))
        header = read_header(root)
        refuse_other_office(root, header.office, office)
        store = cls(root, header, lock_seconds)
        store._header_stat = seen
        return store

    def read(self, work: Callable[[FileView], T]) -> T:
        """Return ``work(view)``; it runs again where a writer or a purge came between."""
        last = -1
        while True:
            before = self._stat_header()
            if before != self._header_stat:
                self.refresh()
            try:
                tail = self.ledger.read_tail()
                view = FileView(FileSource(self.root, self.header), tail, self._expected)
                found = work(view)
            except MovedError as moved:
                if tail.line.n == last:
                    raise moved.otherwise from None
                last = tail.line.n
                continue
            except StoreError:
                if self._stat_header() == before:
                    raise
                continue
            if self._stat_header() == before:
                self.line = tail.line.n
                self._expected = view.expected
                return found

    def _stat_header(self) -> tuple[int, int, int]:
        return _stamp_of(os.path.join(self.root, "store.json"))

    @contextmanager
    def transaction(self, op: str, stamp: Stamp) -> Iterator[FileTransaction]:
        """Lock, read, decide, commit."""
        with self.locked(op), self.change(op, stamp) as transaction:
            transaction.committed = self.committed
            yield transaction

    @contextmanager
    def change(self, op: str, stamp: Stamp) -> Iterator[FileTransaction]:
        """Read, decide, commit, under the lock."""
        transaction = self._begin()
        if stamp.by_machine:
            transaction.check_clock(stamp.now)
        try:
            if not stamp.dry_run:
                transaction = self._finish(transaction)
            yield transaction
        except MovedError as moved:
            raise moved.otherwise from None
        if transaction.changed and not stamp.dry_run:
            self.warnings += transaction.clock_warnings(stamp)
            transaction.commit(op, stamp, self.stages)
            self.line = transaction.tail.line.n
            self._expected = transaction.expected.after(transaction.tail)
            for path in transaction.write_documents(self.stages):
                self.warnings.append(
                    Phrase(
                        "The change is recorded; the document {path} could not be written "
                        "yet, the next change completes it.",
                        path=path,
                    )
                )

    def _begin(self) -> FileTransaction:
        if self._stat_header() != self._header_stat:
            self.refresh()
        return FileTransaction(
            FileSource(self.root, self.header), self.ledger.read_tail(), self._expected
        )

    def _finish(self, transaction: FileTransaction) -> FileTransaction:
        """Finish what a killed process began; return the transaction to go on with."""
        try:
            transaction.recover()
        except MovedError as moved:
            raise moved.otherwise from None
        if self.header.anchor is None or not self.header.anchor.unfinished:
            return transaction
        with suppress(StoreError):  # what cannot be removed does no harm: the next one tries again
            self.upkeep().finish_purge()
        return self._begin()  # other files, another tail

    def make_durable(self) -> None:
        """Make sure that the last line outlives a power failure."""
        if not self.read(lambda view: view.is_finished()):
            with self.locked("confirmation"):
                self._finish(self._begin())

    @contextmanager
    def locked(self, op: str) -> Iterator[None]:
        """Hold the store's lock while the block runs."""
        holder = Holder(os.getpid(), account_name(), op, time.time())
        path = os.path.join(self.root, ".lock")
        with disk.errors_at(path):
            descriptor = disk.open_file(path, os.O_RDWR | os.O_CREAT)
        try:
            folder = os.path.join(self.root, "ledger")
            with hold(descriptor, path, self.lock_seconds, holder, folder):
                yield
        finally:
            os.close(descriptor)

    def refresh(self) -> None:
        """Read ``store.json`` again: a purge may have changed it."""
        seen = self._stat_header()
        self.use_header(read_header(self.root))
        self._header_stat = seen  # it may have been replaced again since

    def mark(self) -> object:
        """Return something that differs once anybody has changed the store."""
        with suppress(StoreError):
            return [*map(_stamp_of, self.ledger.files()), self._stat_header()]
        return self._stat_header()

    def lines_from(self, day: date) -> tuple[str, Iterator[RawLine]]:
        """Return the hash of a line, and those after it: from the month of a day on."""
        files, before = self.ledger.files_from(f"{day:%Y-%m}")
        return before, self.ledger.lines(files)

    def document(self, name: str) -> bytes | None:
        """Return a document's bytes; a link to its year is a finding of its own."""
        return disk.read_bytes(self._path(name))

    def personal_files(self, agent_id: str) -> list[str]:
        """Return the files with personal values of an agent, older ones too."""
        found = personal_files(self.root, {agent_id})
        return [os.path.relpath(path, self.root) for _, path in found]

    def upkeep(self) -> FileUpkeep:
        """Return what looks after a store of files."""
        from kofucli.store.files.upkeep import FileUpkeep

        return FileUpkeep(self)

    def free(self) -> int:
        """Return how many bytes are free on the store's disk."""
        from shutil import disk_usage  # only the office's status needs it

        return disk_usage(self.root).free

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def erase_personal(self, agent_id: str) -> None:
        """Remove an agent's personal values, older ones too, and its unfinished mails; durably."""
        found = personal_files(self.root, {agent_id})
        for _, path in found:
            disk.remove(path)
        if found:
            disk.sync_folder(os.path.join(self.root, "private"))
        for name in os.listdir(self._mail_path("")):
            parts = name.removesuffix(_UNFINISHED_MAIL).split("-", 2)
            if name.endswith(_UNFINISHED_MAIL) and parts[-1].rpartition("-")[0] == agent_id:
                os.unlink(self._mail_path(name))
        # Each earlier removal, too: the mails of an erased agent stay gone.
        disk.sync_folder(self._mail_path(""))

    def _mail_path(self, name: str) -> str:
        return os.path.join(self.root, "outbox", name)

    def write_mail(self, name: str, content: bytes, durable: bool = True) -> str:
        """Put a mail into the outbox and return its path: all of it or nothing."""
        path = self._mail_path(name)
        if durable:
            disk.replace_file(path, content)
            return path
        with disk.opened(path + ".tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor:
            disk.write_all(descriptor, content)
        os.replace(path + ".tmp", path)
        return path

    def mails(self) -> list[str]:
        """Return the names of the mails in the outbox, oldest first."""
        path = self._mail_path("")
        with disk.errors_at(path):
            return sorted(name for name in os.listdir(path) if name.endswith(_MAIL))

    @contextmanager
    def claim_mail(self, name: str) -> Iterator[bytes | None]:
        """Hold a kernel lock on a mail while the block runs; gives its bytes, None for none."""
        path = self._mail_path(name)
        try:
            descriptor = disk.open_file(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise disk.failure(error, path) from None
        try:
            if not wait_for(descriptor, path, self.lock_seconds):
                raise LockedError(Phrase("another process is sending it"))
            # Another process may have sent and removed it meanwhile: then no name leads to it.
            is_there = os.fstat(descriptor).st_nlink
            with disk.errors_at(path):
                content = disk.read_open(descriptor) if is_there else None
            yield content
        finally:
            os.close(descriptor)

    def remove_mail(self, name: str) -> None:
        """Remove a mail, if it is there."""
        disk.remove(self._mail_path(name))


def _stamp_of(path: str) -> tuple[int, int, int]:
    """Return what differs once a file was written or replaced."""
    try:
        found = os.stat(path, follow_symlinks=False)
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size
