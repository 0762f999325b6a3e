"""What a store is, and from which line on its ledger is kept: ``store.json``, and a snapshot.

A purge leaves an anchor: the last line that is gone, and the documents as of that line. These are
the snapshot, JSON lines, one a document, by name. ``store.json`` holds its SHA-256, so it is as
safe as the chain that continues from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from kofucli.base.errors import Phrase, StoreError
from kofucli.store import documents
from kofucli.store.documents import Codec, damaged, digest

FORMAT = 2
"""The one format that this program reads and writes."""


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The last line that was purged, by number and hash, and the documents as it left them.

    ``digest`` is the SHA-256 of the snapshot that holds those, ``before`` the first day that was
    kept. While the purge is ``unfinished``, what it removes may still be there.
    """

    n: int
    hash: str
    digest: str
    before: date
    unfinished: bool = False


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """``store.json``: what the store is; ``anchor`` where old lines were purged."""

    format: int
    office: str
    codec: Codec
    anchor: Anchor | None = None


def newer_store(path: str, version: int) -> StoreError:
    """Return the error for a store, or a copy of one, whose format this program does not know."""
    return StoreError(
        "newer",
        Phrase(
            "The store {path} has format {version}; this program knows formats up to "
            "{known}. Install a newer kofucli.",
            path=path,
            version=version,
            known=FORMAT,
        ),
    )


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document as of the anchor: its name, the last line it includes, its records."""

    name: str
    n: int
    records: list[msgspec.Raw]


def snapshot_file(anchor: Anchor) -> str:
    """Return where the snapshot of an anchor lies in the store's folder."""
    return f"ledger/anchor-{anchor.n}-{anchor.digest[:8]}.jsonl"


def encode_kept(kept: Iterable[Kept]) -> bytes:
    """Return the bytes of a snapshot."""
    return b"".join(msgspec.json.encode(document) + b"\n" for document in kept)


def decode_kept(data: bytes | None, path: str, anchor: Anchor) -> Iterator[Kept]:
    """Yield the documents of a snapshot's bytes, None where it is missing.

    Raises StoreError where it is missing or not the one that ``store.json`` names; its bytes are
    compared before anything is yielded.
    """
    if data is None:
        raise damaged(path, Phrase("it is missing"))
    if digest(data) != anchor.digest:
        raise damaged(path, Phrase("it is not what store.json names"))
    for raw in data.splitlines():
        kept = msgspec.json.decode(raw, type=Kept)
        documents.kind_of(kept.name)
        yield kept
