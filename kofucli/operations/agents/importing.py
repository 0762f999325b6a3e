"""Registering the agents of a file: new ones, those that are there already, corrections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice

from msgspec import Struct

from kofucli.base.errors import MOST_PROBLEMS, Phrase, Problem
from kofucli.base.text import N_
from kofucli.model.numbers import WithZeros, lacks_zeros
from kofucli.model.records import Agent, Stamp
from kofucli.operations.agents.register import (
    Registered,
    correct,
    find_erased,
    find_known_values,
    find_record,
    make_agent,
    register,
)
from kofucli.operations.agents.values import (
    PERSONAL,
    AgentDraft,
    clean,
    find_faults,
    find_repeated,
    find_taken,
    raise_if_any,
    wrong,
)
from kofucli.operations.context import changing
from kofucli.settings import Settings
from kofucli.store import Store, View


class Imported(Struct, frozen=True):
    """The agents of a file as they are afterwards, in its order.

    ``outcomes`` has for each ``registered``, ``updated``, or ``already`` where nothing changed.
    """

    agents: tuple[Registered, ...]
    outcomes: tuple[str, ...]
    changed: bool


def import_agents(
    store: Store, settings: Settings, drafts: Sequence[AgentDraft], update: bool, stamp: Stamp
) -> Imported:
    """Register the agents of a file, all or none.

    An agent that is registered with the very values is left as it is. One with others is corrected
    with ``update``, as by ``edit_agent``, and is else bad input. Raises InputError with everything
    that is wrong.
    """
    checked = store.stages(N_("Checking"), drafts, len(drafts))
    faults = (problem for draft in checked for problem in find_faults(draft, whole=True))
    found = [*islice(faults, MOST_PROBLEMS + 1), *find_repeated(drafts)]
    # Nothing that the store need not know is done while it is locked.
    made = [] if found else [make_agent(draft, settings, stamp) for draft in drafts]
    with changing(store, settings, "agent import", stamp) as (transaction, _):
        problems = found + list(_find_lost_zeros(transaction, drafts))
        problems += find_erased(transaction, drafts)
        problems += find_taken(transaction, drafts)
        known = [find_record(transaction, draft.id) for draft in drafts]
        if not update:
            for draft, agent in zip(drafts, known, strict=True):
                problems += _refuse_changes(transaction, draft, agent)
        raise_if_any(problems)
        terms = settings.terms.version
        agents, outcomes = [], []
        rows = list(zip(drafts, known, made, strict=True))
        for draft, before, new in store.stages(N_("Registering"), rows, len(rows)):
            if before is None:
                agents.append(register(transaction, new))
                outcomes.append("registered")
            else:
                agents.append(correct(transaction, before, draft, terms))
                outcomes.append("already" if agents[-1].agent == before else "updated")
    return Imported(tuple(agents), tuple(outcomes), any(each != "already" for each in outcomes))


def _find_lost_zeros(view: View, drafts: Sequence[AgentDraft]) -> Iterable[Problem]:
    """Yield the ids that are another agent's without its zeros, as a spreadsheet shows them."""
    known = (agent.id for agent in view.agents())
    longer = WithZeros(chain(known, (draft.id for draft in drafts)))
    for draft in drafts:
        if (padded := longer.find(draft.id)) is not None:
            is_known = Phrase("{id} is an agent", id=padded)
            yield wrong(draft, "id", lacks_zeros(draft.id, is_known))


def _refuse_changes(view: View, draft: AgentDraft, agent: Agent | None) -> Iterable[Problem]:
    """Yield each value with which an agent is registered otherwise; it is not repeated."""
    if agent is None or agent.erased is not None:
        return
    known = find_known_values(view, agent, draft)
    before = {
        **{name: getattr(known, name) for name in PERSONAL},
        "occupation": agent.occupation,
        "valid_until": agent.valid_until.isoformat(),
        "language": agent.language,
    }
    changed = [
        name
        for name, value in before.items()
        if (given := getattr(draft, name)) is not None and clean(given) != value
    ]
    if draft.accept_terms and agent.terms is None:
        changed.append("accept_terms")
    message = Phrase("{id} is registered otherwise; --update corrects it", id=draft.id)
    for name in changed:
        yield wrong(draft, name, message)
