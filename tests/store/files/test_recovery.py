"""A process killed at any moment leaves a store in which its change is whole, or is not there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from kofucli.store.files.ledger import Ledger
from kofucli.store.files.view import FileTransaction
from tests.conftest import OfficeInFolder, Outcome
from tests.store.support import (
    DAY,
    OTHER_DAY,
    booking,
    expect_failure,
    is_whole,
    ledger_of,
    make_reservation,
    make_store,
    numbers_of,
    put_reservations,
    reopen,
    run_dying,
    run_process,
)
from tests.support.needs import KILLED

READING = (
    ("slots",),
    ("list", "--all"),
    ("status",),
    ("agent", "list"),
    ("show", "Y261125-0003-9"),
    ("store", "check"),
)


def _read_everything(office: OfficeInFolder) -> list[Outcome]:
    """Run every reading command; each must succeed, and none may change a byte."""
    before = office.bytes()
    outcomes = [office.run(*command, "-f", "json") for command in READING]
    assert office.bytes() == before
    return outcomes


def test_unfinished_line_is_no_line(busy: OfficeInFolder) -> None:
    """A line without its line feed was never acknowledged: readers ignore it, a writer cuts it."""
    office = busy
    (path,) = (office.store / "ledger").iterdir()
    before = path.read_bytes()
    outcome = run_dying(office, "write:1:half", *booking("13:00", "K-1"))
    assert outcome.status == KILLED
    unfinished = path.read_bytes()
    assert unfinished.startswith(before)
    assert before != unfinished
    assert not unfinished.endswith(b"\n")
    statuses = [o.status for o in _read_everything(office)]
    assert statuses == [0, 0, 0, 0, 4, 0]
    assert run_process(office, *booking("13:00", "K-2")).status == 0
    after = path.read_bytes()
    assert after.startswith(before)
    assert json.loads(after[len(before) :])["n"] == len(before.splitlines()) + 1
    assert b"K-1" not in after
    assert is_whole(office)


@pytest.mark.parametrize(("point", "kept"), [("write:1", 0), ("write:1:half", 0), ("fsync:1", 1)])
def test_killed_in_a_new_month(office: OfficeInFolder, point: str, kept: int) -> None:
    """A new month's file that is empty, holds half a line, or its first line, is as good as any."""
    office.now = "2026-12-01T10:00:00"
    assert run_dying(office, point, *booking("13:00", "K-1")).status == KILLED
    assert (office.store / "ledger" / "2026-12.jsonl").exists()
    assert len(numbers_of(office)) == kept
    assert is_whole(office)
    assert run_process(office, *booking("14:00", "K-2")).status == 0
    assert len(numbers_of(office)) == kept + 1
    assert is_whole(office)
    assert [line["n"] for line in ledger_of(office.store)] == list(range(1, 7 + kept))


def test_older_change_finds_its_place_after_an_empty_month(office: OfficeInFolder) -> None:
    office.now = "2026-12-01T10:00:00"
    assert run_dying(office, "write:1", *booking("13:00", "K-1")).status == KILLED
    office.now = "2026-11-24T10:00:00"
    assert run_process(office, *booking("14:00", "K-2")).status == 0
    office.now = "2026-12-01T10:00:00"
    assert run_process(office, *booking("14:00", "K-3")).status == 0
    assert len(numbers_of(office)) == 2
    assert is_whole(office)


def test_killed_recovery_is_left_to_the_next_change(busy: OfficeInFolder) -> None:
    office = busy
    assert run_dying(office, "document:1", *booking("13:00", "K-1")).status == KILLED
    for point in ("fsync:1", "write:1:half", "replace:1", "document:1"):
        assert run_dying(office, point, *booking("14:00", "K-2", agent="B-2")).status == KILLED
        assert is_whole(office)
        assert len(numbers_of(office)) == 4
    assert run_process(office, *booking("14:00", "K-2", agent="B-2")).status == 0
    assert len(numbers_of(office)) == 5
    assert is_whole(office)


def _fail(*_: object) -> NoReturn:
    raise OSError


