"""The machine's clock: a wrong one is refused, and nobody stays locked out."""

from __future__ import annotations

import io
import shlex
import sys
from datetime import datetime

import pytest

from kofucli.base.clock import JST
from tests.conftest import NOW, OfficeInFolder, Outcome, run_command

LATER = "2026-11-24T10:05:00"


pytestmark = pytest.mark.files  # a server has a clock of its own


class Machine:
    def set(self, text: str) -> None:
        self.now = datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine()
    found.set(NOW)
    for name in ("base.clock", "cli.app", "cli.main", "store.files.view"):
        monkeypatch.setattr(f"kofucli.{name}.machine_now", lambda: found.now)
    return found


@pytest.fixture
def counter(machine: Machine, office: OfficeInFolder) -> OfficeInFolder:
    office.book("+1", "10", "X-1")
    return office


def run(office: OfficeInFolder, line: str, **env: str) -> Outcome:
    words = shlex.split(line.format(folder=office.folder))
    return run_command(*words, "--config", str(office.config), env=env)


BOOK = "book 2026-11-26 10 --case X-2 --agent A-1"
USUAL = (
    BOOK,
    "list",
    "status",
    "slots --agent A-1",
    "cancel X-1 --agent A-1",
    "desk sheet",
    "office maintenance --reason r",
    "office show",
    "agent suspend A-1 --reason r",
    "store purge --before 2026-11-01 -y",
    "report load",
    "report nightly -o {folder}/night",
)


@pytest.mark.parametrize("clock", ["1970-01-01T00:10", "1999-12-31T23:59", "2099-01-01T00:00"])
def test_no_clock_outside_the_years(counter: OfficeInFolder, machine: Machine, clock: str) -> None:
    """A clock of 1970 would book numbers that no command can name."""
    machine.set(clock)
    before = counter.bytes()
    for line in (*USUAL, "office clock"):
        found = run(counter, line)
        assert 2 == found.status, found
        assert clock[:4] in found.err
        assert "clock" in found.err
    assert before == counter.bytes()
    assert 0 == run(counter, "store check").status


@pytest.mark.parametrize("line", USUAL)
def test_a_clock_behind_is_refused(counter: OfficeInFolder, machine: Machine, line: str) -> None:
    """A clock more than a day behind that of the last line is refused; a day, or less, is not."""
    machine.set("2026-11-23T09:59:59")
    before = counter.bytes()
    found = run(counter, line)
    assert 2 == found.status, found
    assert "kofucli office clock" in found.err
    assert before == counter.bytes()
    machine.set("2026-11-23T10:00:00")
    assert "" == run(counter, "list").err
    assert 0 == run(counter, line).status


def test_the_clock_of_each_line_of_a_scanner(
    counter: OfficeInFolder, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.set("2026-11-20T09:59:59")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"X-1\n")))
    found = run(counter, "desk arrive -")
    assert (2, True) == (found.status, "kofucli office clock" in found.err)


def test_a_given_instant_is_not_compared(counter: OfficeInFolder, machine: Machine) -> None:
    machine.set("1970-01-01T00:10")
    assert 0 == run(counter, "list --now 2026-11-20T10:00").status
    assert 0 == run(counter, f"{BOOK} --now {LATER}").status
    machine.set("2026-11-24T10:06")
    assert 0 == run(counter, "list").status


def test_the_office_says_once_that_it_is_right(counter: OfficeInFolder, machine: Machine) -> None:
    """After a clock that was ahead: one line of the ledger, and everything goes on."""
    ahead = "2031-05-01T10:00:00"
    machine.set(ahead)
    assert 0 == run(counter, "office maintenance --reason r").status
    assert 0 == run(counter, "office maintenance --over").status
    machine.set(LATER)
    assert 2 == run(counter, BOOK).status
    before = counter.bytes()
    dry = run(counter, "office clock -n -f json")
    assert (0, True, before) == (dry.status, dry.json["changed"], counter.bytes())
    assert 2 == run(counter, "office clock", KOFUCLI_AGENT="A-1").status
    said = run(counter, "office clock --office --by 甲 -f json").json
    assert (True, f"{LATER}+09:00") == (said["changed"], said["clock"])
    assert f"{ahead}+09:00" == said["before"]
    (entry,) = run(counter, "store log --op 'office clock' -f json").json["entries"]
    assert ("甲", f"{LATER}+09:00") == (entry["by"], entry["clock"])
    assert 0 == run(counter, BOOK).status
    before = counter.bytes()
    again = run(counter, "office clock -f json")
    assert (0, False, before) == (again.status, again.json["changed"], counter.bytes())
    assert 0 == run(counter, "store check").status


def test_a_restore_brings_its_own_line(counter: OfficeInFolder, machine: Machine) -> None:
    """A backup whose last line is ahead can be restored: the line of the restore is newer."""
    machine.set("2031-05-01T10:00")
    assert 0 == run(counter, "office maintenance --reason r").status
    machine.set(LATER)
    assert 0 == run(counter, "store export -o {folder}/copy.jsonl").status
    assert 0 == run(counter, "store restore {folder}/copy.jsonl {folder}/new -y").status
    assert 0 == run(counter, "list --store {folder}/new").status
