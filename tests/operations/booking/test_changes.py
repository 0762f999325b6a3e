"""Files of changes: ``cancel --from`` and ``amend --from``, all or nothing and done once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import OfficeInFolder
from tests.mail.reading import read_outbox
from tests.operations.support import outcomes, statuses, write_rows

A1 = ("--agent", "A-1")
LATE = "2026-11-24T12:00:00"
"""The deadline of visits on 25 November is over, that of later ones is not."""


@pytest.fixture
def full(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with visits of two agents."""
    office.add_agent("B-2")
    office.book("2026-11-25", "10:00", "X-1", "X-2")
    office.book("2026-11-26", "10:00", "X-3")
    office.book("2026-11-27", "10:00", "Y-1", "Y-2", agent="B-2")
    return office


def change(
    office: OfficeInFolder,
    command: str,
    *rows: str,
    head: str | None = None,
    options: tuple[str, ...] = ("--office",),
    now: str | None = None,
) -> Any:
    """Run ``command --from`` with these rows; return the outcome of the run."""
    path = write_rows(
        office, *rows, head=head or {"cancel": "申請番号"}.get(command, "申請番号,訂正後")
    )
    return office.run(command, "--from", path, *options, "-f", "json", now=now)


def numbers(office: OfficeInFolder, status: str = "active") -> list[str]:
    """Return the case numbers of a status in active visits."""
    found = office.json("list")["reservations"]
    return sorted(c["number"] for r in found for c in r["cases"] if c["status"] == status)


def test_many_visits_are_cancelled_at_once(full: OfficeInFolder) -> None:
    """A file cancels visits of several agents in one line of the ledger; again changes nothing."""
    lines = len(full.json("store", "log")["entries"])
    done = change(full, "cancel", "Ｙ－１", "X-3", "Y-2")
    assert (0, ["cancelled"] * 3, 2) == (
        done.status,
        outcomes(done.json),
        len(done.json["reservations"]),
    )
    assert ["X-1", "X-2"] == numbers(full)
    assert lines + 1 == len(full.json("store", "log")["entries"])
    assert 2 == len(read_outbox(full, "cancelled"))
    before = full.bytes()
    again = change(full, "cancel", "Y-1", "X-3", "Y-2", now="2026-11-26T12:00:00")
    assert (0, ["already"] * 3, False) == (
        again.status,
        outcomes(again.json),
        again.json["changed"],
    )
    assert before == full.bytes()


def test_a_visit_named_in_part_is_bad_input(full: OfficeInFolder) -> None:
    """All visits of which a case is missing are named with it, and nothing is changed."""
    before = full.bytes()
    refused = change(full, "cancel", "X-3", "X-2", "Y-1")
    assert 5 == refused.status
    problems = refused.error["problems"]
    assert [("3", "X-1"), ("4", "Y-2")] == [
        (p["where"].split(",")[0].split()[1], p["message"].split("cases: ")[1].split(".")[0])
        for p in problems
    ]
    assert before == full.bytes()


def test_problems_stand_in_the_order_of_their_rows(full: OfficeInFolder) -> None:
    """Whatever is wrong with a row: zeros are lost, a visit is named in part, no such case."""
    full.book("2026-11-30", "10:00", "00012345")
    refused = change(full, "cancel", "X-2", "Q-9", "Y-1", "12345")
    told = [p["where"].split(",")[0] for p in refused.error["problems"]]
    assert ["row 2", "row 3", "row 4", "row 5"] == told
    refused = change(full, "amend", "1E+5,X-9", "合計,", "X-1,1E+5", head="number,new")
    told = [p["where"].split(",")[0] for p in refused.error["problems"]]
    assert ["row 2", "row 3", "row 4"] == told


def test_a_dropped_case_is_not_missing(full: OfficeInFolder) -> None:
    """Only active cases count: one that was dropped before may be named or not."""
    full.json("amend", "X-1", "--drop", "X-2", *A1)
    done = change(full, "cancel", "X-1", "X-2", "X-1")
    assert (0, ["cancelled", "already", "cancelled"]) == (done.status, outcomes(done.json))


@pytest.mark.parametrize("command", ["cancel", "amend"])
def test_an_unknown_case_is_bad_input(full: OfficeInFolder, command: str) -> None:
    """A case that nobody booked, or that is somebody else's, is named by its row."""
    rows = ("X-3", "Q-9", "Y-1", "Y-2")
    refused = change(full, command, *(f"{row}," for row in rows), head="number,new", options=A1)
    if command == "cancel":
        refused = change(full, command, *rows, options=A1)
    assert 5 == refused.status
    told = [p["where"].split(",")[0] for p in refused.error["problems"]]
    assert ["row 3", "row 4", "row 5"] == told
    assert ["X-1", "X-2", "X-3"] == [n for n in numbers(full) if n.startswith("X")]


