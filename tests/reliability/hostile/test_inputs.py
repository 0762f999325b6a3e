"""Hostile files are read or refused as cheaply as an ordinary file, in 200 MiB."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kofucli.base.text import find_unsafe
from tests.casefile.support import make_package
from tests.conftest import OfficeInFolder
from tests.store.support import process_environment
from tests.support.needs import posix_only

pytestmark = posix_only

MEASURING = Path(__file__).with_name("measuring.py")
MEBIBYTE = 1 << 20
MOST_TIMES, MOST_MEMORY = 10, 200 * MEBIBYTE
"""What an input may cost: so many times an ordinary file, so many bytes."""
ORDINARY = b"number,date,hour\n" + b"".join(b"X-%d,2026-11-25,10:00\n" % n for n in range(3_000))


def _nested(opening: bytes, closing: bytes, levels: int) -> bytes:
    return opening * levels + b"1" + closing * levels


def _workbook(main: bytes) -> bytes:
    """Return a workbook whose main part is this; behind the part of its relations it is read."""
    return make_package({"xl/_rels/workbook.xml.rels": "<x/>", "xl/workbook.xml": main})


ROW = b'{"number": "X-1", "date": "2026-11-25", "hour": "10:00"'
CASE_FILES: dict[str, bytes | Callable[[], bytes]] = {
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
    + b', "number": "1"}]',
    "a long text": b'[{"number": "' + b"X" * MEBIBYTE + b'"}]',
    "objects without end": b"[" + b"{}," * (MEBIBYTE // 3) + b"{}]",
    "lines of rubbish": b"{\n" * (MEBIBYTE // 2),
    "one column of a megabyte": b"number\n" + b"X" * MEBIBYTE,
    "commas": b"number\n" + b"," * MEBIBYTE,
    "a heading of commas": b"," * MEBIBYTE,
    "quotes": b"number\n" + b'"' * MEBIBYTE,
    "a quote that never ends": b'number\n"' + b"X\n" * (MEBIBYTE // 2),
    "many short rows": b"number\n" + b"X\n" * (MEBIBYTE // 2),
    "many wrong rows": b"number,kind\n" + b"1,visa\n" * (MEBIBYTE // 7),
    "line feeds": b"\n" * MEBIBYTE,
    "NULs": b"\x00" * MEBIBYTE,
    "no encoding": bytes(range(256)) * (MEBIBYTE // 256),
    "a byte order mark alone": b"\xff\xfe",
    "a zip of zeros": lambda: _workbook(bytes(100 * MEBIBYTE)),
    "a zip of levels": lambda: _workbook(b"<a>" * (10 * MEBIBYTE)),
    "a zip that is cut": _workbook(b"<a/>" * 1_000)[:-30],
    "a gzip of zeros": lambda: gzip.compress(b"\x00" * (150 * MEBIBYTE), 1),
    "a gzip of levels": lambda: gzip.compress(b"[" * (50 * MEBIBYTE), 1),
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
    """How a command ended, with seconds of processor time and bytes of memory."""

    status: int
    out: str
    err: str
    seconds: float
    memory: int


class Program:
    """The program in a small process beside this one, which measures what an input costs.

    Processor time is measured, since other tests may run beside it, and told in times what an
    ordinary file costs on the same machine.
    """

    def __init__(self, process: subprocess.Popen[str], office: OfficeInFolder, folder: Path):
        self.process, self.office = process, office
        self.paths = [folder / name for name in ("input", "out", "err")]
        self.run(b"", "list")  # what only a first run loads or makes
        self.ordinary = self.read_ordinary_file()

    def run(self, data: bytes, *arguments: str) -> Measured:
        for path, content in zip(self.paths, (data, b"", b""), strict=True):
            path.write_bytes(content)
        config = () if "--config" in arguments else ("--config", str(self.office.config))
        asked = [*arguments, *config], [str(path) for path in self.paths]
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        status, seconds, memory = json.loads(self.process.stdout.readline())
        out, err = (path.read_bytes().decode() for path in self.paths[1:])
        return Measured(status, out, err, seconds, memory)

    def read_ordinary_file(self) -> float:
        """Return the seconds that rows cost which say what they should."""
        found = self.run(ORDINARY, *READERS["book"].split())
        assert found.status == 3, found  # all but a few are beyond the quota
        return found.seconds

    def run_cheaply(self, data: bytes, *arguments: str) -> Measured:
        """Run a command; assert that nothing raw was shown, and that it was cheap."""
        found = self.run(data, *arguments)
        if found.seconds > MOST_TIMES * self.ordinary:
            # Whatever else runs slows both alike: once more, side by side.
            found, self.ordinary = self.run(data, *arguments), self.read_ordinary_file()
        shown = found.out + found.err
        assert "Traceback" not in shown
        assert not find_unsafe(shown.replace("\n", "").replace("\t", ""))
        assert found.seconds <= MOST_TIMES * self.ordinary
        assert found.memory <= MOST_MEMORY
        return found


@pytest.fixture(scope="module")
def program(founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with subprocess.Popen(
        [sys.executable, str(MEASURING)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=process_environment() | {"KOFUCLI_NOW": founded.now},
    ) as process:
        yield Program(process, founded, tmp_path_factory.mktemp("program"))


READERS = {
    "book": "book --from - --agent A-1 --dry-run",
    "plan": "plan - --agent A-1",
    "agent import": "agent import - --accept-terms --office",
    "store import": "store import - {folder}/made --office",
    "scenario run": "scenario run -",
}


# Each file is given to one reader, each reader some of the files; in the deep tier all to all.
PAIRS = [
    pytest.param(
        name,
        reader,
        marks=[] if place % len(READERS) == turn else pytest.mark.deep,
        id=f"{name}-{reader}",
    )
    for turn, reader in enumerate(READERS)
    for place, name in enumerate(CASE_FILES)
]


@pytest.mark.parametrize(("name", "reader"), PAIRS)
def test_hostile_case_file(program: Program, tmp_path: Path, name: str, reader: str) -> None:
    """Deep, huge, doubled, broken or coloured files are read or named as bad input, at little cost.

    A file may also be right by chance; then what it holds is decided as ever.
    """
    data = CASE_FILES[name]
    line = READERS[reader].format(folder=tmp_path).split()
    found = program.run_cheaply(data() if callable(data) else data, *line)
    assert found.status in (0, 3, 5)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_hostile_configuration(program: Program, tmp_path: Path, name: str) -> None:
    """A configuration of any make is bad input that names the file, soon and in little room."""
    path = tmp_path / "kofucli.toml"
    path.write_bytes(CONFIGURATIONS[name])
    found = program.run_cheaply(b"", "slots", "--config", str(path))
    # One whose only oddity is a long name is whole: then there is no store beside it.
    assert found.status == (6 if name == "a long text" else 5)
    assert "kofucli.toml" in found.err or found.status == 6
