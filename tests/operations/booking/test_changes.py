"""Files of changes: ``cancel --from`` and ``amend --from``, all or nothing and done once."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import OfficeInFolder, Outcome
from tests.mail.reading import read_outbox
from tests.operations.support import A1, D25, D26, D27, outcomes, statuses, write_rows

LATE = "2026-11-24T12:00:00"
"""The deadline of visits on 25 November is over, that of later ones is not."""
HEADS = {"cancel": "申請番号", "amend": "申請番号,訂正後"}


def book_visits(office: OfficeInFolder) -> OfficeInFolder:
    office.add_agent("B-2")
    office.book(D25, "10:00", "X-1", "X-2")
    office.book(D26, "10:00", "X-3")
    office.book(D27, "10:00", "Y-1", "Y-2", agent="B-2")
    return office


@pytest.fixture
def full(office: OfficeInFolder) -> OfficeInFolder:
    return book_visits(office)


def change(
    office: OfficeInFolder,
    command: str,
    *rows: str,
    head: str = "",
    options: tuple[str, ...] = ("--office",),
    now: str | None = None,
) -> Outcome:
    """Run ``command --from`` with these rows; return the outcome of the run."""
    path = write_rows(office, *rows, head=head or HEADS[command])
    return office.run(command, "--from", path, *options, "-f", "json", now=now)


def numbers(office: OfficeInFolder) -> list[str]:
    """Return the numbers of the active cases in active visits."""
    found = office.json("list")["reservations"]
    return sorted(c["number"] for r in found for c in r["cases"] if c["status"] == "active")


def rows_told(refused: Outcome) -> list[str]:
    """Return the rows that the problems of bad input name."""
    assert 5 == refused.status, refused
    return [each["where"].split(",")[0] for each in refused.error["problems"]]


@pytest.mark.parametrize(
    ("command", "rows", "expected", "left", "mails"),
    [
        pytest.param(
            *("cancel", ("Ｙ－１", "X-3", "Y-2"), ["cancelled"] * 3, ["X-1", "X-2"]),
            ("cancelled", 2),
            id="cancel",
        ),
        pytest.param(
            *("amend", ("X-1,X-11", "X-2,", "Y-1,Y-1", "Y-2,ｙ－２２", "X-3,X-33")),
            ["corrected", "dropped", "already", "corrected", "corrected"],
            ["X-11", "X-33", "Y-1", "Y-22"],
            ("amended", 3),
            id="amend",
        ),
    ],
)
def test_a_file_changes_many_visits_once(
    full: OfficeInFolder,
    command: str,
    rows: tuple[str, ...],
    expected: list[str],
    left: list[str],
    mails: tuple[str, int],
) -> None:
    lines = len(full.ledger())
    done = change(full, command, *rows)
    assert (0, expected) == (done.status, outcomes(done.json))
    assert mails[1] == len(done.json["reservations"]) == len(read_outbox(full, mails[0]))
    assert left == numbers(full)
    assert lines + 1 == len(full.ledger())
    before = full.bytes()
    again = change(full, command, *rows, now="2026-11-26T12:00:00")
    assert (0, False) == (again.status, again.json["changed"])
    assert {"already"} == set(outcomes(again.json))
    assert before == full.bytes()


def test_a_correction_is_done_though_its_visit_was_cancelled_since(full: OfficeInFolder) -> None:
    rows = ("X-3,X-33", "X-1,X-1")
    assert 0 == change(full, "amend", *rows).status
    full.json("cancel", "X-33", *A1)
    assert ["already"] * 2 == outcomes(change(full, "amend", *rows).json)


def test_a_visit_named_in_part_is_bad_input(full: OfficeInFolder) -> None:
    before = full.bytes()
    refused = change(full, "cancel", "X-3", "X-2", "Y-1")
    assert ["row 3", "row 4"] == rows_told(refused)
    messages = [each["message"] for each in refused.error["problems"]]
    assert ["X-1", "Y-2"] == [m.split("cases: ")[1].split(".")[0] for m in messages]
    assert before == full.bytes()


def test_problems_stand_in_the_order_of_their_rows(full: OfficeInFolder) -> None:
    """Whatever is wrong with a row: zeros are lost, a visit is named in part, no such case."""
    full.book("2026-11-30", "10:00", "00012345")
    refused = change(full, "cancel", "X-2", "Q-9", "Y-1", "12345")
    assert ["row 2", "row 3", "row 4", "row 5"] == rows_told(refused)
    refused = change(full, "amend", "1E+5,X-9", "合計,", "X-1,1E+5", head="number,new")
    assert ["row 2", "row 3", "row 4"] == rows_told(refused)


def test_a_case_that_was_dropped_is_cancelled_already_and_not_corrected(
    full: OfficeInFolder,
) -> None:
    full.json("amend", "X-1", "--drop", "X-2", *A1)
    assert ["row 3"] == rows_told(change(full, "amend", "X-1,X-11", "X-2,X-22"))
    done = change(full, "cancel", "X-1", "X-2", "X-1")
    assert (0, ["cancelled", "already", "cancelled"]) == (done.status, outcomes(done.json))


@pytest.mark.parametrize(("command", "end"), [("cancel", ""), ("amend", ",")])
def test_a_case_that_is_not_ones_own_is_bad_input(
    full: OfficeInFolder, command: str, end: str
) -> None:
    before = full.bytes()
    rows = (f"{number}{end}" for number in ("X-3", "Q-9", "Y-1", "Y-2"))
    assert ["row 3", "row 4", "row 5"] == rows_told(change(full, command, *rows, options=A1))
    assert before == full.bytes()


@pytest.mark.parametrize(
    ("command", "rows", "now", "codes", "expected"),
    [
        pytest.param(
            *("cancel", ("X-1", "X-2", "X-3"), LATE, ["deadline.passed"]),
            ["refused", "refused", "not-changed"],
            id="one visit after its deadline keeps all others",
        ),
        pytest.param(
            *("amend", ("X-1,Y-1", "X-2,X-22", "X-3,"), None, ["case.duplicate", "amend.empty"]),
            ["refused", "not-changed", "refused"],
            id="each is told at its row",
        ),
        pytest.param(
            *("amend", ("X-1,Z-1", "X-3,Z-1"), None, ["case.duplicate"]),
            ["refused", "refused"],
            id="one number twice",
        ),
    ],
)
def test_the_rules_are_those_of_the_single_command(
    full: OfficeInFolder,
    command: str,
    rows: tuple[str, ...],
    now: str | None,
    codes: list[str],
    expected: list[str],
) -> None:
    before = full.bytes()
    refused = change(full, command, *rows, now=now)
    assert (3, codes) == (refused.status, refused.codes)
    assert expected == outcomes(refused.error)
    counts = {name.replace("_", "-"): n for name, n in refused.error["counts"].items() if n}
    assert {each: expected.count(each) for each in expected} == counts
    assert before == full.bytes()


def test_a_refusal_names_the_rows_with_their_codes(full: OfficeInFolder) -> None:
    path = write_rows(full, "X-1,Y-1", "X-2,X-22", "X-3,", head=HEADS["amend"])
    told = full.run("amend", "--from", path, "--office").err
    assert "row 2, case X-1: case.duplicate\n  row 4, case X-3: amend.empty\n" in told


def test_a_visit_that_was_missed_is_no_cancelled_one(full: OfficeInFolder) -> None:
    evening = f"{D25}T18:00:00"
    full.run("desk", "close-day", D25, "--all-no-show", "-y", now=evening)
    for command, row in (("cancel", "X-1"), ("amend", "X-1,X-11")):
        refused = change(full, command, row, now=evening)
        assert (3, ["reservation.ended"]) == (refused.status, refused.codes)


@pytest.mark.parametrize(
    "rows",
    [
        ("X-1,X-2", "X-2,X-1"),
        ("X-1,X-2", "X-2,X-9"),
        ("X-1,X-8", "X-1,X-9"),
        ("X-1,X-8", "X-1,"),
        ("X-2,", "Y-1,X-2"),  # who reads the file twice could not tell what was done
        ("X-1,合計",),
        ("X-1,Y261125-0001-7",),
        ("X-1,なし",),
        ("X-1,123456789018",),
        (",X-9",),
    ],
)
def test_what_is_unsure_stops_the_file(full: OfficeInFolder, rows: tuple[str, ...]) -> None:
    before = full.bytes()
    refused = change(full, "amend", *rows)
    assert 5 == refused.status, refused
    assert "123456789018" not in refused.err
    assert before == full.bytes()


def test_a_line_that_ends_early_drops_nothing(full: OfficeInFolder) -> None:
    refused = change(full, "amend", "X-1", "X-2,X-22")
    assert (5, ["row 2"]) == (refused.status, refused.places[:1])
    assert ["dropped"] == outcomes(change(full, "amend", "X-1,", options=("--office", "-n")).json)


def test_corrections_never_cancel_and_a_list_of_cases_never_drops(full: OfficeInFolder) -> None:
    wrong = change(full, "cancel", "X-3,X-33", head=HEADS["amend"])
    assert (5, True) == (wrong.status, "amend --from" in wrong.err)
    wrong = change(full, "amend", "X-3", head=HEADS["cancel"])
    assert (5, True) == (wrong.status, "訂正後" in wrong.err)
    assert {"active"} == set(statuses(full).values())


@pytest.mark.parametrize(
    "heading",
    [
        "訂正後",
        "変更後",
        "訂正後の番号",
        "新申請番号",
        "申請番号（訂正後）",
        "新予約日",
        "予約日(変更後)",
    ],
)
def test_corrections_are_not_booked(full: OfficeInFolder, heading: str) -> None:
    """Which of the two numbers is meant, nobody knows."""
    path = write_rows(full, "N-1,,N-2", head=f"申請番号,予約日,{heading}")
    for line in (("book", "--from", path), ("plan", path)):
        outcome = full.run(*line, *A1)
        assert 5 == outcome.status
        assert heading in outcome.err
        assert "amend --from" in outcome.err


@pytest.mark.parametrize(
    ("line", "head", "rows", "told"),
    [
        ("book", "申請番号,取消", ("N-1,", "N-2,○"), "3"),
        ("plan", "申請番号,キャンセル日", ("N-1,2026-11-20", "N-2,"), "2"),
        ("cancel", "申請番号,取消", ("X-1,○", "X-2,○", "X-3,"), "2, 3"),
        ("amend", "申請番号,訂正後,不要", ("X-1,X-11,", "X-3,,レ"), "3"),
        ("plan", "申請番号,取り消し", ("N-1,", "N-2,×"), ""),
        ("cancel", "申請番号,ｷｬﾝｾﾙ", ("X-1,済", "X-2,済", "X-3,済"), ""),
        ("plan", "申請番号,取消理由", ("N-1,", "N-2,転居"), "3"),
        ("plan", "申請番号,変更・取消の期限", ("N-1,11:59", "N-2,"), ""),
        ("cancel", "申請番号,取消欄", ("X-1,○", "X-2,○", "X-3,"), "2, 3"),
        ("cancel", "申請番号,処理", ("X-1,取消", "X-2,そのまま"), "2"),
        ("plan", "申請番号,予約状況", ("N-1,取消", "N-2,予約"), "2"),
        ("plan", "申請番号,状況", ("N-1,", "N-2,保留"), "3"),
        ("plan", "申請番号,取消期限,変更期限", ("N-1,2026-11-24,11:59", "N-2,,"), ""),
        ("plan", "申請番号,is_cancelled", ("N-1,1", "N-2,0"), "2"),
        ("plan", "申請番号,委任状,不要書類", ("N-1,不要,封筒", "N-2,要,"), ""),
        ("plan", "申請番号,キャンセルポリシー,対象外国人", ("N-1,前日まで,甲", "N-2,,乙"), ""),
    ],
)
def test_a_column_that_marks_rows_as_off_decides_nothing_in_silence(
    full: OfficeInFolder, line: str, head: str, rows: tuple[str, ...], told: str
) -> None:
    """Whether the rows that it marks are meant, or the others, nobody knows."""
    path = write_rows(full, *rows, head=head)
    words = ("plan", path) if line == "plan" else (line, "--from", path)
    done = full.run(*words, "--agent", "A-1", "-f", "json")
    assert (5 if told else 0) == done.status, done
    if told:
        (problem,) = (each for each in done.error["problems"] if "marks" in each["message"])
        assert head.rpartition(",")[2] in problem["where"]
        assert f"rows: {told}. " in problem["message"]


def test_usual_headings_are_read_and_other_columns_ignored(full: OfficeInFolder) -> None:
    head = "訂正前,訂正後,氏名"
    done = change(full, "amend", "X-1,X-11,甲", head=head, options=("--office", "-n")).json
    assert ["corrected"] == outcomes(done)
    assert ["Columns not known here were ignored: 氏名"] == done["warnings"]
    path = Path(full.folder) / "c.csv"
    path.write_bytes("申請番号,訂正後\r\nX-1,X-11\r\n".encode("cp932"))
    assert full.json("amend", "--from", str(path), "--office", "-n")["changed"]


@pytest.mark.parametrize(
    ("second", "expected"), [('"new": null', ["corrected", "dropped"]), ("", None)]
)
def test_an_object_says_what_becomes_of_its_case(
    full: OfficeInFolder, second: str, expected: list[str] | None
) -> None:
    """A key that is left out drops no case: null does."""
    path = Path(full.folder) / "c.json"
    more = f", {second}" if second else ""
    path.write_text(f'[{{"number": "X-1", "new": "X-8"}}, {{"number": "X-2"{more}}}]', "utf-8")
    outcome = full.run("amend", "--from", str(path), *A1, "-f", "json")
    if expected:
        assert expected == outcomes(outcome.json)
    else:
        assert ["row 2"] == rows_told(outcome)


def test_a_dry_run_is_explained_at_the_first_row_of_each_visit(full: OfficeInFolder) -> None:
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
def test_either_a_number_or_a_file_is_needed(full: OfficeInFolder, line: tuple[str, ...]) -> None:
    assert 2 == full.run(*line, *A1).status


@pytest.mark.parametrize("options", [("-f", "csv"), ("-f", "xlsx"), ("-f", "xlsx", "--lang", "ja")])
def test_a_list_cancels_the_visits_that_it_names(
    full: OfficeInFolder, options: tuple[str, ...]
) -> None:
    full.json("cancel", "X-3", *A1)
    full.book(D26, "11:00", "X-3")
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
@settings(deadline=None)
@given(change_files())
def test_whatever_a_file_changes_it_changes_once(
    founded: OfficeInFolder, files: list[tuple[str, str, list[tuple[str, str]]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        office = book_visits(founded.copy(Path(folder) / "office"))
        for command, now, rows in sorted(files, key=lambda file: file[1]):
            lines = [number if command == "cancel" else f"{number},{new}" for number, new in rows]
            before = office.bytes()
            done = change(office, command, *lines, now=now)
            assert done.status in (0, 3, 5), done
            after = office.bytes()
            assert before == after or (done.status == 0 and done.json["changed"])
            again = change(office, command, *lines, now=now)
            assert (done.status, after) == (again.status, office.bytes())
            assert done.status or {"already"} == set(outcomes(again.json))
