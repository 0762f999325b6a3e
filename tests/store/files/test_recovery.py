"""A process killed at any moment leaves a store in which its change is whole, or is not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import (
    booking,
    change_ledger,
    expect_failure,
    is_whole,
    ledger_file,
    ledger_of,
    numbers_of,
    run_dying,
    run_process,
)
from tests.support.needs import KILLED

READING = ("slots", "list --all", "status", "agent list", "store check", "show Y261125-0003-9")


def _read_everything(office: OfficeInFolder) -> list[int]:
    """Run every reading command, none of which may change a byte; return their statuses."""
    before = office.bytes()
    statuses = [office.run(*command.split()).status for command in (*READING, "store export")]
    assert office.bytes() == before
    return statuses


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
    """Readers complete what is missing meanwhile, and a dry run writes nothing."""
    assert run_dying(busy, "document:1", *booking("13:00", "K-1")).status == KILLED
    assert _read_everything(busy) == [0] * 7
    before = busy.bytes()
    assert busy.run(*booking("14:00", "K-1"), "-n").status == 3
    assert busy.run(*booking("14:00", "K-2", agent="B-2"), "-n").status == 0
    assert busy.bytes() == before
    for point in ("fsync:1", "write:1:half", "replace:1", "document:1"):
        assert run_dying(busy, point, *booking("14:00", "K-2", agent="B-2")).status == KILLED
        assert is_whole(busy)
        assert len(numbers_of(busy)) == 4
    assert run_process(busy, *booking("14:00", "K-2", agent="B-2")).status == 0
    assert len(numbers_of(busy)) == 5
    assert is_whole(busy)


@pytest.mark.parametrize("end", [b"", b"\x0b"], ids=["cut off", "flipped"])
@pytest.mark.parametrize("command", [booking("13:00", "K-1"), booking("13:00", agent="B-2")])
def test_lost_line_feed_is_named_and_mended_by_the_next_change(
    busy: OfficeInFolder, command: list[str], end: bytes
) -> None:
    """The line may be known to somebody, so it is never cut off, whatever documents are read."""
    path = ledger_file(busy.store)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + end)
    for reading in (["slots"], [*command, "-n"]):
        expect_failure(busy, "damaged", *reading)
    assert not is_whole(busy)
    assert busy.run(*command).status == 0
    assert path.read_bytes().startswith(whole)
    assert len(numbers_of(busy)) == 4
    assert is_whole(busy)


@pytest.mark.parametrize(
    ("command", "call"),
    [
        (booking("13:00", "K-1"), 1),
        (["agent", "edit", "A-1", "--name", "新しい名"], 3),  # a file, its folder, then the ledger
    ],
    ids=["line", "values"],
)
def test_interrupted_commit_is_not_called_unchanged(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, command: list[str], call: int
) -> None:
    """The line stands, and so do the personal values that it names."""
    real, calls = os.fsync, []

    def interrupted(descriptor: int) -> None:
        real(descriptor)
        calls.append(descriptor)
        if len(calls) == call:
            raise KeyboardInterrupt

    before = len(ledger_of(office.store))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupted)
        outcome = office.run(*command)
    assert outcome.status != 0
    assert "nothing was changed" not in outcome.err
    assert len(ledger_of(office.store)) == before + 1
    assert office.run("agent", "show", "A-1").status == 0
    assert is_whole(office)


def test_first_pages_of_the_last_line_never_reached_the_disk(
    busy: OfficeInFolder, tmp_path: Path
) -> None:
    """Zeros up to a sector's border, then the rest: the line was never durable; no damage."""
    ledger = ledger_file(busy.store)
    before = ledger.read_bytes()
    other = busy.copy(tmp_path / "after")
    assert other.run(*booking("13:00", "K-1")).status == 0
    zeros = -len(before) % 512 or 512
    after = ledger_file(other.store).read_bytes()[len(before) + zeros :]
    ledger.write_bytes(before + bytes(zeros) + after)
    assert _read_everything(busy) == [0, 0, 0, 0, 0, 4, 0]
    assert busy.run(*booking("13:00", "K-1")).status == 0
    assert _read_everything(busy) == [0] * 7


def test_other_zeros_are_damage(busy: OfficeInFolder) -> None:
    change_ledger(busy.store, lambda raws: [*raws[:-1], bytes(3) + raws[-1][3:]])
    assert busy.run("slots").status == 6
