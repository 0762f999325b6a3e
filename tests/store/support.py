"""What the tests of the store share: records, snapshots, processes, failures at a chosen call."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest

from kofucli.base.clock import parse_instant
from kofucli.model import Actor, Agent, Case, DayNotice, Personal, Reservation, Stamp
from kofucli.store import Store
from kofucli.store.documents import BLANK, seal
from kofucli.store.files import view
from kofucli.store.header import FORMAT, Expected, Header
from kofucli.store.ledger import Line
from kofucli.store.place import create_store, open_store, parse_place
from tests.conftest import NOW, OfficeInFolder, Outcome
from tests.support.needs import path_of_descriptor

OFFICE = "Y"
DAY = date(2026, 11, 25)
OTHER_DAY = date(2026, 11, 26)
PERSONAL = Personal(
    salt="00112233445566778899aabbccddeeff",
    name="甲府 花子",
    certificate="第98-76号",
    email="hanako@office.example.jp",
    phone="055-000-1111",
    organization="甲府取次事務所",
)


def stamp(now: str = NOW, dry_run: bool = False) -> Stamp:
    return Stamp(parse_instant(now), Actor(None, "tester"), dry_run)


def make_reservation(sequence: int = 1, day: date = DAY, note: str | None = None) -> Reservation:
    """Return a reservation as the store sees it; the store never judges its values."""
    return Reservation(
        number=f"Y{day:%y%m%d}-{sequence:04d}-0",
        agent="A-1",
        date=day,
        start="10:00",
        cases=(Case(f"X-{sequence}"), Case(f"在留 {sequence}", kind="change", collect_by=day)),
        first_count=2,
        booked_at=parse_instant(NOW),
        closes=parse_instant("2026-11-24T12:00:00"),
        rules="1",
        reason=note,
    )


def make_notice(day: date = OTHER_DAY) -> DayNotice:
    """Return a record of the office: a closed day."""
    return DayNotice(day.isoformat(), "closed", ("09:00",), '庁舎 "点検"\\')


def make_store(
    folder: Path, codec: Any = "json", now: str = NOW, lock_seconds: float = 10, name: str = "store"
) -> Store:
    """Make an empty store of the office in a folder."""
    header = Header(FORMAT, OFFICE, codec)
    place = parse_place(str(folder / name))
    create_store(place, header, (), stamp(now), lock_seconds)
    return place.open(OFFICE, lock_seconds)


def put_reservations(store: Store, *reservations: Reservation, now: str = NOW) -> None:
    with store.transaction("book", stamp(now)) as transaction:
        for reservation in reservations:
            transaction.put_reservation(reservation)


def put_agent(store: Store, agent_id: str = "A-1") -> Agent:
    """Commit an agent and its personal values, and return its record."""
    with store.transaction("agent add", stamp()) as transaction:
        name = transaction.put_personal(agent_id, PERSONAL)
        last_day = date(2030, 3, 31)
        agent = Agent(agent_id, "scrivener", last_day, name, registered_at=parse_instant(NOW))
        transaction.put_agent(agent)
    return agent


def files_of(root: Path) -> dict[str, bytes]:
    """Return every file of a store but the lock, by its path in the store."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def everything_in(folder: Path) -> dict[str, bytes | None]:
    """Return every file and folder but locks, by its path in a folder, with what a file holds."""
    paths = (path for path in sorted(folder.rglob("*")) if path.name != ".lock")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in paths
    }


def export_of(office: OfficeInFolder, place: str) -> bytes:
    path = office.folder / "export.jsonl"
    assert office.run("store", "export", "-o", str(path), "--store", place).status == 0
    return path.read_bytes()


def day_file(root: Path, day: date = DAY) -> Path:
    return root / "days" / str(day.year) / f"{day}.json"


def ledger_file(root: Path) -> Path:
    """Return the newest file of the ledger."""
    return max((root / "ledger").glob("2*.jsonl"))


