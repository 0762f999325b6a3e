"""The ledger as files, one for each month. Lines are appended; the last one is the tail.

``ledger/2026-11.jsonl`` holds the lines written in that month, one JSON object each.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import BinaryIO

import msgspec

from kofucli.base import LockedError, Phrase, StoreError, UnknownOutcomeError
from kofucli.store import disk
from kofucli.store.documents import damaged, digest, seal
from kofucli.store.ledger import GENESIS, Chain, Line, RawLine, Tail, decode_line, number_of

_BLOCK = 65_536
_SECTOR = 512
"""Whole pieces of this many bytes, or of a multiple, are on a disk or not."""
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}\.jsonl")


class FileTail(Tail, frozen=True):
    """The last complete line, and where it ends in its file (inode, offset)."""

    inode: int
    end: int


def read_raw(file: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the lines of a file: number, bytes without the line feed, and whether it had one."""
    for number, raw in enumerate(file, 1):
        complete = raw.endswith(b"\n")
        yield number, raw[:-1] if complete else raw, complete


class Ledger:
    """The ledger of the store in folder ``root``.

    ``start`` is number and hash of the line that the first line continues: the last purged one.
    """

    def __init__(self, root: str, start: tuple[int, str] = (0, GENESIS)) -> None:
        self._folder = os.path.join(root, "ledger")
        self.start = start

    def files(self) -> list[str]:
        """Return the paths of its files, oldest first."""
        with disk.errors_at(self._folder):
            disk.refuse_link(self._folder)
            names = os.listdir(self._folder)
        return [os.path.join(self._folder, n) for n in sorted(names) if _MONTH.fullmatch(n)]

    def read_tail(self) -> FileTail:
        """Return the last complete line. Raises StoreError where it is damaged or missing."""
        for path in reversed(self.files()):
            with disk.errors_at(path):
                found = _last_line(path)
            if found is not None:
                raw, inode, end = found
                return FileTail(decode_line(raw, path), raw, path, inode, end)
        raise damaged(self._folder, Phrase("it has no line"))

    def end_cleanly(self, tail: FileTail, refuse_lost_lines: Callable[[], None]) -> FileTail:
        """Cut off what a killed process left behind the tail, and return the tail. Under the lock.

        A whole line that lacks only its line feed gets it, and is the new tail: it may have been
        acknowledged. Before anything is cut off, ``refuse_lost_lines`` raises where a document
        includes that line: then it was finished once. Raises OSError, StoreError.
        """
        for path in reversed(self.files()):
            end = tail.end if path == tail.path else 0
            if os.path.getsize(path) > end:
                found = find_whole((disk.read_bytes(path) or b"")[end:], path, tail)
                if found is not None:
                    end += len(found.raw)
                    inode = write_end(path, end, b"\n")
                    return FileTail(found.line, found.raw, path, inode, end + 1)
                refuse_lost_lines()
                write_end(path, end, b"")
            if path == tail.path:
                break
        return tail

    def write_again(self, tail: FileTail) -> None:
        """Make the tail durable, whose writer failed at that or was killed. Under the lock.

        Its bytes are written again as they were read. A system whose fsync failed may hold pages
        for written that never reached the disk, and the next fsync alone succeeds then.
        """
        write_end(tail.path, tail.end - len(tail.raw) - 1, tail.raw + b"\n")
        disk.sync_folder(self._folder)

    def append(self, line: Line, after: FileTail) -> FileTail:
        """Append a line and make it durable: the commit point.

        It goes to the file of its month, or to the newest file if that is later.
        Raises StoreError and LockedError where nothing was changed; LockedError means that the
        ledger does not end with ``after``. Raises UnknownOutcomeError where the line may stand or
        not: it could not be made durable, or the file was exchanged meanwhile.
        """
        path = max(os.path.join(self._folder, f"{line.at:%Y-%m}.jsonl"), after.path)
        self._refuse_other_writer(after)
        self._refuse_copied_month(after)
        raw = seal(msgspec.json.encode(line))
        with disk.errors_at(path):
            descriptor = disk.open_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            found = os.fstat(descriptor)
            start = found.st_size
            try:
                disk.write_all(descriptor, raw + b"\n")
            except OSError as error:
                with suppress(OSError):  # a part that stays has no line feed, so it is no line
                    os.ftruncate(descriptor, start)
                raise disk.failure(error, path) from None
            try:
                disk.sync(descriptor)
                if start == 0:
                    disk.sync_folder(self._folder)
            except OSError as error:
                raise _in_doubt(line, path, error) from None
        finally:
            os.close(descriptor)
        written = FileTail(line, raw, path, found.st_ino, start + len(raw) + 1)
        with suppress(OSError):
            if _ends_with(written):
                return written
        raise _exchanged(line, path)

    def _refuse_other_writer(self, tail: FileTail) -> None:
        """Raise LockedError where the ledger does not end with the tail, in spite of the lock."""
        with disk.errors_at(tail.path):
            newer = (path for path in self.files() if path > tail.path)
            if _ends_with(tail) and not any(map(os.path.getsize, newer)):
                return
        raise LockedError(
            Phrase(
                "Another process has changed the ledger meanwhile, in spite of the lock. Nothing "
                "was changed: try again."
            )
        )

    def _refuse_copied_month(self, tail: FileTail) -> None:
        """Raise StoreError where the newest file is a copy of an earlier one, under a later month.

        What is appended to it would continue nothing. Only a clock that went back gives an earlier
        month to the last line, too, and then its number is above those of the earlier files.
        """
        if f"{tail.line.at:%Y-%m}.jsonl" == os.path.basename(tail.path):
            return
        earlier = (path for path in reversed(self.files()) if path < tail.path)
        before = next(filter(None, map(_last_line_at, earlier)), b"")
        if number_of(before) >= tail.line.n:
            raise damaged(tail.path, Phrase("it has lines that an earlier file has too"))

    def files_from(self, month: str) -> tuple[list[str], str]:
        """Return the files from ``month`` (YYYY-MM) on, and the hash of the line before them.

        Where these have no line, return the newest file that has one, too.
        """
        files = self.files()
        last = None
        first = len(files)
        while first and (last is None or os.path.basename(files[first - 1]) >= month):
            first -= 1
            last = _last_line_at(files[first]) or last
        before = next(filter(None, map(_last_line_at, reversed(files[:first]))), None)
        if before is None or number_of(before) < self.start[0]:
            return files[first:], self.start[1]
        return files[first:], digest(before)

    def lines(self, of: list[str] | None = None) -> Iterator[RawLine]:
        """Yield every line of the ledger, or of the files ``of``, the newest one last.

        An unfinished last line is left out in the newest file; in another one it is yielded, as it
        is damage. Purged lines that an interrupted purge left are left out.
        """
        files = self.files() if of is None else of
        return self.select(_read_file(path, path == files[-1]) for path in files)

    def select(self, files: Iterable[Iterable[RawLine]]) -> Iterator[RawLine]:
        """Yield the lines of files, without those at the beginning that were purged."""
        purged = self.start[0]
        for file in files:
            for path, number, raw in file:
                if purged and 0 < number_of(raw) <= purged:
                    continue
                purged = 0
                yield path, number, raw


