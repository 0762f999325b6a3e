"""The register of agents: their values, verification, disclosure and erasure.

The values are read here as the office enters them, and their faults found. ``register.add_agent``
writes the ``Agent`` that the rules ask about into the ledger, and name, address and certificate
into a personal file apart (terms 5). ``personal_data.record_link`` and ``redeem`` verify the
address, ``erase_agent`` removes the personal file; the record ``Agent`` stays, so that visits and
reports keep their sense.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import get_args

from msgspec import Struct, convert
from msgspec.structs import asdict

from kofucli.base import InputError, Phrase, Problem, StoreError
from kofucli.base.text import (
    AGENT_ID,
    abbreviate,
    drop_variants,
    fault_of_unseen,
    find_unsafe,
    looks_like_my_number,
    normalise,
)
from kofucli.base.written_times import read_day as read_written_day
from kofucli.model import Agent, Occupation, Personal
from kofucli.store.view import Transaction, View

PERSONAL = ("name", "certificate", "email", "phone", "organization")
"""The values that are kept outside the ledger, in the order of ``Personal``."""

NO_VALUES = Personal(salt="", name="", certificate="", email="")
"""What stands for values that are lost."""

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST = 200
_SHORTEST = 2
"""A shorter value is not looked for in a reason: it would be found in many words."""
_CHOICES: dict[str, tuple[str, ...]] = {
    "occupation": get_args(Occupation),
    "language": ("ja", "en"),
}
_NEEDED = ("name", "occupation", "certificate", "valid_until", "email")


class AgentDraft(Struct, frozen=True):
    """An agent's values as entered, None for one not given; ``where`` is the row they stand in."""

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


def clean(value: str) -> str:
    """Return a value in NFC, trimmed."""
    return normalise(value, "NFC").strip()


def make_personal(draft: AgentDraft) -> Personal:
    """Return the personal values of a draft without faults, with a new salt."""
    return Personal(make_salt(), *(clean(getattr(draft, name) or "") for name in PERSONAL))


def make_salt() -> str:
    """Return the random part of a personal file, so that its hash does not betray the values."""
    from secrets import token_hex  # only registering needs it

    return token_hex(16)


def read_occupation(draft: AgentDraft) -> Occupation:
    """Return the occupation of a draft without faults."""
    occupation: Occupation = convert(draft.occupation, Occupation)
    return occupation


def read_day(draft: AgentDraft) -> date:
    """Return the last day of the certificate of a draft without faults."""
    day, _ = read_written_day(draft.valid_until or "")
    assert day is not None  # its fault would have been found
    return day


def wrong(draft: AgentDraft, key: str, message: Phrase) -> Problem:
    """Return the problem with one value, placed in its row, or else by the agent's id."""
    if draft.where is not None:
        return Problem(Phrase("{where}, {key}", where=draft.where, key=key), message)
    return Problem(Phrase("agent {id}, {key}", id=abbreviate(draft.id), key=key), message)


def raise_if_any(problems: Sequence[Problem]) -> None:
    """Raise InputError where there is any problem."""
    if problems:
        raise InputError(Phrase("An agent's values are invalid; nothing was changed."), problems)


def find_faults(draft: AgentDraft, whole: bool) -> Iterable[Problem]:
    """Yield the fault of each value, and each missing one where the draft must be ``whole``."""
    is_id = re.fullmatch(AGENT_ID, draft.id) is not None
    if not is_id:
        message = Phrase("'{value}' is not an id: 1 to 32 of A-Z, 0-9 and -", value=draft.id)
        yield wrong(draft, "id", fault_of_unseen(draft.id) or message)
    for name in _NEEDED:
        value = getattr(draft, name)
        if (whole or value is not None) and not (value or "").strip():
            yield wrong(draft, name, Phrase("it is missing"))
    for name, value in asdict(draft).items():
        if isinstance(value, str) and value.strip() and (is_id or name != "id"):
            fault = _fault_of(name, value)
            if fault is not None:
                yield wrong(draft, name, fault)


def _fault_of(name: str, value: str) -> Phrase | None:
    """Return the fault of one value, which is not repeated: it may end up in a log (terms 5(1))."""
    shown, choices = abbreviate(value), _CHOICES.get(name)
    fault = None
    if len(value) > _LONGEST:
        fault = Phrase("it is longer than {limit} characters", limit=_LONGEST)
    elif find_unsafe(value):
        fault = fault_of_unseen(drop_variants(value))
    elif looks_like_my_number(value):
        fault = Phrase("it looks like a My Number (個人番号), which is never collected here")
    elif choices is not None and value not in choices:
        fault = Phrase(
            "unknown value '{value}'; expected one of: {allowed}", value=shown, allowed=choices
        )
    elif name == "valid_until":
        fault = read_written_day(value)[1]
    elif name == "email" and _EMAIL.fullmatch(value.strip()) is None:
        fault = Phrase("it is not an e-mail address; expected one such as name@example.jp")
    return fault


def find_repeated(drafts: Sequence[AgentDraft]) -> Iterable[Problem]:
    """Yield each id, certificate and address that two drafts share."""
    for name in ("id", "certificate", "email"):
        seen: set[str] = set()
        for draft in drafts:
            value = _folded(getattr(draft, name) or "")
            if value and value in seen:
                yield wrong(draft, name, Phrase("it stands twice in this file"))
            seen.add(value)


def _folded(value: str) -> str:
    return normalise(value).strip().casefold()


def find_taken(view: View, drafts: Sequence[AgentDraft]) -> Iterable[Problem]:
    """Yield each certificate and address that another agent has, without naming that agent."""
    wanted = [
        (draft, name, _folded(value))
        for draft in drafts
        for name in ("certificate", "email")
        if (value := getattr(draft, name))
    ]
    if not wanted:
        return
    taken: dict[tuple[str, str], str] = {}
    alone = drafts[0].id if len(drafts) == 1 else None
    for agent in view.agents():
        if agent.id == alone:
            continue  # an agent's own values are not taken, and may even be lost
        personal = view.personal(agent)
        taken["certificate", _folded(personal.certificate)] = agent.id
        taken["email", _folded(personal.email)] = agent.id
    for draft, name, value in wanted:
        if taken.get((name, value), draft.id) != draft.id:
            yield wrong(draft, name, Phrase("another agent is registered with it"))


def find_values(view: View, agent: Agent) -> Personal | None:
    """Return an agent's personal values, None where they are lost or damaged."""
    try:
        return view.personal(agent)
    except StoreError:
        return None


def refuse_named(view: Transaction, agent_id: str, reason: str) -> None:
    """Raise InputError where a reason holds an agent's name, address, telephone or certificate."""
    agent = view.agent(agent_id)
    if agent is None or agent.erased is not None:
        return
    personal = find_values(view, agent) or NO_VALUES
    texts = (personal.name, personal.email, personal.phone, personal.certificate)
    folded, *values = ("".join(_folded(text).split()) for text in (reason, *texts))
    if any(len(value) >= _SHORTEST and value in folded for value in values):
        message = Phrase("it names the agent, and is kept for good: write {id}", id=agent_id)
        raise InputError(
            Phrase("The reason cannot be recorded; nothing was changed."),
            [Problem(Phrase("--reason"), message)],
        )
