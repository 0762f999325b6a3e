"""The sweeps find bugs: each one that is planted in a store here is reported."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from kofucli.store import disk
from kofucli.store.files.ledger import Ledger
from kofucli.store.files.view import FileTransaction
from tests.reliability.crash.conftest import Sweep
from tests.reliability.crash.powerloss import lose_power_everywhere
from tests.reliability.crash.striking import KILL, Report, every_call, strike_everywhere

_sync, _append = os.fsync, Ledger.append


def _sync_only(wanted: Callable[[int], bool]) -> Callable[[int], None]:
    def sync(descriptor: int) -> None:
        if wanted(os.fstat(descriptor).st_mode):
            _sync(descriptor)

    return sync


def _write_in_place(files: dict[str, bytes], *_: object) -> dict[str, OSError]:
    for path, data in files.items():
        with disk.opened(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as descriptor:
            disk.write_all(descriptor, data)
            os.fsync(descriptor)
        disk.sync_folder(os.path.dirname(path))
    return {}


def _say_done_and_append(self: Ledger, *rest: Any) -> Any:
    os.write(1, b"done\n")
    return _append(self, *rest)


def _kill(busy: Path, folder: Path, name: str, until: str | None) -> Report:
    return strike_everywhere(busy, folder, name, every_call, (KILL,), until)


_Sweep = Callable[[Path, Path, str, str | None], Report]
BUGS: dict[str, tuple[object, str, object, _Sweep, str, str]] = {
    "files are not synced": (
        *(os, "fsync", _sync_only(stat.S_ISDIR)),
        *(lose_power_everywhere, "book", "reading fails"),
    ),
    "folders are not synced": (
        *(os, "fsync", _sync_only(stat.S_ISREG)),
        *(lose_power_everywhere, "book, first of a month", "0 transactions stand, expected 1"),
    ),
    "documents are written in place": (
        *(disk, "replace_files", _write_in_place),
        *(_kill, "book", "reading fails"),
    ),
    "done is said before the commit": (
        *(Ledger, "append", _say_done_and_append),
        *(_kill, "cancel", "0 transactions stand, expected 1"),
    ),
    "nothing is recovered": (
        *(FileTransaction, "recover", lambda *_: None),
        *(_kill, "book", "store check: "),
    ),
}
"""By bug: what takes whose place, and which sweep of which command must say what of it."""


def sweep_broken(busy: Path, folder: Path, name: str) -> Report:
    owner, attribute, stand_in, sweep, command, says = BUGS[name]
    with patch.object(owner, attribute, stand_in):
        return sweep(busy, folder, command, says)


_QUICK = "documents are written in place"


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.deep] if name != _QUICK else []) for name in BUGS],
)
def test_planted_bug_is_found(name: str, sweep: Sweep) -> None:
    report = sweep(sweep_broken, name)
    assert any(BUGS[name][-1] in fault for fault in report.faults), report.faults
