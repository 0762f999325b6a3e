"""The rules of the notice, a module for each of its sections. They are pure: no clock, no files.

A rule is a function that is given what it needs to know, and answers with a verdict:

    frame = Frame(date(2026, 11, 26), "10:00")
    verdict = check_cases("A-1", frame, held=8, asked=3, limit=10)
    verdict.holds    # False: eleven cases are too many
    verdict.details  # {"limit": 10, "held": 8, "asked": 3, "agent": "A-1"}

A refusal is a verdict that does not hold. What a verdict is, and the order in which refusals are
listed, stands here; the table of all rules is ``wording``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from kofucli.base import KofuError, Phrase

AREAS = (
    *("service", "reservation", "link", "agent", "day", "frame", "case", "duplicate"),
    *("quota.frames", "quota.cases", "frame.full", "deadline", "cancel", "amend"),
)
"""The order in which refusals are listed; each rule belongs to one of these."""

_RANKS = {area: rank for rank, area in enumerate(AREAS)}
_OF_AGENTS = ("agent", "quota.frames")
"""Areas whose rules have an agent for their subject."""


class Reading(Struct, frozen=True):
    """A passage of the notice that can be read in two ways: the ``usual`` one and the ``other``.

    The other one is taken where the ``setting`` has this ``value``; without a setting, nowhere.
    """

    usual: str
    other: str
    setting: str = ""
    value: str | int | None = None


class Rule(Struct, frozen=True):
    """One rule of the rulebook; ``severity`` says what happens where it does not hold.

    A warning that ``binds_planner`` counts like a refusal where cases are placed.

    A rule of our own has no ``clause``. ``only`` is a setting and the value under which alone the
    rule is asked. If a setting chooses between ``readings``, it chooses about the first of them. A
    ``variant`` is the name of an input, and the wording of refusals that have that input;
    ``used_up`` is the wording where nothing is ``left``.
    """

    code: str
    demand: str
    refusal: str
    clause: str | None = None
    settings: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    only: tuple[str, object] | None = None
    severity: str = "refusal"
    variant: tuple[str, str] = ("", "")
    used_up: str = ""
    binds_planner: bool = False

    @property
    def area(self) -> str:
        """The area of AREAS in which its refusals are listed."""
        return area_of(self.code)


class Verdict(Struct, frozen=True):
    """One rule asked once: ``details`` are the inputs that decided, ``limit`` among them."""

    code: str
    holds: bool
    subject: str
    details: dict[str, object]


class Inquiry(Struct, frozen=True):
    """What was asked about a request, or about one row of a file, in the order asked.

    ``binding`` is whether warnings about the day count like refusals, as for the planner.
    """

    verdicts: tuple[Verdict, ...]
    row: int | None = None
    agent: str | None = None
    binding: bool = False


class RefusedError(KofuError):
    """Rules refuse a request; ``refusals`` are all of them, in the rulebook's order.

    ``inquiries`` are all that was asked until then, to explain it; ``notes`` what else is told.
    """

    kind = "refused"
    exit_status = 3

    def __init__(
        self,
        refusals: Sequence[Verdict],
        inquiries: Sequence[Inquiry] = (),
        notes: Sequence[Phrase] = (),
    ) -> None:
        super().__init__(Phrase("Refused; nothing was changed."))
        self.refusals = tuple(refusals)
        self.inquiries = tuple(inquiries)
        self.notes = tuple(notes)


def ask(code: str, holds: bool, subject: str, **details: object) -> Verdict:
    """Return the verdict of rule ``code`` on ``subject``."""
    return Verdict(code, holds, subject, details)


def area_of(code: str) -> str:
    """Return a rule's area: its own, or the first part of its code."""
    if code == "case.duplicate":
        return "duplicate"
    return code if code in AREAS else code.partition(".")[0]


def agent_of(verdict: Verdict) -> str | None:
    """Return the agent about whom a rule was asked; None for a rule that is about no agent."""
    if area_of(verdict.code) in _OF_AGENTS:
        return verdict.subject
    agent = verdict.details.get("agent")
    return agent if isinstance(agent, str) else None


def all_hold(verdicts: Iterable[Verdict]) -> bool:
    """Tell whether nothing is refused."""
    return all(verdict.holds for verdict in verdicts)


def refusals(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts whose rule does not hold, in the rulebook's order, each once.

    Within an area they stay in the order in which they were asked.
    """
    return in_order(verdict for verdict in verdicts if not verdict.holds)


def in_order(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return verdicts in the rulebook's order; if a question was asked twice, what refused."""
    found: dict[tuple[str, str, object, object], Verdict] = {}
    for v in verdicts:
        key = v.code, v.subject, v.details.get("agent"), v.details.get("visit")
        if not v.holds or key not in found or found[key].holds:
            found[key] = v
    return sorted(found.values(), key=lambda v: _RANKS[area_of(v.code)])
