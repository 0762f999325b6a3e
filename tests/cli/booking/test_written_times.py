"""Days and hours as people write them: what files and options take, and how a mistake is named."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import write_rows

A1 = ("--agent", "A-1")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("X-1,2026/11/26 10:00,11時", ("'11時'", "'2026/11/26 10:00'", "column hour (時刻)")),
        ("X-1,2026/11/27,2026/11/26 10:00", ("'2026/11/27'", "'2026/11/26 10:00'")),
        ("X-1,2026/11/26(水),10:00", ("is a Thursday", "'2026/11/26(水)'")),
        ("X-1,11月26日,10:00", ("'11月26日' has no year", "a date YYYY-MM-DD")),
        ("X-1,2026/11/26,①10:00", ("'①10:00'", "an hour such as 10:00")),
    ],
)
def test_a_row_that_is_wrong_says_why(
    office: OfficeInFolder, row: str, told: tuple[str, ...]
) -> None:
    path = write_rows(office, row, head="申請番号,予約日,時刻")
    outcome = office.run("plan", path, *A1)
    assert 5 == outcome.status
    assert all(text in outcome.err for text in told)


@pytest.mark.parametrize(
    "frame",
    [
        ("2026/11/26", "10時"),
        ("令和8年11月26日(木)", "午前10時～11時"),
        ("R8.11.26", "10:00 AM"),
        ("2026/11/26 10:00",),
    ],
)
def test_book_takes_a_frame_in_any_form(office: OfficeInFolder, frame: tuple[str, ...]) -> None:
    outcome = office.run("book", *frame, "--case", "X-1", *A1, "-n")
    assert 0 == outcome.status
    assert "2026-11-26" in outcome.out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("list", "--since", "11/26", *A1), "--since: '11/26' has no year"),
        (("list", "--until", "令和0年1月1日", *A1), "--until: '令和0年1月1日'"),
        (("list", "--day", "2026/11/26 10:00", *A1), "--day: '2026/11/26 10:00' names an hour"),
        (("book", "2026/11/31", "10", "--case", "X-1", *A1), "DATE: '2026/11/31'"),
        (("book", "+1", "午後13時", "--case", "X-1", *A1), "HOUR: '午後13時' contradicts"),
        (("office", "close", "+1", "25時", "--reason", "x", "--office"), "HOUR: '25時'"),
        (("book", "2026/11/26(水) 10時", "--case", "X-1", *A1), "is a Thursday"),
        (("book", "11/26 10:00", "--case", "X-1", *A1), "DATE: '11/26 10:00' has no year"),
        (("book", "2026/11/31 10時", "--case", "X-1", *A1), "a day that does not exist"),
        (("book", "2026/11/26 10時～12時", "--case", "X-1", *A1), "is not a frame"),
        (
            ("desk", "arrive", "X-1", "--at", "１０:００～１１:００", "--office"),
            "--at: '１０:００～",
        ),
        (
            ("office", "maintenance", "--end", "11/26", "--reason", "x", "--office"),
            "--end: '11/26'",
        ),
    ],
)
def test_a_mistake_names_the_option_and_what_was_typed(
    office: OfficeInFolder, line: tuple[str, ...], told: str
) -> None:
    outcome = office.run(*line)
    assert 2 == outcome.status
    assert told in outcome.err
