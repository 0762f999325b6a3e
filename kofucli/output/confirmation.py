"""The confirmation that is shown at the counter (notice 5): what it says, as text and as JSON.

``find_facts`` gives everything that a confirmation says, in both languages and safe to show;
``confirmation_text`` is its form as text, at most 60 columns wide, Japanese first::

    予約番号 / Number
        Y261125-0001-7

``kofucli.output.confirmation_forms`` has the page and the QR code, ``booking.calendar`` the event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from msgspec import Struct

from kofucli.base.clock import weekday
from kofucli.base.language import mail_translator
from kofucli.base.text import N_, normalise, safe
from kofucli.model.records import ACTIVE, Case, Reservation
from kofucli.output.documents import Document, instant, reservation_document
from kofucli.output.words import KIND_NAMES, PAPER_NAMES, STATUS_NAMES, WEEKDAY_NAMES
from kofucli.output.wrap import wrap
from kofucli.rules.eligibility import papers_for
from kofucli.settings import Settings

_COLUMNS = 60
"""Columns of the text; a wide character takes two. A narrow terminal shows it whole."""
BAR = "=" * _COLUMNS
"""The first line of the text, and its last one."""

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


class Pair(Struct, frozen=True):
    """One text in both languages."""

    ja: str
    en: str


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
    """One case: its number, its kind, the papers to bring, and what became of it.

    ``collect_by`` is the last day for collecting it, where that is known and still matters.
    """

    number: str
    kind: Pair
    papers: tuple[Pair, ...]
    collect_by: Day | None
    outcome: Pair | None


class Facts(Struct, frozen=True):
    """All that a confirmation says; what the office did not set is empty or None.

    ``valid`` is False once the reservation has ended; ``status`` is None while it is active.
    ``notice`` is the version of the notice under which it was made.
    ``deadline`` is the last day for changes, ``until`` its last minute as ``HH:MM``. ``call`` is
    the phone as digits to dial, ``forms`` the address of the forms.
    """

    title: Pair
    labels: dict[str, Pair]
    valid: bool
    not_valid: Pair
    number: str
    agent: str
    day: Day
    hours: str
    status: Pair | None
    office: str
    place: str
    cases: tuple[CaseFacts, ...]
    deadline: Day
    until: str
    phone: Pair | None
    call: str
    forms: str
    notice: str
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
        "now": instant(now),
        "reservation": reservation_document(reservation, now),
        "weekday": weekday(reservation.date),
        "notice_version": reservation.rules,
        "agent": {"id": bearer.id, "name": bearer.name},
        "office": {
            "id": office.id,
            "name": office.name,
            "place": office.place,
            "phone": office.phone,
            "room": office.room,
            "forms_url": office.forms_url,
            "official": office.official,
        },
        "notices": [{"ja": notice.ja, "en": notice.en} for notice in map(pair, notices)],
    }


def find_facts(reservation: Reservation, bearer: Bearer, settings: Settings) -> Facts:
    """Return what the confirmation of a reservation says."""
    office = settings.office
    cases = reservation.kept_cases
    last = reservation.deadline
    status = None if reservation.status == "active" else pair(STATUS_NAMES[reservation.status])
    return Facts(
        title=pair(_TITLE),
        labels={name: pair(text, count=len(cases)) for name, text in _LABELS.items()},
        valid=reservation.status in ACTIVE,
        not_valid=pair(_NOT_VALID),
        number=reservation.number,
        agent=safe(f"{bearer.name} ({bearer.id})" if bearer.name else bearer.id),
        day=_find_day(reservation.date),
        hours=reservation.hours,
        status=status,
        office=safe(office.name),
        place=safe(office.place),
        cases=tuple(_case_facts(case) for case in cases),
        deadline=_find_day(last.date()),
        until=f"{last:%H:%M}",
        phone=_find_phone(safe(office.phone), safe(office.room)),
        call=_find_digits(office.phone),
        forms=office.forms_url,
        notice=safe(reservation.rules),
        notices=tuple(pair(text) for text in _WARNINGS),
        unofficial=None if office.official else pair(UNOFFICIAL),
    )


def _case_facts(case: Case) -> CaseFacts:
    papers = tuple(pair(PAPER_NAMES[paper]) for paper in papers_for(case))
    outcome = None if case.status == "active" else pair(STATUS_NAMES[case.status])
    last = _find_day(case.collect_by) if case.collect_by is not None and not outcome else None
    return CaseFacts(safe(case.number), pair(KIND_NAMES[case.kind]), papers, last, outcome)


def _find_phone(phone: str, room: str) -> Pair | None:
    if not phone:
        return None
    return pair(N_("{phone} (room {room})"), phone=phone, room=room) if room else Pair(phone, phone)


def _find_digits(phone: str) -> str:
    """Return the first number in a text about a telephone as it is dialled, empty without one."""
    found = re.search(r"\+?[0-9](?:[-‐−ー(). ]*[0-9])+", normalise(phone))
    return re.sub(r"[^+0-9]", "", found[0]) if found is not None else ""


def _find_day(day: date) -> Day:
    return Day(day.isoformat(), pair(WEEKDAY_NAMES[weekday(day)]))


def _wrap(text: str, indent: str = "", first: str | None = None) -> tuple[str, ...]:
    return wrap(text, _COLUMNS, indent, first)


def confirmation_text(
    reservation: Reservation, bearer: Bearer, settings: Settings, code: Sequence[str] = ()
) -> str:
    """Return the confirmation as text; ``code`` is its QR code in lines, for a valid one."""
    facts = find_facts(reservation, bearer, settings)
    lines = [BAR, f"  {facts.title.ja}", f"  {facts.title.en}", BAR]
    if not facts.valid:
        lines += [f"*** {facts.not_valid.ja} ***", f"*** {facts.not_valid.en} ***", BAR]
    else:
        lines += code
    lines += _fact_lines(facts)
    lines.append("-" * _COLUMNS)
    for notice in (*facts.notices, *([facts.unofficial] if facts.unofficial else [])):
        lines += _wrap(notice.ja, "  ", "* ")
        lines += _wrap(notice.en, "  ", "  ")
    lines.append(BAR)
    return "\n".join(lines) + "\n"


def _fact_lines(facts: Facts) -> Iterator[str]:
    """Yield the lines between the title and the warnings."""
    labels = facts.labels
    yield from _entry(labels["number"], facts.number)
    yield from _entry(labels["agent"], facts.agent)
    day, hours = facts.day, facts.hours
    yield from _entry(labels["visit"], f"{day.ja} {hours}", f"{day.en} {hours}")
    if facts.status is not None:
        yield from _entry(labels["status"], facts.status.ja, facts.status.en)
    if facts.office:
        yield from _entry(labels["office"], facts.office)
    if facts.place:
        yield from _entry(labels["place"], facts.place)
    yield from _case_lines(facts)
    last, until = facts.deadline, facts.until
    yield from _entry(labels["deadline"], f"{last.ja} {until}", f"{last.en} {until}")
    if facts.phone is not None:
        yield from _entry(labels["phone"], facts.phone.ja, facts.phone.en)
    if facts.forms:
        yield from _wrap(f"{labels['forms'].ja} / {labels['forms'].en}", "  ", "")
        yield f"    {facts.forms}"  # whole, so that it can be followed
    yield from _entry(labels["notice"], facts.notice)


def _entry(label: Pair, ja: str, en: str = "") -> Iterator[str]:
    """Yield the lines of one fact; a value that is the same in both languages is said once."""
    yield from _wrap(f"{label.ja} / {label.en}", "  ", "")
    yield from _wrap(ja, "    ")
    if en and en != ja:
        yield from _wrap(en, "    ")


def _case_lines(facts: Facts) -> Iterator[str]:
    """Yield the lines of the cases: number, kind, outcome, and a box to tick for each paper."""
    yield from _wrap(f"{facts.labels['cases'].ja} / {facts.labels['cases'].en}")
    for place, case in enumerate(facts.cases, 1):
        yield from _wrap(case.number, "      ", f"  {place:2d}. ")
        yield from _wrap(case.kind.ja, "      ")
        yield from _wrap(case.kind.en, "      ")
        if case.outcome is not None:
            yield from _wrap(f"{case.outcome.ja} / {case.outcome.en}", "      ")
        if case.collect_by is not None:
            label, last = facts.labels["collect_by"], case.collect_by
            yield from _wrap(f"{label.ja} / {label.en}: {last.iso}", "      ")
        for paper in case.papers:
            yield from _wrap(f"[ ] {paper.ja} / {paper.en}", "          ", "      ")
