"""Cases tied by with=: placed where the others are, refused as one, and said where they cannot."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import book_rows, codes, outcomes, places, write_rows

A1 = ("--agent", "A-1")
BEST = (*A1, "--best-effort")
HEAD = "number,date,hour,kind,with"
D25, D26, D27 = "2026-11-25", "2026-11-26", "2026-11-27"


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
    """with=: a group without a frame goes to the one in which the case that it names stands."""
    office.book(D27, "14", "X-1")
    office.book(D26, "10", "X-9")
    document = book_rows(office, *rows, head=HEAD).json
    assert (expected, [(D27, "14:00")] * 2) == (outcomes(document), places(document))
    assert [] == ties(document)


def test_a_row_joins_the_booked_case_that_names_it(office: OfficeInFolder) -> None:
    """with= works either way: the row that was not ready in the first run joins the other."""
    office.book(D26, "10", "X-9")
    head = f"{HEAD},review"
    rows = ["X-1,,,change,,{}", f"X-2,{D27},14,change,X-1,done"]
    first = book_rows(office, rows[0].format("pending"), rows[1], head=head).json
    assert (["not-ready", "booked"], []) == (outcomes(first), ties(first))
    again = book_rows(office, rows[0].format("done"), rows[1], head=head).json
    assert (["booked", "already"], [(D27, "14:00")] * 2) == (outcomes(again), places(again))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"X-2,{D26},,change,X-1,", (D26, "09:00")),  # another day is asked for
        (f"X-2,,,change,X-1,{D26}", (D25, "09:00")),  # that day is too late for it
    ],
)
def test_a_row_goes_elsewhere_where_the_frame_of_its_group_does_not_suit(
    office: OfficeInFolder, row: str, expected: tuple[str, str]
) -> None:
    """with=: where that frame does not suit the row is placed alone, and a note says so."""
    number = office.book(D27, "14", "X-1")["number"]
    document = book_rows(office, row, head=f"{HEAD},collect_by").json
    assert [expected] == places(document)
    (note,) = ties(document)
    assert all(part in note for part in ("Row 2", "X-2", "X-1", number))


@pytest.mark.parametrize("full", ["cases", "capacity"])
def test_a_group_goes_elsewhere_from_a_full_frame(office: OfficeInFolder, full: str) -> None:
    """with=: where ten cases, or the frame's capacity, leave no room the row goes elsewhere."""
    office.book(D27, "14", *(f"X-{n}" for n in range(1, 10)))
    if full == "capacity":
        office.set("frames", "capacity", "9")
    rows = ["Y-1,,,change,X-1", "Y-2,,,change,Y-1"]
    document = book_rows(office, *rows, head=HEAD).json
    # Nine are there, and there is no room for both: they stay together, elsewhere.
    assert ["booked", "booked"] == outcomes(document)
    assert 1 == len(set(places(document)))
    assert (D27, "14:00") not in places(document)
    assert 1 == len(ties(document))


@pytest.mark.parametrize("options", [A1, BEST])
def test_a_group_takes_its_room_where_its_first_row_stands(
    office: OfficeInFolder, options: tuple[str, ...]
) -> None:
    """with=: a group takes the room of all its rows where the first of them stands in the file.

    The same file again finds them booked.
    """
    office.set("quota", "cases", "3")
    rows = [
        *("X-2,,,change,X-1", f"X-1,{D27},14,change,"),
        *(f"X-3,{D27},14,change,", f"X-4,{D27},14,change,"),
    ]
    outcome = book_rows(office, *rows, head=HEAD, options=options)
    document = outcome.json if options == BEST else outcome.error
    assert [[], [], [], ["quota.cases"]] == codes(document)
    assert [(D27, "14:00")] * 4 == places(document)
    again = book_rows(office, *rows[:3], head=HEAD, options=options).json
    assert ["already" if options == BEST else "booked"] * 3 == outcomes(again)


def test_a_frame_that_has_begun_takes_nobody_more(office: OfficeInFolder) -> None:
    """with=: a row tied to a case in a frame that has begun is placed elsewhere."""
    office.book(D25, "9", "X-1")
    office.now = "2026-11-25T09:30:00"
    document = book_rows(office, "X-2,,,change,X-1", head=HEAD).json
    assert (["booked"], [(D26, "09:00")]) == (outcomes(document), places(document))
    assert 1 == len(ties(document))


