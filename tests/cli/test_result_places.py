"""Where results may go: never through another account's link, never into its file."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kofucli.base.results import open_temporary
from tests.conftest import OfficeInFolder
from tests.support.needs import mode_of, posix_only

pytestmark = posix_only

OTHER = 65534  # an account that owns nothing of ours; it needs no name
SCENARIO = """
title = "x"
now = 2026-11-24T10:00:00+09:00
[[step]]
run = "list"
expect = {exit = 4}
"""
CASES = "number,date,hour\nX-1,2026-11-25,10\n"


def as_other(work: Callable[[], object]) -> None:
    """Let another account do ``work``; skip the test where this one cannot become another."""
    if os.geteuid() != 0:
        pytest.skip("only the superuser may become another account")
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(OTHER)
            os.setuid(OTHER)
            work()
            os._exit(0)
        finally:
            os._exit(1)
    assert 0 == os.waitpid(child, 0)[1]


@pytest.fixture
def shared() -> Iterator[Path]:
    """Return a folder in which everybody may write, sticky as the system's temporary folder is."""
    folder = Path(tempfile.mkdtemp())  # pytest's own folders let nobody else through
    folder.chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def target(office: OfficeInFolder) -> Path:
    path = office.folder / "precious.txt"
    path.write_text("precious", "utf-8")
    (office.folder / "cases.csv").write_text(CASES, "utf-8")
    (office.folder / "case.toml").write_text(SCENARIO, "utf-8")
    office.book("+2", "10", "Z-1")
    return path


READING = [
    "agent export A-1 -o {file}",
    "desk sheet 2026-11-26 -f html -o {file}",
    "list --all -f csv -o {file}",
    "confirmation Z-1 -o {file}",
    "scenario record Z-1 -o {file}",
    "store log -o {file}",
]
CHANGING = [
    "book +1 10 --case X-2 --agent A-1 -o {file}",
    "book +1 10 --case X-2 --agent A-1 --scenario {file}",
    "book +1 9 --case X-2 --agent A-1 --scenario {file}",
    "cancel Z-1 --office -o {file}",
    "amend Z-1 --replace Z-1=Z-2 --office -o {file}",
    "verify send A-1 -o {file}",
    "agent suspend A-1 --reason x -o {file}",
    "office close 2026-12-01 --reason x -y -o {file}",
    "desk late-notice Z-1 -o {file}",
    "mail send -n -o {file}",
    "store backup {folder}/copies -o {file}",
    "scenario run --update {folder}/case.toml -o {file}",
    "scenario run --update {file}",
    "init --store {folder}/new -o {file}",
]
WRITING = [
    *((line, 7) for line in READING),
    ("store export -o {file}", 6),
    *((line, 5) for line in CHANGING),
]
"""What writes a file, and its exit status where it may not."""
INTO_FOLDERS = {
    "book --from {folder}/cases.csv --agent A-1 --confirmations {file}": 5,
    "plan {folder}/cases.csv --agent A-1 --split {file}": 5,
    "report nightly -o {file}": 7,
}
"""What writes files whose names are known beforehand into a folder."""
MAKING_FOLDERS = {
    "store backup {file} --office": 6,
    "store restore {folder}/exported {file} -y --office": 5,
    "store import {folder}/exported {file} --office": 5,
    "init --store {file}": 5,
}


def run(office: OfficeInFolder, line: str, file: Path) -> tuple[int, str]:
    found = office.run(*line.format(file=file, folder=office.folder).split())
    return found.status, found.err


@pytest.mark.parametrize("planted", ["a link", "a link to nothing", "a file"])
@pytest.mark.parametrize(("line", "refused"), WRITING)
def test_nothing_that_others_put_there_is_written(
    line: str, refused: int, planted: str, office: OfficeInFolder, target: Path, shared: Path
) -> None:
    """In a folder of others a link leads nowhere; that is known before anything is changed."""
    result, nothing = shared / "result", office.folder / "nothing"

    def plant() -> None:
        result.write_text("theirs", "utf-8")
        result.chmod(0o666)

    if planted == "a file":
        as_other(plant)
    else:
        result.symlink_to(target if planted == "a link" else nothing)
    before = office.bytes()
    status, said = run(office, line, result)
    assert status == refused, said
    assert ("another account" if planted == "a file" else "symbolic link") in said
    assert str(result) in said
    assert before == office.bytes()
    assert ("precious", [result]) == (target.read_text("utf-8"), list(shared.iterdir()))
    assert not nothing.exists()
    if planted == "a file":
        assert ("theirs", OTHER) == (result.read_text("utf-8"), result.stat().st_uid)


