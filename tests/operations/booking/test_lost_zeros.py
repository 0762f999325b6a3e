"""Zeros that a spreadsheet took off: a number that is another one without them is told."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import A1, D26, book_rows, outcomes, plan_rows, statuses, write_rows

WHOLE = "00012345"


@pytest.fixture
def booked(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office where a case of another agent, whose number has zeros, is booked."""
    office.add_agent("B-2")
    office.book("2026-11-25", "10:00", WHOLE, agent="B-2")
    return office


def faults(office: OfficeInFolder, *command: str) -> list[tuple[str, str]]:
    """Run a command that must find bad input and change nothing; return place and message."""
    before = statuses(office)
    outcome = office.run(*command, "-f", "json")
    assert (5, before) == (outcome.status, statuses(office)), outcome
    return [(each["where"], each["message"]) for each in outcome.error["problems"]]


@pytest.mark.parametrize("number", ["12345", "012345", "１２３４５"])
@pytest.mark.parametrize("options", [(), ("--best-effort",), ("-n",), ("--again",)])
def test_a_row_without_the_zeros_of_a_booked_case_is_bad_input(
    booked: OfficeInFolder, number: str, options: tuple[str, ...]
) -> None:
    path = write_rows(booked, "X-1,,", f"{number},{D26},10")
    for command in (["book", "--from", path, *A1, *options], ["plan", path, *A1]):
        ((where, message),) = faults(booked, *command)
        assert where == "row 3, column number"
        assert f"case {WHOLE} is booked" in message
        assert number.translate(str.maketrans("１２３４５", "12345")) in message


@pytest.mark.parametrize("number", ["12346", "X12345", "123450", "000012345", "12345-1", "0"])
def test_what_differs_in_more_than_missing_zeros_is_another_case(
    booked: OfficeInFolder, number: str
) -> None:
    assert ["booked"] == outcomes(book_rows(booked, f"{number},{D26},10").json)


def test_what_was_cancelled_or_is_typed_is_not_suspected(booked: OfficeInFolder) -> None:
    booked.json("book", D26, "10:00", "--case", "12345", *A1, "-n")
    booked.json("cancel", WHOLE, "--office")
    assert ["booked"] == outcomes(book_rows(booked, f"12345,{D26},10").json)


def test_a_file_with_and_without_the_zeros_is_bad_input(office: OfficeInFolder) -> None:
    rows = (f"{WHOLE},,", "X-1,,", "12345,,", "9,,12345")
    path = write_rows(office, *rows, head="number,date,with")
    told = faults(office, "book", "--from", path, *A1)
    assert ["row 4, column number", "row 5, column with"] == [where for where, _ in told]
    path = write_rows(office, f"{WHOLE},", "X-1,12345", head="number,with")
    ((_, message),) = faults(office, "plan", path, *A1)
    assert f"{WHOLE} is in row 2" in message


def test_files_of_changes_are_asked_for_both_numbers(booked: OfficeInFolder) -> None:
    booked.book(D26, "10:00", "X-9")
    path = write_rows(booked, "12345,", head="申請番号")
    ((_, message),) = faults(booked, "cancel", "--from", path, "--office")
    assert f"case {WHOLE} is booked" in message
    assert WHOLE not in str(faults(booked, "cancel", "--from", path, *A1))  # another agent's
    path = write_rows(booked, "12345,X-8", "X-9,012345", head="申請番号,訂正後")
    told = faults(booked, "amend", "--from", path, "--office")
    assert 2 == sum(f"case {WHOLE} is booked" in message for _, message in told)


def test_an_id_without_its_zeros_is_told_to_no_other_agent(office: OfficeInFolder) -> None:
    office.add_agent("012")
    path = write_rows(office, "X-1,12", head="number,agent")
    for who, told in ((("--office",), True), (("--agent", "012"), True), (A1, False)):
        ((_, message),) = faults(office, "plan", path, *who)
        assert told is ("012 is an agent" in message)
        assert told or "012" not in message
    office.add_agent("12")
    assert len(faults(office, "plan", path, "--office")) == 1
    planned = plan_rows(office, "X-1,", head="number,agent", options=("--agent", "12", "--office"))
    assert ["placed"] == outcomes(planned)


def test_an_agent_file_registers_no_id_without_its_zeros(office: OfficeInFolder) -> None:
    office.add_agent("012")
    head = "id,name,occupation,certificate,valid_until,email"
    rest = "山田,scrivener,C{0},2030-03-31,{0}@example.jp"
    for rows, expected in (
        (["12," + rest.format(12)], "012 is an agent"),
        (["7," + rest.format(7), "007," + rest.format(8)], "007"),
        (["2.0E+5," + rest.format(9)], "digits are lost"),
    ):
        ((_, message),) = faults(office, "agent", "import", write_rows(office, *rows, head=head))
        assert expected in message
