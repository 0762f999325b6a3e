"""The lock: one writer at a time, whose name a waiting command shows; it ends with its process.

Nor do two write where its file is deleted, or the ledger exchanged, while it is held.
"""

from __future__ import annotations

import errno
import os
import re
import runpy
import shutil
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from kofucli.base import LockedError, StoreError, UnknownOutcomeError
from kofucli.store import disk
from kofucli.store.files import lock
from kofucli.store.files.lock import Holder, hold
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

HOLDER = Holder(1, "somebody", "book", 0.0)


def test_held_store_names_its_holder(office: OfficeInFolder) -> None:
    office.set("store", "lock_seconds", "0.05")
    before = office.bytes()
    with holding(office.store, "agent import") as other:
        outcome = office.run(*booking(), "-f", "json")
        assert outcome.status == 9
        message = outcome.error["message"]
        assert "agent import" in message
        assert f"process {other.pid}," in message
        assert re.search(r"since \d+\.\d s; waited for 0\.05 s", message)
        assert office.bytes() == before
        for option in ("-n", "-q"):
            plain = office.run(*booking(), option)
            assert (plain.status, str(other.pid) in plain.err) == (9, True)


def test_change_waits_for_the_lock_which_ends_with_its_killed_holder(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    with holding(office.store) as other:

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            other.kill()
            other.wait()
            assert (office.store / ".lock").stat().st_size > 0

        monkeypatch.setattr(time, "sleep", pause)
        assert office.run(*booking()).status == 0
    assert len(pauses) == 1


def test_lock_file_is_never_removed(office: OfficeInFolder) -> None:
    """The lock file stays the same file: removing it would let two writers in."""
    path = office.store / ".lock"
    first = path.stat().st_ino
    assert office.run(*booking("10:00")).status == 0
    assert office.run(*booking("10:00")).status == 3
    assert path.stat().st_ino == first
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    "note", [b"", b"{", b"\xff\xfe", b'{"pid":"x"}', b"null", b'{"op":"\xff"}']
)
def test_unreadable_note_in_the_lock_is_no_defect(tmp_path: Path, note: bytes) -> None:
    path = tmp_path / ".lock"
    path.touch()
    first, second = (os.open(path, os.O_RDWR) for _ in range(2))
    try:
        with hold(first, "x", 0, HOLDER, str(tmp_path)):
            path.write_bytes(note)
            with pytest.raises(LockedError) as raised, hold(second, "x", 0, HOLDER, str(tmp_path)):
                pytest.fail("both hold it")
        assert "Another process" in raised.value.phrase.text
    finally:
        os.close(first)
        os.close(second)


@posix_only
@pytest.mark.parametrize("call", ["pwrite", "ftruncate"])
@pytest.mark.parametrize(("number", "reason"), [(errno.ENOSPC, "full"), (errno.EROFS, "read-only")])
def test_note_that_cannot_be_written_is_no_defect(
    office: OfficeInFolder, call: str, number: int, reason: str
) -> None:
    """On a full disk even the note in the lock file fails: done without it, or exit 6, never 1."""
    with failing(call, number):
        outcome = office.run(*booking(), "-f", "json")
    assert outcome.status == 0 or (outcome.status, outcome.error["reason"]) == (6, reason)
    assert len(numbers_of(office)) == (outcome.status == 0)


@posix_only
def test_system_that_cannot_lock_refuses_the_change(office: OfficeInFolder) -> None:
    """What is named is the file that is meant: a mail has a lock of its own."""
    import fcntl

    store = reopen(office.store)
    store.write_mail("x.eml", b"mail")
    with failing("flock", errno.ENOLCK, owner=fcntl):
        assert office.run(*booking()).status == 6
        with pytest.raises(StoreError) as caught, store.claim_mail("x.eml"):
            pass
    assert str(caught.value.phrase.values["path"]).endswith("outbox/x.eml")


def test_windows_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows the lock is msvcrt's, on a byte far behind the note, tried without waiting."""
    calls: list[tuple[int, int, int]] = []
    held = False

    def locking(descriptor: int, mode: int, count: int) -> None:
        calls.append((os.lseek(descriptor, 0, os.SEEK_CUR), mode, count))
        if held:
            raise PermissionError(errno.EACCES, "Permission denied")

    fake = types.SimpleNamespace(locking=locking, LK_NBLCK=2)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "msvcrt", fake)
        patch.setattr(sys, "platform", "win32")
        windows = types.SimpleNamespace(**runpy.run_path(lock.__file__, run_name=lock.__name__))
    holder = windows.Holder(1, "somebody", "book", 0.0)
    descriptor = os.open(tmp_path / ".lock", os.O_RDWR | os.O_CREAT)
    try:
        with windows.hold(descriptor, "x", 0, holder, str(tmp_path / "no")):
            assert b"somebody" in (tmp_path / ".lock").read_bytes()
        held = True
        with (
            pytest.raises(LockedError),
            windows.hold(descriptor, "x", 0, holder, str(tmp_path / "no")),
        ):
            pytest.fail("both hold it")
    finally:
        os.close(descriptor)
    assert calls == [(1 << 30, 2, 1)] * 2
    assert (tmp_path / ".lock").stat().st_size == 0


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
    with pytest.raises(UnknownOutcomeError, match=r"whether line n="):
        put_reservations(reopen(root), make_reservation(1))