def test_another_agents_case_draws_nobody_along(office: OfficeInFolder) -> None:
    """with=: the frame of somebody else's case is not looked at, and not told."""
    office.add_agent("B-2")
    number = office.book(D27, "14", "X-1", agent="B-2")["number"]
    outcome = book_rows(office, "X-2,,,change,X-1", head=HEAD)
    assert [(D25, "09:00")] == places(outcome.json)
    (note,) = ties(outcome.json)
    assert number not in note
    assert D27 not in outcome.out


def test_who_booked_the_other_case_collects_this_one_too(office: OfficeInFolder) -> None:
    """In a plan for several agents the agent who booked the other case collects this one too."""
    office.add_agent("B-2")
    office.book(D27, "14", "X-1", agent="B-2")
    office.book(D26, "10", "X-9")
    path = write_rows(office, "X-2,,,change,X-1", "X-3,,,,", head=HEAD)
    document = office.json("plan", path, *A1, "--agent", "B-2")
    assert ["B-2", "A-1"] == [row["agent"] for row in document["rows"]]
    assert [(D27, "14:00"), (D26, "10:00")] == places(document)


# --- what cannot stay together ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([f"X-1,{D26},10,change,", f"X-2,{D27},10,change,X-1"], (2, "date", 1, D26)),
        ([f"X-1,{D26},10,change,X-2", f"X-2,{D27},,change,"], (2, "date", 1, D26)),
        (["X-1,,10,change,", "X-2,,11,change,X-1"], (2, "hour", 1, "10:00")),
        (["X-1,,10,change,", "X-2,,,change,X-1", "X-3,,11,change,X-2"], (3, "hour", 1, "10:00")),
        ([f"X-1,{D26},,change,", f"R-1,{D27},,reentry,X-1"], (2, "date", 1, D26)),
    ],
)
def test_tied_rows_with_different_frames_are_bad_input(
    office: OfficeInFolder, rows: list[str], said: tuple[int, str, int, str]
) -> None:
    """with=: rows of a group that name different days or hours are bad input, which names both."""
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
    """with=: several files are one request, and each row is named with its file and heading."""
    paths = [office.folder / "a.csv", office.folder / "b.csv"]
    paths[0].write_text(f"number,date,hour\nX-1,{D26},10\n", "utf-8")
    paths[1].write_text("申請番号,予約時刻,同時申請\nX-2,11:00,X-1\n", "utf-8")
    outcome = office.run("book", "--from", str(paths[0]), "--from", str(paths[1]), *A1)
    assert 5 == outcome.status
    assert f"{paths[1]}, row 2, column hour (予約時刻)" in outcome.err
    assert f"row {paths[0]}:2 has '10:00'" in outcome.err


def test_tied_rows_of_different_agents_of_a_pool_are_bad_input(office: OfficeInFolder) -> None:
    """with=: in a pool rows that name their frame are their own agent's, so they must agree."""
    office.add_agent("B-2")
    rows = [f"X-1,{D26},10,A-1,", f"X-2,{D26},10,B-2,X-1"]
    path = write_rows(office, *rows, head="number,date,hour,agent,with")
    pool = ("--agent", "A-1", "--agent", "B-2")
    outcome = office.run("plan", path, *pool, "-f", "json")
    assert [("row 3, column agent", True)] == [
        (each["where"], "row 2 has 'A-1'" in each["message"]) for each in outcome.error["problems"]
    ]
    # One that names no frame goes with the other; without a pool each agent has its own cases.
    path = write_rows(office, rows[0], "X-2,,,B-2,X-1", head="number,date,hour,agent,with")
    document = office.json("plan", path, *pool)
    assert ["A-1", "A-1"] == [row["agent"] for row in document["rows"]]
    assert [(D26, "10:00")] * 2 == places(document)
    path = write_rows(office, *rows, head="number,date,hour,agent,with")
    assert ["placed"] * 2 == outcomes(office.json("plan", path, "--office"))


def test_two_rows_with_one_number_are_no_group(office: OfficeInFolder) -> None:
    """with=: of two rows with one number one is the case; the other one is a duplicate, no more."""
    rows = [f"X-1,{D26},10,change,X-2", f"X-1,{D27},11,change,X-2", "X-2,,,change,"]
    document = book_rows(office, *rows, head=HEAD, options=BEST).json
    assert [[], ["case.duplicate"], []] == codes(document)
    assert [(D26, "10:00")] == places(document)[2:]


def test_ties_may_run_in_a_ring(office: OfficeInFolder) -> None:
    """with=: ties may run in a ring, and a case may name itself."""
    rows = ["X-1,,,change,X-3", "X-2,,,change,X-1", "X-3,,14,change,X-2", "X-4,,,change,X-4"]
    document = book_rows(office, *rows, head=HEAD).json
    assert [(D25, "14:00")] * 3 == places(document)[:3]
    assert "booked" == outcomes(document)[3]


