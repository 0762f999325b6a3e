"""The office closes and opens days and hours, and shows what is in force (notice 4(1), 6; own).

Announcing and reopening play in tests/scenarios/6-counter, deadlines that move in 4.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import (
    A1,
    D25,
    D26,
    D27,
    D30,
    FRAME,
    codes,
    end_at_counter,
    places,
    plan_rows,
    statuses,
)
from tests.support.terminal import Terminal


def close(office: OfficeInFolder, *what: str) -> Any:
    return office.json("office", "close", *what, "--reason", "moving house", "-y")


def reopen(office: OfficeInFolder, day: str, *options: str) -> Any:
    return office.json("office", "reopen", day, *options)


def first_cases(reservations: Any) -> list[str]:
    return [each["cases"][0]["number"] for each in reservations]


# --- who is affected, and what comes back ----------------------------------------------------


@pytest.fixture
def busy(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with visits of two agents on a day, one arrived, one cancelled."""
    office.add_agent("B-1")
    office.book(D26, "9", "X-1", "X-2")
    office.book(D26, "10", "Y-1", agent="B-1")
    office.book(D26, "11", "X-3")
    arrived = office.book(D26, "11", "Y-2", agent="B-1")["number"]
    office.book(D26, "13", "X-4")
    office.book(D27, "9", "Y-3", agent="B-1")
    office.json("cancel", "X-4", *A1)
    end_at_counter(office, arrived, "arrived", "active")
    return office


@pytest.mark.parametrize(
    ("hours", "expected"),
    [((), ["X-1", "Y-1", "X-3"]), (("11",), ["X-3"]), (("9", "10"), ["X-1", "Y-1"])],
)
def test_a_closure_ends_the_active_visits_of_its_hours_and_no_other(
    busy: OfficeInFolder, hours: tuple[str, ...], expected: list[str]
) -> None:
    """A dry run before names the same, and the text for people has every number."""
    before = statuses(busy)
    tried = close(busy, D26, *hours, "-n")
    shown = busy.run("office", "close", D26, *hours, "--reason", "r", "-n").out
    assert before == statuses(busy)
    done = close(busy, D26, *hours)
    assert expected == first_cases(tried["ended"]) == first_cases(done["ended"])
    ended = {each["number"] for each in done["ended"]}
    assert all(number in shown for number in ended)
    assert dict.fromkeys(ended, "office-closed") == dict(statuses(busy).items() - before.items())


