"""Exports, imports, backups and restores: a file makes a whole store, or none."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
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
    booking,
    change_ledger,
    expect_failure,
    failing,
    full_arguments,
    is_whole,
    kept_files,
    ledger_file,
    numbers_of,
    process_environment,
    run_dying,
    with_checksum,
)
from tests.support.needs import linux_only, mode_of, posix_only


def _export(office: OfficeInFolder, path: Path) -> Path:
    assert office.run("store", "export", "-o", str(path)).status == 0
    return path


MAKING = (("import",), ("restore", "-y"))
"""What makes a store of a file."""


@pytest.fixture
def file(busy_office: OfficeInFolder, tmp_path: Path) -> Path:
    """Return an export of the busy office."""
    return _export(busy_office, tmp_path / "all.jsonl")


def _back_up(office: OfficeInFolder, folder: Path) -> Any:
    return office.json("store", "backup", str(folder))


def _is_whole_at(office: OfficeInFolder, store: Path) -> bool:
    return bool(office.json("store", "check", "--store", str(store))["ok"])


def test_import_of_an_export_is_the_same_store_but_for_its_mails(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
    assert any((busy_office.store / "outbox").iterdir())
    made = busy_office.json("store", "import", str(file), str(tmp_path / "copy"))
    (note,) = made["warnings"]  # its numbers may be given a second time
    assert "given again" in note
    assert f"kofucli store restore {file} {tmp_path / 'copy'}" in note
    assert kept_files(tmp_path / "copy") == kept_files(busy_office.store)
    assert list((tmp_path / "copy" / "outbox").iterdir()) == []
    assert made["head"] == busy_office.json("store", "check")["head"]
    assert _is_whole_at(busy_office, tmp_path / "copy")


def test_export_gives_the_same_bytes_each_time(busy_office: OfficeInFolder, file: Path) -> None:
    again = busy_office.run("store", "export", now="2027-01-05T10:00:00")
    assert again.out.encode() == file.read_bytes()
    assert mode_of(file) == 0o600
    for line in again.out.splitlines():
        assert isinstance(json.loads(line), dict)


def test_codec_converts_the_documents_and_back(busy_office: OfficeInFolder, tmp_path: Path) -> None:
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


def test_import_reads_standard_input_for_a_dash(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
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


@pytest.mark.files
def test_export_completes_lagging_documents(busy_office: OfficeInFolder, tmp_path: Path) -> None:
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
def test_file_that_is_cut_or_changed_makes_no_store(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path, fault: str
) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"".join(BAD_ARCHIVES[fault](_lines(file))))
    assert all(str(bad) in error["message"] for error in _make_nothing(busy_office, bad))


def _make_nothing(office: OfficeInFolder, bad: Path) -> list[dict[str, Any]]:
    """Assert that no command makes anything of a file, dry or not: exit 5; return the errors."""
    before = sorted(bad.parent.iterdir())
    errors = []
    for command in MAKING:
        for options in (["-n"], []):
            given = ["store", *command, str(bad), str(bad.parent / "copy"), *options]
            outcome = office.run(*given, "-f", "json")
            assert outcome.status == 5, outcome
            errors.append(outcome.error)
    assert sorted(bad.parent.iterdir()) == before
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


FORGED_ARCHIVES = {
    "values missing": lambda lines: _sealed([x for x in lines[:-1] if b"private/A-1-" not in x]),
    "format 0": lambda lines: _sealed(_with_format(lines, "0")),
    "format of 31 digits": lambda lines: _sealed(_with_format(lines, "1" + "0" * 30)),
    "a file twice": lambda lines: _sealed([*lines[:2], *lines[1:-1]]),
    "a file of no month": lambda lines: _sealed(
        [x.replace(b"ledger/2026-11", b"ledger/2026-13") for x in lines[:-1]]
    ),
    "a snapshot of no purge": lambda lines: _sealed(
        [*lines[:3], b'{"file":"ledger/anchor-1-00000000.jsonl","line":{}}\n', *lines[3:-1]]
    ),
    "files in a wrong order": lambda lines: _sealed(
        [
            x.replace(b"ledger/2026-11", b"ledger/2026-12") if b'"n":2,' in x else x
            for x in lines[:-1]
        ]
    ),
    "bytes after the end": lambda lines: b"".join(lines) + b"x",
    "a line after the end": lambda lines: b"".join(lines) + lines[-1],
    "gzip without its checksum": lambda lines: gzip.compress(b"".join(lines))[:-6],
    "something after gzip": lambda lines: gzip.compress(b"".join(lines)) + b"x",
    "naive clock": lambda lines: _rechained(lines, lambda x: _naive(x, b"clock")),
    "naive instant": lambda lines: _rechained(lines, lambda x: _naive(x, b"at")),
    "a document of another line": lambda lines: _rechained(
        lines, lambda x: re.sub(rb'"live":\{"office":[0-9]+', rb'"live":{"office":1', x)
    ),
    "sequence of 15 digits": lambda lines: _rechained(
        lines, lambda x: re.sub(rb"(Y[0-9]{6}-)([0-9]{4}-)", rb"\g<1>99999999999\2", x)
    ),
    "sequence of 12 digits": lambda lines: _rechained(
        lines, lambda x: re.sub(rb"(Y[0-9]{6}-)([0-9]{4}-)", rb"\g<1>99999999\2", x)
    ),
}


def test_store_that_went_on_from_an_older_copy_is_copied(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
    """The lost change cannot come back: the copy is made, and its check names the line too."""
    older = _rechained(
        _lines(file), lambda x: re.sub(rb'("base":\{"days/[0-9-]+":)[0-9]+', rb"\g<1>0", x)
    )
    (tmp_path / "older").write_bytes(older)
    made = tmp_path / "made"
    outcome = busy_office.run("store", "import", str(tmp_path / "older"), str(made), "--office")
    assert outcome.status == 0, outcome
    checked = busy_office.run("store", "check", "--store", str(made), "-f", "json")
    assert checked.status == 6
    assert all("older copy" in each["message"] for each in checked.json["problems"])
    backup = ("store", "backup", str(tmp_path / "bk"), "--store", str(made), "--office")
    assert busy_office.run(*backup).status == 0


def _with_format(lines: list[bytes], number: str) -> list[bytes]:
    given = f'"store":{{"format":{number}'.encode()
    return [lines[0].replace(b'"store":{"format":2', given), *lines[1:-1]]


def _naive(line: bytes, key: bytes) -> bytes:
    return re.sub(rb'("%s":"[0-9T:.-]{19,26})\+09:00"' % key, rb'\1"', line)


@pytest.mark.parametrize("fault", FORGED_ARCHIVES)
def test_forged_file_that_cannot_be_a_store_makes_nothing(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path, fault: str
) -> None:
    good = _rechained(_lines(file), lambda line: line)
    assert good == file.read_bytes()
    bad = tmp_path / "bad"
    bad.write_bytes(FORGED_ARCHIVES[fault](_lines(file)))
    _make_nothing(busy_office, bad)


def test_import_names_the_personal_values_that_a_file_lacks(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad").write_bytes(FORGED_ARCHIVES["values missing"](_lines(file)))
    given = ["store", "import", str(tmp_path / "bad"), str(tmp_path / "copy"), "-f", "json"]
    outcome = busy_office.run(*given)
    assert outcome.error["problems"][0]["where"].startswith("private/A-1-")


@pytest.mark.parametrize("command", MAKING, ids=" ".join)
def test_file_of_a_newer_store_is_refused(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path, command: Sequence[str]
) -> None:
    """An older program must not write its own format on it."""
    (tmp_path / "new").write_bytes(_sealed(_with_format(_lines(file), "3")))
    given = ["store", *command, str(tmp_path / "new"), str(tmp_path / "copy")]
    expect_failure(busy_office, "newer", *given)
    assert not (tmp_path / "copy").exists()


def test_line_that_would_fill_the_memory_is_bad_input(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kofucli.store.copies.backup._LONGEST", 1 << 16)
    (tmp_path / "bomb").write_bytes(gzip.compress(_lines(file)[0] + bytes(1 << 20)))
    given = ["store", "import", str(tmp_path / "bomb"), str(tmp_path / "copy"), "-f", "json"]
    outcome = busy_office.run(*given)
    assert outcome.status == 5
    assert outcome.error["problems"][0] == {"where": "line 2", "message": "it is too long"}


@pytest.mark.parametrize("command", MAKING, ids=" ".join)
def test_store_is_made_in_an_empty_folder_only(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path, command: Sequence[str]
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "notes").write_bytes(b"precious")
    expect_failure(busy_office, "exists", "store", *command, str(file), str(place))
    assert [p.name for p in place.iterdir()] == ["notes"]
    (place / "notes").unlink()
    assert busy_office.run("store", *command, str(file), str(place)).status == 0


def test_file_of_another_office(busy_office: OfficeInFolder, file: Path, tmp_path: Path) -> None:
    busy_office.set("office", "id", '"ZZ"')
    outcome = busy_office.run("store", "import", str(file), str(tmp_path / "copy"), "-f", "json")
    assert outcome.status == 5
    assert "office Y" in outcome.error["message"]
    assert not (tmp_path / "copy").exists()


def test_full_disk_leaves_no_store(busy_office: OfficeInFolder, file: Path, tmp_path: Path) -> None:
    with failing("fsync", 28, lambda path: "/agents/" in path):
        outcome = busy_office.run("store", "import", str(file), str(tmp_path / "copy"))
    assert outcome.status == 6
    assert sorted(p.name for p in tmp_path.iterdir()) == ["all.jsonl", "busy"]


# Backups


@pytest.mark.files
def test_restored_backup_holds_everything(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    made = _back_up(busy_office, tmp_path / "safe")
    assert made["head"] == busy_office.json("store", "check")["head"]
    assert Path(made["file"]).name == (
        f"kofu-Y-20261124T100000-{made['n']}-{made['head'].partition(':')[2][:8]}.jsonl.gz"
    )
    assert mode_of(made["file"]) == 0o600
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


@pytest.mark.files
def test_restore_gives_no_number_again(busy_office: OfficeInFolder, tmp_path: Path) -> None:
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


def test_no_two_restores_give_the_same_number(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    """However often a backup, or what grew from it, is restored, and whatever the clocks say."""
    first = _back_up(busy_office, tmp_path / "first")["file"]
    given, floors = [], []

    def restore(file: str, name: str, case: str) -> str:
        place = str(tmp_path / name)
        floors.append(busy_office.json("store", "restore", file, place, "-y")["numbers_above"])
        made = busy_office.json(
            "book", "+1", "13:00", "--case", case, "--agent", "B-2", "--store", place
        )
        given.append(made["reservation"]["number"])
        return place

    place = restore(first, "s1", "C-1")
    second = busy_office.json("store", "backup", str(tmp_path / "second"), "--store", place)["file"]
    restore(second, "s2", "C-2")
    for number in range(3, 7):
        restore(first, f"s{number}", f"C-{number}")
    assert len(set(given)) == len(given)
    assert floors[1] > floors[0] + 10_000
    assert all(20_000 <= floor < 100_020_000 for floor in [floors[0], *floors[2:]])


def test_restore_without_a_terminal_needs_y(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    made = _back_up(busy_office, tmp_path / "safe")
    outcome = busy_office.run("store", "restore", made["file"], str(tmp_path / "s"))
    assert outcome.status == 2
    assert "-y" in outcome.err
    dry = busy_office.json("store", "restore", made["file"], str(tmp_path / "s"), "-n")
    assert dry["changed"] is False
    assert not (tmp_path / "s").exists()


def test_backups_beside_a_writer_are_whole(busy_office: OfficeInFolder, tmp_path: Path) -> None:
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
        [sys.executable, "-c", code, str(busy_office.store)],
        stdout=subprocess.PIPE,
        env=process_environment() | {"PYTHONPATH": str(Path(__file__).parents[3])},
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
    change_ledger(busy_office.store, lambda raws: raws[:3] + raws[4:])
    expect_failure(busy_office, "damaged", "store", "backup", str(tmp_path / "safe"))
    assert list((tmp_path / "safe").iterdir()) == []


def test_backup_that_does_not_read_back_as_written_is_refused(
    busy_office: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = gzip.GzipFile.write

    def write(self: Any, data: bytes) -> int:
        return real(self, bytes(data).replace(b"X-3", b"X-4"))

    monkeypatch.setattr(gzip.GzipFile, "write", write)
    outcome = busy_office.run("store", "backup", str(tmp_path / "safe"))
    assert outcome.status == 6
    assert list((tmp_path / "safe").iterdir()) == []


@pytest.mark.parametrize("command", ["backup", "export"])
def test_copy_that_would_lack_an_agent_is_refused(
    busy_office: OfficeInFolder, tmp_path: Path, command: str
) -> None:
    (busy_office.store / "agents" / "A-1.json").unlink()
    given = [str(tmp_path / "x")] if command == "backup" else ["-o", str(tmp_path / "x")]
    outcome = busy_office.run("store", command, *given)
    assert outcome.status == 6
    assert "A-1" in outcome.err
    assert list(tmp_path.glob("x/*")) == []
    assert not (tmp_path / "x").is_file()


def test_backup_of_what_makes_no_store_is_refused(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
    """The ledger's lines fit each other, but a reservation in them cannot be read."""
    forged = _rechained(_lines(file), lambda line: line.replace(b'"cases":', b'"boxes":'))
    raws = [x[x.index(b'"line":') + 7 : -2] for x in forged.splitlines(True) if b'"line":' in x]
    ledger_file(busy_office.store).write_bytes(b"\n".join(raws) + b"\n")
    outcome = busy_office.run("store", "backup", str(tmp_path / "safe"))
    assert outcome.status == 6
    assert "store is damaged" in outcome.err
    assert list((tmp_path / "safe").iterdir()) == []


