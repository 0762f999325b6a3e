"""Booking: how many frames and cases, room, numbers that are taken (notice 3; own rules)."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import book_rows, end_at_counter, statuses

A1 = ("--agent", "A-1")
B2 = ("--agent", "B-2")


def hold(office: OfficeInFolder, frames: int) -> None:
    """Book A-1 a case in as many frames of the first shown day."""
    for hour in ("9", "10", "11", "13")[:frames]:
        office.book("+1", hour, f"H-{hour}")


def ask(
    office: OfficeInFolder, *cases: str, day: str = "+1", hour: str = "10", now: str | None = None
) -> list[str]:
    """Book cases for A-1, and return the codes of what is refused."""
    specs = [part for case in cases for part in ("--case", case)]
    outcome = office.run("book", day, hour, *specs, *A1, "-f", "json", now=now)
    return outcome.codes if outcome.status else []


@pytest.mark.parametrize(
    ("reading", "held", "most"),
    [
        *(("main", 0, 3), ("main", 1, 2), ("main", 2, 1), ("main", 3, 0)),
        *(("note", 0, 3), ("note", 1, 2), ("note", 2, 2), ("note", 3, 0)),
    ],
)
def test_frames_in_one_request(office: OfficeInFolder, reading: str, held: int, most: int) -> None:
    """3(2): three frames less those held; by the note who holds two may book two more at once."""
    hold(office, held)
    office.set("quota", "reading", f'"{reading}"')
    rows = [f"X-{hour},2026-11-26,{hour}" for hour in ("9", "10", "11", "13")]
    found = []
    for asked in range(1, 5):
        outcome = book_rows(office, *rows[:asked], options=(*A1, "--dry-run"))
        found.append([] if outcome.status == 0 else outcome.codes)
    assert [[] if n <= most else ["quota.frames"] for n in range(1, 5)] == found


def test_by_the_note_one_after_the_other(office: OfficeInFolder) -> None:
    """3(2): under the note the second of two single requests is refused: three are held then."""
    office.set("quota", "reading", '"note"')
    hold(office, 2)
    office.book("+2", "9", "X-1")
    assert ["quota.frames"] == office.refused("book", "+2", "10", "--case", "X-2", *A1)


def test_by_the_note_four_frames_can_be_held(office: OfficeInFolder) -> None:
    """3(2): left is fixed once per command, so two held and two asked for pass together."""
    office.set("quota", "reading", '"note"')
    hold(office, 2)
    assert book_rows(office, "X-1,2026-11-26,9", "X-2,2026-11-26,10").status == 0
    agent = office.json("slots", *A1)["agent"]
    assert {"id": "A-1", "frames_held": 4, "frames_left": 0, "blocked": []} == agent


def test_a_request_is_judged_as_a_whole(office: OfficeInFolder) -> None:
    """3(2): two frames where one is left: refused, and none of the two is booked."""
    hold(office, 2)
    outcome = book_rows(office, "X-1,2026-11-26,9", "X-2,2026-11-26,10")
    assert ["quota.frames"] == outcome.codes
    assert {"limit": 3, "held": 2, "left": 1, "asked": 2, "reading": "main"} == outcome.error[
        "refusals"
    ][0]["details"]
    assert len(statuses(office)) == 2


def test_all_frames_of_a_request_are_told(office: OfficeInFolder) -> None:
    """3(2): what was asked for is told whole, in whatever order the rows name the frames."""
    hold(office, 2)
    rows = [f"X-{n},2026-11-26,{hour}" for n, hour in enumerate(("9", "10", "11", "10"))]
    (refusal,) = book_rows(office, *rows).error["refusals"]
    assert {"limit": 3, "held": 2, "left": 1, "asked": 3, "reading": "main"} == refusal["details"]


def test_a_frame_that_is_held_is_not_a_new_one(office: OfficeInFolder) -> None:
    """3(2): frames are distinct: several reservations of an agent may share one."""
    hold(office, 3)
    office.book("+1", "9", "X-1")
    office.book("+1", "9", "X-2")
    agent = office.json("slots", *A1)["agent"]
    assert {"id": "A-1", "frames_held": 3, "frames_left": 0, "blocked": []} == agent


def test_a_cancelled_frame_is_free_at_once(office: OfficeInFolder) -> None:
    """3(2): cancelling frees the frame for the quota at once."""
    hold(office, 2)
    number = office.book("+1", "11", "X-1")["number"]
    assert ["quota.frames"] == office.refused("book", "+2", "9", "--case", "X-2", *A1)
    office.json("cancel", number, *A1)
    office.book("+2", "9", "X-2")


@pytest.mark.parametrize(
    ("status", "case_status", "held"),
    [
        ("arrived", "active", 1),
        ("collected", "collected", 1),
        ("not-handed", "not-handed", 1),
        ("late", "active", 1),
        ("no-show", "active", 1),
        ("late-cancelled", "active", 0),
    ],
)
def test_frames_of_today_that_are_held(
    office: OfficeInFolder, status: str, case_status: str, held: int
) -> None:
    """3(2): what the counter did with a visit frees neither frame nor room, but a late cancel."""
    office.set("calendar", "first_open_day", "0")
    number = office.book("2026-11-24", "11", "X-1")["number"]
    end_at_counter(office, number, status, case_status)
    document = office.json("slots", *A1)
    assert (held, 3 - held) == (
        document["agent"]["frames_held"],
        document["agent"]["frames_left"],
    )
    frame = document["days"][0]["frames"][2]
    assert ("11:00", held, 40 - held) == (frame["start"], frame["booked"], frame["remaining"])


def test_frames_of_past_days_are_not_held(office: OfficeInFolder) -> None:
    """3(2): held are frames on the shown days only; yesterday's visits no longer count."""
    hold(office, 3)
    later = "2026-11-26T10:00:00"
    office.json("book", "2026-11-27", "9", "--case", "X-1", *A1, now=later)


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [(10, 0, False), (11, 0, True), (6, 4, False), (6, 5, True), (10, 1, True), (9, 1, False)],
)
def test_ten_cases_in_a_frame(
    office: OfficeInFolder, first: int, second: int, refused: bool
) -> None:
    """3(2): at most ten cases of an agent in a frame, over all its reservations there."""
    cases = [f"X-{n}" for n in range(first + second)]
    told = [ask(office, *part) for part in (cases[:first], cases[first:]) if part]
    assert (["quota.cases"] if refused else []) == told[-1]


