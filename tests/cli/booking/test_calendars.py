"""Calendars: ``list -f ics``, and ``book --from --confirmations DIR --as FORM``."""

from __future__ import annotations

import pytest
from icalendar import Calendar, Event

from tests.conftest import OfficeInFolder

FORMS = {"text": ".txt", "html": ".html", "ics": ".ics"}
FILE = ("book", "--agent", "A-1", "--from")


def events_of(text: str) -> dict[str, Event]:
    """Return the events of a calendar by their UID, which each has for itself."""
    calendar = Calendar.from_ical(text)
    events = {str(event["uid"]): event for event in calendar.walk("VEVENT")}
    assert len(events) == len(calendar.walk("VEVENT"))
    assert 1 == len(calendar.walk("VTIMEZONE"))
    assert "method" not in calendar  # nobody is invited by a file
    return events


def test_one_calendar_of_all_visits(office: OfficeInFolder) -> None:
    """It has what the list has, each visit as its own confirmation shows it, -o like stdout."""
    office.add_agent("B-1")
    own = [office.book("+1", hour, f"X-{hour}")["number"] for hour in ("10", "11")]
    other = office.book("+2", "10", "Y-1", agent="B-1")["number"]
    office.json("cancel", own[1], "--agent", "A-1")
    for options, numbers in (
        ((), [own[0], other]),
        (("--all",), [*own, other]),
        (("--agent", "A-1"), [own[0]]),
        (("--status", "no-show"), []),
    ):
        outcome = office.run("list", "-f", "ics", *options)
        assert (0, "") == (outcome.status, outcome.err)
        events = events_of(outcome.out)
        assert [f"{number}@pickup.example.jp" for number in numbers] == list(events)
        for number, event in zip(numbers, events.values(), strict=True):
            alone = office.run("confirmation", number, "-f", "ics").out
            (single,) = events_of(alone).values()
            assert event.to_ical() == single.to_ical()
            assert ("CANCELLED" if number == own[1] else "CONFIRMED") == event["status"]
        target = office.folder / "out.ics"
        assert 0 == office.run("list", "-f", "ics", "-o", str(target), *options).status
        assert outcome.out.encode() == target.read_bytes()
    office.json("agent", "erase", "A-1", "--reason", "r", "-y", now="2026-12-01T10:00:00")
    erased = office.run("list", "--all", "-f", "ics", now="2026-12-01T10:00:00").out
    assert "代理 A-1" not in str(events_of(erased)[f"{own[0]}@pickup.example.jp"]["description"])


@pytest.mark.parametrize("form", FORMS)
def test_confirmations_in_another_form(office: OfficeInFolder, form: str) -> None:
    """Each file is what ``confirmation -f`` prints; a second run completes what is missing."""
    rows, folder = office.folder / "rows.csv", office.folder / "out"
    rows.write_text("number,date,hour\nX-1,2026-11-25,10\nX-2,2026-11-25,11\n", "utf-8")
    command = (*FILE, str(rows), "--confirmations", str(folder), "--as", form)
    paths = office.json(*command)["confirmations"]
    numbers = [each["number"] for each in office.json("list")["reservations"]]
    assert [str(folder / f"{number}{FORMS[form]}") for number in numbers] == paths
    for number in numbers:
        shown = office.run("confirmation", number, "-f", form).out
        assert shown == (folder / f"{number}{FORMS[form]}").read_bytes().decode()
    (folder / f"{numbers[0]}{FORMS[form]}").unlink()
    assert paths == office.json(*command)["confirmations"]


def test_a_form_needs_its_folder(office: OfficeInFolder) -> None:
    """--as without --confirmations, or beside one frame, is wrong usage; nothing is booked."""
    rows = office.folder / "rows.csv"
    rows.write_text("number,date,hour\nX-1,2026-11-25,10\n", "utf-8")
    for arguments in (
        (*FILE, str(rows), "--as", "ics"),
        ("book", "+1", "10", "--case", "X-1", "--agent", "A-1", "--as", "ics"),
    ):
        outcome = office.run(*arguments)
        assert (2, True) == (outcome.status, "--as" in outcome.err)
    assert [] == office.json("list")["reservations"]