def test_closing_asks_whom_it_affects(
    busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = {each["number"] for each in close(busy, D26, "-n")["ended"]}
    before = statuses(busy)
    command = ("office", "close", D26, "--reason", "moving")
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    asked = busy.run(*command)
    assert (1, before) == (asked.status, statuses(busy))
    assert all(number in asked.err for number in numbers)
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert busy.run(*command).status == 0
    busy.json("desk", "close-day", D26, now=f"{D26}T16:00:00")
    assert {statuses(busy)[number] for number in numbers} == {"office-closed"}
    assert [busy.json("agent", "export", a)["marks"] for a in ("A-1", "B-1")] == [[], []]


def test_a_dry_run_tells_what_would_come_back(busy: OfficeInFolder) -> None:
    close(busy, D26)
    busy.json("agent", "suspend", "B-1", "--reason", "6(4)")
    tried = reopen(busy, D26, "--restore", "-n")
    done = reopen(busy, D26, "--restore")
    for key in ("restored", "not_restored", "moved"):
        assert tried[key] == done[key]
    assert ["X-1", "X-3"] == first_cases(done["restored"])
    (failed,) = done["not_restored"]
    assert ["agent.suspended"] == [refusal["code"] for refusal in failed["refusals"]]


def test_reopening_alone_says_what_stays_ended_and_how_it_returns(office: OfficeInFolder) -> None:
    office.book(D26, "10", "X-1")
    close(office, D26)
    way = f"(1); 'kofucli office reopen {D26} --restore'"
    assert any(way in note for note in reopen(office, D26)["warnings"])
    back = reopen(office, D26, "--restore")
    assert not any("--restore" in note for note in back["warnings"])


@pytest.mark.parametrize(
    ("obstacle", "expected"),
    [
        (("book", D27, "10", "--case", "X-2", *A1), "case.duplicate"),
        (("agent", "edit", "A-1", "--valid-until", D25), "agent.certificate"),
        (("frames", "capacity"), "frame.full"),
        (("quota", "cases"), "quota.cases"),
    ],
)
def test_why_a_visit_does_not_come_back_is_told(
    office: OfficeInFolder, obstacle: tuple[str, ...], expected: str
) -> None:
    number = office.book(D26, "10", "X-1", "X-2")["number"]
    close(office, D26)
    if len(obstacle) > 2:
        office.json(*obstacle)
    else:
        office.set(*obstacle, "1")
    document = reopen(office, D26, "--restore")
    (failed,) = document["not_restored"]
    assert (number, []) == (failed["reservation"]["number"], document["restored"])
    assert [expected] == [refusal["code"] for refusal in failed["refusals"]]
    assert statuses(office)[number] == "office-closed"


# --- what can be announced -------------------------------------------------------------------


def test_what_the_settings_close_is_not_opened(office: OfficeInFolder) -> None:
    office.set("calendar", "closures", '[{ date = 2026-11-26, reason = "moving" }]')
    assert office.run("office", "reopen", D26).status == 5


def test_the_past_is_neither_closed_nor_opened(office: OfficeInFolder) -> None:
    assert ["day.past"] == office.refused("office", "reopen", "yesterday")
    closing = ("office", "close", "yesterday", "12", "--reason", "moving", "-y")
    assert ["day.past", "frame.unknown"] == office.refused(*closing)


def test_an_announcement_made_twice_changes_nothing(office: OfficeInFolder) -> None:
    reason = ("--reason", "r")
    for command, before in (
        (("office", "close", D26, *reason, "-y"), ()),
        (("office", "close", D27, "9", *reason, "-y"), ()),
        (("office", "reopen", D26), ()),
        (("office", "maintenance", "--over"), ("office", "maintenance", *reason)),
        (("agent", "reinstate", "A-1", *reason), ("agent", "suspend", "A-1", *reason)),
    ):
        if before:
            office.json(*before)
        assert [True, False] == [office.json(*command)["changed"] for _ in range(2)], command
    assert reopen(office, D30)["changed"] is False


def test_the_end_of_a_maintenance_is_named(office: OfficeInFolder) -> None:
    maintain = ("office", "maintenance", "--reason", "new disks")
    book = ("book", "+1", "9", "--case", "X-1", *A1)
    assert office.json(*maintain)["maintenance"]["end"] is None
    office.json(*maintain, "--end", "2026-11-24T12:30")
    assert "2026-11-24 12:30" in office.run(*book).err
    changed = office.json(*maintain, "--end", "2026-11-24T12:45", now="2026-11-24T11:00:00")
    assert "2026-11-24T10:00:00+09:00" == changed["maintenance"]["since"]
    assert "2026-11-24 12:45" in office.run(*book).err


def test_nothing_is_planned_or_revived_in_a_closed_hour(office: OfficeInFolder) -> None:
    number = office.book(D25, "10", "X-1")["number"]
    now = f"{D25}T09:00:00"
    office.json("desk", "late-cancel", number, "--reason", "phoned", now=now)
    close(office, D25, "10")
    assert ["frame.closed"] == office.refused("desk", "undo", number, "--reason", "r", now=now)
    document = plan_rows(office, "X-3,,10", f"X-4,{D25},10", head=FRAME)
    assert [(D26, "10:00"), (D25, "10:00")] == places(document)
    assert [[], ["frame.closed"]] == codes(document)


def test_every_open_day_until_another_is_closed_at_once(office: OfficeInFolder) -> None:
    """What follows Friday is a weekend; the office opens on Monday."""
    for day, case in (("+1", "X-1"), ("+3", "X-2"), ("+4", "X-3")):
        office.book(day, "10", case)
    done = close(office, D25, "--until", "2026-11-29")
    assert (D25, "2026-11-29") == (done["date"], done["until"])
    assert ["X-1", "X-2"] == first_cases(done["ended"])
    assert D30 == office.json("slots")["days"][0]["date"]
    assert not close(office, D25, "--until", "2026-11-29")["changed"]
    (entry,) = office.json("store", "log", "--op", "office close")["entries"]
    assert [D25, D26, D27] == entry["office"]
    assert 1 == len(reopen(office, D25, "--restore")["restored"])


def test_a_closure_does_not_end_before_it_begins(office: OfficeInFolder) -> None:
    line = ("office", "close", D27, "--reason", "r", "-y", "--until")
    assert 2 == office.run(*line, D26).status
    assert office.json(*line, D27)["changed"]


# --- office show ------------------------------------------------------------------------------


def since_of(document: Any, name: str) -> Any:
    (found,) = [each for each in document["settings"] if each["name"] == name]
    return found["since"]


def test_closures_and_openings_say_who_decided_and_why(office: OfficeInFolder) -> None:
    office.set("calendar", "closures", "[{date = 2026-12-25, reason = 'move'}]")
    office.set("calendar", "openings", "[{date = 2026-12-05}, {date = 2026-10-03}]")
    office.json("office", "close", "2026-11-26", "9", "--reason", "drill", "-y")
    office.json("office", "close", "2026-11-27", "--reason", "flood", "-y")
    office.json("office", "reopen", "2026-11-28")
    document = office.json("office", "show")
    assert [
        {"date": "2026-11-26", "hours": ["09:00"], "reason": "drill", "by": "office"},
        {"date": "2026-11-27", "hours": [], "reason": "flood", "by": "office"},
        {"date": "2026-12-25", "hours": [], "reason": "move", "by": "settings"},
    ] == document["closures"]
    openings = [("2026-11-28", "office"), ("2026-12-05", "settings")]
    assert openings == [(day["date"], day["by"]) for day in document["openings"]]
    shown = ["2026-11-25", "2026-11-26", "2026-11-28", "2026-11-30", "2026-12-01"]
    assert shown == document["shown"]
    later = office.json("office", "show", now="2026-11-28T10:00")
    assert ["2026-12-25"] == [day["date"] for day in later["closures"]]
    text = office.run("office", "show").out
    assert [] == [word for word in ("drill", "flood", "move", "2026-12-05") if word not in text]


def test_the_maintenance_that_runs_hours_and_versions_are_shown(office: OfficeInFolder) -> None:
    assert office.json("office", "show")["maintenance"] is None
    office.json("office", "maintenance", "--reason", "disks", "--end", "2026-11-24T18:00")
    office.set("rules", "version", '"3"')
    document = office.json("office", "show")
    assert "2026-11-24T18:00:00+09:00" == document["maintenance"]["end"]
    assert ("3", "1") == (document["rules_version"], document["terms_version"])
    assert "09:00" == document["hours"][0]
    assert office.json("office", "show", now="2026-11-24T18:00")["maintenance"] is None


def test_a_setting_is_in_force_since_the_first_change_under_it(office: OfficeInFolder) -> None:
    """Notice 6(5): before, since never; what is older than a purge has no instant."""
    begun = since_of(office.json("office", "show"), "quota.frames")
    office.set("quota", "frames", "2")
    assert since_of(office.json("office", "show"), "quota.frames") is None
    assert "-: no change" in office.run("office", "show").out
    now = "2026-12-24T10:00:00"
    office.json("office", "close", "2026-12-25", "--reason", "r", "-y", now=now)
    document = office.json("office", "show", now=now)
    assert f"{now}+09:00" == since_of(document, "quota.frames")
    assert begun == since_of(document, "quota.cases")
    office.json("store", "purge", "--before", "2026-12-24", "-y", now=now)
    document = office.json("office", "show", now=now)
    assert f"{now}+09:00" == since_of(document, "quota.frames")
    assert since_of(document, "quota.cases") is None


def test_the_office_alone_is_shown_it(office: OfficeInFolder) -> None:
    assert 2 == office.run("office", "show", KOFUCLI_AGENT="A-1").status
    assert 0 == office.run("office", "show", "--office", KOFUCLI_AGENT="A-1").status
