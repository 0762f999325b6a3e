"""``gate``: what an agent who comes by ssh can do, and as whom it is recorded."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

import click
import pytest

from kofucli.base import Phrase, WrongUsageError
from kofucli.cli.main import root
from kofucli.cli.office import gate
from kofucli.operations.booking import book as booking
from kofucli.store.files.store import FileStore
from tests.conftest import OfficeInFolder, read_token, run_command
from tests.store.support import holding
from tests.support.command_tree import EVERYTHING
from tests.support.gates import isolated, send, write_proof
from tests.support.needs import posix_only

pytestmark = [posix_only, pytest.mark.files]

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIEsLZvAxFuYzLmiGoDSqFMAoeHnQYj3E49wxhQ0+eEVl"
"""A public key, whose fingerprint ssh-keygen -l shows so:"""
FINGERPRINT = "SHA256:DLBWawxvwO2YDtYn7GOPcz4QPEyZd3k8GYJxng3KhLc"


CLOSED = {
    *("verify send", "agent add", "agent edit", "agent show", "agent list", "agent import"),
    *("agent suspend", "agent reinstate", "agent erase"),
    *("desk", "office", "mail", "report", "gate", "init", "demo", "scenario", "store"),
}
"""The commands and groups that are the office's."""


@pytest.fixture
def office(founded: OfficeInFolder, tmp_path: Path) -> OfficeInFolder:
    made = founded.copy(tmp_path / "srv")
    made.now = datetime.now().astimezone().isoformat()
    made.add_agent("A-2")
    return made


def decide(path: str) -> dict[str, bool]:
    names = (*gate.TABLE[path].split(), *gate.TABLE["*"].split())
    return {name.removeprefix("-"): not name.startswith("-") for name in names}


def test_every_command_is_decided() -> None:
    assert CLOSED <= EVERYTHING.keys()
    closed = {p for p in EVERYTHING if {p, p.split()[0]} & CLOSED}
    assert closed | (gate.TABLE.keys() - {"*", ""}) == EVERYTHING.keys()
    assert not closed & gate.TABLE.keys()


@pytest.mark.parametrize("path", sorted(gate.TABLE.keys() - {"*"}))
def test_every_parameter_is_decided(path: str) -> None:
    """Each parameter of an open command is open or closed, and what names a file is a stream."""
    command, decided = EVERYTHING.get(path, root), decide(path)
    parameters = {str(p.name): p for p in command.params}
    assert {name.removeprefix("-") for name in gate.TABLE[path].split()} <= parameters.keys()
    for name, parameter in parameters.items():
        if decided[name] and isinstance(parameter, click.Option | click.Argument):
            metavar = parameter.make_metavar(click.Context(command)).strip("[].")
            assert (metavar in ("FILE", "DIR", "PATH")) == (name in gate.STREAMS), name


def test_what_is_closed_is_unknown(office: OfficeInFolder) -> None:
    before = office.bytes()
    for path in sorted(gate.TABLE.keys() - {"*", ""}):
        closed = [p for p in EVERYTHING[path].params if not decide(path)[p.name or ""]]
        for name in (parameter.opts[-1] for parameter in closed):
            for words in (f"{name} x", f"{name}=x", name):
                found = send(office, "A-1", f"{path} {words}")
                assert (found.status, found.out) == (2, ""), found
                assert "No such option '" + name in found.err or "No such option '-" in found.err
    for path in sorted(CLOSED):
        found = send(office, "A-1", f"{path} -f json")
        assert (found.status, found.out) == (2, ""), found
        assert found.error["message"].startswith(f"No such command '{path.split()[-1]}'.")
        assert found.error["command"] in ("", path.split()[0] if " " in path else "")
    assert office.bytes() == before


@pytest.mark.parametrize(
    "command",
    [
        *("book --agent A-2 +1 10 --case X-1", "list --agent=A-2", "status --office", "list --off"),
        *("list --now 2026-11-24T10:00", "list --config /dev/zero", "--store /tmp list", "list -v"),
        *("book --from /etc/passwd", "book --from=cases.csv", "plan ./-", "plan /dev/stdin"),
        *("list -o/tmp/made", "list -fjson -o made", "list -qo made", "amend --from cases.csv"),
        *("; id", "list; id", "$(id)", "`id`", "list | cat", "list && id", "sftp", "scp -t /tmp"),
        *("/usr/lib/openssh/sftp-server", "internal-sftp", "list '", "list \\", "gate A-2", "bash"),
        *("\udcff\udcfe", "book --case \udc80", "x" * 65_537, "-- desk", "-c id", "@/etc/passwd"),
        *("verify send A-1", "agent show A-1", "confirmation 1 --send", "plan - --split /tmp"),
        *("plan - --agent A-2", "book --from - --confirmations made", "cancel 1 --scenario made"),
    ],
)
def test_nothing_gets_round_the_table(office: OfficeInFolder, command: str) -> None:
    before = office.bytes()
    found = send(office, "A-1", command)
    assert (found.status, found.out) == (2, "")
    assert str(office.folder) not in found.err
    assert (office.bytes(), sorted(os.listdir(office.folder))) == (
        before,
        ["kofu-store", "kofucli.toml"],
    )


