"""The register of agents: adding, correcting, suspending, accepting the terms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import get_args

from msgspec import Struct, convert
from msgspec.structs import asdict

from kofucli.clock import parse_date
from kofucli.errors import InputError, NotFoundError, Phrase, Problem
from kofucli.model import Actor, Agent, Occupation, Personal, Stamp, Suspension, replace
from kofucli.operations.context import changing, find_agent
from kofucli.rules.conduct import suspension_end
from kofucli.settings import Settings
from kofucli.store import Store, Transaction, View
from kofucli.text import abbreviate, find_unsafe, looks_like_my_number

__all__ = [
    "AGENT_ID",
    "AgentChanged",
    "AgentDraft",
    "Registered",
    "accept_terms",
    "add_agents",
    "edit_agent",
    "list_agents",
    "reinstate",
    "show_agent",
    "suspend",
]

AGENT_ID = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST = 200
_CHOICES: dict[str, tuple[str, ...]] = {
    "occupation": get_args(Occupation),
    "language": ("ja", "en"),
}
_PERSONAL = ("name", "certificate", "email", "phone", "organization")
_NEEDED = ("name", "occupation", "certificate", "valid_until", "email")


class AgentDraft(Struct, frozen=True):
    """An agent's values as written; None where one is not given."""

    id: str
    name: str | None = None
    occupation: str | None = None
    certificate: str | None = None
    valid_until: str | None = None
    email: str | None = None
    phone: str | None = None
    organization: str | None = None
    language: str | None = None
    accept_terms: bool = False
    where: Phrase | None = None


class Registered(Struct, frozen=True):
    """An agent's record and its personal values."""

    agent: Agent
    personal: Personal


class AgentChanged(Struct, frozen=True):
    """The agents as they are afterwards, and whether anything changed."""

    agents: tuple[Registered, ...]
    changed: bool
    notes: tuple[Phrase, ...] = ()
    dry_run: bool = False


def show_agent(view: View, agent_id: str, actor: Actor) -> Registered:
    """Return an agent; an agent sees only itself. Raises NotFoundError."""
    if actor.agent not in (None, agent_id):
        raise NotFoundError(
            Phrase("There is no agent {id} that you may see: agents see themselves.", id=agent_id)
        )
    agent = find_agent(view, agent_id)
    return Registered(agent, view.personal(agent))


def list_agents(view: View, actor: Actor) -> tuple[Registered, ...]:
    """Return all agents by id; an agent sees only itself."""
    if actor.agent is not None:
        return (show_agent(view, actor.agent, actor),)
    return tuple(Registered(agent, view.personal(agent)) for agent in view.agents())


def add_agents(
    store: Store, settings: Settings, drafts: Sequence[AgentDraft], stamp: Stamp
) -> AgentChanged:
    """Register agents, all of them or none.

    Raises InputError for every value that is wrong, an id that exists, a certificate or an address
    that is registered already.
    """
    with changing(store, settings, "agent add", stamp) as (transaction, _):
        problems = [p for draft in drafts for p in _find_faults(draft, _NEEDED)]
        problems += _find_repeated(drafts)
        for draft in drafts:
            if AGENT_ID.fullmatch(draft.id) and transaction.agent(draft.id) is not None:
                problems.append(_problem(draft, "id", Phrase("{id} exists already", id=draft.id)))
        problems += _find_taken(transaction, drafts)
        _raise_if_any(problems)
        terms = settings.terms.version
        made = tuple(_register(transaction, draft, terms, stamp) for draft in drafts)
    return AgentChanged(made, bool(made), (), stamp.dry_run)


def _register(transaction: Transaction, draft: AgentDraft, terms: str, stamp: Stamp) -> Registered:
    personal = Personal(_salt(), *(_clean(getattr(draft, name) or "") for name in _PERSONAL))
    agent = Agent(
        id=draft.id,
        occupation=_occupation(draft),
        valid_until=_day(draft),
        personal=transaction.put_personal(draft.id, personal),
        registered_at=stamp.now,
        terms=terms if draft.accept_terms else None,
        language="en" if draft.language == "en" else "ja",
    )
    transaction.put_agent(agent)
    return Registered(agent, personal)


def edit_agent(store: Store, settings: Settings, draft: AgentDraft, stamp: Stamp) -> AgentChanged:
    """Correct an agent's values; what is None stays. A changed address is unverified.

    Raises InputError, NotFoundError.
    """
    with changing(store, settings, "agent edit", stamp) as (transaction, _):
        before = find_agent(transaction, draft.id)
        known = transaction.personal(before)
        _raise_if_any([*_find_faults(draft, ()), *_find_taken(transaction, [draft])])
        values = {
            name: _clean(value) for name in _PERSONAL if (value := getattr(draft, name)) is not None
        }
        personal = replace(known, **values)
        agent = before
        if draft.occupation is not None:
            agent = replace(agent, occupation=_occupation(draft))
        if draft.valid_until is not None:
            agent = replace(agent, valid_until=_day(draft))
        if draft.language is not None:
            agent = replace(agent, language=draft.language)
        if personal.email != known.email:
            agent = replace(agent, verified=False, verified_by=None, link=None)
        if personal != known:
            personal = replace(personal, salt=_salt())
            agent = replace(agent, personal=transaction.put_personal(agent.id, personal))
        if agent != before:
            transaction.put_agent(agent)
    return AgentChanged((Registered(agent, personal),), agent != before, (), stamp.dry_run)


