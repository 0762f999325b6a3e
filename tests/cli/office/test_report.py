"""``report`` and the office's ``status``, through the command line."""

from __future__ import annotations

import json
import os
import re
from itertools import count

import pytest

from tests.conftest import OfficeInFolder

DAY, NEXT = "2026-11-25", "2026-11-26"
FILES = {
    *("load.json", "load.csv", "quota.json", "quota.csv", "conduct.json", "conduct.csv"),
    "index.html",
}


@pytest.fixture
def busy(office: OfficeInFolder) -> OfficeInFolder:
    office.add_agent("B-2")
    collected = office.book(DAY, "9", "X-1", "X-2", "X-3")["number"]
    office.json("amend", collected, "--drop", "X-3", "--agent", "A-1")
    office.book(DAY, "10", "X-4")
    office.book(DAY, "11", "X-5", agent="B-2")
    office.book(NEXT, "9", "X-6", agent="B-2")
    office.json("cancel", office.book("2026-11-27", "9", "X-7")["number"], "--agent", "A-1")
    office.now = f"{DAY}T09:10:00"
    office.json("desk", "arrive", collected)
    office.json("desk", "collect", collected, "--not-handed", "X-2=papers")
    office.json("desk", "late-cancel", "X-4", "--reason", "phoned")
    office.now = f"{DAY}T18:30:00"
    return office


@pytest.mark.parametrize(
    ("options", "since", "until"),
    [
        ("", DAY, "2026-12-02"),  # from today to the last shown day
        ("--since 2026-11-26", NEXT, "2026-12-02"),
        ("--until 2026-11-26", DAY, NEXT),
        ("--until 2026-11-20", "2026-11-20", "2026-11-20"),
        ("--since yesterday --until +1", "2026-11-24", NEXT),
        ("--since 2027-01-04", "2027-01-04", "2027-01-04"),
    ],
)
def test_load_of_the_days_named(busy: OfficeInFolder, options: str, since: str, until: str) -> None:
    """Both days are included; the one that is missing is as in ``list``."""
    load = busy.json("report", "load", *options.split())
    assert (since, until) == (load["since"], load["until"])
    listed = busy.json("list", "--all", "--since", since, "--until", until)["reservations"]
    assert len(listed) == load["totals"]["reservations"]


def test_load_reaches_to_reservations_behind_the_shown_days(busy: OfficeInFolder) -> None:
    """A reservation on a day that is shown no longer is counted all the same."""
    busy.set("calendar", "shown_days", "1")
    busy.set("calendar", "first_open_day", "0")
    assert "2026-11-27" == busy.json("report", "load", now=f"{DAY}T08:00:00")["until"]


def test_the_table_leaves_out_what_is_all_zero(busy: OfficeInFolder) -> None:
    """Hours without reservations, and figures that are 0 in all, but for --all; files have them."""
    whole = busy.run("report", "load", "--all").out.splitlines()
    table = busy.run("report", "load").out.splitlines()
    frames = busy.json("report", "load")["frames"]
    empty = sum(not frame["reservations"] for frame in frames)
    assert len(frames) + 1 == busy.run("report", "load", "-f", "csv").out.count("\n")
    assert f"Hours without any reservation: {empty}. --all shows them." == table.pop()
    assert (True, len(whole) - empty) == (empty > 0, len(table))
    assert (True, False) == tuple("Closed by office" in lines[0] for lines in (whole, table))


@pytest.mark.parametrize("report", ["load", "quota", "conduct"])
def test_every_report(busy: OfficeInFolder, report: str) -> None:
    """A table has one row of totals; days that end before they begin, or are none, are wrong."""
    english = busy.run("report", report)
    assert (0, "") == (english.status, english.err)
    assert 1 == len(re.findall(r"(?m)^Total ", english.out))
    assert 0 == busy.run("report", report, "--lang", "ja").status
    for since in ("2026-11-27", "27.11.2026"):
        outcome = busy.run("report", report, "--since", since, "--until", NEXT)
        assert (2, True) == (outcome.status, since in outcome.err)


def files_of(office: OfficeInFolder) -> dict[str, str]:
    paths = (office.folder / "night").iterdir()
    return {path.name: path.read_text("utf-8-sig") for path in paths}


def nightly(office: OfficeInFolder, *options: str) -> dict[str, str]:
    office.json("report", "nightly", "-o", str(office.folder / "night"), *options)
    return files_of(office)


def page_of(office: OfficeInFolder, *options: str) -> str:
    return nightly(office, *options)["index.html"]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def needs(page: str) -> dict[str, str]:
    found = re.findall(
        r'(?s)<li data-need="([a-z_]+)">(.*?</h3>.*?)(?=<li data-need|</section)', page
    )
    return {name: text_of(html) for name, html in found}


def section(page: str, name: str) -> str:
    return page.partition(f'<section id="{name}">')[2].partition("</section>")[0]


