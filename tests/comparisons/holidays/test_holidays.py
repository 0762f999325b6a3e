"""Holidays: the published list and a second package, those that the Diet moves, computed years."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from holiday_jp import HolidayJP

import kofucli
from kofucli.model.holidays import LAST_YEAR, national_holidays, note_on_years
from kofucli.rules.availability import open_day_predicate
from tests.comparisons.holidays.compare import FIRST, LAST, find_differences
from tests.conftest import OfficeInFolder
from tests.docs.pages import read_page
from tests.rules.samples import days

YEARS = range(2020, LAST_YEAR + 1)


@pytest.mark.parametrize("year", YEARS)
def test_every_day_is_as_published(year: int) -> None:
    """3(1): a day is a national holiday where the list has it, substitute holidays included."""
    published = {date(h.year, h.month, h.date) for h in HolidayJP().get(year=year)}
    is_holiday = national_holidays()
    all_days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    found = {day for day in all_days if day.year == year and is_holiday(day)}
    assert published == found
    assert len(published) >= 16  # as many as art. 2 names


def test_days_that_differ_are_named_with_their_side() -> None:
    is_holiday = national_holidays()
    all_days = (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    theirs = dict.fromkeys(filter(is_holiday, all_days), "")
    assert [] == list(find_differences(theirs))
    del theirs[date(2050, 11, 23)]
    theirs[date(2027, 6, 1)] = "F"
    expected = ["2027-06-01: a holiday there only (F)", "2050-11-23: a holiday here only"]
    assert expected == list(find_differences(theirs))


# Holidays that are moved, as for 2020 and 2021, as closures and openings.

MOVED = {
    # By the law as it otherwise stands, and what came instead; a holiday on a Sunday has a
    # substitute. Marine Day, Sports Day, Mountain Day.
    2020: (
        days("2020-07-20", "2020-10-12", "2020-08-11"),
        days("2020-07-23", "2020-07-24", "2020-08-10"),
    ),
    2021: (
        days("2021-07-19", "2021-10-11", "2021-08-11"),
        days("2021-07-22", "2021-07-23", "2021-08-09"),
    ),
}


@pytest.mark.parametrize("year", MOVED)
def test_moved_holidays_as_closures_and_openings(year: int) -> None:
    """3(1): a closure on the new day and an opening on the old one make the year as it was."""
    before, after = MOVED[year]
    is_holiday = national_holidays()
    in_force = open_day_predicate(is_holiday, (), ())
    not_moved = open_day_predicate(
        lambda day: day in before or (is_holiday(day) and day not in after), after, before
    )
    all_days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [in_force(day) for day in all_days] == [not_moved(day) for day in all_days]
    assert [True, True, True] == [in_force(day) for day in before]
    assert [False, False, False] == [in_force(day) for day in after]


def use(office: OfficeInFolder, closures: str, openings: str) -> None:
    """Set what an example gives, on Friday 17 July 2026."""
    office.now = "2026-07-17T10:00:00"
    office.set("calendar", "closures", " ".join(closures.split()))
    office.set("calendar", "openings", " ".join(openings.split()))


def shown(office: OfficeInFolder) -> list[str]:
    """Return the shown days of July."""
    return [day["date"].removeprefix("2026-07-") for day in office.json("slots")["days"]]


def test_the_example_of_the_page_moves_holidays(office: OfficeInFolder) -> None:
    """3(1), 4(1): of docs/operations.md, as for 2020: shown days and deadlines follow."""
    found = re.search(r"(?ms)^```toml\n\[calendar\]\n(.*?)^```$", read_page("operations"))
    assert found is not None
    use(office, **dict(re.findall(r"(?ms)^(\w+) = (\[.*?^\])", found[1])))
    assert ["20", "21", "22", "27", "28"] == shown(office)
    for visit, last_day in (("20", "17"), ("21", "20"), ("27", "22")):
        deadline = office.book(f"2026-07-{visit}", "10:00", f"X-{visit}")["deadline"]
        assert f"2026-07-{last_day}T11:59:00+09:00" == deadline
    book = ("book", "2026-07-23", "10:00", "--case", "X-1", "--agent", "A-1")
    assert ["day.closed"] == office.refused(*book)


def test_the_example_of_the_sample_configuration_moves_a_holiday(office: OfficeInFolder) -> None:
    text = (Path(kofucli.__file__).parent / "sample_config.toml").read_text("utf-8")
    use(office, **dict(re.findall(r"(?m)^#   (closures|openings) = (\[.*\])$", text)))
    assert ["20", "21", "22", "24", "27"] == shown(office)


# Years whose holidays are not published yet.

LAST_WEEK = f"{LAST_YEAR}-12-27T10:00:00"
"""The shown days are 28 December, and four days of January of the next year."""
BEFORE = f"{LAST_YEAR}-12-17T10:00:00"
NEXT = LAST_YEAR + 1


@pytest.fixture
def late_office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office at the end of the last year whose holidays were compared."""
    office.now = LAST_WEEK
    return office


def warned(document: Any) -> int:
    return sum("Cabinet Office" in warning for warning in document["warnings"])


def test_one_note_names_each_unpublished_year_once() -> None:
    assert () == note_on_years(days("2020-01-01", f"{LAST_YEAR}-12-31"))
    (note,) = note_on_years(days(f"{NEXT + 1}-01-05", f"{NEXT}-01-04", f"{NEXT}-01-05"))
    assert {"years": [NEXT, NEXT + 1], "limit": LAST_YEAR} == note.values


@pytest.mark.parametrize("command", [("slots",), ("status",), ("status", "--agent", "A-1")])
def test_slots_and_status_note_once_that_holidays_are_computed(
    late_office: OfficeInFolder, command: tuple[str, ...]
) -> None:
    """CSV stays as it is, and -q silences the note."""
    assert 1 == warned(late_office.json(*command))
    text = late_office.run(*command)
    assert (0, 1) == (text.status, text.err.count("Cabinet Office"))
    assert str(NEXT) in text.err
    assert 0 == warned(late_office.json(*command, now=BEFORE))
    quiet = late_office.run("slots", "-f", "csv", "-q")
    assert (0, "", 0) == (quiet.status, quiet.err, quiet.out.count("Cabinet Office"))


def test_visits_in_such_a_year_are_noted(late_office: OfficeInFolder, tmp_path: Path) -> None:
    """Those alone, and the rows of a file once."""
    for visit, expected in ((f"{NEXT}-01-04", 1), (f"{LAST_YEAR}-12-28", 0)):
        book = ("book", visit, "10:00", "--case", f"X-{visit}", "--agent", "A-1")
        assert expected == warned(late_office.json(*book))
    file = tmp_path / "cases.csv"
    rows = "".join(f"X-{hour},{NEXT}-01-04,{hour}\n" for hour in (9, 10))
    file.write_text(f"number,date,hour\n{rows}", "utf-8")
    for command in (("plan", str(file)), ("book", "--from", str(file))):
        assert 1 == warned(late_office.json(*command, "--agent", "A-1"))
