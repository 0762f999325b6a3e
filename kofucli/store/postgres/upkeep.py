"""What a check, a repair, an export and a purge cannot do without knowing the tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from kofucli.base import Phrase, StoreError
from kofucli.model import Stamp
from kofucli.store import documents
from kofucli.store.documents import PERSONAL_FILE, damaged, personal_file
from kofucli.store.header import (
    Anchor,
    decode_header,
    encode_header,
    last_lines,
    refuse_other_office,
)
from kofucli.store.integrity import Finding, Folded, Mending
from kofucli.store.integrity.check import judge_unknown
from kofucli.store.integrity.repair import derive_header
from kofucli.store.ledger import Held, decode_lines, lost_lines
from kofucli.store.postgres.connection import MIGRATIONS
from kofucli.store.postgres.reading import included, share_in
from kofucli.store.postgres.session import PUT_DOCUMENT, Session
from kofucli.store.view import View

_ASIDE = "aside/"


def mend_head(store: Session) -> bool:
    """Make a head that is missing or damaged again of the ledger, and tell whether it was so.

    Raises StoreError where it does not follow from that, InputError for another office's.
    """
    if _has_head(store):
        return False
    store.query("LOCK TABLE {s}.head IN EXCLUSIVE MODE")  # only owners may
    if _has_head(store):
        return False
    header = derive_header(store.lines(), store.office, "json", store.kept)
    refuse_other_office(store.root, header.office, store.office)
    store.execute(
        "INSERT INTO {s}.head (office, migration, header) VALUES ({o}, %s, '') "
        "ON CONFLICT (office) DO NOTHING",
        (len(MIGRATIONS),),
    )
    store.write_header(header)
    return True


def _has_head(store: Session) -> bool:
    rows = store.query("SELECT header FROM {s}.head WHERE office = {o}")
    try:
        return bool(rows and decode_header(bytes(rows[0][0]), store.root))
    except StoreError as error:
        if error.reason != "damaged":
            raise
        return False


class PostgresUpkeep:
    """What looks after a store on a server."""

    def __init__(self, store: Session) -> None:
        self._store = store

    def find_unfinished(self) -> Iterator[Finding]:
        """Yield nothing: the server keeps whole lines."""
        yield from ()

    def find_strays(self, folded: Folded) -> Iterator[Finding]:
        """Yield documents that the ledger does not know, and those listed with a wrong line."""
        store, known = self._store, set(folded.names())
        for name, n, share, head in store.query(
            "SELECT name, n, share, substring(content FOR %s) FROM {s}.documents "
            "WHERE office = {o} AND name NOT LIKE %s ORDER BY name",
            (documents.HEAD, f"{_ASIDE}%"),
        ):
            file = documents.path_of(name, "json") if documents.is_name(name) else name
            if name not in known:
                yield judge_unknown(file, name, store.document(name), store.header, folded)
                continue
            line = documents.peek(bytes(head), "json")
            if line == folded.lasts[name] and (n, share) != (line, share_in(name)):
                another = Phrase("its row names another line of the ledger")
                yield Finding(file, None, another, "document")
        ((header,),) = store.query("SELECT header FROM {s}.head WHERE office = {o}")
        if bytes(header) != encode_header(store.header):
            message = Phrase("it is not written as this program writes it")
            yield Finding("store.json", 1, message, "header")

    def find_leftovers(self, folded: Folded) -> Iterator[str]:
        """Yield personal values that no record names."""
        store = self._store
        for agent_id, name in store.query(
            "SELECT agent, name FROM {s}.personal WHERE office = {o} ORDER BY agent, name"
        ):
            if folded.personal.get(agent_id) not in (name, None) or agent_id not in folded.personal:
                yield personal_file(agent_id, name)

    def migrate(self, dry_run: bool, keep: Callable[[], None]) -> bool:
        """Change the tables by the migrations that they lack."""
        return self._store.migrate(dry_run, keep)

    @contextmanager
    def repair(self, stamp: Stamp) -> Iterator[PostgresMending]:
        """Give the single steps of a repair."""
        yield PostgresMending(self._store, stamp)

    def hold(self, view: View, stack: ExitStack) -> Held:
        """Keep the transaction of a view: nothing that it sees can be removed meanwhile."""
        store, tail = self._store, view.tail
        for name, n in store.query(
            "SELECT name, n FROM {s}.documents WHERE office = {o} AND n > %s LIMIT 1",
            (tail.line.n,),
        ):
            raise damaged(f"{store.root}/{name}.json", lost_lines(n, tail.line.n))
        held = store.hold(stack)
        return Held(tail.line, tail.raw, held.lines, (held.snapshot() or b"").splitlines())

    def keep(self, anchor: Anchor, snapshot: bytes) -> None:
        """Write the snapshot of a purge."""
        store = self._store
        store.execute("UPDATE {s}.head SET snapshot = %s WHERE office = {o}", (snapshot,))

    def switch(self, anchor: Anchor) -> None:
        """Put the anchor into the header."""
        self._store.write_header(msgspec.structs.replace(self._store.header, anchor=anchor))

    def finish_purge(self) -> None:
        """Remove lines up to the anchor, and documents of old days that nothing knows."""
        store = self._store
        anchor = store.header.anchor
        assert anchor is not None
        store.execute("DELETE FROM {s}.ledger WHERE office = {o} AND n <= %s", (anchor.n,))
        known = last_lines(store.kept(), decode_lines(store.lines()))
        old = [name for name in store.past(documents.day_name(anchor.before)) if name not in known]
        store.execute("DELETE FROM {s}.documents WHERE office = {o} AND name = ANY(%s)", (old,))
        self.switch(msgspec.structs.replace(anchor, unfinished=False))


class PostgresMending(Mending):
    """The steps of a repair. What is replaced or taken away is set aside in a row of its own."""

    def __init__(self, store: Session, stamp: Stamp) -> None:
        super().__init__(stamp)
        self._store = store

    def complete_last_line(self) -> None:
        """Do nothing: the server keeps whole lines."""

    def cut_off(self) -> None:
        """Do nothing: the server keeps whole lines."""

    def _find(self, file: str) -> tuple[str, tuple[str, ...], bytes | None]:
        """Return where a file is kept: the table with a condition, its values, the bytes."""
        personal = re.fullmatch(PERSONAL_FILE, file)
        if personal is not None:
            place = "{s}.personal WHERE office = {o} AND agent = %s AND name = %s"
            keys: tuple[str, ...] = personal["id"], personal["name"]
        else:
            place = "{s}.documents WHERE office = {o} AND name = %s"
            keys = (documents.name_of(file, "json") or file,)
        rows = self._store.query(f"SELECT content FROM {place}", keys)
        return place, keys, bytes(rows[0][0]) if rows else None

    def set_aside(self, file: str) -> None:
        """Move a row out of the way, if it is there."""
        place, keys, content = self._find(file)
        if content is not None and self.note(file, "set aside"):
            target = self.find_place_aside(file, lambda x: self._store.document(x) is not None)
            self._put(target, 0, content)
            self._store.execute(f"DELETE FROM {place}", keys)

    def replace(self, file: str, data: bytes) -> None:
        """Put a document in its place; what lies there is set aside."""
        self.set_aside(file)
        if self.note(file, "written"):
            name = documents.name_of(file, "json") or file
            self._put(name, included(name, data), data)

    def _put(self, name: str, n: int, content: bytes) -> None:
        self._store.execute(PUT_DOCUMENT, self._store.row_of(name, n, content))

    def write_header(self) -> None:
        """Write the header."""
        if self.note("store.json", "written"):
            self._store.write_header(self._store.header)

    def remove(self, file: str) -> None:
        """Remove a row that is of no use, if it is there."""
        place, keys, content = self._find(file)
        if content is not None and self.note(file, "removed"):
            self._store.execute(f"DELETE FROM {place}", keys)
