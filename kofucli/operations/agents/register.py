"""The register of agents: adding, importing, correcting, suspending, accepting the terms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import chain, islice
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from kofucli.base import MOST_PROBLEMS, InputError, NotFoundError, Phrase, Problem
from kofucli.base.text import AGENT_ID, N_
from kofucli.model import Actor, Agent, Personal, Stamp, Suspension
from kofucli.model.numbers import WithZeros, lacks_zeros
from kofucli.operations import changing, find_agent, refuse_if_any
from kofucli.operations.agents import (
    NO_VALUES,
    PERSONAL,
    AgentDraft,
    clean,
    find_faults,
    find_repeated,
    find_taken,
    find_values,
    make_personal,
    make_salt,
    raise_if_any,
    read_day,
    read_occupation,
    refuse_named,
    wrong,
)
from kofucli.rules.conduct import suspension_end
from kofucli.settings import Settings
from kofucli.store import Store
from kofucli.store.view import Transaction, View


class Registered(Struct, frozen=True):
    """An agent's record and its personal values."""

    agent: Agent
    personal: Personal


class AgentChanged(Struct, frozen=True):
    """The agents as they are afterwards, whether anything changed, and notes."""

    agents: tuple[Registered, ...]
    changed: bool
    notes: tuple[Phrase, ...] = ()


def refuse_other(agent_id: str, actor: Actor) -> None:
    """Raise NotFoundError where an agent acts and another one is named."""
    if actor.agent not in (None, agent_id):
        raise NotFoundError(
            Phrase("There is no agent {id} that you may see: agents see themselves.", id=agent_id)
        )


def show_agent(view: View, agent_id: str, actor: Actor) -> Registered:
    """Return an agent, an erased one too; an agent sees only itself. Raises NotFoundError."""
    refuse_other(agent_id, actor)
    agent = find_agent(view, agent_id, erased_too=True)
    return Registered(agent, view.personal(agent))


def list_agents(view: View, actor: Actor) -> tuple[Registered, ...]:
    """Return all agents by id; an agent sees only itself."""
    if actor.agent is not None:
        return (show_agent(view, actor.agent, actor),)
    return tuple(Registered(agent, view.personal(agent)) for agent in view.agents())


def add_agent(store: Store, settings: Settings, draft: AgentDraft, stamp: Stamp) -> AgentChanged:
    """Register an agent.

    Raises InputError with every wrong value, an id that an agent has or had before it was erased,
    and a certificate or an address that is registered already.
    """
    with changing(store, settings, "agent add", stamp) as (transaction, _):
        problems = [*find_faults(draft, whole=True), *find_erased(transaction, [draft])]
        if not problems and _find_record(transaction, draft.id) is not None:
            problems.append(wrong(draft, "id", Phrase("{id} exists already", id=draft.id)))
        problems += find_taken(transaction, [draft])
        raise_if_any(problems)
        made = register(transaction, make_agent(draft, settings, stamp))
    return AgentChanged((made,), True)


def _find_record(view: View, agent_id: str) -> Agent | None:
    return view.agent(agent_id) if re.fullmatch(AGENT_ID, agent_id) else None


def find_erased(view: View, drafts: Sequence[AgentDraft]) -> Iterable[Problem]:
    """Yield the ids that an erased agent had: its visits keep them."""
    for draft in drafts:
        there = _find_record(view, draft.id)
        if there is not None and there.erased is not None:
            message = Phrase(
                "{id} belonged to an agent that was erased; choose another id", id=draft.id
            )
            yield wrong(draft, "id", message)


def make_agent(draft: AgentDraft, settings: Settings, stamp: Stamp) -> Registered:
    """Return the agent of a draft whose values have no faults; its record names no values yet."""
    agent = Agent(
        id=draft.id,
        occupation=read_occupation(draft),
        valid_until=read_day(draft),
        personal="",
        registered_at=stamp.now,
        terms=settings.terms.version if draft.accept_terms else None,
        rules=settings.rules.version,
        language="en" if draft.language == "en" else "ja",
    )
    return Registered(agent, make_personal(draft))


def register(transaction: Transaction, made: Registered) -> Registered:
    """Register an agent that was made."""
    agent = replace(made.agent, personal=transaction.put_personal(made.agent.id, made.personal))
    transaction.put_agent(agent)
    return Registered(agent, made.personal)


