"""The status of reservations and cases: what is shown is what ``--status`` takes."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import get_args

import pytest

from kofucli.base.language import translator
from kofucli.model.records import Status
from kofucli.output.words import STATUS_NAMES
from tests.conftest import OfficeInFolder
from tests.operations.support import end_at_counter

A1 = ("--agent", "A-1")
CASES = {"cancelled": "cancelled", "late-cancelled": "cancelled", "office-closed": "active"}


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("status", get_args(Status))
def test_what_a_table_shows_is_a_value_of_status(
    office: OfficeInFolder, status: str, language: str
) -> None:
    """English tables have the words of documents, and Japanese words are taken as well."""
    number = office.book("2026-11-25", "9", "X-1")["number"]
    office.now = "2026-11-25T16:00:00"
    end_at_counter(office, number, status, "active")
    shown = translator(language)(STATUS_NAMES[status])
    listed = office.run("list", "--status", shown, *A1, "--lang", language).out
    assert f"  {shown}" in listed
    assert number in listed
    assert shown in office.run("show", number, *A1, "--lang", language).out
    assert language == "ja" or shown == status


def test_another_word_is_wrong_usage(office: OfficeInFolder) -> None:
    """What is no status is refused with those there are."""
    outcome = office.run("list", "--status", "予約", *A1)
    assert outcome.status == 2
    assert "late-cancelled" in outcome.err


@pytest.mark.parametrize(("status", "told"), CASES.items())
def test_cases_end_with_a_cancelled_reservation(
    office: OfficeInFolder, tmp_path: Path, status: str, told: str
) -> None:
    """In documents and CSV they are cancelled; the record stays, and the CSV can be read again."""
    number = office.book("2026-11-25", "9", "X-1")["number"]
    end_at_counter(office, number, status, "active")
    assert office.json("show", number, *A1)["reservation"]["cases"][0]["status"] == told
    sheet = office.run("list", "--all", *A1, "-f", "csv").out
    row = next(csv.DictReader(io.StringIO(sheet)))
    assert (row["status"], row["case_status"]) == (status, told)
    file = tmp_path / "list.csv"
    file.write_text(sheet, "utf-8")
    rows = office.json("book", "--from", str(file), *A1)["rows"]
    assert [row["outcome"] for row in rows] == ["ended"]


def test_a_case_that_was_dropped_stays_so(office: OfficeInFolder) -> None:
    """A cancelled reservation tells which cases had been dropped before."""
    number = office.book("+1", "9", "X-1", "X-2")["number"]
    office.json("amend", number, "--drop", "X-2", *A1)
    cases = office.json("cancel", number, *A1)["reservation"]["cases"]
    assert {case["number"]: case["status"] for case in cases} == {
        "X-1": "cancelled",
        "X-2": "dropped",
    }


def test_cases_are_counted_when_collected_too(office: OfficeInFolder) -> None:
    """``Cases`` are those that were not dropped, whatever became of them."""
    number = office.book("2026-11-25", "9", "X-1")["number"]
    end_at_counter(office, number, "collected", "collected")
    assert "Cases: 1\n" in office.run("show", number, *A1).out
    assert "collected        1\n" in office.run("list", "--all", *A1).out
