"""Readers take no lock and write nothing: they work beside a writer, and on any disk."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kofucli.base import LockedError
from kofucli.store.copies.purge import plan_purge, purge
from kofucli.store.documents import encode
from kofucli.store.files.store import FileStore
from kofucli.store.integrity.check import check, compare_documents
from kofucli.store.view import View
from tests.conftest import OfficeInFolder
from tests.store.support import (
    DAY,
    OTHER_DAY,
    booking,
    expect_failure,
    failing,
    forbid_writing,
    holding,
    make_reservation,
    make_store,
    put_reservations,
    reopen,
    stamp,
)
from tests.support.needs import posix_only

READING = (
    *("slots", "slots --agent A-1", "list --all", "status", "show Y261125-0001-7"),
    *("confirmation Y261125-0001-7", "agent list", "agent show A-1", "store check"),
)


def _read_all(office: OfficeInFolder) -> bool:
    return all(office.run(*command.split()).status == 0 for command in READING)


def test_reading_needs_no_lock(busy: OfficeInFolder) -> None:
    busy.set("store", "lock_seconds", "0")
    with holding(busy.store):
        assert _read_all(busy)
        assert busy.run(*booking("13:00")).status == 9


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES], ids=["read-only", "no permission"])
def test_reading_writes_nothing_and_needs_no_permission_to(
    busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def state() -> dict[str, tuple[int, bytes]]:
        paths = (path for path in busy.store.rglob("*") if path.is_file())
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in paths}

    before = state()
    assert _read_all(busy)
    with monkeypatch.context() as patch:
        forbid_writing(patch, number)
        assert _read_all(busy)
        expect_failure(busy, "read-only", *booking("13:00"))
    assert state() == before


def test_reader_that_meets_a_newer_document_begins_again(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    put_reservations(store, make_reservation(1))
    runs = []

    def work(view: View) -> tuple[int, int]:
        runs.append(view)
        first = len(view.day(OTHER_DAY))
        if len(runs) == 1:
            put_reservations(reopen(tmp_path / "store"), make_reservation(2))
        return first, len(view.day(DAY))

    assert store.read(work) == (0, 2)
    assert len(runs) == 2


def test_reader_of_replaced_values_begins_again(busy: OfficeInFolder) -> None:
    runs: list[View] = []

    def work(view: View) -> str:
        agent = view.agent("A-1")
        runs.append(view)
        if len(runs) == 1:
            busy.json("agent", "edit", "A-1", "--name", "新しい名")
        return view.personal(agent).name

    assert reopen(busy.store).read(work) in ("代理 A-1", "新しい名")


def test_check_beside_a_writer_that_never_rests_ends_and_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_store(tmp_path)
    writer = reopen(tmp_path / "store", 0)
    real, sequence = compare_documents, count(1)

    def slowly(*arguments: Any) -> object:
        with suppress(LockedError):
            put_reservations(writer, make_reservation(next(sequence)))
        return real(*arguments)

    monkeypatch.setattr("kofucli.store.integrity.check.compare_documents", slowly)
    found = check(store)
    assert found.problems == ()
    assert int(found.head.partition(":")[0]) < next(sequence) + 1


def _make_old_store(folder: Path) -> Path:
    """Make a store with a booking in each of three years."""
    store = make_store(folder, now="2024-06-03T10:00:00")
    for year in (2024, 2025, 2026):
        day = date(year, 6, 4)
        put_reservations(store, make_reservation(year, day), now=f"{year}-06-03T10:00:00")
        ended = replace(make_reservation(year, day), status="collected")
        put_reservations(store, ended, now=f"{year}-06-04T10:00:00")
    return folder / "store"


def _purge(root: Path) -> None:
    store = reopen(root)
    purge(store, plan_purge(store, date(2026, 6, 1), stamp()), stamp())


@pytest.mark.parametrize("moment", ["years", "year", "day"])
def test_reader_beside_a_purge_sees_the_store_before_it_or_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    root = _make_old_store(tmp_path)
    store = reopen(root)
    real, done = os.listdir, []

    def purge_once() -> None:
        if not done:
            done.append(1)
            _purge(root)

    def listdir(path: str) -> list[str]:
        names = real(path)
        if not done and Path(path).name == {"years": "days", "year": "2025"}.get(moment):
            purge_once()
        return names

    monkeypatch.setattr(os, "listdir", listdir)

    def work(view: View) -> list[str]:
        found = []
        for _, reservations in view.each_day(None):
            found += [r.number for r in reservations]
            if moment == "day":
                purge_once()
        return found

    assert store.read(work) == [make_reservation(2026, date(2026, 6, 4)).number]
    assert done


def test_check_beside_a_purge_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that read ``store.json`` before a purge switched it begins again."""
    root = _make_old_store(tmp_path)
    store, real, done = reopen(root), FileStore.refresh, []

    def refresh(self: FileStore) -> None:
        real(self)
        if self is store and not done:
            done.append(1)
            _purge(root)

    monkeypatch.setattr(FileStore, "refresh", refresh)
    assert check(store).problems == ()
    assert done


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("days/2026/2026-99-99.json", ("list", "--all")),
        ("days/2026/2026-11-25.json.tmp", ("list", "--all")),
        ("days/notes/notes", ("list", "--all")),
        ("agents/notes.txt", ("agent", "list")),
    ],
)
def test_file_that_is_no_document_is_passed_over(
    busy: OfficeInFolder, file: str, command: Sequence[str]
) -> None:
    """The ledger knows which documents there are."""
    whole = busy.json(*command)
    (busy.store / file).parent.mkdir(exist_ok=True)
    (busy.store / file).write_bytes(b"{}")
    assert busy.json(*command) == whole


def test_document_without_records_is_no_agent(busy: OfficeInFolder) -> None:
    path = busy.store / "agents" / "Z-9.json"
    path.write_bytes(encode(0, [], "json"))
    agents = busy.json("agent", "list")["agents"]
    assert [agent["id"] for agent in agents] == ["A-1", "B-2"]
    assert busy.run("agent", "show", "Z-9").status == 4


def test_year_without_a_folder_is_free(busy: OfficeInFolder) -> None:
    busy.now = "2030-11-26T10:00:00"
    assert busy.run("slots").status == 0
    assert not (busy.store / "days" / "2030").exists()


@pytest.mark.parametrize("folder", ["days", "agents", "ledger"])
def test_folder_that_cannot_be_listed_is_named(busy: OfficeInFolder, folder: str) -> None:
    command = ("agent", "list") if folder == "agents" else ("list", "--all")
    with failing("listdir", errno.EACCES, lambda path: path.endswith(f"/{folder}")):
        assert folder in expect_failure(busy, "read-only", *command)


def test_year_folder_without_permission_is_no_free_day(busy: OfficeInFolder) -> None:
    def in_year(path: str) -> bool:
        return "/days/2026" in path

    with failing("open", errno.EACCES, in_year), failing("lstat", errno.EACCES, in_year):
        expect_failure(busy, "read-only", "slots")


@posix_only
def test_reading_leaves_no_file_open(busy: OfficeInFolder) -> None:
    (busy.store / "agents" / "Z-9.json").mkdir()
    commands = (("slots",), ("agent", "show", "Z-9"), ("store", "check"))
    assert [busy.run(*command).status for command in commands] == [0, 6, 0]
    before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        assert [busy.run(*command).status for command in commands] == [0, 6, 0]
    assert len(os.listdir("/dev/fd")) == before
