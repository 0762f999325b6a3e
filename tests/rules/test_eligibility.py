"""Who may collect what, and with which papers (notice 1); the link of an address (notice 2)."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any, get_args

import pytest

from kofucli.model import Agent, Case, EligibleKind, Link, Occupation, Recipient, Suspension
from kofucli.rules.eligibility import (
    CasePolicy,
    certificate_kind,
    check_agent,
    check_agent_on,
    check_case,
    check_certificate,
    check_collect_by,
    check_host,
    check_link,
    check_together,
    expiry,
    find_mains,
    knows_applicant,
    likeness,
    papers_for,
    recipient_for,
)
from tests.rules.samples import TUESDAY, day, days, jst, make_agent, refused

SIX: tuple[Any, ...] = get_args(EligibleKind)
POLICY = CasePolicy(SIX, "Y", "3", "any")
CARDS = CasePolicy(SIX, "Y", "3", "cards")
VISIT = date(2026, 11, 25)


def codes(case: Case, *together: Case, policy: CasePolicy = POLICY, **agent: Any) -> list[str]:
    """Return the refusals of a case for an agent, in a reservation with other cases."""
    mains = find_mains((case, *together), policy)
    return refused(check_case(case, make_agent(**agent), mains, policy))


def test_of_cases_that_are_alike_the_same_rules_hold() -> None:
    """Booking asks about one of them: nothing but the likeness of a case and its agent decides."""
    attributes = product(
        ("extension", "acquisition", "reentry", "other"),
        get_args(Recipient),
        (True, False),
        ("M-1", "M-2"),
        ("window", "online"),
        (None, "T"),
        ("done", "pending"),
        (None, "1"),
    )
    told: dict[object, list[tuple[str, bool]]] = {}
    for number, values in enumerate(attributes):
        case = Case(f"X-{number}", *values, collect_by=VISIT if number % 2 else None)
        for occupation in get_args(Occupation):
            agent = make_agent(occupation=occupation, verified=number % 3 > 0)
            for mains in ({"M-1"}, {"M-2"}):
                asked = [(v.code, v.holds) for v in check_case(case, agent, mains, POLICY)]
                like = likeness(case, agent, mains)
                assert told.setdefault(like, asked) == asked


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        *((kind, []) for kind in ("change", "extension", "permanent", "activity")),
        ("work-certificate", []),
        *((f"card-{kind}", ["case.kind"]) for kind in ("change", "renewal", "reissue")),
        *((kind, ["case.kind"]) for kind in ("coe", "other")),
        ("acquisition", ["case.birth-only"]),
        ("reentry", ["case.reentry-alone"]),
    ],
)
def test_six_kinds_can_be_reserved(kind: Any, expected: list[str]) -> None:
    assert expected == codes(Case("X-1", kind=kind))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("change", []), ("permanent", ["case.kind"]), ("acquisition", ["case.kind"])],
)
def test_an_office_may_list_fewer_kinds(kind: Any, expected: list[str]) -> None:
    fewer = CasePolicy(("change", "extension"), "Y", "3", "any")
    assert expected == codes(Case("X-1", kind=kind), policy=fewer)


REENTRY = Case("R-1", kind="reentry", main="X-1")


@pytest.mark.parametrize(
    ("case", "others", "expected"),
    [
        (REENTRY, [Case("X-1")], []),
        (REENTRY, [Case("X-1", kind="acquisition", birth=True)], []),
        (REENTRY, [], ["case.reentry-alone"]),  # the case named is not there
        (REENTRY, [Case("X-2")], ["case.reentry-alone"]),
        (REENTRY, [Case("X-1", kind="coe")], ["case.reentry-alone"]),  # not eligible
        (REENTRY, [Case("X-1", kind="reentry", main="X-2")], ["case.reentry-alone"]),
        (Case("R-1", kind="reentry"), [Case("X-1")], ["case.reentry-alone"]),  # names none
        (Case("R-1", kind="reentry", main="R-1"), [], ["case.reentry-alone"]),  # names itself
        (Case("X-2", main="X-9"), [], []),  # with= asks nothing of other kinds
    ],
)
def test_a_reentry_permit_goes_with_another_eligible_case(
    case: Case, others: list[Case], expected: list[str]
) -> None:
    assert expected == codes(case, *others)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"filed": "window", "office": "Y", "review": "done", "counter": "3"}, []),
        (
            {"filed": "online", "office": "T", "review": "pending", "counter": "5"},
            ["case.filed-online", "case.filed-elsewhere", "case.under-review", "case.counter"],
        ),
    ],
)
def test_a_case_is_filed_examined_and_handed_over_here(
    values: dict[str, Any], expected: list[str]
) -> None:
    """Each fault alone is asked in test_verdicts."""
    assert expected == codes(Case("X-1", **values))


_ANY: list[Any] = ["self", "colleague", "staff", "professional"]


@pytest.mark.parametrize(
    ("occupation", "allowed"),
    [
        ("host-organization", ["self", "colleague", "staff"]),
        ("support-organization", ["self", "colleague", "staff"]),
        ("public-interest", ["self", "colleague", "staff"]),
        ("scrivener", ["self", "professional"]),
        ("attorney", ["self", "professional"]),
        ("educational", ["self"]),
    ],
)
def test_the_occupation_limits_the_recipients(occupation: str, allowed: list[str]) -> None:
    """1 ア-エ: イ and ウ are for organisations' staff, エ for the professions, ア for any."""
    found = [
        recipient
        for recipient in _ANY
        if not codes(Case("X-1", recipient=recipient), occupation=occupation)
    ]
    assert allowed == found