def test_a_dropped_case_makes_room_in_the_quota(office: OfficeInFolder) -> None:
    """3(2): only active cases count, so a place that was dropped may be used by another booking."""
    number = office.book("+1", "10", *(f"X-{n}" for n in range(10)))["number"]
    office.json("amend", number, "--drop", "X-0", *A1)
    office.book("+1", "10", "Z-1")
    assert ["quota.cases"] == office.refused("book", "+1", "10", "--case", "Z-2", *A1)


def test_refused_and_duplicate_cases_count_in_what_is_asked(office: OfficeInFolder) -> None:
    """3(2): eleven cases are eleven, even where one is ineligible and one is named twice."""
    specs = [f"X-{n}" for n in range(9)] + ["X-0", "Z-1,kind=coe"]
    outcome = office.run(
        "book", "+1", "10", *(x for s in specs for x in ("--case", s)), *A1, "-f", "json"
    )
    assert ["case.kind", "case.duplicate", "quota.cases"] == outcome.codes
    assert {"limit": 10, "held": 0, "asked": 11, "agent": "A-1"} == outcome.error["refusals"][-1][
        "details"
    ]


@pytest.mark.parametrize(
    ("capacity", "cases", "expected"),
    [
        (3, 3, []),  # exactly full
        (3, 4, ["frame.full"]),
        (1, 1, []),
        (0, 1, ["frame.full"]),  # closed
        (None, 10, []),  # no limit
    ],
)
def test_room_in_a_frame(
    office: OfficeInFolder, capacity: int | None, cases: int, expected: list[str]
) -> None:
    """Own rule: a frame takes its capacity in cases; absent is unlimited, 0 is closed."""
    if capacity is None:
        text = office.config.read_text("utf-8")
        office.config.write_text(text.replace("capacity = 40 ", "# capacity = 40 "), "utf-8")
        assert office.json("slots")["days"][0]["frames"][0]["remaining"] is None
    else:
        office.set("frames", "capacity", str(capacity))
    assert expected == ask(office, *(f"X-{n}" for n in range(cases)))


