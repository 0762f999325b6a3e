"""What must hold of a store after its process was killed, its disk failed or its power was lost."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from kofucli.store.documents import is_sealed
from tests.conftest import OfficeInFolder, Outcome, run_command
from tests.reliability.crash.commands import ADD, Command, Start

_MENDED = "its last line has lost its line feed"
"""What ``store check`` may say of a line that lacks only its end; the next change mends it."""
_CLOCK = re.compile(rb'\{"sum":"([0-9a-f]{8})",(.*?)"clock":"[^"]*",(.*)\}', re.DOTALL)
_READING = (("list", "--all"), ("agent", "list"), ("slots",))


@dataclass(frozen=True)
class State:
    """What a store holds: the lines of its ledger, and what reading commands say."""

    lines: tuple[bytes, ...]
    said: tuple[str, ...]


@dataclass
class Expected:
    """How a command may leave its store: ``states`` after none, one, … all of its transactions.

    ``others`` are states of commands that read lines of which not all were done. ``mails`` is how
    many mails wait at the end; ``seen`` remembers stores that were judged already.
    """

    start: Start
    states: list[State]
    others: list[State]
    mails: int
    seen: dict[str, list[str]] = field(default_factory=dict)

    @property
    def transactions(self) -> int:
        """How many changes the command makes: transactions, a store, a backup."""
        return max(len(self.states) - 1, int(self.start.command.whole_folder))


def read_lines(store: Path) -> tuple[bytes, ...]:
    """Return the complete lines of a store's ledger; one whose first pages are missing is none."""
    files = sorted((store / "ledger").glob("*.jsonl")) if (store / "ledger").is_dir() else []
    lines = [line for path in files for line in path.read_bytes().split(b"\n")[:-1]]
    return tuple(lines[:-1] if lines and lines[-1].startswith(b"\0") else lines)


def read_state(office: OfficeInFolder) -> tuple[State, list[str]]:
    """Return what a store holds, and what is wrong with reading it."""
    said, faults = [], []
    for command in _READING:
        outcome = office.run(*command, "-f", "json")
        if outcome.status != 0:
            faults.append(f"reading fails: {command}: {outcome.status} {outcome.err}")
        said.append(outcome.out)
    return State(read_lines(office.store), tuple(said)), faults


def expect(start: Start, folder: Path) -> Expected:
    """Run the command undisturbed, in copies in ``folder``, and return what it may leave."""
    lines = start.stdin.splitlines(keepends=True)
    beginnings = [lines[:count] for count in range(len(lines) + 1)]
    parts = [part for n in range(len(lines)) for part in combinations(lines, n)]
    states = [_run_undisturbed(start, folder, None)]
    states += [_run_undisturbed(start, folder, "".join(b)) for b in beginnings[1:] or [()]]
    others = [_run_undisturbed(start, folder, "".join(p)) for p in parts if p not in beginnings]
    if len(states[-1].lines) == len(states[0].lines):
        states = states[-1:]
    outbox = folder / "expected" / start.store.name / "outbox"  # of the last one that ran
    return Expected(start, states, others, sum(1 for _ in outbox.glob("*.eml")))


def _run_undisturbed(start: Start, folder: Path, stdin: str | None) -> State:
    """Return what the store holds after the command, before it where ``stdin`` is None."""
    shutil.rmtree(folder / "expected", ignore_errors=True)
    office = start.copy(folder / "expected")
    outcome = run_here(office, stdin) if stdin is not None else None
    assert outcome is None or outcome.status == 0, outcome
    state, faults = read_state(office)
    assert not faults or start.command.repairs, faults
    return state


def run_here(office: Start, stdin: str = "") -> Outcome:
    """Run the command of an office in this process."""
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
    try:
        return run_command(*office.full_line)
    finally:
        sys.stdin = before


def fingerprint(folder: Path) -> str:
    """Return a digest of every file of a folder but locks, whose notes mean nothing later.

    The machine's time in whole lines of ledgers does not count: nothing is decided by it.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.name != ".lock"):
        data = path.read_bytes() if path.is_file() else b""
        lines = map(_without_clock, data.split(b"\n")) if path.suffix == ".jsonl" else (data,)
        digest.update(repr((str(path), path.is_dir(), *lines)).encode())
    return digest.hexdigest()


def _without_clock(line: bytes) -> bytes:
    """Return a line of a ledger without the machine's time, where its checksum fits."""
    found = _CLOCK.fullmatch(line)
    if found is None or not is_sealed(line, found[1].decode()):
        return line
    return found[2] + found[3]


def judge(office: Start, expected: Expected, least: int, most: int, again: bool) -> list[str]:
    """Return what is wrong with an office in which between ``least`` and ``most`` changes stand.

    1. Reading works and shows a state between two transactions. 2. Every earlier line stands, and
    the new ones are those of the command. 3. ``store check`` finds nothing. 4. The same command
    works ``again``, and so does the next one. 5. The store is whole then, too. 6. A store or a
    backup that the command makes is whole, or not there.
    """
    key = f"{fingerprint(office.folder)} {least} {most} {again}"
    if key not in expected.seen:
        if office.command.makes:
            found = [*_judge_made(office, expected, least, most)]
        elif office.command.repairs:
            found = [*_judge_repaired(office, expected)]
        else:
            found = [*_judge(office, expected, least, most, again)]
        expected.seen[key] = found
    return expected.seen[key]


