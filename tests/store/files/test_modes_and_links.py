"""Other accounts cannot read a store, and no command follows a symbolic link out of it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kofucli.base import StoreError
from kofucli.store import disk
from tests.conftest import OfficeInFolder
from tests.store.support import (
    DAY,
    booking,
    day_file,
    expect_failure,
    process_environment,
    run_dying,
)
from tests.support.needs import posix_only

pytestmark = posix_only

FILLING = """
import json, os, sys
os.umask(int(sys.argv[1], 8))
from kofucli.cli.main import main
for arguments in json.loads(sys.argv[2]):
    status = main(arguments, {})
    assert status == 0, (arguments, status)
    if arguments[0] == "init":  # whom the umask shuts out of the configuration reads it again
        os.chmod(os.path.join(arguments[1], "kofucli.toml"), 0o600)
"""


def _walk(root: Path) -> Iterator[Path]:
    yield root
    yield from sorted(root.rglob("*"))


@pytest.mark.parametrize("umask", ["000", "077", "777"])
def test_modes_are_exact_whatever_the_umask(tmp_path: Path, umask: str) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    common = ["--config", str(folder / "kofucli.toml"), "--now", "2026-11-24T10:00:00"]
    agent = ["--name", "甲", "--occupation", "attorney", "--certificate", "C", "--accept-terms"]
    agent += ["--valid-until", "2030-01-01", "--email", "a@office.example.jp"]
    commands = [
        ["init", str(folder), *common[2:]],
        ["agent", "add", "--id", "A-1", *agent, *common],
        ["verify", "send", "A-1", *common],
        ["office", "close", "2027-01-05", "--reason", "x", "-y", *common],
        ["agent", "edit", "A-1", "--name", "乙", *common[:2], "--now", "2026-12-01T10:00:00"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", FILLING, umask, json.dumps(commands)],
        check=False,
        capture_output=True,
        text=True,
        env=process_environment(),
    )
    assert done.returncode == 0, done.stderr
    found = {path: stat.S_IMODE(path.stat().st_mode) for path in _walk(folder / "kofu-store")}
    wrong = {
        str(path.relative_to(folder)): oct(mode)
        for path, mode in found.items()
        if mode != (0o700 if path.is_dir() else 0o600)
    }
    assert wrong == {}
    names = {path.relative_to(folder / "kofu-store").as_posix() for path in found}
    assert {".lock", "store.json", "office.json", "ledger/2026-12.jsonl", "days/2027"} <= names
    assert any(name.endswith(".eml") for name in names)


def test_day_documents_and_new_years_have_exact_modes(office: OfficeInFolder) -> None:
    office.now = "2030-11-26T10:00:00"
    office.json("agent", "edit", "A-1", "--valid-until", "2035-01-01")
    before = os.umask(0)
    try:
        office.book("+1", "10:00", "X-1")
    finally:
        os.umask(before)
    folder = office.store / "days" / "2030"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (document,) = folder.iterdir()
    assert stat.S_IMODE(document.stat().st_mode) == 0o600


def test_lax_mode_of_an_old_file_is_not_kept(office: OfficeInFolder) -> None:
    office.book("+1", "10:00", "X-1")
    path = day_file(office.store)
    path.chmod(0o644)
    office.book("+1", "11:00", "X-2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


READ_PLACES = [
    ".",
    "days",
    "days/2026",
    f"days/2026/{DAY}.json",
    "agents",
    "agents/A-1.json",
    "ledger",
    "ledger/2026-11.jsonl",
    "store.json",
    "office.json",
    "private",
    "outbox",
]


def _replace_by_link(path: Path, target: Path) -> None:
    """Move what is at a path elsewhere and leave a symbolic link there."""
    path.rename(target)
    path.symlink_to(target)


def _state_of(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else [p for p in sorted(path.rglob("*")) if p.is_file()]
    return {str(p): p.read_bytes() for p in files}


@pytest.mark.parametrize("place", READ_PLACES)
def test_link_is_refused_by_readers_and_writers(
    busy_office: OfficeInFolder, tmp_path: Path, place: str
) -> None:
    """It is refused even where it leads to the very thing that was there."""
    target = tmp_path / "elsewhere"
    _replace_by_link(busy_office.store / place, target)
    before = _state_of(target)
    outcomes = {
        " ".join(command): busy_office.run(*command, "-f", "json")
        for command in (("slots", "--agent", "A-1"), booking("13:00"), [*booking("14:00"), "-n"])
    }
    assert {k: o.status for k, o in outcomes.items()} == dict.fromkeys(outcomes, 6)
    for outcome in outcomes.values():
        assert outcome.error["reason"] == "damaged"
        assert "symbolic link" in outcome.error["message"]
        assert Path(place).name in outcome.error["message"] or place == "."
    assert _state_of(target) == before


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("name", [".lock", "ledger/2026-12.jsonl"])
def test_lock_or_new_ledger_file_that_is_a_link_is_refused(
    busy_office: OfficeInFolder, tmp_path: Path, name: str, there: bool
) -> None:
    """A change of the next month would write both."""
    target = tmp_path / "elsewhere"
    if there:
        target.write_bytes(b"precious")
    (busy_office.store / name).unlink(missing_ok=True)
    (busy_office.store / name).symlink_to(target)
    expect_failure(busy_office, "damaged", *booking("13:00"), now="2026-12-01T10:00:00")
    assert target.exists() is there
    assert not there or target.read_bytes() == b"precious"


def test_personal_file_that_is_a_link_is_not_followed(
    busy_office: OfficeInFolder, tmp_path: Path
) -> None:
    (path,) = (busy_office.store / "private").glob("A-1-*.json")
    _replace_by_link(path, tmp_path / "elsewhere")
    expect_failure(busy_office, "damaged", "agent", "show", "A-1")


def test_recovery_writes_nothing_through_a_linked_year_folder(
    busy_office: OfficeInFolder, tmp_path: Path
) -> None:
    assert run_dying(busy_office, "document:1", *booking("13:00")).status < 0
    target = tmp_path / "elsewhere"
    _replace_by_link(busy_office.store / "days" / "2026", target)
    before = _state_of(target)
    assert busy_office.run(*booking("14:00", agent="B-2")).status == 6
    assert _state_of(target) == before


def test_file_where_a_folder_belongs_is_damage(busy_office: OfficeInFolder) -> None:
    (busy_office.store / "outbox").rename(busy_office.store / "elsewhere")
    (busy_office.store / "outbox").write_bytes(b"")
    assert "not a folder" in expect_failure(busy_office, "damaged", "slots")


def test_folder_that_is_there_is_kept(tmp_path: Path) -> None:
    disk.make_folder(str(tmp_path / "a"))
    (tmp_path / "a" / "x").touch()
    disk.make_folder(str(tmp_path / "a"))
    assert (tmp_path / "a" / "x").exists()
    with pytest.raises(StoreError):
        disk.make_folder(str(tmp_path / "a" / "x"))


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
