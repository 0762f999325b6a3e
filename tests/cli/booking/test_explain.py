"""--explain: every rule that was asked, its inputs, its boundary and what it said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kofucli.output.words import OUTCOME_NAMES
from kofucli.rules import AREAS
from kofucli.rules.wording import RULES
from tests.cli.test_imports import load_in
from tests.conftest import OfficeInFolder
from tests.operations.support import A1, write_rows
from tests.support.terminal import columns

D25, D26 = "2026-11-25", "2026-11-26"
BOOK = ("book", "+1", "10", "--case", "X-1", *A1)
BOOKED = [
    *("service.maintenance", "agent.educational", "agent.certificate", "agent.unverified"),
    *("agent.suspended", "agent.terms", "day.past", "day.closed", "day.not-shown"),
    *("frame.unknown", "frame.closed", "frame.past", "case.kind", "case.filed-online"),
    *("case.filed-elsewhere", "case.under-review", "case.counter", "case.recipient"),
    *("case.collect-by", "case.duplicate", "quota.frames", "quota.cases", "frame.full"),
]
"""What is asked before one case is booked."""


def explain(office: OfficeInFolder, *arguments: str, status: int = 0) -> Any:
    outcome = office.run(*arguments, "--explain", "-f", "json")
    assert outcome.status == status, outcome
    return outcome.error["explain"] if outcome.err else outcome.json["explain"]


def codes(entries: Any, passed: bool | None = None) -> list[str]:
    return [each["code"] for each in entries if passed in (None, each["passed"])]


def find(entries: Any, code: str) -> Any:
    (found,) = [each for each in entries if each["code"] == code]
    return found


def table_of(text: str, title: str = "Rules asked") -> list[str]:
    _, sign, table = text.partition(f"\n\n{title}")
    assert sign, text
    return table.splitlines()[3:]


def assert_in_order(entries: Any) -> None:
    ranks = [AREAS.index(each["group"]) for each in entries]
    assert sorted(ranks) == ranks


def test_what_is_asked_before_a_booking(office: OfficeInFolder) -> None:
    """Every rule of a booking is shown in the rulebook's order, with boundary and inputs."""
    office.book("+2", "9", "H-1")
    entries = explain(office, *BOOK)
    assert codes(entries) == codes(entries, passed=True) == BOOKED
    assert {
        "code": "quota.frames",
        "clause": "3(2)",
        "group": "quota.frames",
        "subject": "A-1",
        "passed": True,
        "severity": "refusal",
        "boundary": 3,
        "details": {"limit": 3, "held": 1, "left": 2, "asked": 1, "reading": "main"},
    } == find(entries, "quota.frames")
    boundaries = {
        "agent.certificate": "2030-03-31",
        "day.past": D25,
        "frame.past": f"{D25}T10:00:00+09:00",
        "frame.unknown": None,
        "case.counter": "3",
        "quota.cases": 10,
        "frame.full": 40,
    }
    assert boundaries == {code: find(entries, code)["boundary"] for code in boundaries}
    for each in entries:
        rule = RULES[each["code"]]
        assert (rule.clause, rule.area) == (each["clause"], each["group"])


@pytest.mark.parametrize(
    "wish",
    [
        "2026-11-28 12 --case X-1,kind=coe",
        "+1 12 --case X-1",
        "+1 9 --case X-2 --case X-2,kind=coe --case X-3,filed=online",
        "+1 9 --case X-2,kind=coe --case X-2",
        "+1 9 --case X-2 --case X-3 --case H-1",
    ],
)
def test_what_was_asked_before_a_refusal(office: OfficeInFolder, wish: str) -> None:
    office.book("+2", "9", "H-1")
    office.set("quota", "cases", "1")
    office.set("quota", "frames", "1")
    error = office.run("book", *wish.split(), *A1, "--explain", "-f", "json").error
    keys = ("code", "clause", "subject", "details")
    told, failed = (
        [tuple(each[key] for key in keys) for each in entries]
        for entries in (error["refusals"], [e for e in error["explain"] if not e["passed"]])
    )
    assert told == failed
    assert "service.maintenance" in codes(error["explain"], passed=True)
    assert_in_order(error["explain"])


def test_what_announcements_ended_and_whom_they_concern(office: OfficeInFolder) -> None:
    """Terms 1, 6(4): what is over shows when it ended; the office books in maintenance too."""
    over = ("office", "maintenance", "--reason", "r", "--end", "2026-11-24T09:00")
    office.json(*over, now="2026-11-24T08:00")
    suspend = ("agent", "suspend", "A-1", "--since", "2026-11-01", "--until", "2026-11-24")
    office.json(*suspend, "--reason", "r")
    entries = explain(office, *BOOK, "-n")
    assert codes(entries, passed=True) == BOOKED
    assert "2026-11-24T09:00:00+09:00" == find(entries, "service.maintenance")["boundary"]
    assert "2026-11-24" == find(entries, "agent.suspended")["boundary"]
    assert BOOKED[1:] == codes(explain(office, *BOOK, "--office", "-n"))


