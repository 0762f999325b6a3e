"""What the commands that are called most may load: start-up is nearly all of what they take."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import OfficeInFolder

STARTING = frozenset(
    {
        *("kofucli", "click"),
        # Nearly all of these the interpreter or click has loaded anyhow.
        *("__future__", "codecs", "collections", "contextlib", "datetime", "errno", "functools"),
        *("gc", "gettext", "importlib", "io", "itertools", "os", "re", "sys", "types", "typing"),
    }
)
"""Top-level modules that the source may name in what any command runs."""

READING = STARTING | {
    # Decoding and checking records, and the configuration.
    *("msgspec", "tomli", "unicodedata"),
    # National holidays.
    "jpholiday",
    # The lock, its waiting, plain files, and the checksums of lines and documents.
    *("fcntl", "time", "stat", "zlib"),
}
"""What reading may name beyond."""

BOOKING = READING | {"hashlib", "pwd"}  # what booking may name: hashes, the account's name

COSTLY = frozenset(
    {
        *("csv", "dateutil", "email", "hashlib", "importlib.metadata", "jinja2", "openpyxl"),
        *("smtplib", "tabulate", "tempfile", "tomli_w", "wcwidth"),
    }
)
"""Modules that belong to other commands and other forms of output."""

LIBRARIES = frozenset({"kofucli", "click", "jpholiday", "msgspec", "tomli", "typing_extensions"})
"""What is not Python's own and loaded with any command: msgspec loads typing_extensions."""

ROOT = Path(__file__).parents[2]
POSIX = {
    *("fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty"),
    *("SIGKILL", "SIGSTOP", "SIGCONT", "SIGALRM", "SIGHUP", "mkfifo", "geteuid", "getuid", "fork"),
}
"""Modules, and names of ``os`` and ``signal``, that Windows does not have."""

_CHILD = """
import builtins
import json
import os
import sys

find = builtins.__import__
named = set()


def note(name, globals=None, locals=None, fromlist=(), level=0):
    if (globals or {}).get("__name__", "").partition(".")[0] == "kofucli":
        named.add(name.partition(".")[0])
    return find(name, globals, locals, fromlist, level)


builtins.__import__ = note
import kofucli.__main__
from kofucli.cli.main import main
status = main(sys.argv[1:], {name: os.environ[name] for name in os.environ if "KOFU" in name})
print("\\n" + json.dumps([sorted(named), sorted(sys.modules)]), file=sys.stderr)
sys.exit(status)
"""


class Loaded(NamedTuple):
    """What one run named in its import statements, and what was loaded then."""

    named: set[str]
    modules: set[str]

    @property
    def libraries(self) -> set[str]:
        """The packages that are not Python's own; mypyc makes parts that are named by hashes."""
        tops = {n.partition(".")[0] for n in self.modules if not n.endswith("__mypyc")}
        return tops - sys.stdlib_module_names - {"__main__"}


def load(*arguments: str, **env: str) -> Loaded:
    done = subprocess.run(
        [sys.executable, "-S", "-c", _CHILD, *arguments],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={"LC_ALL": "C.UTF-8", "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **env},
    )
    assert done.returncode == 0, done.stderr
    named, modules = json.loads(done.stderr.splitlines()[-1])
    return Loaded(set(named), set(modules))


def load_in(office: OfficeInFolder, *arguments: str) -> Loaded:
    return load(*arguments, "--config", str(office.config), "--now", office.now)


SLOTS = ("slots", "-f", "json")
BOOK = ("book", "+1", "10:00", "--case", "X-1", "--agent", "A-1", "-f", "json")


def assert_needed(loaded: Loaded, allowed: frozenset[str]) -> None:
    assert loaded.named - allowed == set()
    assert loaded.libraries - LIBRARIES == set()
    assert loaded.modules & (COSTLY - allowed) == set()


@pytest.mark.files
@pytest.mark.parametrize(
    ("command", "allowed"),
    [(SLOTS, READING), ((*SLOTS, "--agent", "A-1"), READING), (BOOK, BOOKING)],
)
def test_a_command_loads_what_it_needs(
    office: OfficeInFolder, command: tuple[str, ...], allowed: frozenset[str]
) -> None:
    """A new module is a decision."""
    assert_needed(load_in(office, *command), allowed)


@pytest.mark.files
@pytest.mark.parametrize("line", ["", "show ", "book ", "book --case X-9,", "desk undo "])
def test_a_completion_loads_little_more_than_slots(office: OfficeInFolder, line: str) -> None:
    words = ["kofucli", *line.split(" ")]
    asked = {"_KOFUCLI_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words)}
    asked |= {"COMP_CWORD": str(len(words) - 1), "KOFUCLI_CONFIG": str(office.config)}
    loaded = load(**asked, KOFUCLI_NOW=office.now)
    assert_needed(loaded, READING)
    assert len(loaded.modules) <= 1.15 * len(load_in(office, *SLOTS).modules)


def test_version_loads_no_library(office: OfficeInFolder) -> None:
    for options in ((), ("--config", str(office.config))):
        loaded = load("--version", *options)
        assert loaded.named - STARTING == set()
        assert loaded.libraries == {"kofucli", "click"}


def test_nothing_of_posix_is_needed_to_load_a_module() -> None:
    """What Windows has not is imported where it is used, or beside a branch for Windows."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("kofucli", "tests")
        for path in (ROOT / folder).rglob("*.py")
        for node in run_by_loading(ast.parse(path.read_bytes()).body)
        if named_by(node) & POSIX
    ]
    assert wrong == []


def run_by_loading(body: list[ast.stmt]) -> Iterator[ast.stmt | ast.expr]:
    """Yield what runs when a module is loaded, outside of what depends on the platform."""
    for node in body:
        depends = isinstance(node, ast.If) and "sys.platform" in ast.unparse(node.test)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or depends:
            continue
        inner = getattr(node, "body", None)
        if isinstance(inner, list):
            yield from run_by_loading(inner)
        else:
            yield from (x for x in ast.walk(node) if isinstance(x, ast.stmt | ast.expr))


def named_by(node: ast.AST) -> set[str]:
    match node:
        case ast.Import(names=names):
            return {alias.name for alias in names}
        case ast.ImportFrom(module=str(module)):
            return {module}
        case ast.Attribute(attr=name):
            return {name}
    return set()
