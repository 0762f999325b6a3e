"""Mailing agents what was changed, after the commit: into the outbox, then to the server.

A mail that cannot be made or sent never undoes the change: the message says how to repeat it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from kofucli.base.errors import InputError, KofuError, Phrase, Problem, StoreError, reason_of
from kofucli.mail.message import Envelope, Letter, digest_of, encode
from kofucli.model.records import ACTIVE, Agent, Reservation, Stamp
from kofucli.operations.context import (
    Context,
    Progress,
    find_agent,
    find_registered,
    no_progress,
    refuse_if_any,
)
from kofucli.operations.lookup import find_reservation
from kofucli.rules.refusal import ask
from kofucli.settings import Settings
from kofucli.store import Store, View

if TYPE_CHECKING:
    from kofucli.mail.smtp import Server
    from kofucli.rules.conduct import Advice


NewsKind = Literal[
    "booked",
    "amended",
    "cancelled",
    "late-cancelled",
    "revived",
    "undone",
    "undone-closed",
    "closed",
    "moved",
    "restored",
    "confirmation",
    "ended",
]
_ANNOUNCED = frozenset({"revived", "undone", "undone-closed", "closed", "moved", "restored"})
"""Decisions of the office that agents learn of by mail only."""
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}-[a-z-]+-([A-Z0-9][A-Z0-9-]*)-[0-9a-f]{12}\.eml")


class News(Struct, frozen=True):
    """What a mail tells: a reservation as it is now, and what happened to it.

    ``advice`` is there where the agent got or lost a mark with it.
    """

    kind: NewsKind
    reservation: Reservation
    advice: Advice | None = None


class LinkNews(Struct, frozen=True):
    """A verification link: the whole link, its token, and the first instant at which it is void."""

    link: str
    token: str
    expires: datetime


class Addressee(Struct, frozen=True):
    """The agent that a mail goes to."""

    agent: str
    name: str
    email: str
    language: str
    verified: bool


class Courier(Struct, frozen=True):
    """How mails are made and sent.

    ``compose`` writes a letter, ``environment`` may hold the server's password, ``progress`` shows
    how many are sent.
    """

    compose: Callable[[News | LinkNews, Addressee, Settings], Letter]
    environment: Mapping[str, str]
    progress: Progress = no_progress


class Mailed(Struct, frozen=True):
    """How many mails were made, and the paths of those that are in the outbox.

    ``unwritten`` says why not all were made, ``unsent`` why not all were sent.
    """

    made: int = 0
    kept: tuple[str, ...] = ()
    unwritten: Phrase | None = None
    unsent: Phrase | None = None


class Posted(Struct, frozen=True):
    """What to report about the mails of a change; ``kept`` are paths in the outbox."""

    kept: tuple[str, ...] = ()
    notes: tuple[Phrase, ...] = ()
    failure: Phrase | None = None


def find_addressee(view: View, agent: Agent) -> Addressee:
    """Return an agent as the addressee of a mail. Raises StoreError for lost personal values."""
    personal = view.personal(agent)
    return Addressee(agent.id, personal.name, personal.email, agent.language, agent.verified)


def find_mails(store: Store, agent_id: str) -> tuple[str, ...]:
    """Return the names of the mails in the outbox that are for an agent."""
    found = ((name, _NAME.fullmatch(name)) for name in store.mails())
    return tuple(name for name, match in found if match is not None and match[1] == agent_id)


def mail_news(
    store: Store, settings: Settings, news: Sequence[News], now: datetime, courier: Courier
) -> Posted:
    """Mail agents what a commit changed; a failure is reported in the result, never raised.

    Where the office requires verified addresses (notice 2), others get no mail, and a note says so.
    """
    agents = sorted({item.reservation.agent for item in news})
    announced = any(item.kind in _ANNOUNCED for item in news)
    if settings.mail.transport == "none":
        note = Phrase(
            'No mail is made, for [mail] transport is "none": please tell {agents}.', agents=agents
        )
        return Posted(notes=(note,) if announced else ())
    if not news:
        return Posted()
    try:
        people = _find_people(store, agents, settings.verification.required)
    except KofuError:
        reason = Phrase("the agents' records cannot be read: 'kofucli store check' says why")
        return Posted(failure=_failure(Mailed(unwritten=reason), news))
    letters = [(n, people[n.reservation.agent]) for n in news if n.reservation.agent in people]
    mailed = mail_letters(store, settings, letters, now, courier)
    notes = []
    untold = [agent for agent in agents if agent not in people]
    if announced and settings.mail.transport == "outbox" and mailed.kept:
        notes.append(Phrase("Mails about it, in the outbox: {count}", count=len(mailed.kept)))
    if untold:
        notes.append(
            Phrase("No mail goes to {agents}: the address is not verified.", agents=untold)
        )
    return Posted(mailed.kept, tuple(notes), _failure(mailed, [n for n, _ in letters]))


def _find_people(store: Store, agents: Sequence[str], required: bool) -> dict[str, Addressee]:
    """Return the registered agents among these; if ``required``, only those verified."""

    def find(view: View) -> dict[str, Addressee]:
        found = [find_registered(view, agent) for agent in agents]
        kept = [agent for agent in found if agent and (agent.verified or not required)]
        return {agent.id: find_addressee(view, agent) for agent in kept}

    return store.read(find)


def _failure(mailed: Mailed, news: Sequence[News]) -> Phrase | None:
    if mailed.unwritten is not None:
        return Phrase(
            "The change is done, but mails about it could not be written: {count} ({reason}). "
            "'kofucli confirmation {number} --send' mails how the reservation stands.",
            count=len(news) - mailed.made,
            reason=mailed.unwritten,
            number=news[mailed.made].reservation.number,
        )
    if mailed.unsent is not None:
        return Phrase(
            "The change is done, but mails about it wait in the outbox: {count} ({reason}). "
            "'kofucli mail send' sends all that wait.",
            count=len(mailed.kept),
            reason=mailed.unsent,
        )
    return None


def mail_letters(
    store: Store,
    settings: Settings,
    letters: Sequence[tuple[News | LinkNews, Addressee]],
    now: datetime,
    courier: Courier,
) -> Mailed:
    """Write letters into the outbox and, with ``transport = "smtp"``, send them from there."""
    if settings.mail.transport == "none":
        return Mailed()
    paths: dict[str, str] = {}
    unwritten = None
    made = 0
    for news, addressee in letters:
        letter = courier.compose(news, addressee, settings)
        envelope = Envelope(settings.mail.sender, addressee.email, now)
        kind = "verify" if isinstance(news, LinkNews) else news.kind
        start = f"{now:%Y%m%dT%H%M%S}-{kind}-{addressee.agent}"  # as _NAME has it
        name = f"{start}-{digest_of(envelope, letter)[:12]}.eml"
        # Only a mail that nothing can make again is synced: a booking waits for one sync, its own.
        durable = kind == "verify" or kind in _ANNOUNCED
        try:
            paths[name] = store.write_mail(name, encode(envelope, letter), durable)
        except OSError as error:
            unwritten = reason_of(error)
            break
        made += 1
    if settings.mail.transport == "outbox":
        return Mailed(made, tuple(paths.values()), unwritten)
    left = _send_all(store, settings, list(paths), courier.environment, courier.progress).left
    kept = tuple(paths[item.name] for item in left)
    return Mailed(made, kept, unwritten, left[0].reason if left else None)


def send_confirmation(
    store: Store, settings: Settings, number: str, stamp: Stamp, courier: Courier
) -> Posted:
    """Mail an agent the confirmation of a reservation, as often as asked; not in a dry run.

    Raises NotFoundError; InputError where the settings make no mail; RefusedError where the address
    is not verified.
    """
    if settings.mail.transport == "none":
        raise _unable(Phrase("[mail] transport"), Phrase('it is "none"; set "outbox" or "smtp"'))

    def find(view: View) -> tuple[Reservation, Addressee]:
        found = find_reservation(Context(settings, view, stamp.now), number, stamp.actor)
        return found, find_addressee(view, find_agent(view, found.agent))

    reservation, addressee = store.read(find)
    may = addressee.verified or not settings.verification.required
    refuse_if_any([ask("agent.unverified", may, addressee.agent)])
    if stamp.dry_run:
        return Posted()
    kind: NewsKind = "confirmation" if reservation.status in ACTIVE else "ended"
    letters = [(News(kind, reservation), addressee)]
    mailed = mail_letters(store, settings, letters, stamp.now, courier)
    failure = None
    if mailed.unwritten is not None or mailed.unsent is not None:
        failure = Phrase(
            "The confirmation was not sent ({reason}). Run 'kofucli mail send' where it waits in "
            "the outbox, else 'kofucli confirmation {number} --send' again.",
            reason=mailed.unwritten or mailed.unsent,
            number=reservation.number,
        )
    return Posted(mailed.kept, (), failure)


class Left(Struct, frozen=True):
    """A mail that stays in the outbox: its name there, and why (None in a dry run)."""

    name: str
    reason: Phrase | None


class Delivered(Struct, frozen=True):
    """The names of the mails that the server took, and the mails that are left."""

    sent: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


def send_waiting(
    store: Store,
    settings: Settings,
    environment: Mapping[str, str],
    dry_run: bool = False,
    progress: Progress = no_progress,
) -> Delivered:
    """Send the mails in the outbox, each once; a mail that the server refuses stops no other.

    A dry run leaves every mail. Raises InputError where the settings name no server.
    """
    if not settings.mail.host:
        raise _unable(Phrase("[mail] host"), Phrase("expected the name of a mail server"))
    if dry_run:
        return Delivered(left=tuple(Left(name, None) for name in store.mails()))
    return _send_all(store, settings, store.mails(), environment, progress)


def _unable(where: Phrase, what: Phrase) -> InputError:
    """Return the error for settings with which no mail can be sent."""
    return InputError(Phrase("No mail can be sent; nothing was changed."), [Problem(where, what)])


def _send_all(
    store: Store,
    settings: Settings,
    names: Sequence[str],
    environment: Mapping[str, str],
    progress: Progress,
) -> Delivered:
    """Send mails from the outbox over one connection, and remove those that the server takes.

    After an error that concerns the server itself, no further mail is tried.
    """
    from kofucli.mail.smtp import Account, NoServerError, Server  # most commands send nothing

    sent: list[str] = []
    left: list[Left] = []
    blocked = _missing_password(settings, environment)
    to = settings.mail
    password = environment.get(to.password_env, "")
    account = Account(to.host, to.port, to.starttls, to.sender, to.user, password)
    with closing(Server(account)) as server:
        for name in progress(names):
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


def _missing_password(settings: Settings, environment: Mapping[str, str]) -> Phrase | None:
    variable = settings.mail.password_env
    if not settings.mail.user or environment.get(variable):
        return None
    return Phrase(
        "the variable {name} is not set, which [mail] password_env says holds the password",
        name=variable,
    )


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
