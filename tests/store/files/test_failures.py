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

Wanted = Callable[[str], bool]
PUTTING = ("open", "write", "fsync", "replace")
"""The calls by which a file is put in its place."""
BOOK, NEXT = booking("13:00"), booking("14:00", agent="B-2")
RENAME = ["agent", "edit", "A-1", "--name", "新しい名"]
IMPORT = ["agent", "import", "{folder}/agents.csv"]


def _run(office: OfficeInFolder, *arguments: str) -> Outcome:
    """Run a command that may fail in any way but as a defect."""
    words = (word.format(folder=office.folder) for word in arguments)
    outcome = office.run(*words, "-f", "json")
    assert outcome.status != 1, outcome
    assert "Traceback" not in outcome.err
    return outcome


def _is_ledger(path: str) -> bool:
    return "/ledger/" in path and path.endswith(".jsonl")


def _is_in(place: str, ending: str = "") -> Wanted:
    return lambda path: place in path and path.endswith(ending)


BEFORE: list[tuple[list[str], str, int, Wanted, str]] = [
    (BOOK, "write", errno.ENOSPC, _is_ledger, "full"),
    (BOOK, "write", errno.EDQUOT, _is_ledger, "full"),
    (BOOK, "write", errno.EROFS, _is_ledger, "read-only"),
    (BOOK, "write", errno.EACCES, _is_ledger, "read-only"),
    (BOOK, "write", errno.EIO, _is_ledger, "damaged"),
    (BOOK, "open", errno.EROFS, _is_in("/.lock"), "read-only"),
    *((["slots"], call, errno.EIO, _is_ledger, "damaged") for call in ("open", "read", "fstat")),
    (RENAME, "write", errno.ENOSPC, _is_ledger, "full"),
    *((RENAME, call, errno.ENOSPC, _is_in("/private"), "full") for call in PUTTING),
    *((IMPORT, call, errno.ENOSPC, _is_in("/private/N-47-"), "full") for call in PUTTING),
]


@pytest.mark.parametrize(
    ("command", "call", "number", "wanted", "reason"),
    BEFORE,
    ids=[f"{b[0][0]} {b[1]} {errno.errorcode[b[2]]} {n}" for n, b in enumerate(BEFORE)],
)
def test_what_fails_before_the_commit_changes_nothing(
    busy: OfficeInFolder, command: list[str], call: str, number: int, wanted: Wanted, reason: str
) -> None:
    write_agents(busy, 60)
    before = busy.bytes()
    with failing(call, number, wanted) as failed:
        outcome = _run(busy, *command)
    assert failed
    assert (outcome.status, outcome.error["reason"]) == (6, reason)
    assert wanted is not _is_ledger or "2026-11.jsonl" in outcome.error["message"]
    assert busy.bytes() == before
    assert _run(busy, *command).status == 0


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
        outcome = _run(busy, *BOOK)
    assert (outcome.status, outcome.error["reason"]) == (6, "full")
    assert (busy.bytes() == before) is cut_works
    assert len(numbers_of(busy)) == 3
    assert is_whole(busy)
    assert _run(busy, *NEXT).status == 0
    assert is_whole(busy)


def test_unfinished_line_that_stays_is_not_appended_to(busy: OfficeInFolder) -> None:
    path = ledger_file(busy.store)
    path.write_bytes(path.read_bytes() + b'{"n":10')
    before = busy.bytes()
    with failing("ftruncate", errno.EROFS, _is_ledger):
        outcome = _run(busy, *BOOK)
    assert (outcome.status, outcome.error["reason"]) == (6, "read-only")
    assert busy.bytes() == before


@pytest.mark.parametrize(
    ("month", "wanted"),
    [("11", _is_ledger), ("11", lambda _: True), ("12", _is_in("", "/ledger"))],
    ids=["line", "any", "folder of a new month"],
)
def test_unsynced_line_is_an_unknown_outcome(
    busy: OfficeInFolder, month: str, wanted: Wanted
) -> None:
    """It is never tried again, and no document is written."""
    busy.now = f"2026-{month}-24T10:00:00"
    document, n = day_file(busy.store).read_bytes(), len(ledger_of(busy.store)) + 1
    with failing("fsync", errno.EIO, wanted) as failed:
        outcome = _run(busy, *BOOK)
    assert len(failed) == 1
    assert (outcome.status, outcome.error["kind"]) == (8, "unknown")
    for told in ("kofucli store check", "kofucli list --all", f"n={n} "):
        assert told in outcome.error["message"]
    assert day_file(busy.store).read_bytes() == document
    assert busy.json("store", "check")["head"].startswith(f"{n}:")
    assert _run(busy, *NEXT).status == 0
    assert is_whole(busy)


