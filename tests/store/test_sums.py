"""What the last line tells of the documents that it does not name: the sums of their lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kofucli.store.header import Expected
from tests.conftest import OfficeInFolder
from tests.store.support import (
    change_ledger,
    earlier_program,
    expect_failure,
    is_whole,
    ledger_file,
    ledger_of,
    old_store,
    with_checksum,
)

KINDS = ("json", "toml", "purged")
PAST = "days/2026/2026-11-26"


@pytest.fixture(params=KINDS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> OfficeInFolder:
    """Return an office whose store an earlier program made: three agents, B-2 is suspended."""
    office = old_store(OfficeInFolder(tmp_path), request.param)
    office.now = "2026-11-27T10:00:00"
    assert is_whole(office)
    assert b'"sums":' not in ledger_file(office.store).read_bytes()
    return office


def _file(office: OfficeInFolder, name: str) -> Path:
    (found,) = office.store.glob(f"{name}.*")
    return found


@pytest.mark.files
def test_store_without_sums_goes_on(old: OfficeInFolder, tmp_path: Path) -> None:
    listed = old.json("list", "--all")["reservations"]
    assert [agent["id"] for agent in old.json("agent", "list")["agents"]] == ["A-1", "B-2", "Z-9"]
    assert not old.json("store", "migrate")["changed"]
    backup = old.json("store", "backup", str(tmp_path / "backup"))["file"]
    restored = ("--store", str(tmp_path / "restored"))
    old.json("store", "restore", backup, restored[1], "-y")
    assert old.json("store", "check", *restored)["ok"]
    assert old.json("list", "--all", *restored)["reservations"] == listed
    old.book("+1", "14:00", "N-1", agent="Z-9")
    assert b'"sums":' in ledger_file(old.store).read_bytes()
    assert is_whole(old)
    assert len(old.json("list", "--all")["reservations"]) == len(listed) + 1
    old.now = "2026-12-01T10:00:00"
    old.book("+1", "14:00", "N-2", agent="A-1")
    assert is_whole(old)
    assert old.json("store", "purge", "--before", "2026-11-27", "-y")["days"]
    old.book("+1", "15:00", "N-3", agent="A-1")
    assert is_whole(old)
    assert len(old.json("list", "--all")["reservations"]) < len(listed) + 3


@pytest.mark.files
def test_store_without_sums_believes_no_lost_document(old: OfficeInFolder) -> None:
    """All lines are read as long as no line has sums; the first change finds out, too."""
    for name, command in (
        ("agents/A-1", ("agent", "list")),
        ("agents/B-2", ("report", "conduct")),
        (PAST, ("list", "--all")),
    ):
        path = _file(old, name)
        data = path.read_bytes()
        path.unlink()
        expect_failure(old, "damaged", *command)
        assert old.run("slots").status == 0
        if name == PAST:
            old.book("+1", "15:00", "N-1", agent="Z-9")
            expect_failure(old, "damaged", *command)
        path.write_bytes(data)
        assert is_whole(old)


@pytest.mark.files
def test_store_of_two_programs_is_whole(busy: OfficeInFolder) -> None:
    with earlier_program():
        busy.book("+1", "14:00", "N-1")
        busy.json("agent", "edit", "A-1", "--valid-until", "2034-03-31")
    busy.book("+1", "15:00", "N-2", agent="B-2")
    assert is_whole(busy)
    assert len(busy.json("list", "--all")["reservations"]) == 5


def test_sums_that_a_line_claims_are_compared(busy: OfficeInFolder) -> None:
    def forge(raws: list[bytes]) -> list[bytes]:
        line = json.loads(raws[-1])
        line["sums"]["days"] += 1
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        return [*raws[:-1], with_checksum(text.encode()) + b"\n"]

    change_ledger(busy.store, forge)
    found = busy.run("store", "check", "-f", "json").json["problems"]
    assert [problem["line"] for problem in found] == [len(ledger_of(busy.store))]


@pytest.fixture
def past(busy: OfficeInFolder) -> OfficeInFolder:
    """Return an office with visits on two days that are past for every clock, and one to come."""
    for now in ("2026-11-25T18:00:00", "2026-11-26T18:00:00"):
        busy.now = now
        busy.json("desk", "close-day", "--all-no-show", "-y")
    busy.now = "2026-11-27T09:00:00"
    for hour in ("14:00", "15:00"):
        busy.book("+1", hour, f"P-{hour[:2]}", agent="B-2")
    assert ledger_of(busy.store)[-1]["sums"]["days"] > 0
    return busy


def test_lost_past_day_is_noticed_where_it_is_asked_for(past: OfficeInFolder) -> None:
    _file(past, "days/2026/2026-11-25").unlink()
    for command in (
        *("list --all", "list --since 2026-11-25 --until 2026-11-25", "desk sheet 2026-11-25"),
        *("show Y261125-0001-7 --office", "report load --since 2026-11-25 --until 2026-11-26"),
    ):
        expect_failure(past, "damaged", *command.split())
    past.book("+1", "13:00", "N-1", agent="B-2")
    assert past.run("list", "--since", "2026-11-26").status == 0
    assert past.run("desk", "sheet", "2026-11-26").status == 0


@pytest.mark.parametrize("day", ["2026-11-23", "2026-11-27", "2026-11-29"])
def test_day_under_another_date_is_not_counted_twice(past: OfficeInFolder, day: str) -> None:
    data = _file(past, "days/2026/2026-11-25").read_bytes()
    (past.store / "days" / "2026" / f"{day}.json").write_bytes(data)
    expect_failure(past, "damaged", "list", "--all")
    assert past.run("list", "--since", "2026-11-26", "--until", "2026-11-26").status == 0


def test_older_copy_of_an_agent_is_not_believed(past: OfficeInFolder) -> None:
    """A suspension, a mark, or a verification is in the document that was put back."""
    path = _file(past, "agents/A-1")
    older = path.read_bytes()
    past.json("agent", "suspend", "A-1", "--reason", "x")
    past.book("+1", "13:00", "N-1", agent="B-2")
    path.write_bytes(older)
    book = "book +1 11 --case N-2 --agent A-1"
    for command in (book, "agent show A-1", "agent list", "report conduct"):
        expect_failure(past, "damaged", *command.split())
    assert past.run("list", "--agent", "B-2").status == 0
    past.json("cancel", "P-14", "--agent", "B-2", now="2026-11-27T09:10:00")


def test_ledger_is_read_only_where_something_is_wrong(
    past: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after a line that changed an agent, a past day, or several of them."""
    read: list[str] = []
    real = Expected.read_last_lines

    def note(self: Expected) -> dict[str, int]:
        read.append("all")
        return real(self)

    monkeypatch.setattr(Expected, "read_last_lines", note)
    for change in (
        *("verify send A-1", "agent edit B-2 --valid-until 2034-03-31"),
        *("desk undo Y261125-0001-7 --reason x", "desk close-day 2026-11-25 --all-no-show -y"),
        "book +1 13:00 --case N-1 --agent A-1",
    ):
        past.json(*change.split())
        for command in ("list --all", "agent list", "status --office", "slots"):
            assert past.run(*command.split()).status == 0
    assert read == []


def test_clock_that_goes_back_protects_days_again(past: OfficeInFolder) -> None:
    past.json("verify", "send", "B-2", now="2026-11-24T09:00:00")
    assert "days/2026-11-25" in ledger_of(past.store)[-1]["live"]
    assert is_whole(past)
    past.json("verify", "send", "B-2")
    past.json("verify", "send", "B-2")
    assert is_whole(past)
    assert past.run("list", "--all").status == 0
