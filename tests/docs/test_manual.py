"""share/man/man1/kofucli.1: what the program's help says, in pages that readers show."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.command_tree import COMMANDS
from tests.support.manual import write_manual
from tests.support.needs import lacking, linux_only

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "share" / "man" / "man1" / "kofucli.1"


def test_the_page_is_made_of_the_commands(pytestconfig: pytest.Config) -> None:
    """The page in the tree is what the source gives today; --update-golden writes it anew."""
    made = write_manual()
    if pytestconfig.getoption("--update-golden"):
        PAGE.write_text(made, "utf-8")
    assert PAGE.read_text("utf-8") == made
    assert all(f'.SS "kofucli {path}'.replace("-", r"\-") in made for path in COMMANDS)


@linux_only
@pytest.mark.parametrize("reader", ["mandoc -Tlint", "groff -ww -man -Tutf8"])
def test_readers_have_nothing_to_say(reader: str) -> None:
    """mandoc finds no fault in it, of style neither; groff shows it without a warning."""
    command = [*reader.split(), str(PAGE)]
    if shutil.which(command[0]) is None:
        lacking(f"{command[0]} is missing (Debian: {command[0]})")
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("KOFUCLI(1)" in done.stdout) if command[0] == "groff" else (done.stdout == "")


@pytest.mark.deep
def test_wheel_and_source_archive(tmp_path: Path) -> None:
    """Both hold the page; in the unpacked source archive the tests run, and find the same."""
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith(".data/data/share/man/man1/kofucli.1") for name in names)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        source.extractall(tmp_path, filter="data")
    unpacked = tmp_path / archive.name.removesuffix(".tar.gz")
    some = ["tests/docs", "tests/rules", "tests/cli/test_catalog.py", "tests/cli/test_readme.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *some]
    done = subprocess.run(command, cwd=unpacked, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout
