"""The lock: one writer at a time, whose name a waiting command shows; it ends with its process."""

from __future__ import annotations

import errno
import importlib.util
import os
import re
import sys
import time
import types
from pathlib import Path

import pytest

from kofucli.base.errors import LockedError, StoreError
from kofucli.store.files import lock
from kofucli.store.files.lock import Holder, hold
from tests.conftest import OfficeInFolder
from tests.store.support import booking, failing, holding, numbers_of, reopen
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

    fake = types.ModuleType("msvcrt")
    fake.locking, fake.LK_NBLCK = locking, 2
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    monkeypatch.setattr(sys, "platform", "win32")
    spec = importlib.util.spec_from_file_location("lock_on_windows", lock.__file__)
    windows = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, windows)
    spec.loader.exec_module(windows)
    monkeypatch.undo()
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
