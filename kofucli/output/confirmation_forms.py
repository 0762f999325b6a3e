"""The confirmation as a page, its QR code, and the visit as an event for a calendar (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kofucli.base.text import N_
from kofucli.model.records import Reservation
from kofucli.output.confirmation import Bearer, Facts, Pair, find_facts, pair
from kofucli.output.tables import fill_page
from kofucli.settings import Settings

if TYPE_CHECKING:
    from icalendar import Alarm, Timezone
    from segno import QRCode

_QUIET = 4
"""Modules of quiet zone on each side (ISO/IEC 18004, 6.3.8)."""

_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
"""A character for two modules, one above the other; True is dark."""
_ZONE = "Asia/Tokyo"
_OFFSET = timedelta(hours=9)
_EVENING_HOUR = 18
_SUMMARY = N_("Pickup reservation")
_TAKEN_BACK = frozenset({"cancelled", "late-cancelled", "office-closed"})
"""Statuses in which no visit takes place. In the others it does, did, or should have."""


def confirmation_page(reservation: Reservation, bearer: Bearer, settings: Settings) -> str:
    """Return the confirmation as one HTML page that loads nothing else.

    A reservation that has ended has no QR code, for there is nothing to scan any more.
    """
    from markupsafe import Markup  # only pages need it

    facts = find_facts(reservation, bearer, settings)
    # Not escaped, and safe: segno draws it from a number that the store made.
    code = Markup(_draw_svg(facts.number)) if facts.valid else None
    return fill_page("confirmation.html", facts=facts, code=code)


def _make(number: str) -> QRCode:
    """Return the code in the smallest size; the room that is left goes to error correction."""
    import segno  # costs start-up, and most commands draw nothing

    return segno.make_qr(number, error="L", boost_error=True)


def _draw_svg(number: str) -> str:
    """Return the code as an SVG element for a page: black on white, sized by the page's style."""
    return _make(number).svg_inline(border=_QUIET, dark="#000", light="#fff", omitsize=True)


def draw_in_text(number: str) -> list[str]:
    """Return the code in lines of 29 block characters; a line shows two rows of modules."""
    rows = [[bool(module) for module in row] for row in _make(number).matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    return [
        "".join(_HALVES[above, below] for above, below in zip(*pair, strict=True)).rstrip()
        for pair in zip(rows[::2], rows[1::2], strict=True)
    ]


def confirmation_event(
    reservation: Reservation, bearer: Bearer, settings: Settings, now: datetime
) -> str:
    """Return a calendar whose only event is the visit, with an alarm the evening before.

    A calendar program that imports it again, with a later ``now``, replaces the event. A
    reservation that was cancelled gives an event with the status CANCELLED.
    """
    from zoneinfo import ZoneInfo  # only this form needs the zone by its name

    from icalendar import Calendar, Event

    facts, zone = find_facts(reservation, bearer, settings), ZoneInfo(_ZONE)
    summary = f"{_both(pair(_SUMMARY))} {facts.number}"
    event = Event()
    event.add("uid", f"{reservation.number}@{settings.mail.sender.rpartition('@')[2]}")
    event.add("dtstamp", now)
    # The store counts no versions, and an ended reservation can come back: a later one is newer.
    event.add("sequence", max(0, int((now - reservation.booked_at).total_seconds())))
    event.add("dtstart", reservation.starts_at.astimezone(zone))
    event.add("dtend", reservation.ends_at.astimezone(zone))
    event.add("status", "CANCELLED" if reservation.status in _TAKEN_BACK else "CONFIRMED")
    event.add("summary", summary)
    location = ", ".join(filter(None, (facts.office, facts.place)))
    if location:
        event.add("location", location)
    event.add("description", "\n".join(_describe(facts)))
    if facts.valid:
        event.add_component(_make_alarm(reservation, f"{summary}: {facts.day.ja} {facts.hours}"))
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//kofucli//kofucli//EN")
    calendar.add_component(_make_zone())
    calendar.add_component(event)
    return str(calendar.to_ical(), "utf-8")


def _make_zone() -> Timezone:
    """Return Japan Standard Time, which is always nine hours ahead of UTC."""
    from icalendar import Timezone, TimezoneStandard

    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 (a zone's onset is local time)
    standard.add("tzoffsetfrom", _OFFSET)
    standard.add("tzoffsetto", _OFFSET)
    standard.add("tzname", "JST")
    zone = Timezone()
    zone.add("tzid", _ZONE)
    zone.add_component(standard)
    return zone


def _make_alarm(reservation: Reservation, text: str) -> Alarm:
    """Return an alarm at 18:00 of the day before, as a distance from the start of the visit."""
    from icalendar import Alarm

    start = reservation.starts_at
    evening = start.replace(hour=_EVENING_HOUR, minute=0) - timedelta(days=1)
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", evening - start)
    return alarm


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
