"""Finding a reservation by its number or by the number of a case in it."""

from __future__ import annotations

from kofucli.errors import InputError, NotFoundError, Phrase, WrongUsageError
from kofucli.model import ACTIVE, Actor, Reservation
from kofucli.numbers import parse_number
from kofucli.operations.context import Context
from kofucli.rules.eligibility import fault_of_spelling, normalise_number
from kofucli.text import abbreviate, looks_like_my_number


def is_visible(reservation: Reservation, actor: Actor) -> bool:
    """Tell whether somebody may see a reservation: the office all, an agent its own."""
    return actor.agent is None or reservation.agent == actor.agent


def find_reservation(context: Context, text: str, actor: Actor) -> Reservation:
    """Return the reservation that ``text`` names.

    ``text`` is a reservation number or the number of a case in an active reservation, in full
    width too. Raises NotFoundError where there is none or it is somebody else's, InputError where
    the check character is wrong, WrongUsageError where it is no number at all.
    """
    parsed = parse_number(text)
    found = None
    if parsed is not None:
        number, day = parsed
        found = context.view.day(day).get(number) if day is not None else None
    else:
        number = normalise_number(text)
        fault = fault_of_spelling(number)
        if fault is None and looks_like_my_number(number) and not context.settings.cases.pattern:
            message = Phrase("This looks like a My Number (個人番号), which is never taken here.")
            raise InputError(message)
        if fault is not None:
            raise WrongUsageError(
                Phrase(
                    "'{value}' is neither a reservation number nor a case number: {fault}.",
                    value=abbreviate(text),
                    fault=fault,
                )
            )
        found = _find_by_case(context, number, actor)
    if found is None or not is_visible(found, actor):
        raise NotFoundError(
            Phrase(
                "There is no reservation {number} here. 'kofucli list' shows those there are.",
                number=number,
            )
        )
    return found


def _find_by_case(context: Context, number: str, actor: Actor) -> Reservation | None:
    """Look from today on, then in what lies before and was never closed."""
    for since, until in ((context.today, None), (None, context.today)):
        for reservation in context.reservations(since, until):
            if reservation.status in ACTIVE and is_visible(reservation, actor):
                for case in reservation.cases:
                    if case.number == number and case.status == "active":
                        return reservation
    return None


def refuse_part(found: Reservation, text: str, ways: Phrase) -> None:
    """Raise WrongUsageError where ``text`` names one of several active cases of a reservation.

    What ends a reservation ends all of its cases, so a case stands for it only where no other one
    is active there. ``ways`` are the commands that do what may be meant.
    """
    number = normalise_number(text)
    active = [case.number for case in found.active_cases]
    if number in active and len(active) > 1:
        raise WrongUsageError(
            Phrase(
                "Case {case} is one of {count} cases in reservation {number}, and the others would "
                "be cancelled with it. {ways}",
                case=number,
                count=len(active),
                number=found.number,
                ways=ways,
            )
        )


def read_case_number(text: str) -> str:
    """Return a case number in its one spelling; raises InputError where it is none."""
    number = normalise_number(text)
    fault = fault_of_spelling(number)
    if fault is not None:
        raise InputError(
            Phrase(
                "'{value}' is no case number: {fault}. Nothing was changed.",
                value=abbreviate(text),
                fault=fault,
            )
        )
    return number


def find_number_in(reservation: Reservation, text: str) -> str:
    """Return the number of a case of the reservation that ``text`` names, dropped ones too.

    Raises NotFoundError where the reservation has no such case, InputError where it is no number.
    """
    number = read_case_number(text)
    if all(case.number != number for case in reservation.cases):
        raise NotFoundError(
            Phrase(
                "Reservation {reservation} has no case {number}. Nothing was changed.",
                reservation=reservation.number,
                number=number,
            )
        )
    return number
