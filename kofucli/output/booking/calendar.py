"""Visits as events of a calendar (RFC 5545), and as the part of a mail that moves them (RFC 5546).

``calendar_text([(reservation, bearer)], settings, now, line)`` is what a calendar program imports.
A later ``now`` or ``line`` (of the store's ledger) has a higher SEQUENCE, so that it replaces what
is there. With an ``Invitation`` the same event is one that asks for no answer: the visit is agreed
already, and mail programs move and remove only events that they were invited to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, TimezoneStandard, vCalAddress
from msgspec import Struct

from kofucli.base.text import N_, safe
from kofucli.model.records import ACTIVE, HOUR, Reservation
from kofucli.output.confirmation import Bearer, Facts, Pair, find_facts, pair
from kofucli.rules.change import is_changeable
from kofucli.settings import Settings

_ZONE = ZoneInfo("Asia/Tokyo")
_OFFSET = timedelta(hours=9)
_EVENING_HOUR = 18
_SUMMARY = N_("Pickup reservation")
_LAST_HOUR = N_("One hour before the deadline for changes and cancellation")
_TAKEN_BACK = frozenset({"cancelled", "late-cancelled", "office-closed"})
"""Statuses in which no visit takes place. In the others it does, did, or should have."""


class Invitation(Struct, frozen=True):
    """What makes an event a message: its method, and names and addresses of office and agent."""

    method: str
    sender: tuple[str, str]
    receiver: tuple[str, str]


def method_of(reservation: Reservation) -> str | None:
    """Return what a mail about a reservation does with its event; None where it leaves it alone."""
    if reservation.status in _TAKEN_BACK:
        return "CANCEL"
    return "REQUEST" if reservation.status in ACTIVE else None


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
    """Return a visit as an event, with its alarms."""
    summary = f"{_both(pair(_SUMMARY))} {facts.number}"
    event = Event()
    event.add("dtstamp", now)
    event.add("dtstart", reservation.starts_at.astimezone(_ZONE))
    event.add("dtend", reservation.ends_at.astimezone(_ZONE))
    event.add("status", "CANCELLED" if reservation.status in _TAKEN_BACK else "CONFIRMED")
    event.add("summary", summary)
    location = ", ".join(filter(None, (facts.office, facts.place)))
    if location:
        event.add("location", location)
    event.add("description", "\n".join(_describe(facts)))
    start = reservation.starts_at
    if is_changeable(reservation, now):
        last = f"{facts.deadline.ja} {facts.until}"
        text = f"{_both(pair(_LAST_HOUR))}: {last} ({facts.number})"
        event.add_component(_make_alarm(reservation.deadline - HOUR - start, text))
    if facts.valid:
        evening = start.replace(hour=_EVENING_HOUR, minute=0) - timedelta(days=1)
        text = f"{summary}: {facts.day.ja} {facts.hours}"
        event.add_component(_make_alarm(evening - start, text))
    return event


def _make_alarm(trigger: timedelta, text: str) -> Alarm:
    """Return an alarm that shows a text; ``trigger`` is its distance from the visit's start."""
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
    """Return Japan Standard Time, which is always nine hours ahead of UTC."""
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
    """Yield the lines of the event's description: agent, deadline, phone, cases, what to know."""
    if not facts.valid:
        yield _both(facts.not_valid)
    labels = facts.labels
    yield _both(labels["number"]) + ": " + facts.number
    yield _both(labels["agent"]) + ": " + facts.agent
    if facts.status is not None:
        yield _both(labels["status"]) + ": " + _both(facts.status)
    last = facts.deadline
    yield f"{_both(labels['deadline'])}: {last.iso} ({_both(last.weekday)}) {facts.until}"
    if facts.phone is not None:
        yield _both(labels["phone"]) + ": " + _both(facts.phone)
    yield _both(labels["notice"]) + ": " + facts.notice
    yield _both(labels["cases"])
    for place, case in enumerate(facts.cases, 1):
        yield f"{place}. {case.number}: {_both(case.kind)}"
        if case.outcome is not None:
            yield f"  {_both(case.outcome)}"
        if case.collect_by is not None:
            yield f"  {_both(labels['collect_by'])}: {case.collect_by.iso}"
        yield from (f"  - {_both(paper)}" for paper in case.papers)
    if facts.forms:
        yield _both(labels["forms"]) + ": " + facts.forms
    yield from (_both(notice) for notice in facts.notices if facts.valid)
    if facts.unofficial is not None:
        yield _both(facts.unofficial)


def _both(text: Pair) -> str:
    return text.ja if text.ja == text.en else f"{text.ja} / {text.en}"
