"""``store.json``: what a store is, and from which line on its ledger is kept."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import msgspec

from kofucli.errors import Phrase, StoreError
from kofucli.store import disk
from kofucli.store.documents import Codec
from kofucli.store.seal import BLANK, is_sealed, seal

FORMAT = 2
"""The one format that this program reads and writes."""


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The last line that was purged, by number and hash, and the documents as it left them.

    ``digest`` is the SHA-256 of the snapshot file that holds those, ``before`` the first day that
    was kept. While the purge is ``unfinished``, what it removes may still be there.
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


def encode_header(header: Header) -> bytes:
    """Return the bytes of ``store.json``, with their checksum."""
    plain: dict[str, Any] = msgspec.to_builtins(header)
    return seal(msgspec.json.encode({"sum": BLANK} | plain) + b"\n")


def write_header(root: str, header: Header) -> None:
    """Put ``store.json`` in its place, durably: the old one or the new one. Raises OSError."""
    disk.replace_file(_path(root), encode_header(header))


def _path(root: str) -> str:
    return os.path.join(root, "store.json")


def read_header(root: str) -> Header | None:
    """Read ``store.json``; None where there is none, and no ledger either.

    Raises StoreError where it is damaged or newer than this program.
    """
    path = _path(root)
    data = disk.read_bytes(path)
    if data is None:
        if os.path.lexists(os.path.join(root, "ledger")):
            raise disk.damaged(path, Phrase("it is missing"))
        return None
    try:
        found = msgspec.json.decode(data, type=dict[str, object])
        return _read(found, data, root)
    except (ValueError, RecursionError) as error:
        raise disk.damaged(path, Phrase("{detail}", detail=str(error))) from None


def _read(found: dict[str, object], data: bytes, root: str) -> Header:
    version = found.get("format")
    if isinstance(version, int) and version > FORMAT:
        raise StoreError(
            "newer",
            Phrase(
                "The store {path} has format {version}; this program knows formats up to "
                "{known}. Install a newer kofucli.",
                path=root,
                version=version,
                known=FORMAT,
            ),
        )
    if version != FORMAT:
        raise disk.damaged(_path(root), Phrase("its format is {version}", version=str(version)))
    if not is_sealed(data, str(found.pop("sum", ""))):
        raise disk.damaged(_path(root), Phrase("its checksum does not fit"))
    return msgspec.convert(found, Header)
