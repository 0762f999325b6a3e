"""The link that verifies an e-mail address (notice 2)."""

from __future__ import annotations

import pytest

from kofucli.model import Link
from kofucli.rules.verification import check_link, expiry
from tests.rules.samples import jst, refused

LINK = Link("0" * 64, jst("2026-11-24T10:00:00"), jst("2026-11-24T11:00:00"))


@pytest.mark.parametrize(
    ("minutes", "expected"), [(60, "2026-11-24T11:00:00"), (1, "2026-11-24T10:01:00")]
)
def test_a_link_works_for_an_hour(minutes: int, expected: str) -> None:
    """2(1): a link works from its sending for an hour, or as the settings say."""
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
    """2(1): the link is valid in [sent, sent + 3600 s): the last instant no longer counts."""
    assert expected == refused(check_link(LINK, jst(now)))


def test_a_link_that_is_not_known() -> None:
    """2(1): a token that is nobody's newest link is unknown, and only that is told."""
    expected = ["link.unknown"]
    assert expected == refused(check_link(None, jst("2026-11-24T10:00:00")))


def test_an_expired_link_says_since_when() -> None:
    """2(1): the refusal names the sending and the instant from which it no longer worked."""
    *_, verdict = check_link(LINK, jst("2026-11-24T11:00:00"))
    expected = {"limit": jst("2026-11-24T11:00:00"), "sent": jst("2026-11-24T10:00:00")}
    assert expected == verdict.details
