"""No sequence of commands breaks the rules or the store, and the same commands give the same bytes.

``tests/model`` compares what commands answer, and what becomes of reservations. Here two offices
are driven alike: what a dry run says and what a refusal changes, what ``slots`` promise, and bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import Phase, given, note, settings

from kofucli.store.files import view
from tests.conftest import OfficeInFolder, Outcome
from tests.reliability.properties.offices import Count, found_office, frames_left
from tests.support.strategies import (
    AGENTS,
    HOURS,
    choices,
    draw_changes,
    draw_command,
    draw_number,
    sized,
)

MACHINES = ("sum", "clock", "prev")
"""What a ledger line has of the machine: its clock, and a sum and a hash of what has it."""


def read_files(office: OfficeInFolder) -> dict[str, Any]:
    """Return what the store's files say, byte for byte but for what a ledger has of the machine."""
    return {
        name: [
            {key: value for key, value in json.loads(line).items() if key not in MACHINES}
            for line in data.splitlines()
        ]
        if name.startswith("ledger/")
        else data
        for name, data in office.bytes().items()
    }


@pytest.fixture(autouse=True, scope="module")
def _a_clock_that_never_stands_still() -> Iterator[None]:
    seconds = count()
    start = datetime.fromisoformat("2026-11-24T10:00:00+09:00")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "machine_now", lambda: start + timedelta(seconds=next(seconds)))
        yield


class Twins:
    """Two copies of an office that are given the same commands; ``choice`` makes the choices."""

    def __init__(self, template: OfficeInFolder, reading: str, choice: Random) -> None:
        self.folder = Path(mkdtemp(dir=template.folder.parent))
        self.first, self.second = (template.copy(self.folder / name) for name in "12")
        self.reading, self.choice = reading, choice

    def give(self, *command: str) -> Outcome:
        """Give both a command, one of them a dry run before; compare what changed with what may."""
        before = self.first.bytes()
        dry = self.first.run(*command, "-f", "json", "--dry-run")
        assert before == self.first.bytes(), "a dry run changed something"
        outcome = self.run(*command)
        note(f"{self.first.now} {' '.join(command)}: {outcome.status}")
        assert dry.status == outcome.status, "a dry run promised something else"
        # One of several cases does not stand for its reservation, so it names none to cancel.
        assert outcome.status in (0, 3, 4, 5, 2 if command[0] == "cancel" else 0), outcome
        if outcome.status and "--best-effort" not in command:
            assert before == self.first.bytes(), "what was refused changed something"
        counted = Count(self.first.json("list", "--all")["reservations"])
        for agent in AGENTS:
            counted.compare_slots(self.first.json("slots", "--agent", agent))
        return outcome

    def run(self, *command: str, form: str = "json") -> Outcome:
        """Run a command in both, which must say the same."""
        line = (*command, "-f", form, "--lang", self.choice.choice(["ja", "en"]))
        first, second = (office.run(*line) for office in (self.first, self.second))
        assert first == second
        return first

    def find_active(self) -> Any:
        """Return a reservation that stands, None where there is none."""
        listed = self.first.json("list", "--all")["reservations"]
        active = [each for each in listed if each["status"] == "active"]
        return self.choice.choice(active) if active else None

    def wait(self) -> None:
        hours = timedelta(hours=self.choice.choice([1, 1, 2, 14]))
        now = (datetime.fromisoformat(self.first.now) + hours).isoformat()
        self.first.now = self.second.now = now

    def book_a_file(self) -> None:
        """Book rows for both agents; the same file again books nothing more."""
        lines = ["number,date,hour,agent"]
        for _ in range(self.choice.randint(1, 5)):
            agent, day = self.choice.choice(AGENTS), f"2026-11-{self.choice.randint(24, 29)}"
            number = draw_number(self.choice, agent)
            lines.append(f"{number},{day},{self.choice.choice(HOURS)},{agent}")
        path = self.folder / "rows.csv"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        options = self.choice.choice([[], ["--best-effort"], ["--again"]])
        command = ["book", "--from", str(path), "--office", *options]
        if self.give(*command).status == 0:
            before = self.first.bytes()
            assert (0, before) == (self.give(*command).status, self.first.bytes())

    def amend(self) -> None:
        """Drop, correct and add cases of a reservation."""
        if chosen := self.find_active():
            numbers = [case["number"] for case in chosen["cases"] if case["status"] == "active"]
            changes = draw_changes(self.choice, chosen["agent"], numbers)
            self.give("amend", chosen["number"], *changes, "--agent", chosen["agent"])

    def cancel_and_book_again(self) -> None:
        """Cancel until the deadline; the same booking then finds the same room."""
        if not (chosen := self.find_active()):
            return
        agent = ("--agent", chosen["agent"])
        before = self.first.json("slots", *agent)
        outcome = self.give("cancel", chosen["number"], *agent)
        if f"{self.first.now}+09:00" >= chosen["closes"]:
            assert ["deadline.passed"] == outcome.codes
            return
        assert outcome.status == 0
        cases = [case["number"] for case in chosen["cases"] if case["status"] == "active"]
        specs = [part for case in cases for part in ("--case", case)]
        booking = self.give("book", chosen["date"], chosen["start"], *specs, *agent)
        left = frames_left(self.reading, before["agent"]["frames_held"] - 1)
        if left and chosen["date"] in [day["date"] for day in before["days"]]:
            assert booking.status == 0, booking
        if booking.status == 0:
            assert before == self.first.json("slots", *agent)

    def book_what_is_bookable(self) -> None:
        """As many cases as slots promise can be booked, and not one more."""
        agent = ("--agent", self.choice.choice(AGENTS))
        day = self.choice.choice(self.first.json("slots", *agent)["days"])
        frame = self.choice.choice(day["frames"])
        for cases, status in ((frame["bookable"], 0), (frame["bookable"] + 1, 3)):
            specs = [part for n in range(cases) for part in ("--case", f"NEW-{n}")]
            command = ("book", day["date"], frame["start"], *specs, *agent, "--dry-run")
            assert not cases or status == self.first.run(*command).status