def test_what_is_asked_before_a_change(office: OfficeInFolder) -> None:
    """4(1), 4(3): correcting asks the case rules of what is corrected, dropping none of them."""
    office.book("+1", "10", "X-1", "X-2")
    entries = explain(office, "amend", "X-1", "--replace", "X-2=X-3", *A1)
    expected = [
        *("service.maintenance", "reservation.ended", "agent.certificate", "agent.suspended"),
        *(code for code in BOOKED if code.startswith("case.") and code != "case.collect-by"),
        *("deadline.passed", "amend.empty", "amend.adds"),
    ]
    assert codes(entries) == codes(entries, passed=True) == expected
    assert {"X-3"} == {e["subject"] for e in entries if e["code"].startswith("case.")}
    entries = explain(office, "amend", "X-1", "--drop", "X-3", *A1, "-n")
    assert [*expected[:2], *expected[-3:]] == codes(entries)
    office.now = "2026-11-24T12:00:00"
    entries = explain(office, "amend", "X-1", "--drop", "X-1", "--drop", "X-3", *A1, status=3)
    assert ["deadline.passed", "amend.empty"] == codes(entries, passed=False)
    assert "2026-11-24T12:00:00+09:00" == find(entries, "deadline.passed")["boundary"]


def test_an_ended_reservation_is_asked_nothing_more(office: OfficeInFolder) -> None:
    """4: what has ended asks that alone; a wish that is true already asks no rule."""
    number = office.book("+1", "10", "X-1")["number"]
    office.json("cancel", number, *A1)
    (entry,) = explain(office, "amend", number, "--drop", "X-1", *A1, status=3)
    assert ("reservation.ended", False) == (entry["code"], entry["passed"])
    assert {"status": "cancelled"} == entry["details"]
    assert [] == explain(office, "cancel", number, *A1)
    outcome = office.run("cancel", number, *A1, "--explain")
    assert outcome.out.endswith("\n\nNo rule was asked.\n")


ROWS = [
    *("X-0,,,,", f"X-1,{D26},10,change,", "X-2,2026-11-27,12,change,"),
    *("X-3,,,coe,", "X-4,,,extension,", f"X-5,,,extension,{D25}", "X-6,2026-11-28,,change,"),
]
HEAD = "number,date,hour,kind,collect_by"


@pytest.mark.parametrize("command", ["plan", "book --from", "book --best-effort --from"])
def test_the_rows_of_a_file(office: OfficeInFolder, command: str) -> None:
    """Each row of a file has its own entries, in order; what is booked already has none."""
    office.book("+1", "9", "X-0")
    words = (*command.split(), write_rows(office, *ROWS, head=HEAD))
    entries = explain(office, *words, *A1, status=0 if command == "plan" else 3)
    rows = [each["row"] for each in entries]
    assert sorted(rows) == rows
    found = {row: [each for each in entries if each["row"] == row] for row in rows}
    failed = {3: ["frame.unknown"], 4: ["case.kind"], 7: ["day.closed"]}
    assert {2: [], 5: [], 6: [], **failed} == {
        row: codes(asked, passed=False) for row, asked in found.items()
    }
    whole = BOOKED if command != "plan" else BOOKED[1:]
    assert [whole] * 3 == [codes(found[row]) for row in (2, 5, 6)]
    for asked in found.values():
        assert_in_order(asked)
    assert {"A-1"} == {each["agent"] for each in entries}


def test_rules_name_the_agent_they_were_asked_of(office: OfficeInFolder) -> None:
    office.add_agent("B-2", verify=False)
    office.add_agent("C-3", occupation="educational")
    path = write_rows(office, "X-1", head="number")
    pool = ("--agent", "B-2", "--agent", "C-3")
    entries = explain(office, "plan", path, *pool)
    assert [
        ("agent.unverified", "B-2"),
        ("agent.educational", "C-3"),
        ("case.recipient", "C-3"),
    ] == [(each["code"], each["agent"]) for each in entries if not each["passed"]]
    assert {"B-2", "C-3"} == {each["agent"] for each in entries if each["code"] == "case.kind"}
    table = office.run("plan", path, *pool, "--explain").out
    assert "agent=C-3" in table
    assert "agent=B-2" not in table


