"""Where reservations are kept: what a store can do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from kofucli.errors import Phrase
    from kofucli.model import Agent, OfficeRecord, Personal, Reservation, Stamp
    from kofucli.store.check import CheckResult
    from kofucli.store.copying import Backup
    from kofucli.store.header import Header
    from kofucli.store.ledger import Line
    from kofucli.store.purge import PurgeResult
    from kofucli.store.recent import RecentCheck
    from kofucli.store.repair import RepairResult

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

    @property
    def changed(self) -> bool:
        """Whether anything was put."""


class Store(Protocol):
    """A store of one office's reservations; ``header`` says what it is."""

    header: Header

    def read(self, work: Callable[[View], T]) -> T:
        """Return what ``work`` makes of a consistent state; no lock, ``work`` may run again."""

    def transaction(self, op: str, stamp: Stamp) -> AbstractContextManager[Transaction]:
        """Lock, read, decide, commit: commits when the block is left without an error.

        A dry run (``stamp.dry_run``) does the same and writes nothing.
        Raises LockedError, StoreError, UnknownOutcomeError.
        """

    def check(self, expect: str | None = None) -> CheckResult:
        """Replay the ledger and compare every document with it, byte for byte.

        ``expect`` is a head, ``n:hash``, that was noted: that line must still be there.
        """

    def repair(self, stamp: Stamp) -> RepairResult:
        """Make again from the ledger whatever follows from it, and check; a dry run only says so.

        Raises LockedError, StoreError.
        """

    def purge(self, before: date, stamp: Stamp) -> PurgeResult:
        """Remove reservations of days before ``before``, and the ledger's lines before that day.

        What stays still verifies. A day with a reservation that has no outcome stays. A dry run
        only says what would go. Raises LockedError, StoreError.
        """

    def export(self) -> Iterator[bytes]:
        """Yield one state of the whole store as lines, of which another one can be made.

        ``kofucli.store.unpacking`` does that. Others may write meanwhile. Raises LockedError,
        StoreError.
        """

    def back_up(self, folder: str, now: datetime) -> Backup:
        """Write what ``export`` yields to a new file in ``folder``, durably, and read it back.

        Raises LockedError, StoreError.
        """

    def check_recent(self, since: date, days: Sequence[date]) -> RecentCheck:
        """Check the ledger from the month of ``since`` on, and the documents of some days."""

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the ledger, oldest first. Raises StoreError."""

    def erase_personal(self, agent_id: str) -> None:
        """Remove an agent's personal values, older ones too; to be repeated where it failed.

        Only after its record says so. Raises OSError.
        """

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

    @property
    def committed(self) -> list[str]:
        """What was changed through this object and stands: keys of records, as they were put.

        Whoever meets a failure asks here whether anything may still be called unchanged.
        """

    @property
    def warnings(self) -> list[Phrase]:
        """What a user should know though the command succeeded: clocks, unfinished documents."""


def open_store(path: str, office: str, lock_seconds: float = 10) -> Store:
    """Open the store in folder ``path`` of office ``office``.

    ``lock_seconds`` is how long a change waits for another process.
    Raises StoreError where it is missing, damaged or newer than this program, InputError where it
    belongs to another office.
    """
    from kofucli.store.files import FileStore  # one of several makes of store

    return FileStore.open(path, office, lock_seconds)


def create_store(
    path: str,
    office: str,
    codec: Literal["json", "toml"],
    stamp: Stamp,
    records: Sequence[OfficeRecord] = (),
) -> Store:
    """Make a store of office ``office`` in folder ``path``: all of it, or nothing.

    ``records`` of the office stand in it from the beginning. Raises StoreError where something is
    there already.
    """
    from kofucli.store.creation import create  # one of several makes of store
    from kofucli.store.header import FORMAT, Header

    return create(path, Header(FORMAT, office, codec), records, stamp)
