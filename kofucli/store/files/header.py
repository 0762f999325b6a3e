"""The header of a store of files: ``store.json``, read and written."""

from __future__ import annotations

import os

from kofucli.base.errors import Phrase
from kofucli.store import disk
from kofucli.store.documents import damaged
from kofucli.store.header import Header, decode_header, encode_header

FOLDERS = ("days", "agents", "private", "ledger", "outbox")
"""The folders that every store has."""


def write_header(root: str, header: Header) -> None:
    """Put ``store.json`` in its place, durably: the old one or the new one. Raises OSError."""
    disk.replace_file(os.path.join(root, "store.json"), encode_header(header))


def read_header(root: str) -> Header | None:
    """Read ``store.json``; None where there is none, and no ledger either.

    Raises StoreError where it is damaged, or of another format.
    """
    path = os.path.join(root, "store.json")
    data = disk.read_bytes(path)
    if data is not None:
        return decode_header(data, root)
    if os.path.lexists(os.path.join(root, "ledger")):
        raise damaged(path, Phrase("it is missing"))
    return None
