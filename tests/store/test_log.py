"""``store log``: who did what, when, and to what; the ledger read as a journal."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import (
    expect_failure,
    ledger_file,
    ledger_of,
    make_reservation,
    put_reservations,
    reopen,
)


def _entries(office: OfficeInFolder, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.json("store", "log", *options)["entries"]
    return found


def test_every_line_of_the_ledger_is_an_entry(busy: OfficeInFolder) -> None:
    for entry, line in zip(_entries(busy), ledger_of(busy.store), strict=True):
        for key in ("n", "at", "clock", "op", "account"):
            assert entry[key] == line[key]
        assert entry["by"] == line["actor"]["by"]
        assert entry["agent"] == line["actor"].get("agent")


def test_entry_names_what_was_touched(busy: OfficeInFolder) -> None:
    busy.json("office", "close", "+2", "--reason", "点検", "-y", "--by", "甲")
    last = _entries(busy)[-1]
    assert (last["op"], last["by"], last["agent"]) == ("office close", "甲", None)
    assert last["reservations"] == ["Y261126-0001-R"]
    assert last["agents"] == ["B-2"]
    assert last["days"] == ["2026-11-26"]
    assert last["office"] == ["2026-11-26"]


FILTERS: dict[str, Callable[[Any], bool]] = {
    "--agent B-2": lambda e: e["agent"] == "B-2" or "B-2" in e["agents"],
    "--by 甲": lambda e: e["by"] == "甲",
    "--op agent": lambda e: e["op"].startswith("agent "),
    "--op 'agent add'": lambda e: e["op"] == "agent add",
    "--reservation Y261125-0001-7": lambda e: "Y261125-0001-7" in e["reservations"],
    "--reservation 予約番号：y26112500017": lambda e: "Y261125-0001-7" in e["reservations"],
    "--since 2026-11-25": lambda e: e["at"] >= "2026-11-25",
    "--since +1": lambda e: e["at"] >= "2026-11-25",
    "--until 2026-11-24": lambda e: e["at"] < "2026-11-25",
    "--since 2026-11-24 --until 2026-11-24 --op book": lambda e: (
        e["op"] == "book" and e["at"] < "2026-11-25"
    ),
}


@pytest.mark.parametrize("options", FILTERS)
def test_filters(busy: OfficeInFolder, options: str) -> None:
    """Each filter leaves what it says, and never nothing here."""
    busy.json("agent", "edit", "B-2", "--phone", "055-1", "--by", "甲")
    busy.json("amend", "Y261125-0001-7", "--drop", "X-2", "--agent", "A-1")
    busy.json("book", "+3", "10:00", "--case", "N-1", "--agent", "B-2", now="2026-11-25T09:00:00")
    everything = _entries(busy)
    expected = [entry for entry in everything if FILTERS[options](entry)]
    assert 0 < len(expected) < len(everything)
    assert _entries(busy, *shlex.split(options)) == expected


def test_limit_keeps_the_newest(busy: OfficeInFolder) -> None:
    books = _entries(busy, "--op", "book")
    assert len(books) == 3
    assert _entries(busy, "--op", "book", "--limit", "2") == books[1:]
    assert busy.run("store", "log", "--limit", "0").status == 2


def test_many_names_are_counted_in_a_table(busy: OfficeInFolder) -> None:
    store = reopen(busy.store)
    put_reservations(store, *(make_reservation(n) for n in range(11, 16)))
    last = _entries(busy, "--limit", "1")[0]
    assert len(last["reservations"]) == 5
    table = busy.run("store", "log", "--limit", "1").out
    assert f"{last['reservations'][2]} and 2 more" in table
    assert last["reservations"][3] not in table


def test_no_entry_is_an_empty_list_and_a_wrong_filter_named(busy: OfficeInFolder) -> None:
    assert _entries(busy, "--by", "no such name") == []
    assert busy.run("store", "log", "--by", "no such name").out.strip()
    for options in (["--agent", "a b"], ["--since", "Nov"], ["--reservation", "X-1"]):
        assert busy.run("store", "log", *options).status == 2
    assert busy.run("store", "log", "--reservation", "Y261125-0001-8").status == 5


def test_journal_follows_the_chain(busy: OfficeInFolder) -> None:
    """A line that is taken out, or two that are swapped, are damage wherever lines are read."""
    path = ledger_file(busy.store)
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    swapped = [*lines[:3], lines[4], lines[3], *lines[5:]]
    for at in (0, 1, 5, len(lines) - 2, len(lines) - 1):
        for changed in ([*lines[:at], *lines[at + 1 :]], swapped):
            path.write_bytes(b"".join(changed))
            for command in (
                *("store log", "store log --limit 1", "office show", "agent export A-1"),
                "scenario record Y261125-0001-7",
            ):
                expect_failure(busy, "damaged", *command.split())
    path.write_bytes(data)
    assert len(_entries(busy)) == len(lines)
