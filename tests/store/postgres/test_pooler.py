"""PgBouncer in transaction mode: every transaction may come to another connection of the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.reliability.concurrency.test_history import crowd, judge, record_history
from tests.store.support import booking
from tests.support.postgres import Server, running_pooler


@pytest.fixture
def pooled(there: OfficeInFolder, postgres: Server) -> Iterator[OfficeInFolder]:
    """Return an office that reaches its server by way of PgBouncer, three connections for all."""
    crowd(there)
    there.json("cancel", "X-1", "--agent", "A-1", "--office", now="2026-11-24T10:00:00")
    database = postgres.database_of(there.place)
    with running_pooler(postgres, database, default_pool_size=3, max_client_conn=12) as url:
        there.set("store", "url", f'"{url}"')
        yield there


@pytest.mark.parametrize(
    ("workers", "each"), [(3, 15), pytest.param(8, 200, marks=pytest.mark.deep)]
)
@pytest.mark.xdist_group("contention")
def test_histories_by_way_of_a_pooler_are_linearizable(
    pooled: OfficeInFolder, workers: int, each: int
) -> None:
    before = len(pooled.ledger())
    seen = record_history(pooled, each, workers=workers)
    judge(pooled, [operation for one in seen for operation in one], before)


def test_all_kinds_of_work_by_way_of_a_pooler(pooled: OfficeInFolder, tmp_path: Path) -> None:
    """A store is made, worked with, mailed from, checked, copied, purged; times are kept."""
    pooled.set("mail", "transport", '"outbox"')
    made = pooled.book("+2", "11:00", "P-1", "P-2")
    pooled.json("verify", "send", "A-1")
    pooled.json("confirmation", made["number"], "--agent", "A-1", "--send")
    assert pooled.run(*booking("14:00"), "--dry-run").status == 0
    pooled.json("store", "backup", str(tmp_path / "safe"))
    pooled.now = "2026-12-10T10:00:00"
    assert pooled.run("desk", "close-day", "--all-no-show", "-y").status == 0
    pooled.now = "2026-12-30T10:00:00"
    pooled.json("store", "purge", "--before", "2026-12-29", "-y")
    assert pooled.json("store", "check")["ok"]
    with pooled.open(0.3).locked("x"):
        pooled.set("store", "lock_seconds", "0.3")
        done = pooled.run("agent", "edit", "A-1", "--phone", "055")
        assert done.status == 9
        assert pooled.run("list", "--all").status == 0
    assert pooled.run("agent", "edit", "A-1", "--phone", "055").status == 0


def test_too_many_connections_are_told_as_such(pooled: OfficeInFolder) -> None:
    stores = [pooled.open() for _ in range(12)]
    for store in stores:
        store.read(lambda view: view.n)
    done = pooled.run("list", "-f", "json")
    assert (done.status, done.error["reason"]) == (6, "busy")
    for store in stores:
        store.close()
