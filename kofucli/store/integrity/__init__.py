"""Whether a store is whole, and how it is made whole again: functions that take a store.

Nothing is kept that says how a store should be. The ledger is read again from its beginning, line
by line, which tells what the documents should hold (``fold``) and what is wrong in it::

    found = check(store)           # found.problems: Finding("days/2026/2026-11-25.json", 1, …)
    result = repair(store, stamp)  # result.done: Repaired("days/2026/2026-11-25.json", "written")
"""

from __future__ import annotations

import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, count, filterfalse
from typing import BinaryIO, Literal

import msgspec

from kofucli.base import Phrase, StoreError
from kofucli.model import OfficeRecord, Purged, Sequences, Stamp
from kofucli.model.numbers import NUMBER, sequence_of
from kofucli.store import disk, documents
from kofucli.store.documents import Codec
from kofucli.store.header import Header, Kept, snapshot_file
from kofucli.store.ledger import SHARES, Chain, Line, RawLine, decode_line, share_of

Part = Literal[
    "ledger",
    "tail",
    "head",
    "history",
    "document",
    "stranger",
    "personal",
    "unerased",
    "header",
    "folder",
    "lock",
]
"""What a finding is about. Whether and how it can be repaired depends on that."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong: its file (relative to the store), its line, what it is."""

    file: str
    line: int | None
    message: Phrase
    part: Part = "ledger"


Action = Literal["made", "written", "set aside", "removed", "cut off", "completed"]


class Repaired(msgspec.Struct, frozen=True):
    """One thing that a repair did to a file (relative to the store)."""

    file: str
    action: Action


class Mending(ABC):
    """The single steps of a repair. Each notes what it does; a dry run does no more than that.

    ``done`` is what was noted, in order.
    """

    def __init__(self, stamp: Stamp) -> None:
        self._dry_run = stamp.dry_run
        self._aside = f"aside/{stamp.now:%Y%m%dT%H%M%S}"
        self.done: list[Repaired] = []

    @property
    def moved_to(self) -> str | None:
        """The folder in the store to which files were moved, None where none was."""
        moved = any(step.action == "set aside" for step in self.done)
        return self._aside if moved else None

    def note(self, file: str, action: Action) -> bool:
        """Note what is done to a file; return whether to do it (False in a dry run)."""
        self.done.append(Repaired(file, action))
        return not self._dry_run

    def find_place_aside(self, file: str, is_taken: Callable[[str], bool]) -> str:
        """Return where in the store to set a file aside: a name that is not taken."""
        place = f"{self._aside}/{file}"
        names = (f"{place}.{number}" for number in count(1))
        return next(filterfalse(is_taken, chain([place], names)))

    @abstractmethod
    def complete_last_line(self) -> None:
        """Give a last line its lost line feed back."""

    @abstractmethod
    def cut_off(self) -> None:
        """Remove a last line that was never finished: one that ``complete_last_line`` met."""

    @abstractmethod
    def set_aside(self, file: str) -> None:
        """Move out of the way what does not belong to the store, if it is there."""

    @abstractmethod
    def replace(self, file: str, data: bytes) -> None:
        """Put a document in its place in one step; what lies there is set aside."""

    @abstractmethod
    def write_header(self) -> None:
        """Write ``Store.header``."""

    @abstractmethod
    def remove(self, file: str) -> None:
        """Remove what is of no use, if it is there."""


def detail_of(error: Exception) -> Phrase:
    """Return what is wrong with a file, without "The store is damaged" around it."""
    if isinstance(error, StoreError):
        return Phrase("{detail}", detail=error.phrase.values.get("what", error.phrase))
    return Phrase("{detail}", detail=str(error))


_HELD = 24 << 20
"""So many bytes of what lines put are held in memory."""

Records = dict[str, msgspec.Raw]
"""Records by key."""


class Content(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A document as the ledger has it, or what one line put there: that line, and the records."""

    n: int
    records: Records

    def encode(self, codec: Codec) -> bytes:
        """Return the document's bytes."""
        if codec == "json":
            return documents.encode(self.n, self.records.values(), codec)
        plain = map(msgspec.json.decode, self.records.values())
        return documents.encode(self.n, plain, codec)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Content)


