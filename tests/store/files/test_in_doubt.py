"""A line that may not be on the disk: nobody acknowledges anything on top of it.

Linux takes pages for written once an fsync of them has failed: the next fsync succeeds, and the
disk lacks them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import booking, day_file, is_whole, ledger_file
from tests.support.needs import path_of_descriptor


class DroppingDisk:
    """What of the ledger's newest file is on a disk that forgets what an fsync failed to write."""

    def __init__(self, root: Path) -> None:
        self.path = ledger_file(root)
        self.kept = self.path.read_bytes()
        self.fails = False
        self._written: list[tuple[int, bytes]] = []

    def write(self, real: Callable[..., int], descriptor: int, data: bytes, *offset: int) -> int:
        done = real(descriptor, data, *offset)
        if path_of_descriptor(descriptor) == str(self.path):
            begin = offset[0] if offset else os.lseek(descriptor, 0, os.SEEK_CUR) - done
            self._written.append((begin, bytes(data[:done])))
        return done

    def fsync(self, real: Callable[[int], None], descriptor: int) -> None:
        if path_of_descriptor(descriptor) == str(self.path):
            written, self._written = self._written, []
            if self.fails:
                raise OSError(errno.EIO, "the disk failed")
            for begin, data in written:
                kept = self.kept.ljust(begin, b"\0")
                self.kept = kept[:begin] + data + kept[begin + len(data) :]
        real(descriptor)


@pytest.fixture
def dropping(busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> DroppingDisk:
    disk = DroppingDisk(busy.store)
    for call in ("write", "pwrite"):
        monkeypatch.setattr(os, call, partial(disk.write, getattr(os, call)))
    monkeypatch.setattr(os, "fsync", partial(disk.fsync, os.fsync))
    return disk


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("book +1 14:00 --case X-14 --agent B-2", 6),
        ("confirmation X-13 --agent A-1", 6),
        ("store backup {folder}/backup", 7),  # its head is not noted
    ],
)
def test_line_in_doubt_is_written_again_before_anything_stands_on_it(
    busy: OfficeInFolder, dropping: DroppingDisk, command: str, status: int
) -> None:
    """A second fsync would succeed, and the disk would lack the line. A list may show it.

    Nor is a document written, or a head noted, before the line is durable.
    """
    busy.set("store", "heads", '"heads.txt"')
    heads, words = busy.folder / "heads.txt", command.format(folder=busy.folder).split()
    document = day_file(busy.store).read_bytes()
    dropping.fails = True
    assert busy.run(*booking("13:00")).status == 8
    assert busy.run("show", "X-13", "--agent", "A-1").status == 0
    assert busy.run(*words).status == status
    assert (day_file(busy.store).read_bytes(), heads.exists()) == (document, False)
    assert dropping.kept != dropping.path.read_bytes()
    dropping.fails = False
    assert busy.run(*words).status == 0
    assert dropping.kept == dropping.path.read_bytes()
    assert heads.exists() is ("backup" in command)
    assert is_whole(busy)


def test_repair_makes_a_line_durable_before_its_documents(
    busy: OfficeInFolder, dropping: DroppingDisk
) -> None:
    dropping.fails = True
    assert busy.run(*booking("13:00")).status == 8
    day_file(busy.store).unlink()
    assert busy.run("store", "check", "--repair").status == 6
    assert not day_file(busy.store).exists()
    dropping.fails = False
    busy.run("store", "check", "--repair")
    assert dropping.kept == dropping.path.read_bytes()
    assert is_whole(busy)
