"""Planning: where the cases of a file would go, and why some have no place; nothing is booked."""

from __future__ import annotations

import errno

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.booking.plans import (
    A1,
    D01,
    D25,
    D26,
    D27,
    D30,
    codes,
    count_frames,
    number_rows,
    places,
    plan_rows,
    run_plan,
)
from tests.operations.support import outcomes, write_rows
from tests.store.support import forbid_writing

# --- frames, cases, room -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cases", "frames"),
    [
        (3, {"09:00": 3}),
        (11, {"09:00": 10, "10:00": 1}),
        (31, {"09:00": 10, "10:00": 10, "11:00": 10}),
    ],
)
def test_as_few_frames_as_possible(
    office: OfficeInFolder, cases: int, frames: dict[str, int]
) -> None:
    """3(2): ten cases a frame, three frames, the earliest first; the thirty-first has no place."""
    document = plan_rows(office, *number_rows(cases))
    assert {(D25, hour): count for hour, count in frames.items()} == count_frames(document)
    assert ([], len(frames)) == (document["reservations"], document["visits"])
    left = [row for row in document["rows"] if row["outcome"] != "placed"]
    assert [("not-placed", None, None)] * (cases - sum(frames.values())) == [
        (row["outcome"], row["date"], row["start"]) for row in left
    ]
    assert all({"quota.frames", "quota.cases"} == set(codes(row)) for row in left)


@pytest.mark.parametrize(
    ("reading", "held", "room"),
    [
        *(("main", 1, 29), ("main", 2, 28), ("main", 3, 27)),
        *(("note", 1, 29), ("note", 2, 38), ("note", 3, 27)),
    ],
)
def test_frames_held_count_against_the_quota(
    office: OfficeInFolder, reading: str, held: int, room: int
) -> None:
    """3(2): frames held count; under the note's reading an agent with two adds two more."""
    office.set("quota", "reading", f'"{reading}"')
    for day in (D26, D27, D30)[:held]:
        office.book(day, "15", f"H-{day}")
    document = plan_rows(office, *number_rows(40))
    assert (room, 40 - room) == (document["counts"]["placed"], document["counts"]["not_placed"])
    assert [9] * held == [count_frames(document)[day, "15:00"] for day in (D26, D27, D30)[:held]]


def test_frames_that_are_held_are_filled_first(office: OfficeInFolder) -> None:
    """A frame that the agent holds is filled first, though it is the latest."""
    office.book(D01, "15", *(f"H-{n}" for n in range(8)))
    assert {(D01, "15:00"): 2} == count_frames(plan_rows(office, "X-1", "X-2"))
    document = plan_rows(office, "X-1", "X-2", "X-3")
    # The third needs another frame: on the day of the one that is held, and both of those earlier.
    assert {(D01, "09:00"): 3} == count_frames(document)


def test_capacity_is_shared_with_other_agents(office: OfficeInFolder) -> None:
    """What other agents booked leaves less room; the frame that takes all is preferred."""
    office.add_agent("B-2")
    office.set("frames", "capacity", "4")
    office.book(D25, "9", "B-1", "B-2", agent="B-2")
    office.book(D25, "10", "B-3", agent="B-2")
    assert {(D25, "10:00"): 3} == count_frames(plan_rows(office, *number_rows(3)))
    assert {(D25, "09:00"): 2} == count_frames(plan_rows(office, *number_rows(2)))


# --- days and hours ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--day", D27), (D27, "09:00")),
        (("--day", "+2"), (D26, "09:00")),
        (("--hour", "14"), (D25, "14:00")),
        (("--day", D30, "--day", D27, "--hour", "15:00", "--hour", "13"), (D27, "13:00")),
        (("--day", "2026-11-28", "--day", D30), (D30, "09:00")),
        (("--hour", "12", "--hour", "15"), (D25, "15:00")),
    ],
)
def test_day_and_hour_options_say_where_cases_may_go(
    office: OfficeInFolder, options: tuple[str, ...], expected: tuple[str, str]
) -> None:
    """--day and --hour name where cases may go; repeated, any of them will do.

    What a row names itself comes first.
    """
    assert [("A-1", *expected)] == places(plan_rows(office, "X-1", options=(*A1, *options)))
    own = plan_rows(office, f"X-1,{D01}", head="number,date", options=(*A1, *options))
    assert D01 == own["rows"][0]["date"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--hour", "12"), ["frame.unknown"]),
        (("--day", "2026-11-28"), ["day.closed"]),
        (("--day", "2026-11-24"), ["day.not-shown"]),
        (("--day", "2026-11-20"), ["day.past"]),
        (("--day", "2026-12-25"), ["day.not-shown"]),
        (("--day", "2026-11-28", "--hour", "12"), ["day.closed", "frame.unknown"]),
        (("--day", "2026-11-28", "--day", "2026-11-20"), ["day.past", "day.closed"]),
    ],
)
def test_options_that_name_no_frame_are_told_why(
    office: OfficeInFolder, options: tuple[str, ...], expected: list[str]
) -> None:
    """Where what was asked for names no frame, it is told what is wrong with it."""
    document = plan_rows(office, "X-1", options=(*A1, *options))
    (row,) = document["rows"]
    assert ("not-placed", sorted(expected)) == (row["outcome"], sorted(codes(row)))


