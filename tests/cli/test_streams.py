"""Standard output and error: lost ones end with 7 at most, and which encoding each gets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import process_environment
from tests.support.needs import posix_only
from tests.support.terminal import run_on_terminal

pytestmark = posix_only

FULL = "/dev/full"
BOOK = "book +1 10 --case X-1 --agent A-1"
LATE = "2026-11-24T13:00:00"
"""After the deadline of a visit tomorrow, so that booking it has a note."""


def run_process(office: OfficeInFolder, line: str, out: str, err: str) -> int:
    """Run a command in a process of its own, with these streams, and return its exit status.

    A stream is ``kept``, ``full`` (a full disk), ``closed``, or ``gone`` (a pipe without reader).
    """
    reader, gone = os.pipe()
    os.close(reader)
    closed = "".join(f" {n}>&-" for n, kind in ((1, out), (2, err)) if kind == "closed")
    command = ["sh", "-c", f'exec "$@"{closed}', "sh", sys.executable, "-m", "kofucli"]
    env = process_environment() | {"KOFUCLI_CONFIG": str(office.config), "KOFUCLI_NOW": LATE}
    with open(FULL, "wb") as full, open(gone, "wb") as lost:
        kinds: dict[str, Any] = {"full": full, "gone": lost}
        stdout, stderr = (kinds.get(kind, subprocess.PIPE) for kind in (out, err))
        words = [*command, *line.split()]
        return subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=env, check=False
        ).returncode


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return an office for all tests of this module: most of them change nothing."""
    made = OfficeInFolder(tmp_path_factory.mktemp("office"))
    made.add_agent()
    return made


@pytest.mark.parametrize(
    ("line", "err", "status"),
    [
        (f"{BOOK} -n", "full", 0),
        (f"{BOOK} -n", "gone", 0),
        ("book +1 17 --case X-1 --agent A-1", "full", 3),
        ("show X-9", "gone", 4),
        ("book --hlep", "closed", 2),
        ("book --hlep", "gone", 2),
        ("", "full", 2),
        *(
            pytest.param(line, err, status, marks=pytest.mark.deep)
            for err in ("full", "closed", "gone")
            for line, status in (
                ("status", 0),
                (f"{BOOK} -n -f csv --explain", 0),
                ("book +1 17 --case X-1 --agent A-1 -f json", 3),
                ("show X-9 -f json -v", 4),
                ("show Y261125-0099-X", 5),
                ("slots --config nowhere", 5),
                ("slots --store nowhere", 6),
            )
        ),
    ],
)
def test_a_note_or_error_that_is_lost(
    office: OfficeInFolder, line: str, err: str, status: int
) -> None:
    """A lost stderr changes no exit status, be it a note, an error or click's usage."""
    assert status == run_process(office, line, "kept", err)


@pytest.mark.parametrize(
    ("line", "out", "status"),
    [
        ("--help", "gone", 0),
        ("slots -f json", "gone", 0),
        ("--help", "full", 7),
        ("--version", "closed", 7),
        ("slots", "full", 7),
        ("show X-9", "full", 4),
        *(
            pytest.param(line, out, status, marks=pytest.mark.deep)
            for out, status in (("full", 7), ("closed", 7), ("gone", 0))
            for line in (
                *("--version", "completion bash", "demo", "book --help", "slots -f csv"),
                *("store export", f"{BOOK} -n -f json"),
            )
        ),
    ],
)
def test_a_result_that_is_lost(office: OfficeInFolder, line: str, out: str, status: int) -> None:
    """A reader that has gone is no failure where nothing was changed; all else ends with 7.

    Whether stderr is lost as well makes no difference.
    """
    assert status == run_process(office, line, out, out)


@pytest.fixture
def booked(tmp_path: Path) -> tuple[OfficeInFolder, str]:
    """Return an office of its own, and the number of its one reservation."""
    made = OfficeInFolder(tmp_path)
    made.add_agent()
    return made, made.book("+1", "10", "X-1")["number"]


@pytest.mark.parametrize("out", ["full", "closed", "gone"])
def test_a_change_whose_result_cannot_be_written(office: OfficeInFolder, out: str) -> None:
    before = len(office.json("list")["reservations"])
    assert 7 == run_process(office, f"book +1 10 --case X1-{out} --agent A-1", out, out)
    assert before + 1 == len(office.json("list")["reservations"])
    assert office.json("store", "check")["ok"] is True


def test_what_failed_beside_a_result_unread(booked: tuple[OfficeInFolder, str]) -> None:
    office, number = booked
    for key, value in (("transport", '"smtp"'), ("host", '"127.0.0.1"'), ("port", "1")):
        office.set("mail", key, value)
    line = f"confirmation {number} --send --agent A-1"
    assert [7, 7] == [run_process(office, line, out, "kept") for out in ("kept", "gone")]


def test_a_change_whose_notes_cannot_be_written(office: OfficeInFolder) -> None:
    assert 0 == run_process(office, BOOK, "kept", "full")
    assert office.json("show", "X-1")["reservation"]["status"] == "active"


