"""A process killed while it books a file leaves all its rows or none; the next run completes it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.store.support import KilledHereError, is_whole, run_dying
from tests.support.needs import KILLED

CASES = sorted(f"K-{n}" for n in range(300))


@pytest.fixture(scope="module")
def wide_template(tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return an office and a file: rows of two agents, on three days or wherever there is room."""
    made = OfficeInFolder(tmp_path_factory.mktemp("wide"))
    made.set("quota", "cases", "1000")
    made.set("frames", "capacity", "1000")
    for agent in ("A-1", "B-2", "C-3"):
        made.add_agent(agent)
    made.book("+1", "09:00", "H-1", agent="C-3")
    frames = ["2026-11-25,10:00", "2026-11-26,09:00", "2026-11-27,14:00", ",", ",14:00"]
    lines = [f"K-{n},{frames[n % 5]},{('A-1', 'B-2')[n % 2]}" for n in range(len(CASES))]
    (made.folder / "rows.csv").write_text("\n".join(["number,date,hour,agent", *lines]), "utf-8")
    return made


def _book_file(office: OfficeInFolder, *options: str) -> tuple[str, ...]:
    return ("book", "--from", str(office.folder / "rows.csv"), "--office", *options, "-f", "json")


def find_cases(office: OfficeInFolder) -> list[str]:
    """Return the numbers of all cases of the file that are booked, once for each place."""
    found = office.json("list", "--all")["reservations"]
    assert {"active"} == {each["status"] for each in found}
    cases = [case["number"] for each in found for case in each["cases"]]
    return sorted(number for number in cases if number.startswith("K-"))


@pytest.mark.parametrize("point", ["write:1:half", "write:2:half", "write:3:half"])
def test_killed_in_the_middle_of_a_write(
    wide_template: OfficeInFolder, tmp_path: Path, point: str
) -> None:
    """Half a line of hundreds of rows is no line; half a document is completed from its line."""
    office = wide_template.copy(tmp_path / "office")
    assert KILLED == run_dying(office, point, *_book_file(office)).status
    assert find_cases(office) == ([] if point == "write:1:half" else CASES)
    for outcome in ("booked" if point == "write:1:half" else "already", "already"):
        assert is_whole(office)
        again = office.run(*_book_file(office))
        assert 0 == again.status, again
        assert {outcome} == {row["outcome"] for row in again.json["rows"]}
        assert find_cases(office) == CASES
    assert is_whole(office)


@pytest.mark.parametrize("written", [0, 2])
def test_killed_before_its_confirmations(
    wide_template: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """Killed once the rows were booked: the next run books nothing and writes what is missing."""
    office, folder = wide_template.copy(tmp_path / "office"), tmp_path / "out"
    real, pages = os.replace, list[str]()

    def replace(old: str, new: str) -> None:
        if str(new).endswith(".txt"):
            if len(pages) == written:
                raise KilledHereError
            pages.append(os.path.basename(new))
        real(old, new)

    line = _book_file(office, "--confirmations", str(folder))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(KilledHereError):
            office.run(*line)
    assert find_cases(office) == CASES
    assert sorted(path.name for path in folder.glob("*.txt")) == sorted(pages)
    done = office.run(*line)
    assert (done.status, done.json["reservations"]) == (0, [])
    expected = {f"{row['reservation']}.txt" for row in done.json["rows"]}
    assert {path.name for path in folder.glob("*.txt")} == expected
    assert len(expected) > 3
    assert all(os.path.getsize(folder / name) for name in expected)
