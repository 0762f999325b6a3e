"""Making a store: all of it appears at once, or nothing does."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

import msgspec

from kofucli.clock import machine_now
from kofucli.errors import Phrase, StoreError, UnknownOutcomeError
from kofucli.model import OfficeRecord, Stamp
from kofucli.store import disk
from kofucli.store.files import FOLDERS, FileStore, Header
from kofucli.store.ledger import GENESIS, Ledger, Line
from kofucli.store.seal import BLANK
from kofucli.store.transaction import account_name

__all__ = ["create", "ensure_vacant"]


def ensure_vacant(path: str) -> None:
    """Raise StoreError where anything but an empty folder is at ``path``: no store is touched."""
    if os.path.lexists(path) and not (os.path.isdir(path) and not os.listdir(path)):
        raise _occupied(path)


def _occupied(path: str) -> StoreError:
    return StoreError(
        "exists",
        Phrase(
            "There is something at {path} already; it was not touched. Use it with --store, "
            "or name another folder.",
            path=path,
        ),
    )


def create(path: str, header: Header, records: Sequence[OfficeRecord], stamp: Stamp) -> FileStore:
    """Make a store that holds ``records`` of the office; nothing is there, or all of it.

    It is built beside its place and renamed. Raises StoreError where something is there already.
    """
    root = os.path.abspath(path)
    building = f"{root}.{os.getpid()}.new"
    try:
        ensure_vacant(root)
        os.makedirs(os.path.dirname(root), exist_ok=True)
        _remove_folder(building)
        _build(building, header, records, stamp)
        os.rename(building, root)
        disk.sync_folder(os.path.dirname(root))
    except (OSError, StoreError, UnknownOutcomeError) as error:
        _remove_folder(building)
        if not isinstance(error, OSError):
            raise
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise _occupied(root) from None
        raise disk.failure(error, root) from None
    return FileStore(root, header, 10)


def _build(root: str, header: Header, records: Sequence[OfficeRecord], stamp: Stamp) -> None:
    disk.make_folder(root)
    for folder in FOLDERS:
        disk.make_folder(os.path.join(root, folder))
    for year in (stamp.now.year, stamp.now.year + 1):
        disk.make_folder(os.path.join(root, "days", f"{year}"))
    first = Line(
        sum=BLANK,
        n=1,
        at=stamp.now,
        clock=machine_now(),
        op="init",
        actor={"by": stamp.actor.by},
        account=account_name(),
        prev=GENESIS,
        live={},
        put={},
        base={},
    )
    Ledger(root).append(first, None)
    disk.replace_file(os.path.join(root, "store.json"), msgspec.json.encode(header) + b"\n")
    with FileStore(root, header, 0).transaction("init", stamp) as transaction:
        for record in records:
            transaction.put_office(record)


def _remove_folder(path: str) -> None:
    """Remove what a creation that failed or was killed has left."""
    if os.path.lexists(path):
        from shutil import rmtree  # a creation that goes well needs none

        rmtree(path, ignore_errors=True)
