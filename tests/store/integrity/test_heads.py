"""``[store] heads``: a file elsewhere, with which every check compares the ledger."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder, Outcome
from tests.store.support import booking, expect_failure
from tests.support.needs import posix_only


@pytest.fixture
def heads(busy: OfficeInFolder) -> Path:
    """Return the file of heads of the busy office; it is not there yet."""
    busy.set("store", "heads", '"elsewhere/heads.txt"')
    (busy.folder / "elsewhere").mkdir()
    return busy.folder / "elsewhere" / "heads.txt"


BACKUP, NIGHT = "store backup {folder}/backup", "report nightly -o {folder}/night"
PURGE = "store purge --before 2026-11-24 -y"


def _run(office: OfficeInFolder, line: str) -> Outcome:
    return office.run(*line.format(folder=office.folder).split())


def test_backup_and_nightly_note_heads(busy: OfficeInFolder, heads: Path) -> None:
    warned = busy.json("store", "check")
    assert str(heads) in warned["warnings"][0]
    assert _run(busy, BACKUP).status == 0
    noted = heads.read_text()
    assert noted.startswith(warned["head"] + " 2026-11-24T10:00:00+09:00")
    assert heads.stat().st_mode & 0o777 == 0o600
    assert _run(busy, NIGHT).status == 0
    assert heads.read_text() == noted
    busy.run(*booking("13:00"))
    assert _run(busy, NIGHT).status == 0
    assert len(heads.read_text().splitlines()) == 2
    assert busy.json("store", "check")["warnings"] == []


@pytest.mark.files
@pytest.mark.parametrize("after", [0, 1, 2])
def test_older_folder_is_noticed(
    busy: OfficeInFolder, heads: Path, tmp_path: Path, after: int
) -> None:
    """Also where as many changes, or more, were made on top of it."""
    shutil.copytree(busy.store, tmp_path / "older")
    busy.json("agent", "suspend", "B-2", "--reason", "x")
    assert _run(busy, BACKUP).status == 0
    shutil.rmtree(busy.store)
    shutil.copytree(tmp_path / "older", busy.store)
    for hour in ("13:00", "14:00")[:after]:
        assert busy.run(*booking(hour, agent="B-2")).status == 0
    outcome = busy.run("store", "check", "-f", "json")
    assert outcome.status == 6
    (problem,) = outcome.json["problems"]
    assert (problem["file"], problem["line"]) == (heads.name, 1)
    assert ("lines are lost" if after == 0 else "rewritten") in problem["message"]
    assert _run(busy, NIGHT).status == 6
    expect_failure(busy, "damaged", *PURGE.split())
    assert busy.run("store", "check", "--repair").status == 6
    assert len(heads.read_text().splitlines()) == 1


def test_purged_heads_are_passed_over(busy: OfficeInFolder, heads: Path) -> None:
    assert _run(busy, BACKUP).status == 0
    busy.now = "2026-11-26T18:00:00"
    busy.json("desk", "close-day", "2026-11-25", "--all-no-show", "-y")
    assert _run(busy, NIGHT).status == 0
    busy.json("store", "purge", "--before", "2026-11-26", "-y")
    assert busy.json("store", "check")["ok"]
    assert _run(busy, NIGHT).status == 0
    assert len(heads.read_text().splitlines()) == 3


def test_unfinished_head_is_no_head(busy: OfficeInFolder, heads: Path) -> None:
    assert _run(busy, BACKUP).status == 0
    with heads.open("a") as file:
        file.write("12:00")
    assert busy.json("store", "check")["ok"]
    busy.run(*booking("13:00"))
    assert _run(busy, BACKUP).status == 0
    assert busy.json("store", "check")["ok"]
    assert len(heads.read_text().splitlines()) == 2
    heads.write_text(heads.read_text() + "note\n")
    assert busy.run("store", "check").status == 6


@pytest.mark.parametrize("place", ["no folder", pytest.param("a pipe", marks=posix_only)])
def test_head_that_cannot_be_noted_is_said(busy: OfficeInFolder, heads: Path, place: str) -> None:
    """A pipe keeps nobody waiting, and is no file of heads to compare with."""
    os.mkfifo(heads) if place == "a pipe" else os.rmdir(heads.parent)
    outcome = _run(busy, BACKUP)
    assert (outcome.status, str(heads) in outcome.err) == (7, True)
    assert list((busy.folder / "backup").iterdir())
    assert _run(busy, NIGHT).status == (6 if place == "a pipe" else 7)


@pytest.mark.files
@pytest.mark.parametrize(
    "where", ["kofu-store/heads.txt", "kofu-store/office.json", "kofucli.toml"]
)
def test_heads_are_kept_outside_of_the_store(busy: OfficeInFolder, where: str) -> None:
    """In it they would be put back with it, or written into a document."""
    assert (busy.folder / "kofu-store").samefile(busy.store)
    busy.set("store", "heads", f'"{where}"')
    before, config = busy.bytes(), busy.config.read_bytes()
    for line in (BACKUP, NIGHT, PURGE, "store check", "store check --repair"):
        found = _run(busy, line)
        assert (found.status, "[store] heads" in found.err) == (5, True), line
    assert (before, config) == (busy.bytes(), busy.config.read_bytes())
    assert not (busy.folder / "backup").exists()
    assert busy.run("list").status == 0
