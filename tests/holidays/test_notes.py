"""What is said of years whose holidays are not published yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from kofucli.model.holidays import LAST_YEAR, note_on_years
from tests.conftest import OfficeInFolder
from tests.rules.samples import days

LAST_WEEK = f"{LAST_YEAR}-12-27T10:00:00"
"""The shown days are 28 December, and four days of January of the next year."""
BEFORE = f"{LAST_YEAR}-12-17T10:00:00"
NEXT = LAST_YEAR + 1


@pytest.fixture
def late_office(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office at the end of the last year whose holidays were compared."""
    office.now = LAST_WEEK
    return office


def warned(warnings: list[str]) -> int:
    """Return how many of the notes are about holidays."""
    return sum("Cabinet Office" in warning for warning in warnings)


def test_years_that_are_published_need_no_note() -> None:
    """Days up to the last published year are not spoken of."""
    assert () == note_on_years(days("2020-01-01", f"{LAST_YEAR}-12-31"))


def test_one_note_names_each_year_once() -> None:
    """A note names the years after it, in their order."""
    (note,) = note_on_years(days(f"{NEXT + 1}-01-05", f"{NEXT}-01-04", f"{NEXT}-01-05"))
    assert {"years": [NEXT, NEXT + 1], "limit": LAST_YEAR} == note.values


@pytest.mark.parametrize("command", [("slots",), ("status",), ("status", "--agent", "A-1")])
def test_shown_days_of_a_year_that_is_not_published(
    late_office: OfficeInFolder, command: tuple[str, ...]
) -> None:
    """slots and status say once that the holidays of a shown day are computed."""
    assert 1 == warned(late_office.json(*command)["warnings"])
    text = late_office.run(*command)
    assert (0, 1) == (text.status, text.err.count("Cabinet Office"))
    assert str(NEXT) in text.err
    assert 0 == warned(late_office.json(*command, now=BEFORE)["warnings"])


def test_the_note_does_not_disturb_what_scripts_read(late_office: OfficeInFolder) -> None:
    """CSV on stdout stays as it is, and -q silences the note."""
    outcome = late_office.run("slots", "-f", "csv", "-q")
    assert (0, "") == (outcome.status, outcome.err)
    assert "Cabinet Office" not in outcome.out


def test_booking_a_visit_in_such_a_year(late_office: OfficeInFolder) -> None:
    """book says it of a visit in that year, not of one before it."""
    for visit, expected in ((f"{NEXT}-01-04", 1), (f"{LAST_YEAR}-12-28", 0)):
        book = ("book", visit, "10:00", "--case", f"X-{visit}", "--agent", "A-1")
        assert expected == warned(late_office.json(*book)["warnings"])


def test_rows_of_a_file_in_such_a_year(late_office: OfficeInFolder, tmp_path: Path) -> None:
    """plan and book --from say it once, however many rows lie there."""
    file = tmp_path / "cases.csv"
    rows = "".join(f"X-{hour},{NEXT}-01-04,{hour}\n" for hour in (9, 10))
    file.write_text(f"number,date,hour\n{rows}", "utf-8")
    for command in (("plan", str(file)), ("book", "--from", str(file))):
        assert 1 == warned(late_office.json(*command, "--agent", "A-1")["warnings"])
