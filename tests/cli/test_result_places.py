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

OTHER = 65534
"""An account that owns nothing of ours; it needs no name."""
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
    """Return a file of ours that a result must not reach."""
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
COPYING = ["store export -o {file}"]
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


def run(office: OfficeInFolder, line: str, file: Path) -> tuple[int, str]:
    """Run a command line whose result goes to ``file``; return exit status and errors."""
    words = line.format(file=file, folder=office.folder, cases=office.folder / "cases.csv").split()
    found = office.run(*words)
    return found.status, found.err


@pytest.mark.parametrize("line", READING + COPYING + CHANGING)
def test_no_link_is_followed_where_others_write(
    line: str, office: OfficeInFolder, target: Path, shared: Path
) -> None:
    """A link in a folder that others can write leads nowhere, and nothing is changed before."""
    link, dangling = shared / "link", shared / "dangling"
    link.symlink_to(target)
    dangling.symlink_to(office.folder / "planted")
    before = office.bytes()
    for path in (link, dangling):
        status, said = run(office, line, path)
        assert status == (7 if line in READING else 6 if line in COPYING else 5), said
        assert "symbolic link" in said
        assert str(path) in said
    assert "precious" == target.read_text("utf-8")
    assert not (office.folder / "planted").exists()
    assert before == office.bytes()
    assert {"link", "dangling"} == {path.name for path in shared.iterdir()}


@pytest.mark.parametrize("line", READING + COPYING + CHANGING)
def test_no_file_of_another_account_is_written(
    line: str, office: OfficeInFolder, target: Path, shared: Path
) -> None:
    """A file that another account made keeps what is in it, and nothing is changed before."""
    file = shared / "result"

    def plant() -> None:
        file.write_text("theirs", "utf-8")
        file.chmod(0o666)

    as_other(plant)
    before = office.bytes()
    status, said = run(office, line, file)
    assert status == (7 if line in READING else 6 if line in COPYING else 5), said
    assert "another account" in said
    assert ("theirs", OTHER) == (file.read_text("utf-8"), file.stat().st_uid)
    assert before == office.bytes()


def test_a_second_name_of_a_public_file_is_closed(office: OfficeInFolder, shared: Path) -> None:
    """Others can link a file of ours that they can read to the place where a result goes."""
    public, result = shared / "public", shared / "result"
    public.write_text("public", "utf-8")
    public.chmod(0o666)
    result.hardlink_to(public)
    status, said = run(office, "agent export A-1 -o {file}", result)
    assert (status, mode_of(result)) == (0, 0o600), said
    assert (public.read_text("utf-8"), mode_of(public)) == ("public", 0o666)


def test_a_pipe_of_another_account_gets_nothing(
    office: OfficeInFolder, target: Path, shared: Path
) -> None:
    """A pipe that another account made would hand it the result."""
    pipe = shared / "pipe"
    as_other(lambda: os.mkfifo(pipe, 0o666))
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert 7 == office.run("agent", "export", "A-1", "-o", str(pipe)).status
    assert b"" == os.read(reader, 10)
    os.close(reader)


def test_no_folder_is_reached_through_their_link(
    office: OfficeInFolder, target: Path, shared: Path
) -> None:
    """The same is true of folders for results, and of a link further up in a path."""
    mine = office.folder / "mine"
    mine.mkdir()
    link = shared / "link"
    link.symlink_to(mine)
    cases, exported = str(office.folder / "cases.csv"), str(office.folder / "exported")
    assert 0 == office.run("store", "export", "-o", exported).status
    before = office.bytes()
    for folder in (link, link / "below"):
        book = ("book", "--from", cases, "--agent", "A-1", "--confirmations", str(folder))
        plan = ("plan", cases, "--agent", "A-1", "--split", str(folder))
        nightly = ("report", "nightly", "-o", str(folder))
        backup = ("store", "backup", str(folder), "--office")
        restore = ("store", "restore", exported, str(folder), "-y", "--office")
        imported = ("store", "import", exported, str(folder), "--office")
        made = ("init", "--store", str(folder))
        for words, status in (
            *((book, 5), (plan, 5), (nightly, 7), (backup, 6)),
            *((restore, 5), (imported, 5), (made, 5)),
        ):
            found = office.run(*words)
            assert status == found.status, found
            assert "symbolic link" in found.err
    assert before == office.bytes()
    assert [] == list(mine.iterdir())


def test_what_others_put_into_a_folder_of_results(
    office: OfficeInFolder, target: Path, shared: Path
) -> None:
    """A link or a file of theirs under a name that a result will have is refused beforehand."""
    shared.chmod(0o777)
    cases = str(office.folder / "cases.csv")
    for name in ("Y261125-0001-7.txt", "A-1.csv", "index.html"):
        (shared / name).symlink_to(target)
    before = office.bytes()
    book = ("book", "--from", cases, "--agent", "A-1", "--confirmations", str(shared))
    plan = ("plan", cases, "--agent", "A-1", "--split", str(shared))
    nightly = ("report", "nightly", "-o", str(shared))
    for words, status in ((book, 5), (plan, 5), (nightly, 7)):
        found = office.run(*words)
        assert status == found.status, found
        assert "symbolic link" in found.err
    assert before == office.bytes()
    assert "precious" == target.read_text("utf-8")
    assert 3 == len(list(shared.iterdir()))


def test_a_link_of_ones_own_is_followed(office: OfficeInFolder, target: Path) -> None:
    """A link in a folder that only its owner can write leads where it always did."""
    link = office.folder / "link"
    link.symlink_to(target)
    target.chmod(0o640)
    assert 0 == office.run("agent", "export", "A-1", "-o", str(link)).status
    assert link.is_symlink()
    assert 0 == office.run("store", "export", "-o", str(link.with_name("own"))).status
    link.with_name("own").chmod(0o644)
    assert 0 == office.run("store", "export", "-o", str(link.with_name("own"))).status
    assert 0o600 == mode_of(link.with_name("own"))
    assert "A-1" in target.read_text("utf-8")
    assert 0o640 == mode_of(target)


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
    "words",
    [
        ("agent", "export", "A-1", "-o", "{out}/a"),
        ("store", "export", "-o", "{out}/a"),
        ("store", "backup", "{out}"),
        ("report", "nightly", "-o", "{out}"),
    ],
)
def test_what_a_killed_command_left_is_removed(
    office: OfficeInFolder, target: Path, words: tuple[str, ...]
) -> None:
    """The next result in the same folder removes what killed commands left there."""
    out = office.folder / "out"
    out.mkdir()
    shared = ("--config", str(office.config), "--now", office.now)
    command = [word.format(out=out) for word in words]
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, *command, *shared], check=False, capture_output=True
    )
    assert -signal.SIGKILL == killed.returncode
    left = list(out.iterdir())
    assert left
    assert all(path.name.startswith(".kofucli-") for path in left)
    busy, descriptor = open_temporary(str(out))  # of a command that still runs
    assert 0 == office.run("list", "-o", str(out / "b")).status
    assert {"b", os.path.basename(busy)} == {path.name for path in out.iterdir()}
    os.close(descriptor)
