"""``store purge`` removes old days and lines, and what stays verifies from a recorded anchor."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kofucli.store.copies import pack
from kofucli.store.integrity.check import check, check_recent
from tests.conftest import OfficeInFolder
from tests.store.support import (
    booking,
    expect_failure,
    failing,
    is_whole,
    kept_files,
    ledger_of,
    numbers_of,
    reopen,
    run_dying,
    with_checksum,
)

BEFORE = "2026-11-27"
LATER = "2027-12-01T10:00:00"


@pytest.fixture(scope="module")
def worked(founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return an office with days that are over, one of them not closed, and days after them.

    25 November: handed over and missed. 26: nobody closed it. 27 and 30: closed too.
    """
    office = founded.copy(tmp_path_factory.mktemp("worked"))
    office.add_agent("B-2")
    first = office.book("+1", "10:00", "X-1", "在留2")["number"]
    office.book("+1", "11:00", "X-3", agent="B-2")
    office.book("+2", "10:00", "X-4")
    office.book("+3", "10:00", "X-5", agent="B-2")
    office.json("desk", "arrive", first, now="2026-11-25T10:00:00")
    office.json("desk", "collect", first, now="2026-11-25T10:20:00")
    office.json("desk", "close-day", "2026-11-25", now="2026-11-25T18:00:00")
    office.now = "2026-11-26T09:00:00"
    office.book("2026-11-30", "10:00", "X-6")
    office.now = "2026-11-27T18:00:00"
    office.json("desk", "close-day", "2026-11-27", "--all-no-show", "-y")
    office.now = "2026-11-30T18:00:00"
    office.json("desk", "close-day", "2026-11-30", "--all-no-show", "-y")
    office.now = LATER
    assert is_whole(office)
    return office


@pytest.fixture
def office(worked: OfficeInFolder, tmp_path: Path) -> OfficeInFolder:
    return worked.copy(tmp_path)


def _purge(office: OfficeInFolder, before: str = BEFORE, *options: str) -> Any:
    return office.json("store", "purge", "--before", before, *(options or ["-y"]))


def _days(office: OfficeInFolder) -> list[str]:
    return sorted(p.stem for p in (office.store / "days").rglob("*.json"))


def test_purge_removes_old_days_but_none_without_an_outcome(office: OfficeInFolder) -> None:
    head = office.json("store", "check")["head"]
    lines = ledger_of(office.store)
    assert _days(office) == ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"]
    done = _purge(office)
    assert (done["days"], done["reservations"]) == (["2026-11-25"], 2)
    assert done["kept"] == [{"date": "2026-11-26", "standing": 1}]
    assert _days(office) == ["2026-11-26", "2026-11-27", "2026-11-30"]
    kept = ledger_of(office.store)
    left = [line for line in kept if "n" in line and "op" in line]
    assert min(line["at"] for line in left) >= BEFORE
    assert done["lines"] == len(lines) - len(left) + 1
    assert left[-1]["op"] == "purge"
    ledger = b"".join(p.read_bytes() for p in (office.store / "ledger").glob("2*.jsonl"))
    assert b"X-1" not in ledger
    assert is_whole(office)
    assert office.run("store", "check", "--expect", head).status == 0


def test_everything_works_after_a_purge(office: OfficeInFolder) -> None:
    agents = office.json("agent", "export", "B-2")["marks"]
    conduct = office.json("report", "conduct", "--since", "2026-11-01")["agents"]
    _purge(office)
    assert office.json("agent", "export", "B-2")["marks"] == agents
    assert office.json("report", "conduct", "--since", "2026-11-01")["agents"] == conduct
    assert len(numbers_of(office)) == 3
    assert office.run("report", "load", "--since", "2026-11-01").status == 0
    assert office.run("report", "nightly", "-o", str(office.folder / "night")).status == 0
    assert office.run(*booking("10:00", "Y-1")).status == 0
    assert office.run("status").status == 0
    assert [e["op"] for e in office.json("store", "log")["entries"]][-2:] == ["purge", "book"]
    assert is_whole(office)


