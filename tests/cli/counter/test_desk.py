"""The counter's commands: the sheet, dry runs, what is asked and said."""

from __future__ import annotations

import csv
import io
import re
import sys

import pytest

from tests.conftest import OfficeInFolder
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


def read_csv(busy: OfficeInFolder) -> list[dict[str, str]]:
    """Return the rows of the sheet as CSV."""
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
    papers = "letter-of-request postcard"
    assert [("09:00", "Y-1", "postcard"), ("11:00", "X-1", "postcard")] == found[:2]
    assert [("11:00", "X-2", papers)] == found[2:]
    assert document == busy.json("desk", "sheet", "+1")
    assert (DAY, "2026-11-24") == tuple(
        busy.json("desk", "sheet", now=now)["date"] for now in (TEN, None)
    )


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


def test_the_sheet_of_a_closed_day(office: OfficeInFolder) -> None:
    """A day on which the office is closed is said to be so."""
    document = office.json("desk", "sheet", "2026-11-28")
    assert (False, []) == (document["open"], document["visits"])
    assert "the office is closed" in office.run("desk", "sheet", "2026-11-28").out
    assert 0 == office.run("desk", "sheet", "2026-11-28", "-f", "html").status


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
def test_a_dry_run_changes_nothing(busy: OfficeInFolder, command: str) -> None:
    """-n goes the whole way, writes nothing, and does not say that it was done."""
    busy.json("desk", "arrive", "Y-1", now=f"{DAY}T09:00:00")
    before = busy.bytes()
    words = ("desk", *command.split(), "-n")
    document = busy.json(*words, now=f"{DAY}T09:30:00")
    text = busy.run(*words, "-q", now=f"{DAY}T09:30:00").out
    assert "would be" in text.partition("\n  ")[0].lower()
    assert (True, True) == (document["changed"], document["dry_run"])
    assert before == busy.bytes()


@pytest.mark.parametrize("options", ["--late --accept-late", "--at 10:00 --late", "--at soon"])
def test_only_one_way_to_be_late_is_given(busy: OfficeInFolder, options: str) -> None:
    words = ("desk", "arrive", "X-1", *options.split())
    assert 2 == busy.run(*words, now=f"{DAY}T13:00:00").status


def test_an_arrival_says_what_to_ask_for(busy: OfficeInFolder) -> None:
    """An arrival says on one line how it is taken, then what to ask for."""
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
    """The result names who was missed, the marks, and what can be done about them."""
    busy.json("desk", "arrive", "Y-1", now=f"{DAY}T09:00:00")
    shown = busy.run("desk", "close-day", now=f"{DAY}T16:00:00").out
    for text in ("2026-11-25 (Wed)", "missed 1", "kofucli desk collect", "agent suspend A-1"):
        assert text in shown
