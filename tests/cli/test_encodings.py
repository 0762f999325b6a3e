"""Which encoding stdout and stderr get: UTF-8, and on a terminal the terminal's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.support.needs import lacking, posix_only
from tests.support.terminal import run_on_terminal

pytestmark = posix_only

CHARMAPS = {"ja_JP.eucJP": "EUC-JP", "ja_JP.SJIS": "SHIFT_JIS"}
ASK = "import locale; locale.setlocale(locale.LC_ALL, '')"
COMMANDS = [
    ("book", "+1", "10", "--case", "X-1", "--agent", "A-1", "-n"),
    ("book", "2026-11-26", "10", "--case", "X-1", "--agent", "A-1"),
    ("agent", "list"),
    ("--help",),
    ("list", "--wrong"),
]
"""Of the program and of click, on stdout, on stderr and on both."""

ENVIRONMENTS: list[dict[str, str]] = [
    {},  # as cron has it
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "cp932:strict"},
    {"LC_ALL": "ja_JP.eucJP"},
    {"LC_ALL": "ja_JP.SJIS", "PYTHONIOENCODING": "ascii"},
]

Find = Callable[[str], dict[str, str]]


@pytest.fixture(scope="session")
def find_locale(tmp_path_factory: pytest.TempPathFactory) -> Find:
    """Return what gives the variables of a Japanese locale; one the machine lacks is built."""
    folder = tmp_path_factory.mktemp("locales")

    def find(name: str) -> dict[str, str]:
        for variables in ({"LC_ALL": name}, {"LC_ALL": name, "LOCPATH": str(folder)}):
            if _works(variables):
                return variables
            if "LOCPATH" not in variables:
                _build(folder, name)
        pytest.fail(f"localedef made {name}, which does not work")

    return find


def _works(variables: dict[str, str]) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=variables, check=False, capture_output=True
    )
    return done.returncode == 0


def _build(folder: Path, name: str) -> None:
    if (folder / name).exists():
        return
    command = ["localedef", "--no-archive", "-c", "-i", "ja_JP", "-f", CHARMAPS[name]]
    if shutil.which(command[0]) is None:
        lacking("no localedef here: install the packages libc-bin and locales")
    done = subprocess.run([*command, str(folder / name)], check=False, capture_output=True)
    # 1 is for warnings: Shift_JIS has no backslash of ASCII's.
    if done.returncode > 1 or not (folder / name).exists():
        lacking(f"localedef cannot make {name}: install the package locales")


@pytest.fixture
def office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with texts in it that neither EUC-JP nor Shift_JIS can write."""
    office.add_agent("B-1", name="한 é 😀")
    office.json("office", "close", "2026-11-26", "--reason", "한 é", "-y")
    return office


def command_line(office: OfficeInFolder, *arguments: str) -> list[str]:
    """Return a command line for another process."""
    own = ["--config", str(office.config), "--now", office.now, "--lang", "ja"]
    return [sys.executable, "-m", "kofucli", *arguments, *own]


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        *((variables, COMMANDS[0]) for variables in ENVIRONMENTS),
        *((ENVIRONMENTS[-1], arguments) for arguments in COMMANDS[1:]),
    ],
    ids=lambda value: " ".join(value.values() if isinstance(value, dict) else value) or "cron",
)
def test_a_pipe_gets_utf_8(
    office: OfficeInFolder,
    find_locale: Find,
    variables: dict[str, str],
    arguments: tuple[str, ...],
) -> None:
    """In a pipe stdout and stderr are UTF-8, whatever the locale and Python's variables say."""
    name = variables.get("LC_ALL")
    found = find_locale(name) if name in CHARMAPS else {}
    done = subprocess.run(
        command_line(office, *arguments),
        env={"PATH": os.defpath, **variables, **found},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    expected = office.run(*arguments, "--lang", "ja")
    assert (expected.status, expected.out, expected.err) == (
        done.returncode,
        done.stdout.decode(),
        done.stderr.decode(),
    )
    assert not (done.stdout + done.stderr).isascii()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [*(("ja_JP.SJIS", arguments) for arguments in COMMANDS), ("ja_JP.eucJP", COMMANDS[1])],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_terminal_gets_its_own(
    office: OfficeInFolder, find_locale: Find, name: str, arguments: tuple[str, ...]
) -> None:
    """A terminal is written to in its encoding; what that does not have is an escape."""
    environment = {"PATH": os.defpath, **find_locale(name)}
    status, shown = run_on_terminal(command_line(office, *arguments), environment)
    expected = office.run(*arguments, "--lang", "ja")
    assert expected.status == status
    assert (expected.out + expected.err).encode(CHARMAPS[name], "backslashreplace") == shown


def test_a_terminal_without_a_locale_gets_utf_8(office: OfficeInFolder) -> None:
    """ASCII is what Python takes for the encoding of a terminal that nobody has set up."""
    environment = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    status, shown = run_on_terminal(command_line(office, *COMMANDS[0]), environment)
    expected = office.run(*COMMANDS[0], "--lang", "ja")
    assert (expected.status, expected.out + expected.err) == (status, shown.decode())


def test_an_answer_that_is_no_text(office: OfficeInFolder) -> None:
    """Bytes that the terminal's encoding does not have are no answer: it is asked again."""
    close = ("office", "close", "+1", "--reason", "点検")
    status, shown = run_on_terminal(
        command_line(office, *close), {"LC_ALL": "C.UTF-8", "TERM": "dumb"}, b"\xff\nn\n"
    )
    assert 1 == status
    assert "中止しました" in shown.decode()