def test_second_purge_goes_on_from_the_first_ones_anchor(office: OfficeInFolder) -> None:
    first = _purge(office)
    before = office.bytes()
    again = _purge(office)
    assert (again["changed"], again["anchor"]) == (False, first["anchor"])
    assert office.bytes() == before
    office.json("desk", "close-day", "2026-11-26", "--all-no-show", "-y")
    second = _purge(office, "2026-12-01")
    assert second["days"] == ["2026-11-27", "2026-11-30"]
    assert second["kept"] == [{"date": "2026-11-26", "standing": 0}]
    assert is_whole(office)
    assert len(list((office.store / "ledger").glob("anchor-*"))) == 1
    office.now = "2028-01-05T10:00:00"
    third = _purge(office, "2028-01-01")
    assert third["days"] == ["2026-11-26"]
    assert numbers_of(office) == []
    assert is_whole(office)


def test_expected_heads_after_a_purge(office: OfficeInFolder) -> None:
    """A purged line is said to be purged; a forged hash of one that stayed is a rewritten line."""
    done = _purge(office)
    n = int(done["anchor"].partition(":")[0])
    outcome = office.run("store", "check", "--expect", f"{n - 1}:{'0' * 64}", "-f", "json")
    assert outcome.status == 6
    assert "purged" in outcome.json["problems"][0]["message"]
    assert office.run("store", "check", "--expect", done["anchor"]).status == 0
    for bad in (n, n + 1):
        outcome = office.run("store", "check", "--expect", f"{bad}:{'0' * 64}", "-f", "json")
        assert outcome.status == 6
        assert "rewritten" in outcome.json["problems"][0]["message"]


def test_export_begun_before_a_purge_is_whole(office: OfficeInFolder, tmp_path: Path) -> None:
    before = kept_files(office.store)
    lines = pack(reopen(office.store))
    first = next(lines)
    _purge(office)
    (tmp_path / "all.jsonl").write_bytes(b"".join([first, *lines]))
    office.json("store", "import", str(tmp_path / "all.jsonl"), str(tmp_path / "copy"))
    assert kept_files(tmp_path / "copy") == before


def test_store_opened_before_a_purge_is_read_after_it(office: OfficeInFolder) -> None:
    store = reopen(office.store)
    assert check(store).ok
    _purge(office)
    assert check(store).ok
    assert check_recent(store, date(2026, 11, 26), [date(2026, 11, 26)]).ok
    assert len(store.read(lambda view: list(view.agents()))) == 2


def test_dry_run_says_what_a_purge_would_remove(office: OfficeInFolder) -> None:
    before = office.bytes()
    said = _purge(office, BEFORE, "-n")
    assert (said["days"], said["changed"]) == (["2026-11-25"], False)
    assert office.bytes() == before
    done = _purge(office)
    for key in ("days", "reservations", "lines", "kept", "anchor"):
        assert said[key] == done[key]


def test_purge_without_a_terminal_needs_y(office: OfficeInFolder) -> None:
    before = office.bytes()
    outcome = office.run("store", "purge", "--before", BEFORE)
    assert (outcome.status, "-y" in outcome.err) == (2, True)
    assert office.bytes() == before


def test_today_and_later_days_are_never_purged(office: OfficeInFolder) -> None:
    office.book("+1", "10:00", "Y-1")
    assert office.run("store", "purge", "--before", "tomorrow", "-y").status == 2
    now = f"{date.fromisoformat(_days(office)[-1])}T08:00:00"
    office.json("store", "purge", "--before", "today", "-y", now=now)
    assert _days(office) == ["2026-11-26", now[:10]]
    assert is_whole(office)


def test_purging_more_than_the_settings_keep_is_said(office: OfficeInFolder) -> None:
    near = office.json("store", "purge", "--before", "2026-12-02", "-n")
    far = office.json("store", "purge", "--before", "2026-11-30", "-n")
    assert any("12 months" in warning for warning in near["warnings"])
    assert not any("12 months" in warning for warning in far["warnings"])


