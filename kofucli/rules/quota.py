"""How much may be booked: frames, cases, capacity, duplicates (notice 3(2))."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from kofucli.model import ACTIVE, HOLDING, Case, Frame, Reservation
from kofucli.rules import Verdict, ask

_NOTE = {0: 3, 1: 2, 2: 2}


def frames_left(held: int, limit: int, reading: str) -> int:
    """Return how many frames an agent who holds ``held`` may add (notice 3(2)).

    1. Reading ``main``: ``limit`` less those held, never below 0.
    2. Reading ``note``: 3, 2, 2 with 0, 1, 2 held, and 0 from 3 on.
    """
    if reading == "note":
        return _NOTE.get(held, 0)
    return max(0, limit - held)


def stands(reservation: Reservation, case: Case) -> bool:
    """Tell whether a case keeps its number from being booked again (own rule).

    1. Its reservation is active, arrived or collected.
    2. The case itself is active or collected.
    """
    return (reservation.status in ACTIVE or reservation.status == "collected") and (
        case.status in ("active", "collected")
    )


class Holdings:
    """What the reservations of the days from today on hold: frames, cases, numbers (own index).

    1. An agent holds a frame of a shown day if a reservation of its own has a status of HOLDING.
    2. An agent's cases in a frame are the active ones of all its reservations there.
    3. A frame's booked cases are those of all agents, dropped ones apart, in such reservations.
    4. A number stands in a reservation if ``stands`` says so.
    """

    def __init__(self, reservations: Iterable[Reservation], shown: Collection[date]) -> None:
        self._shown = shown
        # Sums are made when they are asked for: a booking asks about few of the agents and frames.
        self._of_agent: dict[str, list[Reservation]] = {}
        self._in_frame: dict[tuple[date, str], list[Reservation]] = {}
        self._standing: dict[str, Reservation] = {}
        for reservation in reservations:
            if reservation.status in HOLDING:
                self._of_agent.setdefault(reservation.agent, []).append(reservation)
                place = reservation.date, reservation.start
                self._in_frame.setdefault(place, []).append(reservation)
                for case in reservation.cases:
                    if stands(reservation, case):
                        self._standing[case.number] = reservation

    def frames(self, agent: str) -> set[Frame]:
        """Return the distinct frames on shown days that an agent holds."""
        return {held.frame for held in self._of_agent.get(agent, ()) if held.date in self._shown}

    def cases(self, agent: str, frame: Frame) -> int:
        """Return an agent's active cases in a frame."""
        return sum(
            len(held.active_cases)
            for held in self._of_agent.get(agent, ())
            if held.frame == frame and held.status in ACTIVE
        )

    def booked(self, frame: Frame) -> int:
        """Return the cases of all agents that take up a frame's capacity."""
        return sum(held.taken for held in self._in_frame.get(frame, ()))

    def standing(self, number: str) -> Reservation | None:
        """Return the reservation in which a number stands, None where it is free."""
        return self._standing.get(number)

    def numbers(self) -> Collection[str]:
        """Return the numbers that stand in a reservation."""
        return self._standing.keys()


def fits(held: int, asked: int, limit: int | None) -> bool:
    """Tell whether what is asked for fits beside what is held; None is no limit."""
    return limit is None or held + asked <= limit


def is_free(other: Reservation | None, repeated: bool) -> bool:
    """Tell whether a number is free; both as ``check_duplicate`` takes them."""
    return other is None and not repeated


def check_duplicate(number: str, other: Reservation | None, agent: str, repeated: bool) -> Verdict:
    """Ask whether a number is still free (own rule).

    1. It stands in no reservation with a visit today or later; ``other`` is such a reservation.
    2. It was not named before in the same request (``repeated``).

    The other reservation is named only to the agent who has it.
    """
    own = other is not None and other.agent == agent
    details: dict[str, object] = {
        "own": f" ({other.number})" if own and other else "",
        "free": other is None,
    }
    if repeated:
        details["repeated"] = True
    if own and other:
        details["reservation"] = other.number
    return ask("case.duplicate", is_free(other, repeated), number, **details)


def check_frames(agent: str, held: int, left: int, asked: int, limit: int, reading: str) -> Verdict:
    """Ask whether the frames of a request fit the agent's quota (notice 3(2)).

    ``left`` follows from ``held``, ``limit`` and ``reading`` (``frames_left``), which the refusal
    tells. The limit that it names is how many frames the agent could have afterwards: with two held
    that is four under the note.

    1. The new distinct frames ``asked`` for are at most those ``left`` when the command began.
    """
    return ask(
        "quota.frames",
        fits(0, asked, left),
        agent,
        limit=held + left if left else limit,
        held=held,
        left=left,
        asked=asked,
        reading=reading,
    )


def check_cases(agent: str, frame: Frame, held: int, asked: int, limit: int) -> Verdict:
    """Ask whether an agent's cases fit one frame (notice 3(2)).

    1. Those held and those asked for are at most ``limit``.
    """
    holds = fits(held, asked, limit)
    return ask("quota.cases", holds, str(frame), limit=limit, held=held, asked=asked, agent=agent)


def check_full(frame: Frame, booked: int, asked: int, capacity: int | None) -> Verdict:
    """Ask whether a frame has room for the cases asked for (own rule).

    1. Booked and asked-for cases are at most the capacity; None is no limit.
    """
    holds = fits(booked, asked, capacity)
    return ask("frame.full", holds, str(frame), limit=capacity, held=booked, asked=asked)
