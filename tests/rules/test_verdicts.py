"""Every rule's verdict: its subject and the inputs that decided, refused or kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from string import Formatter
from typing import Any

import pytest

from kofucli.model import Case, Frame, Link, Maintenance, Suspension
from kofucli.rules import Verdict, refusals
from kofucli.rules.availability import (
    check_cases,
    check_day,
    check_duplicate,
    check_frame,
    check_frames,
    check_full,
)
from kofucli.rules.conduct import (
    check_amendment,
    check_booking_deadline,
    check_deadline,
    check_late_cancel,
    check_not_ended,
    check_service,
    check_suspension,
)
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
from kofucli.rules.wording import RULES, describe
from tests.rules.samples import TUESDAY, day, days, jst, make_agent, make_reservation, open_on

POLICY = CasePolicy(("change", "acquisition"), "Y", "3", "any")
SHOWN = days("2026-11-25", "2026-11-26", "2026-11-27")
VISIT = day("2026-11-25")
AT_TEN = Frame(VISIT, "10:00")
FRAME = "2026-11-25 10:00"
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


def maintained(now: datetime) -> Verdict:
    """Ask while a maintenance lasts from nine to ten, or after it."""
    return check_service(Maintenance("maintenance", LINK.sent_at, LINK.expires, "M"), now)


Ask = Callable[[], Iterable[Verdict]]

MARKED = CasePolicy((), "Y", "3", "any", {"更": "extension"})
LATE = {"limit": NOON, "deadline": jst("2026-11-24T11:59:00")}
LAST = jst("2026-11-24T09:59:59")
REFUSED: dict[str, tuple[Ask, str, dict[str, object]]] = {
    "service.maintenance": (
        lambda: [maintained(LAST)],
        "service",
        {"limit": LINK.expires, "since": LINK.sent_at, "reason": "M", "now": LAST},
    ),
    "reservation.ended": (
        lambda: [check_not_ended(make_reservation("X-1", status="cancelled"))],
        NUMBER,
        {"status": "cancelled"},
    ),
    "link.unknown": (lambda: check_link(None, LINK.expires), "link", {}),
    "link.expired": (
        lambda: check_link(LINK, LINK.expires),
        "link",
        {"limit": LINK.expires, "sent": LINK.sent_at},
    ),
    "agent.educational": (
        lambda: agent_asked(occupation="educational"),
        "A-1",
        {"occupation": "educational"},
    ),
    "agent.certificate": (
        lambda: agent_asked(valid_until=TUESDAY),
        "A-1",
        {"limit": TUESDAY, "visit": VISIT},
    ),
    "agent.unverified": (lambda: agent_asked(verified=False), "A-1", {"verified": False}),
    "agent.suspended": (
        lambda: [suspended("2026-11-25")],
        "A-1",
        {"limit": VISIT, "since": day("2026-11-01"), "reason": "R", "today": TUESDAY},
    ),
    "agent.terms": (lambda: agent_asked(terms=None), "A-1", {"accepted": None}),
    "day.past": (
        lambda: days_asked("2026-11-23"),
        "2026-11-23",
        {"limit": VISIT, "today": TUESDAY},
    ),
    "day.closed": (lambda: days_asked("2026-11-28"), "2026-11-28", {"shown": list(SHOWN)}),
    "day.not-shown": (
        lambda: days_asked("2026-11-30"),
        "2026-11-30",
        {"limit": day("2026-11-27"), "shown": list(SHOWN)},
    ),
    "frame.unknown": (
        lambda: check_frame(AT_TEN, NOON, ("09:00",), True),
        FRAME,
        {"limit": ["09:00"]},
    ),
    "frame.closed": (
        lambda: check_frame(AT_TEN, NOON, ("10:00",), True, "a drill"),
        FRAME,
        {"reason": "a drill"},
    ),
    "frame.past": (lambda: check_frame(AT_TEN, TEN, ("10:00",), True), FRAME, {"limit": TEN}),
    "case.kind": (
        lambda: case_asked(kind="coe"),
        "X-1",
        {"kind": "coe", "limit": ["change", "acquisition"]},
    ),
    "case.birth-only": (lambda: case_asked(kind="acquisition"), "X-1", {"birth": False}),
    "case.reentry-alone": (lambda: case_asked(kind="reentry", main="X-9"), "X-1", {"with": "X-9"}),
    "case.filed-online": (lambda: case_asked(filed="online"), "X-1", {"filed": "online"}),
    "case.filed-elsewhere": (lambda: case_asked(office="T"), "X-1", {"office": "T", "limit": "Y"}),
    "case.under-review": (lambda: case_asked(review="pending"), "X-1", {"review": "pending"}),
    "case.counter": (lambda: case_asked(counter="5"), "X-1", {"counter": "5", "limit": "3"}),
    "case.recipient": (
        lambda: case_asked(recipient="staff"),
        "X-1",
        {"recipient": "staff", "occupation": "scrivener", "kind": "change", "collect_only": "any"},
    ),
    "case.together": (lambda: [check_together(Case("X-1"), "X-2")], "X-1", {"with": "X-2"}),
    "case.collect-by": (
        lambda: [check_collect_by(Case("X-1", collect_by=TUESDAY), VISIT)],
        "X-1",
        {"limit": TUESDAY, "visit": VISIT},
    ),
    "case.kind-mark": (
        lambda: check_kind_mark(Case("横支更1", "change"), MARKED),
        "横支更1",
        {"kind": "change", "marks": ["更=extension"]},
    ),
    "case.duplicate": (
        lambda: [check_duplicate("X-1", RESERVED, "B-2", repeated=False)],
        "X-1",
        {"own": "", "free": False},
    ),
    "quota.frames": (
        lambda: [check_frames("A-1", 2, 1, 2, 3, "main")],
        "A-1",
        {"limit": 3, "held": 2, "left": 1, "asked": 2, "reading": "main"},
    ),
    "quota.cases": (
        lambda: [check_cases("A-1", AT_TEN, 8, 3, 10)],
        FRAME,
        {"limit": 10, "held": 8, "asked": 3, "agent": "A-1"},
    ),
    "frame.full": (
        lambda: [check_full(AT_TEN, 8, 3, 10)],
        FRAME,
        {"limit": 10, "held": 8, "asked": 3},
    ),
    "deadline.booking": (
        lambda: [check_booking_deadline(AT_TEN.date, NOON, NOON)],
        "2026-11-25",
        {**LATE, "now": NOON},
    ),
    "deadline.passed": (
        lambda: [check_deadline(RESERVED, NOON, "", "10")],
        NUMBER,
        {**LATE, "phone": None, "room": "10"},
    ),
    "cancel.too-late": (lambda: [check_late_cancel(RESERVED, TEN)], NUMBER, {"limit": TEN}),
    "amend.empty": (lambda: check_amendment(RESERVED, 0, 0, "listed"), NUMBER, {"remaining": 0}),
    "amend.adds": (
        lambda: check_amendment(RESERVED, 2, 1, "listed"),
        NUMBER,
        {"limit": 0, "asked": 1, "reading": "listed"},
    ),
    "amend.exceeds": (
        lambda: check_amendment(RESERVED, 3, 1, "cap"),
        NUMBER,
        {"limit": 2, "asked": 3, "reading": "cap"},
    ),
}
"""Each rule asked so that it alone does not hold; its subject, and the inputs that decided."""


@pytest.mark.parametrize("code", REFUSED)
def test_a_refusal_says_on_whom_and_why(code: str) -> None:
    asked, subject, inputs = REFUSED[code]
    (verdict,) = refusals(asked())
    assert Verdict(code, False, subject, inputs) == verdict
    phrase = describe(verdict)
    named = {name for _, name, _, _ in Formatter().parse(phrase.text) if name}
    assert named <= phrase.values.keys()


def test_every_code_is_asked() -> None:
    """No rule that gives a verdict is left out; case.number is bad input instead."""
    assert RULES.keys() - REFUSED.keys() == {"case.number"}


@pytest.mark.parametrize(
    ("asked", "subject", "area", "expected"),
    [
        (lambda: [maintained(LINK.expires)], "service", "service", "maintenance"),
        (lambda: [check_service(None, NOON)], "service", "service", "maintenance"),
        (lambda: [suspended("2026-11-24")], "A-1", "agent", "suspended"),
        (lambda: [check_suspension(make_agent(), TUESDAY)], "A-1", "agent", "suspended"),
        (lambda: check_link(LINK, LINK.sent_at), "link", "link", "unknown expired"),
        (lambda: days_asked("2026-11-25"), "2026-11-25", "day", "past closed not-shown"),
        (
            lambda: check_frame(AT_TEN, NOON, ("10:00",), day_is_good=True),
            *(FRAME, "frame", "unknown closed past"),
        ),
        (agent_asked, "A-1", "agent", "educational certificate unverified suspended terms"),
        (
            lambda: case_asked(kind="acquisition", birth=True),
            *("X-1", "case"),
            "kind birth-only filed-online filed-elsewhere under-review counter recipient",
        ),
    ],
)
def test_a_rule_that_is_kept_says_so(asked: Ask, subject: str, area: str, expected: str) -> None:
    """Every question that is asked is answered, on its subject, when all is as it should be."""
    found = [(verdict.code, verdict.holds, verdict.subject) for verdict in asked()]
    assert [(f"{area}.{code}", True, subject) for code in expected.split()] == found


def test_refusals_on_several_visits_and_agents_are_all_told() -> None:
    agent = make_agent(valid_until=TUESDAY)
    late = [v for visit in SHOWN for v in check_agent_on(agent, visit)]
    full = [check_cases(name, AT_TEN, 10, 1, 10) for name in ("A-1", "B-2")]
    assert [*late, *full] == refusals([*late, *full])
    assert [3, 2] == [len(late), len(full)]


def test_a_number_named_twice_is_told_in_words_of_its_own() -> None:
    """Own rule: naming a number twice in a request is no reservation of somebody else's."""
    twice = check_duplicate("X-1", None, "A-1", repeated=True)
    assert not twice.holds
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
    cards = CasePolicy(("change",), "Y", "3", "cards")
    case = Case("X-1", kind="change", recipient="professional")
    found = details(check_case(case, make_agent(), (), cards), "case.recipient")
    assert found["collect_only"] == "cards"
    named = CasePolicy(("change",), "Y", "3", "any", name="横浜支局")
    found = details(check_case(case, make_agent(), (), named), "case.filed-elsewhere")
    assert {"office": "Y", "limit": "Y", "name": "横浜支局"} == found
    note = check_frames("A-1", 2, 2, 2, 3, "note")
    assert details([note], "quota.frames")["reading"] == "note"
