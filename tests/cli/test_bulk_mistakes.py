"""Files for book --from and plan that are wrong: all mistakes at once, no secret repeated."""

from __future__ import annotations

import json

import pytest

from kofucli.text import looks_like_my_number
from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import book_rows, outcomes, write_rows

A1 = ("--agent", "A-1")


def write_file(office: OfficeInFolder, name: str, content: str) -> str:
    """Write a file beside the store."""
    path = office.config.parent / name
    path.write_text(content, "utf-8")
    return str(path)


def problems(outcome: Outcome) -> list[str]:
    """Return where something is wrong in a file."""
    assert 5 == outcome.status
    return [problem["where"] for problem in outcome.error["problems"]]


MIXED = [
    {"number": "X1", "date": ["a"], "kind": "ビザ"},
    {"number": "X2", "kind": "ビザ"},
    {"number": "X3", "kind": "change"},
    {"number": "X4", "hour": {}},
    {"number": "X5", "agent": "?"},
]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.csv",
            "申請番号,申請種別\nX1,更新,余分,あ\nX2,ビザ\nX3\nX4,更新,余分\n?,更新\n",
            [
                "row 1",
                "row 2, column kind (申請種別)",
                "row 4",
                "row 5, column number (申請番号)",
            ],
        ),
        (
            "a.json",
            json.dumps(MIXED),
            [
                "row 1, column date",
                "row 2, column kind",
                "row 4, column hour",
                "row 5, column agent",
            ],
        ),
        (
            "a.jsonl",
            '{"number": "X1", "kin": "change"}\n{"number": "?"}\n{"kin": "other"}\n',
            ["row 1", "row 2, column number"],
        ),
        (
            "a.jsonl",
            '{"number": "1"}\nx\n{"number": "?"}\n[]\n',
            ["line 2", "row 3, column number", "row 4"],
        ),
    ],
)
def test_all_mistakes_at_once(
    office: OfficeInFolder, name: str, content: str, expected: list[str]
) -> None:
    """Rows that cannot be read and values that mean nothing are told together, row by row."""
    before = office.bytes()
    path = write_file(office, name, content)
    assert expected == problems(office.run("book", "--from", path, *A1, "-f", "json"))
    assert before == office.bytes()


def test_columns_are_called_as_the_file_calls_them(office: OfficeInFolder) -> None:
    """A problem names the heading that stands in the file, the firm's own too, and our key."""
    office.set("files", "columns", '{"結果" = "review"}')
    path = write_file(office, "a.csv", "number,受領区分,結果,KIND\nX1,オ,良,ビザ\n")
    expected = ["recipient (受領区分)", "review (結果)", "kind"]
    outcome = office.run("plan", path, *A1, "-f", "json")
    assert [f"row 1, column {name}" for name in expected] == problems(outcome)


def my_number(digits: str = "12345678901") -> str:
    """Return twelve digits of which the last one is a My Number's check digit."""
    found = [digits + last for last in "0123456789" if looks_like_my_number(digits + last)]
    return found[0]


@pytest.mark.parametrize("pattern", ["", "[A-Z]{2}[0-9]+"])
@pytest.mark.parametrize("spelt", ["{}", "{0:.4}-{0:4.4}", "full"])
@pytest.mark.parametrize(
    "column",
    ["number", "with", "kind", "date", "hour", "collect_by", "agent", "note", "office", "counter"],
)
def test_a_my_number_is_not_repeated(
    office: OfficeInFolder, column: str, spelt: str, pattern: str
) -> None:
    """Wherever a My Number stands, it is refused, and no digit of it is shown."""
    number = my_number()
    written = {
        "{}": number,
        "full": number.translate({ord("0") + at: 0xFF10 + at for at in range(10)}),
    }.get(spelt, f"{number[:4]}-{number[4:8]}-{number[8:]}")
    if pattern:
        office.set("cases", "pattern", f'"{pattern}"')
    row = {"number": "AB1", column: written}
    path = write_file(office, "a.json", json.dumps([row]))
    outcome = office.run("book", "--from", path, *A1, "-f", "json")
    assert [f"row 1, column {column}"] == problems(outcome)
    shown = outcome.out + outcome.err
    assert not any(each in shown for each in (number[:4], number[4:8], written[:4]))


@pytest.mark.parametrize("spec", ["{}", "X,with={}", "{},kind=?", "X,{}", "{},x"])
def test_a_my_number_in_a_spec_is_not_repeated(office: OfficeInFolder, spec: str) -> None:
    """A SPEC that holds a My Number is refused without showing it."""
    number = my_number()
    outcome = office.run("book", "+1", "10", "--case", spec.format(number), *A1)
    assert 5 == outcome.status
    assert number not in outcome.out + outcome.err


@pytest.mark.parametrize("counter", ["3", "3番", "３番窓口", "3 窓口", ""])
def test_the_offices_counter_in_its_usual_spellings(office: OfficeInFolder, counter: str) -> None:
    """The counter may be written as people write it."""
    outcome = book_rows(office, f"X1,{counter}", head="number,counter", options=A1)
    assert (0, ["booked"]) == (outcome.status, outcomes(outcome.json))


@pytest.mark.parametrize("counter", ["4番", "13番", "33", "3A番"])
def test_another_counter(office: OfficeInFolder, counter: str) -> None:
    """Another counter is another one, however it is written."""
    outcome = book_rows(office, f"X1,{counter}", head="number,counter", options=A1)
    assert (3, ["case.counter"]) == (
        outcome.status,
        [refusal["code"] for refusal in outcome.error["refusals"]],
    )


def test_what_book_has_shown_is_no_case_file(office: OfficeInFolder) -> None:
    """The CSV of book --from lost the kinds: fed back it is refused, and it says what to give."""
    path = write_rows(office, "X-1,permanent", head="number,kind")
    text = office.run("book", "--from", path, *A1, "-f", "csv").out
    outcome = office.run("book", "--from", write_file(office, "b.csv", text), *A1)
    assert 5 == outcome.status
    assert "plan -f csv" in outcome.err


@pytest.mark.parametrize(
    "rows",
    [
        ("X1,2026-11-26,10", "X1,2026-11-26,10"),
        ("X1,,", "X1,,"),
        ("X1,,", "X1,2026-11-26,10", "X1,2026-11-26,10"),
        ("X1,2026-11-26,10", "X1,2026-11-26,11", "X1,,"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--best-effort",)])
def test_a_case_named_twice_is_told_in_each_run(
    office: OfficeInFolder, rows: tuple[str, ...], options: tuple[str, ...]
) -> None:
    """A second row of one case is refused whether the first one is booked by this run or was."""
    first = book_rows(office, *rows, options=(*A1, "--best-effort"))
    assert (3, 1) == (first.status, outcomes(first.json).count("booked"))
    assert len(rows) - 1 == outcomes(first.json).count("refused")
    again = book_rows(office, *rows, options=(*A1, *options))
    document = again.json if options else again.error
    expected = ["already" if each == "booked" else each for each in outcomes(first.json)]
    assert (3, expected) == (again.status, outcomes(document))
