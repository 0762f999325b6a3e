"""The confirmation that is shown at the counter (notice 5): text, JSON, a page, and its QR code.

``find_facts`` gives everything that a confirmation says, in both languages and safe to show.
``booking.mail_parts`` has the visit as an event of a calendar.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from kofucli.base.clock import weekday
from kofucli.base.language import mail_translator
from kofucli.base.text import N_, normalise, safe
from kofucli.model import ACTIVE, Case, Reservation
from kofucli.output.documents import Document, reservation_document
from kofucli.output.tables import fill_page
from kofucli.output.words import KIND_NAMES, PAPER_NAMES, STATUS_NAMES, WEEKDAY_NAMES
from kofucli.output.wrap import wrap
from kofucli.rules.eligibility import papers_for
from kofucli.settings import Settings

if TYPE_CHECKING:
    from segno import QRCode

COLUMNS = 60  # columns of the text, or fewer on a narrow terminal; a wide character takes two
BAR = "=" * COLUMNS  # the first line of the text, and its last one
_QUIET = 4  # modules of quiet zone on each side (ISO/IEC 18004, 6.3.8)
_PIXELS = 8  # pixels of a module in a picture

HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
"""A character for two modules, one above the other; True is dark."""
_BLACK_ON_WHITE, _PLAIN = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
"""Of the 256 colours, two that no theme changes."""

_TITLE = N_("Confirmation of a pickup reservation")
_NOT_VALID = N_("This reservation has ended; it is not valid.")
_WARNINGS = (
    N_(
        "Booking does not complete the delivery: come to the counter with your valid certificate "
        "(申請等取次者証明書 or 届出済証明書) and these papers."
    ),
    N_(
        "If a document is missing or incomplete, or the period for issuing it has not come, the "
        "result may not be issued."
    ),
    N_("If you will be late or cannot come, phone before your reserved hour, as soon as you know."),
    N_("If you come after your hour, you go to the ordinary counter."),
    N_("Not coming, or cancelling late often, can lead to a suspension."),
    N_(
        "Show this confirmation, on a telephone or paper, at the counter, and to staff at the "
        "entrance while entry is restricted."
    ),
)
UNOFFICIAL = N_(
    "Unofficial (非公式): this is not a reservation with the Immigration Services Agency."
)

_OFFICE = ("id", "name", "place", "phone", "room", "forms_url", "official")
_LABELS = {
    "number": N_("Number"),
    "agent": N_("Agent"),
    "visit": N_("Day and hour"),
    "status": N_("Status"),
    "office": N_("Office"),
    "place": N_("Place"),
    "cases": N_("Cases: {count}"),
    "deadline": N_("Change and cancel until"),
    "phone": N_("Phone, if late or not coming"),
    "forms": N_("Forms of the papers"),
    "collect_by": N_("Collect by"),
    "notice": N_("Version of the notice"),
}


_Told: TypeAlias = tuple[str, str, str]
"""A text with the blanks before its further lines, and what stands before the first one."""
_VALUE = "    ", "    "


class Pair(Struct, frozen=True):
    """One text in both languages."""

    ja: str
    en: str

    @property
    def once(self) -> tuple[str, ...]:
        """The texts, said once where they are the same."""
        return (self.ja,) if self.ja == self.en else (self.ja, self.en)

    @property
    def both(self) -> str:
        """The text in both languages, on a line."""
        return " / ".join(self.once)


class Day(Struct, frozen=True):
    """A day, and the name of its weekday."""

    iso: str
    weekday: Pair

    @property
    def ja(self) -> str:
        """The day with its weekday in Japanese."""
        return f"{self.iso}（{self.weekday.ja}）"

    @property
    def en(self) -> str:
        """The day with its weekday in English."""
        return f"{self.iso} ({self.weekday.en})"


class Bearer(Struct, frozen=True):
    """The agent of a confirmation: id and name; the name is empty once it is erased."""

    id: str
    name: str


class CaseFacts(Struct, frozen=True):
    """One case; ``collect_by`` is None where it is not known or matters no more."""

    number: str
    kind: Pair
    papers: tuple[Pair, ...]
    collect_by: Day | None
    outcome: Pair | None


class Facts(Struct, frozen=True):
    """All that a confirmation says, under ``labels``; ``values`` has no entry for what is not set.

    ``deadline`` is the last day for changes, ``until`` its last minute as ``HH:MM``. ``call`` is
    the phone as digits to dial.
    """

    title: Pair
    labels: dict[str, Pair]
    values: dict[str, Pair]
    valid: bool
    not_valid: Pair
    number: str
    day: Day
    hours: str
    cases: tuple[CaseFacts, ...]
    deadline: Day
    until: str
    call: str
    notices: tuple[Pair, ...]
    unofficial: Pair | None


def pair(text: str, **values: object) -> Pair:
    """Return a text of the catalog in both languages, with ``values`` filled in."""
    ja = mail_translator("ja")(text)
    return Pair(ja.format(**values), text.format(**values)) if values else Pair(ja, text)


def confirmation_document(
    reservation: Reservation, bearer: Bearer, settings: Settings, now: datetime
) -> Document:
    """Return the confirmation as a document: reservation, agent, office, warnings."""
    office = settings.office
    notices = [*_WARNINGS, *([] if office.official else [UNOFFICIAL])]
    return {
        "now": now,
        "reservation": reservation_document(reservation, now),
        "weekday": weekday(reservation.date),
        "notice_version": reservation.rules,
        "agent": bearer,
        "office": {name: getattr(office, name) for name in _OFFICE},
        "notices": [*map(pair, notices)],
    }


def find_facts(reservation: Reservation, bearer: Bearer, settings: Settings) -> Facts:
    """Return what the confirmation of a reservation says."""
    office, cases = settings.office, reservation.kept_cases
    day, last = _find_day(reservation.date), _find_day(reservation.deadline.date())
    hours, until = reservation.hours, f"{reservation.deadline:%H:%M}"
    phone: str | Pair | None = office.phone or None
    if office.phone and office.room:
        said = N_("{phone} (room {room})")
        phone = pair(said, phone=safe(office.phone), room=safe(office.room))
    dialled = re.search(r"\+?[0-9](?:[-‐−ー(). ]*[0-9])+", normalise(office.phone))
    values: dict[str, str | Pair | None] = {
        "number": reservation.number,
        "agent": f"{bearer.name} ({bearer.id})" if bearer.name else bearer.id,
        "visit": Pair(f"{day.ja} {hours}", f"{day.en} {hours}"),
        "status": None
        if reservation.status == "active"
        else pair(STATUS_NAMES[reservation.status]),
        "office": office.name or None,
        "place": office.place or None,
        "deadline": Pair(f"{last.ja} {until}", f"{last.en} {until}"),
        "phone": phone,
        "forms": office.forms_url or None,
        "notice": reservation.rules,
    }
    return Facts(
        title=pair(_TITLE),
        labels={name: pair(text, count=len(cases)) for name, text in _LABELS.items()},
        values={
            name: Pair(safe(said), safe(said)) if isinstance(said, str) else said
            for name, said in values.items()
            if said is not None
        },
        valid=reservation.status in ACTIVE,
        not_valid=pair(_NOT_VALID),
        number=reservation.number,
        day=day,
        hours=hours,
        cases=tuple(map(_case_facts, cases)),
        deadline=last,
        until=until,
        call=re.sub(r"[^+0-9]", "", dialled[0]) if dialled is not None else "",
        notices=tuple(map(pair, _WARNINGS)),
        unofficial=None if office.official else pair(UNOFFICIAL),
    )


def _case_facts(case: Case) -> CaseFacts:
    papers = tuple(pair(PAPER_NAMES[paper]) for paper in papers_for(case))
    outcome = None if case.status == "active" else pair(STATUS_NAMES[case.status])
    last = _find_day(case.collect_by) if case.collect_by is not None and not outcome else None
    return CaseFacts(safe(case.number), pair(KIND_NAMES[case.kind]), papers, last, outcome)


def _find_day(day: date) -> Day:
    return Day(day.isoformat(), pair(WEEKDAY_NAMES[weekday(day)]))


def confirmation_text(
    reservation: Reservation,
    bearer: Bearer,
    settings: Settings,
    code: Sequence[str] = (),
    columns: int = COLUMNS,
) -> str:
    """Return the text in at most ``columns``, with its QR code in lines if it is valid."""
    facts = find_facts(reservation, bearer, settings)
    bar, address = BAR[:columns], facts.values.get("forms")

    def fit(*told: _Told) -> Iterator[str]:
        for text, indent, first in told:
            # An address stays whole, so that it can be followed.
            whole = address is not None and text == address.ja
            yield from [first + text] if whole else wrap(text, len(bar), indent, first)

    title = ((text, "  ", "  ") for text in (facts.title.ja, facts.title.en))
    lines = [bar, *fit(*title), bar]
    if not facts.valid:
        ended = ((f"*** {text} ***", "", "") for text in (facts.not_valid.ja, facts.not_valid.en))
        lines += [*fit(*ended), bar]
    else:
        lines += code
    for name, label in facts.labels.items():
        if name == "cases":
            lines += fit(*_tell_cases(facts))
        elif (value := facts.values.get(name)) is not None:
            lines += fit((label.both, "  ", ""), *((each, *_VALUE) for each in value.once))
    lines.append("-" * len(bar))
    for notice in (*facts.notices, *([facts.unofficial] if facts.unofficial else [])):
        lines += fit((notice.ja, "  ", "* "), (notice.en, "  ", "  "))
    return "\n".join([*lines, bar]) + "\n"


def _tell_cases(facts: Facts) -> Iterator[_Told]:
    indent = "      "
    yield facts.labels["cases"].both, "", ""
    for place, case in enumerate(facts.cases, 1):
        yield case.number, indent, f"  {place:2d}. "
        yield case.kind.ja, indent, indent
        yield case.kind.en, indent, indent
        if case.outcome is not None:
            yield case.outcome.both, indent, indent
        if case.collect_by is not None:
            label = facts.labels["collect_by"].both
            yield f"{label}: {case.collect_by.iso}", indent, indent
        for paper in case.papers:
            yield f"[ ] {paper.both}", "          ", indent


def confirmation_page(reservation: Reservation, bearer: Bearer, settings: Settings) -> str:
    """Return one HTML page that loads nothing else; what has ended has no QR code."""
    from markupsafe import Markup  # only pages need it

    facts = find_facts(reservation, bearer, settings)
    # Not escaped, and safe: segno draws it from a number that the store made.
    drawn = _make(facts.number).svg_inline(border=_QUIET, dark="#000", light="#fff", omitsize=True)
    code = Markup(drawn) if facts.valid else None
    return fill_page("confirmation.html", facts=facts, code=code)


def _make(number: str) -> QRCode:
    """Return the code in the smallest size; the room that is left goes to error correction."""
    import segno  # costs start-up, and most commands draw nothing

    return segno.make_qr(number, error="L", boost_error=True)


def draw_png(number: str) -> bytes:
    """Return the code as a picture, black on white: mail programs show no SVG."""
    drawn = io.BytesIO()
    _make(number).save(drawn, "png", scale=_PIXELS, border=_QUIET, dark="#000", light="#fff")
    return drawn.getvalue()


def draw_in_text(number: str, coloured: bool = False) -> list[str]:
    """Return the code in lines; ``coloured``, for terminals: black on white whatever is behind."""
    rows = [[bool(module) for module in row] for row in _make(number).matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = [
        "".join(HALVES[above, below] for above, below in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]
    if coloured:
        return [f"{_BLACK_ON_WHITE}{line}{_PLAIN}" for line in lines]
    return [line.rstrip() for line in lines]
