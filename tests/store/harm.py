"""What befalls a store: functions that change what lies in its folder.

A file is named by its path in the store; ``*`` stands for the hash in the name of personal values.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.store.support import change_ledger, with_checksum
from tests.support.needs import make_pipe

Harm = Callable[[Path], object]


def find(root: Path, file: str) -> Path:
    """Return where a file of a store lies, or would."""
    if "*" not in file:
        return root / file
    (path,) = root.glob(file)
    return path


def remove(file: str) -> Harm:
    """Remove a file, or a folder with all that is in it."""

    def harm(root: Path) -> None:
        path = find(root, file)
        if file.endswith("/"):
            shutil.rmtree(path)
        else:
            path.unlink()

    return harm


def write(file: str, data: bytes) -> Harm:
    return lambda root: find(root, file).write_bytes(data)


def edit(file: str, old: bytes, new: bytes, sealed: bool = True) -> Harm:
    """Change a text in a file that is there; ``sealed``, it gets the checksum that fits."""

    def harm(root: Path) -> None:
        path = find(root, file)
        data = path.read_bytes()
        assert old in data
        changed = data.replace(old, new)
        path.write_bytes(with_checksum(changed) if sealed else changed)

    return harm


def block(file: str, kind: str) -> Harm:
    """Put a folder, a pipe or a link in the place of a file; the link leads to what was there."""

    def harm(root: Path) -> None:
        path = find(root, file)
        elsewhere = root.parent / "elsewhere"
        if path.exists():
            path.rename(elsewhere)
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            make_pipe(path)
        else:
            path.symlink_to(elsewhere)

    return harm


def change_lines(change: Callable[[list[bytes]], list[bytes]]) -> Harm:
    return lambda root: change_ledger(root, change)
