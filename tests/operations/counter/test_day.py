"""Closing a day at the counter (notice 6(4)): missed visits, and what is left open."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import statuses

DAY = "2026-11-25"
OVER = f"{DAY}T16:00:00"


@pytest.fixture
def scanned(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office where B-2 came on Wednesday, and A-1 missed a visit it would be late for."""
    office.add_agent("B-2")
    came = office.book(DAY, "9", "X-1", agent="B-2")["number"]
    office.book(DAY, "11", "X-2")
    office.json("desk", "arrive", came, now=f"{DAY}T09:30:00")
    office.json("desk", "late-notice", "X-2", now=f"{DAY}T10:00:00")
    return office


def test_a_dry_run_shows_the_marks_and_a_second_run_makes_none(scanned: OfficeInFolder) -> None:
    before = scanned.bytes()
    would = scanned.json("desk", "close-day", DAY, "-n", now=OVER)
    assert before == scanned.bytes()
    done = scanned.json("desk", "close-day", DAY, now=OVER)
    for key in ("days", "marks", "advice", "changed"):
        assert would[key] == done[key]
    assert [("A-1", True)] == [(a["id"], a["threshold_reached"]) for a in done["advice"]]
    before = scanned.bytes()
    again = scanned.json("desk", "close-day", DAY, now=OVER)
    assert (False, [], before) == (again["changed"], again["marks"], scanned.bytes())
    assert 1 == len(again["days"][0]["unfinished"])


def test_what_is_left_open_is_finished_later(scanned: OfficeInFolder) -> None:
    scanned.json("desk", "close-day", now=OVER)
    assert scanned.json("desk", "collect", "X-1", now=f"{DAY}T16:20:00")["changed"] is True
    assert scanned.json("desk", "close-day", now=f"{DAY}T16:30:00")["days"] == []


def test_without_a_date_all_finished_days_are_closed_in_one_line(office: OfficeInFolder) -> None:
    for day, case in (("2026-11-25", "X-1"), ("2026-11-26", "X-2"), ("2026-11-27", "X-3")):
        came = office.book(day, "9", case)["number"]
        office.book(day, "9", case + "-MISSED")
        office.json("desk", "arrive", came, now=f"{day}T09:30:00")
    lines = len(office.ledger())
    document = office.json("desk", "close-day", now="2026-11-27T15:59:59")
    assert ["2026-11-25", "2026-11-26"] == [day["date"] for day in document["days"]]
    assert 2 == len(document["marks"])
    (line,) = office.ledger()[lines:]
    assert b'"op":"desk close-day"' in line


def test_a_day_without_arrivals_needs_all_no_show(office: OfficeInFolder) -> None:
    number = office.book(DAY, "9", "X-1")["number"]
    for options in ((DAY,), (DAY, "-y"), (), ("-y",)):
        outcome = office.run("desk", "close-day", *options, "-f", "json", now=OVER)
        assert 3 == outcome.status
        assert "--all-no-show" in outcome.error["message"]
        assert DAY in outcome.error["message"]
    asks = office.run("desk", "close-day", DAY, "--all-no-show", now=OVER)
    assert (2, True) == (asks.status, "-y" in asks.err)
    assert {number: "active"} == statuses(office)
    document = office.json("desk", "close-day", DAY, "--all-no-show", "-y", now=OVER)
    assert [number] == [r["number"] for r in document["days"][0]["no_shows"]]
    assert office.json("desk", "close-day", DAY, now=OVER)["changed"] is False


def test_a_day_without_visits_is_closed_without_ado(office: OfficeInFolder) -> None:
    document = office.json("desk", "close-day", "2026-11-23")
    assert (False, []) == (document["changed"], document["marks"])


@pytest.mark.parametrize(
    ("now", "found"), [("2027-11-25T10:00:00", [DAY]), ("2027-11-26T10:00:00", [])]
)
def test_without_a_date_days_are_closed_as_far_back_as_retention_reaches(
    scanned: OfficeInFolder, now: str, found: list[str]
) -> None:
    document = scanned.json("desk", "close-day", "-n", now=now)
    assert found == [day["date"] for day in document["days"]]
    assert 1 == len(scanned.json("desk", "close-day", DAY, now=now)["marks"])
