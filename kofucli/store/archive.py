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
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import BinaryIO, Literal

import msgspec

from kofucli.errors import InputError, LockedError, Phrase, Problem, StoreError
from kofucli.store import disk
from kofucli.store.anchor import snapshot_path
from kofucli.store.files import FileStore
from kofucli.store.header import Header, read_header
from kofucli.store.ledger import GENESIS, decode_line, digest, read_raw
from kofucli.store.view import FileView, personal_path

__all__ = ["Entry", "Manifest", "pack", "read_entries", "read_manifest"]

_TRIES = 3
_NAME = re.compile(
    r"ledger/([0-9]{4}-[0-9]{2}|anchor-[0-9]{1,12}-[0-9a-f]{8})\.jsonl"
    r"|private/[A-Z0-9][A-Z0-9-]{0,31}-[0-9a-f]{32}\.json"
)
_NAME_LENGTH = 32


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line: the store's header, and number, hash and instant of its last line."""

    kofucli: Literal["store"]
    format: Literal[1]
    store: Header
    n: int
    hash: str
    at: datetime


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a file, or (``whole``) a file that has no line feed; the other one is empty."""

    file: str
    line: msgspec.Raw = msgspec.Raw()
    whole: msgspec.Raw = msgspec.Raw()


class _End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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
        yield msgspec.json.encode(_End(True, count, sum_.hexdigest())) + b"\n"


def _open_source(store: FileStore, stack: ExitStack) -> _Source:
    """Open everything; again where a purge or a migration came in between."""
    for _ in range(_TRIES):
        header = read_header(store.root)
        if header is not None:
            store.use_header(header)
        source = store.read(lambda view: _read_source(store, view, stack))
        if read_header(store.root) == header:
            return source
    raise LockedError(Phrase("The store is being purged or migrated. Try again."))


def _read_source(store: FileStore, view: FileView, stack: ExitStack) -> _Source:
    tail = view.tail
    personal = []
    for agent in view.agents():
        if agent.erased is None:
            view.personal(agent)
            path = personal_path(store.root, agent.id, agent.personal)
            personal.append((path, disk.read_bytes(path) or b""))
    paths = [path for path in store.ledger.files() if path <= tail.path]
    if store.header.anchor is not None:
        paths.insert(0, snapshot_path(store.root, store.header.anchor))
    files = [(path, stack.enter_context(_open(path))) for path in paths]
    line = tail.line
    manifest = Manifest("store", 1, store.header, line.n, digest(tail.raw), line.at)
    return _Source(manifest, personal, files)


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
    chain = _Chain(*store.ledger.start)
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


class _Chain:
    """The ledger's chain, followed line by line."""

    def __init__(self, n: int, hash_: str) -> None:
        self.n, self.hash = n, hash_

    def follow(self, raw: bytes, path: str, number: int) -> None:
        """Go on by a line; raises StoreError where it is damaged or not the next one."""
        line = decode_line(raw, path, number)
        if (line.n, line.prev) != (self.n + 1, self.hash):
            what = Phrase("it does not continue the line before: one was changed or removed")
            raise disk.damaged(f"{path}:{number}", what)
        self.n, self.hash = line.n, digest(raw)


_entry_decoder = msgspec.json.Decoder(Entry)


def read_manifest(lines: Iterator[bytes], name: str) -> tuple[Manifest, bytes]:
    """Read the first line of an archive: as it is meant, and its bytes.

    Raises InputError where this is no archive, StoreError where it is newer than this program.
    """
    first = next(lines, b"")
    try:
        return msgspec.json.decode(first, type=Manifest), first
    except (ValueError, RecursionError):
        raise InputError(
            Phrase(
                "{path} is no export or backup of a store, or a newer kofucli wrote it.", path=name
            )
        ) from None


def read_entries(
    lines: Iterable[bytes], manifest: Manifest, first: bytes, name: str
) -> Iterator[Entry]:
    """Yield what follows the manifest, every line of it verified; its end too.

    Raises InputError naming the line where a checksum or the chain is broken, or the end missing.
    """
    sum_ = hashlib.sha256(first)
    anchor = manifest.store.anchor
    chain = _Chain(0, GENESIS) if anchor is None else _Chain(anchor.n, anchor.hash)
    count = 0
    for count, line in enumerate(lines, 1):
        if line.startswith(b'{"end"'):
            _check_end(line, (count, sum_.hexdigest()), (chain, manifest), name)
            return
        sum_.update(line)
        try:
            entry = _entry_decoder.decode(line)
            _check_entry(entry, chain, count + 1)
        except (ValueError, RecursionError) as error:
            raise _bad(name, count + 1, Phrase("{detail}", detail=str(error))) from None
        except StoreError as error:
            what = error.phrase.values.get("what", error.phrase)
            raise _bad(name, count + 1, Phrase("{detail}", detail=what)) from None
        yield entry
    raise _bad(name, count + 1, Phrase("the end is missing: the file was cut"))


def _check_entry(entry: Entry, chain: _Chain, number: int) -> None:
    """Raise ValueError, StoreError where an entry is not what an archive holds."""
    line, whole = bytes(entry.line), bytes(entry.whole)
    is_personal = entry.file.startswith("private/")
    if (
        _NAME.fullmatch(entry.file) is None
        or bool(line) == bool(whole)
        or is_personal == bool(line)
    ):
        raise ValueError("no part of a store has this name")
    if is_personal:
        if not entry.file.endswith(f"-{digest(whole)[:_NAME_LENGTH]}.json"):
            raise ValueError("its content does not fit its name")
    elif not entry.file.startswith("ledger/anchor-"):
        chain.follow(line, entry.file, number)


def _check_end(
    line: bytes, seen: tuple[int, str], state: tuple[_Chain, Manifest], name: str
) -> None:
    count, sha256 = seen
    chain, manifest = state
    try:
        end = msgspec.json.decode(line, type=_End)
    except (ValueError, RecursionError) as error:
        raise _bad(name, count + 1, Phrase("{detail}", detail=str(error))) from None
    if (end.lines, end.sha256) != (count, sha256):
        raise _bad(name, count + 1, Phrase("its checksum does not fit"))
    if (chain.n, chain.hash) != (manifest.n, manifest.hash):
        raise _bad(name, count + 1, Phrase("the ledger ends before its last line"))


def _bad(name: str, number: int, message: Phrase) -> InputError:
    return InputError(
        Phrase("{path} is damaged, so nothing was made of it.", path=name),
        [Problem(Phrase("line {number}", number=number), message)],
    )
