"""What is said of years whose holidays are not published yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
