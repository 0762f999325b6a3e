"""Connections that break at every statement of every command: the exit status says what stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from kofucli.store.postgres import connection
from tests.conftest import BOUNDED, OfficeInFolder, Outcome
from tests.mail.servers import Mailbox, running
from tests.reliability.crash.commands import (
    COMMANDS,
    Command,
    Start,
    by_name,
    make_busy,
    make_start,
)
from tests.reliability.crash.examining import run_here
from tests.store.postgres.test_upkeep import NEXT
from tests.support.postgres import Server
from tests.support.proxy import HARMS, Proxy, running_proxy

IN_STORE = [command.name for command in COMMANDS if not command.makes]
MAKING = {
    "init": "init {folder}/new --store {target}",
    "store restore": "store restore {backup} {target} -y",
    "store import": "store import {folder}/export.jsonl {target}",
    "store copy": "store copy {source} {target}",
    "store copy from files": "store copy {source} {target}",
    "store copy to files": "store copy {source} {folder}/copied",
}
"""What makes a store; ``{source}`` is the office's own, ``{target}`` a database without one."""


def making(name: str) -> Command:
    """Return a command of the table with words that make a store on the server, or of one there."""
    known = by_name(name if name == "init" else " ".join(name.split()[:2]))
    return replace(known, name=name, line=MAKING[name])


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> OfficeInFolder:
    return make_busy(tmp_path_factory.mktemp("cut") / "busy", postgres)


@pytest.fixture(scope="module")
def proxy(postgres: Server) -> Iterator[Proxy]:
    with running_proxy(postgres, "cut") as found:
        yield found


class Struck:
    """A command of the table, run again and again in copies of one office, by way of a proxy."""

    def __init__(
        self, busy: OfficeInFolder, folder: Path, command: Command, proxy: Proxy, port: int = 0
    ) -> None:
        self.folder, self.proxy, self.target = folder, proxy, ""
        self.start = make_start(busy.folder, folder / "start", command, port, busy.server)
        self.before = self.start.ledger()
        proxy.reset(lambda *_: None)
        undisturbed, done = self.run("undisturbed")
        assert done.status == 0, done
        self.commits = [at for at, sql in enumerate(proxy.seen) if sql.endswith("COMMIT")]
        self.statements, self.after = list(proxy.seen), undisturbed.ledger()

    def run(self, name: str) -> tuple[Start, Outcome]:
        """Run it in a new copy, with what the proxy is set to do."""
        office = self.start.copy(self.folder / name)
        office.set("store", "lock_seconds", "1")
        if self.start.command.makes:
            self.target = self.proxy.server.make_database()
        return office, self.run_in(office)

    def run_in(self, office: Start) -> Outcome:
        """Run it in an office, by way of the proxy."""
        place, arguments = office.place, office.arguments
        source, target = self.proxy.url(place), self.proxy.url(self.target)
        if office.server is not None:
            office.set("store", "url", f'"{source}"')
        places = {"{source}": source, "{target}": target}
        office.arguments = tuple(places.get(word, word) for word in arguments)
        done = run_here(office, office.stdin)
        office.arguments = arguments
        if office.server is not None:
            office.set("store", "url", f'"{place}"')
        return done

    def strike(self, at: int, harm: str, for_good: bool = False) -> Outcome:
        """Do harm at a statement, see that nothing is wrong afterwards; return how it ended."""
        self.proxy.reset(lambda number, _: harm if number == at else None, for_good)
        office, done = self.run(f"{at}-{harm}-{for_good}")
        self.proxy.reset(lambda *_: None)
        told = at, harm, self.statements[at][:300], done
        assert done.status in (0, 6, 7, 8, 9), told
        assert "Traceback" not in done.err, told
        if self.start.command.makes:
            self.judge_made(office, done.status, told)
        else:
            self.judge(office, done.status, told)
        urls = [url for url in (office.place, self.target) if "://" in url]
        self.proxy.server.drop(map(self.proxy.server.database_of, urls))
        return done

    def judge(self, office: Start, status: int, told: object) -> None:
        command, lines = self.start.command, office.ledger()
        added = len(lines) - len(self.before)
        if not command.rewrites:
            assert lines[: len(self.before)] == self.before, told
        if status in (0, 7):
            assert len(lines) == len(self.after), told
        elif status != 8 and len(self.after) - len(self.before) == 1 and not command.erases:
            assert added == 0, told
        problems = office.run("store", "check", "-f", "json").json["problems"]
        if not command.repairs:
            assert [p for p in problems if command.leaves not in p["message"]] == [], told
        again = run_here(office, office.stdin)
        assert again.status in (0, *command.again), (told, again)
        who = ("--agent", command.follower, "--office")
        assert office.run("book", "+3", "15", "--case", "NEXT-1", *who).status == 0, told
        assert office.json("store", "check")["ok"], told

    def judge_made(self, office: Start, status: int, told: object) -> None:
        """See that the store is there or not, as the status says, and that all goes on.

        A copy may be there whose first store could not be closed.
        """
        is_copy = self.start.command.name.startswith("store copy")
        made = str(office.folder / "copied") if "to files" in office.command.name else self.target
        check = ("store", "check", "-f", "json", "--store", made)
        found = office.run(*check)
        assert found.status == 0 or found.error["reason"] == "missing", (told, found)
        is_there = found.status == 0
        if status in (0, 7):
            assert is_there, told
        elif status != 8 and not is_copy:
            assert not is_there, told
        again = self.run_in(office)
        assert again.status in (office.command.again if is_there else (0,)), (told, again)
        assert office.json(*check[:2], *check[4:])["ok"], told
        assert office.run("office", "maintenance", "--reason", "x", "--store", made).status == 0
        if is_copy:
            assert office.run("office", "maintenance", "--reason", "x").status == 6, told
            assert office.json("store", "check")["ok"], told