def test_refusals_of_all_visits_are_collected(full: OfficeInFolder) -> None:
    """One visit after its deadline keeps all others; the rows say which one."""
    before = full.bytes()
    refused = change(full, "cancel", "X-1", "X-2", "X-3", now=LATE)
    assert (3, ["deadline.passed"]) == (refused.status, refused.codes)
    assert ["refused", "refused", "not-changed"] == outcomes(refused.error)
    assert {"refused": 2, "not_changed": 1} == {
        name: count for name, count in refused.error["counts"].items() if count
    }
    assert before == full.bytes()


def test_what_has_ended_otherwise_is_refused(full: OfficeInFolder) -> None:
    """A visit that was missed is no cancelled one: reservation.ended."""
    full.run("desk", "close-day", "2026-11-25", "--all-no-show", "-y", now="2026-11-25T18:00:00")
    refused = change(full, "cancel", "X-1", now="2026-11-25T18:00:00")
    assert (3, ["reservation.ended"]) == (refused.status, refused.codes)


def test_many_cases_are_corrected_at_once(full: OfficeInFolder) -> None:
    """A file corrects and drops cases of several visits in one line; again changes nothing."""
    rows = ("X-1,X-11", "X-2,", "Y-1,Y-1", "Y-2,ｙ－２２", "X-3,X-33")
    lines = len(full.json("store", "log")["entries"])
    done = change(full, "amend", *rows)
    assert 0 == done.status, done
    expected = ["corrected", "dropped", "already", "corrected", "corrected"]
    assert expected == outcomes(done.json)
    assert ["X-11", "X-33", "Y-1", "Y-22"] == numbers(full)
    assert lines + 1 == len(full.json("store", "log")["entries"])
    assert 3 == len(read_outbox(full, "amended"))
    before = full.bytes()
    again = change(full, "amend", *rows, now="2026-11-26T12:00:00")
    assert (0, ["already"] * 5) == (again.status, outcomes(again.json))
    assert before == full.bytes()
    full.json("cancel", "X-33", *A1)
    assert 0 == change(full, "amend", *rows).status


def test_the_rules_are_those_of_the_single_command(full: OfficeInFolder) -> None:
    """A duplicate number and an empty visit are refused, each told at its row."""
    refused = change(full, "amend", "X-1,Y-1", "X-2,X-22", "X-3,")
    assert (3, ["case.duplicate", "amend.empty"]) == (refused.status, refused.codes)
    assert ["refused", "not-changed", "refused"] == outcomes(refused.error)
    both = change(full, "amend", "X-1,Z-1", "X-3,Z-1")
    assert (3, ["case.duplicate"]) == (both.status, both.codes)


def test_a_number_that_becomes_free_may_be_taken(full: OfficeInFolder) -> None:
    """A case that is dropped from one visit frees its number for a correction in another."""
    path = ("X-2,", "Y-1,X-2")
    refused = change(full, "amend", *path)
    assert 5 == refused.status, "who reads the file twice could not tell what was done"


@pytest.mark.parametrize(
    "rows",
    [
        ("X-1,X-2", "X-2,X-1"),
        ("X-1,X-2", "X-2,X-9"),
        ("X-1,X-8", "X-1,X-9"),
        ("X-1,X-8", "X-1,"),
        ("X-1,合計",),
        ("X-1,Y261125-0001-7",),
        ("X-1,なし",),
        ("X-1,123456789018",),
        (",X-9",),
    ],
)
def test_what_is_unsure_is_bad_input(full: OfficeInFolder, rows: tuple[str, ...]) -> None:
    """Chains, contradictions and what is no number stop the file, and a My Number is not told."""
    before = full.bytes()
    refused = change(full, "amend", *rows)
    assert 5 == refused.status, refused
    assert "123456789018" not in refused.err
    assert before == full.bytes()


def test_the_files_of_the_two_commands_are_not_mixed_up(full: OfficeInFolder) -> None:
    """Corrections never cancel visits, and a list of cases never drops them."""
    wrong = change(full, "cancel", "X-3,X-33", head="申請番号,訂正後")
    assert (5, True) == (wrong.status, "amend --from" in wrong.err)
    wrong = change(full, "amend", "X-3", head="申請番号")
    assert (5, True) == (wrong.status, "訂正後" in wrong.err)
    assert {"active"} == set(statuses(full).values())


def test_usual_headings_and_other_columns(full: OfficeInFolder) -> None:
    """訂正前 and 訂正後 are read in every form; other columns are ignored with one note."""
    done = change(
        full, "amend", "X-1,X-11,甲", head="訂正前,訂正後,氏名", options=("--office", "-n")
    )
    assert ["corrected"] == outcomes(done.json)
    assert ["Columns not known here were ignored: 氏名"] == done.json["warnings"]
    path = Path(full.folder) / "c.csv"
    path.write_bytes("申請番号,訂正後\r\nX-1,X-11\r\n".encode("cp932"))
    assert full.json("amend", "--from", str(path), "--office", "-n")["changed"]
    path.write_text('[{"number": "X-1", "new": "X-11"}, {"number": "X-2", "new": null}]', "utf-8")
    found = full.json("amend", "--from", str(path), "--office", "-n")
    assert ["corrected", "dropped"] == outcomes(found)


