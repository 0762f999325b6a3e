"""Every rule: what it demands, what a refusal says, its clause in the notice, its settings.

The inputs of a verdict fill ``refusal``, an office's settings ``demand`` and ``readings``. The
rules about amounts, deadlines and changes are in ``wording_of_visits``.
"""

from __future__ import annotations

from kofucli.base.errors import Phrase
from kofucli.base.text import N_
from kofucli.rules.refusal import Reading, Rule, Verdict
from kofucli.rules.wording_of_visits import RULES_OF_VISITS

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
        N_("Agent {subject} never accepted the terms of use: run 'kofucli terms accept'."),
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
        "frame.past",
        N_("A frame of today has not started yet."),
        N_("The frame {subject} has started."),
        "3(1)",
        ("calendar.first_open_day",),
    ),
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
            "Case {subject}: a re-entry permit needs with=NUMBER, an eligible case of this "
            "reservation; given: {with}."
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
            "Case {subject}: recipient={recipient} does not fit an agent who is "
            "{occupation} ({kind})."
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
                N_("It would hand a case to any staff, for whomever they work."),
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
        N_("'{subject}' is no case number: {reason}."),
        settings=("cases.pattern",),
        severity="input",
    ),
    Rule(
        "case.collect-by",
        N_("The visit is not after the day by which the result must be collected."),
        N_("Case {subject} must be collected by {limit}, before the visit on {visit}."),
        severity="warning",
    ),
    Rule(
        "case.duplicate",
        N_("A case stands in one reservation to come, and once in a request."),
        N_("Case {subject} is reserved already{own}."),
        variant=(
            "repeated",
            N_("Case {subject} stands twice in this request; name it once."),
        ),
    ),
)

RULES = {rule.code: rule for rule in (*_TABLE, *RULES_OF_VISITS)}


def describe(verdict: Verdict) -> Phrase:
    """Return the wording of a refusal, its inputs filled in."""
    rule = RULES[verdict.code]
    name, variant = rule.variant
    text = variant if name in verdict.details else rule.refusal
    return Phrase(text, subject=verdict.subject, **verdict.details)