def edit_agent(store: Store, settings: Settings, draft: AgentDraft, stamp: Stamp) -> AgentChanged:
    """Correct an agent's values; None keeps a value. A changed address becomes unverified.

    Lost personal values can be entered again: then name, certificate and address together. Raises
    InputError, NotFoundError.
    """
    raise_if_any(list(find_faults(draft, whole=False)))
    with changing(store, settings, "agent edit", stamp) as (transaction, _):
        before = find_agent(transaction, draft.id)
        raise_if_any(list(find_taken(transaction, [draft])))
        after = correct(transaction, before, draft, None)
    return AgentChanged((after,), after.agent != before)


def correct(
    transaction: Transaction, before: Agent, draft: AgentDraft, terms: str | None
) -> Registered:
    """Correct an agent by a draft without faults; it may accept ``terms`` for the first time."""
    known = _find_known_values(transaction, before, draft)
    given = {name: value for name, value in asdict(draft).items() if value is not None}
    personal = replace(known, **{name: clean(given[name]) for name in PERSONAL if name in given})
    changes: dict[str, Any] = {}
    if "occupation" in given:
        changes["occupation"] = read_occupation(draft)
    if "valid_until" in given:
        changes["valid_until"] = read_day(draft)
    if "language" in given:
        changes["language"] = draft.language
    if draft.accept_terms and before.terms is None:
        changes["terms"] = terms
    if personal.email != known.email:
        changes |= {"verified": False, "verified_by": None, "link": None}
    if personal != known:
        personal = replace(personal, salt=make_salt())
        changes["personal"] = transaction.put_personal(before.id, personal)
    agent = replace(before, **changes)
    if agent != before:
        transaction.put_agent(agent)
    return Registered(agent, personal)


def _find_known_values(view: View, agent: Agent, draft: AgentDraft) -> Personal:
    """Return an agent's values; empty ones where they are lost and the draft enters them again."""
    found = find_values(view, agent)
    if found is None and None in (draft.name, draft.certificate, draft.email):
        return view.personal(agent)  # raises, and says what is lost
    return found or NO_VALUES


def suspend(
    store: Store,
    settings: Settings,
    agent_id: str,
    span: tuple[date | None, date | None, str],
    stamp: Stamp,
) -> AgentChanged:
    """Suspend an agent for ``span``: ``(since, until, reason)``, on days ``since <= day < until``.

    ``since`` None is today; ``until`` None is ``conduct.suspend_months`` later. Raises InputError
    where the suspension would end before it begins, NotFoundError.
    """
    since, until, reason = span
    since = since or stamp.now.date()
    until = until or suspension_end(since, settings.conduct.suspend_months)
    if until <= since:
        message = Phrase("the first day without suspension must lie after {since}", since=since)
        raise InputError(
            Phrase("The suspension ends before it begins; nothing was changed."),
            [Problem(Phrase("--until {until}", until=until), message)],
        )

    def change(agent: Agent) -> Agent:
        held = Suspension(since, until, reason, stamp.actor.by)
        return replace(agent, suspension=held, reinstated=None)

    return _change_agent(store, settings, ("agent suspend", agent_id, reason), stamp, change)


def reinstate(
    store: Store, settings: Settings, agent_id: str, reason: str, stamp: Stamp
) -> AgentChanged:
    """End an agent's suspension; without one nothing changes. Raises NotFoundError."""

    def change(agent: Agent) -> Agent:
        ended = replace(agent, suspension=None, reinstated=reason)
        return agent if agent.suspension is None else ended

    return _change_agent(store, settings, ("agent reinstate", agent_id, reason), stamp, change)


def accept_terms(store: Store, settings: Settings, agent_id: str, stamp: Stamp) -> AgentChanged:
    """Record that an agent accepts the terms of use in force (terms 6). Raises NotFoundError."""
    version = settings.terms.version
    step = ("terms accept", agent_id, "")
    return _change_agent(store, settings, step, stamp, lambda agent: replace(agent, terms=version))


