"""A machine as docs/gate.md sets it up: what a key opens there, and that it opens nothing else."""

from __future__ import annotations

import io
import json
import os
import random
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator

import pytest

from tests.conftest import BOUNDED
from tests.reliability.gate.attacking import Marks, draw_data, draw_line
from tests.reliability.gate.machine import Machine, key_line, running
from tests.support.needs import linux_only

pytestmark = [pytest.mark.deep, pytest.mark.xdist_group("sshd"), linux_only]

AGENTS = "S-1", "S-2", "S-3", "S-4", "S-5"
SECRETS = (
    *("/srv", "kofu-store", "kofucli.toml", "/etc", "root:", "uid="),
    *("書士2", "s2@office", "X-22"),
)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Return a machine with verified agents and a key for each; S-2 has booked X-22."""
    head = "id,氏名,職種,証明書番号,有効期限,メール,規約同意\n"
    rows = (
        f"{agent},書士{agent[2:]},行政書士,第{agent}号,2031-03-31,s{agent[2:]}@office.example.jp,はい\n"
        for agent in AGENTS
    )
    with running(tmp_path_factory.mktemp("keys"), head + "".join(rows)) as made:
        lines = [key_line(agent, made.make_key(agent)) for agent in AGENTS]
        made.write("/etc/ssh/kofu_keys", "".join(f"{line}\n" for line in lines))
        for agent in AGENTS:
            sent = json.loads(made.office("verify", "send", agent, "-f", "json"))
            mail = made.do(f"cat {sent['outbox']}").replace("=\n", "")
            (token,) = re.findall(r"/verify/([A-Za-z0-9_-]{43})", mail)
            assert made.ssh(agent, "verify redeem -", input=token.encode()).returncode == 0
        assert made.ssh("S-2", "book +5 15 --case X-22").returncode == 0
        yield made


def log(machine: Machine) -> list[dict[str, str]]:
    told = json.loads(machine.office("store", "log", "-f", "json"))
    found: list[dict[str, str]] = told["entries"]
    return found


def test_the_week_of_a_scrivener(machine: Machine) -> None:
    """What an agent does in a week works as it does here, byte by byte, and is recorded as its."""
    cases = ("横支更20260000001,一", "横支変20260000002,二", "横支永20260000003,三")
    rows = "\n".join(("申請番号,備考", *cases, "")).encode("cp932")
    for command in ("notice", "terms show", "terms accept", "status", "slots", "rules list", ""):
        assert machine.ssh("S-4", command).returncode == 0
    planned = machine.ssh("S-4", "plan", "-", "--day", "+5", "-f", "csv", input=rows)
    assert planned.returncode == 0
    booked = machine.ssh("S-4", "book --from - -f json", input=planned.stdout)
    (number,) = {row["reservation"] for row in json.loads(booked.stdout)["rows"]}
    again = machine.ssh("S-4", "book --from - -f json", input=planned.stdout)
    assert {row["outcome"] for row in json.loads(again.stdout)["rows"]} == {"already"}
    refused = machine.ssh("S-4", f"amend {number} --add X-4 -f json")
    assert refused.returncode == 3
    assert json.loads(refused.stderr)["error"]["refusals"]
    fixed = "訂正前,訂正後\n横支永20260000003,横支永20260000033\n".encode()
    assert machine.ssh("S-4", "amend --from -", input=fixed).returncode == 0
    for form in ("list", "list -f csv --all", f"show {number}", f"confirmation {number} -f html"):
        here = machine.office(*form.split(), "--agent", "S-4")
        assert machine.ssh("S-4", form).stdout.decode() == here
    japanese = machine.ssh("S-4", "status", options=["-o", "SetEnv=LANG=ja_JP.UTF-8"])
    assert "取次者" in japanese.stdout.decode()
    workbook = machine.ssh("S-4", "list -f xlsx -o -").stdout
    assert zipfile.is_zipfile(io.BytesIO(workbook))
    read = machine.ssh("S-4", "book --from - -f json", input=workbook)
    assert {row["outcome"] for row in json.loads(read.stdout)["rows"]} == {"already"}
    assert b"BEGIN:VCALENDAR" in machine.ssh("S-4", f"confirmation {number} -f ics -o -").stdout
    assert machine.ssh("S-4", f"cancel {number}").returncode == 0
    assert machine.ssh("S-4", "agent export S-4").returncode == 0
    key = machine.folder / "S-4.pub"
    shown = subprocess.run(["ssh-keygen", "-lf", key], capture_output=True, text=True, check=True)
    entries = [entry for entry in log(machine) if number in entry["reservations"]]
    assert [entry["op"] for entry in entries] == ["book", "amend", "cancel"]
    assert {(e["agent"], e["via"], e["key"], e["account"]) for e in entries} == {
        ("S-4", "ssh", shown.stdout.split()[1], "kofu")
    }


@pytest.mark.parametrize(
    "words",
    [
        *(["; id"], ["list; id"], ["$(id)"], ["list $(id >/tmp/made)"], ["list | id"], ["`id`"]),
        *(["list\nid"], ["id\nlist"], [b"list \xff\xfe"], [b"\x80"], ["-oProxyCommand=id"]),
        *(["sh"], ["/bin/sh -i"], ["bash -c id"], ["scp -t /tmp"], ["rsync --server"], ["../gate"]),
        *(["list --agent S-2"], ["show X-22"], ["list --case X-22 --office"], ["gate S-2"]),
        *(["plan /etc/passwd"], ["list -o /tmp/made"], ["store export"], ["list 'X"]),
        ["x" * 66_000],
    ],
)
def test_words_reach_no_shell_and_no_other(machine: Machine, words: list[str | bytes]) -> None:
    """Whatever is sent is an unknown command, an unknown option, or of nobody."""
    found = machine.ssh("S-1", *words)
    assert found.returncode in (2, 4), found
    assert found.stdout == b""
    assert not [s for s in SECRETS if s.encode() in found.stderr and s not in str(words)], found
    assert machine.do("ls /tmp | grep -v ^sshauth. || true") == ""


def test_nothing_but_commands_is_let_through(machine: Machine) -> None:
    """No terminal, no file transfer, no forwarding of ports or agents, no other account."""
    with socket.create_server(("127.0.0.1", 0)) as target:
        port = target.getsockname()[1]
        forward = ["-o", "ExitOnForwardFailure=yes"]
        over = machine.ssh("S-1", options=["-W", f"127.0.0.1:{port}"])
        back = machine.ssh("S-1", options=["-N", *forward, "-R", f"0:127.0.0.1:{port}"])
        target.settimeout(0.2)
        with pytest.raises(TimeoutError):
            target.accept()
    assert (over.returncode, back.returncode) == (255, 255)
    terminal = machine.ssh("S-1", "list", options=["-tt"])
    assert b"\r\n" not in terminal.stdout
    assert machine.ssh("S-1", "sftp", options=["-s"]).returncode == 2
    plain = machine.client("S-1")[1:-2]
    copying = [word.replace("-p", "-P") if word == "-p" else word for word in plain]
    for line in (["sftp", *copying], ["scp", "-O", *copying]):
        ends = ["kofu@127.0.0.1:/etc/passwd", str(machine.folder / "got")]
        done = subprocess.run([*line, *ends], capture_output=True, timeout=60, check=False)
        assert done.returncode != 0
        assert not (machine.folder / "got").exists()
    agent = machine.ssh("S-1", "list", options=["-A", "-X"])
    assert agent.returncode == 0
    root = [word.replace("kofu@", "root@") for word in machine.client("S-1")]
    assert subprocess.run([*root, "id"], capture_output=True, check=False).returncode == 255


@pytest.mark.parametrize(("command", "status"), [("book --from -", 5), ("plan -", 5), ("list", 0)])
def test_three_hundred_megabytes(machine: Machine, command: str, status: int) -> None:
    """Of 300 MB on standard input no more is read than a file may have."""
    with subprocess.Popen(["head", "-c", "300M", "/dev/zero"], stdout=subprocess.PIPE) as source:
        found = machine.ssh("S-1", command, input=None, stdin=source.stdout, timeout=60)
        source.kill()
    assert found.returncode == status, found
    if status:
        assert b"20971520" in found.stderr


def test_no_variable_counts_even_if_sshd_accepts_all(machine: Machine) -> None:
    """With AcceptEnv * every variable of Python and of the program changes no byte."""
    listed = subprocess.run(
        [sys.executable, "--help-env"], capture_output=True, text=True, check=True
    ).stdout
    names = {*re.findall(r"PYTHON[A-Z]+", listed), "PYTHONSTARTUP", "PYTHONHOME", "PYTHONPATH"}
    given = """
        KOFUCLI_AGENT=S-2 KOFUCLI_OFFICE=1 KOFUCLI_BY=boss KOFUCLI_LANG=xx KOFUCLI_STORE=/tmp
        KOFUCLI_NOW=2026-11-24T10:00 KOFUCLI_FORMAT=xx KOFUCLI_CONFIG=/tmp/x
        _KOFUCLI_COMPLETE=bash_complete COMP_WORDS=kofucli COMP_CWORD=1 SSH_USER_AUTH=/etc/passwd
        HOME=/tmp BASH_ENV=/etc/passwd ENV=/etc/passwd COLUMNS=20 TZ=UTC LANGUAGE=ja USER=root
        LOGNAME=root TMPDIR=/etc
    """
    hostile = dict.fromkeys(names, "/tmp") | dict(each.split("=") for each in given.split())
    commands = ("list -f json", "notice", "slots -f csv", "book +4 9 --case X-5 -n -f csv", "")
    plain = [machine.ssh("S-1", command) for command in commands]
    machine.reload("Match User kofu\n AcceptEnv *\n")
    options = ["-o", "SendEnv=*"]
    env = {**hostile, "PATH": os.environ["PATH"]}
    shows = f'command="env",restrict {machine.make_key("shows")}\n'
    machine.do("cat >>/etc/ssh/kofu_keys", shows)
    came = machine.ssh("shows", options=options, env=env).stdout.decode().splitlines()
    assert {"KOFUCLI_AGENT=S-2", "_KOFUCLI_COMPLETE=bash_complete"} <= {*came}, came
    for command, expected in zip(commands, plain, strict=True):
        found = machine.ssh("S-1", command, options=options, env=env)
        assert (found.stdout, found.stderr) == (expected.stdout, expected.stderr)
    assert machine.ssh("S-1", "book +4 9 --case X-6", options=options, env=env).returncode == 0
    entry = log(machine)[-1]
    assert (entry["agent"], entry["by"], entry["account"]) == ("S-1", "kofu", "kofu")
    assert entry["key"].startswith("SHA256:")
    machine.reload("")


def test_who_hangs_keeps_nobody_waiting(machine: Machine) -> None:
    """While clients send nothing, and read nothing, others book."""
    book = [*machine.client("S-1"), "book", "--from", "-"]
    read = [*machine.client("S-1"), "rules", "list"]
    with (
        subprocess.Popen(book, stdin=subprocess.PIPE) as one,
        subprocess.Popen(read, stdout=subprocess.PIPE) as two,
    ):
        assert machine.ssh("S-2", "book +5 14 --case X-8", timeout=9).returncode == 0
        two.kill()
        one.kill()


def test_a_hundred_lines_that_attack(machine: Machine) -> None:
    """Generated lines as in test_two_agents, over the wire."""
    lot = random.Random(1)
    marks = Marks(["X-1"], ["S-2", "X-22", "Y261130-0001-4"])
    shared = f"-o ControlMaster=auto -o ControlPath={machine.folder}/mux -o ControlPersist=9"
    for _ in range(20 if BOUNDED else 400):
        asked, data = draw_line(lot, marks), draw_data(lot, marks)
        found = machine.ssh("S-5", asked, options=shared.split(), input=data)
        assert found.returncode in (0, 2, 3, 4, 5), (asked, found)
        said = (found.stdout + found.stderr).decode()
        assert not [s for s in SECRETS if s in said and s not in asked + str(data)], (asked, said)
    assert {e["agent"] for e in log(machine) if e["via"]} <= set(AGENTS)
    assert machine.do("ls /srv/kofu").split() == ["kofu-store", "kofucli.toml"]


def test_a_key_suspended_erased_and_taken_away(machine: Machine) -> None:
    """A suspended agent reads, an erased one is nobody, and a key without a line is unknown."""
    machine.office("agent", "suspend", "S-3", "--reason", "late", "--office")
    assert machine.ssh("S-3", "list").returncode == 0
    assert machine.ssh("S-3", "book +5 9 --case X-3").returncode == 3
    machine.office("agent", "erase", "S-3", "-y", "--office")
    assert machine.ssh("S-3", "").returncode == machine.ssh("S-3", "list").returncode == 4
    machine.do("sed -i '/gate S-3/d' /etc/ssh/kofu_keys")
    assert machine.ssh("S-3", "list").returncode == 255
    assert machine.ssh("S-1", "list").returncode == 0
    assert machine.office("store", "check")
