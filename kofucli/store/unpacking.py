"""A store made of an archive: verified, built beside its place, then there at once or not."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack

import msgspec

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
from kofucli.store.header import Header, encode_header
from kofucli.store.proof import prove
from kofucli.store.replay import Finding

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL

_BLOCK = 10_000
"""New numbers begin a whole block above the highest one that a backup can know of."""
_STEP = 1_000
_STEPS = 100_000
"""How many steps above that they begin is drawn by lot: two restores hardly ever draw the same."""


class Restored(msgspec.Struct, frozen=True):
    """A store made of a backup: its folder, and above which sequence its new numbers begin."""

    path: str
    floor: int


def verify(archive: Archive) -> None:
    """Find out whether a whole store can be made of an archive, and make none. As ``build``."""
    _refuse(prove(archive.manifest, archive.entries).findings)


def build(path: str, archive: Archive, codec: Codec | None) -> str:
    """Make the store of an archive in folder ``path``, and return its absolute path.

    ``codec`` is how its documents are written, None as they were. Raises StoreError where
    something is there already, InputError where what stands in the archive makes no whole store.
    """
    root = os.path.abspath(path)
    found = archive.manifest.store
    header = msgspec.structs.replace(found, codec=codec or found.codec)
    build_beside(root, lambda building: _build(building, header, archive))
    return root


def restore(path: str, archive: Archive, stamp: Stamp) -> Restored:
    """Make the store of a backup in folder ``path``, in which no lost number is given again.

    Nobody knows what was booked after the backup, nor in other stores that were restored from it.
    New sequences begin more than a block above the highest one in it, and how far above that is
    drawn by lot: two such stores give the same numbers in one of 100,000 cases. Raises as
    ``build``.
    """
    root = os.path.abspath(path)
    header = archive.manifest.store

    def fill(building: str) -> int:
        floor = _draw_floor(_build(building, header, archive))
        with FileStore(building, header, 0).transaction("restore", stamp) as transaction:
            transaction.put_office(Sequences("sequences", floor))
        return floor

    return Restored(root, build_beside(root, fill))


def _draw_floor(highest: int) -> int:
    from secrets import randbelow  # only a restore needs it

    return (highest // _BLOCK + 2) * _BLOCK + _STEP * randbelow(_STEPS)


def _build(root: str, header: Header, archive: Archive) -> int:
    """Make a whole store; return the highest sequence that it knows of, 0 for none."""
    make_folders(root)
    _write(root, "store.json", encode_header(header))
    proof = prove(archive.manifest, _write_entries(root, archive.entries))
    _refuse(proof.findings)
    ledger = FileStore(root, header, 0).ledger
    sizes = {name: len(proof.folded.state_of(name)[1]) for name in proof.folded.names()}
    for names in in_batches(sizes):
        for name, content in collect(root, ledger, header.anchor, set(names)).items():
            file = documents.path_of(name, header.codec)
            _write(root, file, content.encode(header.codec))
    _refuse(check(root, header, ledger).problems)
    _sync_tree(root)
    return proof.highest


def _refuse(findings: Sequence[Finding]) -> None:
    """Raise InputError where anything was found; a change of an older copy is past."""
    faults = [found for found in findings if found.part != "history"]
    if faults:
        raise InputError(
            Phrase("What stands there makes no whole store, so nothing was made of it."),
            [Problem(Phrase("{file}", file=f.file), f.message) for f in faults],
        )


def _write_entries(root: str, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Write the files of an archive, and yield every entry on; the lines of one follow others."""
    with ExitStack() as stack:
        name, file = "", None
        for entry in entries:
            if file is None or entry.file != name:
                stack.close()
                name = entry.file
                descriptor = disk.open_file(os.path.join(root, name), _NEW)
                file = stack.enter_context(open(descriptor, "wb"))
            line = bytes(entry.line)
            file.write(line + b"\n" if line else entry.whole)
            yield entry


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
            disk.sync_file(os.path.join(place, name))
        disk.sync_folder(place)
