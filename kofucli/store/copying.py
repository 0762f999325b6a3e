"""Archives as files: written durably and read back, opened whether compressed or not."""

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

from kofucli.errors import InputError, Phrase, StoreError, reason_of
from kofucli.store import disk
from kofucli.store.archive import Entry, Manifest, pack, read_entries, read_manifest
from kofucli.store.files import FileStore

__all__ = ["Archive", "Backup", "back_up", "open_archive", "write_stream"]

_LEVEL = 3
"""Of gzip's compression: more of it hardly makes a ledger smaller, and takes much longer."""
_MAGIC = b"\x1f\x8b"


class Backup(msgspec.Struct, frozen=True):
    """A backup that was made: its file, its size in bytes, the last line in it."""

    path: str
    size: int
    n: int
    hash: str
    at: datetime

    @property
    def head(self) -> str:
        """``n:hash`` of the last line in it."""
        return f"{self.n}:{self.hash}"


def write_stream(path: str, write: Callable[[BinaryIO], None]) -> None:
    """Let ``write`` fill a file that appears whole and durable, or not at all; 0600.

    A device or a pipe is written as it is, a link is replaced. Raises StoreError, of which nothing
    is left.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        _write_special(path, write)
        return
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        descriptor = disk.open_file(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        with open(descriptor, "wb") as file:
            write(file)
            file.flush()
            disk.sync(file.fileno())
        os.replace(temporary, path)
        disk.sync_folder(os.path.dirname(path))
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise disk.failure(error, path) from None
        raise


def _write_special(path: str, write: Callable[[BinaryIO], None]) -> None:
    try:
        with open(path, "wb") as file:
            write(file)
    except OSError as error:
        raise disk.failure(error, path) from None


def back_up(store: FileStore, folder: str, now: datetime) -> Backup:
    """Write a backup of a store into a folder, and read it back.

    Its name holds the office, ``now`` and the number of the last line. Raises StoreError where it
    cannot be written, or is not what was written.
    """
    folder = os.path.abspath(folder)
    try:
        disk.make_parents(os.path.join(folder, ""), 0o700)
    except OSError as error:
        raise disk.failure(error, folder) from None
    lines = pack(store)
    first = next(lines)
    manifest, _ = read_manifest(iter([first]), folder)
    name = f"kofu-{manifest.store.office}-{now:%Y%m%dT%H%M%S}-{manifest.n}.jsonl.gz"
    path = os.path.join(folder, name)
    write_stream(path, lambda file: _compress(file, first, lines))
    _read_back(path, manifest)
    return Backup(path, os.path.getsize(path), manifest.n, manifest.hash, manifest.at)


def _compress(file: BinaryIO, first: bytes, lines: Iterable[bytes]) -> None:
    packed = cast("io.RawIOBase", gzip.GzipFile("", "wb", _LEVEL, file, mtime=0))
    with packed, io.BufferedWriter(packed, 1 << 20) as out:
        out.write(first)
        for line in lines:
            out.write(line)


def _read_back(path: str, expected: Manifest) -> None:
    try:
        with open_archive(path) as archive:
            for _ in archive.entries:
                pass
        whole = archive.manifest == expected
    except InputError:
        whole = False
    if not whole:
        with suppress(OSError):
            os.unlink(path)
        raise StoreError(
            "damaged",
            Phrase("{path} did not read back as it was written: the disk fails there.", path=path),
        )


class Archive(msgspec.Struct):
    """An archive that is open: what it is, and its entries, verified as they are read."""

    manifest: Manifest
    entries: Iterator[Entry]


@contextmanager
def open_archive(path: str) -> Iterator[Archive]:
    """Open an archive, compressed or not; ``-`` is standard input.

    Raises InputError where it cannot be read, or is none.
    """
    try:
        with _open(path) as file:
            lines = _lines(file)
            manifest, first = read_manifest(lines, path)
            yield Archive(manifest, read_entries(lines, manifest, first, path))
    except (OSError, EOFError, zlib.error) as error:
        reason = reason_of(error) if isinstance(error, OSError) else None
        detail = reason or Phrase("{detail}", detail=str(error))
        raise InputError(
            Phrase("{path} is not readable: {detail}.", path=path, detail=detail)
        ) from None


def _open(path: str) -> io.BufferedReader:
    if path != "-":
        return open(path, "rb")
    if sys.stdin is None:
        raise OSError("standard input is closed")
    return open(sys.stdin.fileno(), "rb", closefd=False)


def _lines(file: io.BufferedReader) -> Iterator[bytes]:
    if file.peek(2)[:2] == _MAGIC:
        return iter(gzip.GzipFile(fileobj=file))
    return iter(file)
