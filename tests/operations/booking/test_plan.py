"""Planning: where the cases of a file would go, and why some have no place; nothing is booked."""

from __future__ import annotations

import errno

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import (
    A1,
    D01,
    D25,
    D26,
    D27,
    D30,
    FRAME,
    codes,
    codes_of,
    count_frames,
    number_rows,
    outcomes,
    places,
    plan_rows,
    write_rows,
)
from tests.store.support import forbid_writing

SATURDAY, NINE = "2026-11-28", "09:00"

# --- frames, cases, room -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cases", "frames"),
    [
        (3, {"09:00": 3}),
        (11, {"09:00": 10, "10:00": 1}),
        (31, {"09:00": 10, "10:00": 10, "11:00": 10}),
    ],
)
def test_as_few_frames_as_possible_the_earliest_first(
    office: OfficeInFolder, cases: int, frames: dict[str, int]
) -> None:
    """3(2): ten cases a frame, three frames; the thirty-first has no place."""
    document = plan_rows(office, *number_rows(cases))
    assert {(D25, hour): count for hour, count in frames.items()} == count_frames(document)
    assert ([], len(frames)) == (document["reservations"], document["visits"])
    left = [row for row in document["rows"] if row["outcome"] != "placed"]
    assert [("not-placed", None, None)] * (cases - sum(frames.values())) == [
        (row["outcome"], row["date"], row["start"]) for row in left
    ]
    assert all({"quota.frames", "quota.cases"} == set(codes_of(row)) for row in left)


# --- days and hours ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--day", D27), (D27, NINE)),
        (("--day", "+2"), (D26, NINE)),
        (("--hour", "14"), (D25, "14:00")),
        (("--day", D30, "--day", D27, "--hour", "15:00", "--hour", "13"), (D27, "13:00")),
        (("--day", SATURDAY, "--day", D30), (D30, NINE)),
        (("--hour", "12", "--hour", "15"), (D25, "15:00")),
    ],
)
def test_options_say_where_cases_may_go_whose_row_says_nothing(
    office: OfficeInFolder, options: tuple[str, ...], expected: tuple[str, str]
) -> None:
    assert [expected] == places(plan_rows(office, "X-1", options=(*A1, *options)))
    own = plan_rows(office, f"X-1,{D01}", head="number,date", options=(*A1, *options))
    assert D01 == own["rows"][0]["date"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--hour", "12"), ["frame.unknown"]),
        (("--day", SATURDAY), ["day.closed"]),
        (("--day", "2026-11-24"), ["day.not-shown"]),
        (("--day", "2026-11-20"), ["day.past"]),
        (("--day", SATURDAY, "--hour", "12"), ["day.closed", "frame.unknown"]),
        (("--day", SATURDAY, "--day", "2026-11-20"), ["day.closed", "day.past"]),
    ],
)
def test_options_that_name_no_frame_are_told_why(
    office: OfficeInFolder, options: tuple[str, ...], expected: list[str]
) -> None:
    (row,) = plan_rows(office, "X-1", options=(*A1, *options))["rows"]
    assert ("not-placed", expected) == (row["outcome"], sorted(codes_of(row)))


@pytest.mark.parametrize("option", [("--day", "28.11.2026"), ("--hour", "noon")])
def test_malformed_options_are_wrong_usage(office: OfficeInFolder, option: tuple[str, ...]) -> None:
    assert 2 == office.run("plan", write_rows(office, "X-1,,"), *A1, *option).status


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"X-1,{D27},", ("placed", D27, NINE, [])),
        ("X-1,,14", ("placed", D25, "14:00", [])),
        (f"X-1,{D27},14", ("placed", D27, "14:00", [])),
        (f"X-1,{SATURDAY},", ("not-placed", SATURDAY, None, ["day.closed"])),
        ("X-1,2026-11-20,", ("not-placed", "2026-11-20", None, ["day.past"])),
        ("X-1,,12", ("not-placed", None, "12:00", ["frame.unknown"])),
        (f"X-1,{SATURDAY},12", ("refused", SATURDAY, "12:00", ["day.closed", "frame.unknown"])),
    ],
)
def test_a_row_is_placed_on_its_day_or_at_its_hour(
    office: OfficeInFolder, row: str, expected: tuple[str, str | None, str | None, list[str]]
) -> None:
    (found,) = plan_rows(office, row, head=FRAME)["rows"]
    assert expected == (found["outcome"], found["date"], found["start"], codes_of(found))