def test_explained_and_dry(full: OfficeInFolder) -> None:
    """-n changes nothing, and --explain tells the rules of each visit at its first row."""
    before = full.bytes()
    done = change(full, "cancel", "X-1", "X-2", "X-3", options=(*A1, "-n", "--explain"))
    assert {1, 3} == {entry["row"] for entry in done.json["explain"]}
    assert (True, True) == (done.json["dry_run"], done.json["changed"])
    assert before == full.bytes()


@pytest.mark.parametrize(
    "line",
    [
        ("cancel",),
        ("amend", "--drop", "X-1"),
        ("cancel", "X-1", "--from", "f"),
        ("amend", "--from", "f", "--drop", "X-1"),
        ("cancel", "X-1", "--sheet", "s"),
        ("cancel", "--from", "f", "--scenario", "s.toml"),
    ],
)
def test_wrong_usage(full: OfficeInFolder, line: tuple[str, ...]) -> None:
    """A number or --from is needed, and one of them only."""
    assert 2 == full.run(*line, *A1).status


@pytest.mark.parametrize("options", [("-f", "csv"), ("-f", "xlsx"), ("-f", "xlsx", "--lang", "ja")])
def test_a_list_is_fed_to_cancel(full: OfficeInFolder, options: tuple[str, ...]) -> None:
    """A list names visit and case: of a case that is in two visits the one that is named."""
    full.json("cancel", "X-3", *A1)
    full.book("2026-11-26", "11:00", "X-3")
    path = str(Path(full.folder) / f"list.{options[1]}")
    assert 0 == full.run("list", "--status", "cancelled", *options, "-o", path).status
    done = full.json("cancel", "--from", path, "--office")
    assert (["already"], []) == (outcomes(done), done["warnings"])
    assert 0 == full.run("list", "--all", *options, "-o", path).status
    done = full.json("cancel", "--from", path, "--office")
    assert 5 == outcomes(done).count("cancelled")


@st.composite
def change_files(draw: st.DrawFn) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Draw files: the command, the instant, and rows of a case and its number afterwards."""
    cases = st.sampled_from(["X-1", "X-2", "X-3", "Y-1", "Y-2", "Q-1"])
    new = st.sampled_from(["", "X-1", "X-11", "X-12", "Y-2", "Y-11", "Z-1"])
    rows = st.lists(st.tuples(cases, new), min_size=1, max_size=5)
    nows = st.sampled_from(["2026-11-24T10:00:00", LATE, "2026-11-26T12:00:00"])
    files = st.tuples(st.sampled_from(["cancel", "amend"]), nows, rows)
    return draw(st.lists(files, min_size=1, max_size=3))


@pytest.mark.deep
@given(change_files())
def test_a_second_run_changes_nothing(
    founded: OfficeInFolder, files: list[tuple[str, str, list[tuple[str, str]]]]
) -> None:
    """Whatever a file changes, it changes once; what fails changes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        _run_twice(founded.copy(Path(folder) / "office"), files)


def _run_twice(office: OfficeInFolder, files: list[tuple[str, str, list[tuple[str, str]]]]) -> None:
    office.add_agent("B-2")
    office.book("2026-11-25", "10:00", "X-1", "X-2")
    office.book("2026-11-26", "10:00", "X-3")
    office.book("2026-11-27", "10:00", "Y-1", "Y-2", agent="B-2")
    for command, now, rows in sorted(files, key=lambda file: file[1]):
        lines = [number if command == "cancel" else f"{number},{new}" for number, new in rows]
        before = office.bytes()
        done = change(office, command, *lines, now=now)
        assert done.status in (0, 3, 5), done
        after = office.bytes()
        if done.status != 0 or not done.json["changed"]:
            assert before == after
        again = change(office, command, *lines, now=now)
        assert done.status == again.status
        assert after == office.bytes()
        if done.status == 0:
            assert {"already"} == set(outcomes(again.json))


@pytest.mark.parametrize("heading", ["訂正後", "訂正後の番号", "新申請番号"])
def test_corrections_are_not_booked(full: OfficeInFolder, tmp_path: Path, heading: str) -> None:
    """Which of the two numbers is meant, nobody knows; so 'book' and 'plan' stop."""
    path = tmp_path / "F.csv"
    path.write_text(f"申請番号,{heading}\nN-1,N-2\n", "utf-8")
    for line in (("book", "--from", str(path)), ("plan", str(path))):
        outcome = full.run(*line, "--agent", "A-1")
        assert outcome.status == 5
        assert heading in outcome.err
        assert "amend --from" in outcome.err


def test_an_object_that_does_not_say_what_becomes_of_its_case(
    full: OfficeInFolder, tmp_path: Path
) -> None:
    """A key that is left out drops no case: null or "" does."""
    path = tmp_path / "F.json"
    path.write_text('[{"number": "X-1", "new": "X-8"}, {"number": "X-2"}]', "utf-8")
    outcome = full.run("amend", "--from", str(path), "--agent", "A-1")
    assert outcome.status == 5
    assert "row 2" in outcome.err
