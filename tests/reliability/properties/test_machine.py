"""No sequence of commands breaks the rules: the command line, driven at random."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from tests.conftest import OfficeInFolder, Outcome
from tests.reliability.properties.offices import Count, found_office, frames_left
from tests.support.strategies import (
    AGENTS,
    HOURS,
    draw_changes,
    draw_command,
    draw_number,
    draw_numbers,
    sized,
)

seeds = st.integers(0, 2**16)


def active_numbers(reservation: Any) -> list[str]:
    return [each["number"] for each in reservation["cases"] if each["status"] == "active"]


class Office(RuleBasedStateMachine):
    """An office at work; after every command everything is counted again by brute force."""

    template: ClassVar[OfficeInFolder]
    reading: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(dir=self.template.folder.parent))
        self.office = self.template.copy(self.folder / "office")
        self.reservations: list[Any] = []
        self.closed: list[str] = []
        self.steps = 0

    def teardown(self) -> None:
        """Leave nothing behind, once the store was found whole."""
        document = self.office.json("store", "check")
        shutil.rmtree(self.folder)
        assert document["ok"], document

    def choose(self, seed: int) -> Random:
        """Return what makes a rule's choices: the same rule twice in a row chooses anew."""
        self.steps += 1
        return Random(f"{seed} {self.steps}")

    def read_shown(self) -> list[str]:
        return [day["date"] for day in self.office.json("slots")["days"]]

    def find_active(self) -> list[Any]:
        return [each for each in self.reservations if each["status"] == "active"]

    def perform(self, *command: str) -> Outcome:
        """Run a command, before it a dry run; compare what changed with what may."""
        before = self.office.bytes()
        dry = self.office.run(*command, "-f", "json", "--dry-run")
        assert before == self.office.bytes(), "a dry run changed something"
        outcome = self.office.run(*command, "-f", "json")
        note(f"{self.office.now} {' '.join(command)}: {outcome.status}")
        assert dry.status == outcome.status, "a dry run promised something else"
        # One of several cases does not stand for its reservation, so it names none to cancel.
        one_of_several = command[0] == "cancel" and any(
            command[1] in active and len(active) > 1
            for active in map(active_numbers, self.find_active())
        )
        assert outcome.status in (0, 3, 4, 5) or (outcome.status == 2 and one_of_several), outcome
        if outcome.status and "--best-effort" not in command:
            assert before == self.office.bytes(), "what was refused changed something"
        after = self.office.json("list", "--all")["reservations"]
        self.compare(self.reservations, after)
        self.reservations = after
        return outcome

    def compare(self, before: list[Any], after: list[Any]) -> None:
        """Compare two states, and what slots say; ``tests/model`` asks for quotas and rooms."""
        for agent in AGENTS:
            Count(after).compare_slots(self.office.json("slots", "--agent", agent))
        closes = {each["number"]: each["closes"] for each in before}
        for each in after:
            assert closes.get(each["number"], "") <= each["closes"], "a deadline moved back"
        assert closes.keys() <= {each["number"] for each in after}, "a reservation vanished"

    @rule(seed=seeds)
    def run_a_command(self, seed: int) -> None:
        choice = self.choose(seed)
        self.perform(*draw_command(choice))

    @rule(seed=seeds)
    def book_something(self, seed: int) -> None:
        """Book, so that there is something to change."""
        self.book(seed)

    @rule(seed=seeds)
    def book(self, seed: int) -> None:
        """Book some cases in one of the frames that are shown."""
        choice = self.choose(seed)
        agent = choice.choice(AGENTS)
        specs = [part for number in draw_numbers(choice, agent) for part in ("--case", number)]
        day, hour = choice.choice(self.read_shown()), choice.choice(HOURS)
        self.perform("book", day, hour, *specs, "--agent", agent)

    @rule(seed=seeds)
    def book_a_file(self, seed: int) -> None:
        """Book rows for both agents; the same file again books nothing more."""
        choice = self.choose(seed)
        days = [*self.read_shown() * 4, "2026-11-29"]
        lines = ["number,date,hour,agent"]
        for _ in range(choice.randint(1, 5)):
            agent = choice.choice(AGENTS)
            number, day = draw_number(choice, agent), choice.choice(days)
            lines.append(f"{number},{day},{choice.choice(HOURS)},{agent}")
        path = self.folder / "rows.csv"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        options = choice.choice([[], ["--best-effort"], ["--again"]])
        command = ["book", "--from", str(path), "--office", *options]
        if self.perform(*command).status == 0:
            before = self.office.bytes()
            assert (0, before) == (self.perform(*command).status, self.office.bytes())

    @precondition(lambda self: self.find_active())
    @rule(seed=seeds)
    def amend_something(self, seed: int) -> None:
        """Change a reservation, twice as often as other things."""
        self.amend(seed)

    @precondition(lambda self: self.find_active())
    @rule(seed=seeds)
    def amend(self, seed: int) -> None:
        """Drop, correct and add cases of a reservation."""
        choice = self.choose(seed)
        chosen = choice.choice(self.find_active())
        agent = chosen["agent"]
        numbers = [case["number"] for case in chosen["cases"] if case["status"] == "active"]
        changes = draw_changes(choice, agent, numbers)
        self.perform("amend", chosen["number"], *changes, "--agent", agent)

    @precondition(lambda self: len(self.closed) < 2)
    @rule(seed=seeds)
    def close(self, seed: int) -> None:
        """Close a day on which something is booked, or an hour of it."""
        choice = self.choose(seed)
        taken = [each["date"] for each in self.find_active()]
        day, hours = choice.choice(taken or self.read_shown()), choice.choice([[], [HOURS[1]]])
        self.perform("office", "close", day, *hours, "--reason", "moving", "-y")
        self.closed.append(day)

    @precondition(lambda self: self.closed)
    @rule(seed=seeds)
    def reopen(self, seed: int) -> None:
        """Open a day that was closed, mostly to bring back what was there."""
        choice = self.choose(seed)
        day = self.closed.pop(choice.randrange(len(self.closed)))
        options = choice.choice([[], ["--restore"], ["--restore"]])
        self.perform("office", "reopen", day, *options)

    @rule(seed=seeds)
    def wait(self, seed: int) -> None:
        choice = self.choose(seed)
        hours = timedelta(hours=choice.choice([1, 1, 2, 14]))
        self.office.now = (datetime.fromisoformat(self.office.now) + hours).isoformat()

    @precondition(lambda self: self.find_active())
    @rule(seed=seeds)
    def cancel_and_book_again(self, seed: int) -> None:
        """Cancel until the deadline; the same booking then finds the same room."""
        choice = self.choose(seed)
        chosen = choice.choice(self.find_active())
        agent = ("--agent", chosen["agent"])
        before = self.office.json("slots", *agent)
        outcome = self.perform("cancel", chosen["number"], *agent)
        if f"{self.office.now}+09:00" >= chosen["closes"]:
            assert ["deadline.passed"] == outcome.codes
            return
        assert outcome.status == 0
        specs = [
            part
            for case in chosen["cases"]
            if case["status"] == "active"
            for part in ("--case", case["number"])
        ]
        booking = self.perform("book", chosen["date"], chosen["start"], *specs, *agent)
        left = frames_left(self.reading, before["agent"]["frames_held"] - 1)
        if left and chosen["date"] in self.read_shown():
            assert booking.status == 0, booking
        if booking.status == 0:
            assert before == self.office.json("slots", *agent)

    @rule(seed=seeds)
    def book_what_is_bookable(self, seed: int) -> None:
        """As many cases as slots promise can be booked, and not one more."""
        choice = self.choose(seed)
        agent = ("--agent", choice.choice(AGENTS))
        day = choice.choice(self.office.json("slots", *agent)["days"])
        frame = choice.choice(day["frames"])
        for count, status in ((frame["bookable"], 0), (frame["bookable"] + 1, 3)):
            specs = [part for n in range(count) for part in ("--case", f"NEW-{n}")]
            command = ("book", day["date"], frame["start"], *specs, *agent, "--dry-run")
            assert not count or status == self.office.run(*command).status


@pytest.mark.parametrize("reading", ["main", "note"])
@sized(3, 20)
def test_no_sequence_of_commands_breaks_the_rules(
    tmp_path_factory: pytest.TempPathFactory, reading: str, size: settings
) -> None:
    """3(2), 4: nor does a dry run change a byte, a deadline move earlier, the store break."""
    Office.reading = reading
    Office.template = found_office(tmp_path_factory.mktemp(reading), reading)
    # Without shrinking: what fails is shown at once, with every command that led to it.
    whole = settings(size, stateful_step_count=30, phases=[Phase.generate])
    run_state_machine_as_test(Office, settings=whole)
