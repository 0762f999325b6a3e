"""How far work has come: shown on a terminal, after a second, and nowhere else."""

from __future__ import annotations

import re
import subprocess
import sys
from tempfile import TemporaryFile

import pytest

from kofucli.cli import progress
from kofucli.cli.app import App
from kofucli.output.wrap import fit
from tests.conftest import OfficeInFolder
from tests.operations.support import write_rows
from tests.store.support import full_arguments, process_environment, write_agents
from tests.support.terminal import Terminal, columns, run_on_terminal

A1 = ("--agent", "A-1")
IMPATIENT = (
    "import sys\n"
    "from kofucli.cli import progress\n"
    "from kofucli.cli.main import main\n"
    "progress._PATIENCE = -1.0\n"
    "sys.exit(main(sys.argv[1:], {}))\n"
)
"""The program as it is, but for the seconds after which work is shown to be going on."""


def impatient_line(office: OfficeInFolder, *arguments: str) -> list[str]:
    """Return a command line for another process that shows progress at once."""
    line = [sys.executable, "-c", IMPATIENT]
    return [*line, *full_arguments(office, *arguments)]


def write_many(office: OfficeInFolder) -> str:
    """Write a case file of some thousand rows, few of which have a place."""
    return write_rows(office, *(f"X-{n},2026-11-26,10" for n in range(3000)))


def run_shown(command: list[str]) -> tuple[int, str, str]:
    """Run a command whose stderr is a terminal; return its status, stdout and what was shown."""
    with TemporaryFile() as out:
        status, shown = run_on_terminal(command, process_environment(), stdout=out)
        out.seek(0)
        return status, out.read().decode(), shown.decode()


def test_progress_on_a_terminal(office: OfficeInFolder) -> None:
    """On a terminal work that takes long is shown, on stderr, up to its end."""
    path = write_many(office)
    command = ("book", "--from", path, *A1, "-n", "--best-effort", "-f", "json")
    status, out, shown = run_shown(impatient_line(office, *command))
    assert (3, True) == (status, out.startswith("{"))
    for label in ("Reading", "Booking"):
        assert label in shown
    assert 2 == shown.count("100%")
    status, again, quiet = run_shown(impatient_line(office, *command, "-q"))
    assert (3, out, "") == (status, again, quiet)


@pytest.mark.parametrize("frame", ["2026-11-26,10", ","])
def test_progress_of_a_plan(office: OfficeInFolder, frame: str) -> None:
    """plan shows how far it is after reading too: rows that name a frame, and others."""
    path = write_rows(office, *(f"X-{n},{frame}" for n in range(3000)))
    status, _, shown = run_shown(impatient_line(office, "plan", path, *A1))
    assert 0 == status
    assert re.search("(?s)Reading.*Planning.*100%", shown)


READ, MADE = "Reading the archive", "Writing the documents"
CHECKED = "Reading the ledger.*Comparing the documents"


@pytest.mark.parametrize(
    ("command", "stages"),
    [
        ("check", CHECKED),
        ("check --repair", CHECKED),
        ("backup {0}/b", f"Writing the backup.*{READ}"),
        ("restore {0}/backup {0}/again -y", f"{READ}.*{MADE}"),
        ("import {0}/backup {0}/again", f"{READ}.*{MADE}"),
        ("purge --before 2026-11-24 -y -n", CHECKED),
    ],
)
def test_progress_of_the_store(office: OfficeInFolder, command: str, stages: str) -> None:
    """What goes over the whole store shows each stage on a terminal."""
    office.run("store", "export", "-o", str(office.folder / "backup"))
    words = command.format(office.folder).split()
    status, _, shown = run_shown(impatient_line(office, "store", *words))
    assert 0 == status
    assert re.search(f"(?s){stages}.*100%", shown)


