"""What no store opens without, made again: its folders and ``store.json``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext

from kofucli.base import StoreError
from kofucli.model import Stamp
from kofucli.store import disk
from kofucli.store.documents import Codec
from kofucli.store.files.ledger import Ledger
from kofucli.store.files.store import FileStore
from kofucli.store.files.upkeep import FileMending, is_odd
from kofucli.store.files.view import FOLDERS, read_header
from kofucli.store.header import Header, Kept, refuse_other_office
from kofucli.store.integrity import Repaired
from kofucli.store.integrity.repair import derive_header

_REPLACEABLE = ("days", "agents", "outbox")
"""Where something else is in the place of these folders, it is set aside and they are made anew.

Only a user can judge what is in the place of another folder.
"""


def mend_foundation(
    root: str, office: str, lock_seconds: float, stamp: Stamp
) -> tuple[list[Repaired], str | None, FileStore | None]:
    """Make the folders that a store lacks, and a ``store.json`` that is missing or damaged.

    See ``kofucli.store.place.Place``. A file or a link in the place of a folder, or a folder in
    that of ``store.json``, is set aside.
    """
    if not any(os.path.lexists(os.path.join(root, name)) for name in ("store.json", "ledger")):
        return [], None, None
    with disk.errors_at(root):
        disk.refuse_link(root)
        intact = _read_intact(root)
        header = intact or _derive_header(root, office)
        refuse_other_office(root, header.office, office)
        places = {name: os.path.join(root, name) for name in FOLDERS}
        missing = [name for name, place in places.items() if not os.path.lexists(place)]
        taken = [
            name
            for name in _REPLACEABLE
            if name not in missing
            and (os.path.islink(places[name]) or not os.path.isdir(places[name]))
        ]
        if intact is not None and not taken and not missing:
            return [], None, None
        store = FileStore(root, header, lock_seconds)
        mending = FileMending(store, stamp)
        with nullcontext() if stamp.dry_run else store.locked("store check"):
            for name in FOLDERS:
                if name in taken:
                    mending.set_aside(name)
                if name in taken or name in missing:
                    mending.make_folder(name)
            if intact is None:
                if is_odd(os.path.join(root, "store.json")):
                    mending.set_aside("store.json")
                mending.write_header()
    if not stamp.dry_run:
        return mending.done, mending.moved_to, None
    # The dry run of the repair that follows says that it would write store.json: not twice.
    done = [step for step in mending.done if step.action != "written"]
    return done, mending.moved_to, store


def _read_intact(root: str) -> Header | None:
    """Return what ``store.json`` says, None where it is missing or damaged."""
    try:
        return read_header(root)
    except StoreError as error:
        if error.reason != "damaged":
            raise
        return None


def _derive_header(root: str, office: str) -> Header:
    def read_kept(header: Header) -> Iterator[Kept]:
        return FileStore(root, header, 0).kept()

    codec: Codec = "json"
    if not os.path.lexists(os.path.join(root, "office.json")):
        files = (name for _, _, names in os.walk(root) for name in names)
        codec = "toml" if any(name.endswith(".toml") for name in files) else "json"
    lines = Ledger(root).lines() if os.path.isdir(os.path.join(root, "ledger")) else ()
    return derive_header(lines, office, codec, read_kept)
