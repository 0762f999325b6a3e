"""Hostile files: whatever stands in them, a second and 200 MiB are enough to say so."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from kofucli.text import find_unsafe
from tests.conftest import OfficeInFolder
from tests.store.support import process_environment

MEASURING = Path(__file__).with_name("measuring.py")
MEBIBYTE = 1 << 20
MOST_SECONDS, MOST_MEMORY = 1.0, 200 * MEBIBYTE


def _nested(opening: bytes, closing: bytes, levels: int) -> bytes:
    return opening * levels + b"1" + closing * levels


def _zip(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, data)
    return file.getvalue()


ROW = b'{"number": "X-1", "date": "2026-11-25", "hour": "10:00"'
CASE_FILES: dict[str, bytes] = {
    "100,000 levels of lists": _nested(b"[", b"]", 100_000),
    "100,000 levels of objects": _nested(b'{"a":', b"}", 100_000),
    "levels without an end": b"[" * MEBIBYTE,
    "levels in a cell": b"[" + ROW + b', "note": ' + _nested(b"[", b"]", 100_000) + b"}]",
    "5,000 digits": b"[" + ROW + b', "note": ' + b"1" * 5_000 + b"}]",
    "a megabyte of digits": b"[" + ROW + b', "note": ' + b"1" * MEBIBYTE + b"}]",
    "an exponent": b"[" + ROW + b', "note": 1e999999999}]',
    "a key twice": b"[" + ROW + b', "number": "X-2"}]',
    "NaN": b"[" + ROW + b', "note": NaN}]',
    "Infinity": b"[" + ROW + b', "note": -Infinity}]',
    "a lone surrogate": b"[" + ROW + b', "note": "\\ud800"}]',
    "a NUL": b"[" + ROW + b', "note": "a\\u0000b"}]',
    "an escape": b"[" + ROW + b', "note": "\\u001b]52;c;eA==\\u0007"}]',
    "100,000 keys": b"[{"
    + b",".join(b'"k%d":1' % number for number in range(80_000))
    + b', "number": "X"}]',
    "a long text": b'[{"number": "' + b"X" * MEBIBYTE + b'"}]',
    "objects without end": b"[" + b"{}," * (MEBIBYTE // 3) + b"{}]",
    "lines of rubbish": b"{\n" * (MEBIBYTE // 2),
    "one column of a megabyte": b"number\n" + b"X" * MEBIBYTE,
    "commas": b"number\n" + b"," * MEBIBYTE,
    "a heading of commas": b"," * MEBIBYTE,
    "quotes": b"number\n" + b'"' * MEBIBYTE,
    "a quote that never ends": b'number\n"' + b"X\n" * (MEBIBYTE // 2),
    "many short rows": b"number\n" + b"X\n" * (MEBIBYTE // 2),
    "many wrong rows": b"number,kind\n" + b"X,visa\n" * (MEBIBYTE // 7),
    "line feeds": b"\n" * MEBIBYTE,
    "NULs": b"\x00" * MEBIBYTE,
    "no encoding": bytes(range(256)) * (MEBIBYTE // 256),
    "a byte order mark alone": b"\xff\xfe",
    "a zip of zeros": _zip("xl/workbook.xml", b"\x00" * (100 * MEBIBYTE)),
    "a zip of levels": _zip("xl/workbook.xml", b"<a>" * (10 * MEBIBYTE)),
    "a zip that is cut": _zip("xl/workbook.xml", b"<a/>" * 1_000)[:-30],
    "a gzip of zeros": gzip.compress(b"\x00" * (150 * MEBIBYTE), 1),
    "a gzip of levels": gzip.compress(b"[" * (50 * MEBIBYTE), 1),
    "a gzip that is cut": gzip.compress(ROW * 1_000)[:-10],
    "formulas": b"number,note\n" + b'X-1,"=HYPERLINK(""http://%s"")"\n' % (b"x" * 220) * 4_000,
}
CONFIGURATIONS: dict[str, bytes] = {
    "a dotted key of 40 kB": b"a" + b".a" * 20_000 + b" = 1\n",
    "dotted keys, line by line": b"".join(
        b"k%d" % number + b".a" * 400 + b" = 1\n" for number in range(1_000)
    ),
    "a dotted table": b"[a" + b".a" * 20_000 + b"]\n",
    "levels of lists": b"a = " + _nested(b"[", b"]", 100_000),
    "levels of tables": b"a = " + _nested(b"{a=", b"}", 100_000),
    "5,000 digits": b"[quota]\nframes = " + b"1" * 5_000,
    "a key twice": b"[quota]\nframes = 3\nframes = 3\n",
    "nan": b"[store]\nlock_seconds = nan\n",
    "inf": b"[store]\nlock_seconds = inf\n",
    "a long text": b'[office]\nname = "' + b"X" * 250_000 + b'"\n',
    "many tables": b"".join(b"[t%d]\n" % number for number in range(25_000)),
    "many lists": b"[[calendar.closures]]\n" * 11_000,
    "quotes": b'a = """' + b'"' * MEBIBYTE,
    "a megabyte of tables": b"".join(b"[t%d]\n" % number for number in range(100_000)),
    "no UTF-8": b"[office]\nname = '\xff\xfe'\n",
    "a pattern": b"[cases]\npattern = '" + b"(" * 5_000 + b")" * 5_000 + b"'\n",
}


