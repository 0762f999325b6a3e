"""What works on the whole store reads the ledger once, and needs no memory for its records."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from kofucli.store import integrity
from kofucli.store.files.ledger import Ledger
from kofucli.store.ledger import RawLine
from tests.conftest import OfficeInFolder
from tests.store.support import DAY, kept_files

CHECK, REPAIR = "store check", "store check --repair"
PURGE = "store purge --before 2026-12-01 -y"
RESTORE = "store restore {folder}/backup {folder}/again -y"
TIMES = {CHECK: 1, REPAIR: 1, PURGE: 2, RESTORE: 0}
"""How often each reads the ledger: a purge reads what is left again, for its last step."""


@pytest.fixture
def office(busy: OfficeInFolder) -> OfficeInFolder:
    """Return an office some weeks later, with a backup; three of its documents are lost."""
    busy.now = "2026-12-10T10:00:00"
    busy.book("+1", "10:00", "X-9")
    made = busy.json("store", "backup", str(busy.folder / "backups"))
    Path(made["file"]).rename(busy.folder / "backup")
    return busy


def run(office: OfficeInFolder, command: str) -> int:
    """Run a command on a store; what it repairs is lost before."""
    if command == REPAIR:
        for name in ("office.json", "agents/A-1.json", f"days/2026/{DAY}.json"):
            (office.store / name).unlink()
    return office.run(*command.format(folder=office.folder).split()).status


@pytest.mark.files
@pytest.mark.parametrize("held", [integrity._HELD, 1], ids=["in memory", "in a file"])
@pytest.mark.parametrize("command", TIMES)
def test_ledger_is_read_once(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, command: str, held: int
) -> None:
    """What does not fit into memory lies in a file without a name, and all is as ever."""
    before = kept_files(office.store)
    monkeypatch.setattr(integrity, "_HELD", held)
    real, calls = Ledger.lines, []

    def lines(self: Ledger, of: list[str] | None = None) -> Iterator[RawLine]:
        calls.append(of)
        return real(self, of)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "lines", lines)
        assert (run(office, command), len(calls)) == (0, TIMES[command])
    left = kept_files(office.store)
    if command != PURGE:
        assert before == left
    assert office.run("store", "check").status == 0
    if command == RESTORE:
        assert office.run("store", "check", "--store", str(office.folder / "again")).status == 0


@pytest.mark.parametrize("command", TIMES)
def test_without_room_for_what_memory_does_not_hold_nothing_is_changed(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """That is no damage of the store, and not said to be."""

    def fail() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/x")

    monkeypatch.setattr(integrity, "_HELD", 1)
    monkeypatch.setattr("tempfile.TemporaryFile", fail)
    outcome = office.run("--lang", "en", *command.split()) if command == CHECK else None
    assert outcome is None or "The disk is full at /tmp/x" in outcome.err
    assert run(office, command) == 6
    assert not (office.folder / "again").exists()
