"""What must be there before a store can be opened: its folders, and ``store.json``.

``store.json`` follows from the rest: the office is the configuration's, the codec that of the
documents, and what it says of a purge stands in the purge's own ledger line.
"""

from __future__ import annotations

import os

import msgspec

from kofucli.errors import Phrase, StoreError
from kofucli.model import OfficeRecord, Purged
from kofucli.store import disk
from kofucli.store.anchor import read_kept
from kofucli.store.documents import Codec
from kofucli.store.files import FOLDERS, FileStore
from kofucli.store.header import FORMAT, Anchor, Header, read_header, write_header
from kofucli.store.ledger import Ledger, decode_line

__all__ = ["mend_foundation"]


def mend_foundation(path: str, office: str, lock_seconds: float) -> list[str]:
    """Make the folders that a store lacks, and a ``store.json`` that is missing or damaged.

    Returns what was made. A folder in which nothing tells of a store is left alone, and so is a
    store that is newer, or whose ledger cannot tell. Raises StoreError, LockedError.
    """
    root = os.path.abspath(path)
    if not any(os.path.lexists(os.path.join(root, name)) for name in ("store.json", "ledger")):
        return []
    try:
        disk.refuse_link(root)
        made = [name for name in FOLDERS if not os.path.lexists(os.path.join(root, name))]
        for name in made:
            disk.make_folder(os.path.join(root, name))
        if _needs_header(root):
            store = FileStore(root, Header(FORMAT, office, _find_codec(root)), lock_seconds)
            with store.locked("store check"):
                header = msgspec.structs.replace(store.header, anchor=_find_anchor(root))
                write_header(root, header)
            made.append("store.json")
    except OSError as error:
        raise disk.failure(error, root) from None
    return made


def _needs_header(root: str) -> bool:
    try:
        return read_header(root) is None
    except StoreError as error:
        if error.reason != "damaged":
            raise
        return True


def _find_codec(root: str) -> Codec:
    if os.path.lexists(os.path.join(root, "office.json")):
        return "json"
    for _, _, names in os.walk(root):
        if any(name.endswith(".toml") for name in names):
            return "toml"
    return "json"


def _find_anchor(root: str) -> Anchor | None:
    """Return the anchor that the ledger begins after, as the purge itself recorded it.

    Raises StoreError where the ledger's beginning is gone and no line tells why.
    """
    first, found = 0, None
    for path, number, raw in Ledger(root).lines():
        line = decode_line(raw, path, number)
        first = first or line.n
        for record in line.put.get("office", ()):
            read = msgspec.json.decode(record, type=OfficeRecord)
            if isinstance(read, Purged) and read.n + 1 == first:
                found = read
    if found is None:
        if first > 1:
            raise disk.damaged(Ledger(root).files()[0], Phrase("its beginning is missing"))
        return None
    anchor = Anchor(found.n, found.hash, found.digest, found.before)
    for _ in read_kept(root, anchor):
        break
    return anchor
