"""Reasons stay in the ledger for good, so they name nobody (terms 5(1))."""

from __future__ import annotations

import unicodedata

from kofucli.errors import InputError, Phrase, Problem
from kofucli.store import View

_SHORTEST = 2
"""Characters that a value must have to be recognised in a reason."""


def refuse_named(view: View, agent_id: str, reason: str) -> None:
    """Raise InputError where a reason holds an agent's name, address, telephone or certificate.

    Upper and lower case, full width and spaces make no difference.
    """
    agent = view.agent(agent_id)
    if agent is None or agent.erased is not None:
        return
    personal = view.personal(agent)
    values = (personal.name, personal.email, personal.phone, personal.certificate)
    folded = _fold(reason)
    if any(len(_fold(value)) >= _SHORTEST and _fold(value) in folded for value in values):
        raise InputError(
            Phrase("The reason cannot be recorded; nothing was changed."),
            [
                Problem(
                    Phrase("--reason"),
                    Phrase("it names the agent, and is kept for good: write {id}", id=agent_id),
                )
            ],
        )


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
