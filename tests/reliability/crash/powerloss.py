"""Every state that a power failure may leave on the disk, given what a command has synced.

The calls of a traced run are played on a model of a disk. What is not synced may be there or not:

- A file's bytes, until the file is synced: any beginning of what was written, whole or cut, or
  zeros in the place of all of it, of its end, or of its first pages.
- A name made, changed or removed, until its folder is synced: any subset of these, in order. A
  renaming is there or is not; a file that is synced may still have no name.

Common file systems keep more than this model, so a store that survives here survives there.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from tests.reliability.crash.examining import Expected, find_erased, judge
from tests.reliability.crash.striking import Report, prepared, strike
from tests.reliability.crash.tracing import Call, Run

_PAGE = 4096
_MOST = 256
"""States of one moment up to which all are tried; beyond them neighbours and a sample are."""
_SAMPLE = 64

Tree = dict[str, "bytes | None"]
"""A disk's files by path, None for a folder."""


@dataclass
class File:
    """A file: its bytes as synced, as seen now, and the changes between the two."""

    synced: bytes = b""
    now: bytes = b""
    changes: list[tuple[bytes, int]] = field(default_factory=list)

    def append(self, data: bytes) -> None:
        self.changes.append((data, -1))
        self.now += data

    def overwrite(self, data: bytes, offset: int) -> None:
        """Write the same bytes again, which changes nothing, or append others."""
        if self.now[offset : offset + len(data)] != data:
            assert offset == len(self.now), "other bytes are written over"
            self.append(data)

    def cut(self, size: int) -> None:
        if size != len(self.now):
            self.changes.append((b"", size))
            self.now = self.now[:size]

    def sync(self) -> None:
        self.synced, self.changes = self.now, []

    def outcomes(self) -> list[bytes]:
        """Return each content that the file may have after a power failure."""
        found = [self.synced]
        content = self.synced
        for data, size in self.changes:
            if size >= 0:
                content = content[:size]
            else:
                found += [content + part for part in _parts(data, len(content))]
                content += data
            found.append(content)
        return list(dict.fromkeys(found))


