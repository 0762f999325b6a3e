"""A command struck at each of its calls: killed there, or the call made to fail."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tests.reliability.crash.commands import Start, by_name, make_start
from tests.reliability.crash.examining import Expected, expect, find_erased, judge
from tests.reliability.crash.tracing import Call, Run, run_alone

KILL = "SIGKILL"
ERRORS = {
    "EIO": ("openat", "write", "fsync", "rename", "mkdir", "unlink", "ftruncate", "fchmod"),
    "ENOSPC": ("openat", "write", "fsync", "rename", "mkdir"),
    "EDQUOT": ("openat", "write", "fsync", "rename", "mkdir"),
}
"""Which calls fail in which way."""
_CHANGING = ("write", "fsync", "rename", "unlink")
_LEDGER = re.compile(r"/ledger/[0-9-]+\.jsonl$")
_UNCHANGED = (5, 6)
_DONE = (0, 7)
_UNKNOWN = 8

Blow = tuple[Call, str]
"""A call to strike, and how: ``KILL`` or an error."""
Choice = Callable[[list[Call], Start, Sequence[str]], list[Blow]]


@dataclass
class Report:
    """What a sweep over one command's calls found, and how much it did."""

    runs: int = 0
    states: int = 0
    faults: list[str] = field(default_factory=list)

    def says(self, text: str | None) -> bool:
        return text is not None and any(text in fault for fault in self.faults)


