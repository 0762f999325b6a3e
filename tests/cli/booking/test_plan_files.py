"""Plans as files: CSV that a spreadsheet opens and ``book --from`` reads; a file for each agent."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from tests.conftest import OfficeInFolder
from tests.operations.support import outcomes, write_rows
from tests.store.support import full_arguments, process_environment
from tests.support.needs import mode_of
from tests.support.terminal import columns

A1 = ("--agent", "A-1")
FORMULA = '=HYPERLINK("http://x")'


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def read_csv(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV."""
    return list(csv.DictReader(StringIO(text, newline="")))


@pytest.mark.parametrize("command", ["plan", "book --from"])
def test_formulas_are_defused(office: OfficeInFolder, command: str) -> None:
    """CSV is opened by spreadsheets: what looks like a formula gets an apostrophe; --raw: none."""
    quoted = FORMULA.replace('"', '""')
    rows = (f'X-1,"{quoted}"', "-2,+81 55", "X-3,@SUM(A1)", "X-4,plain", "X-5,'quoted'")
    words = (*command.split(), write_rows(office, *rows, head="number,note"), *A1, "-f", "csv")
    for raw, mark in (((), "'"), (("--raw",), "")):
        found = read_csv(office.run(*words, *raw).out)
        notes = [f"{mark}{note}" for note in (FORMULA, "+81 55", "@SUM(A1)")]
        assert [*notes, "plain", "'quoted'"] == [row["note"] for row in found]
        assert ["X-1", f"{mark}-2", "X-3", "X-4", "X-5"] == [row["number"] for row in found]


NOTES = (
    "first\nsecond\r\nthird\rfourth\tfifth",
    "\t=1+1",
    "\r\n",
    "'=1+1",
    "''@x",
    "'",
    "it's",
    "= \u202e\x1b[31m 'red' \u200b",
    "C:\\users\\u001b \\u005c \\",
    '"quoted", with; all\tdelimiters',
    " two spaces ",
    FORMULA,
    "+81 55",
    "@SUM(A1)",
)
"""Notes that something on the way might change."""


