"""Properties of numbers: one spelling each, and no slip of a finger goes unnoticed."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from kofucli.base import InputError
from kofucli.model.numbers import make_number, normalise_number, parse_number, sequence_of
from kofucli.rules.eligibility import fault_of_number, fault_of_spelling
from tests.support.strategies import dates, number_texts, offices, sequences

SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"


def reads_as(text: str) -> str | None:
    """Return the reservation number that a text is taken for, None where it is refused."""
    try:
        parsed = parse_number(text)
    except InputError:
        return None
    return None if parsed is None else parsed[0]


@given(number_texts())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    """Own rule (case.number): a number has one spelling: what is normalised stays as it is."""
    once = normalise_number(text)
    assert once == normalise_number(once)


@given(st.text("ABXYZ019-横浜ヨー", min_size=1, max_size=32), st.data())
def test_every_way_of_writing_is_the_same_number(number: str, data: st.DataObject) -> None:
    """Own rule (case.number): width, case, dashes (ー in ASCII too), outer spaces are the same."""
    ways = {"-": "-‐–—−－", "ー": "ーｰ"}
    ways |= {char: char + char.lower() + chr(ord(char) + 0xFEE0) for char in "ABXYZ019"}
    written = "".join(data.draw(st.sampled_from(ways.get(char, char))) for char in number)
    spaces = st.sampled_from(["", " ", "\u3000", "\t"])
    number = re.sub("(?<=[ABXYZ019])ー(?=[ABXYZ019])", "-", number)
    assert number == normalise_number(data.draw(spaces) + written + data.draw(spaces))
    assert fault_of_spelling(number) is None
    assert (fault_of_number(number, "") is None) is any(char in "019" for char in number)


@given(number_texts())
def test_what_is_a_number_stays_one(text: str) -> None:
    """Own rule (case.number): what is accepted is 1 to 32 letters, digits and hyphens."""
    number = normalise_number(text)
    if fault_of_number(number, "") is None:
        assert 1 <= len(number) <= 32
        assert all(char == "-" or char in "0123456789" or char.isalpha() for char in number)


@given(offices, dates, sequences)
def test_a_reservation_number_is_read_back(office: str, visit: date, sequence: int) -> None:
    """A reservation number names office, day of the visit and sequence, in any spelling."""
    number = make_number(office, visit, sequence)
    assert (number, visit) == parse_number(number)
    wide = "".join(chr(ord(char) + 0xFEE0) for char in number.lower())
    assert (number, visit) == parse_number(f" {wide} ")
    assert sequence == sequence_of(number)


@given(offices, dates, sequences)
def test_every_wrong_character_is_caught(office: str, visit: date, sequence: int) -> None:
    """Reservation numbers: any single wrong character, wherever it stands, is caught."""
    number = make_number(office, visit, sequence)
    for at, right in enumerate(number):
        for wrong in SIGNS:
            if wrong != right:
                assert reads_as(number[:at] + wrong + number[at + 1 :]) is None


@given(offices, dates, sequences)
def test_every_swap_of_neighbours_is_caught(office: str, visit: date, sequence: int) -> None:
    """Reservation numbers: any two unequal neighbours in the wrong order are caught."""
    number = make_number(office, visit, sequence)
    for at in range(len(number) - 1):
        first, second = number[at], number[at + 1]
        if first != second:
            assert reads_as(number[:at] + second + first + number[at + 2 :]) is None
