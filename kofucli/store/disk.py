"""Plain files, handled safely: no symbolic link is followed, modes are exact, failures are named.

The store of files uses it, and archives, which are files whatever the store is.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol, TypeVar

from kofucli.base import Phrase, StoreError, reason_of
from kofucli.base.text import N_
from kofucli.store.documents import damaged, refusal

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_ALWAYS = _NOFOLLOW | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700
_CHUNK = 1 << 20
_MANY, _WORKERS = 32, 16
"""From so many files on, so many threads wait for the disk."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNKNOWN_CALL = frozenset({errno.ENOTSUP, errno.EINVAL, errno.ENOTTY})
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})

T = TypeVar("T")


class Stages(Protocol):
    """Passes on what a stage of long work goes through, and may show how much of it is done."""

    def __call__(self, label: str, items: Iterable[T], count: int, /) -> Iterable[T]:
        """Return the items; ``label`` is English and marked, ``count`` how many they are."""


def unseen(label: str, items: Iterable[T], count: int, /) -> Iterable[T]:
    """Return the items, showing nothing."""
    return items


def failure(error: OSError, path: str) -> StoreError:
    """Return what a failed system call at a part of the store means for the user."""
    if error.errno in _FULL:
        return refusal("full", path)
    if error.errno in _READ_ONLY:
        return refusal("read-only", path, detail=reason_of(error))
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return damaged(path, Phrase("it is a symbolic link, which the store never follows"))
    return damaged(path, reason_of(error))


@contextmanager
def errors_at(path: str) -> Iterator[None]:
    """Raise what a failed system call of the block means for the user: see ``failure``."""
    try:
        yield
    except OSError as error:
        raise failure(error, path) from None


def unusable(error: OSError, path: str) -> StoreError:
    """Return what a failed system call means where a result is written outside the store."""
    if error.errno in _FULL:
        return failure(error, path)
    return refusal("read-only", path, detail=reason_of(error))


def refuse_link(path: str) -> None:
    """Raise StoreError where ``path`` is a symbolic link or no folder."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        raise damaged(path, Phrase("it is a symbolic link, which the store never follows"))
    if not stat.S_ISDIR(mode):
        raise damaged(path, Phrase("it is not a folder"))


def open_file(path: str, flags: int) -> int:
    """Open a file without following a link; a new one is 0600 whatever the umask.

    Windows has no flag against links, so the path is looked at first. It also needs O_BINARY, or
    it changes line feeds.
    """
    if not _NOFOLLOW and os.path.islink(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    descriptor = os.open(path, flags | _ALWAYS, _FILE_MODE)
    if flags & os.O_CREAT and hasattr(os, "fchmod"):
        os.fchmod(descriptor, _FILE_MODE)
    return descriptor


@contextmanager
def opened(path: str, flags: int) -> Iterator[int]:
    """Open a file as ``open_file`` does, and close it when the block ends."""
    descriptor = open_file(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_plain(path: str) -> int:
    """Open a plain file for reading, without waiting for a pipe. Raises StoreError, OSError."""
    descriptor = open_file(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise damaged(path, Phrase("it is not a plain file"))
    return descriptor


def read_bytes(path: str) -> bytes | None:
    """Return a file's bytes, None where there is no such file. Raises StoreError."""
    with errors_at(path):
        try:
            descriptor = open_plain(path)
        except FileNotFoundError:
            return None
        try:
            return read_open(descriptor)
        finally:
            os.close(descriptor)


