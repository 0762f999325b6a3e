"""The URL of a store on a server: opened, made."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from kofucli.model import Stamp
from kofucli.store import documents
from kofucli.store.documents import PERSONAL_FILE, refusal
from kofucli.store.header import Header
from kofucli.store.ledger import number_of
from kofucli.store.postgres.connection import refuse_strange
from kofucli.store.postgres.reading import included
from kofucli.store.postgres.session import PUT_DOCUMENT, SLOW
from kofucli.store.postgres.store import PUT_LINE, PUT_PERSONAL, PostgresStore

if TYPE_CHECKING:
    from kofucli.store.integrity import Repaired

T = TypeVar("T")


class PostgresPlace:
    """A database as ``kofucli.store.place.Place``; the office's schema in it is the store."""

    codec: documents.Codec | None = "json"

    def __init__(self, url: str) -> None:
        refuse_strange(url)
        self.name = url
        self._root = url.partition("?")[0].rstrip("/")

    def open(self, office: str, lock_seconds: float = 10) -> PostgresStore:
        """Open the store of an office; it connects when it is used."""
        return PostgresStore(self.name, self._root, office, lock_seconds)

    def ensure_vacant(self, office: str) -> None:
        """Raise StoreError where the office has a schema already."""
        store = self.open(office)
        if store.query("SELECT 1 FROM pg_namespace WHERE nspname = %s", (store.schema,)):
            raise refusal("exists", self.name)
        store.close()

    def build(
        self, header: Header, fill: Callable[[PostgresBuilding], T], lock_seconds: float = 10
    ) -> T:
        """Let ``fill`` make a store of its parts; all is committed at the end, or nothing."""
        self.ensure_vacant(header.office)
        store = self.open(header.office, lock_seconds)
        with store.founded(header):
            return fill(PostgresBuilding(store))

    def mend_foundation(
        self, office: str, lock_seconds: float, stamp: Stamp
    ) -> tuple[list[Repaired], str | None, PostgresStore | None]:
        """Make a head again that is missing or damaged.

        A dry run's transaction, which nobody commits, goes on in the store that is returned.
        """
        from kofucli.store.integrity import Repaired
        from kofucli.store.postgres.upkeep import mend_head

        store = self.open(office, lock_seconds)
        with ExitStack() as stack:
            stack.enter_context(store.changing(SLOW))
            if not mend_head(store):
                return [], None, None
            if stamp.dry_run:
                store.unfinished = stack.pop_all()
        done = [Repaired("store.json", "written")]
        return done, None, store if stamp.dry_run else None

    def remove(self, office: str) -> None:
        """Remove the schema."""
        store = self.open(office)
        store.query("DROP SCHEMA {s} CASCADE")
        store.close()

    def beside(self, ending: str) -> str | None:
        """Return None: a database has no folder."""
        return None

    def holds(self, path: str) -> bool:
        """Tell whether a file is named as if it lay in it: none does."""
        return path.startswith(f"{self.name}/")


class PostgresBuilding:
    """A store that is being made of its parts, in one transaction."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store

    def open_new(self, file: str) -> BinaryIO:
        """Open what becomes rows when it is closed."""
        return _Part(lambda content: self._put(file, content))

    def _put(self, file: str, content: bytes) -> None:
        store = self.store
        personal = re.fullmatch(PERSONAL_FILE, file)
        name = documents.name_of(file, "json")
        if personal is not None:
            store.execute(PUT_PERSONAL, (personal["id"], personal["name"], content))
        elif name is not None:
            store.execute(PUT_DOCUMENT, store.row_of(name, included(name, content), content))
        elif file.startswith("ledger/anchor-"):
            store.execute("UPDATE {s}.head SET snapshot = %s WHERE office = {o}", (content,))
        else:
            month = file.removeprefix("ledger/").removesuffix(".jsonl")
            lines = content.splitlines()
            rows = ((number_of(raw), month, raw) for raw in lines)
            store.execute_all((PUT_LINE, row) for row in rows)
            store.appended = number_of(lines[-1]), lines[-1]

    def make_room(self, year: int) -> None:
        """Do nothing: tables have no folders."""

    def sync(self) -> None:
        """Do nothing: the commit makes it durable."""


class _Part(io.BytesIO):
    """A file in memory whose bytes are handed over when it is closed."""

    def __init__(self, put: Callable[[bytes], None]) -> None:
        super().__init__()
        self._put = put

    def close(self) -> None:
        """Hand over what was written, once."""
        if not self.closed:
            content = self.getvalue()
            super().close()
            self._put(content)
