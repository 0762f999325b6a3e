"""The header of a store of files: ``store.json``, read and written."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from kofucli.base.errors import Phrase
from kofucli.store import disk
from kofucli.store.documents import BLANK, damaged, is_sealed, seal
from kofucli.store.header import FORMAT, Header, newer_store, older_store

FOLDERS = ("days", "agents", "private", "ledger", "outbox")
"""The folders that every store has."""


def encode_header(header: Header) -> bytes:
    """Return the bytes of ``store.json``, with their checksum."""
    plain: dict[str, Any] = msgspec.to_builtins(header)
    return seal(msgspec.json.encode({"sum": BLANK} | plain) + b"\n")


def write_header(root: str, header: Header) -> None:
    """Put ``store.json`` in its place, durably: the old one or the new one. Raises OSError."""
    disk.replace_file(os.path.join(root, "store.json"), encode_header(header))


def read_header(root: str) -> Header | None:
    """Read ``store.json``; None where there is none, and no ledger either.

    Raises StoreError where it is damaged, or of another format.
    """
    path = os.path.join(root, "store.json")
    data = disk.read_bytes(path)
    if data is None:
        if os.path.lexists(os.path.join(root, "ledger")):
            raise damaged(path, Phrase("it is missing"))
        return None
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
        raise damaged(path, Phrase("{detail}", detail=str(error))) from None