@contextmanager
def prepared(busy: Path, folder: Path, name: str) -> Iterator[tuple[Start, Path, Expected]]:
    """Give the office in which a command begins, a folder to work in, and what it may leave."""
    from tests.mail.servers import Mailbox, running

    command = by_name(name)
    scratch = Path(tempfile.mkdtemp(dir=folder))
    try:
        with running(Mailbox()) if command.server else nullcontext(0) as port:
            start = make_start(busy, scratch / "start", command, port)
            yield start, scratch, expect(start, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def strike(
    start: Start, scratch: Path, inject: str | None
) -> tuple[Start, Run, Callable[[Call], bool]]:
    """Run the command on a copy of its office; also return which of its calls are the store's."""
    place = scratch / "struck"
    shutil.rmtree(place, ignore_errors=True)
    office = start.copy(place)
    streams = scratch / "streams"
    streams.mkdir(exist_ok=True)
    run = run_alone(office.full_line, streams, office.stdin, inject)
    root = office.folder if office.command.whole_folder else office.store
    return office, run, lambda call: call.concerns(root)


def strike_everywhere(
    busy: Path,
    folder: Path,
    name: str,
    choose: Choice,
    hows: Sequence[str] = (KILL,),
    until: str | None = None,
) -> Report:
    """Strike a command at the calls that are chosen, and judge its store each time.

    Killed, it must have kept what it said is done; where a call fails, its exit status must agree
    with the store. Stops early where a fault says ``until``.
    """
    report = Report()
    with prepared(busy, folder, name) as (start, work, expected):
        office, whole, is_ours = strike(start, work, None)
        for call, how in choose(list(filter(is_ours, whole.calls)), office, hows):
            what = "signal" if how == KILL else "error"
            struck, run, _ = strike(start, work, f"{call.name}:{what}={how}:when={call.number}")
            place = f"{how} at {call.describe(office.folder)}"
            report.runs += 1
            if how == KILL:
                found = _judge_killed(struck, expected, run, call)
            else:
                found = _compare(struck, expected, run, call)
            report.faults += [f"{place}: {fault}" for fault in found]
            if report.says(until):
                break
    return report


def every_call(calls: list[Call], _: Start, hows: Sequence[str]) -> list[Blow]:
    """Choose every call, and every error that it may have; what only reads needs no room."""
    chosen = []
    for call, how in ((call, how) for call in calls for how in hows):
        reads = call.name == "openat" and not any("O_CREAT" in each for each in call.arguments)
        if how == KILL or (call.name in ERRORS[how] and (how == "EIO" or not reads)):
            chosen.append((call, how))
    return chosen


def first_and_last(calls: list[Call], office: Start, hows: Sequence[str]) -> list[Blow]:
    """Choose the first and the last call of each kind.

    A kind is a call, how it fails and what file it is about, whatever its day, name or number; of
    a kill, and of EDQUOT, which is one thing with ENOSPC to the store, whatever the file.
    """
    kinds: dict[tuple[str, str, str], list[Blow]] = {}
    for call, how in every_call(calls, office, hows):
        file = re.sub(r"[0-9a-f]*[0-9][0-9a-f]*", "#", os.path.relpath(call.path, office.folder))
        about = file if how in ("EIO", "ENOSPC") else ""
        kinds.setdefault((call.name, how, about), []).append((call, how))
    return [each for found in kinds.values() for each in dict.fromkeys((found[0], found[-1]))]


def around_commit(calls: list[Call], office: Start, _: Sequence[str]) -> list[Blow]:
    """Choose the commit and the changes of the disk next to it: each killed, and with one error.

    The commit is the last line of the ledger made durable; where a new store is made, or no line
    written, it is the last renaming or removal.
    """
    changes = [call for call in calls if call.name in _CHANGING]
    commits = [
        place
        for place, call in enumerate(changes)
        if call.name == "fsync" and _LEDGER.search(call.path) and not office.command.makes
    ] or [place for place, call in enumerate(changes) if call.name in ("rename", "unlink")]
    around = changes[max(commits[-1] - 1, 0) : commits[-1] + 2]
    errors = [(call, "ENOSPC" if call.name == "write" else "EIO") for call in around]
    return [*((call, KILL) for call in around), *errors]


def _is_same(call: Call, planned: Call) -> bool:
    """Whether a call is the one that was to be struck; names that are random may differ."""
    return (call.name, call.number, _place(call)) == (planned.name, planned.number, _place(planned))


def _place(call: Call) -> str:
    """Return the folder of the path of a call, without the number of the process."""
    return re.sub(r"\.[0-9]+\.new", ".new", os.path.dirname(call.path))


def _count_told(office: Start, run: Run, expected: Expected) -> int:
    if office.stdin:
        return len(run.out.splitlines())
    return expected.transactions if run.out else 0


def _judge_killed(office: Start, expected: Expected, run: Run, call: Call) -> Iterator[str]:
    last = run.calls[-1] if run.calls else None
    if run.status != -signal.SIGKILL or last is None or not _is_same(last, call):
        yield f"not killed: {run.status}, {last}"
        return
    told = _count_told(office, run, expected)
    if told:
        yield from find_erased(office)
    yield from judge(office, expected, told, expected.transactions, True)


def _compare(office: Start, expected: Expected, run: Run, call: Call) -> Iterator[str]:
    """Yield where an exit status contradicts what is in the store."""
    if not any(each.injected and _is_same(each, call) for each in run.calls):
        yield "never reached"
        return
    if "Traceback" in run.err or run.status not in (*_UNCHANGED, *_DONE, _UNKNOWN):
        yield f"exit {run.status}: {run.err}"
    if run.status == 0:
        yield from find_erased(office)
    least, most = _find_range(office, run, expected)
    if run.status == _UNKNOWN and not _is_commit(office, call):
        yield f"exit 8, and it was not the commit: {run.err}"
    for fault in judge(office, expected, least, most, again=run.status == 0):
        yield f"exit {run.status}: {fault} ({run.err.strip()})"
    if run.status == 0 and not office.stdin and expected.transactions:
        mails = len(list((office.store / "outbox").glob("*.eml")))
        if mails < expected.mails:
            yield f"{mails} of {expected.mails} mails are there"


def _find_range(office: Start, run: Run, expected: Expected) -> tuple[int, int]:
    """Return how few and how many transactions may stand after an exit status."""
    if office.stdin:
        told = _count_told(office, run, expected)
        return told, told if run.status in _UNCHANGED else expected.transactions
    if run.status in _DONE:
        return expected.transactions, expected.transactions
    return 0, expected.transactions if run.status == _UNKNOWN else 0


def _is_commit(office: Start, call: Call) -> bool:
    """Whether a call makes a line of the ledger durable."""
    folder = os.path.basename(os.path.dirname(call.path))
    is_folder = os.path.basename(call.path) in ("ledger", office.command.commit)
    return (call.name == "fsync" and (folder == "ledger" or is_folder)) or (
        call.name == "openat" and is_folder
    )
