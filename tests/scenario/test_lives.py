"""Whatever an office does, its decisions and histories replay, and name nobody."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.conftest import run_command
from tests.model.lives import Life
from tests.model.offices import BEGINNINGS, OFFICES, found_office

NAMED = ("更", "変", "永", "横", "B-2", "C-3", "phoned", "moving", "example")
"""What stands in the numbers, the names and the reasons of these offices."""


@pytest.mark.parametrize(
    ("seed", "steps"),
    [(0, 40), (1, 40), *(pytest.param(n, 120, marks=pytest.mark.deep) for n in range(2, 12))],
)
def test_what_an_office_does_replays(tmp_path: Path, seed: int, steps: int) -> None:
    """The offices are those of the second model, which draws the commands too."""
    settings = OFFICES[seed % len(OFFICES)]
    office = found_office(tmp_path / "office", settings)
    life = Life(office, settings, Random(seed), BEGINNINGS[seed % len(BEGINNINGS)])
    paths = []
    for number in range(steps):
        words, path = life.draw(tmp_path), tmp_path / f"{number}.toml"
        decides = words[0] in ("book", "amend", "cancel")
        told = office.run(*words, *(["--scenario", str(path)] if decides else []), "-f", "json")
        assert not decides or path.exists() == (told.status in (0, 3, 4)), (words, told)
        paths += [path] if path.exists() else []
        life.follow(told)
    assert len(paths) > steps // 4
    visits = office.json("list", "--all", "--office")["reservations"]
    assert len({visit["status"] for visit in visits}) > 1
    for visit in visits:
        paths.append(tmp_path / f"{visit['number']}.toml")
        assert office.run("scenario", "record", visit["number"], "-o", str(paths[-1])).status == 0
    for path in paths:
        assert not [word for word in NAMED if word in path.read_text("utf-8")], path
    replayed = run_command("scenario", "run", *map(str, paths))
    assert replayed.status == 0, replayed.out
