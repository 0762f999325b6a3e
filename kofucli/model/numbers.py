"""Numbers in their one spelling; reservation numbers: office, day, sequence, check character.

``Y261124-0041-Z`` is office Y, a visit on 2026-11-24, the 41st number of that day, and ``Z``. The
check character is the sum of the characters, weighted with powers of two, modulo 31. Neither the
difference of two letters or two digits nor a power of two is a multiple of 31, so the check
character betrays every wrong character and every swap of neighbours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from kofucli.base import InputError, Phrase, Problem
from kofucli.base.text import drop_variants, normalise
from kofucli.model import Kind

_SEQUENCE = "([0-9]{4,12})"
NUMBER = re.compile(rf"([A-Z]{{1,4}})([0-9]{{6}})-{_SEQUENCE}-([0-9A-Z])")
"""Office, day of the visit, sequence, check character."""
LAST_PART = rf"{_SEQUENCE}-[0-9A-Z]"
"""The pattern of sequence and check character, which name a reservation on its day."""
_CHECKS = "0123456789ABCDEFGHJKMNPRSTVWXYZ"
"""31 characters, without I, L, O, Q and U, which people mistake for others."""
_MINUS = "\u2212\u02d7\u2796"
"""Signs for minus that Unicode does not count as dashes (category Pd)."""
_DIGITS = 4
_LONGEST_SEQUENCE = 12
_DAY_DIGITS = 6
_DAY = "[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_CONTROLS = "".join(map(chr, (*range(32), 127)))
_SYMBOLOGY = r"^[\]\uff3d\u300d][A-Za-z\uff21-\uff3a\uff41-\uff5a][0-9A-Za-z\uff10-\uff19]"
_QUOTES = (
    " \t\u3000\"'`()<>[]\uff02\uff08\uff09\u2018\u2019\u201c\u201d"
    "\u300c\u300d\u300e\u300f\u3010\u3011"
)
_LABEL = (
    r"(?i)^(?:(?:[^\W\d]*番号|(?:(?:reservation|booking|case|application)\s*)?"
    r"(?:number|no|\uff2e\uff4f))[\s.:#\uff0e\uff1a\uff03]+"
    r"|\u2116[\s.:\uff0e\uff1a]*|[^\d:\uff1a]{1,20}[:\uff1a]\s*)"
)
_KANJI = (("々", "々"), ("\u3400", "\u4dbf"), ("\u4e00", "\u9fff"), ("\U00020000", "\U000323af"))
_LONGEST_SCANNED = 200
"""The characters of a text in which a reservation number is looked for."""
_SIGNS = (
    "[\xb2\xb3\xb9\xbc-\xbe\u2070-\u2079\u2080-\u2089\u2116\u2121\u2150-\u215f\u2189"
    "\u2460-\u249b\u24ea-\u24ff\u3192-\u319f\u3200-\u33ff\U0001f100-\U0001f2ff]"
)
"""Signs of which NFKC makes digits and letters: ①, ², ½, №, ㊞. They stand beside a number."""
_WAVES = "\u301c\u3030\uff5e~"
_RANGE = rf"[0-9]\s*[{_WAVES}]\s*[0-9]"
_BLOCK, _STEP, _STEPS = 10_000, 1_000, 100_000
"""How far ``draw_floor`` goes, and how large and how many the steps are that it draws from."""


def normalise_number(text: str) -> str:
    """Return a number in NFKC, in upper case, trimmed, with ``-`` for every dash and minus.

    The long vowel mark of kana is a letter, and stays, but between letters or digits of ASCII: a
    Japanese keyboard types it for the hyphen. Selectors of glyphs are taken off. A text with a sign
    such as ① stays as it is: it is no number, and 横支更1② is not 横支更12. So does one with a wave
    between two digits (1〜5), which is no number but several.
    """
    if text.isascii():
        return text.upper().strip()
    if not text.isalnum():
        text = drop_variants(text)
    if re.search(_SIGNS, text):
        return text.upper().strip()
    folded = normalise(normalise(text).upper()).strip()
    if any(wave in folded for wave in _WAVES) and re.search(_RANGE, folded):
        return folded
    if "ー" in folded:
        folded = re.sub("(?<=[A-Z0-9])ー(?=[A-Z0-9])", "-", folded)
    elif folded.isalnum():
        return folded  # no dash among letters and digits
    return "".join(
        "-" if char in _MINUS or unicodedata.category(char) == "Pd" else char for char in folded
    )


class WithZeros:
    """Numbers of digits that begin with zeros, which a spreadsheet takes off."""

    def __init__(self, numbers: Iterable[str]) -> None:
        self._longest: dict[str, str] = {}
        for number in numbers:
            if number.startswith("0") and number.isdecimal():
                bare = number.lstrip("0")
                self._longest[bare] = max(number, self._longest.get(bare, ""), key=len)

    def find(self, number: str) -> str | None:
        """Return a number that is this one with more zeros in front, None where there is none."""
        found = self._longest.get(number.lstrip("0")) if number.isdecimal() else None
        return found if found is not None and len(found) > len(number) else None


def pad_with_zeros(number: str, longest: int) -> Iterator[str]:
    """Yield a number of digits with more and more zeros in front; nothing for another one."""
    if number.isdecimal():
        for length in range(len(number) + 1, longest + 1):
            yield number.zfill(length)


def lacks_zeros(number: str, known: Phrase) -> Phrase:
    """Return the fault of a number whose zeros were lost; ``known`` says what it is with them."""
    return Phrase(
        "'{value}' seems to lack zeros in front: {known}; format the column as text and enter it "
        "again",
        value=number,
        known=known,
    )


def unframe(text: str) -> str:
    """Return a number without what scanners and people put around it.

    That is controls (STX), the symbology (``]Q1``), a label (``予約番号：``) and quotes. None of
    them can be part of a number.
    """
    bare = text.strip().strip(_CONTROLS).strip()
    if bare.isalnum():
        return bare  # the label without a separator stays: a case number may hold such a word
    bare = re.sub(_SYMBOLOGY, "", bare).strip(_CONTROLS).strip(_QUOTES)
    return re.sub(_LABEL, "", bare).strip(_QUOTES)


def _is_kanji(char: str) -> bool:
    # Every command asks this of its settings, and a pattern of these takes a millisecond to make.
    return any(first <= char <= last for first, last in _KANJI)


def is_mark(text: str) -> bool:
    """Tell whether a text can be a mark in a case number: one kanji, or one letter A-Z."""
    single = len(text) == 1 and ("A" <= text <= "Z" or _is_kanji(text))
    return single and text == normalise_number(text)


def find_marks(number: str, marks: Mapping[str, Kind]) -> dict[str, Kind]:
    """Return the marks of a kind that a normalised case number has, each with its kind.

    A kanji is a mark wherever it stands, a letter only straight between a kanji and a digit: in
    東労C4321, and neither in C4321 nor in 東労AC4321.
    """
    if number.isascii():
        return {}
    return {
        char: marks[char]
        for at, char in enumerate(number)
        if char in marks
        and (
            not char.isascii()
            or (_is_kanji(number[at - 1 : at]) and number[at + 1 : at + 2].isdecimal())
        )
    }


def _check_character(office: str, day: str, sequence: str) -> str:
    values = [*(ord(letter) - ord("A") for letter in office), *map(int, day + sequence)]
    total = sum(value << at for at, value in enumerate(reversed(values)))
    return _CHECKS[total % len(_CHECKS)]


def make_number(office: str, visit: date, sequence: int) -> str:
    """Return the number of the ``sequence``-th reservation for the day ``visit``, from 1."""
    day, digits = f"{visit:%y%m%d}", f"{sequence:0{_DIGITS}d}"
    return f"{office}{day}-{digits}-{_check_character(office, day, digits)}"


def parse_number(text: str) -> tuple[str, date | None] | None:
    """Return a reservation number in its one spelling, and the day of the visit.

    The day is None where the calendar has no such day. Returns None where the text does not have
    the form of a reservation number. Raises InputError where the check character is wrong.
    """
    number = normalise_number(text)
    found = NUMBER.fullmatch(number)
    if found is None:
        return None
    office, day, sequence, check = found.groups()
    if check != _check_character(office, day, sequence):
        raise InputError(
            Phrase(
                "The check character of reservation number {number} is wrong: please compare it "
                "with the confirmation.",
                number=number,
            ),
            [Problem(Phrase("number {number}", number=number), Phrase("a character is wrong"))],
        )
    try:
        return number, date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        return number, None


def find_numbers(text: str, office: str) -> Iterator[str]:
    """Yield the reservation numbers of ``office`` that a text may mean, in their one spelling.

    Letters and digits count, whatever stands between and around them: ``予約番号 Y261125 0001ー7``
    is ``Y261125-0001-7``. The check character may be wrong.
    """
    folded = normalise_number(text[:_LONGEST_SCANNED])
    for begin in re.finditer(f"(?<![A-Z0-9]){office}(?=[^A-Z0-9]*[0-9])", folded):
        marks = list(re.finditer("[A-Z0-9]", folded[begin.end() :]))
        written = "".join(mark[0] for mark in marks)
        day = written[:_DAY_DIGITS]
        for end in range(_DAY_DIGITS + _DIGITS, _DAY_DIGITS + _LONGEST_SEQUENCE + 1):
            sequence = written[_DAY_DIGITS:end]
            if len(written) <= end or not re.fullmatch(_DAY + "[0-9]+", day + sequence):
                break
            if len(written) > end + 1 and marks[end + 1].start() == marks[end].end():
                continue  # more of the same word follows
            yield f"{office}{day}-{sequence}-{written[end]}"


def read_last_part(text: str) -> str | None:
    """Return sequence and check character as ``0041-Z``, whatever stands between; else None."""
    folded = normalise_number(text)
    written = re.sub(r"[\W_ー]", "", folded)
    found = re.fullmatch(rf"{_SEQUENCE}([0-9A-Z])", written)
    return f"{found[1]}-{found[2]}" if found is not None else None


def holds_number(text: str, office: str) -> bool:
    """Tell whether a text holds a reservation number of ``office``, hyphens or not."""
    if office not in text:
        return False
    form = f"(?<![A-Z0-9]){office}-?({_DAY})[-ー]?{_SEQUENCE}[-ー]?([0-9A-Z])(?![A-Z0-9])"
    return any(
        _check_character(office, found[1], found[2]) == found[3]
        for found in re.finditer(form, text)
    )


def sequence_of(number: str) -> int:
    """Return the sequence in a reservation number."""
    return int(number.split("-")[1])


def draw_floor(highest: int) -> int:
    """Return a sequence, above the highest known, above which none has been given for certain.

    Two stores that go on from the same state draw the same one in one of 100,000 cases.
    """
    from secrets import randbelow  # costs start-up

    return (highest // _BLOCK + 2) * _BLOCK + _STEP * randbelow(_STEPS)