def _damage_old_day(office: OfficeInFolder) -> None:
    """Put back the document of a day as it was while a visit on it had no outcome."""
    path = office.store / "days" / "2026" / "2026-11-26.json"
    data = path.read_bytes()
    office.json("desk", "close-day", "2026-11-26", "--all-no-show", "-y")
    assert path.read_bytes() != data
    office.book("+1", "10:00", "Y-1")
    path.write_bytes(data)


def _break_chain(office: OfficeInFolder) -> None:
    """Remove a line among those that would go: no anchor is ever put behind damage."""
    path = office.store / "ledger" / "2026-11.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3] + lines[4:]))


def _damage_new_line(office: OfficeInFolder) -> None:
    """Change a letter in a line long after those that would go."""
    for hour in ("10:00", "11:00", "13:00"):
        office.book("+1", hour, f"Y-{hour[:2]}")
    path = office.store / "ledger" / "2027-12.jsonl"
    data = path.read_bytes()
    assert data.count(b"Y-11") == 1
    path.write_bytes(data.replace(b"Y-11", b"Y-12"))


def _damage_open_day(office: OfficeInFolder) -> None:
    """Let the document of an open day say that its visit is over."""
    path = office.store / "days" / "2026" / "2026-11-26.json"
    data = path.read_bytes()
    assert b'"cases"' in data
    changed = data.replace(b'"start":"10:00"', b'"start":"10:00","status":"no-show"')
    path.write_bytes(with_checksum(changed))


def _lose_new_day(office: OfficeInFolder) -> None:
    """Remove the document of a day that is not past."""
    office.book("+1", "10:00", "Y-1")
    office.json("verify", "send", "A-1")
    (office.store / "days" / "2027" / "2027-12-02.json").unlink()


@pytest.mark.parametrize(
    "damage", [_damage_old_day, _break_chain, _damage_new_line, _damage_open_day, _lose_new_day]
)
@pytest.mark.parametrize("option", ["-y", "-n"])
def test_damaged_store_is_not_purged(
    office: OfficeInFolder, damage: Callable[[OfficeInFolder], None], option: str
) -> None:
    """What a purge destroys could still repair what is damaged."""
    damage(office)
    before = office.bytes()
    expect_failure(office, "damaged", "store", "purge", "--before", "2026-12-01", option)
    assert office.bytes() == before


def test_lost_personal_values_do_not_stop_a_purge(office: OfficeInFolder) -> None:
    for path in (office.store / "private").glob("A-1-*"):
        path.unlink()
    assert _purge(office)["days"] == ["2026-11-25"]


@pytest.mark.parametrize("command", ["backup", "export"])
def test_copy_of_a_damaged_snapshot_is_refused(
    office: OfficeInFolder, tmp_path: Path, command: str
) -> None:
    _purge(office)
    (path,) = (office.store / "ledger").glob("anchor-*")
    path.write_bytes(path.read_bytes().replace(b"X-4", b"X-9"))
    given = [str(tmp_path / "x")] if command == "backup" else ["-o", str(tmp_path / "x")]
    assert office.run("store", command, *given).status == 6
    assert list(tmp_path.glob("x/*")) == []
    assert not (tmp_path / "x").is_file()


def test_purged_numbers_are_not_given_again(office: OfficeInFolder, tmp_path: Path) -> None:
    """Not when a clock is set back, not after a later purge, not in a restored store."""
    gone = numbers_of(office)
    _purge(office)
    gone = sorted(set(gone) - set(numbers_of(office)))
    assert len(gone) == 2
    office.json("desk", "close-day", "2026-11-26", "--all-no-show", "-y")
    _purge(office, "2026-12-01")
    made = office.json("store", "backup", str(tmp_path / "safe"))
    office.json("store", "restore", made["file"], str(tmp_path / "again"), "-y")
    for store in (office.store, tmp_path / "again"):
        booked = office.json(
            *booking("10:00", "Z-1"), "--store", str(store), now="2026-11-24T10:00:00"
        )
        assert booked["reservation"]["date"] == "2026-11-25"
        assert booked["reservation"]["number"] not in gone