@pytest.mark.files
def test_backups_of_two_stores_have_two_names(busy_office: OfficeInFolder, tmp_path: Path) -> None:
    shutil.copytree(busy_office.store, tmp_path / "other")
    busy_office.book("+1", "13:00", "N-1")
    busy_office.json(
        "book", "+1", "13:00", "--case", "N-2", "--agent", "A-1", "--store", str(tmp_path / "other")
    )
    made = _back_up(busy_office, tmp_path / "safe")
    other = busy_office.json(
        "store", "backup", str(tmp_path / "safe"), "--store", str(tmp_path / "other")
    )
    assert made["n"] == other["n"]
    assert made["file"] != other["file"]
    assert len(list((tmp_path / "safe").iterdir())) == 2
    assert _back_up(busy_office, tmp_path / "safe")["file"] == made["file"]


def test_copies_and_the_log_are_the_offices(busy_office: OfficeInFolder, tmp_path: Path) -> None:
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


@pytest.mark.files
def test_no_backup_or_export_goes_into_the_store(busy_office: OfficeInFolder) -> None:
    before = busy_office.bytes()
    inside = str(busy_office.store / "x")
    assert busy_office.run("store", "backup", inside).status == 2
    assert busy_office.run("store", "export", "-o", inside).status == 2
    assert busy_office.bytes() == before


