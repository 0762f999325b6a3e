"""The lock's file is deleted while a process holds it: no second process appends a line."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kofucli.base.errors import LockedError, UnknownOutcomeError
from kofucli.store import disk
from kofucli.store.integrity.check import check
from tests.conftest import OfficeInFolder
from tests.store.support import (
    DAY,
    booking,
    failing,
    files_of,
    full_arguments,
    holding,
    is_whole,
    ledger_file,
    make_reservation,
    make_store,
    numbers_of,
    put_reservations,
    reopen,
    stamp,
    waiting,
)
from tests.support.needs import posix_only

_SLOW = """
import sys
from kofucli.cli.main import main
from kofucli.store import disk
real = disk.write_all
def write_all(descriptor, data):
    if b'"prev":' in data:
        print("writing", flush=True)
        sys.stdin.readline()
    real(descriptor, data)
disk.write_all = write_all
sys.exit(main(sys.argv[1:], {}))
"""
"""A command that waits, right before it writes its line, until it is told to go on."""


@posix_only
def test_two_writers_never_give_one_number(office: OfficeInFolder) -> None:
    office.add_agent("B-2")
    office.set("store", "lock_seconds", "0")
    line = full_arguments(office, *booking("10:00", "X-1"), "-f", "json")
    with waiting(_SLOW, "writing", *line) as slow:
        (office.store / ".lock").unlink()
        refused = office.run(*booking("10:00", "Y-1", agent="B-2"), "-f", "json")
        assert (refused.status, "Nothing was changed" in refused.error["message"]) == (9, True)
        out, _ = slow.communicate("go on\n", timeout=120)
        assert (slow.returncode, "Y261125-0001-7" in out) == (0, True)
    other = office.json(*booking("10:00", "Y-1", agent="B-2"))["reservation"]["number"]
    assert other != "Y261125-0001-7"
    assert len(numbers_of(office)) == 2
    assert is_whole(office)


@posix_only
def test_older_program_and_this_one_exclude_each_other(office: OfficeInFolder) -> None:
    """An older program locks nothing but the lock's file: either waits for the other."""
    import fcntl

    office.set("store", "lock_seconds", "0")
    descriptor = os.open(office.store / ".lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert office.run(*booking()).status == 9
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        with holding(office.store), pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)
    assert office.run(*booking()).status == 0


@posix_only
@pytest.mark.parametrize("number", [errno.EBADF, errno.ENOTSUP])
def test_system_that_locks_no_folder_locks_the_file(office: OfficeInFolder, number: int) -> None:
    import fcntl

    office.set("store", "lock_seconds", "0")
    with failing("flock", number, os.path.isdir, fcntl):
        assert office.run(*booking()).status == 0
        with holding(office.store):
            assert office.run(*booking("11:00")).status == 9


@posix_only
def test_folder_that_cannot_be_locked_changes_nothing(office: OfficeInFolder) -> None:
    import fcntl

    before = office.bytes()
    with failing("flock", errno.EIO, os.path.isdir, fcntl):
        assert office.run(*booking()).status == 6
    assert office.bytes() == before


def _book_while(root: Path, meanwhile: Callable[[], object]) -> None:
    """Put a reservation, and do something else before the commit."""
    with reopen(root).transaction("book", stamp()) as transaction:
        transaction.put_reservation(make_reservation())
        meanwhile()


@pytest.mark.parametrize("theirs", ["2026-11-24T11:00:00", "2026-12-01T09:00:00"])
def test_line_of_another_writer_is_noticed(tmp_path: Path, theirs: str) -> None:
    """Nothing is appended, to this month's file or the next; personal values are taken back."""
    make_store(tmp_path)
    root = tmp_path / "store"
    files: dict[str, bytes] = {}

    def write_too() -> None:
        other = reopen(root)
        with other.change("book", stamp(theirs)) as second:
            second.put_reservation(make_reservation(2))
        files.update(files_of(root))

    with pytest.raises(LockedError):
        _book_while(root, write_too)
    assert files_of(root) == files
    assert check(reopen(root)).ok
    put_reservations(reopen(root), make_reservation(3), now=theirs)
    assert len(reopen(root).read(lambda view: view.day(DAY))) == 2


def test_exchanged_ledger_is_not_appended_to(tmp_path: Path) -> None:
    make_store(tmp_path)
    root = tmp_path / "store"
    path = ledger_file(root)
    with pytest.raises(LockedError):
        _book_while(root, lambda: shutil.copy(path, path.with_suffix(".x")).replace(path))
    put_reservations(reopen(root), make_reservation(1))
    assert check(reopen(root)).ok


@posix_only
@pytest.mark.parametrize("what", ["file", "folder", "removed", "no folder", "written"])
def test_ledger_exchanged_during_the_write_is_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    make_store(tmp_path)
    root = tmp_path / "store"
    path = ledger_file(root)
    real = disk.write_all

    def exchange() -> None:
        data = path.read_bytes()
        if what == "written":
            path.write_bytes(data + b"x")
        elif what != "file":
            path.parent.rename(tmp_path / "gone")
            path.parent.touch() if what == "no folder" else path.parent.mkdir()
        if what in ("file", "folder"):
            (path.parent / "copy").write_bytes(data)
            (path.parent / "copy").replace(path)

    def write_all(descriptor: int, data: bytes) -> None:
        if b'"prev":' in data:
            exchange()
        real(descriptor, data)

    monkeypatch.setattr(disk, "write_all", write_all)
    with pytest.raises(UnknownOutcomeError, match=r"Look whether line n="):
        put_reservations(reopen(root), make_reservation(1))
