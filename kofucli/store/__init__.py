"""Where reservations are kept: what a store can do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from typing import BinaryIO

    from kofucli.base.errors import Phrase
    from kofucli.model.records import Agent, OfficeRecord, Personal, Reservation, Stamp
    from kofucli.store.documents import Codec
    from kofucli.store.header import Anchor, Header, Kept
    from kofucli.store.integrity.replay import Action, Finding, Folded, Repaired
    from kofucli.store.ledger import Held, RawLine

T = TypeVar("T")


class View(Protocol):
    """A consistent state of the store, as of one ledger line."""

    def day(self, day: date) -> Mapping[str, Reservation]:
        """Return the reservations of a day by number, in the order they were made."""

    def days(self, since: date | None, until: date | None = None) -> Iterator[date]:
        """Yield the days that may hold reservations, in order, both ends included."""

    def each_day(
        self, since: date | None, until: date | None = None
    ) -> Iterator[tuple[date, tuple[Reservation, ...]]]:
        """Yield days and their reservations, the latest day first, and keep none: for many days."""

    def agent(self, agent_id: str) -> Agent | None:
        """Return an agent's record, None where there is none."""

    def agents(self) -> Iterator[Agent]:
        """Yield all agents by id."""

    def personal(self, agent: Agent) -> Personal:
        """Return an agent's personal values; all of them empty where they were erased."""

    def office(self) -> Mapping[str, OfficeRecord]:
        """Return the office's records by key: days, maintenance, recorded settings."""


class Transaction(View, Protocol):
    """A view that also takes changes; all of them become one ledger line, or none does."""

    def put_reservation(self, reservation: Reservation) -> None:
        """Store a reservation as it is afterwards."""

    def put_agent(self, agent: Agent) -> None:
        """Store an agent as it is afterwards."""

    def put_personal(self, agent_id: str, personal: Personal) -> str:
        """Store personal values and return the name by which the agent's record names them."""

    def put_office(self, record: OfficeRecord) -> None:
        """Store a record of the office."""

    def forget_days(self, days: Iterable[date]) -> None:
        """Let the line protect these days no longer: a purge removes them."""

    @property
    def changed(self) -> bool:
        """Whether anything was put."""


class Store(Protocol):
    """A store of one office's reservations: what every kind of store does itself.

    Whatever can be said in these terms is a function that takes a store: checking and repairing,
    exporting and restoring, purging, the journal.
    """

    root: str
    """Where it is, as messages name it; the files of findings are relative to it."""
    header: Header
    """What it is, and from which line on its ledger is kept."""
    committed: list[str]
    """What was changed through this object and stands: keys of records, as they were put.

    Whoever meets a failure asks here whether anything may still be called unchanged.
    """
    warnings: list[Phrase]
    """What a user should know though the command succeeded: clocks, unfinished documents."""

    def read(self, work: Callable[[View], T]) -> T:
        """Return what ``work`` makes of a consistent state; no lock, ``work`` may run again."""

    def transaction(self, op: str, stamp: Stamp) -> AbstractContextManager[Transaction]:
        """Lock, read, decide, commit: commits when the block is left without an error.

        A dry run (``stamp.dry_run``) does the same and writes nothing.
        Raises LockedError, StoreError, UnknownOutcomeError.
        """

    def locked(self, op: str) -> AbstractContextManager[None]:
        """Keep all others from changing the store while the block runs.

        Raises LockedError, StoreError.
        """

    def change(self, op: str, stamp: Stamp) -> AbstractContextManager[Transaction]:
        """As ``transaction``, under a lock that is held already, and not noted as committed.

        Finishes first what a process that was killed began.
        """

    def lines(self) -> Iterator[RawLine]:
        """Yield the ledger's lines as they are kept, oldest first. Raises StoreError."""

    def lines_from(self, day: date) -> tuple[str, Iterator[RawLine]]:
        """Return the lines since a day, or some more, and the hash of the line before them."""

    def kept(self) -> Iterator[Kept]:
        """Yield the documents as a purge left them, none without one.

        Raises StoreError where they are not the ones that the header names.
        """

    def document(self, name: str) -> bytes | None:
        """Return the bytes of a document as they are kept, None for none. Raises StoreError."""

    def personal_bytes(self, agent_id: str, name: str) -> bytes | None:
        """Return an agent's personal values as they are kept. Raises StoreError."""

    def personal_files(self, agent_id: str) -> list[str]:
        """Return where personal values of an agent are kept, older ones too. Raises OSError."""

    def erase_personal(self, agent_id: str) -> None:
        """Remove an agent's personal values, older ones too; to be repeated where it failed.

        Only after its record says so. Raises OSError.
        """

    def mark(self) -> object:
        """Return something that differs once anybody has changed the store."""

    def refresh(self) -> None:
        """Go by what the store says of itself now: a purge may have come. Raises StoreError."""

    def upkeep(self) -> Upkeep:
        """Return what looks after this kind of store."""

    def write_mail(self, name: str, content: bytes, durable: bool = True) -> str:
        """Keep a mail in the outbox and return its absolute path.

        One that is not ``durable`` may be lost where the machine dies right afterwards.
        """

    def mails(self) -> Sequence[str]:
        """Return the names of the mails in the outbox, oldest first."""

    def claim_mail(self, name: str) -> AbstractContextManager[bytes | None]:
        """Hold a mail while the block runs, so that nobody else sends it.

        Gives its bytes, None where it is gone. Raises LockedError where somebody else keeps it.
        """

    def remove_mail(self, name: str) -> None:
        """Remove a mail from the outbox, if it is there. Raises OSError."""


