"""What is kept about an agent: disclosed to it, and erased on its request (terms 5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct, json
from msgspec.structs import replace

from kofucli.base.errors import AftermathError, InputError, Phrase, Problem, reason_of
from kofucli.model.records import ACTIVE, Actor, Reservation, Stamp
from kofucli.operations.agents.register import Registered, show_agent
from kofucli.operations.agents.values import refuse_named
from kofucli.operations.context import Context, changing, find_agent
from kofucli.operations.outbox import find_mails
from kofucli.settings import Settings
from kofucli.store import Store
from kofucli.store.log import read_lines


class Entry(Struct, frozen=True):
    """A line of the ledger that concerns an agent: its number, instant and operation."""

    n: int
    at: datetime
    op: str


class Disclosure(Struct, frozen=True):
    """What is kept about an agent; ``mails`` are the names of its mails in the outbox."""

    registered: Registered
    reservations: tuple[Reservation, ...]
    entries: tuple[Entry, ...]
    mails: tuple[str, ...]


def disclose(store: Store, context: Context, agent_id: str, actor: Actor) -> Disclosure:
    """Return everything that is kept about an agent.

    Raises NotFoundError, also where an agent asks about another one.
    """
    registered = show_agent(context.view, agent_id, actor)
    visits = (r for _, day in context.view.each_day(None) for r in day if r.agent == agent_id)
    return Disclosure(
        registered,
        tuple(sorted(visits, key=lambda r: r.order)),
        tuple(find_entries(store, agent_id)),
        find_mails(store, agent_id),
    )


class _Owned(Struct):
    """The one field of a reservation that tells whose it is."""

    agent: str | None = None


def find_entries(store: Store, agent_id: str) -> Iterator[Entry]:
    """Yield the ledger lines that an agent made, or that changed its record or reservations."""
    own, mention = f"agents/{agent_id}", f'"{agent_id}"'.encode()
    for line in read_lines(store):
        # Only a record that mentions the id is decoded: a ledger may be long.
        records = (bytes(raw) for raws in line.put.values() for raw in raws)
        suspects = (json.decode(raw, type=_Owned) for raw in records if mention in raw)
        if (
            line.actor.get("agent") == agent_id
            or own in line.put
            or any(record.agent == agent_id for record in suspects)
        ):
            yield Entry(line.n, line.at, line.op)


class Erased(Struct, frozen=True):
    """What is left of an erased agent, and the names of its mails in the outbox, to be removed.

    ``changed`` is False where the agent had been erased before.
    """

    registered: Registered
    mails: tuple[str, ...]
    changed: bool
    notes: tuple[Phrase, ...] = ()
    dry_run: bool = False


def erase_agent(
    store: Store, settings: Settings, agent_id: str, reason: str, stamp: Stamp
) -> Erased:
    """Record that an agent is erased; ``remove_files`` then removes its personal values and mails.

    The id, the reservations and the marks stay, so reports count the same; the ledger never held
    personal values, so it still verifies. Lost or damaged values do not prevent erasing. After an
    interruption, erasing again completes it. Raises NotFoundError; InputError where the agent has
    visits to come.
    """
    with changing(store, settings, "agent erase", stamp) as (transaction, context):
        before = find_agent(transaction, agent_id, erased_too=True)
        changed = before.erased is None
        after = before
        if changed:
            _refuse_visits(context, agent_id)
            refuse_named(transaction, agent_id, reason)
            after = replace(
                before,
                personal="",
                verified=False,
                verified_by=None,
                link=None,
                suspension=None,
                reinstated=None,
                erased=reason,
            )
            transaction.put_agent(after)
        # Read before the commit: a failure here has changed nothing.
        mails = find_mails(store, agent_id)
        left = Registered(after, transaction.personal(after))
    return Erased(left, mails, changed, tuple(context.notes), stamp.dry_run)


def _refuse_visits(context: Context, agent_id: str) -> None:
    """Raise InputError where the agent has visits to come: nobody could say who came for them."""
    problems = [
        Problem(
            Phrase("reservation {number}", number=r.number),
            Phrase("it is on {day}: cancel it, or end it at the counter, first", day=r.date),
        )
        for r in context.reservations(context.today)
        if r.agent == agent_id and r.status in ACTIVE
    ]
    if problems:
        raise InputError(
            Phrase("Agent {id} has visits to come; nothing was changed.", id=agent_id), problems
        )


def remove_files(store: Store, erased: Erased) -> Erased:
    """Remove the mails and personal values of an erased agent; a dry run removes nothing.

    Former values of the agent go too. Raises AftermathError where a file could not be removed.
    """
    if erased.dry_run:
        return erased
    agent_id = erased.registered.agent.id
    try:
        for name in erased.mails:
            store.remove_mail(name)
        store.erase_personal(agent_id)
    except OSError as error:
        raise AftermathError(
            Phrase(
                "Agent {id} is recorded as erased, but not all of its files could be removed "
                "({detail}). Run 'kofucli agent erase {id}' again.",
                id=agent_id,
                detail=reason_of(error),
            )
        ) from None
    return erased
