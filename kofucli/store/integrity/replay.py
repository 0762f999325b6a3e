"""The ledger replayed line by line: what the documents should hold, and what is wrong in it.

``fold`` does that for all documents, and keeps only hashes of their records: so a store of a
million reservations fits into memory. ``collect`` gives the records of some documents.
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
from kofucli.store.sums import SHARES, share_of

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
"""What a finding is about. Whether and how it can be repaired depends on that."""

_MOST_RECORDS = 200_000
"""How many records are held in memory at once while documents are written."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong: its file (relative to the store), its line, what it is."""

    file: str
    line: int | None
    message: Phrase
    part: Part = "ledger"


Action = Literal["made", "written", "set aside", "removed", "cut off", "completed"]


class Repaired(msgspec.Struct, frozen=True):
    """One thing that a repair did to a file (relative to the store)."""

    file: str
    action: Action


def detail_of(error: Exception) -> Phrase:
    """Return what is wrong with a file, without "The store is damaged" around it."""
    if isinstance(error, StoreError):
        return Phrase("{detail}", detail=error.phrase.values.get("what", error.phrase))
    return Phrase("{detail}", detail=str(error))


def unreadable(file: str, number: int, error: Exception) -> Finding:
    """Return that a line of the ledger cannot be read."""
    detail = detail_of(error).values["detail"]
    return Finding(file, number, Phrase("it is not readable: {detail}", detail=detail))


class Folded(msgspec.Struct):
    """The ledger folded: for each document, its last line and the hashes of its records.

    ``pending`` is what the last line (``pending_n``) put, which is not in ``documents`` yet: the
    documents on the disk may lack it. ``personal`` names the personal values of each agent, None
    where they were erased. ``noted`` has the hashes of the lines ``wanted``. ``history`` are lines
    that changed an older copy of a document; the ledger itself is whole all the same. ``kept_from``
    names the first day that a purge kept, "" without a purge. ``days`` is the sum of the last lines
    of all days, purged ones too, ``agents`` that of each share.
    """

    chain: Chain
    documents: dict[str, tuple[int, Hashes]] = {}
    wanted: frozenset[int] = frozenset()
    noted: dict[int, str] = {}
    pending: dict[str, Hashes] = {}
    pending_n: int = 0
    personal: dict[str, str | None] = {}
    history: list[Finding] = []
    kept_from: str = ""
    days: int = 0
    agents: list[int] = msgspec.field(default_factory=lambda: [0] * SHARES)

    @property
    def n(self) -> int:
        """The number of the last line."""
        return self.chain.n or 0

    def state_of(self, name: str) -> tuple[int, Hashes]:
        """Return the last line and the hashes of a document, with what the last line put there."""
        n, records = self.documents.get(name, (0, {}))
        if name not in self.pending:
            return n, records
        return self.pending_n, records | self.pending[name]

    def names(self) -> list[str]:
        """Return the names of all documents."""
        return sorted(self.documents.keys() | self.pending.keys())

    def add(self, name: str, n: int) -> None:
        """Add to the sums that a document includes line ``n`` now."""
        before = self.documents.get(name, (0, {}))[0]
        if name.startswith("agents/"):
            self.agents[share_of(name)] += n - before
        elif name.startswith("days/"):
            self.days += n - before

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
    wanted: frozenset[int] = frozenset(),
) -> tuple[Folded, list[Finding]]:
    """Replay a ledger; return its documents, and what is wrong in it.

    ``kept`` is a purge's snapshot, ``wanted`` are numbers of lines whose hashes are asked for.
    """
    folded = Folded(Chain(*header.start), wanted=wanted)
    if header.anchor is not None:
        folded.noted[header.anchor.n] = header.anchor.hash
    return folded, [*_read_kept(kept, header, folded), *_replay(root, lines, folded)]


def _read_kept(snapshot: Iterable[Kept], header: Header, folded: Folded) -> Iterator[Finding]:
    if header.anchor is None:
        return
    folded.kept_from = documents.day_name(header.anchor.before)
    folded.days = header.anchor.gone
    try:
        for kept in snapshot:
            folded.add(kept.name, kept.n)
            folded.documents[kept.name] = (kept.n, _hash_records(kept.name, kept.records))
            _note_personal(folded, kept.name, kept.records)
    except (StoreError, documents.DocumentError, ValueError) as error:
        yield Finding(snapshot_file(header.anchor), None, detail_of(error))


def _note_personal(folded: Folded, name: str, raws: list[msgspec.Raw]) -> None:
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
            yield unreadable(file, number, error)
        folded.chain.go_on(raw, line)
        if folded.n in folded.wanted:
            folded.noted[folded.n] = folded.chain.hash
    if not path:
        yield Finding("ledger", None, Phrase("it has no line"))


def _fold_line(folded: Folded, line: Line, file: str, number: int) -> None:
    puts = {name: _hash_records(name, raws) for name, raws in line.put.items()}
    folded.settle()
    differing = list(_compare_copies(line, file, number, folded))
    for name in puts:
        folded.add(name, line.n)
    folded.history += differing or _compare_sums(line, file, number, folded)
    folded.pending, folded.pending_n = puts, line.n
    for name, raws in line.put.items():
        _note_personal(folded, name, raws)


def _compare_copies(line: Line, file: str, number: int, folded: Folded) -> Iterator[Finding]:
    """Yield where ``base`` and ``live`` of a line differ from what the lines before it left.

    ``base`` differs where an older copy of a document was put back, or it was lost: the change was
    made on top of that, and undid what had been changed since.
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


def _compare_sums(line: Line, file: str, number: int, folded: Folded) -> Iterator[Finding]:
    """Yield that the sums of a line are not those of the documents as it left them."""
    if line.sums is msgspec.UNSET:
        return
    live = sum(n for name, n in line.live.items() if name != "office")
    if (line.sums.days + live, line.sums.agents) != (folded.days, folded.agents):
        message = Phrase("its sums are not those of the documents that it left")
        yield Finding(file, number, message)


def older_copy(file: str, number: int, name: str, n: int, expected: int) -> Finding:
    """Return that a line changed the document as of line ``n``, not the newest one."""
    message = Phrase(
        "document {name} was changed from an older copy: that of line {n}, expected {expected}",
        name=name,
        n=n,
        expected=expected,
    )
    return Finding(file, number, message, "history")


def tell_lost(data: bytes, name: str, header: Header, folded: Folded) -> Phrase | None:
    """Return that lines are lost, where a document includes a line that the ledger does not have.

    Writing the document anew would undo what that line did. Returns None for any other document:
    one that is older or edited, or lies under the name of another one.
    """
    try:
        loaded = documents.decode(data, name, header.codec)
    except documents.DocumentError:
        return None
    n = loaded.n
    is_own = loaded.records and documents.are_own(name, loaded.records)
    if n <= max(folded.state_of(name)[0], header.start[0]) or not is_own:
        return None
    return lost_lines(n, folded.n)


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
    """A document's records by key, as they stand in the ledger."""

    n: int = 0
    records: dict[str, msgspec.Raw] = {}

    def put(self, n: int, name: str, raws: Iterable[msgspec.Raw]) -> None:
        """Put the records that line ``n`` put. Raises ValueError where one is damaged."""
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
    """Return the documents ``wanted`` as of the last line, or as of line ``until``.

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
    """Yield names in order, in sets whose records fit into memory together."""
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
