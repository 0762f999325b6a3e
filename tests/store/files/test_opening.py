"""Opening a store that is not there, not ours or not readable; making one, whole or not at all."""

from __future__ import annotations

import errno
import itertools
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from kofucli.base import LockedError, StoreError, UnknownOutcomeError
from kofucli.store.integrity.check import check
from kofucli.store.place import open_store
from tests.conftest import NOW, OfficeInFolder, run_command
from tests.store.support import (
    OFFICE,
    booking,
    create_store,
    expect_failure,
    failing,
    holding,
    is_whole,
    ledger_file,
    with_checksum,
)


def test_missing_store_names_init(office: OfficeInFolder) -> None:
    shutil.rmtree(office.store)
    for command in (["slots"], booking(), ["store", "check"]):
        message = expect_failure(office, "missing", *command)
        assert "kofucli init" in message
        assert str(office.store) in message
    assert not office.store.exists()


def test_empty_folder_is_a_missing_store(office: OfficeInFolder) -> None:
    shutil.rmtree(office.store)
    office.store.mkdir()
    expect_failure(office, "missing", "slots")
    assert run_command("init", str(office.folder), "--now", NOW).status == 0
    assert office.run("slots").status == 0


def test_store_below_a_file_is_no_defect(office: OfficeInFolder) -> None:
    outcome = office.run("slots", "--store", str(office.config / "store"))
    assert outcome.status == 6


@pytest.mark.parametrize(
    "lost", ["store.json", "ledger/2026-11.jsonl", "days", "agents", "private", "ledger", "outbox"]
)
def test_store_that_lost_a_part_is_damaged_and_not_missing(
    office: OfficeInFolder, lost: str
) -> None:
    """Even an empty store has all of these, and a first line."""
    path = office.store / lost
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    for command in (["slots"], booking()):
        expect_failure(office, "damaged", *command)
    assert office.run("store", "check").status == 6


def test_empty_ledger_is_damage(office: OfficeInFolder) -> None:
    ledger_file(office.store).write_bytes(b"")
    for command in (["slots"], booking()):
        expect_failure(office, "damaged", *command)


def test_newer_store_is_refused(office: OfficeInFolder) -> None:
    path = office.store / "store.json"
    header = json.loads(path.read_bytes()) | {"format": 3, "more": "keys"}
    path.write_bytes(json.dumps(header).encode())
    before = office.bytes()
    for command in (["slots"], booking(), ["store", "check"]):
        assert "newer kofucli" in expect_failure(office, "newer", *command)
    assert office.bytes() == before


def test_header_of_an_older_format_is_not_written_anew(office: OfficeInFolder) -> None:
    path = office.store / "store.json"
    path.write_bytes(with_checksum(path.read_bytes().replace(b'"format":2', b'"format":1')))
    before = office.bytes()
    for command in (["slots"], booking(), ["store", "check"], ["store", "check", "--repair"]):
        expect_failure(office, "older", *command)
    assert office.bytes() == before


def test_store_is_made_in_a_folder_that_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to("real")
    office = OfficeInFolder(tmp_path / "linked")
    assert is_whole(office)


def test_new_store_waits_as_long_as_its_settings_say(tmp_path: Path) -> None:
    made = create_store(str(tmp_path / "store"), lock_seconds=0)
    with holding(tmp_path / "store"):
        began = time.monotonic()
        with pytest.raises(LockedError), made.locked("x"):
            pass
        assert time.monotonic() - began < 5


def test_store_of_this_format_is_not_migrated(office: OfficeInFolder, tmp_path: Path) -> None:
    before = office.bytes()
    folder = tmp_path / "backup"
    done = office.json("store", "migrate", "--backup", str(folder))
    assert (done["before"], done["after"], done["changed"], done["backup"]) == (2, 2, False, None)
    assert office.bytes() == before
    assert not folder.exists()
    assert office.run("store", "migrate", "--backup", str(office.store / "x")).status == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b'{"format":1,"office":"Y","codec":"json"}',
        b'{"format":2}',
        b'{"format":"1","office":"Y","codec":"json"}',
        b'{"format":0,"office":"Y","codec":"json"}',
        b'{"format":2,"office":"Y","codec":"xml"}',
        b'{"format":2,"office":7,"codec":"json"}',
        b'{"format":2,"office":"\xff","codec":"json"}',
    ],
)
def test_damaged_header_is_said(office: OfficeInFolder, content: bytes) -> None:
    (office.store / "store.json").write_bytes(content)
    assert "store.json" in expect_failure(office, "damaged", "slots")


def test_store_of_another_office_is_bad_input(office: OfficeInFolder) -> None:
    office.set("office", "id", '"ZZ"')
    before = office.bytes()
    for command in (["slots"], booking()):
        outcome = office.run(*command, "-f", "json")
        assert outcome.status == 5
        assert "office Y" in outcome.error["message"]
        assert "office ZZ" in outcome.error["message"]
    assert office.bytes() == before


