"""What the comparison with the model once found, each as the few commands that show it."""

from __future__ import annotations

from typing import Any

from tests.conftest import OfficeInFolder
from tests.model.spelling import document_of


def book_rows(office: OfficeInFolder, *rows: str) -> list[Any]:
    """Book rows of A-1 that name number, date and hour; return what became of them."""
    path = office.folder / "rows.csv"
    path.write_text("\n".join(["number,date,hour", *rows]) + "\n", "utf-8")
    told = office.run("book", "--from", str(path), "--agent", "A-1", "-f", "json")
    return [(row["outcome"], row["start"]) for row in document_of(told)["rows"]]


def test_file_of_a_visit_without_outcome_is_there_already(office: OfficeInFolder) -> None:
    """A file given again is ``already`` there, also where a later visit has the case as well."""
    assert book_rows(office, "X-1,2026-11-25,10:00") == [("booked", "10:00")]
    office.now = "2026-11-26T10:00:00"
    assert book_rows(office, "X-1,2026-11-30,10:00") == [("booked", "10:00")]
    assert book_rows(office, "X-1,2026-11-25,10:00") == [("already", "10:00")]


def test_frame_beyond_the_quota_is_no_place_for_other_rows(office: OfficeInFolder) -> None:
    """3(2): rows are placed in frames that are held or may be added, not in one refused."""
    for day in ("2026-11-25", "2026-11-26", "2026-11-27"):
        office.book(day, "13:00", f"X-{day}")
    rows = book_rows(office, "X-1,,10:00", "X-2,2026-12-01,10:00")
    assert rows == [("not-placed", "10:00"), ("refused", "10:00")]


def test_undoing_a_late_notice_leaves_what_was_amended_since(office: OfficeInFolder) -> None:
    """6(4): undoing a step puts back what that step changed, and nothing else."""
    number = office.book("+1", "10:00", "X-1", "X-2")["number"]
    office.json("desk", "late-notice", number)
    office.json("amend", number, "--drop", "X-2", "--agent", "A-1")
    undone = office.json("desk", "undo", number, "--reason", "misheard")["reservation"]
    assert [case["status"] for case in undone["cases"]] == ["active", "dropped"]
