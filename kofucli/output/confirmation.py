"""The confirmation that is shown at the counter (notice 5): Japanese first, English beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct

from kofucli.clock import weekday
from kofucli.language import Translate, translator
from kofucli.model import ACTIVE, Reservation
from kofucli.output.documents import FORMAT, Document, instant, reservation_document
from kofucli.output.words import KIND_NAMES, PAPER_NAMES, STATUS_NAMES, WEEKDAY_NAMES
from kofucli.rules.eligibility import papers_for
from kofucli.settings import Settings
from kofucli.text import N_, safe

__all__ = ["COLUMNS", "Bearer", "confirmation_document", "confirmation_text", "width"]

COLUMNS = 60
"""Columns of the text, where a wide character takes two; a narrow terminal shows it whole."""

_MINUTE = timedelta(minutes=1)
_NEVER_FIRST = "、。」』)）ー・"


class Bearer(Struct, frozen=True):
    """Whose confirmation it is: id and name."""

    id: str
    name: str


_TITLE = N_("Confirmation of a pickup reservation")
_NUMBER = N_("Number")
_AGENT = N_("Agent")
_VISIT = N_("Day and hour")
_OFFICE = N_("Office")
_PLACE = N_("Place")
_CASES = N_("Cases: {count}")
_DEADLINE = N_("Change and cancel until")
_PHONE = N_("Phone, if late or not coming")
_ROOM = N_("{phone} (room {room})")
_STATUS = N_("Status")
_NOT_VALID = N_("This reservation has ended; it is not valid.")
WARNINGS = (
    N_("A reservation is not the delivery: come to the counter with these papers."),
    N_("Without the papers on the postcard, nothing may be handed over."),
    N_("If you come after your hour, you go to the ordinary counter."),
    N_("Not coming, or cancelling late often, can lead to a suspension."),
    N_("Show this page, on a telephone or paper, at the counter and the entrance."),
)
UNOFFICIAL = N_("Unofficial (非公式): this is no reservation with the Immigration Services Agency.")


def width(text: str) -> int:
    """Return how many columns a text takes; wide, full-width and ambiguous characters take two."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WFA")
        for char in text
    )


def _wrap(text: str, indent: str = "", first: str | None = None) -> list[str]:
    """Return the text in lines of at most COLUMNS, broken at spaces or between wide characters."""
    lines, line = [], indent if first is None else first
    for word in _words(text):
        rest = word
        if width(line + rest.rstrip()) > COLUMNS and line.strip():
            lines.append(line.rstrip())
            line = indent
        while width(line + rest.rstrip()) > COLUMNS:
            cut = 1
            while width(line + rest[: cut + 1]) <= COLUMNS:
                cut += 1
            lines.append(line + rest[:cut])
            line, rest = indent, rest[cut:]
        line += rest if line.strip() else rest.lstrip()
    return [*lines, line.rstrip()]


def _words(text: str) -> list[str]:
    """Split into words with their space behind, and single wide characters.

    What may not begin a line stays with the character before it.
    """
    words: list[str] = []
    current = ""
    for char in text:
        if char in _NEVER_FIRST and words and not current:
            words[-1] += char
        elif unicodedata.east_asian_width(char) in "WF" and char not in _NEVER_FIRST:
            words += [current, char] if current else [char]
            current = ""
        else:
            current += char
            if char == " ":
                words.append(current)
                current = ""
    return [*words, current] if current else words


def confirmation_text(reservation: Reservation, bearer: Bearer, settings: Settings) -> str:
    """Return the confirmation as text of at most COLUMNS columns."""
    ja, en = translator("ja"), translator("en")
    office, bar = settings.office, "=" * COLUMNS
    lines = [bar, f"  {ja(_TITLE)}", f"  {en(_TITLE)}", bar]
    if reservation.status not in ACTIVE:
        lines += [f"*** {ja(_NOT_VALID)} ***", f"*** {en(_NOT_VALID)} ***", bar]

    def entry(label: str, value_ja: str, value_en: str = "") -> None:
        lines.extend(_wrap(f"{ja(label)} / {en(label)}", "  ", ""))
        lines.extend(_wrap(safe(value_ja), "    "))
        if value_en and value_en != value_ja:
            lines.extend(_wrap(safe(value_en), "    "))

    entry(_NUMBER, reservation.number)
    entry(_AGENT, f"{bearer.name} ({bearer.id})")
    hours = f"{reservation.start}-{reservation.ends_at:%H:%M}"
    entry(_VISIT, f"{_day(reservation.date, ja)} {hours}", f"{_day(reservation.date, en)} {hours}")
    if reservation.status != "active":
        entry(_STATUS, ja(STATUS_NAMES[reservation.status]), en(STATUS_NAMES[reservation.status]))
    if office.name:
        entry(_OFFICE, office.name)
    if office.place:
        entry(_PLACE, office.place)
    lines.extend(_case_lines(reservation))
    last = reservation.closes - _MINUTE
    until = f"{last:%H:%M}"
    entry(_DEADLINE, f"{_day(last.date(), ja)} {until}", f"{_day(last.date(), en)} {until}")
    if office.phone:
        values = {"phone": office.phone, "room": office.room}
        template = _ROOM if office.room else "{phone}"
        entry(_PHONE, ja(template).format(**values), en(template).format(**values))
    lines.append("-" * COLUMNS)
    notices = [*WARNINGS, *([] if office.official else [UNOFFICIAL])]
    for notice in notices:
        lines.extend(_wrap(ja(notice), "  ", "* "))
        lines.extend(_wrap(en(notice), "  ", "  "))
    lines.append(bar)
    return "\n".join(lines) + "\n"


def _case_lines(reservation: Reservation) -> Iterator[str]:
    """Yield the lines of the cases: number, kind and a box for each paper."""
    ja, en = translator("ja"), translator("en")
    cases = reservation.active_cases
    yield from _wrap(f"{ja(_CASES)} / {en(_CASES)}".format(count=len(cases)))
    for place, case in enumerate(cases, 1):
        yield from _wrap(safe(case.number), "      ", f"  {place:2d}. ")
        kind = KIND_NAMES[case.kind]
        yield from _wrap(ja(kind), "      ")
        yield from _wrap(en(kind), "      ")
        for paper in papers_for(case):
            both = f"{ja(PAPER_NAMES[paper])} / {en(PAPER_NAMES[paper])}"
            yield from _wrap(f"[ ] {both}", "          ", "      ")


def _day(day: date, translate: Translate) -> str:
    name = WEEKDAY_NAMES[weekday(day)]
    return f"{day.isoformat()} ({translate(name)})"


def confirmation_document(
    reservation: Reservation, bearer: Bearer, settings: Settings, now: datetime
) -> Document:
    """Return the confirmation as a document: R, who bears it, the office, the warnings."""
    ja, en = translator("ja"), translator("en")
    notices = [*WARNINGS, *([] if settings.office.official else [UNOFFICIAL])]
    office = settings.office
    return {
        "format": FORMAT,
        "now": instant(now),
        "reservation": reservation_document(reservation, now),
        "weekday": weekday(reservation.date),
        "agent": {"id": bearer.id, "name": bearer.name},
        "office": {
            "id": office.id,
            "name": office.name,
            "place": office.place,
            "phone": office.phone,
            "room": office.room,
            "official": office.official,
        },
        "notices": [{"ja": ja(notice), "en": en(notice)} for notice in notices],
    }