def test_room_is_that_of_all_agents(office: OfficeInFolder) -> None:
    """Own rule: the capacity is over all agents; a cancellation frees it at once."""
    office.add_agent("B-2")
    office.set("frames", "capacity", "3")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    specs = ("--case", "Z-1", "--case", "Z-2")
    assert ["frame.full"] == office.refused("book", "+1", "10", *specs, *B2)
    office.json("cancel", number, *A1)
    office.json("book", "+1", "10", *specs, *B2)


def test_a_capacity_that_is_lowered_cancels_nothing(office: OfficeInFolder) -> None:
    """Own rule: a capacity below what is booked leaves it; nothing more fits, 0 remains."""
    number = office.book("+1", "10", "X-1", "X-2", "X-3")["number"]
    office.set("frames", "capacity", "2")
    assert {number: "active"} == statuses(office)
    frame = office.json("slots")["days"][0]["frames"][1]
    assert (2, 3, 0) == (frame["capacity"], frame["booked"], frame["remaining"])
    assert ["frame.full"] == office.refused("book", "+1", "10", "--case", "X-4", *A1)
    office.json("amend", number, "--drop", "X-1", *A1)


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        ("2026-11-25", "10", 1),  # the frame itself
        ("2026-11-25", "11", 2),  # its day
        ("2026-11-26", "10", 3),  # its hour
        ("2026-11-26", "11", 40),
    ],
)
def test_exceptions_to_the_capacity(
    office: OfficeInFolder, day: str, hour: str, expected: int
) -> None:
    """Own rule: the most exact exception counts: a frame's before its day's, its hour's."""
    office.set(
        "frames",
        "exceptions",
        '[{ date = 2026-11-25, start = "10:00", capacity = 1 }, '
        '{ date = 2026-11-25, capacity = 2 }, { start = "10:00", capacity = 3 }]',
    )
    found = {
        (each["date"], int(frame["start"][:2])): frame["capacity"]
        for each in office.json("slots")["days"]
        for frame in each["frames"]
    }
    assert expected == found[day, int(hour)]


def test_a_number_of_ones_own_reservation(office: OfficeInFolder) -> None:
    """Own rule: a number stands in one reservation; one's own is named in the refusal."""
    number = office.book("+1", "10", "X-1")["number"]
    outcome = office.run("book", "+2", "11", "--case", "x-1", *A1, "-f", "json")
    assert ["case.duplicate"] == outcome.codes
    (refusal,) = outcome.error["refusals"]
    assert number == refusal["details"]["reservation"]
    assert number in refusal["message"]


def test_a_number_of_somebody_elses_reservation(office: OfficeInFolder) -> None:
    """Own rule: a number in another's reservation is refused, and nothing tells whose it is."""
    office.add_agent("B-2")
    number = office.book("+1", "10", "X-1")["number"]
    for form in (("-f", "json"), ()):
        outcome = office.run("book", "+2", "11", "--case", "X-1", *B2, *form)
        assert outcome.status == 3
        assert "case.duplicate" in outcome.err
        assert number not in outcome.err
        assert "A-1" not in outcome.err


def test_a_number_twice_in_one_request(office: OfficeInFolder) -> None:
    """Own rule: a number stands once in a request, in whatever spelling."""
    specs = ("--case", "YOK-1", "--case", "ｙｏｋ－１")
    assert ["case.duplicate"] == office.refused("book", "+1", "10", *specs, *A1)


