"""``book --from … --confirmations DIR``: a file for each reservation; ``list -f ics``."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from icalendar import Calendar, Event

from kofucli.model.numbers import make_number
from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import book_rows, outcomes, statuses, write_rows
from tests.support.needs import mode_of

A1 = ("--agent", "A-1")
ROWS = ("X-1,2026-11-26,10", "X-2,2026-11-26,10", "X-3,2026-11-27,13", "X-4,,")


def book_with(office: OfficeInFolder, folder: Path, *options: str) -> Outcome:
    """Book the rows, with confirmations in a folder."""
    return book_rows(office, *ROWS, options=(*A1, "--confirmations", str(folder), *options))


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_confirmation_of_each_reservation(office: OfficeInFolder, tmp_path: Path) -> None:
    """--confirmations: NUMBER.txt for each reservation, as 'confirmation' shows it, for me only."""
    folder = tmp_path / "out"
    document = book_with(office, folder).json
    numbers = [r["number"] for r in document["reservations"]]
    assert sorted(f"{number}.txt" for number in numbers) == names(folder)
    assert [str(folder / f"{number}.txt") for number in numbers] == document["confirmations"]
    assert (0o700, {0o600}) == (mode_of(folder), {mode_of(path) for path in folder.iterdir()})
    for number in numbers:
        shown = office.run("confirmation", number, *A1)
        assert shown.out == (folder / f"{number}.txt").read_text("utf-8")
    first = (folder / f"{numbers[0]}.txt").read_text("utf-8")
    for told in (numbers[0], "X-1", "X-2", "2026-11-26", "代理 A-1"):
        assert told in first


def test_the_table_says_where_confirmations_are(office: OfficeInFolder, tmp_path: Path) -> None:
    """A note says how many were written, and where."""
    path = write_rows(office, *ROWS)
    folder = tmp_path / "out"
    outcome = office.run("book", "--from", path, *A1, "--confirmations", str(folder))
    assert (0, True) == (outcome.status, f"Confirmations written: 2, in {folder}" in outcome.err)


def test_a_second_run_completes_confirmations(office: OfficeInFolder, tmp_path: Path) -> None:
    """A run that was cut off is completed: rows already booked have their confirmations too."""
    folder = tmp_path / "out"
    before = book_rows(office, *ROWS).json
    assert not folder.exists()
    again = book_with(office, folder)
    assert (0, ["already"] * 4) == (again.status, outcomes(again.json))
    assert sorted(f"{r['number']}.txt" for r in before["reservations"]) == names(folder)
    first, second = sorted(folder.iterdir())
    kept = first.read_bytes()
    first.unlink()
    second.write_text("old", "utf-8")
    assert 0 == book_with(office, folder).status
    assert kept == first.read_bytes()
    assert b"X-3" in second.read_bytes()
    assert 2 == len(names(folder))


def test_refused_rows_have_no_confirmation(office: OfficeInFolder, tmp_path: Path) -> None:
    """Refused rows have none; the others of a best effort do."""
    folder = tmp_path / "out"
    options = (*A1, "--best-effort", "--confirmations", str(folder))
    outcome = book_rows(office, "X-1,2026-11-26,10", "X-2,2026-11-28,10", options=options)
    assert (3, ["booked", "refused"]) == (outcome.status, outcomes(outcome.json))
    assert [f"{outcome.json['rows'][0]['reservation']}.txt"] == names(folder)


def test_confirmations_of_several_agents(office: OfficeInFolder, tmp_path: Path) -> None:
    """The office's file has confirmations for all agents, each with its own name."""
    office.add_agent("B-2")
    folder = tmp_path / "out"
    rows = ["X-1,2026-11-26,10,A-1", "X-2,2026-11-26,10,B-2"]
    options = ("--office", "--confirmations", str(folder))
    document = book_rows(office, *rows, head="number,date,hour,agent", options=options).json
    texts = [Path(path).read_text("utf-8") for path in document["confirmations"]]
    assert [["代理 A-1"], ["代理 B-2"]] == [
        [name for name in ("代理 A-1", "代理 B-2") if name in text] for text in texts
    ]


