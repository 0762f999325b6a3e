"""Hostile text wherever a command takes text is shown safely, without a traceback."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from time import process_time

import pytest

from kofucli.base.text import find_unsafe, fold_value, looks_like_my_number, quote
from kofucli.casefile.columns import fold_heading
from kofucli.model.numbers import normalise_number
from kofucli.operations.agents import clean
from tests.conftest import OfficeInFolder, Outcome
from tests.reliability.hostile.command_lines import list_lines
from tests.support.command_tree import COMMANDS

PAYLOADS = {
    "OSC 52": "\x1b]52;c;eA==\x07",
    "CSI": "A\x1b[2J",
    "C1": "A\x9b31m",
    "bidi": "\u202eA\u2066",
    "NUL": "A\x00B",
    "line feed": "A\nB",
    "surrogate": "A\udcff",
    "tag": "A\U000e0041",
    "up": "../A-1",
    "root": "/../../A-1",
    "option": "-A",
    "two dashes": "--",
    "long": "A" * 100_000,
    "digits": "1" * 5_000,
    "other digits": "\u0661\u0662",
    "empty": "",
    "format": "{subject!r} %s {0.__class__}",
}


@pytest.fixture(scope="module")
def prepared(founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return an office with a reservation and the files that the command lines name."""
    folder = tmp_path_factory.mktemp("hostile") / "inner" / "office"
    shutil.copytree(founded.folder, folder)
    office = OfficeInFolder(folder)
    office.book("+1", "10:00", "X-1", "X-2")
    (folder / "cases.csv").write_text("number\nX-5\n", "utf-8")
    (folder / "values.csv").write_text("name\nn\n", "utf-8")
    return office


@pytest.mark.parametrize(
    "read", [fold_value, fold_heading, normalise_number, looks_like_my_number, clean, quote]
)
def test_marks_without_end_are_read_at_once(read: Callable[[str], object]) -> None:
    """Ordering the marks behind one character would take the square of their number: 12 s."""
    text = "A" + "\u0301\u0323" * 32_768
    begun = process_time()
    read(text)
    assert process_time() - begun < 2


def test_every_command_has_a_line() -> None:
    named = {
        command
        for line in list_lines()
        for command in COMMANDS
        if line[: len(command.split())] == command.split()
    }
    assert named == set(COMMANDS)


def assert_safe(outcome: Outcome, line: list[str]) -> None:
    """Assert that nothing unsafe is shown, and that the exit status is a user's, not a defect."""
    assert outcome.status in (0, 2, 3, 4, 5, 6, 7), (line, outcome)
    assert "Traceback" not in outcome.err, (line, outcome)
    for said in (outcome.out, outcome.err):
        shown = said.replace("\r\n", "").replace("\n", "").replace("\t", "")
        assert not find_unsafe(shown), (line, said)
        assert all(unicodedata.category(char) not in ("Cc", "Cs") for char in shown), (line, said)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([*PAYLOADS], id="each in turn"),
        *(pytest.param([name], id=name, marks=pytest.mark.deep) for name in PAYLOADS),
    ],
)
def test_hostile_text_in_every_place(
    prepared: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    """Each word of each command line in turn is replaced: ids, texts, paths, options, commands.

    What is shown has no control character and no bidirectional one, in a table as in JSON; what
    was stored is shown safely too, and the store is whole.
    """
    office = OfficeInFolder(shutil.copytree(prepared.folder, tmp_path / "inner" / "office"))
    monkeypatch.chdir(office.folder)
    payloads = cycle(PAYLOADS[name] for name in names)
    for line in list_lines():
        for at in range(len(line)):
            changed = [*line[:at], next(payloads), *line[at + 1 :]]
            form = ["-f", "json"] if at % 2 else []
            outcome = office.run(*changed, *form)
            assert_safe(outcome, changed)
            says_both = line[0] == "demo" or "--best-effort" in line
            assert outcome.status == 0 or not outcome.out or says_both, changed
        valued = [at for at, word in enumerate(line) if "=" in word or "," in word]
        for at in valued:
            key, sign, _ = line[at].rpartition("=")
            changed = [*line[:at], key + sign + next(payloads), *line[at + 1 :]]
            assert_safe(office.run(*changed), changed)
    for line in (["list", "--all"], ["agent", "list"], ["status"], ["desk", "sheet", "+1"]):
        assert_safe(office.run(*line, "--lang", "ja"), line)
        assert_safe(office.run(*line, *(["-f", "json"] if line != ["status"] else [])), line)
    assert office.json("store", "check")["ok"]


def test_rows_are_told_of_a_file_whose_name_is_no_text(office: OfficeInFolder) -> None:
    """The name of a file may be any bytes: each row is told with it, a refused one, too."""
    paths = [f"{office.folder}/{name}.csv" for name in ("a\udcff", "b")]
    for path in paths:
        Path(path).write_text("number,date,hour\nX-1,2026-11-25,10:00\n", "utf-8")
    files = [word for path in paths for word in ("--from", path)]
    outcome = office.run("book", *files, "--best-effort", "--agent", "A-1", "-f", "json")
    assert outcome.status == 3
    told = [(row["file"], row["outcome"]) for row in outcome.json["rows"]]
    assert [name.rpartition("/")[2] for name, _ in told] == ["a\\udcff.csv", "b.csv"]
    assert [done for _, done in told] == ["booked", "refused"]


@pytest.mark.parametrize("name", [n for n in PAYLOADS if n not in ("NUL", "surrogate")])
def test_hostile_text_in_the_environment(prepared: OfficeInFolder, name: str) -> None:
    for variable in ("AGENT", "BY", "LANG", "FORMAT", "STORE", "CONFIG", "NOW", "OFFICE"):
        outcome = prepared.run("show", "X-1", **{f"KOFUCLI_{variable}": PAYLOADS[name]})
        assert_safe(outcome, [variable])
