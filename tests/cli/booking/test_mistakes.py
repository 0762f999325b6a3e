"""Wrong files for book --from and plan: every mistake is named at once, no My Number is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kofucli.base.text import looks_like_my_number
from tests.conftest import OfficeInFolder
from tests.operations.support import A1, book_rows, outcomes, write_rows

TWELVE = next(f"12345678901{x}" for x in range(10) if looks_like_my_number(f"12345678901{x}"))
"""Twelve digits of which the last one is a My Number's check digit."""
HYPHENED = f"{TWELVE[:4]}-{TWELVE[4:8]}-{TWELVE[8:]}"
WIDE = TWELVE.translate({ord("0") + at: 0xFF10 + at for at in range(10)})


COLUMNS = (
    *("number", "with", "kind", "date", "hour", "collect_by", "agent", "note", "office"),
    "counter",
)


def write_file(office: OfficeInFolder, content: str | list[dict[str, object]]) -> str:
    path = Path(office.folder) / "a.txt"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["申請番号,申請種別", "X1,更新,余分,あ", "X2,ビザ", "X3", "X4,更新,余分", "?,更新"],
            "row 2; row 3, column kind (申請種別); row 5; row 6, column number (申請番号)",
        ),
        (
            ["number,date,hour,kind", "A B,x,10,", ",,,", "X1,2026-11-25,99,visa"],
            "row 2, column number; row 2, column date; row 4, column kind; row 4, column hour",
        ),
        (
            ['[{"number": "X1", "date": ["a"]},', '{"number": "X2", "agent": "?"}]'],
            "row 1, column date; row 2, column agent",
        ),
        (['{"number": "X1", "kin": "change"}', '{"kin": "x"}'], "row 1"),
        (['{"number": "1"}', "x", '{"number": "?"}', "[]"], "line 2; row 3, column number; row 4"),
    ],
    ids=["long rows", "values", "JSON", "unknown names", "JSON lines"],
)
def test_all_mistakes_of_a_file_are_told_at_once(
    office: OfficeInFolder, lines: list[str], expected: str
) -> None:
    before = office.bytes()
    path = write_file(office, "\n".join(lines))
    outcome = office.run("book", "--from", path, *A1, "-f", "json")
    assert expected == "; ".join(outcome.places)
    assert before == office.bytes()


def test_columns_are_called_as_the_file_calls_them(office: OfficeInFolder) -> None:
    office.set("files", "columns", '{"結果" = "review"}')
    path = write_file(office, "number,受領区分,結果,KIND\nX1,オ,良,ビザ\n")
    expected = ["recipient (受領区分)", "review (結果)", "kind"]
    outcome = office.run("plan", path, *A1, "-f", "json")
    assert [f"row 2, column {name}" for name in expected] == outcome.places


@pytest.mark.parametrize("pattern", ["", "[A-Z]{2}[0-9]+"])
@pytest.mark.parametrize("written", [TWELVE, HYPHENED, WIDE])
def test_a_my_number_is_not_repeated(office: OfficeInFolder, written: str, pattern: str) -> None:
    if pattern:
        office.set("cases", "pattern", f'"{pattern}"')
    for column in COLUMNS:
        path = write_file(office, [{"number": "AB1", column: written}])
        outcome = office.run("book", "--from", path, *A1, "-f", "json")
        assert [f"row 1, column {column}"] == outcome.places
        assert not any(x in outcome.out + outcome.err for x in (TWELVE[:4], written[:4]))


def test_a_case_number_that_ends_in_such_digits(office: OfficeInFolder) -> None:
    """One in ten case numbers ends like a My Number; it is one like any other, and is shown."""
    number = "横支更202600000006"
    row = {"number": number, "note": f"{number}と同時"}
    assert 0 == office.run("book", "--from", write_file(office, [row]), *A1).status
    assert number in book_rows(office, f"{number}?,,").error["problems"][0]["message"]


@pytest.mark.parametrize("spelt", [TWELVE, HYPHENED.replace("-", " ")])
def test_a_my_number_in_a_note(office: OfficeInFolder, spelt: str) -> None:
    """In a free text a My Number is a word of its own: other words may stand around it."""
    told = ["本人 {}", "個人番号{}", "番号は{}です", "({})", "マイナンバー：{}。"]
    notes = [*told, "横支更{}", "A-{}", "{}0"]
    rows = [{"number": f"X{at}", "note": note.format(spelt)} for at, note in enumerate(notes)]
    found = office.run("plan", write_file(office, rows), *A1, "-f", "json")
    assert [f"row {at}, column note" for at in range(1, len(told) + 1)] == found.places


