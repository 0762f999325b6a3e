"""``scenario record``: what became of a reservation, replayed from the ledger."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OfficeInFolder, run_command

DAY = "2026-11-25"
EVENING = f"{DAY}T17:00:00"


def record(office: OfficeInFolder, folder: Path, number: str) -> Any:
    """Record a reservation, replay it, and return the file's tables."""
    path = folder / "history.toml"
    outcome = office.run("scenario", "record", number, "--office", "-o", str(path))
    assert outcome.status == 0, outcome
    replayed = run_command("scenario", "run", str(path))
    assert replayed.status == 0, replayed.out + path.read_text("utf-8")
    return tomllib.loads(path.read_text("utf-8"))


def commands(recorded: Any) -> list[str]:
    """Return the commands of a history by their first words, without the last look."""
    runs = [step["run"] for step in recorded["step"]]
    assert runs.pop() == "show {r1} --office"
    return [run.partition(" {")[0] for run in runs]


def ending(recorded: Any) -> Any:
    return recorded["step"][-1]["expect"]["json"]["reservation"]


HISTORIES: dict[str, tuple[list[tuple[str, str]], str]] = {
    "changed": (
        [
            ("amend {n} --drop X-1 --agent A-1", "2026-11-24T10:30:00"),
            ("amend {n} --replace X-2=Y-2,kind=permanent --office", "2026-11-24T11:59:59"),
        ],
        "active",
    ),
    "announced late": (
        [
            ("desk late-notice {n} --at 09:00", f"{DAY}T09:30:00"),
            ("desk arrive {n} --accept-late", f"{DAY}T11:20:00"),
            ("desk collect {n}", f"{DAY}T11:30:00"),
        ],
        "collected",
    ),
    "undone": (
        [
            (f"desk close-day {DAY} --all-no-show -y", EVENING),
            ("desk undo {n} --reason 'Hanako was there'", f"{DAY}T17:10:00"),
            ("desk arrive {n} --at 10:50", f"{DAY}T17:11:00"),
            ("desk collect {n}", f"{DAY}T17:12:00"),
            ("desk undo {n} --reason 'the wrong one'", f"{DAY}T17:13:00"),
            ("desk collect {n} --not-handed X-1=papers", f"{DAY}T17:14:00"),
        ],
        "collected",
    ),
    "closed and restored": (
        [
            (f"office close {DAY} --reason moving -y", "2026-11-24T10:10:00"),
            (f"office reopen {DAY} --restore", "2026-11-24T10:20:00"),
            ("desk arrive {n}", f"{DAY}T10:05:00"),
        ],
        "arrived",
    ),
}
"""What an office does with a reservation of X-1 and X-2 on DAY at 10, and how it ends."""


@pytest.mark.parametrize("name", HISTORIES)
def test_every_step_replays(office: OfficeInFolder, tmp_path: Path, name: str) -> None:
    """Each line of the ledger becomes its command, at its instant; the end is the same."""
    steps, status = HISTORIES[name]
    number = office.book(DAY, "10:00", "X-1", "X-2,kind=change")["number"]
    done = ["book 2026-11-25 10:00 --case CASE-1 --case CASE-2,kind=change --agent A-1"]
    for line, now in steps:
        office.json(*shlex.split(line.replace("{n}", number)), now=now)
        done.append(line.partition(" {")[0])
    recorded = record(office, tmp_path, number)
    assert [c.partition(" --reason")[0] for c in commands(recorded)] == [
        d.partition(" --reason")[0].replace(" 10 11", " 10:00 11:00") for d in done
    ]
    assert ending(recorded)["status"] == status
    text = (tmp_path / "history.toml").read_text("utf-8")
    assert not any(word in text for word in ("Hanako", "X-1", "moving", "wrong", "example", number))


def test_the_step_that_leads_to_a_mark_expects_it(office: OfficeInFolder, tmp_path: Path) -> None:
    number = office.book(DAY, "10:00", "X-1")["number"]
    office.json("desk", "close-day", DAY, "--all-no-show", "-y", now=EVENING)
    steps = record(office, tmp_path, number)["step"]
    mark = {"agent": "A-1", "kind": "no-show", "date": DAY}
    assert steps[1]["expect"]["json"]["marks"] == [mark]


def test_a_step_runs_under_its_own_settings(office: OfficeInFolder, tmp_path: Path) -> None:
    office.set("amend", "reading", '"cap"')
    number = office.book(DAY, "10:00", "X-1", "X-2")["number"]
    office.set("amend", "reading", '"listed"')
    office.set("deadline", "last_minute", '"16:59"')
    office.json("amend", number, "--drop", "X-1", "--agent", "A-1")
    office.set("amend", "reading", '"cap"')
    office.json("amend", number, "--add", "Y-1", "--agent", "A-1")
    office.set("quota", "cases", "1")
    recorded = record(office, tmp_path, number)
    assert recorded["amend"] == {"reading": "cap"}
    book, drop, add, _ = recorded["step"]
    assert "settings" not in book
    assert drop["settings"] == {"amend": {}, "deadline": {"last_minute": "16:59"}}
    assert add["settings"] == {"amend": {"reading": "cap"}}
    assert "quota" not in recorded


