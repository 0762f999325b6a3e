"""What scanners and keyboards send to ``desk arrive``, one number or a stream of them."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import statuses

DAY = "2026-11-25"
TEN = f"{DAY}T10:00:00"
NUMBER = "Y261125-0001-7"
SAME = """
Y261125_0001.7
「Y261125-0001-7」
https://office.example.jp/r?n=Y261125-0001-7&x=1
0001 7
0001～7
0001〜7
予約番号：0001-7
Reservation number: 0001-7
No.0001-7
№0001-7
整理番号：0001-7
お客様番号 0001ー7
ﾖﾔｸ:0001-7
ご予約： X-1
]d20001-7
ｘー１
申請番号：X-1
]Q1X-1
"""
"""What means the visit, beside what every command takes for its number."""


@pytest.fixture
def visit(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with one visit on Wednesday."""
    office.book(DAY, "10", "X-1", "X-2")
    return office


@pytest.mark.parametrize("text", SAME.strip().splitlines())
def test_whatever_stands_between(visit: OfficeInFolder, text: str) -> None:
    done = visit.json("desk", "arrive", text, "--office", "-n", now=TEN)
    assert NUMBER == done["reservation"]["number"]


@pytest.mark.parametrize(
    "text", ["東Y20261102211", "横支更20261102211", "番号12", "カードー1", "0001"]
)
def test_a_case_number_that_is_not_there(visit: OfficeInFolder, text: str) -> None:
    """Digits behind the letter of the office are no reservation number without a day."""
    assert 4 == visit.run("desk", "arrive", text, "--office", "-n", now=TEN).status


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_each_line_is_answered_before_the_next(visit: OfficeInFolder, end: bytes) -> None:
    """A scanner that ends its lines with CR waits for the answer before it sends more."""
    command = [sys.executable, "-m", "kofucli", "--now", TEN, "desk", "arrive", "-", "--office"]
    with subprocess.Popen(
        [*command, "-n", "-f", "json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=visit.folder,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for at, text in enumerate((b"Y261125-0001-7", b"garbage!", b"00017"), 1):
            process.stdin.write(text + end)
            process.stdin.flush()
            assert at == json.loads(process.stdout.readline())["line"]
        process.stdin.close()
        assert 2 == process.wait(20)


def scan(
    office: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, data: bytes, *options: str
) -> Outcome:
    """Send a scanner's bytes to ``desk arrive -``, on Wednesday at ten."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
    return office.run("desk", "arrive", "-", *options, now=TEN)


def test_a_scanners_stream(visit: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number a line, a result a line; errors do not stop it, and the first decides the status."""
    early = visit.book(DAY, "11", "Y-1")["number"]
    gone = visit.book(DAY, "13", "Z-1")["number"]
    visit.json("cancel", gone, "--office")
    queue = f"{early}\r\n\r\nY261125-0009-0\nNOBODY\n{early}\n{gone}\n"
    outcome = scan(visit, monkeypatch, queue.encode())
    assert 5 == outcome.status
    first, second = outcome.out.splitlines()
    assert re.match(f"{early} .*early", first)
    assert re.match(f"{early} .*already", second)
    assert ["3", "4", "6"] == re.findall(r"(?m)^line ([0-9]+): ", outcome.err)
    assert "arrived" == statuses(visit)[early]


def test_a_stream_in_json(visit: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """In JSON each line is answered by a document on a line, errors too."""
    outcome = scan(visit, monkeypatch, "Ｘ－１\nX-9\n".encode("cp932"), "-f", "json")
    assert (4, "") == (outcome.status, outcome.err)
    first, second = map(json.loads, outcome.out.splitlines())
    assert (1, True, "on-time") == (first["line"], first["changed"], first["timing"])
    assert (2, "not-found") == (second["line"], second["error"]["kind"])


@pytest.mark.parametrize(
    ("data", "answered"),
    [
        pytest.param(b"\xef\xbb\xbfX-1", [1], id="a mark of the byte order"),
        pytest.param(b"\x02\x03\r0001-7\r \r\n\x1a", [2], id="signs of scanners, the end of DOS"),
        pytest.param(b"", [], id="no line"),
    ],
)
def test_a_dry_run_of_a_stream(
    visit: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, data: bytes, answered: list[int]
) -> None:
    """A line of nothing but signs of a scanner is empty; -n changes nothing."""
    before = visit.bytes()
    outcome = scan(visit, monkeypatch, data, "-n", "-f", "json")
    found = [json.loads(line) for line in outcome.out.splitlines()]
    assert (0, "", answered) == (outcome.status, outcome.err, [each["line"] for each in found])
    assert all(each["dry_run"] for each in found)
    assert before == visit.bytes()


@pytest.mark.parametrize("options", [("-o", "answers.txt"), ("--late",)])
def test_what_does_not_go_with_a_stream(
    visit: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    """Answers come line by line, so -o, which writes whole files, does not; --late is of one."""
    assert 2 == scan(visit, monkeypatch, b"X-1\n", *options).status
