"""What is kept about an agent: told to it, and erased on its request (terms 5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from msgspec import Struct, json
from msgspec.structs import replace

from kofucli.base.errors import AftermathError, InputError, Phrase, Problem, StoreError, reason_of
from kofucli.model.records import ACTIVE, Actor, Agent, Reservation, Stamp
from kofucli.operations.agents.register import Registered, show_agent
from kofucli.operations.agents.values import refuse_named
from kofucli.operations.context import Context, changing, find_agent
from kofucli.operations.mail import find_mails
from kofucli.settings import Settings
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
        tuple(sorted(visits, key=lambda r: r.order)),
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


class Erased(Struct, frozen=True):
    """What is left of an agent, and the names of the mails that go from the outbox.

    ``changed`` is False where it had been erased before; what was left behind then is gone now.
    """

    registered: Registered
    mails: tuple[str, ...]
    changed: bool
    notes: tuple[Phrase, ...] = ()
    dry_run: bool = False


def erase_agent(
    store: Store, settings: Settings, agent_id: str, reason: str, stamp: Stamp
) -> Erased:
    """Erase an agent: its personal values, former ones too, its link, its waiting mails.

    Its id, reservations and marks stay, so that reports count the same, and the ledger, which
    never held personal values, still verifies. Lost or damaged values are no hindrance: this is how
    the store becomes whole again. First its record says so in a ledger line; then ``remove_files``
    removes the files, and whoever was interrupted erases again. Raises NotFoundError, InputError
    where it still has visits to come.
    """
    with changing(store, settings, "agent erase", stamp) as (transaction, context):
        before = find_agent(transaction, agent_id, erased_too=True)
        changed = before.erased is None
        after = before
        if changed:
            _refuse_visits(context, agent_id)
            with suppress(StoreError):  # as far as its values are still there
                refuse_named(transaction, agent_id, reason)
            after = _without_values(before, reason)
            transaction.put_agent(after)
        # Read before the commit: what fails here has changed nothing.
        mails = find_mails(store, agent_id)
        left = Registered(after, transaction.personal(after))
    return Erased(left, mails, changed, tuple(context.notes), stamp.dry_run)


def _refuse_visits(context: Context, agent_id: str) -> None:
    """Raise InputError where the agent has visits to come: whoever came would be nobody."""
    standing = [
        r for r in context.reservations(context.today) if r.agent == agent_id and r.status in ACTIVE
    ]
    if standing:
        raise InputError(
            Phrase("Agent {id} has visits to come; nothing was changed.", id=agent_id),
            [
                Problem(
                    Phrase("reservation {number}", number=r.number),
                    Phrase(
                        "it is on {day}: cancel it, or end it at the counter, first", day=r.date
                    ),
                )
                for r in standing
            ],
        )


def _without_values(agent: Agent, reason: str) -> Agent:
    """Return what stays of a record: the id, what the visits were made under, the marks."""
    return replace(
        agent,
        personal="",
        verified=False,
        verified_by=None,
        link=None,
        suspension=None,
        reinstated=None,
        erased=reason,
    )


def remove_files(store: Store, erased: Erased) -> Erased:
    """Remove the mails and the personal values of an agent that was erased; nothing in a dry run.

    Raises AftermathError where a file could not be removed.
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
