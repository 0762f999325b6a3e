"""``--scenario``: a decision as a file that makes it again, for every reason to refuse."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from kofucli.cli.main import main
from kofucli.model.numbers import make_number
from kofucli.rules.wording import RULES
from kofucli.scenario.reading import read_script
from kofucli.scenario.run import run_script
from tests.cli.test_imports import load_in
from tests.conftest import OfficeInFolder, run_command
from tests.support.needs import mode_of

NOON = "2026-11-24T12:00:00"
FIRST = make_number("Y", date(2026, 11, 25), 1)
"""The reservation of 横1 and 横2."""
A1 = ("--agent", "A-1")
BOOK = ("book", "+1", "10:00", *A1, "--case")


@pytest.fixture
def desk(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with three agents and three reservations, one of them cancelled."""
    office.set("frames", "capacity", "4")
    office.set("cases", "collect_only", '"cards"')
    office.add_agent("B-2", occupation="host-organization", name="山手花子")
    office.add_agent("E-5", valid_until="2026-11-24")
    office.book("+1", "10:00", "横1", "横2")
    office.book("+2", "10:00", "横3", agent="B-2")
    office.json("cancel", "横3", "--agent", "B-2")
    office.book("+3", "09:00", "横4", "横5")
    return office


NEVER = {
    *("link.unknown", "link.expired", "cancel.too-late"),
    *("case.number", "case.kind-mark", "case.collect-by"),
}
"""Codes of other commands, and those that refuse no booking as a whole."""
EXAMPLES = files("kofucli") / "examples"


@pytest.mark.parametrize("code", sorted(set(RULES) - NEVER))
def test_every_refusal_replays(tmp_path: Path, code: str) -> None:
    """What the example of a rule decides is written, a refusal with its codes, and replays."""
    decisions: list[Path] = []

    def run(words: Sequence[str], environment: Mapping[str, str], listener: Any) -> int:
        if words[0] in ("book", "amend", "cancel"):
            decisions.append(tmp_path / f"{len(decisions)}.toml")
            words = [*words, "--scenario", str(decisions[-1])]
        return main(words, environment, listener)

    example = (EXAMPLES / f"{code}.toml").read_text("utf-8")
    assert run_script(read_script(example, code), run).ok
    texts = [path.read_text("utf-8") for path in decisions]
    told = [tomllib.loads(text)["step"][0]["expect"].get("codes", ()) for text in texts]
    assert any(code in codes for codes in told)
    replayed = run_command("scenario", "run", *map(str, decisions))
    assert replayed.status == 0, replayed.out


def test_names_of_places_and_reasons_are_not_told(desk: OfficeInFolder, tmp_path: Path) -> None:
    """Other offices and counters are masked, and so is whoever did something."""
    path = tmp_path / "masked.toml"
    desk.json("office", "maintenance", "--reason", "by Hanako", "--office")
    desk.json("office", "close", "+1", "14", "--reason", "by Hanako", "-y", "--office")
    line = ("book", "+1", "14", "--agent", "B-2", "--case", "横9,office=新宿,counter=五番")
    assert desk.run(*line, "--scenario", str(path)).status == 3
    told = replay(path)["step"][0]["expect"]["codes"]
    assert told == ["service.maintenance", "frame.closed", "case.filed-elsewhere", "case.counter"]
    text = path.read_text("utf-8")
    assert not [word for word in ("Hanako", "山手", "横", "新宿", "五番", "B-2") if word in text]


def replay(path: Path) -> Any:
    """Replay a decision, and return the file's tables."""
    replayed = run_command("scenario", "run", str(path))
    assert replayed.status == 0, replayed.out
    return tomllib.loads(path.read_text("utf-8"))


def test_what_is_done_replays(desk: OfficeInFolder, tmp_path: Path) -> None:
    """Bookings, changes and cancellations expect their result; a dry run writes nothing else."""
    path = tmp_path / "done.toml"
    made = ("--scenario", str(path))
    before = desk.bytes()
    desk.json(*BOOK, "Z1", "-n", *made)
    assert desk.bytes() == before
    assert " -n" not in replay(path)["step"][0]["run"]
    desk.json("book", "+4", "9", "--case", "Z1,kind=permanent", "--agent", "B-2", *made)
    assert replay(path)["step"][0]["run"].startswith("book 2026-11-30 09:00 --case CASE-")
    desk.json("amend", "横1", "--replace", "横1=Z9,kind=change", *A1, *made)
    assert "--replace CASE-" in replay(path)["step"][0]["run"]
    # The reservation is named by its name, however its number was typed.
    for number, changed in ((f"予約番号：{FIRST.replace('-', '')}", True), (FIRST, False)):
        desk.json("cancel", number, "--office", *made)
        (step,) = replay(path)["step"]
        assert step["run"] == "cancel {r1} --office"
        assert step["expect"]["json"]["changed"] is changed


def test_a_decision_leaves_out_what_did_not_matter(desk: OfficeInFolder, tmp_path: Path) -> None:
    desk.set("frames", "capacity", "9")
    path = tmp_path / "few.toml"
    desk.json("book", "+2", "9", "--case", "Z1", "--agent", "B-2", "--scenario", str(path))
    found = replay(path)
    assert [each["id"] for each in found["agent"]] == ["A-1"]
    assert [each["status"] for each in found["reservation"]] == ["cancelled"]
    tables = set(found) - {"title", "now", "agent", "reservation", "step"}
    assert tables == {"frames", "cases"}
    assert found["frames"] == {"capacity": 9}


