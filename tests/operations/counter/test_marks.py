"""Marks: closing a day makes them, undoing a step takes them back (notice 6(4))."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import statuses

DAY = "2026-11-25"
OVER = f"{DAY}T16:00:00"
NOON = "2026-11-24T12:00:00"
A1 = ("--agent", "A-1")
CALL = ("--reason", "電話")
CLOSE = ("desk", "close-day", "--all-no-show", "-y")


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


# --- undoing ---------------------------------------------------------------------------------


def undo(office: OfficeInFolder, number: str, now: str = OVER) -> Any:
    return office.json("desk", "undo", number, "--reason", "mistake", now=now)


STEPS = {
    "arrive": [(("desk", "arrive"), f"{DAY}T10:05:00")],
    "late": [(("desk", "arrive", "--late"), f"{DAY}T11:05:00")],
    "late-notice": [(("desk", "late-notice"), f"{DAY}T09:05:00")],
    "late-cancel": [(("desk", "late-cancel", *CALL), f"{DAY}T09:05:00")],
    "no-show": [(CLOSE, OVER)],
    "collect": [
        (("desk", "arrive"), f"{DAY}T10:05:00"),
        (("desk", "collect", "--not-handed", "X-2=papers"), f"{DAY}T10:15:00"),
    ],
}


@pytest.mark.parametrize("step", STEPS)
def test_after_undoing_a_reservation_is_as_before_the_step(
    office: OfficeInFolder, number: str, step: str
) -> None:
    for command, now in STEPS[step][:-1]:
        office.json(*command, number, now=now)
    before = office.json("show", number, now=OVER)["reservation"]
    command, now = STEPS[step][-1]
    named = () if step == "no-show" else (number,)
    assert office.json(*command, *named, now=now)["changed"] is True
    assert before != office.json("show", number, now=OVER)["reservation"]
    document = undo(office, number)
    assert (True, step) == (document["changed"], document["undone"])
    assert before == document["reservation"]
    told = any("desk arrive" in warning for warning in document["warnings"])
    assert told is (step == "no-show")


@pytest.mark.parametrize(("no_shows", "ends"), [(1, False), (2, True)])
def test_an_automatic_suspension_goes_with_its_mark(
    office: OfficeInFolder, number: str, no_shows: int, ends: bool
) -> None:
    office.set("conduct", "mode", '"auto"')
    office.set("conduct", "no_shows", str(no_shows))
    other = office.book(DAY, "11", "X-3")["number"]
    office.json(*CLOSE, now=OVER)
    assert office.json("agent", "show", "A-1")["agent"]["suspension"]["author"] == "auto"
    (advice,) = undo(office, number)["advice"]
    assert (ends, 1) == (advice["reinstated_now"], advice["no_show"])
    assert ends is (office.json("agent", "show", "A-1")["agent"]["suspension"] is None)
    assert undo(office, other)["advice"][0]["reinstated_now"] is not ends
    assert office.json("agent", "show", "A-1")["agent"]["suspension"] is None


@pytest.mark.parametrize(
    ("mode", "suspended", "said"),
    [
        ("advise", False, "To suspend: kofucli agent suspend A-1"),
        ("auto", False, "agent A-1 is suspended and books again from 2027-02-25 on"),
        ("auto", True, "agent A-1 has a suspension already and books again from 2027-02-24 on"),
    ],
)
def test_closing_a_day_says_what_its_marks_mean(
    office: OfficeInFolder, mode: str, suspended: bool, said: str
) -> None:
    office.set("conduct", "mode", f'"{mode}"')
    office.set("conduct", "no_shows", "1")
    office.book(DAY, "9", "X-1")
    if suspended:
        office.json("agent", "suspend", "A-1", "--reason", "x", "--office")
    assert said in office.run(*CLOSE, now=OVER).out


@pytest.mark.parametrize("key", ["capacity", "closed"])
def test_a_day_that_is_over_needs_no_room(office: OfficeInFolder, number: str, key: str) -> None:
    office.json("desk", "late-cancel", number, *CALL, now=NOON)
    if key == "capacity":
        office.set("frames", "capacity", "1")
        office.set("quota", "cases", "1")
    else:
        office.json("office", "close", DAY, "10", "--reason", "点検", "-y", now=NOON)
    assert undo(office, number, "2026-11-26T09:00:00")["changed"] is True


def test_on_a_closed_day_what_ends_the_visit_is_named(office: OfficeInFolder, number: str) -> None:
    close = ("office", "close", DAY, "--reason", "台風", "-y")
    office.json("desk", "late-cancel", number, *CALL, now=NOON)
    office.json(*close, now=NOON)
    told = " ".join(undo(office, number, NOON)["warnings"])
    assert [f"office close {DAY}"] == [
        found[: len(f"office close {DAY}")] for found in re.findall("'kofucli ([^']*)'", told)
    ]
    ended = office.json(*close, now=NOON)
    assert [number] == [r["number"] for r in ended["ended"]]


def test_a_step_before_the_end_is_not_undone(office: OfficeInFolder, number: str) -> None:
    office.json("desk", "late-notice", number, now="2026-11-24T11:00:00")
    office.json("cancel", number, "--office", now="2026-11-24T11:30:00")
    options = ("desk", "undo", number, "--reason", "mistake")
    assert ["reservation.ended"] == office.refused(*options, now="2026-11-24T11:40:00")


def test_a_reason_is_asked_for_and_kept_in_the_ledger(office: OfficeInFolder, number: str) -> None:
    office.json("desk", "arrive", number, now=f"{DAY}T10:00:00")
    assert 2 == office.run("desk", "undo", number).status
    assert 5 == office.run("desk", "undo", number, "--reason", " ").status
    office.json("desk", "undo", number, "--reason", "wrong person", now=f"{DAY}T10:01:00")
    last = office.ledger()[-1].decode()
    assert '"op":"desk undo"' in last
    assert "wrong person" in last