class Measured(NamedTuple):
    """How a process ended: status, what it said, seconds of processor time, bytes of memory."""

    status: int
    out: str
    err: str
    seconds: float
    memory: int


def measure(office: OfficeInFolder, folder: Path, *arguments: str) -> Measured:
    """Run a real process with ``folder``/input as its standard input, and measure what it used.

    Processor time is measured, since other tests may run beside it.
    """
    report = folder / "report"
    with (folder / "input").open("rb") as given:
        ended = subprocess.run(
            [
                *(sys.executable, "-S", str(MEASURING), str(report)),
                *(sys.executable, "-m", "kofucli", *arguments),
            ],
            stdin=given,
            capture_output=True,
            check=True,
            env=process_environment() | {"KOFUCLI_NOW": office.now},
        )
    status, seconds, memory = json.loads(report.read_text("ascii"))
    return Measured(status, ended.stdout.decode(), ended.stderr.decode(), seconds, memory)


def assert_cheap(found: Measured, *statuses: int) -> None:
    """Assert how it ended, that nothing raw was shown, and that it was cheap."""
    shown = found.out + found.err
    assert found.status in statuses, found
    assert "Traceback" not in shown
    assert not find_unsafe(shown.replace("\n", "").replace("\t", ""))
    assert found.seconds <= MOST_SECONDS
    assert found.memory <= MOST_MEMORY


READERS = {
    "book": ["book", "--from", "-", "--agent", "A-1", "--dry-run"],
    "plan": ["plan", "-", "--agent", "A-1"],
    "agent import": ["agent", "import", "-", "--accept-terms", "--office"],
    "store import": ["store", "import", "-", "{folder}/made", "--office"],
    "scenario run": ["scenario", "run", "-"],
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", CASE_FILES)
def test_hostile_case_file(founded: OfficeInFolder, tmp_path: Path, name: str, reader: str) -> None:
    """Deep, huge, doubled, broken or coloured: read or named as bad input, soon and in little room.

    A file may also be right by chance; then what it holds is decided as ever.
    """
    (tmp_path / "input").write_bytes(CASE_FILES[name])
    line = [word.replace("{folder}", str(tmp_path)) for word in READERS[reader]]
    found = measure(founded, tmp_path, *line, "--config", str(founded.config))
    assert_cheap(found, 0, 3, 5)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_hostile_configuration(founded: OfficeInFolder, tmp_path: Path, name: str) -> None:
    """A configuration of any make is bad input that names the file, soon and in little room."""
    (tmp_path / "input").write_bytes(b"")
    path = tmp_path / "kofucli.toml"
    path.write_bytes(CONFIGURATIONS[name])
    found = measure(founded, tmp_path, "slots", "--config", str(path))
    # One whose only oddity is a long name is whole: then there is no store beside it.
    assert_cheap(found, 6 if name == "a long text" else 5)
    assert "kofucli.toml" in found.err or found.status == 6