def test_not_found_is_a_decision(desk: OfficeInFolder, tmp_path: Path) -> None:
    rows, path = tmp_path / "rows.csv", tmp_path / "none.toml"
    rows.write_text("number,date,hour\nZ1,,\n", "utf-8")
    file = ("book", "--from", str(rows), "--best-effort", "--agent", "NOPE")
    for line in (
        ("cancel", "横1", "--agent", "B-2"),
        ("cancel", make_number("Y", date(2026, 11, 25), 9), "--office"),
        ("amend", "横1", "--drop", "Q9", *A1),
        ("book", "+1", "9", "--case", "Z1", "--agent", "NOBODY"),
        file,
        (*file, "--office"),
    ):
        assert desk.run(*line, "--scenario", str(path)).status == 4
        (step,) = replay(path)["step"]
        assert step["expect"]["exit"] == 4
        path.unlink()
    assert step["run"] == "book --from cases.csv --best-effort --office --agent A-1"


def test_a_place_that_cannot_be_written_is_told_first(desk: OfficeInFolder, tmp_path: Path) -> None:
    before = desk.bytes()
    for path, status in {
        str(desk.store / "x.toml"): 2,
        "-": 2,
        str(tmp_path / "none" / "x.toml"): 5,
        str(tmp_path): 5,
    }.items():
        assert desk.run(*BOOK, "Z1", "--scenario", path).status == status
    assert desk.bytes() == before


def test_a_refused_decision_that_cannot_be_written_is_bad_input(
    desk: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kofucli.cli.laboratory.scenario.write_file", fail)
    path = str(tmp_path / "x.toml")
    refused = desk.run(*BOOK, "Z1,kind=coe", "--scenario", path, "-f", "json")
    assert refused.status == 5
    assert "disk" in refused.error["message"]


def test_the_file_is_named_in_a_note(desk: OfficeInFolder, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    assert str(path) in desk.run(*BOOK, "Z1,kind=coe", "--scenario", str(path)).err
    assert "error" in desk.run(*BOOK, "Z1,kind=coe", "--scenario", str(path), "-f", "json").err
    assert str(path) not in desk.run(*BOOK, "Z1", "-n", "--scenario", str(path), "-q").err
    found = desk.json(*BOOK, "Z1", "--scenario", str(path))
    assert [str(path) in warning for warning in found["warnings"]].count(True) == 1


def test_without_the_option_no_module_of_scenarios_is_loaded(office: OfficeInFolder) -> None:
    loaded = load_in(office, *BOOK, "X1", "-f", "json").modules
    assert not any(name.startswith(("kofucli.scenario", "tomlkit", "tomli_w")) for name in loaded)
    assert "kofucli.cli.laboratory.scenario" not in loaded


def test_the_boundary_is_expected(desk: OfficeInFolder, tmp_path: Path) -> None:
    path = tmp_path / "late.toml"
    made = ("--scenario", str(path))
    assert desk.run("cancel", FIRST, "--agent", "A-1", *made, now=NOON).status == 3
    (refusal,) = replay(path)["step"][0]["expect"]["json"]["error"]["refusals"]
    assert refusal["details"]["limit"] == "2026-11-24T12:00:00+09:00"
    assert desk.run("book", "+1", "9", "--case", "Z1", "--agent", "E-5", *made).status == 3
    (refusal,) = replay(path)["step"][0]["expect"]["json"]["error"]["refusals"]
    assert refusal["details"] == {"limit": "2026-11-24", "visit": "2026-11-25"}


def test_what_is_read_is_not_overwritten(desk: OfficeInFolder, tmp_path: Path) -> None:
    rows, link = tmp_path / "rows.csv", tmp_path / "link.toml"
    rows.write_text("number,date,hour\nZ1,,\n", "utf-8")
    link.symlink_to(desk.config)
    before, text = desk.bytes(), Path(desk.config).read_bytes()
    file = ("book", "--from", str(rows), "--agent", "A-1")
    out = str(tmp_path / "out.txt")
    for line in (
        (*file, "--scenario", str(rows)),
        (*file, "--scenario", str(link)),
        (*file, "--scenario", out, "-o", out),
        (*file, "-o", str(rows)),
        (*file, "-o", str(desk.config)),
        (*BOOK, "Z1", "--scenario", str(desk.config)),
        (*BOOK, "Z1", "-o", str(link)),
        ("slots", "-o", str(link)),
        ("plan", str(rows), "--agent", "A-1", "-o", str(rows)),
    ):
        outcome = desk.run(*line)
        assert outcome.status == 2, (line, outcome)
    assert desk.bytes() == before
    assert Path(desk.config).read_bytes() == text
    assert rows.read_text("utf-8") == "number,date,hour\nZ1,,\n"


def test_a_new_file_is_its_owners_only_and_one_that_is_replaced_keeps_its_mode(
    desk: OfficeInFolder, tmp_path: Path
) -> None:
    path = tmp_path / "x.toml"
    for before, after in ((None, 0o600), (0o644, 0o644)):
        if before:
            path.chmod(before)
        desk.json(*BOOK, "Z1", "-n", "--scenario", str(path))
        assert mode_of(path) == after
