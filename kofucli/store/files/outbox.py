"""The outbox of a store: mails as files, each held by one sender at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from kofucli.base.errors import LockedError, Phrase
from kofucli.store import disk
from kofucli.store.files.lock import wait_for

_ENDING = ".eml"
_UNFINISHED = _ENDING + ".tmp"


class Outbox:
    """The part of a store of files that keeps mails; see ``kofucli.store.Store``."""

    def __init__(self, root: str, lock_seconds: float) -> None:
        self.root = root
        self.lock_seconds = lock_seconds

    def _mail_path(self, name: str) -> str:
        return os.path.join(self.root, "outbox", name)

    def write_mail(self, name: str, content: bytes, durable: bool = True) -> str:
        """Put a mail into the outbox and return its path: all of it or nothing. Raises OSError."""
        path = self._mail_path(name)
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

    def mails(self) -> list[str]:
        """Return the names of the mails in the outbox, oldest first. Raises StoreError."""
        path = self._mail_path("")
        with disk.errors_at(path):
            return sorted(name for name in os.listdir(path) if name.endswith(_ENDING))

    @contextmanager
    def claim_mail(self, name: str) -> Iterator[bytes | None]:
        """Hold a mail while the block runs; gives its bytes, None where it is gone.

        The hold is a kernel lock on the mail's file. It ends with the process that has it, so a
        killed process leaves no mail held. Raises LockedError where another process does not let
        go of it in time, StoreError where it cannot be read.
        """
        path = self._mail_path(name)
        try:
            descriptor = disk.open_file(path, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise disk.failure(error, path) from None
        try:
            if not wait_for(descriptor, self.lock_seconds):
                raise LockedError(Phrase("another process is sending it"))
            # Another process may have sent and removed it meanwhile: then no name leads to it.
            is_there = os.fstat(descriptor).st_nlink
            with disk.errors_at(path):
                content = disk.read_open(descriptor) if is_there else None
            yield content
        finally:
            os.close(descriptor)

    def remove_mail(self, name: str) -> None:
        """Remove a mail, if it is there. Raises OSError."""
        disk.remove(self._mail_path(name))

    def remove_unfinished_mails(self, agent_id: str) -> None:
        """Remove what killed processes left of mails to an agent. Raises OSError.

        Makes this removal durable, and each one before it: the mails of an erased agent stay gone.
        """
        for name in os.listdir(self._mail_path("")):
            parts = name.removesuffix(_UNFINISHED).split("-", 2)
            if name.endswith(_UNFINISHED) and parts[-1].rpartition("-")[0] == agent_id:
                os.unlink(self._mail_path(name))
        disk.sync_folder(self._mail_path(""))
