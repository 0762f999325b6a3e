"""Where a store is: a folder, or the URL of a database. The kind of store is chosen here."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from kofucli.base import Phrase, WrongUsageError
from kofucli.base.clock import machine_now
from kofucli.store import Store
from kofucli.store.documents import seal
from kofucli.store.ledger import first_line

if TYPE_CHECKING:
    from typing import BinaryIO

    from kofucli.model import OfficeRecord, Stamp
    from kofucli.store.documents import Codec
    from kofucli.store.header import Header
    from kofucli.store.integrity import Repaired

T = TypeVar("T")

_PASSWORD = r"://[^/@]*:[^/@]+@|://[^/@?]*:[^/@?]+/[^?]*@"
"""A password before ``@``; also one with ``/`` in it, which libpq takes for a port and a name."""
_USER = "://[^/@]*@"


class Building(Protocol):
    """A store that is being made of its parts; its header is there already."""

    @property
    def store(self) -> Store:
        """The store so far, to read what was written."""

    def open_new(self, file: str) -> BinaryIO:
        """Open a new file of the store for writing; the caller closes it.

        It holds personal values, a snapshot, lines or a document. Raises OSError where it is there.
        """

    def make_room(self, year: int) -> None:
        """Prepare for the days of a year: so the first booking takes no longer than the next."""

    def sync(self) -> None:
        """Make all that was written durable. Raises OSError."""


class Place(Protocol):
    """Where a store is, or may be made: it is parsed once, and nothing is opened by that."""

    name: str
    """The place as messages name it, whole and without a password."""
    codec: Codec | None
    """The only codec of documents there, None where a header chooses."""

    def open(self, office: str, lock_seconds: float = 10) -> Store:
        """Open the store of office ``office``.

        ``lock_seconds`` is how long a change waits for another process. Raises StoreError where it
        is missing, damaged or of another format, InputError where it belongs to another office.
        """

    def ensure_vacant(self, office: str) -> None:
        """Raise StoreError where no store can be made for an office: something is there already.

        Raises InputError where another account could have led it elsewhere.
        """

    def build(self, header: Header, fill: Callable[[Building], T], lock_seconds: float = 10) -> T:
        """Let ``fill`` make a store of its parts: all of it appears, or nothing.

        ``fill`` calls ``sync`` itself. Raises what it raises, StoreError, also where something is
        there already, UnknownOutcomeError.
        """

    def mend_foundation(
        self, office: str, lock_seconds: float, stamp: Stamp
    ) -> tuple[list[Repaired], str | None, Store | None]:
        """Make what a store lacks before it can be opened, as far as the rest of it tells.

        Returns what was done, the folder to which anything was moved, and in a dry run the store to
        go on with, where that could not be opened as it is. Where nothing tells of a store, nothing
        is done. Raises StoreError where it is of another format or cannot tell, InputError where it
        is another office's, LockedError.
        """

    def remove(self, office: str) -> None:
        """Remove the store of an office, all of it. Raises StoreError."""

    def holds(self, path: str) -> bool:
        """Tell whether a file at ``path`` would lie in the store."""

    def beside(self, ending: str) -> str | None:
        """Return a place for files beside the store, named as it with an ending; None for none."""


def parse_place(named: str) -> Place:
    """Return the place that is named: a folder, or the URL of a server. Raises WrongUsageError."""
    if named.startswith(("postgresql://", "postgres://")):
        from urllib.parse import unquote  # folders need none

        parameters = re.sub(_USER, "", named, count=1).partition("?")[2].split("&")
        keys = [unquote(each.partition("=")[0]) for each in parameters]
        if re.search(_PASSWORD, named) or any("password" in key for key in keys):
            raise WrongUsageError(
                Phrase(
                    "The URL of the store holds a password. Put it into ~/.pgpass or a service "
                    "file, which only you can read, and leave it out of the URL."
                )
            )
        from kofucli.store.postgres.place import PostgresPlace

        return PostgresPlace(named)
    from kofucli.store.files.place import FilePlace

    return FilePlace(named)


def open_store(named: str, office: str, lock_seconds: float = 10) -> Store:
    """Open the store of an office at a place; see ``Place.open``."""
    return parse_place(named).open(office, lock_seconds)


def create_store(
    place: Place,
    header: Header,
    records: Sequence[OfficeRecord],
    stamp: Stamp,
    lock_seconds: float = 10,
) -> None:
    """Make a store: all of it, or nothing; ``records`` stand in it from the beginning.

    Raises what ``Place.build`` does.
    """

    def fill(building: Building) -> None:
        line = first_line(stamp, machine_now())
        with building.open_new(f"ledger/{line.at:%Y-%m}.jsonl") as file:
            file.write(seal(msgspec.json.encode(line)) + b"\n")
        for year in (stamp.now.year, stamp.now.year + 1):
            building.make_room(year)
        building.sync()
        with building.store.transaction("init", stamp) as transaction:
            for record in records:
                transaction.put_office(record)

    place.build(header, fill, lock_seconds)
