"""Free frames as a table and as CSV, and what keeps agents from booking, whatever is free."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kofucli.base.language import Translate, render
from kofucli.base.text import N_
from kofucli.output.documents import day_documents
from kofucli.output.tables import Sheet, sheet_of, table_text
from kofucli.output.words import bracket, day_cell
from kofucli.rules import Verdict
from kofucli.rules.wording import describe

if TYPE_CHECKING:
    from kofucli.operations.slots import FrameRoom, Slots

MOST_REASONS = 20  # reasons that a text names; the JSON document names all
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
    """Yield what can be done about a refusal; who holds no frame has none to cancel."""
    if verdict.code in _NEXT and verdict.details.get("held") != 0:
        yield "  " + _(_NEXT[verdict.code]).format(subject=verdict.subject)


def slots_text(slots: Slots, _: Translate) -> str:
    """Return a table with a row for each shown day, and below it what its cells mean."""
    starts = [room.frame.start for _day, rooms in slots.days[:1] for room in rooms]
    rows = [
        [day_cell(day, _), *(_cell(room, slots.agent is not None, _) for room in rooms)]
        for day, rooms in slots.days
    ]
    text = table_text([_("Day"), *starts], rows)
    return text + "\n" + "".join(f"{line}\n" for line in _legend(slots, _))


def _legend(slots: Slots, _: Translate) -> Iterator[str]:
    if slots.agent is None:
        yield _("Numbers are cases that still fit, over all agents; --agent ID shows yours.")
        return
    may_book = not all(room.blocked for _day, rooms in slots.days for room in rooms)
    if may_book:
        yield _(
            "Numbers are cases that you could still book; - is none (full, begun, or your limit "
            "of cases is reached)."
        )
    yield _("In brackets: your own cases in the frame.")
    if may_book:
        said = _("Agent {agent}: frames held {held}, may be added {left}.")
        yield said.format(agent=slots.agent, held=slots.held, left=slots.left)
    if slots.blocked:
        said = _("x: agent {agent} cannot book this now, even where there is room, because:")
        yield said.format(agent=slots.agent)
    yield from obstacle_lines(slots.blocked, _)


def _cell(room: FrameRoom, for_agent: bool, _: Translate) -> str:
    if room.closed:
        return _("closed")
    if for_agent:
        free = "x" if room.blocked else str(room.bookable or "-")
        return bracket(free, room.yours, _) if room.yours else free
    if room.remaining is None:
        return _("free")
    return str(room.remaining) if room.remaining else "-"


def slots_sheet(slots: Slots) -> Sheet:
    """Return the frames of the shown days for CSV, a frame a row."""
    names = ["date", "weekday", "start", "capacity", "booked", "remaining"]
    if slots.agent is not None:
        names += ["yours", "bookable"]
    return sheet_of(names, (day | frame for day in day_documents(slots) for frame in day["frames"]))
