"""The append-only journal: a line a transaction, each with the hash of the line before.

A transaction is true once its line is durable. Files are a month each; the newest holds the tail.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime

import msgspec

from kofucli.errors import Phrase, StoreError, UnknownOutcomeError
from kofucli.store import disk, documents
from kofucli.store.seal import is_sealed, seal

__all__ = ["GENESIS", "Ledger", "Line", "Tail", "digest"]

GENESIS = "0" * 64
"""What stands for the hash of a line before the first one."""

_BLOCK = 65_536
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}\.jsonl")


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One transaction, ``sum`` the checksum of its bytes.

    ``at`` is the command's now and ``clock`` the machine's; ``actor`` who acted, a claim, and
    ``account`` the operating system's account. ``put`` holds the records as they are afterwards,
    by document. ``live`` gives, for the office and each day from ``at`` on, the last line that its
    document includes: a reader sees from the tail alone that none is missing or too old.
    ``last_day`` is the latest day that ever had a reservation. ``base`` gives, for each document
    in ``put``, the line that it included before: one that is further behind was tampered with.
    """

    sum: str
    n: int
    at: datetime
    clock: datetime
    op: str
    actor: dict[str, str]
    account: str
    prev: str
    live: dict[str, int]
    put: dict[str, list[msgspec.Raw]]
    base: dict[str, int]
    last_day: date | None = None


class Tail(msgspec.Struct, frozen=True):
    """The last complete line: read, as raw bytes, and where it ends (file, size in bytes)."""

    line: Line
    raw: bytes
    path: str
    end: int


_decoder = msgspec.json.Decoder(Line)


def digest(raw: bytes) -> str:
    """Return the SHA-256 of a line's raw bytes (without its line feed), in hexadecimal."""
    import hashlib  # reading needs no hash, and it costs start-up

    return hashlib.sha256(raw).hexdigest()


