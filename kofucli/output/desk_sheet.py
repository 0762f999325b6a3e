"""``desk sheet``: the visits of a day, as a table, CSV, JSON and a page to print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any

from kofucli.base.clock import weekday
from kofucli.base.language import Translate, render
from kofucli.base.text import safe
from kofucli.model import Case, Reservation
from kofucli.operations.counter.day import DaySheet, Visit
from kofucli.output import words
from kofucli.output.booking.confirmation import UNOFFICIAL
from kofucli.output.desk import papers_text
from kofucli.output.documents import Document, instant, reservation_document
from kofucli.output.tables import Cell, Sheet, fill_page, table_text
from kofucli.rules.eligibility import papers_for
from kofucli.settings import Office

_COLUMNS: dict[str, Callable[[Visit, Reservation, Case], Cell]] = {
    "start": lambda visit, r, case: r.start,
    "end": lambda visit, r, case: f"{r.ends_at:%H:%M}",
    "number": lambda visit, r, case: r.number,
    "agent": lambda visit, r, case: r.agent,
    "name": lambda visit, r, case: visit.name,
    "status": lambda visit, r, case: r.status,
    "arrived_at": lambda visit, r, case: r.arrived_at and instant(r.arrived_at),
    "late_notice": lambda visit, r, case: r.late_notice and instant(r.late_notice),
    "case": lambda visit, r, case: case.number,
    "kind": lambda visit, r, case: case.kind,
    "recipient": lambda visit, r, case: case.recipient,
    "papers": lambda visit, r, case: " ".join(papers_for(case)),
    "case_status": lambda visit, r, case: case.status,
    "not_handed": lambda visit, r, case: case.not_handed,
    "certificate_kind": lambda visit, r, case: visit.certificate,
    "valid_until": lambda visit, r, case: _day(visit.valid_until),
    "certificate_valid": lambda visit, r, case: "yes" if visit.is_certified else "no",
    "collect_by": lambda visit, r, case: _day(case.collect_by),
}
"""The columns of the sheet, which has a case a row."""


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _count(sheet: DaySheet) -> dict[str, int]:
    statuses = [visit.reservation.status for visit in sheet.visits]
    return {
        "reservations": len(statuses),
        "cases": sum(len(visit.reservation.kept_cases) for visit in sheet.visits),
        "expected": statuses.count("active"),
        "arrived": statuses.count("arrived"),
        "ended": sum(status not in ("active", "arrived") for status in statuses),
    }


def sheet_document(sheet: DaySheet, office: str, now: datetime) -> Document:
    """Return the sheet as a document."""
    return {
        "office": office,
        "now": now,
        "date": sheet.day,
        "weekday": weekday(sheet.day),
        "open": sheet.is_open,
        "visits": [
            {
                "reservation": reservation_document(visit.reservation, now),
                "name": visit.name,
                "certificate": visit.certificate
                and {
                    "kind": visit.certificate,
                    "valid_until": visit.valid_until,
                    "valid": visit.is_certified,
                },
            }
            for visit in sheet.visits
        ],
        "totals": _count(sheet),
    }


def sheet_csv(sheet: DaySheet) -> Sheet:
    """Return the sheet for CSV, a case a row."""
    rows = [
        [find(visit, visit.reservation, case) for find in _COLUMNS.values()]
        for visit in sheet.visits
        for case in visit.reservation.kept_cases
    ]
    return Sheet(tuple(_COLUMNS), rows)


def _state(reservation: Reservation, _: Translate) -> str:
    """Return the state of a visit: arrived when, ended how, coming late; empty if expected."""
    if reservation.status == "active":
        return _("comes late") if reservation.late_notice is not None else ""
    text = _(words.STATUS_NAMES[reservation.status])
    came = reservation.arrived_at
    return text if came is None else f"{text} {came:%H:%M}"


def _reason(case: Case, _: Translate) -> str:
    return "" if case.not_handed is None else _(words.REASON_NAMES[case.not_handed])


def sheet_text(sheet: DaySheet, _: Translate) -> str:
    """Return the sheet as a table, a case a line, without empty columns."""
    columns: dict[str, list[Cell]] = {
        _("Hour"): [],
        _("Number"): [],
        _("Agent"): [],
        _("Name"): [],
        _("Certificate, last day"): [],
        _("State"): [],
        _("Case"): [],
        _("Kind"): [],
        _("Papers"): [],
        _("Collect by"): [],
        _("Not handed over"): [],
    }
    hour = ""
    for visit in sheet.visits:
        r = visit.reservation
        begins = [r.start if r.start != hour else "", r.number, r.agent, visit.name]
        certificate = ""
        if visit.certificate is not None:
            certificate = f"{_(words.SHORT_NAMES[visit.certificate])} {_day(visit.valid_until)}"
            certificate += "" if visit.is_certified else " (!)"
        begins += [certificate, _state(r, _)]
        hour = r.start
        for case in r.kept_cases:
            kind, papers = _(words.SHORT_NAMES[case.kind]), papers_text(case, _)
            row = [*begins, case.number, kind, papers, case.collect_by, _reason(case, _)]
            for column, cell in zip(columns.values(), row, strict=True):
                column.append(cell)
            begins = [""] * len(begins)
    text = f"{_title(sheet, _)}\n\n"
    if filled := {heading: cells for heading, cells in columns.items() if any(cells)}:
        text += table_text([*filled], [*zip(*filled.values(), strict=True)]) + "\n"
    if any(visit.certificate and not visit.is_certified for visit in sheet.visits):
        text += _("(!): the certificate ends before the visit.") + "\n"
    return f"{text}{_totals(sheet, _)}\n"


def _title(sheet: DaySheet, _: Translate) -> str:
    title = _("Visits on {day}").format(day=words.day_text(sheet.day, _))
    return title if sheet.is_open else _("{title}: the office is closed").format(title=title)


def _totals(sheet: DaySheet, _: Translate) -> str:
    said = _(
        "Reservations: {reservations}, cases: {cases}; still to come: {expected}, arrived: "
        "{arrived}, ended: {ended}"
    )
    return said.format(**_count(sheet))


def sheet_page(sheet: DaySheet, office: Office, now: datetime, language: str, _: Translate) -> str:
    """Return the sheet as one HTML page that loads nothing else, to be printed and ticked."""
    return fill_page(
        "desk_sheet.html",
        language=language,
        title=_title(sheet, _),
        office=office.name,
        made=_("Made: {now}").format(now=f"{now:%Y-%m-%d %H:%M}"),
        totals=_totals(sheet, _),
        unofficial="" if office.official else _(UNOFFICIAL),
        warnings=[render(warning, _) for warning in sheet.warnings],
        discard=_("Names are on this sheet: please destroy it after the day."),
        empty=_("Nobody is expected."),
        _=_,
        hours=list(_hours(sheet, _)),
    )


def _hours(sheet: DaySheet, _: Translate) -> Iterator[dict[str, Any]]:
    said = _("Reservations: {reservations}, cases: {cases}")
    for _start, visits in groupby(sheet.visits, lambda visit: visit.reservation.start):
        found = list(visits)
        cases = sum(len(visit.reservation.kept_cases) for visit in found)
        yield {
            "hours": found[0].reservation.hours,
            "count": said.format(reservations=len(found), cases=cases),
            "visits": [_visit(visit, _) for visit in found],
        }


def _visit(visit: Visit, _: Translate) -> dict[str, Any]:
    r = visit.reservation
    return {
        "number": r.number,
        "agent": r.agent,
        "name": safe(visit.name),
        "state": _state(r, _),
        "came": r.arrived_at is not None,
        "certificate": visit.certificate
        and _("{certificate} (until {day})").format(
            certificate=_(words.CERTIFICATE_NAMES[visit.certificate]), day=visit.valid_until
        ),
        "certified": visit.is_certified,
        "cases": [
            {
                "number": safe(case.number),
                "kind": _(words.KIND_NAMES[case.kind]),
                "papers": [_(words.PAPER_NAMES[paper]) for paper in papers_for(case)],
                "collect_by": case.collect_by and _("collect by {day}").format(day=case.collect_by),
                "done": case.status == "collected",
                "reason": _reason(case, _),
            }
            for case in r.kept_cases
        ],
    }
