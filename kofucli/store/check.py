"""Whether a store is whole: the ledger replayed, every document compared byte for byte."""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec

from kofucli.errors import Phrase, StoreError, reason_of
from kofucli.store import disk, documents
from kofucli.store.documents import Codec
from kofucli.store.ledger import GENESIS, Ledger, Line, decode_line, digest
from kofucli.store.view import personal_files

__all__ = ["CheckResult", "Finding", "check"]

_NAME_LENGTH = 32


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong: in which file (relative to the store), on which line, what."""

    file: str
    line: int | None
    message: Phrase


class CheckResult(msgspec.Struct, frozen=True):
    """What a check found; ``head`` is ``n:hash`` of the last line, to be kept elsewhere.

    ``hashes`` has the hash of every line by its number.
    """

    head: str
    problems: tuple[Finding, ...]
    hashes: dict[int, str] = {}

    @property
    def ok(self) -> bool:
        """Whether the store is whole."""
        return not self.problems


_Puts = dict[str, dict[str, dict[str, object]]]
"""Records as plain data, by document and key."""


class _Folded(msgspec.Struct):
    """The ledger folded: per document its last line and its records as plain data.

    ``pending`` is what the last line puts there, not folded yet: its documents may still be as
    they were before.
    """

    documents: dict[str, tuple[int, dict[str, dict[str, object]]]]
    head: str = f"0:{GENESIS}"
    hashes: dict[int, str] = {}
    pending: _Puts = {}
    n: int = 0


def check(root: str, codec: Codec, ledger: Ledger) -> CheckResult:
    """Replay the ledger and compare every document with it.

    The documents of the last line may be behind it by that line (a process was killed between the
    two, or is writing now): that is whole, since every reader completes them.
    """
    folded = _Folded({})
    problems = list(_replay(root, ledger, folded))
    before = _encode_pending(folded, codec)
    _fold_pending(folded)
    problems += _compare(root, codec, folded, before)
    problems += _find_strangers(root, codec, folded)
    problems += _check_header(root)
    return CheckResult(folded.head, tuple(problems), folded.hashes)


def _replay(root: str, ledger: Ledger, folded: _Folded) -> Iterator[Finding]:
    prev, n = GENESIS, 0
    for path, number, raw in ledger.lines():
        file = os.path.relpath(path, root)
        try:
            line = decode_line(raw, path, number)
            if msgspec.json.encode(line) != raw:
                yield Finding(file, number, Phrase("it is not written as this program writes it"))
            if line.n != n + 1:
                message = Phrase("its number is {n}, expected {expected}", n=line.n, expected=n + 1)
                yield Finding(file, number, message)
            if line.prev != prev:
                message = Phrase("it does not continue the line before: one was changed or removed")
                yield Finding(file, number, message)
            n = line.n
            puts = _read_puts(line)
            _fold_pending(folded)
            folded.pending, folded.n = puts, n
        except (StoreError, documents.DocumentError, ValueError, RecursionError) as error:
            yield Finding(file, number, Phrase("it is not readable: {detail}", detail=_why(error)))
        prev = digest(raw)
        folded.head = f"{n}:{prev}"
        folded.hashes[n] = prev
    if n == 0:
        yield Finding("ledger", None, Phrase("it has no line"))


def _why(error: Exception) -> object:
    if isinstance(error, StoreError):
        return error.phrase.values.get("what", error.phrase)
    return str(error)


def _read_puts(line: Line) -> _Puts:
    """Return what a line puts into documents. Raises ValueError where a record is damaged."""
    puts: _Puts = {}
    for name, raws in line.put.items():
        kind = documents.kind_of(name)
        for raw in raws:
            typed = msgspec.json.decode(raw, type=kind.record)
            plain = msgspec.json.decode(raw, type=dict[str, object])
            puts.setdefault(name, {})[getattr(typed, kind.key)] = plain
    return puts


def _fold_pending(folded: _Folded) -> None:
    """Put what is pending into its documents."""
    for name, puts in folded.pending.items():
        _, records = folded.documents.get(name, (0, {}))
        folded.documents[name] = (folded.n, records | puts)
    folded.pending = {}


def _encode_pending(folded: _Folded, codec: Codec) -> dict[str, bytes | None]:
    """Return the pending documents as they were before; None where there was none."""
    before: dict[str, bytes | None] = {}
    for name in folded.pending:
        n, records = folded.documents.get(name, (0, {}))
        before[name] = documents.encode(n, records.values(), codec) if n else None
    return before


def _compare(
    root: str, codec: Codec, folded: _Folded, before: dict[str, bytes | None]
) -> Iterator[Finding]:
    for name, (n, records) in sorted(folded.documents.items()):
        file = documents.path_of(name, codec)
        try:
            data = disk.read_bytes(os.path.join(root, file))
        except StoreError as error:
            yield Finding(file, None, Phrase("{detail}", detail=_why(error)))
            continue
        if data == documents.encode(n, records.values(), codec):
            if name.startswith("agents/"):
                yield from _compare_personal(root, records)
            continue
        if name in before and data == before[name]:
            continue
        message = Phrase("it is missing") if data is None else Phrase("it differs from the ledger")
        yield Finding(file, _first_difference(data, n, records, codec), message)


def _first_difference(
    data: bytes | None, n: int, records: dict[str, dict[str, object]], codec: Codec
) -> int | None:
    if data is None:
        return None
    ours = documents.encode(n, records.values(), codec).splitlines()
    theirs = data.splitlines()
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=False), 1):
        if mine != other:
            return number
    return min(len(ours), len(theirs)) + (len(ours) != len(theirs))


def _compare_personal(root: str, records: dict[str, dict[str, object]]) -> Iterator[Finding]:
    for agent_id, record in records.items():
        if "erased" in record:
            yield from _find_unerased(root, agent_id)
            continue
        name = str(record["personal"])
        file = os.path.join("private", f"{agent_id}-{name}.json")
        try:
            data = disk.read_bytes(os.path.join(root, file))
        except StoreError as error:
            yield Finding(file, None, Phrase("{detail}", detail=_why(error)))
            continue
        if data is None:
            yield Finding(file, None, Phrase("it is missing"))
        elif digest(data)[:_NAME_LENGTH] != name:
            yield Finding(file, 1, Phrase("its content does not fit its name"))


def _find_unerased(root: str, agent_id: str) -> Iterator[Finding]:
    """Yield files that should be gone: the agent was erased."""
    try:
        found = personal_files(root, agent_id)
    except OSError as error:
        yield Finding("private", None, reason_of(error))
        return
    message = Phrase("the agent was erased: 'kofucli agent erase {id}' removes it", id=agent_id)
    for path in found:
        yield Finding(os.path.relpath(path, root), None, message)


def _find_strangers(root: str, codec: Codec, folded: _Folded) -> Iterator[Finding]:
    """Yield documents that the ledger does not know; temporary files are no documents."""
    known = {documents.path_of(name, codec) for name in folded.documents}
    for folder in ("days", "agents"):
        for place, folders, names in os.walk(os.path.join(root, folder)):
            for name in sorted(folders):
                if os.path.islink(os.path.join(place, name)):
                    file = os.path.relpath(os.path.join(place, name), root)
                    yield Finding(file, None, Phrase("it is a symbolic link"))
            for name in sorted(names):
                file = os.path.relpath(os.path.join(place, name), root)
                if file.replace(os.sep, "/") not in known and not name.endswith(".tmp"):
                    yield Finding(file, None, Phrase("the ledger does not know this file"))


def _check_header(root: str) -> Iterator[Finding]:
    data = disk.read_bytes(os.path.join(root, "store.json")) or b""
    try:
        plain = msgspec.json.decode(data, type=dict[str, object])
        same = msgspec.json.encode(plain) + b"\n" == data
    except ValueError:
        same = False
    if not same:
        yield Finding("store.json", 1, Phrase("it is not written as this program writes it"))
