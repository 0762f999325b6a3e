"""``scenario run`` of folders: which files are taken, and what is wrong with a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder, run_command
from tests.scenario.support import BOOK, HEAD, REFUSED, step, write


def test_a_folder_is_all_its_scenarios(tmp_path: Path) -> None:
    """All files *.toml in it and in the folders within it, in the order of their paths."""
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for name in ("z.toml", "b/2.toml", "b/10.toml", "b/c/d.TOML", "a.toml"):
        write(tmp_path, HEAD + step(BOOK), name)
    for name in ("kofucli.toml", "b/notes.txt", ".hidden/x.toml", ".y.toml"):
        write(tmp_path, "no scenario", name)
    outcome = run_command("scenario", "run", str(tmp_path), "-f", "json")
    assert outcome.status == 0, outcome.err
    found = [Path(each["file"]) for each in outcome.json["scenarios"]]
    names = ("a.toml", "b/10.toml", "b/2.toml", "b/c/d.TOML", "z.toml")
    assert [tmp_path / name for name in names] == found
    several = [str(tmp_path / "b"), str(tmp_path / "a.toml")]
    outcome = run_command("scenario", "run", *several)
    assert outcome.out.endswith("4 of 4 scenarios held.\n")


def test_a_folder_with_a_store_is_not_searched_there(tmp_path: Path) -> None:
    office = OfficeInFolder(tmp_path, "toml")
    office.add_agent()
    office.book("+1", "10", "X-1")
    write(tmp_path, HEAD + step(BOOK), "case.toml")
    outcome = run_command("scenario", "run", str(tmp_path))
    assert outcome.out.endswith("1 of 1 scenarios held.\n"), outcome


@pytest.mark.parametrize("names", [(), ("kofucli.toml", "b/x.txt", ".a.toml", "c/kofucli.toml")])
def test_a_folder_without_a_scenario_is_an_error(tmp_path: Path, names: tuple[str, ...]) -> None:
    (tmp_path / "f" / "b").mkdir(parents=True)
    (tmp_path / "f" / "c").mkdir()
    for name in names:
        write(tmp_path / "f", "", name)
    folder = str(tmp_path / "f")
    outcome = run_command("scenario", "run", folder, "-f", "json")
    assert 5 == outcome.status
    assert f"{folder} holds no scenario" in outcome.error["message"]
    wrong = write(tmp_path, "x = ", "wrong.toml")
    outcome = run_command("scenario", "run", folder, str(wrong), "-f", "json")
    assert 5 == outcome.status
    assert 2 == len(outcome.error["problems"])


def test_a_folder_is_updated(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    kept = write(tmp_path, HEAD + step(BOOK), "a.toml")
    changed = write(tmp_path / "in", HEAD + step(REFUSED, "expect = {exit = 0}"), "b.toml")
    before = kept.stat().st_mtime_ns
    outcome = run_command("scenario", "run", str(tmp_path), "--update")
    assert 0 == outcome.status, outcome
    assert f"{changed} was updated." in outcome.err
    assert before == kept.stat().st_mtime_ns
    assert 0 == run_command("scenario", "run", str(tmp_path)).status


def test_the_result_replaces_no_scenario_of_a_folder(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + step(BOOK), "a.toml")
    assert 2 == run_command("scenario", "run", str(tmp_path), "-o", str(path)).status
