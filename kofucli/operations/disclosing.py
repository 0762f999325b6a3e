"""Everything that is kept about an agent, for the person who asks for it (terms 5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct, json

from kofucli.model import Actor, Reservation
from kofucli.operations.agents import Registered, show_agent
from kofucli.operations.context import Context
from kofucli.operations.mailing import find_mails
from kofucli.store import Store
from kofucli.store.ledger import decode_lines


class Entry(Struct, frozen=True):
    """A line of the ledger that concerns an agent: its number, its instant, what was done."""

    n: int
    at: datetime
    op: str


class Disclosure(Struct, frozen=True):
    """What is kept about an agent: record, values, visits of all time, ledger lines, mails."""

    registered: Registered
    reservations: tuple[Reservation, ...]
    entries: tuple[Entry, ...]
    mails: tuple[str, ...]


def disclose(store: Store, context: Context, agent_id: str, actor: Actor) -> Disclosure:
    """Return everything that is kept about an agent; an agent may ask for itself only.

    Raises NotFoundError.
    """
    registered = show_agent(context.view, agent_id, actor)
    visits = (r for _, day in context.view.each_day(None) for r in day if r.agent == agent_id)
    return Disclosure(
        registered,
        tuple(sorted(visits, key=lambda r: (r.date, r.start, r.number))),
        tuple(find_entries(store, agent_id)),
        find_mails(store, agent_id),
    )


class _Record(Struct):
    """What tells whose a record is; the record of an agent is found by its document's name."""

    agent: str | None = None


def find_entries(store: Store, agent_id: str) -> Iterator[Entry]:
    """Yield the lines of the ledger that an agent made, or that changed something of its."""
    own, needle = f"agents/{agent_id}", f'"{agent_id}"'.encode()
    for line in decode_lines(store.lines()):
        mentions = (bytes(raw) for raws in line.put.values() for raw in raws)
        if (
            line.actor.get("agent") == agent_id
            or own in line.put
            or any(
                needle in raw and json.decode(raw, type=_Record).agent == agent_id
                for raw in mentions
            )
        ):
            yield Entry(line.n, line.at, line.op)
