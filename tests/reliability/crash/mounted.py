"""Every command on a disk that is full, and on one that is mounted read-only; run as a script.

``python -m tests.reliability.crash.mounted BUSY PLACE DISK COMMAND…`` in a mount namespace of its
own mounts a small disk at PLACE, and prints what the commands of the table did there as a JSON
document.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from tests.conftest import OfficeInFolder
from tests.reliability.crash.commands import Start, by_name, clock_ahead, make_start
from tests.reliability.crash.examining import go_on, run_here

_PAGE = 4096
_SHORTEST = 300
"""Bytes: every line of the ledger is longer."""
_READING = (
    *("status", "slots", "list --all", "agent list", "desk sheet 2026-11-25", "rules list"),
    *("report load", "terms show", "store check"),
)


def mount(place: Path, *options: str) -> None:
    command = ["mount", *options, str(place)]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def filled(place: Path) -> Iterator[None]:
    """Leave no byte on the disk while the block runs."""
    filler = place / "filler"
    with open(filler, "wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(_PAGE))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def _read_only(place: Path) -> Iterator[None]:
    mount(place, "-o", "remount,bind,ro")
    try:
        yield
    finally:
        mount(place, "-o", "remount,bind,rw")


def _fill_last_page(office: OfficeInFolder) -> None:
    """Write lines until the ledger's last page has no room for another one."""
    for count in range(200):
        newest = max((office.store / "ledger").iterdir())
        room = -newest.stat().st_size % _PAGE
        if room < _SHORTEST:
            return
        by = "x" * (1 + (room * 7) % 99)
        office.json("agent", "edit", "Z-9", "--phone", f"045-{count:04}", "--by", by)
    raise AssertionError("the ledger's last page stays open")


def _try(office: Start) -> dict[str, Any]:
    """Run a command that must change nothing, and return how it ended."""
    before = _files(office)
    office.arguments = (*office.arguments, "-f", "json")
    outcome = run_here(office, office.stdin)
    # Who reads lines answers each with a document of its own.
    documents = outcome.out.splitlines() if office.stdin else [outcome.err]
    errors = [json.loads(document)["error"] for document in documents]
    return {
        "status": outcome.status,
        "reasons": [error.get("reason") for error in errors],
        "messages": [error["message"] for error in errors],
        "changed": _files(office) != before,
        "reading": [
            f"{line}: {found.err}"
            for line in (() if office.command.repairs else _READING)
            if (found := office.run(*line.split())).status
        ],
    }


def _files(office: OfficeInFolder) -> dict[str, bytes]:
    return {name: data for name, data in office.bytes().items() if not name.endswith(".tmp")}


_STATES = {"full": filled, "read-only": _read_only}


def main(busy: Path, place: Path, disk: str, names: Sequence[str]) -> None:
    mount(place, "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs")
    found = []
    for command in map(by_name, names):
        office = make_start(busy, place / "office", command, 1)
        if not command.repairs:
            with clock_ahead() if command.prepare is not None else nullcontext():
                _fill_last_page(office)
        with _STATES[disk](place):
            tried = _try(office)
        if command.repairs:
            assert run_here(office).status == 0
        tried["afterwards"] = list(go_on(office, agent=command.follower))
        found.append(tried)
        shutil.rmtree(office.folder)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    os.umask(0o077)
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
