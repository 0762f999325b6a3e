"""Terminals: one of its own for a command, one that somebody types at, and how wide text is."""

from __future__ import annotations

import io
import os
import subprocess
import unicodedata
from collections.abc import Mapping
from typing import Any

import pytest


class Terminal(io.TextIOWrapper):
    """A terminal at which somebody has typed something; what is written is its value."""

    def __init__(self, typed: str = "") -> None:
        super().__init__(io.BytesIO(typed.encode()), "utf-8", write_through=True)

    def isatty(self) -> bool:
        return True


def columns(line: str) -> int:
    """Count terminal columns as the Unicode standard annex 11 has it, ambiguous ones as two."""
    return sum(1 + (unicodedata.east_asian_width(char) in "WFA") for char in line)


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
