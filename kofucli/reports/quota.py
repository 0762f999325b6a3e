"""What every agent holds on the shown days, and may still book there (notice 3(2))."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from msgspec import Struct

from kofucli.model import HOLDING, Frame, Predicate, Reservation
from kofucli.reports.load import count_taken


class HeldFrame(Struct, frozen=True):
    """A frame that an agent holds, and its cases there."""

    date: date
    start: str
    cases: int


class AgentQuota(Struct, frozen=True):
    """How many frames of the shown days an agent holds and may add, and its cases in them."""

    id: str
    frames_held: int
    frames_left: int
    cases: int
    frames: tuple[HeldFrame, ...]


class Quota(Struct, frozen=True):
    """The quota of every agent on the shown days; ``holding`` is how many hold a frame."""

    shown: tuple[date, ...]
    agents: tuple[AgentQuota, ...]
    holding: int
    frames_held: int
    cases: int


def count_quota(
    reservations: Iterable[Reservation],
    shown: Sequence[date],
    agents: Iterable[str],
    left: Callable[[int], int],
    listed: Predicate = lambda day: True,
) -> Quota:
    """Return what agents hold on the shown days (notice 3(2)), by id.

    1. A frame is held where a reservation of the agent keeps it; its cases are those not dropped.
    2. ``agents`` are in it whether they hold something or not; ``left`` tells what the quota
       leaves who holds so many.
    3. The frames of days that are not ``listed`` are counted as held, and not shown.
    """
    held: dict[str, dict[Frame, int]] = {agent: {} for agent in agents}
    for reservation in reservations:
        if reservation.status in HOLDING and reservation.date in shown:
            frames = held.setdefault(reservation.agent, {})
            frame = reservation.frame
            frames[frame] = frames.get(frame, 0) + count_taken(reservation)
    rows = []
    for agent, frames in sorted(held.items()):
        rooms = tuple(HeldFrame(*f, n) for f, n in sorted(frames.items()) if listed(f.date))
        cases = sum(room.cases for room in rooms)
        rows.append(AgentQuota(agent, len(frames), left(len(frames)), cases, rooms))
    return Quota(
        tuple(shown),
        tuple(rows),
        sum(row.frames_held > 0 for row in rows),
        sum(row.frames_held for row in rows),
        sum(row.cases for row in rows),
    )
