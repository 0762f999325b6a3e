"""The ledger replayed line by line: what its documents should hold, and what is wrong in it.

For all documents at once as hashes of their records: a store of a million reservations fits into
memory so. For some documents as the records themselves (``collect``).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b
from typing import Literal

import msgspec

from kofucli.base.errors import Phrase, StoreError
from kofucli.store import documents
from kofucli.store.documents import Codec
from kofucli.store.header import Header, Kept, snapshot_file
from kofucli.store.ledger import Chain, Line, RawLine, decode_line, decode_lines, lost_lines

Hashes = dict[str, bytes]
"""The hash of each record of a document by its key, in the order of the document."""

Part = Literal[
    "ledger",
    "tail",
    "head",
    "history",
    "document",
    "stranger",
    "personal",
    "unerased",
    "header",
    "folder",
    "lock",
]
"""What a finding is about: it decides whether, and how, it can be repaired."""

_MOST_RECORDS = 200_000
"""Records that are held in memory at once while documents are written."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong: in which file (relative to the store), on which line, what."""

    file: str
    line: int | None
    message: Phrase
    part: Part = "ledger"


Action = Literal["made", "written", "set aside", "removed", "cut off", "completed"]


class Repaired(msgspec.Struct, frozen=True):
    """One thing that a repair did: to which file (relative to the store), what."""

    file: str
    action: Action


def why(error: Exception) -> Phrase:
    """Return what an error says of a file, without what it says of the store."""
    if isinstance(error, StoreError):
        return Phrase("{detail}", detail=error.phrase.values.get("what", error.phrase))
    return Phrase("{detail}", detail=str(error))


class Folded(msgspec.Struct):
    """The ledger folded: per document its last line and the hashes of its records.

    ``pending`` is what the last line puts there, not folded yet: its documents may still be as
    they were before. ``noted`` is the hash of the line ``wanted``, if it came. ``history`` are
    lines that were written from older copies of documents: that hinders nobody in following the
    ledger. ``kept_from`` is the document of the first day that a purge kept, "" without one.
    """

    chain: Chain
    documents: dict[str, tuple[int, Hashes]] = {}
    wanted: int = -1
    noted: str | None = None
    pending: dict[str, Hashes] = {}
    pending_n: int = 0
    personal: dict[str, str | None] = {}
    history: list[Finding] = []
    kept_from: str = ""

    @property
    def n(self) -> int:
        """The number of the last line."""
        return self.chain.n or 0

    def state_of(self, name: str) -> tuple[int, Hashes]:
        """Return what a document should hold, with what the last line puts there."""
        n, records = self.documents.get(name, (0, {}))
        if name not in self.pending:
            return n, records
        return self.pending_n, records | self.pending[name]

    def names(self) -> list[str]:
        """Return the names of all documents."""
        return sorted(self.documents.keys() | self.pending.keys())

    def settle(self) -> None:
        """Put what is pending into its documents."""
        for name, puts in self.pending.items():
            _, records = self.documents.setdefault(name, (0, {}))
            records.update(puts)
            self.documents[name] = (self.pending_n, records)
        self.pending = {}


def fold(
    root: str,
    header: Header,
    lines: Iterable[RawLine],
    kept: Iterable[Kept],
    wanted: int = -1,
) -> tuple[Folded, list[Finding]]:
    """Replay a ledger: its documents, and what is wrong in it.

    ``kept`` is what a purge left, and ``wanted`` the number of a line whose hash is asked for.
    """
    folded = Folded(Chain(*header.start), wanted=wanted)
    if header.anchor is not None and wanted == header.anchor.n:
        folded.noted = header.anchor.hash
    return folded, [*_read_kept(kept, header, folded), *_replay(root, lines, folded)]


def _read_kept(snapshot: Iterable[Kept], header: Header, folded: Folded) -> Iterator[Finding]:
    """Begin with the documents that a purge left."""
    if header.anchor is None:
        return
    folded.kept_from = documents.day_name(header.anchor.before)
    try:
        for kept in snapshot:
            folded.documents[kept.name] = (kept.n, _hash_records(kept.name, kept.records))
            _note_personal(folded, kept.name, kept.records)
    except (StoreError, documents.DocumentError, ValueError) as error:
        yield Finding(snapshot_file(header.anchor), None, why(error))


def _note_personal(folded: Folded, name: str, raws: list[msgspec.Raw]) -> None:
    """Note by which name an agent's record names its personal values; None once it was erased."""
    if name.startswith("agents/"):
        for raw in raws:
            record = msgspec.json.decode(raw)
            folded.personal[record["id"]] = None if "erased" in record else record["personal"]


def _replay(root: str, lines: Iterable[RawLine], folded: Folded) -> Iterator[Finding]:
    path = ""
    for path, number, raw in lines:
        file = os.path.relpath(path, root)
        line = None
        try:
            line = decode_line(raw, path, number)
            if msgspec.json.encode(line) != raw:
                yield Finding(file, number, Phrase("it is not written as this program writes it"))
            for message in folded.chain.find_breaks(line):
                yield Finding(file, number, message)
            _fold_line(folded, line, file, number)
        except (StoreError, documents.DocumentError, ValueError, RecursionError) as error:
            detail = why(error).values["detail"]
            yield Finding(file, number, Phrase("it is not readable: {detail}", detail=detail))
        folded.chain.go_on(raw, line)
        if folded.n == folded.wanted:
            folded.noted = folded.chain.hash
    if not path:
        yield Finding("ledger", None, Phrase("it has no line"))


