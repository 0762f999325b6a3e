"""The counter's commands: the sheet, a scanner's stream, who may, what is said."""

from __future__ import annotations

import csv
import io
import json
import re
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
    """Return an office with three visits on Wednesday, one of them cancelled."""
    office.add_agent("B-2", name="<b>横浜</b> 一郎")
    office.book(DAY, "11", "X-1", "X-2,recipient=professional,kind=permanent")
    office.book(DAY, "9", "Y-1", "Y-2", agent="B-2")
    office.json("amend", "Y-1", "--drop", "Y-2", "--office")
    office.book(DAY, "10", "Z-1", agent="B-2")
    office.json("cancel", "Z-1", "--office")
    return office


def test_the_sheet_of_a_day(busy: OfficeInFolder) -> None:
    """The sheet lists visits by hour: agent, name, cases, papers; cancelled ones are left out."""
    document = busy.json("desk", "sheet", DAY)
    visits = document["visits"]
    assert [("09:00", "B-2", "<b>横浜</b> 一郎"), ("11:00", "A-1", "代理 A-1")] == [
        (v["reservation"]["start"], v["reservation"]["agent"], v["name"]) for v in visits
    ]
    assert ["letter-of-request", "postcard"] == visits[1]["reservation"]["cases"][1]["papers"]
    totals = {"reservations": 2, "cases": 3, "expected": 2, "arrived": 0, "ended": 0}
    assert (DAY, "Wed", True, totals) == (
        document["date"],
        document["weekday"],
        document["open"],
        document["totals"],
    )


def test_the_sheet_is_of_today(busy: OfficeInFolder) -> None:
    """Without DATE it is today's."""
    assert busy.json("desk", "sheet", now=TEN)["date"] == DAY
    assert busy.json("desk", "sheet")["visits"] == []
    assert busy.json("desk", "sheet", "+1") == busy.json("desk", "sheet", DAY)


def test_the_sheet_says_how_visits_stand(busy: OfficeInFolder) -> None:
    """The sheet has arrivals, outcomes, late notices, and reasons."""
    busy.json("desk", "late-notice", "X-1", now=f"{DAY}T08:30:00")
    busy.json("desk", "arrive", "Y-1", now=f"{DAY}T09:01:00")
    busy.json("desk", "collect", "Y-1", "--not-handed", "Y-1=period", now=f"{DAY}T09:09:00")
    shown = busy.run("desk", "sheet", now=TEN).out
    for text in ("not-handed 09:01", "not the time to collect it", "comes late"):
        assert text in shown
    totals = busy.json("desk", "sheet", now=TEN)["totals"]
    assert (1, 0, 1) == (totals["expected"], totals["arrived"], totals["ended"])


def test_the_sheet_as_csv(busy: OfficeInFolder) -> None:
    """CSV has a case a row; what was dropped is left out."""
    rows = list(csv.DictReader(io.StringIO(busy.run("desk", "sheet", DAY, "-f", "csv").out)))
    assert [("09:00", "Y-1", "postcard"), ("11:00", "X-1", "postcard")] == [
        (row["start"], row["case"], row["papers"]) for row in rows[:2]
    ]
    assert ("X-2", "letter-of-request postcard") == (rows[2]["case"], rows[2]["papers"])
    assert 3 == len(rows)


def test_the_sheet_as_a_page(busy: OfficeInFolder) -> None:
    """The page has every visit and case, escapes what people typed, and loads nothing."""
    page = busy.run("desk", "sheet", DAY, "-f", "html").out
    for text in ("&lt;b&gt;横浜&lt;/b&gt; 一郎", "代理 A-1", "X-2", "letter of request", "非公式"):
        assert text in page
    assert "<b>横浜" not in page
    assert "Y-2" not in page
    assert_self_contained(page)
    assert '<html lang="en">' in page


def test_the_page_in_japanese(busy: OfficeInFolder) -> None:
    """The page speaks the user's language; an official office says nothing of unofficial."""
    busy.set("office", "official", "true")
    page = busy.run("desk", "sheet", DAY, "-f", "html", "--lang", "ja").out
    assert '<html lang="ja">' in page
    assert "非公式" not in page


def test_the_sheet_warns_of_certificates(busy: OfficeInFolder) -> None:
    """1: every form of the sheet warns of a certificate that ends before the visit."""
    busy.json("agent", "edit", "A-1", "--valid-until", "2026-11-24")
    (warning,) = busy.json("desk", "sheet", DAY)["warnings"]
    assert "certificate of agent A-1" in warning
    assert warning in busy.run("desk", "sheet", DAY).err
    assert "certificate of agent A-1" in busy.run("desk", "sheet", DAY, "-f", "html").out


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
    assert [] == [
        word
        for word in ("proxy notification 2030-03-31", "Collect by", "2026-12-10")
        if word not in shown
    ]
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
    rows = list(csv.DictReader(io.StringIO(busy.run("desk", "sheet", DAY, "-f", "csv").out)))
    assert ("proxy-notification", "2026-11-24", "no", "2026-12-10") == (
        rows[-1]["certificate_kind"],
        rows[-1]["valid_until"],
        rows[-1]["certificate_valid"],
        rows[-1]["collect_by"],
    )


