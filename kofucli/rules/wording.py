"""Every rule: what it demands, what a refusal says, its clause in the notice, its settings.

The inputs of a verdict fill ``refusal``, an office's settings ``demand`` and ``readings``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kofucli.base import Phrase
from kofucli.base.text import N_
from kofucli.rules import Reading, Rule, Verdict
from kofucli.rules.conduct import say_reason
from kofucli.rules.wording_of_requests import REQUEST_RULES

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
        N_("This verification link was made at {sent} and has expired; ask for a new one."),
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
                N_("Dropping cases and cancelling are not a use of the system, and still work."),
                N_("Neither would work, so that places which nobody needs would stay taken."),
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
            "A visit lies on an open day: not on one that the office closed, nor, unless the "
            "office opened it, on a Saturday, Sunday or national holiday, or from 29 December to "
            "3 January."
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
                N_("Shown days begin with {first_day}."),
                N_("Today is shown too, where it is open."),
                "calendar.first_open_day",
                0,
            ),
        ),
    ),
    Rule(
        "frame.unknown",
        N_("A frame is one hour from one of the office's starts."),
        N_("{subject} is not a frame; frames start at {limit}."),
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
    *REQUEST_RULES,
)

_CODES = ("kind", "recipient", "status")
"""Inputs whose codes are messages themselves, as tables have them."""
_TO_WHOM = {
    "host-organization": N_("staff of a host organisation"),
    "support-organization": N_("staff of a support organisation"),
    "public-interest": N_("staff of a public-interest corporation"),
    "scrivener": N_("an administrative scrivener"),
    "attorney": N_("an attorney"),
    "educational": N_("staff of an educational institution"),
}

RULES = {rule.code: rule for rule in _TABLE}


def describe(verdict: Verdict) -> Phrase:
    """Return the wording of a refusal, its inputs filled in."""
    rule = RULES[verdict.code]
    name, variant = rule.variant
    text = variant if name in verdict.details else rule.refusal
    if rule.used_up and verdict.details.get("left") == 0:
        text = rule.used_up
    values = {name: _say(name, value) for name, value in verdict.details.items()}
    if "reservation" in verdict.details:
        values["own"] = Phrase(" ({number})", number=verdict.details["reservation"])
    return Phrase(text, subject=verdict.subject, **values)


def _say(name: str, value: object) -> object:
    """Return an input as the wording of a refusal says it: codes by their names."""
    if name == "reason":
        return say_reason(str(value))
    if name == "occupation":
        return Phrase(_TO_WHOM[str(value)])
    if name in _CODES:
        return Phrase(str(value))
    if name == "marks" and isinstance(value, list):
        pairs = (str(each).partition("=") for each in value)
        return [Phrase("{mark}={kind}", mark=mark, kind=Phrase(kind)) for mark, _, kind in pairs]
    if name == "limit" and isinstance(value, list):
        return [Phrase(each) if isinstance(each, str) else each for each in value]
    return value


def describe_warnings(verdicts: Iterable[Verdict]) -> Iterator[Phrase]:
    """Yield the wording of the warnings among verdicts; of many the first, and how many more."""
    told = [v for v in verdicts if not v.holds and RULES[v.code].severity == "warning"]
    yield from map(describe, told[:_MOST_WARNINGS])
    if len(told) > _MOST_WARNINGS:
        more = len(told) - _MOST_WARNINGS
        yield Phrase("More such warnings: {count}; --explain shows all.", count=more)