class Upkeep(Protocol):
    """What only the kind of store knows: what else can be wrong in it, and how parts of it go."""

    def find_unfinished(self) -> Iterator[Finding]:
        """Yield what stands behind the ledger's last line and may have been acknowledged."""

    def find_strays(self, folded: Folded) -> Iterator[Finding]:
        """Yield what is wrong besides documents and personal values, and what does not belong."""

    def find_leftovers(self, folded: Folded) -> Iterator[str]:
        """Yield what interrupted commands left behind, which is no damage."""

    def repair(self, stamp: Stamp) -> AbstractContextManager[Mending]:
        """Give what does the single steps of a repair, or in a dry run only notes them.

        Raises StoreError.
        """

    def hold(self, view: View, stack: ExitStack) -> Held:
        """Return the ledger as of a view, so that nobody can take it away until ``stack`` ends.

        Raises StoreError.
        """

    def keep(self, anchor: Anchor, snapshot: bytes) -> None:
        """Keep the documents of a purge, durably; nothing refers to them yet. Raises StoreError."""

    def switch(self, anchor: Anchor) -> None:
        """Let the ledger begin behind an anchor: this is the purge.

        Raises StoreError where it does not, UnknownOutcomeError where nobody can say.
        """

    def finish_purge(self) -> None:
        """Remove what an anchor has made needless, and note that. Raises StoreError."""


class Mending(Protocol):
    """A repair under way: its single steps, which ``Upkeep.repair`` surrounds."""

    done: list[Repaired]

    @property
    def moved_to(self) -> str | None:
        """The folder, in the store, to which anything was moved."""

    def note(self, file: str, action: Action) -> bool:
        """Note what is done to a file; tell whether it is to be done."""

    def complete_last_line(self) -> None:
        """Give a last line that only lost its line feed that back."""

    def cut_off(self) -> None:
        """Remove a last line that was never finished."""

    def set_aside(self, file: str) -> None:
        """Take out of the way what does not belong to the store."""

    def replace(self, file: str, data: bytes) -> None:
        """Put a document in its place in one step; what lies there is set aside."""

    def write_header(self) -> None:
        """Write what the store says of itself."""

    def remove(self, file: str) -> None:
        """Remove what is of no use."""

    def clear(self, file: str) -> None:
        """Remove what an interrupted command left; what nothing else has is set aside."""


class Building(Protocol):
    """A store that is being made of the parts of another one."""

    @property
    def store(self) -> Store:
        """The store so far, to read what was written."""

    def open_new(self, file: str) -> BinaryIO:
        """Open a part for writing that is not there yet, by its name in the store.

        Raises StoreError.
        """

    def sync(self) -> None:
        """Make all parts durable. Raises StoreError."""


class Mended(NamedTuple):
    """What was done so that a store can be opened, and the folder to which anything was moved.

    In a dry run ``store`` is the one to go on with where it could not be opened as it is.
    """

    done: Sequence[Repaired] = ()
    aside: str | None = None
    store: Store | None = None


# The functions below choose the kind of store. There is one: the store of files.


def open_store(path: str, office: str, lock_seconds: float = 10) -> Store:
    """Open the store of office ``office`` in folder ``path``.

    ``lock_seconds`` is how long a change waits for another process.
    Raises StoreError where it is missing, damaged or newer than this program, InputError where it
    belongs to another office.
    """
    from kofucli.store.files.opening import FileStore

    return FileStore.open(path, office, lock_seconds)


def create_store(
    path: str,
    office: str,
    codec: Codec,
    stamp: Stamp,
    records: Sequence[OfficeRecord] = (),
) -> Store:
    """Make a store of office ``office`` in folder ``path``: all of it, or nothing.

    ``records`` of the office stand in it from the beginning. Raises StoreError where something is
    there already.
    """
    from kofucli.store.files.creation import create
    from kofucli.store.header import FORMAT, Header

    return create(path, Header(FORMAT, office, codec), records, stamp)


def build_store(path: str, header: Header, fill: Callable[[Building], T]) -> T:
    """Let ``fill`` make a store at ``path`` of the parts of another one: all of it, or nothing.

    Returns what ``fill`` returns. Raises what it raises, StoreError, UnknownOutcomeError.
    """
    from kofucli.store.files.creation import build

    return build(path, header, fill)


def ensure_vacant(path: str) -> None:
    """Raise StoreError where no store can be made at ``path``: something is there already."""
    from kofucli.store.files.creation import ensure_vacant

    ensure_vacant(path)


def mend_foundation(path: str, office: str, lock_seconds: float, stamp: Stamp) -> Mended:
    """Make what a store lacks before it can be opened, as far as the rest of it tells.

    Where nothing tells of a store, nothing is done. Raises StoreError where it is newer than this
    program or cannot tell, InputError where it belongs to another office, LockedError.
    """
    from kofucli.store.files.foundation import mend_foundation

    return mend_foundation(path, office, lock_seconds, stamp)
