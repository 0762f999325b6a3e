"""Copies of a store, and what is removed from one: functions that take a store.

A backup is an archive in a compressed file::

    made = back_up(store, "/mnt/backups", now)
    with open_archive(made.path) as archive:
        restore_archive("Y", archive, "new-store", stamp)

An archive is a whole store as one stream of JSON lines:

1. ``{"kofucli": "store", …}``, the manifest: the header, and the ledger's last line.
2. ``{"file": "private/A-1-….json", "whole": {…}}`` for each agent's personal values; then
   ``{"file": "ledger/2026-11.jsonl", "line": {…}}`` for each line of a purge's snapshot and each
   line of the ledger, with its bytes as they are.
3. ``{"end": true, …}``: how many lines came before, and their SHA-256.

Documents are not in it, as they follow from the ledger. The outbox is not in it either.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from kofucli.base import InputError, LockedError, Phrase, Problem, StoreError
from kofucli.base.text import N_
from kofucli.model import Agent
from kofucli.store import Store, documents
from kofucli.store.disk import Stages, unseen
from kofucli.store.documents import PERSONAL_FILE, damaged, digest, personal_file, personal_name
from kofucli.store.header import FORMAT, Header, snapshot_file, wrong_format
from kofucli.store.integrity import detail_of
from kofucli.store.ledger import Chain, Held, decode_line
from kofucli.store.view import View

_TRIES = 3
_AGENTS = "agents/"
_MONTH = re.compile(r"ledger/[0-9]{4}-(0[1-9]|1[0-2])\.jsonl")
_HASH = re.compile(r"[0-9a-f]{64}")
_LAST_FORMAT = 999
"""No store will ever have a higher format: a manifest with one is not a manifest."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line: the header, and number, hash and instant of the ledger's last line."""

    kofucli: Literal["store"]
    format: Literal[1]
    store: Header
    n: int
    hash: str
    at: Annotated[datetime, msgspec.Meta(tz=True)]

    @property
    def head(self) -> str:
        """``n:hash`` of the ledger's last line."""
        return f"{self.n}:{self.hash}"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ``line`` of a file, or a ``whole`` file without a line feed; the other one is empty."""

    file: str
    line: msgspec.Raw = msgspec.Raw()
    whole: msgspec.Raw = msgspec.Raw()


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line: how many lines came before, and the SHA-256 of their bytes."""

    end: Literal[True]
    lines: int
    sha256: str


class Archive(msgspec.Struct):
    """An archive that is open; each entry is verified when it is read."""

    manifest: Manifest
    entries: Iterator[Entry]


def pack(store: Store, stages: Stages = unseen) -> Iterator[bytes]:
    """Yield the lines of an archive of one state of the store. Raises StoreError, LockedError."""
    with ExitStack() as stack:
        held, agents = _hold(store, stack)
        sum_, count = hashlib.sha256(), 0
        lines = held.last.n - store.header.start[0]
        packed = _pack_lines(store, held, agents)
        for data in stages(N_("Writing the backup"), packed, 1 + len(agents) + lines):
            sum_.update(data)
            count += 1
            yield data
        yield msgspec.json.encode(End(True, count, sum_.hexdigest())) + b"\n"


def _hold(store: Store, stack: ExitStack) -> tuple[Held, list[tuple[Agent, bytes]]]:
    """Hold one state of the ledger, and read the values of its agents; again after a purge."""
    for _ in range(_TRIES):
        store.refresh()
        header = store.header
        try:
            found = store.read(lambda view: _hold_view(store, view, stack))
        except StoreError:
            store.refresh()
            if store.header == header:
                raise
            continue  # a purge removed what the old header names
        store.refresh()
        if store.header == header:
            return found
    raise LockedError(Phrase("The store is being purged or migrated. Try again."))


def _hold_view(
    store: Store, view: View, stack: ExitStack
) -> tuple[Held, list[tuple[Agent, bytes]]]:
    held = store.upkeep().hold(view, stack)
    agents = []
    for agent in _find_agents(store, held):
        if view.agent(agent.id) != agent:
            file = documents.path_of(f"{_AGENTS}{agent.id}", store.header.codec)
            raise damaged(os.path.join(store.root, file), Phrase("it differs from the ledger"))
        if agent.erased is None:
            data = store.personal_bytes(agent.id, agent.personal) or b""
            view.personal(agent)  # raises where they are lost, or were replaced meanwhile
            agents.append((agent, data))
    return held, agents


def _find_agents(store: Store, held: Held) -> list[Agent]:
    """Return all agents by id, from the ledger: a document may be lost. Raises StoreError."""
    found: dict[str, msgspec.Raw] = {}
    for kept in store.kept():
        if kept.name.startswith(_AGENTS):
            found.update((kept.name, raw) for raw in kept.records)
    for path, number, raw in held.lines():
        if b'"agents/' in raw:  # decode only the few lines about agents
            put = decode_line(raw, path, number).put
            found.update((name, x) for name in put if name.startswith(_AGENTS) for x in put[name])
    try:
        return [msgspec.json.decode(found[name], type=Agent) for name in sorted(found)]
    except (ValueError, RecursionError) as error:
        raise damaged(store.root, error) from None