@pytest.mark.files
def test_progress_of_an_import(office: OfficeInFolder) -> None:
    """Most of it is the disk, which saves values before the change and documents after it."""
    line = impatient_line(office, "agent", "import", write_agents(office, 100))
    status, _, shown = run_shown(line)
    assert 0 == status
    found = re.findall("Checking|Registering|Saving", shown)
    assert ["Checking", "Registering", "Saving"] == list(dict.fromkeys(found))
    assert 4 == shown.count("100%")


def test_no_progress_in_a_pipe(office: OfficeInFolder) -> None:
    """In a pipe no progress is shown, however long the work takes."""
    path = write_many(office)
    done = subprocess.run(
        impatient_line(office, "book", "--from", path, *A1, "-n", "--best-effort", "-f", "json"),
        capture_output=True,
        check=False,
        env=process_environment(),
    )
    assert (3, b"") == (done.returncode, done.stderr)


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 512, 700])
def test_every_item_is_taken_once(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Progress passes on each item once, in order, and is shown after 256 items and a second."""
    for patience, shown in ((-1.0, count >= 256), (1.0, False)):
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setattr(progress, "_PATIENCE", patience)
        monkeypatch.setattr(progress, "monotonic", lambda: 0.0)
        watch = progress.show_progress(App({"lang": "en", "config": "/nowhere"}, {}), "Reading")
        assert list(range(count)) == list(watch(list(range(count))))
        assert shown == (b"Reading" in stream.buffer.getvalue())


NARROW = [
    ("book", "--from", "{file}", *A1, "-n", "--best-effort"),
    ("book", "--from", "{file}", *A1, "-n", "--best-effort", "-f", "csv"),
    ("book", "+1", "12", "--case", "X-1,kind=coe", *A1),
    ("book", "+1", *A1, "-f", "xlsx"),
    ("plan", "{file}", "--agent"),
    ("report", "load"),
]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("command", NARROW)
def test_sentences_fit_the_terminal(
    office: OfficeInFolder, command: tuple[str, ...], language: str
) -> None:
    """They break between words at its width, cells of tables too; all lines in a pipe stay."""
    path = write_rows(office, "X-1,2026-11-28,10,x", "X-2,,,", head="number,date,hour,来庁の目的")
    words = (*(word.format(file=path) for word in command), "--lang", language)
    line = [sys.executable, "-m", "kofucli", *full_arguments(office, *words)]
    environment = {**process_environment(), "COLUMNS": "40", "KOFUCLI_LANG": language}
    with TemporaryFile() as out:
        whole = subprocess.run(line, capture_output=True, env=process_environment(), check=False)
        status, shown = run_on_terminal(line, environment, stdout=out if "csv" in words else None)
    before = (whole.stdout + whole.stderr).decode()
    assert status == whole.returncode
    assert any(columns(each) > 40 for each in before.splitlines())
    lines = shown.decode().splitlines()
    for each in lines:
        is_word = " " not in each.strip() and each.isascii()
        of_table = re.search(r"\S {2,}\S", each)
        assert columns(each) <= 40 or is_word or of_table or "usage" in each.lower()
    if "csv" not in words and "Usage" not in before:
        assert sorted(re.sub(r"[\s-]", "", "".join(lines))) == sorted(re.sub(r"[\s-]", "", before))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    "line", ["store log", "desk sheet +1", "report load", "report quota", "agent list"]
)
def test_tables_fit_the_terminal(office: OfficeInFolder, line: str, language: str) -> None:
    """A wide table has each row in as many lines as its cells need; another stays as it is."""
    office.book("+1", "10", "X-1", "横支変20261108812,kind=change")
    office.book("+2", "11", "X-2,recipient=professional")
    whole = office.run(*line.split(), "--lang", language).out
    shown = fit(whole, 80)
    assert max(map(columns, shown.splitlines())) <= 80
    assert sorted(re.sub(r"[\s-]", "", shown)) == sorted(re.sub(r"[\s-]", "", whole))
    assert fit(whole, 200) == whole