def _fold_line(folded: Folded, line: Line, file: str, number: int) -> None:
    puts = {name: _hash_records(name, raws) for name, raws in line.put.items()}
    folded.settle()
    folded.history += _compare_copies(line, file, number, folded)
    folded.pending, folded.pending_n = puts, line.n
    for name, raws in line.put.items():
        _note_personal(folded, name, raws)


def _compare_copies(line: Line, file: str, number: int, folded: Folded) -> Iterator[Finding]:
    """Yield where a line says another state of its documents than the lines before it left.

    That of a document it changes (``base``): an older copy was put back, or it was lost, and what
    was changed since was undone. Or that of one it leaves alone (``live``).
    """
    none: tuple[int, Hashes] = (0, {})
    for name in line.put:
        base, expected = line.base.get(name, 0), folded.documents.get(name, none)[0]
        if base != expected:
            yield older_copy(file, number, name, base, expected)
    for name, n in line.live.items():
        known = name in line.put or name in folded.documents
        if not known and name < folded.kept_from and name.startswith("days/"):
            continue  # the day was purged after this line was written
        expected = line.n if name in line.put else folded.documents.get(name, none)[0]
        if n != expected:
            message = Phrase(
                "it says that document {name} is of line {n}, expected {expected}",
                name=name,
                n=n,
                expected=expected,
            )
            yield Finding(file, number, message)


def older_copy(file: str, number: int, name: str, n: int, expected: int) -> Finding:
    """Return that a line changed a document as it was after line ``n`` instead of a later one."""
    message = Phrase(
        "document {name} was changed from an older copy: that of line {n}, expected {expected}",
        name=name,
        n=n,
        expected=expected,
    )
    return Finding(file, number, message, "history")


def tell_lost(data: bytes, name: str, header: Header, folded: Folded) -> Phrase | None:
    """Return what a document knows that the ledger does not: lines were lost, or exchanged.

    Writing it anew would undo what they did. None for one that is older, edited, or another one's
    under a wrong name.
    """
    try:
        loaded = documents.decode(data, name, header.codec)
    except documents.DocumentError:
        return None
    n = loaded.n
    if n <= max(folded.state_of(name)[0], header.start[0]) or not _are_own(loaded, name):
        return None
    return lost_lines(n, folded.n)


def _are_own(loaded: documents.Loaded, name: str) -> bool:
    """Tell whether a document has records, and none of another document."""
    folder, _, own = name.partition("/")
    field = {"days": "date", "agents": "id"}.get(folder)
    return bool(loaded.records) and all(
        field is None or str(getattr(record, field)) == own for record in loaded.records
    )


def hash_of(raw: bytes | msgspec.Raw) -> bytes:
    """Return the hash of a record."""
    return blake2b(raw, digest_size=16).digest()


def _hash_records(name: str, raws: Iterable[msgspec.Raw]) -> Hashes:
    return {_key_of(name, raw): hash_of(raw) for raw in raws}


def _key_of(name: str, raw: msgspec.Raw) -> str:
    """Return a record's key; raises ValueError where it is no record of its document."""
    kind = documents.kind_of(name)
    key: str = getattr(msgspec.json.decode(raw, type=kind.record), kind.key)
    return key


class Content(msgspec.Struct):
    """A document with its records as they stand in the ledger, by key."""

    n: int = 0
    records: dict[str, msgspec.Raw] = {}

    def put(self, n: int, name: str, raws: Iterable[msgspec.Raw]) -> None:
        """Put what line ``n`` puts there; raises ValueError where a record is damaged."""
        for raw in raws:
            self.records[_key_of(name, raw)] = raw.copy()
        self.n = n

    def encode(self, codec: Codec) -> bytes:
        """Return the document's bytes."""
        if codec == "json":
            return documents.encode(self.n, self.records.values(), codec)
        plain = (msgspec.json.decode(raw) for raw in self.records.values())
        return documents.encode(self.n, plain, codec)


def collect(
    lines: Iterable[RawLine], kept: Iterable[Kept], wanted: Collection[str], until: int = 0
) -> dict[str, Content]:
    """Return some documents as the ledger leaves them, or left them after line ``until``.

    Raises StoreError, ValueError where the ledger is damaged.
    """
    found: dict[str, Content] = {}
    for each in kept:
        if each.name in wanted:
            found.setdefault(each.name, Content()).put(each.n, each.name, each.records)
    for line in decode_lines(lines):
        if until and line.n > until:
            break
        for name, raws in line.put.items():
            if name in wanted:
                found.setdefault(name, Content()).put(line.n, name, raws)
    return found


def in_batches(folded: Folded, names: Iterable[str]) -> Iterator[set[str]]:
    """Yield names in order, as many at once as their records may be in memory together."""
    batch: set[str] = set()
    count = 0
    for name in sorted(names):
        size = len(folded.state_of(name)[1])
        if batch and count + size > _MOST_RECORDS:
            yield batch
            batch, count = set(), 0
        batch.add(name)
        count += size
    if batch:
        yield batch
