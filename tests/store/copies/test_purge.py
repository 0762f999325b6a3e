"""``store purge`` removes old days and lines, and what stays verifies from a recorded anchor."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kofucli.store.copies import pack
from tests.conftest import OfficeInFolder
from tests.store.harm import Harm, block, change_lines, edit, remove, write
from tests.store.support import (
    booking,
    earlier_program,
    failing,
    is_whole,
    kept_files,
    ledger_file,
    ledger_of,
    numbers_of,
    reopen,
    run_dying,
)

BEFORE = "2026-11-27"


def _purge(worked: OfficeInFolder, before: str = BEFORE, *options: str) -> Any:
    return worked.json("store", "purge", "--before", before, *(options or ["-y"]))


def _days(worked: OfficeInFolder) -> list[str]:
    return sorted(p.stem for p in (worked.store / "days").rglob("*.json"))


def test_purge_removes_old_days_but_none_without_an_outcome(worked: OfficeInFolder) -> None:
    """A dry run says before what goes, and changes nothing; without a terminal it needs -y."""
    head = worked.json("store", "check")["head"]
    lines, before = ledger_of(worked.store), worked.bytes()
    assert _days(worked) == ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"]
    said = _purge(worked, BEFORE, "-n")
    unasked = worked.run("store", "purge", "--before", BEFORE)
    assert (unasked.status, "-y" in unasked.err) == (2, True)
    assert (said["changed"], worked.bytes()) == (False, before)
    done = _purge(worked)
    for key in ("days", "reservations", "lines", "kept", "anchor"):
        assert said[key] == done[key]
    assert (done["days"], done["reservations"]) == (["2026-11-25"], 2)
    assert done["kept"] == [{"date": "2026-11-26", "standing": 1}]
    assert _days(worked) == ["2026-11-26", "2026-11-27", "2026-11-30"]
    left = [line for line in ledger_of(worked.store) if "n" in line and "op" in line]
    assert min(line["at"] for line in left) >= BEFORE
    assert done["lines"] == len(lines) - len(left) + 1
    assert left[-1]["op"] == "purge"
    ledger = b"".join(p.read_bytes() for p in (worked.store / "ledger").glob("2*.jsonl"))
    assert b"X-1" not in ledger
    assert is_whole(worked)
    assert worked.run("store", "check", "--expect", head).status == 0


def test_everything_works_after_a_purge(worked: OfficeInFolder) -> None:
    agents = worked.json("agent", "export", "B-2")["marks"]
    conduct = worked.json("report", "conduct", "--since", "2026-11-01")["agents"]
    _purge(worked)
    assert worked.json("agent", "export", "B-2")["marks"] == agents
    assert worked.json("report", "conduct", "--since", "2026-11-01")["agents"] == conduct
    assert len(numbers_of(worked)) == 3
    assert worked.run("report", "load", "--since", "2026-11-01").status == 0
    assert worked.run("report", "nightly", "-o", str(worked.folder / "night")).status == 0
    assert worked.run(*booking("10:00", "Y-1")).status == 0
    assert worked.run("status").status == 0
    assert [e["op"] for e in worked.json("store", "log")["entries"]][-2:] == ["purge", "book"]
    assert is_whole(worked)


def test_second_purge_goes_on_from_the_first_ones_anchor(worked: OfficeInFolder) -> None:
    first = _purge(worked)
    before = worked.bytes()
    again = _purge(worked)
    assert (again["changed"], again["anchor"]) == (False, first["anchor"])
    assert worked.bytes() == before
    worked.json("desk", "close-day", "2026-11-26", "--all-no-show", "-y")
    second = _purge(worked, "2026-12-01")
    assert second["days"] == ["2026-11-27", "2026-11-30"]
    assert second["kept"] == [{"date": "2026-11-26", "standing": 0}]
    assert is_whole(worked)
    assert len(list((worked.store / "ledger").glob("anchor-*"))) == 1
    worked.now = "2028-01-05T10:00:00"
    third = _purge(worked, "2028-01-01")
    assert third["days"] == ["2026-11-26"]
    assert numbers_of(worked) == []
    assert is_whole(worked)


def test_expected_heads_after_a_purge(worked: OfficeInFolder) -> None:
    """A purged line is said to be purged; a forged hash of one that stayed is a rewritten line."""
    done = _purge(worked)
    n = int(done["anchor"].partition(":")[0])
    outcome = worked.run("store", "check", "--expect", f"{n - 1}:{'0' * 64}", "-f", "json")
    assert outcome.status == 6
    assert "purged" in outcome.json["problems"][0]["message"]
    assert worked.run("store", "check", "--expect", done["anchor"]).status == 0
    for bad in (n, n + 1):
        outcome = worked.run("store", "check", "--expect", f"{bad}:{'0' * 64}", "-f", "json")
        assert outcome.status == 6
        assert "rewritten" in outcome.json["problems"][0]["message"]


def test_export_begun_before_a_change_and_a_purge_is_whole(
    worked: OfficeInFolder, tmp_path: Path
) -> None:
    before = kept_files(worked.store)
    lines = pack(reopen(worked.store))
    first = next(lines)
    worked.book("+1", "10:00", "Y-1")
    _purge(worked)
    (tmp_path / "all.jsonl").write_bytes(b"".join([first, *lines]))
    worked.json("store", "import", str(tmp_path / "all.jsonl"), str(tmp_path / "copy"))
    assert kept_files(tmp_path / "copy") == before


def test_today_and_later_days_are_never_purged(worked: OfficeInFolder) -> None:
    worked.book("+1", "10:00", "Y-1")
    assert worked.run("store", "purge", "--before", "tomorrow", "-y").status == 2
    now = f"{date.fromisoformat(_days(worked)[-1])}T08:00:00"
    worked.json("store", "purge", "--before", "today", "-y", now=now)
    assert _days(worked) == ["2026-11-26", now[:10]]
    assert is_whole(worked)


def test_purging_more_than_the_settings_keep_is_said(worked: OfficeInFolder) -> None:
    near = worked.json("store", "purge", "--before", "2026-12-02", "-n")
    far = worked.json("store", "purge", "--before", "2026-11-30", "-n")
    assert any("12 months" in warning for warning in near["warnings"])
    assert not any("12 months" in warning for warning in far["warnings"])
    worked.json("store", "purge", "--before", "2026-12-02", "-y")
    again = worked.json("store", "purge", "--before", "2026-12-02", "-n")
    assert not any("12 months" in warning for warning in again["warnings"])


def test_purged_numbers_are_not_given_again(worked: OfficeInFolder, tmp_path: Path) -> None:
    """Not when a clock is set back, not after a later purge, not in a restored store."""
    gone = numbers_of(worked)
    _purge(worked)
    gone = sorted(set(gone) - set(numbers_of(worked)))
    assert len(gone) == 2
    worked.json("desk", "close-day", "2026-11-26", "--all-no-show", "-y")
    _purge(worked, "2026-12-01")
    made = worked.json("store", "backup", str(tmp_path / "safe"))
    worked.json("store", "restore", made["file"], str(tmp_path / "again"), "-y")
    for store in (worked.store, tmp_path / "again"):
        booked = worked.json(
            *booking("10:00", "Z-1"), "--store", str(store), now="2026-11-24T10:00:00"
        )
        assert booked["reservation"]["date"] == "2026-11-25"
        assert booked["reservation"]["number"] not in gone


@pytest.mark.parametrize(
    "harm",
    [
        lambda root: next((root / "ledger").glob("anchor-*")).unlink(),
        edit("ledger/anchor-*", b"B-2", b"B-3", False),
        edit("store.json", b'"before":"2026', b'"before":"2025', False),
    ],
    ids=["snapshot lost", "snapshot changed", "header changed"],
)
def test_damaged_snapshot_is_found(worked: OfficeInFolder, harm: Harm) -> None:
    _purge(worked)
    harm(worked.store)
    assert worked.run("store", "check").status == 6


@pytest.mark.files
def test_repair_finishes_an_interrupted_purge(worked: OfficeInFolder) -> None:
    for number in range(1, 40):
        run_dying(worked, f"unlink:{number}", "store", "purge", "--before", BEFORE, "-y")
        header = json.loads((worked.store / "store.json").read_bytes())
        if header.get("anchor", {}).get("unfinished"):
            break
    assert header["anchor"]["unfinished"]
    done = worked.run("store", "check", "--repair", "-f", "json").json
    assert done["problems"] == []
    assert "unfinished" not in json.loads((worked.store / "store.json").read_bytes())["anchor"]
    assert worked.json("store", "check", "--repair")["repaired"] == []


@pytest.mark.files
def test_repair_makes_all_from_the_snapshot_and_nothing_without_it(worked: OfficeInFolder) -> None:
    """The header is made from the purge's own line."""
    _purge(worked)
    before = kept_files(worked.store)
    for name in ("agents/A-1.json", "office.json", "days/2026/2026-11-26.json", "store.json"):
        (worked.store / name).unlink()
    assert worked.json("store", "check", "--repair")["ok"]
    assert kept_files(worked.store) == before
    (worked.store / "store.json").unlink()
    (snapshot,) = (worked.store / "ledger").glob("anchor-*")
    snapshot.unlink()
    assert worked.run("store", "check", "--repair").status == 6
    assert not (worked.store / "store.json").exists()


@pytest.mark.files
def test_purge_that_cannot_be_finished_stops_nobody(worked: OfficeInFolder) -> None:
    with failing("unlink", 13, lambda path: "/days/" in path):
        done = _purge(worked)
        assert any("not everything is removed" in warning for warning in done["warnings"])
        assert is_whole(worked)
        assert worked.run(*booking("10:00", "Y-1")).status == 0
        assert is_whole(worked)
    assert worked.run(*booking("11:00", "Y-2")).status == 0
    assert worked.json("store", "check")["leftovers"] == []
    assert "2026-11-25" not in _days(worked)


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
