"""Every rule's verdict: its subject and the inputs that decided, refused or kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from string import Formatter
from typing import Any

import pytest

from kofucli.model.records import Case, Frame, Link, Maintenance, Suspension
from kofucli.rules.calendar import check_day, check_frame
from kofucli.rules.change import (
    check_amendment,
    check_booking_deadline,
    check_deadline,
    check_late_cancel,
    check_not_ended,
)
from kofucli.rules.conduct import check_service, check_suspension
from kofucli.rules.eligibility import (
    CasePolicy,
    check_agent,
    check_agent_on,
    check_case,
    check_collect_by,
    check_kind_mark,
    check_link,
    check_together,
    find_mains,
)
from kofucli.rules.quota import check_cases, check_duplicate, check_frames, check_full
from kofucli.rules.refusal import Verdict, refusals
from kofucli.rules.wording import RULES, describe
from tests.rules.samples import TUESDAY, day, days, jst, make_agent, make_reservation, open_on

Asked = Callable[[], Iterable[Verdict]]

POLICY = CasePolicy(("change", "acquisition"), "Y", "3", "any")
SHOWN = days("2026-11-25", "2026-11-26", "2026-11-27")
VISIT = day("2026-11-25")
AT_TEN = Frame(VISIT, "10:00")
TEN = jst("2026-11-25T10:00:00")
NOON = jst("2026-11-24T12:00:00")
NUMBER = "Y261125-0001-7"
RESERVED = make_reservation("X-1", "X-2")
LINK = Link("0" * 64, jst("2026-11-24T09:00:00"), jst("2026-11-24T10:00:00"))


def days_asked(visit: str) -> Iterable[Verdict]:
    """Ask for a day on a Tuesday on which three days are shown and one more is open."""
    return check_day(day(visit), TUESDAY, open_on(*map(str, SHOWN), "2026-11-30"), SHOWN)


def case_asked(**values: Any) -> Iterable[Verdict]:
    """Ask for a case of a scrivener, with ``values`` instead of what is plain."""
    case = Case("X-1", **({"kind": "change", "review": "done"} | values))
    return check_case(case, make_agent(), find_mains((case,), POLICY), POLICY)


def agent_asked(**values: Any) -> Iterable[Verdict]:
    """Ask for an agent that visits on 25 November."""
    return check_agent(make_agent(**values), VISIT, TUESDAY, verification_required=True)


def suspended(until: str) -> Verdict:
    """Ask for an agent suspended from 1 November on."""
    held = Suspension(day("2026-11-01"), day(until), "R", "B")
    return check_suspension(make_agent(suspension=held), TUESDAY)


def maintained(now: str) -> Verdict:
    """Ask while a maintenance lasts from nine to ten, or after it."""
    held = Maintenance("maintenance", LINK.sent_at, LINK.expires, "M")
    return check_service(held, jst(now))


REFUSED: list[tuple[Asked, str, str, dict[str, object]]] = [
    (
        lambda: [maintained("2026-11-24T09:59:59")],
        "service.maintenance",
        "service",
        {
            "limit": LINK.expires,
            "since": LINK.sent_at,
            "reason": "M",
            "now": jst("2026-11-24T09:59:59"),
        },
    ),
    (
        lambda: [check_not_ended(make_reservation("X-1", status="cancelled"))],
        "reservation.ended",
        NUMBER,
        {"status": "cancelled"},
    ),
    (lambda: check_link(None, LINK.expires), "link.unknown", "link", {}),
    (
        lambda: check_link(LINK, LINK.expires),
        "link.expired",
        "link",
        {"limit": LINK.expires, "sent": LINK.sent_at},
    ),
    (
        lambda: agent_asked(occupation="educational"),
        "agent.educational",
        "A-1",
        {"occupation": "educational"},
    ),
    (
        lambda: agent_asked(valid_until=TUESDAY),
        "agent.certificate",
        "A-1",
        {"limit": TUESDAY, "visit": VISIT},
    ),
    (lambda: agent_asked(verified=False), "agent.unverified", "A-1", {"verified": False}),
    (
        lambda: [suspended("2026-11-25")],
        "agent.suspended",
        "A-1",
        {"limit": VISIT, "since": day("2026-11-01"), "reason": "R", "today": TUESDAY},
    ),
    (lambda: agent_asked(terms=None), "agent.terms", "A-1", {"accepted": None}),
    (
        lambda: days_asked("2026-11-23"),
        "day.past",
        "2026-11-23",
        {"limit": VISIT, "today": TUESDAY},
    ),
    (lambda: days_asked("2026-11-28"), "day.closed", "2026-11-28", {"shown": list(SHOWN)}),
    (
        lambda: days_asked("2026-11-30"),
        "day.not-shown",
        "2026-11-30",
        {"limit": day("2026-11-27"), "shown": list(SHOWN)},
    ),
    (
        lambda: check_frame(AT_TEN, NOON, ("09:00",), day_is_good=True),
        "frame.unknown",
        "2026-11-25 10:00",
        {"limit": ["09:00"]},
    ),
    (
        lambda: check_frame(AT_TEN, NOON, ("10:00",), True, "a drill"),
        "frame.closed",
        "2026-11-25 10:00",
        {"reason": "a drill"},
    ),
    (
        lambda: check_frame(AT_TEN, TEN, ("10:00",), day_is_good=True),
        "frame.past",
        "2026-11-25 10:00",
        {"limit": TEN},
    ),
    (
        lambda: case_asked(kind="coe"),
        "case.kind",
        "X-1",
        {"kind": "coe", "limit": ["change", "acquisition"]},
    ),
    (lambda: case_asked(kind="acquisition"), "case.birth-only", "X-1", {"birth": False}),
    (lambda: case_asked(kind="reentry", main="X-9"), "case.reentry-alone", "X-1", {"with": "X-9"}),
    (lambda: case_asked(filed="online"), "case.filed-online", "X-1", {"filed": "online"}),
    (lambda: case_asked(office="T"), "case.filed-elsewhere", "X-1", {"office": "T", "limit": "Y"}),
    (lambda: case_asked(review="pending"), "case.under-review", "X-1", {"review": "pending"}),
    (lambda: case_asked(counter="5"), "case.counter", "X-1", {"counter": "5", "limit": "3"}),
    (
        lambda: case_asked(recipient="staff"),
        "case.recipient",
        "X-1",
        {
            "recipient": "staff",
            "occupation": "scrivener",
            "kind": "change",
            "collect_only": "any",
        },
    ),
    (lambda: [check_together(Case("X-1"), "X-2")], "case.together", "X-1", {"with": "X-2"}),
    (
        lambda: [check_collect_by(Case("X-1", collect_by=TUESDAY), VISIT)],
        "case.collect-by",
        "X-1",
        {"limit": TUESDAY, "visit": VISIT},
    ),
    (
        lambda: check_kind_mark(
            Case("横支更1", "change"), CasePolicy((), "Y", "3", "any", {"更": "extension"})
        ),
        "case.kind-mark",
        "横支更1",
        {"kind": "change", "marks": ["更=extension"]},
    ),
    (
        lambda: [check_duplicate("X-1", RESERVED, "B-2", repeated=False)],
        "case.duplicate",
        "X-1",
        {"own": "", "free": False},
    ),
    (
        lambda: [check_frames("A-1", 2, 1, 2, 3, "main")],
        "quota.frames",
        "A-1",
        {"limit": 3, "held": 2, "left": 1, "asked": 2, "reading": "main"},
    ),
    (
        lambda: [check_cases("A-1", AT_TEN, 8, 3, 10)],
        "quota.cases",
        "2026-11-25 10:00",
        {"limit": 10, "held": 8, "asked": 3, "agent": "A-1"},
    ),
    (
        lambda: [check_full(AT_TEN, 8, 3, 10)],
        "frame.full",
        "2026-11-25 10:00",
        {"limit": 10, "held": 8, "asked": 3},
    ),
    (
        lambda: [check_booking_deadline(AT_TEN.date, NOON, NOON)],
        "deadline.booking",
        "2026-11-25",
        {"limit": NOON, "deadline": jst("2026-11-24T11:59:00"), "now": NOON},
    ),
    (
        lambda: [check_deadline(RESERVED, NOON, "", "10")],
        "deadline.passed",
        NUMBER,
        {"limit": NOON, "deadline": jst("2026-11-24T11:59:00"), "phone": None, "room": "10"},
    ),
    (lambda: [check_late_cancel(RESERVED, TEN)], "cancel.too-late", NUMBER, {"limit": TEN}),
    (lambda: check_amendment(RESERVED, 0, 0, "listed"), "amend.empty", NUMBER, {"remaining": 0}),
    (
        lambda: check_amendment(RESERVED, 2, 1, "listed"),
        "amend.adds",
        NUMBER,
        {"limit": 0, "asked": 1, "reading": "listed"},
    ),
    (
        lambda: check_amendment(RESERVED, 3, 1, "cap"),
        "amend.exceeds",
        NUMBER,
        {"limit": 2, "asked": 3, "reading": "cap"},
    ),
]
"""Each rule asked so that it alone does not hold; its subject, and the inputs that decided."""


@pytest.mark.parametrize(
    ("asked", "code", "subject", "details"), REFUSED, ids=[row[1] for row in REFUSED]
)
def test_a_refusal_says_on_whom_and_why(
    asked: Asked, code: str, subject: str, details: dict[str, object]
) -> None:
    """A refusal carries its subject and every input that decided it, and nothing else."""
    assert [Verdict(code, False, subject, details)] == refusals(asked())


@pytest.mark.parametrize("row", REFUSED, ids=[row[1] for row in REFUSED])
def test_a_wording_is_filled_by_what_decided(
    row: tuple[Asked, str, str, dict[str, object]],
) -> None:
    """Every placeholder of a wording is filled by the inputs of its rule."""
    (verdict,) = refusals(row[0]())
    phrase = describe(verdict)
    named = {name for _, name, _, _ in Formatter().parse(phrase.text) if name}
    assert named <= phrase.values.keys()


def test_every_code_is_asked() -> None:
    """No rule that gives a verdict is left out; case.number is bad input instead."""
    assert RULES.keys() - {code for _, code, _, _ in REFUSED} == {"case.number"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (lambda: [maintained("2026-11-24T10:00:00")], [("service.maintenance", "service")]),
        (lambda: [suspended("2026-11-24")], [("agent.suspended", "A-1")]),
        (lambda: [check_suspension(make_agent(), TUESDAY)], [("agent.suspended", "A-1")]),
        (lambda: [check_service(None, NOON)], [("service.maintenance", "service")]),
        (
            lambda: check_link(LINK, LINK.sent_at),
            [("link.unknown", "link"), ("link.expired", "link")],
        ),
        (
            lambda: days_asked("2026-11-25"),
            [(f"day.{code}", "2026-11-25") for code in ("past", "closed", "not-shown")],
        ),
        (
            lambda: check_frame(AT_TEN, NOON, ("10:00",), day_is_good=True),
            [(f"frame.{code}", "2026-11-25 10:00") for code in ("unknown", "closed", "past")],
        ),
        (
            agent_asked,
            [
                (f"agent.{code}", "A-1")
                for code in ("educational", "certificate", "unverified", "suspended", "terms")
            ],
        ),
        (
            lambda: case_asked(kind="acquisition", birth=True),
            [
                (f"case.{code}", "X-1")
                for code in (
                    *("kind", "birth-only", "filed-online", "filed-elsewhere"),
                    *("under-review", "counter", "recipient"),
                )
            ],
        ),
    ],
)
def test_a_rule_that_is_kept_says_so(asked: Asked, expected: list[tuple[str, str]]) -> None:
    """Every question that is asked is answered, on its subject, when all is as it should be."""
    found = list(asked())
    assert expected == [(verdict.code, verdict.subject) for verdict in found]
    assert all(verdict.holds for verdict in found)


def test_refusals_on_several_visits_and_agents_are_all_told() -> None:
    """The same rule is told for each visit of an agent, and for each agent in one frame."""
    agent = make_agent(valid_until=TUESDAY)
    late = [v for visit in SHOWN for v in check_agent_on(agent, visit)]
    full = [check_cases(name, AT_TEN, 10, 1, 10) for name in ("A-1", "B-2")]
    assert [*late, *full] == refusals([*late, *full])
    assert [3, 2] == [len(late), len(full)]


def test_a_number_named_twice_is_told_in_words_of_its_own() -> None:
    """Own rule: naming a number twice in a request is no reservation of somebody else's."""
    twice = check_duplicate("X-1", None, "A-1", repeated=True)
    assert {"own": "", "free": True, "repeated": True} == twice.details
    rule = RULES["case.duplicate"]
    assert rule.variant[1] == describe(twice).text
    reserved = check_duplicate("X-1", RESERVED, "A-1", repeated=False)
    assert {"own": f" ({NUMBER})", "free": False, "reservation": NUMBER} == reserved.details
    assert rule.refusal == describe(reserved).text


