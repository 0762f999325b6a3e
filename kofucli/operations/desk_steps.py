"""What all steps at the counter share: finding the reservation, recording, saying no."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from kofucli.errors import InputError, NotFoundError, Phrase, Problem, RefusedError
from kofucli.model import Actor, Reservation, Step, StepName
from kofucli.numbers import make_number
from kofucli.operations.context import Context
from kofucli.operations.desk_marks import Advice, Marked
from kofucli.operations.lookup import find_reservation
from kofucli.rules.eligibility import normalise_number

if TYPE_CHECKING:
    from kofucli.operations.mailing import NewsKind

_LAST_PART = re.compile(r"([0-9]{4,12})-[0-9A-Z]")
_COUNTER = Actor(None, "")


class DeskRefusedError(RefusedError):
    """The counter cannot do this now; the sentence says what can be done instead.

    These are no rules of the rulebook's table, so there is no code, and ``refusals`` is empty.
    """

    def __init__(self, phrase: Phrase, now: datetime, limit: datetime | None = None) -> None:
        super().__init__(())
        if limit is None:
            self.phrase = Phrase("{message} (decided at {now})", message=phrase, now=now)
        else:
            self.phrase = Phrase(
                "{message} (decided at {now}; limit: {limit})", message=phrase, now=now, limit=limit
            )


class DeskDone(Struct, frozen=True):
    """A reservation after a step at the desk, and whether anything changed.

    ``timing`` is there for arrivals: ``early``, ``on-time``, ``queued``, ``accepted-late`` or
    ``late``; ``undone`` for an undoing: which step was undone. ``marks`` came with the step, or
    went; None where it has to do with none. ``news`` is what the agent is mailed about it, None
    for nothing: it knows of what was done before its eyes.
    """

    reservation: Reservation
    changed: bool
    timing: str | None = None
    undone: str | None = None
    marks: tuple[Marked, ...] | None = None
    news: NewsKind | None = None
    advice: tuple[Advice, ...] = ()
    notes: tuple[Phrase, ...] = ()
    dry_run: bool = False


def take_step(before: Reservation, op: StepName, now: datetime, **changes: Any) -> Reservation:
    """Return a reservation after a step at the desk, with what undoing it needs."""
    step = Step(
        op,
        now,
        before.status,
        tuple(case.status for case in before.cases),
        before.arrived_at,
        before.ended_at,
        before.reason,
        before.late_notice,
    )
    return replace(before, steps=(*before.steps, step), **changes)


def find_at_desk(context: Context, text: str) -> Reservation:
    """Return the reservation that somebody names at the counter.

    By its number, the last part of it (``0041-K``) on the day of the visit, or an active case; a
    QR code holds the number. Raises NotFoundError, InputError, WrongUsageError.
    """
    part = normalise_number(text)
    found = _LAST_PART.fullmatch(part)
    if found is None:
        return find_reservation(context, text, _COUNTER)
    for reservation in context.view.day(context.today).values():
        if reservation.number.partition("-")[2] == part:
            return reservation
    try:
        return find_reservation(context, text, _COUNTER)
    except NotFoundError:
        pass
    right = make_number(context.settings.office.id, context.today, int(found[1]))
    if right in context.view.day(context.today):
        raise InputError(
            Phrase(
                "{part}: the last character is wrong for today; please compare it with the "
                "confirmation. Nothing was recorded.",
                part=part,
            ),
            [Problem(Phrase("number {number}", number=part), Phrase("a character is wrong"))],
        )
    raise NotFoundError(
        Phrase(
            "No reservation of today ends in {part}. For another day give the whole number; "
            "'kofucli desk sheet' shows today's.",
            part=part,
        )
    )


def check_not_future(at: datetime | None, now: datetime) -> None:
    """Raise InputError where an instant that is told lies after ``now``."""
    if at is not None and at > now:
        raise InputError(
            Phrase("What is to come cannot be recorded yet; nothing was changed."),
            [Problem(Phrase("--at {at}", at=at), Phrase("expected {now} or earlier", now=now))],
        )


def refuse_arrived(before: Reservation, now: datetime) -> None:
    """Raise DeskRefusedError for one who has arrived: that would have to be undone first."""
    raise DeskRefusedError(
        Phrase(
            "{number} has arrived already ({at}). If that is wrong, first: kofucli desk undo "
            "{number} --reason ...",
            number=before.number,
            at=before.arrived_at,
        ),
        now,
    )