def test_a_night_writes_all_of_it(busy: OfficeInFolder) -> None:
    files = nightly(busy)
    assert FILES == files.keys()
    load = json.loads(files["load.json"])
    assert busy.json("report", "quota") == json.loads(files["quota.json"])
    assert busy.json("report", "load", "--since", load["since"]) == load


def test_a_night_says_what_needs_somebody(busy: OfficeInFolder) -> None:
    """Days not closed, mails, closed days, agents to decide on, certificates, in one place."""
    busy.json("agent", "edit", "B-2", "--valid-until", DAY)
    busy.set("calendar", "closures", '[{date = 2026-11-26, reason = "x"}]')
    found = needs(page_of(busy))
    assert {"unclosed", "on_closed", "expiring"} == set(found)
    assert f"{DAY} (Wed): without an outcome 1, arrived 0" in found["unclosed"]
    assert "Y261126-0001-R" in found["on_closed"]
    assert f"B-2: certificate until {DAY}, visit Y261126-0001-R" in found["expiring"]
    busy.set("calendar", "closures", "[]")
    busy.json("agent", "edit", "B-2", "--valid-until", "2030-03-31")
    busy.json("desk", "close-day", DAY)
    assert {"to_decide"} == set(needs(page_of(busy)))
    busy.json("agent", "suspend", "B-2", "--reason", "6(4)")
    page = page_of(busy)
    assert ({}, True) == (needs(page), "No action needed." in page)


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (f"{DAY}T15:59:59", ["Today, 2026-11-25 (Wed)", "Next open day, 2026-11-26 (Thu)"]),
        (f"{DAY}T16:00:00", ["Next open day, 2026-11-26 (Thu)"]),
        ("2026-11-28T09:00:00", ["Next open day, 2026-11-30 (Mon)"]),
    ],
)
def test_hours_of_today_and_the_next_open_day(
    busy: OfficeInFolder, now: str, days: list[str]
) -> None:
    """Today is there until its last hour has ended, and only where it is open."""
    busy.now = now
    assert days == re.findall(r"<h3>(.*?)</h3>", section(page_of(busy), "hours"))


def test_changes_since_a_day(busy: OfficeInFolder) -> None:
    """The day named counts from its first instant; yesterday where none is."""

    def changes(*options: str) -> dict[str, int]:
        found = section(page_of(busy, *options), "changes")
        pairs = re.findall(r'data-name="([a-z-]+)">([0-9]+)<', found)
        return {name: int(value) for name, value in pairs if value != "0"}

    desk = {"collected": 1, "late-cancelled": 1}
    booked = {"booked": 5, "cases": 7, "cancelled": 1, "agents": 2}
    assert booked | desk == changes() == changes("--since", "2026-11-24")
    assert desk == changes("--since", "today")


def test_no_names_on_the_page(busy: OfficeInFolder) -> None:
    """Neither page nor files have a personal value; nor do they name the machine's folders."""
    busy.json("agent", "edit", "A-1", "--name", "山手花子", "--phone", "045-999-0000")
    values = ("代理", "山手花子", "045-999-0000", "office.example.jp", "C-A-1", str(busy.folder))
    for lang in ("en", "ja"):
        told = "".join(nightly(busy, "--lang", lang).values())
        assert [] == [value for value in values if value in told]


def test_a_damaged_store_is_told_on_the_page(busy: OfficeInFolder) -> None:
    path = busy.store / "ledger/2026-11.jsonl"
    path.write_bytes(
        path.read_bytes().replace(b'"op":', b'"oP":', 2).replace(b'"oP":', b'"op":', 1)
    )
    outcome = busy.run("report", "nightly", "-o", str(busy.folder / "night"), "-f", "json")
    assert (6, "damaged") == (outcome.status, outcome.error["reason"])
    page = files_of(busy)["index.html"]
    assert "ledger/2026-11.jsonl:2" in needs(page)["damaged"]
    assert "Store: damaged" in page


def test_a_lost_old_month_shortens_no_load(office: OfficeInFolder) -> None:
    """The load begins with the store's first day only where the ledger tells that day."""
    for now in ("2026-12-24T09:00:00", "2027-01-20T09:00:00"):
        office.json("agent", "edit", "A-1", "--phone", f"045-{now[5:7]}", now=now)
    office.now = "2027-01-20T10:00:00"
    for since in ("2026-11-24", "2026-11-23"):
        assert since == json.loads(nightly(office)["load.json"])["since"]
        (office.store / "ledger/2026-11.jsonl").unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("now", "since"),
    [
        ("2026-11-24T10:00:00", "2026-11-24"),
        ("2026-11-27T10:00:00", "2026-11-24"),
        ("2027-03-03T10:00:00", "2027-01-04"),
    ],
)
def test_a_store_begins_with_its_first_day(office: OfficeInFolder, now: str, since: str) -> None:
    """Load and chart go back no farther than the store, nor farther than eight weeks."""
    office.now = now
    assert since == json.loads(nightly(office)["load.json"])["since"]


