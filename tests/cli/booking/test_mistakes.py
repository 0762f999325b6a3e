"""Wrong files for book --from and plan: every mistake is named at once, no My Number is shown."""

from __future__ import annotations

import json

import pytest

from kofucli.base.text import looks_like_my_number
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
                "row 2",
                "row 3, column kind (申請種別)",
                "row 5",
                "row 6, column number (申請番号)",
            ],
        ),
        (
            "a.csv",
            "number,date,hour,kind\nA B,x,10,\n,,,\nX1,2026-11-25,99,visa\n",
            [
                "row 2, column number",
                "row 2, column date",
                "row 4, column kind",
                "row 4, column hour",
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
def test_all_mistakes_of_a_file_are_told_at_once(
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
    assert [f"row 2, column {name}" for name in expected] == problems(outcome)


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


LIKE_MINE = "横支更202600000006"
"""A case number whose last twelve digits have the check digit of a My Number."""


@pytest.mark.parametrize("note", ["", f"{LIKE_MINE}と同時", f"{LIKE_MINE}, ３階"])
def test_a_case_number_that_ends_in_such_digits(office: OfficeInFolder, note: str) -> None:
    """One in ten case numbers ends like a My Number; it is one like any other, in notes too."""
    path = write_file(office, "a.json", json.dumps([{"number": LIKE_MINE, "note": note}]))
    outcome = office.run("book", "--from", path, *A1, "-f", "json")
    assert (0, LIKE_MINE) == (outcome.status, outcome.json["rows"][0]["case"])
    faulty = book_rows(office, f"{LIKE_MINE}?,,")
    assert LIKE_MINE in faulty.error["problems"][0]["message"]


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("本人 {}", True),
        ("個人番号{}", True),
        ("番号は{}です", True),
        ("({})", True),
        ("マイナンバー：{}。", True),
        ("横支更{}", False),
        ("A-{}", False),
        ("{}0", False),
    ],
)
def test_a_my_number_in_a_note(office: OfficeInFolder, note: str, told: bool) -> None:
    """In a free text a My Number is a word of its own: other words may stand around it."""
    number = my_number()
    for spelt in (number, f"{number[:4]} {number[4:8]} {number[8:]}"):
        row = {"number": "X1", "note": note.format(spelt)}
        path = write_file(office, "a.json", json.dumps([row]))
        outcome = office.run("plan", path, *A1, "-f", "json")
        assert (5 if told else 0) == outcome.status


def test_best_effort_leaves_out_what_holds_a_my_number(office: OfficeInFolder) -> None:
    """The other rows are booked; what is left out is told by row and column, in every form."""
    rows = [{"number": "X1"}, {"number": my_number()}, {"number": "X3", "note": my_number()}]
    path = write_file(office, "a.json", json.dumps([*rows, {"number": "X4"}]))
    words = ("book", "--from", path, *A1)
    assert ["row 2, column number", "row 3, column note"] == problems(
        office.run(*words, "-f", "json")
    )
    dry = office.run(*words, "--best-effort", "-n", "-f", "json")
    outcome = office.run(*words, "--best-effort", "-f", "json")
    for each in (dry, outcome):
        assert (3, [1, 4]) == (each.status, [row["row"] for row in each.json["rows"]])
        assert ["row 2, column number", "row 3, column note"] == [
            left["where"] for left in each.json["left_out"]
        ]
    for form, quiet in (("table", "-q"), ("table", "-v"), ("csv", "-v"), ("csv", "-q")):
        again = office.run(*words, "--best-effort", "-f", form, quiet)
        assert 3 == again.status
        assert all(f"row {row}, column" in again.out + again.err for row in (2, 3))
        assert my_number() not in again.out + again.err


def test_rows_behind_a_thousand_left_out_are_booked(office: OfficeInFolder) -> None:
    """However many rows are left out, those behind them are booked."""
    rows = [*(f"{my_number()},," for _ in range(1_001)), "X1,,"]
    document = book_rows(office, *rows, options=(*A1, "--best-effort")).json
    assert (1_001, ["booked"]) == (len(document["left_out"]), outcomes(document))


def test_other_mistakes_stop_the_file_with_best_effort_too(office: OfficeInFolder) -> None:
    """With --best-effort any mistake but a My Number stops the file, and all mistakes are named."""
    outcome = book_rows(
        office, "X1,2026-11-26,", f"{my_number()},,", "X3,?,", options=(*A1, "--best-effort")
    )
    assert ["row 3, column number", "row 4, column date"] == problems(outcome)


@pytest.mark.parametrize("spec", ["{}", "X1,with={}", "{},kind=?", "X1,{}", "{},x"])
def test_a_my_number_in_a_spec_is_not_repeated(office: OfficeInFolder, spec: str) -> None:
    """A SPEC that holds a My Number is refused without showing it."""
    number = my_number()
    outcome = office.run("book", "+1", "10", "--case", spec.format(number), *A1)
    assert 5 == outcome.status
    assert number not in outcome.out + outcome.err


@pytest.mark.parametrize(
    ("counter", "codes"),
    [
        *((each, []) for each in ("3", "3番", "３番窓口", "3 窓口", "")),
        *((each, ["case.counter"]) for each in ("4番", "13番", "33", "3A番")),
    ],
)
def test_the_counter_may_be_written_as_people_write_it(
    office: OfficeInFolder, counter: str, codes: list[str]
) -> None:
    """Counter 3 in its usual spellings is this office's; any other one is refused."""
    outcome = book_rows(office, f"X1,{counter}", head="number,counter")
    assert codes == (outcome.codes if outcome.status else [])


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
    """A second row of one case is refused in the run that books the first, and in later ones."""
    first = book_rows(office, *rows, options=(*A1, "--best-effort"))
    assert (3, 1) == (first.status, outcomes(first.json).count("booked"))
    assert len(rows) - 1 == outcomes(first.json).count("refused")
    again = book_rows(office, *rows, options=(*A1, *options))
    document = again.json if options else again.error
    expected = ["already" if each == "booked" else each for each in outcomes(first.json)]
    assert (3, expected) == (again.status, outcomes(document))


@pytest.mark.parametrize(
    "number",
    [
        *("Y26112500017", "y26112500017", "Y261125-00017", "Y2611250001ー7"),
        *(
            "予約番号Y261125-0001-7",
            "予約番号Ｙ２６１１２５００017",
            "Y261125-0001-7済",
            "Y-261125-0001-7",
        ),
    ],
)
def test_a_reservation_number_is_no_case_number(office: OfficeInFolder, number: str) -> None:
    """A reservation number is not a case number: without hyphens, beside a word, in a SPEC too."""
    found = office.run("plan", write_rows(office, f"{number},,"), *A1, "-f", "json")
    assert ["row 2, column number"] == problems(found)
    assert "reservation number" in found.error["problems"][0]["message"]
    assert 5 == office.run("book", "2026-11-26", "10", "--case", number, *A1).status


@pytest.mark.parametrize(
    "number",
    [
        "Y26112500018",
        "AY26112500017",
        "Y261125000170",
        "X26112500017",
        "Y26110042389",
        "横Y26112500018",
    ],
)
def test_what_only_resembles_one_is_a_case_number(office: OfficeInFolder, number: str) -> None:
    """Without hyphens, a reservation number is recognised only with its right check character."""
    assert 0 == office.run("plan", write_rows(office, f"{number},,"), *A1).status


@pytest.mark.parametrize("name", ["お迎え日", "pickup date", "お越しになる日", "C/O", "枠", ""])
@pytest.mark.parametrize(
    "days",
    [
        ("2026-11-25", "2026/12/1", "2026年11月26日"),
        ("2026-11-24", "", "２０２６－１２－２４"),
        ("2026-11-27 11:00", "2026/11/25(水)", "2026年11月26日（木）"),
        ("11月26日", "11/25(水)", "12月1日 10時"),  # as Excel shows a day, and saves it in CSV
        ("令和8年11月26日", "R8.11.25", "2026.12.1"),
    ],
)
@pytest.mark.parametrize("command", [("plan",), ("book", "--from"), ("-q", "book", "--from")])
def test_visit_days_under_an_unknown_heading_stop_the_file(
    office: OfficeInFolder, name: str, days: tuple[str, ...], command: tuple[str, ...]
) -> None:
    """Visit days under an unknown heading stop the file; the error says how to name the column."""
    before = office.bytes()
    rows = [f"X{at},10:00,{day}" for at, day in enumerate(days)]
    path = write_rows(office, *rows, head=f"申請番号,時刻,{name}")
    outcome = office.run(*command, path, *A1, "-f", "json")
    column = name or "(C)"
    assert [f"heading {column}"] == problems(outcome)[:1]
    told = outcome.error["problems"][0]["message"]
    assert (before, bool(name)) == (office.bytes(), f'{{"{name}" = "date"}}' in told)
    assert "予約日" in office.run(*command, path, *A1, "--lang", "ja").err


@pytest.mark.parametrize("command", [("plan",), ("book", "-n", "--from")])
@pytest.mark.parametrize(
    ("head", "days"),
    [
        ("お迎え日", ("2026-11-23", "2026-11-25")),  # a day that is over
        ("お迎え日", ("2026-11-25", "2026-12-25")),  # thirty-one days ahead
        ("お迎え日", ("2026-11-25", "未定")),
        ("お迎え日", ("", "")),
        *(
            (head, ("2026-11-25", "2026-12-01"))
            for head in ("生年月日", "在留期限", "申請日", "受付日", "受取期日", "許可予定日")
        ),
        ("お迎え日", ("11月23日", "12月1日")),
        ("お迎え日", ("12/25", "12/26")),
        ("お迎え日", ("11月31日", "11月32日")),
        ("お迎え日", ("令和9年11月26日", "R7.11.26")),
        ("版", ("11/26/2", "1.5")),
        ("枚数", ("12/1", "12/2")),
        *(
            (head, ("2026-11-25", "2026-12-01"))
            for head in (
                *(
                    "申請年月日",
                    "許可年月日",
                    "上陸許可年月日",
                    "受付年月日",
                    "出生日",
                    "出生年月日",
                ),
                *("在留期間", "再入国許可期間満了日", "結果通知受領日", "ハガキ受領日", "受理日"),
                *("渡航予定日", "出発日", "認定日", "結婚日", "転居日", "依頼日", "契約終了日"),
                *("証明書交付日", "タイムスタンプ", "最終更新", "入力日時", "stay until", "hired"),
                *("最終確認", "次回連絡", "葉書", "着手日", "permit date"),
            )
        ),
        *(
            (head, ("2026-11-25", "2026-12-01"))
            for head in ("満了日", "発送日", "Date of birth", "expiry", "Application date", "due")
        ),
        ("お迎え日,予約日", ("2026-11-25,", "2026-12-01,")),  # an empty column of ours
        ("お迎え日,希望日", ("2026-11-25,", "2026-12-01,2026-11-26")),
    ],
)
def test_other_days_of_a_sheet_stop_no_file(
    office: OfficeInFolder, command: tuple[str, ...], head: str, days: tuple[str, ...]
) -> None:
    """A column of days that cannot be visits stops no file."""
    rows = [f"X{at},{day}" for at, day in enumerate(days)]
    path = write_rows(office, *rows, head=f"申請番号,{head}")
    assert 0 == office.run(*command, path, *A1).status


@pytest.mark.parametrize(
    "name", ["カード交付予定日", "結果受領日", "在留カード交付日", "窓口交付日", "取次日"]
)
def test_headings_with_a_word_of_the_visit_stop_the_file(office: OfficeInFolder, name: str) -> None:
    """A heading with a word for the visit stops the file like an unknown heading of visit days."""
    path = write_rows(office, "X1,2026-12-01", head=f"申請番号,{name}")
    assert [f"heading {name}"] == problems(office.run("plan", path, *A1, "-f", "json"))[:1]


def test_an_empty_usual_column_beside_an_unknown_one(office: OfficeInFolder) -> None:
    """Unknown days stop the file beside an empty 交付日, but not beside an empty 予約日."""
    for name, status in (("交付日", 5), ("予約日", 0)):
        path = write_rows(office, "X1,2026-12-01,", head=f"申請番号,お迎え日,{name}")
        assert status == office.run("plan", path, *A1).status


@pytest.mark.parametrize(
    ("days", "status"),
    [
        (("2026-11-26,", "2026-12-01,"), 5),
        (("2026-11-26,", "2026-12-01,2026-11-25"), 0),  # a wish, and what became of it
        (("2026-11-20,", ","), 0),  # a day that is over
    ],
)
def test_a_column_of_wishes_is_named_while_ours_is_empty(
    office: OfficeInFolder, days: tuple[str, ...], status: int
) -> None:
    """A column of wishes (希望日) stops the file while the column 予約日 beside it is empty."""
    rows = [f"X{at},{day}" for at, day in enumerate(days)]
    path = write_rows(office, *rows, head="申請番号,希望日,予約日")
    outcome = office.run("plan", path, *A1, "-f", "json")
    assert status == outcome.status
    if status:
        assert ["heading 希望日"] == problems(outcome)[:1]
        assert "is empty" in outcome.error["problems"][0]["message"]
        assert "空です" in office.run("plan", path, *A1, "--lang", "ja").err


def test_a_heading_is_taken_once_the_configuration_knows_it(office: OfficeInFolder) -> None:
    """The setting that the error names makes the column a day, or a last day, as it says."""
    path = write_rows(office, "X1,2026-12-01", head="申請番号,お迎え日")
    assert 5 == office.run("plan", path, *A1).status
    office.set("files", "columns", '{"お迎え日" = "date"}')
    (row,) = office.json("plan", path, *A1)["rows"]
    assert "2026-12-01" == row["date"]
    office.set("files", "columns", '{"お迎え日" = "collect_by"}')
    (row,) = office.json("plan", path, *A1)["rows"]
    assert "2026-11-25" == row["date"]


@pytest.mark.parametrize(
    "written", ["合計", "（取下げ）", "なし", "-", "NULL", "計3件", "ｙ261125－0001－7", "#N/A"]
)
def test_what_is_no_number_is_booked_nowhere(office: OfficeInFolder, written: str) -> None:
    """A text that is no number is bad input in a file and in a SPEC; the row or case is named."""
    office.set("amend", "reading", '"cap"')
    number = office.book("+1", "10", "X-1", "X-2")["number"]
    office.json("amend", number, "--drop", "X-2", *A1)
    before = office.bytes()
    path = write_rows(office, "X1,", f"{written},備考", head="number,note")
    for command in (("plan",), ("book", "--from"), ("book", "--best-effort", "--from")):
        assert ["row 3, column number"] == problems(office.run(*command, path, *A1, "-f", "json"))
    for words in (
        ("book", "+1", "10", "--case", "X-9", "--case", written),
        ("amend", number, "--add", written),
        ("amend", number, "--replace", f"X-1={written}"),
    ):
        assert ["number"] == [
            where.rpartition(", ")[2] for where in problems(office.run(*words, *A1, "-f", "json"))
        ]
    assert before == office.bytes()