def _judge(office: Start, expected: Expected, least: int, most: int, again: bool) -> Iterator[str]:
    command = office.command
    state, faults = read_state(office)
    yield from faults
    done = _count_done(state, expected, command)
    last = len(expected.states) - 1
    if command.rewrites and (done is None or done < least):
        # What goes is removed piece by piece, after the commit; readers may see some of it.
        run_here(office)
        state, faults = read_state(office)
        yield from faults
        done = _count_done(state, expected, command)
    if done is None or not min(least, last) <= done <= most:
        yield f"{done} transactions stand, expected {least} to {most}: {state}"
        return
    yield from _check(office, command.leaves, _MENDED)
    if command.saves:
        yield from _judge_saved(office, least)
    if again or command.leaves:
        allowed = command.again if done or command.saves else (0,)
        outcome = run_here(office, office.stdin)
        if outcome.status not in allowed:
            yield f"the same command again: {outcome.status} {outcome.err}"
        if command.again == (0,) and read_state(office)[0].said != expected.states[-1].said:
            yield "the same command again does not leave what it leaves alone"
    yield from go_on(office, agent=command.follower)


def _count_done(state: State, expected: Expected, command: Command) -> int | None:
    """Return how many transactions stand, None where this is no state between two of them."""
    states = list(enumerate(expected.states))
    if command.rewrites:
        return next((n for n, allowed in states if state.said == allowed.said), None)
    before = expected.states[0].lines
    if state.lines[: len(before)] != before:
        return None
    if any(_is_alike(state, allowed) for allowed in (*expected.states, *expected.others)):
        return len(state.lines) - len(before)
    return None


def _judge_repaired(office: Start, expected: Expected) -> Iterator[str]:
    """Judge a store that was damaged before: a second repair must bring everything back."""
    outcome = run_here(office)
    if outcome.status != 0:
        yield f"the same command again: {outcome.status} {outcome.err}"
    state, faults = read_state(office)
    yield from faults
    if state.said != expected.states[-1].said:
        yield f"the repair lost something: {state}"
    yield from _check(office)
    yield from go_on(office)


def _judge_saved(office: Start, least: int) -> Iterator[str]:
    """Judge backups: each can be restored, and one is there where that was said.

    What a killed one left is gone after the next result in that folder.
    """
    folder = office.folder / office.command.saves
    found = [path for path in folder.glob("*") if not path.name.startswith(".kofucli-")]
    if least and not found:
        yield "the backup is not there"
    for path in found:
        outcome = office.run("store", "restore", str(path), str(office.folder / "trial"), "-y")
        if outcome.status != 0:
            yield f"a backup that cannot be restored: {outcome.status} {outcome.err}"
        shutil.rmtree(office.folder / "trial", ignore_errors=True)
    folder.mkdir(exist_ok=True)
    office.run("list", "-o", str(folder / "list"))
    yield from (f"{left} stays" for left in folder.glob(".kofucli-*"))


def _judge_made(office: Start, expected: Expected, least: int, most: int) -> Iterator[str]:
    """Judge a store that the command was making: whole, or nothing that is in its way."""
    store = office.folder / office.command.makes
    there, config = store.exists(), store.parent / "kofucli.toml"
    if office.arguments[0] != "init":
        store.parent.mkdir(exist_ok=True)
        text = office.config.read_text("utf-8").replace('"kofu-store"', f'"{store.name}"')
        config.write_text(text, "utf-8")
    if not least <= there <= most:
        yield f"the store is there: {there}, expected {least} to {most}"
    outcome = run_here(office)
    if outcome.status not in (office.command.again if there else (0,)):
        yield f"the same command again: {outcome.status} {outcome.err}"
    if not config.exists():
        yield "a store without its configuration"
        return
    made = OfficeInFolder(store.parent)
    made.store, made.now = store, office.now
    yield from _check(made)
    if office.arguments[0] == "init":
        yield from go_on(made, ADD.replace("C-3", "A-1").split())
        return
    state, faults = read_state(made)
    yield from faults
    if state.said != expected.states[0].said:
        yield f"the store that was made is another one: {state}"
    yield from go_on(made)


def _is_alike(state: State, allowed: State) -> bool:
    """Whether a store says what ``allowed`` says, and has the lines for it."""
    same = len(state.lines) == len(allowed.lines) and state.said == allowed.said
    lines = zip(state.lines, allowed.lines, strict=False)
    return same and all(line == other or _gist(line) == _gist(other) for line, other in lines)


def _gist(line: bytes) -> tuple[object, ...]:
    """Return the parts of a line that are the same in every run."""
    read: dict[str, Any] = json.loads(line)
    puts = tuple((name, len(records)) for name, records in sorted(read["put"].items()))
    return read["n"], read["op"], read["at"], puts


def _check(office: OfficeInFolder, *leaves: str) -> Iterator[str]:
    outcome = office.run("store", "check", "-f", "json")
    if outcome.status not in (0, 6) or not outcome.out:
        yield f"store check: {outcome.status} {outcome.err}"
        return
    for problem in outcome.json["problems"]:
        if not any(each in problem["message"] for each in leaves if each):
            yield f"store check: {problem}"


def find_erased(office: Start) -> Iterator[str]:
    """Yield the files left of an agent, once the command has said that it is erased."""
    for folder in ("private", "outbox"):
        for path in sorted((office.store / folder).iterdir()):
            if office.command.erases and f"{office.command.erases}-" in path.name:
                yield f"an erased agent's file: {folder}/{path.name}"


def go_on(office: OfficeInFolder, line: Sequence[str] = (), agent: str = "Z-9") -> Iterator[str]:
    """Yield what is wrong when one more command is run, a booking where none is named."""
    booking = ("book", "+3", "15:00", "--case", "NEXT-1", "--agent", agent, "--office")
    outcome = office.run(*(line or booking), "-f", "json")
    if outcome.status != 0:
        yield f"the next command: {outcome.status} {outcome.err}"
    yield from _check(office)