def test_a_dry_run_writes_no_confirmations(office: OfficeInFolder, tmp_path: Path) -> None:
    """A dry run makes no folder and no file, and fills no folder that is there."""
    folder = tmp_path / "out"
    assert 0 == book_with(office, folder, "-n").status
    assert not folder.exists()
    folder.mkdir()
    assert 0 == book_with(office, folder, "-n").status
    assert [] == names(folder)


def test_what_is_refused_makes_no_folder(office: OfficeInFolder, tmp_path: Path) -> None:
    """A folder is made for confirmations, not for a booking that was refused, nor for none."""
    folder = tmp_path / "below" / "out"
    options = (*A1, "--confirmations", str(folder))
    for status, rows, more in (
        (3, ("X-1,2026-11-28,10",), ()),
        (3, ("X-1,2026-11-28,10",), ("--best-effort",)),
        (5, ("X-1,2026-11-26,later",), ()),
        (0, ("X-1,2026-11-26,10,pending",), ()),
    ):
        head = "number,date,hour,review" if not status else "number,date,hour"
        outcome = book_rows(office, *rows, options=(*options, *more), head=head)
        assert (status, False) == (outcome.status, folder.parent.exists())
    assert 0 == book_with(office, folder).status
    assert (2, 0o700) == (len(names(folder)), mode_of(folder))


def test_a_folder_that_is_there_keeps_its_mode(office: OfficeInFolder, tmp_path: Path) -> None:
    """A folder of the user's is used as it is, and what else is in it stays."""
    folder = tmp_path / "out"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "mine.txt").write_text("mine", "utf-8")
    assert 0 == book_with(office, folder).status
    assert (0o755, "mine") == (mode_of(folder), (folder / "mine.txt").read_text("utf-8"))
    assert 3 == len(names(folder))


@pytest.mark.parametrize("options", [(), ("--best-effort",)])
def test_a_folder_that_cannot_be_made_is_bad_input(
    office: OfficeInFolder, tmp_path: Path, options: tuple[str, ...]
) -> None:
    """Where the folder cannot be made it is bad input (5), before anything is booked."""
    before = office.bytes()
    (tmp_path / "out").write_text("a file", "utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    paths = ("out", "out/below", "link", "link/below", f"{'x' * 300}/below")
    for folder in map(tmp_path.joinpath, paths):
        outcome = book_with(office, folder, *options)
        assert (5, "") == (outcome.status, outcome.out)
    assert before == office.bytes()
    assert "a file" == (tmp_path / "out").read_text("utf-8")


def test_a_folder_without_leave_to_write_is_bad_input(
    office: OfficeInFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without leave to write is bad input (5), before anything is booked."""
    folder = tmp_path / "out"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):  # who may do everything is refused by nobody
        real = os.access
        monkeypatch.setattr(os, "access", lambda path, how: path != str(folder) and real(path, how))
    before = office.bytes()
    assert 5 == book_with(office, folder).status
    assert before == office.bytes()


def test_bookings_stand_without_a_confirmation(office: OfficeInFolder, tmp_path: Path) -> None:
    """What cannot be written after booking is aftermath (7): the bookings stand, run again."""
    folder = tmp_path / "out"
    first = make_number("Y", date(2026, 11, 26), 1)
    blocking = folder / f"{first}.txt"
    blocking.mkdir(parents=True)
    outcome = book_with(office, folder)
    assert (7, "aftermath") == (outcome.status, outcome.error["kind"])
    assert ["booked"] * 4 == outcomes(outcome.json)
    assert str(blocking) in outcome.error["message"]
    assert {"active"} == set(statuses(office).values())
    assert 2 == len(statuses(office))
    blocking.rmdir()
    again = book_with(office, folder)
    assert (0, ["already"] * 4, 2) == (again.status, outcomes(again.json), len(names(folder)))
    assert not [name for name in names(folder) if name.startswith(".")]


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
