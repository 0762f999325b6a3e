"""The single steps of a repair of files. What is replaced or taken away is set aside first."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol

import msgspec

from kofucli.base.errors import StoreError
from kofucli.model.records import Stamp
from kofucli.store import disk
from kofucli.store.files.header import write_header
from kofucli.store.files.ledger import Ledger, find_whole, write_end
from kofucli.store.header import Header, Kept
from kofucli.store.integrity.replay import Action, Repaired


class Rest(msgspec.Struct, frozen=True):
    """What follows the last line feed of the newest ledger file, from offset ``start`` on.

    ``line`` is a whole line that lost only its line feed: it may have been acknowledged. It is None
    for a line that was never finished, and for a ``foreign`` one, which does not continue the
    ledger.
    """

    path: str
    number: int
    start: int
    line: bytes | None = None
    foreign: bool = False


def find_rest(ledger: Ledger) -> Rest | None:
    """Return what follows the ledger's last line feed, None for nothing. Raises StoreError."""
    files = ledger.files()
    data = (disk.read_bytes(files[-1]) or b"") if files else b""
    start, number = data.rfind(b"\n") + 1, data.count(b"\n") + 1
    if start == len(data):
        return None
    try:
        found = find_whole(data[start:], "", ledger.read_tail())
    except StoreError:
        return Rest(files[-1], number, start, foreign=True)
    return Rest(files[-1], number, start, None if found is None else found.raw)


class Files(Protocol):
    """What looking after a store of files needs of ``FileStore``."""

    root: str
    header: Header
    ledger: Ledger

    def use_header(self, header: Header) -> None:
        """Take a header as what ``store.json`` says now."""

    def kept(self) -> Iterator[Kept]:
        """Yield the documents of a purge's snapshot, none without a purge."""


class FileMending:
    """The steps of a repair. A dry run notes what would be done, and does nothing."""

    def __init__(self, store: Files, stamp: Stamp) -> None:
        self._store = store
        self._dry_run = stamp.dry_run
        self._aside = f"aside/{stamp.now:%Y%m%dT%H%M%S}"
        self._unfinished: Rest | None = None
        self._is_durable = False
        self.done: list[Repaired] = []

    @property
    def moved_to(self) -> str | None:
        """The folder in the store to which files were moved, None where none was."""
        moved = any(step.action == "set aside" for step in self.done)
        return self._aside if moved else None

    def _path(self, file: str) -> str:
        return os.path.join(self._store.root, file)

    def note(self, file: str, action: Action) -> bool:
        """Note what is done to a file; return whether to do it (False in a dry run)."""
        self.done.append(Repaired(file, action))
        return not self._dry_run

    def complete_last_line(self) -> None:
        """Give a last line that lost only its line feed that back.

        An unfinished line is only noted here. ``cut_off`` removes it after the check, which finds
        out whether documents include that line: then it was finished once.
        """
        rest = find_rest(self._store.ledger)
        if rest is None or rest.foreign:
            return
        if rest.line is None:
            self._unfinished = rest
        elif self.note(os.path.relpath(rest.path, self._store.root), "completed"):
            write_end(rest.path, rest.start + len(rest.line), b"\n")

    def cut_off(self) -> None:
        """Remove a last line that was never finished."""
        rest = self._unfinished
        if rest is not None and self.note(os.path.relpath(rest.path, self._store.root), "cut off"):
            write_end(rest.path, rest.start, b"")

    def make_folder(self, name: str) -> None:
        """Make a folder that is missing."""
        if self.note(name, "made"):
            disk.make_folder(self._path(name))

    def set_aside(self, file: str) -> None:
        """Move a file, a link or a folder out of the way, if it is there."""
        if os.path.lexists(self._path(file)) and self.note(file, "set aside"):
            self._move(file)
            disk.sync_folder(os.path.dirname(self._path(file)))

    def replace(self, file: str, data: bytes) -> None:
        """Put a document in its place in one step; what lies there is set aside."""
        if os.path.lexists(self._path(file)) and self.note(file, "set aside"):
            self._copy(file)
        if self.note(file, "written"):
            self._make_durable()
            disk.make_folder(os.path.dirname(self._path(file)))
            disk.replace_file(self._path(file), data)

    def _make_durable(self) -> None:
        """Make sure of the last line before a document includes it."""
        if not self._is_durable:
            self._store.ledger.write_again(self._store.ledger.read_tail())
            self._is_durable = True

    def _move(self, file: str) -> None:
        target = self._make_place(file)
        os.rename(self._path(file), target)
        disk.sync_folder(os.path.dirname(target))

    def _copy(self, file: str) -> None:
        """Set a copy aside, so that no reader finds the file missing; move what is not readable."""
        try:
            data = disk.read_bytes(self._path(file))
        except StoreError:
            self._move(file)
        else:
            disk.replace_file(self._make_place(file), data or b"")

    def _make_place(self, file: str) -> str:
        """Return a path in the folder ``aside`` that is not taken; make its folders."""
        folder = self._store.root
        for part in os.path.normpath(os.path.dirname(f"{self._aside}/{file}")).split(os.sep):
            folder = os.path.join(folder, part)
            disk.make_folder(folder)
        target = os.path.join(folder, os.path.basename(file))
        taken = 0
        while os.path.lexists(f"{target}.{taken}" if taken else target):
            taken += 1
        return f"{target}.{taken}" if taken else target

    def write_header(self) -> None:
        """Write ``store.json``."""
        if self.note("store.json", "written"):
            write_header(self._store.root, self._store.header)

    def remove(self, file: str) -> None:
        """Remove a file that is of no use, if it is there."""
        if os.path.lexists(self._path(file)) and self.note(file, "removed"):
            disk.remove(self._path(file))
            disk.sync_folder(os.path.dirname(self._path(file)))
