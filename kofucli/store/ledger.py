"""The ledger: one line for each transaction, with the hash of the line before.

A transaction stands once its line is durable. This module says what makes a line valid, and what
makes it the next one. Each kind of store keeps lines in its own way.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, TypeAlias
from zlib import crc32

import msgspec

from kofucli.base import Phrase
from kofucli.base.clock import JST
from kofucli.model import Reservation, Stamp
from kofucli.store import documents
from kofucli.store.documents import BLANK, damaged, digest

GENESIS = "0" * 64
"""The first line has this in the place of the hash of the line before."""

RawLine: TypeAlias = tuple[str, int, bytes]
"""A line as it is kept: the path of its file, its number there, its bytes without a line feed."""


def account_name() -> str:
    """Return the operating system's account under which this process runs."""
    try:
        import pwd  # there is none on Windows

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return os.environ.get("USERNAME") or f"uid {getattr(os, 'getuid', int)()}"


SHARES = 32
"""The agents are divided into so many shares, so that reading one agent looks at few others."""


class Sums(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a line tells of the documents that its ``live`` does not name: sums of line numbers.

    Each document includes a last line. One that is missing, or older than it should be, makes its
    sum too small; then the ledger itself tells which document is wrong. ``before`` is the first day
    that was not past: a day from it on that ``live`` does not name has no document. ``days`` is the
    sum of all days that ``live`` does not name, purged ones too. ``agents`` has a sum for each
    share of the agents.
    """

    before: date
    days: int
    agents: list[int]


Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One transaction; ``sum`` is the checksum of its bytes.

    - ``at`` is the now of the command, ``clock`` that of the machine.
    - ``actor`` is who acted (``by``, ``agent``), which is a claim unless ``via`` the gate;
      ``account`` is the system's account.
    - ``put`` holds, for each document that was changed, the changed records as they are afterwards.
    - ``base`` holds, for the same documents, the line that each included before: a document that
      was behind it then was tampered with.
    - ``live`` holds, for the office and each day that is not past, the last line that its document
      includes: a reader sees from the last line alone that no document is missing or too old. A day
      is past when it is past for ``at`` and ``clock`` of this line and of the line before.
    - ``last_day`` is the latest day that ever had a reservation.
    - ``sums`` does for all other documents what ``live`` does for those. Earlier programs wrote
      none.
    """

    sum: str
    n: int
    at: Instant
    clock: Instant
    op: str
    actor: dict[str, str]
    account: str
    prev: str
    live: dict[str, int]
    put: dict[str, list[msgspec.Raw]]
    base: dict[str, int]
    last_day: date | None = None
    sums: Sums | msgspec.UnsetType = msgspec.UNSET


class Tail(msgspec.Struct, frozen=True):
    """The last line: decoded, its bytes, and the path of its file."""

    line: Line
    raw: bytes
    path: str


def first_line(stamp: Stamp, clock: datetime) -> Line:
    """Return the first line of a ledger, which puts nothing."""
    return Line(
        sum=BLANK,
        n=1,
        at=stamp.now,
        clock=clock,
        op="init",
        actor={"by": stamp.actor.by},
        account=account_name(),
        prev=GENESIS,
        live={},
        put={},
        base={},
        sums=sum_up({}, {}, min(stamp.now, clock).astimezone(JST).date()),
    )


class Changes(msgspec.Struct):
    """What a transaction changes: the records that it puts, by document and key.

    ``base`` holds, for each of these documents, the line that it included before. ``forgotten``
    are documents of days that a purge removes, ``gone`` is the sum of those that purges removed.
    ``read_last_lines`` tells the last line of every document; it may read the whole ledger.
    """

    read_last_lines: Callable[[], dict[str, int]]
    puts: dict[str, dict[str, msgspec.Struct]] = {}
    base: dict[str, int] = {}
    forgotten: set[str] = set()
    gone: int = 0


def next_line(
    before: Line, raw: bytes, changes: Changes, op: str, stamp: Stamp, clock: datetime
) -> Line:
    """Return the line of a transaction, after line ``before`` with the bytes ``raw``."""
    n = before.n + 1
    # A day leaves ``live`` only when it is past for all four clocks that are known.
    earliest = min(stamp.now, clock, before.at, before.clock)
    live, sums = _protect(before, n, changes, earliest.astimezone(JST).date())
    days = [
        record.date
        for records in changes.puts.values()
        for record in records.values()
        if isinstance(record, Reservation)
    ]
    if before.last_day is not None:
        days.append(before.last_day)
    who = stamp.actor
    told = {"agent": who.agent or "", "via": who.via, "key": who.key}
    return Line(
        sum=BLANK,
        n=n,
        at=stamp.now,
        clock=clock,
        op=op,
        actor={"by": who.by} | {name: value for name, value in told.items() if value},
        account=account_name(),
        prev=digest(raw),
        live=dict(sorted(live.items())),
        put={
            name: [msgspec.Raw(msgspec.json.encode(record)) for record in records.values()]
            for name, records in changes.puts.items()
        },
        base=changes.base,
        last_day=max(days, default=None),
        sums=sums,
    )


def _protect(before: Line, n: int, changes: Changes, today: date) -> tuple[dict[str, int], Sums]:
    """Return ``live`` and ``sums`` of line ``n``, which follows ``before``.

    All lines are read where an earlier program wrote the line before, and where the clock was set
    back: then days that had left ``live`` come back.
    """
    sums = before.sums
    if sums is msgspec.UNSET or today < sums.before:
        lasts = changes.read_last_lines() | dict.fromkeys(changes.puts, n)
        live = _choose_live(lasts, today, changes)
        return live, sum_up(lasts, live, today, changes.gone)
    live = _choose_live(before.live | dict.fromkeys(changes.puts, n), today, changes)
    ended = sum(last for name, last in before.live.items() if name not in live)
    gained = {name: n - base for name, base in changes.base.items()}
    return live, sum_up(gained, live, today, sums.days + ended, sums.agents)


def _choose_live(lasts: dict[str, int], today: date, changes: Changes) -> dict[str, int]:
    first = documents.day_name(today)
    return {
        name: last
        for name, last in lasts.items()
        if (name == "office" or (name.startswith("days/") and name >= first))
        and name not in changes.forgotten
    }


def share_of(name: str) -> int:
    """Return the share to which an agent's document belongs."""
    return crc32(name.encode()) % SHARES


def sum_up(
    lines: Mapping[str, int],
    live: Collection[str],
    before: date,
    days: int = 0,
    agents: Iterable[int] = (0,) * SHARES,
) -> Sums:
    """Add the last lines of documents, or what has been added to these, to sums so far."""
    of_agents = list(agents)
    for name, n in lines.items():
        if name.startswith("agents/"):
            of_agents[share_of(name)] += n
        elif name.startswith("days/") and name not in live:
            days += n
    return Sums(before, days, of_agents)


_decoder = msgspec.json.Decoder(Line)


def decode_line(raw: bytes, path: str, number: int | None = None) -> Line:
    """Read a line. Raises StoreError, which names file and line, where it is damaged."""
    try:
        line = _decoder.decode(raw)
        for name in line.put:
            documents.kind_of(name)
        if not documents.is_sealed(raw, line.sum):
            raise documents.DocumentError("its checksum does not fit")
        return line
    except (ValueError, RecursionError, documents.DocumentError) as error:
        place = path if number is None else f"{path}:{number}"
        raise damaged(place, error) from None


def decode_lines(lines: Iterable[RawLine]) -> Iterator[Line]:
    """Read lines. Raises StoreError at one that is damaged."""
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


def lost_lines(n: int, last: int) -> Phrase:
    """Return that a document includes line ``n``, which a ledger up to ``last`` does not have."""
    if n > last:
        return Phrase(
            "it includes line {n}, the ledger ends with {last}: lines are lost", n=n, last=last
        )
    return Phrase("it includes line {n}, which does not name it: lines are lost", n=n)


class Chain:
    """The hash chain. ``n`` (None where unknown) and ``hash`` are those of the line before."""

    def __init__(self, n: int | None = 0, hash_: str = GENESIS) -> None:
        self.n, self.hash = n, hash_

    @property
    def head(self) -> str:
        """``n:hash`` of the last line."""
        return f"{self.n}:{self.hash}"

    def find_breaks(self, line: Line) -> Iterator[Phrase]:
        """Yield the reasons why a line is not the next one."""
        if self.n is not None and line.n != self.n + 1:
            expected = self.n + 1
            yield Phrase("its number is {n}, expected {expected}", n=line.n, expected=expected)
        if line.prev != self.hash:
            yield Phrase("it does not continue the line before: one was changed or removed")

    def go_on(self, raw: bytes, line: Line | None) -> None:
        """Go on by a line; ``line`` is None where it cannot be read, but its hash counts."""
        if line is not None:
            self.n = line.n
        self.hash = digest(raw)

    def follow(self, raw: bytes, path: str, number: int) -> Line:
        """Go on by a line and return it. Raises StoreError where it is not the next one."""
        line = decode_line(raw, path, number)
        if any(self.find_breaks(line)):
            what = Phrase("it does not continue the line before: one was changed or removed")
            raise damaged(f"{path}:{number}", what)
        self.go_on(raw, line)
        return line


class Held(msgspec.Struct):
    """The ledger up to its line ``last``, held so that nobody can remove it meanwhile.

    ``raw`` is the bytes of that line, ``read`` reads the ledger anew. ``snapshot`` yields the lines
    of a purge's snapshot.
    """

    last: Line
    raw: bytes
    read: Callable[[], Iterator[RawLine]]
    snapshot: Iterable[bytes]

    def lines(self) -> Iterator[RawLine]:
        """Yield the lines; this may be called again."""
        for line in self.read():
            yield line
            if line[2] == self.raw:
                return
