"""Where reservations are kept: what a store can do, whatever it is made of.

A change is a transaction, and becomes one line of the ledger::

    store = open_store("kofu-store", "Y")  # of ``kofucli.store.place``
    with store.transaction("cancel", stamp) as transaction:  # the store is locked
        reservation = transaction.day(date(2026, 11, 25))["Y-100001-7"]
        transaction.put_reservation(replace(reservation, status="cancelled"))
    # The line is durable, and so are the documents that it changed.

A reader takes no lock. ``store.read(work)`` calls ``work`` with a view of one state of the store.

The protocols below are what a kind of store must keep. The bytes are the same for every kind:
``ledger`` says what a line is, ``documents`` what a document is, ``header`` what a header and a
snapshot are. ``view`` reads and puts them, from a ``Source``. The name of a file is relative to
``root`` and has slashes, as ``documents.path_of``, ``documents.personal_file`` and
``header.snapshot_file`` give it. A ledger line stands in ``ledger/2026-11.jsonl``, by the month
of its ``at``, or in the file of the line before where that is later. A kind without files gives
these names all the same: findings and archives have them.

A lock or a connection ends with the process that has it, killed or not; ``close`` ends it before.

Whatever reads raises StoreError with the reason "damaged" where something is not as it was written.
The other reasons are "full", "read-only", "missing", "newer", "older" and "exists".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import date
from typing import TYPE_CHECKING, Protocol, TypeVar

from kofucli.store.header import Source

if TYPE_CHECKING:
    from kofucli.base import Phrase
    from kofucli.model import Stamp
    from kofucli.store.disk import Stages
    from kofucli.store.header import Anchor
    from kofucli.store.integrity import Finding, Folded, Mending
    from kofucli.store.ledger import Held, RawLine
    from kofucli.store.view import Transaction, View

T = TypeVar("T")


class Store(Source, Protocol):
    """The store of one office: what each kind of store must do itself.

    Whatever can be done with these methods is a function that takes a store.
    """

    committed: list[str]
    """The keys of the records that were changed by ``transaction`` of this object, and stand.

    After a failure this tells whether "nothing was changed" is true. The office's records are in it
    only where nothing else was put, since settings go along with other changes.
    """
    line: int
    """The number of the ledger's last line, as this object read or wrote it last; at first 0."""
    stages: Stages
    """Shows how far a long change has come: a user of the store may set it."""
    warnings: list[Phrase]
    """What a user should know though the command succeeded: clocks, unfinished documents."""

    def read(self, work: Callable[[View], T]) -> T:
        """Return ``work(view)`` for one state of the store, without a lock.

        ``work`` runs again where somebody wrote meanwhile, so it has no effect but its result. What
        it raises is raised. Raises StoreError.
        """

    def transaction(self, op: str, stamp: Stamp) -> AbstractContextManager[Transaction]:
        """Lock, read, decide, commit. It commits when the block ends without an error.

        1. Where the block raises, or puts nothing, there is no line. The error is raised.
        2. LockedError: another process held the lock for ``lock_seconds``, or changed the ledger in
           spite of it. StoreError: it is damaged, full or read-only. Nothing was changed.
        3. UnknownOutcomeError: nobody can tell whether the line stands. Nothing is tried again.
        4. After the commit nothing is raised: what is left to do goes into ``warnings``, and the
           next change does it.
        5. A dry run (``stamp.dry_run``) locks and reads as well, and writes nothing.
        6. A stamp that is earlier than the last line is a warning. One of the machine's clock that
           cannot be right is WrongUsageError (``View.check_clock``).
        """

    def locked(self, op: str) -> AbstractContextManager[None]:
        """Let nobody else change the store while the block runs. Raises LockedError, StoreError.

        The lock is taken once: within it ``change`` is used, not ``transaction``.
        """

    def change(self, op: str, stamp: Stamp) -> AbstractContextManager[Transaction]:
        """Do what ``transaction`` does, under the lock; leave ``committed`` as it is.

        Unless this is a dry run it first finishes what a killed process began: an unfinished line,
        documents that lack the last line, a purge.
        """

    def make_durable(self) -> None:
        """Make sure that the last line stands for good. Raises StoreError, LockedError."""

    def lines_from(self, day: date) -> tuple[str, Iterator[RawLine]]:
        """Return the hash of a line, and the lines after it: those since ``day``, or some more.

        There is one at least. Raises StoreError.
        """

    def personal_files(self, agent_id: str) -> list[str]:
        """Return the files of an agent's personal values, older ones too.

        Raises OSError, which need not come from the system (UnusableError), as the methods below.
        """

    def erase_personal(self, agent_id: str) -> None:
        """Remove an agent's personal values, older ones too, and its unfinished mails; durably.

        Its record must say so before. Raises OSError: then it is to be repeated.
        """

    def mark(self) -> object:
        """Return a value that equals an earlier one only if nobody has changed the store since."""

    def refresh(self) -> None:
        """Read the header again: a purge may have changed it. Raises StoreError."""

    def upkeep(self) -> Upkeep:
        """Return what looks after this kind of store."""

    def free(self) -> int | None:
        """Return how many bytes are free where the store is, None where nobody can tell."""

    def close(self) -> None:
        """Let go of what is open; the next use opens it again."""

    def write_mail(self, name: str, content: bytes, durable: bool = True) -> str:
        """Put a mail into the outbox, all of it or nothing; return its place. Raises OSError.

        Its name ends with ``.eml``. One that is not ``durable`` may be lost with the power.
        """

    def mails(self) -> Sequence[str]:
        """Return the names of the mails in the outbox in order, oldest first. Raises StoreError."""

    def claim_mail(self, name: str) -> AbstractContextManager[bytes | None]:
        """Hold a mail while the block runs, so that no other process sends it.

        Gives its bytes, None where it is gone. Raises LockedError where another process holds it
        for ``lock_seconds``, StoreError where it cannot be read.
        """

    def remove_mail(self, name: str) -> None:
        """Remove a mail from the outbox, if it is there. Raises OSError."""


