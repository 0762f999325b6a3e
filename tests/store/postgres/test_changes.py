"""Changes on a server: their round trips, locks, time-outs, clocks, and what COMMIT answered."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from kofucli.store.postgres import session
from kofucli.store.postgres.connection import Connection
from tests.conftest import OfficeInFolder, read_token, run_command
from tests.store.support import booking, holding
from tests.support.postgres import Server, running_server

BOOK = booking("11:00", "X-2")


def test_a_booking_takes_two_round_trips_or_three(
    there: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    real = Connection.run

    def run(self: Connection, sql: str | bytes, values: tuple[object, ...] = ()) -> list[object]:
        sent.append(sql.decode() if isinstance(sql, bytes) else sql)
        return real(self, sql, values)

    monkeypatch.setattr(Connection, "run", run)
    there.json("verify", "redeem", read_token(there.json("verify", "send", "A-1")["outbox"]))
    assert len(sent) <= 14, sent  # two changes, a reading, a mail: however many agents there are
    for who, least in (("--agent A-1", 2), ("--agent A-1 --office", 3)):  # the agent comes later
        sent.clear()
        there.json("book", "2026-11-26", "11", "--case", f"R-{len(who)}", *who.split())
        began = next(at for at, sql in enumerate(sent) if "READ COMMITTED" in sql)
        ended = next(at for at, sql in enumerate(sent) if sql.endswith("COMMIT"))
        trips = sent[began : ended + 1]
        assert len(trips) == least, trips
        assert "FOR NO KEY UPDATE" in trips[0]
        assert not [sql for sql in sent if "PREPARE" in sql.upper() or "SET SESSION" in sql]


def test_a_lock_not_had_in_time_is_9(there: OfficeInFolder) -> None:
    """Readers and dry runs wait for nobody, and another office does not either."""
    there.set("store", "lock_seconds", "0.3")
    before = there.bytes()
    with holding(there.place, lock_seconds=60):
        began = time.monotonic()
        done = there.run(*BOOK, "-f", "json")
        assert (done.status, done.error["kind"]) == (9, "locked")
        assert time.monotonic() - began < 5
        assert there.run("list", "--all").status == 0
        assert there.run(*BOOK, "--dry-run").status == 0
        assert there.run("store", "check").status == 0
        other = there.folder / "other"
        other.mkdir()
        text = there.config.read_text("utf-8").replace('id = "Y"', 'id = "N"')
        (other / "kofucli.toml").write_text(text, "utf-8")
        assert run_command("init", str(other), "--now", there.now).status == 0
    assert before.items() <= there.bytes().items()
    assert there.run(*BOOK).status == 0


def test_a_client_that_hangs_is_ended_by_the_server(there: OfficeInFolder) -> None:
    """One that was stopped while it held the lock loses it within ``lock_seconds``."""
    there.set("store", "lock_seconds", "1")
    with holding(there.place, lock_seconds=1) as process:
        os.kill(process.pid, signal.SIGSTOP)
        began = time.monotonic()
        while there.run(*BOOK).status == 9:
            assert time.monotonic() - began < 10
        os.kill(process.pid, signal.SIGCONT)


@pytest.mark.deep
def test_a_server_that_never_answers_holds_nobody_up(there: OfficeInFolder) -> None:
    there.set("store", "lock_seconds", "0.5")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"postgresql://kofu@127.0.0.1:{deaf.getsockname()[1]}/kofu"
        for command in (("list",), BOOK):
            began = time.monotonic()
            done = there.run(*command, "--store", url, "-f", "json")
            assert (done.status, done.error["reason"]) == (6, "unreachable")
            assert time.monotonic() - began < 6


@pytest.mark.parametrize("seconds", [-3.5, -1.5, 1.5, 3.5])
def test_a_clock_more_than_two_seconds_away_is_refused(
    there: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(session, "_machine_time", lambda: time.time() + seconds)
    ends = [
        there.run(*BOOK).status,
        run_command("slots", "--config", str(there.config)).status,
        there.run("slots").status,  # its instant is not the machine's
        there.run("store", "check").status,
    ]
    assert ends == ([0, 0, 0, 0] if abs(seconds) < 2 else [2, 2, 0, 0])


@pytest.mark.parametrize(
    "setting", ["synchronous_commit = off", "default_transaction_read_only = on"]
)
def test_a_server_that_may_forget_or_only_read_is_refused(
    there: OfficeInFolder, postgres: Server, setting: str
) -> None:
    postgres.run(f"ALTER DATABASE {postgres.database_of(there.place)} SET {setting}")
    before = there.bytes()
    done = there.run(*BOOK, "-f", "json")
    assert (done.status, done.error["reason"]) == (6, "read-only")
    assert there.bytes() == before


def test_reasons_are_told_apart(there: OfficeInFolder, postgres: Server, tmp_path: Path) -> None:
    database = postgres.database_of(there.place)
    stranger, nobody = (postgres.url(database, role) for role in ("stranger", "nobody"))
    postgres.run("DROP ROLE IF EXISTS stranger")
    postgres.run("CREATE ROLE stranger LOGIN CONNECTION LIMIT 0")
    for reason, url in (
        ("busy", stranger),
        ("denied", stranger),
        ("denied", nobody),
        ("unreachable", f"postgresql://postgres@/x?host={tmp_path}"),
    ):
        done = there.run("list", "-f", "json", "--store", url)
        assert (done.status, done.error["reason"]) == (6, reason), done
        assert "Traceback" not in done.err
        postgres.run("ALTER ROLE stranger CONNECTION LIMIT -1")


def test_an_aborted_transaction_is_no_commit(
    there: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its COMMIT answers ROLLBACK, and no error."""
    real = Connection.commit

    def commit(self: Connection, _: list[bytes]) -> bool:
        with pytest.raises(Exception, match="damaged"):
            self.run("SELECT 1/0")
        return real(self)

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "commit", commit)
        done = there.run(*BOOK, "-f", "json")
    assert (done.status, done.error["kind"]) == (6, "store")
    assert there.json("store", "check")["ok"]
    assert len(there.json("list", "--all")["reservations"]) == 1


