"""``book --from … --confirmations DIR``: a file for each reservation; ``list -f ics``."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from icalendar import Calendar, Event

from kofucli.model.numbers import make_number
from tests.conftest import OfficeInFolder, Outcome
from tests.operations.support import A1, book_rows, outcomes, statuses, write_rows
from tests.support.needs import mode_of

ROWS = ("X-1,2026-11-26,10", "X-2,2026-11-26,10", "X-3,2026-11-27,13", "X-4,,")
FORMS = {"text": ".txt", "html": ".html", "ics": ".ics"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where the confirmations go; it is not there yet."""
    return tmp_path / "below" / "out"


def book_with(
    office: OfficeInFolder,
    folder: Path,
    *options: str,
    rows: tuple[str, ...] = ROWS,
    head: str = "number,date,hour",
) -> Outcome:
    who = () if "--office" in options else A1
    options = ("--confirmations", str(folder), *who, *options)
    return book_rows(office, *rows, options=options, head=head)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("form", FORMS)
def test_each_reservation_has_a_confirmation(
    office: OfficeInFolder, folder: Path, form: str
) -> None:
    """A file named by its number for each, as ``confirmation -f`` prints it, for me only."""
    document = book_with(office, folder, "--as", form).json
    numbers = [r["number"] for r in document["reservations"]]
    paths = [folder / f"{number}{FORMS[form]}" for number in numbers]
    assert ([str(path) for path in paths], 2) == (document["confirmations"], len(names(folder)))
    assert (0o700, {0o600}) == (mode_of(folder), {mode_of(path) for path in paths})
    for number, path in zip(numbers, paths, strict=True):
        shown = office.run("confirmation", number, "-f", form).out
        assert shown == path.read_bytes().decode()


def test_a_second_run_completes_confirmations(office: OfficeInFolder, folder: Path) -> None:
    """A run that was cut off is completed: rows already booked have their confirmations too."""
    assert ["booked"] * 4 == outcomes(book_rows(office, *ROWS).json)
    again = book_with(office, folder)
    assert (0, ["already"] * 4) == (again.status, outcomes(again.json))
    first, second = sorted(folder.iterdir())
    kept = first.read_bytes()
    first.unlink()
    second.write_text("old", "utf-8")
    path = write_rows(office, *ROWS)
    outcome = office.run("book", "--from", path, *A1, "--confirmations", str(folder))
    assert (0, True) == (outcome.status, f"Confirmations written: 2, in {folder}" in outcome.err)
    assert kept == first.read_bytes()
    assert b"X-3" in second.read_bytes()


def test_refused_rows_have_no_confirmation(office: OfficeInFolder, folder: Path) -> None:
    rows = ("X-1,2026-11-26,10", "X-2,2026-11-28,10")
    outcome = book_with(office, folder, "--best-effort", rows=rows)
    assert (3, ["booked", "refused"]) == (outcome.status, outcomes(outcome.json))
    assert [f"{outcome.json['rows'][0]['reservation']}.txt"] == names(folder)


def test_confirmations_of_several_agents(office: OfficeInFolder, folder: Path) -> None:
    office.add_agent("B-2")
    rows = ("X-1,2026-11-26,10,A-1", "X-2,2026-11-26,10,B-2")
    document = book_with(office, folder, "--office", rows=rows, head="number,date,hour,agent").json
    texts = [Path(path).read_text("utf-8") for path in document["confirmations"]]
    assert [(True, False), (False, True)] == [("A-1" in text, "B-2" in text) for text in texts]


@pytest.mark.parametrize(
    ("status", "row", "options"),
    [
        (3, "X-1,2026-11-28,10,", ()),
        (3, "X-1,2026-11-28,10,", ("--best-effort",)),
        (5, "X-1,2026-11-26,later,", ()),
        (0, "X-1,2026-11-26,10,pending", ()),
        (0, "X-1,2026-11-26,10,", ("-n",)),
    ],
)
def test_what_books_nothing_makes_no_folder(
    office: OfficeInFolder, folder: Path, status: int, row: str, options: tuple[str, ...]
) -> None:
    outcome = book_with(office, folder, *options, rows=(row,), head="number,date,hour,review")
    assert (status, False) == (outcome.status, folder.parent.exists())


def test_a_folder_that_is_there_keeps_its_mode(office: OfficeInFolder, folder: Path) -> None:
    """A folder of the user's is used as it is, and what else is in it stays."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    (folder / "mine.txt").write_text("mine", "utf-8")
    assert 0 == book_with(office, folder).status
    assert (0o755, "mine") == (mode_of(folder), (folder / "mine.txt").read_text("utf-8"))
    assert 3 == len(names(folder))


@pytest.mark.parametrize("options", [(), ("--best-effort",)])
def test_a_folder_that_cannot_be_made_is_bad_input(
    office: OfficeInFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
) -> None:
    """Where nothing can be written it is bad input (5), before anything is booked."""
    before = office.bytes()
    (tmp_path / "out").write_text("a file", "utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    real = os.access  # who may do everything is refused by nobody
    monkeypatch.setattr(os, "access", lambda path, how: path != str(closed) and real(path, how))
    for name in ("out", "out/below", "link", "link/below", f"{'x' * 300}/below", "closed"):
        outcome = book_with(office, tmp_path / name, *options)
        assert (5, "") == (outcome.status, outcome.out)
    assert before == office.bytes()
    assert "a file" == (tmp_path / "out").read_text("utf-8")


def test_bookings_stand_without_a_confirmation(office: OfficeInFolder, folder: Path) -> None:
    """What cannot be written after booking is aftermath (7): the bookings stand, run again."""
    blocking = folder / f"{make_number('Y', date(2026, 11, 26), 1)}.txt"
    blocking.mkdir(parents=True)
    outcome = book_with(office, folder)
    assert (7, "aftermath") == (outcome.status, outcome.error["kind"])
    assert ["booked"] * 4 == outcomes(outcome.json)
    assert str(blocking) in outcome.error["message"]
    assert ["active"] * 2 == [*statuses(office).values()]
    blocking.rmdir()
    again = book_with(office, folder)
    assert (0, ["already"] * 4, 2) == (again.status, outcomes(again.json), len(names(folder)))


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
    office.now = "2026-12-01T10:00:00"
    office.json("agent", "erase", "A-1", "--reason", "r", "-y")
    erased = events_of(office.run("list", "--all", "-f", "ics").out)
    assert "代理 A-1" not in str(erased[f"{own[0]}@pickup.example.jp"]["description"])


@pytest.mark.parametrize("arguments", ["--from {}", "+1 10 --case X-1"])
def test_a_form_needs_its_folder(office: OfficeInFolder, arguments: str) -> None:
    """--as without --confirmations, or beside one frame, is wrong usage; nothing is booked."""
    words = arguments.format(write_rows(office, *ROWS)).split()
    outcome = office.run("book", *words, *A1, "--as", "ics")
    assert (2, True) == (outcome.status, "--as" in outcome.err)
    assert [] == office.json("list")["reservations"]
