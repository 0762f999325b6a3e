"""Every rule: what it demands, what a refusal says, its clause in the notice, its settings.

The inputs of a verdict fill ``refusal``, an office's settings ``demand`` and ``readings``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kofucli.base.errors import Phrase
from kofucli.base.text import N_
from kofucli.rules.refusal import Reading, Rule, Verdict
from kofucli.rules.wording_of_cases import CASE_RULES

_MOST_WARNINGS = 20
"""How many warnings are told in full; the rest is counted."""

_TABLE = (
    Rule(
        "service.maintenance",
        N_("An agent changes nothing while the service is under maintenance."),
        N_(
            "The service is under maintenance since {since} ({reason}); end: {limit}. "
            "Reading works."
        ),
    ),
    Rule(
        "reservation.ended",
        N_("A reservation that has ended changes no more."),
        N_("Reservation {subject} has ended ({status}) and changes no more."),
    ),
    Rule(
        "link.unknown",
        N_("Only the link that was sent last to an agent verifies its address."),
        N_("This verification link is not known: a newer one was sent, or it was mistyped."),
        "2(1)",
    ),
    Rule(
        "link.expired",
        N_("The minutes for which a verification link works are {verification_valid_minutes}."),
        N_("This verification link was sent at {sent} and has expired; ask for a new one."),
        "2(1)",
        ("verification.valid_minutes",),
        (
            Reading(
                N_("The time runs from the second of sending; the instant it ends at is outside."),
                N_("The instant at which the time ends would still count."),
            ),
        ),
    ),
    Rule(
        "agent.educational",
        N_("Agents of educational institutions are outside this system."),
        N_(
            "Agent {subject} belongs to an educational institution: please use the ordinary "
            "counter."
        ),
        "1",
    ),
    Rule(
        "agent.certificate",
        N_("The agent's certificate is valid on the day of the visit, that day included."),
        N_("The certificate of agent {subject} ends before the visit on {visit}."),
        "1",
        readings=(
            Reading(
                N_(
                    "Asked when booking for the day of the visit, and again at the counter; what "
                    "is booked stands, even where the certificate ends before."
                ),
                N_("A reservation would end as soon as its certificate does not reach the visit."),
            ),
        ),
    ),
    Rule(
        "agent.unverified",
        N_("Booking needs a verified e-mail address."),
        N_(
            "The e-mail address of agent {subject} is not verified: run 'kofucli verify "
            "send {subject}'."
        ),
        settings=("verification.required",),
        only=("verification.required", True),
    ),
    Rule(
        "agent.suspended",
        N_("A suspended agent neither books nor corrects; dropping and cancelling work."),
        N_(
            "Agent {subject} is suspended from {since} on ({reason}); booking works again "
            "from {limit} on."
        ),
        "6(4)",
        readings=(
            Reading(
                N_(
                    "Judged on the day of booking, not by the day of the visit; earlier "
                    "reservations stand."
                ),
                N_("A visit within the suspension would be refused, one booked before would end."),
            ),
            Reading(
                N_("Dropping cases and cancelling are no use of the system, and still work."),
                N_("Nothing would work, so that places stay taken which nobody needs."),
            ),
        ),
    ),
    Rule(
        "agent.terms",
        N_("An agent has accepted the terms of use once, in whatever version."),
        N_("Agent {subject} never accepted the terms: 'kofucli terms accept --agent {subject}'."),
        settings=("terms.version",),
    ),
    Rule(
        "day.past",
        N_("The day of a visit is not past."),
        N_("{subject} is past; the earliest day is {limit}."),
        "3(1)",
        ("calendar.first_open_day",),
    ),
    Rule(
        "day.closed",
        N_(
            "A visit lies on an open day: none that the office closed, and unless it opened it no "
            "Saturday, Sunday, national holiday, nor 29 December to 3 January."
        ),
        N_("The office is closed on {subject}; the shown days are {shown}."),
        "3(1)",
        ("calendar.closures", "calendar.openings"),
    ),
    Rule(
        "day.not-shown",
        N_("A visit lies on one of the shown open days."),
        N_("{subject} is not shown now; the shown days are {shown}."),
        "3(1)",
        ("calendar.shown_days", "calendar.first_open_day"),
        (
            Reading(
                N_("Shown days begin with open day number {calendar_first_open_day} after today."),
                N_("Today is shown too, where it is open."),
                "calendar.first_open_day",
                0,
            ),
        ),
    ),
    Rule(
        "frame.unknown",
        N_("A frame is one hour from one of the office's starts."),
        N_("{subject} is no frame; frames start at {limit}."),
        "3(2)",
        ("frames.starts",),
    ),
    Rule(
        "frame.closed",
        N_("The office has not closed the hour of a frame."),
        N_("The office has closed {subject}: {reason}."),
    ),
    Rule(
        "frame.past",
        N_("A frame of today has not started yet."),
        N_("The frame {subject} has started."),
        "3(1)",
        ("calendar.first_open_day",),
    ),
    *CASE_RULES,
    Rule(
        "quota.frames",
        N_("The frames that an agent holds on the shown days are at most {quota_frames}."),
        N_(
            "Agent {subject} holds frames on the shown days: {held}; may add: {left}; asked "
            "for: {asked}."
        ),
        "3(2)",
        ("quota.frames", "quota.reading"),
        (
            Reading(
                N_("The main sentence: {quota_frames} in all, less those held."),
                N_(
                    "The note: an agent who holds two may book two more; 3, 2, 2, 0 are left with "
                    "0, 1, 2, 3 held. It can be chosen only with quota.frames = 3."
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
        N_(
            "Change and cancellation end with {deadline_last_minute} on open day number "
            "{deadline_open_days_before} before the visit."
        ),
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
            Reading(
                N_("Booking after it is still allowed, and warns that nothing can be changed."),
                N_("What can no longer be changed could not be booked either."),
            ),
        ),
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

RULES = {rule.code: rule for rule in _TABLE}


def describe(verdict: Verdict) -> Phrase:
    """Return the wording of a refusal, its inputs filled in."""
    rule = RULES[verdict.code]
    text = rule.repeated if verdict.details.get("repeated") else rule.refusal
    return Phrase(text, subject=verdict.subject, **verdict.details)


def describe_warnings(verdicts: Iterable[Verdict]) -> Iterator[Phrase]:
    """Yield the wording of the warnings among verdicts; of many the first, and how many more."""
    told = [v for v in verdicts if not v.holds and RULES[v.code].severity == "warning"]
    yield from map(describe, told[:_MOST_WARNINGS])
    if len(told) > _MOST_WARNINGS:
        more = len(told) - _MOST_WARNINGS
        yield Phrase("There are {count} more such warnings; --explain shows all.", count=more)
