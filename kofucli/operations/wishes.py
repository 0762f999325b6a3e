"""What is asked for, and what became of it: wishes, requests, rows."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from kofucli.model import Case, Frame
from kofucli.rules.refusal import Verdict

__all__ = ["BookRequest", "OpenWish", "Row", "Wish"]


class Wish(Struct, frozen=True):
    """One case that an agent wants to collect in a frame; rows count from 1."""

    row: int
    agent: str
    frame: Frame
    case: Case
    note: str = ""


class OpenWish(Struct, frozen=True):
    """One case that an agent wants to collect, on any day or hour that is not named."""

    row: int
    agent: str
    case: Case
    day: date | None = None
    start: str | None = None
    note: str = ""

    def suits(self, frame: Frame) -> bool:
        """Tell whether a frame is on the day and at the hour named."""
        return self.day in (None, frame.date) and self.start in (None, frame.start)

    def at(self, frame: Frame, agent: str, case: Case) -> Wish:
        """Return the wish for a frame, an agent who collects, and the case as that one has it."""
        return Wish(self.row, agent, frame, case, self.note)


class BookRequest(Struct, frozen=True):
    """What is to be booked.

    ``from_file`` tells rows already booked apart from refused ones; ``best_effort`` books what the
    rules allow; ``again`` books what was dropped or cancelled before.
    """

    wishes: tuple[Wish | OpenWish, ...]
    from_file: bool = False
    best_effort: bool = False
    again: bool = False


class Row(Struct, frozen=True):
    """What became of one wish.

    ``booked``, ``already``, ``ended``, ``not-ready``, ``refused``, ``not-placed``; ``not-booked``
    where the rules allow it, and another row's refusal kept everything from being booked; in a plan
    ``placed``. ``frame`` is where it is booked, or would be; ``bookable_from`` is the first instant
    at which what was not placed may find room, None where that is not in sight.
    """

    wish: Wish | OpenWish
    outcome: str
    frame: Frame | None = None
    reservation: str | None = None
    refusals: tuple[Verdict, ...] = ()
    bookable_from: datetime | None = None

    @property
    def day(self) -> date | None:
        """The day of its frame, or the one it asks for."""
        frame = self._frame
        return frame.date if frame is not None else getattr(self.wish, "day", None)

    @property
    def start(self) -> str | None:
        """The hour of its frame, or the one it asks for."""
        frame = self._frame
        return frame.start if frame is not None else getattr(self.wish, "start", None)

    @property
    def _frame(self) -> Frame | None:
        return self.wish.frame if isinstance(self.wish, Wish) else self.frame