AFTER: dict[str, tuple[str, Wanted]] = {
    "opening": ("open", _is_in("/days/", ".tmp")),
    "writing": ("write", _is_in("/days/")),
    "syncing": ("fsync", _is_in("/days/", ".tmp")),
    "renaming": ("replace", _is_in("/days/")),
    "syncing the folder": ("fsync", _is_in("", "/days/2026")),
}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full", "input/output"])
@pytest.mark.parametrize("step", AFTER)
def test_document_that_fails_after_the_commit_is_a_warning(
    busy: OfficeInFolder, step: str, number: int
) -> None:
    with failing(AFTER[step][0], number, AFTER[step][1]) as failed:
        outcome = _run(busy, *BOOK)
    assert len(failed) == 1
    assert outcome.status == 0
    assert outcome.json["reservation"]["number"] == "Y261125-0003-9"
    assert any(f"{DAY}.json" in warning for warning in outcome.json["warnings"])
    assert len(numbers_of(busy)) == 4
    assert is_whole(busy)
    assert _run(busy, *NEXT).status == 0
    document = day_file(busy.store).read_bytes()
    assert b"X-13" in document
    assert b"X-14" in document
    assert is_whole(busy)


def test_disk_that_is_still_full_refuses_the_next_change(busy: OfficeInFolder) -> None:
    with failing("write", errno.ENOSPC, _is_in("/days/")):
        outcome = busy.run(*BOOK)
        assert outcome.status == 0
        assert "Y261125-0003-9" in outcome.out
        assert "the next change completes it" in outcome.err
        outcome = _run(busy, *NEXT)
        assert (outcome.status, outcome.error["reason"]) == (6, "full")
        assert len(numbers_of(busy)) == 4
    assert _run(busy, *NEXT).status == 0


@pytest.mark.parametrize("call", PUTTING[1:])
def test_one_of_many_documents_that_is_unwritten_is_named_alone(
    busy: OfficeInFolder, call: str
) -> None:
    write_agents(busy, 60)
    with failing(call, errno.ENOSPC, _is_in("/agents/N-47.")):
        outcome = _run(busy, *IMPORT)
    assert outcome.status == 0
    told = [warning for warning in outcome.json["warnings"] if "could not be written" in warning]
    assert ["N-47.json" in warning for warning in told] == [True]
    assert len(busy.json("agent", "list")["agents"]) == 62
    assert busy.run("verify", "send", "A-1").status == 0
    assert is_whole(busy)


def test_unremovable_personal_values_do_not_hide_the_failure(busy: OfficeInFolder) -> None:
    private = _is_in("/private")
    with failing("write", errno.ENOSPC, _is_ledger), failing("unlink", errno.EIO, private):
        outcome = _run(busy, *RENAME)
    assert (outcome.status, outcome.error["reason"]) == (6, "full")
    assert is_whole(busy)


@pytest.mark.parametrize("call", ["unlink", "listdir"])
def test_replaced_values_that_cannot_be_removed(office: OfficeInFolder, call: str) -> None:
    """The correction stands; the next one removes what was left."""
    with failing(call, errno.EIO, _is_in("/private")):
        assert _run(office, *RENAME).status == 0
    assert office.json("agent", "show", "A-1")["agent"]["name"] == "新しい名"
    assert is_whole(office)
    assert _run(office, "agent", "edit", "A-1", "--name", "次の名").status == 0
    assert len(list((office.store / "private").iterdir())) == 1


@pytest.mark.parametrize("call", PUTTING)
def test_mail_that_cannot_be_kept_can_be_sent_again(office: OfficeInFolder, call: str) -> None:
    with failing(call, errno.ENOSPC, _is_in("/outbox")):
        outcome = _run(office, "verify", "send", "A-1")
    assert outcome.status == 7
    assert "kofucli verify send A-1" in outcome.error["message"]
    office.now = "2026-11-24T10:01:00"
    sent = office.json("verify", "send", "A-1")
    office.json("verify", "redeem", read_token(sent["outbox"]))


@pytest.mark.parametrize("number", [errno.ELOOP, errno.EMLINK])
def test_systems_name_a_link_in_two_ways(number: int) -> None:
    """What opening a symbolic link gives differs between systems; it is named as one on both."""
    error = disk.failure(OSError(number, os.strerror(number)), "/x")
    assert error.reason == "damaged"
    assert "symbolic link" in str(error.phrase.values["what"])


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
