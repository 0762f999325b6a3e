"""Booking one visit: what a refusal tells, and what it keeps to itself (notice 3; own rules).

The rules themselves are asked in tests/rules, and play in tests/scenarios.
"""

from __future__ import annotations

from tests.conftest import OfficeInFolder
from tests.operations.support import book_rows

A1 = ("--agent", "A-1")


def test_a_refusal_counts_all_frames_that_were_asked_for(office: OfficeInFolder) -> None:
    """3(2): a refusal counts all frames asked for, in whatever order the rows name them."""
    for hour in ("9", "10"):
        office.book("+1", hour, f"H-{hour}")
    rows = [f"X-{n},2026-11-26,{hour}" for n, hour in enumerate(("9", "10", "11", "10"))]
    (refusal,) = book_rows(office, *rows).error["refusals"]
    assert {"limit": 3, "held": 2, "left": 1, "asked": 3, "reading": "main"} == refusal["details"]


def test_a_frame_with_more_cases_than_room_has_none_left(office: OfficeInFolder) -> None:
    """Own rule: where the capacity was lowered below what is booked, 0 cases remain, not -1."""
    office.book("+1", "10", "X-1", "X-2", "X-3")
    office.set("frames", "capacity", "2")
    frame = office.json("slots")["days"][0]["frames"][1]
    assert (2, 3, 0) == (frame["capacity"], frame["booked"], frame["remaining"])


def test_only_the_agents_own_reservation_is_named_for_a_taken_number(
    office: OfficeInFolder,
) -> None:
    """Own rule: a taken number is refused; its reservation is named to its own agent only."""
    office.add_agent("B-2")
    number = office.book("+1", "10", "X-1")["number"]
    for form in (("-f", "json"), ()):
        book = ("book", "+2", "11", "--case", "x-1", *form)
        own, other = office.run(*book, *A1), office.run(*book, "--agent", "B-2")
        assert (3, 3) == (own.status, other.status)
        assert ("case.duplicate" in own.err, number in own.err) == (True, True)
        assert ("case.duplicate" in other.err, number in other.err) == (True, False)
        assert "A-1" not in other.err


def test_a_visit_stands_though_its_certificate_expires(office: OfficeInFolder) -> None:
    """1: the visit stands and warns; it can still be dropped from and cancelled."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    office.json("agent", "edit", "A-1", "--valid-until", "2026-11-24")
    document = office.json("show", number, *A1)
    assert document["reservation"]["status"] == "active"
    assert any("2026-11-25" in warning for warning in document["warnings"])
    office.json("amend", number, "--drop", "X-1", *A1)
    office.json("cancel", number, *A1)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(office: OfficeInFolder) -> None:
    """A dry run asks the same rules and shows the same, without a number; no byte changes."""
    before = office.bytes()
    document = office.json("book", "+1", "10", "--case", "X-1", *A1, "--dry-run")
    assert (True, None, "active") == (
        document["dry_run"],
        document["reservation"]["number"],
        document["reservation"]["status"],
    )
    assert ["case.kind"] == office.refused(
        "book", "+1", "10", "--case", "X-1,kind=coe", *A1, "--dry-run"
    )
    assert before == office.bytes()


def test_a_row_on_a_bad_day_asks_for_no_frame(office: OfficeInFolder) -> None:
    """3(2): in a file only the frames on good days count in what is asked for."""
    rows = ["X-1,2026-11-28,9", "X-2,2026-11-25,9", "X-3,2026-11-25,10", "X-4,2026-11-25,11"]
    outcome = book_rows(office, *rows)
    assert ["day.closed"] == outcome.codes


def test_a_refusal_carries_what_decided_it(office: OfficeInFolder) -> None:
    """A refusal has code, clause, message, subject, inputs; it ends with instant and limit."""
    for hour in ("9", "10", "11"):
        office.book("+1", hour, f"X-{hour}")
    command = ("book", "+2", "10", "--case", "Z-1", "--agent", "A-1")
    (refusal,) = office.run(*command, "-f", "json").error["refusals"]
    assert ("quota.frames", "3(2)", "A-1") == (
        refusal["code"],
        refusal["clause"],
        refusal["subject"],
    )
    expected = {"limit": 3, "held": 3, "left": 0, "asked": 1, "reading": "main"}
    assert expected == refusal["details"]
    assert refusal["message"].endswith("(decided at 2026-11-24T10:00:00+09:00; limit: 3)")
    assert "[quota.frames]" in office.run(*command).err


def test_rules_of_our_own_have_no_clause(office: OfficeInFolder) -> None:
    """A refusal by a rule of our own has a null clause."""
    office.book("+1", "10", "X-1")
    outcome = office.run("book", "+1", "10", "--case", "X-1", "--agent", "A-1", "-f", "json")
    assert [("case.duplicate", None)] == [
        (refusal["code"], refusal["clause"]) for refusal in outcome.error["refusals"]
    ]
