"""Cases that stay together (with=): placed where the other one is, and said where they cannot."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import book_rows, outcomes, write_rows

A1 = ("--agent", "A-1")
BEST = (*A1, "--best-effort")
HEAD = "number,date,hour,kind,with"
D25, D26, D27 = "2026-11-25", "2026-11-26", "2026-11-27"


def places(document: Any) -> list[tuple[str | None, str | None]]:
    """Return on which day and at what hour each row is."""
    return [(row["date"], row["start"]) for row in document["rows"]]


def codes(document: Any) -> list[list[str]]:
    """Return the codes of each row's refusals."""
    return [[refusal["code"] for refusal in row["refusals"]] for row in document["rows"]]


def ties(document: Any) -> list[str]:
    """Return the warnings that tell of with=."""
    return [warning for warning in document["warnings"] if "with=" in warning]


# --- a case that is booked already -----------------------------------------------------------


def test_who_comes_along_with_what_is_booked_already(office: OfficeInFolder) -> None:
    """with=: an open row goes to the frame in which the case it names stands already."""
    office.book(D27, "14", "X-1")
    office.book(D26, "10", "X-9")
    document = book_rows(office, "X-2,,,change,X-1", "X-1,,,,", head=HEAD).json
    assert (["booked", "already"], [(D27, "14:00")] * 2) == (outcomes(document), places(document))
    assert [] == ties(document)


def test_who_comes_along_with_what_the_file_does_not_name(office: OfficeInFolder) -> None:
    """with=: the case may stand in a reservation of the agent, and not in the file at all."""
    office.book(D27, "14", "X-1")
    office.book(D26, "10", "X-9")
    document = book_rows(office, "X-2,,,change,X-1", "X-3,,,change,X-2", head=HEAD).json
    assert [(D27, "14:00")] * 2 == places(document)
    assert [] == ties(document)


def test_what_is_booked_already_names_who_comes_along(office: OfficeInFolder) -> None:
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
def test_what_does_not_suit_goes_elsewhere(
    office: OfficeInFolder, row: str, expected: tuple[str, str]
) -> None:
    """with=: where that frame does not suit the row is placed alone, and a note says so."""
    number = office.book(D27, "14", "X-1")["number"]
    document = book_rows(office, row, head=f"{HEAD},collect_by").json
    assert [expected] == places(document)
    (note,) = ties(document)
    assert all(part in note for part in ("Row 1", "X-2", "X-1", number))


@pytest.mark.parametrize("full", ["cases", "capacity"])
def test_no_room_beside_it(office: OfficeInFolder, full: str) -> None:
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
def test_no_room_beside_rows_that_name_their_frame(
    office: OfficeInFolder, options: tuple[str, ...]
) -> None:
    """with=: what names its frame has it first; who would follow goes elsewhere, and it is said.

    The same file again finds all rows booked.
    """
    office.set("quota", "cases", "3")
    rows = [
        *("X-2,,,change,X-1", f"X-1,{D27},14,change,"),
        *(f"X-3,{D27},14,change,", f"X-4,{D27},14,change,"),
    ]
    document = book_rows(office, *rows, head=HEAD, options=options).json
    assert ["booked"] * 4 == outcomes(document)
    assert [(D27, "09:00"), *[(D27, "14:00")] * 3] == places(document)
    assert 1 == len(ties(document))
    again = book_rows(office, *rows, head=HEAD, options=options).json
    assert ["already"] * 4 == outcomes(again)


def test_an_hour_that_has_begun(office: OfficeInFolder) -> None:
    """with=: a frame that has begun takes nobody any more, so the row is placed elsewhere."""
    office.book(D25, "9", "X-1")
    office.now = "2026-11-25T09:30:00"
    document = book_rows(office, "X-2,,,change,X-1", head=HEAD).json
    assert (["booked"], [(D26, "09:00")]) == (outcomes(document), places(document))
    assert 1 == len(ties(document))


