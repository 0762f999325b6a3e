"""The office closes and opens days and hours (notice 4(1), 6; own rules)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import end_at_counter, statuses
from tests.support.terminal import Terminal

A1 = ("--agent", "A-1")
DAY = "2026-11-26"


def close(office: OfficeInFolder, *what: str) -> Any:
    """Close a day or hours of it, and return the document."""
    return office.json("office", "close", *what, "--reason", "moving house", "-y")


def reopen(office: OfficeInFolder, day: str, *options: str, now: str | None = None) -> Any:
    """Open a day and return the document."""
    return office.json("office", "reopen", day, *options, now=now)


def closes_of(office: OfficeInFolder) -> dict[str, str]:
    """Return until before when each reservation can change, by its first case."""
    return {
        r["cases"][0]["number"]: r["closes"] for r in office.json("list", "--all")["reservations"]
    }


def numbers(found: Any) -> list[str]:
    """Return the numbers of reservations in a document."""
    return [each["number"] for each in found]


def test_what_the_settings_close_is_not_opened(office: OfficeInFolder) -> None:
    """3(1): what the configuration closes stays closed; opening it is bad input."""
    office.set("calendar", "closures", '[{ date = 2026-11-26, reason = "moving" }]')
    assert office.run("office", "reopen", "2026-11-26").status == 5


def test_an_opening_moves_the_deadlines_of_two_days(office: OfficeInFolder) -> None:
    """4(1): with two open days before, an opened Saturday moves Monday's and Tuesday's."""
    office.set("deadline", "open_days_before", "2")
    office.book("2026-11-30", "10", "X-1")
    office.book("2026-12-01", "10", "X-2")
    expected = {"X-1": "2026-11-26T12:00:00+09:00", "X-2": "2026-11-27T12:00:00+09:00"}
    assert expected == closes_of(office)
    reopen(office, "2026-11-28")
    expected = {"X-1": "2026-11-27T12:00:00+09:00", "X-2": "2026-11-28T12:00:00+09:00"}
    assert expected == closes_of(office)


def test_what_has_ended_keeps_its_deadline(office: OfficeInFolder) -> None:
    """4(1): an opening moves nothing of what was cancelled."""
    office.book("2026-11-30", "10", "X-1")
    office.json("cancel", "X-1", *A1)
    assert [] == reopen(office, "2026-11-28")["moved"]
    assert {"X-1": "2026-11-27T12:00:00+09:00"} == closes_of(office)


def test_what_is_restored_gets_the_deadline_of_an_opening_meanwhile(
    office: OfficeInFolder,
) -> None:
    """4(1): an opening affects the deadline of a reservation too that comes back after it."""
    close(office, "2026-11-25")
    office.book("2026-11-26", "10", "X-1")
    close(office, "2026-11-26")
    reopen(office, "2026-11-25")
    reopen(office, "2026-11-26", "--restore")
    assert {"X-1": "2026-11-25T12:00:00+09:00"} == closes_of(office)


def test_reopening_alone_says_what_stays_ended(office: OfficeInFolder) -> None:
    """Own: without --restore a note counts the ended reservations, and says how they return."""
    office.book("2026-11-26", "10", "X-1")
    close(office, "2026-11-26")
    way = "(1); 'kofucli office reopen 2026-11-26 --restore'"
    assert any(way in note for note in reopen(office, "2026-11-26")["warnings"])
    back = reopen(office, "2026-11-26", "--restore")
    assert not any("--restore" in note for note in back["warnings"])


@pytest.mark.parametrize(
    ("obstacle", "expected"),
    [
        ("number", "case.duplicate"),
        ("frames", "quota.frames"),
        ("cases", "quota.cases"),
        ("room", "frame.full"),
        ("certificate", "agent.certificate"),
    ],
)
def test_a_visit_comes_back_where_the_rules_hold(
    office: OfficeInFolder, obstacle: str, expected: str
) -> None:
    """6 (own): a closed visit comes back if the rules allow it; else the result tells why."""
    number = office.book("2026-11-26", "10", "X-1", "X-2")["number"]
    close(office, "2026-11-26")
    if obstacle == "number":
        office.book("2026-11-27", "10", "X-2")
    elif obstacle == "frames":
        for hour in ("9", "10", "11"):
            office.book("2026-11-27", hour, f"Z-{hour}")
    elif obstacle == "certificate":
        office.json("agent", "edit", "A-1", "--valid-until", "2026-11-25")
    elif obstacle == "room":
        office.set("frames", "capacity", "1")
    else:
        office.set("quota", "cases", "1")
    document = reopen(office, "2026-11-26", "--restore")
    (failed,) = document["not_restored"]
    assert (number, [expected], []) == (
        failed["reservation"]["number"],
        [refusal["code"] for refusal in failed["refusals"]],
        document["restored"],
    )
    assert statuses(office)[number] == "office-closed"


def test_visits_come_back_in_the_order_they_were_booked(office: OfficeInFolder) -> None:
    """6 (own): reservations come back in the order made, until the quota is used up."""
    made = [office.book("2026-11-26", hour, f"X-{hour}")["number"] for hour in ("9", "10", "11")]
    close(office, "2026-11-26")
    office.book("2026-11-27", "9", "Z-1")
    document = reopen(office, "2026-11-26", "--restore")
    assert (made[:2], made[2:]) == (
        numbers(document["restored"]),
        numbers(each["reservation"] for each in document["not_restored"]),
    )


def test_by_the_note_two_frames_are_restored_in_one_command(office: OfficeInFolder) -> None:
    """3(2): left is fixed once per command: who holds two gets two more back at once."""
    office.set("quota", "reading", '"note"')
    for hour in ("9", "10"):
        office.book("2026-11-26", hour, f"X-{hour}")
    close(office, "2026-11-26")
    for hour in ("9", "10"):
        office.book("2026-11-27", hour, f"Z-{hour}")
    document = reopen(office, "2026-11-26", "--restore")
    assert (2, []) == (len(document["restored"]), document["not_restored"])


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("reopen", "yesterday"), ["day.past"]),
        (
            ("close", "yesterday", "12", "--reason", "moving", "-y"),
            ["day.past", "frame.unknown"],
        ),
    ],
)
def test_the_past_is_neither_closed_nor_opened(
    office: OfficeInFolder, command: tuple[str, ...], expected: list[str]
) -> None:
    """6 (own): the past is neither closed nor opened, and an hour closed is one of the frames."""
    assert expected == office.refused("office", *command)


def test_an_announcement_made_twice_changes_nothing(office: OfficeInFolder) -> None:
    """4: an announcement made again is exit 0 and changes nothing."""
    assert close(office, "2026-11-26")["changed"] is True
    assert close(office, "2026-11-26")["changed"] is False
    assert close(office, "2026-11-27", "9")["changed"] is True
    assert close(office, "2026-11-27", "9")["changed"] is False
    assert reopen(office, "2026-11-26")["changed"] is True
    assert reopen(office, "2026-11-26")["changed"] is False
    assert reopen(office, "2026-11-30")["changed"] is False
    office.json("office", "maintenance", "--reason", "new disks")
    assert office.json("office", "maintenance", "--over")["changed"] is True
    assert office.json("office", "maintenance", "--over")["changed"] is False
    office.json("agent", "suspend", "A-1", "--reason", "6(4)")
    reinstate = ("agent", "reinstate", "A-1", "--reason", "a mistake")
    assert [True, False] == [office.json(*reinstate)["changed"] for _ in range(2)]


def test_a_dry_run_tells_what_a_closure_would_end(office: OfficeInFolder) -> None:
    """A dry run tells what would end, asks nothing, and changes no byte."""
    number = office.book("2026-11-26", "9", "X-1")["number"]
    before = office.bytes()
    document = office.json("office", "close", "2026-11-26", "--reason", "moving", "--dry-run")
    assert [number] == numbers(document["ended"])
    office.json("office", "reopen", "2026-11-28", "--restore", "--dry-run")
    assert before == office.bytes()


# --- who is affected, and what comes back ---------------------------------------------------


@pytest.fixture
def busy(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with visits of two agents on a day, one arrived, one cancelled."""
    office.add_agent("B-1")
    office.book(DAY, "9", "X-1", "X-2")
    office.book(DAY, "10", "Y-1", agent="B-1")
    office.book(DAY, "11", "X-3")
    arrived = office.book(DAY, "11", "Y-2", agent="B-1")["number"]
    office.book(DAY, "13", "X-4")
    office.book("2026-11-27", "9", "Y-3", agent="B-1")
    office.json("cancel", "X-4", *A1)
    end_at_counter(office, arrived, "arrived", "active")
    return office