class Contents:
    """What the lines of a ledger put into all documents, gathered in one pass.

    A store of a million reservations does not fit into memory: beyond ``_HELD`` bytes what was put
    lies in a temporary file, which has no name and ends with the process.
    """

    def __init__(self) -> None:
        self._held: dict[str, list[bytes]] = {}
        self._size = 0
        self._file: BinaryIO | None = None
        self._parts: dict[str, list[tuple[int, int]]] = {}

    def __del__(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def put(self, name: str, n: int, records: Records) -> None:
        """Add what line ``n`` puts into a document. Raises StoreError."""
        data = _encoder.encode(Content(n, records)) + b"\n"
        self._held.setdefault(name, []).append(data)
        self._size += len(data)
        if self._size > _HELD:
            self._write_out()

    def _write_out(self) -> None:
        """Move what is held to the file. A disk without room for it raises StoreError."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it ends with this object)
            at = self._file.seek(0, 2)
            for name, held in self._held.items():
                size = self._file.write(b"".join(held))
                self._parts.setdefault(name, []).append((at, size))
                at += size
        except OSError as error:
            raise disk.unusable(error, error.filename or tempfile.tempdir or "TMPDIR") from None
        self._held, self._size = {}, 0

    def read(self, name: str, until: int | None = None) -> Content:
        """Return a document as of the last line, or as of line ``until``."""
        parts = []
        for at, size in self._parts.get(name, ()):
            assert self._file is not None
            self._file.seek(at)
            parts.append(self._file.read(size))
        n, records = 0, Records()
        for put in _decoder.decode_lines(b"".join([*parts, *self._held.get(name, ())])):
            if until is None or put.n <= until:
                n = put.n
                records.update(put.records)
        return Content(n, records)


class Folded(msgspec.Struct):
    """The ledger folded: its chain, and the last line of each document.

    ``before`` has the documents that the last line put, with the line that each included until
    then, 0 for none: on the disk they may lack the last line. ``contents`` gathers the records, if
    it is given. ``personal`` names the personal values of each agent, None where they were erased.
    ``noted`` has the hashes of the lines ``wanted``. ``history`` are lines that changed an older
    copy of a document; the ledger itself is whole all the same. ``kept_from`` names the first day
    that a purge kept, "" without a purge. ``days`` is the sum of the last lines of all days, purged
    ones too, ``agents`` that of each share. ``highest`` is the highest sequence of all reservation
    numbers, and of those that office records name; ``odd`` are keys in the days that are no such
    numbers, with their documents. ``head`` is number and hash of the last line before the first one
    that was written at ``since``.
    ``last`` is the last line, ``count`` how many were read. Where they are but a part of the ledger
    (``is_part``), nothing is known of what they do not put.
    """

    chain: Chain
    contents: Contents | None = None
    wanted: frozenset[int] = frozenset()
    since: datetime | None = None
    lasts: dict[str, int] = {}
    before: dict[str, int] = {}
    noted: dict[int, str] = {}
    personal: dict[str, str | None] = {}
    history: list[Finding] = []
    kept_from: str = ""
    days: int = 0
    agents: list[int] = msgspec.field(default_factory=lambda: [0] * SHARES)
    highest: int = 0
    odd: dict[str, str] = {}
    head: tuple[int, str] | None = None
    last: Line | None = None
    count: int = 0
    is_part: bool = False

    @property
    def n(self) -> int:
        """The number of the last line."""
        return self.chain.n or 0

    def names(self) -> list[str]:
        """Return the names of all documents."""
        return sorted(self.lasts)

    def take(self, line: Line, puts: dict[str, Records]) -> None:
        """Take the next line, which put these records into documents."""
        if self.head is None and self.since is not None and line.at >= self.since:
            self.head = self.n, self.chain.hash
        self.last = line
        self.before = {name: self.lasts.get(name, 0) for name in puts}
        for name, records in puts.items():
            self.put(name, line.n, records)

    def put(self, name: str, n: int, records: Records) -> None:
        """Take what line ``n`` put into a document."""
        gained = n - self.lasts.get(name, 0)
        self.lasts[name] = n
        if name.startswith("agents/"):
            self.agents[share_of(name)] += gained
            for raw in records.values():
                record = msgspec.json.decode(raw)
                erased = "erased" in record
                self.personal[record["id"]] = None if erased else record["personal"]
        elif name.startswith("days/"):
            self.days += gained
            for key in records:
                if NUMBER.fullmatch(key) is None:
                    self.odd[key] = name
                else:
                    self.highest = max(self.highest, sequence_of(key))
        else:
            for raw in records.values():
                record = msgspec.json.decode(raw, type=OfficeRecord)
                if isinstance(record, Sequences):  # of an earlier restore
                    self.highest = max(self.highest, record.floor)
                elif isinstance(record, Purged):
                    self.highest = max(self.highest, record.highest)
        if self.contents is not None:
            self.contents.put(name, n, records)

    def read(self, name: str, until: int | None = None) -> Content:
        """Return what ``contents`` has of a document, as of the last line, or line ``until``."""
        assert self.contents is not None
        return self.contents.read(name, until)


def fold(
    folded: Folded, root: str, header: Header, lines: Iterable[RawLine], kept: Iterable[Kept]
) -> list[Finding]:
    """Replay a ledger, and a purge's snapshot, into ``folded``; return what is wrong in it."""
    if header.anchor is not None:
        folded.noted[header.anchor.n] = header.anchor.hash
    return [*_read_kept(kept, header, folded), *_replay(root, lines, folded)]


def _read_kept(snapshot: Iterable[Kept], header: Header, folded: Folded) -> Iterator[Finding]:
    if header.anchor is None:
        return
    folded.kept_from = documents.day_name(header.anchor.before)
    folded.days = header.anchor.gone
    try:
        for kept in snapshot:
            folded.put(kept.name, kept.n, _by_key(kept.name, kept.records))
    except (StoreError, documents.DocumentError, ValueError) as error:
        if isinstance(error, StoreError) and error.reason != "damaged":
            raise
        yield Finding(snapshot_file(header.anchor), None, detail_of(error))


def _replay(root: str, lines: Iterable[RawLine], folded: Folded) -> Iterator[Finding]:
    path = file = ""
    for place, number, raw in lines:
        if place != path:
            path, file = place, os.path.relpath(place, root)
        folded.count += 1
        line = None
        try:
            line = decode_line(raw, path, number)
            puts = {name: _by_key(name, raws) for name, raws in line.put.items()}
        except (StoreError, documents.DocumentError, ValueError, RecursionError) as error:
            detail = detail_of(error).values["detail"]
            yield Finding(file, number, Phrase("it is not readable: {detail}", detail=detail))
        else:
            if msgspec.json.encode(line) != raw:
                yield Finding(file, number, Phrase("it is not written as this program writes it"))
            for message in folded.chain.find_breaks(line):
                yield Finding(file, number, message)
            differing = list(_compare_copies(line, file, number, folded))
            folded.take(line, puts)
            folded.history += differing or _compare_sums(line, file, number, folded)
        folded.chain.go_on(raw, line)
        if folded.n in folded.wanted:
            folded.noted[folded.n] = folded.chain.hash
    if not path:
        yield Finding("ledger", None, Phrase("it has no line"))


def _compare_copies(line: Line, file: str, number: int, folded: Folded) -> Iterator[Finding]:
    """Yield where ``base`` and ``live`` of a line differ from what the lines before it left.

    ``base`` differs where an older copy of a document was put back, or it was lost: the change was
    made on top of that, and undid what had been changed since.
    """
    for name in line.put:
        base = line.base.get(name, 0)
        expected = folded.lasts.get(name, base if folded.is_part else 0)
        if base != expected:
            message = Phrase(
                "document {name} was changed from an older copy: that of line {n}, expected "
                "{expected}",
                name=name,
                n=base,
                expected=expected,
            )
            yield Finding(file, number, message, "history")
    for name, n in line.live.items():
        known = name in line.put or name in folded.lasts
        was_purged = name < folded.kept_from and name.startswith("days/")  # after this line
        if not known and (was_purged or folded.is_part):
            continue
        expected = line.n if name in line.put else folded.lasts.get(name, 0)
        if n != expected:
            message = Phrase(
                "it says that document {name} is of line {n}, expected {expected}",
                name=name,
                n=n,
                expected=expected,
            )
            yield Finding(file, number, message)


def _compare_sums(line: Line, file: str, number: int, folded: Folded) -> Iterator[Finding]:
    """Yield that the sums of a line are not those of the documents as it left them."""
    if line.sums is msgspec.UNSET or folded.is_part:
        return
    live = sum(n for name, n in line.live.items() if name != "office")
    if (line.sums.days + live, line.sums.agents) != (folded.days, folded.agents):
        message = Phrase("its sums are not those of the documents that it left")
        yield Finding(file, number, message)


def _by_key(name: str, raws: Iterable[msgspec.Raw]) -> Records:
    """Return records by key; raises ValueError where one is no record of its document."""
    kind = documents.kind_of(name)
    return {getattr(msgspec.json.decode(raw, type=kind.record), kind.key): raw for raw in raws}