def test_a_second_name_of_a_public_file_is_closed(office: OfficeInFolder, shared: Path) -> None:
    """Others can link a file of ours that they can read to the place where a result goes."""
    public, result = shared / "public", shared / "result"
    public.write_text("public", "utf-8")
    public.chmod(0o666)
    result.hardlink_to(public)
    status, said = run(office, "agent export A-1 -o {file}", result)
    assert (status, mode_of(result)) == (0, 0o600), said
    assert (public.read_text("utf-8"), mode_of(public)) == ("public", 0o666)


def test_anothers_pipe_gets_nothing(office: OfficeInFolder, target: Path, shared: Path) -> None:
    pipe = shared / "pipe"
    as_other(lambda: os.mkfifo(pipe, 0o666))
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert 7 == office.run("agent", "export", "A-1", "-o", str(pipe)).status
    assert b"" == os.read(reader, 10)
    os.close(reader)


def test_their_link_leads_to_no_folder(office: OfficeInFolder, target: Path, shared: Path) -> None:
    """The same is true of folders for results, and of a link further up in a path."""
    mine, link = office.folder / "mine", shared / "link"
    mine.mkdir()
    link.symlink_to(mine)
    assert 0 == run(office, "store export -o {file}", office.folder / "exported")[0]
    before = office.bytes()
    for folder in (link, link / "below"):
        for line, refused in (INTO_FOLDERS | MAKING_FOLDERS).items():
            status, said = run(office, line, folder)
            assert (status, "symbolic link" in said) == (refused, True), said
    assert before == office.bytes()
    assert [] == list(mine.iterdir())


def test_what_others_put_into_a_folder(office: OfficeInFolder, target: Path, shared: Path) -> None:
    """A link or a file of theirs under a name that a result will have is refused beforehand."""
    shared.chmod(0o777)
    for name in ("Y261125-0001-7.txt", "A-1.csv", "index.html"):
        (shared / name).symlink_to(target)
    before = office.bytes()
    for line, refused in INTO_FOLDERS.items():
        status, said = run(office, line, shared)
        assert (status, "symbolic link" in said) == (refused, True), said
    assert before == office.bytes()
    assert "precious" == target.read_text("utf-8")
    assert 3 == len(list(shared.iterdir()))


def test_a_link_of_ones_own_is_followed(office: OfficeInFolder, target: Path) -> None:
    link, own = office.folder / "link", office.folder / "own"
    link.symlink_to(target)
    target.chmod(0o640)
    assert 0 == run(office, "agent export A-1 -o {file}", link)[0]
    assert link.is_symlink()
    assert ("A-1" in target.read_text("utf-8"), mode_of(target)) == (True, 0o640)
    assert 0 == run(office, "store export -o {file}", own)[0]
    own.chmod(0o644)
    assert 0 == run(office, "store export -o {file}", own)[0]
    assert 0o600 == mode_of(own)


_KILLED = """
import os, signal, sys
from kofucli.__main__ import run
real = os.replace
def replace(source, *rest, **more):
    if ".kofucli-" in str(source):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(source, *rest, **more)
os.replace = replace
sys.argv[0] = "kofucli"
run()
"""


@pytest.mark.parametrize(
    "line",
    [
        *("agent export A-1 -o {out}/a", "store export -o {out}/a", "store backup {out}"),
        "report nightly -o {out}",
    ],
)
def test_what_a_killed_command_left_is_removed(office: OfficeInFolder, line: str) -> None:
    out = office.folder / "out"
    out.mkdir()
    words = [*line.format(out=out).split(), "--config", str(office.config), "--now", office.now]
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, *words], check=False, capture_output=True
    )
    assert -signal.SIGKILL == killed.returncode
    left = [path.name for path in out.iterdir()]
    assert left
    assert all(name.startswith(".kofucli-") for name in left)
    busy, descriptor = open_temporary(str(out))  # of a command that still runs
    assert 0 == office.run("list", "-o", str(out / "b")).status
    assert {"b", os.path.basename(busy)} == {path.name for path in out.iterdir()}
    os.close(descriptor)
