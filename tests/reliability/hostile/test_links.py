"""A symbolic link at a path that a command writes: the target of the link is not changed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.crash.commands import COMMANDS, Command, Start, make_busy, make_start
from tests.reliability.crash.examining import run_here
from tests.store.support import everything_in

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_seen: list[list[str]] = []
"""The lists of paths that are being kept: an audit hook cannot be taken away again."""


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if not _seen:
        return
    paths: tuple[Any, ...] = ()
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        paths = arguments[:1]
    elif event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod"):
        paths = arguments[:2]
    _seen[-1].extend(os.path.abspath(path) for path in paths if isinstance(path, str))


sys.addaudithook(_note)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_busy(tmp_path_factory.mktemp("links") / "busy").folder


def find_places(start: Start, folder: Path) -> list[str]:
    """Return where a command writes, makes, renames or removes, relative to its office's folder."""
    tried = start.copy(folder)
    _seen.append(paths := [])
    outcome = run_here(tried, tried.stdin)
    _seen.clear()
    assert outcome.status == 0, outcome
    inside = {os.path.relpath(path, folder) for path in paths if path.startswith(f"{folder}/")}
    return sorted(place for place in inside if f"{os.getpid()}" not in place)


STRUCK = [command for command in COMMANDS if not command.server]


@pytest.mark.parametrize("command", STRUCK, ids=[command.name for command in STRUCK])
def test_nothing_is_written_through_a_link(busy: Path, tmp_path: Path, command: Command) -> None:
    """At each path that a command writes a link is put, to a file or a folder elsewhere.

    What was there lies elsewhere now, or a stranger's file does. Whatever the command says of it,
    nothing outside of its office changes, and it is no defect.
    """
    start = make_start(busy, tmp_path / "start", command)
    places = find_places(start, tmp_path / "tried")
    assert places
    for number, place in enumerate(places):
        office, outside = start.copy(tmp_path / f"{number}" / "office"), tmp_path / f"out-{number}"
        path, target = office.folder / place, outside / "target"
        outside.mkdir()
        if path.exists():
            path.rename(target)
        else:
            target.write_bytes(b"precious")
            path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
        before = everything_in(outside)
        outcome = run_here(office, office.stdin)
        assert everything_in(outside) == before, (place, outcome)
        assert outcome.status in (0, 3, 4, 5, 6, 7), (place, outcome)
        assert "Traceback" not in outcome.err
        shutil.rmtree(office.folder)
