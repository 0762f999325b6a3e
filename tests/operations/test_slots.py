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
