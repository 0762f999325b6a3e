"""The journal: the ledger read as who did what, when, and to what."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime

from msgspec import Struct
from msgspec.json import Decoder

from kofucli.store import Store
from kofucli.store.ledger import Chain, Line


class LogRequest(Struct, frozen=True):
    """Which lines to show: those that match all that is not None, the newest ``limit`` of them.

    ``op`` is an operation or its first word. ``agent`` is who acted, or whom a record is about.
    """

    since: date | None = None
    until: date | None = None
    agent: str | None = None
    by: str | None = None
    op: str | None = None
    reservation: str | None = None
    limit: int | None = None


class Entry(Struct, frozen=True, rename={"actor": "agent"}):
    """A line of the ledger as the journal shows it.

    ``actor`` is the agent that acted, None for the office; ``via`` and ``key`` as ``Actor`` has
    them. ``reservations``, ``agents`` and ``days`` are those that the line changed, ``office`` the
    keys of the office's records.
    """

    n: int
    at: datetime
    clock: datetime
    op: str
    actor: str | None
    by: str
    account: str
    via: str | None
    key: str | None
    reservations: tuple[str, ...]
    agents: tuple[str, ...]
    days: tuple[str, ...]
    office: tuple[str, ...]


class _Record(Struct):
    """The fields by which a record of a day, or of the office, is named."""

    number: str = ""
    agent: str = ""
    key: str = ""


_decoder = Decoder(_Record)


def read_lines(store: Store) -> Iterator[Line]:
    """Yield the ledger's lines, oldest first, while others may write.

    Raises StoreError at a line that does not continue the one before it, and where documents
    include lines that the ledger has lost.
    """
    with ExitStack() as stack:
        held = store.read(lambda view: store.upkeep().hold(view, stack))
        chain = Chain(*store.header.start)
        for path, number, raw in held.lines():
            yield chain.follow(raw, path, number)


def read_log(store: Store, request: LogRequest) -> list[Entry]:
    """Return the lines that are asked for, oldest first; see ``read_lines`` for what it raises."""
    found = (_entry(line) for line in read_lines(store) if _is_wanted(line, request))
    named: Iterator[Entry] = (entry for entry in found if _names(entry, request))
    return list(named if request.limit is None else deque(named, request.limit))


def _is_wanted(line: Line, request: LogRequest) -> bool:
    """Tell whether a line is asked for, without decoding its records."""
    day = line.at.date()
    return (
        (request.since is None or day >= request.since)
        and (request.until is None or day <= request.until)
        and (request.by is None or line.actor.get("by") == request.by)
        and (request.op is None or request.op in (line.op, line.op.partition(" ")[0]))
    )


def _names(entry: Entry, request: LogRequest) -> bool:
    """Tell whether an entry concerns the agent and the reservation that are asked for."""
    agent, reservation = request.agent, request.reservation
    return (agent is None or agent == entry.actor or agent in entry.agents) and (
        reservation is None or reservation in entry.reservations
    )


def _entry(line: Line) -> Entry:
    reservations: list[str] = []
    agents: dict[str, None] = {}
    days, office = [], []
    for name, raws in line.put.items():
        folder, _, rest = name.partition("/")
        if folder == "agents":
            agents[rest] = None
        elif folder == "days":
            days.append(rest)
            for raw in raws:
                record = _decoder.decode(raw)
                reservations.append(record.number)
                agents[record.agent] = None
        else:
            office += [_decoder.decode(raw).key for raw in raws]
    return Entry(
        line.n,
        line.at,
        line.clock,
        line.op,
        line.actor.get("agent"),
        line.actor.get("by", ""),
        line.account,
        line.actor.get("via"),
        line.actor.get("key"),
        tuple(reservations),
        tuple(agents),
        tuple(days),
        tuple(office),
    )
