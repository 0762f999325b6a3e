"""The ledger replayed line by line: what its documents should hold, and what is wrong in it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from kofucli.errors import Phrase, StoreError
from kofucli.store import disk, documents
from kofucli.store.anchor import Kept, read_kept, snapshot_name
from kofucli.store.fold import Hashes, hash_of, hash_puts, key_of
from kofucli.store.header import Header
from kofucli.store.ledger import Ledger, Line, decode_line, digest, find_whole

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
"""What a finding is about: it decides whether, and how, it can be repaired."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong: in which file (relative to the store), on which line, what."""

    file: str
    line: int | None
    message: Phrase
    part: Part = "ledger"


class Folded(msgspec.Struct):
    """The ledger folded: per document its last line and the hashes of its records.

    ``pending`` is what the last line puts there, not folded yet: its documents may still be as
    they were before. ``noted`` is the hash of the line that was asked for. ``history`` are lines
    that were written from older copies of documents: that hinders nobody in following the ledger.
    ``kept_from`` is the document of the first day that a purge kept, "" without one.
    """

    documents: dict[str, tuple[int, Hashes]]
    n: int
    prev: str
    wanted: int = -1
    noted: str | None = None
    pending: dict[str, Hashes] = {}
    pending_n: int = 0
    personal: dict[str, str | None] = {}
    history: list[Finding] = []
    kept_from: str = ""

    @property
    def head(self) -> str:
        """``n:hash`` of the last line."""
        return f"{self.n}:{self.prev}"

    def state_of(self, name: str) -> tuple[int, Hashes]:
        """Return what a document should hold, with what the last line puts there."""
        n, records = self.documents.get(name, (0, {}))
        if name not in self.pending:
            return n, records
        return self.pending_n, records | self.pending[name]

    def names(self) -> list[str]:
        """Return the names of all documents."""
        return sorted(self.documents.keys() | self.pending.keys())

    def settle(self) -> None:
        """Put what is pending into its documents."""
        for name, puts in self.pending.items():
            _, records = self.documents.setdefault(name, (0, {}))
            records.update(puts)
            self.documents[name] = (self.pending_n, records)
        self.pending = {}


def fold(
    root: str,
    header: Header,
    ledger: Ledger,
    expect: str | None = None,
    snapshot: Iterable[Kept] | None = None,
) -> tuple[Folded, list[Finding]]:
    """Replay the ledger: its documents, and what is wrong in it.

    ``snapshot`` is what a purge left, where it is not to be read from the store's folder.
    """
    wanted, _, noted = (expect or "-1:").partition(":")
    folded = Folded({}, *ledger.start, wanted=int(wanted))
    if folded.wanted == folded.n and header.anchor is not None:
        folded.noted = folded.prev
    kept = read_kept(root, header.anchor) if snapshot is None else snapshot
    problems = [*_read_anchor(kept, header, folded), *_replay(root, ledger, folded)]
    rest = find_rest(ledger)
    if rest is not None and (rest.foreign or rest.line is not None):
        message = Phrase("its last line has lost its line feed")
        part: Part = "ledger" if rest.foreign else "tail"
        problems.append(Finding(os.path.relpath(rest.path, root), rest.number, message, part))
    if expect is not None and folded.noted != noted:
        problems.append(Finding("ledger", None, _unlike_noted(header, folded.wanted), "head"))
    return folded, problems


class Rest(msgspec.Struct, frozen=True):
    """What follows the last line feed of the newest file, from ``start`` on.

    ``line`` is the line that only lost its line feed, so that it may be acknowledged; None for one
    that was never finished, and for a ``foreign`` one, which does not continue the ledger.
    """

    path: str
    number: int
    start: int
    line: bytes | None = None
    foreign: bool = False


def find_rest(ledger: Ledger) -> Rest | None:
    """Return what follows the ledger's last line feed, None for nothing. Raises StoreError."""
    files = ledger.files()
    data = (disk.read_bytes(files[-1]) or b"") if files else b""
    start, number = data.rfind(b"\n") + 1, data.count(b"\n") + 1
    if start == len(data):
        return None
    try:
        found = find_whole(data[start:], "", ledger.read_tail())
    except StoreError:
        return Rest(files[-1], number, start, foreign=True)
    return Rest(files[-1], number, start, None if found is None else found.raw)