@pytest.mark.parametrize("what", ["missing", "changed", "anchor of the header"])
def test_damaged_snapshot_is_found(office: OfficeInFolder, what: str) -> None:
    _purge(office)
    (path,) = (office.store / "ledger").glob("anchor-*")
    if what == "missing":
        path.unlink()
    elif what == "changed":
        path.write_bytes(path.read_bytes().replace(b"B-2", b"B-3"))
    else:
        header = office.store / "store.json"
        header.write_bytes(header.read_bytes().replace(b'"before":"2026', b'"before":"2025'))
    outcome = office.run("store", "check", "-f", "json")
    assert outcome.status == 6
    if what != "anchor of the header":
        assert outcome.json["problems"][0]["file"] == f"ledger/{path.name}"


@pytest.mark.files
def test_repair_finishes_an_interrupted_purge(office: OfficeInFolder) -> None:
    for number in range(1, 40):
        run_dying(office, f"unlink:{number}", "store", "purge", "--before", BEFORE, "-y")
        header = json.loads((office.store / "store.json").read_bytes())
        if header.get("anchor", {}).get("unfinished"):
            break
    assert header["anchor"]["unfinished"]
    done = office.run("store", "check", "--repair", "-f", "json").json
    assert done["problems"] == []
    assert "unfinished" not in json.loads((office.store / "store.json").read_bytes())["anchor"]
    assert office.json("store", "check", "--repair")["repaired"] == []


def test_purged_store_is_exported_and_restored(office: OfficeInFolder, tmp_path: Path) -> None:
    _purge(office)
    file = tmp_path / "all.jsonl"
    assert office.run("store", "export", "-o", str(file)).status == 0
    office.json("store", "import", str(file), str(tmp_path / "copy"))
    assert kept_files(tmp_path / "copy") == kept_files(office.store)
    made = office.json("store", "backup", str(tmp_path / "safe"))
    office.json("store", "restore", made["file"], str(tmp_path / "again"), "-y")
    assert office.json("store", "check", "--store", str(tmp_path / "again"))["ok"]
    done = office.json("store", "import", str(file), str(tmp_path / "toml"), "--codec", "toml")
    assert office.json("store", "check", "--store", str(tmp_path / "toml"))["head"] == done["head"]


def test_repair_makes_documents_from_the_snapshot(office: OfficeInFolder) -> None:
    _purge(office)
    before = kept_files(office.store)
    for name in ("agents/A-1.json", "office.json", "days/2026/2026-11-26.json"):
        (office.store / name).unlink()
    assert office.json("store", "check", "--repair")["ok"]
    assert kept_files(office.store) == before


@pytest.mark.files
def test_header_of_a_purged_store_is_made_again(office: OfficeInFolder) -> None:
    """It is made from the purge's own line; without the snapshot it is not guessed."""
    _purge(office)
    before = kept_files(office.store)
    (office.store / "store.json").unlink()
    assert office.json("store", "check", "--repair")["ok"]
    assert kept_files(office.store) == before
    (office.store / "store.json").unlink()
    (snapshot,) = (office.store / "ledger").glob("anchor-*")
    snapshot.unlink()
    assert office.run("store", "check", "--repair").status == 6
    assert not (office.store / "store.json").exists()


@pytest.mark.files
def test_purge_that_cannot_be_finished_stops_nobody(office: OfficeInFolder) -> None:
    with failing("unlink", 13, lambda path: "/days/" in path):
        done = _purge(office)
        assert any("not everything is removed" in warning for warning in done["warnings"])
        assert is_whole(office)
        assert office.run(*booking("10:00", "Y-1")).status == 0
        assert is_whole(office)
    assert office.run(*booking("11:00", "Y-2")).status == 0
    assert office.json("store", "check")["leftovers"] == []
    assert "2026-11-25" not in _days(office)
