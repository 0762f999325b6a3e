"""Exports, imports, backups and restores: a file makes a whole store, or none."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from kofucli.model.numbers import sequence_of
from tests.conftest import OfficeInFolder
from tests.store.support import (
    change_ledger,
    expect_failure,
    failing,
    is_whole,
    kept_files,
    ledger_file,
    numbers_of,
    process_environment,
    with_checksum,
)
from tests.support.needs import linux_only, mode_of


def _export(office: OfficeInFolder, path: Path) -> Path:
    assert office.run("store", "export", "-o", str(path)).status == 0
    return path


MAKING = (("import",), ("restore", "-y"))
"""What makes a store of a file."""
_INSIDE = ("days/2031", "outbox", "aside")
_STORE_FORMAT = rb'("store":\{"format":)2'


@pytest.fixture
def file(busy: OfficeInFolder, tmp_path: Path) -> Path:
    """Return an export of the busy office."""
    return _export(busy, tmp_path / "all.jsonl")


def _back_up(office: OfficeInFolder, folder: Path) -> Any:
    return office.json("store", "backup", str(folder))


def _is_whole_at(office: OfficeInFolder, store: Path) -> bool:
    return bool(office.json("store", "check", "--store", str(store))["ok"])


def test_import_of_an_export_is_the_same_store_but_for_its_mails(
    busy: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
    assert any((busy.store / "outbox").iterdir())
    made = busy.json("store", "import", str(file), str(tmp_path / "copy"))
    (note,) = made["warnings"]  # its numbers may be given a second time
    assert "given again" in note
    assert f"kofucli store restore {file} {tmp_path / 'copy'}" in note
    assert kept_files(tmp_path / "copy") == kept_files(busy.store)
    assert list((tmp_path / "copy" / "outbox").iterdir()) == []
    assert made["head"] == busy.json("store", "check")["head"]
    assert _is_whole_at(busy, tmp_path / "copy")
    assert busy.run("store", "export", now="2027-01-05T10:00:00").out.encode() == file.read_bytes()
    assert mode_of(file) == 0o600


def test_codec_converts_the_documents_and_back(busy: OfficeInFolder, tmp_path: Path) -> None:
    file = _export(busy, tmp_path / "json.jsonl")
    toml = tmp_path / "toml"
    assert busy.json("store", "import", str(file), str(toml), "--codec", "toml")
    assert sorted(p.name for p in (toml / "agents").iterdir()) == ["A-1.toml", "B-2.toml"]
    assert _is_whole_at(busy, toml)
    ledger = "ledger/2026-11.jsonl"
    assert kept_files(toml)[ledger] == kept_files(busy.store)[ledger]
    busy.json("list", "--store", str(toml))
    outcome = busy.run("store", "export", "--store", str(toml))
    (tmp_path / "toml.jsonl").write_text(outcome.out, "utf-8")
    back = tmp_path / "back"
    given = [str(tmp_path / "toml.jsonl"), str(back), "--codec", "json"]
    busy.json("store", "import", *given)
    assert kept_files(back) == kept_files(busy.store)


def test_import_reads_standard_input_for_a_dash(
    busy: OfficeInFolder, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with file.open() as given:
        monkeypatch.setattr("sys.stdin", given)
        busy.json("store", "import", "-", str(tmp_path / "copy"))
    assert _is_whole_at(busy, tmp_path / "copy")


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def _make_nothing(office: OfficeInFolder, data: bytes) -> list[dict[str, Any]]:
    """Assert that no command makes anything of a file, dry or not: exit 5; return the errors."""
    folder = office.folder.parent
    (folder / "bad").write_bytes(data)
    before = sorted(folder.iterdir())
    errors = []
    for command in MAKING:
        for options in (["-n"], []):
            given = ["store", *command, str(folder / "bad"), str(folder / "copy"), *options]
            outcome = office.run(*given, "-f", "json")
            assert outcome.status == 5, outcome
            errors.append(outcome.error)
    assert sorted(folder.iterdir()) == before
    return errors


def _sealed(lines: list[bytes]) -> bytes:
    """Return an archive with the end that fits its other lines, as a forger would write it."""
    sha256 = hashlib.sha256(b"".join(lines)).hexdigest()
    end = json.dumps({"end": True, "lines": len(lines), "sha256": sha256}, separators=(",", ":"))
    return b"".join(lines) + end.encode() + b"\n"


def _rechained(lines: list[bytes], change: Callable[[bytes], bytes]) -> bytes:
    """Return an archive whose ledger lines were changed, with checksums and hashes that fit."""
    manifest, *entries = lines[:-1]
    prev, old = "", ""
    for at, entry in enumerate(entries):
        if b'"line":' in entry:
            start = entry.index(b'"line":') + len(b'"line":')
            raw = entry[start:-2]
            before = hashlib.sha256(raw).hexdigest()
            raw = with_checksum(change(raw.replace(old.encode(), prev.encode()) if old else raw))
            old, prev = before, hashlib.sha256(raw).hexdigest()
            entries[at] = entry[:start] + raw + entry[-2:]
    return _sealed([manifest.replace(old.encode(), prev.encode()), *entries])


def _replaced(old: str, new: str) -> Callable[[list[bytes]], bytes]:
    return lambda lines: b"".join(lines).replace(old.encode(), new.encode())


def _resealed(pattern: bytes, new: bytes) -> Callable[[list[bytes]], bytes]:
    return lambda lines: _sealed([re.sub(pattern, new, line) for line in lines[:-1]])


def _chained(pattern: bytes, new: bytes) -> Callable[[list[bytes]], bytes]:
    return lambda lines: _rechained(lines, lambda line: re.sub(pattern, new, line))


_SNAPSHOT = b'{"file":"ledger/anchor-1-00000000.jsonl","line":{}}\n'
BAD_ARCHIVES: dict[str, Callable[[list[bytes]], bytes]] = {
    "empty": lambda lines: b"",
    "no archive": lambda lines: b'{"a":1}\n',
    "no text": lambda lines: b"\xff\xfe\x00",
    "broken gzip": lambda lines: gzip.compress(b"".join(lines))[:-20],
    "gzip without its checksum": lambda lines: gzip.compress(b"".join(lines))[:-6],
    "something after gzip": lambda lines: gzip.compress(b"".join(lines)) + b"x",
    "no gzip": lambda lines: b"\x1f\x8b" + b"".join(lines),
    "end missing": lambda lines: b"".join(lines[:-1]),
    "line missing": lambda lines: b"".join(lines[:4] + lines[5:]),
    "lines swapped": lambda lines: b"".join([*lines[:4], lines[5], lines[4], *lines[6:]]),
    "cut within": lambda lines: b"".join(lines)[:-90],
    "bytes after the end": lambda lines: b"".join(lines) + b"x",
    "a line after the end": lambda lines: b"".join(lines) + lines[-1],
    "value changed": _replaced("乙", "丙"),
    "ledger changed": _replaced("B-9", "B-8"),
    "path out of the store": _replaced("private/", "../private/"),
    "newer": _replaced('"format":1', '"format":2'),
    "format 0": _resealed(_STORE_FORMAT, rb"\g<1>0"),
    "format of 31 digits": _resealed(_STORE_FORMAT, rb"\g<1>1" + b"0" * 30),
    "a file twice": lambda lines: _sealed([*lines[:2], *lines[1:-1]]),
    "a file of no month": _resealed(rb"ledger/2026-11", b"ledger/2026-13"),
    "files in a wrong order": _resealed(rb'ledger/2026-11(.*"n":2,)', rb"ledger/2026-12\1"),
    "a snapshot of no purge": lambda lines: _sealed([*lines[:3], _SNAPSHOT, *lines[3:-1]]),
    "naive clock": _chained(rb'("clock":"[0-9T:.-]{19,26})\+09:00"', rb'\1"'),
    "naive instant": _chained(rb'("at":"[0-9T:.-]{19,26})\+09:00"', rb'\1"'),
    "a document of another line": _chained(rb'"live":\{"office":[0-9]+', rb'"live":{"office":1'),
    "sequence of 15 digits": _chained(rb"(Y[0-9]{6}-)([0-9]{4}-)", rb"\g<1>99999999999\2"),
    "sequence of 12 digits": _chained(rb"(Y[0-9]{6}-)([0-9]{4}-)", rb"\g<1>99999999\2"),
}


@pytest.mark.parametrize("fault", BAD_ARCHIVES)
def test_file_that_is_cut_changed_or_forged_makes_no_store(
    busy: OfficeInFolder, file: Path, fault: str
) -> None:
    assert _rechained(_lines(file), lambda line: line) == file.read_bytes()
    bad = BAD_ARCHIVES[fault](_lines(file))
    assert bad != file.read_bytes()
    for error in _make_nothing(busy, bad):
        assert error.get("problems") or str(busy.folder.parent / "bad") in error["message"]


def test_store_that_went_on_from_an_older_copy_is_copied(
    busy: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
    """The lost change cannot come back: the copy is made, and its check names the line too."""
    older = _chained(rb'("base":\{"days/[0-9-]+":)[0-9]+', rb"\g<1>0")(_lines(file))
    (tmp_path / "older").write_bytes(older)
    made = tmp_path / "made"
    outcome = busy.run("store", "import", str(tmp_path / "older"), str(made), "--office")
    assert outcome.status == 0, outcome
    checked = busy.run("store", "check", "--store", str(made), "-f", "json")
    assert checked.status == 6
    assert all("older copy" in each["message"] for each in checked.json["problems"])
    backup = ("store", "backup", str(tmp_path / "bk"), "--store", str(made), "--office")
    assert busy.run(*backup).status == 0


def test_personal_values_that_a_file_lacks_are_named(busy: OfficeInFolder, file: Path) -> None:
    lines = [line for line in _lines(file)[:-1] if b"private/A-1-" not in line]
    for error in _make_nothing(busy, _sealed(lines)):
        assert error["problems"][0]["where"].startswith("private/A-1-")


@pytest.mark.parametrize("command", MAKING, ids=" ".join)
def test_file_of_a_newer_store_is_refused(
    busy: OfficeInFolder, file: Path, tmp_path: Path, command: Sequence[str]
) -> None:
    """An older program must not write its own format on it."""
    (tmp_path / "new").write_bytes(_resealed(_STORE_FORMAT, rb"\g<1>3")(_lines(file)))
    given = ["store", *command, str(tmp_path / "new"), str(tmp_path / "copy")]
    expect_failure(busy, "newer", *given)
    assert not (tmp_path / "copy").exists()


def test_line_that_would_fill_the_memory_is_bad_input(
    busy: OfficeInFolder, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kofucli.store.copies.backup._LONGEST", 1 << 16)
    (tmp_path / "bomb").write_bytes(gzip.compress(_lines(file)[0] + bytes(1 << 20)))
    given = ["store", "import", str(tmp_path / "bomb"), str(tmp_path / "copy"), "-f", "json"]
    outcome = busy.run(*given)
    assert outcome.status == 5
    assert outcome.error["problems"][0] == {"where": "line 2", "message": "it is too long"}


@pytest.mark.parametrize("command", MAKING, ids=" ".join)
def test_store_is_made_in_an_empty_folder_only(
    busy: OfficeInFolder, file: Path, tmp_path: Path, command: Sequence[str]
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "notes").write_bytes(b"precious")
    expect_failure(busy, "exists", "store", *command, str(file), str(place))
    assert [p.name for p in place.iterdir()] == ["notes"]
    (place / "notes").unlink()
    assert busy.run("store", *command, str(file), str(place)).status == 0


def test_file_of_another_office(busy: OfficeInFolder, file: Path, tmp_path: Path) -> None:
    busy.set("office", "id", '"ZZ"')
    outcome = busy.run("store", "import", str(file), str(tmp_path / "copy"), "-f", "json")
    assert outcome.status == 5
    assert "office Y" in outcome.error["message"]
    assert not (tmp_path / "copy").exists()


def test_full_disk_leaves_no_store(busy: OfficeInFolder, file: Path, tmp_path: Path) -> None:
    with failing("fsync", 28, lambda path: "/agents/" in path):
        outcome = busy.run("store", "import", str(file), str(tmp_path / "copy"))
    assert outcome.status == 6
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.jsonl", "busy"]


# Backups


@pytest.mark.files
def test_restored_backup_holds_everything(busy: OfficeInFolder, tmp_path: Path) -> None:
    made = _back_up(busy, tmp_path / "safe")
    assert made["head"] == busy.json("store", "check")["head"]
    assert Path(made["file"]).name == (
        f"kofu-Y-20261124T100000-{made['n']}-{made['head'].partition(':')[2][:8]}.jsonl.gz"
    )
    assert mode_of(made["file"]) == 0o600
    assert made["size"] == Path(made["file"]).stat().st_size
    numbers = numbers_of(busy)
    lost = busy.book("+1", "13:00", "X-13")["number"]
    shutil.rmtree(busy.store)
    done = busy.json("store", "restore", made["file"], str(busy.store), "-y")
    assert done["head"] == made["head"]
    assert done["lost_after"] == made["at"] == "2026-11-24T10:00:00+09:00"
    assert numbers_of(busy) == numbers
    assert lost not in numbers
    assert busy.json("agent", "show", "B-2")["agent"]["name"] == "乙 太郎"
    assert is_whole(busy)
    assert busy.json("store", "log", "--limit", "1")["entries"][0]["op"] == "restore"


def test_no_two_restores_give_the_same_number(busy: OfficeInFolder, tmp_path: Path) -> None:
    """However often a backup, or what grew from it, is restored, and whatever the clocks say."""
    first = _back_up(busy, tmp_path / "first")["file"]
    given = [busy.book("+1", "13:00", "L-1")["number"]]
    floors: list[int] = []

    def restore(file: str, name: str) -> tuple[str, ...]:
        place = ("--store", str(tmp_path / name))
        floors.append(busy.json("store", "restore", file, place[1], "-y")["numbers_above"])
        for day, hour in (("+1", "13:00"), ("+2", "09:00"), ("+5", "10:00")):
            booking = ("book", day, hour, "--case", f"{name}-{day[1]}", "--agent", "B-2", *place)
            given.append(busy.json(*booking)["reservation"]["number"])
            assert sequence_of(given[-1]) == floors[-1] + 1
        return place

    place = restore(first, "S1")
    second = busy.json("store", "backup", str(tmp_path / "second"), *place)["file"]
    restore(second, "S2")
    for number in range(3, 7):
        restore(first, f"S{number}")
    assert len(set(given)) == len(given)
    assert floors[1] > floors[0] + 10_000
    assert all(20_000 <= floor < 100_020_000 for floor in [floors[0], *floors[2:]])


def test_restore_without_a_terminal_needs_y(busy: OfficeInFolder, tmp_path: Path) -> None:
    made = _back_up(busy, tmp_path / "safe")
    outcome = busy.run("store", "restore", made["file"], str(tmp_path / "s"))
    assert outcome.status == 2
    assert "-y" in outcome.err
    dry = busy.json("store", "restore", made["file"], str(tmp_path / "s"), "-n")
    assert dry["changed"] is False
    assert not (tmp_path / "s").exists()


def test_backups_beside_a_writer_are_whole(busy: OfficeInFolder, tmp_path: Path) -> None:
    code = (
        "import sys, datetime\n"
        "from kofucli.store.place import open_store\n"
        "from tests.store.support import make_reservation, put_reservations\n"
        "store = open_store(sys.argv[1], 'Y')\n"
        "for n in range(1, 10000):\n"
        "    put_reservations(store, make_reservation(n + 100))\n"
        "    n == 1 and print('begun', flush=True)\n"
    )
    heads = []
    with subprocess.Popen(
        [sys.executable, "-c", code, str(busy.store)],
        stdout=subprocess.PIPE,
        env=process_environment() | {"PYTHONPATH": str(Path(__file__).parents[3])},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            made = [_back_up(busy, tmp_path / "safe") for _ in range(5)]
        finally:
            process.kill()
    for at, one in enumerate(made):
        place = tmp_path / f"s{at}"
        assert busy.json("store", "import", one["file"], str(place))["head"] == one["head"]
        assert busy.run("store", "check", "--expect", one["head"]).status == 0
        heads.append(one["n"])
    assert heads == sorted(heads)
    assert heads[-1] > heads[0]


def _lose_a_line(office: OfficeInFolder) -> None:
    change_ledger(office.store, lambda raws: raws[:3] + raws[4:])


def _lose_an_agent(office: OfficeInFolder) -> None:
    (office.store / "agents" / "A-1.json").unlink()


def _damage_the_snapshot(office: OfficeInFolder) -> None:
    office.now = "2026-12-10T10:00:00"
    office.json("desk", "close-day", "2026-11-25", "--all-no-show", "-y")
    office.json("store", "purge", "--before", "2026-11-26", "-y")
    (path,) = (office.store / "ledger").glob("anchor-*")
    path.write_bytes(path.read_bytes().replace(b"B-9", b"B-8"))


@pytest.mark.parametrize("command", ["backup", "export"])
@pytest.mark.parametrize("damage", [_lose_a_line, _lose_an_agent, _damage_the_snapshot])
def test_copy_of_a_damaged_store_is_refused(
    busy: OfficeInFolder, tmp_path: Path, damage: Callable[[OfficeInFolder], None], command: str
) -> None:
    damage(busy)
    target = tmp_path / "made"
    given = [str(target)] if command == "backup" else ["-o", str(target)]
    outcome = busy.run("store", command, *given)
    assert (outcome.status, "A-1" in outcome.err) == (6, damage is _lose_an_agent)
    assert list(tmp_path.glob("made/*")) == []
    assert not target.is_file()


def test_backup_of_what_makes_no_store_is_refused(
    busy: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
    """The ledger's lines fit each other, but a reservation in them cannot be read."""
    forged = _chained(rb'"cases":', b'"boxes":')(_lines(file))
    raws = [x[x.index(b'"line":') + 7 : -2] for x in forged.splitlines(True) if b'"line":' in x]
    ledger_file(busy.store).write_bytes(b"\n".join(raws) + b"\n")
    expect_failure(busy, "damaged", "store", "backup", str(tmp_path / "safe"))
    assert list((tmp_path / "safe").iterdir()) == []


