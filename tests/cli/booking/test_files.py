"""Files around book --from and plan: confirmations, formulas in CSV, progress, the example."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import date
from io import StringIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

from kofucli.base.errors import Phrase
from kofucli.base.language import render
from kofucli.cli import progress
from kofucli.cli.app import App
from kofucli.model.numbers import make_number
from tests.cli.test_output import columns
from tests.conftest import OfficeInFolder, Outcome
from tests.needs import mode_of
from tests.operations.support import book_rows, outcomes, statuses, write_rows
from tests.store.support import full_arguments, process_environment
from tests.terminal import run_on_terminal

A1 = ("--agent", "A-1")
ROWS = ("X-1,2026-11-26,10", "X-2,2026-11-26,10", "X-3,2026-11-27,13", "X-4,,")
EXAMPLE = Path(__file__).parents[3] / "examples" / "cases.csv"
FORMULA = '=HYPERLINK("http://x")'


def book_with(office: OfficeInFolder, folder: Path, *options: str) -> Outcome:
    """Book the rows, with confirmations in a folder."""
    return book_rows(office, *ROWS, options=(*A1, "--confirmations", str(folder), *options))


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


# --- confirmations ---------------------------------------------------------------------------


def test_a_confirmation_of_each_reservation(office: OfficeInFolder, tmp_path: Path) -> None:
    """--confirmations: NUMBER.txt for each reservation, as 'confirmation' shows it, for me only."""
    folder = tmp_path / "out"
    document = book_with(office, folder).json
    numbers = [r["number"] for r in document["reservations"]]
    assert sorted(f"{number}.txt" for number in numbers) == names(folder)
    assert [str(folder / f"{number}.txt") for number in numbers] == document["confirmations"]
    assert (0o700, {0o600}) == (mode_of(folder), {mode_of(path) for path in folder.iterdir()})
    for number in numbers:
        shown = office.run("confirmation", number, *A1)
        assert shown.out == (folder / f"{number}.txt").read_text("utf-8")
    first = (folder / f"{numbers[0]}.txt").read_text("utf-8")
    for told in (numbers[0], "X-1", "X-2", "2026-11-26", "代理 A-1"):
        assert told in first


def test_the_table_says_where_confirmations_are(office: OfficeInFolder, tmp_path: Path) -> None:
    """A note says how many were written, and where."""
    path = write_rows(office, *ROWS)
    folder = tmp_path / "out"
    outcome = office.run("book", "--from", path, *A1, "--confirmations", str(folder))
    assert (0, True) == (outcome.status, f"Confirmations written: 2, in {folder}" in outcome.err)


def test_a_second_run_completes_confirmations(office: OfficeInFolder, tmp_path: Path) -> None:
    """A run that was cut off is completed: rows already booked have their confirmations too."""
    folder = tmp_path / "out"
    before = book_rows(office, *ROWS).json
    assert not folder.exists()
    again = book_with(office, folder)
    assert (0, ["already"] * 4) == (again.status, outcomes(again.json))
    assert sorted(f"{r['number']}.txt" for r in before["reservations"]) == names(folder)
    first, second = sorted(folder.iterdir())
    kept = first.read_bytes()
    first.unlink()
    second.write_text("old", "utf-8")
    assert 0 == book_with(office, folder).status
    assert kept == first.read_bytes()
    assert b"X-3" in second.read_bytes()
    assert 2 == len(names(folder))


def test_confirmations_of_what_failed(office: OfficeInFolder, tmp_path: Path) -> None:
    """Refused rows have none; the others of a best effort do."""
    folder = tmp_path / "out"
    options = (*A1, "--best-effort", "--confirmations", str(folder))
    outcome = book_rows(office, "X-1,2026-11-26,10", "X-2,2026-11-28,10", options=options)
    assert (3, ["booked", "refused"]) == (outcome.status, outcomes(outcome.json))
    assert [f"{outcome.json['rows'][0]['reservation']}.txt"] == names(folder)


def test_confirmations_of_several_agents(office: OfficeInFolder, tmp_path: Path) -> None:
    """The office's file has confirmations for all agents, each with its own name."""
    office.add_agent("B-2")
    folder = tmp_path / "out"
    rows = ["X-1,2026-11-26,10,A-1", "X-2,2026-11-26,10,B-2"]
    options = ("--office", "--confirmations", str(folder))
    document = book_rows(office, *rows, head="number,date,hour,agent", options=options).json
    texts = [Path(path).read_text("utf-8") for path in document["confirmations"]]
    assert [["代理 A-1"], ["代理 B-2"]] == [
        [name for name in ("代理 A-1", "代理 B-2") if name in text] for text in texts
    ]


