"""What a store must hold: its header, where its ledger begins, what its documents must include.

A purge removes the oldest lines. It leaves an anchor in the header (the last line that is gone) and
a snapshot: the documents as of that line, as JSON lines, sorted by name. The header holds the
SHA-256 of the snapshot, so it is as safe as the hash chain that continues from the anchor.

The ledger's last line names the office and the days to come; of all other documents it has sums
(``ledger.Sums``). Each document says which line it includes. Where these lines do not make the sum,
or an earlier program wrote the last line, all lines are read: then it is known which document is
wrong, and all others are still answered from.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from itertools import takewhile
from typing import Any, Protocol

import msgspec

from kofucli.base import InputError, LockedError, Phrase, StoreError
from kofucli.store import documents
from kofucli.store.documents import BLANK, Codec, damaged, digest, is_sealed, refusal, seal
from kofucli.store.ledger import GENESIS, SHARES, Line, RawLine, Tail, decode_lines, share_of

FORMAT = 2
"""The one format that this program reads and writes."""


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The last line that was purged: its number and its hash.

    ``digest`` is the SHA-256 of the snapshot, ``before`` the first day that was kept. While the
    purge is ``unfinished``, what it removes may still be there. ``gone`` is the sum of the last
    lines of all days that purges removed.
    """

    n: int
    hash: str
    digest: str
    before: date
    unfinished: bool = False
    gone: int = 0


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What ``store.json`` says, or an archive; ``anchor`` only where lines were purged."""

    format: int
    office: str
    codec: Codec
    anchor: Anchor | None = None

    @property
    def start(self) -> tuple[int, str]:
        """Number and hash of the line that the ledger's first line continues."""
        return (0, GENESIS) if self.anchor is None else (self.anchor.n, self.anchor.hash)


def wrong_format(reason: str, path: str, version: int) -> StoreError:
    """Return the error for a store or an archive of a "newer" or an "older" format."""
    return refusal(reason, path, version=version, known=FORMAT)


def encode_header(header: Header) -> bytes:
    """Return the bytes of a header as ``store.json`` has them, with their checksum."""
    plain: dict[str, Any] = msgspec.to_builtins(header)
    return seal(msgspec.json.encode({"sum": BLANK} | plain) + b"\n")


def decode_header(data: bytes, root: str) -> Header:
    """Read a header. Raises StoreError where it is damaged, or of another format."""
    path = os.path.join(root, "store.json")
    try:
        found = msgspec.json.decode(data, type=dict[str, object])
        version = found.get("format")
        if isinstance(version, int) and version > FORMAT:
            raise wrong_format("newer", root, version)
        is_whole = is_sealed(data, str(found.pop("sum", "")))
        if is_whole and isinstance(version, int) and version < FORMAT:
            raise wrong_format("older", root, version)
        if version != FORMAT:
            raise damaged(path, Phrase("its format is {version}", version=str(version)))
        if not is_whole:
            raise damaged(path, Phrase("its checksum does not fit"))
        return msgspec.convert(found, Header)
    except (ValueError, RecursionError) as error:
        raise damaged(path, error) from None


def still_locked(seconds: float) -> LockedError:
    """Return that another process held the store for as long as a change waits."""
    return LockedError(
        Phrase(
            "Another process holds the store; waited for {seconds} s. "
            "Nothing was changed: try again.",
            seconds=f"{seconds:g}",
        )
    )


def refuse_other_office(path: str, theirs: str, ours: str) -> None:
    """Raise InputError where a store belongs to another office than the configuration's."""
    if theirs != ours:
        raise InputError(
            Phrase(
                "The store {path} belongs to office {theirs}, the configuration describes "
                "office {ours}: check --config and --store.",
                path=path,
                theirs=theirs,
                ours=ours,
            )
        )


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a snapshot: a document's name, the last line that it includes, its records."""

    name: str
    n: int
    records: list[msgspec.Raw]


def snapshot_file(anchor: Anchor) -> str:
    """Return where the snapshot of an anchor lies in the store's folder."""
    return f"ledger/anchor-{anchor.n}-{anchor.digest[:8]}.jsonl"


def encode_kept(kept: Iterable[Kept]) -> bytes:
    """Return the bytes of a snapshot."""
    return b"".join(msgspec.json.encode(document) + b"\n" for document in kept)


def decode_kept(data: bytes | None, path: str, anchor: Anchor) -> Iterator[Kept]:
    """Yield the documents of a snapshot; ``data`` is None where it is missing.

    Raises StoreError, before anything is yielded, where it is not the one that the anchor names.
    """
    if data is None:
        raise damaged(path, Phrase("it is missing"))
    if digest(data) != anchor.digest:
        raise damaged(path, Phrase("it is not what store.json names"))
    for raw in data.splitlines():
        kept = msgspec.json.decode(raw, type=Kept)
        documents.kind_of(kept.name)
        yield kept


def last_lines(kept: Iterable[Kept], lines: Iterable[Line]) -> dict[str, int]:
    """Return the last line of each document by its name, from a snapshot and the lines after it."""
    found = {each.name: each.n for each in kept}
    for line in lines:
        found.update(dict.fromkeys(line.put, line.n))
    return found


class MovedError(Exception):
    """A document is newer than the tail that was read: a writer came between.

    Read again from the new tail. Where the tail is still the same, the document is damaged, and
    ``otherwise`` is what to raise.
    """

    def __init__(self, otherwise: StoreError) -> None:
        super().__init__(otherwise)
        self.otherwise = otherwise


