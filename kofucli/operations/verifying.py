"""Verifying an agent's e-mail address with a link that works for an hour (notice 2)."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from kofucli.errors import AftermathError, InputError, Phrase, Problem
from kofucli.mail import Letter, make_verification_mail
from kofucli.model import Agent, Link, Stamp, replace
from kofucli.operations.agents import AgentChanged, Registered
from kofucli.operations.context import changing, find_agent, refuse_if_any
from kofucli.rules.verification import check_link, expiry
from kofucli.settings import Settings
from kofucli.store import Store, View

__all__ = ["Sent", "find_bearer", "redeem", "send_link"]


class Sent(Struct, frozen=True):
    """A link that was sent: to whom, its interval, and the mail's path (None: none was kept)."""

    agent: str
    sent_at: datetime
    expires: datetime
    sender: str
    outbox: str | None
    dry_run: bool = False


def _hash_token(token: str) -> str:
    import hashlib  # only verification needs it

    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _make_token() -> str:
    """Return 32 random bytes in URL-safe base64 that does not begin like an option."""
    from secrets import token_urlsafe  # only verification needs it

    while (token := token_urlsafe(32)).startswith("-"):
        pass
    return token


def send_link(store: Store, settings: Settings, agent_id: str, stamp: Stamp) -> Sent:
    """Send an agent a new link; it voids older ones. A verified address stays verified.

    Only a hash of its token is stored. Raises NotFoundError, RefusedError; AftermathError where the
    mail could not be kept after the link was recorded.
    """
    if settings.mail.transport == "smtp":
        raise InputError(
            Phrase("No mail can be sent; nothing was changed."),
            [
                Problem(
                    Phrase("[mail] transport"),
                    Phrase('this version knows "outbox" and "none"; set "outbox"'),
                )
            ],
        )
    token = _make_token()
    expires = expiry(stamp.now, settings.verification.valid_minutes)
    with changing(store, settings, "verify send", stamp, accepts_terms=False) as (
        transaction,
        context,
    ):
        agent = find_agent(transaction, agent_id)
        refuse_if_any(context.check_service(stamp))
        address = transaction.personal(agent).email
        link = Link(_hash_token(token), stamp.now, expires)
        transaction.put_agent(replace(agent, link=link, verified_by=None))
    outbox = None
    if not stamp.dry_run and settings.mail.transport == "outbox":
        letter = Letter(settings.mail.sender, address, agent.language, stamp.now, settings.office)
        content = make_verification_mail(letter, settings.verification.link + token, expires)
        name = f"{stamp.now:%Y%m%dT%H%M%S}-verify-{agent.id}-{link.token_hash[:6]}.eml"
        try:
            outbox = store.write_mail(name, content)
        except OSError as error:
            raise AftermathError(
                Phrase(
                    "The link is recorded, but its mail could not be written ({detail}). Run "
                    "'kofucli verify send {id}' again: it sends a new link.",
                    detail=error.strerror or str(error),
                    id=agent_id,
                )
            ) from None
    return Sent(agent_id, stamp.now, expires, settings.mail.sender, outbox, stamp.dry_run)


def redeem(store: Store, settings: Settings, token: str, stamp: Stamp) -> AgentChanged:
    """Verify the address to which a link was sent.

    One that is verified by this very link stays so, ``changed`` False, even after the hour. Raises
    RefusedError with ``link.unknown`` or ``link.expired``.
    """
    hashed = _hash_token(token)
    with changing(store, settings, "verify redeem", stamp, accepts_terms=False) as (
        transaction,
        context,
    ):
        found = _find_by_token(transaction, hashed)
        if found is not None and found.link is None:
            personal = transaction.personal(found)
            return AgentChanged((Registered(found, personal),), False, (), stamp.dry_run)
        link = found.link if found is not None else None
        refuse_if_any([*context.check_service(stamp), *check_link(link, stamp.now)])
        assert found is not None
        after = replace(found, verified=True, verified_by=hashed, link=None)
        transaction.put_agent(after)
        personal = transaction.personal(after)
    return AgentChanged((Registered(after, personal),), True, (), stamp.dry_run)


def find_bearer(view: View, token: str) -> str | None:
    """Return the id of the agent to whom a token was sent, None where it is not known."""
    agent = _find_by_token(view, _hash_token(token))
    return agent.id if agent is not None else None


def _find_by_token(view: View, hashed: str) -> Agent | None:
    """Return the agent to whom a token was sent last, compared in constant time."""
    from hmac import compare_digest  # only verification needs it

    found = None
    for agent in view.agents():
        stored = agent.link.token_hash if agent.link is not None else agent.verified_by
        if compare_digest(stored or "", hashed):
            found = agent
    return found