def test_without_a_command_what_is_open_is_shown(office: OfficeInFolder) -> None:
    """The help has the open commands, in the language of the locale, and the exit status is 0."""
    for blank in ("", "  ", "\n"):
        found = send(office, "A-1", blank)
        assert (found.status, found.err, "book" in found.out) == (0, "", True)
        assert not re.search("desk|erase|--agent|kofucli ", found.out[25:])
    assert "予約" in send(office, "A-1", "", LC_ALL="ja_JP.UTF-8").out


def test_the_week_of_an_agent(office: OfficeInFolder) -> None:
    rows = "申請番号,備考\n横支更20260000001,一\n横支変20260000002,二\n".encode("cp932")
    planned = send(office, "A-1", "plan - --day +4 -f csv", rows)
    assert planned.status == 0, planned
    booked = send(office, "A-1", "book --from - -f json", planned.out.encode())
    assert booked.status == 0, booked
    (number,) = {row["reservation"] for row in booked.json["rows"]}
    assert send(office, "A-1", "list -f json").json["reservations"][0]["number"] == number
    assert number in send(office, "A-1", f"confirmation {number} -f html -o -").out
    assert "BEGIN:VEVENT" in send(office, "A-1", f"confirmation {number} -f ics").out
    amended = send(office, "A-1", f"amend {number} --drop 横支変20260000002")
    assert amended.status == 0, amended
    assert send(office, "A-2", f"show {number}").status == 4
    assert send(office, "A-2", f"cancel {number}").status == 4
    assert send(office, "A-1", f"cancel {number}").status == 0
    assert send(office, "A-1", "agent export A-1 -f json").status == 0
    assert send(office, "A-1", "agent export A-2").status == 4
    entries = office.json("store", "log", "--reservation", number)["entries"]
    assert [(e["op"], e["agent"], e["via"], e["key"]) for e in entries] == [
        (op, "A-1", "ssh", None) for op in ("book", "amend", "cancel")
    ]


def test_terms_and_links_go_through_it(office: OfficeInFolder) -> None:
    """The terms are accepted and a link is redeemed, and both are recorded as come by ssh."""
    office.add_agent("A-3", verify=False, terms=False)
    link = read_token(office.json("verify", "send", "A-3")["outbox"])
    assert send(office, "A-3", "terms accept").status == 0
    assert send(office, "A-2", "verify redeem -", link.encode()).status == 3
    assert send(office, "A-3", "verify redeem -", link.encode()).status == 0
    entries = office.json("store", "log", "--agent", "A-3")["entries"]
    own = [("agent add", None), ("verify send", None)]
    by_ssh = [("terms accept", "ssh"), ("verify redeem", "ssh")]
    assert [(entry["op"], entry["via"]) for entry in entries] == own + by_ssh


def test_the_key_stands_in_the_ledger(office: OfficeInFolder, tmp_path: Path) -> None:
    """The fingerprint is that of sshd's own file, in every form of the journal; others say none."""
    proof = f"publickey ssh-ed25519 {KEY}\n"
    told = []
    for hour, mode, text in ((10, 0o600, proof), (11, 0o644, proof), (13, 0o600, "password\n")):
        path = write_proof(tmp_path, text, mode)
        command = f"book +4 {hour} --case X-{hour}"
        assert send(office, "A-1", command, SSH_USER_AUTH=path).status == 0
        told.append(office.json("store", "log")["entries"][-1]["key"])
    assert told == [FINGERPRINT, None, None]
    assert f",ssh,{FINGERPRINT}," in office.run("store", "log", "-f", "csv").out
    assert " ssh SHA256:" in office.run("store", "log").out
    os.rename(write_proof(tmp_path, proof), tmp_path / "other")
    (tmp_path / "sshauth.link").symlink_to(tmp_path / "other")
    os.mkfifo(tmp_path / "sshauth.pipe")
    for name in ("other", "sshauth.link", "sshauth.pipe"):
        assert gate.read_key(str(tmp_path / name)) == ""


