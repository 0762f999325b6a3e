"""What a purge may bear of what a check finds, one by one, and what it may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import OfficeInFolder
from tests.store.harm import block, change_lines, edit, remove, write
from tests.store.support import earlier_program, is_whole, ledger_file

Damage = Callable[[OfficeInFolder], object]
NEW_DAY, OPEN_DAY = "days/2027/2027-12-02.json", "days/2026/2026-11-26.json"
PURGE = ("store", "purge", "--before", "2026-12-01")


def _put_back(office: OfficeInFolder, file: str, *commands: str) -> None:
    path = office.store / file
    older = path.read_bytes()
    for command in commands:
        office.json(*command.split())
    assert path.read_bytes() != older
    path.write_bytes(older)


def _cut_line_feed(office: OfficeInFolder) -> None:
    """Leave what a process leaves that was killed while it wrote its line."""
    _put_back(office, "agents/B-2.json", "agent suspend B-2 --reason x")
    path = ledger_file(office.store)
    path.write_bytes(path.read_bytes()[:-1])


def _leave_values(office: OfficeInFolder) -> None:
    values = next((office.store / "private").glob("C-3-*"))
    data = values.read_bytes()
    office.json("agent", "erase", "C-3", "-y")
    values.write_bytes(data)


@pytest.mark.files
@pytest.mark.parametrize(
    ("bear", "named"),
    [
        (_cut_line_feed, ""),
        (lambda office: remove("private/B-2-*")(office.store), "it is missing"),
        (_leave_values, "the agent was erased"),
    ],
    ids=["line feed", "lost values", "values of an erased agent"],
)
def test_what_a_purge_may_bear_stays_named(
    worked: OfficeInFolder, bear: Damage, named: str
) -> None:
    """Lost values and those that should be gone; a lost line feed is mended by every change."""
    worked.add_agent("C-3")
    bear(worked)
    assert not is_whole(worked)
    assert worked.json(*PURGE, "-y")["days"]
    problems = worked.run("store", "check", "-f", "json").json["problems"]
    assert [p["message"][: len(named)] for p in problems] == ([named] if named else [])


def _change_older_copy(office: OfficeInFolder) -> None:
    _put_back(office, "agents/B-2.json", "agent suspend B-2 --reason x", "verify send A-1")
    with earlier_program():
        office.json("verify", "send", "B-2")


def _put_back_old_day(office: OfficeInFolder) -> None:
    """Put back the document of a day as it was while a visit on it had no outcome."""
    closing = "desk close-day 2026-11-26 --all-no-show -y"
    _put_back(office, OPEN_DAY, closing, "verify send B-2")


DAMAGES: dict[str, Damage] = {
    "a line that would go": lambda x: edit("ledger/2026-11.jsonl", b"X-3", b"X-9", False)(x.store),
    "a line that would stay": lambda x: change_lines(
        lambda raws: [raws[0].replace(b"Y-1", b"Y-2"), *raws[1:]]
    )(x.store),
    "history": _change_older_copy,
    "an old day": _put_back_old_day,
    "an open day": lambda x: edit(
        OPEN_DAY, b'"start":"10:00"', b'"start":"10:00","status":"no-show"'
    )(x.store),
    "a day to come": lambda x: remove(NEW_DAY)(x.store),
    "an agent": lambda x: remove("agents/B-2.json")(x.store),
    "a stranger": lambda x: write("agents/Z-9.json", b"{}")(x.store),
    "the header": lambda x: edit("store.json", b'"office":', b'"office": ')(x.store),
    "the lock": lambda x: block(".lock", "folder")(x.store),
}


@pytest.mark.files
@pytest.mark.parametrize("option", ["-y", "-n"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_a_purge_does_not_bear(worked: OfficeInFolder, damage: str, option: str) -> None:
    """What a purge destroys could still repair what is damaged."""
    worked.book("+1", "10:00", "Y-1")
    worked.json("verify", "send", "A-1")
    (worked.store / ".lock").unlink(missing_ok=True)
    DAMAGES[damage](worked)
    before = worked.bytes()
    assert worked.run(*PURGE, option).status == 6
    assert worked.bytes() == before
    assert worked.run("store", "check").status == 6