@pytest.mark.parametrize("option", [("--day", "28.11.2026"), ("--hour", "noon")])
def test_malformed_options_are_wrong_usage(office: OfficeInFolder, option: tuple[str, ...]) -> None:
    """A malformed DATE or HOUR is wrong usage (2)."""
    assert 2 == run_plan(office, "X-1", options=(*A1, *option)).status


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"X-1,{D27},", ("placed", D27, "09:00", [])),
        ("X-1,,14", ("placed", D25, "14:00", [])),
        (f"X-1,{D27},14", ("placed", D27, "14:00", [])),
        ("X-1,2026-11-28,", ("not-placed", "2026-11-28", None, ["day.closed"])),
        ("X-1,2026-11-20,", ("not-placed", "2026-11-20", None, ["day.past"])),
        ("X-1,,12", ("not-placed", None, "12:00", ["frame.unknown"])),
        ("X-1,2026-11-28,12", ("refused", "2026-11-28", "12:00", ["day.closed", "frame.unknown"])),
    ],
)
def test_a_row_is_placed_on_its_day_or_at_its_hour(
    office: OfficeInFolder, row: str, expected: tuple[str, str | None, str | None, list[str]]
) -> None:
    """A row that names a day or an hour is placed there; one that names both stands."""
    (found,) = plan_rows(office, row, head="number,date,hour")["rows"]
    assert expected == (found["outcome"], found["date"], found["start"], codes(found))


def test_today_counts_from_the_first_hour_not_begun(office: OfficeInFolder) -> None:
    """With first_open_day = 0 today counts, from the first hour on that has not begun."""
    office.set("calendar", "first_open_day", "0")
    today = "2026-11-24"
    rows = ["X-1,,", f"X-2,{today},9", "X-3,,9", f"X-4,{today},11"]
    document = plan_rows(office, *rows, head="number,date,hour")
    assert [
        ("placed", today, "11:00", []),
        ("refused", today, "09:00", ["frame.past"]),
        ("placed", D25, "09:00", []),
        ("placed", today, "11:00", []),
    ] == [(row["outcome"], row["date"], row["start"], codes(row)) for row in document["rows"]]
    (row,) = plan_rows(office, f"X-3,{today}", head="number,date", options=(*A1, "--hour", "10"))[
        "rows"
    ]
    assert ("not-placed", ["frame.past"]) == (row["outcome"], codes(row))
    (row,) = plan_rows(office, "X-1", options=(*A1, "--day", "today"))["rows"]
    assert (today, "11:00") == (row["date"], row["start"])


# --- what a case and an agent allow ------------------------------------------------------------


def test_collect_by_is_a_bound(office: OfficeInFolder) -> None:
    """A case is collected by its day, even where a frame that is held would cost nothing."""
    office.book(D27, "9", "H-1")
    document = plan_rows(office, f"X-1,{D26}", f"X-2,{D27}", "X-3,", head="number,collect_by")
    assert [("A-1", D25, "09:00")] * 3 == places(document)
    document = plan_rows(office, f"X-2,{D27}", "X-3,", head="number,collect_by")
    assert [("A-1", D27, "09:00")] * 2 == places(document)


def test_tied_cases_stay_in_one_reservation(office: OfficeInFolder) -> None:
    """with=: such cases stay in one reservation, where single ones would be divided."""
    rows = [*number_rows(9, ",,"), "X-1,change,", "R-1,reentry,X-1"]
    document = plan_rows(office, *rows, head="number,kind,with")
    *_, main, reentry = document["rows"]
    assert ["placed"] * 11 == outcomes(document)
    assert (main["date"], main["start"]) == (reentry["date"], reentry["start"])
    assert {10, 1} == set(count_frames(document).values())


