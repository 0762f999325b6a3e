"""The rules about what is asked for: cases, amounts, deadlines and changes (see ``wording``)."""

from __future__ import annotations

from kofucli.base.text import N_
from kofucli.rules import Reading, Rule

REQUEST_RULES = (
    Rule(
        "case.kind",
        N_("The application is of a kind that can be collected with a reservation."),
        N_("Case {subject}: the kind {kind} cannot be reserved here; these can: {limit}."),
        "1",
        ("cases.kinds",),
    ),
    Rule(
        "case.birth-only",
        N_("Acquisition of a status of residence counts only where it is by birth."),
        N_("Case {subject}: acquisition can be reserved only by birth (birth=yes)."),
        "1(4)",
    ),
    Rule(
        "case.reentry-alone",
        N_("A re-entry permit goes only together with another application."),
        N_(
            "Case {subject}: a re-entry permit needs another eligible case in this reservation, "
            "named by with=NUMBER (column 'with' of a file); given: {with}."
        ),
        "1",
        readings=(
            Reading(
                N_("'At the same time' means: in this reservation."),
                N_("It would mean filed together: the other case could be collected elsewhere."),
            ),
            Reading(
                N_("The permit counts as one case."),
                N_("The permit would go along with its main case and not be counted."),
            ),
        ),
    ),
    Rule(
        "case.filed-online",
        N_("The application was filed at the window, not online."),
        N_("Case {subject} was filed online and is outside this system."),
        "1",
    ),
    Rule(
        "case.filed-elsewhere",
        N_("The application was filed at this office."),
        N_("Case {subject} was filed at office {office}; this is {limit}."),
        "1",
        ("office.id",),
        variant=(
            "name",
            N_("Case {subject} was filed at office {office}; this is {name} ({limit})."),
        ),
    ),
    Rule(
        "case.under-review",
        N_("The examination of the application is over."),
        N_("Case {subject} is still under review (review={review})."),
        "1",
    ),
    Rule(
        "case.counter",
        N_("The result is handed over at the counter that this system serves."),
        N_(
            "Case {subject} is handed over at counter {counter}; this system serves counter "
            "{limit}."
        ),
        "1(*1)",
        ("cases.counter",),
    ),
    Rule(
        "case.recipient",
        N_("The agent may receive this result in the way named."),
        N_(
            "Case {subject}: recipient={recipient} is not available to {occupation} (kind: {kind})."
        ),
        "1(ア-エ)",
        ("cases.collect_only",),
        variant=(
            "host",
            N_(
                "Case {subject}: a plan gives it to staff of an organisation only where the row "
                "names that organisation as the applicant's (column host, 受入れ機関)."
            ),
        ),
        readings=(
            Reading(
                N_("Receiving as colleague or professional works for any eligible kind."),
                N_(
                    "Receiving as colleague or professional works only for change, extension, "
                    "permanent and acquisition, whose result is a card."
                ),
                "cases.collect_only",
                "cards",
            ),
            Reading(
                N_(
                    "self fits any occupation; colleague and staff the staff of host "
                    "organisations, support organisations and public-interest corporations; "
                    "professional scriveners and attorneys."
                ),
                N_("colleague and staff would fit the staff of host organisations alone."),
            ),
            Reading(
                N_(
                    "A plan for several agents hands a case to staff only if their organisation is "
                    "known to receive the applicant: by the case file, or from a colleague."
                ),
                N_("It would give a case to the staff of any organisation."),
            ),
        ),
    ),
    Rule(
        "case.together",
        N_(
            "Cases of a file that are tied to each other (with=) are booked together or not at all."
        ),
        N_("Case {subject} goes together with {with} (with=), which is refused."),
    ),
    Rule(
        "case.number",
        N_(
            "A case number is 1 to 32 letters, digits and hyphens, with at least one digit, in the "
            "office's pattern."
        ),
        N_("'{subject}' is not a case number: {reason}."),
        settings=("cases.pattern",),
        severity="input",
    ),
    Rule(
        "case.kind-mark",
        N_("What a case number tells of the kind of the application agrees with that kind."),
        N_("Case {subject} is taken as {kind}, but its number says {marks}."),
        settings=("cases.kind_marks",),
        severity="warning",
    ),
    Rule(
        "case.collect-by",
        N_("The visit is not after the day by which the result must be collected."),
        N_("Case {subject} must be collected by {limit}, before the visit on {visit}."),
        severity="warning",
        binds_planner=True,
    ),
    Rule(
        "case.duplicate",
        N_("A case stands in one reservation to come, and once in a request."),
        N_("Case {subject} is reserved already{own}."),
        variant=("repeated", N_("Case {subject} stands twice in this request; name it once.")),
    ),
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
        N_("A reservation can be changed or cancelled until {deadline_last_minute} on {last_day}."),
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
        ("deadline.booking_after", "deadline.last_minute", "deadline.open_days_before"),
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

RECIPIENTS = {
    "self": N_("self: the agent filed the application."),
    "colleague": N_(
        "colleague: staff of an organisation only collect what a colleague of the same "
        "organisation filed. An acknowledgement of receipt is handed in at the counter."
    ),
    "staff": N_(
        "staff: staff of the organisation that receives the applicant only collect what somebody "
        "outside it filed, for instance the applicant. They bring a letter of request, signed by "
        "the applicant."
    ),
    "professional": N_(
        "professional: an administrative scrivener or attorney only collects what somebody else "
        "filed, the applicant included, and brings a letter of request, signed by the applicant."
    ),
}
"""What each way of receiving means, and the paper that it needs beside the postcard (1 ア-エ)."""
