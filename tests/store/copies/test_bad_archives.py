"""A file that is cut, changed or forged makes no store, and no backup is made of such a store."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.store.copies.conftest import MAKING
from tests.store.support import expect_failure, ledger_file, with_checksum

_STORE_FORMAT = rb'("store":\{"format":)2'


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


def test_backup_of_what_makes_no_store_is_refused(
    busy: OfficeInFolder, file: Path, tmp_path: Path
) -> None:
    """The ledger's lines fit each other, but a reservation in them cannot be read."""
    forged = _chained(rb'"cases":', b'"boxes":')(_lines(file))
    raws = [x[x.index(b'"line":') + 7 : -2] for x in forged.splitlines(True) if b'"line":' in x]
    ledger_file(busy.store).write_bytes(b"\n".join(raws) + b"\n")
    expect_failure(busy, "damaged", "store", "backup", str(tmp_path / "safe"))
    assert list((tmp_path / "safe").iterdir()) == []
