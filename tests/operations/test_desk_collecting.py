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


def test_everything_is_handed_over(office: OfficeInFolder, number: str) -> None:
    """6(1): all active cases are collected; what was dropped stays dropped."""
    document = collect(office, number)
    assert (True, "collected") == (document["changed"], document["reservation"]["status"])
    assert [("collected", None), ("collected", None), ("dropped", None)] == outcomes(document)


def test_some_are_not_handed_over(office: OfficeInFolder, number: str) -> None:
    """6(2): one case handed over makes it collected; the others have a reason each."""
    document = collect(office, number, "X-2=papers")
    assert "collected" == document["reservation"]["status"]
    assert [("collected", None), ("not-handed", "papers"), ("dropped", None)] == outcomes(document)


def test_none_is_handed_over(office: OfficeInFolder, number: str) -> None:
    """6(2): without any case handed over it ends as not handed over, and that is no mark."""
    document = collect(office, number, "X-1=period", "ｘ－２＝ＯＴＨＥＲ")
    assert "not-handed" == document["reservation"]["status"]
    reasons = [("not-handed", "period"), ("not-handed", "other"), ("dropped", None)]
    assert reasons == outcomes(document)
    assert office.json("desk", "close-day", DAY, now=f"{DAY}T16:00:00")["marks"] == []


def test_the_same_outcome_twice(office: OfficeInFolder, number: str) -> None:
    """4: the same outcome again changes nothing; another one would have to be undone first."""
    collect(office, number, "X-2=papers")
    before = office.bytes()
    assert collect(office, number, "X-2=papers")["changed"] is False
    assert ["reservation.ended"] == office.refused("desk", "collect", number)
    other = ("--not-handed", "X-2=period")
    assert ["reservation.ended"] == office.refused("desk", "collect", number, *other)
    assert before == office.bytes()


def test_first_one_arrives(office: OfficeInFolder) -> None:
    """6(1): nothing is handed over to somebody who has not arrived; it says what to do."""
    number = office.book(DAY, "11", "X-9")["number"]
    outcome = office.run("desk", "collect", number, now=f"{DAY}T11:10:00")
    assert 3 == outcome.status
    assert f"kofucli desk arrive {number}" in outcome.err
    assert {number: "active"} == statuses(office)


@pytest.mark.parametrize(
    ("valid_until", "expected"), [("2026-11-24", ["agent.certificate"]), (DAY, [])]
)
def test_the_certificate_at_the_counter(
    office: OfficeInFolder, number: str, valid_until: str, expected: list[str]
) -> None:
    """1: the certificate is asked again at the counter, with the record as it then stands."""
    office.json("agent", "edit", "A-1", "--valid-until", valid_until)
    outcome = office.run("desk", "collect", number, "-f", "json")
    assert expected == (outcome.codes if outcome.status else [])


def test_a_renewed_certificate(office: OfficeInFolder, number: str) -> None:
    """1: handing over is refused until the record is renewed."""
    office.json("agent", "edit", "A-1", "--valid-until", "2026-11-24")
    assert ["agent.certificate"] == office.refused("desk", "collect", number)
    office.json("agent", "edit", "A-1", "--valid-until", "2027-11-24")
    assert collect(office, number)["changed"] is True


def test_not_handing_over_needs_no_certificate(office: OfficeInFolder, number: str) -> None:
    """1: where nothing is handed over, there is nothing that the certificate must allow."""
    office.json("agent", "edit", "A-1", "--valid-until", "2026-11-24")
    document = collect(office, number, "X-1=other", "X-2=other")
    assert "not-handed" == document["reservation"]["status"]


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
def test_outcomes_that_cannot_be(
    office: OfficeInFolder, number: str, options: tuple[str, ...], status: int
) -> None:
    """A reason that is none, a case twice, a case that is not there: nothing is recorded."""
    given = [x for each in options for x in ("--not-handed", each)]
    assert status == office.run("desk", "collect", number, *given).status
    assert {number: "arrived"} == statuses(office)


def test_collected_is_not_booked_again_today(office: OfficeInFolder, number: str) -> None:
    """3(2): what was not handed over may be booked again, what was collected not yet."""
    collect(office, number, "X-2=papers")
    book = ("book", "+1", "10", "--agent", "A-1", "--case")
    assert ["case.duplicate"] == office.refused(*book, "X-1")
    office.json(*book, "X-2")
