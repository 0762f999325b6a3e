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
snapshot are. ``view`` reads and puts them, given a ``Source``. The name of a file is relative to
``root`` and has slashes, as ``documents.path_of``, ``documents.personal_file`` and
``header.snapshot_file`` give it. A ledger line stands in ``ledger/2026-11.jsonl``, by the month
of its ``at``, or in the file of the line before where that is later. A kind without files gives
these names all the same: findings and archives have them.

A lock or a connection ends with the process that has it, killed or not; ``close`` ends it before.

Whatever reads raises StoreError with the reason "damaged" where something is not as it was written.
The other reasons are "full", "read-only", "missing", "newer", "older" and "exists".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from kofucli.base import Phrase
    from kofucli.model import Agent, OfficeRecord, Personal, Reservation, Stamp
    from kofucli.store.disk import Stages
    from kofucli.store.header import Anchor, Header, Kept
    from kofucli.store.integrity import Action, Finding, Folded, Repaired
    from kofucli.store.ledger import Held, RawLine

T = TypeVar("T")


class View(Protocol):
    """The state of the store after one line of its ledger; used only where it was given.

    A method may also raise an error of the kind's own, which ``Store.read`` catches to begin again:
    so ``work`` lets errors pass that it does not know. Mappings are read, never changed.
    """

    def day(self, day: date) -> Mapping[str, Reservation]:
        """Return the reservations of a day by number, in the order they were made; {} for none."""

    def days(self, since: date | None, until: date | None = None) -> Iterator[date]:
        """Yield the days that may hold reservations, in order, both ends included.

        None is the first day that has any, or the last one. Each day that has any is among them.
        """

    def each_day(
        self, since: date | None, until: date | None = None
    ) -> Iterator[tuple[date, tuple[Reservation, ...]]]:
        """Yield what ``days`` yields with the reservations of each, the latest day first.

        No day stays in memory.
        """

    def agent(self, agent_id: str) -> Agent | None:
        """Return an agent's record, None where none was ever put; an erased one has a record."""

    def agents(self) -> Iterator[Agent]:
        """Yield all agents by id, erased ones too."""

    def personal(self, agent: Agent) -> Personal:
        """Return an agent's personal values; all are empty where they were erased.

        Raises StoreError where they are lost, or are not those that the record names.
        """

    @property
    def n(self) -> int:
        """The number of the last line."""

    @property
    def clock(self) -> datetime:
        """What the machine's clock said when the last line was written."""

    def check_clock(self, now: datetime) -> None:
        """Raise WrongUsageError where the machine's clock, which shows ``now``, cannot be right."""

    def office(self) -> Mapping[str, OfficeRecord]:
        """Return the office's records by key: days, maintenance, recorded settings, …"""


class Transaction(View, Protocol):
    """A view that also takes changes: all of them become one ledger line, or none does.

    The view shows what was put at once. A record takes the place of the one with its key; a new one
    comes last.
    """

    def put_reservation(self, reservation: Reservation) -> None:
        """Store a reservation as it is afterwards; its number never changes its day."""

    def put_agent(self, agent: Agent) -> None:
        """Store an agent as it is afterwards.

        Of one that is erased the personal values go after the commit, under the lock.
        """

    def put_personal(self, agent_id: str, personal: Personal) -> str:
        """Store personal values; return the name that the agent's record gives them.

        They are durable before the line. After the commit the agent's older ones go, else these.
        """

    def put_office(self, record: OfficeRecord) -> None:
        """Store a record of the office."""

    def forget_days(self, days: Iterable[date]) -> None:
        """Leave days out of ``live`` of the line: a purge removes them."""

    @property
    def changed(self) -> bool:
        """Whether any record was put. Personal values do not count: their agent's record does."""


class Store(Protocol):
    """The store of one office: what each kind of store must do itself.

    Whatever can be done with these methods is a function that takes a store.
    """

    root: str
    """Where the store is, as messages name it. The files of findings are relative to it."""
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

    @property
    def header(self) -> Header:
        """The office, the format, and the line that the ledger begins after.

        Only ``refresh`` and what ``upkeep`` gives change it.
        """

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

    def lines(self) -> Iterator[RawLine]:
        """Yield the ledger's lines as they are kept, oldest first. Raises StoreError.

        Damaged lines are yielded, but no unfinished last line and no purged ones.
        """

    def lines_from(self, day: date) -> tuple[str, Iterator[RawLine]]:
        """Return the hash of a line, and the lines after it: those since ``day``, or some more.

        There is one at least. Raises StoreError.
        """

    def kept(self) -> Iterator[Kept]:
        """Yield the documents of a purge's snapshot by name, none without a purge.

        Raises StoreError, before it yields any, where it is not the one that the header names.
        """

    def document(self, name: str) -> bytes | None:
        """Return a document's bytes, None for none; they may lack the last line.

        Raises StoreError.
        """

    def personal_bytes(self, agent_id: str, name: str) -> bytes | None:
        """Return an agent's personal values as they are kept, None for none. Raises StoreError."""

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


class Mending(Protocol):
    """The single steps of a repair. Each notes what it does; a dry run does no more than that."""

    done: list[Repaired]
    """What was noted, in order."""

    @property
    def moved_to(self) -> str | None:
        """The folder in the store to which files were moved, None where none was."""

    def note(self, file: str, action: Action) -> bool:
        """Note what is done to a file; return whether to do it (False in a dry run)."""

    def complete_last_line(self) -> None:
        """Give a last line its lost line feed back."""

    def cut_off(self) -> None:
        """Remove a last line that was never finished: one that ``complete_last_line`` met."""

    def set_aside(self, file: str) -> None:
        """Move out of the way what does not belong to the store, if it is there."""

    def replace(self, file: str, data: bytes) -> None:
        """Put a document in its place in one step; what lies there is set aside."""

    def write_header(self) -> None:
        """Write ``Store.header``."""

    def remove(self, file: str) -> None:
        """Remove what is of no use, if it is there."""
