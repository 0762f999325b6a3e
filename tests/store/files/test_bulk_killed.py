"""A process killed while it books a file leaves all its rows or none; the next run completes it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.needs import KILLED
from tests.store.support import is_whole, run_dying

ROWS = 300


@pytest.fixture(scope="module")
def wide_template(tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return an office with room for hundreds of cases of two agents; only for copying."""
    made = OfficeInFolder(tmp_path_factory.mktemp("wide"))
    made.set("quota", "cases", "1000")
    made.set("frames", "capacity", "1000")
    made.add_agent()
    made.add_agent("B-2")
    made.add_agent("C-3")
    made.book("+1", "09:00", "H-1", agent="C-3")
    return made


def write_file(office: OfficeInFolder, count: int = ROWS) -> str:
    """Write a case file: rows of two agents, on three days or wherever there is room."""
    frames = ["2026-11-25,10:00", "2026-11-26,09:00", "2026-11-27,14:00", ",", ",14:00"]
    lines = [f"K-{n},{frames[n % 5]},{('A-1', 'B-2')[n % 2]}" for n in range(count)]
    path = Path(office.folder) / "rows.csv"
    path.write_text("\n".join(["number,date,hour,agent", *lines]) + "\n", "utf-8")
    return str(path)


def command(path: str) -> tuple[str, ...]:
    return ("book", "--from", path, "--office", "-f", "json")


def find_cases(office: OfficeInFolder) -> list[str]:
    """Return the numbers of all cases of the file that are booked, once for each place."""
    found = office.json("list", "--all")["reservations"]
    assert {"active"} == {each["status"] for each in found}
    cases = [case["number"] for each in found for case in each["cases"]]
    return sorted(number for number in cases if number.startswith("K-"))


def complete(office: OfficeInFolder, path: str, count: int = ROWS) -> bool:
    """Ask that all rows are booked or none; run again, ask that each is booked once.

    Returns whether they were booked before the process died.
    """
    every = sorted(f"K-{n}" for n in range(count))
    assert is_whole(office)
    found = find_cases(office)
    assert found in ([], every)
    again = office.run(*command(path))
    assert 0 == again.status, again
    expected = "already" if found else "booked"
    assert {expected} == {row["outcome"] for row in again.json["rows"]}
    assert every == find_cases(office)
    assert is_whole(office)
    third = office.run(*command(path))
    assert {"already"} == {row["outcome"] for row in third.json["rows"]}
    assert every == find_cases(office)
    return bool(found)


@pytest.mark.parametrize("point", ["write:1:half", "write:2:half", "write:3:half"])
def test_killed_in_the_middle_of_a_write(
    wide_template: OfficeInFolder, tmp_path: Path, point: str
) -> None:
    """Half a line of hundreds of rows is no line; half a document is completed from its line."""
    office = wide_template.copy(tmp_path / "office")
    path = write_file(office)
    assert KILLED == run_dying(office, point, *command(path)).status
    assert (point != "write:1:half") == complete(office, path)


def test_killed_before_its_confirmations(
    wide_template: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed once the rows were booked: the next run books nothing and writes what is missing."""
    office = wide_template.copy(tmp_path / "office")
    path, folder = write_file(office), tmp_path / "out"
    arguments = (*command(path), "--confirmations", str(folder))
    last = _count_renames(monkeypatch, office.copy(tmp_path / "whole"), tmp_path / "two")
    for number, left in ((last, 1), (last - 2, 3)):
        again = office.copy(tmp_path / str(number))
        assert KILLED == run_dying(again, f"replace:{number}", *arguments).status
        assert sorted(f"K-{n}" for n in range(ROWS)) == find_cases(again)
        before = _written(folder)
        done = again.run(*arguments)
        assert ([], 0) == (done.json["reservations"], done.status)
        expected = {f"{row['reservation']}.txt" for row in done.json["rows"]}
        assert (expected, left) == (_written(folder), len(expected) - len(before))
        assert all(os.path.getsize(folder / name) for name in expected)
        shutil.rmtree(folder)


def _written(folder: Path) -> set[str]:
    return {name for name in os.listdir(folder) if not name.startswith(".")}


def _count_renames(monkeypatch: pytest.MonkeyPatch, office: OfficeInFolder, folder: Path) -> int:
    """Return how many renames booking the file makes: the last ones are of its confirmations."""
    renamed: list[str] = []
    real = os.replace

    def count(old: str, new: str) -> None:
        renamed.append(os.path.basename(new))
        real(old, new)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", count)
        path = str(Path(office.folder) / "rows.csv")
        done = office.json(*command(path)[:-2], "--confirmations", str(folder))
    named = [f"{each['number']}.txt" for each in done["reservations"]]
    assert named == renamed[-len(named) :]
    return len(renamed)
