"""Mailing agents what was changed, after the commit: into the outbox, then to the server.

A mail that cannot be made or sent never undoes the change: the message says how to repeat it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, get_args

from msgspec import Struct, json
from msgspec.structs import replace

from kofucli.base import KofuError, Phrase, reason_of
from kofucli.mail import Envelope, Letter, digest_of, encode
from kofucli.model import ACTIVE, Agent, Reservation, Stamp, Suspension
from kofucli.operations import Context, find_agent, find_registered, refuse_if_any
from kofucli.operations.lookup import find_reservation
from kofucli.operations.outbox import Carrier, name_mail, send_all, unable
from kofucli.rules import ask
from kofucli.settings import Settings
from kofucli.store import Store
from kofucli.store.view import View

if TYPE_CHECKING:
    from kofucli.rules.conduct import Advice


NewsKind = Literal[
    "booked",
    "amended",
    "cancelled",
    "late-cancelled",
    "revived",
    "undone",
    "undone-closed",
    "mark-lifted",
    "closed",
    "moved",
    "restored",
    "confirmation",
    "ended",
]
StandingKind = Literal["suspended", "reinstated"]
_ANNOUNCED: frozenset[str] = frozenset(
    {
        *("revived", "undone", "undone-closed", "mark-lifted", "closed", "moved", "restored"),
        *get_args(StandingKind),
    }
)
"""Decisions of the office that agents learn of by mail only."""
_NO_EVENT: frozenset[NewsKind] = frozenset({"undone", "undone-closed", "mark-lifted"})
"""News of a visit that nobody is to come to, or that is over: the agent's calendar stays."""


class Visit(Struct, frozen=True):
    """A reservation as of a ledger's ``line``, kept in a mail for what is added on sending."""

    reservation: Reservation
    line: int


class News(Struct, frozen=True):
    """What a mail tells: what happened to a reservation, and the marks that came of it."""

    kind: NewsKind
    reservation: Reservation
    advice: Advice | None = None

    @property
    def agent(self) -> str:
        """The id of the agent whom it concerns."""
        return self.reservation.agent


class StandingNews(Struct, frozen=True):
    """What a mail tells about an agent: it is suspended, as ``suspension`` says, or no longer."""

    kind: StandingKind
    agent: str
    suspension: Suspension | None = None


class LinkNews(Struct, frozen=True):
    """A verification link: the whole link, its token, and ``[made, expires)``, when it works."""

    link: str
    token: str
    made: datetime
    expires: datetime

    @property
    def kind(self) -> Literal["verify"]:
        """The kind of mail."""
        return "verify"


AnyNews = News | StandingNews | LinkNews


class Addressee(Struct, frozen=True):
    """The agent that a mail goes to."""

    agent: str
    name: str
    email: str
    language: str
    verified: bool


class Courier(Struct, frozen=True):
    """How mails are made and sent: ``compose`` writes a letter."""

    compose: Callable[[AnyNews, Addressee, Settings], Letter]
    carrier: Carrier


class Mailed(Struct, frozen=True):
    """How many mails were made, the paths of those that wait, and why not all were made or sent."""

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


def mail_news(
    store: Store,
    settings: Settings,
    news: Sequence[News | StandingNews],
    now: datetime,
    courier: Courier,
) -> Posted:
    """Mail agents what a commit changed, if their addresses are verified; nothing is raised."""
    agents = sorted({item.agent for item in news})
    announced = any(item.kind in _ANNOUNCED for item in news)
    if settings.mail.transport == "none":
        note = Phrase(
            'No mail is made, for [mail] transport is "none": please tell {agents}.', agents=agents
        )
        return Posted(notes=(note,) if announced else ())
    if not news:
        return Posted()
    line = store.line  # of the change; what is read below may be later
    required = settings.verification.required

    def find_people(view: View) -> dict[str, Addressee]:
        found = [find_registered(view, agent) for agent in agents]
        kept = [agent for agent in found if agent and (agent.verified or not required)]
        return {agent.id: find_addressee(view, agent) for agent in kept}

    try:
        people = store.read(find_people)
    except KofuError:
        reason = Phrase("the agents' records cannot be read: 'kofucli store check' says why")
        return Posted(failure=_failure(Mailed(unwritten=reason), news))
    letters = [(item, people[item.agent]) for item in news if item.agent in people]
    mailed = mail_letters(store, settings, letters, now, courier, line)
    notes = []
    if announced and settings.mail.transport == "outbox" and mailed.kept:
        notes.append(Phrase("Mails about it, in the outbox: {count}", count=len(mailed.kept)))
    if untold := [agent for agent in agents if agent not in people]:
        notes += [Phrase("No mail goes to {agents}: the address is not verified.", agents=untold)]
    return Posted(mailed.kept, tuple(notes), _failure(mailed, [item for item, _ in letters]))