def suspend(
    store: Store,
    settings: Settings,
    agent_id: str,
    span: tuple[date | None, date | None, str],
    stamp: Stamp,
) -> AgentChanged:
    """Suspend an agent for ``(since, until, reason)``: whole days, ``since <= day < until``.

    Without ``since`` it begins today, without ``until`` it lasts for the months of the settings.
    Raises InputError where it would end before it begins, NotFoundError.
    """
    since = span[0] or stamp.now.date()
    until = span[1] or suspension_end(since, settings.conduct.suspend_months)
    if until <= since:
        message = Phrase("the first day without suspension must lie after {since}", since=since)
        raise InputError(
            Phrase("The suspension ends before it begins; nothing was changed."),
            [Problem(Phrase("--until {until}", until=until), message)],
        )
    suspension = Suspension(since, until, span[2], stamp.actor.by)

    def change(agent: Agent) -> Agent:
        return replace(agent, suspension=suspension)

    return _change_agent(store, settings, "agent suspend", agent_id, change, stamp)


def reinstate(
    store: Store, settings: Settings, agent_id: str, reason: str, stamp: Stamp
) -> AgentChanged:
    """End an agent's suspension; the ledger keeps it, who ended it and why. NotFoundError."""

    def change(agent: Agent) -> Agent:
        if agent.suspension is None:
            return agent
        return replace(agent, suspension=None, reinstated=reason)

    return _change_agent(store, settings, "agent reinstate", agent_id, change, stamp)


def accept_terms(store: Store, settings: Settings, agent_id: str, stamp: Stamp) -> AgentChanged:
    """Record that an agent accepts the terms of use in force (terms 6). NotFoundError."""
    version = settings.terms.version

    def change(agent: Agent) -> Agent:
        return replace(agent, terms=version)

    return _change_agent(store, settings, "terms accept", agent_id, change, stamp)


def _change_agent(
    store: Store,
    settings: Settings,
    op: str,
    agent_id: str,
    change: Callable[[Agent], Agent],
    stamp: Stamp,
) -> AgentChanged:
    with changing(store, settings, op, stamp) as (transaction, _):
        before = find_agent(transaction, agent_id)
        after = change(before)
        if after != before:
            transaction.put_agent(after)
        personal = transaction.personal(after)
    return AgentChanged((Registered(after, personal),), after != before, (), stamp.dry_run)


def _salt() -> str:
    from secrets import token_hex  # only registering needs it

    return token_hex(16)


def _clean(value: str) -> str:
    return unicodedata.normalize("NFC", value).strip()


def _occupation(draft: AgentDraft) -> Occupation:
    occupation: Occupation = convert(draft.occupation, Occupation)
    return occupation


def _day(draft: AgentDraft) -> date:
    day = parse_date(draft.valid_until or "")
    if day is None:
        raise AssertionError(draft.valid_until)
    return day


def _problem(draft: AgentDraft, key: str, message: Phrase) -> Problem:
    if draft.where is not None:
        return Problem(Phrase("{where}, {key}", where=draft.where, key=key), message)
    return Problem(Phrase("agent {id}, {key}", id=abbreviate(draft.id), key=key), message)


def _raise_if_any(problems: Sequence[Problem]) -> None:
    if problems:
        raise InputError(Phrase("An agent's values are wrong; nothing was changed."), problems)


def _find_faults(draft: AgentDraft, needed: Iterable[str]) -> Iterable[Problem]:
    if AGENT_ID.fullmatch(draft.id) is None:
        message = Phrase("'{value}' is no id: 1 to 32 of A-Z, 0-9 and -", value=draft.id)
        yield _problem(draft, "id", message)
    for name in needed:
        if not (getattr(draft, name) or "").strip():
            yield _problem(draft, name, Phrase("it is missing"))
    for name, value in asdict(draft).items():
        if isinstance(value, str) and value.strip():
            fault = _fault_of(name, value)
            if fault is not None:
                yield _problem(draft, name, fault)


def _fault_of(name: str, value: str) -> Phrase | None:
    """Return what is wrong with one value, None where it is right."""
    shown, choices = abbreviate(value), _CHOICES.get(name)
    fault = None
    if len(value) > _LONGEST or find_unsafe(value):
        fault = Phrase("'{value}' is too long or holds control characters", value=shown)
    elif looks_like_my_number(unicodedata.normalize("NFKC", value)):
        fault = Phrase("it looks like a My Number (個人番号), which is never collected here")
    elif choices is not None and value not in choices:
        fault = Phrase(
            "unknown value '{value}'; expected one of: {allowed}", value=shown, allowed=choices
        )
    elif name == "valid_until" and parse_date(value) is None:
        fault = Phrase("'{value}' is no date YYYY-MM-DD", value=shown)
    elif name == "email" and _EMAIL.fullmatch(value.strip()) is None:
        fault = Phrase("'{value}' is no e-mail address", value=shown)
    return fault


def _find_repeated(drafts: Sequence[AgentDraft]) -> Iterable[Problem]:
    """Yield what stands twice among the drafts: one person, one record."""
    for name in ("id", "certificate", "email"):
        seen: set[str] = set()
        for draft in drafts:
            value = _folded(getattr(draft, name) or "")
            if value and value in seen:
                yield _problem(draft, name, Phrase("it stands twice in this file"))
            seen.add(value)


def _folded(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip().casefold()


def _find_taken(view: View, drafts: Sequence[AgentDraft]) -> Iterable[Problem]:
    """Yield certificates and addresses that another agent has; names nobody."""
    wanted = [
        (draft, name, _folded(value))
        for draft in drafts
        for name in ("certificate", "email")
        if (value := getattr(draft, name))
    ]
    if not wanted:
        return
    taken: dict[tuple[str, str], str] = {}
    for agent in view.agents():
        personal = view.personal(agent)
        taken["certificate", _folded(personal.certificate)] = agent.id
        taken["email", _folded(personal.email)] = agent.id
    for draft, name, value in wanted:
        if taken.get((name, value), draft.id) != draft.id:
            yield _problem(draft, name, Phrase("another agent is registered with it"))