def _read_file(path: str, is_newest: bool) -> Iterator[RawLine]:
    with disk.errors_at(path):
        try:
            descriptor = disk.open_plain(path)
        except FileNotFoundError:
            return
        with open(descriptor, "rb") as file:
            held, offset = None, 0
            for number, raw, complete in read_raw(file):
                if held is not None:
                    yield held  # damage, for another line follows
                    held = None
                if not is_newest or (complete and not _is_unwritten(raw, offset)):
                    yield path, number, raw
                elif complete:
                    held = path, number, raw
                offset += len(raw) + 1


def _is_unwritten(raw: bytes, offset: int) -> bool:
    """Tell whether a line was never durable: it begins with zeros up to the border of a sector."""
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return zeros > 0 and (offset + zeros) % _SECTOR == 0


def find_whole(rest: bytes, path: str, tail: FileTail) -> FileTail | None:
    """Return the whole line in ``rest``, behind the tail, that lost only its line feed.

    None where ``rest`` was never finished. Raises StoreError where it is a line that does not
    continue the tail.
    """
    for raw in (rest, rest[:-1]):
        try:
            line = decode_line(raw, path)
        except StoreError:
            continue
        if any(Chain(tail.line.n, digest(tail.raw)).find_breaks(line)):
            raise damaged(path, Phrase("its last line has lost its line feed"))
        return FileTail(line, raw, path, 0, 0)
    return None


def write_end(path: str, at: int, end: bytes) -> int:
    """Let a file end with ``end`` from offset ``at`` on, durably; return its inode."""
    with disk.opened(path, os.O_WRONLY) as descriptor:
        disk.write_at(descriptor, end, at)
        os.ftruncate(descriptor, at + len(end))
        disk.sync(descriptor)
        return os.fstat(descriptor).st_ino


def _last_line(path: str) -> tuple[bytes, int, int] | None:
    """Return the last complete line of a file, the inode, and the offset behind the line feed.

    One whose first pages never reached the disk is none, though it has a line feed.
    """
    descriptor = disk.open_plain(path)
    try:
        found = os.fstat(descriptor)
        start = found.st_size
        data = b""
        while True:
            end = data.rfind(b"\n")
            begin = data.rfind(b"\n", 0, max(end, 0))
            if end >= 0 and (begin >= 0 or start == 0):
                raw = data[begin + 1 : end]
                if not _is_unwritten(raw, start + begin + 1):
                    return raw, found.st_ino, start + end + 1
                data = data[: begin + 1]
            elif start == 0:
                return None
            else:
                step = min(max(_BLOCK, len(data)), start)
                start -= step
                os.lseek(descriptor, start, os.SEEK_SET)
                data = os.read(descriptor, step) + data
    finally:
        os.close(descriptor)


def _last_line_at(path: str) -> bytes | None:
    """Return the bytes of the last complete line of a file. Raises StoreError."""
    with disk.errors_at(path):
        found = _last_line(path)
    return None if found is None else found[0]


def _ends_with(tail: FileTail) -> bool:
    """Tell whether a tail's file is still the same and ends with it. Raises OSError."""
    found = os.stat(tail.path, follow_symlinks=False)
    return (found.st_ino, found.st_size) == (tail.inode, tail.end)


def _in_doubt(line: Line, path: str, error: OSError) -> UnknownOutcomeError:
    return UnknownOutcomeError(
        Phrase(
            "The disk failed while the change was made durable ({detail} at {path}): it may be "
            "kept or lost. Before you repeat it, see with 'kofucli store check' whether line n={n} "
            "is there, and with 'kofucli list --all' whether the change is.",
            detail=error.strerror or str(error),
            path=path,
            n=line.n,
        )
    )


def _exchanged(line: Line, path: str) -> UnknownOutcomeError:
    return UnknownOutcomeError(
        Phrase(
            "{path} was exchanged, removed or written by others while the change was written to "
            "it: it may be kept or lost. Before you repeat it, see with 'kofucli store check' "
            "whether line n={n} is there, and with 'kofucli list --all' whether the change is.",
            path=path,
            n=line.n,
        )
    )
