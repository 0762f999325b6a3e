"""What many tests need: an office in a temporary folder, and its command line in this process."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

import kofucli
from kofucli.cli.main import main
from kofucli.store import Store
from kofucli.store.place import open_store
from tests.support.postgres import RUNNING, Part, Server, running_server

SAMPLE = Path(kofucli.__file__).with_name("sample_config.toml")
SERVER: Server | None = None
"""Where the offices' stores are, with ``--postgres``."""

NOW = "2026-11-24T10:00:00"
"""A Tuesday; the shown days are 25, 26, 27, 30 November and 1 December 2026."""

BOUNDED = os.environ.get("DEEP") == "bounded"
"""Whether sweeps of the deep tier strike a choice of points instead of all."""


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err)["error"]

    @property
    def codes(self) -> list[str]:
        return [refusal["code"] for refusal in self.error["refusals"]]

    @property
    def places(self) -> list[str]:
        """Where something is wrong with bad input."""
        assert self.status == 5, self
        return [problem["where"] for problem in self.error["problems"]]


def run_command(*arguments: str, env: dict[str, str] | None = None) -> Outcome:
    """Run a command line in this process, with nothing of this machine's environment."""
    out, err = io.BytesIO(), io.BytesIO()
    with (
        io.TextIOWrapper(out, "utf-8", write_through=True) as stdout,
        io.TextIOWrapper(err, "utf-8", write_through=True) as stderr,
        redirect_stdout(stdout),
        redirect_stderr(stderr),
    ):
        status = main(list(arguments), env or {})
        return Outcome(status, out.getvalue().decode(), err.getvalue().decode())