def test_no_note_where_rows_stay_together(office: OfficeInFolder) -> None:
    """with=: no note where all is well, nor for what is not ready or was booked before."""
    rows = [f"X-1,{D26},10,change,", "X-2,,,change,X-1", "X-3,,,change,X-4", "X-4,,,change,"]
    assert [] == ties(book_rows(office, *rows, head=HEAD).json)
    assert [] == ties(book_rows(office, *rows, head=HEAD).json)


@pytest.mark.parametrize("frame", [",", f"{D26},10", f"{D26},"])
def test_a_with_that_names_no_known_case_is_told(office: OfficeInFolder, frame: str) -> None:
    """with=: a number that is neither in the file nor reserved is told with its row."""
    document = book_rows(office, f"X-1,{frame},change,", f"X-2,{frame},change,X-l", head=HEAD).json
    assert ["booked", "booked"] == outcomes(document)
    (note,) = ties(document)
    assert "Row 3" in note
    assert "X-L" in note


def test_many_ties_are_told_in_few_lines(office: OfficeInFolder) -> None:
    """A file full of ties that fail gives few lines: the first rows by number, the rest counted."""
    rows = [f"X-{n},,,change,Z-{n}" for n in range(30)]
    notes = ties(book_rows(office, *rows, head=HEAD).json)
    assert 9 == len(notes)
    assert "22" in notes[-1]


def test_a_refused_file_tells_its_notes_too(office: OfficeInFolder) -> None:
    """A file that is refused as a whole tells its notes too: in the document, or on stderr."""
    rows = ["X-1,,,change,Z-9", "X-2,,,coe,"]
    path = write_rows(office, *rows, head=HEAD)
    error = office.run("book", "--from", path, *A1, "-f", "json").error
    assert ["Z-9" in note for note in ties(error)] == [True]
    command = ("book", "--from", path, *A1)
    assert "Note: Row 2" in office.run(*command).err
    assert "Note" not in office.run(*command, "-q").err


def test_a_refused_file_tells_which_column_was_ignored(office: OfficeInFolder) -> None:
    """A refused file names the columns that were ignored, since they may be the reason."""
    outcome = book_rows(office, "X-1,2026-11-28,10,ok", head="number,date,hour,mood")
    assert (3, [True]) == (outcome.status, ["mood" in each for each in outcome.error["warnings"]])


# --- with --best-effort ----------------------------------------------------------------------


def test_a_group_is_refused_with_the_frame_that_it_names(office: OfficeInFolder) -> None:
    """--best-effort: what is tied to a row goes to its frame, and is refused with it."""
    rows = ["X-1,2026-11-28,10,change,", "R-1,,,reentry,X-1", "X-2,,,change,X-1", "X-3,,,change,"]
    document = book_rows(office, *rows, head=HEAD, options=BEST).json
    assert [["day.closed"]] * 3 + [[]] == codes(document)
    assert [("2026-11-28", "10:00")] * 3 == places(document)[:3]


def test_a_refused_group_takes_no_room(office: OfficeInFolder) -> None:
    """--best-effort: a refused group takes no frame, room or number from other rows."""
    office.set("quota", "frames", "1")
    office.set("quota", "cases", "2")
    rows = [f"X-1,{D27},14,change,", "X-2,,,change,X-1", "X-3,,,coe,X-2"]
    rows += [f"Y-1,{D26},9,change,", f"Y-2,{D26},9,change,", f"X-1,{D26},9,change,"]
    document = book_rows(office, *rows, head=HEAD, options=BEST).json
    together = ["quota.cases", "case.kind"]
    assert [["case.together"]] * 2 == codes(document)[:2]
    assert set(together) == set(codes(document)[2])
    assert [[], [], ["quota.cases"]] == codes(document)[3:]


def test_a_group_larger_than_its_frame_is_refused_as_one(office: OfficeInFolder) -> None:
    """3(2): a group that names its frame and is larger than it is refused as one."""
    office.set("quota", "cases", "2")
    rows = [f"X-1,{D27},14,change,", "X-2,,,change,X-1", "X-3,,,change,X-1"]
    document = book_rows(office, *rows, head=HEAD, options=BEST).json
    assert [["case.together"], ["case.together"], ["quota.cases"]] == codes(document)
    assert "X-3" in document["rows"][0]["refusals"][0]["message"]


# --- re-entry permits that are shut out ------------------------------------------------------

REVIEWED = f"{HEAD},review"


def said_of(document: Any) -> list[str]:
    """Return the warnings but that of the clock."""
    return [warning for warning in document["warnings"] if "machine's clock" not in warning]


