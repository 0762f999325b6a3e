"""A disk that fails: before the commit nothing is changed, after it the change stands.

At the commit itself the outcome is unknown (exit 8). System calls are replaced by failures; every
command ends with its exit status and without a traceback, and the store is whole afterwards.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kofucli.store import disk
from kofucli.store.integrity.check import check
from tests.conftest import OfficeInFolder, Outcome, read_token
from tests.store.support import (
    DAY,
    booking,
    day_file,
    fail_call,
    failing,
    is_whole,
    ledger_file,
    ledger_of,
    make_reservation,
    make_store,
    numbers_of,
    put_reservations,
    reopen,
    write_agents,
)
from tests.support.needs import path_of_descriptor, posix_only


def _run(office: OfficeInFolder, *arguments: str) -> Outcome:
    """Run a command that may fail in any way but as a defect."""
    outcome = office.run(*arguments, "-f", "json")
    assert outcome.status != 1, outcome
    assert "Traceback" not in outcome.err
    return outcome


def _is_ledger(path: str) -> bool:
    return "/ledger/" in path and path.endswith(".jsonl")


def _is_document(path: str) -> bool:
    return "/days/" in path


def _is_private(path: str) -> bool:
    return "/private" in path


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "read-only"),
        (errno.EIO, "damaged"),
    ],
    ids=["full", "quota", "read-only", "no permission", "input/output"],
)
def test_line_that_cannot_be_written_changes_nothing(
    busy: OfficeInFolder, number: int, reason: str
) -> None:
    before = busy.bytes()
    with failing("write", number, _is_ledger) as failed:
        outcome = _run(busy, *booking("13:00"))
    assert len(failed) == 1
    assert (outcome.status, outcome.error["reason"]) == (6, reason)
    assert "2026-11.jsonl" in outcome.error["message"]
    assert busy.bytes() == before
    assert _run(busy, *booking("13:00")).status == 0


def test_lock_that_cannot_be_opened_takes_no_change(busy: OfficeInFolder) -> None:
    with failing("open", errno.EROFS, lambda path: path.endswith(".lock")):
        outcome = _run(busy, *booking("13:00"))
    assert (outcome.status, outcome.error["reason"]) == (6, "read-only")
    assert len(numbers_of(busy)) == 3


@pytest.mark.parametrize("step", [1, 7, 100])
def test_short_writes_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """A system that takes only a part of what is written is given the rest."""
    store = make_store(tmp_path)
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: real(fd, bytes(data)[:step]))
        put_reservations(store, make_reservation())
    assert check(reopen(tmp_path / "store")).ok
    assert len(reopen(tmp_path / "store").read(lambda view: dict(view.day(DAY)))) == 1


@pytest.mark.parametrize("cut_works", [True, False])
def test_short_write_on_a_full_disk_is_taken_back(
    busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, cut_works: bool
) -> None:
    """A line of which only a part fitted is taken back; where even that fails, it is no line."""
    before, real = busy.bytes(), os.write
    written: list[int] = []

    def write(descriptor: int, data: Any) -> int:
        if not _is_ledger(path_of_descriptor(descriptor)):
            return real(descriptor, data)
        if written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(descriptor)
        return real(descriptor, bytes(data)[:100])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        if not cut_works:
            fail_call(patch, "ftruncate", errno.EIO, _is_ledger)
        outcome = _run(busy, *booking("13:00"))
    assert (outcome.status, outcome.error["reason"]) == (6, "full")
    assert (busy.bytes() == before) is cut_works
    assert len(numbers_of(busy)) == 3
    assert is_whole(busy)
    assert _run(busy, *booking("14:00")).status == 0
    assert is_whole(busy)


@pytest.mark.parametrize("new_month", [False, True])
def test_unsynced_line_is_an_unknown_outcome(busy: OfficeInFolder, new_month: bool) -> None:
    if new_month:
        busy.now = "2026-12-01T10:00:00"
    n = len(ledger_of(busy.store)) + 1

    def wanted(path: str) -> bool:
        return path.endswith("/ledger") if new_month else _is_ledger(path)

    with failing("fsync", errno.EIO, wanted) as failed:
        outcome = _run(busy, *booking("13:00"))
    assert len(failed) == 1
    assert outcome.status == 8
    assert outcome.error["kind"] == "unknown"
    message = outcome.error["message"]
    assert "kofucli store check" in message
    assert "kofucli list --all" in message
    assert f"n={n} " in message
    assert busy.json("store", "check")["head"].startswith(f"{n}:")
    assert is_whole(busy)


def test_commit_in_doubt_is_never_tried_again(busy: OfficeInFolder) -> None:
    document = day_file(busy.store)
    before = document.read_bytes()
    with failing("fsync", errno.EIO, lambda _: True) as failed:
        assert _run(busy, *booking("13:00")).status == 8
    assert len(failed) == 1
    assert document.read_bytes() == before
    assert _run(busy, *booking("14:00", agent="B-2")).status == 0
    assert is_whole(busy)


AFTER = [
    pytest.param("open", lambda p: _is_document(p) and p.endswith(".tmp"), id="opening"),
    pytest.param("write", _is_document, id="writing"),
    pytest.param("fsync", lambda p: _is_document(p) and p.endswith(".tmp"), id="syncing"),
    pytest.param("replace", _is_document, id="renaming"),
    pytest.param("fsync", lambda p: p.endswith("/days/2026"), id="syncing the folder"),
]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full", "input/output"])
@pytest.mark.parametrize(("call", "wanted"), AFTER)
def test_document_that_fails_after_the_commit_is_a_warning(
    busy: OfficeInFolder,
    call: str,
    wanted: Callable[[str], bool],
    number: int,
) -> None:
    with failing(call, number, wanted) as failed:
        outcome = _run(busy, *booking("13:00"))
    assert len(failed) == 1
    assert outcome.status == 0
    assert outcome.json["reservation"]["number"] == "Y261125-0003-9"
    assert any(f"{DAY}.json" in warning for warning in outcome.json["warnings"])
    assert len(numbers_of(busy)) == 4
    assert is_whole(busy)
    assert _run(busy, *booking("14:00", agent="B-2")).status == 0
    document = (day_file(busy.store)).read_bytes()
    assert b"X-13" in document
    assert b"X-14" in document
    assert is_whole(busy)


def test_warning_goes_to_stderr_without_json(busy: OfficeInFolder) -> None:
    with failing("write", errno.ENOSPC, _is_document):
        outcome = busy.run(*booking("13:00"))
    assert outcome.status == 0
    assert "Y261125-0003-9" in outcome.out
    assert "the next change completes it" in outcome.err


def test_disk_that_is_still_full_refuses_the_next_change(busy: OfficeInFolder) -> None:
    with failing("write", errno.ENOSPC, _is_document):
        assert _run(busy, *booking("13:00")).status == 0
        outcome = _run(busy, *booking("14:00", agent="B-2"))
        assert (outcome.status, outcome.error["reason"]) == (6, "full")
        assert len(numbers_of(busy)) == 4
    assert _run(busy, *booking("14:00", agent="B-2")).status == 0


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        *((call, _is_private) for call in ("open", "write", "fsync", "replace")),
        ("write", _is_ledger),
    ],
)
def test_unwritten_personal_values_or_line_leave_nothing(
    office: OfficeInFolder, call: str, wanted: Callable[[str], bool]
) -> None:
    before = office.bytes()
    with failing(call, errno.ENOSPC, wanted):
        outcome = _run(office, "agent", "edit", "A-1", "--name", "新しい名")
    assert (outcome.status, outcome.error["reason"]) == (6, "full")
    assert office.bytes() == before


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_one_of_many_personal_values_that_is_unwritten_leaves_none(
    office: OfficeInFolder, call: str
) -> None:
    path = write_agents(office, 60)
    before = office.bytes()
    with failing(call, errno.ENOSPC, lambda path: "/private/N-47-" in path):
        outcome = _run(office, "agent", "import", path)
    assert (outcome.status, outcome.error["reason"]) == (6, "full")
    assert office.bytes() == before


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_one_of_many_documents_that_is_unwritten_is_named_alone(
    office: OfficeInFolder, call: str
) -> None:
    path = write_agents(office, 60)
    with failing(call, errno.ENOSPC, lambda path: "/agents/N-47." in path):
        outcome = _run(office, "agent", "import", path)
    assert outcome.status == 0
    told = [warning for warning in outcome.json["warnings"] if "could not be written" in warning]
    assert ["N-47.json" in warning for warning in told] == [True]
    assert len(office.json("agent", "list")["agents"]) == 61
    assert office.run("verify", "send", "A-1").status == 0
    assert is_whole(office)


def test_unremovable_personal_values_do_not_hide_the_failure(office: OfficeInFolder) -> None:
    with failing("write", errno.ENOSPC, _is_ledger), failing("unlink", errno.EIO, _is_private):
        outcome = _run(office, "agent", "edit", "A-1", "--name", "新しい名")
    assert (outcome.status, outcome.error["reason"]) == (6, "full")
    assert is_whole(office)


@pytest.mark.parametrize("call", ["unlink", "listdir"])
def test_replaced_values_that_cannot_be_removed(office: OfficeInFolder, call: str) -> None:
    """The correction stands; the next one removes what was left."""
    with failing(call, errno.EIO, _is_private):
        assert _run(office, "agent", "edit", "A-1", "--name", "新しい名").status == 0
    assert office.json("agent", "show", "A-1")["agent"]["name"] == "新しい名"
    assert is_whole(office)
    assert _run(office, "agent", "edit", "A-1", "--name", "次の名").status == 0
    assert len(list((office.store / "private").iterdir())) == 1
    assert is_whole(office)


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_mail_that_cannot_be_kept_can_be_sent_again(office: OfficeInFolder, call: str) -> None:
    with failing(call, errno.ENOSPC, lambda path: "/outbox" in path):
        outcome = _run(office, "verify", "send", "A-1")
    assert outcome.status == 7
    assert "kofucli verify send A-1" in outcome.error["message"]
    office.now = "2026-11-24T10:01:00"
    sent = office.json("verify", "send", "A-1")
    office.json("verify", "redeem", read_token(sent["outbox"]))


@pytest.mark.parametrize("call", ["open", "read", "fstat"])
def test_ledger_that_cannot_be_read_is_named(busy: OfficeInFolder, call: str) -> None:
    with failing(call, errno.EIO, _is_ledger):
        outcome = _run(busy, "slots")
    assert (outcome.status, outcome.error["reason"]) == (6, "damaged")
    assert "2026-11.jsonl" in outcome.error["message"]


def test_unfinished_line_that_stays_is_not_appended_to(busy: OfficeInFolder) -> None:
    path = ledger_file(busy.store)
    path.write_bytes(path.read_bytes() + b'{"n":10')
    before = busy.bytes()
    with failing("ftruncate", errno.EROFS, _is_ledger):
        outcome = _run(busy, *booking("13:00"))
    assert (outcome.status, outcome.error["reason"]) == (6, "read-only")
    assert busy.bytes() == before


@pytest.mark.parametrize("number", [errno.ELOOP, errno.EMLINK])
def test_systems_name_a_link_in_two_ways(number: int) -> None:
    """What opening a symbolic link gives differs between systems; it is named as one on both."""
    error = disk.failure(OSError(number, os.strerror(number)), "/x")
    assert error.reason == "damaged"
    assert "symbolic link" in str(error.phrase.values["what"])


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_failures_are_said_in_both_languages(busy: OfficeInFolder, lang: str) -> None:
    with failing("write", errno.ENOSPC, _is_ledger):
        outcome = busy.run(*booking("13:00"), "--lang", lang)
    assert outcome.status == 6
    assert outcome.out == ""
    assert ("full" in outcome.err) is (lang == "en")
    assert "Error" not in outcome.err


def test_new_month_is_made_durable_after_a_failed_try(
    busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first line in a month's file syncs its folder, even where an empty file was left."""
    busy.now = "2026-12-01T10:00:00"
    with failing("write", errno.ENOSPC, _is_ledger):
        assert _run(busy, *booking("13:00")).status == 6
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(path_of_descriptor(descriptor))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        assert _run(busy, *booking("13:00")).status == 0
    assert str(busy.store / "ledger") in synced


@posix_only
@pytest.mark.parametrize(
    ("failure", "expected"),
    [(None, [51]), (errno.ENOTSUP, [51, "fsync"]), (errno.EIO, [51, "failed"])],
)
def test_macos_syncs_the_drive_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failure: int | None, expected: list[object]
) -> None:
    """On macOS fsync leaves data in the drive's memory; a failing drive is not hidden by fsync."""
    asked: list[object] = []

    def ask(descriptor: int, command: int) -> int:
        asked.append(command)
        if failure is not None:
            raise OSError(failure, os.strerror(failure))
        return 0

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("fcntl.F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr("fcntl.fcntl", ask)
    monkeypatch.setattr(os, "fsync", lambda descriptor: asked.append("fsync"))
    with (tmp_path / "file").open("wb") as file:
        try:
            disk.sync(file.fileno())
        except OSError:
            asked.append("failed")
    assert asked == expected
