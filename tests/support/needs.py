"""What some tests need of a machine, and how they are skipped where it is missing."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import NoReturn

import pytest

KILLED = -9 if os.name == "posix" else 9
"""The exit status of a process that killed itself with signal 9."""

STOPPED = -9 if os.name == "posix" else 1
"""The exit status of a process that was killed with ``Popen.kill``."""

linux_only = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="this is no Linux (/proc, mount, strace)"
)
"""For tests that read /proc, mount a disk or trace system calls."""

posix_only = pytest.mark.skipif(
    os.name != "posix", reason="this is no POSIX system (modes, accounts, pipes with names, pty)"
)
"""For tests of modes, pipes and terminals, which Windows does not have."""


def mode_of(path: str | Path) -> int:
    """Return who may do what with a file; skip this test where modes do not say that."""
    if os.name != "posix":
        pytest.skip("modes do not say here who may do what with a file")
    return stat.S_IMODE(os.stat(path).st_mode)


def make_pipe(path: Path) -> None:
    """Make a pipe that has a name; skip this test where there are none."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no pipes with names here")
    os.mkfifo(path)


def path_of_descriptor(descriptor: int) -> str:
    """Return the path of an open file; skip this test where the system does not tell."""
    if sys.platform == "darwin":
        import fcntl

        return os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    if not Path("/proc/self/fd").exists():
        pytest.skip("the system does not tell the path of an open file (/proc)")
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


def lacking(what: str) -> NoReturn:
    """Skip this test with the reason ``what``, which names the package to install; in CI fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)
