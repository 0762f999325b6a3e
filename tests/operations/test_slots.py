"""The table of frames shows what can be booked, and why nothing can (3(2), 6(4); terms 1)."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder

A1 = ("--agent", "A-1")

OBSTACLES = {
    "suspended": ("agent", "suspend", "A-1", "--until", "2027-02-01", "--reason", "missed"),
    "maintenance": ("office", "maintenance", "--reason", "new disks"),
    "certificate": ("agent", "edit", "A-1", "--valid-until", "2026-11-24"),
    "unverified": ("agent", "edit", "A-1", "--email", "new@office.example.jp"),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_nothing_is_bookable_for_who_may_not_book(office: OfficeInFolder, obstacle: str) -> None:
    """3(2), 6(4): slots shows that an agent cannot book, with the refusals that book would give."""
    office.json(*OBSTACLES[obstacle])
    for actor in (A1, (*A1, "--office")):
        outcome = office.run("book", "+1", "10", "--case", "X-1", *actor, "-n", "-f", "json")
        codes = outcome.codes if outcome.status else []
        document = office.json("slots", *actor)
        assert codes == document["agent"]["blocked"]
        bookable = {frame["bookable"] for day in document["days"] for frame in day["frames"]}
        assert ({0} if codes else {10}) == bookable
        assert bool(codes) or (obstacle, actor[-1]) == ("maintenance", "--office")


@pytest.mark.parametrize(
    ("obstacle", "parts"),
    [
        ("suspended", ("[agent.suspended]", "2027-02-01")),
        ("maintenance", ("[service.maintenance]", "new disks")),
        ("certificate", ("[agent.certificate]", "kofucli agent edit A-1 --valid-until")),
        ("unverified", ("[agent.unverified]", "kofucli verify send A-1")),
    ],
)
def test_slots_never_call_full_what_is_not(
    office: OfficeInFolder, obstacle: str, parts: tuple[str, ...]
) -> None:
    """3(2): the table names the refusal and the remedy in both languages; CSV has them in notes."""
    office.json(*OBSTACLES[obstacle])
    for language, words in (("en", ("full", "may be added")), ("ja", ("満枠", "追加できる"))):
        text = office.run("slots", *A1, "--lang", language, "-q").out
        assert [] == [part for part in parts if part not in text]
        assert [] == [word for word in words if word in text]
        assert 30 == sum(line.split().count("x") for line in text.splitlines()[2:7])
    outcome = office.run("slots", *A1, "-f", "csv")
    assert parts[1] in outcome.err or obstacle == "certificate"
    assert "[" not in outcome.out


def test_slots_beyond_a_certificate(office: OfficeInFolder) -> None:
    """1: a certificate that ends within the shown days blocks those after its last day alone."""
    office.json("agent", "edit", "A-1", "--valid-until", "2026-11-26")
    document = office.json("slots", *A1)
    assert ["agent.certificate"] == document["agent"]["blocked"]
    assert [10, 10, 0, 0, 0] == [day["frames"][0]["bookable"] for day in document["days"]]
    text = office.run("slots", *A1).out
    assert "ends before the visit on 2026-11-27" in text
    assert "- is none" in text
    assert "may be added 3" in text


def test_slots_without_accepted_terms(bare_office: OfficeInFolder) -> None:
    """Terms 6: several obstacles are all told, in the rulebook's order."""
    bare_office.add_agent(verify=False, terms=False, valid_until="2026-11-25")
    blocked = bare_office.json("slots", *A1)["agent"]["blocked"]
    assert ["agent.certificate", "agent.unverified", "agent.terms"] == blocked
    assert "kofucli terms accept" in bare_office.run("slots", *A1).out


OBSTACLE_CODES = {
    "suspended": "agent.suspended",
    "certificate": "agent.certificate",
    "unverified": "agent.unverified",
}


