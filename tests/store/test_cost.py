"""What a change costs and touches: three fsyncs, the days asked for, nothing in a dry run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder, run_command
from tests.reliability.crash.commands import COMMANDS, Command, make_busy, make_start
from tests.store.support import DAY, everything_in, write_agents

NUMBER = "Y261125-0001-7"


def _count(patch: pytest.MonkeyPatch, call: str) -> list[object]:
    calls: list[object] = []
    real: Callable[..., object] = getattr(os, call)

    def counted(*arguments: object, **named: object) -> object:
        calls.append(arguments[0])
        return real(*arguments, **named)

    patch.setattr(os, call, counted)
    return calls


@pytest.mark.parametrize(
    ("command", "most"),
    [
        ("book +1 13:00 --case N-1 --case N-2 --agent A-1", 3),
        (f"cancel {NUMBER} --agent A-1", 3),
        (f"amend {NUMBER} --drop X-2 --agent A-1", 3),
        *(("slots", 0), ("list --all", 0), ("store check", 0)),
    ],
)
def test_change_of_a_day_costs_three_fsyncs_and_reading_none(
    busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, command: str, most: int
) -> None:
    """A change syncs its line, its document and the folder."""
    with monkeypatch.context() as patch:
        calls = _count(patch, "fsync")
        assert busy.run(*command.split()).status == 0
    assert len(calls) <= most


@pytest.mark.files
@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("count", [2, 60])
def test_import_of_agents_costs_each_row_the_same(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, count: int, again: bool
) -> None:
    """It syncs each file, and each folder a few times; nothing is listed once for each row."""
    path = write_agents(office, count)
    if again:
        office.json("agent", "import", path)
        Path(path).write_text(Path(path).read_text("utf-8").replace("甲府", "乙府"), "utf-8")
    with monkeypatch.context() as patch:
        listed, synced = _count(patch, "listdir"), _count(patch, "fsync")
        assert office.run("agent", "import", path, "--update").status == 0
    assert len(listed) <= 8
    assert len(synced) == 2 * count + 3
    assert len(list((office.store / "private").iterdir())) == count + 1


@pytest.mark.files
def test_booking_touches_no_past_day(busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A booking reads the shown days only, and lists no year before the last one with a visit."""
    (busy.store / "days" / "2025").mkdir()
    busy.now = "2026-11-26T10:00:00"
    assert busy.run("book", "+1", "09:00", "--case", "N-0", "--agent", "B-2").status == 0
    with monkeypatch.context() as patch:
        opened, listed = _count(patch, "open"), _count(patch, "listdir")
        assert busy.run("book", "+1", "09:00", "--case", "N-1", "--agent", "A-1").status == 0
    assert not any(f"{DAY}.json" in str(path) for path in opened)
    assert any("2026-11-27.json" in str(path) for path in opened)
    assert {Path(str(path)).name for path in listed} <= {"ledger", "days", "2026", "2027", "agents"}
    assert len(listed) <= 10


DRY_RUNS = [
    *(c for c in COMMANDS if not (c.stdin or c.server or c.repairs or c.saves)),
    Command("best effort", "book --from {folder}/rows.csv --best-effort --office"),
    Command("close an hour", "office close +1 10 --reason x -y"),
]
"""Every writing command but those that read, send or repair; a backup cannot be run dry."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an office in which every command can begin."""
    return make_busy(tmp_path_factory.mktemp("begun")).folder


@pytest.mark.files
@pytest.mark.parametrize("command", DRY_RUNS, ids=lambda command: command.name)
def test_dry_run_changes_no_byte(tmp_path: Path, begun: Path, command: Command) -> None:
    """The same command without --dry-run changes something."""
    start = make_start(begun, tmp_path / "office", command)
    before = everything_in(start.folder)
    outcome = run_command(*start.full_line, "--dry-run", "-f", "json")
    assert outcome.status == 0, outcome
    assert outcome.json["dry_run"] is True
    assert everything_in(start.folder) == before
    (start.store / ".lock").unlink(missing_ok=True)
    assert run_command(*start.full_line, "-n").status == 0
    assert everything_in(start.folder) == before
    assert run_command(*start.full_line).status == 0
    assert everything_in(start.folder) != before
