"""A command struck at each of its calls: killed there, or the call made to fail."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.commands import Start, by_name, make_start
from tests.crash.examining import Expected, expect, find_erased, judge
from tests.crash.tracing import Call, Run, run_alone

__all__ = ["Report", "fail_everywhere", "kill_everywhere", "prepared"]

_FAILURES = {
    "EIO": ("openat", "write", "fsync", "rename", "mkdir", "unlink", "ftruncate", "fchmod"),
    "ENOSPC": ("openat", "write", "fsync", "rename", "mkdir"),
    "EDQUOT": ("openat", "write", "fsync", "rename", "mkdir"),
}
"""Which calls fail in which way."""
_UNCHANGED = (2, 3, 4, 5, 6, 9)
_DONE = (0, 7)
_UNKNOWN = 8


@dataclass
class Report:
    """What a sweep over one command's calls found, and how much it did."""

    name: str
    runs: int = 0
    states: int = 0
    partial: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    def says(self, text: str | None) -> bool:
        """Whether one of the faults has a text in it."""
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


def kill_everywhere(busy: Path, folder: Path, name: str, until: str | None = None) -> Report:
    """Kill a command at every call on its store, and judge the store each time.

    Stops early where a fault says ``until``.
    """
    report = Report(name)
    began = time.monotonic()
    with prepared(busy, folder, name) as (start, work, expected):
        office, whole, is_ours = strike(start, work, None)
        for call in filter(is_ours, whole.calls):
            inject = f"{call.name}:signal=SIGKILL:when={call.number}"
            struck, run, _ = strike(start, work, inject)
            place = call.describe(office.folder)
            report.runs += 1
            _count(report, run)
            last = run.calls[-1] if run.calls else None
            if run.status != -signal.SIGKILL or last is None or not _is_same(last, call):
                report.faults.append(f"not killed at {place}: {run.status}, {last}")
                continue
            told = _count_told(struck, run, expected)
            left = find_erased(struck) if told else ()
            report.faults += [f"killed at {place}: {fault}" for fault in left]
            for fault in judge(struck, expected, told, expected.transactions, True):
                report.faults.append(f"killed at {place}: {fault}")
            if report.says(until):
                break
    report.seconds = time.monotonic() - began
    return report


def fail_everywhere(busy: Path, folder: Path, name: str) -> Report:
    """Let calls on a command's store fail in each way, and compare its exit with the store.

    Every call where the variable CRASH is ``all``, else the first and the last of each kind.
    """
    report = Report(name)
    began = time.monotonic()
    with prepared(busy, folder, name) as (start, work, expected):
        office, whole, is_ours = strike(start, work, None)
        for call, error in _choose(filter(is_ours, whole.calls), office):
            struck, run, _ = strike(start, work, f"{call.name}:error={error}:when={call.number}")
            place = f"{error} at {call.describe(office.folder)}"
            report.runs += 1
            _count(report, run)
            if not any(each.injected and _is_same(each, call) for each in run.calls):
                report.faults.append(f"{place}: never reached")
                continue
            report.faults += [f"{place}: {f}" for f in _compare(struck, expected, run, call)]
    report.seconds = time.monotonic() - began
    return report


def _choose(calls: Iterable[Call], office: Start) -> list[tuple[Call, str]]:
    """Return which calls fail in which way: all of them, or the first and the last of each kind.

    A kind is a call, its error and what file it is about, whatever its day, name or number; of
    EDQUOT, which is one thing with ENOSPC to the store, whatever the file.
    """
    failing = [
        (call, error)
        for call in calls
        for error, names in _FAILURES.items()
        if call.name in names and not (error != "EIO" and _only_reads(call))
    ]
    if os.environ.get("CRASH") == "all":
        return failing
    kinds: dict[tuple[str, str, str], list[tuple[Call, str]]] = {}
    for call, error in failing:
        file = re.sub(r"[0-9a-f]*[0-9][0-9a-f]*", "#", os.path.relpath(call.path, office.folder))
        about = "" if error == "EDQUOT" else file
        kinds.setdefault((call.name, error, about), []).append((call, error))
    return [each for found in kinds.values() for each in dict.fromkeys((found[0], found[-1]))]


def _only_reads(call: Call) -> bool:
    """Whether a call opens something for reading: that needs no room on the disk."""
    return call.name == "openat" and not any("O_CREAT" in each for each in call.arguments)


def _count(report: Report, run: Run) -> None:
    report.statuses[run.status] = report.statuses.get(run.status, 0) + 1


def _is_same(call: Call, planned: Call) -> bool:
    """Whether a call is the one that was to be struck; names that are random may differ."""
    return (call.name, call.number, _place(call)) == (planned.name, planned.number, _place(planned))


def _place(call: Call) -> str:
    """Return the folder of what a call is about, without the number of the process."""
    return re.sub(r"\.[0-9]+\.new", ".new", os.path.dirname(call.path))


def _count_told(office: Start, run: Run, expected: Expected) -> int:
    """Return how many transactions the command has said are done."""
    if office.stdin:
        return len(run.out.splitlines())
    return expected.transactions if run.out else 0


def _compare(office: Start, expected: Expected, run: Run, call: Call) -> Iterator[str]:
    """Yield where an exit status contradicts what is in the store."""
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
        yield from _miss_mails(office, expected)


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


def _miss_mails(office: Start, expected: Expected) -> Sequence[str]:
    """Tell of mails that are not there though nothing was said about them."""
    found = len(list((office.store / "outbox").glob("*.eml")))
    return [] if found >= expected.mails else [f"{found} of {expected.mails} mails are there"]
