"""One exclusive lock between processes: a kernel lock, which ends with the process that holds it.

It is taken on two things, always in this order: on the lock file, where the holder notes who it is,
and on the ledger's folder. The lock file can be deleted while a process holds it. The next process
then locks a new file, but waits for the folder, which is there as long as the ledger is.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec

from kofucli.base import LockedError, Phrase
from kofucli.store import disk
from kofucli.store.header import still_locked

_PAUSE = 0.002
_NOTE_BYTES = 500
_NO_FOLDER = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""How opening the ledger's folder fails where it is missing, or a link."""
_LOCKS_NO_FOLDERS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
"""How locking a folder fails on a file system that locks only files. NFS says EBADF."""


class Holder(msgspec.Struct):
    """What the holder of the lock notes in the lock file; ``since`` is Unix time."""

    pid: int
    account: str
    op: str
    since: float


if sys.platform == "win32":
    import msvcrt

    def _lock_now(descriptor: int) -> None:
        # Far behind the note, since Windows lets nobody read a locked range.
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock_now(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _wait_until(deadline: float, descriptor: int) -> bool:
    while True:
        try:
            _lock_now(descriptor)
        except (BlockingIOError, PermissionError):
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE)
        else:
            return True


def wait_for(descriptor: int, path: str, seconds: float) -> bool:
    """Lock an open file, until it is closed; tell whether that succeeded in ``seconds``."""
    with disk.errors_at(path):
        return _wait_until(time.monotonic() + seconds, descriptor)


@contextmanager
def _hold_folder(path: str, deadline: float) -> Iterator[bool]:
    """Lock a folder while the block runs; gives whether that succeeded before ``deadline``.

    Where the folder is missing (a repair makes it), or the system locks no folders, the lock file
    must suffice, and this succeeds.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        if os.name != "nt" and error.errno not in _NO_FOLDER:
            raise disk.failure(error, path) from None
        yield True
        return
    try:
        try:
            is_held = _wait_until(deadline, descriptor)
        except OSError as error:
            if error.errno not in _LOCKS_NO_FOLDERS:
                raise disk.failure(error, path) from None
            is_held = True
        yield is_held
    finally:
        os.close(descriptor)


@contextmanager
def hold(descriptor: int, path: str, seconds: float, holder: Holder, folder: str) -> Iterator[None]:
    """Hold the lock on the open lock file at ``path`` and on ``folder`` while the block runs.

    Waits up to ``seconds`` for both. Raises LockedError, which names the holder and since when.
    """
    deadline = time.monotonic() + seconds
    if not wait_for(descriptor, path, seconds):
        raise _locked(descriptor, seconds)
    with _hold_folder(folder, deadline) as held:
        if not held:
            raise _locked(descriptor, seconds)
        note = msgspec.json.encode(holder)
        # Only a message needs the note. On a full disk the change itself says what is wrong.
        with suppress(OSError):
            disk.write_at(descriptor, note, 0)
            os.ftruncate(descriptor, len(note))
        try:
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(descriptor, 0)


def _locked(descriptor: int, seconds: float) -> LockedError:
    try:
        os.lseek(descriptor, 0, os.SEEK_SET)
        other = msgspec.json.decode(os.read(descriptor, _NOTE_BYTES), type=Holder)
    except (ValueError, RecursionError):
        return still_locked(seconds)
    return LockedError(
        Phrase(
            "The store is held by '{op}' (process {pid}, account {account}) since {held} s; "
            "waited for {seconds} s. Nothing was changed: try again.",
            op=other.op,
            pid=other.pid,
            account=other.account,
            held=f"{max(0.0, time.time() - other.since):.1f}",
            seconds=f"{seconds:g}",
        )
    )