def test_the_environment_decides_nothing_but_the_language(office: OfficeInFolder) -> None:
    """Variables of the program and of Python change no byte of what is shown."""
    commands = ("list", "slots -f json", "book +3 10 --case X-7 -n", "", "rules show quota.frames")
    names = ("CONFIG", "STORE", "NOW", "LANG", "AGENT", "OFFICE", "BY", "FORMAT")
    bad = {f"KOFUCLI_{name}": "A-2" for name in names}
    bad |= {"_KOFUCLI_COMPLETE": "bash_source", "COLUMNS": "30", "LANGUAGE": "ja", "TZ": "UTC"}
    for command in commands:
        plain, set_ = (send(office, "A-1", command, **env) for env in ({}, bad))
        assert plain.status == set_.status == 0
        first, second = (re.sub('(?m)^.*"now".*$', "", found.out) for found in (plain, set_))
        assert first == second


@pytest.mark.parametrize("agent", ["A-9", "A-1"])
def test_a_key_of_nobody_opens_nothing(office: OfficeInFolder, agent: str) -> None:
    """Of an agent that is erased, or was never there, the key does not even open the help."""
    if agent == "A-1":
        office.json("agent", "erase", "A-1", "-y", "--office")
    for command in ("", "notice", "book --help", "rules list", "nonsense"):
        found = send(office, agent, command)
        assert (found.status, found.out) == (4, "")
        assert found.err == "This key opens nothing: nobody is registered for it.\n"


def test_a_suspended_agents_key_opens_what_the_rules_allow(office: OfficeInFolder) -> None:
    office.json("agent", "suspend", "A-1", "--reason", "late", "--office")
    assert send(office, "A-1", "status").status == 0
    found = send(office, "A-1", "book +4 10 --case X-1 -f json")
    assert (found.status, found.codes) == (3, ["agent.suspended"])


def refuse_lock(office: OfficeInFolder) -> None:
    (office.store / ".lock").unlink()
    (office.store / ".lock").mkdir()


def fail(method: str, error: Callable[[str], Exception]) -> Callable[[OfficeInFolder], Any]:
    return lambda o: mock.patch.object(FileStore, method, side_effect=error(str(o.store)))


BOOK = "book +4 10 --case X-2"
CLOCK = "The clock of {path} is wrong."  # of the store's server, whose name the message has


@pytest.mark.parametrize(
    ("harm", "command", "status"),
    [
        (lambda o: o.config.write_text("[office]\nid = 7\n"), "list", 5),
        (lambda o: o.set("rules", "path", '"missing.txt"'), "notice", 5),
        (lambda o: o.set("office", "id", '"Z"'), "list", 5),
        (lambda o: [o.store.rename(o.folder / "away")], "list", 6),
        (lambda o: [path.write_bytes(b"{}") for path in o.store.glob("days/*/*.json")], "list", 6),
        (lambda o: holding(o.store), BOOK, 9),
        (fail("write_mail", lambda path: OSError(errno.ENOSPC, "no room", path)), BOOK, 7),
        (refuse_lock, BOOK, 6),
        (fail("transaction", lambda path: WrongUsageError(Phrase(CLOCK, path=path))), BOOK, 2),
    ],
    ids=[
        *("configuration", "text", "other office", "no store", "damaged day", "locked", "outbox"),
        *("no lock", "clock"),
    ],
)
def test_no_failure_names_the_machine(
    office: OfficeInFolder, harm: Callable[[OfficeInFolder], Any], command: str, status: int
) -> None:
    """Whatever is broken behind the gate, nothing shown has a path, a store's name or a process."""
    office.book("+4", "10:00", "X-1")
    office.set("store", "lock_seconds", "0")
    harmed = harm(office)
    with harmed if isinstance(harmed, AbstractContextManager) else nullcontext():
        found = send(office, "A-1", command)
        told = send(office, "A-1", f"{command} -f json")
    assert (found.status, found.out if status != 7 else "") == (status, ""), found
    assert told.status in (status, 3)
    named = "|".join([re.escape(str(office.folder)), "kofu-store", "toml", str(os.getpid())])
    for text in (found.err, told.err, told.out, found.out):
        assert not re.search(named, text), text


def test_mails_wait_for_the_timer(office: OfficeInFolder) -> None:
    """With a mail server in the configuration the gate only puts the mail into the outbox."""
    office.set("mail", "transport", '"smtp"')
    office.set("mail", "host", '"mail.invalid"')
    found = send(office, "A-1", BOOK)
    assert found.status == 0, found
    assert [name for name in os.listdir(office.store / "outbox") if "booked" in name]


