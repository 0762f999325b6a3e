"""share/man/man1/kofucli.1: made of the commands, their help and the contract; readers show it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import pytest

import kofucli
from kofucli.base.language import speak
from kofucli.cli.help import EXAMPLES, FORMS
from kofucli.cli.main import root
from kofucli.output.wrap import wrap
from tests.docs.pages import code, read_page, read_table
from tests.support.command_tree import COMMANDS, EVERYTHING
from tests.support.needs import lacking, linux_only

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "share" / "man" / "man1" / "kofucli.1"
DAY = "2026-11-30"
"""The day of the page: not that of its making, so that the same source gives the same page."""


def write_manual() -> str:
    speak("en")
    top = click.Context(root, info_name="kofucli")
    contract = read_page("contract")
    kinds = {row[0]: row[2] for row in read_table(contract, "Status", "Kind", "Meaning")}
    variables = read_table(contract, "Variable", "Stands for")
    lines = [
        f'.TH KOFUCLI 1 "{DAY}" "kofucli {kofucli.__version__}" "User Commands"',
        *section("NAME", wrap_text(f"kofucli - {(root.help or '')[:-1].lower()}")),
        *section("SYNOPSIS", [r".B kofucli", r"[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGS\fR]..."]),
        *section("DESCRIPTION", wrap_text(DESCRIPTION)),
        *section("OPTIONS", list_options(top)),
    ]
    for title, commands in root.list_sections(top):
        found = [path for path in EVERYTHING if path.split()[0] in dict(commands)]
        told = (line for path in found for line in describe_command(path, top))
        lines += section(f"{title} commands".upper(), told)
    lines += [
        *section("HOW VALUES ARE WRITTEN", list_words(FORMS.items())),
        *section("ENVIRONMENT", list_words((code(row[0]), row[1]) for row in variables)),
        *section("EXIT STATUS", list_words(kinds.items())),
        *section("EXAMPLES", keep_lines(EXAMPLES[""])),
    ]
    return "\n".join(lines) + "\n"


DESCRIPTION = (
    "A reservation system for the counter at which finished residence cards are collected: agents "
    "book hours and hand in cases, the counter records visits, the office closes days and reports. "
    "Options stand before or after a command's name; every command takes those below. The same "
    "help, in Japanese too, is shown by 'kofucli help COMMAND'."
)


def section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield f".SH {title}"
    yield from lines


def describe_command(path: str, top: click.Context) -> Iterator[str]:
    command = EVERYTHING[path]
    if isinstance(command, click.Group):
        return
    ctx = click.Context(command, parent=top, info_name=path)
    arguments = [p.make_metavar(ctx) for p in command.params if isinstance(p, click.Argument)]
    yield f'.SS "{escape(" ".join(["kofucli", path, *arguments]))}"'
    yield from wrap_text(command.help or "")
    yield from list_options(ctx)
    yield ".PP"
    yield from keep_lines(EXAMPLES[path])


def list_options(ctx: click.Context) -> Iterator[str]:
    shared = {option.name for option in root.get_params(ctx)} if ctx.parent else set()
    for option in ctx.command.get_params(ctx):
        record = option.get_help_record(ctx)
        if isinstance(option, click.Option) and record and option.name not in shared:
            names = re.sub(r"(?<![\w-])(-[\w-]+)", r"\\fB\1\\fR", record[0])
            yield from [".TP", names.replace("-", r"\-"), *wrap_text(record[1])]


def list_words(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for word, meaning in rows:
        yield from [".TP", rf"\fB{escape(word)}\fR", *wrap_text(meaning)]


def keep_lines(text: str) -> list[str]:
    return [".RS 4", ".nf", *map(escape, text.splitlines()), ".fi", ".RE"]


def wrap_text(text: str) -> list[str]:
    """Return a text of the help or of a page, without what markdown has around its words."""
    plain = re.sub(r"\[([^]]+)\]\([^)]+\)|`", lambda found: found[1] or "", text)
    return [escape(line) for line in wrap(plain, 70)]


def escape(line: str) -> str:
    line = line.replace("\\", r"\e").replace("-", r"\-").replace("—", r"\(em")
    return rf"\&{line}" if line[:1] in (".", "'") else line


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
