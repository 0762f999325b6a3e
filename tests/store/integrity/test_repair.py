"""``store check --repair`` makes from the ledger what follows from it, and names the rest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from kofucli.store.files.view import FileView
from tests.conftest import OfficeInFolder
from tests.store.support import (
    DAY,
    OTHER_DAY,
    booking,
    change_ledger,
    day_file,
    kept_files,
    ledger_file,
    ledger_of,
    run_dying,
    with_checksum,
)

Damage = Callable[[Path], Any]


def _edit(root: Path) -> None:
    path = day_file(root)
    path.write_bytes(with_checksum(path.read_bytes().replace(b"X-3", b"X-4")))


def _make_older(root: Path) -> None:
    """Put an older state of a document in its place, as a careless restore of one file does."""
    path = day_file(root)
    document = json.loads(path.read_bytes())
    document |= {"n": document["n"] - 2, "records": []}
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(with_checksum(data.encode() + b"\n"))


def _link(root: Path, name: str) -> None:
    """Move a file or a folder out of the store, and leave a link to it."""
    (root / name).rename(root.parent / "elsewhere")
    (root / name).symlink_to(root.parent / "elsewhere")


DAMAGES: dict[str, Damage] = {
    "day garbled": lambda root: day_file(root).write_bytes(b"\xff{"),
    "day missing": lambda root: day_file(root).unlink(),
    "day edited": _edit,
    "day older": _make_older,
    "day a link": lambda root: _link(root, f"days/2026/{DAY}.json"),
    "year a link": lambda root: _link(root, "days/2026"),
    "all days gone": lambda root: shutil.rmtree(root / "days"),
    "all agents gone": lambda root: shutil.rmtree(root / "agents"),
    "agent garbled": lambda root: (root / "agents" / "A-1.json").write_bytes(b"[]"),
    "office missing": lambda root: (root / "office.json").unlink(),
    "stranger": lambda root: (root / "days" / "2026" / "notes.txt").write_bytes(b"mine"),
    "foreign day": lambda root: shutil.copy(
        day_file(root), root / "days" / "2026" / "2026-11-29.json"
    ),
    "foreign agent": lambda root: (root / "agents" / "ZZ.json").write_bytes(b"{}"),
    "header missing": lambda root: (root / "store.json").unlink(),
    "header garbled": lambda root: (root / "store.json").write_bytes(b"{"),
    "outbox gone": lambda root: shutil.rmtree(root / "outbox"),
    "outbox a file": lambda root: (shutil.rmtree(root / "outbox"), (root / "outbox").touch()),
    "header a folder": lambda root: ((root / "store.json").unlink(), (root / "store.json").mkdir()),
    "folder in a change's way": lambda root: (root / "agents" / "A-1.json.tmp").mkdir(),
    "link in a change's way": lambda root: (root / "office.json.tmp").symlink_to("/etc/hosts"),
    "header spaced": lambda root: (root / "store.json").write_bytes(
        with_checksum((root / "store.json").read_bytes().replace(b',"', b', "'))
    ),
}


@pytest.mark.files
@pytest.mark.parametrize("damage", DAMAGES)
def test_repair_brings_back_every_byte_as_a_dry_run_says(busy: OfficeInFolder, damage: str) -> None:
    before = kept_files(busy.store)
    DAMAGES[damage](busy.store)
    assert busy.run("store", "check").status == 6
    damaged = busy.bytes()
    dry = busy.run("store", "check", "--repair", "-n", "-f", "json")
    assert (dry.status, dry.json["changed"], busy.bytes()) == (6, False, damaged)
    done = busy.json("store", "check", "--repair")
    assert done["ok"]
    assert done["changed"]
    if damage != "year a link":  # a dry run does not say what is missing below the link
        assert done["repaired"] == dry.json["repaired"]
    left = {k: v for k, v in kept_files(busy.store).items() if not k.startswith("aside/")}
    assert left == before
    again = busy.json("store", "check", "--repair")
    assert (again["repaired"], again["changed"]) == ([], False)


@pytest.mark.files
def test_repair_sets_aside_what_it_replaces(busy: OfficeInFolder) -> None:
    _edit(busy.store)
    edited = day_file(busy.store).read_bytes()
    (busy.store / "agents" / "notes").write_bytes(b"mine")
    done = busy.json("store", "check", "--repair")
    aside = busy.store / done["aside"]
    assert (day_file(aside)).read_bytes() == edited
    assert (aside / "agents" / "notes").read_bytes() == b"mine"
    assert {"file": "agents/notes", "action": "set-aside"} in done["repaired"]
    assert {"file": f"days/2026/{DAY}.json", "action": "written"} in done["repaired"]
    _edit(busy.store)
    assert busy.json("store", "check", "--repair")["aside"] == done["aside"]
    assert len(list((aside / "days" / "2026").iterdir())) == 2


@pytest.mark.files
@pytest.mark.parametrize("content", [b"", b'{"format":9,"office":"Y","codec":"json"}\n'])
def test_foreign_and_newer_stores_stay(busy: OfficeInFolder, content: bytes) -> None:
    before = {"store.json": content} if content else {}
    if content:
        (busy.store / "store.json").write_bytes(content)
        before = busy.bytes()
    else:
        shutil.rmtree(busy.store)
        busy.store.mkdir()
    assert busy.run("store", "check", "--repair").status == 6
    assert busy.bytes() == before


@pytest.mark.files
def test_unfinished_line_is_cut_off(busy: OfficeInFolder) -> None:
    before = kept_files(busy.store)
    with ledger_file(busy.store).open("ab") as ledger:
        ledger.write(b'{"sum":"0000')
    done = busy.json("store", "check", "--repair")
    assert done["repaired"] == [{"file": "ledger/2026-11.jsonl", "action": "cut-off"}]
    assert kept_files(busy.store) == before


@pytest.mark.files
@pytest.mark.parametrize("rest", [b"", b"\r", b"\x00"])
def test_lost_line_feed_is_put_back(busy: OfficeInFolder, rest: bytes) -> None:
    before = kept_files(busy.store)
    path = ledger_file(busy.store)
    path.write_bytes(path.read_bytes()[:-1] + rest)
    assert busy.run("slots").status == 6
    completed = [{"file": "ledger/2026-11.jsonl", "action": "completed"}]
    dry = busy.run("store", "check", "--repair", "-n", "-f", "json")
    assert (dry.status, dry.json["repaired"]) == (6, completed)
    done = busy.json("store", "check", "--repair")
    assert done["repaired"] == completed
    assert kept_files(busy.store) == before
    assert busy.run(*booking("11:00", "X-9")).status == 0


def test_foreign_last_line_stays_named(busy: OfficeInFolder) -> None:
    """A whole line without its line feed that does not continue the ledger is not believed."""
    lines = ledger_of(busy.store)
    change_ledger(busy.store, lambda raws: [*raws[:-3], raws[-1][:-1]])
    before = busy.bytes()
    outcome = busy.run("store", "check", "--repair", "-f", "json")
    assert outcome.status == 6
    named = [(p["file"], p["line"]) for p in outcome.json["problems"]]
    assert ("ledger/2026-11.jsonl", len(lines) - 2) in named
    assert busy.bytes() == before


@pytest.mark.files
def test_leftovers_are_removed(busy: OfficeInFolder) -> None:
    """Personal values that no record names are set aside: nothing could bring them back."""
    before = kept_files(busy.store)
    values = f"private/A-1-{'0' * 32}.json"
    for name in ("office.json.tmp", "agents/A-1.json.tmp", values):
        (busy.store / name).write_bytes(b"{}")
    found = busy.json("store", "check")
    assert found["ok"]
    assert sorted(found["leftovers"]) == ["agents/A-1.json.tmp", "office.json.tmp", values]
    done = busy.json("store", "check", "--repair")
    assert {r["file"]: r["action"] for r in done["repaired"]} == {
        "agents/A-1.json.tmp": "removed",
        "office.json.tmp": "removed",
        values: "set-aside",
    }
    kept = {f"{done['aside']}/{values}": b"{}"}
    assert kept_files(busy.store) == before | kept


def test_values_of_an_erased_agent_are_removed(busy: OfficeInFolder) -> None:
    office = busy
    office.json("cancel", "B-9", "--agent", "B-2")
    (kept,) = (office.store / "private").glob("B-2-*.json")
    content = kept.read_bytes()
    assert office.run("agent", "erase", "B-2", "-y").status == 0
    kept.write_bytes(content)
    assert office.run("store", "check").status == 6
    assert office.run("store", "check", "--repair").status == 0
    assert not kept.exists()


@pytest.mark.files
def test_documents_stay_where_the_ledger_is_damaged(busy: OfficeInFolder) -> None:
    change_ledger(busy.store, lambda raws: [raw.replace(b"X-3", b"X-4") for raw in raws])
    day_file(busy.store).unlink()
    before = busy.bytes()
    outcome = busy.run("store", "check", "--repair")
    assert outcome.status == 6
    assert "store restore" in outcome.out
    assert "ledger/2026-11.jsonl:" in outcome.out
    assert busy.bytes() == before


def test_lost_end_of_the_ledger_stays_named(busy: OfficeInFolder) -> None:
    """Documents that know more than the ledger are evidence of what was lost: none is undone."""
    change_ledger(busy.store, lambda raws: raws[:-1])
    day_file(busy.store).with_name(f"{OTHER_DAY}.json").unlink()
    before = busy.bytes()
    outcome = busy.run("store", "check", "--repair", "-f", "json")
    assert outcome.status == 6
    assert f"days/2026/{DAY}.json" in [p["file"] for p in outcome.json["problems"]]
    assert outcome.json["repaired"] == []
    assert busy.bytes() == before


def _lose_first_booking_of_a_day(office: OfficeInFolder) -> str:
    office.book("+3", "10:00", "X-5", agent="B-2")
    change_ledger(office.store, lambda raws: raws[:-1])
    return "days/2026/2026-11-27.json"


def _lose_registration(office: OfficeInFolder) -> str:
    office.add_agent("C-3", verify=False)
    change_ledger(office.store, lambda raws: raws[:-1])
    return "agents/C-3.json"


def _lose_half_of_a_line(office: OfficeInFolder) -> str:
    name = _lose_first_booking_of_a_day(office)
    with ledger_file(office.store).open("ab") as ledger:
        ledger.write(b'{"sum":"0000')
    return name


def _lose_two_and_go_on(office: OfficeInFolder) -> str:
    """Lose two lines, and let another day be booked in the place of the first of them."""
    path = day_file(office.store, OTHER_DAY)
    before = path.read_bytes()
    office.book("+3", "10:00", "X-5", agent="B-2")
    office.book("+2", "10:00", "X-6", agent="B-2")
    path.write_bytes(before)
    change_ledger(office.store, lambda raws: raws[:-2])
    with patch.object(FileView, "_look_ahead"):  # as a program does that does not notice
        office.book("+4", "10:00", "X-7", agent="B-2")
    return "days/2026/2026-11-27.json"


def _lose_a_month(office: OfficeInFolder) -> str:
    office.now = "2026-12-01T10:00:00"
    office.book("+1", "10:00", "X-5")
    (office.store / "ledger" / "2026-12.jsonl").unlink()
    return "days/2026/2026-12-02.json"


@pytest.mark.files
@pytest.mark.parametrize(
    "lose",
    [
        _lose_first_booking_of_a_day,
        _lose_registration,
        _lose_half_of_a_line,
        _lose_two_and_go_on,
        _lose_a_month,
    ],
)
def test_document_of_lost_lines_is_no_stranger(
    busy: OfficeInFolder, lose: Callable[[OfficeInFolder], str]
) -> None:
    """Set aside, its numbers would be given again; personal values could not be made again."""
    name = lose(busy)
    before = busy.bytes()
    outcome = busy.run("store", "check", "--repair", "-f", "json")
    assert outcome.status == 6
    messages = {p["file"]: p["message"] for p in outcome.json["problems"]}
    assert "lines are lost" in messages[name]
    assert outcome.json["repaired"] == []
    assert busy.bytes() == before
    assert "store restore" in busy.run("store", "check", "--repair").out


@pytest.mark.files
def test_repair_goes_by_the_office_of_the_numbers(busy: OfficeInFolder) -> None:
    """A missing store.json is not written for the office of another configuration (exit 5)."""
    (busy.store / "store.json").unlink()
    shutil.rmtree(busy.store / "outbox")
    busy.set("office", "id", '"ZZ"')
    before = busy.bytes()
    for options in ([], ["-n"]):
        outcome = busy.run("store", "check", "--repair", *options)
        assert outcome.status == 5
        assert "office Y" in outcome.err
        assert busy.bytes() == before
        assert not (busy.store / "outbox").exists()
    busy.set("office", "id", '"Y"')
    assert busy.json("store", "check", "--repair")["ok"]


@pytest.mark.files
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_lock_that_cannot_be_opened_is_named(busy: OfficeInFolder, kind: str) -> None:
    path = busy.store / ".lock"
    path.unlink(missing_ok=True)
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("elsewhere")
    outcome = busy.run("store", "check", "-f", "json")
    assert outcome.status == 6
    assert [p["file"] for p in outcome.json["problems"]] == [".lock"]
    repair = busy.run("store", "check", "--repair", "-f", "json")
    assert (repair.status, ".lock" in repair.error["message"]) == (6, True)


@pytest.mark.files
def test_folder_is_made_and_not_written(busy: OfficeInFolder) -> None:
    shutil.rmtree(busy.store / "outbox")
    dry = busy.run("store", "check", "--repair", "-n", "-f", "json")
    assert dry.json["repaired"] == [{"file": "outbox", "action": "made"}]
    assert "outbox: made\n" in busy.run("store", "check", "--repair").out


def test_repair_names_lost_personal_values_and_does_the_rest(busy: OfficeInFolder) -> None:
    (lost,) = (busy.store / "private").glob("A-1-*.json")
    lost.unlink()
    day_file(busy.store).unlink()
    outcome = busy.run("store", "check", "--repair", "-f", "json")
    assert outcome.status == 6
    assert [p["file"] for p in outcome.json["problems"]] == [f"private/{lost.name}"]
    assert day_file(busy.store).exists()


@pytest.mark.files
def test_repair_completes_a_killed_booking(busy: OfficeInFolder) -> None:
    assert run_dying(busy, "document:1", *booking("13:00", "X-13")).status < 0
    (day_file(busy.store, OTHER_DAY)).write_bytes(b"")
    assert busy.json("store", "check", "--repair")["ok"]
    assert len(busy.json("list", "--case", "X-13")["reservations"]) == 1


@pytest.mark.files
def test_repair_brings_a_toml_store_back(tmp_path: Path) -> None:
    office = OfficeInFolder(tmp_path, "toml")
    office.add_agent()
    office.book("+1", "10:00", "X-1", "在留2")
    office.book("+1", "11:00", "X-3")
    before = kept_files(office.store)
    path = office.store / "days" / "2026" / f"{DAY}.toml"
    line = next(n for n, x in enumerate(path.read_text("utf-8").splitlines(), 1) if "X-3" in x)
    edited = path.read_bytes().replace(b"X-3", b"X-4")
    path.write_bytes(edited)
    assert office.run("store", "check", "-f", "json").json["problems"][0]["line"] == line
    assert office.json("store", "check", "--repair")["ok"]
    left = {k: v for k, v in kept_files(office.store).items() if not k.startswith("aside/")}
    assert left == before
