"""Heads that are kept elsewhere: a text file with a line ``n:hash instant`` for each.

Whoever can write the store can rewrite all of it, or put an older copy in its place. Then the
ledger lacks a line that was noted, or has another one in its place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from kofucli.base.errors import Phrase
from kofucli.store import disk
from kofucli.store.integrity.replay import Finding

_HEAD = re.compile(rb"([0-9]{1,12}):([0-9a-f]{64})(?: .*)?")


class Heads(msgspec.Struct, frozen=True):
    """The heads in a file: number and hash of each, by its line. ``unreadable`` are other lines."""

    path: str
    noted: dict[int, tuple[int, str]] = {}
    unreadable: tuple[int, ...] = ()

    @property
    def wanted(self) -> frozenset[int]:
        """The numbers of the ledger's lines that were noted."""
        return frozenset(n for n, _ in self.noted.values())


def read_heads(path: str) -> Heads | None:
    """Read the heads that were noted, None where there is no such file. Raises StoreError.

    A last line without a line feed was never finished, and is left out.
    """
    data = disk.read_bytes(path)
    if data is None:
        return None
    noted, unreadable = {}, []
    for number, raw in enumerate(data.split(b"\n")[:-1], 1):
        found = _HEAD.fullmatch(raw)
        if found is None:
            unreadable.append(number)
        else:
            noted[number] = int(found[1]), found[2].decode()
    return Heads(path, noted, tuple(unreadable))


def note_head(path: str, head: str, now: datetime) -> None:
    """Add a head to a file, durably; it is made where it is missing. Raises StoreError, OSError."""
    data = disk.read_bytes(path) or b""  # does not wait for a pipe
    with disk.opened(path, os.O_WRONLY | os.O_CREAT) as descriptor:
        end = data.rfind(b"\n") + 1
        if data[:end].rpartition(b"\n")[0].rpartition(b"\n")[2].startswith(head.encode()):
            return
        disk.write_at(descriptor, f"{head} {now.isoformat()}\n".encode(), end)
        disk.sync(descriptor)
    disk.sync_folder(os.path.dirname(path))


def compare_heads(
    heads: Heads, hashes: Mapping[int, str], oldest: int, last: int
) -> Iterator[Finding]:
    """Yield the heads that the ledger does not have.

    ``hashes`` are those of its lines from ``oldest`` to ``last`` that were wanted. Older lines
    cannot be compared: they were purged, or not read. The file is named without its folder, since
    the nightly page tells nothing of the machine.
    """
    file = os.path.basename(heads.path)
    for number in heads.unreadable:
        yield Finding(file, number, Phrase("it is not a head, N:HASH"), "head")
    for number, (n, hash_) in heads.noted.items():
        if n > last:
            message = Phrase(
                "line n={n} was noted, and the ledger ends with {last}: lines are lost",
                n=n,
                last=last,
            )
            yield Finding(file, number, message, "head")
        elif n >= oldest and hashes.get(n) != hash_:
            message = Phrase("line n={n} is not the one that was noted: it was rewritten", n=n)
            yield Finding(file, number, message, "head")
