"""The table of frames shows what can be booked, and why nothing can (3(2), 6(4); terms 1)."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import A1, write_rows

OBSTACLES = {
    "agent.suspended": (
        ("agent", "suspend", "A-1", "--until", "2027-02-01", "--reason", "missed"),
        ("2027-02-01", "kofucli agent reinstate A-1 --reason TEXT"),
    ),
    "agent.certificate": (
        ("agent", "edit", "A-1", "--valid-until", "2026-11-24"),
        ("kofucli agent edit A-1 --valid-until DATE",),
    ),
    "agent.unverified": (
        ("agent", "edit", "A-1", "--email", "new@office.example.jp"),
        ("kofucli verify send A-1",),
    ),
    "service.maintenance": (("office", "maintenance", "--reason", "new disks"), ("new disks",)),
}
"""What keeps an agent from booking, by its code, and what is said of it."""


@pytest.mark.parametrize("code", OBSTACLES)
def test_nothing_is_bookable_for_who_may_not_book(office: OfficeInFolder, code: str) -> None:
    """With the refusals that book would give, and the remedy; CSV has it in notes."""
    command, parts = OBSTACLES[code]
    office.json(*command)
    for actor in (A1, (*A1, "--office")):
        outcome = office.run("book", "+1", "10", "--case", "X-1", *actor, "-n", "-f", "json")
        codes = outcome.codes if outcome.status else []
        assert codes == [code] or (code, actor[-1]) == ("service.maintenance", "--office")
        document = office.json("slots", *actor)
        assert codes == document["agent"]["blocked"]
        bookable = {frame["bookable"] for day in document["days"] for frame in day["frames"]}
        assert ({0} if codes else {10}) == bookable
    for language, words in (("en", ("full", "may be added")), ("ja", ("満枠", "追加できる"))):
        text = office.run("slots", *A1, "--lang", language, "-q").out
        assert all(part in text for part in (f"[{code}]", parts[0]))
        assert not any(word in text for word in words)
        assert 30 == sum(line.split().count("x") for line in text.splitlines()[2:7])
    outcome = office.run("slots", *A1, "-f", "csv")
    assert outcome.err.startswith("Note: ")
    assert "[" not in outcome.out


def test_a_certificate_blocks_the_days_after_its_last_one(office: OfficeInFolder) -> None:
    office.json("agent", "edit", "A-1", "--valid-until", "2026-11-26")
    document = office.json("slots", *A1)
    assert ["agent.certificate"] == document["agent"]["blocked"]
    assert [10, 10, 0, 0, 0] == [day["frames"][0]["bookable"] for day in document["days"]]
    text = office.run("slots", *A1).out
    for part in ("ends before the visit on 2026-11-27", "- is none", "may be added 3"):
        assert part in text


def test_several_obstacles_are_all_told(bare_office: OfficeInFolder) -> None:
    bare_office.add_agent(verify=False, terms=False, valid_until="2026-11-25")
    blocked = bare_office.json("slots", *A1)["agent"]["blocked"]
    assert ["agent.certificate", "agent.unverified", "agent.terms"] == blocked
    assert "kofucli terms accept" in bare_office.run("slots", *A1).out


@pytest.mark.parametrize("code", [code for code in OBSTACLES if code != "service.maintenance"])
def test_status_quota_and_plan_say_why_not(office: OfficeInFolder, code: str) -> None:
    command, parts = OBSTACLES[code]
    office.json(*command)
    plan = ("plan", write_rows(office, "X-1", head="number"), *A1)
    (row,) = office.json("report", "quota")["agents"]
    status = office.json("status", *A1)
    assert [[code]] * 3 == [found["blocked"] for found in (status, office.json(*plan), row)]
    slots = office.json("slots", *A1)["agent"]
    assert [0] * 3 == [found["frames_left"] for found in (status, row, slots)]
    for shown in (("status", *A1), ("report", "quota"), plan):
        text = office.run(*shown).out
        assert f"[{code}]" in text
        assert parts[-1] in text
    head, cells = office.run("report", "quota", "-f", "csv").out.split()
    assert ("blocked", code) == (head.split(",")[-1], cells.split(",")[-1])


def test_a_quota_that_is_reached_calls_no_frame_full(office: OfficeInFolder) -> None:
    for hour in ("9", "10", "11"):
        office.book("+1", hour, f"Z-{hour}")
    for found in (
        office.json("slots", *A1)["agent"],
        office.json("status", *A1),
        office.json("report", "quota")["agents"][0],
    ):
        assert ["quota.frames"] == found["blocked"]
    text = office.run("slots", *A1).out
    assert 27 == sum(line.split().count("x") for line in text.splitlines()[2:7])
    assert "9 (1)" in text
    assert "kofucli cancel NUMBER --agent A-1" in text
    assert "[quota.frames]" in office.run("status", *A1).out


def test_who_holds_nothing_is_not_told_to_cancel(office: OfficeInFolder) -> None:
    """A file that asks for four frames is told of the quota, and of nothing to free."""
    path = write_rows(office, *(f"X-{hour},2026-11-25,{hour}" for hour in (9, 10, 11, 13)))
    text = office.run("plan", path, *A1).out
    assert (True, False) == ("[quota.frames]" in text, "kofucli cancel" in text)


def test_whoever_reads_for_itself_is_told_of_a_maintenance(office: OfficeInFolder) -> None:
    """The office may book, so its reading blocks nobody; its reports say it of the service."""
    office.json("office", "maintenance", "--reason", "new disks", "--end", "2026-11-24T18:00")
    plan = ("plan", write_rows(office, "X-1", head="number"), *A1)
    quota, planned = office.json("report", "quota"), office.json(*plan)
    for found in (office.json("status", *A1), quota, planned):
        assert ["service.maintenance"] == found["blocked"]
    assert "placed" == planned["rows"][0]["outcome"]
    assert ([], 3) == (quota["agents"][0]["blocked"], quota["agents"][0]["frames_left"])
    assert [] == office.json(*plan, "--office")["blocked"]
    for command in (("status", *A1), ("status",), ("report", "quota"), plan):
        outcome = office.run(*command)
        assert "2026-11-24 18:00" in outcome.out + outcome.err


def test_an_hour_that_the_office_closed_is_shown_as_closed(office: OfficeInFolder) -> None:
    office.json("office", "close", "+1", "10", "--reason", "a drill", "-y")
    office.set("frames", "exceptions", '[{start = "15:00", capacity = 0}]')
    for who in ((), A1):
        frames = office.json("slots", *who)["days"][0]["frames"]
        assert [False, True, False, False, False, True] == [frame["closed"] for frame in frames]
        assert 2 == office.run("slots", *who).out.splitlines()[2].count("closed")
        assert "休止" in office.run("slots", *who, "--lang", "ja").out.splitlines()[2]