def test_a_reader_goes_on_on_a_new_connection(there: OfficeInFolder, postgres: Server) -> None:
    store, seen = there.open(), []

    def look(view: object) -> int:
        seen.append(view)
        if len(seen) == 1:
            postgres.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                (postgres.database_of(there.place),),
            )
        return len(list(store.lines()))

    assert store.read(look) == len(there.ledger())
    assert len(seen) == 2


def test_after_a_recovery_numbers_begin_far_above(there: OfficeInFolder, postgres: Server) -> None:
    """Another lineage of the server may have lost numbers that were given."""
    database = postgres.database_of(there.place)
    postgres.run("UPDATE kofu_y.head SET lineage = 'earlier'", database=database)
    made = there.json(*BOOK)
    assert int(made["reservation"]["number"].split("-")[1]) > 10_000
    assert "continue above" in " ".join(made["warnings"])
    again = there.json(*booking("13:00", "X-3"))
    assert "continue above" not in " ".join(again["warnings"])
    assert there.json("store", "check")["ok"]


@pytest.mark.deep
def test_a_standby_is_refused_until_it_has_taken_over(
    there: OfficeInFolder, postgres: Server
) -> None:
    """Then it may lack what the other server confirmed last: numbers begin far above."""
    with running_server(source=postgres) as standby:
        url = there.place.replace(str(postgres.folder), str(standby.folder))
        for command in (("list",), BOOK):
            done = there.run(*command, "--store", url, "-f", "json")
            assert (done.status, done.error["reason"]) == (6, "read-only")
        standby.run("SELECT pg_promote()")
        made = there.json(*BOOK, "--store", url)
        assert int(made["reservation"]["number"].split("-")[1]) > 10_000