def test_today_counts_from_the_first_hour_not_begun(office: OfficeInFolder) -> None:
    office.set("calendar", "first_open_day", "0")
    today = "2026-11-24"
    rows = ["X-1,,", f"X-2,{today},9", "X-3,,9", f"X-4,{today},11"]
    document = plan_rows(office, *rows, head=FRAME)
    assert [(today, "11:00"), (today, NINE), (D25, NINE), (today, "11:00")] == places(document)
    assert [[], ["frame.past"], [], []] == codes(document)
    document = plan_rows(office, f"X-3,{today}", head="number,date", options=(*A1, "--hour", "10"))
    assert (["not-placed"], [["frame.past"]]) == (outcomes(document), codes(document))
    document = plan_rows(office, "X-1", options=(*A1, "--day", "today"))
    assert [(today, "11:00")] == places(document)


# --- what a case and an agent allow ------------------------------------------------------------


def test_rows_booked_before_are_planned_as_book_says_it(office: OfficeInFolder) -> None:
    """The counts are those of the rows; visits are the reservations that booking would make."""
    number = office.book(D26, "10", "X-1", "X-2")["number"]
    office.json("amend", number, "--drop", "X-2", *A1)
    rows = [
        *("X-1,,,", "X-2,,,", "X-3,pending,,", "X-4,,coe,", f"X-5,,,{D25}"),
        *(f"X-6,,,{D26}", f"X-7,,,{SATURDAY}"),
    ]
    head = "number,review,kind,date"
    document = plan_rows(office, *rows, head=head)
    expected = ["already", "ended", "not-ready", "refused", "placed", "placed", "not-placed"]
    assert expected == outcomes(document)
    assert (number, (D26, "10:00")) == (document["rows"][0]["reservation"], places(document)[0])
    found = {outcome: expected.count(outcome.replace("_", "-")) for outcome in document["counts"]}
    assert (found, 2) == (document["counts"], document["visits"])
    again = plan_rows(office, *rows[:3], head=head, options=(*A1, "--again"))
    assert ["already", "placed", "not-ready"] == outcomes(again)


# --- reading only ------------------------------------------------------------------------------


@pytest.mark.files
def test_planning_writes_nothing(office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = office.bytes()
    path = write_rows(office, *number_rows(31), head="number")
    expected = office.json("plan", path, *A1)
    assert before == office.bytes()
    (office.store / ".lock").unlink(missing_ok=True)
    forbid_writing(monkeypatch, errno.EROFS)
    assert expected == office.json("plan", path, *A1)


def test_a_plan_warns_as_booking_does(office: OfficeInFolder) -> None:
    office.now = "2026-11-24T12:00:00"
    rows = [f"X-1,,,{D25}", f"X-2,{D27},10,{D26}"]
    path = write_rows(office, *rows, head=f"{FRAME},collect_by")
    planned = office.json("plan", path, *A1)["warnings"]
    for part in (f"The deadline for the visit on {D25} was 2026-11-24 11:59:", "Case X-2 must be"):
        assert any(part in warning for warning in planned)
    booked = office.json("book", "--from", path, *A1)["warnings"]
    assert planned == [warning for warning in booked if "--now" not in warning]


@pytest.mark.parametrize("command", [("plan",), ("book", "--from")])
@pytest.mark.parametrize(
    ("row", "options", "status"),
    [
        ("X 1,A-1,,", ("--office",), 5),
        ("X-1,B-2,,", A1, 5),  # another agent's row
        ("X-1,,,", ("--office",), 5),  # nobody's
        ("X-1,Z-9,,", ("--office",), 5),  # an unknown agent's
        ("X-1,,,", ("--agent", "Z-9"), 4),
        ("X-1,,,", ("--agent", "z 9"), 2),
    ],
)
def test_rows_of_unknown_or_foreign_agents_end_with_their_status(
    office: OfficeInFolder,
    command: tuple[str, ...],
    row: str,
    options: tuple[str, ...],
    status: int,
) -> None:
    office.add_agent("B-2")
    path = write_rows(office, row, head="number,agent,date,hour")
    outcome = office.run(*command, path, *options, "-f", "json")
    assert (status, "") == (outcome.status, outcome.out)
    assert status != 5 or "nothing was changed" in outcome.error["message"]
