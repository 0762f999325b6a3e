"""A disk that is really full, and one that is really mounted read-only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.crash.commands import COMMANDS, Command, by_name, make_busy
from tests.store.support import process_environment
from tests.support.needs import linux_only

pytestmark = linux_only

ROOT = Path(__file__).parents[3]
CAUSES = {"full": "the disk is full", "read-only": "the disk is read-only"}
BESIDE = {"confirmation --send": 7, "mail send": 7, "init": 5}
"""Commands that change no store, by how they end: a mail that waits, a configuration."""

_QUICK = ("book", "agent add", "init", "store check --repair")


def enter() -> list[str]:
    """Return the command that begins a mount namespace; without root it needs one for users."""
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", "--propagation", "private", *as_root]


def require_mounting() -> None:
    """Skip this test where no disk can be mounted; root in CI must be able to."""
    mount = ["mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        tried = subprocess.run([*enter(), *mount], capture_output=True, check=False, text=True)
        obstacle = tried.stderr.strip() if tried.returncode else None
    except OSError as error:
        obstacle = str(error)
    if obstacle is not None:
        assert os.environ.get("CI") != "true" or os.geteuid() != 0, obstacle
        pytest.skip(f"no disk can be mounted here: {obstacle}")


def run_mounted(module: str, *arguments: object) -> Any:
    """Run a module as a script in a mount namespace of its own; return what it prints as JSON."""
    done = subprocess.run(
        [*enter(), sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT,
        env=process_environment(),
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_mounting()
    return make_busy(tmp_path_factory.mktemp("mounted") / "busy").folder


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param([by_name(name) for name in _QUICK], id="some"),
        pytest.param(COMMANDS, id="all", marks=pytest.mark.deep),
    ],
)
@pytest.mark.parametrize("disk", CAUSES)
def test_disk_that_takes_nothing_is_read_and_not_changed(
    busy: Path, tmp_path: Path, disk: str, commands: Sequence[Command]
) -> None:
    """Changes are exit 6 with the reason; once the disk is well the next command works."""
    names = [command.name for command in commands]
    told = run_mounted("tests.reliability.crash.mounted", busy, tmp_path, disk, *names)
    for command, found in zip(commands, told, strict=True):
        assert [] == found["reading"], command.name
        # A repair sets aside what it cannot write anew; that loses nothing, and can be repeated.
        # Void links go where mails are sent, which takes no room.
        may_change = command.repairs or (command.name, disk) == ("mail send", "full")
        assert may_change or not found["changed"], command.name
        assert [] == found["afterwards"], command.name
        if command.name in BESIDE:
            assert BESIDE[command.name] == found["status"], found
            assert command.server or CAUSES[disk] in found["messages"][0], found
        else:
            assert 6 == found["status"], found
            assert {disk} == set(found["reasons"]), found