def test_a_booking_cut_off_at_every_statement(
    busy: OfficeInFolder, tmp_path: Path, proxy: Proxy
) -> None:
    """Before COMMIT nothing stands (6); in it the line is looked for (0 or 6); never 8."""
    struck = Struck(busy, tmp_path, by_name("book"), proxy)
    commit = struck.commits[0]
    for at in range(commit):
        assert struck.strike(at, "terminated").status in (0, 6)
    found = {harm: struck.strike(commit, harm).status for harm in (*HARMS, "silent")}
    stands = {"in", "late", "after", "half"}
    assert found == {harm: 0 if harm in stands else 6 for harm in found}
    assert struck.strike(commit - 1, "after").status == 6


@pytest.mark.parametrize("harm", ["before", "late", "after"])
def test_what_cannot_be_found_out_is_8(
    busy: OfficeInFolder, tmp_path: Path, proxy: Proxy, harm: str
) -> None:
    """The server stays away once the connection was lost in COMMIT."""
    struck = Struck(busy, tmp_path, by_name("book"), proxy)
    done = struck.strike(struck.commits[0], harm, for_good=True)
    assert done.status == 8, done
    assert f"n={len(struck.after)}" in done.err


def test_a_repair_whose_commit_has_no_answer(
    busy: OfficeInFolder, tmp_path: Path, proxy: Proxy
) -> None:
    """It has no line of its own, but the server knows what became of its transaction."""
    struck = Struck(busy, tmp_path, by_name("store check --repair"), proxy)
    commit = struck.commits[-1]
    found = {harm: struck.strike(commit, harm).status for harm in ("before", "late", "after")}
    assert found == {"before": 6, "late": 0, "after": 0}
    done = struck.strike(commit, "after", for_good=True)
    assert (done.status, "n=" in done.err) == (8, False)
    assert "kofucli store check" in done.err


def test_a_migration_whose_commit_has_no_answer(
    busy: OfficeInFolder, tmp_path: Path, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no line either: the tables are all changed, or none is, as the status says."""
    line = f"store migrate --backup {tmp_path}/kept"
    command = replace(by_name("book"), name="store migrate", line=line)
    struck = Struck(busy, tmp_path, command, proxy)
    monkeypatch.setattr(connection, "MIGRATIONS", (*connection.MIGRATIONS, NEXT))
    statuses = {}
    for harm in ("before", "late", "after"):
        proxy.reset(lambda _, sql, harm=harm: harm if sql.endswith("COMMIT") else None)
        office, done = struck.run(harm)
        proxy.reset(lambda *_: None)
        statuses[harm] = done.status
        assert office.json(*line.split())["changed"] is (done.status == 6)
        assert office.json("store", "check")["ok"]
        assert office.ledger() == struck.before
    assert statuses == {"before": 6, "late": 0, "after": 0}


@pytest.mark.parametrize("name", ["init", "store import"])
def test_a_store_whose_commit_has_no_answer(
    busy: OfficeInFolder, tmp_path: Path, proxy: Proxy, name: str
) -> None:
    """Whether it is there is found out, also where the server comes to it later."""
    struck = Struck(busy, tmp_path, making(name), proxy)
    (commit,) = struck.commits
    found = {harm: struck.strike(commit, harm).status for harm in ("before", "late", "after")}
    assert found == {"before": 6, "late": 0, "after": 0}


@pytest.mark.deep
@pytest.mark.parametrize("name", [*IN_STORE, *MAKING])
def test_every_command_cut_off_at_every_statement(
    busy: OfficeInFolder, tmp_path: Path, proxy: Proxy, name: str
) -> None:
    """A store is made on the server, or of one there: all of it, or nothing."""
    command = making(name) if name in MAKING else by_name(name)
    if name == "store copy from files":
        busy = make_busy(tmp_path / "busy")
    with running(Mailbox()) if command.server else nullcontext(0) as port:
        struck = Struck(busy, tmp_path, command, proxy, port)
        for at in range(len(struck.statements)):
            chosen = HARMS if at in struck.commits else ("terminated", "before", "after")
            for harm in chosen[at % 2 :: 3] if BOUNDED else chosen:
                struck.strike(at, harm)
