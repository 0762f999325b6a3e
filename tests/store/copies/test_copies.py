"""Exports, imports, backups and restores: a file makes a whole store, or none."""

from __future__ import annotations

import gzip
import shlex
import shutil
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kofucli.model.numbers import sequence_of
from tests.conftest import OfficeInFolder
from tests.store.copies.conftest import MAKING
from tests.store.harm import edit, remove
from tests.store.support import (
    booking,
    expect_failure,
    export_of,
    failing,
    is_whole,
    kept_files,
    numbers_of,
)
from tests.support.needs import linux_only, mode_of

_INSIDE = ("days/2031", "outbox", "aside")


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


def test_codec_converts_the_documents_and_back(
    busy: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
    toml, back = tmp_path / "toml", tmp_path / "back"
    assert busy.json("store", "import", str(file), str(toml), "--codec", "toml")
    assert sorted(p.name for p in (toml / "agents").iterdir()) == ["A-1.toml", "B-2.toml"]
    assert _is_whole_at(busy, toml)
    ledger = "ledger/2026-11.jsonl"
    assert kept_files(toml)[ledger] == kept_files(busy.store)[ledger]
    busy.json("list", "--store", str(toml))
    (tmp_path / "toml.jsonl").write_bytes(export_of(busy, str(toml)))
    busy.json("store", "import", str(tmp_path / "toml.jsonl"), str(back), "--codec", "json")
    assert kept_files(back) == kept_files(busy.store)


def test_import_reads_standard_input_for_a_dash(
    busy: OfficeInFolder, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with file.open() as given:
        monkeypatch.setattr("sys.stdin", given)
        busy.json("store", "import", "-", str(tmp_path / "copy"))
    assert _is_whole_at(busy, tmp_path / "copy")


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
    backups = [_back_up(busy, tmp_path / "first")["file"]]
    given = [busy.book("+1", "13:00", "L-1")["number"]]
    floors: list[int] = []

    def restore(file: str, name: str) -> None:
        place = ("--store", str(tmp_path / name))
        floors.append(busy.json("store", "restore", file, place[1], "-y")["numbers_above"])
        backups.append(busy.json("store", "backup", str(tmp_path / f"{name}-2"), *place)["file"])
        for day, hour in (("+1", "13:00"), ("+2", "09:00"), ("+5", "10:00")):
            line = ("book", day, hour, "--case", f"{name}-{day[1]}", "--agent", "B-2", *place)
            given.append(busy.json(*line)["reservation"]["number"])
            assert sequence_of(given[-1]) == floors[-1] + 1

    for number in range(4):
        restore(backups[-1], f"S{number}")  # in which nothing was booked since
    for number in range(4, 8):
        restore(backups[0], f"S{number}")
    assert len(set(given)) == len(given)
    assert all(later > earlier + 10_000 for earlier, later in pairwise(floors[:4]))
    assert all(20_000 <= floor < 100_020_000 for floor in [floors[0], *floors[4:]])


def test_restore_without_a_terminal_needs_y(
    busy: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
    words = ("store", "restore", str(file), str(tmp_path / "place"))
    outcome = busy.run(*words)
    assert (outcome.status, "-y" in outcome.err) == (2, True)
    assert busy.json(*words, "-n")["changed"] is False
    assert not (tmp_path / "place").exists()


def _damage_the_snapshot(office: OfficeInFolder) -> None:
    office.now = "2026-12-10T10:00:00"
    office.json("desk", "close-day", "2026-11-25", "--all-no-show", "-y")
    office.json("store", "purge", "--before", "2026-11-26", "-y")
    edit("ledger/anchor-*", b"B-9", b"B-8", False)(office.store)


@pytest.mark.parametrize("command", ["backup", "export"])
@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda office: edit("ledger/2026-11.jsonl", b"X-3", b"X-4", False)(office.store), ""),
        (lambda office: remove("agents/A-1.json")(office.store), "A-1"),
        (_damage_the_snapshot, "anchor-"),
    ],
    ids=["line", "agent", "snapshot"],
)
def test_copy_of_a_damaged_store_is_refused(
    busy: OfficeInFolder,
    tmp_path: Path,
    damage: Callable[[OfficeInFolder], None],
    named: str,
    command: str,
) -> None:
    damage(busy)
    target = tmp_path / "made"
    given = [str(target)] if command == "backup" else ["-o", str(target)]
    outcome = busy.run("store", command, *given)
    assert (outcome.status, named in outcome.err) == (6, True)
    assert list(tmp_path.glob("made/*")) == []
    assert not target.is_file()


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
    other_place = ("--store", str(tmp_path / "other"))
    busy.json(*booking("13:00", "N-2"), *other_place)
    made = _back_up(busy, tmp_path / "safe")
    other = busy.json("store", "backup", str(tmp_path / "safe"), *other_place)
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
