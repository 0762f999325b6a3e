"""The store as files: a transaction under one lock, and what a killed process left behind.

1. Lock. 2. Read the ledger's tail; cut off an unfinished line; put the last line into its
documents where they do not have it. 3. Read what is asked for. 4. Decide. 5. Append the line,
durable: the commit point. 6. Write the documents. 7. Unlock. A failure before 5 changed nothing;
after it the change stands, and the next writer finishes the documents.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from kofucli.errors import InputError, Phrase, StoreError
from kofucli.model import Stamp
from kofucli.store import disk, outbox
from kofucli.store.header import Header, read_header
from kofucli.store.ledger import GENESIS, Ledger, Line, decode_line
from kofucli.store.lock import Holder, hold
from kofucli.store.transaction import FileTransaction, account_name, erase_personal
from kofucli.store.view import FileView, MovedError

if TYPE_CHECKING:
    from datetime import date, datetime

    from kofucli.store.check import CheckResult
    from kofucli.store.copying import Backup
    from kofucli.store.purge import PurgeResult
    from kofucli.store.recent import RecentCheck
    from kofucli.store.repair import RepairResult

T = TypeVar("T")
C = TypeVar("C", "CheckResult", "RecentCheck")
FOLDERS = ("days", "agents", "private", "ledger", "outbox")
_CHECKS_WITHOUT_LOCK = 3


class FileStore:
    """A store in folder ``root``; ``lock_seconds`` is how long a change waits for another one."""

    def __init__(self, root: str, header: Header, lock_seconds: float) -> None:
        self.root = root
        self.use_header(header)
        self.warnings: list[Phrase] = []
        self.committed: list[str] = []
        self._lock_seconds = lock_seconds

    def use_header(self, header: Header) -> None:
        """Go by what ``store.json`` says now."""
        self.header = header
        anchor = header.anchor
        start = (0, GENESIS) if anchor is None else (anchor.n, anchor.hash)
        self.ledger = Ledger(self.root, start)

    @classmethod
    def open(cls, path: str, office: str, lock_seconds: float) -> FileStore:
        """Open an existing store; see ``kofucli.store.open_store``."""
        root = os.path.abspath(path)
        try:
            disk.refuse_link(root)
            for folder in FOLDERS:
                disk.refuse_link(os.path.join(root, folder))
        except FileNotFoundError:
            if not os.path.lexists(os.path.join(root, "store.json")):
                raise _missing(root) from None
            raise disk.damaged(root, Phrase("a folder is missing")) from None
        except OSError as error:
            raise disk.failure(error, root) from None
        header = read_header(root)
        if header is None:
            raise _missing(root)
        refuse_other_office(root, header.office, office)
        return cls(root, header, lock_seconds)

    def read(self, work: Callable[[FileView], T]) -> T:
        """Return what ``work`` makes of a consistent state; no lock, ``work`` may run again."""
        last = -1
        while True:
            switch = self._look_at_header()
            try:
                tail = self.ledger.read_tail()
                found = work(FileView(self.root, self.header.codec, tail))
            except MovedError as moved:
                if tail.line.n == last:
                    raise moved.otherwise from None
                last = tail.line.n
                continue
            except StoreError:
                if self._look_at_header() == switch:
                    raise
                continue
            if self._look_at_header() == switch:
                return found

    def _look_at_header(self) -> tuple[int, int, int]:
        """Return what changes whenever ``store.json`` is put anew: a purge or a migration ran."""
        try:
            found = os.stat(os.path.join(self.root, "store.json"), follow_symlinks=False)
        except OSError:
            return 0, 0, 0
        return found.st_ino, found.st_mtime_ns, found.st_size

    @contextmanager
    def transaction(self, op: str, stamp: Stamp) -> Iterator[FileTransaction]:
        """Lock, read, decide, commit; see ``kofucli.store.Store.transaction``."""
        with self.locked(op), self.change(op, stamp) as transaction:
            transaction.committed = self.committed
            yield transaction

    @contextmanager
    def change(self, op: str, stamp: Stamp) -> Iterator[FileTransaction]:
        """Read, decide, commit; only under the lock."""
        transaction = FileTransaction(self.root, self.header.codec, self.ledger.read_tail())
        try:
            if not stamp.dry_run:
                transaction.recover(self.ledger)
                if self._finish_purge():  # the ledger is another file now
                    tail = self.ledger.read_tail()
                    transaction = FileTransaction(self.root, self.header.codec, tail)
            yield transaction
        except MovedError as moved:
            raise moved.otherwise from None
        if transaction.changed and not stamp.dry_run:
            self._warn_of_clock(stamp.now, transaction.tail.line.at)
            transaction.commit(op, stamp, self.ledger)
            for path in transaction.write_documents():
                self.warnings.append(
                    Phrase(
                        "The change is recorded; the document {path} could not be written "
                        "yet, the next change completes it.",
                        path=path,
                    )
                )

    def _warn_of_clock(self, now: datetime, last: datetime) -> None:
        if now < last:
            self.warnings.append(
                Phrase(
                    "The clock of this command ({now}) is earlier than that of the last "
                    "change ({last}).",
                    now=now,
                    last=last,
                )
            )

    def _finish_purge(self) -> bool:
        """Remove what an interrupted purge has left; tell whether there was one. Under the lock.

        Where that fails, what is left is in nobody's way, and the next change tries again.
        """
        if self.header.anchor is None or not self.header.anchor.unfinished:
            return False
        from kofucli.store.purge import finish  # only after an interrupted purge

        with suppress(OSError, StoreError):
            finish(self)
        return True

    @contextmanager
    def locked(self, op: str) -> Iterator[None]:
        """Hold the store's lock while the block runs. Raises LockedError, StoreError."""
        holder = Holder(os.getpid(), account_name(), op, time.time())
        path = os.path.join(self.root, ".lock")
        try:
            descriptor = disk.open_file(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise disk.failure(error, path) from None
        try:
            with hold(descriptor, self._lock_seconds, holder, os.path.join(self.root, "ledger")):
                yield
        finally:
            os.close(descriptor)

    def check(self, expect: str | None = None) -> CheckResult:
        """Replay the ledger and compare every document with it, byte for byte."""
        from kofucli.store.check import check  # only this command needs it

        def replay() -> CheckResult:
            self._refresh()
            return check(self.root, self.header, self.ledger, expect)

        return self._until_quiet(replay)

    def _refresh(self) -> None:
        """Read ``store.json`` again: a purge may have come in between; its damage is found."""
        with suppress(StoreError):
            self.use_header(read_header(self.root) or self.header)

    def repair(self, stamp: Stamp) -> RepairResult:
        """Make the store whole from its ledger; see ``kofucli.store.Store.repair``."""
        from kofucli.store.repair import repair  # as above

        return repair(self, stamp)

    def purge(self, before: date, stamp: Stamp) -> PurgeResult:
        """Remove what is older; see ``kofucli.store.Store.purge``."""
        from kofucli.store.purge import purge  # as above

        return purge(self, before, stamp)

    def export(self) -> Iterator[bytes]:
        """Yield the whole store as lines; see ``kofucli.store.Store.export``."""
        from kofucli.store.archive import pack  # as above

        return pack(self)

    def back_up(self, folder: str, now: datetime) -> Backup:
        """Write a backup into a folder; see ``kofucli.store.Store.back_up``."""
        from kofucli.store.copying import back_up  # as above

        return back_up(self, folder, now)

    def _until_quiet(self, check: Callable[[], C]) -> C:
        """Return what a check finds while nobody writes."""
        for _ in range(_CHECKS_WITHOUT_LOCK):
            before = self._last_n(), self._look_at_header()
            found = check()
            if found.ok or (self._last_n(), self._look_at_header()) == before:
                return found
        # Others write all the time: what looks wrong may be what they were writing.
        with self.locked("store check"):
            return check()

    def _last_n(self) -> int | None:
        try:
            return self.ledger.read_tail().line.n
        except StoreError:
            return None

    def check_recent(self, since: date, days: Sequence[date]) -> RecentCheck:
        """Check the ledger from the month of ``since`` on, and the documents of some days."""
        from kofucli.store.recent import check_recent  # only the nightly page needs it

        def check() -> RecentCheck:
            self._refresh()
            return check_recent(self.root, self.header.codec, self.ledger, since, days)

        return self._until_quiet(check)

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the ledger, oldest first. Raises StoreError."""
        for path, number, raw in self.ledger.lines():
            yield decode_line(raw, path, number)

    def erase_personal(self, agent_id: str) -> None:
        """Remove an agent's personal values, older ones too, and what is left of its mails.

        Raises OSError.
        """
        erase_personal(self.root, agent_id)
        outbox.remove_unfinished(self.root, agent_id)

    def write_mail(self, name: str, content: bytes, durable: bool = True) -> str:
        """Keep a mail in the outbox and return its absolute path. Raises OSError."""
        return outbox.write(self.root, name, content, durable)

    def mails(self) -> list[str]:
        """Return the names of the mails in the outbox, oldest first. Raises StoreError."""
        return outbox.list_names(self.root)

    def claim_mail(self, name: str) -> AbstractContextManager[bytes | None]:
        """Hold a mail while the block runs; see ``kofucli.store.Store.claim_mail``."""
        return outbox.claim(self.root, name, self._lock_seconds)

    def remove_mail(self, name: str) -> None:
        """Remove a mail from the outbox, if it is there. Raises OSError."""
        outbox.remove(self.root, name)


def refuse_other_office(path: str, theirs: str, ours: str) -> None:
    """Raise InputError where a store belongs to another office than the configuration's."""
    if theirs != ours:
        raise InputError(
            Phrase(
                "The store {path} belongs to office {theirs}, the configuration describes "
                "office {ours}: check --config and --store.",
                path=path,
                theirs=theirs,
                ours=ours,
            )
        )


def _missing(root: str) -> StoreError:
    return StoreError(
        "missing",
        Phrase(
            "There is no store at {path}. Run 'kofucli init' to make one, or name another with "
            "--store.",
            path=root,
        ),
    )
