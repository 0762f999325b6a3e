"""What a purge leaves of the past: the documents as of the last line that is gone.

The snapshot is a file of JSON lines in the ledger's folder, one a document, by name. ``store.json``
holds its SHA-256, so it is as safe as the chain that continues from it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator

import msgspec

from kofucli.errors import Phrase
from kofucli.store import disk, documents
from kofucli.store.header import Anchor
from kofucli.store.ledger import read_raw

SNAPSHOT = re.compile(r"anchor-[0-9]{1,12}-[0-9a-f]{8}\.jsonl")


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document as of the anchor: its name, the last line it includes, its records."""

    name: str
    n: int
    records: list[msgspec.Raw]


_decoder = msgspec.json.Decoder(Kept)


def snapshot_name(n: int, digest: str) -> str:
    """Return the name of a snapshot's file."""
    return f"anchor-{n}-{digest[:8]}.jsonl"


def snapshot_path(root: str, anchor: Anchor) -> str:
    """Return where the snapshot of an anchor lies."""
    return os.path.join(root, "ledger", snapshot_name(anchor.n, anchor.digest))


def encode_kept(kept: Iterable[Kept]) -> Iterator[bytes]:
    """Yield the lines of a snapshot."""
    for document in kept:
        yield msgspec.json.encode(document) + b"\n"


def read_kept(root: str, anchor: Anchor | None) -> Iterator[Kept]:
    """Yield the documents of an anchor's snapshot, none without an anchor.

    Raises StoreError where it is missing or not the one that ``store.json`` names; its bytes are
    compared before anything is yielded.
    """
    if anchor is None:
        return
    path = snapshot_path(root, anchor)
    yield from decode_kept(disk.read_bytes(path), path, anchor)


def decode_kept(data: bytes | None, path: str, anchor: Anchor) -> Iterator[Kept]:
    """Yield the documents of a snapshot's bytes, None where it is missing; as ``read_kept``."""
    if data is None:
        raise disk.damaged(path, Phrase("it is missing"))
    if hashlib.sha256(data).hexdigest() != anchor.digest:
        raise disk.damaged(path, Phrase("it is not what store.json names"))
    import io

    for _, raw, _ in read_raw(io.BytesIO(data)):
        kept = _decoder.decode(raw)
        documents.kind_of(kept.name)
        yield kept