def test_line_of_a_killed_process_is_synced_before_its_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_store(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(FileTransaction, "make_document", _fail)
        put_reservations(store, make_reservation())
    order: list[str] = []
    real_sync, real_make = Ledger.write_again, FileTransaction.make_document

    def sync(self: Ledger, *rest: Any) -> None:
        order.append("sync")
        real_sync(self, *rest)

    def make_document(self: FileTransaction, name: str) -> bytes:
        order.append(name)
        return real_make(self, name)

    monkeypatch.setattr(Ledger, "write_again", sync)
    monkeypatch.setattr(FileTransaction, "make_document", make_document)
    put_reservations(reopen(tmp_path / "store"), make_reservation(day=OTHER_DAY))
    assert order == ["sync", f"days/{DAY}", f"days/{OTHER_DAY}"]


def test_dry_run_after_a_killed_change_writes_nothing(busy: OfficeInFolder) -> None:
    office = busy
    assert run_dying(office, "document:1", *booking("13:00", "K-1")).status == KILLED
    before = office.bytes()
    assert office.run(*booking("14:00", "K-1"), "-n").status == 3
    assert office.run(*booking("14:00", "K-2", agent="B-2"), "-n").status == 0
    assert office.bytes() == before


@pytest.mark.parametrize("store_format", ["json", "toml"])
def test_every_kind_of_document_is_completed(tmp_path: Path, store_format: str) -> None:
    office = OfficeInFolder(tmp_path, store_format)
    office.add_agent()
    suspended = ("agent", "suspend", "A-1", "--reason", "調査")
    closed = ("office", "close", "2026-11-26", "--reason", "点検", "-y")
    assert run_dying(office, "document:1", *suspended).status == KILLED
    assert office.json("agent", "show", "A-1")["agent"]["suspension"]["reason"] == "調査"
    assert run_dying(office, "document:2", *closed).status == KILLED
    assert "2026-11-26" not in [day["date"] for day in office.json("slots")["days"]]
    assert is_whole(office)
    assert office.run("agent", "reinstate", "A-1", "--reason", "済").status == 0
    assert office.json("agent", "show", "A-1")["agent"]["suspension"] is None
    assert "2026-11-26" not in [day["date"] for day in office.json("slots")["days"]]
    assert is_whole(office)


def test_lost_line_feed_is_named_and_mended_by_the_next_change(
    busy: OfficeInFolder,
) -> None:
    (path,) = (busy.store / "ledger").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    for command in (["slots"], [*booking("13:00", "K-1"), "-n"]):
        message = expect_failure(busy, "damaged", *command)
        assert f"{DAY}.json" in message or "ledger" in message
    assert not is_whole(busy)
    assert busy.run(*booking("13:00", "K-1")).status == 0
    assert path.read_bytes().startswith(whole)
    assert len(numbers_of(busy)) == 4
    assert is_whole(busy)


@pytest.mark.parametrize("end", [b"", b"\x0b"], ids=["cut off", "flipped"])
def test_acknowledged_line_without_its_line_feed_is_never_cut_off(
    busy: OfficeInFolder, end: bytes
) -> None:
    """A booking of another day would not meet the documents that are ahead of the ledger."""
    (path,) = (busy.store / "ledger").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + end)
    outcome = busy.run("book", "+3", "09:00", "--case", "K-1", "--agent", "B-2")
    assert path.read_bytes().startswith(whole[:-1])
    assert outcome.status in (0, 6)
    if outcome.status == 0:
        assert is_whole(busy)


def test_interrupted_commit_is_not_called_unchanged(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def interrupted(descriptor: int) -> None:
        real(descriptor)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupted)
        outcome = office.run(*booking("13:00", "K-1"))
    assert is_whole(office)
    if numbers_of(office):
        assert "nothing was changed" not in outcome.err
    assert outcome.status != 0


def test_interrupted_commit_keeps_personal_values(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.fsync, []

    def interrupted(descriptor: int) -> None:
        real(descriptor)
        calls.append(descriptor)
        if len(calls) == 3:  # the personal file, its folder, then the ledger
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupted)
        office.run("agent", "edit", "A-1", "--name", "新しい名")
    assert len(calls) == 3
    assert office.run("agent", "show", "A-1").status == 0
    assert is_whole(office)


def test_first_pages_of_the_last_line_never_reached_the_disk(
    busy: OfficeInFolder, tmp_path: Path
) -> None:
    """Zeros up to a sector's border, then the rest: the line was never durable; no damage."""
    office = busy.copy(tmp_path / "before")
    ledger = office.store / "ledger/2026-11.jsonl"
    before = ledger.read_bytes()
    other = office.copy(tmp_path / "after")
    assert other.run(*booking("13:00", "K-1")).status == 0
    after = (other.store / "ledger/2026-11.jsonl").read_bytes()
    zeros = -len(before) % 512 or 512
    ledger.write_bytes(before + bytes(zeros) + after[len(before) + zeros :])
    assert [o.status for o in _read_everything(office)] == [0, 0, 0, 0, 4, 0]
    assert "Y261125-0003-9" not in numbers_of(office)
    assert office.run(*booking("13:00", "K-1")).status == 0
    assert [o.status for o in _read_everything(office)] == [0] * len(READING)


def test_other_zeros_are_damage(busy: OfficeInFolder) -> None:
    ledger = busy.store / "ledger/2026-11.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    lines[-1] = bytes(3) + lines[-1][3:]
    ledger.write_bytes(b"".join(lines))
    assert busy.run("slots").status == 6