def test_a_dry_run_writes_no_confirmations(office: OfficeInFolder, tmp_path: Path) -> None:
    """A dry run makes no folder and no file, and fills no folder that is there."""
    folder = tmp_path / "out"
    assert 0 == book_with(office, folder, "-n").status
    assert not folder.exists()
    folder.mkdir()
    assert 0 == book_with(office, folder, "-n").status
    assert [] == names(folder)


def test_what_is_refused_makes_no_folder(office: OfficeInFolder, tmp_path: Path) -> None:
    """A folder is made for confirmations, not for a booking that was refused, nor for none."""
    folder = tmp_path / "below" / "out"
    options = (*A1, "--confirmations", str(folder))
    for status, rows, more in (
        (3, ("X-1,2026-11-28,10",), ()),
        (3, ("X-1,2026-11-28,10",), ("--best-effort",)),
        (5, ("X-1,2026-11-26,later",), ()),
        (0, ("X-1,2026-11-26,10,pending",), ()),
    ):
        head = "number,date,hour,review" if not status else "number,date,hour"
        outcome = book_rows(office, *rows, options=(*options, *more), head=head)
        assert (status, False) == (outcome.status, folder.parent.exists())
    assert 0 == book_with(office, folder).status
    assert (2, 0o700) == (len(names(folder)), mode_of(folder))


def test_a_folder_that_is_there_keeps_its_mode(office: OfficeInFolder, tmp_path: Path) -> None:
    """A folder of the user's is used as it is, and what else is in it stays."""
    folder = tmp_path / "out"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "mine.txt").write_text("mine", "utf-8")
    assert 0 == book_with(office, folder).status
    assert (0o755, "mine") == (mode_of(folder), (folder / "mine.txt").read_text("utf-8"))
    assert 3 == len(names(folder))


@pytest.mark.parametrize("options", [(), ("--best-effort",)])
def test_a_file_in_the_way(
    office: OfficeInFolder, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Where the folder cannot be made it is bad input (5), before anything is booked."""
    before = office.bytes()
    (tmp_path / "out").write_text("a file", "utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    paths = ("out", "out/below", "link", "link/below", f"{'x' * 300}/below")
    for folder in map(tmp_path.joinpath, paths):
        outcome = book_with(office, folder, *options)
        assert (5, "") == (outcome.status, outcome.out)
    assert before == office.bytes()
    assert "a file" == (tmp_path / "out").read_text("utf-8")


def test_a_folder_that_cannot_be_written(
    office: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without leave to write is bad input (5), before anything is booked."""
    folder = tmp_path / "out"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):  # who may do everything is refused by nobody
        real = os.access
        monkeypatch.setattr(os, "access", lambda path, how: path != str(folder) and real(path, how))
    before = office.bytes()
    assert 5 == book_with(office, folder).status
    assert before == office.bytes()


def test_a_confirmation_that_cannot_be_written(office: OfficeInFolder, tmp_path: Path) -> None:
    """What cannot be written after booking is aftermath (7): the bookings stand, run again."""
    folder = tmp_path / "out"
    first = make_number("Y", date(2026, 11, 26), 1)
    blocking = folder / f"{first}.txt"
    blocking.mkdir(parents=True)
    outcome = book_with(office, folder)
    assert (7, "aftermath") == (outcome.status, outcome.error["kind"])
    assert ["booked"] * 4 == outcomes(outcome.json)
    assert str(blocking) in outcome.error["message"]
    assert {"active"} == set(statuses(office).values())
    assert 2 == len(statuses(office))
    blocking.rmdir()
    again = book_with(office, folder)
    assert (0, ["already"] * 4, 2) == (again.status, outcomes(again.json), len(names(folder)))
    assert not [name for name in names(folder) if name.startswith(".")]


