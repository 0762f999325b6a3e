"""Free frames as a table: a day a row, an hour a column, and as CSV: a frame a row."""

from __future__ import annotations

from kofucli.clock import weekday
from kofucli.language import Translate
from kofucli.operations.viewing import FrameRoom, Slots
from kofucli.output.tables import Sheet, table_text
from kofucli.output.words import WEEKDAY_NAMES

__all__ = ["slots_sheet", "slots_text"]


def slots_text(slots: Slots, _: Translate) -> str:
    """Return a table of the shown days: free places an hour; for an agent its own beside them."""
    starts = [room.frame.start for _day, rooms in slots.days[:1] for room in rooms]
    rows = [
        [
            f"{day.isoformat()} {_(WEEKDAY_NAMES[weekday(day)])}",
            *(_cell(room, slots.agent is not None, _) for room in rooms),
        ]
        for day, rooms in slots.days
    ]
    text = table_text(Sheet((), [_("Day"), *starts], rows))
    text += (
        "\n"
        + (
            _("Numbers are cases that you could still book; - is none (full, or no frame left).")
            if slots.agent is not None
            else _("Numbers are cases that still fit, over all agents; --agent ID shows yours.")
        )
        + "\n"
    )
    if slots.agent is not None:
        text += _("In brackets: your own cases in the frame.") + "\n"
        text += (
            _("Agent {agent}: frames held {held}, may be added {left}.").format(
                agent=slots.agent, held=slots.held, left=slots.left
            )
            + "\n"
        )
    return text


def _cell(room: FrameRoom, for_agent: bool, _: Translate) -> str:
    if for_agent:
        free = str(room.bookable) if room.bookable else "-"
        return f"{free} ({room.yours})" if room.yours else free
    if room.remaining is None:
        return _("free")
    return str(room.remaining) if room.remaining else "-"


def slots_sheet(slots: Slots, _: Translate) -> Sheet:
    """Return the frames, one a row, under the contract's names."""
    names = ["date", "weekday", "start", "capacity", "booked", "remaining"]
    if slots.agent is not None:
        names += ["yours", "bookable"]
    rows: list[list[str | int | None]] = []
    for day, rooms in slots.days:
        for room in rooms:
            row: list[str | int | None] = [
                day.isoformat(),
                weekday(day),
                room.frame.start,
                room.capacity,
                room.booked,
                room.remaining,
            ]
            rows.append([*row, room.yours, room.bookable] if slots.agent is not None else row)
    return Sheet(names, names, rows)
