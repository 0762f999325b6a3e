"""The rules about a visit once its agent, day and cases are right: amounts, deadlines, changes.

They are the last ones of the table in ``wording``.
"""

from __future__ import annotations

from kofucli.base.text import N_
from kofucli.rules.refusal import Reading, Rule

RULES_OF_VISITS = (
    Rule(
        "quota.frames",
        N_("At most {quota_frames} frames on the shown days may be added; fewer if some are held."),
        N_(
            "Agent {subject} holds frames on the shown days: {held}; may add: {left}; asked "
            "for: {asked}."
        ),
        "3(2)",
        ("quota.frames", "quota.reading"),
        used_up=N_("Agent {subject} holds frames on the shown days: {held}; the limit is reached."),
        readings=(
            Reading(
                N_("The main sentence: {quota_frames} in all, less those held."),
                N_(
                    "The note: an agent who holds two may book two more; with 0, 1, 2 or 3 frames "
                    "held, 3, 2, 2 or 0 are left. It can be chosen only with quota.frames = 3."
                ),
                "quota.reading",
                "note",
            ),
            Reading(
                N_("Several reservations may share a frame, which counts once."),
                N_("Each reservation would count as a frame of its own."),
            ),
        ),
    ),
    Rule(
        "quota.cases",
        N_("The cases that an agent has in one frame are at most {quota_cases}."),
        N_("Frame {subject}: at most {limit} cases an agent; held: {held}, asked for: {asked}."),
        "3(2)",
        ("quota.cases",),
        (
            Reading(
                N_("Counted over all reservations of the agent in that frame."),
                N_("Counted for each reservation: two in one frame could have twice as many."),
            ),
        ),
    ),
    Rule(
        "frame.full",
        N_("A frame takes no more cases than its capacity, over all agents."),
        N_("Frame {subject} takes {limit} cases; booked: {held}, asked for: {asked}."),
        settings=("frames.capacity", "frames.exceptions"),
    ),
    Rule(
        "deadline.passed",
        N_("Change and cancellation end with {deadline_last_minute} on {last_day}."),
        N_(
            "Reservation {subject} could be changed or cancelled until {deadline}. "
            "Please phone the office before the visit: {phone}, room {room}. A cancellation by "
            "telephone is a mark."
        ),
        "4(1)",
        ("deadline.last_minute", "deadline.open_days_before"),
        (
            Reading(
                N_("'Until {deadline_last_minute}' includes that whole minute."),
                N_("The deadline would be over as soon as {deadline_last_minute} begins."),
            ),
        ),
    ),
    Rule(
        "deadline.booking",
        N_("A visit is booked before the deadline until which it could be changed."),
        N_(
            "The deadline for a visit on {subject} was {deadline}, and this office takes no "
            "booking after it: please choose a later day."
        ),
        "4(1)",
        (
            "deadline.booking_after",
            "deadline.last_minute",
            "deadline.open_days_before",
        ),
        (
            Reading(
                N_("Booking after the deadline is allowed; a note says that nothing can change."),
                N_("What can no longer be changed cannot be booked either."),
                "deadline.booking_after",
                "refuse",
            ),
        ),
        only=("deadline.booking_after", "refuse"),
    ),
    Rule(
        "cancel.too-late",
        N_("The office enters a late cancellation until the frame starts."),
        N_("The frame of reservation {subject} started at {limit}: too late to cancel."),
        "4(2)",
    ),
    Rule(
        "amend.empty",
        N_("A change leaves at least one case."),
        N_("No case would remain in {subject}: use 'kofucli cancel {subject}'."),
        "4(3)",
    ),
    Rule(
        "amend.adds",
        N_("A change drops or corrects; it adds nothing."),
        N_("A change of {subject} adds nothing: a dropped place is not filled again."),
        "4(3)",
        ("amend.reading",),
        (
            Reading(
                N_("A change may do what the notice lists: drop some cases, correct numbers."),
                N_("A dropped place may be filled again, up to the first count."),
                "amend.reading",
                "cap",
            ),
            Reading(
                N_("Day and hour do not change: cancel, and book again."),
                N_("Another day or hour would be a correction, too."),
            ),
        ),
        only=("amend.reading", "listed"),
    ),
    Rule(
        "amend.exceeds",
        N_("A reservation never has more cases than when it was first booked."),
        N_("{subject} was booked with {limit} cases; it would have {asked}."),
        "4(3)",
        ("amend.reading",),
        (
            Reading(
                N_("Nothing is added to a reservation, so no count is compared."),
                N_(
                    "Up to the first count a place may be filled again, and then quota.cases and "
                    "frame.full are asked again, of all that the reservation has afterwards."
                ),
                "amend.reading",
                "cap",
            ),
        ),
        only=("amend.reading", "cap"),
    ),
)