class Ledger:
    """The ledger of the store in folder ``root``."""

    def __init__(self, root: str) -> None:
        self._folder = os.path.join(root, "ledger")

    def files(self) -> list[str]:
        """Return the paths of its files, oldest first."""
        try:
            disk.refuse_link(self._folder)
            names = os.listdir(self._folder)
        except OSError as error:
            raise disk.failure(error, self._folder) from None
        return [os.path.join(self._folder, n) for n in sorted(names) if _MONTH.fullmatch(n)]

    def read_tail(self) -> Tail:
        """Return the last complete line; what follows it was never acknowledged.

        Raises StoreError where it is damaged, or there is none.
        """
        for path in reversed(self.files()):
            try:
                found = _last_line(path)
            except OSError as error:
                raise disk.failure(error, path) from None
            if found is not None:
                raw, end = found
                return Tail(decode_line(raw, path), raw, path, end)
        raise disk.damaged(self._folder, Phrase("it has no line"))

    def cut_unfinished(self, tail: Tail) -> None:
        """Cut off what a killed process left behind the tail; only under the lock."""
        for path in reversed(self.files()):
            end = tail.end if path == tail.path else 0
            if os.path.getsize(path) > end:
                _refuse_whole(path, (disk.read_bytes(path) or b"")[end:])
                descriptor = disk.open_file(path, os.O_WRONLY)
                try:
                    os.ftruncate(descriptor, end)
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
            if path == tail.path:
                return

    def sync(self, tail: Tail) -> None:
        """Make the tail durable: the process that wrote it may have died before it did so."""
        descriptor = disk.open_file(tail.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        disk.sync_folder(self._folder)

    def append(self, line: Line, after: Tail | None) -> Tail:
        """Append a line and make it durable: the commit point.

        It goes to the file of its month or the newest there is, whichever is later.
        Raises StoreError where nothing was changed, UnknownOutcomeError where nobody can say.
        """
        path = os.path.join(self._folder, f"{line.at:%Y-%m}.jsonl")
        if after is not None:
            path = max(path, after.path)
        raw = seal(msgspec.json.encode(line))
        try:
            descriptor = disk.open_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        except OSError as error:
            raise disk.failure(error, path) from None
        try:
            start = os.fstat(descriptor).st_size
            try:
                disk.write_all(descriptor, raw + b"\n")
            except OSError as error:
                raise _undone(descriptor, start, path, error) from None
            try:
                os.fsync(descriptor)
                if start == 0:
                    disk.sync_folder(self._folder)
            except OSError as error:
                raise _in_doubt(line, path, error) from None
        finally:
            os.close(descriptor)
        return Tail(line, raw, path, start + len(raw) + 1)

    def files_from(self, month: str) -> tuple[list[str], bytes | None]:
        """Return the files from ``month`` (YYYY-MM) on, else the newest, and the line before them.

        The line is None where they are all there is.
        """
        files = self.files()
        first = next((at for at, p in enumerate(files) if os.path.basename(p) >= month), -1)
        older, found = files[:first], files[first:]
        try:
            last = _last_line(older[-1]) if older else None
        except OSError as error:
            raise disk.failure(error, older[-1]) from None
        return found, None if last is None else last[0]

    def lines(self, of: list[str] | None = None) -> Iterator[tuple[str, int, bytes]]:
        """Yield every line as (path, line number, raw bytes without its line feed).

        An unfinished last line of the newest file is left out; anywhere else it is yielded. Files
        other than all of them are given as ``of``, the newest one last.
        """
        files = self.files() if of is None else of
        for path in files:
            data = disk.read_bytes(path) or b""
            *complete, rest = data.split(b"\n")
            for number, raw in enumerate(complete, 1):
                yield path, number, raw
            if rest and path != files[-1]:
                yield path, len(complete) + 1, rest


def decode_line(raw: bytes, path: str, number: int | None = None) -> Line:
    """Read a line; raises StoreError naming file and line where it is damaged."""
    try:
        line = _decoder.decode(raw)
        for name in line.put:
            documents.kind_of(name)
        if not is_sealed(raw, line.sum):
            raise documents.DocumentError("its checksum does not fit")
        return line
    except (ValueError, RecursionError, documents.DocumentError) as error:
        place = path if number is None else f"{path}:{number}"
        raise disk.damaged(place, Phrase("{detail}", detail=str(error))) from None


def _refuse_whole(path: str, rest: bytes) -> None:
    """Raise StoreError where only the line feed of a line is lost: it may be acknowledged."""
    for raw in (rest, rest[:-1]):
        try:
            decode_line(raw, path)
        except StoreError:
            continue
        raise disk.damaged(path, Phrase("its last line has lost its line feed"))


def _last_line(path: str) -> tuple[bytes, int] | None:
    """Return the last complete line of a file and the offset behind its line feed."""
    descriptor = disk.open_file(path, os.O_RDONLY)
    try:
        start = os.fstat(descriptor).st_size
        data = b""
        while start > 0:
            step = min(max(_BLOCK, len(data)), start)
            start -= step
            os.lseek(descriptor, start, os.SEEK_SET)
            data = os.read(descriptor, step) + data
            end = data.rfind(b"\n")
            if end < 0:
                data = data if start > 0 else b""
                continue
            begin = data.rfind(b"\n", 0, end)
            if begin >= 0 or start == 0:
                return data[begin + 1 : end], start + end + 1
        return None
    finally:
        os.close(descriptor)


def _undone(descriptor: int, start: int, path: str, error: OSError) -> StoreError:
    """Take back a line that was written in part; what cannot be cut off has no line feed yet."""
    with suppress(OSError):
        os.ftruncate(descriptor, start)
    return disk.failure(error, path)


def _in_doubt(line: Line, path: str, error: OSError) -> UnknownOutcomeError:
    return UnknownOutcomeError(
        Phrase(
            "The disk failed while the change was made durable ({detail} at {path}): it may be "
            "kept or lost. Look whether line n={n} is there with 'kofucli store check', and "
            "whether the change is, with 'kofucli list --all', before you repeat it.",
            detail=error.strerror or str(error),
            path=path,
            n=line.n,
        )
    )