def change_ledger(root: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Put other lines, each with its line feed, into the newest file of the ledger."""
    path = ledger_file(root)
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def ledger_of(root: Path) -> list[dict[str, Any]]:
    """Return the lines of a store's ledger, oldest first."""
    return [
        json.loads(line)
        for path in sorted((root / "ledger").iterdir())
        for line in path.read_bytes().splitlines()
    ]


def with_checksum(data: bytes) -> bytes:
    """Return a line or a document with the checksum that fits it, as a forger would write it."""
    found = re.match(rb'(?:\{"sum":|sum = )"([0-9a-f]{8})"', data)
    if found is None:
        return data
    return seal(data[: found.start(1)] + BLANK.encode() + data[found.end(1) :])


def is_whole(office: OfficeInFolder) -> bool:
    """Whether ``store check`` finds nothing."""
    outcome = office.run("store", "check", "-f", "json")
    assert outcome.status in (0, 6), outcome
    return bool(outcome.json["ok"])


def expect_failure(office: OfficeInFolder, reason: str, *arguments: str, **named: str) -> str:
    """Assert that a command is exit 6, for a reason such as ``damaged``; return its message."""
    outcome = office.run(*arguments, "-f", "json", **named)
    assert (outcome.status, outcome.error["reason"]) == (6, reason), outcome
    return str(outcome.error["message"])


def numbers_of(office: OfficeInFolder) -> list[str]:
    return [r["number"] for r in office.json("list", "--all")["reservations"]]


def booking(hour: str = "10:00", *cases: str, agent: str = "A-1") -> list[str]:
    """Return the arguments of a booking on the first shown day."""
    specs = [x for case in cases or (f"X-{hour[:2]}",) for x in ("--case", case)]
    return ["book", "+1", hour, *specs, "--agent", agent]


def full_arguments(office: OfficeInFolder, *arguments: str) -> list[str]:
    """Return a whole command line of an office, for another process."""
    return [*arguments, "--config", str(office.config), "--now", office.now]


def process_environment() -> dict[str, str]:
    """Return an environment for another process, with nothing that kofucli listens to."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("KOFUCLI_", "LANG", "LC_"))}


def run_process(office: OfficeInFolder, *arguments: str, **env: str) -> Outcome:
    command = [sys.executable, "-m", "kofucli", *full_arguments(office, *arguments)]
    return _finish(command, env)


def run_dying(office: OfficeInFolder, point: str, *arguments: str) -> Outcome:
    """Run a command in a process that kills itself at a point (see ``dying.py``)."""
    dying = str(Path(__file__).with_name("dying.py"))
    return _finish([sys.executable, dying, point, *full_arguments(office, *arguments)], {})


def _finish(command: list[str], env: dict[str, str]) -> Outcome:
    environment = process_environment() | env
    done = subprocess.run(command, capture_output=True, check=False, timeout=120, env=environment)
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def fail_call(
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    wanted: Callable[[str], bool],
    owner: Any = os,
) -> list[str]:
    """Let ``os.<call>`` fail with an error number on the files that are wanted.

    Files are named by their path, those of open descriptors too; renaming by its target. Returns
    the list of paths on which it failed, which grows. ``owner`` may be another module.
    """
    real: Callable[..., Any] = getattr(owner, call)
    failed: list[str] = []

    def stand_in(first: Any, *rest: Any, **named: Any) -> Any:
        path = path_of_descriptor(first) if isinstance(first, int) else os.fspath(first)
        if call == "replace":
            path = os.fspath(rest[0])
        if wanted(path):
            failed.append(path)
            raise OSError(number, os.strerror(number), path)
        return real(first, *rest, **named)

    monkeypatch.setattr(owner, call, stand_in)
    return failed


@contextmanager
def failing(
    call: str, number: int, wanted: Callable[[str], bool] = lambda _: True, owner: Any = os
) -> Iterator[list[str]]:
    """Let ``os.<call>`` fail while the block runs; as ``fail_call``."""
    with pytest.MonkeyPatch.context() as patch:
        yield fail_call(patch, call, number, wanted, owner)


def forbid_writing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let every opening for writing fail, as on a disk that is mounted read-only."""
    real = os.open
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

    def read_only(path: Any, flags: int, *rest: Any, **named: Any) -> int:
        if flags & writing and os.fspath(path) != os.devnull:
            raise OSError(number, os.strerror(number), path)
        return real(path, flags, *rest, **named)

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", read_only)
    for call in ("mkdir", "unlink", "replace", "rename", "chmod", "truncate"):
        monkeypatch.setattr(os, call, refuse)


class KilledHereError(BaseException):
    """As if this process ended where it is raised."""


@contextmanager
def holding(
    place: Any, op: str = "agent add", lock_seconds: float = 10
) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock of a store while the block runs."""
    code = (
        "import sys\n"
        "from kofucli.store.place import open_store\n"
        "from kofucli.model import Actor, Stamp\n"
        "from kofucli.base.clock import machine_now\n"
        "store = open_store(sys.argv[1], 'Y', float(sys.argv[3]))\n"
        "with store.transaction(sys.argv[2], Stamp(machine_now(), Actor(None, 'x'))):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.readline()\n"
    )
    with waiting(code, "held", str(place), op, str(lock_seconds)) as process:
        yield process


@contextmanager
def waiting(code: str, word: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program up to where it says ``word`` and waits for a line, while the block runs."""
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=process_environment(),
    ) as process:
        assert process.stdout.readline() == f"{word}\n"
        try:
            yield process
        finally:
            process.kill()


def reopen(root: Path, lock_seconds: float = 10) -> Store:
    return open_store(str(root), OFFICE, lock_seconds)


def old_store(office: OfficeInFolder, kind: str) -> OfficeInFolder:
    """Put a store that an earlier program made, without sums in its lines, in an office's place.

    A kind is "json", "toml" or "purged".
    """
    shutil.rmtree(office.store, ignore_errors=True)
    for folder in ("days", "agents", "private", "ledger", "outbox"):
        (office.store / folder).mkdir(parents=True)
    files = json.loads((Path(__file__).parent / "data" / "without-sums.json").read_text("utf-8"))
    for name, content in files[kind].items():
        path = office.store / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode())
    return office


@contextmanager
def earlier_program() -> Iterator[None]:
    """Let changes be made as by a program that wrote no sums, and believed the documents."""
    real = view.next_line

    def believe(self: Expected, name: str) -> int:
        source = self._source
        line, n = self.tail.line, source.head(name)
        return line.n if name in line.put and n == line.base.get(name, 0) else n

    def write_no_sums(*arguments: Any) -> Line:
        return msgspec.structs.replace(real(*arguments), sums=msgspec.UNSET)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Expected, "line_of", believe)
        patch.setattr(Expected, "past_days", lambda _: set())
        patch.setattr(Expected, "agents", lambda _: set())
        patch.setattr(view, "next_line", write_no_sums)
        yield


def write_agents(office: OfficeInFolder, count: int) -> str:
    """Write an agent file of so many rows; return its path."""
    rows = (f"N-{n},甲府{n},scrivener,第{n}号,2030-03-31,n{n}@example.jp\n" for n in range(count))
    path = office.folder / "agents.csv"
    path.write_text("id,name,occupation,certificate,valid-until,email\n" + "".join(rows), "utf-8")
    return str(path)


def kept_files(root: Path) -> dict[str, bytes]:
    """Return what an export keeps of a store: all but the lock and the outbox."""
    return {k: v for k, v in files_of(root).items() if not k.startswith("outbox/")}