class Source(Protocol):
    """What a view reads, of whatever the store is made. Every method raises StoreError.

    ``names``, ``share`` and ``past`` may yield what is no name of a document. The numbers are the
    lines that documents say they include, unverified, 0 where that cannot be read.
    """

    @property
    def root(self) -> str:
        """Where the store is, as messages name it. The files of findings are relative to it."""

    @property
    def header(self) -> Header:
        """The header; of a store only ``refresh`` and what ``upkeep`` gives change it."""

    def names(self, folder: str, after: str = "") -> Iterable[str]:
        """Return the documents of a folder (``days``, ``agents``) whose name comes after one."""

    def share(self, share: int) -> Mapping[str, int]:
        """Return the agents' documents of a share, each with its line."""

    def past(self, before: str) -> Mapping[str, int]:
        """Return the documents of days before the one with a name, each with its line."""

    def document(self, name: str) -> bytes | None:
        """Return a document's bytes, None for none; they may lack the last line."""

    def personal_bytes(self, agent_id: str, name: str) -> bytes | None:
        """Return an agent's personal values as they are kept, None for none."""

    def lines(self) -> Iterator[RawLine]:
        """Yield the ledger's lines as they are kept, oldest first.

        Damaged lines are yielded, but no unfinished last line and no purged ones.
        """

    def kept(self) -> Iterator[Kept]:
        """Yield the documents of a purge's snapshot by name, none without a purge.

        Raises, before it yields any, where it is not the one that the header names.
        """

    def has_moved(self, tail: Tail) -> bool:
        """Tell whether the ledger has another last line by now."""


class Expected:
    """Which line each document includes after the line ``tail``.

    What it finds out it keeps, and it is true for every view of the same last line.
    """

    def __init__(self, source: Source, tail: Tail) -> None:
        self._source = source
        self.tail = tail
        self._days: dict[str, int] | None = None
        self._shares: dict[int, dict[str, int]] = {}
        self._lasts: dict[str, int] | None = None

    def line_of(self, name: str) -> int:
        """Return the last line that a document includes, 0 for none. Raises as a view does."""
        line = self.tail.line
        if name in line.live:
            return line.live[name]
        if name.startswith("agents/"):
            return self._share(share_of(name)).get(name, 0)
        if line.sums is msgspec.UNSET:
            return self.read_last_lines().get(name, 0)
        is_past = name < documents.day_name(line.sums.before)  # the office is after all days
        return self._past_days().get(name, 0) if is_past else 0

    def after(self, tail: Tail) -> "Expected":
        """Return what is known after the next line, ``tail``."""
        found = Expected(self._source, tail)
        for share, known in self._shares.items():
            put = found._put_agents.get(share, ())
            found._shares[share] = known | dict.fromkeys(put, tail.line.n)
        return found

    def agents(self) -> set[str]:
        """Return the names of all agents' documents."""
        return {name for share in range(SHARES) for name in self._share(share)}

    def past_days(self) -> set[str]:
        """Return the names of the documents of days that the last line does not name."""
        return set(self._past_days())

    def is_purged(self, name: str) -> bool:
        """Tell whether a document is one that a purge under way removes."""
        anchor = self._source.header.anchor
        return (
            anchor is not None
            and anchor.unfinished
            and "days/" < name < documents.day_name(anchor.before)
            and self.line_of(name) == 0
        )

    def read_last_lines(self) -> dict[str, int]:
        """Return the last line of each document, from the ledger. Raises StoreError."""
        if self._lasts is None:
            lines = decode_lines(self._source.lines())
            until = takewhile(lambda line: line.n <= self.tail.line.n, lines)
            self._lasts = last_lines(self._source.kept(), until)
        return self._lasts

    def _past_days(self) -> dict[str, int]:
        if self._days is None:
            sums, anchor = self.tail.line.sums, self._source.header.anchor
            if sums is msgspec.UNSET:
                self._days = self._read_ledger("days/")
            else:
                first = documents.day_name(sums.before)
                put = [name for name in self.tail.line.put if "days/" < name < first]
                total = sums.days - (0 if anchor is None else anchor.gone)
                self._days = self._add_up("days/", self._source.past(first), put, total)
        return self._days

    def _share(self, share: int) -> dict[str, int]:
        if share not in self._shares:
            sums = self.tail.line.sums
            if sums is msgspec.UNSET:
                found = self._read_ledger("agents/")
            else:
                heads, put = self._source.share(share), self._put_agents.get(share, ())
                found = self._add_up("agents/", heads, put, sums.agents[share])
            self._shares[share] = {x: n for x, n in found.items() if share_of(x) == share}
        return self._shares[share]

    @cached_property
    def _put_agents(self) -> dict[int, list[str]]:
        """The agents' documents that the last line put, by their share."""
        put: dict[int, list[str]] = {}
        for name in self.tail.line.put:
            if name.startswith("agents/"):
                put.setdefault(share_of(name), []).append(name)
        return put

    def _add_up(
        self, folder: str, heads: Mapping[str, int], put: Collection[str], total: int
    ) -> dict[str, int]:
        """Return the documents of a folder with the lines that they must include.

        ``heads`` are the lines that they say they include, ``put`` what the last line put of them.
        Where these lines do not make the ``total``, the ledger is read.
        """
        line = self.tail.line
        found = {x: heads.get(x, 0) for x in (*heads, *put) if x not in line.live}
        found = {name: n for name, n in found.items() if documents.is_name(name)}
        for name in put:
            # Readers complete a document that lacks only the last line.
            if name in found and found[name] == line.base.get(name, 0):
                found[name] = line.n
        if sum(found.values()) == total:
            return found
        if self._source.has_moved(self.tail):
            what = Phrase("it differs from the ledger")
            raise MovedError(damaged(self._source.root, what))
        return self._read_ledger(folder)

    def _read_ledger(self, folder: str) -> dict[str, int]:
        live = self.tail.line.live
        lasts = self.read_last_lines()
        return {x: n for x, n in lasts.items() if x.startswith(folder) and x not in live}
