"""The README's commands do what it prints."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_first_two_shell_blocks_are_one_line_each() -> None:
    """One command installs and demonstrates, one installs and tests; .ci/run reads the second."""
    first, second = [text for kind, text in BLOCKS if kind == "sh"]
    assert (1, 1) == (first.count("\n"), second.count("\n"))
    assert first.rstrip().endswith("kofucli demo")
    assert second.rstrip().endswith("-m pytest -n auto --dist loadgroup")


def test_the_examples_print_what_the_readme_says(tmp_path: Path) -> None:
    """Each command with its output is replayed in a real process, in order."""
    office = OfficeInFolder(tmp_path)
    office.add_agent(
        "S-1", name="山手花子", certificate="行26-0417", email="yamate@office.example.jp"
    )
    shutil.copy(ROOT / "examples" / "cases.csv", tmp_path)
    environment = {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "KOFUCLI_NOW": "2026-11-24T09:30",
        "KOFUCLI_AGENT": "S-1",
    }
    replayed = 0
    for text in (text for kind, text in BLOCKS if kind == "console" and "TOKEN" not in text):
        for part in text.split("$ kofucli ")[1:]:
            line, _, expected = part.partition("\n")
            # In UTF-8, as the environment below says, whatever this process speaks.
            words = [os.fsdecode(word.encode()) for word in shlex.split(line)]
            ended = subprocess.run(
                [sys.executable, "-m", "kofucli", "-q", *words],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                check=False,
            )
            assert expected == ended.stdout, line
            replayed += 1
    assert replayed >= 10


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    """A relative link names a file of the repository."""
    folder = (ROOT / page).parent
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text("utf-8")):
        assert (folder / target).exists(), target
