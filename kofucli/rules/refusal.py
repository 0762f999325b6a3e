"""The table of all codes, and the verdict that a rule gives.

Every rule is asked with its inputs and answers with a Verdict, kept or not; a refusal is a verdict
whose rule does not hold. The table is the only source of codes, clauses and wordings.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from kofucli.errors import Phrase
from kofucli.rules.wording import RULES, Rule

__all__ = ["GROUPS", "RULES", "Rule", "Verdict", "ask", "describe", "refusals"]

GROUPS = (
    "service",
    "reservation",
    "link",
    "agent",
    "day",
    "frame",
    "case",
    "duplicate",
    "quota.frames",
    "quota.cases",
    "frame.full",
    "deadline",
    "cancel",
    "amend",
)
"""The order in which refusals are listed; each rule belongs to one of these."""

_RANK = {code: GROUPS.index(rule.group) for code, rule in RULES.items()}


class Verdict(Struct, frozen=True):
    """One rule asked once: ``details`` are the inputs that decided, ``limit`` among them."""

    code: str
    holds: bool
    subject: str
    details: dict[str, object]


def ask(code: str, holds: bool, subject: str, **details: object) -> Verdict:
    """Return the verdict of rule ``code`` on ``subject``: kept where ``holds``."""
    return Verdict(code, holds, subject, details)


def refusals(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts whose rule does not hold, in the rulebook's order, each once.

    Within a group the order in which they were asked stays (for cases: the order given).
    """
    found = {
        (v.code, v.subject, v.details.get("agent"), v.details.get("visit")): v
        for v in verdicts
        if not v.holds
    }
    return sorted(found.values(), key=lambda v: _RANK[v.code])


def describe(verdict: Verdict) -> Phrase:
    """Return the wording of a refusal, its inputs filled in."""
    rule = RULES[verdict.code]
    text = rule.repeated if verdict.details.get("repeated") else rule.refusal
    return Phrase(text, subject=verdict.subject, **verdict.details)