def test_backup_that_does_not_read_back_as_written_is_refused(
    busy: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = gzip.GzipFile.write

    def write(self: Any, data: bytes) -> int:
        return real(self, bytes(data).replace(b"X-3", b"X-4"))

    monkeypatch.setattr(gzip.GzipFile, "write", write)
    assert busy.run("store", "backup", str(tmp_path / "safe")).status == 6
    assert list((tmp_path / "safe").iterdir()) == []


@pytest.mark.files
def test_backups_of_two_stores_have_two_names(busy: OfficeInFolder, tmp_path: Path) -> None:
    shutil.copytree(busy.store, tmp_path / "other")
    busy.book("+1", "13:00", "N-1")
    busy.json(
        "book", "+1", "13:00", "--case", "N-2", "--agent", "A-1", "--store", str(tmp_path / "other")
    )
    made = _back_up(busy, tmp_path / "safe")
    other = busy.json("store", "backup", str(tmp_path / "safe"), "--store", str(tmp_path / "other"))
    assert made["n"] == other["n"]
    assert made["file"] != other["file"]
    assert len(list((tmp_path / "safe").iterdir())) == 2
    assert _back_up(busy, tmp_path / "safe")["file"] == made["file"]


def test_copies_and_the_log_are_the_offices(busy: OfficeInFolder) -> None:
    for line in (
        *("backup x", "export", "import x y", "restore x y", "migrate"),
        *("purge --before today", "log", "check --repair"),
    ):
        assert busy.run("store", *line.split(), KOFUCLI_AGENT="A-1").status == 2
    assert busy.run("store", "log", "--office", KOFUCLI_AGENT="A-1").status == 0


@pytest.mark.files
@pytest.mark.parametrize(
    "line",
    [
        *("backup {store}/x", "export -o {store}/x", "migrate --backup {store}/x"),
        *("copy {store} {store}/x", "copy {store} {store}", "backup ''", "migrate --backup ''"),
        *(f"{c} {{file}} {{store}}/{p}" for c in ("import", "restore -y") for p in _INSIDE),
        *("import {file} ''", "restore -y {file} ''"),
    ],
)
def test_nothing_is_made_in_the_store_or_without_a_name(
    busy: OfficeInFolder, file: Path, line: str
) -> None:
    before = busy.bytes()
    words = shlex.split(line.format(store=busy.store, file=file))
    assert busy.run("store", *words).status == 2
    assert busy.bytes() == before


@pytest.mark.parametrize(
    "place", ["file", "file/below", pytest.param("/proc/none", marks=linux_only)]
)
def test_folder_that_cannot_be_written_is_named_and_no_damage(
    busy: OfficeInFolder, file: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_bytes(b"precious")
    path = str(tmp_path / place)
    for given in (["backup"], ["import", str(file)], ["restore", "-y", str(file)]):
        outcome = busy.run("store", *given, path)
        assert outcome.status == 6
        assert path in outcome.err
        assert "damaged" not in outcome.err
        assert ".new" not in outcome.err
    assert (tmp_path / "file").read_bytes() == b"precious"
