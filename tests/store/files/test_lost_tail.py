"""A ledger that has lost its last lines: documents are ahead of it, and commands say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.store.harm import Harm, change_lines
from tests.store.support import is_whole, ledger_file, old_store

_cut_line = change_lines(lambda raws: raws[:-1])
LOSSES: dict[str, Harm] = {
    "line": _cut_line,
    "half of the line": change_lines(lambda raws: [*raws[:-1], raws[-1][:-40]]),
    "month": lambda root: ledger_file(root).unlink(),
}


@pytest.fixture
def full(busy: OfficeInFolder) -> OfficeInFolder:
    """Return an office whose agent A-1 holds three frames, the last one on the latest day.

    That day's first booking is the last line, and the only one of its month.
    """
    busy.now = "2026-12-01T09:00:00"
    busy.book("2026-12-02", "10:00", "L-1")
    busy.book("2026-12-03", "10:00", "L-2")
    files = sorted((busy.store / "ledger").iterdir())
    files[0].write_bytes(b"".join(path.read_bytes() for path in files))
    files[1].unlink()
    busy.book("2026-12-04", "10:00", "L-3")
    assert len(list((busy.store / "ledger").iterdir())) == 2
    assert is_whole(busy)
    return busy


BOOK = "book 2026-12-02 11:00 --case L-4 --agent"
PURGE, BACKUP = "store purge --before 2026-11-26 -y", "store backup {folder}/backup"


def _refuse(office: OfficeInFolder, *commands: str) -> None:
    """Assert that each command is exit 6 and changes no byte."""
    before = office.bytes()
    for command in commands:
        outcome = office.run(*command.format(folder=office.folder).split())
        assert outcome.status == 6, (command, outcome)
        assert office.bytes() == before, command


@pytest.mark.parametrize("loss", LOSSES)
def test_nobody_goes_on_from_a_lost_line(full: OfficeInFolder, loss: str) -> None:
    LOSSES[loss](full.store)
    _refuse(
        full,
        *("slots", "slots --agent A-1", "list --all", "list --agent B-2", "desk sheet 2026-12-02"),
        *("report load --since 2026-12-01 --until 2026-12-01", "report quota"),
        *(f"{BOOK} A-1", f"{BOOK} B-2 -n", BACKUP, "store export -o {folder}/export.jsonl"),
        *(PURGE, "store check --repair", "store check"),
    )
    assert not list((full.folder / "backup").glob("*"))
    assert not (full.folder / "export.jsonl").exists()


@pytest.mark.parametrize("codec", ["json", "toml"])
def test_lost_first_booking_of_all_is_noticed(tmp_path: Path, codec: str) -> None:
    office = OfficeInFolder(tmp_path, codec)
    office.add_agent()
    office.book("+1", "10:00", "X-1")
    _cut_line(office.store)
    _refuse(office, "slots", "list --all", "book +1 11:00 --case X-2 --agent A-1")


def test_lost_suspension_is_noticed_after_another_change(busy: OfficeInFolder) -> None:
    busy.json("agent", "suspend", "B-2", "--reason", "調査")
    _cut_line(busy.store)
    _refuse(busy, "agent show B-2")
    assert busy.run("verify", "send", "A-1").status == 0
    _refuse(busy, "agent show B-2", "agent list", "book +1 14 --case N-1 --agent B-2", BACKUP)


def test_lost_first_booking_is_noticed_after_other_changes(full: OfficeInFolder) -> None:
    _cut_line(full.store)
    for agent in ("A-1", "B-2"):
        assert full.run("verify", "send", agent).status == 0
    _refuse(full, "slots", "list --all", f"{BOOK} A-1", PURGE)


def test_lost_closure_is_noticed(busy: OfficeInFolder) -> None:
    busy.json("office", "close", "2026-11-30", "--reason", "点検", "-y")
    _cut_line(busy.store)
    _refuse(
        busy, "slots", "status", "book +1 14 --case N-1 --agent A-1", "office reopen 2026-11-30"
    )


def test_stores_of_earlier_programs_go_on(tmp_path: Path) -> None:
    office = old_store(OfficeInFolder(tmp_path))
    office.now = "2026-11-26T10:00:00"
    assert is_whole(office)
    assert len(office.json("list", "--all")["reservations"]) == 2
    office.book("2026-12-01", "11:00", "N-1", agent="Z-9")
    office.now = "2026-11-27T10:00:00"
    office.json("desk", "close-day", "--all-no-show", "-y")
    assert is_whole(office)
    office.json("store", "backup", str(tmp_path / "backup"))
    purged = office.json("store", "purge", "--before", "2026-11-27", "-y")
    assert purged["changed"]
    assert is_whole(office)
    assert len(office.json("list", "--all")["reservations"]) == 3
