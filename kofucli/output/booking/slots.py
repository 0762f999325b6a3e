"""Free frames: a table with a row a day and a column an hour, and CSV with a row a frame."""

from __future__ import annotations

from collections.abc import Iterator

from kofucli.base.clock import weekday
from kofucli.base.language import Translate
from kofucli.operations.slots import FrameRoom, Slots
from kofucli.output.booking.obstacles import obstacle_lines
from kofucli.output.tables import Cell, Sheet, table_text
from kofucli.output.words import bracket, day_cell


def slots_text(slots: Slots, _: Translate) -> str:
    """Return a table of the shown days, and below it what its cells mean."""
    starts = [room.frame.start for _day, rooms in slots.days[:1] for room in rooms]
    rows = [
        [day_cell(day, _), *(_cell(room, slots.agent is not None, _) for room in rooms)]
        for day, rooms in slots.days
    ]
    text = table_text([_("Day"), *starts], rows)
    return text + "\n" + "".join(f"{line}\n" for line in _legend(slots, _))


def _legend(slots: Slots, _: Translate) -> Iterator[str]:
    """Yield what the cells mean; for an agent its frames, and why it may not book."""
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
        yield _("Agent {agent}: frames held {held}, may be added {left}.").format(
            agent=slots.agent, held=slots.held, left=slots.left
        )
    if slots.blocked:
        yield _("x is what agent {agent} cannot book now, whatever is free:").format(
            agent=slots.agent
        )
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
    """Return the frames of the shown days for CSV."""
    names = ["date", "weekday", "start", "capacity", "booked", "remaining"]
    if slots.agent is not None:
        names += ["yours", "bookable"]
    rows: list[list[Cell]] = [
        [
            *(day.isoformat(), weekday(day), room.frame.start),
            *(room.capacity, room.booked, room.remaining),
            *((room.yours, room.bookable) if slots.agent is not None else ()),
        ]
        for day, rooms in slots.days
        for room in rooms
    ]
    return Sheet(names, rows)
