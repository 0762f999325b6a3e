"""From when there is room: ``bookable_from`` of a row, and of a plan."""

from __future__ import annotations

from itertools import pairwise

import pytest

from kofucli.operations.booking.judge import Judge
from tests.conftest import OfficeInFolder
from tests.operations.booking.plans import (
    A1,
    D01,
    D25,
    D26,
    D27,
    D30,
    codes,
    fill_frames,
    plan_rows,
)
from tests.operations.support import outcomes, write_rows

FAR = "2026-12-04"
"""The fifth open day after Friday the 27th."""


@pytest.mark.parametrize(
    ("held", "row", "told", "expected"),
    [
        ([(D25, "9"), (D26, "9"), (D27, "9")], "X-1,,", "quota.frames", "2026-11-25"),
        ([(D26, "9"), (D26, "10"), (D27, "9")], "X-1,,", "quota.frames", "2026-11-26"),
        ([(D25, "9"), (D26, "9"), (D27, "9")], f"X-1,{D01},", "quota.frames", "2026-11-25"),
        ([(D30, "9"), (D30, "10"), (D01, "9")], "X-1,,", "quota.frames", "2026-11-30"),
        ([(D30, "9"), (D30, "10"), (D01, "9")], "X-1,,2026-12-07", "quota.frames", "2026-11-30"),
        ([], f"X-1,{FAR},", "day.not-shown", "2026-11-27"),
        # The window opens, and two days later there is quota too.
        ([(D30, "9"), (D30, "10"), (D01, "9")], f"X-1,{FAR},", "day.not-shown", "2026-11-30"),
    ],
)
def test_bookable_from_is_exact_to_the_second(
    office: OfficeInFolder, held: list[tuple[str, str]], row: str, told: str, expected: str
) -> None:
    """bookable_from is exact: a second before the row has no place, at the instant it is booked."""
    fill_frames(office, *held)
    head = "number,date,collect_by"
    document = plan_rows(office, row, head=head)
    instant = f"{expected}T00:00:00+09:00"
    assert (["not-placed"], instant) == (outcomes(document), document["bookable_from"])
    assert instant == document["rows"][0]["bookable_from"]
    assert told in codes(document["rows"][0])
    path = write_rows(office, row, head=head)
    day_before = f"{int(expected[-2:]) - 1:02d}"
    before = f"{expected[:8]}{day_before}T23:59:59"
    early = office.run("book", "--from", path, *A1, "-f", "json", now=before)
    assert (3, ["not-placed"], instant) == (
        early.status,
        outcomes(early.error),
        early.error["rows"][0]["bookable_from"],
    )
    later = office.run("book", "--from", path, *A1, "-f", "json", now=instant)
    assert (0, ["booked"]) == (later.status, outcomes(later.json))


@pytest.mark.parametrize(
    ("bound", "expected"), [("", "2026-11-25"), ("2026-12-02", "2026-11-25"), (D01, None)]
)
def test_a_new_shown_day_has_room(office: OfficeInFolder, bound: str, expected: str | None) -> None:
    """Full frames: the next shown day has room, where collect_by allows it; else null."""
    closed = ", ".join(f"{{date = {day}, capacity = 0}}" for day in (D25, D26, D27, D30, D01))
    office.set("frames", "exceptions", f"[{closed}]")
    document = plan_rows(office, f"X-1,{bound}", head="number,collect_by")
    (row,) = document["rows"]
    instant = f"{expected}T00:00:00+09:00" if expected else None
    assert ("not-placed", ["frame.full"], instant) == (
        row["outcome"],
        codes(row),
        row["bookable_from"],
    )
    if instant:
        path = write_rows(office, f"X-1,{bound}", head="number,collect_by")
        before = "2026-11-24T23:59:59+09:00"
        statuses = [
            office.run("book", "--from", path, *A1, now=t).status for t in (before, instant)
        ]
        assert [3, 0] == statuses


def test_a_case_without_hope_has_no_instant(office: OfficeInFolder) -> None:
    """A case without hope is null; the document names the first instant of the others."""
    fill_frames(office, (D26, "9"), (D26, "10"), (D27, "9"))
    rows = [f"X-1,{D25},", f"X-2,{D01},", "X-3,,2026-12-04"]
    document = plan_rows(office, *rows, head="number,collect_by,date")
    assert [None, "2026-11-26T00:00:00+09:00", "2026-11-27T00:00:00+09:00"] == [
        row["bookable_from"] for row in document["rows"]
    ]
    assert "2026-11-26T00:00:00+09:00" == document["bookable_from"]


