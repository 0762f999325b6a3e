"""Other accounts cannot read a store, and no command follows a symbolic link out of it."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from kofucli.base import StoreError
from kofucli.store import disk
from tests.conftest import OfficeInFolder, run_command
from tests.store.harm import block
from tests.store.support import DAY, booking, day_file, expect_failure, run_dying
from tests.support.needs import posix_only

pytestmark = posix_only


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_modes_are_exact_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    office = OfficeInFolder(tmp_path / "office")
    shutil.rmtree(office.store)
    before = os.umask(umask)
    try:
        assert run_command("init", str(office.folder), "--now", office.now).status == 0
        office.add_agent()
        office.book("+1", "10:00", "X-1")
        office.now = "2030-11-26T10:00:00"
        office.json("agent", "edit", "A-1", "--valid-until", "2035-01-01")
        office.book("+1", "10:00", "X-1")
    finally:
        os.umask(before)
    paths = [office.store, *office.store.rglob("*")]
    modes = {str(path): stat.S_IMODE(path.stat().st_mode) for path in paths}
    assert modes == {str(path): 0o700 if path.is_dir() else 0o600 for path in paths}
    names = {path.relative_to(office.store).as_posix() for path in paths}
    assert {".lock", "store.json", "ledger/2030-11.jsonl", "days/2030/2030-11-27.json"} <= names
    assert any(name.endswith(".eml") for name in names)


def test_lax_mode_of_an_old_file_is_not_kept(office: OfficeInFolder) -> None:
    office.book("+1", "10:00", "X-1")
    path = day_file(office.store)
    path.chmod(0o644)
    office.book("+1", "11:00", "X-2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


READ_PLACES = [
    *(".", "days", "days/2026", f"days/2026/{DAY}.json", "agents", "agents/A-1.json"),
    *("ledger", "ledger/2026-11.jsonl", "store.json", "office.json", "private", "outbox"),
]


def _state_of(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else [p for p in sorted(path.rglob("*")) if p.is_file()]
    return {str(p): p.read_bytes() for p in files}


@pytest.mark.parametrize("place", READ_PLACES)
def test_link_is_refused_by_readers_and_writers(
    busy: OfficeInFolder, tmp_path: Path, place: str
) -> None:
    """It is refused even where it leads to the very thing that was there."""
    path, target = busy.store / place, tmp_path / "elsewhere"
    path.rename(target)
    path.symlink_to(target)
    before = _state_of(target)
    for command in (["slots", "--agent", "A-1"], booking("13:00"), [*booking("14:00"), "-n"]):
        message = expect_failure(busy, "damaged", *command)
        assert "symbolic link" in message
        assert Path(place).name in message
    assert _state_of(target) == before


def test_recovery_writes_nothing_through_a_linked_year_folder(busy: OfficeInFolder) -> None:
    assert run_dying(busy, "document:1", *booking("13:00")).status < 0
    block("days/2026", "link")(busy.store)
    before = _state_of(busy.folder / "elsewhere")
    assert busy.run(*booking("14:00", agent="B-2")).status == 6
    assert _state_of(busy.folder / "elsewhere") == before


def test_file_where_a_folder_belongs_is_damage(busy: OfficeInFolder) -> None:
    (busy.store / "outbox").rename(busy.store / "elsewhere")
    (busy.store / "outbox").write_bytes(b"")
    assert "not a folder" in expect_failure(busy, "damaged", "slots")


def test_no_folder_is_synced_on_windows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder cannot be opened on Windows, so none is synced there."""
    monkeypatch.setattr(os, "name", "nt")
    disk.sync_folder(os.path.join(tmp_path, "no such folder"))


def test_no_link_is_followed_without_a_flag_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has no O_NOFOLLOW: there a file is looked at before it is opened."""
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    monkeypatch.setattr(disk, "_NOFOLLOW", 0)
    monkeypatch.setattr(disk, "_ALWAYS", 0)
    assert disk.read_bytes(str(tmp_path / "file")) == b"x"
    with pytest.raises(StoreError) as raised:
        disk.read_bytes(str(tmp_path / "link"))
    assert "symbolic link" in str(raised.value.phrase.values["what"].text)
