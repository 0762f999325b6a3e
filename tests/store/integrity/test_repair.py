"""``store check --repair`` makes from the ledger what follows from it, and names the rest."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from kofucli.store.files.view import FileView
from tests.conftest import OfficeInFolder
from tests.store.harm import Harm, block, change_lines, edit, remove, write
from tests.store.support import DAY, OTHER_DAY, change_ledger, day_file, kept_files, ledger_file

DAY_FILE = f"days/2026/{DAY}.json"
LEDGER = "ledger/2026-11.jsonl"


def _end_with(rest: bytes) -> Harm:
    return change_lines(lambda raws: [*raws[:-1], raws[-1][:-1] + rest])


def _copy_day(root: Path) -> None:
    shutil.copy(root / DAY_FILE, root / "days/2026/2026-11-29.json")


def _write_for_folder(root: Path) -> None:
    shutil.rmtree(root / "outbox")
    (root / "outbox").touch()


DAMAGES: list[tuple[str, Harm, str, str]] = [
    ("garbled", write(DAY_FILE, b"\xff{"), DAY_FILE, "written"),
    ("missing", remove(DAY_FILE), DAY_FILE, "written"),
    ("edited", edit(DAY_FILE, b"X-3", b"X-4"), DAY_FILE, "written"),
    ("a link", block(DAY_FILE, "link"), DAY_FILE, "written"),
    ("a link", block("days/2026", "link"), "days/2026", "set-aside"),
    ("gone", remove("days/"), "days", "made"),
    ("gone", remove("agents/"), "agents", "made"),
    ("gone", remove("outbox/"), "outbox", "made"),
    ("a file", _write_for_folder, "outbox", "made"),
    ("garbled", write("agents/A-1.json", b"[]"), "agents/A-1.json", "written"),
    ("missing", remove("office.json"), "office.json", "written"),
    ("stranger", write("days/2026/notes.txt", b"mine"), "days/2026/notes.txt", "set-aside"),
    ("stranger", _copy_day, "days/2026/2026-11-29.json", "set-aside"),
    ("stranger", write("agents/ZZ.json", b"{}"), "agents/ZZ.json", "set-aside"),
    ("in the way", block("agents/A-1.json.tmp", "folder"), "agents/A-1.json.tmp", "set-aside"),
    ("in the way", block("office.json.tmp", "link"), "office.json.tmp", "set-aside"),
    ("missing", remove("store.json"), "store.json", "written"),
    ("garbled", write("store.json", b"{"), "store.json", "written"),
    ("a folder", block("store.json", "folder"), "store.json", "written"),
    ("spaced", edit("store.json", b',"', b', "'), "store.json", "written"),
    *((f"ends with {end!r}", _end_with(end), LEDGER, "completed") for end in (b"", b"\r", b"\0")),
]


@pytest.mark.files
@pytest.mark.parametrize(
    ("harm", "file", "action"), [d[1:] for d in DAMAGES], ids=[f"{d[2]} {d[0]}" for d in DAMAGES]
)
def test_repair_brings_back_every_byte_as_a_dry_run_says(
    busy: OfficeInFolder, harm: Harm, file: str, action: str
) -> None:
    before = kept_files(busy.store)
    harm(busy.store)
    assert busy.run("store", "check").status == 6
    damaged = busy.bytes()
    dry = busy.run("store", "check", "--repair", "-n", "-f", "json")
    assert (dry.status, dry.json["changed"], busy.bytes()) == (6, False, damaged)
    done = busy.json("store", "check", "--repair")
    assert (done["ok"], done["changed"]) == (True, True)
    assert {"file": file, "action": action} in done["repaired"]
    if file != "days/2026":  # a dry run does not say what is missing below the link
        assert done["repaired"] == dry.json["repaired"]
    assert {k: v for k, v in kept_files(busy.store).items() if k[:6] != "aside/"} == before
    again = busy.json("store", "check", "--repair")
    assert (again["repaired"], again["changed"]) == ([], False)


@pytest.mark.files
def test_repair_sets_aside_what_it_replaces(busy: OfficeInFolder) -> None:
    edit(DAY_FILE, b"X-3", b"X-4")(busy.store)
    edited = day_file(busy.store).read_bytes()
    (busy.store / "agents" / "notes").write_bytes(b"mine")
    done = busy.json("store", "check", "--repair")
    aside = busy.store / done["aside"]
    assert day_file(aside).read_bytes() == edited
    assert (aside / "agents" / "notes").read_bytes() == b"mine"
    edit(DAY_FILE, b"X-3", b"X-4")(busy.store)
    assert busy.json("store", "check", "--repair")["aside"] == done["aside"]
    assert len(list((aside / "days" / "2026").iterdir())) == 2


@pytest.mark.files
def test_what_a_broken_off_change_left_is_removed(busy: OfficeInFolder) -> None:
    """Personal values that no record names are set aside: nothing could bring them back."""
    before = kept_files(busy.store)
    values = f"private/A-1-{'0' * 32}.json"
    for name in ("office.json.tmp", "agents/A-1.json.tmp", values):
        (busy.store / name).write_bytes(b"{}")
    with ledger_file(busy.store).open("ab") as ledger:
        ledger.write(b'{"sum":"0000')
    found = busy.json("store", "check")
    assert found["ok"]
    assert sorted(found["leftovers"]) == ["agents/A-1.json.tmp", "office.json.tmp", values]
    done = busy.json("store", "check", "--repair")
    assert {r["file"]: r["action"] for r in done["repaired"]} == {
        "agents/A-1.json.tmp": "removed",
        "office.json.tmp": "removed",
        values: "set-aside",
        LEDGER: "cut-off",
    }
    assert kept_files(busy.store) == before | {f"{done['aside']}/{values}": b"{}"}


def test_values_of_an_erased_agent_are_removed(busy: OfficeInFolder) -> None:
    busy.json("cancel", "B-9", "--agent", "B-2")
    (kept,) = (busy.store / "private").glob("B-2-*.json")
    content = kept.read_bytes()
    assert busy.run("agent", "erase", "B-2", "-y").status == 0
    kept.write_bytes(content)
    assert busy.run("store", "check").status == 6
    assert f"private/{kept.name}: removed\n" in busy.run("store", "check", "--repair").out
    assert not kept.exists()


Loss = Callable[[OfficeInFolder], object]


def _lose(*commands: str, rest: bytes = b"", file: str = "") -> Loss:
    """Return what loses the line of the last of some commands, but for a rest of it, and a file."""

    def lose(office: OfficeInFolder) -> None:
        for command in commands:
            office.json(*command.split())
        change_ledger(office.store, lambda raws: [*raws[:-1], rest])
        if file:
            (office.store / file).unlink()

    return lose


def _lose_two_and_go_on(office: OfficeInFolder) -> None:
    """Lose two lines, and let another day be booked in the place of the first of them."""
    path = day_file(office.store, OTHER_DAY)
    before = path.read_bytes()
    office.book("+3", "10:00", "X-5", agent="B-2")
    office.book("+2", "10:00", "X-6", agent="B-2")
    path.write_bytes(before)
    change_ledger(office.store, lambda raws: raws[:-2])
    with patch.object(FileView, "_look_ahead"):  # as a program does that does not notice
        office.book("+4", "10:00", "X-7", agent="B-2")


def _lose_a_month(office: OfficeInFolder) -> None:
    office.now = "2026-12-01T10:00:00"
    office.book("+1", "10:00", "X-5")
    (office.store / "ledger" / "2026-12.jsonl").unlink()


def _change_lines_and_lose_day(office: OfficeInFolder) -> None:
    edit(LEDGER, b"X-3", b"X-4", False)(office.store)
    day_file(office.store).unlink()


def _put_foreign_last_line(office: OfficeInFolder) -> None:
    """A whole line without its line feed that does not continue the ledger is not believed."""
    change_ledger(office.store, lambda raws: [*raws[:-3], raws[-1][:-1]])


OTHER_FILE, NEW_FILE = f"days/2026/{OTHER_DAY}.json", "days/2026/2026-11-27.json"
BOOK = "book +3 10:00 --case X-5 --agent B-2"
ADD = (
    "agent add --id C-3 --name x --occupation scrivener --certificate N-1"
    " --valid-until 2034-03-31 --email n@x.example.jp"
)
LOSSES: dict[str, tuple[Loss, str]] = {
    "last line": (_lose(file=OTHER_FILE), DAY_FILE),
    "first booking of a day": (_lose(BOOK), NEW_FILE),
    "half of a line": (_lose(BOOK, rest=b'{"sum":"0000'), NEW_FILE),
    "registration": (_lose(ADD), "agents/C-3.json"),
    "two lines, and a change": (_lose_two_and_go_on, NEW_FILE),
    "month": (_lose_a_month, "days/2026/2026-12-02.json"),
    "line changed": (_change_lines_and_lose_day, LEDGER),
    "foreign line": (_put_foreign_last_line, LEDGER),
}


@pytest.mark.files
@pytest.mark.parametrize("loss", LOSSES)
def test_what_follows_from_no_line_stays_and_is_named(busy: OfficeInFolder, loss: str) -> None:
    """A document of lost lines is no stranger: set aside, its numbers would be given again."""
    lose, file = LOSSES[loss]
    lose(busy)
    before = busy.bytes()
    outcome = busy.run("store", "check", "--repair", "-f", "json")
    assert (outcome.status, outcome.json["repaired"]) == (6, [])
    messages = {p["file"]: p["message"] for p in outcome.json["problems"]}
    assert "lines are lost" in messages[file] or file == LEDGER
    assert busy.bytes() == before
    assert "store restore" in busy.run("store", "check", "--repair").out


def test_repair_names_lost_personal_values_and_does_the_rest(busy: OfficeInFolder) -> None:
    (lost,) = (busy.store / "private").glob("A-1-*.json")
    lost.unlink()
    day_file(busy.store).unlink()
    outcome = busy.run("store", "check", "--repair", "-f", "json")
    assert outcome.status == 6
    assert [p["file"] for p in outcome.json["problems"]] == [f"private/{lost.name}"]
    assert day_file(busy.store).exists()


@pytest.mark.files
@pytest.mark.parametrize("newer", [True, False])
def test_newer_store_and_empty_folder_stay(busy: OfficeInFolder, newer: bool) -> None:
    if newer:
        write("store.json", b'{"format":9,"office":"Y","codec":"json"}\n')(busy.store)
    else:
        shutil.rmtree(busy.store)
        busy.store.mkdir()
    before = busy.bytes()
    assert busy.run("store", "check", "--repair").status == 6
    assert busy.bytes() == before


@pytest.mark.files
def test_a_ledger_without_its_beginning_makes_no_header(busy: OfficeInFolder) -> None:
    """Without store.json, too, nobody knows whether a purge removed it."""
    (busy.store / "store.json").unlink()
    ledger = busy.store / LEDGER
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[1:]))
    before = busy.bytes()
    outcome = busy.run("store", "check", "--repair")
    assert outcome.status == 6
    assert "its beginning is missing" in outcome.err
    assert busy.bytes() == before


@pytest.mark.files
def test_repair_goes_by_the_office_of_the_numbers(busy: OfficeInFolder) -> None:
    """A missing store.json is not written for the office of another configuration (exit 5)."""
    (busy.store / "store.json").unlink()
    shutil.rmtree(busy.store / "outbox")
    busy.set("office", "id", '"ZZ"')
    before = busy.bytes()
    for options in ([], ["-n"]):
        outcome = busy.run("store", "check", "--repair", *options)
        assert (outcome.status, "office Y" in outcome.err) == (5, True)
        assert busy.bytes() == before
        assert not (busy.store / "outbox").exists()


@pytest.mark.files
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_lock_that_cannot_be_opened_is_named(busy: OfficeInFolder, kind: str) -> None:
    (busy.store / ".lock").unlink(missing_ok=True)
    block(".lock", kind)(busy.store)
    outcome = busy.run("store", "check", "-f", "json")
    assert outcome.status == 6
    assert [p["file"] for p in outcome.json["problems"]] == [".lock"]
    repair = busy.run("store", "check", "--repair", "-f", "json")
    assert (repair.status, ".lock" in repair.error["message"]) == (6, True)


@pytest.mark.files
def test_line_of_a_toml_document_is_named(tmp_path: Path) -> None:
    office = OfficeInFolder(tmp_path, "toml")
    office.add_agent()
    office.book("+1", "10:00", "X-1")
    office.book("+1", "11:00", "X-3")
    path = office.store / "days" / "2026" / f"{DAY}.toml"
    before = path.read_bytes()
    line = before[: before.index(b"X-3")].count(b"\n") + 1
    path.write_bytes(before.replace(b"X-3", b"X-4"))
    assert office.run("store", "check", "-f", "json").json["problems"][0]["line"] == line
    assert office.json("store", "check", "--repair")["ok"]
    assert path.read_bytes() == before