@pytest.mark.parametrize("command", [("plan",), ("book", "-n", "--best-effort", "--from")])
def test_text_names_each_instant_with_its_rows(
    office: OfficeInFolder, command: tuple[str, ...]
) -> None:
    """bookable_from: the text names each instant with its rows, and rows without one apart."""
    fill_frames(office, (D26, "9"), (D26, "10"), (D27, "9"))
    rows = [f"X-1,{D25},", f"X-2,{D01},", "X-3,,2026-12-04", f"X-4,{D01},"]
    path = write_rows(office, *rows, head="number,collect_by,date")
    lines = office.run(*command, path, *A1).out.splitlines()
    told = {
        at: [rows for line, rows in pairwise(lines) if at in line and "[" not in line]
        for at in ("From 2026-11-26 00:00", "From 2026-11-27 00:00", "ordinary counter")
    }
    assert [["  rows: 3, 5"], ["  rows: 4"], ["  rows: 2"]] == list(told.values())


def test_the_codes_of_a_row_fit_a_terminal(office: OfficeInFolder) -> None:
    """Each code stands in a line of its own, so that a row with many is not too wide."""
    fill_frames(office, (D25, "9"), (D26, "9"), (D27, "9"))
    office.json("agent", "edit", "A-1", "--valid-until", D30)
    rows = [f"X-1,{D30}", "X-2,"]
    path = write_rows(office, *rows, head="number,collect_by")
    table = office.run("plan", path, *A1).out.partition("\n\n")[0]
    first = table.splitlines()[2:5]
    assert ["agent.certificate", "case.collect-by", "quota.frames"] == [
        line.split()[-1] for line in first
    ]
    assert max(map(len, table.splitlines())) <= 80


def test_no_instant_is_told_where_every_row_has_a_place(office: OfficeInFolder) -> None:
    """bookable_from: where each row has a place, or is refused whatever the frame, no line."""
    path = write_rows(office, "X-1,extension", "X-2,coe", head="number,kind")
    out = office.run("plan", path, *A1).out
    assert "ordinary counter" not in out
    assert "From" not in out


def test_looking_ahead_costs_the_same_for_many_rows(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows without a place share what is looked up about frames, whatever day each must be by."""
    office.set("frames", "capacity", "0")
    looked: list[str] = []
    room = Judge.room
    monkeypatch.setattr(Judge, "room", lambda self, *asked: looked.append("") or room(self, *asked))
    counts = []
    for rows in (5, 25):
        looked.clear()
        dates = [f"X-{n},{FAR[:8]}{n % 25 + 4:02d}" for n in range(rows)]
        document = plan_rows(office, *dates, head="number,collect_by")
        assert {"not-placed"} == set(outcomes(document))
        counts.append(len(looked))
    assert counts[0] == counts[1] < 100


def test_eleven_tied_cases_never_have_room(office: OfficeInFolder) -> None:
    """Eleven cases that stay together fit no frame at any time."""
    rows = ["X-0,", *(f"X-{n},X-0" for n in range(1, 11))]
    document = plan_rows(office, *rows, head="number,with")
    assert ({"not-placed"}, None) == (set(outcomes(document)), document["bookable_from"])
    assert {("quota.cases",)} == {tuple(codes(row)) for row in document["rows"]}


def test_by_the_note_two_frames_must_go_by_first(office: OfficeInFolder) -> None:
    """3(2), note: with four frames held two must go by before two more may be added."""
    office.set("quota", "reading", '"note"')
    office.book(D25, "9", "H-1")
    office.book(D26, "9", "H-2")
    fill_frames(office, (D27, "9"))
    path = write_rows(office, "X-1,2026-12-02", head="number,date")
    document = office.json("plan", path, *A1)
    assert "2026-11-25T00:00:00+09:00" == document["bookable_from"]
    office.now = "2026-11-25T00:00:00"
    assert 0 == office.run("book", "--from", path, *A1).status


@pytest.mark.parametrize(
    ("day", "told", "expected"),
    [
        # Three open days before the visit: Friday the 20th is over, so it can never be booked.
        (D26, "deadline.booking", None),
        # It is shown from the 27th on, and its own deadline is Tuesday, 1 December.
        (FAR, "day.not-shown", "2026-11-27T00:00:00+09:00"),
    ],
)
def test_a_deadline_that_has_passed_never_opens(
    office: OfficeInFolder, day: str, told: str, expected: str | None
) -> None:
    """deadline.booking: a day whose deadline has passed has no instant from which it is free."""
    office.set("deadline", "booking_after", '"refuse"')
    office.set("deadline", "open_days_before", "3")
    (row,) = plan_rows(office, f"X-1,{day}", head="number,date")["rows"]
    assert ("not-placed", [told], expected) == (row["outcome"], codes(row), row["bookable_from"])
