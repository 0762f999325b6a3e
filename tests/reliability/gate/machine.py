"""An empty machine without systemd, set up by the very lines of docs/gate.md, with its own sshd.

It is made of namespaces: the files of this system, but with ``/etc``, ``/srv``, ``/run``, ``/tmp``
and ``/var/mail`` of its own, and its own processes. So its accounts, keys and files go with it, and
ending its first process ends all of them. Only the network is shared: its sshd listens on a free
port of 127.0.0.1.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import read_page, read_section
from tests.support.needs import lacking

_ROOT = Path(__file__).parents[3]
_SHIMS = {
    # What the recipe installs is here already: .ci/system saw to that.
    "apt-get": 'while [ "$1" != openssh-server ]; do shift; done; dpkg -s "$@" >/dev/null',
    # Without systemd sshd is started by hand.
    "systemctl": "exec /usr/sbin/sshd -E /run/log -p $(cat /run/port) -o ListenAddress=127.0.0.1",
}


class Machine:
    """A machine that runs, for whoever has its ``process`` and the ``port`` of its sshd."""

    def __init__(self, process: int, port: int, folder: Path) -> None:
        self.process, self.port, self.folder = process, port, folder

    def do(self, script: str, data: str = "") -> str:
        """Run a shell script as root within the machine and return what it prints."""
        inside = ["nsenter", "-t", str(self.process), "-m", "-p", "-u", "-i"]
        shell = ["env", "-i", "PATH=/run/shims:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"]
        done = subprocess.run(
            [*inside, "--wd=/", *shell, "sh", "-euc", script],
            input=data.encode(),
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, (script, done.stderr, done.stdout)
        return done.stdout.decode()

    def office(self, *arguments: str) -> str:
        """Run a command of the office in its account and return what it prints."""
        program = "/srv/kofu/.venv/bin/kofucli", "--config", "/srv/kofu/kofucli.toml"
        return self.do(shlex.join(["runuser", "-u", "kofu", "--", *program, *arguments]))

    def write(self, path: str, text: str) -> None:
        self.do(f"cat >{shlex.quote(path)}", text)

    def reload(self, drop_in: str) -> None:
        """Let sshd read these further settings, too, in place of those given before."""
        self.write("/etc/ssh/sshd_config.d/more.conf", drop_in)
        self.do("kill -HUP $(cat /run/sshd.pid); sleep 0.5")
        self.wait()

    def wait(self) -> None:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise TimeoutError

    def make_key(self, name: str) -> str:
        """Make a key in the agent's hands and return its public half."""
        path = self.folder / name
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True
        )
        return path.with_suffix(".pub").read_text("ascii").strip()

    def client(self, key: str, *options: str) -> list[str]:
        """Return the ssh client with a key; the words of the command follow."""
        fixed = (
            "-o IdentitiesOnly=yes -o BatchMode=yes -o LogLevel=ERROR -o StrictHostKeyChecking=no"
        )
        start = ["ssh", "-F", "none", "-p", str(self.port), "-i", str(self.folder / key)]
        unknown = "UserKnownHostsFile=/dev/null"
        return [*start, *fixed.split(), "-o", unknown, *options, "--", "kofu@127.0.0.1"]

    def ssh(
        self, key: str, *words: str | bytes, options: Sequence[str] = (), **how: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Return what a command sent with a key gives; standard input is empty unless given."""
        how = {"input": b"", "timeout": 120, "env": {"PATH": os.environ["PATH"]}, **how}
        line = [*self.client(key, *options), *words]
        return subprocess.run(line, capture_output=True, check=False, **how)


def recipe() -> str:
    """Return the lines by which docs/gate.md sets a machine up."""
    found = re.search(r"(?ms)^```sh\n(.*?)^```", read_section(read_page("gate"), "Set-up"))
    assert found is not None
    return found[1]


def key_line(agent: str, key: str) -> str:
    """Return the line of docs/gate.md that lets an agent in with a public key."""
    found = re.search(r'(?m)^command="/srv.*$', read_page("gate"))
    assert found is not None
    return found[0].replace("gate S-1", f"gate {agent}").replace("ssh-ed25519 AAAA… S-1", key)


@contextmanager
def running(folder: Path, agents: str) -> Iterator[Machine]:
    """Set a machine up in an empty folder and let it run, with the CSV ``agents`` registered."""
    if os.geteuid() != 0:
        pytest.skip("only root makes namespaces with accounts of their own (unshare, nsenter)")
    if not os.path.exists("/usr/sbin/sshd"):
        lacking("there is no sshd: install openssh-server")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    space = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"]
    first = subprocess.Popen(
        [*space, "--propagation", "private", "--mount-proc", "sh", "-c", "exec sleep infinity"]
    )
    try:
        machine = Machine(_child_of(first.pid), port, folder)
        _empty(machine)
        machine.do(f"echo {port} >/run/port")
        for name, script in _SHIMS.items():
            machine.write(f"/run/shims/{name}", f"#!/bin/sh\n{script}\n")
        leave_out = "--exclude=./.git --exclude='./.venv*' --exclude='./.*_cache'"
        machine.do("chmod +x /run/shims/*; mkdir /run/clone")
        machine.do(f"cd /run/repository; tar -c {leave_out} . | tar -x -C /run/clone")
        machine.write("/run/clone/agents.csv", agents)
        machine.do("cd /run/clone\n" + recipe())
        machine.wait()
        yield machine
    finally:
        first.kill()
        first.wait()


def _child_of(process: int) -> int:
    """Return the first process of the namespaces, as this system numbers it."""
    for _ in range(500):
        children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
        if children and os.path.basename(os.readlink(f"/proc/{children[0]}/exe")) == "sleep":
            return int(children[0])
        time.sleep(0.01)
    raise TimeoutError


def _empty(machine: Machine) -> None:
    """Give the machine folders of its own; ``/etc`` begins as this system's, without any sshd."""
    inside = ["nsenter", "-t", str(machine.process), "-m", "-p", "-u", "-i"]
    script = f"""
        mkdir -p /mnt/etc; mount -t tmpfs none /mnt; mkdir /mnt/etc /mnt/repository
        cp -a /etc/. /mnt/etc; mount --bind {shlex.quote(str(_ROOT))} /mnt/repository
        for own in /run /srv /var/mail /tmp; do mount -t tmpfs -o mode=1777 none $own; done
        mkdir /run/sshd /run/shims /run/repository; chmod 755 /run /srv /run/sshd
        mount --move /mnt/repository /run/repository; mount --bind /mnt/etc /etc
        rm -f /etc/ssh/sshd_config.d/* /etc/ssh/ssh_host_*; ssh-keygen -qA
    """
    subprocess.run([*inside, "sh", "-euc", script], check=True, capture_output=True)
