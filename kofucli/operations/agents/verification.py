"""Verifying an agent's e-mail address with a link that works for an hour (notice 2)."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest
from secrets import token_urlsafe

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base.errors import Phrase
from kofucli.model.records import Agent, Link, Stamp
from kofucli.operations.agents.register import AgentChanged, refuse_other, show_after
from kofucli.operations.context import changing, find_agent, refuse_if_any
from kofucli.operations.mail import (
    Addressee,
    Courier,
    LinkNews,
    find_addressee,
    mail_letters,
)
from kofucli.rules.eligibility import check_link, expiry
from kofucli.settings import Settings
from kofucli.store import Store, View
from kofucli.store.documents import digest


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
    agent_id = sent.letter[1].agent
    mailed = mail_letters(store, settings, [sent.letter], sent.sent_at, courier)
    failure = None
    if mailed.unwritten is not None:
        failure = Phrase(
            "The link is recorded, but its mail could not be written ({detail}). Run "
            "'kofucli verify send {id}' again: it sends a new link.",
            detail=mailed.unwritten,
            id=agent_id,
        )
    elif mailed.unsent is not None:
        failure = Phrase(
            "The link is recorded, but its mail waits in the outbox ({reason}). Send it with "
            "'kofucli mail send', or a new link with 'kofucli verify send {id}'.",
            reason=mailed.unsent,
            id=agent_id,
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
    """Return the agent whose last link had the token with this hash, or None.

    All agents are compared, each in constant time, so that the time taken betrays no hash.
    """
    found = None
    for agent in view.agents():
        stored = agent.link.token_hash if agent.link is not None else agent.verified_by
        if compare_digest(stored or "", hashed):
            found = agent
    return found
