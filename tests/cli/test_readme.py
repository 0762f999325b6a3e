"""The examples of the README and the recipes print what is said, and its claims are true."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import read_token
from tests.support.command_tree import COMMANDS, options_of

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS: list[tuple[str, str]] = BLOCK.findall(README)
RECIPES = ROOT / "docs" / "recipes.md"
STEP = re.compile(r"^(?:`([\w.]+)`:\n\n)?```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A file that a recipe asks for, or else commands."""
READING = {
    *("status", "slots", "plan", "show", "list", "demo", "completion", "help", "terms show"),
    *("notice", "gate", "desk sheet", "agent show", "agent list", "agent export"),
    *("office show", "rules list", "rules show", "scenario run", "scenario record"),
    *("report load", "report quota", "report conduct", "report nightly"),
    *("store log", "store backup", "store export"),
}
"""The commands that change nothing in a store."""
NOTE = re.compile(r"(?m)^(?:Note: |注: ).*\n")


def test_the_first_two_shell_blocks_are_one_line_each() -> None:
    """One command installs and demonstrates, one installs and tests; .ci/run reads the second."""
    first, second = [text for kind, text in BLOCKS if kind == "sh"]
    assert (1, 1) == (first.count("\n"), second.count("\n"))
    assert first.rstrip().endswith("kofucli demo")
    assert second.rstrip().endswith("-m pytest -n auto --dist loadgroup")


class Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}

    def type(self, line: str) -> tuple[int, str]:
        """Run a line; return its exit status, and what is shown but for notes."""
        joined = line.replace("\\\n", " ")
        # In UTF-8, as the environment says, whatever this process speaks.
        words = [os.fsdecode(word.encode()) for word in shlex.split(joined, comments=True)]
        given = ""
        match words:
            case ["export", setting]:
                name, _, value = setting.partition("=")
                self.environment[name] = value
                return 0, ""
            case ["unset", name]:
                del self.environment[name]
                return 0, ""
            case ["sh", script]:
                return self.type((self.folder / script).read_text("utf-8"))
            case [*words, "<", path]:
                given = (self.folder / path).read_text("utf-8")
        assert words[0] == "kofucli", line
        if "TOKEN" in words:
            mail = max(self.folder.glob("kofu-store/outbox/*-verify-*"))
            words[words.index("TOKEN")] = read_token(str(mail))
        ended = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.folder,
            env=self.environment,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        return ended.returncode, NOTE.sub("", ended.stdout)

    def replay(self, block: str) -> Iterator[str]:
        """Yield each command of a block with what it prints; what it prints may be left out."""
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            found = re.fullmatch(r"((?:.*\\\n)*.*\n)((?s:.*))", part)
            assert found is not None
            line, printed = found.groups()
            status, shown = self.type(line)
            if printed:
                yield f"$ {line}{shown}"
            else:
                assert status == 0, shown
                yield f"$ {line}"


def test_the_examples_print_what_is_said(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Each command is replayed in a real process, in order; --update-golden writes them anew."""
    shutil.copy(ROOT / "examples" / "cases.csv", tmp_path)
    reader = Reader(tmp_path)
    shown = README
    for kind, text in BLOCKS:
        if kind == "console":
            shown = shown.replace(text, "".join(reader.replay(text)))
    if pytestconfig.getoption("--update-golden"):
        (ROOT / "README.md").write_text(shown, "utf-8")
    assert README == shown
    assert README.count("\n$ kofucli ") >= 15


def test_the_recipes_print_what_they_say(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Each recipe is replayed in a folder of its own, as the preparation left it."""
    page = RECIPES.read_text("utf-8")
    _, preparation, *recipes = re.split(r"(?m)^(?=## )", page)
    ((_, prepare),) = BLOCK.findall(preparation)
    prepared = Reader(tmp_path / "prepared")
    prepared.folder.mkdir()
    list(prepared.replay(prepare))
    shown = page
    for number, recipe in enumerate(recipes):
        reader = Reader(shutil.copytree(prepared.folder, tmp_path / str(number)))
        reader.environment |= prepared.environment
        found = recipe
        for name, text in STEP.findall(recipe):
            if name:
                (reader.folder / name).write_text(text, "utf-8")
            else:
                found = found.replace(text, "".join(reader.replay(text)), 1)
        shown = shown.replace(recipe, found)
    if pytestconfig.getoption("--update-golden"):
        RECIPES.write_text(shown, "utf-8")
    assert page == shown


def test_the_lines_for_cron_run(tmp_path: Path) -> None:
    """Each line of the crontab ends with 0 in an office whose day is over."""
    reader = Reader(tmp_path)
    (tmp_path / "kofu").mkdir()
    reader.environment["KOFUCLI_NOW"] = "2026-11-24T18:00"
    assert reader.type("kofucli init kofu")[0] == 0
    (crontab,) = [text for kind, text in BLOCKS if kind == "cron"]
    for line in crontab.splitlines():
        *when, command = line.split(None, 5)
        assert len(when) == 5
        command = command.removeprefix("/srv/kofu/.venv/bin/").replace("/srv", str(tmp_path))
        assert reader.type(command)[0] == 0, command


def test_which_commands_have_a_dry_run_and_json() -> None:
    """Every command that changes the store has -n; all but four have JSON."""

    def lacking(wanted: str) -> set[str]:
        return {
            path
            for path, command in COMMANDS.items()
            if not any(wanted in option.opts for option in options_of(command))
        }

    assert lacking("--format") == {"demo", "completion", "gate", "help", "store export"}
    assert lacking("--dry-run") == READING
