"""What names a reservation: its number, however it is typed or scanned, or one of its cases."""

from __future__ import annotations

import pytest

from tests.conftest import OfficeInFolder

DAY = "2026-11-25"
NUMBER = "Y261125-0001-7"
WRITTEN = [
    NUMBER,
    "Y26112500017",
    "y261125 0001 7",
    "'Y261125 0001 7'",
    "Y 261125\u3000-\u30000001\u3000-\u30007",
    "Y261125ー0001ｰ7",
    "Ｙ２６１１２５－０００１～７",
    "Y261125_0001_7",
    "Y261125‐0001−7",
    "Y261125—0001〜7",
    "予約番号：Y261125-0001-7",
    "予約番号Y26112500017",
    "No. Y261125-0001-7",
    "Reservation number: Y261125-0001-7, 2 cases",
    "]Q1Y261125-0001-7",
    "]C1Y26112500017",
    "\x02Y261125-0001-7\x03",
]


@pytest.fixture
def booked(office: OfficeInFolder) -> OfficeInFolder:
    """Return an office in which A-1 has X-1 and X-2 on Wednesday at ten."""
    assert office.book(DAY, "10", "X-1", "X-2")["number"] == NUMBER
    return office


@pytest.mark.parametrize("text", WRITTEN)
@pytest.mark.parametrize("command", [("show",), ("confirmation",), ("desk", "arrive"), ("cancel",)])
def test_letters_digits_and_check_character_name_a_reservation(
    booked: OfficeInFolder, command: tuple[str, ...], text: str
) -> None:
    """Whatever stands between the letters and digits of a reservation number, it is that one."""
    now = f"{DAY}T10:00:00" if command[0] == "desk" else booked.now
    assert booked.run(*command, text, "--office", now=now).status == 0


@pytest.mark.parametrize("text", ["0001-7", "00017", "0001ー7", "0001ｰ7", "０００１　７", "0001_7"])
def test_the_last_part_is_enough_on_the_day(booked: OfficeInFolder, text: str) -> None:
    """At the counter sequence and check character name a visit of today, in any spelling."""
    document = booked.json("desk", "arrive", text, now=f"{DAY}T10:00:00")
    assert document["reservation"]["number"] == NUMBER
    assert booked.run("show", text, "--office").status != 0


@pytest.mark.parametrize(
    "text", ["Y261125-0001-8", "Y26112500018", "予約番号：Y261125 0001 8", "0001ー8", "00018"]
)
def test_a_wrong_check_character_is_bad_input(booked: OfficeInFolder, text: str) -> None:
    """A wrong character never becomes another reservation, nor "not found" (exit 5)."""
    outcome = booked.run("desk", "arrive", text, now=f"{DAY}T10:00:00")
    assert outcome.status == 5


def test_a_text_that_could_be_two_things_does_nothing(office: OfficeInFolder) -> None:
    """Where a case of another visit is called like a last part, both are named (exit 2)."""
    number = str(office.book(DAY, "10", "X-1")["number"])
    part = number.partition("-")[2]
    other = str(office.book(DAY, "11", part.replace("-", ""))["number"])
    before = office.bytes()
    outcome = office.run("desk", "arrive", part.replace("-", ""), now=f"{DAY}T10:00:00")
    assert outcome.status == 2
    assert number in outcome.err
    assert other in outcome.err
    assert before == office.bytes()


def test_a_scanned_case_of_several_cancels_nothing(booked: OfficeInFolder) -> None:
    """What a scanner puts around a case number does not make it the whole reservation."""
    assert booked.run("cancel", "]Q1X-1", "--office").status == 2


@pytest.mark.parametrize("written", ["a-1", "Ａ－１", "Ａー１"])
def test_an_agents_id_is_read_in_any_case_and_width(office: OfficeInFolder, written: str) -> None:
    """``--agent`` and the column of files name the same agent, however the id is typed."""
    made = office.json("book", "+1", "10", "--case", "X-1", "--agent", written)
    assert made["reservation"]["agent"] == "A-1"
    rows = office.folder / "rows.csv"
    rows.write_text(f"申請番号,取次者,種別\nX-2,{written},変更\n", "utf-8")
    planned = office.json("plan", str(rows), "--office")
    assert [row["agent"] for row in planned["rows"]] == ["A-1"]
    assert office.run("agent", "show", written, "--office").status == 0