@pytest.mark.files
@pytest.mark.parametrize("command", MAKING, ids=" ".join)
@pytest.mark.parametrize("place", ["days/2031", "outbox", "aside", ""])
def test_no_store_is_made_within_the_store(
    busy_office: OfficeInFolder, file: Path, command: Sequence[str], place: str
) -> None:
    before = busy_office.bytes()
    inside = str(busy_office.store / place) if place else ""
    assert busy_office.run("store", *command, str(file), inside).status == 2
    assert busy_office.bytes() == before


def test_folder_without_a_name_is_wrong_usage(busy_office: OfficeInFolder) -> None:
    assert busy_office.run("store", "backup", "").status == 2
    assert busy_office.run("store", "migrate", "--backup", "").status == 2


@pytest.mark.parametrize(
    "place", ["file", "file/below", pytest.param("/proc/none", marks=linux_only)]
)
def test_folder_that_cannot_be_written_is_named_and_no_damage(
    busy_office: OfficeInFolder, file: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_bytes(b"precious")
    path = str(tmp_path / place)
    for given in (["backup"], ["import", str(file)], ["restore", "-y", str(file)]):
        outcome = busy_office.run("store", *given, path)
        assert outcome.status == 6
        assert path in outcome.err
        assert "damaged" not in outcome.err
        assert ".new" not in outcome.err
    assert (tmp_path / "file").read_bytes() == b"precious"


@posix_only
def test_device_is_written_and_not_replaced(busy_office: OfficeInFolder) -> None:
    assert busy_office.run("store", "export", "-o", "/dev/null").status == 0
    assert Path("/dev/null").is_char_device()