def _change_agent(
    store: Store,
    settings: Settings,
    step: tuple[str, str, str],
    stamp: Stamp,
    change: Callable[[Agent], Agent],
) -> AgentChanged:
    """Change one agent's record; ``step`` is the operation, the agent's id, and the reason."""
    op, agent_id, reason = step
    with changing(store, settings, op, stamp) as (transaction, context):
        before = find_agent(transaction, agent_id)
        after = change(before)
        if after != before:
            refuse_named(transaction, agent_id, reason)
            refuse_if_any(context.check_service(stamp))
            transaction.put_agent(after)
        found = show_after(transaction, after, after != before)
    return replace(found, notes=(*found.notes, *context.notes))


def show_after(view: Transaction, agent: Agent, changed: bool) -> AgentChanged:
    """Return an agent after a change that does not need its values: lost ones hinder nothing."""
    personal = find_values(view, agent)
    if personal is not None:
        return AgentChanged((Registered(agent, personal),), changed)
    lost = Phrase(
        "The personal values of agent {id} are lost: enter them again with 'kofucli agent edit "
        "{id}' (--name, --certificate, --email), or erase it with 'kofucli agent erase {id}'.",
        id=agent.id,
    )
    return AgentChanged((Registered(agent, NO_VALUES),), changed, (lost,))


class Imported(Struct, frozen=True):
    """The agents of a file, and for each ``registered``, ``updated`` or ``already``."""

    agents: tuple[Registered, ...]
    outcomes: tuple[str, ...]
    changed: bool


def import_agents(
    store: Store, settings: Settings, drafts: Sequence[AgentDraft], update: bool, stamp: Stamp
) -> Imported:
    """Register the agents of a file, all or none.

    An agent that is registered with other values is corrected with ``update``, as by
    ``edit_agent``, and is else bad input. Raises InputError with everything that is wrong.
    """
    checked = store.stages(N_("Checking"), drafts, len(drafts))
    faults = (problem for draft in checked for problem in find_faults(draft, whole=True))
    found = [*islice(faults, MOST_PROBLEMS + 1), *find_repeated(drafts)]
    # Nothing that the store need not know is done while it is locked.
    made = [] if found else [make_agent(draft, settings, stamp) for draft in drafts]
    with changing(store, settings, "agent import", stamp) as (transaction, _):
        problems = [*found, *_find_lost_zeros(transaction, drafts)]
        problems += [*find_erased(transaction, drafts), *find_taken(transaction, drafts)]
        known = [_find_record(transaction, draft.id) for draft in drafts]
        for draft, agent in zip(drafts, known, strict=True) if not update else ():
            problems += _refuse_changes(transaction, draft, agent)
        raise_if_any(problems)
        agents, outcomes = [], []
        rows = list(zip(drafts, known, made, strict=True))
        for draft, before, new in store.stages(N_("Registering"), rows, len(rows)):
            if before is None:
                agents.append(register(transaction, new))
                outcomes.append("registered")
            else:
                agents.append(correct(transaction, before, draft, settings.terms.version))
                outcomes.append("already" if agents[-1].agent == before else "updated")
    return Imported(tuple(agents), tuple(outcomes), any(each != "already" for each in outcomes))


def _find_lost_zeros(view: View, drafts: Sequence[AgentDraft]) -> Iterable[Problem]:
    """Yield the ids that are another agent's without its zeros, as a spreadsheet shows them."""
    known = (agent.id for agent in view.agents())
    longer = WithZeros(chain(known, (draft.id for draft in drafts)))
    for draft in drafts:
        if (padded := longer.find(draft.id)) is not None:
            yield wrong(draft, "id", lacks_zeros(draft.id, Phrase("{id} is an agent", id=padded)))


def _refuse_changes(view: View, draft: AgentDraft, agent: Agent | None) -> Iterable[Problem]:
    """Yield each value with which an agent is registered otherwise; it is not repeated."""
    if agent is None or agent.erased is not None:
        return
    known = _find_known_values(view, agent, draft)
    before = [(name, getattr(known, name)) for name in PERSONAL]
    before += [("occupation", agent.occupation), ("valid_until", agent.valid_until.isoformat())]
    message = Phrase("{id} is registered otherwise; --update corrects it", id=draft.id)
    for name, value in (*before, ("language", agent.language)):
        given = getattr(draft, name)
        if given is not None and clean(given) != value:
            yield wrong(draft, name, message)
    if draft.accept_terms and agent.terms is None:
        yield wrong(draft, "accept_terms", message)