@pytest.mark.parametrize(
    "line",
    [
        *("gate A-1", "gate A-1 --config {} --now 2026-11-24T10:00"),
        *("gate A-1 --config {} --store x", "gate ../x --config {}"),
    ],
)
def test_the_line_of_the_office_is_checked(office: OfficeInFolder, line: str) -> None:
    """Without -I and --config, and with any other option, the gate lets nobody in."""
    with isolated():
        assert run_command(*line.format(office.config).split()).status == 2
    assert run_command("gate", "A-1", "--config", str(office.config)).status == 2


@pytest.fixture
def gate_line(office: OfficeInFolder) -> list[str]:
    return [sys.executable, "-I", "-m", "kofucli", "--config", str(office.config), "gate", "A-1"]


def test_no_variable_of_the_process_counts(office: OfficeInFolder, gate_line: list[str]) -> None:
    """Commands are UTF-8 in any locale, PYTHON* runs nothing, and Tab lists no agents."""
    planted = office.folder / "planted"
    planted.mkdir()
    (planted / "sitecustomize.py").write_text("print('planted')", "utf-8")
    env = {b"PYTHONPATH": bytes(planted), b"PYTHONHOME": b"/nowhere", b"PYTHONINSPECT": b"1"}
    env |= {b"PYTHONIOENCODING": b"ascii", b"LC_ALL": b"C"}
    completed = f"kofucli --config {office.config} agent show A".encode()
    env |= {b"_KOFUCLI_COMPLETE": b"bash_complete", b"COMP_WORDS": completed, b"COMP_CWORD": b"5"}

    def ask(command: bytes) -> tuple[int, bytes, bytes]:
        given = env | {b"SSH_ORIGINAL_COMMAND": command}
        done = subprocess.run(gate_line, env=given, capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    status, out, err = ask("book +4 10 --case 横支更20260000009 -f json".encode())
    assert (status, err) == (0, b"")
    assert json.loads(out)["reservation"]["cases"][0]["number"] == "横支更20260000009"
    assert ask(b"list -f xlsx")[1][:2] == b"PK"
    assert ask(b"list \xff\xfe") == (2, b"", b"The command is not UTF-8.\n")


@pytest.fixture
def hurried(gate_line: list[str]) -> list[str]:
    """Return the gate with a second as its time, and another one to end in."""
    code = (
        "import sys; from kofucli.cli.office import gate; gate.SECONDS = gate._GRACE = 1; "
        "from kofucli.__main__ import run; run()"
    )
    return [sys.executable, "-I", "-c", code, *gate_line[4:]]


@pytest.mark.parametrize(
    ("command", "rows"),
    [("book --from -", None), ("plan - -f json", ["number", *(f"X-{n}" for n in range(3_000))])],
    ids=["sends nothing", "reads nothing"],
)
def test_who_hangs_holds_no_lock(
    office: OfficeInFolder, hurried: list[str], command: str, rows: list[str] | None
) -> None:
    """A client that sends no file, or reads no long answer, is cut off; others book meanwhile."""
    env, pipe = {"SSH_ORIGINAL_COMMAND": command}, subprocess.PIPE
    with subprocess.Popen(
        hurried, env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as hanging:
        assert hanging.stdin is not None
        assert hanging.stderr is not None
        office.set("store", "lock_seconds", "0")
        if rows is not None:
            hanging.stdin.write("\n".join(rows))
            hanging.stdin.close()
        time.sleep(0.5)
        assert send(office, "A-2", BOOK).status == 0
        assert hanging.wait(20) in (1, -signal.SIGALRM)
        told = "the most that a command from outside may take"
        assert rows is not None or told in hanging.stderr.read()


def test_who_decides_for_long_lets_go(office: OfficeInFolder) -> None:
    """What takes longer under the lock than others wait is given up; nothing is changed."""
    office.set("store", "lock_seconds", "0")
    before = office.bytes()
    with mock.patch.object(booking, "decide", side_effect=lambda *_, **__: time.sleep(30)):
        found = send(office, "A-1", BOOK)
    assert (found.status, office.bytes()) == (5, before)
    assert "more than 1 s" in found.err
    assert send(office, "A-1", BOOK).status == 0


def test_more_than_the_limit_is_not_read(office: OfficeInFolder) -> None:
    data = b"number\n" + b"X" * (20 << 20)
    found = send(office, "A-1", "plan -", data)
    assert found.status == 5
    assert found.err == "- has more than 20971520 bytes, the most that is read.\n"
