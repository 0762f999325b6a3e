"""Rows that name a day or an hour, not both: what is known of them is asked whatever else is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import write_rows

D25, D26, SATURDAY, LATER = "2026-11-25", "2026-11-26", "2026-11-28", "2026-12-02"
OF_B2 = ("--agent", "B-2")
ROWS = (f"X1,{SATURDAY},", "Z1,,09:30", f"L1,{LATER},", f"P1,{D26},10:30", f"G1,{D26},", "O1,,")
BESIDE = ["day.closed", "frame.unknown", "day.not-shown", "frame.unknown", None, None]
"""What is told of each row beside what is told of its agent."""


def codes_of(document: Any) -> list[list[str]]:
    """Return the codes of each row's refusals."""
    return [[refusal["code"] for refusal in row["refusals"]] for row in document["rows"]]


@pytest.mark.parametrize("command", [("plan",), ("book", "--best-effort", "--from")])
def test_a_day_or_an_hour_is_asked_though_the_agent_is_refused(
    office: OfficeInFolder, command: tuple[str, ...]
) -> None:
    """All refusals are collected: a bad day and an unknown hour beside what the agent lacks."""
    office.add_agent("B-2", verify=False)
    path = write_rows(office, *ROWS)
    outcome = office.run(*command, path, *OF_B2, "-f", "json")
    expected = [["agent.unverified", *([code] if code else [])] for code in BESIDE]
    assert expected == codes_of(outcome.json)
    (told,) = [r for r in outcome.json["rows"][1]["refusals"] if r["code"] == "frame.unknown"]
    assert f"{D25} 09:30" == told["subject"]


def test_a_case_that_is_refused_on_a_bad_day(office: OfficeInFolder) -> None:
    """What is wrong with a case hides nothing of its day and hour, nor they of it."""
    path = write_rows(office, f"X1,{SATURDAY},,coe", "Z1,,09:30,coe", head="number,date,hour,kind")
    document = office.run("plan", path, "--agent", "A-1", "-f", "json").json
    assert [["day.closed", "case.kind"], ["frame.unknown", "case.kind"]] == codes_of(document)


def test_the_certificate_on_a_day_that_is_named(office: OfficeInFolder) -> None:
    """1: where a row names its day, the certificate is asked for it, whatever else is refused."""
    office.json("agent", "edit", "A-1", "--valid-until", D25)
    rows = (f"X1,{SATURDAY},,", f"Z1,{D26},,coe", f"Y1,{D25},,coe", "W1,,,coe")
    path = write_rows(office, *rows, head="number,date,hour,kind")
    document = office.run("plan", path, "--agent", "A-1", "-f", "json").json
    assert [
        ["agent.certificate", "day.closed"],
        ["agent.certificate", "case.kind"],
        ["case.kind"],
        ["case.kind"],
    ] == codes_of(document)


def test_days_that_a_plan_is_told(office: OfficeInFolder) -> None:
    """--day and --hour of a plan are asked like those of a row, where none of them is a frame."""
    office.add_agent("B-2", verify=False)
    path = write_rows(office, "X1", head="number")
    bad = office.run("plan", path, *OF_B2, "--day", SATURDAY, "-f", "json").json
    assert [["agent.unverified", "day.closed"]] == codes_of(bad)
    good = office.run("plan", path, *OF_B2, "--day", SATURDAY, "--day", D26, "-f", "json").json
    assert [["agent.unverified"]] == codes_of(good)


def test_days_and_hours_are_explained_too(office: OfficeInFolder) -> None:
    """What was asked of a refused row shows its day and hour."""
    office.add_agent("B-2", verify=False)
    path = write_rows(office, f"X1,{SATURDAY},")
    outcome = office.run("plan", path, *OF_B2, "--explain", "-f", "json")
    found = {each["code"]: each["passed"] for each in outcome.json["explain"]}
    assert (True, False, False) == (
        found["day.past"],
        found["day.closed"],
        found["agent.unverified"],
    )