@pytest.mark.parametrize("options", [(), ("--raw",), ("-o",)])
def test_notes_come_back_as_they_were(
    office: OfficeInFolder, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """plan -f csv, then book --from: whatever a note holds, its lines and apostrophes stay."""
    source, planned = tmp_path / "notes.json", tmp_path / "plan.csv"
    numbers = [f"-{at}" if at == 1 else f"X-{at:02d}" for at in range(len(NOTES))]
    rows = [{"number": at, "note": note} for at, note in zip(numbers, NOTES, strict=True)]
    source.write_text(json.dumps(rows), "utf-8")
    if options == ("-o",):
        assert 0 == office.run("plan", str(source), *A1, "-f", "csv", "-o", str(planned)).status
        assert planned.read_bytes().startswith(b"\xef\xbb\xbf")
    else:
        text = office.run("plan", str(source), *A1, "-f", "csv", *options).out
        assert not set("\u202e\x1b\u200b") & set(text)
        planned.write_bytes(text.encode())
    document = office.json("book", "--from", str(planned), *A1)
    found = {row["case"]: row["note"] for row in document["rows"]}
    assert dict(zip(numbers, NOTES, strict=True)) == found


def test_csv_holds_what_was_placed_and_a_note_counts_the_rest(office: OfficeInFolder) -> None:
    """The CSV of a plan holds what was placed; a note counts the other rows."""
    path = write_rows(office, "X-1,", "X-2,2026-11-28", head="number,date")
    outcome = office.run("plan", path, *A1, "-f", "csv")
    assert (0, ["X-1"]) == (outcome.status, [row["number"] for row in read_csv(outcome.out)])
    assert "Rows that are not in the case file, which holds what was placed: 1" in outcome.err
    path = write_rows(office, "X-1,", head="number,date")
    assert "" == office.run("plan", path, *A1, "-f", "csv").err


def test_book_reads_what_plan_writes_through_a_pipe(office: OfficeInFolder) -> None:
    """A plan's CSV goes through a pipe: book --from - reads what plan writes."""
    path = write_rows(office, "X-1,", "X-2,", head="number,date")
    text = office.run("plan", path, *A1, "-f", "csv").out
    command = ("book", "--from", "-", *A1, "-f", "csv")
    done = subprocess.run(
        [sys.executable, "-m", "kofucli", *full_arguments(office, *command)],
        input=text.encode(),
        capture_output=True,
        check=True,
        env=process_environment(),
    )
    assert ["booked", "booked"] == [row["Outcome"] for row in read_csv(done.stdout.decode())]


def test_a_table_is_no_wider_than_it_must_be(office: OfficeInFolder) -> None:
    """A table fits 80 columns: numbers and codes share a column, left out where there are none."""
    path = write_rows(office, "X-1,2026-11-26,10")
    heading = office.run("plan", path, *A1).out.splitlines()[0]
    assert ["Row", "Case", "Outcome", "Agent", "Frame"] == heading.split()
    path = write_rows(office, "横支更20261102345,2026-11-26,10", "X-2,2026-11-28,10")
    command = ("book", "--from", path, *A1, "--best-effort")
    heading, *_, booked, refused = shown = office.run(*command).out.splitlines()[:4]
    assert heading.endswith("Frame             Number / codes")
    assert booked.endswith("2026-11-26 10:00  Y261126-0001-R")
    assert refused.endswith("2026-11-28 10:00  day.closed")
    assert max(map(columns, shown)) <= 80


@pytest.fixture
def pool(office: OfficeInFolder) -> tuple[str, ...]:
    """Return the options of a plan for two agents, whose files go into ``shares``."""
    office.add_agent("B-2")
    return (*A1, "--agent", "B-2", "--split", str(office.folder / "shares"))


def test_split_writes_a_case_file_for_each_agent(
    office: OfficeInFolder, pool: tuple[str, ...]
) -> None:
    """plan --split: a case file for each agent, which that agent books as it was planned."""
    folder = office.folder / "shares"
    path = write_rows(office, *(f"X-{n},=1+{n}" for n in range(35)), head="number,note")
    before = office.bytes()
    planned = office.json("plan", path, *pool)
    assert before == office.bytes()
    assert (["A-1.csv", "B-2.csv"], 0o700) == (names(folder), mode_of(folder))
    assert sorted(planned["files"]) == [str(folder / name) for name in names(folder)]
    found = {}
    for agent in ("A-1", "B-2"):
        share = folder / f"{agent}.csv"
        assert 0o600 == mode_of(share)
        document = office.json("book", "--from", str(share), "--agent", agent)
        assert {"booked"} == set(outcomes(document))
        assert all(row["note"] == f"=1+{row['case'][2:]}" for row in document["rows"])
        found.update({row["case"]: (agent, row["date"], row["start"]) for row in document["rows"]})
    assert found == {
        row["case"]: (row["agent"], row["date"], row["start"]) for row in planned["rows"]
    }


def test_split_refuses_files_of_another_plan(office: OfficeInFolder, pool: tuple[str, ...]) -> None:
    """plan --split refuses a folder with other case files (5): it holds the files of one plan."""
    folder = office.folder / "shares"
    many = write_rows(office, *(f"X-{n}" for n in range(35)), head="number")
    assert 0 == office.run("plan", many, *pool).status
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    few = write_rows(office, "Y-1", head="number")
    for options in (pool, (*A1, "--split", str(folder))):
        outcome = office.run("plan", few, *options, "-f", "json")
        assert (5, "") == (outcome.status, outcome.out)
        assert "B-2.csv" in outcome.error["problems"][0]["message"]
        assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "B-2.csv").rename(folder / "OLD.CSV")
    assert "OLD.CSV" in office.run("plan", few, *pool).err
    (folder / "OLD.CSV").rename(folder / "notes.txt")
    assert 0 == office.run("plan", few, *pool).status
    assert ["A-1.csv", "notes.txt"] == names(folder)
    assert b"Y-1" in (folder / "A-1.csv").read_bytes()


def test_split_makes_no_folder_for_nothing(office: OfficeInFolder, tmp_path: Path) -> None:
    """A plan that places nothing makes no folder; a share that is there stays; a file is none."""
    folder = tmp_path / "shares"
    words = ("plan", write_rows(office, "X-1,2026-11-28,10"), *A1, "--split", str(folder))
    assert 0 == office.run(*words).status
    assert not folder.exists()
    folder.mkdir()
    (folder / "A-1.csv").write_text("number\n", "utf-8")
    assert 5 == office.run(*words).status
    assert 5 == office.run(*words[:-1], str(folder / "A-1.csv")).status
