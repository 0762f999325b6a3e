"""The agent or the office that acts, and what each may see and change."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from tests.conftest import OfficeInFolder, Outcome, read_token
from tests.operations.support import write_rows


@pytest.mark.parametrize(
    "line",
    [
        *("book +1 10 --case 1", "amend 1 --drop 1", "cancel 1", "terms accept"),
        "book +1 10 --case 1 --office",
    ],
)
def test_a_change_needs_somebody(office: OfficeInFolder, line: str) -> None:
    outcome = office.run(*line.split())
    assert (2, True) == (outcome.status, "--agent" in outcome.err)


def test_who_did_it_is_recorded(office: OfficeInFolder) -> None:
    """Beside who acted, by option or variable, the ledger has the operating system's account."""
    office.json("book", "+1", "10", "--case", "1", "--office", "--agent", "A-1")
    assert {"by": "root"}.keys() == last_line(office)["actor"].keys()
    office.run("book", "+2", "10", "--case", "2", "--agent", "A-1", KOFUCLI_BY="本牧")
    line = last_line(office)
    assert {"by": "本牧", "agent": "A-1"} == line["actor"]
    assert line["account"]


def last_line(office: OfficeInFolder) -> Any:
    return json.loads(office.ledger()[-1])


def test_an_agent_lists_only_its_own(office: OfficeInFolder) -> None:
    office.add_agent("B-1")
    office.book("+1", "10", "X-1")
    assert [] == office.json("list", "--all", "--agent", "B-1")["reservations"]
    assert ["B-1"] == [a["id"] for a in office.json("agent", "list", "--agent", "B-1")["agents"]]
    office.book("+1", "10", "2", agent="B-1")
    assert 2 == len(office.json("list")["reservations"])
    assert 1 == len(office.json("list", "--office", "--agent", "B-1")["reservations"])
    assert ["B-1"] == [r["agent"] for r in office.json("list", "--case", "2")["reservations"]]


def refused_to_agent(outcome: Outcome) -> bool:
    return (outcome.status, outcome.out) == (2, "") and "--office" in outcome.err


OFFICES = (
    *("office close +1 --reason r -y", "office reopen +1", "office maintenance --reason r"),
    *("agent suspend A-1 --reason r", "agent reinstate A-1 --reason r"),
    *("agent edit A-1 --phone 1", "agent erase A-1 -y"),
    *("desk arrive X-1", "desk collect X-1", "desk late-notice X-1", "desk close-day"),
    *("desk late-cancel X-1 --reason r", "desk undo X-1 --reason r", "mail send"),
)
READING = ("desk sheet", "report load", "report quota", "report conduct")
"""What only the office may do; the counter's have their statuses, as there is no such visit."""


def test_office_commands_while_an_agent_is_set(office: OfficeInFolder) -> None:
    """An agent set by variable or configuration does not act as the office by accident."""
    office.set("mail", "host", '"mail.example.jp"')
    assert refused_to_agent(office.run("report", "nightly", "-o", "x", KOFUCLI_AGENT="A-1"))
    lines = [*READING, *(f"{line} -n" for line in OFFICES)]
    for line in lines:
        words = line.split()
        allowed = {0} if words[0] != "desk" else {0, 3, 4}
        assert refused_to_agent(office.run(*words, KOFUCLI_AGENT="A-1")), line
        assert office.run(*words, "--office", KOFUCLI_AGENT="A-1").status in allowed, line
        assert office.run(*words, KOFUCLI_AGENT="A-1", KOFUCLI_OFFICE="1").status in allowed, line
    office.set("user", "agent", '"A-1"')
    for line in lines:
        assert refused_to_agent(office.run(*line.split())), line


