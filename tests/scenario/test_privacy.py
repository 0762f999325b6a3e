"""``--scenario`` tells of others that a frame is full, that a number is taken, and no more."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kofucli.model.numbers import make_number
from tests.conftest import OfficeInFolder, run_command

FOREIGN = ("2026-11-27", "2027-05-05", "permanent", "change", "attorney", "late_notice", "mark")
"""Words that stand in what is kept about B-2, and in nothing that A-1 may know."""


@pytest.fixture
def shared(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office where B-2, suspended and marked, has cases in two frames."""
    office.set("frames", "capacity", "4")
    office.add_agent("B-2", occupation="attorney", valid_until="2027-05-05")
    office.book("+1", "10:00", "B1,kind=permanent", "B2,kind=change", agent="B-2")
    office.book("+3", "11:00", "B3,kind=permanent", agent="B-2")
    office.json("desk", "late-notice", "B1")
    past = "2026-11-25T12:00:00"
    office.json("desk", "late-cancel", "B3", "--reason", "called", now="2026-11-27T10:00:00")
    office.book("+3", "13:00", "B4,kind=permanent", agent="B-2")
    office.json("agent", "suspend", "B-2", "--since", "2026-11-24", "--reason", "rude", now=past)
    return office


def decide(office: OfficeInFolder, folder: Path, *line: str) -> tuple[Any, str]:
    """Make a decision, replay its file, and return the file's tables and its text."""
    path = folder / "decision.toml"
    outcome = office.run(*line, "--scenario", str(path), "-f", "json")
    assert outcome.status in (0, 3, 4), outcome
    replayed = run_command("scenario", "run", str(path))
    text = path.read_text("utf-8")
    assert replayed.status == 0, replayed.out + text
    return tomllib.loads(text), text


@pytest.mark.parametrize("office_too", [(), ("--office",)])
def test_of_others_a_full_frame_shows_the_number_of_their_cases_and_no_more(
    shared: OfficeInFolder, tmp_path: Path, office_too: tuple[str, ...]
) -> None:
    """As ``slots`` does; marks, suspensions and certificates decide nothing for the office."""
    cases = [part for n in range(3) for part in ("--case", f"Q{n}")]
    line = ("book", "+1", "10:00", *cases, "--agent", "A-1", *office_too)
    found, text = decide(shared, tmp_path, *line)
    assert found["step"][0]["expect"]["codes"] == ["frame.full"]
    (refusal,) = found["step"][0]["expect"]["json"]["error"]["refusals"]
    assert refusal["details"] == {"asked": 3, "held": 2, "limit": 4}
    (other,) = found["reservation"]
    frame = {"agent": "OTHERS", "date": "2026-11-25", "hour": "10:00"}
    assert other == {**frame, "cases": ["OTHERS-1", "OTHERS-2"]}
    assert {"id": "OTHERS"} in found["agent"]
    assert not [word for word in FOREIGN if word in text]


def test_a_taken_number_does_not_say_whose_or_when(shared: OfficeInFolder, tmp_path: Path) -> None:
    line = ("book", "+4", "9", "--case", "B4", "--agent", "A-1")
    found, text = decide(shared, tmp_path, *line)
    assert found["step"][0]["expect"]["codes"] == ["case.duplicate"]
    (other,) = found["reservation"]
    assert other["agent"] == "OTHERS"
    assert other["date"] > "2026-12-01"
    assert other["hour"] == "09:00"
    assert not [word for word in FOREIGN if word in text]


def test_what_was_not_asked_about_is_not_told(shared: OfficeInFolder, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("number,review,date,hour\nB4,pending,2026-11-26,9\n", "utf-8")
    found, _ = decide(shared, tmp_path, "book", "--from", str(rows), "--agent", "A-1")
    assert found["step"][0]["expect"]["json"]["rows"][0]["outcome"] == "not-ready"
    assert "reservation" not in found
    shared.book("+2", "9", "X1")
    shared.json("cancel", "X1", "--agent", "A-1")
    (ended,) = shared.json("list", "--status", "cancelled", "--all")["reservations"]
    line = ("amend", ended["number"], "--replace", "X1=B4", "--agent", "A-1")
    found, _ = decide(shared, tmp_path, *line)
    assert found["step"][0]["expect"]["codes"] == ["reservation.ended"]
    assert [each["agent"] for each in found["reservation"]] == ["A-1"]


@pytest.mark.parametrize(
    "line", [("cancel", "B1"), ("amend", "B1", "--drop", "B1"), ("amend", "B1", "--add", "B4")]
)
def test_not_found_says_nothing_of_others(
    shared: OfficeInFolder, tmp_path: Path, line: tuple[str, ...]
) -> None:
    found, text = decide(shared, tmp_path, *line, "--agent", "A-1")
    assert found["step"][0]["expect"]["exit"] == 4
    assert "reservation" not in found
    assert [agent["id"] for agent in found["agent"]] == ["A-1"]
    assert not [word for word in FOREIGN if word in text]


def test_a_foreign_number_stays_foreign_on_replay(shared: OfficeInFolder, tmp_path: Path) -> None:
    shared.book("+1", "9", "X1")
    foreign = make_number("Y", date(2026, 11, 25), 1)
    assert shared.json("show", foreign)["reservation"]["agent"] == "B-2"
    found, text = decide(shared, tmp_path, "cancel", foreign, "--agent", "A-1")
    assert found["step"][0]["expect"]["exit"] == 4
    assert foreign not in text