@pytest.mark.files
def test_no_report_is_written_into_the_store(busy: OfficeInFolder) -> None:
    before = busy.bytes()
    link = busy.folder / "link"
    link.symlink_to(busy.store / "days", target_is_directory=True)
    for place in (busy.store, busy.store / "days", link, busy.store / "night"):
        assert 2 == busy.run("report", "nightly", "-o", str(place)).status
    ledger = str(busy.store / "ledger" / "2026-11.jsonl")
    for words in ("list", "book +1 9 --case N-1 --agent A-1"):
        assert 2 == busy.run(*words.split(), "-o", ledger).status
    assert before == busy.bytes()


def test_a_day_in_a_year_without_known_holidays(office: OfficeInFolder) -> None:
    """Shown days beyond the years that the table of holidays vouches for are named."""
    office.now = "2027-12-24T10:00:00"
    assert "2028-01-04 (Tue)" in needs(page_of(office))["holidays"]


def test_a_night_that_fails_leaves_the_one_before(
    busy: OfficeInFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file cannot be written nothing is replaced, nothing is left, the status is 7."""
    before = nightly(busy)
    calls = count(1)

    def fsync(_: int) -> None:
        if next(calls) == len(FILES):
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        night = str(busy.folder / "night")
        outcome = busy.run("report", "nightly", "-o", night, now=f"{DAY}T20:00:00")
    assert (7, True) == (outcome.status, night in outcome.err)
    assert before == files_of(busy)


@pytest.mark.files
def test_status_of_the_office(busy: OfficeInFolder) -> None:
    busy.json("agent", "edit", "B-2", "--valid-until", DAY)
    busy.set("calendar", "closures", '[{date = 2026-11-26, reason = "x"}]')
    status = busy.json("status")
    needed = status["needs"]
    assert len(busy.named("outbox/")) == needed.pop("outbox")
    visit = {"reservation": "Y261126-0001-R", "agent": "B-2", "date": NEXT, "valid_until": DAY}
    assert {
        "unclosed": [{"date": DAY, "active": 1, "arrived": 0}],
        "on_closed": ["Y261126-0001-R"],
        "to_decide": [],
        "expiring": [visit],
    } == needed
    assert ["Y261125-0003-9"] == [found["number"] for found in status["unfinished"]]
    assert status["disk_free"] > 0
    text = busy.run("status", "--lang", "en").out
    assert "Days that are not closed\n  2026-11-25 (Wed): without an outcome 1, arrived 0\n" in text
    assert re.search(r"Free on the store's disk: [0-9,.]+ GiB", text)
    own = busy.json("status", "--agent", "A-1")
    assert {"needs", "disk_free", "unfinished"}.isdisjoint(own)


def test_status_looks_back_as_far_as_marks_count(busy: OfficeInFolder) -> None:
    """A day that was never closed is told for six months, and then no more."""
    for now, days in (("2027-05-25T09:00:00", [DAY, NEXT]), ("2027-05-26T09:00:00", [NEXT])):
        found = busy.json("status", now=now)
        assert days == [day["date"] for day in found["needs"]["unclosed"]]
        assert days == [each["date"] for each in found["unfinished"]]


def test_what_the_office_closed_is_not_called_cancelled(busy: OfficeInFolder) -> None:
    """A closed hour has its own column, and its cell says closed, whoever stands there still."""
    assert "Closed by office" not in section(page_of(busy), "hours")
    busy.json("office", "close", NEXT, "9", "--reason", "drill", "-y")
    hours = text_of(section(page_of(busy), "hours"))
    assert "Visits Cancelled Closed by office 09:00-10:00 0 closed 0 0 1" in hours
    assert "09:00-10:00 0 休止" in text_of(section(page_of(busy, "--lang", "ja"), "hours"))


def test_mails_are_red_where_they_should_have_been_sent(busy: OfficeInFolder) -> None:
    """With transport outbox mails that wait are a number, with smtp they need somebody."""
    page = page_of(busy)
    waiting = len(busy.named("outbox/"))
    assert "mails" not in needs(page)
    assert f'data-name="mails">{waiting}<' in page
    busy.set("mail", "transport", '"smtp"')
    busy.set("mail", "host", '"mail.example.jp"')
    assert needs(page_of(busy))["mails"].startswith(str(waiting))


def test_suspensions_of_the_day(busy: OfficeInFolder) -> None:
    """A suspension that begins on the days looked at is counted and named; a later one is not."""
    busy.json("agent", "suspend", "B-2", "--reason", "6(4)")
    busy.json("agent", "suspend", "A-1", "--since", "2026-12-01", "--reason", "6(4)")
    changes = text_of(section(page_of(busy), "changes"))
    assert "Agents suspended 1" in changes
    assert "B-2: suspended from 2026-11-25 (Wed) on, books again from 2027-02-25 on" in changes
    assert "A-1" not in changes
