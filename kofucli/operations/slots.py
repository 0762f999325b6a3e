"""What is free: the shown days and their frames, and what an agent may add."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from kofucli.model import Actor, Agent, Frame, Stamp
from kofucli.operations import Context
from kofucli.rules import Verdict, all_hold, in_order, refusals
from kofucli.rules.availability import check_frames, frames_left


class Allowance(Struct, frozen=True):
    """What an agent may add on the shown days, whatever is free there.

    ``left`` are the frames that it may add, 0 where it can book on none of the days. ``blocked``
    are the rules, each once, that forbid it to book on some or all of the days, or another frame.
    ``days`` are the days on which it cannot book at all.
    """

    left: int = 0
    blocked: tuple[Verdict, ...] = ()
    days: frozenset[date] = frozenset()


def find_allowance(
    context: Context, agent: Agent, held: int, service: Sequence[Verdict] = ()
) -> Allowance:
    """Return what an agent may add who holds so many frames; ``service`` was asked before."""
    limits = context.settings.quota
    left = frames_left(held, limits.frames, limits.reading)
    quota = check_frames(agent.id, held, left, 1, limits.frames, limits.reading)
    asked = {
        day: [
            *service,
            *context.check_agent(agent, day),
            *context.check_booking_deadline(day, context.now),
        ]
        for day in context.shown
    }
    blocked = refusals([quota])
    for verdicts in zip(*asked.values(), strict=True):  # a rule, asked for each day
        blocked += refusals(verdicts)[:1]
    days = frozenset(day for day, verdicts in asked.items() if not all_hold(verdicts))
    return Allowance(0 if len(days) == len(asked) else left, tuple(in_order(blocked)), days)


class FrameRoom(Struct, frozen=True):
    """A frame, in cases; ``blocked`` is whether a rule forbids the agent to book there at all."""

    frame: Frame
    capacity: int | None
    booked: int
    yours: int
    bookable: int
    blocked: bool = False

    @property
    def closed(self) -> bool:
        """Whether it takes no case at all: the office, or its settings, closed the hour."""
        return self.capacity == 0

    @property
    def remaining(self) -> int | None:
        """Cases that still fit, over all agents; None where there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.booked)


class Slots(Struct, frozen=True):
    """The shown days and their frames; how many frames an agent holds, and what it may add."""

    days: tuple[tuple[date, tuple[FrameRoom, ...]], ...]
    agent: str | None
    held: int = 0
    left: int = 0
    blocked: tuple[Verdict, ...] = ()


def show_slots(context: Context, agent: Agent | None, actor: Actor) -> Slots:
    """Return what is free on the shown days, and what ``actor`` could still book for an agent."""
    holdings, limits = context.holdings(), context.settings.quota
    held = holdings.frames(agent.id) if agent is not None else set()
    service = context.check_service(Stamp(context.now, actor))
    may_add = Allowance() if agent is None else find_allowance(context, agent, len(held), service)
    days = []
    for day in context.shown:
        rooms = []
        for start in context.settings.frames.starts:
            frame = Frame(day, start)
            capacity, booked = context.capacity(frame), holdings.booked(frame)
            yours = holdings.cases(agent.id, frame) if agent is not None else 0
            started = context.now >= frame.starts_at
            blocked = day in may_add.days or (frame not in held and may_add.left == 0)
            may = 0 if blocked or started else limits.cases - yours
            if capacity is not None:
                may = min(may, capacity - booked)
            rooms.append(FrameRoom(frame, capacity, booked, yours, max(0, may), blocked))
        days.append((day, tuple(rooms)))
    name = agent.id if agent is not None else None
    return Slots(tuple(days), name, len(held), may_add.left, may_add.blocked)
