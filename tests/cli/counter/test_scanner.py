"""What scanners and keyboards send: letters, digits and the check character decide."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from tests.conftest import OfficeInFolder

DAY = "2026-11-25"
TEN = f"{DAY}T10:00:00"
NUMBER = "Y261125-0001-7"


@pytest.fixture
def visit(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office with one visit on Wednesday."""
    office.book(DAY, "10", "X-1")
    return office


@pytest.mark.parametrize(
    "text",
    [
        "Y26112500017",
        "Y261125 0001 7",
        "Y261125\u30000001\u30007",
        "y261125_0001.7",
        "Y261125ー0001ー7",
        "Ｙ２６１１２５ー０００１ー７",
        "予約番号：Y261125-0001-7",
        "予約番号 Y261125‐0001–7",
        "No. Y261125-0001-7",
        "「Y261125-0001-7」",
        "]Q1Y261125-0001-7",
        "\x02]C1Y26112500017\x03",
        "https://office.example.jp/r?n=Y261125-0001-7&x=1",
        "0001-7",
        "00017",
        "0001ー7",
        "0001ｰ7",
        "0001 7",
        "0001～7",
        "0001〜7",
        "予約番号：0001-7",
        "Reservation number: 0001-7",
        "No.0001-7",
        "№0001-7",
        "整理番号：0001-7",
        "お客様番号 0001ー7",
        "ﾖﾔｸ:0001-7",
        "ご予約： X-1",
        "]d20001-7",
        "ｘー１",
        "申請番号：X-1",
        "]Q1X-1",
    ],
)
def test_whatever_stands_between(visit: OfficeInFolder, text: str) -> None:
    done = visit.json("desk", "arrive", text, "--office", "-n", now=TEN)
    assert NUMBER == done["reservation"]["number"]


@pytest.mark.parametrize(
    "text",
    ["Y261125-0001-8", "Y26112500018", "予約番号：Y261125 0001 8", "0001-8", "00018", "0001ー8"],
)
def test_a_wrong_check_character(visit: OfficeInFolder, text: str) -> None:
    assert 5 == visit.run("desk", "arrive", text, "--office", "-n", now=TEN).status


@pytest.mark.parametrize(
    "text", ["東Y20261102211", "横支更20261102211", "番号12", "カードー1", "0001"]
)
def test_a_case_number_that_is_not_there(visit: OfficeInFolder, text: str) -> None:
    """Digits behind the letter of the office are no reservation number without a day."""
    assert 4 == visit.run("desk", "arrive", text, "--office", "-n", now=TEN).status


@pytest.mark.parametrize("case", ["00017", "0001-7"])
def test_a_text_that_could_mean_two(visit: OfficeInFolder, case: str) -> None:
    """A case of one reservation that reads as the number of another: both are named."""
    visit.book(DAY, "11", case)
    before = visit.bytes()
    outcome = visit.run("desk", "arrive", case, "--office", now=TEN)
    assert 2 == outcome.status
    assert "Y261125-0001-7 or reservation Y261125-0002-" in outcome.err
    assert before == visit.bytes()


def test_a_reader_takes_the_same(visit: OfficeInFolder) -> None:
    for text in ("予約番号：Y26112500017", "]Q1Y261125 0001 7"):
        assert 0 == visit.run("show", text, "--office").status
        assert 0 == visit.run("cancel", text, "--office", "-n").status


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


def test_a_line_of_nothing_but_signs_of_a_scanner_is_empty(
    visit: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of text of DOS, too, is no number that was scanned."""
    stream = io.TextIOWrapper(io.BytesIO(b"\x02\x03\r0001-7\r \r\n\x1a"))
    monkeypatch.setattr(sys, "stdin", stream)
    outcome = visit.run("desk", "arrive", "-", "--office", "-n", "-f", "json", now=TEN)
    assert (0, [2]) == (
        outcome.status,
        [json.loads(line)["line"] for line in outcome.out.splitlines()],
    )


@pytest.mark.parametrize(
    "spec",
    [
        "Ｘ－２，ｋｉｎｄ＝変更",
        "X-2,種別=変更",
        "Ｘ－２、申請種別＝変更、受領区分＝ア",
        "x-2,Kind=CHANGE",
    ],
)
def test_a_spec_in_full_width(visit: OfficeInFolder, spec: str) -> None:
    booked = visit.json("book", DAY, "11", "--case", spec, "--agent", "ａ-1", "-n")
    assert ("X-2", "change") == tuple(
        booked["reservation"]["cases"][0][key] for key in ("number", "kind")
    )


def test_an_unknown_key_lists_the_words(visit: OfficeInFolder) -> None:
    outcome = visit.run("book", DAY, "11", "--case", "X-2,色=赤", "--agent", "A-1", "-n")
    assert 5 == outcome.status
    assert "kind/申請種別" in outcome.err
