"""docs/clauses.md, walked: its commands run and show what it says, and its tests are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder, run_command
from tests.docs.pages import codes, read_page, read_tables

ROOT = Path(__file__).parents[2]
PAGE = read_page("clauses")
ROWS = read_tables(PAGE, "Clause", "What it says", "Command", "Shows", "Test")
RUN = [row for row in ROWS if row[2].startswith("`kofucli ")]  # the sentences that a command shows
NOTICE = {
    *("1", *(f"1({n})" for n in range(1, 7)), "1(ア)", "1(イ)", "1(ウ)", "1(エ)", "1(*1)", "1(*2)"),
    *("2(1)", "2(2)", "2(3)", "3(1)", "3(2)", "3(2)※", "4(1)", "4(2)", "4(3)", "5"),
    *(f"6({n})" for n in range(1, 6)),
}
TERMS = {"1", "2", *(f"3({n})" for n in range(1, 7)), "4", "5", "5(1)", "5(2)", "6"}


@pytest.fixture(scope="module")
def walked(founded: OfficeInFolder, tmp_path_factory: pytest.TempPathFactory) -> OfficeInFolder:
    office = founded.copy(tmp_path_factory.mktemp("clauses"))
    office.add_agent("B-2", occupation="host-organization")
    office.add_agent("C-3", occupation="educational")
    office.add_agent("E-5", valid_until="2026-11-24")
    office.add_agent("F-6")
    office.json("agent", "suspend", "F-6", "--reason", "test")
    office.add_agent("N-9", terms=False)
    office.book("+1", "10", "X-1", "X-2")
    office.book("+2", "10", "X-3")
    return office


@pytest.mark.parametrize("row", RUN, ids=[f"{row[0]} {row[1][:40]}" for row in RUN])
def test_a_command_shows_what_the_page_says(
    walked: OfficeInFolder, tmp_path: Path, row: list[str]
) -> None:
    (line,) = codes(row[2])
    now = () if "--now" in line else ("--now", "2026-11-24T10:00")
    config = walked.copy(tmp_path).config
    outcome = run_command(*shlex.split(line)[1:], "--config", str(config), *now)
    assert outcome.status in (0, 3, 4, 5), outcome.err
    said = re.sub(r"\s", "", outcome.out + outcome.err)
    shown = codes(row[3])
    assert shown
    for text in shown:
        assert re.sub(r"\s", "", text) in said


@pytest.mark.parametrize("path", sorted({row[4].strip("`") for row in ROWS}))
def test_each_test_that_the_page_names_is_there(path: str) -> None:
    name, _, function = path.partition("::")
    text = (ROOT / name).read_text("utf-8")
    assert name.endswith(".toml") if not function else f"\ndef {function}(" in text


def test_what_does_not_apply_is_explained() -> None:
    """A sentence that no command shows names the rulebook, where the reason stands."""
    others = [row for row in ROWS if row not in RUN]
    assert len(others) == 3
    section = read_page("rulebook").partition("## Conditions of use")[2]
    for row in others:
        assert row[2] == "[rulebook](rulebook.md#conditions-of-use)"
        assert all(text in " ".join(section.split()) for text in codes(row[3]))


def test_no_clause_is_left_out_and_none_is_made_up() -> None:
    notice, _, terms = PAGE.partition("## The terms of the online system")
    headings = ("Clause", "What it says", "Command", "Shows", "Test")
    assert {row[0] for row in read_tables(notice, *headings)} == NOTICE | {"title"}
    assert {row[0] for row in read_tables(terms, *headings)} == TERMS | {"title"}