@pytest.mark.parametrize("dry_run", [(), ("-n",)])
def test_an_answer_at_the_counter_that_cannot_be_written(
    booked: tuple[OfficeInFolder, str], dry_run: tuple[str, ...]
) -> None:
    """A lost answer ends with 7; the message says that it is recorded, but not in a dry run."""
    office, number = booked
    line = ("--config", str(office.config), "--now", "2026-11-25T10:05", "--lang", "en")
    with open(FULL, "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kofucli", *line, "desk", "arrive", "-", *dry_run],
            input=number.encode(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (7, not dry_run) == (done.returncode, b"is recorded" in done.stderr)


def test_a_file_instead_of_a_closed_stdout(office: OfficeInFolder) -> None:
    """With -o nothing needs stdout; no file gets the number of a closed stream meanwhile."""
    target = office.folder / "slots.json"
    assert 0 == run_process(office, f"slots -f json -o {target}", "closed", "closed")
    assert target.read_text("utf-8") == office.run("slots", "-f", "json", now=LATE).out


def test_a_device_for_a_result(office: OfficeInFolder) -> None:
    """-o names a pipe by its device: what is written there is what stdout would have."""
    command = [sys.executable, "-m", "kofucli", "slots", "--config", str(office.config)]
    both = [
        subprocess.run([*command, "--now", LATE, "-o", to], capture_output=True, check=True).stdout
        for to in ("/dev/stdout", "-")
    ]
    assert both[0] == both[1] != b""


COMMANDS = [
    f"{BOOK} -n",
    "book 2026-11-26 10 --case X-1 --agent A-1",
    "agent list",
    "--help",
    "list --wrong",
]
"""Of the program and of click, on stdout, on stderr and on both."""


@pytest.fixture
def foreign(tmp_path: Path) -> OfficeInFolder:
    """Return an office with texts in it that neither EUC-JP nor Shift_JIS can write."""
    made = OfficeInFolder(tmp_path)
    made.add_agent()
    made.add_agent("B-1", name="한 é 😀")
    made.json("office", "close", "2026-11-26", "--reason", "한 é", "-y")
    return made


def command_line(foreign: OfficeInFolder, line: str) -> list[str]:
    own = ["--config", str(foreign.config), "--now", foreign.now, "--lang", "ja"]
    return [sys.executable, "-m", "kofucli", *line.split(), *own]


ENVIRONMENTS = [
    pytest.param({}, id="cron"),
    pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, id="no locale"),
    pytest.param({"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "cp932:strict"}, id="cp932"),
    pytest.param({"PYTHONIOENCODING": "ascii"}, id="ascii"),
]


@pytest.mark.parametrize("variables", ENVIRONMENTS)
def test_a_pipe_gets_utf_8(foreign: OfficeInFolder, variables: dict[str, str]) -> None:
    """In a pipe stdout and stderr are UTF-8, whatever the locale and Python's variables say."""
    for line in COMMANDS:
        done = subprocess.run(
            command_line(foreign, line),
            env={"PATH": os.defpath, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        expected = foreign.run(*line.split(), "--lang", "ja")
        assert (expected.status, expected.out) == (done.returncode, done.stdout.decode())
        assert expected.err == done.stderr.decode()
        assert not (done.stdout + done.stderr).isascii()


@pytest.mark.parametrize(
    ("encoding", "line"), [*(("shift_jis", line) for line in COMMANDS), ("euc_jp", COMMANDS[1])]
)
def test_a_terminal_gets_its_own(foreign: OfficeInFolder, encoding: str, line: str) -> None:
    """A terminal is written to in its encoding; what that does not have is an escape."""
    environment = {"PATH": os.defpath, "PYTHONIOENCODING": encoding}
    status, shown = run_on_terminal(command_line(foreign, line), environment)
    expected = foreign.run(*line.split(), "--lang", "ja")
    assert expected.status == status
    assert (expected.out + expected.err).encode(encoding, "backslashreplace") == shown


def test_a_terminal_without_a_locale_gets_utf_8(foreign: OfficeInFolder) -> None:
    """ASCII is what Python takes for the encoding of a terminal that nobody has set up."""
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    status, shown = run_on_terminal(command_line(foreign, COMMANDS[0]), environment)
    expected = foreign.run(*COMMANDS[0].split(), "--lang", "ja")
    assert (expected.status, expected.out + expected.err) == (status, shown.decode())


def test_an_answer_that_is_no_text(foreign: OfficeInFolder) -> None:
    """Bytes that the terminal's encoding does not have are no answer: it is asked again."""
    line = command_line(foreign, "office close +1 --reason 点検")
    environment = {"PYTHONIOENCODING": "utf-8:strict", "TERM": "dumb"}
    status, shown = run_on_terminal(line, environment, b"\xff\nn\n")
    assert (1, True) == (status, "中止しました" in shown.decode())
