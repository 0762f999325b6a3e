"""A server that is killed while many work: what was acknowledged is kept, and nothing else is."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from kofucli.base import Phrase
from kofucli.store.postgres.connection import Connection, LostError
from tests.conftest import OfficeInFolder
from tests.reliability.concurrency.histories import MOST_CASES, MOST_FRAMES
from tests.reliability.concurrency.test_history import CAPACITY, crowd, put_in_order, record_history
from tests.store.support import booking, is_whole
from tests.support.postgres import Server, running_server


@pytest.fixture(scope="module")
def mortal() -> Iterator[Server]:
    with running_server(fsync="on") as server:
        yield server


@pytest.fixture
def crowded_office(tmp_path: Path, mortal: Server) -> OfficeInFolder:
    return crowd(OfficeInFolder(tmp_path / "office", server=mortal), lock_seconds=2)


@pytest.mark.parametrize(
    ("workers", "each", "kills"), [(2, 40, 1), pytest.param(8, 500, 8, marks=pytest.mark.deep)]
)
@pytest.mark.xdist_group("contention")
def test_the_server_killed_under_load(
    crowded_office: OfficeInFolder, mortal: Server, workers: int, each: int, kills: int
) -> None:
    """Every change that was said to be done stands; none that was said not to be done does.

    No frame and no agent has more than it may; the chain has no gap; nobody saw a traceback.
    """
    ended = threading.Event()
    database = mortal.database_of(crowded_office.place)

    def strike() -> None:
        for _ in range(kills):
            last = count = mortal.run("SELECT max(n) FROM kofu_y.ledger", (), database)[0][0]
            while count < last + 5 and not ended.wait(0.02):
                count = mortal.run("SELECT max(n) FROM kofu_y.ledger", (), database)[0][0]
            mortal.end(signal.SIGKILL)
            mortal.start()

    killer = threading.Thread(target=strike)
    killer.start()
    seen = record_history(crowded_office, each, workers=workers)
    ended.set()
    killer.join()
    operations = [operation for one in seen for operation in one]
    assert len(operations) == workers * each  # a traceback would have ended its worker
    statuses = {operation["status"] for operation in operations}
    assert statuses >= {0, 6}
    assert statuses <= {0, 3, 6, 8, 9}
    unknown = [operation for operation in operations if operation["status"] == 8]
    put_in_order(crowded_office, operations, unknown)
    assert is_whole(crowded_office)
    refuse_too_many(crowded_office)
    assert crowded_office.run("agent", "edit", "A-1", "--phone", "055").status == 0


def refuse_too_many(office: OfficeInFolder) -> None:
    """Assert that no frame, and no agent, has more than the notice allows."""
    mine, rooms = Counter[tuple[str, str]](), Counter[str]()
    for r in office.json("list", "--all")["reservations"]:
        count = sum(case["status"] == "active" for case in r["cases"])
        if r["status"] == "active":
            mine[r["agent"], r["start"]] += count
            rooms[r["start"]] += count
    assert max(Counter(agent for agent, _ in mine).values()) <= MOST_FRAMES
    assert max(mine.values()) <= MOST_CASES
    assert max(rooms.values()) <= CAPACITY


def test_a_server_that_is_restarted_is_out_of_reach_for_a_moment(
    crowded_office: OfficeInFolder, mortal: Server
) -> None:
    mortal.end(signal.SIGTERM)
    began = time.monotonic()
    done = crowded_office.run(*booking("11:00"), "-f", "json")
    assert (done.status, done.error["reason"]) == (6, "unreachable")
    assert time.monotonic() - began < 5
    mortal.start()
    assert crowded_office.run(*booking("11:00")).status == 0


def test_a_repair_lost_with_the_server_is_never_said_to_be_done(tmp_path: Path) -> None:
    """A server that was killed gives the ids of lost transactions to the next ones."""
    with running_server(wal_writer_delay="10s") as server, pytest.MonkeyPatch.context() as patch:
        office = OfficeInFolder(tmp_path / "office", server=server)
        office.set("store", "lock_seconds", "0.5")
        office.add_agent()
        lose_agent = "DELETE FROM kofu_y.documents WHERE name = 'agents/A-1'"
        server.run(lose_agent, (), server.database_of(office.place))

        def die(*_: object) -> bool:
            patch.undo()
            server.end(signal.SIGKILL)
            server.start()
            server.run("CREATE TABLE of_another_one ()")
            raise LostError("unreachable", Phrase("lost"))

        patch.setattr(Connection, "commit", die)
        assert office.run("store", "check", "--repair").status in (6, 8)
        assert office.run("store", "check").status == 6
