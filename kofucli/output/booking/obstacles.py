"""What keeps agents from booking, whatever is free: codes, reasons, and what can be done next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kofucli.base.language import Translate, render
from kofucli.base.text import N_
from kofucli.rules.refusal import Verdict
from kofucli.rules.wording import describe

_NEXT = {
    "service.maintenance": N_("Try again when it is over."),
    "agent.certificate": N_(
        "Once it is renewed, the office enters it: kofucli agent edit {subject} --valid-until DATE"
    ),
    "agent.suspended": N_(
        "Reservations stand; dropping cases and cancelling still work. The office ends a "
        "suspension early: kofucli agent reinstate {subject} --reason TEXT"
    ),
    "quota.frames": N_(
        "Cancelling a reservation frees its frame: kofucli cancel NUMBER --agent {subject}"
    ),
}
"""What can be done about a refusal whose wording does not say it."""


def obstacle_codes(blocked: Iterable[Verdict]) -> list[str]:
    """Return the code of each obstacle once, in their order."""
    return list(dict.fromkeys(verdict.code for verdict in blocked))


def obstacle_lines(blocked: Iterable[Verdict], _: Translate) -> Iterator[str]:
    """Yield the code and the reason of each obstacle, and below it what can be done."""
    for verdict in blocked:
        yield f"  [{verdict.code}] {render(describe(verdict), _)}"
        for line in next_lines(verdict, _):
            yield f"  {line}"


def next_lines(verdict: Verdict, _: Translate) -> Iterator[str]:
    """Yield what can be done about a refusal, if its wording does not say it."""
    if verdict.code in _NEXT:
        yield "  " + _(_NEXT[verdict.code]).format(subject=verdict.subject)
