"""What a purge may bear of what a check finds, one by one, and what it may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import (
    change_ledger,
    earlier_program,
    is_whole,
    ledger_file,
    with_checksum,
)


def _cut_line_feed(office: OfficeInFolder) -> None:
    """Leave what a process leaves that was killed while it wrote its line."""
    document = office.store / "agents" / "B-2.json"
    older = document.read_bytes()
    office.json("agent", "suspend", "B-2", "--reason", "x")
    document.write_bytes(older)
    path = ledger_file(office.store)
    path.write_bytes(path.read_bytes()[:-1])


def _lose_values(office: OfficeInFolder) -> None:
    next((office.store / "private").glob("B-2-*")).unlink()


def _leave_values(office: OfficeInFolder) -> None:
    values = next((office.store / "private").glob("C-3-*"))
    data = values.read_bytes()
    office.json("agent", "erase", "C-3", "-y")
    values.write_bytes(data)


@pytest.mark.files
@pytest.mark.parametrize(
    ("bear", "named"),
    [
        (_cut_line_feed, None),
        (_lose_values, "it is missing"),
        (_leave_values, "the agent was erased"),
    ],
)
def test_what_a_purge_may_bear_stays_named(
    busy: OfficeInFolder, bear: Callable[[OfficeInFolder], None], named: str | None
) -> None:
    """Lost values and those that should be gone; a lost line feed is mended by every change."""
    busy.add_agent("C-3")
    busy.now = "2026-11-26T18:00:00"
    busy.json("desk", "close-day", "2026-11-25", "--all-no-show", "-y")
    bear(busy)
    assert not is_whole(busy)
    busy.json("store", "purge", "--before", "2026-11-26", "-y")
    found = busy.run("store", "check", "-f", "json").json["problems"]
    assert [named] if named else [] == [p["message"][: len(named or "")] for p in found]


def _unlink(file: str) -> Callable[[OfficeInFolder], None]:
    return lambda office: (office.store / file).unlink()


def _write(file: str, data: bytes) -> Callable[[OfficeInFolder], None]:
    def write(office: OfficeInFolder) -> None:
        (office.store / file).write_bytes(data)

    return write


def _remove_line(office: OfficeInFolder) -> None:
    change_ledger(office.store, lambda raws: [*raws[:3], *raws[4:]])


def _rewrite_header(office: OfficeInFolder) -> None:
    path = office.store / "store.json"
    path.write_bytes(with_checksum(path.read_bytes().replace(b'"office":', b'"office": ')))


def _change_older_copy(office: OfficeInFolder) -> None:
    path = office.store / "agents" / "B-2.json"
    older = path.read_bytes()
    office.json("agent", "suspend", "B-2", "--reason", "x")
    office.json("verify", "send", "A-1")
    path.write_bytes(older)
    with earlier_program():
        office.json("verify", "send", "B-2")


@pytest.mark.files
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(_remove_line, id="ledger"),
        pytest.param(_change_older_copy, id="history"),
        pytest.param(_unlink("days/2026/2026-11-25.json"), id="document"),
        pytest.param(_unlink("agents/B-2.json"), id="agent"),
        pytest.param(_write("agents/Z-9.json", b"{}"), id="stranger"),
        pytest.param(_rewrite_header, id="header"),
        pytest.param(lambda office: (office.store / ".lock").mkdir(), id="lock"),
    ],
)
def test_what_a_purge_does_not_bear(
    busy: OfficeInFolder, damage: Callable[[OfficeInFolder], None]
) -> None:
    busy.now = "2026-11-26T18:00:00"
    busy.json("desk", "close-day", "2026-11-25", "--all-no-show", "-y")
    (busy.store / ".lock").unlink(missing_ok=True)
    damage(busy)
    before = busy.bytes()
    assert busy.run("store", "purge", "--before", "2026-11-26", "-y").status == 6
    assert busy.bytes() == before
    assert busy.run("store", "check").status == 6
