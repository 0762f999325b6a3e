"""What a change may do to a reservation (notice 4(3))."""

from __future__ import annotations

import pytest

from kofucli.rules.amendment import check_amendment
from tests.rules.samples import make_reservation, refused

OF_THREE = make_reservation("X-1", "X-2", "X-3")


@pytest.mark.parametrize(
    ("reading", "remaining", "added", "expected"),
    [
        ("listed", 3, 0, []),  # numbers corrected
        ("listed", 1, 0, []),  # all but one dropped
        ("listed", 0, 0, ["amend.empty"]),
        ("listed", 3, 1, ["amend.adds"]),  # a dropped place would be filled again
        ("listed", 4, 1, ["amend.adds"]),  # nothing about counts
        ("cap", 3, 0, []),
        ("cap", 3, 2, []),  # dropped places filled again, up to the first count
        ("cap", 4, 1, ["amend.exceeds"]),
        ("cap", 4, 2, ["amend.exceeds"]),
        ("cap", 0, 0, ["amend.empty"]),
    ],
)
def test_what_remains_and_what_is_added(
    reading: str, remaining: int, added: int, expected: list[str]
) -> None:
    """4(3): one case remains; listed: nothing is added; cap: never more than first booked."""
    assert expected == refused(check_amendment(OF_THREE, remaining, added, reading))


def test_a_refused_change_names_the_first_count() -> None:
    """4(3): the refusal says how many cases were first booked and how many there would be."""
    *_, verdict = check_amendment(OF_THREE, 4, 1, "cap")
    expected = {"limit": 3, "asked": 4, "reading": "cap"}
    assert expected == verdict.details
    assert verdict.subject == "Y261125-0001-7"