def test_the_agent_by_option_variable_and_configuration(office: OfficeInFolder) -> None:
    office.add_agent("B-1")
    office.add_agent("C-1")
    office.set("user", "agent", '"a-1"')

    def acting(*arguments: str, **env: str) -> str:
        outcome = office.run("slots", "-f", "json", *arguments, **env)
        found: str = outcome.json["agent"]["id"]
        return found

    assert "A-1" == acting()
    assert "B-1" == acting(KOFUCLI_AGENT="B-1")
    assert "C-1" == acting("--agent", "C-1", KOFUCLI_AGENT="B-1")


def test_a_foreign_clock_may_be_refused(office: OfficeInFolder) -> None:
    """fixed_clock = "refuse": no change with --now away from the machine's; reading works."""
    office.set("store", "fixed_clock", '"refuse"')
    outcome = office.run("book", "+1", "10", "--case", "1", "--agent", "A-1")
    assert 2 == outcome.status
    assert "fixed_clock" in outcome.err
    assert 0 == office.run("slots").status


def test_an_agent_verifies_itself_only(office: OfficeInFolder) -> None:
    office.add_agent("B-1", verify=False)
    token = read_token(office.json("verify", "send", "B-1")["outbox"])
    before = office.bytes()
    assert 4 == office.run("verify", "send", "B-1", KOFUCLI_AGENT="A-1").status
    assert 4 == office.run("verify", "send", "B-1", "-n", KOFUCLI_AGENT="A-1").status
    redeemed = office.run("verify", "redeem", token, "-f", "json", KOFUCLI_AGENT="A-1")
    assert (3, ["link.unknown"]) == (redeemed.status, redeemed.codes)
    office.set("user", "agent", '"A-1"')
    assert 4 == office.run("verify", "send", "B-1").status
    assert before == office.bytes()
    assert 0 == office.run("verify", "redeem", token, KOFUCLI_AGENT="B-1").status
    assert 0 == office.run("verify", "send", "B-1", KOFUCLI_OFFICE="1").status
    assert 0 == office.run("verify", "send", "A-1").status


def test_a_plan_names_no_reservation_of_others(office: OfficeInFolder) -> None:
    """A plan for several agents, read by one of them or by a third: own numbers only."""
    office.add_agent("B-1")
    office.add_agent("C-1")
    mine = office.book("+1", "10", "X-1")["number"]
    theirs = office.book("+1", "11", "Y-1", "Y-2", agent="B-1")["number"]
    gone = office.book("+2", "11", "Y-3", agent="B-1")["number"]
    assert 0 == office.run("cancel", gone, "--agent", "B-1").status
    rows = [
        *("X-1,A-1,,,,", "Y-1,B-1,,,,", "Y-3,B-1,,,,", "Z-1,B-1,2026-11-26,10,Y-1,"),
        *("Y-2,B-1,2026-11-26,9,,", "Y-2,A-1,2026-11-26,9,,", "Z-2,B-1,2026-11-26,10,Y-1,reentry"),
    ]
    path = write_rows(office, *rows, head="number,agent,date,hour,with,kind")
    plan = ("plan", path, "--agent", "A-1", "--agent", "B-1", "--explain")
    listed = str(office.folder / "list.csv")
    assert 0 == office.run("list", "--all", "-f", "csv", "-o", listed).status
    again = ("plan", listed, *plan[2:])
    numbers = (mine, theirs, gone)
    for form, words in product(("table", "json", "csv"), (plan, again)):
        everything = office.run(*words, "-f", form)
        assert 0 == everything.status, everything
        full = {n for n in numbers if n in everything.out + everything.err}
        for agent, shown in (("A-1", {mine}), ("B-1", {theirs, gone}), ("C-1", set())):
            found = office.run(*words, "-f", form, KOFUCLI_AGENT=agent)
            assert 0 == found.status
            assert full & shown == {n for n in numbers if n in found.out + found.err}, (form, agent)
        asked = office.run(*words, "-f", form, "--office", KOFUCLI_AGENT="A-1")
        assert (asked.out, asked.err) == (everything.out, everything.err)
    assert {*numbers} == {n for n in numbers if n in office.run(*plan).out}