def warnings_of(office: OfficeInFolder, *rows: str, head: str = REVIEWED) -> tuple[list[str], ...]:
    """Return what a plan says of rows, and what booking them or their refusal says then."""
    planned = office.json("plan", write_rows(office, *rows, head=head), *A1)
    outcome = book_rows(office, *rows, head=head)
    return said_of(planned), said_of(outcome.error if outcome.status else outcome.json)


@pytest.mark.parametrize("frame", [",", f"{D26},10"])
def test_a_permit_that_is_not_ready_beside_its_main_case_is_told(
    office: OfficeInFolder, frame: str
) -> None:
    """1: once the main case is booked alone its permit can never join it: both rows are named."""
    planned, booked = warnings_of(
        office, f"M-1,{frame},change,,done", f"R-1,{frame},reentry,M-1,pending"
    )
    (note,) = booked
    assert all(part in note for part in ("Rows 2 and 3", "M-1", "R-1", "--again"))
    assert [note] == planned


def test_no_note_where_permit_and_main_case_are_equally_ready(office: OfficeInFolder) -> None:
    """1: where permit and main case are both ready, or neither is, there is no note."""
    rows = ("M-1,,,change,,{0}", "R-1,,,reentry,M-1,{0}")
    assert ([], []) == warnings_of(office, *(row.format("pending") for row in rows))
    assert ([], []) == warnings_of(office, *(row.format("done") for row in rows))
    assert ([], []) == warnings_of(office, *(row.format("done") for row in rows))


@pytest.mark.parametrize("review", ["pending", "done"])
def test_a_permit_that_is_shut_out_is_told_by_which(office: OfficeInFolder, review: str) -> None:
    """1: the reservation that shuts it out is named, and until when it can be cancelled.

    That is so whether the permit is in the file or its main case is not; doing so works.
    """
    number = office.book(D27, "14", "M-1,kind=change")["number"]
    for rows in (["M-1,,,change,,done"], []):
        planned, booked = warnings_of(office, *rows, f"R-1,,,reentry,M-1,{review}")
        (note,) = booked
        assert all(part in note for part in ("R-1", number, "2026-11-26 11:59", "--again"))
        assert [note] == planned
    office.json("cancel", number, *A1)
    rows = ["M-1,,,change,,done", "R-1,,,reentry,M-1,done"]
    assert ["booked"] * 2 == outcomes(
        book_rows(office, *rows, head=REVIEWED, options=(*A1, "--again")).json
    )


def test_a_full_frame_takes_neither_main_case_nor_permit(office: OfficeInFolder) -> None:
    """1: with --best-effort a full frame takes neither the main case nor its permit."""
    office.set("frames", "capacity", "1")
    rows = [f"M-1,{D26},10,change,", "R-1,,,reentry,M-1"]
    document = book_rows(office, *rows, head=HEAD, options=BEST).json
    assert [["case.together"], ["frame.full"]] == codes(document)
    assert [] == said_of(document)


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
    """1: a permit refused for the case it names tells what is wrong with that case, and its row."""
    rows = [row, f"R-1,{D26},,reentry,{main},done"]
    document = book_rows(office, *rows, head=REVIEWED, options=BEST).json
    assert ["case.reentry-alone"] == codes(document)[1]
    (note,) = (w for w in document["warnings"] if w.startswith("Row 3: "))
    assert "R-1" in note
    assert said in note


def test_an_agent_hears_nothing_of_another_agents_main_case(office: OfficeInFolder) -> None:
    """1: the office is told that the case is another agent's row; an agent hears of no other's."""
    office.add_agent("B-2")
    rows = ["A-1,M-1,,,change,", "B-2,R-1,,,reentry,M-1"]
    path = write_rows(office, *rows, head=f"agent,{HEAD}")
    (note,) = office.json("plan", path, "--office")["warnings"]
    assert "row 2 is agent A-1's" in note
    number = office.book(D27, "14", "M-1,kind=change")["number"]
    path = write_rows(office, "R-1,,,reentry,M-1", head=HEAD)
    (note,) = office.json("plan", path, "--agent", "B-2")["warnings"]
    assert number not in note
    assert "neither in this file nor" in note


def test_the_refusal_of_a_permit_shows_what_it_names(office: OfficeInFolder) -> None:
    """1: a permit booked on its own is told which with= it was given."""
    outcome = office.run(
        "book", D26, "10", "--case", "R-1,kind=reentry,with=M-9", *A1, "-f", "json"
    )
    (refusal,) = outcome.error["refusals"]
    assert "M-9" in refusal["message"]
