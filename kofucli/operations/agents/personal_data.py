"""The personal data of an agent: its e-mail address verified, all disclosed, all erased.

A link verifies the address, and works for an hour (notice 2). What is kept about an agent is
disclosed to it, and erased on its request (terms 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hmac import compare_digest
from secrets import token_urlsafe

from msgspec import Struct, json
from msgspec.structs import replace

from kofucli.base import AftermathError, InputError, Phrase, Problem, reason_of
from kofucli.model import ACTIVE, Actor, Agent, Link, Reservation, Stamp
from kofucli.operations import Context, changing, find_agent, refuse_if_any
from kofucli.operations.agents import refuse_named
from kofucli.operations.agents.register import (
    AgentChanged,
    Registered,
    refuse_other,
    show_after,
    show_agent,
)
from kofucli.operations.history import read_lines
from kofucli.operations.mail import Addressee, Courier, LinkNews, find_addressee, mail_letters
from kofucli.operations.outbox import find_mails
from kofucli.rules.eligibility import check_link, expiry
from kofucli.settings import Settings
from kofucli.store import Store
from kofucli.store.documents import digest
from kofucli.store.view import View


class Sent(Struct, frozen=True):
    """A link and its addressee; ``outbox`` is the path of the mail while it is in the outbox.

    ``failure`` says why a recorded link was not written or not sent.
    """

    letter: tuple[LinkNews, Addressee]
    sender: str
    sent_at: datetime
    outbox: str | None = None
    failure: Phrase | None = None
    dry_run: bool = False

    @property
    def expires(self) -> datetime:
        """The first instant at which the link is void."""
        return self.letter[0].expires


def record_link(store: Store, settings: Settings, agent_id: str, stamp: Stamp) -> Sent:
    """Record a new link for an agent; it voids older ones, and ``mail_link`` sends it.

    A verified address stays verified. Only a hash of the token is stored. Raises NotFoundError,
    also where another agent acts, and RefusedError.
    """
    refuse_other(agent_id, stamp.actor)
    while (token := token_urlsafe(32)).startswith("-"):
        pass  # it would look like an option
    expires = expiry(stamp.now, settings.verification.valid_minutes)
    change = changing(store, settings, "verify send", stamp, accepts_terms=False)
    with change as (transaction, context):
        agent = find_agent(transaction, agent_id)
        refuse_if_any(context.check_service(stamp))
        addressee = find_addressee(transaction, agent)
        link = Link(digest(token.encode()), stamp.now, expires)
        transaction.put_agent(replace(agent, link=link, verified_by=None))
    news = LinkNews(settings.verification.link + token, token, stamp.now, expires)
    return Sent((news, addressee), settings.mail.sender, stamp.now, dry_run=stamp.dry_run)


def mail_link(store: Store, settings: Settings, sent: Sent, courier: Courier) -> Sent:
    """Mail a recorded link, except in a dry run. ``failure`` of the result says what went wrong."""
    if sent.dry_run:
        return sent
    mailed = mail_letters(store, settings, [sent.letter], sent.sent_at, courier)
    failure = None
    if mailed.unwritten is not None:
        failure = Phrase(
            "The link is recorded, but its mail could not be written ({detail}). Run "
            "'kofucli verify send {id}' again: it sends a new link.",
            detail=mailed.unwritten,
            id=sent.letter[1].agent,
        )
    elif mailed.unsent is not None:
        failure = Phrase(
            "The link is recorded, but its mail waits in the outbox ({reason}). Send it with "
            "'kofucli mail send', or a new link with 'kofucli verify send {id}'.",
            reason=mailed.unsent,
            id=sent.letter[1].agent,
        )
    return replace(sent, outbox=next(iter(mailed.kept), None), failure=failure)


def redeem(store: Store, settings: Settings, token: str, stamp: Stamp) -> AgentChanged:
    """Verify the address to which a link was sent.

    Redeeming the same link again changes nothing, even after it has expired. Raises RefusedError
    with ``link.unknown`` or ``link.expired``.
    """
    hashed = digest(token.encode())
    change = changing(store, settings, "verify redeem", stamp, accepts_terms=False)
    with change as (transaction, context):
        found = _find_by_token(transaction, hashed)
        if found is not None and stamp.actor.agent not in (None, found.id):
            found = None  # for an agent who acts another one's link does not exist
        if found is not None and found.link is None:
            return show_after(transaction, found, False)
        link = found.link if found is not None else None
        refuse_if_any([*context.check_service(stamp), *check_link(link, stamp.now)])
        assert found is not None
        after = replace(found, verified=True, verified_by=hashed, link=None)
        transaction.put_agent(after)
        return show_after(transaction, after, True)


def find_bearer(view: View, token: str) -> str | None:
    """Return the id of the agent to whom a token was sent, None for an unknown token."""
    agent = _find_by_token(view, digest(token.encode()))
    return agent.id if agent is not None else None


def _find_by_token(view: View, hashed: str) -> Agent | None:
    """Compare all agents' last links, each in constant time: the time taken betrays no hash."""
    found = None
    for agent in view.agents():
        stored = agent.link.token_hash if agent.link is not None else agent.verified_by
        if compare_digest(stored or "", hashed):
            found = agent
    return found


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
    """Return all that is kept about an agent. Raises NotFoundError, also for another agent."""
    registered = show_agent(context.view, agent_id, actor)
    visits = (r for _, day in context.view.each_day(None) for r in day if r.agent == agent_id)
    return Disclosure(
        registered,
        tuple(sorted(visits, key=lambda r: r.order)),
        tuple(_find_entries(store, agent_id)),
        find_mails(store, agent_id),
    )


class _Owned(Struct):
    """The one field of a reservation that tells whose it is."""

    agent: str | None = None


def _find_entries(store: Store, agent_id: str) -> Iterator[Entry]:
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
    """What is left of an erased agent, and the names of its mails in the outbox, to be removed."""

    registered: Registered
    mails: tuple[str, ...]
    changed: bool
    notes: tuple[Phrase, ...] = ()
    dry_run: bool = False


def erase_agent(
    store: Store, settings: Settings, agent_id: str, reason: str, stamp: Stamp
) -> Erased:
    """Record that an agent is erased; ``remove_files`` then removes its personal values and mails.

    The id, the reservations and the marks stay, so reports count the same. Lost values prevent
    nothing, and erasing again completes what was interrupted. Raises NotFoundError; InputError
    where the agent has visits to come.
    """
    with changing(store, settings, "agent erase", stamp) as (transaction, context):
        before = find_agent(transaction, agent_id, erased_too=True)
        changed, after = before.erased is None, before
        if changed:
            _refuse_visits(context, agent_id)
            refuse_named(transaction, agent_id, reason)
            lost = dict.fromkeys(("verified_by", "link", "suspension", "reinstated"))
            after = replace(before, personal="", verified=False, erased=reason, **lost)
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
    """Remove mails and values, former ones too. Raises AftermathError where that fails."""
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
