"""The gate in this process: what an agent sends by ssh, and what comes back."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from kofucli.cli.office import gate
from tests.conftest import OfficeInFolder, Outcome, run_command


@contextmanager
def isolated() -> Iterator[None]:
    """Let the gate take this process for one of its own, and leave its environment as it was."""
    flags = SimpleNamespace(flags=SimpleNamespace(isolated=1))
    with mock.patch.object(gate, "sys", flags), mock.patch.dict(os.environ):
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def send(
    office: OfficeInFolder, agent: str, command: str, data: bytes = b"", **env: str
) -> Outcome:
    """Return what ``ssh kofu@office COMMAND < DATA`` gives to an agent."""
    with isolated(), mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(data))):
        os.environ.update(env)
        os.environb[b"SSH_ORIGINAL_COMMAND"] = command.encode("utf-8", "surrogateescape")
        return run_command("--config", str(office.config), "gate", agent, env=env)


def write_proof(folder: Path, text: str, mode: int = 0o600) -> str:
    """Write what sshd tells of a session into a file, and return its path."""
    path = folder / "sshauth.abc"
    path.write_text(text, "ascii")
    path.chmod(mode)
    return str(path)