def _parts(data: bytes, offset: int) -> Iterator[bytes]:
    """Yield the parts of ``data``, written at an offset, that may be on the disk."""
    size = len(data)
    page = _PAGE - offset % _PAGE
    for cut in sorted({1, size // 2, size - 1, *range(page, size, _PAGE)}):
        yield data[:cut]
        yield data[:cut] + bytes(size - cut)
    yield bytes(size)
    if page < size:
        yield bytes(page) + data[page:]


@dataclass
class Folder:
    """A folder: its names as synced, as seen now, and the changes between the two.

    A change is the name that appears (None for a removal), the name that goes, and what it names.
    """

    synced: dict[str, Node] = field(default_factory=dict)
    now: dict[str, Node] = field(default_factory=dict)
    changes: list[tuple[str | None, str | None, Node]] = field(default_factory=list)

    def change(self, appears: str | None, goes: str | None, node: Node) -> None:
        self.changes.append((appears, goes, node))
        _rename(self.now, appears, goes, node)

    def sync(self) -> None:
        self.synced, self.changes = dict(self.now), []

    def outcomes(self) -> list[dict[str, Node]]:
        """Return each set of names that the folder may have after a power failure."""
        found = []
        for kept in itertools.product((False, True), repeat=len(self.changes)):
            names = dict(self.synced)
            for change in itertools.compress(self.changes, kept):
                _rename(names, *change)
            if names not in found:
                found.append(names)
        return found


Node = File | Folder


def _rename(names: dict[str, Node], appears: str | None, goes: str | None, node: Node) -> None:
    if goes is not None:
        names.pop(goes, None)
    if appears is not None:
        names[appears] = node


class Disk:
    """A disk that holds a folder of this machine, all of it synced; calls are played on it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._top = Folder()
        for path in sorted(root.rglob("*")):
            folder, name = self._find(str(path))
            data = path.read_bytes() if path.is_file() else b""
            folder.now[name] = Folder() if path.is_dir() else File(data, data)
            folder.synced[name] = folder.now[name]

    def _find(self, path: str) -> tuple[Folder, str]:
        folder = self._top
        *parents, name = os.path.relpath(path, self._root).split("/")
        for parent in parents:
            below = folder.now[parent]
            assert isinstance(below, Folder), path
            folder = below
        return folder, name

    def _node(self, path: str) -> Node | None:
        if path == str(self._root):
            return self._top
        folder, name = self._find(path)
        return folder.now.get(name)

    def play(self, call: Call) -> None:
        kind = call.name.removesuffix("at2").removesuffix("at")
        harmless = kind in ("chmod", "fchmod", "flock") or call.path.endswith("/.lock")
        if call.result is not None and call.result >= 0 and not harmless:
            getattr(self, f"_play_{kind}")(call)

    def _file(self, call: Call) -> File:
        found = self._node(call.path)
        assert isinstance(found, File), call
        return found

    def _play_open(self, call: Call) -> None:
        folder, name = self._find(call.path)
        flags = next(a for a in call.arguments if a.startswith("O_")).split("|")
        if "O_CREAT" in flags and name not in folder.now:
            folder.change(name, None, File())
        if "O_TRUNC" in flags:
            self._file(call).cut(0)

    _play_creat = _play_open

    def _play_write(self, call: Call) -> None:
        self._file(call).append(call.text(1)[: call.result])

    def _play_pwrite64(self, call: Call) -> None:
        self._file(call).overwrite(call.text(1)[: call.result], int(call.arguments[3]))

    def _play_ftruncate(self, call: Call) -> None:
        self._file(call).cut(int(call.arguments[1]))

    def _play_fsync(self, call: Call) -> None:
        found = self._node(call.path)
        if found is not None:
            found.sync()

    _play_fdatasync = _play_fsync

    def _play_mkdir(self, call: Call) -> None:
        folder, name = self._find(call.path)
        folder.change(name, None, Folder())

    def _play_unlink(self, call: Call) -> None:
        folder, name = self._find(call.path)
        folder.change(None, name, folder.now[name])

    _play_rmdir = _play_unlink

    def _play_rename(self, call: Call) -> None:
        before, after = (path for path in call.paths if path.startswith(str(self._root)))
        source, name = self._find(before)
        target, new = self._find(after)
        node = source.now[name]
        if source is target:
            target.change(new, name, node)
        else:  # common file systems keep both names or none; this one forgets any of them
            target.change(new, None, node)
            source.change(None, name, node)

    def outcomes(self) -> Iterator[Tree]:
        """Return the trees that may be on the disk after a power failure; a choice of very many."""
        nodes = list(_unsynced(self._top, set()))
        choices = [node.outcomes() for node in nodes]
        whole = prod(map(len, choices)) <= _MOST
        for pick in itertools.product(*choices) if whole else _pick_some(choices):
            yield _spell(self._top, dict(zip(map(id, nodes), pick, strict=True)))


def _unsynced(node: Node, seen: set[int]) -> Iterator[Node]:
    """Yield everything below a node that has changes which are not synced."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if node.changes:
        yield node
    if isinstance(node, Folder):
        named = [each for _, _, each in node.changes]
        for below in (*node.synced.values(), *node.now.values(), *named):
            yield from _unsynced(below, seen)


def _pick_some(choices: Sequence[Sequence[object]]) -> Iterator[tuple[object, ...]]:
    """Yield no change, all changes, both with each single difference, and a sample."""
    for base in (tuple(c[0] for c in choices), tuple(c[-1] for c in choices)):
        yield base
        for at, options in enumerate(choices):
            for option in options:
                yield (*base[:at], option, *base[at + 1 :])
    chosen = random.Random(len(choices))
    for _ in range(_SAMPLE):
        yield tuple(chosen.choice(options) for options in choices)


def _spell(node: Node, picked: dict[int, object], path: str = "") -> Tree:
    """Return the disk as files by path, with the outcomes that were picked."""
    if isinstance(node, File):
        return {path: picked.get(id(node), node.synced)}
    names = picked.get(id(node), node.synced)
    tree: Tree = {path: None}
    for name, below in names.items():
        tree |= _spell(below, picked, f"{path}/{name}")
    return tree


def _lay_out(tree: Tree, folder: Path) -> None:
    for path, content in sorted(tree.items()):
        place = folder / path.lstrip("/")
        if content is None:
            place.mkdir(0o700)
        else:
            place.write_bytes(content)


def lose_power_everywhere(busy: Path, folder: Path, name: str, until: str | None = None) -> Report:
    """Judge every state that a power failure may leave after each call of a command.

    Stops early where a fault says ``until``.
    """
    report = Report()
    with prepared(busy, folder, name) as (start, work, expected):
        office, run, _ = strike(start, work, None)
        assert run.status == 0, run.err
        judged: set[tuple[int, int]] = set()
        report.runs = len(run.calls)
        for place, told, tree in _play(expected, office.folder, run, work / "streams" / "out"):
            files = (item for item in tree.items() if not item[0].endswith("/.lock"))
            key = (hash(frozenset(files)), told)
            if key in judged:
                continue
            judged.add(key)
            shutil.rmtree(office.folder)
            _lay_out(tree, office.folder)
            found = list(find_erased(office)) if told else []
            found += judge(office, expected, told, expected.transactions, False)
            report.faults += [f"power lost after {place}: {fault}" for fault in found]
            if report.says(until):
                break
        report.states = len(judged)
    return report


def _play(expected: Expected, root: Path, run: Run, out: Path) -> Iterator[tuple[str, int, Tree]]:
    """Yield each state of the disk, after which call, and how much had been said to be done."""
    shutil.rmtree(root)
    shutil.copytree(expected.start.folder, root)
    disk, said = Disk(root), b""
    for call in run.calls:
        if call.concerns(root):
            disk.play(call)
        if call.name == "write" and call.path == str(out):
            said += call.text(1)
        told = expected.transactions if said else 0
        told = said.count(b"\n") if expected.start.stdin else told
        yield from ((call.describe(root), told, tree) for tree in disk.outcomes())
