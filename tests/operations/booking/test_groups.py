"""Cases tied by with=: placed where the others are, refused as one, and said where they cannot."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import (
    A1,
    BEST,
    D25,
    D26,
    D27,
    D30,
    POOL,
    book_rows,
    codes,
    collectors,
    outcomes,
    places,
    plan_rows,
    write_rows,
)

HEAD = "number,date,hour,kind,with"
REVIEWED = f"{HEAD},review"


def ties(document: Any) -> list[str]:
    """Return the warnings that tell of with=."""
    return [warning for warning in document["warnings"] if "with=" in warning]


# --- a case that is booked already -----------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["X-2,,,change,X-1", "X-1,,,,"], ["booked", "already"]),
        (["X-2,,,change,X-1", "X-3,,,change,X-2"], ["booked", "booked"]),  # X-1 is in no row
    ],
)
def test_a_group_goes_to_the_frame_of_its_booked_case(
    office: OfficeInFolder, rows: list[str], expected: list[str]
) -> None:
    office.book(D27, "14", "X-1")
    office.book(D26, "10", "X-9")
    document = book_rows(office, *rows, head=HEAD).json
    assert (expected, [(D27, "14:00")] * 2) == (outcomes(document), places(document))
    assert [] == ties(document)


def test_a_row_joins_the_booked_case_that_names_it(office: OfficeInFolder) -> None:
    office.book(D26, "10", "X-9")
    rows = ["X-1,,,change,,{}", f"X-2,{D27},14,change,X-1,done"]
    first = book_rows(office, rows[0].format("pending"), rows[1], head=REVIEWED).json
    assert (["not-ready", "booked"], []) == (outcomes(first), ties(first))
    again = book_rows(office, rows[0].format("done"), rows[1], head=REVIEWED).json
    assert (["booked", "already"], [(D27, "14:00")] * 2) == (outcomes(again), places(again))


@pytest.mark.parametrize(
    ("row", "now", "expected"),
    [
        (f"X-2,{D26},,change,X-1,", "2026-11-24T10:00", (D26, "09:00")),  # another day is asked for
        (f"X-2,,,change,X-1,{D26}", "2026-11-24T10:00", (D25, "09:00")),  # it is too late for it
        ("X-2,,,change,X-1,", f"{D27}T14:30", (D30, "09:00")),  # it has begun
    ],
)
def test_a_row_goes_elsewhere_where_its_groups_frame_does_not_suit(
    office: OfficeInFolder, row: str, now: str, expected: tuple[str, str]
) -> None:
    number = office.book(D27, "14", "X-1")["number"]
    document = book_rows(office, row, head=f"{HEAD},collect_by", now=now).json
    assert [expected] == places(document)
    (note,) = ties(document)
    assert all(part in note for part in ("Row 2", "X-2", "X-1", number))


@pytest.mark.parametrize("full", ["cases", "capacity"])
def test_a_group_goes_elsewhere_from_a_full_frame(office: OfficeInFolder, full: str) -> None:
    office.book(D27, "14", *(f"X-{n}" for n in range(1, 10)))
    if full == "capacity":
        office.set("frames", "capacity", "9")
    document = book_rows(office, "Y-1,,,change,X-1", "Y-2,,,change,Y-1", head=HEAD).json
    assert ["booked", "booked"] == outcomes(document)
    assert 1 == len(set(places(document)))
    assert (D27, "14:00") not in places(document)
    assert 1 == len(ties(document))


def test_another_agents_case_draws_nobody_along_and_is_not_told(office: OfficeInFolder) -> None:
    office.add_agent("B-2")
    number = office.book(D27, "14", "X-1", agent="B-2")["number"]
    outcome = book_rows(office, "X-2,,,change,X-1", head=HEAD)
    assert [(D25, "09:00")] == places(outcome.json)
    (note,) = ties(outcome.json)
    assert number not in note
    assert D27 not in outcome.out


def test_who_of_a_pool_booked_the_other_case_collects_this_one_too(office: OfficeInFolder) -> None:
    office.add_agent("B-2")
    office.book(D27, "14", "X-1", agent="B-2")
    office.book(D26, "10", "X-9")
    document = plan_rows(office, "X-2,,,change,X-1", "X-3,,,,", head=HEAD, options=POOL)
    assert ["B-2", "A-1"] == collectors(document)
    assert [(D27, "14:00"), (D26, "10:00")] == places(document)


# --- what cannot stay together ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([f"X-1,{D26},10,change,X-2", f"X-2,{D27},,change,"], (2, "date", 1, D26)),
        (["X-1,,10,change,", "X-2,,11,change,X-1"], (2, "hour", 1, "10:00")),
        (["X-1,,10,change,", "X-2,,,change,X-1", "X-3,,11,change,X-2"], (3, "hour", 1, "10:00")),
        ([f"X-1,{D26},,change,", f"R-1,{D27},,reentry,X-1"], (2, "date", 1, D26)),
    ],
)
def test_tied_rows_with_different_frames_are_bad_input(
    office: OfficeInFolder, rows: list[str], said: tuple[int, str, int, str]
) -> None:
    path = write_rows(office, *rows, "Y-1,,,,", head=HEAD)
    row, column, other, value = said
    for command in (("plan", path), ("book", "--best-effort", "--from", path)):
        error = office.run(*command, *A1, "-f", "json")
        assert 5 == error.status
        (problem,) = error.error["problems"]
        assert f"row {row + 1}, column {column}" == problem["where"]
        assert f"row {other + 1} has '{value}'" in problem["message"]
        assert "take out with=" in problem["message"]


def test_tied_rows_of_two_files_are_named_with_file_and_heading(office: OfficeInFolder) -> None:
    paths = [office.folder / "a.csv", office.folder / "b.csv"]
    paths[0].write_text(f"number,date,hour\nX-1,{D26},10\n", "utf-8")
    paths[1].write_text("申請番号,予約時刻,同時申請\nX-2,11:00,X-1\n", "utf-8")
    outcome = office.run("book", "--from", str(paths[0]), "--from", str(paths[1]), *A1)
    assert 5 == outcome.status
    assert f"{paths[1]}, row 2, column hour (予約時刻)" in outcome.err
    assert f"row {paths[0]}:2 has '10:00'" in outcome.err


def test_tied_rows_of_different_agents_of_a_pool_are_bad_input(office: OfficeInFolder) -> None:
    """One that names no frame goes with the other; without a pool each agent has its own cases."""
    office.add_agent("B-2")
    head = "number,date,hour,agent,with"
    rows = [f"X-1,{D26},10,A-1,", f"X-2,{D26},10,B-2,X-1"]
    outcome = office.run("plan", write_rows(office, *rows, head=head), *POOL, "-f", "json")
    assert [("row 3, column agent", True)] == [
        (each["where"], "row 2 has 'A-1'" in each["message"]) for each in outcome.error["problems"]
    ]
    document = plan_rows(office, rows[0], "X-2,,,B-2,X-1", head=head, options=POOL)
    assert (["A-1"] * 2, [(D26, "10:00")] * 2) == (collectors(document), places(document))
    document = plan_rows(office, *rows, head=head, options=("--office",))
    assert ["placed"] * 2 == outcomes(document)


def test_two_rows_with_one_number_are_no_group(office: OfficeInFolder) -> None:
    rows = [f"X-1,{D26},10,change,X-2", f"X-1,{D27},11,change,X-2", "X-2,,,change,"]
    document = book_rows(office, *rows, head=HEAD, options=BEST).json
    assert [[], ["case.duplicate"], []] == codes(document)
    assert [(D26, "10:00")] == places(document)[2:]


def test_ties_may_run_in_a_ring_and_a_case_may_name_itself(office: OfficeInFolder) -> None:
    rows = ["X-1,,,change,X-3", "X-2,,,change,X-1", "X-3,,14,change,X-2", "X-4,,,change,X-4"]
    document = book_rows(office, *rows, head=HEAD).json
    assert [(D25, "14:00")] * 3 == places(document)[:3]
    assert "booked" == outcomes(document)[3]


def test_no_note_where_rows_stay_together_or_were_booked_before(office: OfficeInFolder) -> None:
    rows = [f"X-1,{D26},10,change,", "X-2,,,change,X-1", "X-3,,,change,X-4", "X-4,,,change,"]
    for _ in range(2):
        assert [] == ties(book_rows(office, *rows, head=HEAD).json)


@pytest.mark.parametrize("frame", [",", f"{D26},10", f"{D26},"])
def test_a_with_that_names_no_known_case_is_told(office: OfficeInFolder, frame: str) -> None:
    document = book_rows(office, f"X-1,{frame},change,", f"X-2,{frame},change,X-l", head=HEAD).json
    assert ["booked", "booked"] == outcomes(document)
    (note,) = ties(document)
    assert all(part in note for part in ("Row 3", "X-L"))


def test_of_many_ties_the_first_are_told_and_the_rest_counted(office: OfficeInFolder) -> None:
    notes = ties(book_rows(office, *(f"X-{n},,,change,Z-{n}" for n in range(30)), head=HEAD).json)
    assert (9, True) == (len(notes), "22" in notes[-1])


def test_a_refused_file_tells_its_notes_too(office: OfficeInFolder) -> None:
    """In the document, or on stderr; also of a column that was ignored, which may be the reason."""
    path = write_rows(office, "X-1,,,change,Z-9,ok", "X-2,,,coe,,ok", head=f"{HEAD},mood")
    command = ("book", "--from", path, *A1)
    error = office.run(*command, "-f", "json").error
    assert ["Z-9" in note for note in ties(error)] == [True]
    assert [True] == ["mood" in each for each in error["warnings"] if each not in ties(error)]
    assert "Note: Row 2" in office.run(*command).err
    assert "Note" not in office.run(*command, "-q").err


# --- re-entry permits that are shut out ------------------------------------------------------


def said_of(document: Any) -> list[str]:
    """Return the warnings but that of the clock."""
    return [warning for warning in document["warnings"] if "machine's clock" not in warning]


def warnings_of(office: OfficeInFolder, *rows: str) -> tuple[list[str], ...]:
    """Return what a plan says of rows, and what booking them or their refusal says then."""
    planned = plan_rows(office, *rows, head=REVIEWED)
    outcome = book_rows(office, *rows, head=REVIEWED)
    return said_of(planned), said_of(outcome.error if outcome.status else outcome.json)


@pytest.mark.parametrize("frame", [",", f"{D26},10"])
def test_a_permit_that_its_main_case_leaves_is_told(office: OfficeInFolder, frame: str) -> None:
    """1: once the main case is booked alone its permit can never join it: both rows are named."""
    planned, booked = warnings_of(
        office, f"M-1,{frame},change,,done", f"R-1,{frame},reentry,M-1,pending"
    )
    (note,) = booked
    assert all(part in note for part in ("Rows 2 and 3", "M-1", "R-1", "--again"))
    assert [note] == planned


def test_no_note_where_permit_and_main_case_are_equally_ready(office: OfficeInFolder) -> None:
    for review in ("pending", "done", "done"):
        rows = (f"M-1,,,change,,{review}", f"R-1,,,reentry,M-1,{review}")
        assert ([], []) == warnings_of(office, *rows)


@pytest.mark.parametrize("review", ["pending", "done"])
def test_a_permit_that_is_shut_out_is_told_what_helps(office: OfficeInFolder, review: str) -> None:
    """1: the reservation is named, and until when it can be cancelled; doing so works."""
    number = office.book(D27, "14", "M-1,kind=change")["number"]
    for rows in (["M-1,,,change,,done"], []):
        planned, booked = warnings_of(office, *rows, f"R-1,,,reentry,M-1,{review}")
        (note,) = booked
        assert all(part in note for part in ("R-1", number, "2026-11-26 11:59", "--again"))
        assert [note] == planned
    office.json("cancel", number, *A1)
    rows = ["M-1,,,change,,done", "R-1,,,reentry,M-1,done"]
    document = book_rows(office, *rows, head=REVIEWED, options=(*A1, "--again")).json
    assert ["booked"] * 2 == outcomes(document)


@pytest.mark.parametrize(
    ("row", "main", "said"),
    [
        ("M-1,,,coe,,done", "M-1", "row 2 is of kind coe"),
        ("M-1,,,reentry,M-9,done", "M-1", "row 2 is of kind reentry"),
        ("M-1,,,change,,pending", "M-1", "row 2 is not ready"),
        ("M-2,,,change,,done", "M-1", "neither in this file nor"),
        ("M-2,,,change,,done", "R-1", "it names itself"),
    ],
)
def test_why_a_permit_cannot_go_with_its_main_case(
    office: OfficeInFolder, row: str, main: str, said: str
) -> None:
    rows = [row, f"R-1,{D26},,reentry,{main},done"]
    document = book_rows(office, *rows, head=REVIEWED, options=BEST).json
    assert ["case.reentry-alone"] == codes(document)[1]
    (note,) = (w for w in document["warnings"] if w.startswith("Row 3: "))
    assert all(part in note for part in ("R-1", said))


def test_an_agent_hears_nothing_of_another_agents_main_case(office: OfficeInFolder) -> None:
    """1: the office is told that the case is another agent's row."""
    office.add_agent("B-2")
    rows = ["A-1,M-1,,,change,", "B-2,R-1,,,reentry,M-1"]
    document = plan_rows(office, *rows, head=f"agent,{HEAD}", options=("--office",))
    (note,) = document["warnings"]
    assert "row 2 is agent A-1's" in note
    number = office.book(D27, "14", "M-1,kind=change")["number"]
    b2 = ("--agent", "B-2")
    (note,) = plan_rows(office, "R-1,,,reentry,M-1", head=HEAD, options=b2)["warnings"]
    assert number not in note
    assert "neither in this file nor" in note
