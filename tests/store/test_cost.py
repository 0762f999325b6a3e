"""What a change costs and touches: three fsyncs, the days asked for, nothing in a dry run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder, read_token
from tests.store.support import DAY, CopiedOffice, booking

NUMBER = "Y261125-0001-7"


def _count(patch: pytest.MonkeyPatch, call: str) -> list[object]:
    """Count the calls of ``os.<call>`` from now on."""
    calls: list[object] = []
    real: Callable[..., object] = getattr(os, call)

    def counted(*arguments: object, **named: object) -> object:
        calls.append(arguments[0])
        return real(*arguments, **named)

    patch.setattr(os, call, counted)
    return calls


@pytest.mark.parametrize(
    "command",
    [
        booking("13:00", "N-1", "N-2"),
        ["cancel", NUMBER, "--agent", "A-1"],
        ["amend", NUMBER, "--drop", "X-2", "--agent", "A-1"],
    ],
    ids=["book", "cancel", "amend"],
)
def test_three_fsyncs_at_most(
    busy_office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """An ordinary change of a day costs at most three fsyncs: line, document, folder."""
    with monkeypatch.context() as patch:
        calls = _count(patch, "fsync")
        assert busy_office.run(*command).status == 0
    assert len(calls) <= 3


@pytest.mark.parametrize("command", [["slots"], ["list", "--all"], ["store", "check"]])
def test_reading_costs_no_fsync(
    busy_office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """Reading syncs nothing."""
    with monkeypatch.context() as patch:
        calls = _count(patch, "fsync")
        assert busy_office.run(*command).status == 0
    assert calls == []


def test_booking_touches_no_past_day(
    busy_office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A booking reads the shown days only, and lists no year before the last one with a visit."""
    (busy_office.store / "days" / "2025").mkdir()
    busy_office.now = "2026-11-26T10:00:00"
    assert busy_office.run("book", "+1", "09:00", "--case", "N-0", "--agent", "B-2").status == 0
    with monkeypatch.context() as patch:
        opened, listed = _count(patch, "open"), _count(patch, "listdir")
        assert busy_office.run("book", "+1", "09:00", "--case", "N-1", "--agent", "A-1").status == 0
    assert not any(f"{DAY}.json" in str(path) for path in opened)
    assert any("2026-11-27.json" in str(path) for path in opened)
    assert {Path(str(path)).name for path in listed} <= {"ledger", "days", "2026", "2027"}
    assert len(listed) <= 8


DRY_RUNS = {
    "book": [*booking("13:00", "N-1")],
    "book --from": ["book", "--from", "{rows}", "--agent", "A-1"],
    "book --from --best-effort": ["book", "--from", "{rows}", "--best-effort", "--agent", "A-1"],
    "amend": ["amend", NUMBER, "--drop", "X-1", "--agent", "A-1"],
    "cancel": ["cancel", NUMBER, "--agent", "A-1"],
    "agent add": [
        *("agent", "add", "--id", "D-4", "--name", "丁", "--occupation", "attorney"),
        *("--certificate", "D-4", "--valid-until", "2030-01-01", "--email", "d@example.jp"),
        "--accept-terms",
    ],
    "agent import": ["agent", "import", "{agents}", "--accept-terms"],
    "agent edit": ["agent", "edit", "A-1", "--name", "新", "--email", "new@example.jp"],
    "agent suspend": ["agent", "suspend", "A-1", "--reason", "x"],
    "agent reinstate": ["agent", "reinstate", "B-2", "--reason", "x"],
    "verify send": ["verify", "send", "A-1"],
    "verify redeem": ["verify", "redeem", "{token}"],
    "terms accept": ["terms", "accept", "--agent", "A-1"],
    "office close": ["office", "close", "+1", "--reason", "x"],
    "office close hours": ["office", "close", "+1", "10", "--reason", "x"],
    "office reopen": ["office", "reopen", "2026-11-30", "--restore"],
    "office maintenance": ["office", "maintenance", "--reason", "x"],
    "office maintenance --over": ["office", "maintenance", "--over"],
}


@pytest.fixture(scope="module")
def ready_template(
    tmp_path_factory: pytest.TempPathFactory, busy_template: OfficeInFolder
) -> tuple[OfficeInFolder, dict[str, str]]:
    """Return an office in which every changing command has something to change; for copying."""
    folder = tmp_path_factory.mktemp("ready")
    office = CopiedOffice(folder, busy_template)
    rows, agents = folder / "rows.csv", folder / "agents.csv"
    rows.write_text("number,date,hour\nN-1,2026-11-27,09:00\n", "utf-8")
    agents.write_text(
        "id,name,occupation,certificate,valid_until,email\n"
        "E-5,戊,attorney,E-5,2030-01-01,e@example.jp\n",
        "utf-8",
    )
    office.json("agent", "suspend", "B-2", "--reason", "調査")
    office.json("office", "close", "2026-11-30", "--reason", "点検", "-y")
    token = read_token(office.json("verify", "send", "B-2")["outbox"])
    office.set("terms", "version", '"2"')
    return office, {"rows": str(rows), "agents": str(agents), "token": token}


@pytest.mark.parametrize("command", DRY_RUNS.values(), ids=list(DRY_RUNS))
def test_dry_run_changes_no_byte(
    tmp_path: Path, ready_template: tuple[OfficeInFolder, dict[str, str]], command: list[str]
) -> None:
    """--dry-run of a changing command succeeds and writes nothing but .lock.

    The same command without it changes the store, so the dry run had something to leave undone.
    """
    original, values = ready_template
    office = CopiedOffice(tmp_path, original)
    arguments = [part.format(**values) for part in command]
    if "--over" in command:
        office.json("office", "maintenance", "--reason", "保守")
    names = sorted(p for p in office.folder.rglob("*") if p.name != ".lock")
    before = office.bytes()
    outcome = office.run(*arguments, "--dry-run", "-f", "json")
    assert outcome.status == 0, outcome
    assert outcome.json["dry_run"] is True
    assert office.bytes() == before
    assert sorted(p for p in office.folder.rglob("*") if p.name != ".lock") == names
    (office.store / ".lock").unlink()
    assert office.run(*arguments, "-n").status == 0
    assert office.bytes() == before
    yes = ["-y"] if arguments[1] == "close" else []
    assert office.run(*arguments, *yes).status == 0
    assert office.bytes() != before


def test_dry_run_on_a_copy_says_what_the_change_does(busy_office: OfficeInFolder) -> None:
    """A dry run judges as the change does: both are refused, or neither."""
    for command in (booking("10:00", "X-1"), ["cancel", "Y261125-0009-F", "--agent", "A-1"]):
        dry = busy_office.run(*command, "-n", "-f", "json")
        real = busy_office.run(*command, "-f", "json")
        assert dry.status == real.status
        assert dry.error.get("refusals") == real.error.get("refusals")


def test_store_can_be_moved(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """Nothing in a store depends on where it lies: a moved one works as before."""
    target = tmp_path / "elsewhere" / "store"
    target.parent.mkdir()
    shutil.move(busy_office.store, target)
    moved = ("--store", str(target))
    assert busy_office.run(*booking("13:00"), *moved).status == 0
    assert busy_office.json("store", "check", *moved)["ok"]