# --- formulas --------------------------------------------------------------------------------


def read_csv(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV."""
    return list(csv.DictReader(StringIO(text, newline="")))


def write_formulas(office: OfficeInFolder) -> str:
    """Write a case file with notes and a number that a spreadsheet would calculate."""
    quoted = FORMULA.replace('"', '""')
    return write_rows(
        office,
        *(f'X-1,"{quoted}"', "-2,+81 55", "X-3,@SUM(A1)", "X-4,plain", "X-5,'quoted'"),
        head="number,note",
    )


@pytest.mark.parametrize("command", [("plan",), ("book", "--from")])
def test_formulas_are_defused(office: OfficeInFolder, command: tuple[str, ...]) -> None:
    """CSV is opened by spreadsheets: what looks like a formula gets an apostrophe; --raw: none."""
    path = write_formulas(office)
    number = "number" if command == ("plan",) else "case"
    defused = read_csv(office.run(*command, path, *A1, "-f", "csv").out)
    assert [f"'{FORMULA}", "'+81 55", "'@SUM(A1)", "plain", "'quoted'"] == [
        row["note"] for row in defused
    ]
    assert ["X-1", "'-2", "X-3", "X-4", "X-5"] == [row[number] for row in defused]
    raw = read_csv(office.run(*command, path, *A1, "-f", "csv", "--raw").out)
    assert [FORMULA, "+81 55", "@SUM(A1)", "plain", "'quoted'"] == [row["note"] for row in raw]
    assert ["X-1", "-2", "X-3", "X-4", "X-5"] == [row[number] for row in raw]


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


def test_a_plan_fed_back_has_the_same_cases(office: OfficeInFolder, tmp_path: Path) -> None:
    """Everything that a case file says of a case is in the CSV of its plan."""
    head = "number,kind,recipient,birth,with,collect_by,note"
    rows = [
        "X-1,change,professional,no,,2026-11-30,",
        "X-2,acquisition,self,yes,,,'=x",
        "R-3,reentry,self,no,X-1,,a b",
        "X-4,work-certificate,self,no,,,",
    ]
    first = office.json("book", "--from", write_rows(office, *rows, head=head), *A1, "-n")
    text = office.run("plan", write_rows(office, *rows, head=head), *A1, "-f", "csv").out
    assert "agent,date,hour,number,kind,recipient,birth,with,filed,office,review,counter," in text
    planned = tmp_path / "plan.csv"
    planned.write_bytes(text.encode())
    second = office.json("book", "--from", str(planned), *A1, "-n")

    def cases(document: Any) -> list[Any]:
        found = [case for r in document["reservations"] for case in r["cases"]]
        return sorted(found, key=lambda case: str(case["number"]))

    assert cases(first) == cases(second)


def test_what_a_plan_leaves_out(office: OfficeInFolder) -> None:
    """The CSV of a plan holds what was placed; a note counts the other rows."""
    path = write_rows(office, "X-1,", "X-2,2026-11-28", head="number,date")
    outcome = office.run("plan", path, *A1, "-f", "csv")
    assert (0, ["X-1"]) == (outcome.status, [row["number"] for row in read_csv(outcome.out)])
    assert "Rows that are not in the case file, which holds what was placed: 1" in outcome.err
    path = write_rows(office, "X-1,", head="number,date")
    assert "" == office.run("plan", path, *A1, "-f", "csv").err


def test_standard_input(office: OfficeInFolder) -> None:
    """A plan's CSV goes through a pipe: book --from - reads what plan writes."""
    path = write_rows(office, "X-1,", "X-2,", head="number,date")
    text = office.run("plan", path, *A1, "-f", "csv").out
    done = subprocess.run(
        command_line(office, "book", "--from", "-", *A1, "-f", "csv"),
        input=text.encode(),
        capture_output=True,
        check=True,
        env=process_environment(),
    )
    assert ["booked", "booked"] == [row["outcome"] for row in read_csv(done.stdout.decode())]


# --- tables ----------------------------------------------------------------------------------


def test_a_table_is_no_wider_than_it_must_be(office: OfficeInFolder) -> None:
    """Numbers and codes share a column, and it is left out where there are none: 80 columns do."""
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


def test_lists_are_separated_as_the_language_does() -> None:
    """What stands between the items of a list is a matter of the catalog."""
    phrase = Phrase("{names}", names=["a", "b"])
    assert "a, b" == render(phrase, str)
    assert "a、b" == render(phrase, lambda text: {", ": "、"}.get(text, text))


# --- progress --------------------------------------------------------------------------------

IMPATIENT = (
    "import sys\n"
    "from kofucli.cli import progress\n"
    "from kofucli.cli.main import main\n"
    "progress._PATIENCE = -1.0\n"
    "sys.exit(main(sys.argv[1:], {}))\n"
)
"""The program as it is, but for the seconds after which work is shown to be going on."""


def command_line(office: OfficeInFolder, *arguments: str) -> list[str]:
    """Return a command line for another process."""
    return [sys.executable, "-m", "kofucli", *full_arguments(office, *arguments)]


def impatient_line(office: OfficeInFolder, *arguments: str) -> list[str]:
    """Return a command line for another process that shows progress at once."""
    line = [sys.executable, "-c", IMPATIENT]
    return [*line, *full_arguments(office, *arguments)]


def write_many(office: OfficeInFolder) -> str:
    """Write a case file of some thousand rows, few of which have a place."""
    return write_rows(office, *(f"X-{n},2026-11-26,10" for n in range(3000)))


def run_shown(command: list[str]) -> tuple[int, str, str]:
    """Run a command whose stderr is a terminal; return its status, stdout and what was shown."""
    with TemporaryFile() as out:
        status, shown = run_on_terminal(command, process_environment(), stdout=out)
        out.seek(0)
        return status, out.read().decode(), shown.decode()


def test_progress_on_a_terminal(office: OfficeInFolder) -> None:
    """On a terminal work that takes long is shown, on stderr, up to its end."""
    path = write_many(office)
    command = ("book", "--from", path, *A1, "-n", "--best-effort", "-f", "json")
    status, out, shown = run_shown(impatient_line(office, *command))
    assert (3, True) == (status, out.startswith("{"))
    for label in ("Reading", "Booking"):
        assert label in shown
    assert 2 == shown.count("100%")
    status, again, quiet = run_shown(impatient_line(office, *command, "-q"))
    assert (3, out, "") == (status, again, quiet)


@pytest.mark.parametrize("frame", ["2026-11-26,10", ","])
def test_progress_of_a_plan(office: OfficeInFolder, frame: str) -> None:
    """plan shows how far it is after reading too: rows that name a frame, and others."""
    path = write_rows(office, *(f"X-{n},{frame}" for n in range(3000)))
    command = ("plan", path, *A1, "-f", "json")
    status, out, shown = run_shown(impatient_line(office, *command))
    assert (0, True) == (status, out.startswith("{"))
    assert shown.index("Reading") < shown.index("Planning")
    assert "100%" in shown[shown.index("Planning") :]


def test_no_progress_in_a_pipe(office: OfficeInFolder) -> None:
    """Where nobody looks nothing is shown, however long it takes."""
    path = write_many(office)
    done = subprocess.run(
        impatient_line(office, "book", "--from", path, *A1, "-n", "--best-effort", "-f", "json"),
        capture_output=True,
        check=False,
        env=process_environment(),
    )
    assert (3, b"") == (done.returncode, done.stderr)


class _Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 512, 700])
def test_every_item_is_taken_once(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Showing progress changes nothing: each item comes once, in order; over a step it shows."""
    stream = _Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "_PATIENCE", -1.0)
    watch = progress.show_progress(App({"lang": "en", "config": "/nowhere"}, {}), "Reading")
    assert list(range(count)) == list(watch(list(range(count))))
    assert (count >= 256) == ("Reading" in stream.getvalue())


def test_progress_needs_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a second nothing is shown."""
    stream = _Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(progress, "monotonic", lambda: 0.0)
    watch = progress.show_progress(App({"lang": "en", "config": "/nowhere"}, {}), "Reading")
    assert 2000 == len(list(watch(range(2000))))
    assert "" == stream.getvalue()


# --- the example -----------------------------------------------------------------------------


def test_the_example_is_planned_and_booked(office: OfficeInFolder) -> None:
    """examples/cases.csv, which README shows: days as a spreadsheet has them, two rows without.

    The fourth is a Saturday; the last two belong together and go where there is no other visit
    before their last day.
    """
    placed = [("2026-11-26", "10:00")] * 2 + [("2026-11-27", "13:00")]
    planned = office.json("plan", str(EXAMPLE), *A1)
    assert [*["placed"] * 3, "refused", "placed", "placed"] == outcomes(planned)
    places = [(row["date"], row["start"]) for row in planned["rows"]]
    # The last two cost no visit: they go with the first two.
    assert [*placed, ("2026-11-28", "10:00"), *placed[:1] * 2] == places
    assert ["day.closed"] == [each["code"] for each in planned["rows"][3]["refusals"]]
    assert ["山田様", "ジョン様", "依頼書あり", "土曜日は休み", "日時は任せる", "同じ方"] == [
        row["note"] for row in planned["rows"]
    ]
    whole = office.run("book", "--from", str(EXAMPLE), *A1, "-f", "json")
    assert (3, ["day.closed"]) == (whole.status, whole.codes)
    best = office.run("book", "--from", str(EXAMPLE), *A1, "--best-effort", "-f", "json")
    assert (3, places) == (best.status, [(row["date"], row["start"]) for row in best.json["rows"]])
    kinds = [case["kind"] for r in best.json["reservations"] for case in r["cases"]]
    assert ["extension", "change", "extension", "reentry", "permanent"] == kinds
    again = office.run("book", "--from", str(EXAMPLE), *A1, "--best-effort", "-f", "json")
    assert [*["already"] * 3, "refused", "already", "already"] == outcomes(again.json)
    assert [] == again.json["reservations"]


# --- a case file for each agent --------------------------------------------------------------


def test_each_agents_share_of_a_plan(office: OfficeInFolder, tmp_path: Path) -> None:
    """plan --split: a case file for each agent, which that agent books as it was planned."""
    office.add_agent("B-2")
    folder = tmp_path / "shares"
    path = write_rows(office, *(f"X-{n},=1+{n}" for n in range(35)), head="number,note")
    pool = (*A1, "--agent", "B-2", "--split", str(folder))
    before = office.bytes()
    planned = office.json("plan", path, *pool)
    assert before == office.bytes()
    assert (["A-1.csv", "B-2.csv"], 0o700) == (names(folder), mode_of(folder))
    assert sorted(planned["files"]) == [str(folder / name) for name in names(folder)]
    found = {}
    for agent in ("A-1", "B-2"):
        share = folder / f"{agent}.csv"
        document = office.json("book", "--from", str(share), "--agent", agent)
        assert {"booked"} == set(outcomes(document))
        found.update({row["case"]: (agent, row["date"], row["start"]) for row in document["rows"]})
        assert all(row["note"] == f"=1+{row['case'][2:]}" for row in document["rows"])
        assert 0o600 == mode_of(share)
    assert found == {
        row["case"]: (row["agent"], row["date"], row["start"]) for row in planned["rows"]
    }


def test_shares_of_another_plan_are_not_mixed_in(office: OfficeInFolder, tmp_path: Path) -> None:
    """Who books every file of the folder books one plan: other case files there are refused (5)."""
    office.add_agent("B-2")
    folder = tmp_path / "shares"
    pool = (*A1, "--agent", "B-2", "--split", str(folder))
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


def test_nothing_placed_makes_no_folder(office: OfficeInFolder, tmp_path: Path) -> None:
    """plan --split makes no folder for a plan that places nothing; a folder with a share stays."""
    folder = tmp_path / "shares"
    path = write_rows(office, "X-1,2026-11-28,10")
    assert 0 == office.run("plan", path, *A1, "--split", str(folder)).status
    assert not folder.exists()
    folder.mkdir()
    (folder / "A-1.csv").write_text("number\n", "utf-8")
    assert 5 == office.run("plan", path, *A1, "--split", str(folder)).status


def test_a_file_in_the_way_of_shares(office: OfficeInFolder, tmp_path: Path) -> None:
    """plan --split into what is no folder is bad input (5)."""
    (tmp_path / "shares").write_text("a file", "utf-8")
    path = write_rows(office, *ROWS)
    assert 5 == office.run("plan", path, *A1, "--split", str(tmp_path / "shares")).status
