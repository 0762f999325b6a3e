"""What the commands that are called most may load: start-up is nearly all of what they take."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import OfficeInFolder

READING = frozenset(
    {
        "kofucli",
        # Decoding and checking records, and what msgspec itself loads.
        *("msgspec", "decimal", "numbers", "string", "textwrap", "typing_extensions"),
        # The configuration.
        *("tomllib", "unicodedata"),
        # National holidays, and what jpholiday itself loads.
        *("jpholiday", "calendar", "copy", "dataclasses", "locale"),
        # The lock, and the checksums of lines and documents.
        *("fcntl", "zlib"),
        # What click loads to word the miss of -f among the long options.
        *("difflib", "heapq"),
    }
)
"""Top-level modules that reading may load beyond ``import click``, private ones apart."""

BOOKING = READING | {"hashlib", "pwd", "struct"}
"""What booking may load: hashes, the account's name, the Japanese catalog for the mail."""

COSTLY = frozenset(
    {
        "csv",
        "dateutil",
        "email",
        "hashlib",
        "importlib.metadata",
        "jinja2",
        "smtplib",
        "tabulate",
        "tempfile",
        "tomli_w",
        "wcwidth",
    }
)
"""Modules that belong to other commands and other forms of output."""

_PACKAGES = frozenset({"click", "encodings", "importlib"})
"""Packages that ``import click`` has loaded, and of which more modules may follow."""

_CHILD = """
import sys
import click
before = set(sys.modules)
import kofucli.__main__
from kofucli.cli.main import main
status = main(sys.argv[1:], {})
print("\\n" + " ".join(sorted(set(sys.modules) - before)), file=sys.stderr)
sys.exit(status)
"""


def load(*arguments: str) -> set[str]:
    """Run a command line in a process of its own; return what it loads beyond ``import click``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KOFUCLI", "LANG", "LC_"))}
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *arguments],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=kept | {"LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split())


def load_in(office: OfficeInFolder, *arguments: str) -> set[str]:
    """Run a command of an office; return what it loads beyond ``import click``."""
    return load(*arguments, "--config", str(office.config), "--now", office.now)


def public(modules: set[str]) -> set[str]:
    """Return the top-level names of modules; private ones differ between versions of Python."""
    tops = {name.partition(".")[0] for name in modules}
    tops -= _PACKAGES.union(sys.builtin_module_names)
    return {top for top in tops if not top.startswith("_")}


def test_slots_loads_what_it_needs(office: OfficeInFolder) -> None:
    """``slots -f json`` loads nothing beyond the listed modules; a new one is a decision."""
    assert public(load_in(office, "slots", "-f", "json")) - READING == set()


def test_slots_of_an_agent_loads_no_more(office: OfficeInFolder) -> None:
    """Naming an agent costs no further module."""
    assert public(load_in(office, "slots", "-f", "json", "--agent", "A-1")) - READING == set()


def test_booking_loads_what_it_needs(office: OfficeInFolder) -> None:
    """``book -f json`` loads nothing beyond what reading loads, hashes, account, catalog."""
    arguments = ("book", "+1", "10:00", "--case", "X-1", "--agent", "A-1", "-f", "json")
    assert public(load_in(office, *arguments)) - BOOKING == set()


def test_slots_loads_nothing_of_other_forms(office: OfficeInFolder) -> None:
    """``slots -f json`` loads no tables, mails, hashes, CSV, templates or package metadata."""
    assert load_in(office, "slots", "-f", "json") & COSTLY == set()


def test_booking_loads_nothing_of_other_forms(office: OfficeInFolder) -> None:
    """``book -f json`` loads none of these either, but for the ledger's hashes."""
    arguments = ("book", "+1", "10:00", "--case", "X-1", "--agent", "A-1", "-f", "json")
    assert load_in(office, *arguments) & (COSTLY - {"hashlib"}) == set()


def test_version_loads_no_library() -> None:
    """``--version`` loads nothing beyond click, which asks the catalog for a text by itself."""
    assert public(load("--version")) <= {"kofucli", "locale"}


def test_version_reads_no_configuration(office: OfficeInFolder) -> None:
    """``--version`` loads no records, holidays or settings even where a configuration is named."""
    loaded = load("--version", "--config", str(office.config))
    assert loaded & {"msgspec", "jpholiday", "tomllib"} == set()
