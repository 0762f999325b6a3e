"""A store made of an archive: verified, built beside its place, then there at once or not."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from itertools import groupby

import msgspec

from kofucli.clock import machine_now
from kofucli.errors import InputError, Phrase, Problem
from kofucli.model import Sequences, Stamp
from kofucli.store import disk, documents
from kofucli.store.archive import Entry
from kofucli.store.check import check
from kofucli.store.copying import Archive
from kofucli.store.creation import build_beside, make_folders
from kofucli.store.documents import Codec
from kofucli.store.files import FileStore
from kofucli.store.fold import collect, in_batches
from kofucli.store.header import FORMAT, Header, encode_header
from kofucli.store.replay import fold

__all__ = ["Restored", "build", "restore"]

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_SEQUENCE = re.compile(r"-([0-9]{4,12})-")

_BLOCK = 10_000
"""New numbers begin a whole block above the highest one that a backup can know of."""


class Restored(msgspec.Struct, frozen=True):
    """A store made of a backup: its folder, and above which sequence its new numbers begin."""

    path: str
    floor: int


def build(path: str, archive: Archive, codec: Codec | None) -> str:
    """Make the store of an archive in folder ``path``, and return its absolute path.

    ``codec`` is how its documents are written, None as they were. Raises StoreError where
    something is there already, InputError where what stands in the archive makes no whole store.
    """
    root = os.path.abspath(path)
    found = archive.manifest.store
    header = msgspec.structs.replace(found, codec=codec or found.codec)
    build_beside(root, lambda building: _build(building, header, archive.entries))
    return root


def restore(path: str, archive: Archive, stamp: Stamp) -> Restored:
    """Make the store of a backup in folder ``path``, in which no lost number is given again.

    Nobody knows what was booked after the backup. New sequences begin a block of numbers above
    the highest one in it, and higher by one for every second that has passed since: so two stores
    restored from one backup do not give the same numbers either. Raises as ``build``.
    """
    root = os.path.abspath(path)
    header = msgspec.structs.replace(archive.manifest.store, format=FORMAT)

    def fill(building: str) -> int:
        highest = _build(building, header, archive.entries)
        store = FileStore(building, header, 0)
        passed = machine_now() - store.ledger.read_tail().line.clock
        with store.transaction("restore", stamp) as transaction:
            before = transaction.office().get("sequences")
            if isinstance(before, Sequences):
                highest = max(highest, before.floor)
            floor = (highest // _BLOCK + 2) * _BLOCK + max(0, int(passed.total_seconds()))
            transaction.put_office(Sequences("sequences", floor))
        return floor

    return Restored(root, build_beside(root, fill))


def _build(root: str, header: Header, entries: Iterable[Entry]) -> int:
    """Make a whole store; return the highest sequence of a reservation in it, 0 for none."""
    make_folders(root)
    _write(root, "store.json", encode_header(header))
    _write_entries(root, entries)
    ledger = FileStore(root, header, 0).ledger
    folded, problems = fold(root, header, ledger)
    sizes = {name: len(folded.state_of(name)[1]) for name in folded.names()}
    if not problems:
        for names in in_batches(sizes):
            for name, content in collect(root, ledger, header.anchor, set(names)).items():
                file = documents.path_of(name, header.codec)
                _write(root, file, content.encode(header.codec))
        problems = list(check(root, header, ledger).problems)
    if problems:
        raise InputError(
            Phrase("What stands there makes no whole store, so nothing was made of it."),
            [Problem(Phrase("{file}", file=p.file), p.message) for p in problems],
        )
    _sync_tree(root)
    days = (name for name in folded.names() if name.startswith("days/"))
    return max((_sequence_of(key) for day in days for key in folded.state_of(day)[1]), default=0)


def _sequence_of(number: str) -> int:
    found = _SEQUENCE.search(number)
    return int(found[1]) if found is not None else 0


def _write_entries(root: str, entries: Iterable[Entry]) -> None:
    """Write the files of an archive; the lines of one follow each other."""
    for name, group in groupby(entries, key=lambda entry: entry.file):
        descriptor = disk.open_file(os.path.join(root, name), _NEW)
        with open(descriptor, "wb") as file:
            for entry in group:
                line = bytes(entry.line)
                file.write(line + b"\n" if line else entry.whole)


def _write(root: str, name: str, data: bytes) -> None:
    path = os.path.join(root, name)
    if os.path.dirname(name).startswith("days/"):
        disk.make_folder(os.path.dirname(path))
    with open(disk.open_file(path, _NEW), "wb") as file:
        file.write(data)


def _sync_tree(root: str) -> None:
    """Make everything in a folder durable."""
    for place, _, names in os.walk(root):
        for name in names:
            descriptor = disk.open_file(os.path.join(place, name), os.O_RDONLY)
            try:
                disk.sync(descriptor)
            finally:
                os.close(descriptor)
        disk.sync_folder(place)
