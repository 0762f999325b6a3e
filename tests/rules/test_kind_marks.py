"""Marks of the kind in a case number: what counts as one, and the kind that follows."""

from __future__ import annotations

import pytest

from kofucli.casefile import build_case
from kofucli.model import Case, Kind
from kofucli.model.numbers import find_marks, is_mark, normalise_number
from kofucli.rules.eligibility import CasePolicy, check_kind_mark, has_its_mark
from kofucli.settings import Cases, Settings
from tests.rules.samples import refused

MARKS: dict[str, Kind] = {
    **dict.fromkeys("更E", "extension"),
    **dict.fromkeys("変C", "change"),
    **dict.fromkeys("永P", "permanent"),
    "取": "acquisition",
    "資": "activity",
    "就": "work-certificate",
}
"""What the sample has."""
SETTINGS = Settings(cases=Cases(kind_marks=MARKS))
POLICY = CasePolicy(("change", "extension", "permanent"), "Y", "3", "any", MARKS)


def kind_of(number: str, base: Case | None = None, **given: str) -> str:
    """Return the kind of a case as read with the marks of the sample."""
    case, faults = build_case({"number": number, **given}, SETTINGS, base)
    assert case is not None, faults
    return case.kind


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("横支更20261102211", "更"),
        ("東労C4321", "C"),
        ("東永P00123", "永P"),
        ("横支更変1", "更変"),
        ("更更1", "更"),
        ("1更", "更"),
        ("横支変1E2", "変"),  # no kanji before E
        ("東労E1C2", "E"),
        ("C4321", ""),
        ("AC123", ""),
        ("東労AC123", ""),
        ("東労CC123", ""),
        ("東労C-123", ""),
        ("東労-C123", ""),
        ("東労C", ""),
        ("東労C更1", "更"),
        ("東労4321C", ""),
        ("東労D4321", ""),
        ("カードC1", ""),  # kana is no kanji
        ("ーC1", ""),
        ("々C1", "C"),
        ("𠮷C1", "C"),
        ("東労Ｃ４３２１", "C"),
        ("東労c4321", "C"),
        ("東労Ⓒ4321", "C"),
        ("横支\uf9011", "更"),  # a compatibility ideograph
        ("X-1", ""),
    ],
)
def test_marks_of_a_number(number: str, expected: str) -> None:
    """A kanji counts wherever it stands, a letter straight between a kanji and a digit."""
    assert list(expected) == list(find_marks(normalise_number(number), MARKS))


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("横支更20261102211", "extension"),
        ("横支変20261102211", "change"),
        ("横支就20261102211", "work-certificate"),
        ("東労P4321", "permanent"),
        ("東永P00123", "permanent"),
        ("横支変永1", "extension"),  # they disagree
        ("東永C1", "extension"),
        ("C4321", "extension"),
        ("横支再1", "extension"),
    ],
)
def test_a_case_without_a_kind_has_that_of_its_marks(number: str, expected: str) -> None:
    assert expected == kind_of(number)
    assert "coe" == kind_of(number, kind="認定")
    assert expected == kind_of(number, kind=" ")


def test_the_usual_kind_is_for_numbers_without_a_mark() -> None:
    marks: dict[str, Kind] = {"変": "change"}
    settings = Settings(cases=Cases(default_kind="permanent", kind_marks=marks))
    for number, kind in (("横支変1", "change"), ("横支更1", "permanent"), ("東労C1", "permanent")):
        case, _ = build_case({"number": number}, settings)
        assert (case and case.kind) == kind
    case, _ = build_case({"number": "横支変1"}, Settings())
    assert (case and case.kind) == "extension"


@pytest.mark.parametrize(
    ("base", "number", "expected"),
    [
        (Case("横支更1", "extension"), "横支変1", "change"),
        (Case("X-1", "extension"), "横支変1", "change"),  # the usual kind: nobody gave it
        (Case("横支更1", "permanent"), "横支変1", "permanent"),  # given
        (Case("X-1", "permanent"), "横支変1", "permanent"),
        (Case("横支変1", "change"), "X-1", "change"),
        (Case("横支変1", "change"), "横支更永1", "change"),
        (Case("横支変1", "extension"), "横支変1", "extension"),  # from before there were marks
        (Case("横支更変1", "extension"), "横支変1", "change"),
    ],
)
def test_a_corrected_number(base: Case, number: str, expected: str) -> None:
    """A kind that was given stays; one that a case has by its number goes along with that."""
    assert expected == kind_of(number, base)
    assert "activity" == kind_of(number, base, kind="activity")


@pytest.mark.parametrize(
    ("number", "kind", "expected"),
    [
        ("横支更1", "extension", []),
        ("横支更1", "change", ["case.kind-mark"]),
        ("東永P1", "permanent", []),
        ("東永C1", "permanent", ["case.kind-mark"]),
        ("東永C1", "extension", ["case.kind-mark"]),
        ("横支更1", "reentry", ["case.kind-mark"]),
        ("X-1", "change", []),
    ],
)
def test_a_mark_of_another_kind_is_warned_of(number: str, kind: Kind, expected: list[str]) -> None:
    assert expected == refused(check_kind_mark(Case(number, kind), POLICY))
    assert has_its_mark(Case(number, kind), POLICY) == (not expected)


def test_what_has_no_mark_is_no_input_of_the_rule() -> None:
    assert [] == list(check_kind_mark(Case("X-1"), POLICY))
    assert [] == list(check_kind_mark(Case("横支更1"), CasePolicy((), "Y", "3", "any")))


@pytest.mark.parametrize("text", [*MARKS, "々", "𠮷", "Z"])
def test_what_can_be_a_mark(text: str) -> None:
    assert is_mark(text)


@pytest.mark.parametrize(
    "text",
    ["", "e", "Ｅ", "更変", "EC", "1", "-", "カ", "あ", "ー", "é", "\uf901", "更\n", ".", "〇"],
)
def test_what_can_be_none(text: str) -> None:
    """Nothing that a normalised number does not have, no digit, no kana, one character."""
    assert not is_mark(text)