def test_a_reentry_permit_beside_a_reservation(office: OfficeInFolder) -> None:
    """1: a re-entry permit needs its main case in the same reservation, not in an earlier one."""
    office.book(D27, "14", "X-1,kind=change")
    document = book_rows(office, "R-1,,,reentry,X-1", head=HEAD, options=BEST).json
    assert [["case.reentry-alone"]] == codes(document)


def test_another_agents_reservation_draws_nobody(office: OfficeInFolder) -> None:
    """with=: the frame of somebody else's case is not looked at, and not told."""
    office.add_agent("B-2")
    number = office.book(D27, "14", "X-1", agent="B-2")["number"]
    outcome = book_rows(office, "X-2,,,change,X-1", head=HEAD)
    assert [(D25, "09:00")] == places(outcome.json)
    (note,) = ties(outcome.json)
    assert number not in note
    assert D27 not in outcome.out


def test_who_of_a_pool_has_the_other_case(office: OfficeInFolder) -> None:
    """In a plan for several agents whoever has booked the other case collects this one too."""
    office.add_agent("B-2")
    office.book(D27, "14", "X-1", agent="B-2")
    office.book(D26, "10", "X-9")
    path = write_rows(office, "X-2,,,change,X-1", "X-3,,,,", head=HEAD)
    document = office.json("plan", path, *A1, "--agent", "B-2")
    assert ["B-2", "A-1"] == [row["agent"] for row in document["rows"]]
    assert [(D27, "14:00"), (D26, "10:00")] == places(document)


# --- what cannot stay together ---------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        [f"X-1,{D26},10,change,", f"X-2,{D27},10,change,X-1"],
        [f"X-1,{D26},10,change,", f"X-2,{D27},,change,X-1"],
        [f"X-1,{D26},,change,", f"X-2,{D27},,change,X-1"],
        ["X-1,,10,change,", "X-2,,11,change,X-1"],
    ],
)
def test_rows_that_contradict_each_other(office: OfficeInFolder, rows: list[str]) -> None:
    """with=: rows that ask for different days or hours are divided, and a note names both."""
    planned = office.json("plan", write_rows(office, *rows, head=HEAD), *A1)
    document = book_rows(office, *rows, head=HEAD).json
    assert ["booked", "booked"] == outcomes(document)
    assert 2 == len(set(places(document)))
    (note,) = ties(document)
    assert all(part in note for part in ("Row 2", "row 1", "X-1", "X-2"))
    assert [note] == ties(planned)


def test_rows_that_stay_together_say_nothing(office: OfficeInFolder) -> None:
    """with=: no note where all is well, nor for what is not ready or was booked before."""
    rows = [f"X-1,{D26},10,change,", "X-2,,,change,X-1", "X-3,,,change,X-4", "X-4,,,change,"]
    assert [] == ties(book_rows(office, *rows, head=HEAD).json)
    assert [] == ties(book_rows(office, *rows, head=HEAD).json)


@pytest.mark.parametrize("frame", [",", f"{D26},10", f"{D26},"])
def test_a_case_that_nobody_knows(office: OfficeInFolder, frame: str) -> None:
    """with=: a number that is neither in the file nor reserved is told with its row."""
    document = book_rows(office, f"X-1,{frame},change,", f"X-2,{frame},change,X-l", head=HEAD).json
    assert ["booked", "booked"] == outcomes(document)
    (note,) = ties(document)
    assert "Row 2" in note
    assert "X-L" in note


def test_a_reentry_permit_of_a_case_that_nobody_knows(office: OfficeInFolder) -> None:
    """1: for a re-entry permit the rule says it; no second note."""
    document = book_rows(office, "R-1,,,reentry,X-9", head=HEAD, options=BEST).json
    assert ([["case.reentry-alone"]], []) == (codes(document), ties(document))


def test_many_ties_that_are_not_kept(office: OfficeInFolder) -> None:
    """A file full of them is told in few lines: the first rows by number, the rest counted."""
    rows = [f"X-{n},,,change,Z-{n}" for n in range(30)]
    notes = ties(book_rows(office, *rows, head=HEAD).json)
    assert 9 == len(notes)
    assert "22" in notes[-1]


