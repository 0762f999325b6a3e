"""The ledger: a line a transaction, each with the hash of the line before.

A transaction is true once its line is durable. What is asked of a line, and of a line as the next
one, is said here; where lines are kept is for each kind of store.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import TypeAlias

import msgspec

from kofucli.base.errors import Phrase
from kofucli.store import documents
from kofucli.store.documents import damaged, digest

GENESIS = "0" * 64
"""What stands for the hash of a line before the first one."""

RawLine: TypeAlias = tuple[str, int, bytes]
"""A line as it is kept: the path of its file, its number there, its bytes without a line feed."""


def account_name() -> str:
    """Return the operating system's account under which this process runs."""
    try:
        import pwd  # there is none on Windows

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return os.environ.get("USERNAME") or f"uid {getattr(os, 'getuid', int)()}"


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One transaction, ``sum`` the checksum of its bytes.

    ``at`` is the command's now and ``clock`` the machine's; ``actor`` who acted, a claim, and
    ``account`` the operating system's account. ``put`` holds the records as they are afterwards,
    by document. ``live`` gives, for the office and each day that is not past, the last line that
    its document includes: a reader sees from the tail alone that none is missing or too old. A day
    is past when it is for ``at`` and ``clock`` of this line and of the line before.
    ``last_day`` is the latest day that ever had a reservation. ``base`` gives, for each document
    in ``put``, the line that it included before: one that is further behind was tampered with.
    """

    sum: str
    n: int
    at: datetime
    clock: datetime
    op: str
    actor: dict[str, str]
    account: str
    prev: str
    live: dict[str, int]
    put: dict[str, list[msgspec.Raw]]
    base: dict[str, int]
    last_day: date | None = None


_decoder = msgspec.json.Decoder(Line)


def decode_line(raw: bytes, path: str, number: int | None = None) -> Line:
    """Read a line; raises StoreError naming file and line where it is damaged."""
    try:
        line = _decoder.decode(raw)
        for name in line.put:
            documents.kind_of(name)
        if not documents.is_sealed(raw, line.sum):
            raise documents.DocumentError("its checksum does not fit")
        return line
    except (ValueError, RecursionError, documents.DocumentError) as error:
        place = path if number is None else f"{path}:{number}"
        raise damaged(place, Phrase("{detail}", detail=str(error))) from None


def decode_lines(lines: Iterable[RawLine]) -> Iterator[Line]:
    """Yield lines as they are meant; raises StoreError at one that is damaged."""
    for path, number, raw in lines:
        yield decode_line(raw, path, number)


class _Numbered(msgspec.Struct):
    n: int


_number_decoder = msgspec.json.Decoder(_Numbered)


def number_of(raw: bytes) -> int:
    """Return the number of a line, 0 where it cannot be read."""
    try:
        return _number_decoder.decode(raw).n
    except (ValueError, RecursionError):
        return 0


class Chain:
    """The hash chain, followed line by line; ``n`` and ``hash`` are those of the line before.

    ``n`` is None where only the hash is known.
    """

    def __init__(self, n: int | None = 0, hash_: str = GENESIS) -> None:
        self.n, self.hash = n, hash_

    @property
    def head(self) -> str:
        """``n:hash`` of the last line."""
        return f"{self.n}:{self.hash}"

    def find_breaks(self, line: Line) -> Iterator[Phrase]:
        """Yield why a line is not the next one."""
        if self.n is not None and line.n != self.n + 1:
            expected = self.n + 1
            yield Phrase("its number is {n}, expected {expected}", n=line.n, expected=expected)
        if line.prev != self.hash:
            yield Phrase("it does not continue the line before: one was changed or removed")

    def go_on(self, raw: bytes, line: Line | None) -> None:
        """Go on by a line, None for one that cannot be read: its hash counts all the same."""
        if line is not None:
            self.n = line.n
        self.hash = digest(raw)

    def follow(self, raw: bytes, path: str, number: int) -> Line:
        """Go on by a line and return it; raises StoreError where it is not the next one."""
        line = decode_line(raw, path, number)
        if any(self.find_breaks(line)):
            what = Phrase("it does not continue the line before: one was changed or removed")
            raise damaged(f"{path}:{number}", what)
        if line.at.tzinfo is None or line.clock.tzinfo is None:
            raise damaged(f"{path}:{number}", Phrase("an instant of it has no time zone"))
        self.go_on(raw, line)
        return line


class Held:
    """The ledger as of its line ``last``, held so that nobody can take it away meanwhile.

    ``raw`` is that line's bytes. ``lines`` yields the lines up to it and may be called again,
    ``snapshot`` those of what a purge left.
    """

    def __init__(
        self,
        last: Line,
        raw: bytes,
        lines: Callable[[], Iterator[RawLine]],
        snapshot: Iterable[bytes],
    ) -> None:
        self.last, self.raw, self.lines, self.snapshot = last, raw, lines, snapshot