def drive(twins: Twins) -> None:
    """Give twins commands; in the end both say the same in every form, and are alike and whole."""
    steps = (twins.amend, twins.cancel_and_book_again, twins.book_what_is_bookable)
    steps = (*steps, *steps, twins.book_a_file, twins.wait)
    for _ in range(twins.choice.randint(5, 15)):
        twins.give(*draw_command(twins.choice))
        twins.choice.choice(steps)()
    for reading in (("list", "--all"), ("slots", "--agent", "A-1")):
        for form in ("json", "csv", "table"):
            twins.run(*reading, form=form)
    assert read_files(twins.first) == read_files(twins.second)
    assert twins.first.json("store", "check")["ok"]
    shutil.rmtree(twins.folder)


@pytest.mark.parametrize("reading", ["main", "note"])
@sized(3, 20)
def test_no_sequence_of_commands_breaks_the_rules(
    tmp_path_factory: pytest.TempPathFactory, reading: str, size: settings
) -> None:
    """3(2), 4: nor does a dry run change a byte, a refusal, or the second of two twins."""
    template = found_office(tmp_path_factory.mktemp(reading), reading)

    # Without shrinking: what fails is shown at once, with every command that led to it.
    @settings(size, phases=[Phase.generate])
    @given(choices)
    def run(choice: Random) -> None:
        drive(Twins(template, reading, choice))

    run()


def test_two_offices_that_are_founded_alike(tmp_path: Path) -> None:
    """From the founding on days, office and header are the same; only salts differ beside it."""
    offices = [found_office(tmp_path / name) for name in ("first", "second")]
    for office in offices:
        number = office.book("+1", "10", "X-1", "X-2")["number"]
        office.json("cancel", number, "--agent", "A-1")
        office.book("+2", "09", "X-1", agent="B-2")
    names = [*offices[0].named("days/"), "office.json", "store.json"]
    assert len(names) == 4
    first, second = (office.bytes() for office in offices)
    assert [first[name] for name in names] == [second[name] for name in names]
