"""What is free: the shown days and their frames, and what an agent may add."""

from __future__ import annotations

from datetime import date

from msgspec import Struct

from kofucli.model.records import Actor, Agent, Frame, Stamp
from kofucli.operations.context import Context
from kofucli.rules.calendar import starts_at
from kofucli.rules.quota import frames_left
from kofucli.rules.refusal import Verdict, in_order, refusals


class FrameRoom(Struct, frozen=True):
    """A frame, in cases: its capacity, what is booked, and what an agent has and may add.

    ``blocked`` is whether a rule forbids the agent to book on that day at all.
    """

    frame: Frame
    capacity: int | None
    booked: int
    yours: int
    bookable: int
    blocked: bool = False

    @property
    def remaining(self) -> int | None:
        """Cases that still fit, over all agents; None where there is no limit."""
        return None if self.capacity is None else max(0, self.capacity - self.booked)


class Slots(Struct, frozen=True):
    """The shown days and their frames; ``held`` and ``left`` count an agent's frames.

    ``blocked`` are the rules, each once, that forbid booking on some or all of the days.
    """

    days: tuple[tuple[date, tuple[FrameRoom, ...]], ...]
    agent: str | None
    held: int = 0
    left: int = 0
    blocked: tuple[Verdict, ...] = ()


def show_slots(context: Context, agent: Agent | None, actor: Actor) -> Slots:
    """Return what is free on the shown days, and what ``actor`` could still book for an agent."""
    holdings, limits = context.holdings(), context.settings.quota
    held = holdings.frames(agent.id) if agent is not None else set()
    left = frames_left(len(held), limits.frames, limits.reading)
    service = context.check_service(Stamp(context.now, actor))
    days = []
    blocked: dict[str, Verdict] = {}
    for day in context.shown:
        asked = [*service, *context.check_agent(agent, day)] if agent is not None else []
        if agent is not None:
            asked += context.check_booking_deadline(day, context.now)
        found = {verdict.code: verdict for verdict in refusals(asked)}
        blocked = found | blocked  # of each rule the verdict on the first day stays
        rooms = []
        for start in context.settings.frames.starts:
            frame = Frame(day, start)
            capacity, booked = context.capacity(frame), holdings.booked(frame)
            yours = holdings.cases(agent.id, frame) if agent is not None else 0
            started = context.now >= starts_at(frame)
            fits = frame in held or left > 0
            may = limits.cases - yours if fits and not started and not found else 0
            if capacity is not None:
                may = min(may, capacity - booked)
            rooms.append(FrameRoom(frame, capacity, booked, yours, max(0, may), bool(found)))
        days.append((day, tuple(rooms)))
    if agent is None:
        return Slots(tuple(days), None)
    return Slots(tuple(days), agent.id, len(held), left, tuple(in_order(blocked.values())))