def test_with_another_agents_case_draws_nothing_along(office: OfficeInFolder) -> None:
    """with= naming another agent's case draws nothing along: it is not in that reservation."""
    office.add_agent("B-2")
    rows = ["X-1,A-1,change,", "R-1,B-2,reentry,X-1", "X-2,B-2,change,X-1"]
    document = plan_rows(office, *rows, head="number,agent,kind,with", options=("--office",))
    assert [("placed", []), ("refused", ["case.reentry-alone"]), ("placed", [])] == [
        (row["outcome"], codes(row)) for row in document["rows"]
    ]


def test_days_after_the_certificate_are_no_place(bare_office: OfficeInFolder) -> None:
    """1: the certificate must be valid on the day of the visit: later days are no place."""
    bare_office.add_agent(valid_until=D26)
    bare_office.set("frames", "capacity", "1")
    document = plan_rows(bare_office, "X-1,", f"X-2,{D26}", f"X-3,{D27}", head="number,date")
    assert ["placed", "placed", "not-placed"] == outcomes(document)
    *_, last = document["rows"]
    assert (["agent.certificate"], None) == (codes(last), last["bookable_from"])


def test_rows_of_agents_who_may_not_book_are_refused(office: OfficeInFolder) -> None:
    """2, 6(4): rows of agents who are not verified or suspended are refused, exit 0."""
    office.add_agent("B-2", verify=False)
    office.add_agent("C-3")
    suspension = ("--since", "today", "--until", "2026-12-31", "--reason", "6(4)")
    office.json("agent", "suspend", "C-3", *suspension)
    rows = ["X-1,A-1", "X-2,B-2", "X-3,C-3"]
    document = plan_rows(office, *rows, head="number,agent", options=("--office",))
    assert [
        ("placed", []),
        ("refused", ["agent.unverified"]),
        ("refused", ["agent.suspended"]),
    ] == [(row["outcome"], codes(row)) for row in document["rows"]]
    assert [None] * 2 == [row["bookable_from"] for row in document["rows"][1:]]


def test_rows_booked_before_are_planned_as_book_says_it(office: OfficeInFolder) -> None:
    """Already booked, ended, under review: as book --from says it; --again plans what ended."""
    number = office.book(D26, "10", "X-1", "X-2")["number"]
    office.json("amend", number, "--drop", "X-2", *A1)
    rows = ["X-1,done", "X-2,done", "X-3,pending", "X-4,done"]
    document = plan_rows(office, *rows, head="number,review")
    assert ["already", "ended", "not-ready", "placed"] == outcomes(document)
    assert [("A-1", D26, "10:00"), number] == [
        places(document)[0],
        document["rows"][0]["reservation"],
    ]
    again = plan_rows(office, *rows, head="number,review", options=(*A1, "--again"))
    assert ["already", "placed", "not-ready", "placed"] == outcomes(again)


# --- reading only ------------------------------------------------------------------------------


@pytest.mark.files
def test_planning_writes_nothing(office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planning writes nothing, and works where nothing can be written."""
    before = office.bytes()
    path = write_rows(office, *number_rows(31))
    expected = office.json("plan", path, *A1)
    assert before == office.bytes()
    (office.store / ".lock").unlink(missing_ok=True)
    forbid_writing(monkeypatch, errno.EROFS)
    assert expected == office.json("plan", path, *A1)


def test_a_plan_tells_what_booking_would_tell(office: OfficeInFolder) -> None:
    """4(1): a plan tells of a passed deadline and a visit after collect_by, as booking does."""
    office.now = "2026-11-24T12:00:00"
    rows = [f"X-1,,,{D25}", f"X-2,{D27},10,{D26}"]
    path = write_rows(office, *rows, head="number,date,hour,collect_by")
    planned = office.json("plan", path, *A1)["warnings"]
    assert [True, True] == [
        any(part in warning for warning in planned)
        for part in (
            f"The deadline for the visit on {D25} was 2026-11-24 11:59:",
            "Case X-2 must be collected by",
        )
    ]
    booked = office.json("book", "--from", path, *A1)["warnings"]
    assert planned == [warning for warning in booked if "--now" not in warning]


@pytest.mark.parametrize("command", [("plan",), ("book", "--from")])
@pytest.mark.parametrize("row", ["X 1,A-1", "X-1,Z-9"])
def test_a_bad_file_changed_nothing(
    office: OfficeInFolder, command: tuple[str, ...], row: str
) -> None:
    """For a bad file ``plan`` and ``book`` both say that nothing was changed."""
    path = write_rows(office, row, head="number,agent")
    outcome = office.run(*command, path, "--office", *A1, "-f", "json")
    assert 5 == outcome.status
    assert "nothing was changed" in outcome.error["message"]
