"""A visit as an event of a calendar (RFC 5545), and what its mail gets when it is sent.

``calendar_text([(reservation, bearer)], settings, now, line)`` is what a calendar program imports.
A later ``now`` or ``line`` (of the store's ledger) has a higher SEQUENCE, so that it replaces what
is there. With an ``Invitation`` the same event is one that asks for no answer (RFC 5546): the visit
is agreed already, and mail programs move and remove only events that they were invited to.

``complete(settings, content)`` keeps headers and text of a mail of the outbox, and adds its page
with the QR code and the event. They are made of the reservation as the mail tells it, which it
carries in a header, not as the store has it now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from typing import cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, TimezoneStandard, vCalAddress
from msgspec import Struct, json

from kofucli.base.text import N_, safe
from kofucli.mail import read_text, read_visit
from kofucli.model import ACTIVE, HOUR, Reservation
from kofucli.operations.mail import Visit
from kofucli.output.booking.confirmation import BAR, Bearer, Facts, draw_png, find_facts, pair
from kofucli.output.tables import fill_page
from kofucli.rules.conduct import is_changeable
from kofucli.settings import Settings

_ZONE = ZoneInfo("Asia/Tokyo")
_OFFSET = timedelta(hours=9)
_EVENING_HOUR = 18
_SUMMARY = N_("Pickup reservation")
_LAST_HOUR = N_("One hour before the deadline for changes and cancellation")
_TAKEN_BACK = frozenset({"cancelled", "late-cancelled", "office-closed"})
"""Statuses in which no visit takes place. In the others it does, did, or should have."""
_POLICY = SMTP.clone(cte_type="7bit")  # no server needs to take more than ASCII
_PICTURE = "code"
_REPLACED = re.compile(
    rb"(?im)^(?:MIME-Version|Content-T[a-z-]+|X-Kofucli-Visit):.*\r\n(?: .*\r\n)*"
)
"""The headers that the parts have in place of those of plain text."""


class Invitation(Struct, frozen=True):
    """What makes an event a message: its method, and names and addresses of office and agent."""

    method: str
    sender: tuple[str, str]
    receiver: tuple[str, str]


def calendar_text(
    visits: Iterable[tuple[Reservation, Bearer]],
    settings: Settings,
    now: datetime,
    line: int,
    invitation: Invitation | None = None,
) -> str:
    """Return one calendar with an event for each visit; what was called off is CANCELLED."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//kofucli//kofucli//EN")
    if invitation is not None:
        calendar.add("method", invitation.method)
    calendar.add_component(_make_zone())
    for reservation, bearer in visits:
        event = _make_event(reservation, find_facts(reservation, bearer, settings), now)
        event.add("uid", f"{reservation.number}@{settings.mail.sender.rpartition('@')[2]}")
        # The ledger's lines tell apart the changes of one second. The seconds go on where a
        # restored store has fewer lines than the one that an earlier calendar came from.
        age = max(0, int((now - reservation.booked_at).total_seconds()))
        event.add("sequence", line + age)
        if invitation is not None:
            event.add("organizer", _make_address(*invitation.sender))
            invited = {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
            event.add("attendee", _make_address(*invitation.receiver, **invited))
        calendar.add_component(event)
    return str(calendar.to_ical(), "utf-8")


def _make_event(reservation: Reservation, facts: Facts, now: datetime) -> Event:
    summary = f"{pair(_SUMMARY).both} {facts.number}"
    event = Event()
    event.add("dtstamp", now)
    event.add("dtstart", reservation.starts_at.astimezone(_ZONE))
    event.add("dtend", reservation.ends_at.astimezone(_ZONE))
    event.add("status", "CANCELLED" if reservation.status in _TAKEN_BACK else "CONFIRMED")
    event.add("summary", summary)
    location = [facts.values[name].ja for name in ("office", "place") if name in facts.values]
    if location:
        event.add("location", ", ".join(location))
    event.add("description", "\n".join(_describe(facts)))
    start = reservation.starts_at
    if is_changeable(reservation, now):
        last = f"{facts.deadline.ja} {facts.until}"
        text = f"{pair(_LAST_HOUR).both}: {last} ({facts.number})"
        event.add_component(_make_alarm(reservation.deadline - HOUR - start, text))
    if facts.valid:
        evening = start.replace(hour=_EVENING_HOUR, minute=0) - timedelta(days=1)
        text = f"{summary}: {facts.day.ja} {facts.hours}"
        event.add_component(_make_alarm(evening - start, text))
    return event


def _make_alarm(trigger: timedelta, text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", trigger)
    return alarm


def _make_address(name: str, address: str, **parameters: str) -> vCalAddress:
    made = vCalAddress("mailto:" + quote(address, safe="@!$&'*+="))
    made.params.update({"CN": safe(name)} if name else {}, **parameters)
    return made


def _make_zone() -> Timezone:
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 (a zone's onset is local time)
    standard.add("tzoffsetfrom", _OFFSET)
    standard.add("tzoffsetto", _OFFSET)
    standard.add("tzname", "JST")
    zone = Timezone()
    zone.add("tzid", _ZONE.key)
    zone.add_component(standard)
    return zone


def _describe(facts: Facts) -> Iterator[str]:
    if not facts.valid:
        yield facts.not_valid.both
    labels, last = facts.labels, facts.deadline
    told = {name: value.both for name, value in facts.values.items()}
    told["deadline"] = f"{last.iso} ({last.weekday.both}) {facts.until}"
    for name in ("number", "agent", "status", "deadline", "phone", "notice"):
        if name in told:
            yield f"{labels[name].both}: {told[name]}"
    yield labels["cases"].both
    for place, case in enumerate(facts.cases, 1):
        yield f"{place}. {case.number}: {case.kind.both}"
        if case.outcome is not None:
            yield f"  {case.outcome.both}"
        if case.collect_by is not None:
            yield f"  {labels['collect_by'].both}: {case.collect_by.iso}"
        yield from (f"  - {paper.both}" for paper in case.papers)
    if "forms" in told:
        yield f"{labels['forms'].both}: {told['forms']}"
    yield from (notice.both for notice in facts.notices if facts.valid)
    if facts.unofficial is not None:
        yield facts.unofficial.both


def complete(settings: Settings, content: bytes) -> bytes:
    """Return a mail of the outbox as it is sent: plain text, a page, and an event for a visit."""
    head, _, _ = content.partition(b"\r\n\r\n")
    written = message_from_bytes(head)
    text = read_text(content).replace("\r\n", "\n")
    visit = None
    with suppress(ValueError):  # it has none, or somebody has written on it
        visit = json.decode(read_visit(content), type=Visit)
    mail = EmailMessage(_POLICY)
    mail.set_content(text)
    page, code = _make_page(settings, written, text, visit)
    mail.add_alternative(page, subtype="html")
    if code is not None:
        shown = cast("list[EmailMessage]", mail.get_payload())[-1]
        shown.add_related(
            code, "image", "png", cid=f"<{_PICTURE}>", disposition="inline", filename="code.png"
        )
    if visit is not None and visit.reservation.status in ACTIVE | _TAKEN_BACK:
        method = "REQUEST" if visit.reservation.status in ACTIVE else "CANCEL"
        invited = Invitation(method, _mailbox(written, "From"), _mailbox(written, "To"))
        bearer = Bearer(visit.reservation.agent, invited.receiver[0])
        now = parsedate_to_datetime(written["Date"])
        visits = [(visit.reservation, bearer)]
        event = calendar_text(visits, settings, now, visit.line, invited)
        mail.add_alternative(event, subtype="calendar", params={"method": method})
    return _REPLACED.sub(b"", head + b"\r\n") + mail.as_bytes()


def _header(written: Message, name: str) -> str:
    return str(make_header(decode_header(" ".join(written.get(name, "").split()))))


def _mailbox(written: Message, name: str) -> tuple[str, str]:
    """Return the name and the address in a header; the name is empty where there is none."""
    known, _, address = _header(written, name).rpartition("<")
    return known.strip(), address.rstrip(">")


def _make_page(
    settings: Settings, written: Message, text: str, visit: Visit | None
) -> tuple[str, bytes | None]:
    """The confirmation within the text is told as on its page."""
    before, bar, confirmed = text.partition(BAR)
    facts = None
    if bar and visit is not None:
        bearer = Bearer(visit.reservation.agent, _mailbox(written, "To")[0])
        facts = find_facts(visit.reservation, bearer, settings)
        after = confirmed.rpartition(BAR)[2]
    else:
        before, after = text, ""
    page = fill_page(
        "mail.html",
        language=written.get("Content-Language", "ja"),
        subject=_header(written, "Subject"),
        before=before.strip("\n").split("\n\n"),
        after=after.strip("\n").split("\n\n"),
        facts=facts,
        picture=f"cid:{_PICTURE}",
    )
    return page, draw_png(facts.number) if facts is not None and facts.valid else None
