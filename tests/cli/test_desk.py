"""The counter's commands: the sheet, what is asked and said, what scanners send."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import statuses
from tests.support.pages import assert_self_contained
from tests.support.terminal import Terminal

DAY = "2026-11-25"
TEN = f"{DAY}T10:00:00"


@pytest.fixture
def busy(office: OfficeInFolder) -> OfficeInFolder:
    office.add_agent("B-2", name="<b>横浜</b> 一郎")
    office.book(DAY, "11", "X-1", "X-2,recipient=professional,kind=permanent")
    office.book(DAY, "9", "Y-1", "Y-2", agent="B-2")
    office.json("amend", "Y-1", "--drop", "Y-2", "--office")
    office.book(DAY, "10", "Z-1", agent="B-2")
    office.json("cancel", "Z-1", "--office")
    return office


def read_csv(busy: OfficeInFolder) -> list[dict[str, str]]:
    text = busy.run("desk", "sheet", DAY, "-f", "csv").out
    return list(csv.DictReader(io.StringIO(text)))


def test_the_sheet_of_a_day(busy: OfficeInFolder) -> None:
    """The sheet lists visits by hour, without cancelled ones and dropped cases; today's usually."""
    document = busy.json("desk", "sheet", DAY)
    assert [("09:00", "B-2", "<b>横浜</b> 一郎"), ("11:00", "A-1", "代理 A-1")] == [
        (v["reservation"]["start"], v["reservation"]["agent"], v["name"])
        for v in document["visits"]
    ]
    assert 3 == document["totals"]["cases"]
    found = [(row["start"], row["case"], row["papers"]) for row in read_csv(busy)]
    first, second, third = found
    assert (("09:00", "Y-1", "postcard"), ("11:00", "X-1", "postcard")) == (first, second)
    assert ("11:00", "X-2", "letter-of-request postcard") == third
    assert document == busy.json("desk", "sheet", "+1")
    assert DAY == busy.json("desk", "sheet", now=TEN)["date"]
    assert "2026-11-24" == busy.json("desk", "sheet")["date"]


def test_the_sheet_of_a_closed_day(office: OfficeInFolder) -> None:
    words = ("desk", "sheet", "2026-11-28")
    assert (False, []) == tuple(office.json(*words)[key] for key in ("open", "visits"))
    assert "the office is closed" in office.run(*words).out
    assert 0 == office.run(*words, "-f", "html").status


def test_the_sheet_says_how_visits_stand(busy: OfficeInFolder) -> None:
    busy.json("desk", "late-notice", "X-1", now=f"{DAY}T08:30:00")
    busy.json("desk", "arrive", "Y-1", now=f"{DAY}T09:01:00")
    busy.json("desk", "collect", "Y-1", "--not-handed", "Y-1=period", now=f"{DAY}T09:09:00")
    shown = busy.run("desk", "sheet", now=TEN).out
    for text in ("not-handed 09:01", "not the time to collect it", "comes late"):
        assert text in shown
    totals = busy.json("desk", "sheet", now=TEN)["totals"]
    assert (1, 0, 1) == (totals["expected"], totals["arrived"], totals["ended"])


def test_the_sheet_as_a_page(busy: OfficeInFolder) -> None:
    """The page has every case, escapes what people typed, and loads nothing, in both languages."""
    page = busy.run("desk", "sheet", DAY, "-f", "html").out
    for text in ("&lt;b&gt;横浜&lt;/b&gt; 一郎", "代理 A-1", "X-2", "letter of request", "非公式"):
        assert text in page
    assert not re.search("<b>横浜|Y-2", page)
    assert_self_contained(page)
    assert '<html lang="en">' in page
    busy.set("office", "official", "true")
    page = busy.run("desk", "sheet", DAY, "-f", "html", "--lang", "ja").out
    assert '<html lang="ja">' in page
    assert "非公式" not in page


def test_the_sheet_has_what_to_check(busy: OfficeInFolder) -> None:
    """1: the certificate's kind and last day, marked where it ends before the visit; collect_by."""
    busy.book(DAY, "13", "X-5,collect_by=2026-12-10")
    visits = busy.json("desk", "sheet", DAY)["visits"]
    proxy = {"kind": "proxy-notification", "valid_until": "2030-03-31", "valid": True}
    assert [("A-1", proxy)] * 2 == [
        (v["reservation"]["agent"], v["certificate"]) for v in visits[1:]
    ]
    assert "2026-12-10" == visits[2]["reservation"]["cases"][0]["collect_by"]
    shown = busy.run("desk", "sheet", DAY).out
    for text in ("proxy notification 2030-03-31", "Collect by", "2026-12-10"):
        assert text in shown
    page = busy.run("desk", "sheet", DAY, "-f", "html", "--lang", "ja").out
    assert "届出済証明書（2030-03-31 まで）" in page
    assert "受領期限 2026-12-10" in page
    assert 'class="expired"' not in page
    busy.json("agent", "edit", "A-1", "--valid-until", "2026-11-24")
    busy.json("agent", "edit", "B-2", "--occupation", "host-organization")
    busy.json("agent", "edit", "B-2", "--valid-until", DAY)
    found = [v["certificate"] for v in busy.json("desk", "sheet", DAY)["visits"]]
    assert [("application-agent", True)] + [("proxy-notification", False)] * 2 == [
        (each["kind"], each["valid"]) for each in found
    ]
    assert 2 == busy.run("desk", "sheet", DAY, "-f", "html").out.count('class="expired"')
    assert 2 == busy.run("desk", "sheet", DAY).out.count("2026-11-24 (!)")
    last = read_csv(busy)[-1]
    assert ("proxy-notification", "2026-11-24") == (last["certificate_kind"], last["valid_until"])
    assert ("no", "2026-12-10") == (last["certificate_valid"], last["collect_by"])
    warning = busy.json("desk", "sheet", DAY)["warnings"][-1]
    assert "certificate of agent A-1" in warning
    assert warning in busy.run("desk", "sheet", DAY).err
    assert "certificate of agent A-1" in busy.run("desk", "sheet", DAY, "-f", "html").out