@pytest.mark.parametrize("obstacle", OBSTACLE_CODES)
def test_status_quota_and_plan_say_why_not(office: OfficeInFolder, obstacle: str) -> None:
    """3(2), 6(4): status, report quota and plan have the codes of slots, and the next command."""
    office.json(*OBSTACLES[obstacle])
    code = OBSTACLE_CODES[obstacle]
    path = office.folder / "rows.csv"
    path.write_text("number\nX-1\n")
    status, plan = office.json("status", *A1), office.json("plan", str(path), *A1)
    (row,) = office.json("report", "quota")["agents"]
    assert [[code]] * 3 == [found["blocked"] for found in (status, plan, row)]
    assert (0, 0) == (status["frames_left"], row["frames_left"])
    assert 0 == office.json("slots", *A1)["agent"]["frames_left"]
    texts = [
        office.run(*command).out
        for command in (("status", *A1), ("report", "quota"), ("plan", str(path), *A1))
    ]
    commands = {
        "suspended": "kofucli agent reinstate A-1 --reason TEXT",
        "certificate": "kofucli agent edit A-1 --valid-until DATE",
        "unverified": "kofucli verify send A-1",
    }
    for text in texts:
        assert f"[{code}]" in text
        assert commands[obstacle] in text
    head, cells = office.run("report", "quota", "-f", "csv").out.split()
    assert ("blocked", code) == (head.split(",")[-1], cells.split(",")[-1])


def test_a_quota_that_is_reached_is_said(office: OfficeInFolder) -> None:
    """3(2): quota.frames blocks every frame but those that the agent holds, and is no full one."""
    for hour in ("9", "10", "11"):
        office.book("+1", hour, f"Z-{hour}")
    document = office.json("slots", *A1)
    assert ["quota.frames"] == document["agent"]["blocked"]
    assert ["quota.frames"] == office.json("status", *A1)["blocked"]
    assert ["quota.frames"] == office.json("report", "quota")["agents"][0]["blocked"]
    text = office.run("slots", *A1).out
    assert 27 == sum(line.split().count("x") for line in text.splitlines()[2:7])
    assert "9 (1)" in text
    assert "kofucli cancel NUMBER --agent A-1" in text
    assert "[quota.frames]" in office.run("status", *A1).out


def test_a_maintenance_is_said_with_its_end(office: OfficeInFolder) -> None:
    """Terms 1: whoever reads for itself is told that the service is under maintenance, until when.

    The office may book, so its reading blocks nobody; its reports say it of the service.
    """
    office.json("office", "maintenance", "--reason", "new disks", "--end", "2026-11-24T18:00")
    path = office.folder / "rows.csv"
    path.write_text("number\nX-1\n")
    status, quota = office.json("status", *A1), office.json("report", "quota")
    plan = office.json("plan", str(path), *A1)
    assert ["service.maintenance"] == status["blocked"] == quota["blocked"] == plan["blocked"]
    assert "placed" == plan["rows"][0]["outcome"]
    assert ([], 3) == (quota["agents"][0]["blocked"], quota["agents"][0]["frames_left"])
    assert [] == office.json("plan", str(path), *A1, "--office")["blocked"]
    for command in (("status", *A1), ("report", "quota"), ("plan", str(path), *A1)):
        outcome = office.run(*command)
        assert "2026-11-24 18:00" in outcome.out + outcome.err
    assert "2026-11-24 18:00" in office.run("status").out


def test_a_closed_hour_is_shown_as_closed(office: OfficeInFolder) -> None:
    """Own: the cell of an hour that the office closed says so, in the words of the language."""
    office.json("office", "close", "+1", "10", "--reason", "a drill", "-y")
    office.set("frames", "exceptions", '[{start = "15:00", capacity = 0}]')
    for who in ((), A1):
        frames = office.json("slots", *who)["days"][0]["frames"]
        assert [False, True, False, False, False, True] == [frame["closed"] for frame in frames]
        assert 2 == office.run("slots", *who).out.splitlines()[2].count("closed")
        assert "休止" in office.run("slots", *who, "--lang", "ja").out.splitlines()[2]
