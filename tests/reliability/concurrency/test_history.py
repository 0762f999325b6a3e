"""Processes on one store act as if one after the other, and each gets its turn."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from kofucli.store.ledger import decode_lines
from tests.conftest import OfficeInFolder
from tests.reliability.concurrency.histories import Booking, Operation, State, check_history
from tests.reliability.concurrency.working import DAY
from tests.store.support import is_whole, process_environment

WORKING = Path(__file__).with_name("working.py")
AGENTS = ("A-1", "B-2", "C-3", "D-4")
WORKERS, CAPACITY = 8, 25

pytestmark = pytest.mark.xdist_group("contention")


def crowd(office: OfficeInFolder, lock_seconds: int = 60) -> OfficeInFolder:
    """Let an office have four agents whose frames are soon full."""
    for agent in AGENTS:
        if office.run("agent", "show", agent).status:
            office.add_agent(agent)
    office.set("frames", "capacity", str(CAPACITY))
    office.set("store", "lock_seconds", str(lock_seconds))
    office.set("mail", "transport", '"none"')
    return office


@pytest.fixture
def crowded_office(office: OfficeInFolder) -> OfficeInFolder:
    return crowd(office)


def record_history(
    office: OfficeInFolder, each: int, *how: str, workers: int = WORKERS
) -> list[list[Operation]]:
    """Let processes of the four agents work side by side; return what each has seen."""
    processes = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.reliability.concurrency.working"),
                *(str(office.config), office.now, AGENTS[n % len(AGENTS)], str(n), str(each), *how),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=WORKING.parents[3],
            env=process_environment(),
        )
        for n in range(workers)
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0] for process in processes]
    return [[json.loads(line) for line in lines.splitlines()] for lines in said]


def put_in_order(
    office: OfficeInFolder,
    operations: list[Operation],
    unknown: Sequence[Operation] = (),
    before: int = 0,
) -> list[Operation]:
    """Return the operations that changed something as the ledger has them: one line, one of them.

    A reservation is booked once and cancelled once, and a case of it dropped once, so a line can be
    only one operation's. As many lines may be nobody's as there are ``unknown`` outcomes.
    """
    changes = {_name(each): each for each in operations if each.get("changed")}
    assert len(changes) == sum(bool(each.get("changed")) for each in operations)
    found, nobodys, known = [], list[str](), dict[str, list[str]]()
    for line in islice(decode_lines(office.open().lines()), before, None):
        for name, records in line.put.items():
            for raw in records if name == f"days/{DAY}" else ():
                record = json.loads(bytes(raw))
                name_of_line = _name_of_line(line.op, record, known)
                if name_of_line in changes or not unknown:
                    found.append(changes.pop(name_of_line))
                else:
                    nobodys.append(name_of_line[0])
    assert Counter(nobodys) <= Counter(each["kind"] for each in unknown)
    assert not changes, ("acknowledged and not in the ledger", changes)
    return found


def judge(office: OfficeInFolder, operations: list[Operation], before: int = 0) -> None:
    """Assert that all went well after line ``before``: a linearizable history, a whole store."""
    assert {each["status"] for each in operations} == {0, 3}
    check_history(operations, put_in_order(office, operations, before=before), CAPACITY)
    assert is_whole(office)


def _name(change: Operation) -> tuple[str, ...]:
    return change["kind"], change["number"], change.get("case", "")


def _name_of_line(op: str, record: Any, known: dict[str, list[str]]) -> tuple[str, ...]:
    number = record["number"]
    dropped = [case["number"] for case in record["cases"] if case.get("status") == "dropped"]
    new = [case for case in dropped if case not in known.get(number, [])]
    known[number] = dropped
    return op, number, new[0] if op == "amend" else ""


def test_history_is_linearizable(crowded_office: OfficeInFolder) -> None:
    seen = record_history(crowded_office, 40, workers=3)
    judge(crowded_office, [each for one in seen for each in one])


@pytest.mark.deep
def test_history_is_linearizable_and_waiting_is_fair(crowded_office: OfficeInFolder) -> None:
    """4,000 operations of eight processes are as if done one at a time; nobody waits for long.

    No frame is ever overbooked, none of what was acknowledged is lost, and what ended before
    something else began is seen by it. Of a hundred operations ninety-nine wait for the lock at
    most as long as each process needs for ten, and no process waits much more than the others.
    """
    seen = record_history(crowded_office, 500)
    operations = [each for one in seen for each in one]
    assert len(operations) == WORKERS * 500
    judge(crowded_office, operations)
    codes = {code for each in operations for code in each.get("codes", ())}
    assert codes == {
        *("case.duplicate", "quota.frames", "quota.cases", "frame.full"),
        *("reservation.ended", "amend.empty"),
    }
    waits = sorted(each["wait"] for each in operations if each["kind"] != "list")
    turn = sum(each["end"] - each["start"] for each in operations) / len(operations)
    assert waits[len(waits) * 99 // 100] <= 10 * turn
    means = [sum(each["wait"] for each in one) / len(one) for one in seen]
    assert max(means) <= 3 * min(means)


@pytest.mark.deep
def test_without_the_lock_the_same_history_fails(crowded_office: OfficeInFolder) -> None:
    seen = record_history(crowded_office, 100, "nolock")
    with pytest.raises((AssertionError, KeyError)):
        judge(crowded_office, [each for one in seen for each in one])


def _operation(kind: str, start: float, end: float, **more: Any) -> Operation:
    return {"kind": kind, "agent": "A-1", "start": start, "end": end, "status": 0, **more}


def _booked(number: str, start: float, end: float, case: str) -> Operation:
    made = _operation("book", start, end, number=number, hour="09:00", cases=[case])
    return made | {"changed": True}


def test_checker_notices_a_stale_listing() -> None:
    booked = _booked("r1", 1, 2, "N-1")
    before, after = _operation("list", 1.5, 3, active={}), _operation("list", 3, 4, active={})
    check_history([booked, before], [booked], CAPACITY)
    with pytest.raises(AssertionError, match="no state explains it"):
        check_history([booked, after], [booked], CAPACITY)


def test_checker_notices_time_running_backwards_and_overbooking() -> None:
    first, second = _booked("r1", 1, 2, "N-1"), _booked("r2", 3, 4, "N-2")
    check_history([first, second], [first, second], CAPACITY)
    with pytest.raises(AssertionError, match="later in the ledger"):
        check_history([first, second], [second, first], CAPACITY)
    with pytest.raises(AssertionError):
        check_history([first, second], [first, second], 1)


def test_checker_notices_a_wrong_refusal() -> None:
    refused = _operation("book", 1, 2, hour="09:00", cases=["N-1"], codes=["frame.full"])
    full = State(1, {"r1": Booking("B-2", "09:00", {"N-2": True})})
    assert full.answer({**refused, "number": ""})[1]["codes"] == ["frame.full"]
    with pytest.raises(AssertionError, match="no state explains it"):
        check_history([refused | {"status": 3}], [], CAPACITY)