class OfficeInFolder:
    """An office with its configuration and store in a folder, acting at ``now``."""

    def __init__(
        self, folder: Path, store_format: str = "json", server: Server | None = None
    ) -> None:
        self.server = server or SERVER
        self.folder = folder
        self.config = folder / "kofucli.toml"
        self.now = NOW
        if not self.config.exists():
            self._found(store_format)
        self.store: Any = folder / "kofu-store"
        """The store's folder, or what stands for it."""
        if self.server is not None:
            self.store = Part(self.server, self.place)

    def _found(self, store_format: str) -> None:
        folder = self.folder
        folder.mkdir(exist_ok=True)
        shutil.copyfile(SAMPLE, self.config)
        if store_format != "json":
            self.set("store", "format", f'"{store_format}"')
        if self.server is not None:
            self.set("store", "url", f'"{self.server.make_database()}"')
        assert run_command("init", str(folder), "--now", NOW).status == 0

    @property
    def place(self) -> str:
        """The store as ``--store`` names it."""
        url = re.search(r'(?m)^url = "([^"]+)"', self.config.read_text("utf-8"))
        return str(self.store) if url is None else url[1]

    def open(self, lock_seconds: float = 10) -> Store:
        """Open the store as another process would."""
        return open_store(self.place, "Y", lock_seconds)

    def copy(self, folder: Path) -> OfficeInFolder:
        """Return a copy of the office in another folder, at the same instant."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        made = OfficeInFolder(folder, server=self.server)
        made.now = self.now
        if self.server is not None:
            made.set("store", "url", f'"{self.server.make_database(self.place)}"')
            made.store = Part(self.server, made.place)
        return made

    def set(self, table: str, key: str, value: str) -> None:
        """Set a key of the configuration to a TOML value."""
        text = self.config.read_text("utf-8")
        start = text.index(f"[{table}]")
        end = text.find("\n[", start)
        section = text[start : end if end >= 0 else len(text)]
        line = f"{key} = {value}"
        new, known = re.subn(rf"(?m)^#? ?{key} = .*$", lambda _: line, section)
        new += "" if known else f"\n{line}\n"
        self.config.write_text(text.replace(section, new), "utf-8")

    def run(self, *arguments: str, now: str | None = None, **env: str) -> Outcome:
        return run_command(
            *arguments, "--config", str(self.config), "--now", now or self.now, env=env
        )

    def json(self, *arguments: str, now: str | None = None) -> Any:
        outcome = self.run(*arguments, "-f", "json", now=now)
        assert outcome.status == 0, outcome
        return outcome.json

    def refused(self, *arguments: str, now: str | None = None) -> list[str]:
        """Run a command that the rules must refuse, and return the codes."""
        outcome = self.run(*arguments, "-f", "json", now=now)
        assert outcome.status == 3, outcome
        return outcome.codes

    def add_agent(
        self, agent_id: str = "A-1", verify: bool = True, terms: bool = True, **values: str
    ) -> None:
        """Register an agent, and verify its address through the mail that was written."""
        given = {
            "name": f"代理 {agent_id}",
            "occupation": "scrivener",
            "certificate": f"C-{agent_id}",
            "valid_until": "2030-03-31",
            "email": f"{agent_id.lower()}@office.example.jp",
        } | values
        options = [x for k, v in given.items() for x in ("--" + k.replace("_", "-"), v)]
        options += ["--accept-terms"] if terms else []
        self.json("agent", "add", "--id", agent_id, *options)
        if verify:
            sent = self.json("verify", "send", agent_id)
            self.json("verify", "redeem", read_token(sent["outbox"]))

    def book(self, day: str, hour: str, *cases: str, agent: str = "A-1") -> Any:
        """Book a frame and return the reservation."""
        specs = [x for case in cases for x in ("--case", case)]
        return self.json("book", day, hour, *specs, "--agent", agent)["reservation"]

    def bytes(self) -> dict[str, bytes]:
        """Return every file of the store but the lock: what a dry run must not change.

        Of a store on a server the rows, under the names that files have.
        """
        if self.server is not None:
            return self.server.read_files(self.place)
        return {
            path.relative_to(self.store).as_posix(): path.read_bytes()
            for path in sorted(self.store.rglob("*"))
            if path.is_file() and path.name != ".lock"
        }

    def named(self, beginning: str) -> list[str]:
        """Return the names of the files that begin so, in order."""
        return sorted(name for name in self.bytes() if name.startswith(beginning))

    def put(self, file: str, data: bytes | None) -> None:
        """Put other bytes into a document, a mail or values; None removes them."""
        if data is None:
            (self.store / file).unlink()
        else:
            (self.store / file).write_bytes(data)

    def clear(self, beginning: str) -> None:
        """Remove the files whose names begin so."""
        for name in self.named(beginning):
            self.put(name, None)

    def ledger(self) -> list[bytes]:
        """Return the lines of the ledger, oldest first."""
        return [raw for _, _, raw in self.open().lines()]


def read_mail(place: str) -> bytes:
    """Return a mail of an outbox, which a command says lies at a place."""
    return RUNNING[-1].read_mail(place) if "://" in place else Path(place).read_bytes()


def read_token(place: str) -> str:
    """Return the token of the link in a mail."""
    return token_of(read_mail(place))


def token_of(content: bytes) -> str:
    """Return the token of the link in the bytes of a mail."""
    mail = message_from_bytes(content, policy=default)
    found = re.search(r"/verify/([A-Za-z0-9_-]{43})", mail.get_content())
    assert found is not None
    return found[1]


_MEMORY, _ROOM = "/dev/shm", 1 << 30


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' folders in memory where there is room: on a disk they wait for each fsync."""
    if config.option.basetemp or hasattr(config, "workerinput") or not os.access(_MEMORY, os.W_OK):
        return
    if shutil.disk_usage(_MEMORY).free > _ROOM:
        config.option.basetemp = tempfile.mkdtemp(prefix="kofucli-", dir=_MEMORY)
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what records the golden files anew, and what the offices' stores are made of."""
    parser.addoption("--update-golden", action="store_true", help="write tests/golden anew")
    parser.addoption("--postgres", action="store_true", help="keep the offices' stores on a server")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what looks at the files of a store where there are none."""
    if config.option.postgres:
        files = Path(__file__).parent / "store" / "files"
        left_out = [x for x in items if x.get_closest_marker("files") or x.path.parent == files]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", autouse=True)
def server(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a server of PostgreSQL for the offices' stores, where they are asked for on one."""
    global SERVER  # noqa: PLW0603 (tests make offices by themselves, without a fixture)
    if not request.config.option.postgres:
        yield
        return
    with running_server() as SERVER:
        yield
    SERVER = None


@pytest.fixture(autouse=True)
def databases(server: None) -> Iterator[None]:
    """Remove the databases that a test made."""
    before = set() if SERVER is None else set(SERVER.databases)
    yield
    if SERVER is not None:
        SERVER.drop(SERVER.databases - before)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much sweeps did: the sums of what tests recorded as ``tally``, by kind."""
    tallies: dict[str, Counter[str]] = {}
    for report in (each for found in terminalreporter.stats.values() for each in found):
        if getattr(report, "when", "") == "call":
            for name, tally in report.user_properties:
                if name == "tally":
                    tallies.setdefault(tally[0], Counter()).update(tally[1])
    for kind, tally in tallies.items():
        done = ", ".join(f"{number} {what}" for what, number in tally.items() if number)
        terminalreporter.write_line(f"{kind}: {done}")


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    """Return an office with one verified agent, A-1; tests copy it."""
    made = OfficeInFolder(tmp_path_factory.mktemp("office"))
    made.add_agent()
    return made


@pytest.fixture
def office(founded: OfficeInFolder, tmp_path: Path) -> OfficeInFolder:
    """Return an office of its own with one verified agent, A-1."""
    return founded.copy(tmp_path)


@pytest.fixture
def bare_office(tmp_path: Path) -> OfficeInFolder:
    """Return an office without agents."""
    return OfficeInFolder(tmp_path)