def test_a_number_may_be_booked_again_after_it_was_dropped(office: OfficeInFolder) -> None:
    """Own rule: a dropped or cancelled number is free at once, for others too."""
    office.add_agent("B-2")
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    office.json("amend", number, "--drop", "X-1", *A1)
    office.book("+1", "10", "X-1", agent="B-2")
    office.json("cancel", number, *A1)
    office.book("+1", "10", "X-2", agent="B-2")


@pytest.mark.parametrize(
    ("status", "case_status", "expected"),
    [
        ("arrived", "active", ["case.duplicate"]),
        ("collected", "collected", ["case.duplicate"]),  # a visit of today still stands
        ("collected", "not-handed", []),
        ("not-handed", "not-handed", []),
        ("late", "active", []),
        ("no-show", "active", []),
        ("late-cancelled", "active", []),
    ],
)
def test_a_number_after_the_visit_of_today(
    office: OfficeInFolder, status: str, case_status: str, expected: list[str]
) -> None:
    """Own rule: not handed over, late or missed: booked again; collected today: it stands."""
    number = office.book("+1", "9", "X-1")["number"]
    office.now = "2026-11-25T16:00:00"
    end_at_counter(office, number, status, case_status)
    assert expected == ask(office, "X-1", hour="9")


@pytest.mark.parametrize(("status", "case"), [("collected", "collected"), ("active", "active")])
def test_a_number_of_yesterday_is_free(office: OfficeInFolder, status: str, case: str) -> None:
    """Own rule: a number stands with a visit today or later; from the next day on it is free."""
    number = office.book("+1", "9", "X-1")["number"]
    end_at_counter(office, number, status, case)
    office.now = "2026-11-26T09:00:00"
    office.book("+1", "9", "X-1")


@pytest.mark.parametrize(
    ("now", "changeable"),
    [
        ("2026-11-24T11:59:59", True),
        ("2026-11-24T12:00:00", False),
        ("2026-11-24T23:59:59", False),
    ],
)
def test_booking_after_the_deadline(office: OfficeInFolder, now: str, changeable: bool) -> None:
    """4(1): booking for tomorrow works in the afternoon, and says it can no longer be changed."""
    document = office.json("book", "2026-11-25", "10", "--case", "X-1", *A1, now=now)
    reservation = document["reservation"]
    assert ("2026-11-24T11:59:00+09:00", "2026-11-24T12:00:00+09:00", changeable) == (
        reservation["deadline"],
        reservation["closes"],
        reservation["changeable"],
    )
    told = any("0570-045259" in warning for warning in document["warnings"])
    assert changeable is not told


def test_a_clock_that_is_behind_the_last_change(office: OfficeInFolder) -> None:
    """0: a now earlier than the last change warns and never refuses."""
    office.book("+1", "10", "X-1")
    document = office.json("book", "+1", "10", "--case", "X-2", *A1, now="2026-11-24T09:59:59")
    both = ("2026-11-24 09:59:59", "2026-11-24 10:00")
    assert any(all(each in warning for each in both) for warning in document["warnings"])


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-11-24T23:59:59", "2026-11-25"),
        ("2026-11-25T00:00:00", "2026-11-26"),
        ("2026-11-24T14:59:59Z", "2026-11-25"),  # 23:59:59 in Japan
        ("2026-11-24T15:00:00Z", "2026-11-26"),  # midnight in Japan
        ("2026-11-24T10:00:00-05:00", "2026-11-26"),  # so too from New York
        ("2026-04-28T09:00:00", "2026-04-30"),
        ("2027-04-30T09:00:00", "2027-05-06"),
        ("2026-09-18T09:00:00", "2026-09-24"),
        ("2026-12-28T09:00:00", "2027-01-04"),
    ],
)
def test_the_first_shown_day(office: OfficeInFolder, now: str, first: str) -> None:
    """0, 3(1): the day turns at midnight in Japan, and the next open day is shown first."""
    assert first == office.json("slots", now=now)["days"][0]["date"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-24T09:59:59", []),
        ("2026-11-24T10:00:00", ["frame.past"]),
        ("2026-11-24T12:00:00", ["frame.past"]),
    ],
)
def test_a_frame_of_today(office: OfficeInFolder, now: str, expected: list[str]) -> None:
    """3(1): with first_open_day = 0 today can be booked, a frame until it starts."""
    office.set("calendar", "first_open_day", "0")
    assert expected == ask(office, "X-1", day="today", now=now)