class Upkeep(Protocol):
    """What a check, a repair, an export and a purge cannot do without the kind of store.

    All but the finding, ``hold`` and ``migrate`` is done under the lock.
    """

    def find_unfinished(self) -> Iterator[Finding]:
        """Yield what stands behind the ledger's last line and may have been acknowledged.

        Its part is "tail" where ``Mending.complete_last_line`` mends it, else "ledger".
        """

    def find_strays(self, folded: Folded) -> Iterator[Finding]:
        """Yield what is wrong besides documents and personal values, and what does not belong.

        The part says what a repair does: a "stranger" is set aside, the "header" written anew, a
        "folder" and the "lock" left to the user. A document of lost lines is "ledger".
        """

    def find_leftovers(self, folded: Folded) -> Iterator[str]:
        """Yield the files that interrupted commands left behind, which are no damage.

        A repair removes them. It sets personal values aside, which no record names.
        """

    def migrate(self, dry_run: bool, keep: Callable[[], None]) -> bool:
        """Bring what the store is made of to what this program needs; tell whether it was not so.

        This takes the lock itself, and calls ``keep`` before anything of it is durable.
        """

    def repair(self, stamp: Stamp) -> AbstractContextManager[Mending]:
        """Give the single steps of a repair. A dry run only notes them. Raises StoreError."""

    def hold(self, view: View, stack: ExitStack) -> Held:
        """Return the ledger as of a view of ``Store.read``; nobody can remove it meanwhile.

        ``stack`` closes what is held. Raises StoreError, also where documents include lost lines.
        """

    def keep(self, anchor: Anchor, snapshot: bytes) -> None:
        """Store a purge's snapshot, durably; nothing refers to it yet. Raises StoreError."""

    def switch(self, anchor: Anchor) -> None:
        """Let the ledger begin after an anchor: this is the purge.

        Raises StoreError where it does not, UnknownOutcomeError where nobody can tell.
        """

    def finish_purge(self) -> None:
        """Remove what is older than the anchor, then note in it that the purge is finished.

        It may be called again. Raises StoreError: then the next change goes on.
        """
