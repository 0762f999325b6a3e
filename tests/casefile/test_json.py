"""JSON and JSON lines: objects whose keys are the columns."""

from __future__ import annotations

import json

import pytest

from tests.casefile.support import faults, read, rows

FIRST = {"申請番号": "X-1", "date": "2026-11-25", "hour": "10:00", "note": "髙 ①\n'=x"}
SECOND = {"number": 20260001, "birth": True, "hour": 10.0, "kind": None}
EXPECTED = [
    (1, {"number": "X-1", "date": "2026-11-25", "hour": "10:00", "note": "髙 ①\n'=x"}),
    (2, {"number": "20260001", "birth": "yes", "hour": "10"}),
]


@pytest.mark.parametrize("mark", ["", "\ufeff", "\ufeff \r\n\t"])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps([FIRST, SECOND]),
        json.dumps([FIRST, SECOND], ensure_ascii=False, indent=1),
        f"{json.dumps(FIRST)}\n\n  \r\n{json.dumps(SECOND)}\r\n",
        f"{json.dumps(FIRST, ensure_ascii=False)}\n{json.dumps(SECOND)}",
    ],
)
def test_lists_and_lines(text: str, mark: str) -> None:
    """A list of objects and an object a line are the same rows; a BOM is no part of them."""
    assert EXPECTED == rows((mark + text).encode())


@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_of_one_object_is_one_row_on_however_many_lines(indent: int | None) -> None:
    assert EXPECTED[:1] == rows(json.dumps(FIRST, indent=indent).encode())


def test_an_empty_list_has_no_rows() -> None:
    """An empty object is a row without a number, which is bad input."""
    assert [] == rows(b"[]") == rows(b"[ ]\n")
    for data in (b"[{}]", b"[{},{}]"):
        assert ["file: column 'number' is missing (in Japanese '申請番号')"] == faults(data)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("true", "yes"), ("false", "no"), ("null", ""), ("10.0", "10"), ("-0", "-0")),
        *(("1.50", "1.50"), ("1e3", "1e3"), ('"\\u9ad9"', "髙"), ('"\\ud867\\ude3d"', "𩸽")),
    ],
)
def test_values_become_text(value: str, expected: str) -> None:
    """Numbers stay as they are written, but for a zero after the point; none is a float."""
    (row,) = read(f'[{{"number": 12345678901234567890, "note": {value}}}]'.encode()).rows
    assert {"number": "12345678901234567890", "note": expected} == row[1]


def test_empty_objects_keep_their_number_and_unknown_keys_are_named_once() -> None:
    """Rows are counted by objects; a key not known here is ignored in all of them."""
    data = '[{"number": 1, "担当": 1}, {}, {"number": null}, {"番地": {}, "担当": [], "number": 2}]'
    found = read(data.encode())
    assert ((1, {"number": "1"}), (4, {"number": "2"})) == found.rows
    assert ("担当", "番地") == found.ignored


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"number": [1]}]', "row 1, column number: found a list or an object, expected text"),
        ('[{"number": {}}]', "row 1, column number: found a list or an object"),
        ('[{"number": true}]', "row 1, column number: found true or false, expected text"),
        ('[{"number": 1e5}]', "row 1, column number: found '1e5', expected text or a whole"),
        ('[{"number": 1, "note": NaN}]', "row 1, column note: found 'NaN', expected text"),
        ('[{"number": -Infinity}]', "row 1, column number: found '-Infinity'"),
        (f'[{{"number": {"9" * 5000}}}]', "row 1, column number: a number has more than 100"),
        (f'[{{"number": {"9" * 5000}.5}}]', "row 1, column number: a number has more than 100"),
        ('[{"number": "\\ud800"}]', "row 1, column number: it holds half a character"),
        ('[{"number": "\\u0000"}]', "row 1, column number: it holds a NUL byte"),
        (f'[{{"number": "{"x" * 10_001}"}}]', "row 1, column number: a cell has more than 10000"),
        ('[{"number": 1}, 2, "x", null]', "row 2: expected an object with the columns as keys"),
        ("[[[]]]", "row 1: expected an object with the columns as keys"),
        ('[{"number": 1, "number": 1}]', "row 1: 'number' is given twice"),
        ('[{"x": 1, "x": 1, "number": 1}]', "row 1: 'x' is given twice"),
        ('[{"number": 1, "申請番号": 1}]', "row 1: column 'number' is there twice"),
        ('[{"numbr": 1}]', "row 1: unknown name 'numbr'; did you mean 'number'?"),
        ('[{"kind": "change"}]', "file: column 'number' is missing"),
        ('[{"number": 1}', "line 1: it is not JSON at character 15: Expecting ',' delimiter"),
        ('[{"number": 1}]\n\n]', "line 3: it is not JSON at character 1: Extra data"),
        ('{\n"number": 1\n}\n{\n', "line 4: it is not JSON at character 1: Extra data"),
        ('{\n"number": x\n}\n', "line 2: it is not JSON at character 11: Expecting value"),
        ('{"number": 1}\n{"number"}\n', "line 2: it is not JSON at character 10: Expecting ':'"),
        ('{"number": 1}\n[]\n', "row 2: expected an object"),
        ('{"number": 1} x\n', "line 1: it is not JSON at character 15: Extra data"),
        ('{"number": "\n"}', "line 1: it is not JSON at character 13: Invalid control"),
        ("[" * 100_000, "file: it is nested too deeply"),
        ('{"number":' * 100_000, "file: it is nested too deeply"),
        ('{"number": 1}\n' + "[" * 100_000, "line 2: it is nested too deeply"),
        (json.dumps([dict.fromkeys(map(str, range(1_001)))]), "row 1: it has more than 1000"),
        (json.dumps([{str(n): 1} for n in range(1_001)]), "file: it has more than 1000 columns"),
        ("{}\n" * 200_001, "file: it has more than 200000 rows"),
        (f"[{'0,' * 200_001}0]", "file: it has more than 200000 rows"),
    ],
)
def test_each_fault_is_named_with_its_row_or_line(text: str, expected: str) -> None:
    assert faults(text.encode())[0].startswith(expected)


def places(data: bytes) -> list[str]:
    return [each.partition(":")[0] for each in faults(data)]


def test_all_bad_rows_are_said_at_once() -> None:
    """Every bad line and every bad row is named, up to a hundred; a bad key only once."""
    assert ["line 2", "line 4"] == places(b'{"number": 1}\nx\n{"number": 2}\ny')
    bad = [{"number": [], "kind": {}}, {"number": "1"}, {"numbr": 1}, {"numbr": 1, "note": []}]
    columns = ["row 1, column number", "row 1, column kind", "row 3", "row 4, column note"]
    assert columns == places(json.dumps(bad).encode())
    assert 100 == len(places(json.dumps([{"number": []}] * 500).encode()))
    assert 100 == len(places(b'{"number": 1}\n' + b"x\n" * 500))


def test_json_is_utf_8() -> None:
    for text, encoding in (('[{\n"申請番号": "1"}]', "cp932"), ('[{"note":\n"é"}]', "latin-1")):
        assert ["line 2: its bytes are not UTF-8, as JSON must be"] == faults(text.encode(encoding))


def test_the_end_of_text_of_dos_is_dropped() -> None:
    for text in (b'[{"number": "X-1"}]\n\x1a', b'{"number": "X-1"}\n\x1a'):
        assert [(1, {"number": "X-1"})] == rows(text)