@pytest.mark.parametrize(
    ("valid_until", "expected"),
    [("2026-11-24", ["agent.certificate"]), ("2026-11-25", []), ("2026-11-26", [])],
)
def test_the_certificate_on_the_day_of_the_visit(
    bare_office: OfficeInFolder, valid_until: str, expected: list[str]
) -> None:
    """1: valid on the day of the visit, its last day included, not on the day of booking."""
    bare_office.add_agent(valid_until=valid_until)
    assert expected == ask(bare_office, "X-1")


def test_a_certificate_that_expires_after_booking(office: OfficeInFolder) -> None:
    """1: the visit stands and warns; it can still be dropped from and cancelled."""
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    office.json("agent", "edit", "A-1", "--valid-until", "2026-11-24")
    document = office.json("show", number, *A1)
    assert document["reservation"]["status"] == "active"
    assert any("2026-11-25" in warning for warning in document["warnings"])
    office.json("amend", number, "--drop", "X-1", *A1)
    office.json("cancel", number, *A1)


OBSTACLES = {
    "suspended": ("agent", "suspend", "A-1", "--until", "2027-02-01", "--reason", "missed"),
    "maintenance": ("office", "maintenance", "--reason", "new disks"),
    "certificate": ("agent", "edit", "A-1", "--valid-until", "2026-11-24"),
    "unverified": ("agent", "edit", "A-1", "--email", "new@office.example.jp"),
}


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_nothing_is_bookable_for_who_may_not_book(office: OfficeInFolder, obstacle: str) -> None:
    """3(2), 6(4): slots says what book would: that nothing can be booked, and why."""
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
    """3(2): the table says which and what to do next, in both languages; CSV has it in notes."""
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


@pytest.mark.parametrize(("required", "expected"), [("true", ["agent.unverified"]), ("false", [])])
def test_an_unverified_address(
    bare_office: OfficeInFolder, required: str, expected: list[str]
) -> None:
    """2: booking needs a verified address, unless the settings do not require it."""
    bare_office.add_agent(verify=False)
    bare_office.set("verification", "required", required)
    assert expected == ask(bare_office, "X-1")


@pytest.mark.parametrize(
    ("collect_by", "warned"), [("2026-11-24", True), ("2026-11-25", False), ("2026-11-30", False)]
)
def test_a_visit_after_the_day_to_collect_by(
    office: OfficeInFolder, collect_by: str, warned: bool
) -> None:
    """Own rule: a visit after collect_by is booked, with a warning."""
    spec = f"X-1,collect_by={collect_by}"
    warnings = office.json("book", "+1", "10", "--case", spec, *A1)["warnings"]
    assert warned is any("X-1" in warning and collect_by in warning for warning in warnings)


def test_reentry_together_with_another_case(office: OfficeInFolder) -> None:
    """1: a re-entry permit goes with an eligible case of the same reservation, one case each."""
    alone = ("--case", "R-1,kind=reentry")
    assert ["case.reentry-alone"] == office.refused("book", "+1", "10", *alone, *A1)
    office.book("+1", "10", "X-1")
    elsewhere = ("--case", "R-1,kind=reentry,with=X-1", "--case", "X-2")
    assert ["case.reentry-alone"] == office.refused("book", "+1", "10", *elsewhere, *A1)
    reservation = office.book("+1", "10", "R-1,kind=reentry,with=X-2", "X-2")
    assert (2, ["R-1", "X-2"]) == (
        reservation["first_count"],
        [case["number"] for case in reservation["cases"]],
    )


def test_an_unknown_agent_is_not_found(office: OfficeInFolder) -> None:
    """1: an agent that is not registered is not found, exit 4."""
    outcome = office.run("book", "+1", "10", "--case", "X-1", "--agent", "B-2", "-f", "json")
    assert (4, "not-found") == (outcome.status, outcome.error["kind"])


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