def first_cases(document: Any) -> list[str]:
    """Return the first case of each reservation that was ended."""
    return [each["cases"][0]["number"] for each in document["ended"]]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [((), ["X-1", "Y-1", "X-3"]), (("11",), ["X-3"]), (("9", "10"), ["X-1", "Y-1"])],
)
def test_a_closure_ends_the_active_visits_of_its_hours_and_no_other(
    busy: OfficeInFolder, hours: tuple[str, ...], expected: list[str]
) -> None:
    """6 (own): ended are the active ones of the hours closed, of all agents, and nothing else.

    A dry run before names the same, and the text for people has every number.
    """
    before = statuses(busy)
    tried = close(busy, DAY, *hours, "-n")
    shown = busy.run("office", "close", DAY, *hours, "--reason", "r", "-n").out
    assert before == statuses(busy)
    done = close(busy, DAY, *hours)
    ended = [each["number"] for each in done["ended"]]
    assert expected == first_cases(tried) == first_cases(done)
    assert [number for number in ended if number not in shown] == []
    after = statuses(busy)
    assert {n for n in after if after[n] != before[n]} == set(ended)
    assert {after[n] for n in ended} == {"office-closed"}


def test_no_mark_follows_when_the_day_is_over(busy: OfficeInFolder) -> None:
    """6 (own), 6(4): close-day makes no no-show of what the office had closed."""
    numbers = {each["number"] for each in close(busy, DAY)["ended"]}
    busy.json("desk", "close-day", DAY, now=f"{DAY}T16:00:00")
    assert {statuses(busy)[number] for number in numbers} == {"office-closed"}
    assert [busy.json("agent", "export", a)["marks"] for a in ("A-1", "B-1")] == [[], []]


