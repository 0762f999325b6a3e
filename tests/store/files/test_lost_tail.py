"""A ledger that has lost its last lines: documents are ahead of it, and commands say so.

The last line names every day that is not past, whatever a clock says, so that none is lost unseen.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from kofucli.base.clock import parse_instant
from kofucli.store.files import view
from tests.conftest import OfficeInFolder
from tests.store.harm import Harm, change_lines
from tests.store.support import day_file, earlier_program, expect_failure, is_whole, ledger_file

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


EARLY = "2026-11-24T09:30:00"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return the machine's clock, which stands on the day before the first visits."""
    clock = SimpleNamespace(now=EARLY)
    monkeypatch.setattr(view, "machine_now", lambda: parse_instant(clock.now))
    return clock


@pytest.fixture
def booked(bare_office: OfficeInFolder, clock: SimpleNamespace) -> OfficeInFolder:
    """Return an office with three agents and a visit on the next day."""
    assert clock.now == EARLY
    bare_office.now = EARLY
    for agent in ("A-1", "A-2", "A-3"):
        bare_office.add_agent(agent)
    bare_office.book("+1", "10:00", "X-1")
    return bare_office


def _live(office: OfficeInFolder) -> list[str]:
    """Return the days that the last line protects."""
    live = json.loads(ledger_file(office.store).read_bytes().splitlines()[-1])["live"]
    return [name for name in live if name != "office"]


NEXT_DAY, LATER = "2026-11-26T08:00:00", "2026-11-27T08:00:00"
LINES: dict[str, list[tuple[str, str, bool]]] = {
    "a command ahead": [(EARLY, NEXT_DAY, True), (EARLY, EARLY, True)],
    "many commands ahead": [*[(EARLY, LATER, True)] * 3, (NEXT_DAY, NEXT_DAY, True)],
    "a machine ahead": [("2030-01-01T00:00:00", EARLY, True), (EARLY, EARLY, True)],
    "the day is past": [(NEXT_DAY, NEXT_DAY, True), (NEXT_DAY, NEXT_DAY, False)],
}
"""The machine's clock and the command's at each line, and whether the day is protected then."""


@pytest.mark.parametrize("name", LINES)
def test_day_is_protected_until_it_is_past_for_both_clocks_twice(
    booked: OfficeInFolder, clock: SimpleNamespace, name: str
) -> None:
    for clock.now, now, protected in LINES[name]:
        booked.json("verify", "send", "A-3", now=now)
        assert _live(booked) == (["days/2026-11-25"] if protected else [])
    assert is_whole(booked)


@pytest.mark.parametrize(("now", "lines"), [(EARLY, 1), (NEXT_DAY, 3)], ids=["to come", "past"])
def test_lost_day_is_not_begun_again(
    booked: OfficeInFolder, clock: SimpleNamespace, now: str, lines: int
) -> None:
    clock.now = now
    for _ in range(lines):
        booked.json("verify", "send", "A-3", now=now)
    day_file(booked.store).unlink()
    before = booked.bytes()
    book = ["book", "+1", "10:00", "--case", "Q-1", "--agent", "A-2"]
    for command in ([*book, "-n"], book, ["list", "--all"], ["slots", "--agent", "A-2"]):
        expect_failure(booked, "damaged", *command)
    assert booked.bytes() == before


def test_purged_day_is_not_missed(booked: OfficeInFolder, clock: SimpleNamespace) -> None:
    clock.now = later = NEXT_DAY
    booked.now = "2026-11-25T18:00:00"
    booked.json("desk", "close-day", "--all-no-show", "-y")
    booked.now = later
    booked.json("verify", "send", "A-3")
    assert _live(booked) == ["days/2026-11-25"]
    purged = booked.json("store", "purge", "--before", "2026-11-26", "-y")
    assert purged["days"] == ["2026-11-25"]
    assert _live(booked) == []
    assert is_whole(booked)
    assert booked.json("list", "--all")["reservations"] == []
    booked.book("+1", "10:00", "X-2", agent="A-2")
    assert is_whole(booked)
    copy = booked.folder / "copy"
    backup = booked.json("store", "backup", str(booked.folder / "backup"))["file"]
    booked.json("store", "restore", backup, str(copy), "-y")
    assert booked.json("store", "check", "--store", str(copy))["ok"]


@pytest.mark.parametrize("option", ["-n", "-y"])
def test_lost_booking_is_not_purged_away(
    booked: OfficeInFolder, clock: SimpleNamespace, option: str
) -> None:
    """A change was made from a lost document: a purge would remove what tells of it."""
    clock.now = later = "2026-12-02T08:00:00"
    booked.json("verify", "send", "A-3", now=later)
    booked.json("verify", "send", "A-3", now=later)
    clock.now = EARLY
    booked.json("verify", "send", "A-3")
    day_file(booked.store).unlink()
    with earlier_program():
        booked.book("+1", "10:00", "Q-1", agent="A-2")
    clock.now = booked.now = later
    booked.json("desk", "close-day", "2026-11-25", "--all-no-show", "-y")
    assert not is_whole(booked)
    before = booked.bytes()
    expect_failure(booked, "damaged", "store", "purge", "--before", "2026-12-02", option)
    assert booked.bytes() == before
    assert not is_whole(booked)
