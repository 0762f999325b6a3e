"""A whole store as one stream of JSON lines, and back: for exports and backups.

1. ``{"kofucli": "store", …}``: what the store is, and the last line that follows.
2. A line a file of personal values, the lines of a purge's snapshot, then the ledger's lines, each
   with its bytes as they are: ``{"file": "ledger/2026-11.jsonl", "line": {…}}``.
3. ``{"end": true, …}``: how many lines came before, and their SHA-256.

Documents do not stand in it: they are the ledger, folded. Nor does the outbox.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, BinaryIO, Literal

import msgspec

from kofucli.errors import LockedError, Phrase, StoreError
from kofucli.model import Agent
from kofucli.store import disk
from kofucli.store.anchor import read_kept, snapshot_path
from kofucli.store.files import FileStore
from kofucli.store.header import Header, read_header
from kofucli.store.ledger import Tail, decode_line, digest, read_raw
from kofucli.store.view import FileView, personal_path

_TRIES = 3
_NAME_LENGTH = 32
_AGENTS = "agents/"


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line: the store's header, and number, hash and instant of its last line."""

    kofucli: Literal["store"]
    format: Literal[1]
    store: Header
    n: int
    hash: str
    at: Annotated[datetime, msgspec.Meta(tz=True)]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a file, or (``whole``) a file that has no line feed; the other one is empty."""

    file: str
    line: msgspec.Raw = msgspec.Raw()
    whole: msgspec.Raw = msgspec.Raw()


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line: how many came before, and the SHA-256 of their bytes."""

    end: Literal[True]
    lines: int
    sha256: str


class _Source(msgspec.Struct):
    """One state of a store: what is read later is open already, so no writer can take it away."""

    manifest: Manifest
    personal: list[tuple[str, bytes]]
    files: list[tuple[str, BinaryIO]]


def pack(store: FileStore) -> Iterator[bytes]:
    """Yield the lines of a store's archive, of one state, while others may write.

    Raises StoreError where the ledger is damaged, LockedError where it is purged meanwhile.
    """
    with ExitStack() as stack:
        source = _open_source(store, stack)
        sum_, count = hashlib.sha256(), 0
        for data in _pack_lines(source, store):
            sum_.update(data)
            count += 1
            yield data
        yield msgspec.json.encode(End(True, count, sum_.hexdigest())) + b"\n"


def _open_source(store: FileStore, stack: ExitStack) -> _Source:
    """Open everything; again where a purge or a migration came in between."""
    for _ in range(_TRIES):
        header = read_header(store.root)
        if header is not None:
            store.use_header(header)
        try:
            source = store.read(lambda view: _read_source(store, view, stack))
        except StoreError:
            if read_header(store.root) == header:
                raise
            continue  # what it named is gone with the old header
        if read_header(store.root) == header:
            return source
    raise LockedError(Phrase("The store is being purged or migrated. Try again."))


def _read_source(store: FileStore, view: FileView, stack: ExitStack) -> _Source:
    view.refuse_lost_lines()  # a copy of what is left would hide that there was more
    tail = view.tail
    paths = [path for path in store.ledger.files() if path <= tail.path]
    months = [(path, stack.enter_context(_open(path))) for path in paths]
    agents = _find_agents(store, months, tail)
    personal = []
    for agent in agents:
        if view.agent(agent.id) != agent:
            path = os.path.join(store.root, "agents", f"{agent.id}.{store.header.codec}")
            raise disk.damaged(path, Phrase("it differs from the ledger"))
        if agent.erased is None:
            view.personal(agent)
            path = personal_path(store.root, agent.id, agent.personal)
            personal.append((path, disk.read_bytes(path) or b""))
    files = months
    if store.header.anchor is not None:
        path = snapshot_path(store.root, store.header.anchor)
        files = [(path, stack.enter_context(_open(path))), *months]
    line = tail.line
    manifest = Manifest("store", 1, store.header, line.n, digest(tail.raw), line.at)
    return _Source(manifest, personal, files)


def _find_agents(
    store: FileStore, months: Iterable[tuple[str, BinaryIO]], tail: Tail
) -> list[Agent]:
    """Return all agents by id as the ledger has them up to ``tail``: a folder can lose one.

    Raises StoreError where the snapshot of a purge, or a line about an agent, is damaged.
    """
    found: dict[str, msgspec.Raw] = {}
    for kept in read_kept(store.root, store.header.anchor):
        if kept.name.startswith(_AGENTS):
            found.update((kept.name, raw) for raw in kept.records)
    for path, number, raw in store.ledger.select(_read(*file) for file in months):
        if b'"agents/' in raw:  # few lines are about agents; the others need no decoding
            put = decode_line(raw, path, number).put
            found.update((name, x) for name in put if name.startswith(_AGENTS) for x in put[name])
        if raw == tail.raw:
            break
    for _, file in months:
        file.seek(0)
    try:
        return [msgspec.json.decode(found[name], type=Agent) for name in sorted(found)]
    except (ValueError, RecursionError) as error:
        raise disk.damaged(store.root, Phrase("{detail}", detail=str(error))) from None


def _open(path: str) -> BinaryIO:
    try:
        return open(disk.open_file(path, os.O_RDONLY), "rb")
    except OSError as error:
        raise disk.failure(error, path) from None


def _pack_lines(source: _Source, store: FileStore) -> Iterator[bytes]:
    yield msgspec.json.encode(source.manifest) + b"\n"
    for path, data in source.personal:
        if digest(data)[:_NAME_LENGTH] not in path:
            raise disk.damaged(path, Phrase("its content does not fit its name"))
        yield _entry(store.root, path, b"whole", data)
    chain = Chain(*store.ledger.start)
    for path, file in source.files:
        if "anchor-" in os.path.basename(path):
            for _, raw, _ in read_raw(file):
                yield _entry(store.root, path, b"line", raw)
    months = [f for f in source.files if "anchor-" not in os.path.basename(f[0])]
    for path, number, raw in store.ledger.select(_read(*file) for file in months):
        chain.follow(raw, path, number)
        yield _entry(store.root, path, b"line", raw)
        if chain.n == source.manifest.n:
            break
    if f"{chain.n}:{chain.hash}" != f"{source.manifest.n}:{source.manifest.hash}":
        raise disk.damaged(store.root, Phrase("the ledger ends before its last line"))


def _read(path: str, file: BinaryIO) -> Iterator[tuple[str, int, bytes]]:
    for number, raw, _ in read_raw(file):
        yield path, number, raw


def _entry(root: str, path: str, key: bytes, raw: bytes) -> bytes:
    name = os.path.relpath(path, root).replace(os.sep, "/").encode()
    return b'{"file":"%s","%s":%s}\n' % (name, key, raw)


class Chain:
    """The ledger's chain, followed line by line from line ``n`` with its hash."""

    def __init__(self, n: int, hash_: str) -> None:
        self.n, self.hash = n, hash_

    def follow(self, raw: bytes, path: str, number: int) -> None:
        """Go on by a line; raises StoreError where it is damaged or not the next one."""
        line = decode_line(raw, path, number)
        if (line.n, line.prev) != (self.n + 1, self.hash):
            what = Phrase("it does not continue the line before: one was changed or removed")
            raise disk.damaged(f"{path}:{number}", what)
        if line.at.tzinfo is None or line.clock.tzinfo is None:
            raise disk.damaged(f"{path}:{number}", Phrase("an instant of it has no time zone"))
        self.n, self.hash = line.n, digest(raw)
