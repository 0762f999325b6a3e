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
    """A stream is ``kept``, ``full`` (a disk), ``closed``, or ``gone`` (a pipe without reader)."""
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
def office(founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    return founded.copy(tmp_path_factory.mktemp("office"))


LOST = {
    ("kept", "full"): [(f"{BOOK} -n", 0), ("book +1 17 --case X-1 --agent A-1", 3), ("", 2)],
    ("kept", "gone"): [(f"{BOOK} -n", 0), ("show X-9", 4), ("book --hlep", 2)],
    ("kept", "closed"): [("book --hlep", 2)],
    ("gone", "gone"): [("--help", 0), ("slots -f json", 0)],
    ("full", "full"): [("--help", 7), ("slots", 7), ("show X-9", 4)],
    ("closed", "closed"): [("--version", 7)],
}
"""Exit statuses of commands by what stdout and stderr are."""
NOTES = [
    *(("status", 0), (f"{BOOK} -n -f csv --explain", 0), ("show X-9 -f json -v", 4)),
    *(("book +1 17 --case X-1 --agent A-1 -f json", 3), ("show Y261125-0099-X", 5)),
    *(("slots --config nowhere", 5), ("slots --store nowhere", 6)),
]
RESULTS = (
    *("--version", "completion bash", "demo", "book --help", "slots -f csv", "store export"),
    f"{BOOK} -n -f json",
)
MORE = {("kept", err): NOTES for err in ("full", "closed", "gone")} | {
    (out, out): [(line, 0 if out == "gone" else 7) for line in RESULTS]
    for out in ("full", "closed", "gone")
}


@pytest.mark.parametrize(
    ("out", "err", "line", "status"),
    [
        *((*streams, *each) for streams, lines in LOST.items() for each in lines),
        *(
            pytest.param(*streams, *each, marks=pytest.mark.deep)
            for streams, lines in MORE.items()
            for each in lines
        ),
    ],
)
def test_a_stream_that_is_lost(
    office: OfficeInFolder, out: str, err: str, line: str, status: int
) -> None:
    """A lost stderr changes no exit status; a lost result is 7, but for a reader that has gone."""
    assert status == run_process(office, line, out, err)


@pytest.fixture
def booked(founded: OfficeInFolder, tmp_path: Path) -> tuple[OfficeInFolder, str]:
    made = founded.copy(tmp_path)
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
def foreign(founded: OfficeInFolder, tmp_path: Path) -> OfficeInFolder:
    """Return an office with texts in it that neither EUC-JP nor Shift_JIS can write."""
    made = founded.copy(tmp_path)
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