def test_root_that_cannot_be_looked_at_is_not_missing(office: OfficeInFolder) -> None:
    with failing("lstat", errno.EACCES, lambda path: path.endswith("/kofu-store")):
        outcome = office.run("slots", "-f", "json")
    assert (outcome.status, outcome.error["reason"]) == (6, "read-only")


def test_init_never_touches_a_store(office: OfficeInFolder) -> None:
    office.book("+1", "10:00", "X-1")
    before, config = office.bytes(), office.config.read_bytes()
    for options in ([], ["-n"]):
        outcome = run_command("init", str(office.folder), "--now", NOW, *options)
        assert outcome.status == 6
    assert office.bytes() == before
    assert office.config.read_bytes() == config


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_init_touches_nothing_else_either(tmp_path: Path, there: str) -> None:
    place = tmp_path / "kofu-store"
    if there == "file":
        place.write_bytes(b"precious")
    elif there == "folder":
        place.mkdir()
        (place / "notes").write_bytes(b"precious")
    else:
        place.symlink_to(tmp_path / "elsewhere")
    outcome = run_command("init", str(tmp_path), "--now", NOW, "-f", "json")
    assert (outcome.status, outcome.error["kind"]) == (6, "store")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kofu-store"]
    assert place.is_symlink() is (there == "link")


def test_init_keeps_a_configuration(tmp_path: Path) -> None:
    config = tmp_path / "kofucli.toml"
    config.write_text('[office]\nid = "K"\n[store]\npath = "mine"\nformat = "toml"\n', "utf-8")
    before = config.read_bytes()
    outcome = run_command("init", str(tmp_path), "--now", NOW, "-f", "json")
    assert outcome.status == 0
    assert outcome.json["config_kept"] is True
    assert config.read_bytes() == before
    header = json.loads((tmp_path / "mine" / "store.json").read_bytes())
    assert (header["office"], header["codec"]) == ("K", "toml")


def test_init_makes_the_folders_above_a_store(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert run_command("init", str(folder), "--now", NOW).status == 0
    assert run_command("slots", "--config", str(folder / "kofucli.toml")).status == 0


def test_dry_run_of_init_writes_nothing(tmp_path: Path) -> None:
    assert run_command("init", str(tmp_path / "x"), "--now", NOW, "-n").status == 0
    assert list(tmp_path.iterdir()) == []


FAILURES = [
    ("mkdir", 2),
    ("mkdir", 6),
    ("write", 1),
    ("write", 2),
    ("fsync", 1),
    ("fsync", 8),
    ("fsync", 9),
    ("rename", 1),
]


@pytest.mark.parametrize(("call", "number"), FAILURES)
def test_failed_creation_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    real, calls = getattr(os, call), []

    def fail(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        if len(calls) == number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises((StoreError, UnknownOutcomeError)):
            create_store(str(tmp_path / "store"))
    assert list(tmp_path.iterdir()) == []
    create_store(str(tmp_path / "store"))
    assert check(open_store(str(tmp_path / "store"), OFFICE)).ok


def test_failed_init_leaves_nothing_and_can_be_run_again(tmp_path: Path) -> None:
    statuses = []
    for number in range(1, 40):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            _fill_disk_after(patch, number)
            outcome = run_command("init", str(folder), "--now", NOW, "-f", "json")
        statuses.append(outcome.status)
        if outcome.status == 0:
            break
        assert (outcome.status, outcome.error["reason"]) == (6, "full")
        assert list(folder.iterdir()) == [], number
        assert run_command("init", str(folder), "--now", NOW).status == 0
    assert statuses[-1] == 0
    assert len(statuses) > 2


def _fill_disk_after(patch: pytest.MonkeyPatch, writes: int) -> None:
    """Let the disk be full from the given call of ``os.write`` on."""
    real, calls = os.write, itertools.count(1)

    def write(descriptor: int, data: bytes) -> int:
        if next(calls) >= writes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, data)

    patch.setattr(os, "write", write)


def test_one_of_two_inits_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.rename

    def rename(source: str, target: str) -> None:
        monkeypatch.undo()
        real_store = create_store(target, now="2026-11-24T09:00:00")
        assert check(real_store).ok
        real(source, target)

    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(StoreError) as raised:
        create_store(str(tmp_path / "store"))
    assert raised.value.reason == "exists"
    assert [p.name for p in tmp_path.iterdir()] == ["store"]
    assert check(open_store(str(tmp_path / "store"), OFFICE)).ok


def test_leftovers_of_a_killed_init_are_no_part_of_a_store(tmp_path: Path) -> None:
    """In a container every process may have the same number."""
    create_store(str(tmp_path / "other"))
    (tmp_path / "other").rename(tmp_path / f"store.{os.getpid()}.new")
    made = create_store(str(tmp_path / "store"))
    assert check(made).ok
    assert [p.name for p in tmp_path.iterdir()] == ["store"]
