"""Verdicts, and the order in which refusals are listed."""

from __future__ import annotations

import random

import pytest

from kofucli.base import Phrase
from kofucli.rules import (
    Inquiry,
    RefusedError,
    Verdict,
    agent_of,
    all_hold,
    ask,
    in_order,
    refusals,
)
from kofucli.rules.wording import RULES


def test_groups_are_listed_in_the_order_of_the_rulebook() -> None:
    groups = [
        *("service", "reservation", "link", "agent", "day", "frame", "case", "duplicate"),
        *("quota.frames", "quota.cases", "frame.full", "deadline", "cancel", "amend"),
    ]
    one_of_each = {rule.area: ask(code, False, "X") for code, rule in RULES.items()}
    mixed = list(one_of_each.values())
    random.Random(1).shuffle(mixed)
    assert groups == [RULES[verdict.code].area for verdict in refusals(mixed)]


def test_the_error_holds_what_refused_and_what_was_asked() -> None:
    refused = ask("day.past", False, "2026-11-20")
    asked = Inquiry((ask("agent.terms", True, "A-1"), refused))
    error = RefusedError([refused], [asked], [note := Phrase("N")])
    told = error.refusals, error.inquiries, error.notes
    assert ((refused,), (asked,), (note,)) == told
    assert error.phrase.text == "Refused; nothing was changed."
    assert RefusedError([refused]).inquiries == ()


def test_a_refusal_is_listed_once() -> None:
    found = refusals([ask("quota.frames", False, "A-1", asked=n) for n in (4, 5)])
    expected = [Verdict("quota.frames", False, "A-1", {"asked": 5})]
    assert expected == found


def test_kept_rules_and_refusals_are_listed_in_order() -> None:
    """Rules kept are listed like refusals; of one question what refused stays, else the last."""
    verdicts = [
        ask("case.kind", True, "X-1", kind="first"),
        ask("case.kind", True, "X-1", kind="last"),
        ask("day.past", False, "2026-11-20", limit="refused"),
        ask("day.past", True, "2026-11-20", limit="kept"),
        ask("agent.certificate", True, "A-1", visit="25"),
        ask("agent.certificate", True, "A-1", visit="26"),
        ask("service.maintenance", True, "service"),
        ask("frame.full", True, "F", agent="A-1"),
        ask("frame.full", False, "F", agent="B-2"),
    ]
    service, early, late, past, kind, full, fuller = (
        verdicts[number] for number in (6, 4, 5, 2, 1, 7, 8)
    )
    assert [service, early, late, past, kind, full, fuller] == in_order(verdicts)
    assert [past, fuller] == refusals(verdicts)


def test_cases_stay_in_the_order_given() -> None:
    verdicts = [
        ask("case.recipient", False, "X-2"),
        ask("case.kind", False, "X-2"),
        ask("case.duplicate", False, "X-2"),
        ask("case.kind", False, "X-1"),
        ask("agent.terms", False, "A-1"),
        ask("agent.educational", False, "A-1"),
    ]
    expected = [
        ("agent.terms", "A-1"),
        ("agent.educational", "A-1"),
        ("case.recipient", "X-2"),
        ("case.kind", "X-2"),
        ("case.kind", "X-1"),
        ("case.duplicate", "X-2"),
    ]
    assert expected == [(verdict.code, verdict.subject) for verdict in refusals(verdicts)]


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (ask("agent.terms", True, "A-1"), "A-1"),
        (ask("quota.frames", False, "A-1", held=3), "A-1"),
        (ask("quota.cases", True, "2026-11-25 10:00", agent="A-1"), "A-1"),
        (ask("frame.full", True, "2026-11-25 10:00", held=3), None),
        (ask("case.kind", True, "X-1", agent=None), None),
        (ask("case.kind", True, "X-1", agent=7), None),
    ],
)
def test_a_verdict_names_the_agent_whom_it_is_about(verdict: Verdict, expected: str | None) -> None:
    assert expected == agent_of(verdict)


def test_verdicts_hold_where_none_is_refused() -> None:
    kept, refused = ask("agent.terms", True, "S-1"), ask("agent.terms", False, "S-1")
    assert all_hold([])
    assert all_hold([kept, kept])
    assert not all_hold([kept, refused, kept])