def details(verdicts: Iterable[Verdict], code: str) -> dict[str, object]:
    """Return the inputs of the one verdict of a rule, which is kept."""
    (found,) = [verdict for verdict in verdicts if verdict.code == code]
    assert found.holds
    return found.details


def test_a_rule_that_is_kept_names_its_inputs_too() -> None:
    """What passed is explained by the same inputs as what was refused."""
    asked = list(agent_asked(terms="2"))
    assert {"occupation": "scrivener"} == details(asked, "agent.educational")
    assert {"verified": True} == details(asked, "agent.unverified")
    assert {"accepted": "2"} == details(asked, "agent.terms")
    assert {"today": TUESDAY} == details(
        [check_suspension(make_agent(), TUESDAY)], "agent.suspended"
    )
    assert {"now": NOON} == details([check_service(None, NOON)], "service.maintenance")
    until = {"limit": NOON, "deadline": jst("2026-11-24T11:59:00")}
    early = check_deadline(RESERVED, LINK.sent_at, "0570-045259", "")
    assert {**until, "phone": "0570-045259", "room": None} == details([early], "deadline.passed")
    free = check_duplicate("X-1", None, "A-1", repeated=False)
    assert {"own": "", "free": True} == details([free], "case.duplicate")
    asked = check_frame(AT_TEN, NOON, ("10:00",), day_is_good=True)
    assert {"reason": "-"} == details(asked, "frame.closed")


