"""Archives as files: written durably, read back, opened whether compressed or not."""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import BinaryIO, cast

import msgspec

from kofucli.base import InputError, Phrase, StoreError, UnusableError, reason_of
from kofucli.base.results import find_place, stream_file
from kofucli.store import Store, disk
from kofucli.store.copies import Archive, Manifest, bad_line, pack, read_entries, read_manifest
from kofucli.store.copies.restore import prove
from kofucli.store.disk import Stages, unseen
from kofucli.store.documents import damaged
from kofucli.store.header import FORMAT

_LEVEL = 3
"""The level of gzip. A higher one takes much longer and hardly makes a ledger smaller."""
_MAGIC = b"\x1f\x8b"
_LONGEST = 256 << 20
"""No line has more bytes: the line of the largest file of cases is shorter."""
_LEAST, _RATIO = 1 << 20, 64
"""A line may have so many bytes, and so many more for each compressed byte that was read.

A file that is compressed further than any ledger was made to fill the memory.
"""


class Backup(msgspec.Struct, frozen=True, rename={"path": "file"}):
    """A backup: its file, its size in bytes, and the ledger's last line in it."""

    path: str
    size: int
    head: str
    n: int
    at: datetime


class Migrated(msgspec.Struct, frozen=True):
    """What a migration did: the formats before and after, and the backup that it made first.

    ``tables`` says that those of a server were of an earlier program.
    """

    before: int
    after: int
    backup: Backup | None = None
    tables: bool = False

    @property
    def changed(self) -> bool:
        """Whether the store was of an earlier program."""
        return self.before != self.after or self.tables


def migrate(store: Store, dry_run: bool, keep: Callable[[], Backup]) -> Migrated:
    """Bring a store to the newest format. There is only one: this is the frame for the next.

    ``keep`` makes the backup without which nothing is changed.
    """
    made: list[Backup] = []
    tables = store.upkeep().migrate(dry_run, lambda: made.append(keep()))
    before = FORMAT if tables else store.header.format
    return Migrated(before, FORMAT, made[0] if made else None, tables)


def write_stream(path: str, write: Callable[[BinaryIO], None], follows: bool = True) -> None:
    """Let ``write`` fill a file (0600), which appears whole and durable, or not at all.

    A device or a pipe is written directly. A link is removed unless ``follows``. Raises StoreError,
    and then nothing is left.
    """
    try:
        if not follows and os.path.islink(path):
            os.unlink(path)
        stream_file(path, write, keeps_mode=False, sync=disk.sync)
        if os.path.isfile(path):
            disk.sync_folder(os.path.dirname(find_place(path)))
    except OSError as error:
        raise disk.unusable(error, path) from None


def back_up(store: Store, folder: str, now: datetime, stages: Stages = unseen) -> Backup:
    """Write a backup of a store into a folder, and read it back.

    Its name holds the office, ``now``, and number and hash of the last line, so a backup of another
    store never has the same name. Raises StoreError where it cannot be written, does not read back
    as written, or no whole store could be made of it.
    """
    try:
        folder = find_place(folder)
        disk.make_parents(os.path.join(folder, ""), 0o700)
    except OSError as error:
        raise disk.unusable(error, folder) from None
    lines = pack(store, stages)
    first = next(lines)
    manifest, _ = read_manifest(iter([first]), folder)
    which = f"{now:%Y%m%dT%H%M%S}-{manifest.n}-{manifest.hash[:8]}"
    name = f"kofu-{manifest.store.office}-{which}.jsonl.gz"
    path = os.path.join(folder, name)
    write_stream(path, lambda file: _compress(file, first, lines), follows=False)
    fault = _find_fault(path, manifest, store.root, stages)
    if fault is not None:
        with suppress(OSError):
            os.unlink(path)
        raise fault
    return Backup(path, os.path.getsize(path), manifest.head, manifest.n, manifest.at)


def _compress(file: BinaryIO, first: bytes, lines: Iterable[bytes]) -> None:
    packed = cast("io.RawIOBase", gzip.GzipFile("", "wb", _LEVEL, file, mtime=0))
    with packed, io.BufferedWriter(packed, 1 << 20) as out:
        out.write(first)
        for line in lines:
            out.write(line)


def _find_fault(path: str, expected: Manifest, root: str, stages: Stages) -> StoreError | None:
    """Read a backup back; return why it is not what a restore needs."""
    try:
        with open_archive(path) as archive:
            _, findings = prove(archive.manifest, archive.entries, None, stages)
        if archive.manifest == expected:
            if not findings:
                return None
            return damaged(os.path.join(root, findings[0].file), findings[0].message)
    except InputError:
        pass
    return StoreError(
        "damaged",
        Phrase("{path} did not read back as it was written: the disk fails there.", path=path),
    )


@contextmanager
def open_archive(path: str) -> Iterator[Archive]:
    """Open an archive, compressed or not; ``-`` is standard input. Raises InputError."""
    try:
        file = _open(path)
    except OSError as error:
        raise _unreadable(path, error) from None
    with file:
        lines = _lines(file, path)
        manifest, first = read_manifest(lines, path)
        yield Archive(manifest, read_entries(lines, manifest, first, path))


def _unreadable(path: str, error: Exception) -> InputError:
    reason = reason_of(error) if isinstance(error, OSError) else None
    detail = reason or Phrase("{detail}", detail=str(error))
    return InputError(Phrase("{path} is not readable: {detail}.", path=path, detail=detail))


def _open(path: str) -> io.BufferedReader:
    if path != "-":
        return open(path, "rb")
    if sys.stdin is None:
        raise UnusableError(Phrase("standard input is closed"))
    return open(sys.stdin.fileno(), "rb", closefd=False)


class _Counted:
    """A file that counts the bytes that were read, since a pipe has no ``tell``."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self._file.read(size)
        self.count += len(data)
        return data


def _lines(file: io.BufferedReader, path: str) -> Iterator[bytes]:
    """Yield the lines of a file, compressed or not, to its very end: gzip's checksum is there."""
    try:
        packed = file.peek(2)[:2] == _MAGIC
        counted = _Counted(file)
        opened = gzip.GzipFile(fileobj=cast("BinaryIO", counted)) if packed else file
        source = cast("BinaryIO", opened)
        number = 0
        while True:
            longest = min(_LONGEST, _LEAST + _RATIO * counted.count) if packed else _LONGEST
            line = source.readline(longest + 1)
            if not line:
                break
            number += 1
            if len(line) > longest:
                raise bad_line(path, number, Phrase("it is too long"))
            yield line
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from None