def test_the_question_names_who_is_affected(
    busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """6 (own): the question has the numbers; the answer no changes nothing, yes does it."""
    numbers = [each["number"] for each in close(busy, DAY, "-n")["ended"]]
    before = statuses(busy)
    command = ("office", "close", DAY, "--reason", "moving")
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    asked = busy.run(*command)
    assert (1, []) == (asked.status, [n for n in numbers if n not in asked.err])
    assert before == statuses(busy)
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert busy.run(*command).status == 0
    assert {statuses(busy)[number] for number in numbers} == {"office-closed"}


def test_reopening_restores_what_hours_and_day_had_ended(busy: OfficeInFolder) -> None:
    """6 (own): reopening a day brings back what its hours and then the day had ended."""
    first = close(busy, DAY, "9")["ended"] + close(busy, DAY)["ended"]
    assert 3 == len(first)
    back = busy.json("office", "reopen", DAY, "--restore")["restored"]
    assert [each["number"] for each in first] == [each["number"] for each in back]
    assert {"active"} == {each["status"] for each in back}


def test_a_dry_run_tells_what_would_come_back(busy: OfficeInFolder) -> None:
    """6 (own): reopen --restore --dry-run names the same as the command itself, and no more."""
    close(busy, DAY)
    busy.json("agent", "suspend", "B-1", "--reason", "6(4)")
    before = busy.bytes()
    tried = busy.json("office", "reopen", DAY, "--restore", "-n")
    assert before == busy.bytes()
    done = busy.json("office", "reopen", DAY, "--restore")
    for key in ("restored", "not_restored", "moved"):
        assert tried[key] == done[key]
    assert ["X-1", "X-3"] == [each["cases"][0]["number"] for each in done["restored"]]
    (failed,) = done["not_restored"]
    assert ["agent.suspended"] == [refusal["code"] for refusal in failed["refusals"]]


def test_what_was_cancelled_does_not_come_back(busy: OfficeInFolder) -> None:
    """6 (own): only what the closure ended is restored."""
    close(busy, DAY)
    busy.json("office", "reopen", DAY, "--restore")
    assert sorted(["active"] * 4 + ["arrived", "cancelled"]) == sorted(statuses(busy).values())


def test_an_opened_day_moves_nothing_of_its_own(office: OfficeInFolder) -> None:
    """4(1): the deadline of a visit on the opened day itself is that of the day before."""
    office.book(DAY, "10", "X-1")
    close(office, DAY)
    document = office.json("office", "reopen", DAY, "--restore")
    assert document["moved"] == []
    assert ["2026-11-25T12:00:00+09:00"] == [r["closes"] for r in document["restored"]]


def test_a_closed_hour_moves_no_deadline(office: OfficeInFolder) -> None:
    """4(1): a day with closed hours is an open day all the same, before and after."""
    for visit in (DAY, "2026-11-27"):
        office.book(visit, "10", f"X-{visit}")
    before = office.json("list")["reservations"]
    close(office, DAY, *(f"{hour}:00" for hour in (11, 13, 14)))
    assert office.json("office", "reopen", DAY)["moved"] == []
    assert before == office.json("list")["reservations"]


def test_the_end_of_a_maintenance_is_named(office: OfficeInFolder) -> None:
    """Terms 1: the refusal names the end where it is known, also one that was changed."""
    maintain = ("office", "maintenance", "--reason", "new disks")
    book = ("book", "+1", "9", "--case", "X-1", *A1)
    assert office.json(*maintain)["maintenance"]["end"] is None
    office.json(*maintain, "--end", "2026-11-24T12:30")
    assert "2026-11-24 12:30" in office.run(*book).err
    changed = office.json(*maintain, "--end", "2026-11-24T12:45", now="2026-11-24T11:00:00")
    assert "2026-11-24T10:00:00+09:00" == changed["maintenance"]["since"]
    assert "2026-11-24 12:45" in office.run(*book).err


def test_nothing_is_booked_planned_or_revived_in_a_closed_hour(office: OfficeInFolder) -> None:
    """Own: a closed hour is refused as closed, with its reason, whatever room it would have."""
    number = office.book("2026-11-25", "10", "X-1")["number"]
    now = "2026-11-25T09:00:00"
    office.json("desk", "late-cancel", number, "--reason", "phoned", now=now)
    office.json("office", "close", "2026-11-25", "10", "--reason", "a drill", "-y")
    booked = office.run("book", "+1", "10", "--case", "X-2", "--agent", "A-1", "-f", "json")
    undone = office.run("desk", "undo", number, "--reason", "wrong", "-f", "json", now=now)
    assert [["frame.closed"]] * 2 == [booked.codes, undone.codes]
    assert "a drill" in booked.err
    path = office.folder / "rows.csv"
    path.write_text("number,date,hour\nX-3,,10\nX-4,2026-11-25,10\n")
    planned = office.json("plan", str(path), "--agent", "A-1")["rows"]
    assert [("placed", "2026-11-26"), ("refused", "2026-11-25")] == [
        (row["outcome"], row["date"]) for row in planned
    ]
    assert ["frame.closed"] == [refusal["code"] for refusal in planned[1]["refusals"]]


def test_several_days_are_closed_at_once(office: OfficeInFolder) -> None:
    """Own: --until closes every open day up to that one, in one change; the others stay so."""
    for day, case in (("+1", "X-1"), ("+3", "X-2"), ("+4", "X-3")):
        office.book(day, "10", case)
    done = close(office, "2026-11-25", "--until", "2026-11-29")
    assert ("2026-11-25", "2026-11-29") == (done["date"], done["until"])
    assert ["X-1", "X-2"] == [each["cases"][0]["number"] for each in done["ended"]]
    assert "2026-11-30" == office.json("slots")["days"][0]["date"]
    assert not close(office, "2026-11-25", "--until", "2026-11-29")["changed"]
    (entry,) = office.json("store", "log", "--op", "office close")["entries"]
    closed = ["2026-11-25", "2026-11-26", "2026-11-27"]  # what follows is a weekend
    assert closed == entry["office"]
    assert 1 == len(reopen(office, "2026-11-25", "--restore")["restored"])


def test_hours_of_several_days_are_closed(office: OfficeInFolder) -> None:
    """Own: hours go with --until, on the open days alone."""
    close(office, "2026-11-27", "9", "10", "--until", "2026-11-30")
    days = {day["date"]: day["frames"] for day in office.json("slots")["days"]}
    for day in ("2026-11-27", "2026-11-30"):
        assert [True, True, False] == [frame["closed"] for frame in days[day]][:3]
    (entry,) = office.json("store", "log", "--op", "office close")["entries"]
    assert ["2026-11-27", "2026-11-30"] == entry["office"]


def test_a_closure_does_not_end_before_it_begins(office: OfficeInFolder) -> None:
    """Contract: --until before DATE is wrong usage; the same day is one day."""
    line = ("office", "close", "2026-11-27", "--reason", "r", "-y", "--until")
    assert 2 == office.run(*line, "2026-11-26").status
    assert office.json(*line, "2026-11-27")["changed"]