def _pack_lines(store: Store, held: Held, agents: list[tuple[Agent, bytes]]) -> Iterator[bytes]:
    header, last = store.header, held.last
    manifest = Manifest("store", 1, header, last.n, digest(held.raw), last.at)
    yield msgspec.json.encode(manifest) + b"\n"
    for agent, data in agents:
        file = personal_file(agent.id, agent.personal)
        if personal_name(data) != agent.personal:
            path = os.path.join(store.root, file)
            raise damaged(path, Phrase("its content does not fit its name"))
        yield _entry(file, b"whole", data)
    if header.anchor is not None:
        for raw in held.snapshot:
            yield _entry(snapshot_file(header.anchor), b"line", raw)
    chain = Chain(*header.start)
    for path, number, raw in held.lines():
        chain.follow(raw, path, number)
        yield _entry(os.path.relpath(path, store.root).replace(os.sep, "/"), b"line", raw)
    if chain.head != manifest.head:
        raise damaged(store.root, Phrase("the ledger ends before its last line"))


def _entry(file: str, key: bytes, raw: bytes) -> bytes:
    return b'{"file":"%s","%s":%s}\n' % (file.encode(), key, raw)


_entry_decoder = msgspec.json.Decoder(Entry)


class _ProbedStore(msgspec.Struct):
    format: int


class _Probe(msgspec.Struct):
    """The fields that every manifest has, whatever the format of its store."""

    kofucli: str
    store: _ProbedStore


def read_manifest(lines: Iterator[bytes], name: str) -> tuple[Manifest, bytes]:
    """Read the first line of an archive; return it too. Raises InputError, StoreError (newer)."""
    first = next(lines, b"")
    try:
        probe = msgspec.json.decode(first, type=_Probe)
        if probe.kofucli == "store" and FORMAT < probe.store.format <= _LAST_FORMAT:
            raise wrong_format("newer", name, probe.store.format)
        manifest = msgspec.json.decode(first, type=Manifest)
        header, anchor = manifest.store, manifest.store.anchor
        is_possible = anchor is None or (
            anchor.n > 0 and all(map(_HASH.fullmatch, (anchor.hash, anchor.digest)))
        )
        if header.format != FORMAT or not is_possible:
            raise ValueError("this program writes no such header")
        return manifest, first
    except (ValueError, RecursionError):
        raise InputError(
            Phrase(
                "{path} is not an export or a backup of a store, or a newer kofucli wrote it.",
                path=name,
            )
        ) from None


def read_entries(
    lines: Iterator[bytes], manifest: Manifest, first: bytes, name: str
) -> Iterator[Entry]:
    """Yield the entries after the manifest, each one verified, and verify the end.

    Raises InputError, which names the line, where a checksum or the chain is broken, a file stands
    there twice or out of order, the end is missing, or something follows it.
    """
    sum_ = hashlib.sha256(first)
    reader = _Reader(manifest)
    count = 0
    for count, line in enumerate(lines, 1):
        if line.startswith(b'{"end"'):
            _check_end(line, End(True, count, sum_.hexdigest()), name)
            if reader.chain.head != manifest.head:
                what = Phrase("the ledger ends before its last line")
                raise bad_line(name, count + 1, what)
            if next(lines, None) is not None:
                raise bad_line(name, count + 2, Phrase("something follows the end"))
            return
        sum_.update(line)
        try:
            entry = _entry_decoder.decode(line)
            reader.check(entry, count + 1)
        except (ValueError, RecursionError, StoreError) as error:
            raise bad_line(name, count + 1, detail_of(error)) from None
        yield entry
    raise bad_line(name, count + 1, Phrase("the end is missing: the file was cut"))


class _Reader:
    """Checks that each entry of an archive is one that may come next; follows the chain."""

    def __init__(self, manifest: Manifest) -> None:
        anchor = manifest.store.anchor
        self.chain = Chain(*manifest.store.start)
        self._snapshot = "" if anchor is None else snapshot_file(anchor)
        self._last = (0, "")
        self._personal: set[str] = set()

    def check(self, entry: Entry, number: int) -> None:
        """Raise ValueError or StoreError where an entry may not come next."""
        line, whole = bytes(entry.line), bytes(entry.whole)
        rank = self._rank(entry.file)
        if bool(line) == bool(whole) or (rank == 0) == bool(line):
            raise ValueError("no part of a store has this name")
        if rank == 0:
            if entry.file in self._personal:
                raise ValueError("this file stands there twice")
            self._personal.add(entry.file)
            if not entry.file.endswith(f"-{personal_name(whole)}.json"):
                raise ValueError("its content does not fit its name")
        place = (rank, entry.file if rank else "")
        if place < self._last:
            raise ValueError("this file stands there twice, or in a wrong place")
        self._last = place
        if _MONTH.fullmatch(entry.file):
            self.chain.follow(line, entry.file, number)

    def _rank(self, file: str) -> int:
        """Return the place of a file's part in an archive: 0 personal, 1 snapshot, 2 ledger."""
        if re.fullmatch(PERSONAL_FILE, file) is not None:
            return 0
        if file == self._snapshot:
            return 1
        if _MONTH.fullmatch(file) is not None:
            return 2
        raise ValueError("no part of a store has this name")


def _check_end(line: bytes, expected: End, name: str) -> None:
    number = expected.lines + 1
    try:
        end = msgspec.json.decode(line, type=End)
    except (ValueError, RecursionError) as error:
        raise bad_line(name, number, detail_of(error)) from None
    if end != expected:
        raise bad_line(name, number, Phrase("its checksum does not fit"))


def bad_line(name: str, number: int, message: Phrase) -> InputError:
    """Return the error for a damaged line of an archive."""
    return InputError(
        Phrase("{path} is damaged, so nothing was made of it.", path=name),
        [Problem(Phrase("line {number}", number=number), message)],
    )
