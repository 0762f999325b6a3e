"""The check of the newest part of the store: what the nightly page's health stands on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kofucli.store.documents import decode, encode
from kofucli.store.integrity.check import RecentCheck, check_recent
from tests.conftest import OfficeInFolder

TODAY = date(2026, 11, 24)
DAY = date(2026, 11, 25)
DOCUMENT = "days/2026/2026-11-25"
LEDGER = "ledger/2026-11.jsonl"


def check(office: OfficeInFolder, since: date = TODAY) -> RecentCheck:
    return check_recent(office.open(), since, [TODAY, DAY])


def found(office: OfficeInFolder, since: date = TODAY) -> list[tuple[str, int | None]]:
    """Return the files, and their lines, in which something is wrong."""
    return [(problem.file, problem.line) for problem in check(office, since).problems]


@pytest.fixture(params=["json", "toml"])
def booked(request: pytest.FixtureRequest, tmp_path: Path) -> OfficeInFolder:
    """Return an office with two reservations on one day, its documents as JSON and as TOML."""
    office = OfficeInFolder(tmp_path, request.param)
    office.add_agent()
    office.book("+1", "10", "X-1")
    office.book("+1", "11", "X-2")
    return office


def document(office: OfficeInFolder) -> Path:
    (path,) = office.store.glob(f"{DOCUMENT}.*")
    return path


def change_lines(office: OfficeInFolder, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Change the lines of November's ledger."""
    path = office.store / LEDGER
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_every_line_and_record_of_a_whole_store_is_counted(booked: OfficeInFolder) -> None:
    """The head is that of the whole check; where a month has no line yet it is the newest one."""
    result = check(booked)
    assert (True, ()) == (result.ok, result.problems)
    assert booked.json("store", "check")["head"] == result.head
    assert (len(booked.ledger()), 2) == (result.lines, result.records)
    assert check(booked, date(2027, 1, 4)).lines == result.lines


def flip(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"X-1", b"X-9"))


def lead_elsewhere(path: Path) -> None:
    elsewhere = path.rename(path.with_name("elsewhere"))
    path.symlink_to(elsewhere)


def seal_anew(path: Path) -> None:
    """Take a record out of a document, and give it the checksum that belongs to the rest."""
    codec: Any = path.suffix.removeprefix(".")
    loaded = decode(path.read_bytes(), "days/2026-11-25", codec)
    path.write_bytes(encode(loaded.n, loaded.records[1:], codec))


@pytest.mark.parametrize("damage", [flip, Path.unlink, lead_elsewhere, seal_anew])
def test_a_damaged_document_is_named(
    booked: OfficeInFolder, damage: Callable[[Path], None]
) -> None:
    path = document(booked)
    damage(path)
    # The last line's own document is completed by every reader only from the one before it.
    assert [(str(path.relative_to(booked.store)), None)] == found(booked)


def test_an_older_document_is_damage_two_lines_behind(booked: OfficeInFolder) -> None:
    path = document(booked)
    before = path.read_bytes()
    booked.book("+1", "13", "X-3")
    path.write_bytes(before)
    assert [] == found(booked)
    booked.json("agent", "edit", "A-1", "--phone", "045-000-0000")
    path.write_bytes(before)
    assert [(str(path.relative_to(booked.store)), None)] == found(booked)


@pytest.mark.parametrize("at", [0, 2])
def test_a_changed_line_is_named(booked: OfficeInFolder, at: int) -> None:
    def change(lines: list[bytes]) -> list[bytes]:
        return [*lines[:at], lines[at].replace(b'"op":', b'"oP":'), *lines[at + 1 :]]

    change_lines(booked, change)
    assert (LEDGER, at + 1) == found(booked)[0]


def test_a_line_behind_a_gap_continues_nothing(booked: OfficeInFolder) -> None:
    change_lines(booked, lambda lines: lines[:2] + lines[3:])
    assert [(LEDGER, 3), (LEDGER, 3)] == found(booked)


def test_the_month_continues_the_one_before(booked: OfficeInFolder) -> None:
    booked.json("agent", "edit", "A-1", "--phone", "045-000-0000", now="2026-12-01T09:00:00")
    december = date(2026, 12, 1)
    assert (1, True) == (check(booked, december).lines, check(booked, december).ok)
    change_lines(booked, lambda lines: lines[:-1])
    assert ("ledger/2026-12.jsonl", 1) == found(booked, december)[0]
