"""The outbox of a store: mails as files, each held by one sender at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from kofucli.errors import LockedError, Phrase
from kofucli.store import disk
from kofucli.store.lock import wait_for

_ENDING = ".eml"
_UNFINISHED = _ENDING + ".tmp"


def _path(root: str, name: str) -> str:
    return os.path.join(root, "outbox", name)


def write(root: str, name: str, content: bytes, durable: bool) -> str:
    """Keep a mail and return its path: all of it or nothing, synced if ``durable``.

    Raises OSError.
    """
    path = _path(root, name)
    if durable:
        disk.replace_file(path, content)
        return path
    descriptor = disk.open_file(path + ".tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        disk.write_all(descriptor, content)
    finally:
        os.close(descriptor)
    os.replace(path + ".tmp", path)
    return path


def list_names(root: str) -> list[str]:
    """Return the names of the mails that wait, oldest first. Raises StoreError."""
    path = _path(root, "")
    try:
        return sorted(name for name in os.listdir(path) if name.endswith(_ENDING))
    except OSError as error:
        raise disk.failure(error, path) from None


def remove_unfinished(root: str, agent_id: str) -> None:
    """Remove what a process that was killed left of mails for an agent. Raises OSError.

    This removal is durable, and every one before it: an erased agent's mails stay gone.
    """
    for name in os.listdir(_path(root, "")):
        parts = name.removesuffix(_UNFINISHED).split("-", 2)
        if name.endswith(_UNFINISHED) and parts[-1].rpartition("-")[0] == agent_id:
            os.unlink(_path(root, name))
    disk.sync_folder(_path(root, ""))


@contextmanager
def claim(root: str, name: str, seconds: float) -> Iterator[bytes | None]:
    """Hold a mail while the block runs: its bytes, or None where it is gone by now.

    The hold is a kernel lock on the mail itself, so it ends with the life of its process, and a
    mail is never left in the hands of nobody. Raises LockedError where another process does not let
    go of it within ``seconds``, StoreError where it cannot be read.
    """
    path = _path(root, name)
    try:
        descriptor = disk.open_file(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise disk.failure(error, path) from None
    try:
        if not wait_for(descriptor, seconds):
            raise LockedError(Phrase("another process is sending it"))
        # Whoever held it before may have sent and removed it: then no name leads to it any more.
        yield _read(descriptor, path) if os.fstat(descriptor).st_nlink else None
    finally:
        os.close(descriptor)


def _read(descriptor: int, path: str) -> bytes:
    try:
        return b"".join(iter(lambda: os.read(descriptor, 1 << 20), b""))
    except OSError as error:
        raise disk.failure(error, path) from None


def remove(root: str, name: str) -> None:
    """Remove a mail, if it is there. Raises OSError."""
    disk.remove(_path(root, name))
