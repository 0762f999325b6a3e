"""Arriving at the counter, and what is handed over case by case (notice 6(1) to 6(3), 1).

When a visit is early, on time or over is asked in tests/rules and in tests/scenarios/6-counter.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import statuses

DAY = "2026-11-25"


def arrive(office: OfficeInFolder, number: str, time: str, *options: str) -> Any:
    return office.json("desk", "arrive", number, *options, now=f"{DAY}T{time}")


@pytest.mark.parametrize("options", [(), ("--at", "11:00"), ("--accept-late",)])
def test_after_the_hour_the_counter_is_told_the_three_ways(
    office: OfficeInFolder, number: str, options: tuple[str, ...]
) -> None:
    before = office.bytes()
    outcome = office.run("desk", "arrive", number, *options, "-f", "json", now=f"{DAY}T11:00:00")
    assert (3, "refused") == (outcome.status, outcome.error["kind"])
    for way in ("--at HH:MM", "--accept-late", "--late"):
        assert way in outcome.error["message"]
    assert before == office.bytes()


@pytest.mark.parametrize("at", ["09:30", f"{DAY}T10:50:00", f"{DAY}T10:59:59+09:00", "１０：５０"])
def test_who_queued_in_time_has_arrived_then(office: OfficeInFolder, number: str, at: str) -> None:
    document = arrive(office, number, "11:00:00", "--at", at)
    assert ("queued", "arrived") == (document["timing"], document["reservation"]["status"])
    assert document["reservation"]["arrived_at"] < f"{DAY}T11:00:00"


def test_a_late_notice_alone_decides_nothing(office: OfficeInFolder, number: str) -> None:
    """--accept-late takes it as announced on the day of the visit, and changes no time before."""
    office.json("desk", "late-notice", number, now=f"{DAY}T09:30:00")
    assert "on-time" == arrive(office, number, "10:59:59", "--accept-late", "-n")["timing"]
    alone = office.run("desk", "arrive", number, now=f"{DAY}T11:20:00")
    assert (3, True) == (alone.status, "announced at 2026-11-25 09:30" in alone.err)
    late = ("desk", "arrive", number, "--accept-late")
    assert 3 == office.run(*late, now="2026-11-26T10:00:00").status
    assert office.json(*late, now=f"{DAY}T11:30:00")["changed"]


def test_who_comes_twice_has_come_once(office: OfficeInFolder, number: str) -> None:
    once = arrive(office, number, "11:10:00", "--late")
    twice = arrive(office, number, "11:20:00", "--late")
    assert (False, "late") == (twice["changed"], twice["timing"])
    assert once["reservation"] == twice["reservation"]


def test_an_arrival_is_undone_before_it_is_late(office: OfficeInFolder, number: str) -> None:
    arrive(office, number, "10:05:00")
    refused = office.run("desk", "arrive", number, "--late", now=f"{DAY}T11:05:00")
    assert (3, True) == (refused.status, "desk undo" in refused.err)
    assert {number: "arrived"} == statuses(office)


def test_the_last_part_names_a_visit_of_today_only(office: OfficeInFolder, number: str) -> None:
    assert 4 == office.run("desk", "late-notice", number[8:], now="2026-11-24T15:00:00").status
    assert 0 == office.run("desk", "late-notice", number[8:], now=f"{DAY}T00:00:00").status


def test_a_case_number_that_looks_like_a_last_part_is_found(office: OfficeInFolder) -> None:
    number = office.book(DAY, "10", "2026-1")["number"]
    assert number == arrive(office, "2026-1", "10:00:00")["reservation"]["number"]


def test_an_expired_certificate_warns_at_arrival(office: OfficeInFolder, number: str) -> None:
    office.json("agent", "edit", "A-1", "--valid-until", "2026-11-24")
    document = arrive(office, number, "10:00:00")
    assert document["changed"] is True
    assert [True] == [number in w for w in document["warnings"] if "certificate" in w]


def test_a_my_number_is_not_repeated(office: OfficeInFolder) -> None:
    outcome = office.run("desk", "arrive", "123456789018")
    assert 5 == outcome.status
    assert "123456789018" not in outcome.out + outcome.err


# --- what is handed over ---------------------------------------------------------------------


@pytest.fixture
def here(office: OfficeInFolder) -> str:
    """Return the number of a visit that has arrived: two active cases, and one dropped."""
    number = str(office.book(DAY, "10", "X-1", "X-2", "X-3")["number"])
    office.json("amend", number, "--drop", "X-3", "--office")
    office.now = f"{DAY}T10:10:00"
    office.json("desk", "arrive", number)
    return number


def collect(office: OfficeInFolder, number: str, *not_handed: str) -> Any:
    options = [x for each in not_handed for x in ("--not-handed", each)]
    return office.json("desk", "collect", number, *options)


def not_handed(document: Any) -> list[tuple[str, str | None]]:
    return [(c["status"], c.get("not_handed")) for c in document["reservation"]["cases"]]


def test_another_outcome_than_the_first_is_refused(office: OfficeInFolder, here: str) -> None:
    collect(office, here, "X-2=papers")
    before = office.bytes()
    assert collect(office, here, "X-2=papers")["changed"] is False
    for other in ((), ("--not-handed", "X-2=period")):
        assert ["reservation.ended"] == office.refused("desk", "collect", here, *other)
    assert f"desk undo {here}" in office.run("desk", "arrive", here).err
    assert before == office.bytes()


def test_what_ended_elsewhere_is_not_undone_at_the_desk(office: OfficeInFolder) -> None:
    number = str(office.book("2026-12-01", "10", "X-9")["number"])
    office.json("desk", "late-notice", number)
    office.json("cancel", number, "--office")
    refused = office.run("desk", "arrive", number)
    assert (3, False) == (refused.status, "desk undo" in refused.err)


def test_of_two_cases_with_one_number_the_active_one_is_meant(office: OfficeInFolder) -> None:
    """A correction may give a case the number of one that was dropped."""
    number = str(office.book(DAY, "10", "X-1", "X-2")["number"])
    office.json("amend", number, "--drop", "X-1", "--replace", "X-2=X-1", "--office")
    office.now = f"{DAY}T10:10:00"
    office.json("desk", "arrive", number)
    document = collect(office, number, "X-1=period")
    assert [("not-handed", "period"), ("dropped", None)] == not_handed(document)


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
    office: OfficeInFolder, here: str, options: tuple[str, ...], status: int
) -> None:
    given = [x for each in options for x in ("--not-handed", each)]
    assert status == office.run("desk", "collect", here, *given).status
    assert {here: "arrived"} == statuses(office)