def test_the_sheet_of_a_closed_day(office: OfficeInFolder) -> None:
    """A day on which the office is closed is said to be so."""
    document = office.json("desk", "sheet", "2026-11-28")
    assert (False, []) == (document["open"], document["visits"])
    assert "the office is closed" in office.run("desk", "sheet", "2026-11-28").out
    assert 0 == office.run("desk", "sheet", "2026-11-28", "-f", "html").status


@pytest.mark.parametrize(
    "command",
    [
        ("arrive", "X-1"),
        ("late-notice", "X-1"),
        ("late-cancel", "Y261125-0001-7", "--reason", "r"),
        ("collect", "Y-1"),
        ("undo", "Y-1", "--reason", "r"),
    ],
)
def test_a_dry_run_changes_nothing(busy: OfficeInFolder, command: tuple[str, ...]) -> None:
    """-n goes the whole way, writes nothing, and does not say that it was done."""
    busy.json("desk", "arrive", "Y-1", now=f"{DAY}T09:00:00")
    before = busy.bytes()
    document = busy.json("desk", *command, "-n", now=f"{DAY}T09:30:00")
    text = busy.run("desk", *command, "-n", "-q", now=f"{DAY}T09:30:00").out
    assert "would be" in text.partition("\n  ")[0].lower()
    assert (True, True) == (document["changed"], document["dry_run"])
    assert before == busy.bytes()


def test_only_one_way_to_be_late_is_given(busy: OfficeInFolder) -> None:
    """Of --at, --accept-late and --late only one is given, and none with a stream."""
    for options in (("--late", "--accept-late"), ("--at", "10:00", "--late")):
        assert 2 == busy.run("desk", "arrive", "X-1", *options, now=f"{DAY}T13:00:00").status
    assert 2 == busy.run("desk", "arrive", "-", "--late", now=TEN).status
    assert 2 == busy.run("desk", "arrive", "X-1", "--at", "soon", now=TEN).status


def test_an_arrival_says_what_to_ask_for(busy: OfficeInFolder) -> None:
    """An arrival says on one line how it is taken, then what to ask for."""
    lines = busy.run("desk", "arrive", "X-1", now=f"{DAY}T10:50:00").out.splitlines()
    assert "early, waits until 11:00" in lines[0]
    assert ["X-1", "X-2"] == [line.split()[0] for line in lines[1:]]
    assert "letter-of-request" in lines[2]


def scan(
    busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch, data: bytes, *options: str
) -> Outcome:
    """Send a scanner's bytes to ``desk arrive -``, on Wednesday at ten."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
    return busy.run("desk", "arrive", "-", *options, now=TEN)


def test_a_scanners_stream(busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number a line, a result a line; errors do not stop it, and the first decides the status."""
    numbers = [r["number"] for r in busy.json("list", "--all")["reservations"]]
    queue = f"{numbers[2]}\r\n\r\nY261125-0009-0\nNOBODY\n{numbers[2]}\n{numbers[0]}\n"
    outcome = scan(busy, monkeypatch, queue.encode())
    assert 5 == outcome.status
    said = outcome.out.splitlines()
    assert [numbers[2], numbers[2]] == [line.split()[0] for line in said]
    assert "early" in said[0]
    assert "already" in said[1]
    failed = re.findall(r"(?m)^line ([0-9]+): ", outcome.err)
    assert ["3", "4", "6"] == failed
    assert "arrived" == statuses(busy)[numbers[2]]


def test_a_stream_in_json(busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """In JSON each line is answered by a document on a line, errors too."""
    outcome = scan(busy, monkeypatch, "Ｘ－１\nX-9\n".encode("cp932"), "-f", "json")
    assert (4, "") == (outcome.status, outcome.err)
    first, second = map(json.loads, outcome.out.splitlines())
    assert (1, True, "early") == (first["line"], first["changed"], first["timing"])
    assert (2, "not-found") == (second["line"], second["error"]["kind"])


def test_a_stream_where_all_is_well(busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream without a mistake, and one without a line, is exit 0."""
    assert 0 == scan(busy, monkeypatch, b"\xef\xbb\xbfX-1").status
    assert (0, "", "") == tuple(
        getattr(scan(busy, monkeypatch, b""), name) for name in ("status", "out", "err")
    )


def test_a_streams_dry_run(busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """-n works for a stream too."""
    before = busy.bytes()
    outcome = scan(busy, monkeypatch, b"X-1\n", "-n", "-f", "json")
    assert (0, True) == (outcome.status, json.loads(outcome.out)["dry_run"])
    assert before == busy.bytes()


def test_a_stream_has_no_file(busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers come line by line, so -o, which writes whole files, does not go with a stream."""
    assert 2 == scan(busy, monkeypatch, b"X-1\n", "-o", "answers.txt").status


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
    """The result names who was missed, the marks, and what can be done about them."""
    busy.json("desk", "arrive", "Y-1", now=f"{DAY}T09:00:00")
    shown = busy.run("desk", "close-day", now=f"{DAY}T16:00:00").out
    for text in ("2026-11-25 (Wed)", "missed 1", "kofucli desk collect", "agent suspend A-1"):
        assert text in shown
