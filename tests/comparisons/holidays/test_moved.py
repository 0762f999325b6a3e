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
