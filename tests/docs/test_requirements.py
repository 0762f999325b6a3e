"""requirements/ agrees with pyproject.toml, which people edit, and says nothing of a machine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: Any = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
NEEDED = PROJECT["project"]["dependencies"]
BUILDING = PROJECT["build-system"]["requires"]


def read_releases(name: str) -> dict[str, str]:
    """Return the release of each package that a file names."""
    text = (ROOT / "requirements" / name).read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.!+]+)", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("run.txt", NEEDED + BUILDING),
        ("dev.txt", NEEDED + BUILDING + EXTRAS["dev"]),
        ("mutation.txt", NEEDED + EXTRAS["mutation"]),
    ],
)
def test_each_range_has_its_release(name: str, asked: list[str]) -> None:
    """After a change of a range, requirements/compile writes the files anew."""
    releases = read_releases(name)
    for requirement in map(Requirement, asked):
        release = releases[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(release), requirement


@pytest.mark.parametrize("name", ["dev.txt", "mutation.txt"])
def test_tools_change_nothing_of_what_the_program_runs_on(name: str) -> None:
    """What a user runs is what is tested."""
    run, more = read_releases("run.txt"), read_releases(name)
    assert {p: more[p] for p in run.keys() & more.keys()}.items() <= run.items()
    assert name != "dev.txt" or run.keys() <= more.keys()


@pytest.mark.parametrize("name", ["run.txt", "dev.txt", "mutation.txt"])
def test_every_release_has_hashes_and_no_place(name: str) -> None:
    """Who installs says where from: an index or a folder of one machine helps nobody else."""
    text = (ROOT / "requirements" / name).read_text("utf-8")
    stripped = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)
    for entry in re.split(r"\n(?=\S)", stripped.strip()):
        assert re.fullmatch(r"[\w.-]+==\S+( ; [^\\]+)?( \\\n +--hash=sha256:[0-9a-f]{64})+", entry)
    assert "://" not in text