def read_open(descriptor: int) -> bytes:
    """Return what is left to read of an open file. Raises OSError."""
    return b"".join(iter(lambda: os.read(descriptor, _CHUNK), b""))


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``, going on after short writes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_at(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of ``data`` at an offset. Windows has no call for that."""
    if not hasattr(os, "pwrite"):
        os.lseek(descriptor, offset, os.SEEK_SET)
        write_all(descriptor, data)
        return
    view = memoryview(data)
    while view:
        done = os.pwrite(descriptor, view, offset)
        view, offset = view[done:], offset + done


def sync(descriptor: int) -> None:
    """Make what was written durable.

    On macOS fsync leaves it in the drive's memory, which a power failure empties. F_FULLFSYNC
    empties that memory too; file systems that do not know it get an fsync.
    """
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        except OSError as error:
            if error.errno not in _UNKNOWN_CALL:
                raise
        else:
            return
    os.fsync(descriptor)


def sync_folder(path: str) -> None:
    """Make the names in a folder durable. Windows opens no folder; its journal keeps them.

    A link to a folder is followed: above a store there may be one, and nothing is read or written.
    """
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: str) -> None:
    """Make a folder, 0700 whatever the umask, durable in its parent; keep one that is there."""
    try:
        os.mkdir(path, _FOLDER_MODE)
    except FileExistsError:
        refuse_link(path)
        return
    os.chmod(path, _FOLDER_MODE)
    sync_folder(os.path.dirname(path))


def make_parents(path: str, mode: int = 0o777) -> None:
    """Make the folders above ``path`` that are missing, each durable in its own."""
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        make_parents(folder, mode)
        os.makedirs(folder, mode, exist_ok=True)
        sync_folder(os.path.dirname(folder))


def replace_file(path: str, data: bytes) -> None:
    """Put ``data`` in the place of a file, durably: the old one stands, or all of the new one."""
    for error in replace_files({path: data}).values():
        raise error


def replace_files(files: Mapping[str, bytes], stages: Stages = unseen) -> dict[str, OSError]:
    """Put data in the place of each file as ``replace_file`` does; return the errors by file.

    The temporary file beside each has a fixed name, since only the holder of the lock writes. So
    one that a killed process left is used again. All are made durable, then take their places,
    then each folder is made durable.
    """
    failed: dict[str, OSError] = {}

    def write(part: Sequence[str]) -> None:
        for path in part:
            with (
                _noting(failed, [path]),
                opened(path + ".tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor,
            ):
                write_all(descriptor, files[path])
                # A descriptor that is opened later may not be told what failed before.
                sync(descriptor)

    _do_in_parts([*files], write, stages)
    folders: dict[str, list[str]] = {}
    for path in files:
        if path not in failed:
            with _noting(failed, [path]):
                os.replace(path + ".tmp", path)
                folders.setdefault(os.path.dirname(path), []).append(path)
    for folder, paths in folders.items():
        with _noting(failed, paths):
            sync_folder(folder)
    return failed


@contextmanager
def _noting(failed: dict[str, OSError], paths: Iterable[str]) -> Iterator[None]:
    """Note for each path that a system call of the block failed."""
    try:
        yield
    except OSError as error:
        failed.update(dict.fromkeys(paths, error))


def sync_files(paths: Sequence[str], stages: Stages = unseen) -> dict[str, OSError]:
    """Make files durable, whoever wrote them; return the errors by path."""
    failed: dict[str, OSError] = {}
    mode = os.O_RDWR if os.name == "nt" else os.O_RDONLY  # Windows syncs no file open for reading

    def sync_part(part: Sequence[str]) -> None:
        for path in part:
            with _noting(failed, [path]), opened(path, mode) as descriptor:
                sync(descriptor)

    _do_in_parts(paths, sync_part, stages)
    return failed


def _do_in_parts(
    paths: Sequence[str], work: Callable[[Sequence[str]], None], stages: Stages
) -> None:
    """Do what waits for the disk: many files wait together, and take about as long as a few."""
    if len(paths) < _MANY:
        work(paths)
        return
    from concurrent.futures import ThreadPoolExecutor  # most changes write few files

    with ThreadPoolExecutor(_WORKERS) as pool:
        parts = [paths[at : at + _MANY] for at in range(0, len(paths), _MANY)]
        done = [pool.submit(work, part) for part in parts]
        for part in stages(N_("Saving"), done, len(done)):
            part.result()


def remove(path: str) -> None:
    """Remove a file, if it is there."""
    with suppress(FileNotFoundError):
        os.unlink(path)
