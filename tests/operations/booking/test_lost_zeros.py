"""Zeros that a spreadsheet took off: a number that is another one without them is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import outcomes, statuses, write_rows

A1 = ("--agent", "A-1")
WHOLE = "00012345"


@pytest.fixture
def booked(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office where a case of another agent, whose number has zeros, is booked."""
    office.add_agent("B-2")
    office.book("2026-11-25", "10:00", WHOLE, agent="B-2")
    return office


def run(office: OfficeInFolder, *command: str) -> Outcome:
    """Run a command that must find bad input and change nothing."""
    before = statuses(office)
    outcome = office.run(*command, "-f", "json")
    assert (5, before) == (outcome.status, statuses(office)), outcome
    return outcome


@pytest.mark.parametrize("number", ["12345", "012345", "１２３４５", "0012345"])
@pytest.mark.parametrize("options", [(), ("--best-effort",), ("-n",), ("--again",)])
def test_a_case_that_is_booked_with_its_zeros(
    booked: OfficeInFolder, number: str, options: tuple[str, ...]
) -> None:
    """Such a row is bad input for book and plan; both numbers are named."""
    path = write_rows(booked, "X-1,,", f"{number},2026-11-26,10")
    command = ["book", "--from", path, *A1, *options]
    for said in (run(booked, *command), run(booked, "plan", path, *A1)):
        (problem,) = said.error["problems"]
        assert problem["where"] == "row 3, column number"
        assert "case 00012345 is booked" in problem["message"]
        assert number.translate(str.maketrans("１２３４５", "12345")) in problem["message"]


@pytest.mark.parametrize("number", ["12346", "X12345", "123450", "000012345", "12345-1", "0"])
def test_other_numbers(booked: OfficeInFolder, number: str) -> None:
    """What differs in more than missing zeros is another case."""
    path = write_rows(booked, f"{number},2026-11-26,10")
    document = booked.json("book", "--from", path, *A1)
    assert ["booked"] == outcomes(document)


def test_what_is_no_longer_booked(booked: OfficeInFolder) -> None:
    """A case that was cancelled keeps no other number from being booked."""
    booked.json("cancel", WHOLE, "--office")
    path = write_rows(booked, "12345,2026-11-26,10")
    assert ["booked"] == outcomes(booked.json("book", "--from", path, *A1))


def test_typed_by_hand(booked: OfficeInFolder) -> None:
    """On the command line nothing was taken off: there a case may be called so."""
    booked.book("2026-11-26", "10:00", "12345")


def test_in_the_same_file(office: OfficeInFolder) -> None:
    """A file that has a number with its zeros and without them is bad input."""
    path = write_rows(office, f"{WHOLE},,", "X-1,,", "12345,,", "9,,12345", head="number,date,with")
    said = run(office, "book", "--from", path, *A1)
    assert ["row 4, column number", "row 5, column with"] == [
        p["where"] for p in said.error["problems"]
    ]
    path = write_rows(office, f"{WHOLE},", "X-1,12345", head="number,with")
    said = run(office, "plan", path, *A1)
    assert ["00012345 is in row 2" in p["message"] for p in said.error["problems"]]


def test_in_several_files(office: OfficeInFolder) -> None:
    """Of several files the place has the name of the file."""
    other = Path(office.folder) / "other.csv"
    other.write_text("number\n12345\n")
    path = write_rows(office, WHOLE, head="number")
    said = run(office, "book", "--from", path, "--from", str(other), *A1)
    (problem,) = said.error["problems"]
    assert problem["where"].startswith(f"{other}, row 2")


def test_changes(booked: OfficeInFolder) -> None:
    """Files of changes are asked the same: of the old number and of the new one."""
    booked.book("2026-11-26", "10:00", "X-9")
    path = write_rows(booked, "12345,", head="申請番号")
    (problem,) = run(booked, "cancel", "--from", path, "--office").error["problems"]
    assert "case 00012345 is booked" in problem["message"]
    path = write_rows(booked, "12345,X-8", "X-9,012345", head="申請番号,訂正後")
    said = run(booked, "amend", "--from", path, "--office")
    assert 2 == sum("case 00012345 is booked" in p["message"] for p in said.error["problems"])
    said = run(booked, "cancel", "--from", write_rows(booked, "12345", head="申請番号"), *A1)
    assert WHOLE not in str(said.error)  # another agent's


def test_agents(office: OfficeInFolder) -> None:
    """An agent's id without its zeros is told, in case files and in agent files."""
    office.add_agent("012")
    path = write_rows(office, "X-1,12", head="number,agent")
    (problem,) = run(office, "plan", path, "--office").error["problems"]
    assert "012 is an agent" in problem["message"]
    (problem,) = run(office, "plan", path, "--agent", "012").error["problems"]
    assert "012 is an agent" in problem["message"]
    (problem,) = run(office, "plan", path, *A1).error["problems"]
    assert "012" not in problem["message"]  # agents learn of no other
    office.add_agent("12")
    run(office, "plan", path, "--office")
    path = write_rows(office, "X-1,", head="number,agent")
    assert ["placed"] == outcomes(office.json("plan", path, "--agent", "12", "--office"))


def test_agent_files(office: OfficeInFolder) -> None:
    """An agent file registers no second agent under an id without its zeros."""
    office.add_agent("012")
    head = "id,name,occupation,certificate,valid_until,email"
    rest = "山田,scrivener,C{0},2030-03-31,{0}@example.jp"
    path = write_rows(office, "12," + rest.format(12), head=head)
    (problem,) = run(office, "agent", "import", path).error["problems"]
    assert "012 is an agent" in problem["message"]
    path = write_rows(office, "7," + rest.format(7), "007," + rest.format(8), head=head)
    run(office, "agent", "import", path)
    path = write_rows(office, "2.0E+5," + rest.format(9), head=head)
    (problem,) = run(office, "agent", "import", path).error["problems"]
    assert "digits are lost" in problem["message"]
