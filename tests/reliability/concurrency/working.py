"""A process that works on a store as fast as it can and prints what it saw: run as a script.

``working.py CONFIG NOW AGENT SEED OPERATIONS [nolock]``: each operation is a JSON line on stdout
with what was asked, from when to when (the machine's monotonic clock, which all processes share),
how long it waited for the lock, and what came out. With ``nolock`` every process believes that it
holds the lock.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from kofucli.store.files import store as files
from kofucli.store.files.ledger import Ledger
from kofucli.store.postgres import session
from kofucli.store.postgres.session import LOCK, Session
from tests.conftest import run_command

DAY = "2026-11-25"
HOURS = ("09:00", "10:00", "11:00", "13:00")
_FORGETTING = 0.7
"""How likely a reservation is left alone once somebody found nothing more to change in it."""
CASES = tuple(f"N-{number}" for number in range(300))


class Worker:
    """One agent's process: it books, cancels, drops and reads at random."""

    def __init__(self, config: str, now: str, agent: str, seed: str) -> None:
        self._shared = ["--config", config, "--now", now, "-f", "json"]
        self._agent = agent
        self._chance = Random(seed)
        self._own: dict[str, list[str]] = {}

    def work(self) -> dict[str, Any]:
        """Do one operation; return what was asked, how long it took and what came out."""
        kind = self._chance.choices(("book", "cancel", "amend", "list"), (5, 2, 2, 2))[0]
        if kind in ("cancel", "amend") and not self._own:
            kind = "book"
        asked: dict[str, Any] = {"kind": kind, "agent": self._agent}
        if kind == "book":
            asked["hour"] = self._chance.choice(HOURS)
            asked["cases"] = self._chance.sample(CASES, self._chance.randint(1, 3))
            specs = [part for case in asked["cases"] for part in ("--case", case)]
            arguments = ["book", DAY, asked["hour"], *specs, "--agent", self._agent]
        elif kind == "list":
            arguments = ["list", "--day", DAY, "--office"]
        else:
            asked["number"] = self._chance.choice(sorted(self._own))
            arguments = [kind, asked["number"], "--agent", self._agent]
            if kind == "amend":
                asked["case"] = self._chance.choice(self._own[asked["number"]])
                arguments += ["--drop", asked["case"]]
        return asked | self._run(arguments)

    def _run(self, arguments: list[str]) -> dict[str, Any]:
        _waits.clear()
        start = time.monotonic()
        outcome = run_command(*arguments, *self._shared)
        end = time.monotonic()
        said, status = json.loads(outcome.out or outcome.err), outcome.status
        found: dict[str, Any] = {"start": start, "end": end, "wait": sum(_waits), "status": status}
        if status:
            error = said["error"]
            found["codes"] = sorted({each["code"] for each in error.get("refusals", ())})
            found["message"] = error["message"]
        elif "reservations" in said:
            found["active"] = {
                each["number"]: [c["number"] for c in each["cases"] if c["status"] == "active"]
                for each in said["reservations"]
            }
        else:
            reservation, found["changed"] = said["reservation"], said["changed"]
            found["number"] = reservation["number"]
            self._own[found["number"]] = [case["number"] for case in reservation["cases"]]
            if found["changed"] is False and self._chance.random() < _FORGETTING:
                del self._own[found["number"]]
        return found


_waits: list[float] = []
"""How long the operation under way has waited for the lock."""


def _measure_waiting() -> None:
    hold, query = files.hold, Session.query

    @contextmanager
    def measured(*arguments: Any) -> Iterator[None]:
        start = time.monotonic()
        with hold(*arguments):
            _waits.append(time.monotonic() - start)
            yield

    def asked(self: Session, sql: str, values: Any = ()) -> Any:
        start = time.monotonic()
        found = query(self, sql, values)
        if LOCK in sql:
            _waits.append(time.monotonic() - start)
        return found

    files.hold = measured
    Session.query = asked


def _forget_the_lock() -> None:
    @contextmanager
    def free(*_: object) -> Iterator[None]:
        yield

    files.hold = free
    session.LOCK = LOCK.partition(" FOR ")[0]
    # Nor may it be noticed before a line is appended.
    Ledger._refuse_other_writer = lambda *_: None


if __name__ == "__main__":
    config, now, agent, seed, operations, *rest = sys.argv[1:]
    if rest == ["nolock"]:
        _forget_the_lock()
    else:
        _measure_waiting()
    worker = Worker(config, now, agent, seed)
    sys.stdin.readline()  # all begin together
    for _ in range(int(operations)):
        sys.stdout.write(json.dumps(worker.work()) + "\n")
