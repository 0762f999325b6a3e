"""From when there is room: ``bookable_from`` of a row, and of a plan."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import (
    A1,
    D01,
    D25,
    D26,
    D27,
    D30,
    book_rows,
    codes,
    fill_frames,
    outcomes,
    plan_rows,
    write_rows,
)

FAR = "2026-12-04"
"""The fifth open day after Friday the 27th."""
HEAD = "number,date,collect_by"
LAST_DAYS = [(D30, "9"), (D30, "10"), (D01, "9")]
FULL = [(day, None) for day in (D25, D26, D27, D30, D01)]
"""No frame of the shown days takes a case."""


def midnight(day: str) -> str:
    return f"{day}T00:00:00+09:00"


@pytest.mark.parametrize(
    ("held", "row", "told", "expected"),
    [
        ([(D25, "9"), (D26, "9"), (D27, "9")], "X-1,,", "quota.frames", D25),
        ([(D26, "9"), (D26, "10"), (D27, "9")], "X-1,,", "quota.frames", D26),
        ([(D25, "9"), (D26, "9"), (D27, "9")], f"X-1,{D01},", "quota.frames", D25),
        (LAST_DAYS, "X-1,,", "quota.frames", D30),
        (LAST_DAYS, "X-1,,2026-12-07", "quota.frames", D30),
        ([], f"X-1,{FAR},", "day.not-shown", D27),
        (LAST_DAYS, f"X-1,{FAR},", "day.not-shown", D30),  # two days later there is quota too
        (FULL, "X-1,,", "frame.full", D25),
        (FULL, "X-1,,2026-12-02", "frame.full", D25),
    ],
)
def test_bookable_from_is_exact_to_the_second(
    office: OfficeInFolder, held: list[tuple[str, str]], row: str, told: str, expected: str
) -> None:
    if held is FULL:
        closed = ", ".join(f"{{date = {day}, capacity = 0}}" for day, _ in held)
        office.set("frames", "exceptions", f"[{closed}]")
    else:
        fill_frames(office, *held)
    document = plan_rows(office, row, head=HEAD)
    instant = midnight(expected)
    assert (["not-placed"], instant) == (outcomes(document), document["bookable_from"])
    assert instant == document["rows"][0]["bookable_from"]
    assert told in codes(document)[0]
    before = f"{expected[:8]}{int(expected[-2:]) - 1:02d}T23:59:59"
    early = book_rows(office, row, head=HEAD, now=before)
    assert (3, ["not-placed"]) == (early.status, outcomes(early.error))
    assert instant == early.error["rows"][0]["bookable_from"]
    later = book_rows(office, row, head=HEAD, now=instant)
    assert (0, ["booked"]) == (later.status, outcomes(later.json))


@pytest.mark.parametrize("command", [("plan",), ("book", "-n", "--best-effort", "--from")])
def test_each_instant_is_named_with_its_rows(
    office: OfficeInFolder, command: tuple[str, ...]
) -> None:
    fill_frames(office, (D26, "9"), (D26, "10"), (D27, "9"))
    rows = [f"X-1,,{D25}", f"X-2,,{D01}", f"X-3,{FAR},", f"X-4,,{D01}"]
    path = write_rows(office, *rows, head=HEAD)
    document = office.run(*command, path, *A1, "-f", "json").json
    expected = [None, midnight(D26), midnight(D27), midnight(D26)]
    assert expected == [row["bookable_from"] for row in document["rows"]]
    assert midnight(D26) == document["bookable_from"]
    lines = office.run(*command, path, *A1).out.splitlines()
    told = [
        [rows for line, rows in pairwise(lines) if at in line and "[" not in line]
        for at in (f"From {D26} 00:00", f"From {D27} 00:00", "ordinary counter")
    ]
    assert [["  rows: 3, 5"], ["  rows: 4"], ["  rows: 2"]] == told


def test_each_code_of_a_row_stands_in_a_line_of_its_own(office: OfficeInFolder) -> None:
    """So a row with many is not too wide for a terminal."""
    fill_frames(office, (D25, "9"), (D26, "9"), (D27, "9"))
    office.json("agent", "edit", "A-1", "--valid-until", D30)
    path = write_rows(office, f"X-1,,{D30}", "X-2,,", head=HEAD)
    table = office.run("plan", path, *A1).out.partition("\n\n")[0].splitlines()
    expected = ["agent.certificate", "case.collect-by", "quota.frames"]
    assert expected == [line.split()[-1] for line in table[2:5]]
    assert max(map(len, table)) <= 80


def test_no_instant_is_told_where_no_row_waits_for_room(office: OfficeInFolder) -> None:
    path = write_rows(office, "X-1,extension", "X-2,coe", head="number,kind")
    out = office.run("plan", path, *A1).out
    assert "ordinary counter" not in out
    assert "From" not in out


def test_eleven_tied_cases_never_have_room(office: OfficeInFolder) -> None:
    rows = ["X-0,", *(f"X-{n},X-0" for n in range(1, 11))]
    document = plan_rows(office, *rows, head="number,with")
    assert ({"not-placed"}, None) == (set(outcomes(document)), document["bookable_from"])
    assert [["quota.cases"]] * 11 == codes(document)


def test_by_the_note_two_of_four_frames_must_go_by_first(office: OfficeInFolder) -> None:
    office.set("quota", "reading", '"note"')
    office.book(D25, "9", "H-1")
    office.book(D26, "9", "H-2")
    fill_frames(office, (D27, "9"))
    row = "X-1,2026-12-02,"
    assert midnight(D25) == plan_rows(office, row, head=HEAD)["bookable_from"]
    assert 0 == book_rows(office, row, head=HEAD, now=midnight(D25)).status


@pytest.mark.parametrize(
    ("day", "told", "expected"),
    [
        # Three open days before the visit: Friday the 20th is over, so it can never be booked.
        (D26, "deadline.booking", None),
        # It is shown from the 27th on, and its own deadline is Tuesday, 1 December.
        (FAR, "day.not-shown", midnight(D27)),
    ],
)
def test_a_day_whose_deadline_has_passed_is_never_free(
    office: OfficeInFolder, day: str, told: str, expected: str | None
) -> None:
    office.set("deadline", "booking_after", '"refuse"')
    office.set("deadline", "open_days_before", "3")
    document = plan_rows(office, f"X-1,{day},", head=HEAD)
    assert (["not-placed"], [[told]]) == (outcomes(document), codes(document))
    assert expected == document["rows"][0]["bookable_from"]
