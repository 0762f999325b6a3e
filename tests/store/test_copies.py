"""Exports, imports, backups and restores: a store as a file, and back, or nothing at all."""

from __future__ import annotations

import gzip
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kofucli.numbers import sequence_of
from tests.conftest import OfficeInFolder
from tests.store.support import (
    booking,
    fail_call,
    full_arguments,
    is_whole,
    kept_files,
    numbers_of,
    process_environment,
    run_dying,
)


def _export(office: OfficeInFolder, path: Path) -> Path:
    assert office.run("store", "export", "-o", str(path)).status == 0
    return path


def _back_up(office: OfficeInFolder, folder: Path) -> Any:
    return office.json("store", "backup", str(folder))


def _is_whole_at(office: OfficeInFolder, store: Path) -> bool:
    return bool(office.json("store", "check", "--store", str(store))["ok"])


def test_round_trip_keeps_every_byte(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """An import of an export is the same store, byte by byte; mails alone are left out."""
    assert any((busy_office.store / "outbox").iterdir())
    file = _export(busy_office, tmp_path / "all.jsonl")
    made = busy_office.json("store", "import", str(file), str(tmp_path / "copy"))
    assert kept_files(tmp_path / "copy") == kept_files(busy_office.store)
    assert list((tmp_path / "copy" / "outbox").iterdir()) == []
    assert made["head"] == busy_office.json("store", "check")["head"]
    assert _is_whole_at(busy_office, tmp_path / "copy")


def test_export_is_the_same_each_time(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """The same store gives the same bytes, to a file as to standard output, and is 0600."""
    file = _export(busy_office, tmp_path / "all.jsonl")
    again = busy_office.run("store", "export", now="2027-01-05T10:00:00")
    assert again.out.encode() == file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for line in again.out.splitlines():
        assert isinstance(json.loads(line), dict)


def test_conversion_and_back(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """--codec writes the documents in the other form, of the same ledger; and back again."""
    file = _export(busy_office, tmp_path / "json.jsonl")
    toml = tmp_path / "toml"
    assert busy_office.json("store", "import", str(file), str(toml), "--codec", "toml")
    assert sorted(p.name for p in (toml / "agents").iterdir()) == ["A-1.toml", "B-2.toml"]
    assert _is_whole_at(busy_office, toml)
    ledger = "ledger/2026-11.jsonl"
    assert kept_files(toml)[ledger] == kept_files(busy_office.store)[ledger]
    busy_office.json("list", "--store", str(toml))
    outcome = busy_office.run("store", "export", "--store", str(toml))
    (tmp_path / "toml.jsonl").write_text(outcome.out, "utf-8")
    back = tmp_path / "back"
    given = [str(tmp_path / "toml.jsonl"), str(back), "--codec", "json"]
    busy_office.json("store", "import", *given)
    assert kept_files(back) == kept_files(busy_office.store)


def test_import_from_standard_input(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """``-`` is standard input."""
    file = _export(busy_office, tmp_path / "all.jsonl")
    command = full_arguments(busy_office, "store", "import", "-", str(tmp_path / "copy"))
    done = subprocess.run(
        [sys.executable, "-m", "kofucli", *command],
        input=file.read_bytes(),
        capture_output=True,
        check=False,
        env=process_environment(),
    )
    assert done.returncode == 0, done.stderr
    assert _is_whole_at(busy_office, tmp_path / "copy")


def test_documents_left_behind_are_completed(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """An export made while a killed process left its documents behind holds its change."""
    assert run_dying(busy_office, "document:1", *booking("13:00", "X-13")).status < 0
    file = _export(busy_office, tmp_path / "all.jsonl")
    busy_office.json("store", "import", str(file), str(tmp_path / "copy"))
    assert _is_whole_at(busy_office, tmp_path / "copy")
    listed = busy_office.json("list", "--case", "X-13", "--store", str(tmp_path / "copy"))
    assert len(listed["reservations"]) == 1


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


BAD_ARCHIVES = {
    "empty": lambda lines: [],
    "no archive": lambda lines: [b'{"a":1}\n'],
    "no text": lambda lines: [b"\xff\xfe\x00"],
    "broken gzip": lambda lines: [gzip.compress(b"".join(lines))[:-20]],
    "no gzip": lambda lines: [b"\x1f\x8b" + b"".join(lines)],
    "end missing": lambda lines: lines[:-1],
    "line missing": lambda lines: lines[:4] + lines[5:],
    "lines swapped": lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]],
    "value changed": lambda lines: [x.replace("乙".encode(), "丙".encode()) for x in lines],
    "ledger changed": lambda lines: [x.replace(b"B-9", b"B-8") for x in lines],
    "cut within": lambda lines: [b"".join(lines)[:-90]],
    "path out of the store": lambda lines: [
        x.replace(b"private/", b"../private/", 1) for x in lines
    ],
    "newer": lambda lines: [lines[0].replace(b'"format":1', b'"format":2'), *lines[1:]],
}


@pytest.mark.parametrize("fault", BAD_ARCHIVES)
def test_bad_file_makes_nothing(busy_office: OfficeInFolder, tmp_path: Path, fault: str) -> None:
    """A file that is cut, changed or no export is exit 5 and named; no folder appears."""
    file = _export(busy_office, tmp_path / "all.jsonl")
    bad = tmp_path / "bad"
    bad.write_bytes(b"".join(BAD_ARCHIVES[fault](_lines(file))))
    for command in ("import", "restore"):
        for options in (["-n"], []):
            yes = ["-y"] if command == "restore" else []
            given = ["store", command, str(bad), str(tmp_path / "copy"), *options, *yes]
            outcome = busy_office.run(*given, "-f", "json")
            assert outcome.status == 5, outcome
            assert str(bad) in outcome.error["message"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.jsonl", "bad", "busy"]


def test_missing_personal_values_make_no_store(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """A file whose every line is good, but which lacks an agent's values, makes nothing."""
    import hashlib

    *lines, _ = _lines(_export(busy_office, tmp_path / "all.jsonl"))
    kept = [line for line in lines if b"private/A-1-" not in line]
    sha256 = hashlib.sha256(b"".join(kept)).hexdigest()
    end = json.dumps({"end": True, "lines": len(kept), "sha256": sha256}).replace(" ", "")
    (tmp_path / "bad").write_bytes(b"".join(kept) + end.encode() + b"\n")
    given = ["store", "import", str(tmp_path / "bad"), str(tmp_path / "copy"), "-f", "json"]
    outcome = busy_office.run(*given)
    assert outcome.status == 5
    assert outcome.error["problems"][0]["where"].startswith("private/A-1-")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("command", ["import", "restore"])
def test_only_into_an_empty_folder(
    busy_office: OfficeInFolder, tmp_path: Path, command: str
) -> None:
    """Whatever is in DIR stays: exit 6. An empty folder is taken."""
    file = _export(busy_office, tmp_path / "all.jsonl")
    place = tmp_path / "place"
    place.mkdir()
    (place / "notes").write_bytes(b"precious")
    yes = ["-y"] if command == "restore" else []
    outcome = busy_office.run("store", command, str(file), str(place), *yes, "-f", "json")
    assert (outcome.status, outcome.error["reason"]) == (6, "exists")
    assert [p.name for p in place.iterdir()] == ["notes"]
    (place / "notes").unlink()
    assert busy_office.run("store", command, str(file), str(place), *yes).status == 0


def test_another_office(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """The store of another office is bad input, and makes nothing."""
    file = _export(busy_office, tmp_path / "all.jsonl")
    busy_office.set("office", "id", '"ZZ"')
    outcome = busy_office.run("store", "import", str(file), str(tmp_path / "copy"), "-f", "json")
    assert outcome.status == 5
    assert "office Y" in outcome.error["message"]
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("command", ["import", "restore"])
def test_killed_import_leaves_no_store(
    busy_office: OfficeInFolder, tmp_path: Path, command: str
) -> None:
    """Wherever it dies, there is no store at DIR or a whole one."""
    file = _export(busy_office, tmp_path / "all.jsonl")
    place = tmp_path / "copy"
    yes = ["-y"] if command == "restore" else []
    given = ["store", command, str(file), str(place), *yes]
    for call in ("fsync:1", "fsync:7", "rename:1", "fsync:30"):
        died = run_dying(busy_office, call, *given)
        if died.status < 0 and place.exists():
            assert _is_whole_at(busy_office, place)
        shutil.rmtree(place, ignore_errors=True)
    assert busy_office.run(*given).status == 0
    assert _is_whole_at(busy_office, place)


def test_full_disk_leaves_no_store(
    busy_office: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import that fails half-way leaves nothing beside its place."""
    file = _export(busy_office, tmp_path / "all.jsonl")
    with monkeypatch.context() as patch:
        fail_call(patch, "fsync", 28, lambda path: "/agents/" in path)
        outcome = busy_office.run("store", "import", str(file), str(tmp_path / "copy"))
    assert outcome.status == 6
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.jsonl", "busy"]


# Backups


def test_backup_is_restored(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """A restored backup holds every reservation and every value, and says what is lost."""
    made = _back_up(busy_office, tmp_path / "safe")
    assert made["head"] == busy_office.json("store", "check")["head"]
    assert Path(made["file"]).name == f"kofu-Y-20261124T100000-{made['n']}.jsonl.gz"
    assert stat.S_IMODE(Path(made["file"]).stat().st_mode) == 0o600
    assert made["size"] == Path(made["file"]).stat().st_size
    numbers = numbers_of(busy_office)
    lost = busy_office.book("+1", "13:00", "X-13")["number"]
    shutil.rmtree(busy_office.store)
    done = busy_office.json("store", "restore", made["file"], str(busy_office.store), "-y")
    assert done["head"] == made["head"]
    assert done["lost_after"] == made["at"] == "2026-11-24T10:00:00+09:00"
    assert numbers_of(busy_office) == numbers
    assert lost not in numbers
    assert busy_office.json("agent", "show", "B-2")["agent"]["name"] == "乙 太郎"
    assert is_whole(busy_office)
    assert busy_office.json("store", "log", "--limit", "1")["entries"][0]["op"] == "restore"


def test_no_number_is_given_twice(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """Numbers printed after the backup are never given again, on no day; nor after a second one."""
    made = _back_up(busy_office, tmp_path / "safe")
    given = [busy_office.book("+1", "13:00", case)["number"] for case in ("L-1", "L-2")]
    shutil.rmtree(busy_office.store)
    done = busy_office.json("store", "restore", made["file"], str(busy_office.store), "-y")
    floor = done["numbers_above"]
    assert floor >= 20_000
    for day, hour in (("+1", "10:00"), ("+2", "09:00"), ("+5", "10:00")):
        given.append(busy_office.book(day, hour, f"N-{day[1]}", agent="B-2")["number"])
        assert sequence_of(given[-1]) == floor + 1
    again = _back_up(busy_office, tmp_path / "later")
    shutil.rmtree(busy_office.store)
    done = busy_office.json("store", "restore", again["file"], str(busy_office.store), "-y")
    assert done["numbers_above"] > floor + 10_000
    given.append(busy_office.book("+1", "10:00", "N-9", agent="B-2")["number"])
    assert len(set(given)) == len(given)
    shown = busy_office.json("show", given[-1])["reservation"]
    assert shown["cases"][0]["number"] == "N-9"


def test_two_restores_of_one_backup_differ(
    busy_office: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restoring the same backup later begins higher: the first one has given numbers meanwhile."""
    from datetime import timedelta

    from kofucli.clock import machine_now

    made = _back_up(busy_office, tmp_path / "safe")
    floors = []
    for hours in (0, 1):
        later = machine_now() + timedelta(hours=hours)
        monkeypatch.setattr("kofucli.store.unpacking.machine_now", lambda later=later: later)
        given = ["store", "restore", made["file"], str(tmp_path / f"s{hours}"), "-y"]
        floors.append(busy_office.json(*given)["numbers_above"])
    assert floors[1] - floors[0] >= 3600


def test_restore_asks(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """Without a terminal and -y it is exit 2, and a dry run verifies and makes nothing."""
    made = _back_up(busy_office, tmp_path / "safe")
    outcome = busy_office.run("store", "restore", made["file"], str(tmp_path / "s"))
    assert outcome.status == 2
    assert "-y" in outcome.err
    dry = busy_office.json("store", "restore", made["file"], str(tmp_path / "s"), "-n")
    assert dry["changed"] is False
    assert not (tmp_path / "s").exists()


def test_backup_while_others_write(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """Backups made while another process books are whole, each as of one line."""
    code = (
        "import sys, datetime\n"
        "from kofucli.store import open_store\n"
        "from tests.store.support import make_reservation, put_reservations\n"
        "store = open_store(sys.argv[1], 'Y')\n"
        "for n in range(1, 10000):\n"
        "    put_reservations(store, make_reservation(n + 100))\n"
        "    n == 1 and print('begun', flush=True)\n"
    )
    heads = []
    with subprocess.Popen(
        [sys.executable, "-c", code, str(busy_office.store)],
        stdout=subprocess.PIPE,
        env=process_environment() | {"PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            made = [_back_up(busy_office, tmp_path / "safe") for _ in range(5)]
        finally:
            process.kill()
    for at, one in enumerate(made):
        place = tmp_path / f"s{at}"
        assert busy_office.json("store", "import", one["file"], str(place))["head"] == one["head"]
        assert busy_office.run("store", "check", "--expect", one["head"]).status == 0
        heads.append(one["n"])
    assert heads == sorted(heads)
    assert heads[-1] > heads[0]


def test_backup_of_a_damaged_ledger_is_refused(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """A backup never holds a broken chain: exit 6, and no file is left."""
    path = busy_office.store / "ledger" / "2026-11.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3] + lines[4:]))
    outcome = busy_office.run("store", "backup", str(tmp_path / "safe"), "-f", "json")
    assert (outcome.status, outcome.error["reason"]) == (6, "damaged")
    assert list((tmp_path / "safe").iterdir()) == []


def test_backup_that_reads_back_wrongly_is_said(
    busy_office: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a disk changed while it wrote is found by reading the backup back: exit 6, no file."""
    real = gzip.GzipFile.write

    def write(self: Any, data: bytes) -> int:
        return real(self, bytes(data).replace(b"X-3", b"X-4"))

    monkeypatch.setattr(gzip.GzipFile, "write", write)
    outcome = busy_office.run("store", "backup", str(tmp_path / "safe"))
    assert outcome.status == 6
    assert list((tmp_path / "safe").iterdir()) == []


def test_copies_are_the_offices(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """While an agent is set by variable or configuration, copies and the journal are exit 2."""
    for command in (
        ["backup", str(tmp_path / "x")],
        ["export"],
        ["import", "x", "y"],
        ["restore", "x", "y"],
        ["migrate"],
        ["purge", "--before", "today"],
        ["log"],
        ["check", "--repair"],
    ):
        assert busy_office.run("store", *command, KOFUCLI_AGENT="A-1").status == 2
    assert busy_office.run("store", "log", "--office", KOFUCLI_AGENT="A-1").status == 0


def test_results_do_not_go_into_the_store(busy_office: OfficeInFolder) -> None:
    """A backup or an export into the store itself is wrong usage."""
    before = busy_office.bytes()
    inside = str(busy_office.store / "x")
    assert busy_office.run("store", "backup", inside).status == 2
    assert busy_office.run("store", "export", "-o", inside).status == 2
    assert busy_office.bytes() == before


def test_export_to_a_device(busy_office: OfficeInFolder) -> None:
    """A device is written as it is, never replaced by a file."""
    assert busy_office.run("store", "export", "-o", "/dev/null").status == 0
    assert Path("/dev/null").is_char_device()


def test_import_of_toml_office(tmp_path: Path, office: OfficeInFolder) -> None:
    """A store of TOML documents comes back byte by byte too."""
    folder = tmp_path / "toml"
    folder.mkdir()
    made = OfficeInFolder(folder, "toml")
    made.add_agent()
    made.book("+1", "10:00", "X-1", "在留2")
    file = _export(made, tmp_path / "all.jsonl")
    made.json("store", "import", str(file), str(tmp_path / "copy"))
    assert kept_files(tmp_path / "copy") == kept_files(made.store)
