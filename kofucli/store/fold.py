"""The ledger folded into documents: as hashes of records, for all, or as records, for some.

A store of a million reservations fits into memory as hashes; as records it would not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from hashlib import blake2b

import msgspec

from kofucli.store import documents
from kofucli.store.anchor import read_kept
from kofucli.store.documents import Codec
from kofucli.store.header import Anchor
from kofucli.store.ledger import Ledger, Line, decode_line

Hashes = dict[str, bytes]
"""The hash of each record of a document by its key, in the order of the document."""

_MOST_RECORDS = 200_000
"""Records that are held in memory at once while documents are written."""


class Content(msgspec.Struct):
    """A document with its records as they stand in the ledger, by key."""

    n: int = 0
    records: dict[str, msgspec.Raw] = {}

    def put(self, n: int, name: str, raws: Iterable[msgspec.Raw]) -> None:
        """Put what line ``n`` puts there; raises ValueError where a record is damaged."""
        for raw in raws:
            self.records[key_of(name, raw)] = raw.copy()
        self.n = n

    def encode(self, codec: Codec) -> bytes:
        """Return the document's bytes."""
        if codec == "json":
            return documents.encode(self.n, self.records.values(), codec)
        plain = (msgspec.json.decode(raw) for raw in self.records.values())
        return documents.encode(self.n, plain, codec)


def hash_of(raw: bytes | msgspec.Raw) -> bytes:
    """Return the hash of a record."""
    return blake2b(raw, digest_size=16).digest()


def key_of(name: str, raw: msgspec.Raw) -> str:
    """Return a record's key; raises ValueError where it is no record of its document."""
    kind = documents.kind_of(name)
    key: str = getattr(msgspec.json.decode(raw, type=kind.record), kind.key)
    return key


def hash_puts(line: Line) -> dict[str, Hashes]:
    """Return the records that a line puts, by document; raises ValueError where one is damaged."""
    return {
        name: {key_of(name, raw): hash_of(raw) for raw in raws} for name, raws in line.put.items()
    }


def collect(
    root: str, ledger: Ledger, anchor: Anchor | None, wanted: Collection[str], until: int = 0
) -> dict[str, Content]:
    """Return some documents as the ledger leaves them, or left them after line ``until``.

    Raises StoreError, ValueError where the ledger is damaged.
    """
    found: dict[str, Content] = {}
    for kept in read_kept(root, anchor):
        if kept.name in wanted:
            found.setdefault(kept.name, Content()).put(kept.n, kept.name, kept.records)
    for path, number, raw in ledger.lines():
        line = decode_line(raw, path, number)
        if until and line.n > until:
            break
        for name, raws in line.put.items():
            if name in wanted:
                found.setdefault(name, Content()).put(line.n, name, raws)
    return found


def in_batches(sizes: dict[str, int]) -> Iterator[list[str]]:
    """Yield names in order, as many at once as their records may be in memory together."""
    batch: list[str] = []
    count = 0
    for name in sorted(sizes):
        if batch and count + sizes[name] > _MOST_RECORDS:
            yield batch
            batch, count = [], 0
        batch.append(name)
        count += sizes[name]
    if batch:
        yield batch
