"""A store of format 1 is read, changed only after ``store migrate``, and backed up first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import (
    booking,
    fail_call,
    holding,
    is_whole,
    kept_files,
    numbers_of,
    old_store,
    run_dying,
)

NUMBERS = ["Y261125-0001-7", "Y261126-0001-R"]


@pytest.fixture
def old_office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office whose store was written by the first version of the program."""
    return old_store(office)


def _format_of(office: OfficeInFolder) -> int:
    found: int = json.loads((office.store / "store.json").read_bytes())["format"]
    return found


def test_old_store_is_read(old_office: OfficeInFolder) -> None:
    """Listing, showing, checking and reports work on a store of format 1 as it is."""
    before = old_office.bytes()
    assert numbers_of(old_office) == NUMBERS
    assert is_whole(old_office)
    assert old_office.run("slots", "--agent", "A-1").status == 0
    assert old_office.run("report", "load").status == 0
    assert len(old_office.json("store", "log")["entries"]) == 9
    assert old_office.bytes() == before


@pytest.mark.parametrize("options", [[], ["-n"]])
def test_old_store_is_not_changed(old_office: OfficeInFolder, options: list[str]) -> None:
    """A change, dry or not, is exit 6, older, and names what to do; nothing is written."""
    before = old_office.bytes()
    for command in (booking(), ["cancel", NUMBERS[0], "--agent", "A-1"]):
        outcome = old_office.run(*command, *options, "-f", "json")
        assert (outcome.status, outcome.error["reason"]) == (6, "older")
        assert "kofucli store migrate" in outcome.error["message"]
    assert old_office.bytes() == before


def test_migration_backs_up_and_switches(old_office: OfficeInFolder, tmp_path: Path) -> None:
    """Migrating keeps every record, notes itself in the ledger, and leaves a backup as it was."""
    before = kept_files(old_office.store)
    done = old_office.json("store", "migrate", "--backup", str(tmp_path / "safe"), "--by", "甲")
    assert (done["before"], done["after"], done["changed"]) == (1, 2, True)
    assert numbers_of(old_office) == NUMBERS
    assert is_whole(old_office)
    last = old_office.json("store", "log", "--limit", "1")["entries"][0]
    assert (last["op"], last["by"]) == ("migrate", "甲")
    assert old_office.run(*booking("11:00", "X-9")).status == 0
    assert done["backup"]["n"] == 9
    copy = tmp_path / "copy"
    old_office.json("store", "import", done["backup"]["file"], str(copy))
    assert kept_files(copy) == before


def test_backup_goes_beside_the_store(old_office: OfficeInFolder) -> None:
    """Without --backup the file lies in a folder beside the store, never in it."""
    done = old_office.json("store", "migrate")
    assert Path(done["backup"]["file"]).parent == old_office.folder / "kofu-store-backup"
    inside = old_office.run("store", "migrate", "--backup", str(old_office.store / "x"))
    assert inside.status == 2


def test_second_migration_changes_nothing(old_office: OfficeInFolder) -> None:
    """A store of this format is left alone, exit 0."""
    old_office.json("store", "migrate")
    before = old_office.bytes()
    assert old_office.json("store", "migrate")["changed"] is False
    assert old_office.bytes() == before


def test_dry_run_of_a_migration(old_office: OfficeInFolder) -> None:
    """A dry run says from which format to which, and writes nothing anywhere."""
    before = old_office.bytes()
    done = old_office.json("store", "migrate", "-n")
    assert (done["before"], done["after"], done["changed"]) == (1, 2, False)
    assert old_office.bytes() == before
    assert not (old_office.folder / "kofu-store-backup").exists()


def test_no_backup_no_migration(old_office: OfficeInFolder) -> None:
    """Where the backup cannot be written, the store keeps its format, exit 6."""
    place = old_office.folder / "taken"
    place.write_bytes(b"")
    before = old_office.bytes()
    assert old_office.run("store", "migrate", "--backup", str(place)).status == 6
    assert old_office.bytes() == before


def test_migration_waits_for_others(old_office: OfficeInFolder) -> None:
    """Somebody else at work is waited for, and named (exit 9)."""
    old_office.json("store", "migrate")
    old_office.set("store", "lock_seconds", "0")
    with holding(old_office.store):
        path = old_office.store / "store.json"
        now = path.read_bytes()
        path.write_bytes(b'{"format":1,"office":"Y","codec":"json"}\n')
        outcome = old_office.run("store", "migrate")
        path.write_bytes(now)
    assert outcome.status == 9
    assert "agent add" in outcome.err


@pytest.mark.deep
@pytest.mark.parametrize("call", ["fsync", "replace", "write"])
def test_killed_migration_leaves_one_format_or_the_other(
    office: OfficeInFolder, tmp_path: Path, call: str
) -> None:
    """Wherever a migration dies, the store is whole, of format 1 or 2, and can be migrated."""
    seen = set()
    for number in range(1, 40):
        old_store(office)
        died = run_dying(office, f"{call}:{number}", "store", "migrate", "--backup", str(tmp_path))
        seen.add(_format_of(office))
        assert is_whole(office)
        assert numbers_of(office) == NUMBERS
        assert office.run("store", "migrate", "--backup", str(tmp_path)).status == 0
        assert office.run(*booking("14:00", f"Z-{number}")).status == 0
        assert is_whole(office)
        if died.status == 0:
            break
    assert died.status == 0
    assert seen == {1, 2}


def test_old_store_damaged_is_repaired_first(old_office: OfficeInFolder) -> None:
    """A damaged document of an old store can be repaired, so that it can be migrated."""
    (old_office.store / "agents" / "A-1.json").write_bytes(b"{")
    assert old_office.run("store", "migrate").status == 6
    assert _format_of(old_office) == 1
    assert old_office.run("store", "check", "--repair").status == 0
    assert old_office.run("store", "migrate").status == 0
    assert is_whole(old_office)


def test_disk_that_fails_at_the_switch(
    old_office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the new header cannot be written the old one stays, exit 6.

    Where it is there, and not surely durable, nobody knows: exit 8. Migrating again ends it.
    """
    header = str(old_office.store / "store.json")
    with monkeypatch.context() as patch:
        fail_call(patch, "replace", 28, lambda path: path == header)
        assert old_office.run("store", "migrate").status == 6
    assert _format_of(old_office) == 1
    with monkeypatch.context() as patch:
        fail_call(patch, "fsync", 5, lambda path: path == str(old_office.store))
        assert old_office.run("store", "migrate").status == 8
    assert is_whole(old_office)
    assert old_office.run("store", "migrate").status == 0
    assert is_whole(old_office)