@pytest.mark.parametrize(
    ("language", "title", "passed", "failed"),
    [("en", "Rules asked", "passed", "refused"), ("ja", "確認した規則", "適合", "受付不可")],
)
def test_the_table_follows_the_result_and_is_narrow(
    office: OfficeInFolder, language: str, title: str, passed: str, failed: str
) -> None:
    """The table follows the result on stdout, or the error on stderr; it is aligned and narrow."""
    done = office.run(*BOOK, "--explain", "--lang", language)
    lines = table_of(done.out, title)
    assert title not in done.err
    assert len(BOOKED) == sum(line.endswith(passed) for line in lines)
    assert not any(line.endswith(failed) for line in lines)
    error = office.run("book", "+1", "12", "--case", "X-9", *A1, "--explain", "--lang", language)
    assert (3, "") == (error.status, error.out)
    assert error.err.index("[frame.unknown]") < error.err.index(title)
    (line,) = [line for line in table_of(error.err, title) if "frame.unknown" in line]
    assert line.endswith(failed)
    long = "横支在留更新許可" * 3
    rows = [*(f"{row}," for row in ROWS), f"{long}1,,,,,", f"{long}2,,,reentry,,{long}1"]
    path = write_rows(office, *rows, head=f"{HEAD},with")
    file = ("book", "--from", path, *A1, "--best-effort", "-n")
    text = office.run(*file, "--explain", "--lang", language).out
    assert "with=" in text
    tables = "".join(each.partition(f"\n\n{title}")[2] for each in (done.out, error.err, text))
    assert max(map(columns, tables.splitlines())) <= 80


def test_inputs_and_boundaries_in_the_table(office: OfficeInFolder) -> None:
    """A line has code, clause, inputs, boundary and result; subject and more inputs go below it."""
    more = ("--case", "X-2")
    lines = [" ".join(line.split()) for line in table_of(office.run(*BOOK, *more, "--explain").out)]
    at = lines.index("quota.frames 3(2) held=0, left=3, asked=1 3 passed")
    assert "A-1 reading=main" == lines[at + 1]
    at = lines.index("frame.full own held=0, asked=2 40 passed")
    assert "2026-11-25 10:00" == lines[at + 1]
    assert "agent.certificate 1 visit=2026-11-25 2030-03-31 passed" in lines
    at = lines.index("case.kind 1 kind=extension one of 6 passed")
    words = ["change, extension", "permanent, acquisition", "activity, work-certificate"]
    assert ["X-1 limit=", *words] == lines[at + 1 : at + 5]
    # What is allowed stands there once.
    at = lines.index("case.kind 1 kind=extension one of 6 passed", at + 1)
    assert "X-2" == lines[at + 1]


def test_the_table_of_a_file(office: OfficeInFolder) -> None:
    path = write_rows(office, *ROWS, head=HEAD)
    outcome = office.run("book", "--from", path, *A1, "--best-effort", "--explain")
    assert OUTCOME_NAMES["not-placed"] in outcome.out
    _, *rows = "\n".join(table_of(outcome.out)).split("row ")
    assert [*"2345678"] == [row.split()[0] for row in rows]
    assert re.search(r"frame.unknown +3\(2\) +limit= +one of 6 +refused\n2026-11-27 12:00", rows[2])


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_csv_is_explained_on_stderr(office: OfficeInFolder, quiet: tuple[str, ...]) -> None:
    """With -f csv the explanation goes to stderr and stdout stays as it is; -o FILE has both."""
    plain = office.run(*BOOK, "-n", "-f", "csv", *quiet)
    explained = office.run(*BOOK, "-n", "-f", "csv", "--explain", *quiet)
    assert (0, plain.out) == (explained.status, explained.out)
    assert "quota.frames" in explained.err
    assert "quota.frames" not in plain.err
    path = office.folder / "out.txt"
    office.run(*BOOK, "-n", "--explain", "-o", str(path))
    assert "quota.frames" in path.read_text("utf-8")


@pytest.mark.parametrize(
    "command",
    [
        "book +1 10 --case X-1",
        "book +1 12 --case X-9",
        "amend H-1 --drop H-2",
        "amend H-1 --add H-3",
        "cancel Y261125-0001-7",
        "book --from FILE",
        "book --best-effort --from FILE",
        "plan FILE",
    ],
)
def test_explain_only_adds(office: OfficeInFolder, command: str) -> None:
    office.book("+1", "9", "H-1", "H-2")
    file = write_rows(office, *ROWS, head=HEAD)
    line = [file if part == "FILE" else part for part in command.split()] + [*A1]
    line += [] if line[0] == "plan" else ["-n"]
    plain, explained = (office.run(*line, "-f", "json", *more) for more in ((), ("--explain",)))
    assert plain.status == explained.status
    before, after = ((x.error if plain.err else x.json) for x in (plain, explained))
    assert after.pop("explain")
    assert plain.err or after.pop("now") == f"{office.now}+09:00"
    assert before == after
    texts = [office.run(*line, *more) for more in ((), ("--explain",))]
    assert texts[1].out.startswith(texts[0].out) or texts[0].out == ""


def test_what_is_not_explained_loads_nothing_for_it(office: OfficeInFolder) -> None:
    loaded = load_in(office, *BOOK, "-f", "json").modules
    assert "kofucli.output.rulebook" not in loaded
    assert "kofucli.operations.booking.groups" not in loaded