@pytest.mark.parametrize(
    "command",
    [
        "arrive X-1",
        "late-notice X-1",
        "late-cancel Y261125-0001-7 --reason r",
        "collect Y-1",
        "undo Y-1 --reason r",
    ],
)
def test_a_dry_run_does_not_say_that_it_was_done(busy: OfficeInFolder, command: str) -> None:
    busy.json("desk", "arrive", "Y-1", now=f"{DAY}T09:00:00")
    text = busy.run("desk", *command.split(), "-n", "-q", now=f"{DAY}T09:30:00").out
    assert "would be" in text.partition("\n  ")[0].lower()


def test_an_arrival_says_what_to_ask_for(busy: OfficeInFolder) -> None:
    lines = busy.run("desk", "arrive", "X-1", now=f"{DAY}T10:50:00").out.splitlines()
    assert "early, waits until 11:00" in lines[0]
    assert ["X-1", "X-2"] == [line.split()[0] for line in lines[1:]]
    assert "letter-of-request" in lines[2]


@pytest.mark.parametrize(("typed", "status"), [("y\n", 0), ("n\n", 1)])
def test_closing_asks_where_nobody_was_scanned(
    busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, typed: str, status: int
) -> None:
    """6(4): on a terminal --all-no-show asks once more, and names the days."""
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    close = ("desk", "close-day", "--all-no-show")
    outcome = busy.run(*close, now=f"{DAY}T16:00:00")
    assert status == outcome.status
    assert DAY in outcome.err
    found = [s for s in statuses(busy).values() if s == "no-show"]
    assert (2 if status == 0 else 0) == len(found)


def test_closing_is_said_day_by_day(busy: OfficeInFolder) -> None:
    busy.json("desk", "arrive", "Y-1", now=f"{DAY}T09:00:00")
    shown = busy.run("desk", "close-day", now=f"{DAY}T16:00:00").out
    for text in ("2026-11-25 (Wed)", "missed 1", "kofucli desk collect", "agent suspend A-1"):
        assert text in shown


NUMBER = "Y261125-0001-7"
WRITTEN = [
    *("Y261125-0001-7", "Y26112500017", "'Y261125 0001 7'", "Y261125_0001.7", "「Y261125-0001-7」"),
    *("Y 261125\u3000-\u30000001\u3000-\u30007", "Y261125ー0001ｰ7", "Ｙ２６１１２５－０００１～７"),
    *("予約番号Y26112500017", "Reservation number: Y261125-0001-7, 2 cases", "]Q1Y261125-0001-7"),
    *("\x02Y261125-0001-7\x03", "https://office.example.jp/r?n=Y261125-0001-7&x=1"),
]
"""What every command takes for the number of the visit."""
SCANNED = {
    # On its day the last part names it, or one of its cases.
    0: [
        *("0001-7", "00017", "0001 7", "0001ー7", "0001〜7", "０００１　７", "予約番号：0001-7"),
        *("No.0001-7", "お客様番号 0001ー7", "ﾖﾔｸ:0001-7", "]d20001-7"),
        *("X-1", "ｘー１", "申請番号：X-1", "ご予約： X-1", "]Q1X-1"),
    ],
    # A wrong check character never becomes another reservation, nor is it not found.
    5: [
        *("Y261125-0001-8", "Y26112500018", "予約番号：Y261125 0001 8"),
        *("0001-8", "0001ー8", "00018"),
    ],
    # Digits behind the letter of the office are no reservation number without a day.
    4: ["東Y20261102211", "横支更20261102211", "番号12", "カードー1", "0001"],
}
"""What is typed at the counter, by the exit status."""


@pytest.fixture
def visit(office: OfficeInFolder) -> OfficeInFolder:
    office.book(DAY, "10", "X-1", "X-2")
    return office


@pytest.mark.parametrize("text", WRITTEN)
def test_letters_digits_and_check_character_name_a_visit(visit: OfficeInFolder, text: str) -> None:
    for command in ("show", "confirmation", "desk arrive", "cancel"):
        now = TEN if command == "desk arrive" else visit.now
        line = (*command.split(), text, *(["-n"] if now == TEN else []), "--office")
        assert NUMBER == visit.json(*line, now=now)["reservation"]["number"]


@pytest.mark.parametrize(
    ("text", "status"), [(text, status) for status, texts in SCANNED.items() for text in texts]
)
def test_at_the_counter_less_is_enough(visit: OfficeInFolder, text: str, status: int) -> None:
    """It names a visit of today, as for no other command."""
    outcome = visit.run("desk", "arrive", text, "--office", "-n", "-f", "json", now=TEN)
    assert status == outcome.status
    assert status != 0 or NUMBER == outcome.json["reservation"]["number"]
    assert 0 != visit.run("cancel", text, "--office").status


@pytest.mark.parametrize("case", ["00017", "0001-7"])
def test_a_text_that_could_mean_two(visit: OfficeInFolder, case: str) -> None:
    """A case of one reservation that reads as the number of another: both are named."""
    visit.book(DAY, "11", case)
    before = visit.bytes()
    outcome = visit.run("desk", "arrive", case, "--office", now=TEN)
    assert 2 == outcome.status
    assert "Y261125-0001-7 or reservation Y261125-0002-" in outcome.err
    assert before == visit.bytes()


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