def test_notes_of_a_file_that_is_refused(office: OfficeInFolder) -> None:
    """A file that is refused as a whole tells its notes too: in the document, or on stderr."""
    rows = ["X-1,,,change,Z-9", "X-2,,,coe,"]
    path = write_rows(office, *rows, head=HEAD)
    error = office.run("book", "--from", path, *A1, "-f", "json").error
    assert ["Z-9" in note for note in ties(error)] == [True]
    command = ("book", "--from", path, *A1)
    assert "Note: Row 1" in office.run(*command).err
    assert "Note" not in office.run(*command, "-q").err


def test_notes_on_reading_a_file_that_is_refused(office: OfficeInFolder) -> None:
    """What was ignored while reading is told though nothing is booked: it may be the reason."""
    outcome = book_rows(office, "X-1,2026-11-28,10,ok", head="number,date,hour,mood")
    assert (3, [True]) == (outcome.status, ["mood" in each for each in outcome.error["warnings"]])


# --- with --best-effort ----------------------------------------------------------------------


def test_who_comes_along_with_a_refused_frame(office: OfficeInFolder) -> None:
    """--best-effort: where the row that names the frame is refused, the open one goes alone."""
    rows = ["X-1,2026-11-28,10,change,", "X-2,,,change,X-1", "X-3,,,change,X-2"]
    document = book_rows(office, *rows, head=HEAD, options=BEST).json
    assert [["day.closed"], [], []] == codes(document)
    assert [(D25, "09:00")] * 2 == places(document)[1:]


def test_a_reentry_permit_with_a_refused_frame(office: OfficeInFolder) -> None:
    """--best-effort: its main case is refused, so the permit is, for no reason of a day."""
    rows = ["X-1,2026-11-28,10,change,", "R-1,,,reentry,X-1"]
    document = book_rows(office, *rows, head=HEAD, options=BEST).json
    assert [["day.closed"], ["case.reentry-alone"]] == codes(document)
    assert (None, None) == places(document)[1]


def test_a_main_case_whose_permit_is_refused(office: OfficeInFolder) -> None:
    """--best-effort: the main case of a re-entry permit in a bad frame is placed alone."""
    rows = ["X-1,,,change,", f"R-1,{D27},9,reentry,X-1", f"R-2,{D26},12,reentry,X-1"]
    document = book_rows(office, *rows, head=HEAD, options=BEST).json
    assert ["booked", "booked", "refused"] == outcomes(document)
    assert [(D27, "09:00")] * 2 == places(document)[:2]


def test_a_permit_that_cannot_be_with_its_main_case(office: OfficeInFolder) -> None:
    """1: it is refused before anything is placed, so that others have the room it would take."""
    office.set("frames", "capacity", "1")
    office.set("quota", "frames", "1")
    office.set("frames", "exceptions", f"[{{date = {D26}, capacity = 3}}]")
    rows = [
        "X-1,,,change,",
        f"R-1,{D26},,reentry,X-1",
        f"R-2,{D27},,reentry,X-1",
        "X-2,,,change,",
    ]
    planned = office.json("plan", write_rows(office, *rows, head=HEAD), *A1)
    document = book_rows(office, *rows, head=HEAD, options=BEST).json
    assert ["booked", "booked", "refused", "booked"] == outcomes(document)
    assert codes(planned) == codes(document) == [[], [], ["case.reentry-alone"], []]


def test_a_permit_comes_before_other_companions(office: OfficeInFolder) -> None:
    """1: of companions that contradict each other the re-entry permit stays with its main case."""
    rows = ["X-1,,,change,", f"X-2,{D26},,change,X-1", f"R-1,{D27},,reentry,X-1"]
    document = book_rows(office, *rows, head=HEAD).json
    assert ["booked"] * 3 == outcomes(document)
    assert [D27, D26, D27] == [row["date"] for row in document["rows"]]
    assert 1 == len(ties(document))
