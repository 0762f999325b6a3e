"""Sending what waits in the outbox, and passing over links that no longer work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from kofucli.base import InputError, KofuError, Phrase, Problem, StoreError, reason_of
from kofucli.mail import read_text
from kofucli.model import Agent
from kofucli.operations import Progress, find_registered, no_progress
from kofucli.settings import Settings
from kofucli.store import Store
from kofucli.store.documents import digest

if TYPE_CHECKING:
    from kofucli.mail.smtp import Server

_NAME = r"[0-9]{8}T[0-9]{6}-([a-z-]+)-([A-Z0-9][A-Z0-9-]*)-[0-9a-f]{12}\.eml"
_TOKEN = r"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"


def name_mail(now: datetime, kind: str, agent_id: str, digest: str) -> str:
    """Return the name of a mail's file; names in order are the mails in order of time."""
    return f"{now:%Y%m%dT%H%M%S}-{kind}-{agent_id}-{digest[:12]}.eml"


def find_mails(store: Store, agent_id: str) -> tuple[str, ...]:
    """Return the names of the mails in the outbox that are for an agent."""
    found = ((name, re.fullmatch(_NAME, name)) for name in store.mails())
    return tuple(name for name, match in found if match is not None and match[2] == agent_id)


class Carrier(Struct, frozen=True):
    """How mails are sent.

    ``complete`` adds to a mail of the outbox what is made when it is sent, ``environment`` may hold
    the server's password, ``progress`` shows how many are sent.
    """

    complete: Callable[[Settings, bytes], bytes]
    environment: Mapping[str, str]
    progress: Progress = no_progress


class Left(Struct, frozen=True):
    """A mail that stays in the outbox: its name there, and why (None in a dry run)."""

    name: str
    reason: Phrase | None


class Delivered(Struct, frozen=True):
    """The mails that the server took, those left, and the ``void``, whose links no longer work."""

    sent: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()
    void: tuple[Left, ...] = ()


def send_waiting(
    store: Store, settings: Settings, carrier: Carrier, now: datetime, dry_run: bool = False
) -> Delivered:
    """Send the mails in the outbox, each once; a mail that the server refuses stops no other.

    A link that no longer works at the instant ``now`` is not sent (notice 2(1)). A dry run leaves
    every mail. Raises InputError where the settings name no server.
    """
    if not settings.mail.host:
        raise unable(Phrase("[mail] host"), Phrase("expected the name of a mail server"))
    names = store.mails()
    void = tuple(_find_void(store, names, now))
    gone = {item.name for item in void}
    rest = [name for name in names if name not in gone]
    if dry_run:
        return Delivered(left=tuple(Left(name, None) for name in rest), void=void)
    for name in gone:
        with suppress(OSError):  # the next run names it again
            store.remove_mail(name)
    return replace(send_all(store, settings, rest, carrier), void=void)


def _find_void(store: Store, names: Sequence[str], now: datetime) -> Iterator[Left]:
    """Yield the mails whose link no longer works; what cannot be read is not among them."""
    for name in names:
        match = re.fullmatch(_NAME, name)
        if match is None or match[1] != "verify":
            continue
        find = partial(find_registered, agent_id=match[2])
        with suppress(KofuError), store.claim_mail(name) as content:
            agent = store.read(find)
            reason = _why_void(agent, content, now) if content is not None else None
            if reason is not None:
                yield Left(name, reason)


def _why_void(agent: Agent | None, content: bytes, now: datetime) -> Phrase | None:
    """Return why the link in a mail no longer verifies its agent's address; None if it does."""
    hashes = {digest(token.encode()) for token in re.findall(_TOKEN, read_text(content))}
    link = agent.link if agent is not None else None
    if link is not None and link.token_hash in hashes:
        return Phrase("its link expired at {at}", at=link.expires) if now >= link.expires else None
    if agent is not None and agent.verified_by in hashes:
        return Phrase("its link has been used")
    return Phrase("its link was superseded: a newer one was made, or the address has changed")


def unable(where: Phrase, what: Phrase) -> InputError:
    """Return the error for settings with which no mail can be sent."""
    return InputError(Phrase("No mail can be sent; nothing was changed."), [Problem(where, what)])


def send_all(store: Store, settings: Settings, names: Sequence[str], carrier: Carrier) -> Delivered:
    """Send mails over one connection, and remove those sent, until the server itself fails."""
    from kofucli.mail.smtp import Account, NoServerError, Server  # most commands send nothing

    sent: list[str] = []
    left: list[Left] = []
    to, blocked = settings.mail, None
    password = carrier.environment.get(to.password_env, "")
    if to.user and not password:
        blocked = Phrase(
            "the variable {name}, which [mail] password_env names, is not set", name=to.password_env
        )
    account = Account(to.host, to.port, to.encryption, to.sender, to.user, password)
    with closing(Server(account, partial(carrier.complete, settings))) as server:
        for name in carrier.progress(names):
            reason = blocked
            if reason is None:
                try:
                    if _send(store, server, name):
                        sent.append(name)
                except NoServerError as error:
                    reason = blocked = error.phrase
                except KofuError as error:
                    reason = error.phrase
            if reason is not None:
                left.append(Left(name, reason))
    return Delivered(tuple(sent), tuple(left))


def _send(store: Store, server: Server, name: str) -> bool:
    """Send one mail and remove it; False where another process has done so meanwhile."""
    with store.claim_mail(name) as content:
        if content is None:
            return False
        server.send(content)
        try:
            store.remove_mail(name)
        except OSError as error:
            raise StoreError(
                "read-only",
                Phrase(
                    "it was sent, but could not be removed from the outbox ({detail}): remove it "
                    "by hand, or it is sent again",
                    detail=reason_of(error),
                ),
            ) from None
    return True