def test_an_opening_that_moved_the_deadline_is_recorded(
    office: OfficeInFolder, tmp_path: Path
) -> None:
    number = office.book("2026-11-27", "10:00", "X-1")["number"]
    office.json("office", "close", "2026-11-26", "--reason", "moving", "-y")
    other = office.book("2026-11-27", "11:00", "X-2")["number"]
    office.json("office", "reopen", "2026-11-26", now="2026-11-24T10:30:00")
    assert commands(record(office, tmp_path, number)) == [
        "book 2026-11-27 10:00 --case CASE-1 --agent A-1"
    ]
    recorded = record(office, tmp_path, other)
    assert recorded["notice"] == [{"date": "2026-11-26", "state": "closed"}]
    assert commands(recorded)[1:] == ["office reopen 2026-11-26"]
    assert ending(recorded)["closes"] == "2026-11-26T12:00:00+09:00"


def test_a_renewed_certificate_is_recorded(office: OfficeInFolder, tmp_path: Path) -> None:
    office.json("agent", "edit", "A-1", "--valid-until", DAY)
    number = office.book(DAY, "10:00", "X-1")["number"]
    office.json("desk", "arrive", number, now=f"{DAY}T10:05:00")
    office.json("agent", "edit", "A-1", "--valid-until", "2031-03-31", "--name", "山手花子")
    next_day = "2026-11-26T09:00:00"
    office.json("desk", "collect", number, now=next_day)
    office.json("agent", "edit", "A-1", "--valid-until", "2032-03-31")
    assert commands(record(office, tmp_path, number))[2:] == [
        "agent edit A-1 --valid-until 2031-03-31",
        "desk collect",
    ]


def test_the_visits_of_an_erased_agent_are_recorded(office: OfficeInFolder, tmp_path: Path) -> None:
    number = office.book(DAY, "10:00", "X-1")["number"]
    office.json("cancel", number, "--agent", "A-1")
    office.json("agent", "erase", "A-1", "--reason", "asked for", "-y")
    recorded = record(office, tmp_path, number)
    assert "erased" not in recorded["agent"][0]
    assert ending(recorded)["status"] == "cancelled"


def test_a_history_begins_where_the_ledger_does(office: OfficeInFolder, tmp_path: Path) -> None:
    number = office.book("2026-12-01", "10:00", "X-1", "X-2")["number"]
    office.json("amend", number, "--drop", "X-1", "--office")
    office.json("desk", "arrive", number, now="2026-12-01T10:20:00")
    office.json("store", "purge", "--before", "2026-12-01", "-y", now="2027-12-20T10:00:00")
    office.json("desk", "collect", number, now="2026-12-01T10:25:00")
    for _ in range(2):
        office.json("desk", "undo", number, "--reason", "a slip", now="2026-12-01T10:30:00")
    office.json("desk", "arrive", number, "--at", "10:10", now="2026-12-01T10:31:00")
    recorded = record(office, tmp_path, number)
    (known,) = recorded["reservation"]
    assert [step["op"] for step in known["steps"]] == ["arrive"]
    assert commands(recorded) == ["desk collect", "desk undo", "desk undo", "desk arrive"]
    assert ending(recorded)["arrived_at"] == "2026-12-01T10:10:00+09:00"


def test_an_agent_records_its_own_visits_only(office: OfficeInFolder) -> None:
    number = office.book(DAY, "10:00", "X-1")["number"]
    office.add_agent("B-2")
    assert office.run("scenario", "record", number, "--agent", "A-1").status == 0
    assert office.run("scenario", "record", number, "--agent", "B-2").status == 4
    assert office.run("scenario", "record", number).status == 0
    assert office.run("scenario", "record", "Y261125-0001-8").status == 5


def test_a_history_goes_where_it_is_asked(office: OfficeInFolder, tmp_path: Path) -> None:
    number = office.book(DAY, "10:00", "X-1")["number"]
    before = office.bytes()
    text = office.run("scenario", "record", number).out
    assert tomllib.loads(text)["title"] == "history of a reservation: active"
    assert office.json("scenario", "record", number)["scenario"] == text
    path = tmp_path / "x.toml"
    assert office.run("scenario", "record", number, "-o", str(path)).out == ""
    assert (path.read_text("utf-8"), office.bytes()) == (text, before)