@pytest.mark.parametrize(
    ("recipient", "occupation", "any_kind", "cards"),
    [
        ("self", "scrivener", [], []),
        ("staff", "host-organization", [], []),
        ("colleague", "host-organization", [], ["activity", "work-certificate"]),
        ("professional", "attorney", [], ["activity", "work-certificate"]),
    ],
)
def test_receiving_cards_only_excludes_kinds_without_a_card(
    recipient: Any, occupation: str, any_kind: list[str], cards: list[str]
) -> None:
    """1 イ, エ: read as receiving a card only, they do not go with kinds without a card."""
    found = {
        policy.collect_only: [
            kind
            for kind in SIX
            if codes(
                Case("X-1", kind=kind, recipient=recipient, birth=True),
                policy=policy,
                occupation=occupation,
            )
        ]
        for policy in (POLICY, CARDS)
    }
    assert {"any": any_kind, "cards": cards} == found


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("self", ("postcard",)),
        ("colleague", ("acknowledgement", "postcard")),
        ("staff", ("letter-of-request", "postcard")),
        ("professional", ("letter-of-request", "postcard")),
    ],
)
def test_the_recipient_decides_the_papers(recipient: Any, expected: tuple[str, ...]) -> None:
    """1 ア-エ, ※2: イ needs the acknowledgement, ウ and エ the letter of request, all the card."""
    assert expected == papers_for(Case("X-1", recipient=recipient))


@pytest.mark.parametrize(
    ("valid_until", "holds"), [("2026-11-24", False), ("2026-11-25", True), ("2026-11-26", True)]
)
def test_the_certificate_is_valid_on_its_last_day(valid_until: str, holds: bool) -> None:
    verdict = check_certificate(make_agent(valid_until=day(valid_until)), VISIT)
    assert ("agent.certificate", holds) == (verdict.code, verdict.holds)
    assert {"limit": day(valid_until), "visit": VISIT} == verdict.details


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"terms": "0"}, []),  # whatever version was accepted
        ({"suspension": Suspension(TUESDAY, date(2026, 12, 1), "R", "B")}, ["agent.suspended"]),
        ({"suspension": Suspension(VISIT, date(2026, 12, 1), "R", "B")}, []),  # it begins tomorrow
        (
            {"occupation": "educational", "valid_until": TUESDAY, "verified": False, "terms": None},
            ["agent.educational", "agent.certificate", "agent.unverified", "agent.terms"],
        ),
    ],
)
def test_who_lacks_something_may_not_book(values: dict[str, Any], expected: list[str]) -> None:
    agent = make_agent(**values)
    assert expected == refused(check_agent(agent, VISIT, TUESDAY, True))
    free = [code for code in expected if code != "agent.unverified"]  # where the office asks for it
    assert free == refused(check_agent(agent, VISIT, TUESDAY, False))


def test_the_certificate_is_asked_for_the_day_of_the_visit() -> None:
    agent = make_agent(valid_until=date(2026, 11, 26))
    visits = days("2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30")
    late = [v.details["visit"] for d in visits for v in check_agent_on(agent, d) if not v.holds]
    assert list(days("2026-11-27", "2026-11-30")) == late


def test_booking_asks_all_that_depends_on_the_day_where_a_day_is_given() -> None:
    """What ``check_agent_on`` asks is asked by ``check_agent`` too, and only for a visit."""
    agent = make_agent(valid_until=date(2026, 11, 24))
    whole = list(check_agent(agent, VISIT, TUESDAY, True))
    on_day = check_agent_on(agent, VISIT)
    assert [v for v in whole if v not in on_day] == list(check_agent(agent, None, TUESDAY, True))
    assert on_day == [v for v in whole if v in on_day]


@pytest.mark.parametrize(
    ("collect_by", "holds"),
    [(None, True), ("2026-11-24", False), ("2026-11-25", True), ("2026-11-26", True)],
)
def test_a_visit_after_collect_by_is_warned_of(collect_by: str | None, holds: bool) -> None:
    case = Case("X-1", collect_by=None if collect_by is None else day(collect_by))
    verdict = check_collect_by(case, VISIT)
    assert ("case.collect-by", holds) == (verdict.code, verdict.holds)


