"""The header of a store: its office, its format, and where its ledger begins.

A purge removes the oldest lines. It leaves an anchor in the header (the last line that is gone) and
a snapshot: the documents as of that line, as JSON lines, sorted by name. The header holds the
SHA-256 of the snapshot, so it is as safe as the hash chain that continues from the anchor.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import msgspec

from kofucli.base.errors import InputError, LockedError, Phrase, StoreError
from kofucli.store import documents
from kofucli.store.documents import BLANK, Codec, damaged, digest, is_sealed, seal
from kofucli.store.ledger import GENESIS, Line

FORMAT = 2
"""The one format that this program reads and writes."""


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The last line that was purged: its number and its hash.

    ``digest`` is the SHA-256 of the snapshot, ``before`` the first day that was kept. While the
    purge is ``unfinished``, what it removes may still be there. ``gone`` is the sum of the last
    lines of all days that purges removed.
    """

    n: int
    hash: str
    digest: str
    before: date
    unfinished: bool = False
    gone: int = 0


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What ``store.json`` says, or an archive; ``anchor`` only where lines were purged."""

    format: int
    office: str
    codec: Codec
    anchor: Anchor | None = None

    @property
    def start(self) -> tuple[int, str]:
        """Number and hash of the line that the ledger's first line continues."""
        return (0, GENESIS) if self.anchor is None else (self.anchor.n, self.anchor.hash)


def newer_store(path: str, version: int) -> StoreError:
    """Return the error for a store or an archive whose format this program does not know."""
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


def older_store(path: str, version: int) -> StoreError:
    """Return the error for a store of a format that no program reads any more."""
    return StoreError(
        "older",
        Phrase(
            "The store {path} has format {version}; this program reads format {known} only. "
            "Nothing was changed.",
            path=path,
            version=version,
            known=FORMAT,
        ),
    )


def encode_header(header: Header) -> bytes:
    """Return the bytes of a header as ``store.json`` has them, with their checksum."""
    plain: dict[str, Any] = msgspec.to_builtins(header)
    return seal(msgspec.json.encode({"sum": BLANK} | plain) + b"\n")


def decode_header(data: bytes, root: str) -> Header:
    """Read a header. Raises StoreError where it is damaged, or of another format."""
    path = os.path.join(root, "store.json")
    try:
        found = msgspec.json.decode(data, type=dict[str, object])
        version = found.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise newer_store(root, version)
        is_whole = is_sealed(data, str(found.pop("sum", "")))
        if is_whole and isinstance(version, int) and version < FORMAT:
            raise older_store(root, version)
        if version != FORMAT:
            raise damaged(path, Phrase("its format is {version}", version=str(version)))
        if not is_whole:
            raise damaged(path, Phrase("its checksum does not fit"))
        return msgspec.convert(found, Header)
    except (ValueError, RecursionError) as error:
        raise damaged(path, error) from None


def missing_store(path: str) -> StoreError:
    """Return the error for a place where no store is."""
    return StoreError(
        "missing",
        Phrase(
            "There is no store at {path}. Run 'kofucli init' to make one, or name another with "
            "--store.",
            path=path,
        ),
    )


def occupied_place(path: str) -> StoreError:
    """Return the error for a place where a store is to be made, and something is already."""
    return StoreError(
        "exists",
        Phrase(
            "There is something at {path} already; it was not touched. Use it with --store, "
            "or name another folder.",
            path=path,
        ),
    )


def still_locked(seconds: float) -> LockedError:
    """Return that another process held the store for as long as a change waits."""
    return LockedError(
        Phrase(
            "Another process holds the store; waited for {seconds} s. "
            "Nothing was changed: try again.",
            seconds=f"{seconds:g}",
        )
    )


def refuse_other_office(path: str, theirs: str, ours: str) -> None:
    """Raise InputError where a store belongs to another office than the configuration's."""
    if theirs != ours:
        raise InputError(
            Phrase(
                "The store {path} belongs to office {theirs}, the configuration describes "
                "office {ours}: check --config and --store.",
                path=path,
                theirs=theirs,
                ours=ours,
            )
        )


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a snapshot: a document's name, the last line that it includes, its records."""

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
    """Yield the documents of a snapshot; ``data`` is None where it is missing.

    Raises StoreError, before anything is yielded, where it is not the one that the anchor names.
    """
    if data is None:
        raise damaged(path, Phrase("it is missing"))
    if digest(data) != anchor.digest:
        raise damaged(path, Phrase("it is not what store.json names"))
    for raw in data.splitlines():
        kept = msgspec.json.decode(raw, type=Kept)
        documents.kind_of(kept.name)
        yield kept


def last_lines(kept: Iterable[Kept], lines: Iterable[Line]) -> dict[str, int]:
    """Return the last line of each document by its name, from a snapshot and the lines after it."""
    found = {each.name: each.n for each in kept}
    for line in lines:
        found.update(dict.fromkeys(line.put, line.n))
    return found