def _failure(mailed: Mailed, news: Sequence[News | StandingNews]) -> Phrase | None:
    if mailed.unwritten is not None:
        missing = news[mailed.made :]
        if isinstance(missing[0], StandingNews):
            return Phrase(
                "The change is done, but mails about it could not be written: {count} ({reason}). "
                "Please tell {agents} yourself.",
                count=len(missing),
                reason=mailed.unwritten,
                agents=[item.agent for item in missing],
            )
        return Phrase(
            "The change is done, but mails about it could not be written: {count} ({reason}). "
            "'kofucli confirmation {number} --send' mails how the reservation stands.",
            count=len(missing),
            reason=mailed.unwritten,
            number=missing[0].reservation.number,
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
    letters: Sequence[tuple[AnyNews, Addressee]],
    now: datetime,
    courier: Courier,
    line: int = 0,
) -> Mailed:
    """Write letters into the outbox, and send them by SMTP; ``line`` is that of their visits."""
    if settings.mail.transport == "none":
        return Mailed()
    paths: dict[str, str] = {}
    unwritten = None
    made = 0
    sender, office = settings.mail.sender, settings.office.name
    for news, addressee in letters:
        letter = courier.compose(news, addressee, settings)
        if isinstance(news, News) and news.kind not in _NO_EVENT:
            # The mail keeps nothing that its text would not tell the agent.
            hidden = {"steps": (), "former": (), "reason": None, "late_notice": None}
            told = replace(news.reservation, cases=news.reservation.kept_cases, **hidden)
            letter = replace(letter, visit=json.encode(Visit(told, line)))
        envelope = Envelope(
            sender, addressee.email, now, office, addressee.name, addressee.language
        )
        name = name_mail(now, news.kind, addressee.agent, digest_of(envelope, letter))
        # Only a mail that nothing can make again is synced: a booking waits for one sync, its own.
        durable = news.kind == "verify" or news.kind in _ANNOUNCED
        try:
            paths[name] = store.write_mail(name, encode(envelope, letter), durable)
        except OSError as error:
            unwritten = reason_of(error)
            break
        made += 1
    if settings.mail.transport == "outbox":
        return Mailed(made, tuple(paths.values()), unwritten)
    left = send_all(store, settings, list(paths), courier.carrier).left
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
        raise unable(Phrase("[mail] transport"), Phrase('it is "none"; set "outbox" or "smtp"'))

    def find(view: View) -> tuple[Reservation, Addressee]:
        found = find_reservation(Context(settings, view, stamp.now), number, stamp.actor)
        return found, find_addressee(view, find_agent(view, found.agent))

    reservation, addressee = store.read(find)
    may = addressee.verified or not settings.verification.required
    refuse_if_any([ask("agent.unverified", may, addressee.agent)])
    if stamp.dry_run:
        return Posted()
    news = News("confirmation" if reservation.status in ACTIVE else "ended", reservation)
    mailed = mail_letters(store, settings, [(news, addressee)], stamp.now, courier, store.line)
    failure = None
    if mailed.unwritten or mailed.unsent:
        failure = Phrase(
            "The confirmation was not sent ({reason}). Run 'kofucli mail send' where it waits in "
            "the outbox, else 'kofucli confirmation {number} --send' again.",
            reason=mailed.unwritten or mailed.unsent,
            number=reservation.number,
        )
    return Posted(mailed.kept, (), failure)