@pytest.mark.parametrize(("other", "holds"), [(None, True), ("X-2", False)])
def test_a_case_is_booked_with_those_tied_to_it(other: str | None, holds: bool) -> None:
    verdict = check_together(Case("X-1"), other)
    assert ("case.together", holds, "X-1") == (verdict.code, verdict.holds, verdict.subject)


FILER = make_agent(occupation="host-organization")


@pytest.mark.parametrize(
    ("recipient", "collector", "occupation", "same", "expected"),
    [
        # Who filed it receives it as the case says, whatever else is true.
        ("self", "A-1", "host-organization", True, "self"),
        ("professional", "A-1", "scrivener", False, "professional"),
        ("staff", "A-1", "host-organization", False, "staff"),
        # A scrivener or attorney other than the one who filed.
        ("self", "B-2", "scrivener", False, "professional"),
        ("colleague", "B-2", "attorney", True, "professional"),
        # Staff of the filing agent's own organisation.
        ("self", "B-2", "host-organization", True, "colleague"),
        ("colleague", "B-2", "host-organization", True, "colleague"),
        ("staff", "B-2", "host-organization", True, "staff"),
        ("professional", "B-2", "host-organization", True, "staff"),
        # Staff of another organisation, or of another kind of one.
        ("self", "B-2", "host-organization", False, "staff"),
        ("self", "B-2", "public-interest", True, "staff"),
        ("colleague", "B-2", "support-organization", False, "staff"),
    ],
)
def test_filer_and_collector_decide_how_a_result_is_received(
    recipient: Any, collector: str, occupation: str, same: bool, expected: str
) -> None:
    case, agent = Case("X-1", recipient=recipient), make_agent(collector, occupation=occupation)
    assert expected == recipient_for(case, FILER, agent, same)


LINK = Link("0" * 64, jst("2026-11-24T10:00:00"), jst("2026-11-24T11:00:00"))


@pytest.mark.parametrize(
    ("minutes", "expected"), [(60, "2026-11-24T11:00:00"), (1, "2026-11-24T10:01:00")]
)
def test_a_link_works_for_an_hour(minutes: int, expected: str) -> None:
    assert jst(expected) == expiry(jst("2026-11-24T10:00:00"), minutes)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-24T10:00:00", []),
        ("2026-11-24T10:59:59", []),  # after 3,599 seconds
        ("2026-11-24T11:00:00", ["link.expired"]),  # after 3,600 seconds
        ("2026-11-25T10:00:00", ["link.expired"]),
    ],
)
def test_an_hour_is_3600_seconds(now: str, expected: list[str]) -> None:
    assert expected == refused(check_link(LINK, jst(now)))


def test_an_unknown_link_is_told_alone() -> None:
    assert ["link.unknown"] == refused(check_link(None, LINK.sent_at))


HOST = make_agent("B-2", occupation="host-organization")
SCRIVENER = make_agent("A-1", occupation="scrivener")


@pytest.mark.parametrize(
    ("filer", "collector", "same", "named", "expected"),
    [
        # Who filed it, a scrivener and an attorney need no organisation.
        (HOST, HOST, True, False, True),
        (SCRIVENER, make_agent("B-2", occupation="attorney"), False, False, True),
        (HOST, make_agent("C-3", occupation="scrivener"), False, False, True),
        # Staff get what a scrivener filed only where the row names their organisation.
        (SCRIVENER, HOST, False, False, False),
        (SCRIVENER, HOST, True, False, False),
        (SCRIVENER, HOST, False, True, True),
        # Staff of the same organisation, whatever its occupation, know the applicant.
        (make_agent("C-3", occupation="support-organization"), HOST, True, False, True),
        (make_agent("C-3", occupation="host-organization"), HOST, False, False, False),
        (make_agent("C-3", occupation="host-organization"), HOST, False, True, True),
    ],
)
def test_who_is_known_to_receive_the_applicant(
    filer: Agent, collector: Agent, same: bool, named: bool, expected: bool
) -> None:
    assert expected is knows_applicant(filer, collector, same, named)


def test_a_case_of_a_stranger_is_refused_with_what_decided() -> None:
    agent = make_agent(occupation="host-organization")
    verdict = check_host(Case("X-1", kind="change", recipient="staff"), agent)
    assert (verdict.code, verdict.holds, verdict.subject) == ("case.recipient", False, "X-1")
    told = {"recipient": "staff", "occupation": "host-organization", "kind": "change"}
    assert verdict.details == {**told, "host": None}


def test_which_certificate_an_agent_shows() -> None:
    kinds = {each: certificate_kind(each) for each in get_args(Occupation)}
    own = {each for each, kind in kinds.items() if kind == "proxy-notification"}
    assert own == {"scrivener", "attorney"}
    assert {kind for each, kind in kinds.items() if each not in own} == {"application-agent"}
