"""A terminal of its own for a command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest


def run_on_terminal(
    command: list[str],
    environment: Mapping[str, str],
    typed: bytes | None = None,
    stdout: Any = None,
) -> tuple[int, bytes]:
    """Run a command on a terminal; return its exit status and what was shown there.

    The terminal is its stderr, its stdout unless that is given, and where something is ``typed``
    its stdin. Line ends are as the command wrote them. Where there are no terminals of this kind,
    the test is skipped.
    """
    if os.name != "posix":
        pytest.skip("there are no terminals of POSIX here (pty)")
    import pty
    import termios

    ours, theirs = pty.openpty()
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if typed is None else theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env=environment,
    ) as process:
        os.close(theirs)
        if typed is not None:
            os.write(ours, typed)
        shown = b""
        while part := _read(ours):
            shown += part
        os.close(ours)
        return process.wait(), shown


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # so a terminal ends whose other side was closed
        return b""
