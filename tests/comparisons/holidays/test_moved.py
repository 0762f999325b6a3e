"""Holidays that the Diet moves, as it did for 2020 and 2021, as closures and openings."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

import kofucli
from kofucli.model.holidays import national_holidays
from kofucli.rules.calendar import open_day_predicate
from tests.conftest import OfficeInFolder
from tests.docs.pages import read_page
from tests.rules.samples import days

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


def example_of_page() -> dict[str, str]:
    """Return the closures and openings that docs/operations.md gives for 2026."""
    found = re.search(r"(?ms)^```toml\n\[calendar\]\n(.*?)^```$", read_page("operations"))
    assert found is not None
    return {key: f"[{listed}]" for key, listed in re.findall(r"(?ms)^(\w+) = \[(.*?)^\]", found[1])}


def example_of_sample() -> dict[str, str]:
    """Return those that the comments of sample_config.toml give."""
    text = (Path(kofucli.__file__).parent / "sample_config.toml").read_text("utf-8")
    return dict(re.findall(r"(?m)^#   (closures|openings) = (\[.*\])$", text))


@pytest.fixture
def moved_office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office on Friday 17 July 2026; the holidays are moved as for 2020."""
    office.now = "2026-07-17T10:00:00"
    for key, value in example_of_page().items():
        office.set("calendar", key, " ".join(value.split()))
    return office


def test_shown_days_follow_moved_holidays(moved_office: OfficeInFolder) -> None:
    """3(1): the shown days have the old holiday among them, and go around the new ones."""
    shown = [day["date"] for day in moved_office.json("slots")["days"]]
    assert shown == ["2026-07-20", "2026-07-21", "2026-07-22", "2026-07-27", "2026-07-28"]


@pytest.mark.parametrize(
    ("visit", "deadline"),
    [
        ("2026-07-20", "2026-07-17T11:59:00+09:00"),
        ("2026-07-21", "2026-07-20T11:59:00+09:00"),
        ("2026-07-27", "2026-07-22T11:59:00+09:00"),
    ],
)
def test_deadlines_follow_moved_holidays(
    moved_office: OfficeInFolder, visit: str, deadline: str
) -> None:
    """4(1): the open day before the visit is counted with the moved holidays."""
    assert deadline == moved_office.book(visit, "10:00", "X-1")["deadline"]


def test_the_day_of_a_moved_holiday_is_refused(moved_office: OfficeInFolder) -> None:
    """3(1): the day that a holiday was moved to is closed."""
    book = ("book", "2026-07-23", "10:00", "--case", "X-1", "--agent", "A-1")
    assert ["day.closed"] == moved_office.refused(*book)


def test_the_sample_configuration_moves_a_holiday(office: OfficeInFolder) -> None:
    office.now = "2026-07-17T10:00:00"
    example = example_of_sample()
    assert {"closures", "openings"} == example.keys()
    for key, value in example.items():
        office.set("calendar", key, value)
    shown = [each["date"] for each in office.json("slots")["days"]]
    assert shown == ["2026-07-20", "2026-07-21", "2026-07-22", "2026-07-24", "2026-07-27"]