def test_a_reentry_permit_is_no_kind_of_the_list() -> None:
    """1: that it passes beside a list without it is explained by an input."""
    main = Case("X-2", kind="change")
    permit = Case("X-1", kind="reentry", main="X-2")
    kinds = {"limit": ["change", "acquisition"]}
    asked = check_case(permit, make_agent(), find_mains((permit, main), POLICY), POLICY)
    assert {"kind": "reentry", **kinds, "also": "reentry"} == details(asked, "case.kind")
    asked = check_case(main, make_agent(), find_mains((permit, main), POLICY), POLICY)
    assert {"kind": "change", **kinds} == details(asked, "case.kind")


def test_the_other_value_of_a_setting_is_an_input() -> None:
    """Settings that decide are named with what they are."""
    cards = CasePolicy(("change",), "Y", "3", "cards")
    case = Case("X-1", kind="change", recipient="professional")
    found = details(check_case(case, make_agent(), (), cards), "case.recipient")
    assert found["collect_only"] == "cards"
    named = CasePolicy(("change",), "Y", "3", "any", name="横浜支局")
    found = details(check_case(case, make_agent(), (), named), "case.filed-elsewhere")
    assert {"office": "Y", "limit": "Y", "name": "横浜支局"} == found
    note = check_frames("A-1", 2, 2, 2, 3, "note")
    assert details([note], "quota.frames")["reading"] == "note"
