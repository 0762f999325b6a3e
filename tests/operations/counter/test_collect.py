"""Handing over at the counter, case by case (notice 6(1), 6(2), 1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import statuses

DAY = "2026-11-25"


@pytest.fixture
def number(office: OfficeInFolder) -> str:
    """Return the number of a reservation with three cases, one dropped, that has arrived."""
    number = str(office.book(DAY, "10", "X-1", "X-2", "X-3")["number"])
    office.json("amend", number, "--drop", "X-3", "--office")
    office.now = f"{DAY}T10:10:00"
    office.json("desk", "arrive", number)
    return number


def collect(office: OfficeInFolder, number: str, *not_handed: str) -> Any:
    """Record an outcome and return the document."""
    options = [x for each in not_handed for x in ("--not-handed", each)]
    return office.json("desk", "collect", number, *options)


def outcomes(document: Any) -> list[tuple[str, str | None]]:
    """Return status and reason of each case."""
    return [(c["status"], c.get("not_handed")) for c in document["reservation"]["cases"]]


def test_none_is_handed_over(office: OfficeInFolder, number: str) -> None:
    """6(2): without any case handed over it ends as not handed over, and that is no mark."""
    document = collect(office, number, "X-1=period", "ｘ－２＝ＯＴＨＥＲ")
    assert "not-handed" == document["reservation"]["status"]
    reasons = [("not-handed", "period"), ("not-handed", "other"), ("dropped", None)]
    assert reasons == outcomes(document)
    assert office.json("desk", "close-day", DAY, now=f"{DAY}T16:00:00")["marks"] == []


def test_the_same_outcome_again_changes_nothing(office: OfficeInFolder, number: str) -> None:
    """4: the same outcome again changes nothing; another one would have to be undone first."""
    collect(office, number, "X-2=papers")
    before = office.bytes()
    assert collect(office, number, "X-2=papers")["changed"] is False
    assert ["reservation.ended"] == office.refused("desk", "collect", number)
    other = ("--not-handed", "X-2=period")
    assert ["reservation.ended"] == office.refused("desk", "collect", number, *other)
    assert before == office.bytes()


def test_a_case_that_was_dropped_and_added_again_may_stay_behind(office: OfficeInFolder) -> None:
    """A correction gives X-2 the number of the dropped X-1: the counter means the active one."""
    number = str(office.book(DAY, "10", "X-1", "X-2")["number"])
    office.json("amend", number, "--drop", "X-1", "--replace", "X-2=X-1", "--office")
    office.now = f"{DAY}T10:10:00"
    office.json("desk", "arrive", number)
    document = collect(office, number, "X-1=period")
    assert [("not-handed", "period"), ("dropped", None)] == outcomes(document)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (("X-1",), 5),
        (("X-1=",), 5),
        (("=papers",), 5),
        (("X-1=visa",), 5),
        (("X-1=papers", "x-1=other"), 5),
        (("X-9=papers",), 4),
        (("X-3=papers",), 4),  # it was dropped
    ],
)
def test_malformed_outcomes_record_nothing(
    office: OfficeInFolder, number: str, options: tuple[str, ...], status: int
) -> None:
    """A reason that is none, a case twice, a case that is not there: nothing is recorded."""
    given = [x for each in options for x in ("--not-handed", each)]
    assert status == office.run("desk", "collect", number, *given).status
    assert {number: "arrived"} == statuses(office)
