"""Arrivals at the counter (notice 6(3)): early, on time, queued, late."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import statuses

DAY = "2026-11-25"


def arrive(office: OfficeInFolder, number: str, time: str, *options: str) -> Any:
    """Record an arrival on the day of the visit and return the document."""
    return office.json("desk", "arrive", number, *options, now=f"{DAY}T{time}")


@pytest.mark.parametrize("options", [(), ("--at", "11:00"), ("--accept-late",)])
def test_after_the_hour_the_counter_is_told_the_three_ways(
    office: OfficeInFolder, number: str, options: tuple[str, ...]
) -> None:
    """6(3): from the end on the three ways are told, and nothing is recorded."""
    before = office.bytes()
    outcome = office.run("desk", "arrive", number, *options, "-f", "json", now=f"{DAY}T11:00:00")
    assert (3, "refused") == (outcome.status, outcome.error["kind"])
    for way in ("--at HH:MM", "--accept-late", "--late"):
        assert way in outcome.error["message"]
    assert before == office.bytes()


@pytest.mark.parametrize("at", ["10:59:59", "10:50", "09:30", f"{DAY}T10:50:00", "１０：５０"])
def test_who_queued_in_time_has_arrived_then(office: OfficeInFolder, number: str, at: str) -> None:
    """6(3): an agent who queued in time is recorded, after the hour, as arrived then (--at)."""
    if at == "10:59:59":
        at = f"{DAY}T10:59:59+09:00"
    document = arrive(office, number, "11:00:00", "--at", at)
    assert ("queued", "arrived") == (document["timing"], document["reservation"]["status"])
    assert document["reservation"]["arrived_at"] < f"{DAY}T11:00:00"


def test_a_late_notice_alone_decides_nothing(office: OfficeInFolder, number: str) -> None:
    """6(3): a late notice alone decides nothing."""
    office.json("desk", "late-notice", number, now=f"{DAY}T09:30:00")
    outcome = office.run("desk", "arrive", number, now=f"{DAY}T11:20:00")
    assert 3 == outcome.status
    assert "announced at 2026-11-25 09:30" in outcome.err


def test_who_announced_and_comes_in_time_is_on_time(office: OfficeInFolder, number: str) -> None:
    """6(3): an arrival within the hour is on time, with --accept-late too."""
    assert "on-time" == arrive(office, number, "10:59:59", "--accept-late")["timing"]


@pytest.mark.parametrize(
    ("first", "second"),
    [((), ()), ((), ("--at", "10:01")), (("--at", "10:05"), ("--accept-late",))],
)
def test_a_second_arrival_keeps_the_first(
    office: OfficeInFolder, number: str, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """4: a second arrival is exit 0, changes nothing, and keeps the first."""
    once = arrive(office, number, "10:05:00", *first)
    before = office.bytes()
    twice = arrive(office, number, "10:30:00", *second)
    assert (False, "on-time", once["reservation"]) == (
        twice["changed"],
        twice["timing"],
        twice["reservation"],
    )
    assert before == office.bytes()


def test_sent_away_twice_is_once(office: OfficeInFolder, number: str) -> None:
    """4: sending an agent to the ordinary counter again changes nothing."""
    arrive(office, number, "11:10:00", "--late")
    assert arrive(office, number, "11:20:00", "--late")["changed"] is False


def test_who_has_arrived_is_not_sent_away(office: OfficeInFolder, number: str) -> None:
    """6(3): an agent who has arrived is recorded as late only once the arrival is undone."""
    arrive(office, number, "10:05:00")
    refused = office.run("desk", "arrive", number, "--late", now=f"{DAY}T11:05:00")
    assert 3 == refused.status
    assert "desk undo" in refused.err
    assert {number: "arrived"} == statuses(office)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Y261125-0001-7", True),
        ("Ｙ２６１１２５－０００１－７", True),
        ("y261125-0001-7\n", True),
        ("0001-7", True),
        ("０００１－７", True),
        ("X-1", True),
        ("ｘ－２", True),
        ("0002-7", False),
        ("X-9", False),
    ],
)
def test_what_names_a_reservation(
    office: OfficeInFolder, number: str, text: str, found: bool
) -> None:
    """By the number, its last part on its day, an active case, or what the QR code holds."""
    assert "Y261125-0001-7" == number
    outcome = office.run("desk", "arrive", text, "-f", "json", now=f"{DAY}T10:00:00")
    assert (0 if found else 4) == outcome.status
    assert {number: "arrived" if found else "active"} == statuses(office)


def test_the_last_part_names_a_visit_of_today_only(office: OfficeInFolder, number: str) -> None:
    """The last part names a reservation of today only."""
    assert 4 == office.run("desk", "late-notice", number[8:], now="2026-11-24T15:00:00").status
    assert 0 == office.run("desk", "late-notice", number[8:], now=f"{DAY}T00:00:00").status


def test_a_mistyped_last_part_is_bad_input(office: OfficeInFolder, number: str) -> None:
    """A mistyped last part is bad input, like a mistyped number, not an unknown reservation."""
    wrong = "0001-" + ("8" if number[-1] != "8" else "9")
    assert 5 == office.run("desk", "arrive", wrong, now=f"{DAY}T10:00:00").status


def test_a_case_number_that_looks_like_a_last_part(office: OfficeInFolder) -> None:
    """A case number is found though it has the form of a last part."""
    number = office.book(DAY, "10", "2026-1")["number"]
    document = office.json("desk", "arrive", "2026-1", now=f"{DAY}T10:00:00")
    assert number == document["reservation"]["number"]


def test_an_expired_certificate_warns_at_arrival(office: OfficeInFolder, number: str) -> None:
    """1: where the certificate has expired since, the visit stands and warns."""
    office.json("agent", "edit", "A-1", "--valid-until", "2026-11-24")
    document = arrive(office, number, "10:00:00")
    assert document["changed"] is True
    assert [True] == [number in w for w in document["warnings"] if "certificate" in w]


def test_a_cancelled_visit_does_not_arrive(office: OfficeInFolder, number: str) -> None:
    """4: an arrival for a cancelled visit is refused."""
    office.json("cancel", number, "--office")
    assert ["reservation.ended"] == office.refused("desk", "arrive", number, now=f"{DAY}T10:00:00")


def test_a_my_number_is_not_repeated(office: OfficeInFolder) -> None:
    """1: twelve digits with a valid check digit are refused and not shown."""
    outcome = office.run("desk", "arrive", "123456789018")
    assert 5 == outcome.status
    assert "123456789018" not in outcome.out + outcome.err


def test_who_comes_on_another_day_is_not_taken_as_announced(office: OfficeInFolder) -> None:
    """6(3): --accept-late is for the day of the visit only."""
    number = office.book(DAY, "10", "X-1")["number"]
    office.json("desk", "late-notice", number, now=f"{DAY}T09:30:00")
    late = ("desk", "arrive", number, "--accept-late")
    assert 3 == office.run(*late, now="2026-11-26T10:00:00").status
    assert office.json(*late, now=f"{DAY}T11:30:00")["changed"]
