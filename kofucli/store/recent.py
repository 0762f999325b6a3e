"""Whether the newest part of a store is whole: what a nightly page can ask at a small price.

The full answer is ``kofucli.store.check``: it replays everything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from kofucli.errors import Phrase, StoreError
from kofucli.model import Reservation
from kofucli.store import disk, documents
from kofucli.store.documents import Codec
from kofucli.store.ledger import Ledger, Line, decode_line, digest
from kofucli.store.replay import Finding, older_copy


class RecentCheck(msgspec.Struct, frozen=True):
    """What a check of the newest part found.

    ``head`` is ``n:hash`` of the last line; ``lines`` and ``records`` are how many were checked.
    """

    head: str
    problems: tuple[Finding, ...]
    lines: int
    records: int

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


class _Seen(msgspec.Struct):
    """What the lines said: the last one, which put each document, and what into the days."""

    head: str = ""
    lines: int = 0
    line: Line | None = None
    last: dict[str, int] = {}
    put: dict[str, dict[str, bytes]] = {}


def check_recent(
    root: str, codec: Codec, ledger: Ledger, since: date, days: Sequence[date]
) -> RecentCheck:
    """Check the ledger's lines from the month of ``since`` on, and the documents of ``days``.

    1. Every line has its checksum and number, continues the one before it, and changed documents
       as the lines read before it left them.
    2. A document has its checksum, and what these lines put there stands in it as they put it.
    3. A document that is behind the last line by that line is whole: readers complete it.
    """
    seen = _Seen()
    names = {documents.day_name(day) for day in days}
    problems = list(_read_lines(root, ledger, f"{since:%Y-%m}", names, seen))
    records = 0
    for name in sorted(names):
        found, count = _compare(root, codec, name, seen)
        problems += found
        records += count
    return RecentCheck(seen.head, tuple(problems), seen.lines, records)


def _read_lines(
    root: str, ledger: Ledger, month: str, names: set[str], seen: _Seen
) -> Iterator[Finding]:
    files, prev = ledger.files_from(month)
    n = None
    for path, number, raw in ledger.lines(files):
        file = os.path.relpath(path, root)
        try:
            line = decode_line(raw, path, number)
        except StoreError as error:
            detail = error.phrase.values.get("what", error.phrase)
            yield Finding(file, number, Phrase("it is not readable: {detail}", detail=detail))
        else:
            if line.prev != prev:
                message = Phrase("it does not continue the line before: one was changed or removed")
                yield Finding(file, number, message)
            if n is not None and line.n != n + 1:
                message = Phrase("its number is {n}, expected {expected}", n=line.n, expected=n + 1)
                yield Finding(file, number, message)
            n = line.n
            seen.line = line
            for name in line.put:
                base = line.base.get(name, 0)
                if base != seen.last.get(name, base):
                    yield older_copy(file, number, name, base, seen.last[name])
                seen.last[name] = n
            for name in names.intersection(line.put):
                numbered = {_number_of(record): bytes(record) for record in line.put[name]}
                seen.put.setdefault(name, {}).update(numbered)
        prev = digest(raw)
        seen.head, seen.lines = f"{n}:{prev}", seen.lines + 1


class _Numbered(msgspec.Struct):
    number: str = ""


_decoder = msgspec.json.Decoder(_Numbered)


def _number_of(record: msgspec.Raw) -> str:
    return _decoder.decode(record).number


def _compare(root: str, codec: Codec, name: str, seen: _Seen) -> tuple[list[Finding], int]:
    """Return what is wrong in the document of a day, and how many records it has."""
    file = documents.path_of(name, codec)
    try:
        data = disk.read_bytes(os.path.join(root, file))
        loaded = None if data is None else documents.decode(data, name, codec)
    except StoreError as error:
        detail = error.phrase.values.get("what", error.phrase)
        return [Finding(file, None, Phrase("{detail}", detail=detail))], 0
    except documents.DocumentError as error:
        return [Finding(file, None, Phrase("{detail}", detail=str(error)))], 0
    n = 0 if loaded is None else loaded.n
    last = seen.last.get(name, _expected(name, seen, n))
    if n != last and not _is_behind(name, n, seen):
        if loaded is None:
            return [Finding(file, None, Phrase("it is missing"))], 0
        return [Finding(file, None, Phrase("it differs from the ledger"))], 0
    records = () if loaded is None else loaded.records
    found = {r.number: msgspec.json.encode(r) for r in records if isinstance(r, Reservation)}
    put = seen.put.get(name, {}) if n == last else {}
    if any(found.get(number) != record for number, record in put.items()):
        return [Finding(file, None, Phrase("it differs from the ledger"))], len(found)
    return [], len(found)


def _expected(name: str, seen: _Seen, n: int) -> int:
    """Return the line that a document should include where none of those read put anything."""
    return n if seen.line is None else seen.line.live.get(name, n)


def _is_behind(name: str, n: int, seen: _Seen) -> bool:
    """Tell whether a document is as it was before the last line."""
    line = seen.line
    return line is not None and name in line.put and n == line.base.get(name, 0)