def _unlike_noted(header: Header, n: int) -> Phrase:
    if header.anchor is not None and n < header.anchor.n:
        return Phrase(
            "line n={n} was purged, so nothing can be compared with it; heads from n={first} on "
            "can be: note a newer one",
            n=n,
            first=header.anchor.n,
        )
    return Phrase("line n={n} is not the one that was noted: it was rewritten", n=n)


def _read_anchor(snapshot: Iterable[Kept], header: Header, folded: Folded) -> Iterator[Finding]:
    """Begin with the documents that a purge left."""
    if header.anchor is None:
        return
    folded.kept_from = documents.day_name(header.anchor.before)
    file = f"ledger/{snapshot_name(header.anchor.n, header.anchor.digest)}"
    try:
        for kept in snapshot:
            hashes = {key_of(kept.name, raw): hash_of(raw) for raw in kept.records}
            folded.documents[kept.name] = (kept.n, hashes)
            _note_personal(folded, kept.name, kept.records)
    except (StoreError, documents.DocumentError, ValueError) as error:
        yield Finding(file, None, Phrase("{detail}", detail=why(error)))


def _note_personal(folded: Folded, name: str, raws: list[msgspec.Raw]) -> None:
    """Note by which name an agent's record names its personal values; None once it was erased."""
    if name.startswith("agents/"):
        for raw in raws:
            record = msgspec.json.decode(raw)
            folded.personal[record["id"]] = None if "erased" in record else record["personal"]


def _replay(root: str, ledger: Ledger, folded: Folded) -> Iterator[Finding]:
    first = folded.prev
    for path, number, raw in ledger.lines():
        file = os.path.relpath(path, root)
        try:
            yield from _replay_line(raw, (path, number), file, folded)
        except (StoreError, documents.DocumentError, ValueError, RecursionError) as error:
            yield Finding(file, number, Phrase("it is not readable: {detail}", detail=why(error)))
        folded.prev = digest(raw)
        if folded.n == folded.wanted:
            folded.noted = folded.prev
    if folded.prev == first:
        yield Finding("ledger", None, Phrase("it has no line"))


def _replay_line(
    raw: bytes, place: tuple[str, int], file: str, folded: Folded
) -> Iterator[Finding]:
    line = decode_line(raw, *place)
    if msgspec.json.encode(line) != raw:
        yield Finding(file, place[1], Phrase("it is not written as this program writes it"))
    if line.n != folded.n + 1:
        message = Phrase("its number is {n}, expected {expected}", n=line.n, expected=folded.n + 1)
        yield Finding(file, place[1], message)
    if line.prev != folded.prev:
        message = Phrase("it does not continue the line before: one was changed or removed")
        yield Finding(file, place[1], message)
    folded.n = line.n
    puts = hash_puts(line)
    folded.settle()
    folded.history += _compare_copies(line, file, place[1], folded)
    folded.pending, folded.pending_n = puts, line.n
    for name, raws in line.put.items():
        _note_personal(folded, name, raws)


def _compare_copies(line: Line, file: str, number: int, folded: Folded) -> Iterator[Finding]:
    """Yield where a line says another state of its documents than the lines before it left.

    That of a document it changes (``base``): an older copy was put back, or it was lost, and what
    was changed since was undone. Or that of one it leaves alone (``live``).
    """
    none: tuple[int, Hashes] = (0, {})
    for name in line.put:
        base, expected = line.base.get(name, 0), folded.documents.get(name, none)[0]
        if base != expected:
            yield older_copy(file, number, name, base, expected)
    for name, n in line.live.items():
        known = name in line.put or name in folded.documents
        if not known and name < folded.kept_from and name.startswith("days/"):
            continue  # the day was purged after this line was written
        expected = line.n if name in line.put else folded.documents.get(name, none)[0]
        if n != expected:
            message = Phrase(
                "it says that document {name} is of line {n}, expected {expected}",
                name=name,
                n=n,
                expected=expected,
            )
            yield Finding(file, number, message)


def older_copy(file: str, number: int, name: str, n: int, expected: int) -> Finding:
    """Return that a line changed a document as it was after line ``n`` instead of a later one."""
    message = Phrase(
        "document {name} was changed from an older copy: that of line {n}, expected {expected}",
        name=name,
        n=n,
        expected=expected,
    )
    return Finding(file, number, message, "history")


def why(error: Exception) -> object:
    """Return what an error says of a file, without what it says of the store."""
    if isinstance(error, StoreError):
        return error.phrase.values.get("what", error.phrase)
    return str(error)