def test_best_effort_leaves_out_what_holds_a_my_number(office: OfficeInFolder) -> None:
    """The other rows are booked; what is left out is told by row and column, in every form."""
    rows = [{"number": "X1"}, {"number": TWELVE}, {"number": "X3", "note": TWELVE}]
    words = ("book", "--from", write_file(office, [*rows, {"number": "X4"}]), *A1)
    left_out = ["row 2, column number", "row 3, column note"]
    assert left_out == office.run(*words, "-f", "json").places
    for dry_run in (["-n"], []):
        outcome = office.run(*words, "--best-effort", "-f", "json", *dry_run)
        assert (3, [1, 4]) == (outcome.status, [row["row"] for row in outcome.json["rows"]])
        assert left_out == [left["where"] for left in outcome.json["left_out"]]
    for form, quiet in (("table", "-q"), ("table", "-v"), ("csv", "-v"), ("csv", "-q")):
        again = office.run(*words, "--best-effort", "-f", form, quiet)
        assert 3 == again.status
        assert all(f"row {row}, column" in again.out + again.err for row in (2, 3))
        assert TWELVE not in again.out + again.err


def test_rows_behind_a_thousand_left_out_are_booked(office: OfficeInFolder) -> None:
    rows = [*(f"{TWELVE},," for _ in range(1_001)), "X1,,"]
    document = book_rows(office, *rows, options=(*A1, "--best-effort")).json
    assert (1_001, ["booked"]) == (len(document["left_out"]), outcomes(document))


def test_other_mistakes_stop_the_file_with_best_effort_too(office: OfficeInFolder) -> None:
    rows = ("X1,2026-11-26,", f"{TWELVE},,", "X3,?,")
    outcome = book_rows(office, *rows, options=(*A1, "--best-effort"))
    assert ["row 3, column number", "row 4, column date"] == outcome.places


@pytest.mark.parametrize("spec", ["{}", "X1,with={}", "{},kind=?", "X1,{}", "{},x"])
def test_a_my_number_in_a_spec_is_not_repeated(office: OfficeInFolder, spec: str) -> None:
    outcome = office.run("book", "+1", "10", "--case", spec.format(TWELVE), *A1)
    assert 5 == outcome.status
    assert TWELVE not in outcome.out + outcome.err


@pytest.mark.parametrize(
    "rows",
    [
        ("X1,2026-11-26,10", "X1,2026-11-26,10"),
        ("X1,,", "X1,,"),
        ("X1,,", "X1,2026-11-26,10", "X1,2026-11-26,10"),
        ("X1,2026-11-26,10", "X1,2026-11-26,11", "X1,,"),
    ],
)
def test_a_case_named_twice_is_always_told(office: OfficeInFolder, rows: tuple[str, ...]) -> None:
    first = book_rows(office, *rows, options=(*A1, "--best-effort"))
    found = outcomes(first.json)
    assert (3, 1, len(rows) - 1) == (first.status, found.count("booked"), found.count("refused"))
    for options in ((), ("--best-effort",)):
        again = book_rows(office, *rows, options=(*A1, *options))
        document = again.json if options else again.error
        expected = ["already" if each == "booked" else each for each in found]
        assert (3, expected) == (again.status, outcomes(document))


OWN = """Y26112500017 y26112500017 Y261125-00017 Y2611250001ー7 予約番号Y261125-0001-7
予約番号Ｙ２６１１２５００017 Y261125-0001-7済 Y-261125-0001-7"""


@pytest.mark.parametrize("number", OWN.split())
def test_a_reservation_number_is_no_case_number(office: OfficeInFolder, number: str) -> None:
    found = office.run("plan", write_rows(office, f"{number},,"), *A1, "-f", "json")
    assert ["row 2, column number"] == found.places
    assert "reservation number" in found.error["problems"][0]["message"]
    assert 5 == office.run("book", "2026-11-26", "10", "--case", number, *A1).status


def test_what_only_resembles_one_is_a_case_number(office: OfficeInFolder) -> None:
    """Without hyphens, a reservation number is recognised only with its right check character."""
    numbers = "Y26112500018 AY26112500017 Y261125000170 X26112500017 Y26110042389 横Y26112500018"
    path = write_rows(office, *(f"{number},," for number in numbers.split()))
    assert 0 == office.run("plan", path, *A1).status
